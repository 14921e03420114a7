"""Movement: against the list as last published; NEW for a first entry, RE for a return, never a jump from 0."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import tables

UNIT = "310110"


def without(file: Path, unit_id: str) -> None:
    table = pq.read_table(file)
    pq.write_table(table.filter(pc.not_equal(table["unit_id"], unit_id)), file)


def movement(home: Path) -> dict[str, dict]:
    made = tables.candidate(Settings(home, threads=2, memory_limit="1GB"), Month.parse("2021-08"))
    return {row["unit_id"]: row for row in made["ranking"].to_pylist() if row["dimension"] == "influence"}


def test_a_first_entry_is_new_and_a_return_is_told_from_it(copy_of_city: Path) -> None:
    releases = copy_of_city / "releases"
    before = movement(copy_of_city)
    assert {row["movement"] for row in before.values()} == {""}
    assert all(row["rank_change"] == row["previous_rank"] - row["rank"] for row in before.values())
    # July as it was in June, and then a July that did not list the unit.
    shutil.copytree(releases / "2021-07", releases / "2021-06", symlinks=True)
    without(releases / "2021-07" / "r1" / "tables" / "ranking.parquet", UNIT)
    returned = movement(copy_of_city)[UNIT]
    assert (returned["movement"], returned["previous_rank"], returned["rank_change"]) == ("RE", None, None)
    without(releases / "2021-06" / "r1" / "tables" / "ranking.parquet", UNIT)
    entered = movement(copy_of_city)
    assert (entered[UNIT]["movement"], entered[UNIT]["rank_change"]) == ("NEW", None)
    assert {row["movement"] for unit, row in entered.items() if unit != UNIT} == {""}


def test_the_first_month_of_all_marks_nobody_as_new(copy_of_city: Path) -> None:
    shutil.rmtree(copy_of_city / "releases" / "2021-07")
    result = movement(copy_of_city)
    assert {(row["movement"], row["previous_rank"], row["rank_change"]) for row in result.values()} == {
        ("", None, None)
    }
