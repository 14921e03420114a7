"""What a publication does with releases: new, the same, pending, repaired, rolled back; whole or not there at all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.files import sha256_of
from bangdan.core.settings import Settings
from bangdan.publication import ledger, manifest, pointers, release, verification
from bangdan.publication.pages import bulletin
from tests.support import small_city
from tests.support.small_city import AUGUST, JULY, JUNE

pytestmark = pytest.mark.slow

MORE_FOR_YANGPU = (
    "update published.rpt_ranking set base_score = base_score + 30, score = score + 30, rank = 1"
    " where ranking_month = '2021-08' and unit_id = '310110' and dimension = 'dissemination'"
)


def files_of(settings: Settings, name: str = "r1") -> dict[str, str]:
    folder = settings.releases / "2021-08" / name
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def names(settings: Settings, month: str = "2021-08") -> list[str]:
    return sorted(path.name for path in (settings.releases / month).iterdir())


def more_releases(settings: Settings, last: int) -> None:
    """Releases r2 to r<last> of August, each with r1's data under its own name and a digest of its own."""
    first = settings.releases / "2021-08/r1"
    for number in range(2, last + 1):
        folder = first.with_name(f"r{number}")
        shutil.copytree(first, folder)
        for file in folder.rglob("*.parquet"):
            table = pq.read_table(file)
            at = table.schema.get_field_index("release")
            pq.write_table(table.set_column(at, "release", pa.array([folder.name] * len(table), pa.string())), file)
        recorded = small_city.manifest_of(settings)
        recorded |= {
            "release": folder.name,
            "data_digest": f"{number:064d}",
            "files": {name: sha256_of(folder / name) for name in recorded["files"]},
            "previous": {
                "month": "2021-08", "release": f"r{number - 1}",
                "sha256": sha256_of(first.with_name(f"r{number - 1}") / "manifest.json"),
            },
        }  # fmt: skip
        manifest.write(recorded, folder / "manifest.json")


def test_the_same_data_make_no_new_release(own_small: Settings) -> None:
    before = files_of(own_small)
    small_city.change(
        own_small, "create table published.rpt_ranking_copy as from published.rpt_ranking order by random()"
    )
    small_city.change(own_small, "delete from published.rpt_ranking")
    small_city.change(own_small, "insert into published.rpt_ranking from published.rpt_ranking_copy")
    made = small_city.publish(own_small, reason="R1", note="again")
    assert (made.release, made.is_new, made.is_pending, made.repaired) == ("r1", False, False, ())
    assert names(own_small) == ["latest", "r1"]
    assert files_of(own_small) == before


def test_changed_data_wait_until_a_reason_is_given(own_small: Settings) -> None:
    before = files_of(own_small)
    small_city.change(own_small, MORE_FOR_YANGPU)
    made = small_city.publish(own_small)
    assert (made.release, made.is_new, made.is_pending) == ("r1", False, True)
    assert made.digest != small_city.manifest_of(own_small)["data_digest"]
    waiting = json.loads((own_small.releases / "2021-08/pending.json").read_text())
    assert waiting["data_digest"] == made.digest
    assert ledger.pending_note(own_small, AUGUST) == "the data have changed since the release"
    assert files_of(own_small) == before
    made = small_city.publish(own_small, reason="R2", note="重新计算")
    assert (made.release, made.is_new, made.is_pending, made.path) == (
        "r2", True, False, own_small.releases / "2021-08/r2",
    )  # fmt: skip
    assert names(own_small) == ["latest", "r1", "r2"]
    assert os.readlink(own_small.releases / "2021-08/latest") == "r2"
    assert ledger.pending_note(own_small, AUGUST) is None
    assert files_of(own_small) == before
    recorded = small_city.manifest_of(own_small, "r2")
    assert (recorded["release"], recorded["reason"], recorded["note"], recorded["data_digest"]) == (
        "r2",
        "R2",
        "重新计算",
        made.digest,
    )
    assert recorded["effect"]["against"] == "r1"
    assert pointers.problems(own_small) == []
    assert verification.verify(own_small) == []


def test_data_that_are_as_released_again_wait_no_longer(own_small: Settings) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)
    small_city.publish(own_small)
    small_city.change(own_small, MORE_FOR_YANGPU.replace("+ 30", "- 30").replace("rank = 1", "rank = 3"))
    assert not small_city.publish(own_small).is_pending
    assert ledger.pending_note(own_small, AUGUST) is None


def test_the_first_release_tells_no_effect_and_needs_no_reason(small: Settings) -> None:
    recorded = small_city.manifest_of(small)
    assert (recorded["effect"], recorded["reason"], recorded["note"], recorded["release"]) == (None, None, None, "r1")


