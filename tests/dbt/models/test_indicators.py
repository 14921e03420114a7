"""Indicators and the variables of other indices, before any score: single posts and reprints, counted by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.models_in_memory import Town

AUGUST = {"ranking_month": "2021-08"}


def carried(post_id: str = "p", **more: Any) -> dict[str, Any]:
    flags = dict.fromkeys(("is_read_capped", "is_like_capped", "is_comment_capped"), False)
    return {
        **AUGUST, "post_id": post_id, "outlet_id": "o", "unit_id": "u", "account_id": "a", "channel_type": "wechat", **flags, **more,
    }  # fmt: skip


@pytest.fixture
def month(town: Town) -> Town:
    """Unit u with account a, unit w with none; 31 days of WeChat, seen on 30."""
    town.put(
        "marts.fct_unit_months",
        {**AUGUST, "unit_id": "u"},
        {**AUGUST, "unit_id": "w"},
        {"ranking_month": "2021-07", "unit_id": "u"},
    )
    town.put("marts.fct_account_months", {**AUGUST, "unit_id": "u", "account_id": "a"})
    town.put(
        "marts.fct_channel_days",
        *(
            {**AUGUST, "channel_type": "wechat", "day": f"2021-08-{day:02d}", "item_count": int(day > 1)}
            for day in range(1, 32)
        ),
    )
    return town


def indicators(town: Town, *reprints: dict[str, Any]) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    town.put("marts.fct_post_outlets", *reprints)
    town.make("fct_reprint_totals", "fct_indicator_values")
    rows = town.table("select * from marts.fct_indicator_values")
    assert {row["ranking_month"] for row in rows} == {"2021-08"}
    result = {
        (row["entity_kind"], row["entity_id"], row["indicator_id"]): (
            row["value"],
            row["coverage"],
            row["capped_count"],
        )
        for row in rows
    }
    assert len(result) == len(rows) == 3 * 7
    return result


def test_a_channels_indicator_is_the_number_of_its_reprints_and_the_share_of_days_seen(month: Town) -> None:
    result = indicators(
        month, carried("p"), carried("q"), carried("r", channel_type="weibo"), carried("s", ranking_month="2021-07")
    )
    seen = Decimal("0.967742")  # 30 of 31 days
    assert result["unit", "u", "wechat"] == result["account", "a", "wechat"] == (2, seen, 0)
    assert result["unit", "u", "weibo"] == (1, None, 0)
    assert result["unit", "u", "news_app"] == (0, None, 0)
    assert result["unit", "w", "wechat"] == (0, seen, 0)


@pytest.mark.parametrize("metric", ["read", "like", "comment"])
def test_a_metrics_indicator_is_the_sum_of_what_is_known_with_the_share_that_is(month: Town, metric: str) -> None:
    column, capped = f"{metric}_count", f"is_{metric}_capped"
    result = indicators(
        month, carried("p", **{column: 100_001, capped: True}), carried("q", **{column: 4}), carried("r")
    )
    assert result["unit", "u", metric] == result["account", "a", metric] == (100_005, Decimal("0.666667"), 1)


def test_a_metric_that_nobody_knows_is_unknown_and_without_reprints_it_is_zero(month: Town) -> None:
    result = indicators(month, carried("p", read_count=0))
    assert result["unit", "u", "read"] == (0, Decimal(1), 0)
    assert result["unit", "u", "like"] == (None, Decimal(0), 0)
    assert result["unit", "w", "like"] == (0, None, 0)


def test_weights_and_goals_are_the_methods_in_force(month: Town) -> None:
    indicators(month)
    rows = month.ask(
        "select distinct dimension, indicator_id, position, weight, goalpost, transformation, method_version"
        " from marts.fct_indicator_values order by dimension, position"
    )
    assert rows == [
        (dimension, name, position, Decimal(weight), goal, "log", "2021-01")
        for dimension, name, position, weight, goal in (
            ("dissemination", "news_app", 1, "0.30", 2_000), ("dissemination", "news_site", 2, "0.30", 1_500),
            ("dissemination", "wechat", 3, "0.25", 20_000), ("dissemination", "weibo", 4, "0.15", 50_000),
            ("influence", "read", 1, "0.60", 20_000_000), ("influence", "like", 2, "0.20", 200_000),
            ("influence", "comment", 3, "0.20", 40_000),
        )
    ]  # fmt: skip


def test_an_account_that_moved_has_each_units_reprints_apart(month: Town) -> None:
    month.put("marts.fct_account_months", *({**AUGUST, "unit_id": unit, "account_id": "a"} for unit in "uw"))
    month.put("marts.fct_post_outlets", carried("p"), carried("q", unit_id="w"), carried("r", unit_id="w"))
    month.make("fct_reprint_totals", "fct_indicator_values")
    rows = month.ask(
        "select unit_id, value from marts.fct_indicator_values where entity_kind = 'account' and indicator_id = 'wechat'"
    )
    assert sorted(rows) == [("u", 1), ("w", 2)]


# ---- variables of other indices -------------------------------------------------------------------------------------


def post(post_id: str, **more: Any) -> dict[str, Any]:
    return {
        **AUGUST,
        "post_id": post_id,
        "platform": "wechat",
        "account_id": "a",
        "unit_id": "u",
        "is_counted": True,
        "is_original": True,
        **more,
    }


def variables(town: Town, *posts: dict[str, Any], of: tuple[str, str] = ("unit", "wechat")) -> dict[str, float | None]:
    town.put("marts.fct_posts", *posts)
    town.make("fct_rival_posts", "fct_rival_totals", "fct_rival_variables")
    query = "select variable, value from marts.fct_rival_variables where entity_kind = $1 and platform = $2"
    rows = town.con.execute(query, list(of)).fetchall()
    assert len(rows) == len(dict(rows))
    return dict(rows)


def test_totals_means_per_post_and_day_and_maxima_are_of_the_months_counted_posts(town: Town) -> None:
    result = variables(
        town, post("p", read_count=100, like_count=7, recommend_count=5, share_count=1, comment_count=2, repost_count=3),
        post("q", read_count=210, is_original=False), post("not counted", read_count=9_999, is_counted=False),
        post("of July", read_count=9_999, ranking_month="2021-07"),
    )  # fmt: skip
    wanted = {
        "post_count": 2, "original_count": 1, "read_total": 310, "read_max": 210, "read_per_post": 155, "read_per_day": 10, "like_total": 7,
        "like_per_post": 3.5, "recommend_total": 5, "share_max": 1, "comment_total": 2, "repost_total": 3, "unit_weight": 1,
        "read_headline_per_day": None, "reprint_count": 0, "reprint_max": 0, "reprinted_post_count": 0, "outlet_post_max": 0,
    }  # fmt: skip
    assert {name: result[name] for name in wanted} == wanted


def test_only_what_led_its_push_is_headline(town: Town) -> None:
    result = variables(
        town, post("p", read_count=62, position=1), post("q", read_count=31, position=2), post("r", read_count=31)
    )
    assert (result["read_headline_per_day"], result["like_headline_per_day"]) == (2, 0)


def test_reprints_of_posts_and_of_outlets_are_counted(town: Town) -> None:
    town.put(
        "marts.fct_post_outlets",
        *(carried(post_id, outlet_id=outlet) for post_id, outlet in (("p", "x"), ("p", "y"), ("q", "x"))),
    )
    result = variables(town, post("p"), post("q"), post("r"))
    names = ("reprint_count", "reprint_max", "reprinted_post_count", "outlet_post_max")
    assert tuple(result[name] for name in names) == (3, 2, 2, 2)


def test_both_platforms_together_are_the_one_without_name_and_accounts_stand_beside_units(town: Town) -> None:
    posts = [post("p"), post("q", platform="weibo", account_id="b")]
    for of, wanted in ((("unit", ""), 2), (("unit", "weibo"), 1), (("account", "weibo"), 1)):
        assert variables(town, *posts, of=of)["post_count"] == wanted


WEIGHTS = [
    ("2021-08-01", None, 3),
    ("2021-08-02", None, 1),
    ("2021-01-01", "2021-08-01", 1),
    ("2021-01-01", "2021-08-02", 3),
]


@pytest.mark.parametrize(("begin", "end", "weight"), WEIGHTS)
def test_a_units_weight_is_the_one_in_force_on_the_months_first_day(
    town: Town, begin: str, end: str | None, weight: int
) -> None:
    town.put("seeds.rival_unit_weights", {"unit_id": "u", "weight": 3, "valid_from": begin, "valid_to": end})
    assert variables(town, post("p"))["unit_weight"] == weight
    assert variables(town, post("p", is_original=False))["unit_weight"] == 0


def test_only_means_are_rounded_by_some_indices(town: Town) -> None:
    variables(town, post("p", read_count=1))
    rows = town.ask("select distinct variable from marts.fct_rival_variables where is_average")
    means = {
        f"{metric}_{of}"
        for metric in ("read", "like", "recommend", "share")
        for of in ("per_post", "per_day", "headline_per_day")
    }
    assert {name for (name,) in rows} == means
