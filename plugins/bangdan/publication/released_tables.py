"""The rows of a table over several releases, in the columns of its contract as it is now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bangdan.publication import contract
from bangdan.publication.ledger import Release


class Query(NamedTuple):
    """A query and its parameters."""

    sql: str
    parameters: list[list[str]]


def rows_of(table: str, releases: Iterable[Release]) -> Query:
    """All rows of a table in these releases, with the column `release`. A release that is older than a column or the
    table has no values of it.
    """
    columns = [column for column in contract.database_columns(table) if column.is_released]
    empty = ", ".join(f"cast(null as {column.data_type}) as {column.name}" for column in columns)
    paths = [release.path / "tables" / f"{table}.parquet" for release in releases]
    present = [str(path) for path in paths if path.exists()]
    rows = "union all by name select * from read_parquet($1, union_by_name = true)" if present else ""
    return Query(f"select {empty} where false {rows}", [present] if present else [])
