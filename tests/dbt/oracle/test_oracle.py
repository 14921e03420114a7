"""The models' SQL and the bootstrap against a plain Python reading of the method, on random months.

The oracle shares no code with the program. It starts from the staged facts and the matcher's evidence and recomputes
every row and column that is published; both must agree to the last decimal. Two months are built one after the other,
so that a model that forgets its month is seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.uncertainty import facts, resampling
from tests.support.oracle import worlds
from tests.support.oracle.compiled import DBT, MONTHS, Rows, Warehouse
from tests.support.oracle.leverage import rpt_rank_leverage
from tests.support.oracle.method import LISTS, Reading
from tests.support.oracle.method import TABLES as TABLES_OF_THE_METHOD
from tests.support.oracle.worlds import World

TABLES = {
    **TABLES_OF_THE_METHOD,
    "published.rpt_rank_leverage": (rpt_rank_leverage, ("unit_id", "dimension", "kind")),
}
WORLDS = [(seed, 4 + seed * 7 % 30) for seed in range(18)]
COVERAGE = {"marts.fct_month_indicators": {"coverage"}}  # of the unit, which rpt_unit_indicators has


@dataclass
class Built:
    """One world, what the method says of its months, and every table as the models made it."""

    name: str
    readings: list[Reading]
    tables: dict[str, Rows]


@pytest.fixture(scope="module")
def built(warehouse: Warehouse) -> list[Built]:
    result = []
    for seed, size in WORLDS:
        world = worlds.world_of(seed, size)
        build(warehouse, world)
        tables = {table: warehouse.rows(table) for table in [*TABLES, "marts.fct_reprints"]}
        result.append(Built(f"world_of({seed}, {size})", [Reading(world, month) for month in MONTHS], tables))
    return result


def build(warehouse: Warehouse, world: World) -> None:
    worlds.settle(warehouse, world)
    warehouse.empty()
    for month in MONTHS:
        warehouse.build(month)


def in_order(rows: Rows, key: tuple[str, ...]) -> Rows:
    return sorted(rows, key=lambda row: (row["ranking_month"], [str(row[name]) for name in key]))


def differences(result: Rows, wanted: Rows, key: tuple[str, ...], left_out: set[str]) -> list[str]:
    """Rows that are missing or too many, and values that differ, by name."""
    key = ("ranking_month", *key)
    have, want = ([tuple(row[name] for name in key) for row in rows] for rows in (result, wanted))
    if have != want:
        return [f"rows {sorted(set(map(str, have)) ^ set(map(str, want)))} or twice; {len(have)} for {len(want)}"]
    return [
        f"{[entry[name] for name in key]}: {name} is {row.get(name)!r}, should be {entry.get(name)!r}"
        for row, entry in zip(result, wanted)
        for name in sorted((row.keys() | entry.keys()) - left_out)
        if name not in row or name not in entry or row[name] != entry[name]
    ]


@pytest.mark.parametrize("table", TABLES)
def test_every_row_and_column_equals_plain_python(built: list[Built], table: str) -> None:
    plain, key = TABLES[table]
    for entry in built:
        wanted = in_order([row for reading in entry.readings for row in plain(reading)], key)
        rows = in_order(entry.tables[table], key)
        assert differences(rows, wanted, key, COVERAGE.get(table, set())) == [], entry.name


def test_the_worlds_hold_rows_of_every_table(built: list[Built]) -> None:
    """What no world has, no world can get wrong."""
    assert {table for table in TABLES if sum(len(entry.tables[table]) for entry in built) < 25} == set()


def declared_keys() -> dict[str, set[str]]:
    """Table → the columns by which dbt proves what one row is."""
    result = {}
    for file in (DBT / "models").rglob("_*.yml"):
        for model in yaml.safe_load(file.read_text("utf-8")).get("models", []):
            (key,) = [test["one_row_is"]["arguments"]["key"] for test in model["data_tests"] if "one_row_is" in test]
            result[model["name"]] = set(re.findall(r"\w+", key)) - {"coalesce"}
    return result


# A list and its dimension come with the unit in the oracle; dbt proves them, too.
WIDER = {"published.rpt_ranking": {"ranking_list"}, "published.rpt_unit_indicators": {"dimension"}}


@pytest.mark.parametrize("table", TABLES)
def test_the_key_that_dbt_proves_is_the_tables_key(built: list[Built], table: str) -> None:
    key = declared_keys()[table.partition(".")[2]]
    assert key - {"method_version"} == {"ranking_month", *TABLES[table][1]} | WIDER.get(table, set())
    for entry in built:
        rows = entry.tables[table]
        assert len({tuple(row[name] for name in sorted(key)) for row in rows}) == len(rows), entry.name


def test_a_match_is_counted_or_says_why_not(built: list[Built]) -> None:
    seen = set()
    for entry in built:
        wanted = {(*key,): why for reading in entry.readings for key, why in reading.reasons.items()}
        rows = entry.tables["marts.fct_reprints"]
        assert {(row["item_id"], row["post_id"]): row["not_counted_reason"] for row in rows} == wanted, entry.name
        assert len(rows) == len(wanted), entry.name
        assert all(row["is_counted"] == (row["not_counted_reason"] is None) for row in rows), entry.name
        seen |= set(wanted.values())
    assert {
        None,
        "post_not_counted",
        "outside_window",
        "no_outlet",
        "unregistered_outlet",
        "self",
        "sibling",
        "quote",
        "review",
    } <= seen


def test_parts_of_reprints_add_up_to_the_base_score(built: list[Built]) -> None:
    for entry in built:
        parts: dict[tuple, int] = {}
        for row in entry.tables["marts.fct_reprint_contributions"]:
            key = (row["ranking_month"], row["unit_id"], row["dimension"])
            parts[key] = parts.get(key, 0) + row["picopoints"]
        for row in entry.tables["marts.fct_unit_month_scores"]:
            key = (row["ranking_month"], row["unit_id"], row["dimension"])
            assert row["base_score"] * 10**12 == parts.get(key, 0), (entry.name, key)


def certain(warehouse: Warehouse, home: Path, month: str) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """Intervals and tiers as the stage writes them."""
    settings = Settings(home, threads=2, memory_limit="1GB")
    warehouse.save(settings.warehouse)
    resampling.run(settings, Month.parse(month))
    (file,) = (settings.evidence / "certainty" / f"month={month}").glob("*.parquet")
    rows = pq.read_table(file).to_pylist()
    assert {row["ranking_month"] for row in rows} <= {month}
    return {
        (row["ranking_list"], row["dimension"], row["unit_id"]): (row["rank_low"], row["rank_high"], row["tier"])
        for row in rows
    }


@pytest.mark.parametrize("seed", [3, 4, 7, 8, 13, 16])
def test_what_is_resampled_is_every_posts_reprints_engagement_and_first_of_its_clusters(
    warehouse: Warehouse, seed: int
) -> None:
    world = worlds.world_of(seed, 30)
    build(warehouse, world)
    reading = Reading(world, MONTHS[1])
    read, sampling, published = facts.read(warehouse.con, Month.parse(MONTHS[1]))
    owners = np.repeat(read.owners, np.diff([*read.starts, len(read.post_key)]))
    result = {
        (read.units[owner][1], key): [int(value) for value in values]
        for owner, key, values in zip(owners, read.post_key, read.values, strict=True)
    }
    assert result == reading.resampled()
    method = reading.method
    assert [
        (indicator.dimension, indicator.weight, indicator.goalpost, indicator.transformation)
        for indicator in read.indicators
    ] == [(*rule, method.transformation) for rule in reading.rules().values()]
    assert sampling[1:] == (method.replicates, Decimal(method.interval_low), Decimal(method.tier_level))
    assert (read.bonus_per_theme, read.bonus_ceiling) == (
        int(Decimal(method.per_theme) * 10**12),
        int(Decimal(method.ceiling) * 10**12),
    )
    assert (read.bonus_reference, read.bonus_transformation) == (method.reference, method.transformation)
    assert read.units == sorted((of, unit) for of in LISTS for unit in reading.of_list(of))
    assert published == {
        (dimension, unit): indicator["rank"]
        for (unit, dimension), indicator in reading.scores.items()
        if indicator["rank"] is not None
    }


@pytest.mark.parametrize("seed", [0, *(seed for seed in range(40, 55) if seed % 3)])
def test_intervals_and_tiers_equal_plain_python(warehouse: Warehouse, tmp_path: Path, seed: int) -> None:
    """Every third seed is under the published method and its thousand replicates, the others under small ones."""
    world = worlds.world_of(seed, 12)
    build(warehouse, world)
    month = MONTHS[1] if seed else MONTHS[0]
    warehouse.build(month)
    assert certain(warehouse, tmp_path, month) == Reading(world, month).certainty()


@pytest.mark.parametrize("seed", [3, 4, 11])
def test_the_order_of_rows_and_their_split_over_exports_change_nothing(
    warehouse: Warehouse, tmp_path: Path, seed: int
) -> None:
    def computed(home: Path, world: World) -> tuple[dict[str, Any], dict]:
        build(warehouse, world)
        tables = {table: in_order(warehouse.rows(table), key) for table, (_plain, key) in TABLES.items()}
        return tables, certain(warehouse, home, MONTHS[1])

    world = worlds.world_of(seed, 12)
    first = computed(tmp_path / "first", world)
    for rows in (world.posts, world.items, world.matches, world.accounts, world.units):
        rows.reverse()
    for item in world.items:
        item.observations.reverse()
    assert computed(tmp_path / "second", world) == first


def test_a_month_built_again_replaces_its_rows_and_no_other_months(warehouse: Warehouse) -> None:
    """A post that is withdrawn leaves August; September stays as it was."""
    world = worlds.world_of(7, 30)
    build(warehouse, world)
    before = {table: warehouse.rows(table) for table in TABLES}
    for post in world.posts:
        post.is_withdrawn = post.month == MONTHS[0]
    worlds.settle(warehouse, world)
    warehouse.build(MONTHS[0])
    for table, (plain, key) in TABLES.items():
        kept = [row for row in before[table] if row["ranking_month"] == MONTHS[1]]
        wanted = in_order([*plain(Reading(world, MONTHS[0])), *kept], key)
        assert differences(in_order(warehouse.rows(table), key), wanted, key, COVERAGE.get(table, set())) == [], table


def wrong(change: Callable[[Rows], Any], rows: Rows) -> Rows:
    copy = [dict(row) for row in rows]
    change(copy)
    return copy


def test_the_comparison_sees_a_lost_row_a_row_twice_and_a_last_decimal(built: list[Built]) -> None:
    plain, key = TABLES["marts.fct_unit_month_scores"]
    entry = max(built, key=lambda entry: len(entry.tables["marts.fct_unit_month_scores"]))
    wanted = in_order([row for reading in entry.readings for row in plain(reading)], key)
    for change in (
        lambda rows: rows.pop(),
        lambda rows: rows.append(rows[-1]),
        lambda rows: rows[0].update(base_score=rows[0]["base_score"] + Decimal("1e-12")),
        lambda rows: rows[0].update(note=None),
    ):  # fmt: skip
        assert differences(wrong(change, wanted), wanted, key, set())
    assert differences(wanted, wanted, key, set()) == []
