"""Build a range in a scratch area and set it beside what is published: numbers for the terminal, a page in two languages."""

from __future__ import annotations

import shutil
from typing import Any

from bangdan import pipeline
from bangdan.backfill.build import build
from bangdan.backfill.plan import plan
from bangdan.core import files, warehouse
from bangdan.core.months import Month
from bangdan.core.scratch import scratch_area
from bangdan.core.settings import Settings


def diff(settings: Settings, first: Month, last: Month, progress: pipeline.Progress | None = None) -> dict[str, Any]:
    """What a range would change, month by month; the plan's causes beside it. Publishes nothing.

    Everything is written below scratch/backfill, which the next comparison empties.
    """
    from bangdan.publication.movement import comparison
    from bangdan.publication.pages import comparison_page

    tell = progress or pipeline.silent
    planned = {row["month"]: row for row in plan(settings, first, last)["months"]}
    wanted = [Month.parse(month) for month, row in planned.items() if row["action"] != "no exports"]
    shutil.rmtree(settings.home / "scratch" / "backfill", ignore_errors=True)
    scratch = scratch_area(settings, "backfill")
    months = []
    if wanted:
        with warehouse.writing(scratch, f"comparing {first}..{last}"):
            build(scratch, wanted[0], wanted[-1], tell)
            for month in wanted:
                row = planned[str(month)]
                found = comparison.compare(scratch, settings, month)
                # Where only one thing has changed, all of the difference is its doing.
                only = next(iter(row["causes"])) if len(row["causes"]) == 1 else None
                told = {"month": str(month), "changes": row["changes"], "causes": row["causes"], "due_to": only}
                months.append({"largest": [], "by_cause": {}, "rows_changed": {}} | told | found)
    result: dict[str, Any] = {
        "first": str(first),
        "last": str(last),
        "months": months,
        "to_change": sum(bool(month["units_changed"] or month["rows_changed"]) for month in months),
        "pages": {"zh": f"diff-{first}-{last}.html", "en": f"diff-{first}-{last}.en.html"},
    }
    for language, name in result["pages"].items():
        files.write_text(scratch.home / name, comparison_page.page(result, language))
    return {**result, "report": str(scratch.home / result["pages"]["zh"])}
