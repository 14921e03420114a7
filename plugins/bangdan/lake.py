"""The lake: what Spark reads of a home, as Parquet in the layout in which `register_sources` looks for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect

# Tables whose folder has one folder a month.
OF_MONTHS = ("raw.records", *(f"evidence.{name}" for name in ("matches", "families", "rejected", "certainty", "released_owners")))  # fmt: skip
WITHOUT_MONTHS = tuple(f"raw.{name}" for name in ("export_manifest", "units", "accounts", "channels", "rejects", "city_registries"))  # fmt: skip


def write(settings: Settings) -> list[str]:
    """Write raw, evidence and seeds, as the last build of the warehouse read them, into a lake that is a folder. Each
    table is written beside and then takes the place of the old one. Returns the names of the tables.
    """
    lake = Path(settings.lake_address)
    with connect(settings, read_only=True) as con:
        seeds = con.execute("select table_name from duckdb_tables() where schema_name = 'seeds' order by 1").fetchall()
        tables = [*WITHOUT_MONTHS, *OF_MONTHS, *(f"seeds.{name}" for (name,) in seeds)]
        for table in tables:
            _write_table(con, table, lake)
    return tables


def _write_table(con: duckdb.DuckDBPyConnection, table: str, lake: Path) -> None:
    schema, name = table.split(".")
    folder, scratch = lake / schema / name, lake / schema / f".{name}"
    shutil.rmtree(scratch, ignore_errors=True)
    if table in OF_MONTHS:
        # A folder without rows still has to have columns.
        empty = scratch / "month=0000-00"
        empty.mkdir(parents=True)
        con.sql(f"select * exclude (month) from {table} limit 0").write_parquet(str(empty / "schema.parquet"))
        con.sql(f"select * from {table}").write_parquet(str(scratch), partition_by=["month"], append=True)
    else:
        scratch.mkdir(parents=True)
        con.sql(f"select * from {table}").write_parquet(str(scratch / "rows.parquet"))
    shutil.rmtree(folder, ignore_errors=True)
    scratch.rename(folder)
