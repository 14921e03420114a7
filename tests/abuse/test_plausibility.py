"""Attacks that look like no honest month: reprints in a few minutes, accounts that wake for one unit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.attacks import attack
from tests.support.models_in_memory import Town

AUGUST = {"ranking_month": "2021-08"}
POSTED = datetime(2021, 8, 10, 12)  # noqa: DTZ001 (Shanghai wall-clock time)


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    yield town
    town.close()


def reprint(number: int, after: timedelta, channel: str = "wechat", **more: Any) -> dict[str, Any]:
    """A counted reprint of the unit by outlet `number`, so long after the post."""
    return {
        **AUGUST, "unit_id": "u", "post_id": "p", "item_id": f"i{number}", "channel_type": channel, "is_counted": True,
        "outlet_id": f"{channel}:{number}", "reprinted_at_local": POSTED + after, "published_precision": "second", **more,
    }  # fmt: skip


def bursts(town: Town) -> list[tuple[Any, ...]]:
    town.make("qc_bursts")
    columns = "unit_id, channel_type, outlet_count, post_count, allowed_count, first_reprint_at, last_reprint_at"
    return town.ask(f"select {columns} from review.qc_bursts order by all")


@attack("reprints of a unit by 21 outlets within five minutes", "the review list qc_bursts, and a warning of the gate on facts")  # fmt: skip
def test_many_outlets_within_minutes_are_listed(town: Town) -> None:
    town.put("marts.fct_reprints", *(reprint(n, timedelta(seconds=10 * n)) for n in range(21)))
    assert bursts(town) == [("u", "wechat", 21, 1, 20, POSTED, POSTED + timedelta(seconds=200))]


@pytest.mark.parametrize(
    "rows",
    [
        [reprint(n, timedelta(seconds=10 * n)) for n in range(20)],
        [reprint(n, timedelta(seconds=10 * n), "weibo") for n in range(29)],
        [reprint(n, timedelta(minutes=n)) for n in range(200)],
        [reprint(n, timedelta(0), published_precision="day") for n in range(99)],
        [reprint(n, timedelta(0), is_counted=False) for n in range(99)],
        [reprint(7, timedelta(seconds=n), item_id=f"i{n}") for n in range(99)],
        [reprint(n, timedelta(0), unit_id=f"u{n % 9}") for n in range(99)],
    ],
    ids=["as many as may", "on Weibo", "one a minute", "known to the day", "not counted", "one outlet", "many units"],
)
def test_what_an_honest_month_has_is_not_listed(town: Town, rows: list[dict[str, Any]]) -> None:
    town.put("marts.fct_reprints", *rows)
    assert bursts(town) == []


@attack("accounts that had nothing last month and carry one unit", "the review list qc_waking_outlets, and a warning of the ranking gate")  # fmt: skip
def test_outlets_that_wake_for_one_unit_are_listed(town: Town) -> None:
    one_sided = {**AUGUST, "unit_id": "u", "channel_type": "wechat", "reprint_count": 3, "rank": 1, "rank_without": 9}
    town.put("review.qc_one_sided_outlets", *({**one_sided, "outlet_id": f"wechat:{name}"} for name in ("new", "old")))
    town.add("review.qc_one_sided_outlets", {**one_sided, "channel_type": "news_app", "outlet_id": "news_app:x"})
    items = [("2021-07", "old"), ("2021-08", "new"), ("2021-08", "old"), ("2021-06", "new")]
    town.put(
        "staging.stg_channel_items",
        *(
            {
                "item_id": f"{month}{name}",
                "published_month": month,
                "channel_type": "wechat",
                "outlet_id": f"wechat:{name}",
            }
            for month, name in items
        ),
    )
    town.make("qc_waking_outlets")
    # Of news apps the month before has no items: nobody knows which of them are new.
    assert town.ask("select outlet_id, reprint_count, rank, rank_without from review.qc_waking_outlets") == [
        ("wechat:new", 3, 1, 9)
    ]
