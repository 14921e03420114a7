"""A month counts as built while the warehouse, its evidence and its gate reports are as the program left them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from bangdan.core import build_record, warehouse
from bangdan.core.months import Month
from bangdan.core.settings import Settings

JULY, AUGUST = Month(2021, 7), Month(2021, 8)


def build(settings: Settings, month: Month, inputs: str = "a", at_the_end: str = "a") -> None:
    """A month built in one go: a table in the warehouse, a file of evidence, a report."""
    with warehouse.writing(settings, "build"):
        build_record.begin(settings, month, inputs)
        with warehouse.connect(settings) as con:
            con.execute(f'create or replace table "built {month}" as select 1 as x')
        for folder in (f"evidence/matches/month={month}", f"runs/{month}/quality"):
            (settings.home / folder).mkdir(parents=True, exist_ok=True)
            (settings.home / folder / "file").write_text("x", "utf-8")
        build_record.finish(settings, month, at_the_end)


def is_current(settings: Settings, month: Month = AUGUST, inputs: str = "a") -> bool:
    with warehouse.writing(settings, "look"):
        return build_record.is_current(settings, month, inputs)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with two months built."""
    made = Settings(tmp_path / "home", 1, "300MB", lock_wait=0)
    build(made, JULY)
    build(made, AUGUST)
    return made


def test_months_that_are_built_stay_so_while_others_are_built_and_read(settings: Settings) -> None:
    with warehouse.connect(settings, read_only=True) as con:
        con.execute('select * from "built 2021-07"')
    assert (is_current(settings, JULY), is_current(settings)) == (True, True)


def test_other_inputs_or_a_month_never_built_are_not_current(settings: Settings) -> None:
    assert not is_current(settings, inputs="b")
    assert not is_current(settings, AUGUST + 1)


def change_a_table(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse/bangdan.duckdb")) as con:
        con.execute('drop table "built 2021-08"')


def cut_the_warehouse(home: Path) -> None:
    os.truncate(home / "warehouse/bangdan.duckdb", 4096)


def copy_the_warehouse(home: Path) -> None:
    file = home / "warehouse/bangdan.duckdb"
    shutil.copy2(file, file.with_suffix(".copy"))
    os.replace(file.with_suffix(".copy"), file)


def leave_a_log(home: Path) -> None:
    (home / "warehouse/bangdan.duckdb.wal").write_bytes(b"x")


def spoil_the_record(home: Path) -> None:
    (home / "warehouse/built.json").write_text('{"warehouse": 1}', "utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        change_a_table,
        cut_the_warehouse,
        copy_the_warehouse,
        leave_a_log,
        spoil_the_record,
        lambda home: (home / "warehouse/bangdan.duckdb").unlink(),
        lambda home: (home / "warehouse/built.json").unlink(),
    ],
)
def test_no_month_is_current_once_the_warehouse_is_not_as_it_was_left(
    settings: Settings, damage: Callable[[Path], None]
) -> None:
    damage(settings.home)
    assert (is_current(settings, JULY), is_current(settings)) == (False, False)


@pytest.mark.parametrize("folder", ["evidence/matches/month=2021-08", "runs/2021-08/quality"])
def test_a_month_whose_evidence_or_report_has_changed_is_not_current(settings: Settings, folder: str) -> None:
    file = settings.home / folder / "file"
    os.utime(file, ns=(0, 0))
    assert (is_current(settings, JULY), is_current(settings)) == (True, False)
    file.unlink()
    assert not is_current(settings)


def test_a_file_that_is_being_written_counts_for_nothing(settings: Settings) -> None:
    with warehouse.writing(settings, "look"):
        (settings.runs / "2021-08/quality/.ranking.json.partial").write_text("{", "utf-8")
        assert build_record.is_current(settings, AUGUST, "a")


def test_a_writer_that_is_killed_leaves_no_month_on_record(settings: Settings) -> None:
    script = (
        "import os, sys; from pathlib import Path; from bangdan.core import warehouse;"
        "from bangdan.core.settings import Settings; settings = Settings(Path(sys.argv[1]), 1, '300MB')\n"
        "with warehouse.writing(settings, 'work'):\n"
        "    with warehouse.connect(settings) as con: con.execute('create table half (x integer)')\n"
        "    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, settings.home], check=False)
    assert done.returncode == -9
    assert (is_current(settings, JULY), is_current(settings)) == (False, False)


def test_a_month_that_is_built_again_counts_once_it_is_finished(settings: Settings) -> None:
    with warehouse.writing(settings, "build"):
        build_record.begin(settings, AUGUST, "a")
        assert not build_record.is_recorded(settings, AUGUST)
        assert build_record.is_recorded(settings, JULY)
    build(settings, AUGUST, "b", "b")
    assert (is_current(settings, inputs="a"), is_current(settings, inputs="b")) == (False, True)


def test_inputs_that_come_while_a_month_is_built_leave_it_unfinished(settings: Settings) -> None:
    build(settings, AUGUST, "a", "b")
    assert (is_current(settings, inputs="a"), is_current(settings, inputs="b")) == (False, False)


def test_stages_count_from_the_beginning_of_a_build_only(settings: Settings) -> None:
    with warehouse.writing(settings, "build"):
        assert build_record.stage_done(settings, AUGUST, "match") == []
        build_record.begin(settings, AUGUST, "a")
        assert build_record.stage_done(settings, AUGUST, "check_raw") == ["check_raw"]
        assert build_record.stage_done(settings, AUGUST, "stage") == ["check_raw", "stage"]


def test_months_whose_tables_are_written_again_are_withdrawn_and_no_others(settings: Settings) -> None:
    with warehouse.writing(settings, "range"):
        build_record.withdraw(settings, AUGUST, AUGUST + 3)
    assert (is_current(settings, JULY), is_current(settings)) == (True, False)


def test_a_record_that_cannot_be_written_stops_no_work(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    with warehouse.writing(settings, "build"):
        monkeypatch.setattr(os, "replace", fails)
        build_record.begin(settings, AUGUST, "a")
        monkeypatch.undo()
    assert sorted(path.name for path in settings.warehouse.parent.glob("*built*")) == []
    assert not is_current(settings, JULY)


def are_seeds_current(settings: Settings, seeds: str = "s") -> bool:
    with warehouse.writing(settings, "look"):
        return build_record.are_seeds_current(settings, seeds)


def test_seeds_are_current_once_they_are_recorded_and_while_months_are_built(settings: Settings) -> None:
    assert not are_seeds_current(settings)
    with warehouse.writing(settings, "seeds"):
        build_record.record_seeds(settings, "s")
    build(settings, AUGUST, "b", "b")
    assert (are_seeds_current(settings), are_seeds_current(settings, "t")) == (True, False)


@pytest.mark.parametrize("damage", [change_a_table, copy_the_warehouse, leave_a_log, spoil_the_record])
def test_no_seeds_are_current_once_the_warehouse_is_not_as_it_was_left(
    settings: Settings, damage: Callable[[Path], None]
) -> None:
    with warehouse.writing(settings, "seeds"):
        build_record.record_seeds(settings, "s")
    damage(settings.home)
    assert not are_seeds_current(settings)
