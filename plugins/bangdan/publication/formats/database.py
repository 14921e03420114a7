"""The analysts' database: every release of every table, views of the latest, as-of macros, comments in zh and en.

Built beside and swapped by rename: readers keep the file they opened, a run never locks them out. What analysts may
rely on, names and types of columns, has a version (`schema_versions.yml`); it stands in `published.about`.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from importlib.resources import files as package_files
from typing import Any

import duckdb
import pyarrow.parquet as pq
import yaml

from bangdan.core import files
from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.publication import contract, ledger
from bangdan.publication.pages.names import DIMENSIONS, LISTS
from bangdan.publication.tables import ORDER


@lru_cache(maxsize=1)
def schema_version() -> str:
    """The version of the contract with analysts, as told by the last row of its history."""
    told = yaml.safe_load((package_files("bangdan.publication") / "schema_versions.yml").read_text("utf-8"))
    return str(told[-1]["version"])


def rebuild(settings: Settings) -> None:
    """Write the database anew from the releases, which are the truth, and swap it in."""
    releases = ledger.all_releases(settings)
    if not releases:
        return
    with files.replacing(settings.published) as beside, in_memory(settings) as con:
        con.execute("attach '" + str(beside).replace("'", "''") + "' as db (storage_version 'v1.2.0')")
        con.execute("create schema db.history")
        con.execute("create schema db.published")
        con.execute("use db.published")
        _ledger(con, releases)
        for name in ORDER:
            _table(con, name, releases)
        con.execute("checkpoint db")
        con.execute("use memory.main")
        con.execute("detach db")


def _ledger(con: duckdb.DuckDBPyConnection, releases: list[ledger.Release]) -> None:
    """releases: what was released when and why; restatements: those that changed a month, and restated_ranks: what they
    changed; about: the schema itself.
    """
    con.execute(
        """
        create table history.releases (
            ranking_month varchar, release varchar, number integer, method_version varchar, known_at timestamp,
            reason varchar, note varchar, units_changed integer, data_digest varchar, code_version varchar,
            is_latest boolean)
        """
    )
    con.execute(
        """
        create table history.restated_ranks (
            ranking_month varchar, release varchar, ranking_list varchar, dimension varchar, unit_id varchar,
            unit_name varchar, rank_before integer, rank integer, score_before decimal(6, 2), score decimal(6, 2),
            change_points decimal(20, 12))
        """
    )
    newest = {one.month: one.number for one in releases}
    for one in releases:
        told = one.manifest
        effect = told["effect"] or {}
        con.execute(
            "insert into history.releases values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                str(one.month), one.name, one.number, told["method_version"], _moment(told["knowledge_cut_off"]),
                told["reason"], told["note"], effect.get("units_changed"), told["data_digest"], told["code_version"],
                newest[one.month] == one.number,
            ],
        )  # fmt: skip
        for row in effect.get("rows", []):
            con.execute(
                "insert into history.restated_ranks values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    str(one.month), one.name, row["ranking_list"], row["dimension"], row["unit_id"], row["unit_name"],
                    row["rank_before"], row["rank"], row["score_before"], row["score"], row["points"],
                ],
            )  # fmt: skip
    con.execute("create view releases as select * from history.releases order by ranking_month, number")
    con.execute("create view restated_ranks as select * from history.restated_ranks order by all")
    con.execute(
        """
        create view restatements as
        select ranking_month, release, reason, note, units_changed, method_version, known_at
        from history.releases where number > 1 order by ranking_month, number
        """
    )
    last = releases[-1]
    summary = pq.read_table(last.path / "tables" / "monthly_summary.parquet").to_pylist()[0]
    issuers = pq.read_table(last.path / "tables" / "issuers.parquet").to_pylist()
    licences = sorted({row["data_licence"] for row in issuers if row.get("data_licence")})
    con.execute(
        "create table history.about (schema_version varchar, releases integer, latest_month varchar, method_version varchar,"
        " is_synthetic boolean, issuer_name varchar, data_licence varchar)"
    )
    con.execute(
        "insert into history.about values (?, ?, ?, ?, ?, ?, ?)",
        [
            schema_version(), len(releases), str(last.month), summary["method_version"], summary["is_synthetic"],
            "、".join(row["issuer_name"] for row in issuers), "; ".join(licences) or None,
        ],
    )  # fmt: skip
    con.execute("create view about as select * from history.about")
    for name in ("releases", "restated_ranks", "restatements", "about"):
        _comment(con, name, has_table=name != "restatements")


def _table(con: duckdb.DuckDBPyConnection, name: str, releases: list[ledger.Release]) -> None:
    paths = [str(one.path / "tables" / f"{name}.parquet") for one in releases]
    con.execute(
        f"create table history.{name} as select * from read_parquet($1, union_by_name = true)"
        f" order by ranking_month, release, {ORDER[name]}",
        [paths],
    )
    con.execute(
        f"""
        create view {name} as
        select t.* from history.{name} t
        where (t.ranking_month, t.release) in (select (ranking_month, release) from history.releases where is_latest)
        """
    )
    # A release by its name, or the newest of each month that knew no more than there was at a moment.
    con.execute(
        f"""
        create macro {name}_asof(moment) as table
        select t.* from history.{name} t
        where (t.ranking_month, t.release) in (
            select (ranking_month, arg_max(release, number)) from history.releases
            where release = moment::varchar or known_at <= try_cast(moment as timestamp)
            group by ranking_month)
        """
    )
    _comment(con, name)
    said = _quoted(str(contract.tables()[name].label))
    con.execute(f"comment on macro table {name}_asof is '{said} (r1, 2021-09-20)'")


def _comment(con: duckdb.DuckDBPyConnection, name: str, has_table: bool = True) -> None:
    """Chinese and English on a view, on the table behind it, and on each column of both."""
    said = str(contract.tables()[name].label)
    for schema, kind in (("history", "table"), ("published", "view")):
        if schema == "history" and not has_table:
            continue
        con.execute(f"comment on {kind} {schema}.{name} is '{_quoted(said)}'")
        for (column,) in con.execute(
            "select column_name from duckdb_columns() where database_name = 'db' and schema_name = $1 and table_name = $2",
            [schema, name],
        ).fetchall():
            told = _quoted(str(contract.labels()[column]) + _values(column))
            con.execute(f"comment on column {schema}.{name}.{column} is '{told}'")


def _values(column: str) -> str:
    """The values of a column that has few, in words."""
    known = {"ranking_list": LISTS, "dimension": DIMENSIONS}.get(column, {})
    return "".join(f"; {value} = {both[0]}" for value, both in known.items())


def _moment(text: str | None) -> datetime | None:
    """A moment of a manifest in Shanghai time, without a zone."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).replace(tzinfo=None) if text else None


def columns_of(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """What analysts rely on: (view, column, type) of the schema `published`, by name."""
    return con.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where schema_name = 'published' and not internal order by table_name, column_name"
    ).fetchall()


def _quoted(text: str) -> str:
    return text.replace("'", "''")
