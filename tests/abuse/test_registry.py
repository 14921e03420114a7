"""Attacks by outlets that nobody registered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from tests.support.attacks import attack
from tests.support.models_in_memory import Town, shanghai

AUGUST = {"ranking_month": "2021-08"}
POSTED = datetime(2021, 8, 10, 12)  # noqa: DTZ001 (Shanghai wall-clock time)
INVENTED = 600


@pytest.fixture
def town() -> Iterator[Town]:
    """Two units: 甲 has one post that a registered app carried, 乙 is one reprint ahead on a second post."""
    town = Town()
    post = {"published_month": "2021-08", "platform": "wechat", "is_unowned": False, "is_repost": False, "published_at_local": POSTED, "published_precision": "second"}  # fmt: skip
    town.put(
        "staging.stg_posts",
        {**post, "post_id": "p", "account_id": "a", "unit_id": "u"},
        {**post, "post_id": "q", "account_id": "b", "unit_id": "w"},
    )
    town.put("staging.stg_channel_items", item("real"), item("real-2"), item("real-3"))
    town.put("evidence.matches", match("real", "p"), match("real-2", "q"), match("real-3", "q"))
    yield town
    town.close()


def item(name: str, channel: str = "news_app", is_mapped: bool = True) -> dict[str, Any]:
    return {
        "item_id": name, "published_month": "2021-08", "channel_type": channel, "outlet_id": f"{channel}:{name}", "is_mapped": is_mapped,
        "published_at_local": POSTED, "published_at": shanghai("2021-08-10 12:00:00"), "published_precision": "second",
    }  # fmt: skip


def match(item_id: str, post_id: str) -> dict[str, Any]:
    return {"item_id": item_id, "post_id": post_id, "post_month": "2021-08", "month": "2021-08", "confidence": "A", "is_counted": True}  # fmt: skip


def invent(town: Town, channel: str) -> None:
    """Outlets of a channel type that nobody registered, each with a copy of 甲's post."""
    town.add("staging.stg_channel_items", *(item(f"new-{n}", channel, is_mapped=False) for n in range(INVENTED)))
    town.add("evidence.matches", *(match(f"new-{n}", "p") for n in range(INVENTED)))


def counted(town: Town) -> dict[str | None, int]:
    """Matches of 甲's post by the reason why they are not counted."""
    town.make(
        "int_months", "int_posts__attributed", "int_reprints__engagement", "int_reprints__matched", "fct_reprints"
    )
    return dict(
        town.ask("select not_counted_reason, count(*) from marts.fct_reprints where post_id = 'p' group by all")
    )


@pytest.mark.parametrize("channel", ["news_app", "news_site"])
@attack("600 invented apps and sites that carry a unit's posts", "closed registries: registered outlets alone count")
def test_outlets_that_nobody_registered_do_not_count_where_the_registry_is_closed(town: Town, channel: str) -> None:
    invent(town, channel)
    assert counted(town) == {None: 1, "unregistered_outlet": INVENTED}


def test_they_count_where_the_registry_is_open_or_not_closed_yet(town: Town) -> None:
    town.put("seeds.closed_registries", {"channel_type": "news_app", "valid_from": date(2021, 9, 1)})
    invent(town, "news_app")
    assert counted(town) == {None: 1 + INVENTED}


def test_an_account_of_the_registry_needs_no_outlet_of_its_own(town: Town) -> None:
    town.add("staging.stg_channel_items", {**item("account", is_mapped=False), "account_id": "other"})
    town.add("evidence.matches", match("account", "p"))
    assert counted(town) == {None: 2}


@attack("the same outlets, to be overlooked", "the review list qc_unregistered_outlets names them and the rank they would have made")  # fmt: skip
def test_they_are_listed_with_the_rank_that_they_would_have_made(town: Town) -> None:
    invent(town, "news_app")
    counted(town)
    indicator = {**AUGUST, "method_version": "2021-01", "dimension": "dissemination", "indicator_id": "news_app", "transformation": "log", "weight": 0.3, "goalpost": 2000}  # fmt: skip
    score = {**AUGUST, "ranking_list": "districts", "dimension": "dissemination", "bonus_points": 0, "is_ranked": True}
    town.put(
        "marts.fct_unit_month_indicators",
        {**indicator, "unit_id": "u", "value": 1},
        {**indicator, "unit_id": "w", "value": 2},
    )
    town.put(
        "marts.fct_unit_month_scores",
        {**score, "unit_id": "u", "score": 2.74, "rank": 2},
        {**score, "unit_id": "w", "score": 4.34, "rank": 1},
    )
    town.make("qc_unregistered_outlets")
    rows = town.ask(
        "select unit_id, count(*), sum(reprint_count), min(dissemination_rank), max(dissemination_rank_with_all)"
        " from review.qc_unregistered_outlets group by all"
    )
    assert rows == [("u", INVENTED, INVENTED, 2, 1)]
