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

from tests.conftest import BANGDAN, PROJECT

FOLDER = PROJECT / "docs" / "supply-chain"


def locked() -> dict[str, str]:
    text = (PROJECT / "requirements.lock").read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))


def test_the_bill_of_materials_is_the_lock_and_nothing_else() -> None:
    """The same lock gives the same bytes; every package with its hashes, no address, no clock."""
    text = (FOLDER / "sbom.cdx.json").read_text("utf-8")
    assert text == runpy.run_path(str(PROJECT / ".ci" / "sbom.py"))["sbom"](), "run `make sbom`"
    told = json.loads(text)
    assert {one["name"]: one["version"] for one in told["components"]} == locked()
    assert all(one["externalReferences"][0]["hashes"] for one in told["components"])
    assert "serialNumber" not in told
    assert "timestamp" not in told["metadata"]
    assert "://" not in json.dumps(told["components"])


def test_every_locked_package_stands_in_the_list_of_licences() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \| (\S+) \| (.+) \|$", (FOLDER / "licences.md").read_text("utf-8"), re.MULTILINE)
    name = runpy.run_path(str(PROJECT / ".ci" / "licences.py"))["name_of"]
    assert {one: version for one, version, _licence in rows if one != "package"} == {
        name(one): version for one, version in locked().items()
    }, "run `make licences`"


@pytest.mark.timeout(900)
def test_a_whole_month_needs_no_network(tmp_path: Path) -> None:
    """From synthetic exports to release in a network namespace that has no interface up, not even loopback."""
    apart = ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no network namespaces")
    command = " && ".join(
        [
            "! (exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null && test -z \"$(ip -o addr 2>/dev/null | grep 'state UP')\"",
            "$B demo --months 2021-08..2021-08 --scale 0.004 --json",
            '$B run --month 2021-08 --inbox "$BANGDAN_HOME/inbox"',
            "$B verify",
        ]
    )
    done = subprocess.run(
        [*apart, "bash", "-c", command],
        env={**os.environ, "BANGDAN_HOME": str(tmp_path), "B": " ".join(BANGDAN)},
        capture_output=True, text=True, check=False, timeout=800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (tmp_path / "releases" / "2021-08" / "r1" / "index.html").exists()
