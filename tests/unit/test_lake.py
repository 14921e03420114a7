"""What goes into the lake and what comes back from it, without Spark: its tables are written here as Spark writes them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from bangdan import lake
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.spark import table_folder
from bangdan.core.warehouse import connect
from bangdan.lake import Table

JULY, AUGUST = Month(2021, 7), Month(2021, 8)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose warehouse has raw, evidence, a seed, and tables of two layers."""
    settings = Settings(tmp_path, 1, "300MB", engine="spark")
    with connect(settings) as con:
        for schema in ("raw", "evidence", "seeds", "staging", "marts"):
            con.execute(f"create schema {schema}")
        for table in lake.WITHOUT_MONTHS:
            con.execute(f"create table {table} as select 1 as n")
        con.execute("create table seeds.themes as select 'a' as theme_id")
        con.execute(
            "create table raw.records as select 'r' || month as record_id, month"
            " from unnest(['2021-03', '2021-04', '2021-08', '2021-09', '2021-10']) as months(month)"
        )
        for name in lake.EVIDENCE:
            con.execute(f"create table evidence.{name} (item_id varchar, month varchar)")
        con.execute(
            "create table marts.fct_posts as select 'old' as post_id, 1::decimal(20, 12) as points, m as ranking_month"
            " from unnest(['2021-06', '2021-07']) as months(m)"
        )
        for name in lake.OF_ITEMS:
            con.execute(f"create table {name} (item_id varchar, published_month varchar)")
    return settings


def built(settings: Settings, name: str, rows: str, month_column: str = "") -> None:
    """Write a table as Spark does: a folder, and in it one for each month."""
    folder = table_folder(settings, *name.split("."))
    folder.mkdir(parents=True, exist_ok=True)
    if month_column:
        duckdb.sql(rows).write_parquet(str(folder), partition_by=[month_column], overwrite=True)
    else:
        duckdb.sql(rows).write_parquet(str(folder / "part-0.parquet"))


def rows(settings: Settings, query: str) -> list[tuple]:
    with connect(settings, read_only=True) as con:
        return con.execute(query).fetchall()


def in_lake(settings: Settings, table: str) -> list[tuple]:
    files = Path(settings.lake_address).joinpath(*table.split("."))
    return duckdb.sql(
        f"select * from read_parquet('{files}/**/*.parquet', hive_types_autocast = false) order by all"
    ).fetchall()


# ---- into the lake -----------------------------------------------------------------------------------------------


def test_the_raw_layer_is_written_for_the_months_that_a_month_reads(settings: Settings) -> None:
    lake.write_inputs(settings, JULY, JULY)
    assert [month for _id, month in in_lake(settings, "raw.records")] == ["2021-04", "2021-08"]
    assert in_lake(settings, "seeds.themes") == [("a",)]
    assert in_lake(settings, "raw.units") == [(1,)]


def test_a_part_that_was_cut_short_or_left_behind_is_written_anew(settings: Settings) -> None:
    lake.write_inputs(settings, JULY, JULY)
    raw = settings.home / "lake" / "raw"
    (raw / "records" / "month=2021-08" / "rows.parquet").write_bytes(b"PAR1")
    (raw / "records" / "month=2021-08" / "other.parquet").write_bytes(b"PAR1")
    (raw / ".records").mkdir()
    (raw / ".records" / "rows.parquet").write_bytes(b"PAR1")
    (raw / "units" / "rows.parquet").unlink()
    lake.write_inputs(settings, JULY, JULY)
    assert [month for _id, month in in_lake(settings, "raw.records")] == ["2021-04", "2021-08"]
    assert in_lake(settings, "raw.units") == [(1,)]
    assert not list(raw.glob(".*"))


def test_evidence_without_rows_has_its_columns(settings: Settings) -> None:
    lake.write_evidence(settings, JULY, JULY, ["certainty"])
    folder = settings.home / "lake" / "evidence" / "certainty"
    assert {file.parent.name for file in folder.rglob("*.parquet")} == {"month=0000-00", "month=2021-07"}
    assert in_lake(settings, "evidence.certainty") == []


# ---- back into the warehouse -------------------------------------------------------------------------------------


