"""Attacks of whoever can write to the releases' folder and has no signing key: `bangdan verify` names each."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from bangdan.core.settings import Settings
from bangdan.publication import pointers, verification
from tests.support.attacks import attack


def change_database(settings: Settings, statement: str) -> None:
    with duckdb.connect(str(settings.published)) as con:
        con.execute(statement)


def change_manifest(settings: Settings, **fields: object) -> None:
    """Other fields in the manifest of 2021-08 r1, whose signature no longer fits then."""
    file = settings.releases / "2021-08/r1/manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | fields), "utf-8")


def test_the_signed_city_has_no_problem(signed_city: Settings) -> None:
    assert verification.verify(signed_city) == []
    assert pointers.problems(signed_city) == []


@attack(
    "the signed release of July put in the place of August's", "month and number of the manifest against its folder"
)
def test_july_passed_off_as_august_is_named(attacked: Settings) -> None:
    shutil.rmtree(attacked.releases / "2021-08/r1")
    shutil.copytree(attacked.releases / "2021-07/r1", attacked.releases / "2021-08/r1")
    assert "2021-08 r1: its manifest is that of 2021-07 r1" in verification.verify(attacked)


@attack(
    "an earlier signed release put in the place of a restatement", "month and number of the manifest against its folder"
)
def test_a_first_release_passed_off_as_the_second_is_named(attacked: Settings) -> None:
    shutil.copytree(attacked.releases / "2021-08/r1", attacked.releases / "2021-08/r2")
    (attacked.releases / "2021-08/latest").unlink()
    (attacked.releases / "2021-08/latest").symlink_to("r2")
    problems = verification.verify(attacked)
    assert "2021-08 r2: its manifest is that of 2021-08 r1" in problems
    assert "2021-08 r2: archive.json does not list this release" in problems


@attack("the newest month deleted", "the signed index of all releases")
def test_a_deleted_newest_month_is_named(attacked: Settings) -> None:
    shutil.rmtree(attacked.releases / "2021-08")
    assert "2021-08 r1: listed in archive.json, but the release is missing" in verification.verify(attacked)


@attack(
    "the newest month deleted, and the index written anew without it", "the signature over the index of all releases"
)
def test_a_deleted_month_with_a_new_index_is_named(attacked: Settings) -> None:
    shutil.rmtree(attacked.releases / "2021-08")
    pointers.follow(attacked)
    assert verification.verify(attacked) == ["archive: archive.json is not signed"]


@attack("the index of all releases removed, or its signature", "an index and a signature over it have to be there")
@pytest.mark.parametrize("name", ["archive.json", "archive.sig"])
def test_a_missing_index_is_named(attacked: Settings, name: str) -> None:
    (attacked.releases / name).unlink()
    assert verification.verify(attacked) != []


@attack("a release in the middle of the chain deleted", "each release names the one before it with its hash")
def test_a_gap_in_the_chain_is_named(attacked: Settings) -> None:
    shutil.rmtree(attacked.releases / "2021-07")
    assert "2021-08 r1: the release before it, 2021-07 r1, is missing" in verification.verify(attacked)


@attack(
    "a release that names another predecessor, so that the chain forks",
    "a release follows the one of its month, or of an earlier month",
)
@pytest.mark.parametrize("month", ["2021-08", "2021-09"])
def test_a_fork_of_the_chain_is_named(attacked: Settings, month: str) -> None:
    change_manifest(attacked, previous={"month": month, "release": "r1", "sha256": "0" * 64})
    assert f"2021-08 r1: names {month} r1 as the release before it" in verification.verify(attacked)


@attack(
    "a file, folder, link or pipe put into a release, also under the name manifest.json below its root",
    "every entry of a release's folder is in its manifest",
)
@pytest.mark.parametrize(
    ("put", "problem"),
    [
        (lambda r: (r / "units/manifest.json").write_text("{}"), "units/manifest.json is not in the manifest"),
        (lambda r: (r / "tables/manifest.sig").write_text("x"), "tables/manifest.sig is not in the manifest"),
        (lambda r: (r / ".hidden").write_text("x"), ".hidden is not in the manifest"),
        (lambda r: (r / "empty").mkdir(), "empty is a folder, not a file of the release"),
        (lambda r: (r / "secrets").symlink_to("/etc"), "secrets is a link, not a file of the release"),
        (lambda r: (r / "passwd").symlink_to("/etc/passwd"), "passwd is a link, not a file of the release"),
        (lambda r: os.mkfifo(r / "pipe"), "pipe is a pipe, not a file of the release"),
    ],
)  # fmt: skip
def test_what_is_put_into_a_release_is_named(attacked: Settings, put: Callable[[Path], object], problem: str) -> None:
    put(attacked.releases / "2021-08/r1")
    assert f"2021-08 r1: {problem}" in verification.verify(attacked)


@attack("a listed file replaced by a link to a copy of it outside", "links are not followed")
def test_a_file_replaced_by_a_link_is_named(attacked: Settings, tmp_path: Path) -> None:
    page = attacked.releases / "2021-08/r1/index.html"
    page.rename(tmp_path / "index.html")
    page.symlink_to(tmp_path / "index.html")
    assert verification.verify(attacked) == [
        "2021-08 r1: index.html is a link, not a file of the release",
    ]


@attack(
    "something put beside the releases: a page, a folder of an odd name, a link for a month",
    "nothing is in the folders of releases but what a publication writes",
)
@pytest.mark.parametrize(
    ("put", "problem"),
    [
        (lambda r: (r / "ranking.html").write_text("x"), "releases: 'ranking.html' is a file that no publication writes"),
        (lambda r: (r / "2021-09").symlink_to("2021-08"), "releases: '2021-09' is a link that no publication writes"),
        (lambda r: (r / "2021-99").mkdir(), "releases: '2021-99' is a folder that no publication writes"),
        (lambda r: (r / "２０２１-08").mkdir(), "releases: '２０２１-08' is a folder that no publication writes"),
        (lambda r: (r / "2021-08/index.html").write_text("x"), "2021-08: 'index.html' is a file that no publication writes"),
        (lambda r: shutil.copytree(r / "2021-08/r1", r / "2021-08/r²"), "2021-08: 'r²' is a folder that no publication writes"),
        (lambda r: shutil.copytree(r / "2021-08/r1", r / "2021-08/r01"), "2021-08: 'r01' is a folder that no publication writes"),
        (lambda r: (r / "2021-08/r2").symlink_to("r1"), "2021-08: 'r2' is a link that no publication writes"),
        (lambda r: (r / "2021-08/pending.json").mkdir(), "2021-08: 'pending.json' is a folder that no publication writes"),
        (lambda r: (r / "2021-08/r2").mkdir(), "2021-08 r2: manifest.json is missing"),
    ],
)  # fmt: skip
def test_what_is_put_beside_the_releases_is_named(
    attacked: Settings, put: Callable[[Path], object], problem: str
) -> None:
    put(attacked.releases)
    assert problem in verification.verify(attacked)


def test_what_a_publication_is_writing_is_no_problem_until_it_is_old(attacked: Settings) -> None:
    partial = attacked.releases / "2021-08/.r2.partial"
    partial.mkdir()
    assert verification.verify(attacked) == []
    for moment in (0, time.time() + 10_000):
        os.utime(partial, (moment, moment))
        assert verification.verify(attacked) == [
            "2021-08: '.r2.partial' is a folder that a killed publication has left, or that was put there; look at it and remove it"
        ]


DEEP = "[" * 100_000 + "]" * 100_000


@attack(
    "a manifest that is nested without end, of other kinds, a pipe or a folder",
    "the fields of a manifest are checked before anything reads them",
)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (DEEP, "nested too deep"),
        ("[]", "not an object"),
        ('{"release": "r1", "release": "r2"}', "the key 'release' is there twice"),
        ('{"note": NaN}', "NaN is no JSON number"),
        (b"\xff\xfe", "'utf-8' codec can't decode"),
        ("{}", "it has no files"),
        ('{"files": {}}', "it has no ranking_month"),
    ],
)
def test_a_manifest_that_is_none_gives_an_answer(attacked: Settings, text: str | bytes, problem: str) -> None:
    file = attacked.releases / "2021-08/r1/manifest.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert any(f"2021-08 r1: manifest.json is damaged ({problem}" in entry for entry in verification.verify(attacked))


@pytest.mark.parametrize(
    "fields",
    [
        {"previous": "r1"}, {"previous": {"month": "../..", "release": "r1", "sha256": "0" * 64}}, {"files": []},
        {"files": {"../../../etc/passwd": "0" * 64}}, {"files": {"a": 1}}, {"effect": 5}, {"effect": {"rows": [{}]}},
        {"effect": {"units_changed": "x", "rows": []}}, {"release": 1}, {"ranking_month": None}, {"gates": {}},
        {"knowledge_cut_off": "soon"}, {"knowledge_cut_off": 5}, {"data_digest": ["x"]}, {"note": {"a": []}},
    ],
)  # fmt: skip
def test_fields_of_another_kind_give_an_answer(attacked: Settings, fields: dict) -> None:
    change_manifest(attacked, **fields)
    [name] = fields
    problems = verification.verify(attacked)
    assert any("2021-08 r1: manifest.json is damaged (" in problem and name in problem for problem in problems)


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir])
def test_a_manifest_that_is_no_file_gives_an_answer(attacked: Settings, put: Callable[[Path], None]) -> None:
    file = attacked.releases / "2021-08/r1/manifest.json"
    file.unlink()
    put(file)
    assert "2021-08 r1: manifest.json is damaged (not a regular file)" in verification.verify(attacked)


@attack(
    "ranks of the analysts' database reversed, rows deleted or added", "the database row by row against the releases"
)
@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("update history.ranking set rank = 4 - rank where rank = 1", "history.ranking differs from the releases in"),
        ("delete from history.posts where post_id = 'p01'", "history.posts differs from the releases in 1 row(s)"),
        (
            "insert into history.issuers from history.issuers limit 1",
            "history.issuers differs from the releases in 1 row(s)",
        ),
        (
            "update history.about set is_synthetic = not is_synthetic",
            "history.about differs from the releases in 2 row(s)",
        ),
        ("create table history.other as select 1 as a", "history.other is of no release"),
        (
            "create or replace view published.ranking as select * replace (4 - rank as rank) from history.ranking",
            "published.ranking is defined in another way",
        ),
        ("drop macro table published.ranking_asof", "published.ranking_asof is missing"),
    ],
)
def test_a_changed_database_is_named(attacked: Settings, statement: str, problem: str) -> None:
    change_database(attacked, statement)
    assert verification.verify(attacked) == []
    assert any(sentence.startswith(f"published/bangdan.duckdb: {problem}") for sentence in pointers.problems(attacked))
    attacked.published.unlink()
    pointers.follow(attacked)
    assert pointers.problems(attacked) == []


@attack(
    "the feed, or a page of the archive, rewritten with its hash in the index",
    "the archive is made again from the releases",
)
@pytest.mark.parametrize("name", ["feed.xml", "index.html", "en.html"])
def test_a_rewritten_archive_is_named(attacked: Settings, name: str) -> None:
    file = attacked.releases / name
    file.write_text(file.read_text("utf-8").replace("2021-08", "2021-09"), "utf-8")
    assert f"archive: {name} does not show the releases" in verification.verify(attacked)
