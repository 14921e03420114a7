"""What a backup keeps, copies, forgets and refuses, on a data folder of a few files; the rest is made anew."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from bangdan.core import files
from bangdan.core import settings as settings_module
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.settings import Settings
from bangdan.operations import backup
from bangdan.publication import pointers

BYTES = {
    "landing/" + "a" * 64 + ".csv": b"exported",
    "landing/deliveries/aa/" + "a" * 64 + ".123456789abc.json": b"{}",
    "releases/2021-08/r1/manifest.json": b'{"files": {}}',
    "releases/2021-08/pending.json": b'{"note": "n"}',
    "releases/index.html": b"archive",
    "approvals/2021-08/one.json": b"{}",
    "secrets/privacy.key": b"key",
}
NOT_KEPT = {
    "raw/records/month=2021-08/a.parquet": b"raw",
    "evidence/matches/month=2021-08/part-0.parquet": b"evidence",
    "warehouse/bangdan.duckdb": b"warehouse",
    "published/bangdan.duckdb": b"published",
    "runs/2021-08/run_report.json": b"{}",
    "landing/.b.csv.1.partial": b"half",
    "releases/2021-08/.r2.99.partial/manifest.json": b"half",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    seeds = tmp_path / "checkout" / "dbt_project" / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "one.csv").write_text("a\n", "utf-8")
    monkeypatch.setattr(settings_module, "PROJECT", tmp_path / "checkout")
    monkeypatch.setattr(pointers, "follow", lambda settings: None)
    settings = Settings(tmp_path / "data", 1, "1GB")
    for name, data in (BYTES | NOT_KEPT).items():
        file = settings.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (settings.home / "secrets/privacy.key").chmod(0o600)
    (settings.releases / "2021-08/latest").symlink_to("r1")
    return settings


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def kept(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "backup.json"
    }


def listed(target: Path) -> dict:
    return json.loads((target / "backup.json").read_text("utf-8"))["files"]


# ---- back up -----------------------------------------------------------------------------------------------------


def test_exports_releases_sign_offs_and_secrets_are_kept_and_what_is_made_from_them_is_not(
    home: Settings, target: Path
) -> None:
    result = backup.back_up(home, target)
    assert kept(target) == BYTES
    assert {name: (entry[0], entry[1]) for name, entry in listed(target).items()} == {
        name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in BYTES.items()
    }
    assert (result["files"], result["copied"], result["copied_bytes"]) == (7, 7, sum(map(len, BYTES.values())))
    assert (result["target"], result["only_in_backup"], result["verified"]) == (str(target), [], False)


def test_a_secret_stays_readable_by_its_owner_only(home: Settings, target: Path) -> None:
    backup.back_up(home, target)
    assert (target / "secrets/privacy.key").stat().st_mode & 0o777 == 0o600


def test_delivery_notes_are_copied_before_the_bytes_they_name(
    home: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that land while the backup is on its way may lack their note, never the other way round."""
    order: list[str] = []
    replacing = files.replacing

    def noted(path: Path):
        order.append(path.relative_to(target).as_posix())
        return replacing(path)

    monkeypatch.setattr(files, "replacing", noted)
    backup.back_up(home, target)
    assert order[0].startswith("landing/deliveries/")
    assert sum(name.startswith("landing/deliveries/") for name in order) == 1
    assert order[-1] == "backup.json", "the list is written last"


def test_a_second_backup_copies_nothing_that_has_the_same_size_and_time(home: Settings, target: Path) -> None:
    backup.back_up(home, target)
    assert backup.back_up(home, target)["copied"] == 0


@pytest.mark.parametrize("is_same_size", [True, False])
def test_a_changed_file_is_copied_again(home: Settings, target: Path, is_same_size: bool) -> None:
    backup.back_up(home, target)
    file = home.home / "releases/2021-08/r1/manifest.json"
    before = file.stat()
    data = b'{"files": {]}'[:13] if is_same_size else b"longer than before"
    file.write_bytes(data)
    os.utime(file, ns=(0, before.st_mtime_ns + 1) if is_same_size else (0, before.st_mtime_ns))
    assert backup.back_up(home, target)["copied"] == 1
    assert kept(target)["releases/2021-08/r1/manifest.json"] == data


def test_a_copy_that_is_gone_from_the_backup_is_made_again(home: Settings, target: Path) -> None:
    backup.back_up(home, target)
    (target / "secrets/privacy.key").unlink()
    backup.back_up(home, target)
    assert kept(target) == BYTES


