"""The analysts' database: every release of every table, views of the latest, as-of macros, comments in zh and en.

Built beside and swapped by rename: readers keep the file they opened, a run never locks them out.
"""

from __future__ import annotations

import duckdb

from bangdan import files
from bangdan.publication import ledger
from bangdan.publication.tables import ORDER, dictionary
from bangdan.settings import Settings
from bangdan.warehouse import configure

SCHEMA_VERSION = "1"


def rebuild(settings: Settings) -> None:
    """Write the database anew from the releases, which are the truth, and swap it in."""
    releases = ledger.all_releases(settings)
    if not releases:
        return
    with files.replacing(settings.published) as beside:
        con = configure(duckdb.connect(), settings)
        try:
            con.execute("attach '" + str(beside).replace("'", "''") + "' as db (storage_version 'v1.2.0')")
            con.execute("create schema db.history")
            con.execute("create schema db.published")
            con.execute("use db.published")
            _ledger(con, releases)
            words = dictionary()
            for name in ORDER:
                _table(con, name, releases, words)
            con.execute("checkpoint db")
            con.execute("use memory.main")
            con.execute("detach db")
        finally:
            con.close()


def _ledger(con: duckdb.DuckDBPyConnection, releases: list[ledger.Release]) -> None:
    """releases: what was released when and why; restatements: those that changed a month; about: the schema itself."""
    con.execute(
        """
        create table history.releases (
            ranking_month varchar, release varchar, number integer, method_version varchar, known_at varchar, reason varchar,
            note varchar, units_changed integer, data_digest varchar, is_latest boolean)
        """
    )
    newest = {one.month: one.number for one in releases}
    for one in releases:
        told = one.manifest
        con.execute(
            "insert into history.releases values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                str(one.month), one.name, one.number, told["method_version"], told["knowledge_cut_off"], told["reason"],
                told["note"], (told["effect"] or {}).get("units_changed"), told["data_digest"],
                newest[one.month] == one.number,
            ],
        )  # fmt: skip
    con.execute(
        """
        create view restatements as
        select ranking_month, release, reason, note, units_changed, method_version, known_at
        from db.history.releases where number > 1 order by ranking_month, number
        """.replace("db.", "")
    )
    con.execute(
        "comment on view restatements is '重述：每行一次更正发布 / Restatements: one row per release that changed a month'"
    )
    con.execute(
        f"create view about as select '{SCHEMA_VERSION}' as schema_version, count(*)::integer as releases,"
        " max(ranking_month) as latest_month from history.releases"
    )
    con.execute("comment on view about is '关于本库 / About this database: one row'")


def _table(con: duckdb.DuckDBPyConnection, name: str, releases: list[ledger.Release], words: dict) -> None:
    paths = [str(one.path / "tables" / f"{name}.parquet") for one in releases]
    order = ORDER[name]
    con.execute(
        f"create table history.{name} as select * from read_parquet($1, union_by_name = true)"
        f" order by ranking_month, release, {order}",
        [paths],
    )
    con.execute(
        f"""
        create view {name} as
        select t.* from history.{name} t
        where (t.ranking_month, t.release) in (select (ranking_month, release) from history.releases where is_latest)
        """
    )
    con.execute(
        f"""
        create macro {name}_asof(moment) as table
        select t.* from history.{name} t
        where (t.ranking_month, t.release) in (
            select (ranking_month, arg_max(release, number)) from history.releases
            where release = moment::varchar
                or (not regexp_matches(moment::varchar, '^r[0-9]+$') and known_at <= moment::varchar)
            group by ranking_month)
        """
    )
    said = " / ".join(words["tables"][name])
    for schema, kind in (("history", "table"), ("published", "view")):
        con.execute(f"comment on {kind} {schema}.{name} is '{_quoted(said)}'")
        for (column,) in con.execute(
            "select column_name from duckdb_columns() where database_name = 'db' and schema_name = $1 and table_name = $2",
            [schema, name],
        ).fetchall():
            con.execute(
                f"comment on column {schema}.{name}.{column} is '{_quoted(' / '.join(words['columns'][column]))}'"
            )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
