"""Attacks through what is unpacked: a backup whose list names other places, links in it, archives that leave their folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from bangdan.core import files
from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.operations import backup, doctor, permissions
from tests.support.attacks import attack


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A data folder with a secret and a landed export."""
    settings = Settings(tmp_path / "home", 1, "1GB")
    for name in ("secrets/privacy.key", "landing/" + "a" * 64 + ".csv"):
        (settings.home / name).parent.mkdir(parents=True)
        (settings.home / name).write_text("bytes")
    return settings


@pytest.fixture
def target(home: Settings, tmp_path: Path) -> Path:
    """A backup of it."""
    backup.back_up(home, tmp_path / "backup")
    return tmp_path / "backup"


@pytest.fixture
def new(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "new", 1, "1GB")


def add_to_list(target: Path, name: str, entry: object) -> None:
    content = json.loads((target / "backup.json").read_text("utf-8"))
    content["files"][name] = entry
    (target / "backup.json").write_text(json.dumps(content), "utf-8")


PLACES = [
    "../outside.txt", "landing/../../outside.txt", "/tmp/outside.txt", "landing/./x", "landing//x", "dags/evil.py", "landing",
    "warehouse/bangdan.duckdb", "published/bangdan.duckdb", "airflow/airflow.cfg", "", ".", "secrets/a\0b", ".restoring",
]  # fmt: skip


@attack("a backup whose list names a file outside the data folder", "a list of the places that a backup has")
@pytest.mark.parametrize("name", PLACES)
def test_a_backup_that_names_another_place_restores_nothing(
    target: Path, new: Settings, tmp_path: Path, name: str
) -> None:
    (tmp_path / "outside.txt").write_text("mine")
    sha256 = files.sha256_of(tmp_path / "outside.txt")
    add_to_list(target, name, [sha256, 4, 1])
    with pytest.raises(BangdanError, match="is no place of a backup"):
        backup.restore(new, target)
    assert not new.home.exists()


@attack("a backup whose list lets the next backup delete files outside it", "a list of the places that a backup has")
def test_a_changed_list_deletes_nothing_outside_the_backup(home: Settings, target: Path, tmp_path: Path) -> None:
    (tmp_path / "releases-note.txt").write_text("mine")
    add_to_list(target, "releases/../../releases-note.txt", ["0" * 64, 4, 1])
    with pytest.raises(BangdanError, match="is no place of a backup"):
        backup.back_up(home, target)
    assert (tmp_path / "releases-note.txt").read_text() == "mine"


@attack("a link in a backup, in the place of a file or of a folder", "links are not followed")
@pytest.mark.parametrize("is_folder", [False, True])
def test_a_link_in_a_backup_is_not_followed(target: Path, new: Settings, tmp_path: Path, is_folder: bool) -> None:
    secrets = target / "secrets"
    if is_folder:
        secrets.rename(tmp_path / "elsewhere")
        secrets.symlink_to(tmp_path / "elsewhere")
    else:
        (secrets / "privacy.key").rename(tmp_path / "elsewhere")
        (secrets / "privacy.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BangdanError, match=r"secrets/privacy\.key: a link in the backup"):
        backup.restore(new, target)
    assert not new.home.exists()


@attack("a link put into a data folder whose restore has broken off", "links are not followed")
def test_a_link_in_a_half_restored_home_is_not_followed(target: Path, new: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    new.home.mkdir()
    (new.home / ".restoring").write_text("x")
    (new.home / "secrets").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BangdanError, match="a link in the backup or in the data folder"):
        backup.restore(new, target)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@attack("a backup whose list is of other kinds", "its entries are checked before anything is copied")
@pytest.mark.parametrize("entry", [None, 5, [], ["x"], ["x", "y", "z"], {"a": 1}, [1, 2, 3]])
def test_a_list_of_other_kinds_gives_an_answer(target: Path, new: Settings, entry: object) -> None:
    add_to_list(target, "landing/x", entry)
    with pytest.raises(BangdanError, match=r"backup\.json cannot be read"):
        backup.restore(new, target)


@attack("secrets and exports that other users of the machine may read", "the folders are their owner's only")
def test_restored_secrets_and_exports_are_their_owners_only(target: Path, new: Settings) -> None:
    os.chmod(target / "secrets", 0o755)
    os.chmod(target / "landing", 0o755)
    backup.restore(new, target)
    assert [(new.home / name).stat().st_mode & 0o777 for name in ("secrets", "landing")] == [0o700, 0o700]


@pytest.mark.parametrize(
    ("name", "mode", "observed"),
    [
        ("secrets", 0o750, "others may enter it"), ("landing", 0o701, "others may enter it"), ("raw", 0o755, "others may enter it"),
        ("secrets/privacy.key", 0o640, "others may read this key"), ("inbox", 0o777, "everybody may write in it"),
        ("releases", 0o757, "everybody may write in it"),
    ],
)  # fmt: skip
def test_the_doctor_names_what_is_open_to_others_and_how_to_close_it(
    home: Settings, name: str, mode: int, observed: str
) -> None:
    for folder in ("landing", "raw", "secrets", "inbox", "releases"):
        files.make_private_folder(home.home / folder)
    (home.home / "secrets/privacy.key").chmod(0o600)
    assert list(permissions.openings(home)) == []
    (home.home / name).chmod(mode)
    [finding] = [entry for entry in doctor.examine(home).findings if entry.check == "permissions"]
    assert (finding.state, finding.observed) == ("fix", f"{home.home / name}: {observed}")
    assert subprocess.run(finding.remedy.split(), check=True).returncode == 0
    assert list(permissions.openings(home)) == []
