"""What this version is made of is written down, and a run asks nobody on the network."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from bangdan.core import packages
from tests.support.homes import BANGDAN, PROJECT

FOLDER = PROJECT / "docs" / "supply-chain"


def test_the_bill_of_materials_is_the_lock_and_nothing_else() -> None:
    """The same lock gives the same bytes; every package with its hashes, no address, no clock."""
    text = (FOLDER / "sbom.cdx.json").read_text("utf-8")
    assert text == runpy.run_path(str(PROJECT / ".ci" / "sbom.py"))["sbom"](), "run `make sbom`"
    payload = json.loads(text)
    assert {component["name"]: component["version"] for component in payload["components"]} == packages.locked(PROJECT)
    assert all(component["externalReferences"][0]["hashes"] for component in payload["components"])
    assert "serialNumber" not in payload
    assert "timestamp" not in payload["metadata"]
    assert "://" not in json.dumps(payload["components"])


def test_every_locked_package_stands_in_the_list_of_licences() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \| (\S+) \| (.+) \|$", (FOLDER / "licences.md").read_text("utf-8"), re.MULTILINE)
    listed = {name: version for name, version, _licence in rows if name != "package"}
    assert listed == packages.locked(PROJECT), "run `make licences`"


def test_the_lock_is_read_with_extras_markers_and_hashes_and_by_normalised_names(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(
        'One_Two[extra]==1.0 \\\n    --hash=sha256:aa\nthree==2.1 ; python_version < "3.12" \\\n    --hash=sha256:bb\n# four==4\n',
        "utf-8",
    )
    assert packages.locked(tmp_path) == {"one-two": "1.0", "three": "2.1"}
    count = (PROJECT / "requirements.lock").read_text("utf-8").count("==")
    assert len(packages.locked(PROJECT)) > 200
    assert len(packages.locked(PROJECT)) <= count


@pytest.mark.timeout(900)
def test_demo_ingestion_and_status_need_no_network(tmp_path: Path) -> None:
    """In a network namespace that has no interface up, not even loopback. A whole month in one: faults/test_machine."""
    apart = ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no network namespaces")
    command = " && ".join(
        [
            "! (exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null && test -z \"$(ip -o addr 2>/dev/null | grep 'state UP')\"",
            "$B demo --months 2021-08..2021-08 --scale 0.004 --json",
            '$B ingest "$BANGDAN_HOME/inbox"',
            "$B status",
        ]
    )
    done = subprocess.run(
        [*apart, "bash", "-c", command],
        env={**os.environ, "BANGDAN_HOME": str(tmp_path), "B": " ".join(BANGDAN)},
        capture_output=True, text=True, check=False, timeout=800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert list((tmp_path / "raw" / "records").glob("month=2021-08/*.parquet"))
