"""How long a range of months will take, by what runs and ranges on record took."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bangdan.backfill import journal
from bangdan.core.settings import Settings


@dataclass(frozen=True)
class Estimate:
    """Seconds of a range; None where no run is on record. An upper bound counts every month as the first."""

    seconds: int | None
    is_upper_bound: bool = False


def of(settings: Settings, months: int) -> Estimate:
    """Seconds for so many months: what one month took by the runs on record, and for each further one what it added in
    the longest range on record; without such a range as long again, which is too much.
    """
    first = _seconds_of_a_month(settings)
    if first is None or not months:
        return Estimate(None)
    ranges = [row for row in journal.summaries(settings) if row.ended and row.seconds and len(row.wanted) > 1]
    if not ranges:
        return Estimate(round(first * months), is_upper_bound=months > 1)
    longest = max(ranges, key=lambda row: len(row.wanted))
    further = min(max((longest.seconds - first) / (len(longest.wanted) - 1), 0), first)
    return Estimate(round(first + further * (months - 1)))


def _seconds_of_a_month(settings: Settings) -> float | None:
    """Mean of the runs on record that went from exports to release; one of an unchanged month built nothing."""
    seconds = []
    for report in sorted(settings.runs.glob("????-??/run_report.json")):
        stages = json.loads(report.read_text("utf-8"))["stages"]
        if any(stage["stage"] == "match" and not stage.get("unchanged") for stage in stages):
            seconds.append(sum(stage.get("seconds", 0) for stage in stages))
    return sum(seconds) / len(seconds) if seconds else None
