"""The lake: what Apache Spark reads of a home, as Parquet in the layout in which `register_sources` looks for it, and the
tables that Spark has built, which come back into the warehouse. The lake is a folder that DuckDB can read.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from bangdan.core import parquet, spark
from bangdan.core.errors import UsageError
from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK, Month, each
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect

MATCHED = ("matches", "families", "rejected")
EVIDENCE = (*MATCHED, "certainty", "released_owners")
WITHOUT_MONTHS = tuple(f"raw.{name}" for name in ("export_manifest", "units", "accounts", "channels", "rejects", "city_registries"))  # fmt: skip
# Tables with a row per item or record: of these the warehouse gets the items that the evidence names, or nothing.
OF_ITEMS = ("staging.stg_channel_items", "staging.stg_observations")
NOT_READ = tuple(f"intermediate.{name}" for name in ("int_records__attributed", "int_records__owned", "int_observations__ranked"))  # fmt: skip


class Table(NamedTuple):
    """A table that a model makes: `schema.name`, the column of its months (empty where it has none), and the window of
    months that it is written for, as in the macro `in_months`.
    """

    name: str
    month_column: str
    window: str = "ranking"

    def months(self, first: Month, last: Month) -> list[str]:
        """The months that a build of first..last writes, ascending."""
        back = MONTHS_BACK if self.window in ("posts", "records") else 0
        ahead = MONTHS_AHEAD if self.window in ("items", "records") else 0
        return [str(month) for month in each(first - back, last + ahead)]


def folder(settings: Settings) -> Path:
    """The lake's folder. Raises UsageError where the lake is an object store: DuckDB writes and reads folders."""
    if "://" in settings.lake_address:
        raise UsageError(
            f"BANGDAN_LAKE is {settings.lake_address!r}, which is no folder",
            remedy="name a folder that this machine and Spark's workers share, or leave it out",
        )
    return Path(settings.lake_address)


def write_inputs(settings: Settings, first: Month, last: Month) -> None:
    """Write what the stage `stage` reads: raw of the months' windows, registries, seeds, the released owners. Each part
    is written beside and then takes the place of the old one, so that a killed write leaves no part of a part.
    """
    lake = folder(settings)
    with connect(settings, read_only=True) as con:
        seeds = con.execute("select table_name from duckdb_tables() where schema_name = 'seeds' order by 1").fetchall()
        for table in (*WITHOUT_MONTHS, *(f"seeds.{name}" for (name,) in seeds)):
            _write_whole(con, table, lake)
        _write_months(con, "raw.records", lake, each(first - MONTHS_BACK, last + MONTHS_AHEAD))
        for name in EVIDENCE:
            _write_months(con, f"evidence.{name}", lake, each(first, last))


def write_evidence(settings: Settings, first: Month, last: Month, names: Sequence[str]) -> None:
    """Write the evidence of the months, as the home has it, into the lake."""
    with connect(settings, read_only=True) as con:
        for name in names:
            _write_months(con, f"evidence.{name}", folder(settings), each(first, last))


def read_tables(settings: Settings, tables: Iterable[Table], first: Month, last: Month) -> None:
    """Put the rows that Spark has built into the empty tables of the warehouse: of each table the months of the build,
    in one transaction, with the types that the warehouse has for them.
    """
    with connect(settings) as con:
        con.execute("begin")
        for table in tables:
            if table.name not in (*OF_ITEMS, *NOT_READ):
                _read_table(con, settings, table, table.months(first, last))
        con.execute("commit")


def read_matched_items(settings: Settings, first: Month, last: Month) -> None:
    """Put the items that evidence names into the warehouse, in place of those of the months' windows. An item of a month
    may be named by that month's evidence or by that of the month before.
    """
    with connect(settings) as con:
        con.execute(
            "create or replace temp table judged as select distinct item_id"
            " from (select item_id, month from evidence.matches union all select item_id, month from evidence.rejected)"
            " where month between $1 and $2",
            [str(first - MONTHS_AHEAD), str(last + MONTHS_AHEAD)],
        )
        con.execute("begin")
        for name in OF_ITEMS:
            table = Table(name, "published_month", "items")
            months = table.months(first, last)
            con.execute(f"delete from {name} where published_month between $1 and $2", [months[0], months[-1]])
            _read_table(con, settings, table, months, "where item_id in (select item_id from judged)")
        con.execute("commit")


def _read_table(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: Table, months: Sequence[str], where: str = ""
) -> None:
    schema, name = table.name.split(".")
    built = spark.table_folder(settings, schema, name)
    parts = [built / f"{table.month_column}={month}" for month in months] if table.month_column else [built]
    files = [str(file) for part in parts for file in sorted(part.glob("*.parquet"))]
    if not table.month_column:
        con.execute(f"delete from {table.name}")
    if files:
        con.execute(
            f"insert into {table.name} by name select * from read_parquet($1, union_by_name = true,"
            f" hive_partitioning = {str(bool(table.month_column)).lower()}, hive_types_autocast = false) {where}",
            [files],
        )


def _write_whole(con: duckdb.DuckDBPyConnection, table: str, lake: Path) -> None:
    schema, name = table.split(".")
    scratch = _emptied(lake / schema / f".{name}")
    con.sql(f"select * from {table}").write_parquet(str(scratch / "rows.parquet"))
    _swap(scratch, lake / schema / name)


def _write_months(con: duckdb.DuckDBPyConnection, table: str, lake: Path, months: Iterable[Month]) -> None:
    schema, name = table.split(".")
    # A folder without rows still has to have columns; no month equals this one.
    for month in (parquet.EMPTY_MONTH, *map(str, months)):
        scratch = _emptied(lake / schema / f".{name}")
        rows = con.sql(f"select * exclude (month) from {table} where month = '{month}'")
        rows.write_parquet(str(scratch / "rows.parquet"))
        _swap(scratch, lake / schema / name / f"month={month}")


def _emptied(scratch: Path) -> Path:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return scratch


def _swap(scratch: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch.rename(target)
