"""A column that a newer program adds to a table: killed around the ALTER, the database opens and a re-run adds it."""

from __future__ import annotations

import ast
import os
import signal
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.support import faults
from tests.support.promises import promise

MONTH, TABLE, COLUMN = "2021-08", "marts.fct_account_months", "post_count"
FOLDERS = ("raw", "evidence", "warehouse", "secrets", "releases")


def score(kill_at: str = "") -> None:
    """The stage `score` of the month; dies with the first statement that begins so after the column has been added."""
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

    from bangdan.core.months import Month
    from bangdan.core.settings import Settings
    from bangdan.pipeline import building

    execute, is_added = DuckDBCursorWrapper.execute, False

    def execute_until(cursor: DuckDBCursorWrapper, statement: str, bindings: object = None) -> object:
        nonlocal is_added
        done = execute(cursor, statement, bindings)
        words = " ".join(statement.lower().replace('"', "").split())
        is_added = is_added or ("alter table" in words and f"add column {COLUMN}" in words)
        if kill_at and is_added and kill_at in words:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    DuckDBCursorWrapper.execute = execute_until
    building.score(Settings.load(), Month.parse(MONTH), Month.parse(MONTH))
    assert is_added or not kill_at


@pytest.fixture(scope="module")
def lacking(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city as an older program left it: a table without one of its columns."""
    home = faults.copy(city, tmp_path_factory.mktemp("added") / "home", *FOLDERS)
    with duckdb.connect(str(home / "warehouse" / "bangdan.duckdb")) as con:
        con.execute(f"alter table {TABLE} drop column {COLUMN}")
    return home


def in_child(home: Path, work: Callable[[], object]) -> faults.Ended:
    return faults.run(work, home.parent / "printed", BANGDAN_HOME=str(home), BANGDAN_THREADS="1")


def rows(home: Path) -> dict[str, str]:
    """Rows of every table of the warehouse."""
    warehouse = home / "warehouse" / "bangdan.duckdb"
    return ast.literal_eval(in_child(home, lambda: print(faults.tables(warehouse))).output)


@pytest.fixture(scope="module")
def undisturbed(lacking: Path) -> dict[str, str]:
    """The rows where nothing goes wrong."""
    home = faults.copy(lacking, lacking.parent / "undisturbed", *FOLDERS)
    done = in_child(home, score)
    assert done.code == 0, done.output
    return rows(home)


@promise(
    "Killed while a newer program adds a column to a table, the warehouse opens again and a re-run builds the same rows.",
    "KILL after ALTER TABLE, and after the COMMIT that follows it, before the database's log is merged",
)
@pytest.mark.parametrize("kill_at", ["alter table", "commit"])
def test_killed_while_a_column_is_added(
    lacking: Path, undisturbed: dict[str, str], tmp_path: Path, kill_at: str
) -> None:
    home = faults.copy(lacking, tmp_path / "killed", *FOLDERS)
    killed = in_child(home, lambda: score(kill_at))
    assert killed.code == -signal.SIGKILL, killed.output
    is_in_the_log = (home / "warehouse" / "bangdan.duckdb.wal").exists()
    assert is_in_the_log or kill_at == "alter table"  # what is not committed is in no log
    again = in_child(home, score)
    assert again.code == 0, again.output
    assert rows(home) == undisturbed
