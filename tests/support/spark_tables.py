"""Tables of two engines compared: columns, types and rows, both ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from bangdan import lake
from tests.support.homes import PROJECT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MODELS = PROJECT / "dbt_project" / "models"
LAYERS = ("intermediate", "marts", "published", "review")


@dataclass
class Engines:
    """DuckDB's warehouse and Spark's session, with the same models built in both."""

    con: duckdb.DuckDBPyConnection
    spark: SparkSession

    def relations(self) -> list[str]:
        """`schema.name` of every model that DuckDB has built."""
        names = {file.stem for file in MODELS.rglob("*.sql")}
        rows = self.con.execute(
            "select distinct table_schema || '.' || table_name, table_name from information_schema.tables order by 1"
        ).fetchall()
        return [relation for relation, name in rows if name in names]

    def by_duckdb(self, relation: str) -> pa.Table:
        return self.con.sql(f"select * from {relation}").to_arrow_table()

    def by_spark(self, relation: str) -> pa.Table:
        return self.spark.table(relation).toArrow()


def warehouse(home: Path) -> duckdb.DuckDBPyConnection:
    """A home's warehouse, to be read."""
    con = duckdb.connect(str(home / "warehouse" / "bangdan.duckdb"), read_only=True)
    con.execute("set TimeZone = 'Asia/Shanghai'")
    return con


def relations_of(con: duckdb.DuckDBPyConnection) -> list[str]:
    """`schema.name` of every table of the layers but those that stay on Spark, and of the posts."""
    rows = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where list_contains($1, schema_name) order by 1",
        [list(LAYERS)],
    ).fetchall()
    return ["staging.stg_posts", *(name for (name,) in rows if name not in lake.NOT_READ)]


def differences(ours: pa.Table, theirs: pa.Table) -> list[str]:
    """What differs between two tables: columns, kinds of types, rows that only one has; empty where nothing does."""
    if sorted(ours.column_names) != sorted(theirs.column_names):
        return [f"columns: {sorted(set(ours.column_names) ^ set(theirs.column_names))}"]
    names = ours.column_names
    result = [
        f"{name}: {ours.schema.field(name).type} and {theirs.schema.field(name).type}"
        for name in names
        if kind(ours.schema.field(name).type) != kind(theirs.schema.field(name).type)
    ]
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Shanghai'")
    con.register("ours", ours)
    con.register("theirs", theirs)
    # The narrower engine's types: both hold the values, whatever their width.
    types = dict(con.execute("select column_name, column_type from (describe ours)").fetchall())
    columns = ", ".join(f'cast("{name}" as {types[name]}) as "{name}"' for name in names)
    for entry, other in (("ours", "theirs"), ("theirs", "ours")):
        rows = con.execute(f"select {columns} from {entry} except all select {columns} from {other}").fetchall()
        if rows:
            result.append(f"{len(rows)} of {ours.num_rows} rows only in {entry}, such as {dict(zip(names, rows[0]))}")
    return result


def kind(type_: pa.DataType) -> str:
    """A type without what engines choose for themselves: the width of whole numbers, the digits before a decimal point,
    the unit and place of a moment.
    """
    if pa.types.is_integer(type_) or (pa.types.is_decimal(type_) and type_.scale == 0):
        return "whole number"
    if pa.types.is_decimal(type_):
        return f"decimal with {type_.scale} places"
    if pa.types.is_timestamp(type_):
        return "moment" if type_.tz else "local time"
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return f"list of {kind(type_.value_type)}"
    return re.sub("^large_", "", str(type_))