def test_movement_names_the_data_it_is_told_against(small: Settings) -> None:
    assert small_city.manifest_of(small)["compared_with"] == {
        "month": "2021-07",
        "data_digest": small_city.manifest_of(small, month=JULY)["data_digest"],
    }
    assert small_city.manifest_of(small, month=JUNE)["compared_with"] is None


def test_the_tenth_release_comes_after_the_second(own_small: Settings) -> None:
    more_releases(own_small, 11)
    assert [entry.name for entry in ledger.of_month(own_small, AUGUST)] == [f"r{number}" for number in range(1, 12)]
    assert ledger.latest(own_small, AUGUST).name == "r11"  # type: ignore[union-attr]
    assert [(str(entry.month), entry.name) for entry in ledger.latest_of_all(own_small)] == [
        ("2021-06", "r1"), ("2021-07", "r1"), ("2021-08", "r11"),
    ]  # fmt: skip
    small_city.change(own_small, MORE_FOR_YANGPU)
    made = small_city.publish(own_small, reason="C")
    assert made.release == "r12"
    recorded = small_city.manifest_of(own_small, "r12")
    assert recorded["effect"]["against"] == "r11"
    assert (recorded["previous"]["month"], recorded["previous"]["release"]) == ("2021-08", "r11")
    assert os.readlink(own_small.releases / "2021-08/latest") == "r12"
    assert verification.verify(own_small) == []


def test_one_rename_makes_the_release_and_all_of_it_was_on_disk_before(
    own_small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)
    target = own_small.releases / "2021-08/r2"
    synced: dict[str, int] = {}
    events: list[str] = []
    true_sync, true_replace, true_rename = os.fsync, os.replace, os.rename

    def fsync(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")
        true_sync(handle)
        synced[path] = os.stat(path).st_mtime_ns
        if path == str(target.parent):
            events.append("the month's folder synced")

    def moved(true: Any) -> Any:
        def move(source: Any, place: Any, **more: Any) -> None:
            if str(place) == str(target):
                assert not target.exists()
                parts = [Path(source), *Path(source).rglob("*")]
                # 22 tables, 12 pages of units, 4 files of the ranking, 4 of the listings, 4 bulletins, notes, 2 citations,
                # 2 descriptions, the contract, 12 pages, manifest
                assert len([part for part in parts if part.is_file()]) == 65
                assert (Path(source) / "manifest.json").exists()
                late = [str(part) for part in parts if synced.get(str(part)) != os.stat(part).st_mtime_ns]
                assert late == [], "written after it was synced, or never synced"
                events.append("renamed")
            else:
                events.append("something else moved")
            true(source, place, **more)

        return move

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", moved(true_replace))
    monkeypatch.setattr(os, "rename", moved(true_rename))
    small_city.publish(own_small, reason="R1")
    assert events[events.index("renamed") :][:2] == ["renamed", "the month's folder synced"]
    assert events.count("renamed") == 1


def test_a_publication_that_fails_leaves_nothing_and_names_the_place(
    own_small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)

    def fail(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bulletin, "markdown", fail)
    with pytest.raises(OSError, match=r"No space left on device: '.*2021-08/\.r2\.partial'"):
        small_city.publish(own_small, reason="R1")
    assert names(own_small) == ["latest", "r1"]
    assert verification.verify(own_small) == []


def test_what_a_killed_publication_left_is_not_published(own_small: Settings) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)
    left = own_small.releases / "2021-08/.r2.partial/units"
    left.mkdir(parents=True)
    (left / "old.html").write_text("old")
    made = small_city.publish(own_small, reason="R1")
    assert not (made.path / "units/old.html").exists()
    assert verification.verify(own_small) == []


def test_a_month_that_was_not_built_has_nothing_to_publish(own_small: Settings) -> None:
    with pytest.raises(BangdanError, match="no ranking has been built for 2021-09"):
        small_city.publish(own_small, AUGUST + 1)


# Repair


