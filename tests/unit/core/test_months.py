"""The ranking month: a half-open interval of Shanghai time, counted in whole months."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bangdan.core.errors import UsageError
from bangdan.core.months import Month, each, parse_range

# Local times of Shanghai without a zone are what this module is about.
# ruff: noqa: DTZ001


@pytest.mark.parametrize("text", ["2021-08", "0001-01", "9999-12", "2021-10", "2021-09"])
def test_a_month_is_written_as_it_is_read(text: str) -> None:
    assert str(Month.parse(text)) == text


WRONG = [
    "",
    "2021",
    "2021-8",
    "2021-00",
    "2021-13",
    "2021-20",
    "21-08",
    "2021/08",
    "2021-08-01",
    " 2021-08",
    "2021-08\n",
    "x2021-08",
    "２０２１-13",
    "２０２１-08",
    "٢٠٢١-08",
    "0000-01",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_written_so_is_no_month(text: str) -> None:
    with pytest.raises(UsageError, match="is not a month") as refused:
        Month.parse(text)
    assert "YYYY-MM" in str(refused.value)
    assert refused.value.exit_code == 2


MOMENTS = [
    (datetime(2021, 8, 1), "2021-08"),
    (datetime(2021, 7, 31, 23, 59, 59), "2021-07"),
    (datetime(2021, 7, 31, 15, 59, 59, tzinfo=UTC), "2021-07"),
    (datetime(2021, 7, 31, 16, tzinfo=UTC), "2021-08"),
    (datetime(2020, 12, 31, 16, tzinfo=UTC), "2021-01"),
    (datetime(2021, 8, 1, 0, 30, tzinfo=timezone(timedelta(hours=9))), "2021-07"),
    (datetime(2021, 8, 1, tzinfo=timezone(timedelta(hours=8))), "2021-08"),
]


@pytest.mark.parametrize(("moment", "month"), MOMENTS)
def test_the_month_of_a_moment_is_told_by_the_clock_of_shanghai(moment: datetime, month: str) -> None:
    assert str(Month.of(moment)) == month


STEPS = [
    ("2021-08", 1, "2021-09"), ("2021-12", 1, "2022-01"), ("2021-01", -1, "2020-12"), ("2021-03", -3, "2020-12"), ("2021-08", 0, "2021-08"),
    ("2021-11", 1, "2021-12"), ("2021-12", 12, "2022-12"), ("2021-06", -30, "2018-12"),
]  # fmt: skip


@pytest.mark.parametrize(("month", "steps", "wanted"), STEPS)
def test_months_are_counted_over_the_turn_of_the_year(month: str, steps: int, wanted: str) -> None:
    assert Month.parse(month) + steps == Month.parse(wanted)
    assert Month.parse(month) - -steps == Month.parse(wanted)
    assert Month.parse(wanted) - steps == Month.parse(month)


@pytest.mark.parametrize(
    ("month", "start", "end", "days"),
    [
        ("2021-08", datetime(2021, 8, 1), datetime(2021, 9, 1), 31), ("2020-02", datetime(2020, 2, 1), datetime(2020, 3, 1), 29),
        ("2021-02", datetime(2021, 2, 1), datetime(2021, 3, 1), 28), ("2021-12", datetime(2021, 12, 1), datetime(2022, 1, 1), 31),
        ("2021-04", datetime(2021, 4, 1), datetime(2021, 5, 1), 30),
    ],
)  # fmt: skip
def test_a_month_begins_at_its_first_midnight_and_ends_at_the_next_months(
    month: str, start: datetime, end: datetime, days: int
) -> None:
    entry = Month.parse(month)
    assert (entry.start, entry.end, entry.days) == (start, end, days)
    assert entry.start.tzinfo is None


def test_months_are_in_the_order_of_time() -> None:
    texts = ["2020-12", "2021-01", "2021-02", "2021-10", "2022-01"]
    assert sorted(map(Month.parse, reversed(texts))) == [Month.parse(text) for text in texts]
    assert Month.parse("2020-12") < Month.parse("2021-01")


RANGES = [
    ("2021-08", ["2021-08"]), ("2021-08..2021-08", ["2021-08"]), ("2020-11..2021-02", ["2020-11", "2020-12", "2021-01", "2021-02"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "months"), RANGES)
def test_a_range_holds_both_ends(text: str, months: list[str]) -> None:
    assert [str(month) for month in each(*parse_range(text))] == months


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(UsageError, match="runs backwards") as refused:
        parse_range("2021-09..2021-08")
    assert "A..B" in str(refused.value)


@pytest.mark.parametrize(
    "text", ["..", "2021-08..", "..2021-08", "2021-08...2021-09", "2021-08..2021-13", "2021-08-2021-09", ""]
)
def test_half_a_range_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="is not a month"):
        parse_range(text)


def test_a_range_of_fifty_years_is_taken_and_a_longer_one_is_refused() -> None:
    assert parse_range("1951-01..2000-12") == (Month(1951, 1), Month(2000, 12))
    for text in ("1951-01..2001-01", "2000-01..9999-12"):
        with pytest.raises(UsageError, match="is longer than 600 months") as refused:
            parse_range(text)
        assert "A..B" in str(refused.value)


def test_there_are_no_months_from_a_later_to_an_earlier() -> None:
    assert list(each(Month.parse("2021-09"), Month.parse("2021-08"))) == []
