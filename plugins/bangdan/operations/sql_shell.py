"""`bangdan sql`: read-only SQL on the published database, without access to files or network."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import suppress
from pathlib import Path

import duckdb

from bangdan.core.errors import BangdanError
from bangdan.core.settings import PROJECT, Settings

FORMS = ("table", "csv", "json")
QUESTIONS = PROJECT / "docs" / "analysts" / "questions"
HELP = """end a query with ;   leave with .quit or Ctrl-D
.tables              what there is, with what one row is
.columns TABLE       its columns, types and meaning
.questions [NUMBER]  worked questions; with a number, runs one
"""


def open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A read-only connection that can reach nothing but the published database."""
    if not settings.published.exists():
        raise BangdanError("nothing has been published yet", remedy="run `bangdan run --month YYYY-MM` first")
    con = duckdb.connect(str(settings.published), read_only=True)
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    con.execute("use published")
    return con


def run(settings: Settings, query: str | None, form: str = "table") -> int:
    """Run a query or dot-command, the text on standard input, or a prompt; returns the exit code."""
    con = open_published(settings)
    if query or not sys.stdin.isatty():
        return _answer(con, query or sys.stdin.read(), form)
    with suppress(ImportError):
        import readline  # noqa: F401 - gives input() a history and a line to edit
    print("榜单, the published tables: read-only.\n" + HELP, end="")
    waiting = ""
    while True:
        try:
            waiting += input("bangdan> " if not waiting else "      -> ") + "\n"
        except (EOFError, KeyboardInterrupt):
            print()
            return 0
        if waiting.strip() in (".quit", ".exit"):
            return 0
        if waiting.lstrip().startswith(".") or waiting.strip().endswith(";"):
            _answer(con, waiting, form)
            waiting = ""
        elif not waiting.strip():
            waiting = ""


def _answer(con: duckdb.DuckDBPyConnection, text: str, form: str) -> int:
    try:
        if text.lstrip().startswith("."):
            command, _, argument = text.strip().partition(" ")
            return _command(con, command, argument.strip(), form)
        return _show(con, text, form)
    except duckdb.Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _command(con: duckdb.DuckDBPyConnection, command: str, argument: str, form: str) -> int:
    if command == ".tables":
        return _show(
            con,
            "select view_name as name, comment from duckdb_views() where schema_name = 'published' order by all",
            form,
        )
    if command == ".columns" and argument.isidentifier():
        wanted = f"schema_name = 'published' and table_name = '{argument}'"
        return _show(
            con,
            f"select column_name, data_type, comment from duckdb_columns() where {wanted} order by column_index",
            form,
        )
    if command == ".questions":
        files = {file.name.partition("_")[0].lstrip("0"): file for file in sorted(QUESTIONS.glob("*.sql"))}
        if not argument:
            print("\n".join(f"{number:>3}  {about(file)}" for number, file in files.items()))
            return 0
        if argument in files:
            print(about(files[argument]))
            return _show(con, files[argument].read_text("utf-8"), form)
    print(f"error: unknown command {command} {argument}\n{HELP}", end="", file=sys.stderr)
    return 2


def about(question: Path) -> str:
    """The question of a worked example: the first line of its file."""
    return question.read_text("utf-8").partition("\n")[0].removeprefix("--").strip()


def _show(con: duckdb.DuckDBPyConnection, query: str, form: str) -> int:
    result = con.sql(query)
    if result is None:
        return 0
    if form == "table":
        result.show(max_rows=200, max_width=220)
    elif form == "csv":
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(result.columns)
        out.writerows(result.fetchall())
    else:
        rows = [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    return 0
