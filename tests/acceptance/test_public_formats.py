"""The reference readers of the formats of a release read it without a problem; `make test-formats`."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests.support import keys, small_city
from tests.support.homes import PROJECT

pytestmark = pytest.mark.formats
FORMATS = ("datapackage.json", "croissant.json", "manifest.intoto.jsonl", "catalog.jsonld")


def published(home: Path) -> tuple[Path, Path]:
    """A release with everything that the formats may name, signed; and the public key."""
    secret, public = keys.ed25519_pair(home, "ours")
    small_city.build(home, "2021-08")
    settings = small_city.settings_of(home, signing_key=secret, verify_key=public)
    (settings.city / "city.yml").write_text(small_city.CITY, "utf-8")
    return small_city.publish(settings, published_on=date(2021, 9, 15)).path, Path(public)


def read(folder: Path, public_key: Path) -> subprocess.CompletedProcess[str]:
    program = PROJECT / "tests/support/scripts/read_formats.py"
    return subprocess.run(
        [PROJECT / ".venv-formats/bin/python", program, folder, public_key],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_the_reference_readers_have_no_problem_with_a_release(tmp_path: Path) -> None:
    done = read(*published(tmp_path))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {name: [] for name in FORMATS}


def test_the_reference_readers_notice_a_table_that_has_changed(tmp_path: Path) -> None:
    folder, public_key = published(tmp_path)
    shutil.copy(folder / "accounts.csv", folder / "outlets.csv")
    problems = json.loads(read(folder, public_key).stdout.splitlines()[-1])
    assert any(problem.startswith("outlets: hash-count") for problem in problems["datapackage.json"])
    assert problems["manifest.intoto.jsonl"] == ["outlets.csv"]
