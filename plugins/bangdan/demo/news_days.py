"""How much is posted on each day of a synthetic month, and how far the posts of that day travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from random import Random

from bangdan.core.months import Month

WEEKEND = 0.6  # posts of a Saturday or Sunday, a working day being 1
EVENT_POSTS = (1.6, 1.25)  # posts of the event day and of the day after it
EVENT_HEAT = (2.0, 1.4)  # how much further the posts of these days travel
EVENT_TOPIC_SHARE = 0.45  # posts of the event day that are about the event
SUMMER = range(5, 10)  # months of typhoons and rainstorms


@dataclass(frozen=True)
class NewsDays:
    """The days of one month, drawn from a seed that is the month's name: weekends are quiet, some days have more news
    than others, and on one day something happens that every unit writes about.
    """

    month: Month

    @cached_property
    def event_day(self) -> int:
        """Day of the month, 1 based: a working day, so far from both ends that its reprints lie in the month."""
        r = Random(f"{self.month}/event")
        return r.choice([day for day in range(6, self.month.days - 6) if not self._is_weekend(day)])

    @property
    def event_topic(self) -> str:
        """The lexicon's topic of the event."""
        return "flood" if self.month.number in SUMMER else "transport"

    @cached_property
    def cumulative_posts(self) -> list[float]:
        """Running sums of the weights by which posts are spread over the days."""
        r = Random(f"{self.month}/days")
        noise = [r.uniform(0.82, 1.18) for _ in range(self.month.days)]
        return list(accumulate(noise[day - 1] * self._posts(day) for day in range(1, self.month.days + 1)))

    @cached_property
    def _heat_by_day(self) -> list[float]:
        r = Random(f"{self.month}/heat")
        return [r.uniform(0.75, 1.25) * self._event(day, EVENT_HEAT) for day in range(1, self.month.days + 1)]

    def heat(self, r: Random, at: datetime) -> float:
        """How readily a post of this moment is carried on, 1 being usual: most posts little, a few by many."""
        return self._heat_by_day[at.day - 1] * r.lognormvariate(0.0, 0.9)

    def _posts(self, day: int) -> float:
        return (WEEKEND if self._is_weekend(day) else 1.0) * self._event(day, EVENT_POSTS)

    def _event(self, day: int, factors: tuple[float, float]) -> float:
        after = day - self.event_day
        return factors[after] if after in (0, 1) else 1.0

    def _is_weekend(self, day: int) -> bool:
        return self.month.start.replace(day=day).weekday() >= 5
