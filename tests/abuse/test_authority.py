"""Attacks by sources that say what is not theirs to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.support.attacks import attack
from tests.support.models_in_memory import Town

AT = "2021-08-10 12:00:00"


@pytest.fixture
def town() -> Iterator[Town]:
    """A unit with a Weibo account, an export of the unit's own (a crawler's), another crawler's, and two of others."""
    town = Town()
    town.units({"unit_id": "u", "unit_name": "甲局"})
    town.accounts({"account_id": "a", "unit_id": "u", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "1", "account_name": "甲"})  # fmt: skip
    town.export("own", "2021-09-20 09:00:00", connector="weibo_crawler_csv")
    town.export("vendor", "2021-09-21 09:00:00", connector="monitoring_vendor")
    town.export("other", "2021-09-21 09:00:00", connector="weibo_spider_jsonl")  # as strong as `own`
    town.export("unknown", "2021-09-22 09:00:00", connector="a table of somebody's")
    yield town
    town.close()


def record(load_key: str, record_id: str = "1", **more: Any) -> dict[str, Any]:
    return {"load_key": load_key, "connector": load_key, "channel_type": "weibo", "account_key": "1", "record_id": record_id, "at": AT, "text": "原文", **more}  # fmt: skip


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


@attack("rows that observe a rival's items again, later and with another text, title or time", "the first that the strongest source has given holds; review list qc_changed_texts")  # fmt: skip
@pytest.mark.parametrize("change", [{"text": "改写"}, {"title": "新题", "text": "改写"}, {"at": "2021-08-09 12:00:00"}, {"at": "2021-09-01 00:30:00"}])  # fmt: skip
@pytest.mark.parametrize("source", ["own", "other", "vendor"])
def test_a_later_observation_changes_neither_text_nor_time(town: Town, source: str, change: dict[str, str]) -> None:
    again = {"title": "原题", "seen": "2021-09-02 08:00:00", **change}
    town.records(record("own", title="原题", seen="2021-08-12 08:00:00"), record(source, **again))
    town.build("stg_posts", "stg_channel_items")
    held = "select title, text, published_at_local, published_month from staging.stg_posts"
    assert town.ask(held) == [("原题", "原文", datetime(2021, 8, 10, 12), "2021-08")]  # noqa: DTZ001
    assert town.ask("select title, published_month from staging.stg_channel_items") == [("原题", "2021-08")]
    town.put("marts.fct_posts", {"ranking_month": "2021-08", "post_id": "weibo:1"})
    town.put("marts.fct_reprints")
    town.make("qc_changed_texts")
    listed = (
        "select item_id, is_title_changed, is_text_changed, is_time_changed, source_row from review.qc_changed_texts"
    )
    assert town.ask(listed) == [("weibo:1", again["title"] != "原题", "text" in change, "at" in change, 2)]


@attack("a row of a weaker source that gives a post without a title one, with another text", "strength goes before titles")  # fmt: skip
def test_a_weaker_sources_title_brings_no_text_with_it(town: Town) -> None:
    town.records(record("own"), record("vendor", title="新题", text="改写"))
    town.build("stg_posts")
    assert town.ask("select title, text from staging.stg_posts") == [(None, "原文")]


def test_the_beginning_of_a_text_or_a_time_to_the_day_is_no_change(town: Town) -> None:
    town.records(
        record("own", text="原文很长", seen="2021-08-12 08:00:00"),
        record("other", text="原文 ", at="2021-08-10 00:00:00", published_precision="day", seen="2021-08-13 08:00:00"),
    )
    town.build("stg_posts")
    town.put("marts.fct_posts", {"ranking_month": "2021-08", "post_id": "weibo:1"})
    town.put("marts.fct_reprints")
    town.make("qc_changed_texts")
    assert town.ask("select * from review.qc_changed_texts") == []


@pytest.mark.parametrize("source", ["vendor", "other"])
@attack("rows of another source that observe a reprint later with lower counts", "between sources of equal strength the larger count holds, of a weaker one none")  # fmt: skip
def test_another_source_lowers_no_count_of_a_reprint(town: Town, source: str) -> None:
    person = {"account_key": "9", "account_pseudonym": "f9", "item_salt": "s"}
    town.records(
        record("own", like_count=900, read_count=50_000, seen="2021-08-12 08:00:00", **person),
        record(source, like_count=1, read_count=1, comment_count=10**6, seen="2021-08-13 08:00:00", **person),
    )
    town.build("stg_observations", "stg_channel_items")
    [(item_id,)] = town.ask("select item_id from staging.stg_channel_items")
    match = {"item_id": item_id, "post_id": "p", "post_month": "2021-08", "month": "2021-08", "is_counted": True}
    town.put("evidence.matches", match)
    town.make("int_months", "int_reprints__engagement")
    comments = 10**6 if source == "other" else None
    assert town.ask("select read_count, like_count, comment_count from intermediate.int_reprints__engagement") == [
        (50_000, 900, comments)
    ]