def test_what_is_lost_at_home_stays_in_the_backup_and_is_told(home: Settings, target: Path) -> None:
    backup.back_up(home, target)
    lost = "landing/" + "a" * 64 + ".csv"
    (home.home / lost).unlink()
    result = backup.back_up(home, target)
    assert (result["only_in_backup"], result["files"]) == ([lost], 7)
    assert kept(target) == BYTES


@pytest.mark.parametrize("name", ["releases/2021-08/pending.json", "releases/index.html"])
def test_what_is_written_anew_with_the_releases_leaves_the_backup_when_it_is_gone(
    home: Settings, target: Path, name: str
) -> None:
    backup.back_up(home, target)
    (home.home / name).unlink()
    assert backup.back_up(home, target)["only_in_backup"] == []
    assert name not in kept(target)
    assert name not in listed(target)


def test_a_lost_release_or_sign_off_stays_in_the_backup(home: Settings, target: Path) -> None:
    backup.back_up(home, target)
    lost = ["approvals/2021-08/one.json", "releases/2021-08/r1/manifest.json"]
    for name in lost:
        (home.home / name).unlink()
    assert backup.back_up(home, target)["only_in_backup"] == lost


def test_what_was_purged_at_home_leaves_the_backup_with_its_delivery_note(home: Settings, target: Path) -> None:
    backup.back_up(home, target)
    for name in [name for name in BYTES if name.startswith("landing/")]:
        (home.home / name).unlink()
    mark = home.landing / "purged" / f"{'a' * 64}.123456789abc.json"
    mark.parent.mkdir()
    mark.write_text("{}", "utf-8")
    assert backup.back_up(home, target)["only_in_backup"] == []
    assert [name for name in kept(target) if name.startswith("landing/")] == [f"landing/purged/{mark.name}"]


def test_a_file_that_goes_away_on_the_way_is_left_out(
    home: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replacing = files.replacing

    def dropped(path: Path):
        (home.home / "releases/2021-08/pending.json").unlink(missing_ok=True)
        return replacing(path)

    monkeypatch.setattr(files, "replacing", dropped)
    result = backup.back_up(home, target)
    assert (result["files"], "releases/2021-08/pending.json" in listed(target)) == (6, False)


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_verify_reads_every_copy_and_names_the_first_that_is_not_what_was_copied(
    home: Settings, target: Path, damage: str
) -> None:
    backup.back_up(home, target)
    copy = target / "secrets/privacy.key"
    copy.write_bytes(b"kez")
    if damage == "changed":
        assert backup.back_up(home, target)["verified"] is False
    with pytest.raises(
        BangdanError, match=r"1 file\(s\) of the backup are not what was copied, the first: secrets/priv"
    ):
        backup.back_up(home, target, verify=True)
    copy.unlink()
    assert backup.back_up(home, target, verify=True)["verified"] is True


def test_verify_finds_a_lost_copy_of_what_is_gone_at_home(home: Settings, target: Path) -> None:
    backup.back_up(home, target)
    name = "landing/" + "a" * 64 + ".csv"
    (home.home / name).unlink()
    (target / name).unlink()
    with pytest.raises(BangdanError, match=name):
        backup.back_up(home, target, verify=True)


@pytest.mark.parametrize("where", ["data/backup", "data", "."])
def test_a_target_in_or_around_the_data_folder_is_refused(home: Settings, tmp_path: Path, where: str) -> None:
    with pytest.raises(UsageError, match="lies in the data folder, or around it"):
        backup.back_up(home, tmp_path / where)


def test_a_folder_with_other_files_is_refused_and_an_empty_one_taken(home: Settings, target: Path) -> None:
    target.mkdir()
    (target / "mine").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=r"is not empty and holds no backup\.json"):
        backup.back_up(home, target)
    assert [path.name for path in target.iterdir()] == ["mine"]
    (target / "mine").unlink()
    assert backup.back_up(home, target)["files"] == 7


@pytest.mark.parametrize("text", ["{", "{}", '{"files": {"a": [1]}}'])
def test_a_damaged_list_is_told_and_nothing_is_copied(home: Settings, target: Path, text: str) -> None:
    target.mkdir()
    (target / "backup.json").write_text(text, "utf-8")
    for work in (backup.back_up, backup.restore):
        with pytest.raises(BangdanError, match=r"backup\.json cannot be read") as refused:
            work(home, target)
        assert refused.value.remedy
    assert kept(target) == {}


# ---- restore -----------------------------------------------------------------------------------------------------


@pytest.fixture
def new(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "new", 1, "1GB")


