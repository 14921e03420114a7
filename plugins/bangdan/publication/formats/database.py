"""The analysts' database: every release of every table, views of the latest, as-of macros, comments in zh and en.

Written to a temporary file and swapped by rename: readers keep the file they opened, a run never locks them out. Names and
types of columns, which analysts rely on, have a version (`schema_versions.yml`), which `published.about` holds.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import yaml

from bangdan.core import files
from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.publication import contract, imprint, ledger
from bangdan.publication.pages.names import DIMENSIONS
from bangdan.publication.tables import ORDER


@lru_cache(maxsize=1)
def schema_version() -> str:
    """The version of the contract with analysts: the last row of its history."""
    versions = yaml.safe_load((Path(__file__).parents[1] / "schema_versions.yml").read_text("utf-8"))
    return str(versions[-1]["version"])


def rebuild(settings: Settings) -> None:
    """Write the database anew from the releases and swap it in."""
    releases = ledger.all_releases(settings)
    if not releases:
        return
    with files.replacing(settings.published) as partial, in_memory(settings) as con:
        con.execute(f"attach '{_quoted(str(partial))}' as db (storage_version 'v1.2.0')")
        _write(con, releases)
        con.execute("checkpoint db")
        con.execute("use memory.main")
        con.execute("detach db")


def _write(con: duckdb.DuckDBPyConnection, releases: list[ledger.Release]) -> None:
    """All tables, views, macros and comments into the attached database `db`."""
    con.execute("create schema db.history")
    con.execute("create schema db.published")
    con.execute("use db.published")
    _write_ledger(con, releases)
    for name in ORDER:
        _write_table(con, name, releases)


def problems(settings: Settings, *, has_these_definitions: bool) -> list[str]:
    """Where the database differs from the releases, one sentence a table, view or macro: its rows, one by one, and,
    with `has_these_definitions`, its definition. Raises duckdb.Error where it cannot be read.

    Compares with a database that is written anew in memory; what does not fit there is spilled.
    """
    with in_memory(settings) as con:
        con.execute("attach ':memory:' as db")
        _write(con, ledger.all_releases(settings))
        con.execute("use memory.main")
        con.execute(f"attach '{_quoted(str(settings.published))}' as current_db (read_only)")
        expected, current = _definitions(con, "db"), _definitions(con, "current_db")
        sentences = [f"{name} is missing" for name in sorted(expected.keys() - current.keys())]
        sentences += [f"{name} is of no release" for name in sorted(current.keys() - expected.keys())]
        for name in sorted(expected.keys() & current.keys()):
            if has_these_definitions and expected[name] != current[name]:
                sentences.append(f"{name} is defined in another way")
            elif name.startswith("history.") and (count := _differing_rows(con, name)):
                sentences.append(f"{name} differs from the releases in {count:,} row(s)")
    return sentences


def _definitions(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, tuple[str, str | None]]:
    """Table, view or macro → its definition and its comment."""
    query = (Path(__file__).with_name("queries") / "definitions.sql").read_text("utf-8")
    return {name: (definition, comment) for name, definition, comment in con.execute(query, [database]).fetchall()}


def _differing_rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows that only one of the two databases has; a table of other columns differs in all."""
    names = [
        [row[0] for row in con.execute(f"describe {database}.{table}").fetchall()] for database in ("db", "current_db")
    ]
    if names[0] != names[1]:
        return con.execute(f"select count(*) from current_db.{table}").fetchall()[0][0]
    query = (
        f"select count(*) from ((from db.{table} except all from current_db.{table})"
        f" union all (from current_db.{table} except all from db.{table}))"
    )
    return con.execute(query).fetchall()[0][0]


def _query(name: str) -> str:
    return (Path(__file__).with_name("queries") / f"{name}.sql").read_text("utf-8")