def test_the_months_of_the_build_come_back_with_the_types_of_the_warehouse(settings: Settings) -> None:
    with connect(settings) as con:
        con.execute("delete from marts.fct_posts where ranking_month = '2021-07'")
    new = "select m as post_id, 2::decimal(38, 12) as points, m as ranking_month from unnest(['2021-06', '2021-07']) as t(m)"
    built(settings, "marts.fct_posts", new, "ranking_month")
    lake.read_tables(settings, [Table("marts.fct_posts", "ranking_month")], JULY, JULY)
    assert rows(settings, "select ranking_month, post_id, typeof(points) from marts.fct_posts order by all") == [
        ("2021-06", "old", "DECIMAL(20,12)"), ("2021-07", "2021-07", "DECIMAL(20,12)"),
    ]  # fmt: skip


def test_a_month_that_has_become_empty_stays_empty(settings: Settings) -> None:
    built(
        settings, "marts.fct_posts", "select 'x' as post_id, 1.0 as points, '2021-06' as ranking_month", "ranking_month"
    )
    lake.read_tables(settings, [Table("marts.fct_posts", "ranking_month")], AUGUST, AUGUST)
    assert rows(settings, "select count(*) from marts.fct_posts where ranking_month = '2021-08'") == [(0,)]


def test_a_table_without_months_is_replaced_as_a_whole(settings: Settings) -> None:
    with connect(settings) as con:
        con.execute("create table marts.dim_units as select 'old' as unit_id")
    built(settings, "marts.dim_units", "select 'new' as unit_id")
    lake.read_tables(settings, [Table("marts.dim_units", "")], JULY, JULY)
    assert rows(settings, "from marts.dim_units") == [("new",)]


def test_a_table_that_cannot_be_read_leaves_all_as_they_were(settings: Settings) -> None:
    with connect(settings) as con:
        con.execute("create table marts.dim_units as select 'old' as unit_id")
    built(settings, "marts.dim_units", "select 'new' as unit_id")
    built(
        settings, "marts.fct_posts", "select 'x' as post_id, 1.0 as points, '2021-07' as ranking_month", "ranking_month"
    )
    file = next(table_folder(settings, "marts", "fct_posts").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:20])
    tables = [Table("marts.dim_units", ""), Table("marts.fct_posts", "ranking_month")]
    with pytest.raises(duckdb.Error):
        lake.read_tables(settings, tables, JULY, JULY)
    assert rows(settings, "from marts.dim_units") == [("old",)]


def test_records_stay_on_spark(settings: Settings) -> None:
    lake.read_tables(settings, [Table(name, "") for name in lake.NOT_READ], JULY, JULY)
    lake.read_tables(settings, [Table(name, "published_month", "items") for name in lake.OF_ITEMS], JULY, JULY)
    assert rows(settings, f"select count(*) from {lake.OF_ITEMS[0]}") == [(0,)]


def test_items_come_back_where_evidence_of_their_month_or_the_month_before_names_them(settings: Settings) -> None:
    items = (
        "select * from (values ('july', '2021-07'), ('late', '2021-08'), ('august', '2021-08'), ('nobody', '2021-08'),"
        " ('september', '2021-09')) as items(item_id, published_month)"
    )
    for name in lake.OF_ITEMS:
        built(settings, name, items, "published_month")
    with connect(settings) as con:
        con.execute("insert into evidence.matches values ('july', '2021-07'), ('late', '2021-07')")
        con.execute("insert into evidence.rejected values ('august', '2021-08'), ('september', '2021-08')")
    for month in (JULY, AUGUST):
        lake.read_matched_items(settings, month, month)
    for name in lake.OF_ITEMS:
        assert rows(settings, f"select item_id from {name} order by item_id") == [
            ("august",), ("july",), ("late",), ("september",),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("window", "months"),
    [
        ("ranking", ["2021-07", "2021-08"]),
        ("items", ["2021-07", "2021-08", "2021-09"]),
        ("posts", ["2021-04", "2021-05", "2021-06", "2021-07", "2021-08"]),
        ("records", ["2021-04", "2021-05", "2021-06", "2021-07", "2021-08", "2021-09"]),
    ],
)
def test_a_table_is_written_for_the_months_of_its_window(window: str, months: list[str]) -> None:
    assert Table("staging.stg_posts", "published_month", window).months(JULY, AUGUST) == months
