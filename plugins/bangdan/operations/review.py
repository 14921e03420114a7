"""What a person should look at in a month: the lists of schema `review`, which never stop a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bangdan import transform
from bangdan.core import warehouse
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, rejected

REJECTS = "rejects"  # of the raw layer, not of the schema `review`
SHOWN = 20
Condition = tuple[str, list[Any]]


def _of_ranking_month(month: Month) -> Condition:
    return "ranking_month = $1", [str(month)]


def _of_span(month: Month) -> Condition:
    """Registry rows hold for spans of time, not for months: those that overlap the month, as the first gate reads them."""
    return "conflict_from < $2 and $1 < conflict_to", [month.start, month.end]


# How a list is cut to a month, where it is not by its column ranking_month.
CUT_BY: dict[str, Callable[[Month], Condition]] = {"registry_conflicts": _of_span}


def lists(settings: Settings, month: Month, name: str | None = None) -> dict[str, Any]:
    """Every list with its number of rows in the month and the first of them; all rows of one that is named.

    `rejects` lists the rows that were not loaded; it needs no month that has been built. Raises BangdanError for a month
    that has not been built, or has no export, UsageError for an unknown list.
    """
    if name == REJECTS:
        rejects = rejected.rejected_rows(settings, month)
        if not rejects and not any(str(month) in export.dated_months for export in catalogue.rows(settings)):
            raise BangdanError(
                f"no export that has been loaded holds rows of {month}",
                remedy=f"`bangdan run --month {month} --inbox FOLDER` with its exports; `bangdan status` lists the months",
            )
        return {"month": str(month), "lists": {REJECTS: {"count": len(rejects), "rows": rejects}}}
    if not settings.warehouse.exists():
        raise BangdanError("nothing has been built yet", remedy=f"run `bangdan run --month {month}`")
    with warehouse.writing(settings, f"reading the review lists of {month}"):
        built = transform.built_months(settings)
        if str(month) not in built:
            known = f" (built are {', '.join(sorted(built))})" if built else ""
            raise BangdanError(f"{month} has not been built{known}", remedy=f"run `bangdan run --month {month}`")
        return _lists(settings, month, name)


def _lists(settings: Settings, month: Month, name: str | None) -> dict[str, Any]:
    with warehouse.connect(settings, read_only=True) as con:
        known = [
            table.removeprefix("qc_")
            for (table,) in con.execute(
                "select table_name from duckdb_tables() where schema_name = 'review' and table_name like 'qc_%' order by all"
            ).fetchall()
        ]
        if name and name not in known:
            raise UsageError(
                f"there is no review list {name!r}",
                remedy=f"one of: {', '.join([*known, REJECTS])}",
            )
        content = {}
        for list_name in [name] if name else known:
            condition, values = CUT_BY.get(list_name, _of_ranking_month)(month)
            rows = con.sql(
                f"select * from review.qc_{list_name} where {condition} order by all", params=values
            ).to_arrow_table()
            content[list_name] = {"count": len(rows), "rows": (rows if name else rows.slice(0, SHOWN)).to_pylist()}
    return {"month": str(month), "lists": content}