def test_damaged_and_missing_files_are_written_again_as_they_were_released(own_small: Settings) -> None:
    before = files_of(own_small)
    folder = own_small.releases / "2021-08/r1"
    changed = (
        "bulletin.docx",
        "bulletin.md",
        "index.html",
        "ranking.xlsx",
        "tables/posts.parquet",
        "units/310104.html",
    )
    missing = ("ranking.csv", "tables/reprints.parquet")
    for name in changed:
        (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    for name in missing:
        (folder / name).unlink()
    assert sorted(small_city.publish(own_small).repaired) == sorted((*changed, *missing))
    assert files_of(own_small) == before


def test_a_whole_folder_that_is_gone_comes_back(own_small: Settings) -> None:
    before = files_of(own_small)
    shutil.rmtree(own_small.releases / "2021-08/r1/units")
    assert len(small_city.publish(own_small).repaired) == 12
    assert files_of(own_small) == before


def test_what_was_never_released_cannot_be_made_again(own_small: Settings) -> None:
    (own_small.releases / "2021-08/r1/extra.html").write_text("x")
    with pytest.raises(BangdanError, match=r"2021-08 r1: extra.html is not in the manifest, and cannot be made again"):
        small_city.publish(own_small)


def test_other_bytes_than_those_released_are_never_put_in_place(
    own_small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = own_small.releases / "2021-08/r1/bulletin.md"
    file.write_text("damaged")
    monkeypatch.setattr(bulletin, "markdown", lambda *_: "another text")
    with pytest.raises(BangdanError, match=r"bulletin.md has changed since it was released, and cannot be made again"):
        small_city.publish(own_small)
    assert file.read_text() == "damaged"
    assert names(own_small) == ["latest", "r1"]


# What a release is made from


def damage_table(settings: Settings, month: str) -> None:
    file = settings.releases / month / "r1/tables/unit_activity.parquet"
    file.write_bytes(file.read_bytes() + b" ")


def test_movement_is_not_told_against_damaged_tables(own_small: Settings) -> None:
    damage_table(own_small, "2021-07")
    with pytest.raises(BangdanError, match=r"2021-07 r1: tables/unit_activity.parquet has changed"):
        small_city.publish(own_small)


def test_an_effect_is_not_told_against_damaged_tables(own_small: Settings) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)
    damage_table(own_small, "2021-08")
    with pytest.raises(BangdanError, match=r"2021-08 r1: tables/unit_activity.parquet has changed"):
        small_city.publish(own_small, reason="R1")
    assert names(own_small) == ["latest", "r1"]


def test_a_damaged_release_is_not_rolled_back_to(own_small: Settings) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)
    small_city.publish(own_small, reason="R1")
    damage_table(own_small, "2021-08")
    with pytest.raises(BangdanError, match=r"2021-08 r1: tables/unit_activity.parquet has changed"):
        release.roll_back(own_small, AUGUST, "r1", "补交有误")


# The month after


def test_a_month_is_pending_when_the_list_before_it_changes(own_small: Settings) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU.replace("2021-08", "2021-07"))
    made = small_city.publish(own_small, JULY, reason="R1")
    assert made.release == "r2"
    assert ledger.pending_note(own_small, AUGUST) == "the data have changed since the release"
    assert ledger.pending_note(own_small, JULY) is None
    assert small_city.publish(own_small, reason="R2").release == "r2"
    assert ledger.pending_note(own_small, AUGUST) is None
    assert small_city.manifest_of(own_small, "r2")["compared_with"]["data_digest"] == made.digest


def test_a_month_is_not_pending_when_nothing_of_it_would_change(own_small: Settings) -> None:
    small_city.change(own_small, "delete from published.rpt_issuers where ranking_month = '2021-07' and position = 2")
    assert small_city.publish(own_small, JULY, reason="R1").release == "r2"
    assert ledger.pending_note(own_small, AUGUST) is None


@pytest.mark.parametrize("is_other", [True, False])
def test_a_month_that_is_in_no_warehouse_is_pending_if_it_was_told_against_other_data(
    own_small: Settings, is_other: bool
) -> None:
    small_city.change(own_small, "delete from published.rpt_ranking where ranking_month = '2021-08'")
    if is_other:
        small_city.change(
            own_small, "delete from published.rpt_issuers where ranking_month = '2021-07' and position = 2"
        )
    assert small_city.publish(own_small, JULY, reason="R1").is_new is is_other
    assert (ledger.pending_note(own_small, AUGUST) is not None) is is_other


# What follows


def test_a_publication_that_others_follow_leaves_latest_database_and_archive(own_small: Settings) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)
    around = [own_small.published, *(own_small.releases / name for name in ("index.html", "feed.xml", "archive.json"))]
    before = [sha256_of(path) for path in around]
    small_city.publish(own_small, reason="R1", follows=False)
    assert os.readlink(own_small.releases / "2021-08/latest") == "r1"
    assert [sha256_of(path) for path in around] == before
    assert pointers.problems(own_small) == [
        "published/bangdan.duckdb does not hold the releases; the next publication of any month repairs it"
    ]
    pointers.follow(own_small)
    assert os.readlink(own_small.releases / "2021-08/latest") == "r2"
    assert [sha256_of(path) for path in around] != before
    assert pointers.problems(own_small) == []


