"""The manifest of a real month: nothing changes unnoticed, and the same inputs give the same bytes anywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bangdan.core.files import sha256_of
from bangdan.core.settings import Settings
from bangdan.demo import CITY
from bangdan.publication import code_version, verification
from tests.support import demo_city
from tests.support.homes import PYTHON_PATH, SCRIPTS, flip_a_byte


def manifest_of(home: Path, month: str = "2021-08") -> dict:
    return json.loads((home / "releases" / month / "r1" / "manifest.json").read_text("utf-8"))


@pytest.fixture
def releases(city: Path, tmp_path: Path) -> Path:
    """The released files alone, to be tampered with."""
    shutil.copytree(city / "releases", tmp_path / "home" / "releases", symlinks=True)
    return tmp_path / "home" / "releases"


def problems(releases: Path) -> list[str]:
    return verification.verify(Settings(releases.parent, threads=2, memory_limit="1GB"))


def test_the_manifest_tells_what_a_release_was_made_from(city: Path) -> None:
    august = manifest_of(city)
    assert august["code_version"] == code_version.code_version()
    assert august["method_version"] == "2021-01"
    assert {gate["gate"] for gate in august["gates"]} == {"raw_exports", "post_facts", "ranking"}
    assert august["inputs"]
    assert all(len(entry["export_sha256"]) == 64 for entry in august["inputs"])
    seeds = demo_city.seeds()
    in_force = {path.relative_to(seeds).as_posix(): sha256_of(path) for path in seeds.rglob("*.csv")}
    assert august["seeds"] == in_force | {"city.yml": sha256_of(CITY / "city.yml")}
    assert august["previous"] == {
        "month": "2021-07",
        "release": "r1",
        "sha256": sha256_of(city / "releases" / "2021-07" / "r1" / "manifest.json"),
    }
    assert manifest_of(city, "2021-07")["previous"] is None


def test_untouched_releases_have_no_problem(releases: Path) -> None:
    assert problems(releases) == []


TAMPERING = {
    "a changed byte of the page": (lambda r: flip_a_byte(r / "2021-08/r1/index.html"), "index.html has changed"),
    "a changed byte of a table": (lambda r: flip_a_byte(r / "2021-08/r1/tables/posts.parquet"), "posts.parquet has changed"),
    "a missing file": (lambda r: (r / "2021-08/r1/ranking.csv").unlink(), "ranking.csv is missing"),
    "an added file": (lambda r: (r / "2021-08/r1/units/extra.html").write_text("x"), "extra.html is not in the manifest"),
    "a damaged manifest": (lambda r: (r / "2021-08/r1/manifest.json").write_text("{"), "manifest.json is damaged"),
    "a missing manifest": (lambda r: (r / "2021-08/r1/manifest.json").unlink(), "manifest.json is missing"),
    "a changed manifest of the month before": (
        lambda r: (r / "2021-07/r1/manifest.json").write_text((r / "2021-07/r1/manifest.json").read_text() + "\n"),
        "manifest of 2021-07 r1 has changed since",
    ),
    "a missing month before": (lambda r: shutil.rmtree(r / "2021-07"), "2021-07 r1, is missing"),
    "latest elsewhere": (
        lambda r: ((r / "2021-08/latest").unlink(), (r / "2021-08/latest").symlink_to("../2021-07/r1")),
        "latest leads to ../2021-07/r1",
    ),
    "latest as a folder": (
        lambda r: ((r / "2021-08/latest").unlink(), shutil.copytree(r / "2021-08/r1", r / "2021-08/latest")),
        "latest is no link",
    ),
    "no latest": (lambda r: (r / "2021-08/latest").unlink(), "latest is missing"),
    "a changed archive": (lambda r: flip_a_byte(r / "index.html"), "archive: index.html does not show the releases"),
    "a changed feed": (lambda r: flip_a_byte(r / "feed.xml"), "archive: feed.xml does not show the releases"),
    "a missing archive page": (lambda r: (r / "en.html").unlink(), "archive: en.html is missing"),
    "no archive.json": (lambda r: (r / "archive.json").unlink(), "archive.json is missing or damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERING)
def test_tampering_is_noticed(releases: Path, case: str) -> None:
    tamper, message = TAMPERING[case]
    tamper(releases)
    result = problems(releases)
    assert any(message in problem for problem in result), result


def test_an_archive_that_an_earlier_program_wrote_is_no_problem(releases: Path) -> None:
    """After an update of the program its templates may differ: then the hashes that were written decide."""
    file = releases / "archive.json"
    archive = json.loads(file.read_text("utf-8"))
    page = releases / "index.html"
    page.write_text(page.read_text("utf-8").replace("<main", "<main data-old", 1), "utf-8")
    archive["files"]["index.html"] = sha256_of(page)
    file.write_text(json.dumps(archive), "utf-8")
    assert "archive: index.html does not show the releases" in problems(releases)
    file.write_text(json.dumps(archive | {"code_version": "0.0.9+000000000000"}), "utf-8")
    assert problems(releases) == []
    flip_a_byte(page)
    assert "archive: index.html does not show the releases" in problems(releases)


@pytest.mark.timeout(300)
def test_the_same_bytes_in_another_time_zone_language_and_thread_count(copy_of_city: Path) -> None:
    home = copy_of_city
    before = {
        path.relative_to(home): sha256_of(path)
        for path in (home / "releases").rglob("*")
        if path.is_file() and "latest" not in path.parts
    }
    shutil.rmtree(home / "releases" / "2021-08")
    elsewhere = {
        "TZ": "America/New_York", "LANG": "C", "LC_ALL": "C", "BANGDAN_THREADS": "1", "PYTHONHASHSEED": "7",
        "BANGDAN_HOME": str(home),
    }  # fmt: skip
    subprocess.run(
        [sys.executable, SCRIPTS / "publish.py"],
        env={**os.environ, **elsewhere, "PYTHONPATH": PYTHON_PATH},
        check=True,
        capture_output=True,
    )
    after = {
        path.relative_to(home): sha256_of(path)
        for path in (home / "releases").rglob("*")
        if path.is_file() and "latest" not in path.parts
    }
    assert {str(name) for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set()
    assert len(after) > 250
