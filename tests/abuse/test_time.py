"""Attacks with times: an export that dates its records earlier than the platform did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.attacks import attack
from tests.support.models_in_memory import Town

ID_EPOCH_SECONDS = 515_483_463
MADE = datetime(2021, 8, 10, 12, tzinfo=timezone(timedelta(hours=8)))
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def town() -> Iterator[Town]:
    """Two units with a Weibo account each."""
    town = Town()
    town.units({"unit_id": "u", "unit_name": "甲局"}, {"unit_id": "w", "unit_name": "乙局"})
    town.accounts(
        {"account_id": "a", "unit_id": "u", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "1", "account_name": "甲"},
        {"account_id": "b", "unit_id": "w", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "2", "account_name": "乙"},
    )  # fmt: skip
    yield town
    town.close()


def weibo_id(made: datetime, serial: int = 1) -> str:
    return str(((int(made.timestamp()) - ID_EPOCH_SECONDS) << 22) + serial)


def post(exported: datetime, made: datetime = MADE, **more: Any) -> dict[str, Any]:
    """A Weibo post whose id holds one time and whose export gives another."""
    return {"channel_type": "weibo", "account_key": "1", "record_id": weibo_id(made), "at": f"{exported:%Y-%m-%d %H:%M:%S}", **more}  # fmt: skip


def times(town: Town) -> list[tuple[Any, ...]]:
    town.build("stg_posts", "qc_contradicted_times")
    return town.ask(
        "select account_id, published_at_local, published_precision from staging.stg_posts order by published_at, post_id"
    )


def local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


@attack("copies of a rival's posts that an export dates 11 minutes earlier", "the time in Weibo's own id holds, in the order of a family too")  # fmt: skip
def test_a_copy_that_is_dated_earlier_stays_the_copy(town: Town) -> None:
    copied = MADE + 5 * MINUTE
    town.records(post(MADE, account_key="2"), post(MADE - 11 * MINUTE, copied))
    assert times(town) == [("b", local(MADE), "second"), ("a", local(copied), "second")]


@attack("copies of a rival's posts that an export dates nine minutes earlier, which is within the skew", "no time is before the one in Weibo's own id")  # fmt: skip
def test_a_copy_that_is_dated_earlier_within_the_skew_stays_the_copy(town: Town) -> None:
    copied = MADE + 5 * MINUTE
    town.records(post(MADE, account_key="2"), post(copied - 9 * MINUTE, copied))
    assert times(town) == [("b", local(MADE), "second"), ("a", local(copied), "second")]
    assert town.ask("select * from review.qc_contradicted_times") == []


@attack("a time that contradicts the platform's", "the review list qc_contradicted_times")
def test_a_contradicted_time_is_listed_with_the_one_that_holds(town: Town) -> None:
    town.records(post(MADE - DAY), post(MADE, record_id=weibo_id(MADE, 2)))
    times(town)
    assert town.ask(
        "select ranking_month, account_id, unit_id, exported_at_local, published_at_local from review.qc_contradicted_times"
    ) == [("2021-08", "a", "u", local(MADE - DAY), local(MADE))]


WITHIN: dict[str, tuple[datetime, str, datetime | None]] = {
    # exported time and its precision → the time that holds without being listed; None where the record is listed
    "ten minutes earlier": (MADE - 10 * MINUTE, "second", MADE),
    "a second more": (MADE - 10 * MINUTE - SECOND, "second", None),
    "ten minutes later": (MADE + 10 * MINUTE, "second", MADE + 10 * MINUTE),
    "a second more than ten minutes later": (MADE + 10 * MINUTE + SECOND, "second", None),
    "its own minute": (MADE, "minute", MADE),
    "the minute, eleven minutes before its end": (MADE - 10 * MINUTE - 59 * SECOND, "minute", MADE),
    "the minute before": (MADE - 12 * MINUTE, "minute", None),
    "the day": (MADE.replace(hour=0), "day", MADE.replace(hour=0)),
    "the day before": (MADE.replace(hour=0) - DAY, "day", None),
}


@pytest.mark.parametrize("case", WITHIN)
def test_a_time_within_the_skew_of_the_ids_holds_unless_it_is_earlier(town: Town, case: str) -> None:
    exported, precision, holds = WITHIN[case]
    town.records(post(exported, published_precision=precision))
    wanted = (local(holds), precision) if holds else (local(MADE), "second")
    assert times(town) == [("a", *wanted)]
    assert town.ask("select count(*) from review.qc_contradicted_times") == [(0 if holds else 1,)]


@pytest.mark.parametrize("record_id", ["1", "346000000000000", "4000000000000a00", "1500000000000000"])
def test_an_id_that_holds_no_time_contradicts_none(town: Town, record_id: str) -> None:
    town.records(post(MADE, record_id=record_id))
    assert times(town) == [("a", local(MADE), "second")]
