"""The analysts' database: every release of every table, views of the latest, as-of macros, comments in zh and en.

The views are in the schema published and again in main, where a client looks first: any DuckDB opens the file and asks.

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
from bangdan.publication import contract, imprint, ledger, released_tables
from bangdan.publication.formats import metrics
from bangdan.publication.pages.names import DIMENSIONS, licences_of
from bangdan.publication.periods import period_tables
from bangdan.publication.tables import ORDER

# Views of quarters and years, and views that list releases, figures and the database itself: they have no as-of macro.
PERIODS = tuple(period_tables.ORDER)
LEDGER = ("releases", "restated_ranks", "restatements", "metrics", "about")


@lru_cache(maxsize=1)
def _schema_versions() -> list[dict[str, Any]]:
    return yaml.safe_load((Path(__file__).parents[1] / "schema_versions.yml").read_text("utf-8"))


def schema_version() -> str:
    """The version of the contract with analysts: the last row of its history."""
    return str(_schema_versions()[-1]["version"])


def schema_changes_since(version: str) -> list[str]:
    """What changed in each later version of the contract, the oldest first."""
    return [row["change"] for row in _schema_versions() if row["version"] > int(version)]


def schema_version_of(settings: Settings) -> str | None:
    """The version of the contract that the database of a data folder keeps; None where there is none or it cannot be read."""
    try:
        with duckdb.connect(str(settings.published), read_only=True) as con:
            return str(con.execute("select schema_version from published.about").fetchall()[0][0])
    except duckdb.Error:
        return None


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
        if name == "ranking":  # the tables after it name their units by it
            con.execute(_query("units"))
    con.execute(_query("accounts"))
    for name in (*ORDER, "units", "accounts"):
        _write_views(con, name)
    _write_periods(con, releases)


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
    """The tables releases, restated_ranks, metrics and about, and the views of them, among which restatements."""
    con.execute(_query("ledger_tables"))
    newest = {release.month: release.number for release in releases}
    for release in releases:
        manifest = release.manifest
        restatement = manifest["effect"] or {}
        key = [str(release.month), release.name]
        _insert(con, "releases", [
            *key, release.number, manifest["method_version"], _shanghai_time(manifest["knowledge_cut_off"]),
            imprint.of_manifest(manifest).published_on, manifest["reason"], manifest["note"],
            restatement.get("units_changed"), manifest["data_digest"], manifest["code_version"],
            newest[release.month] == release.number,
        ])  # fmt: skip
        for row in restatement.get("rows", []):
            _insert(con, "restated_ranks", [
                *key, row["ranking_list"], row["dimension"], row["unit_id"], row["unit_name"], row["rank_before"],
                row["rank"], row["score_before"], row["score"], row["points"],
            ])  # fmt: skip
    for metric in metrics.defined():
        _insert(con, "metrics", [
            metric["name"], *metric["column"].split("."), metric["zh"], metric["en"], metric.get("where"), metric.get("sql"),
        ])  # fmt: skip
    _insert(con, "about", _about(releases))
    con.execute(_query("ledger_views").format(**{name: _columns(name) for name in LEDGER}))
    for name in LEDGER:
        con.execute(_query("main_views").format(table=name))
        _comment(con, name)


def _about(releases: list[ledger.Release]) -> list[Any]:
    """The row of the table about."""
    last = releases[-1]
    summary = pq.read_table(last.path / "tables" / "monthly_summary.parquet").to_pylist()[0]
    issuers = pq.read_table(last.path / "tables" / "issuers.parquet").to_pylist()
    licences = licences_of(issuers)
    return [
        schema_version(), len(releases), str(last.month), summary["method_version"], summary["is_synthetic"],
        "、".join(row["issuer_name"] for row in issuers), "; ".join(licences) or None,
    ]  # fmt: skip


def _insert(con: duckdb.DuckDBPyConnection, table: str, values: list[Any]) -> None:
    con.execute(f"insert into history.{table} values ({', '.join('?' for _ in values)})", values)


def _write_table(con: duckdb.DuckDBPyConnection, name: str, releases: list[ledger.Release]) -> None:
    """All releases of a table, with what the database adds."""
    rows = released_tables.rows_of(name, releases)
    has_units = any(column.expression == "units.unit_name" for column in contract.database_columns(name))
    names = f"left join ({_query('unit_names')}) as units using (ranking_month, release, unit_id)" if has_units else ""
    con.execute(
        f"create table history.{name} as select {_columns(name)} from ({rows.sql}) as rows {names}"
        f" order by {', '.join(f'rows.{column}' for column in ('ranking_month', 'release'))}, {ORDER[name]}",
        rows.parameters,
    )


def _write_views(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """The view of the newest releases of a table, and its as-of macro, in the schemas published and main."""
    for query in ("release_views", "main_views", "main_macros"):
        con.execute(_query(query).format(table=name))
    _comment(con, name)
    label = _quoted(str(contract.tables()[name].label))
    for schema in ("published", "main"):
        con.execute(f"comment on macro table {schema}.{name}_asof is '{label} (r1, 2021-09-20)'")


def _write_periods(con: duckdb.DuckDBPyConnection, releases: list[ledger.Release]) -> None:
    """The tables of quarters and years, which follow the newest releases, and the views of them."""
    newest = list({release.month: release for release in releases}.values())
    for name, rows in period_tables.computed(con, newest).items():
        con.register("period_rows", rows)
        con.execute(f"create table history.{name} as select * from period_rows order by {period_tables.ORDER[name]}")
        con.execute(f"create view {name} as select {_columns(name)} from history.{name} as rows")
        con.execute(_query("main_views").format(table=name))
        _comment(con, name)


def _columns(name: str) -> str:
    """The columns of a table or view of the database, as SQL."""
    return ", ".join(f"{column.expression} as {column.name}" for column in contract.database_columns(name))


def _comment(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Chinese and English on the table and the views of a name, and on each of their columns."""
    label = _quoted(str(contract.tables()[name].label))
    query = "select schema_name, {kind}_name from duckdb_{kind}s() where database_name = 'db' and {kind}_name = $1"
    for kind in ("table", "view"):
        for schema, _ in con.execute(query.format(kind=kind), [name]).fetchall():
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
