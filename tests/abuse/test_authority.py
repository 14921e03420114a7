"""Attacks by sources that say what is not theirs to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.attacks import attack
from tests.support.models_in_memory import Town

AT = "2021-08-10 12:00:00"


@pytest.fixture
def town() -> Iterator[Town]:
    """A unit with a Weibo account, an export of the unit's own (a crawler's), and two of others."""
    town = Town()
    town.units({"unit_id": "u", "unit_name": "甲局"})
    town.accounts({"account_id": "a", "unit_id": "u", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "1", "account_name": "甲"})  # fmt: skip
    town.export("own", "2021-09-20 09:00:00", connector="weibo_crawler_csv")
    town.export("vendor", "2021-09-21 09:00:00", connector="monitoring_vendor")
    town.export("unknown", "2021-09-22 09:00:00", connector="a table of somebody's")
    yield town
    town.close()


def record(load_key: str, record_id: str = "1", **more: Any) -> dict[str, Any]:
    return {"load_key": load_key, "channel_type": "weibo", "account_key": "1", "record_id": record_id, "at": AT, "text": "原文", **more}  # fmt: skip


@pytest.mark.parametrize("source", ["vendor", "unknown"])
@attack("20 rows with a unit's own uid in a vendor's file", "source_authority: such a source makes no own posts; they are in qc_unconfirmed_posts")  # fmt: skip
def test_a_source_that_may_not_speak_for_accounts_makes_no_posts(town: Town, source: str) -> None:
    town.records(record("own", "0"), *(record(source, str(number)) for number in range(1, 21)))
    town.build("stg_posts", "stg_channel_items", "qc_unconfirmed_posts")
    assert town.ask("select post_id from staging.stg_posts") == [("weibo:0",)]
    # They are still the unit's own account's, and so no reprints of its posts.
    assert town.ask("select account_id, unit_id, count(*) from staging.stg_channel_items group by all") == [("a", "u", 21)]  # fmt: skip
    assert town.ask("select account_id, count(*) from review.qc_unconfirmed_posts group by all") == [("a", 20)]


@pytest.mark.parametrize("source", ["vendor", "unknown"])
@attack("rows of another source that observe a unit's posts later with lower counts and another text", "source_authority: the stronger source's observation holds")  # fmt: skip
def test_a_weaker_source_changes_neither_counts_nor_text(town: Town, source: str) -> None:
    town.records(
        record("own", like_count=900, seen="2021-08-12 08:00:00"),
        record(source, like_count=1, text="改写", seen="2021-08-13 08:00:00"),
    )
    town.build("stg_posts")
    assert town.ask("select like_count, text from staging.stg_posts") == [(900, "原文")]


def test_within_one_source_the_newest_observation_holds(town: Town) -> None:
    town.records(
        record("own", like_count=900, seen="2021-08-12 08:00:00"),
        record("own", like_count=20, seen="2021-08-13 08:00:00"),
    )
    town.build("stg_posts")
    assert town.ask("select like_count from staging.stg_posts") == [(20,)]


def test_a_row_of_a_source_holds_from_its_first_day_on(town: Town) -> None:
    town.add("seeds.source_authority", {"connector": "monitoring_vendor", "speaks_for_accounts": 1, "strength": 2, "valid_from": "2021-09-21"})  # fmt: skip
    town.export("earlier", "2021-09-20 09:00:00", connector="monitoring_vendor")
    town.records(record("vendor", "1"), record("earlier", "2"))
    town.build("stg_posts")
    assert town.ask("select post_id from staging.stg_posts") == [("weibo:1",)]
