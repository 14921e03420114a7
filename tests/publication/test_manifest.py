"""The manifest and what it promises: nothing changes unnoticed, and the same inputs give the same bytes anywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bangdan.files import sha256_of
from bangdan.publication import manifest, provenance
from bangdan.settings import Settings
from tests.conftest import PROJECT


def told(home: Path, month: str = "2021-08") -> dict:
    return json.loads((home / "releases" / month / "r1" / "manifest.json").read_text("utf-8"))


@pytest.fixture
def releases(city: Path, tmp_path: Path) -> Path:
    """The released files alone, to be tampered with."""
    shutil.copytree(city / "releases", tmp_path / "home" / "releases", symlinks=True)
    return tmp_path / "home" / "releases"


def problems(releases: Path) -> list[str]:
    return manifest.verify(Settings(releases.parent, threads=2, memory_limit="1GB"))


def test_the_manifest_tells_what_a_release_was_made_from(city: Path) -> None:
    august = told(city)
    assert august["code_version"] == provenance.code_version()
    assert august["method_version"] == "2021-01"
    assert {gate["door"] for gate in august["gates"]} == {"raw_exports", "post_facts", "ranking"}
    assert august["inputs"]
    assert all(len(one["export_sha256"]) == 64 for one in august["inputs"])
    seeds = PROJECT / "dbt_project" / "seeds"
    assert august["seeds"] == {path.relative_to(seeds).as_posix(): sha256_of(path) for path in seeds.rglob("*.csv")}
    assert august["previous"] == {
        "month": "2021-07",
        "release": "r1",
        "sha256": sha256_of(city / "releases" / "2021-07" / "r1" / "manifest.json"),
    }
    assert told(city, "2021-07")["previous"] is None


def test_the_code_version_changes_with_a_model_and_a_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in provenance.CODE:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, target)
    monkeypatch.setattr(provenance, "PROJECT", tmp_path)
    seen = set()
    for name in (
        None, "dbt_project/models/published/rpt_ranking.sql", "plugins/bangdan/publication/templates/page.css",
        "expectations/ranking.yml", "dbt_project/macros/portable/ratio.sql", "docs/methodology/README.md",
    ):  # fmt: skip
        if name:
            with (tmp_path / name).open("a", encoding="utf-8") as stream:
                stream.write("\n")
        provenance.code_version.cache_clear()
        seen.add(provenance.code_version())
    assert len(seen) == 6
    # What only tells or keeps makes no figure: months stay as they are.
    for name in provenance.ASIDE:
        place = tmp_path / "plugins" / "bangdan" / name
        assert place.exists(), name
        with (place if place.is_file() else place / "__init__.py").open("a", encoding="utf-8") as stream:
            stream.write("\n")
    provenance.code_version.cache_clear()
    assert provenance.code_version() in seen
    provenance.code_version.cache_clear()


def test_untouched_releases_have_no_problem(releases: Path) -> None:
    assert problems(releases) == []


def _change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


TAMPERING = {
    "a changed byte of the page": (lambda r: _change(r / "2021-08/r1/index.html"), "index.html has changed"),
    "a changed byte of a table": (lambda r: _change(r / "2021-08/r1/tables/posts.parquet"), "posts.parquet has changed"),
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
    "a changed archive": (lambda r: _change(r / "index.html"), "archive: index.html is not what the releases say"),
    "a changed feed": (lambda r: _change(r / "feed.xml"), "archive: feed.xml is not what the releases say"),
    "a missing archive page": (lambda r: (r / "en.html").unlink(), "archive: en.html is missing"),
    "no archive.json": (lambda r: (r / "archive.json").unlink(), "archive.json is missing or damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERING)
def test_tampering_is_noticed(releases: Path, case: str) -> None:
    tamper, said = TAMPERING[case]
    tamper(releases)
    found = problems(releases)
    assert any(said in problem for problem in found), found


def test_an_archive_that_an_earlier_program_wrote_is_no_problem(releases: Path) -> None:
    """After an update of the program its templates may differ: then the hashes that were written decide."""
    file = releases / "archive.json"
    archive = json.loads(file.read_text("utf-8"))
    page = releases / "index.html"
    page.write_text(page.read_text("utf-8").replace("<main", "<main data-old", 1), "utf-8")
    archive["files"]["index.html"] = sha256_of(page)
    file.write_text(json.dumps(archive), "utf-8")
    assert "archive: index.html is not what the releases say" in problems(releases)
    file.write_text(json.dumps(archive | {"code_version": "0.0.9+000000000000"}), "utf-8")
    assert problems(releases) == []
    _change(page)
    assert "archive: index.html is not what the releases say" in problems(releases)


PUBLISH = """
from bangdan import pipeline
from bangdan.months import Month
from bangdan.settings import Settings
print(pipeline.publish(Settings.load(), Month.parse("2021-08"))["digest"])
"""


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
    subprocess.run([sys.executable, "-c", PUBLISH], env={**os.environ, **elsewhere}, check=True, capture_output=True)
    after = {
        path.relative_to(home): sha256_of(path)
        for path in (home / "releases").rglob("*")
        if path.is_file() and "latest" not in path.parts
    }
    assert {str(name) for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set()
    assert len(after) > 250
