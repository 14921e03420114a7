"""The contract of the published tables: what each table and column is in Chinese and English, its type, key and values.

Models and columns are declared in dbt_project/models/published; contract.yml declares what a release adds to them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files as package_files
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from bangdan.core.errors import BangdanError
from bangdan.core.settings import PROJECT

PUBLISHED = PROJECT / "dbt_project" / "models" / "published"
DOC_BLOCK = re.compile(r"{% docs (\w+) %}(.+?) / (.+?){% enddocs %}", re.DOTALL)


@dataclass(frozen=True)
class Label:
    """What a table or column is, in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


@dataclass(frozen=True)
class Column:
    name: str
    data_type: str  # as DuckDB writes it, in lower case
    label: Label
    values: tuple[str, ...] = ()  # all that the column may hold; empty: any


@dataclass(frozen=True)
class PublishedTable:
    name: str
    label: Label
    key: str  # SQL expressions that no two rows share
    columns: tuple[Column, ...]


@lru_cache(maxsize=1)
def labels() -> dict[str, Label]:
    """Every published column by its name; a name means the same in all tables."""
    text = (PUBLISHED / "_columns.md").read_text("utf-8")
    return {name: Label(zh, en) for name, zh, en in DOC_BLOCK.findall(text)}


@lru_cache(maxsize=1)
def tables() -> dict[str, PublishedTable]:
    """Every published table by its name, with its columns in their order, without the column `release`."""
    release = _release_contract()
    return {
        **{name: _table_of_model(model, release["added_columns"].get(name, [])) for name, model in _models().items()},
        **{
            name: PublishedTable(name, Label(table["zh"], table["en"]), table["key"], tuple(map(_column, table["columns"])))
            for name, table in release["tables"].items()
        },
    }  # fmt: skip


def model_columns(table: str) -> list[str]:
    """Columns of the model behind a table, in the order of its contract.

    A warehouse that has grown with the project holds newer columns last, and a release must not depend on its age.
    """
    return [column["name"] for column in _models()[table]["columns"]]


@dataclass(frozen=True)
class DatabaseColumn:
    """A column of the analysts' database; `expression` is SQL over `rows`, a table of a release, and `units`."""

    name: str
    data_type: str
    expression: str

    @property
    def is_released(self) -> bool:
        """Whether the table of a release has the column itself."""
        return self.expression == f"rows.{self.name}"


@lru_cache
def database_columns(table: str) -> tuple[DatabaseColumn, ...]:
    """The columns of a table in the analysts' database: those of the release's table, and what the database adds."""
    columns = [
        DatabaseColumn(column.name, column.data_type, f"rows.{column.name}") for column in tables()[table].columns
    ]
    added = [{"name": "release", "data_type": "varchar", "after": "ranking_month", "as": "rows.release"}]
    for column in [*added, *_release_contract()["database_columns"]]:
        names = [other.name for other in columns]
        if column["after"] in names and column["name"] not in names:
            made = DatabaseColumn(column["name"], column["data_type"], column["as"])
            columns.insert(names.index(column["after"]) + 1, made)
    return tuple(columns)


def check(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Raise BangdanError where the rows of a release's table break its contract."""
    check_table(con, tables()[name], rows)


def check_table(con: duckdb.DuckDBPyConnection, table: PublishedTable, rows: pa.Table) -> None:
    """Raise BangdanError where rows break the contract of a table: columns, types, values or key."""
    name = table.name
    con.register("checked", rows)
    has = {column: kind.lower() for column, kind, *_ in con.execute("describe checked").fetchall()}
    wanted = {column.name: column.data_type for column in table.columns}
    if list(has.items()) != list(wanted.items()):
        raise _broken(name, f"its columns are {_differences(has, wanted)}")
    for column in table.columns:
        if column.values:
            unknown = f"{column.name} is null or not list_contains($1, {column.name})"
            other = con.execute(
                f"select {column.name} from checked where {unknown} limit 1", [list(column.values)]
            ).fetchone()
            if other:
                raise _broken(name, f"{column.name} {other[0]!r} is none of {', '.join(map(repr, column.values))}")
    twice = con.execute(
        f"select {table.key}, count(*) from checked group by {table.key} having count(*) > 1 limit 1"
    ).fetchone()
    if twice:
        raise _broken(name, f"{twice[-1]} rows share the key ({table.key}) = {twice[:-1]}")


def _broken(name: str, problem: str) -> BangdanError:
    return BangdanError(
        f"published table {name}: {problem}",
        remedy="nothing is published; correct the model in dbt_project/models/published or the query in "
        "plugins/bangdan/publication/queries, then run the month again",
    )


def _differences(has: dict[str, str], wanted: dict[str, str]) -> str:
    """The columns that differ from the contract, or the two orders where only these do."""
    names = [name for name in {**wanted, **has} if has.get(name) != wanted.get(name)]
    if not names:
        return f"in the order {', '.join(has)}; the contract has {', '.join(wanted)}"
    return "; ".join(
        f"{name} {has.get(name, 'missing')}, by contract {wanted.get(name, 'not there')}" for name in names
    )


@lru_cache(maxsize=1)
def _models() -> dict[str, dict[str, Any]]:
    """Models of the published layer as declared, by the name of their table."""
    declared = yaml.safe_load((PUBLISHED / "_published.yml").read_text("utf-8"))
    return {model["name"].removeprefix("rpt_"): model for model in declared["models"]}


@lru_cache(maxsize=1)
def _release_contract() -> dict[str, Any]:
    return yaml.safe_load((package_files("bangdan.publication") / "contract.yml").read_text("utf-8"))


def _table_of_model(model: dict[str, Any], added: list[dict[str, Any]]) -> PublishedTable:
    columns = list(map(_column, model["columns"]))
    for declared in added:
        position = [column.name for column in columns].index(declared["after"]) + 1
        columns.insert(position, _column(declared))
    meta = model["config"]["meta"]
    (key,) = (test["one_row_is"]["arguments"]["key"] for test in model["data_tests"] if "one_row_is" in test)
    return PublishedTable(model["name"].removeprefix("rpt_"), Label(meta["zh"], meta["en"]), key, tuple(columns))


def _column(declared: dict[str, Any]) -> Column:
    return Column(
        declared["name"], declared["data_type"], labels()[declared["name"]], tuple(declared.get("values", ()))
    )
