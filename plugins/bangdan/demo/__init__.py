"""A synthetic city: the same exports real tools would write, so that a month can be run without any real data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.logs import Progress
from bangdan.core.months import Month, each
from bangdan.core.processes import each_in_processes
from bangdan.core.settings import CITY_FILE

CITY = Path(__file__).with_name("city")


def write_city(folder: Path) -> None:
    """Write city.yml, rules and corrections of the demo into a city's folder; files that are there already stay.

    Raises UsageError where the folder is another city's: synthetic exports are never mixed with a city's own.
    """
    own = folder / CITY_FILE
    if own.is_file() and "\nname: 申城\n" not in own.read_text("utf-8", errors="replace"):
        raise UsageError(
            f"{folder} is the folder of another city", remedy="set BANGDAN_HOME to a new folder for the demo"
        )
    for file in sorted(CITY.rglob("*.*")):
        target = folder / file.relative_to(CITY)
        if not target.exists():
            files.write_bytes(target, file.read_bytes())


def write(
    first: Month, last: Month, inbox: Path, scale: float = 1.0, progress: Progress | None = None
) -> dict[str, Any]:
    """Write the registry and each month's exports below `inbox`; a month's bytes depend on it and the scale only."""
    from bangdan.demo import exports

    exports.registry(inbox)
    written: dict[str, Any] = {}
    for month, counts in each_in_processes(write_month, [(month, inbox, scale) for month in each(first, last)], 2):
        written[month] = counts
        if progress:
            progress(f"{month}: {counts['posts']:,} posts, {counts['items']:,} items")
    return {"inbox": str(inbox), "synthetic": True, "months": dict(sorted(written.items()))}


def write_month(month: Month, inbox: Path, scale: float) -> tuple[str, dict[str, int]]:
    """One month's exports; returns its name and how much was written."""
    from bangdan.demo import exports, items, posts, world

    plan = world.plan(month, scale)
    own = posts.write(plan)
    carried = items.write(plan, own)
    exports.month(inbox, plan, own, carried)
    return str(month), {"posts": len(own), "items": len(carried)}
