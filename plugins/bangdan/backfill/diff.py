"""Build a range in a scratch area and compare it with what is published: numbers for the terminal, a page in two languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from bangdan.backfill.build import build
from bangdan.backfill.causes import Causes
from bangdan.backfill.plan import MonthPlan, plan
from bangdan.core import city, files, warehouse
from bangdan.core.logs import Progress, silent
from bangdan.core.months import Month
from bangdan.core.scratch import scratch_area
from bangdan.core.settings import Settings


@dataclass(frozen=True)
class MonthDiff:
    """What building a month again would change; ranks and scores are None where it has no release yet (`is_new`)."""

    month: str
    changes: list[str]
    causes: Causes
    due_to: str | None  # the only cause, which all of the difference comes from; None where there are several or none
    is_new: bool
    units_changed: int
    ranks_changed: int | None = None
    scores_changed: int | None = None
    by_cause: dict[str, Any] = field(default_factory=dict)  # cause of a score's change → points
    rows_changed: dict[str, int] = field(default_factory=dict)  # published table → rows
    largest: list[dict[str, Any]] = field(default_factory=list)  # the largest moves of units

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "causes": self.causes.to_json()}


@dataclass(frozen=True)
class Diff:
    """The comparison of a range. `purged` months cannot be built again; `report` is the page in Chinese."""

    first: Month
    last: Month
    months: list[MonthDiff]
    purged: list[str]
    pages: dict[str, str]  # language → file name
    report: str

    @property
    def to_change(self) -> int:
        """How many months would change."""
        return sum(bool(month.units_changed or month.rows_changed) for month in self.months)

    def to_json(self) -> dict[str, Any]:
        return {
            "first": str(self.first),
            "last": str(self.last),
            "months": [month.to_json() for month in self.months],
            "purged": self.purged,
            "to_change": self.to_change,
            "pages": self.pages,
            "report": self.report,
        }


def diff(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Diff:
    """What a range would change, month by month, with the causes that the plan names. Publishes nothing.

    Everything is written below scratch/backfill, which the next comparison empties. Purged months are named and left out.
    """
    from bangdan.publication.pages import comparison_page

    planned = plan(settings, first, last).months
    shutil.rmtree(settings.home / "scratch" / "backfill", ignore_errors=True)
    scratch = scratch_area(settings, "backfill")
    pages = {"zh": f"diff-{first}-{last}.html", "en": f"diff-{first}-{last}.en.html"}
    result = Diff(
        first=first,
        last=last,
        months=list(_compared(settings, scratch, planned, progress)),
        purged=[str(row.month) for row in planned if row.action == "purged"],
        pages=pages,
        report=str(scratch.home / pages["zh"]),
    )
    lists = {each.id: (each.name, each.name_en) for each in city.load(settings).ranking_lists}
    for language, name in pages.items():
        files.write_text(scratch.home / name, comparison_page.page({**result.to_json(), "lists": lists}, language))
    return result


def _compared(
    settings: Settings, scratch: Settings, planned: list[MonthPlan], progress: Progress
) -> Iterator[MonthDiff]:
    """Build each span of months between purged ones at once, and compare its months."""
    for rows in _spans(planned):
        first, last = rows[0].month, rows[-1].month
        with warehouse.writing(scratch, f"comparing {first}..{last}"):
            build(scratch, first, last, progress)
            for row in rows:
                yield _month(settings, scratch, row)


def _spans(planned: Iterable[MonthPlan]) -> Iterator[list[MonthPlan]]:
    """The months with exports, apart where purged months lie between them."""
    for is_purged, rows in groupby(planned, key=lambda row: row.action == "purged"):
        with_exports = [row for row in rows if row.action != "no exports"]
        if with_exports and not is_purged:
            yield with_exports


def _month(settings: Settings, scratch: Settings, row: MonthPlan) -> MonthDiff:
    from bangdan.publication.movement import comparison

    kinds = row.causes.kinds
    return MonthDiff(
        month=str(row.month),
        changes=row.changes,
        causes=row.causes,
        due_to=kinds[0] if len(kinds) == 1 else None,
        **comparison.compare(scratch, settings, row.month),
    )