def test_each_publication_heals_what_stands_around_every_month(own_small: Settings) -> None:
    (own_small.releases / "2021-06/latest").unlink()
    link = own_small.releases / "2021-07/latest"
    link.unlink()
    link.symlink_to("r9")
    own_small.published.write_bytes(b"no database")
    (own_small.releases / "feed.xml").unlink()
    assert len(verification.verify(own_small)) == 2
    assert pointers.problems(own_small) != []
    small_city.publish(own_small)
    assert [os.readlink(own_small.releases / month / "latest") for month in ("2021-06", "2021-07")] == ["r1", "r1"]
    assert verification.verify(own_small) == []
    assert pointers.problems(own_small) == []


def test_a_database_that_fits_the_releases_is_left_alone(own_small: Settings) -> None:
    before = own_small.published.stat().st_ino
    pointers.follow(own_small)
    assert own_small.published.stat().st_ino == before
    own_small.published.unlink()
    assert pointers.problems(own_small) != []
    pointers.follow(own_small)
    assert own_small.published.exists()


def test_the_database_is_not_made_from_damaged_tables(own_small: Settings) -> None:
    damage_table(own_small, "2021-06")
    own_small.published.unlink()
    with pytest.raises(BangdanError, match=r"2021-06 r1: tables/unit_activity.parquet has changed"):
        pointers.follow(own_small)
    assert not own_small.published.exists()


def test_a_city_without_releases_has_no_database_and_no_problem(tmp_path: Path) -> None:
    settings = small_city.settings_of(tmp_path)
    assert pointers.problems(settings) == []
    pointers.follow(settings)
    assert not settings.published.exists()


def test_leftovers_of_dead_writers_are_swept_and_live_ones_kept(own_small: Settings) -> None:
    dead = own_small.releases / ".index.html.999999999.partial"
    live = own_small.published.with_name(f".bangdan.duckdb.{os.getppid()}.partial")
    for file in (dead, live):
        file.write_text("x")
    pointers.follow(own_small)
    assert (dead.exists(), live.exists()) == (False, True)


# Rollback


def test_a_rollback_gives_the_earlier_data_and_says_from_where(own_small: Settings) -> None:
    small_city.change(own_small, MORE_FOR_YANGPU)
    small_city.publish(own_small, reason="R1", note="补交")
    # What lies here now is not what r1 was made from.
    small_city.change(own_small, "delete from staging.stg_exports")
    made = release.roll_back(own_small, AUGUST, "r1", "补交有误")
    assert (made.release, made.is_new, made.digest) == ("r3", True, small_city.manifest_of(own_small)["data_digest"])
    first, third = (small_city.manifest_of(own_small, name) for name in ("r1", "r3"))
    assert (third["reason"], third["note"], third["rolled_back_to"]) == ("C", "补交有误", "r1")
    same = (
        "inputs", "seeds", "knowledge_cut_off", "code_version", "approvals", "compared_with", "gates", "method_version",
    )  # fmt: skip
    assert {name: third[name] for name in same} == {name: first[name] for name in same}
    assert third["effect"]["against"] == "r2"
    assert third["previous"]["release"] == "r2"
    for file in (own_small.releases / "2021-08/r1/tables").iterdir():
        before, after = (pq.read_table(made.path.with_name(name) / "tables" / file.name) for name in ("r1", "r3"))
        assert after.drop_columns(["release"]).equals(before.drop_columns(["release"])), file.name
        assert set(after["release"].to_pylist()) <= {"r3"}
    assert os.readlink(own_small.releases / "2021-08/latest") == "r3"
    assert verification.verify(own_small) == []


@pytest.mark.parametrize(
    ("name", "wrong"), [("r9", "2021-08 has no release r9"), ("r1", "r1 is the newest release of 2021-08")]
)
def test_only_an_earlier_release_can_be_rolled_back_to(own_small: Settings, name: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        release.roll_back(own_small, AUGUST, name, "")
    assert names(own_small) == ["latest", "r1"]


# The ledger


def test_a_folder_is_a_release_by_its_name_and_its_manifest(tmp_path: Path) -> None:
    settings = small_city.settings_of(tmp_path)
    for name in ("2021-08/r1", "2021-08/r2", "2021-08/rx", "2021-08/.r3.partial", "2020-12/r3", "other/r1"):
        (settings.releases / name).mkdir(parents=True)
        if name != "2021-08/r2":
            (settings.releases / name / "manifest.json").write_text("{}")
    assert [(str(all_release.month), all_release.number, all_release.name) for all_release in ledger.all_releases(settings)] == [
        ("2020-12", 3, "r3"), ("2021-08", 1, "r1"),
    ]  # fmt: skip
    assert ledger.latest(settings, JULY) is None
    assert ledger.pending_note(settings, AUGUST) is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"files": []}', '"x"'])
def test_a_manifest_that_cannot_be_read_is_an_error_with_a_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BangdanError, match=r"2021-08 r1: manifest\.json is damaged"):
        _ = ledger.Release(AUGUST, 1, tmp_path).manifest
