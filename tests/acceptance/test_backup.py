"""Backup and restore: what cannot be made again comes back byte for byte, and all else is made from it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.homes import bangdan, late_export, payload, published, touched, tree


@pytest.fixture(scope="module")
def backup(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the city; read only."""
    target = tmp_path_factory.mktemp("backup") / "there"
    before = touched(city)
    bangdan(city, "backup", target, "--verify")
    assert touched(city) == before
    return target


@pytest.mark.timeout(900)
def test_a_restored_home_gives_the_same_releases_again(backup: Path, city: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    restored = payload(bangdan(home, "restore", backup, "--json"))
    assert (restored["problems"], restored["seeds_that_differ"], restored["releases"]) == ([], [], 2)
    for kept in ("landing", "releases", "secrets"):
        assert tree(home / kept) == tree(city / kept)
    # What the restore says to do, with the releases taken away: they are made again from the bytes as received.
    shutil.rmtree(home / "releases")
    bangdan(home, *restored["next"].split()[1:])
    for month in ("2021-07", "2021-08"):
        assert tree(home / "releases" / month / "r1") == tree(city / "releases" / month / "r1")
    count = "select count(*) from published.reprints"
    assert published(home, count) == published(city, count)


def test_a_second_backup_copies_what_is_new_and_keeps_what_is_gone(
    backup: Path, copy_of_city: Path, tmp_path: Path
) -> None:
    target = tmp_path / "there"
    shutil.copytree(backup, target)
    assert payload(bangdan(copy_of_city, "backup", target, "--json"))["copied"] == 0
    bangdan(copy_of_city, "ingest", late_export(copy_of_city, tmp_path))
    lost = sorted((copy_of_city / "landing").glob("*.xlsx"))[0]
    lost.unlink()
    again = payload(bangdan(copy_of_city, "backup", target, "--verify", "--json"))
    assert again["copied"] == 2  # the bytes and the note of their delivery
    assert again["only_in_backup"] == [f"landing/{lost.name}"]
    assert (target / "landing" / lost.name).exists()


def test_what_is_purged_leaves_the_backup_too(backup: Path, copy_of_city: Path, tmp_path: Path) -> None:
    target = tmp_path / "there"
    shutil.copytree(backup, target)
    bangdan(copy_of_city, "purge", "--before", "2021-08")
    left = {path.name for path in (copy_of_city / "landing").iterdir() if path.is_file()}
    again = payload(bangdan(copy_of_city, "backup", target, "--verify", "--json"))
    assert again["only_in_backup"] == []
    assert {path.name for path in (target / "landing").iterdir() if path.is_file()} == left


def test_a_damaged_backup_is_found_and_never_restored_as_if_whole(backup: Path, city: Path, tmp_path: Path) -> None:
    target, home = tmp_path / "there", tmp_path / "new"
    shutil.copytree(backup, target)
    hurt = sorted((target / "landing").glob("*.xlsx"))[0]
    hurt.write_bytes(hurt.read_bytes()[:-1] + b"!")
    assert hurt.name in bangdan(city, "backup", target, "--verify", code=1).stderr
    assert hurt.name in bangdan(home, "restore", target, code=1).stderr
    shutil.copy(backup / "landing" / hurt.name, hurt)
    bangdan(home, "restore", target)  # goes on where it broke off
    assert tree(home / "landing") == tree(city / "landing")


def test_nothing_is_overwritten(backup: Path, copy_of_city: Path, tmp_path: Path) -> None:
    before = touched(copy_of_city)
    assert "is not empty" in bangdan(copy_of_city, "restore", backup, code=2).stderr
    assert touched(copy_of_city) == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine", "utf-8")
    assert "is not empty" in bangdan(copy_of_city, "backup", tmp_path / "other", code=2).stderr
    assert "lies in the data folder" in bangdan(copy_of_city, "backup", copy_of_city / "bk", code=2).stderr
    assert json.loads((backup / "backup.json").read_text("utf-8"))["files"]