def _write_ledger(con: duckdb.DuckDBPyConnection, releases: list[ledger.Release]) -> None:
    """The tables releases, restated_ranks and about, and the views of them, among which restatements."""
    con.execute(_query("ledger_tables"))
    newest = {release.month: release.number for release in releases}
    for release in releases:
        manifest = release.manifest
        restatement = manifest["effect"] or {}
        key = [str(release.month), release.name]
        _insert(con, "releases", [
            *key, release.number, manifest["method_version"], _shanghai_time(manifest["knowledge_cut_off"]),
            imprint.of_manifest(manifest).published_on, manifest["reason"], manifest["note"], restatement.get("units_changed"), manifest["data_digest"],
            manifest["code_version"], newest[release.month] == release.number,
        ])  # fmt: skip
        for row in restatement.get("rows", []):
            _insert(con, "restated_ranks", [
                *key, row["ranking_list"], row["dimension"], row["unit_id"], row["unit_name"], row["rank_before"],
                row["rank"], row["score_before"], row["score"], row["points"],
            ])  # fmt: skip
    _insert(con, "about", _about(releases))
    con.execute(_query("ledger_views"))
    for name in ("releases", "restated_ranks", "restatements", "about"):
        _comment(con, name, has_table=name != "restatements")


def _about(releases: list[ledger.Release]) -> list[Any]:
    """The row of the table about."""
    last = releases[-1]
    summary = pq.read_table(last.path / "tables" / "monthly_summary.parquet").to_pylist()[0]
    issuers = pq.read_table(last.path / "tables" / "issuers.parquet").to_pylist()
    licences = sorted({row["data_licence"] for row in issuers if row.get("data_licence")})
    return [
        schema_version(), len(releases), str(last.month), summary["method_version"], summary["is_synthetic"],
        "、".join(row["issuer_name"] for row in issuers), "; ".join(licences) or None,
    ]  # fmt: skip


def _insert(con: duckdb.DuckDBPyConnection, table: str, values: list[Any]) -> None:
    con.execute(f"insert into history.{table} values ({', '.join('?' for _ in values)})", values)


def _write_table(con: duckdb.DuckDBPyConnection, name: str, releases: list[ledger.Release]) -> None:
    """All releases of a table, the view of the newest, and the as-of macro."""
    paths = [release.path / "tables" / f"{name}.parquet" for release in releases]
    # Releases older than the table have no file of it.
    present = [str(path) for path in paths if path.exists()]
    if present:
        con.execute(
            f"create table history.{name} as select * from read_parquet($1, union_by_name = true)"
            f" order by ranking_month, release, {ORDER[name]}",
            [present],
        )
    else:
        first, *others = (f"{column.name} {column.data_type}" for column in contract.tables()[name].columns)
        con.execute(f"create table history.{name} ({', '.join([first, 'release varchar', *others])})")
    con.execute(_query("release_views").format(table=name))
    _comment(con, name)
    label = _quoted(str(contract.tables()[name].label))
    con.execute(f"comment on macro table {name}_asof is '{label} (r1, 2021-09-20)'")


def _comment(con: duckdb.DuckDBPyConnection, name: str, has_table: bool = True) -> None:
    """Chinese and English on a view, on its table, and on each column of both."""
    label = _quoted(str(contract.tables()[name].label))
    for schema, kind in (("history", "table"), ("published", "view")):
        if schema == "history" and not has_table:
            continue
        con.execute(f"comment on {kind} {schema}.{name} is '{label}'")
        for (column,) in con.execute(
            "select column_name from duckdb_columns() where database_name = 'db' and schema_name = $1 and table_name = $2",
            [schema, name],
        ).fetchall():
            column_label = _quoted(str(contract.labels()[column]) + _values(column))
            con.execute(f"comment on column {schema}.{name}.{column} is '{column_label}'")


def _values(column: str) -> str:
    """The values of dimension with their Chinese names; nothing for other columns."""
    names = {"dimension": DIMENSIONS}.get(column, {})
    return "".join(f"; {value} = {name}" for value, (name, _) in names.items())


def _shanghai_time(text: str | None) -> datetime | None:
    """A time of a manifest in Shanghai time, without a zone."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).replace(tzinfo=None) if text else None


def columns_of(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """The contract with analysts: (view, column, type) of the schema `published`, by name."""
    return con.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where schema_name = 'published' and not internal order by table_name, column_name"
    ).fetchall()


def _quoted(text: str) -> str:
    return text.replace("'", "''")
