"""The ranking month: a half-open interval of Asia/Shanghai local time, written `2021-08`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bangdan.core.errors import UsageError

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Other months that a ranking month reads: posts published in the months before it, items in those after it.
MONTHS_BACK = 3
MONTHS_AHEAD = 1
MOST_MONTHS = 600  # of a range: as many as the macro `months_of_the_build` counts
FIRST_MOMENT = datetime(2009, 1, 1, tzinfo=SHANGHAI)  # no channel that is ranked is older
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def is_plausible(moment: datetime) -> bool:
    """May an export have been received then: not before 2009, and no more than a day from now?"""
    return moment.year >= FIRST_MOMENT.year - 1 and FIRST_MOMENT <= moment <= datetime.now(UTC) + timedelta(days=1)


@dataclass(frozen=True, order=True)
class Month:
    """One ranking month. `Month.parse("2021-08") + 1 == Month.parse("2021-09")`."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `YYYY-MM`; anything else is a UsageError."""
        match = _MONTH.fullmatch(text or "")
        if not match or match[1] == "0000":
            raise UsageError(f"{text!r} is not a month", remedy="write it as YYYY-MM, for example 2021-08")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """The month that holds a moment; a moment without a zone is Shanghai time."""
        local = moment.astimezone(SHANGHAI) if moment.tzinfo else moment
        return cls(local.year, local.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def __add__(self, months: int) -> Month:
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def __sub__(self, months: int) -> Month:
        return self + -months

    @property
    def start(self) -> datetime:
        """First moment of the month, Shanghai local, without a zone."""
        return datetime(self.year, self.number, 1)  # noqa: DTZ001 - local time by definition

    @property
    def end(self) -> datetime:
        """First moment after the month, Shanghai local, without a zone."""
        return (self + 1).start

    @property
    def days(self) -> int:
        return (self.end - self.start) // timedelta(days=1)


def read_by(month: Month) -> list[str]:
    """The months whose records a ranking month reads, ascending, as YYYY-MM."""
    return [str(read) for read in each(month - MONTHS_BACK, month + MONTHS_AHEAD)]


def parse_range(text: str) -> tuple[Month, Month]:
    """Read `A..B` (both ends included) or a single month; UsageError for more than `MOST_MONTHS` months."""
    first, dots, last = text.partition("..")
    start, end = Month.parse(first), Month.parse(last if dots else first)
    if end < start:
        raise UsageError(f"{text!r} runs backwards", remedy="write the earlier month first: A..B")
    if start + MOST_MONTHS <= end:
        raise UsageError(f"{text!r} is longer than {MOST_MONTHS:,} months", remedy="write a shorter range: A..B")
    return start, end


def each(first: Month, last: Month) -> Iterator[Month]:
    """All months from first to last, both included, ascending."""
    while first <= last:
        yield first
        first = first + 1


def span(first: Month, last: Month) -> str:
    """`2021-08`, or `2021-07..2021-08`: the inverse of `parse_range`."""
    return str(first) if first == last else f"{first}..{last}"
