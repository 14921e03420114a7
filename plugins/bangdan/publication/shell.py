"""`bangdan sql`: read-only SQL on the published database, without access to files or network."""

from __future__ import annotations

import sys

import duckdb

from bangdan.errors import BangdanError
from bangdan.settings import Settings


def open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A read-only connection that can reach nothing but the published database."""
    if not settings.published.exists():
        raise BangdanError("nothing has been published yet", remedy="run `bangdan run --month YYYY-MM` first")
    con = duckdb.connect(str(settings.published), read_only=True)
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    con.execute("use published")
    return con


def run(settings: Settings, query: str | None) -> int:
    """One query, or a prompt that reads queries ending with a semicolon; returns the exit code."""
    con = open_published(settings)
    if query:
        return _show(con, query)
    if not sys.stdin.isatty():
        return _show(con, sys.stdin.read())
    print(
        "published: "
        + ", ".join(
            name
            for (name,) in con.execute(
                "select view_name from duckdb_views() where schema_name = 'published' order by all"
            ).fetchall()
        )
    )
    print("end a query with ; and the shell with Ctrl-D")
    waiting = ""
    while True:
        try:
            waiting += input("bangdan> " if not waiting else "      -> ") + "\n"
        except (EOFError, KeyboardInterrupt):
            print()
            return 0
        if waiting.strip().endswith(";"):
            _show(con, waiting)
            waiting = ""


def _show(con: duckdb.DuckDBPyConnection, query: str) -> int:
    try:
        found = con.sql(query)
        if found is not None:
            found.show(max_rows=200, max_width=220)
    except duckdb.Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
