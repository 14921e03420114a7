"""Published tables as files, for people without DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.operations.sql_shell import open_published
from bangdan.publication import contract
from bangdan.publication.formats import datafiles

FORMS = ("csv", "parquet")
ALL = "all"


class ExportedTable(NamedTuple):
    """A table that has been written, and its rows."""

    table: str
    file: str
    rows: int


def export(
    settings: Settings, tables: Sequence[str], target: Path, form: str = "csv", month: Month | None = None
) -> list[ExportedTable]:
    """Write the newest releases of tables, of all months or of one, into a folder; a file of the same name is replaced.

    `tables` are names of published tables, or `all`. A table that is of no month is written whole. Raises UsageError for
    an unknown table or form, before anything is written, and for a month without a release.
    """
    known = contract.tables()
    names = list(known) if list(tables) == [ALL] else list(dict.fromkeys(tables))
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no published table {name!r}", remedy=f"name some of {', '.join(known)}, or {ALL}"
            )
    if form not in FORMS:
        raise UsageError(f"{form!r} is no form of a file", remedy=f"choose of {', '.join(FORMS)}")
    with closing(open_published(settings)) as con:
        if month and not con.execute("select 1 from releases where ranking_month = $1", [str(month)]).fetchall():
            raise UsageError(
                f"{month} has no release", remedy="`bangdan status` lists the months; or leave out --month"
            )
        return [_written(con, name, target / f"{name}.{form}", month) for name in names]


def _written(con: Any, name: str, file: Path, month: Month | None) -> ExportedTable:
    has_month = any(column.name == "ranking_month" for column in contract.database_columns(name))
    condition = "where ranking_month = $1" if month and has_month else ""
    query = f"select * from {name} {condition}"
    rows = con.sql(query, params=[str(month)] if condition else []).to_arrow_table()
    with files.replacing(file) as partial:
        if file.suffix == ".csv":
            datafiles.write_csv(rows, partial)
        else:
            datafiles.write_parquet(rows, partial, name)
    return ExportedTable(name, str(file), len(rows))
