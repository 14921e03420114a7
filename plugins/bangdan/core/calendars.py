"""When the ranking of a month may be computed, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bangdan.core import methods
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings


@dataclass(frozen=True)
class Calendar:
    """When a month may be computed. Moments carry the zone Asia/Shanghai."""

    window_closed_at: datetime  # no earlier: items still come in that the method counts
    due_at: datetime  # no later: the first gate then decides on what is there


def of(settings: Settings, month: Month) -> Calendar:
    """The days of a month under the method in force in it (seeds method_versions, method_parameters).

    Raises UsageError where no method is in force, BangdanError where it lacks a parameter.
    """
    hours, due_day = (int(methods.parameter(settings, month, name)) for name in ("window_hours", "due_day"))
    end = month.end.replace(tzinfo=SHANGHAI)
    return Calendar(end + timedelta(hours=hours), end + timedelta(days=due_day - 1))
