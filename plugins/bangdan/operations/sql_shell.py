"""`bangdan sql`: read-only SQL on the published database, without access to files or network."""

from __future__ import annotations

import csv
import io
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout, suppress
from typing import NamedTuple

import duckdb

from bangdan.core import documents
from bangdan.core.errors import BangdanError
from bangdan.core.formatting import inert, one_line, visible
from bangdan.core.settings import PROJECT, Settings

SECONDS = 60.0  # that a query may take
FORMS = ("table", "csv", "json")
QUESTIONS = PROJECT / "docs" / "analysts" / "questions"
HELP = """end a query with ;   leave with .quit or Ctrl-D
.tables              what there is, with what one row is
.columns TABLE       its columns, types and meaning
.questions [NAME]    worked questions; with a name or number, runs one
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


def run(settings: Settings, query: str | None, form: str = "table", seconds: float = SECONDS) -> int:
    """Run a query or dot-command, the text on standard input, or a prompt; returns the exit code. A query that takes
    longer than `seconds` is ended.
    """
    with closing(open_published(settings)) as con:
        if query or not sys.stdin.isatty():
            return _answer(con, query or sys.stdin.read(), form, seconds)
        return _prompt(con, form, seconds)


def _prompt(con: duckdb.DuckDBPyConnection, form: str, seconds: float) -> int:
    """Ask for queries and answer them, until the person leaves."""
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
            _answer(con, waiting, form, seconds)
            waiting = ""
        elif not waiting.strip():
            waiting = ""


def _answer(con: duckdb.DuckDBPyConnection, text: str, form: str, seconds: float) -> int:
    try:
        with _ended_after(con, seconds):
            if text.lstrip().startswith("."):
                command, _, argument = text.strip().partition(" ")
                return _command(con, command, argument.strip(), form)
            return _show(con, text, form)
    except duckdb.InterruptException:
        print(
            f"error: ended after {seconds:g} s\n  remedy: ask for less, or give it longer: --seconds N", file=sys.stderr
        )
        return 1
    except duckdb.Error as error:
        print(f"error: {visible(str(error))}", file=sys.stderr)
        return 1


@contextmanager
def _ended_after(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt the connection's query where the block takes longer."""
    timer = threading.Timer(seconds, con.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


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
        if not argument:
            print("\n".join(f"{each.number:>3}  {each.name:<24} {each.words}" for each in questions()))
            return 0
        for question in questions():
            if argument in (question.number, question.name):
                print(question.words)
                return _show(con, question.query, form)
    print(f"error: unknown command {command} {argument}\n{HELP}", end="", file=sys.stderr)
    return 2


class Question(NamedTuple):
    """A worked question: a file 01_four_lists.sql, whose first line asks it in words."""

    number: str
    name: str
    words: str
    query: str


def questions() -> list[Question]:
    """The worked questions of docs/analysts/questions, in their order."""
    asked = []
    for file in sorted(QUESTIONS.glob("*.sql")):
        number, _, name = file.stem.partition("_")
        query = file.read_text("utf-8")
        asked.append(Question(number.lstrip("0"), name, query.partition("\n")[0].removeprefix("--").strip(), query))
    return asked


def _show(con: duckdb.DuckDBPyConnection, query: str, form: str) -> int:
    relation = con.sql(query)
    if relation is None:
        return 0
    if form == "table":
        drawn = io.StringIO()
        with redirect_stdout(drawn):
            relation.show(max_rows=200, max_width=220)
        print(visible(drawn.getvalue()), end="")
    elif form == "csv":
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(map(one_line, relation.columns))
        out.writerows([inert(cell) if isinstance(cell, str) else cell for cell in row] for row in relation.fetchall())
    else:
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        print(documents.dump(rows, indent=1, default=str))
    return 0
