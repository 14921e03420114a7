"""Two months on `--engine spark`, from loaded exports to their releases: the bytes that DuckDB's run has published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support import spark_runs
from tests.support.spark_runs import release_files
from tests.support.spark_tables import differences, relations_of, warehouse

MONTHS = ("2021-07", "2021-08")


@pytest.fixture(scope="module")
def by_spark(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the exports of the city, whose months a backfill has built on Spark and published."""
    home = spark_runs.loaded_home(city, tmp_path_factory.mktemp("engine") / "home")
    spark_runs.run(home, "backfill", "..".join(MONTHS), "--apply")
    return home


@pytest.mark.parametrize("month", MONTHS)
def test_a_release_has_the_bytes_that_duckdb_publishes(city: Path, by_spark: Path, month: str) -> None:
    ours, theirs = release_files(city, month), release_files(by_spark, month)
    assert len(ours) > 50
    assert theirs == ours


@pytest.mark.parametrize("name", ["ranking.json", "manifest.json", "index.html"])
def test_a_release_of_which_a_byte_differs_is_another(city: Path, tmp_path: Path, name: str) -> None:
    """The negative control."""
    copy = tmp_path / "releases" / "2021-08" / "r1"
    shutil.copytree(city / "releases" / "2021-08" / "r1", copy)
    assert release_files(tmp_path, "2021-08") == release_files(city, "2021-08")
    file = copy / name
    file.chmod(0o644)
    text = file.read_text("utf-8")
    file.write_text(text.replace("2021", "2022", 1), "utf-8")
    assert release_files(tmp_path, "2021-08") != release_files(city, "2021-08")


def test_the_warehouse_has_the_same_rows_and_types_but_for_records_and_items(city: Path, by_spark: Path) -> None:
    result, compared = {}, 0
    tables = [warehouse(home) for home in (city, by_spark)]
    for relation in relations_of(tables[0]):
        ours, theirs = (con.sql(f"select * from {relation}").to_arrow_table() for con in tables)
        compared += 1
        assert theirs.schema.equals(ours.schema), relation
        if wrong := differences(ours, theirs):
            result[relation] = wrong
    assert compared > 50
    assert result == {}


def test_the_warehouse_has_of_the_items_those_that_the_evidence_names(city: Path, by_spark: Path) -> None:
    con = warehouse(by_spark)
    named = "select item_id from evidence.matches union select item_id from evidence.rejected"
    [(items, of_them)] = con.execute(
        f"select count(*), count(*) filter (item_id in ({named})) from staging.stg_channel_items"
    ).fetchall()
    [(judged,)] = con.execute(f"select count(*) from ({named})").fetchall()
    assert items == of_them == judged
    [(all_items,)] = warehouse(city).execute("select count(*) from staging.stg_channel_items").fetchall()
    assert 0 < items < all_items


def test_the_records_of_a_backfill_name_no_engine_in_a_release(by_spark: Path) -> None:
    manifest = (by_spark / "releases" / "2021-08" / "r1" / "manifest.json").read_text("utf-8")
    assert "spark" not in json.dumps(json.loads(manifest)).lower()