def test_a_backup_comes_back_file_by_file_with_its_modes(home: Settings, target: Path, new: Settings) -> None:
    backup.back_up(home, target)
    report = backup.restore(new, target)
    result = kept(new.home)
    assert {name: result.get(name) for name in BYTES} == BYTES
    assert not (new.home / ".restoring").exists()
    assert (new.home / "secrets/privacy.key").stat().st_mode & 0o777 == 0o600
    assert (report["home"], report["files"], report["releases"], report["seeds_that_differ"]) == (
        str(new.home),
        7,
        1,
        [],
    )
    assert report["next"] == "bangdan backfill 2021-08..2021-08 --apply"


def test_the_next_command_names_the_months_from_the_first_release_to_the_last(
    home: Settings, target: Path, new: Settings
) -> None:
    for month in ("2019-12", "2021-11"):
        manifest = home.releases / month / "r1" / "manifest.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_bytes(b'{"files": {}}')
    backup.back_up(home, target)
    assert backup.restore(new, target)["next"] == "bangdan backfill 2019-12..2021-11 --apply"


def test_without_releases_the_next_command_is_a_first_run(home: Settings, target: Path, new: Settings) -> None:
    (home.releases / "2021-08/r1/manifest.json").unlink()
    backup.back_up(home, target)
    report = backup.restore(new, target)
    assert (report["releases"], report["next"]) == (0, "bangdan run --month YYYY-MM")


def test_a_damaged_release_is_told_as_a_problem(home: Settings, target: Path, new: Settings) -> None:
    (home.releases / "2021-08/r1/manifest.json").write_bytes(b"{")
    backup.back_up(home, target)
    assert any("2021-08 r1" in problem for problem in backup.restore(new, target)["problems"])


def test_seeds_of_another_checkout_are_named(home: Settings, target: Path, new: Settings) -> None:
    (home.seeds / "gone.csv").write_text("a\n", "utf-8")
    backup.back_up(home, target)
    (home.seeds / "one.csv").write_text("b\n", "utf-8")
    (home.seeds / "gone.csv").unlink()
    (home.seeds / "new.csv").write_text("a\n", "utf-8")
    assert backup.restore(new, target)["seeds_that_differ"] == ["gone.csv", "new.csv", "one.csv"]


def test_a_folder_that_is_no_backup_is_refused(home: Settings, tmp_path: Path, new: Settings) -> None:
    with pytest.raises(UsageError, match="it is no backup"):
        backup.restore(new, tmp_path / "checkout")
    assert not new.home.exists()


def test_a_data_folder_that_holds_anything_is_refused_and_left_as_it_is(
    home: Settings, target: Path, new: Settings
) -> None:
    backup.back_up(home, target)
    new.home.mkdir()
    (new.home / "mine").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="is not empty"):
        backup.restore(new, target)
    assert kept(new.home) == {"mine": b"mine"}


def test_bytes_that_are_not_what_was_backed_up_are_never_restored(home: Settings, target: Path, new: Settings) -> None:
    backup.back_up(home, target)
    damaged = target / "releases/2021-08/r1/manifest.json"
    data = damaged.read_bytes()
    damaged.write_bytes(b'{"files": {"x": 1}}')
    with pytest.raises(BangdanError, match=r"manifest\.json is not what was backed up"):
        backup.restore(new, target)
    assert not (new.releases / "2021-08/r1/manifest.json").exists()
    damaged.write_bytes(data)
    first = new.home / "approvals/2021-08/one.json"
    first.write_bytes(b"restored before")  # a restore that broke off copies nothing twice
    backup.restore(new, target)
    assert first.read_bytes() == b"restored before"
    assert (new.releases / "2021-08/r1/manifest.json").read_bytes() == data


def test_progress_is_told_every_five_hundred_files(
    home: Settings, target: Path, new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "sync", lambda path: None)  # a thousand files need no disk to be waited for
    for number in range(993):  # with the seven that are there: a thousand
        (home.home / "approvals" / f"{number}.json").write_bytes(b"12345")
    message: list[str] = []
    backup.back_up(home, target, progress=message.append)
    assert message == ["500 files, 0 MB", "1,000 files, 0 MB"]
    message.clear()
    backup.restore(new, target, progress=message.append)
    assert message == ["500 of 1,000 files", "1,000 of 1,000 files"]


def test_a_city_whose_folder_is_the_data_folder_is_kept_and_comes_back(
    home: Settings, target: Path, new: Settings
) -> None:
    texts = {"city.yml": "name: 湾城\n", "rules/themes.csv": "theme_id\n", "registry/units.csv": "unit_id\n"}
    for name, text in texts.items():
        file = home.city / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert texts.keys() <= set(backup._names(home))
    assert not texts.keys() & set(backup._names(home.replaced(city=home.home / "elsewhere")))
