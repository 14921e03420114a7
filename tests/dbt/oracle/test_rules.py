"""Single rules of scoring and publishing, each on a handful of rows made by hand, with expected values worked by hand."""

# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import jinja2
import pytest
import yaml

from tests.support.oracle import worlds
from tests.support.oracle.compiled import DBT, MONTHS, Rows, Warehouse, macros

MONTH = "2021-08"


@pytest.fixture(scope="module")
def models(warehouse: Warehouse) -> Warehouse:
    """Every table is there, in its shape."""
    worlds.settle(warehouse, worlds.world_of(0, 4))
    warehouse.empty()
    for month in MONTHS:
        warehouse.build(month)
    return warehouse


def month(**more: Any) -> dict[str, Any]:
    return {
        "ranking_month": MONTH, "month_start": date(2021, 8, 1), "month_end": date(2021, 9, 1), "method_version": "v",
        "bonus_ceiling": 5, "bonus_per_theme": 2, "bonus_reference_posts": 200, "bonus_transformation": "log", **more,
    }  # fmt: skip


def unit(unit_id: str, **more: Any) -> dict[str, Any]:
    return {
        "ranking_month": MONTH, "unit_id": unit_id, "ranking_list": "districts", "account_count": 1, "post_count": 3, "platform_count": 2,
        "first_platform": "wechat", "moved_account_count": 0, **more,
    }  # fmt: skip


def indicator(unit_id: str, contribution: str, dimension: str = "influence", **more: Any) -> dict[str, Any]:
    return {
        "ranking_month": MONTH, "method_version": "v", "unit_id": unit_id,
        "dimension": dimension, "indicator_id": "read", "contribution": Decimal(contribution), "weight": Decimal("0.60"),
        "capped_count": 0, **more,
    }  # fmt: skip


def scored(
    models: Warehouse, units: Rows, indicators: Rows, bonus: Rows | None = None, **more: Any
) -> dict[str, dict[str, Any]]:
    rows = models.given(
        MONTH, "fct_unit_month_scores", fct_unit_months=units, fct_unit_month_indicators=indicators, fct_unit_month_bonus=bonus or [],
        int_months=[month(**more)],
    )  # fmt: skip
    return {row["unit_id"]: row for row in rows}


def theme(unit_id: str, theme_id: str, points: str) -> dict[str, Any]:
    return {"ranking_month": MONTH, "unit_id": unit_id, "theme_id": theme_id, "bonus_points": Decimal(points)}


# ---- ranks ---------------------------------------------------------------------------------------------------------


def test_ties_share_a_rank_and_the_next_one_is_skipped(models: Warehouse) -> None:
    result = scored(
        models, [unit(u) for u in "abcd"], [indicator(*entry) for entry in zip("abcd", ("50", "40", "40", "10"))]
    )
    assert {u: row["rank"] for u, row in result.items()} == {"a": 1, "b": 2, "c": 2, "d": 4}


def test_ranks_are_taken_on_scores_rounded_half_up_to_two_decimals(models: Warehouse) -> None:
    """40.005 rounds to 40.01; 40.0049999 and 39.995 both to 40.00."""
    given = {"a": "40.005", "b": "40.0049999", "c": "39.995", "d": "39.9949"}
    result = scored(models, [unit(u) for u in given], [indicator(*pair) for pair in given.items()])
    assert {u: (row["score"], row["rank"]) for u, row in result.items()} == {
        "a": (Decimal("40.01"), 1), "b": (Decimal("40.00"), 2), "c": (Decimal("40.00"), 2), "d": (Decimal("39.99"), 4),
    }  # fmt: skip


def test_a_score_is_rounded_once(models: Warehouse) -> None:
    """40.0049 is 40.00: by way of 40.005 it would be 40.01, and pass the 40.00 that it ties with."""
    result = scored(models, [unit("a"), unit("b")], [indicator("a", "40.0049"), indicator("b", "40")])
    for row in result.values():
        assert (row["score"], row["highest_score"]) == (Decimal("40.00"), Decimal("40.00"))
        assert (row["rank"], row["rank_without_bonus"]) == (1, 1)
        assert (row["cap_rank_low"], row["cap_rank_high"]) == (1, 1)


def test_lists_and_dimensions_are_ranked_apart(models: Warehouse) -> None:
    units = [unit("a"), unit("b", ranking_list="departments")]
    indicators = [
        indicator("a", "1"), indicator("b", "2"), indicator("a", "3", "dissemination"), indicator("b", "2", "dissemination"),
    ]  # fmt: skip
    rows = models.given(
        MONTH, "fct_unit_month_scores", fct_unit_months=units, fct_unit_month_indicators=indicators, fct_unit_month_bonus=[],
        int_months=[month()],
    )  # fmt: skip
    assert [row["rank"] for row in rows] == [1, 1, 1, 1]


def test_a_unit_without_account_has_no_rank_and_takes_none_from_others(models: Warehouse) -> None:
    units = [unit("a", account_count=0, post_count=0, platform_count=0, first_platform=None), unit("b")]
    result = scored(models, units, [indicator("a", "90", capped_count=1), indicator("b", "10")])
    assert (result["a"]["rank"], result["a"]["rank_without_bonus"], result["a"]["cap_rank_low"]) == (None, None, None)
    assert (result["b"]["rank"], result["b"]["cap_rank_high"]) == (1, 1)


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({}, ""),
        ({"account_count": 0, "post_count": 0, "platform_count": 0, "first_platform": None}, "不参评"),
        ({"post_count": 0}, "无活动"),
        ({"platform_count": 1}, "仅微信"),
        ({"platform_count": 1, "first_platform": "weibo"}, "仅微博"),
        ({"moved_account_count": 1}, "账号划转"),
        ({"post_count": 0, "platform_count": 1, "moved_account_count": 2}, "无活动；仅微信；账号划转"),
    ],
)
def test_the_note_says_what_a_reader_must_know(models: Warehouse, more: dict[str, Any], note: str) -> None:
    assert scored(models, [unit("a", **more)], [indicator("a", "0")])["a"]["note"] == note


def test_every_list_has_the_rank_without_the_bonus_beside_it(models: Warehouse) -> None:
    result = scored(
        models, [unit("a"), unit("b")], [indicator("a", "50"), indicator("b", "49")], [theme("b", "t", "1.5")]
    )
    assert {u: (row["rank"], row["rank_without_bonus"]) for u, row in result.items()} == {"a": (2, 1), "b": (1, 2)}
    assert (result["b"]["base_score"], result["b"]["bonus_points"], result["b"]["score"]) == (49, Decimal("1.5"), Decimal("50.5"))  # fmt: skip


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        (("2", "2"), "4"),
        (("2", "2", "0.999999999999"), "4.999999999999"),
        (("2", "2", "1"), "5"),
        (("2", "2", "2"), "5"),
    ],
)
def test_bonus_points_have_a_ceiling_of_five(models: Warehouse, points: tuple[str, ...], wanted: str) -> None:
    bonus = [theme("a", f"t{at}", entry) for at, entry in enumerate(points)]
    result = scored(models, [unit("a"), unit("b")], [indicator("a", "10"), indicator("b", "10")], bonus)
    assert result["a"]["bonus_points"] == Decimal(wanted)
    assert result["b"]["bonus_points"] == 0


def test_a_capped_count_can_hide_the_rest_of_its_indicators_weight(models: Warehouse) -> None:
    """b has at least 40 of 60 points: it could pass a with 50, and not even then is it reached by c with 30."""
    result = scored(
        models, [unit("a"), unit("b"), unit("c")],
        [indicator("a", "50"), indicator("b", "40", capped_count=2), indicator("c", "30")],
    )  # fmt: skip
    assert {u: (row["cap_rank_low"], row["cap_rank_high"]) for u, row in result.items()} == {"a": (1, 2), "b": (1, 2), "c": (3, 3)}  # fmt: skip


def test_a_cap_that_could_only_draw_level_changes_no_rank(models: Warehouse) -> None:
    result = scored(models, [unit("a"), unit("b")], [indicator("a", "60"), indicator("b", "40", capped_count=1)])
    assert {u: (row["cap_rank_low"], row["cap_rank_high"]) for u, row in result.items()} == {"a": (1, 1), "b": (1, 2)}


# ---- terms and shares ----------------------------------------------------------------------------------------------

N = (120, 80, 900, 2500)
X = (3_000_000, 25_000, 4_000)
GOALS = {
    "news_app": ("0.30", 2_000), "news_site": ("0.30", 1_500), "wechat": ("0.25", 20_000), "weibo": ("0.15", 50_000),
    "read": ("0.60", 20_000_000), "like": ("0.20", 200_000), "comment": ("0.20", 40_000),
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "dissemination", "influence"),
    [
        ((*N, *X), "64.974183", "85.476493"),
        (tuple(x // 2 for x in (*N, *X)), "56.770917", "80.559183"),
        ((0,) * 7, "0", "0"),
        (tuple(goal for _weight, goal in GOALS.values()), "100", "100"),
        ((10**9,) * 7, "100", "100"),
    ],
)
def test_worked_numbers_of_the_method(
    models: Warehouse, values: tuple[int, ...], dissemination: str, influence: str
) -> None:
    given = [
        {"ranking_month": MONTH, "entity_kind": "unit", "entity_id": "u", "unit_id": "u", "indicator_id": name, "weight": Decimal(weight),
         "goalpost": goal, "transformation": "log", "value": value, "dimension": "dissemination" if at < 4 else "influence"}
        for at, ((name, (weight, goal)), value) in enumerate(zip(GOALS.items(), values, strict=True))
    ]  # fmt: skip
    rows = models.given(MONTH, "fct_month_indicators", fct_indicator_values=given)
    for dimension, wanted in (("dissemination", dissemination), ("influence", influence)):
        total = sum(row["contribution"] for row in rows if row["dimension"] == dimension)
        assert round(total, 6) == Decimal(wanted)


def test_an_unknown_value_contributes_nothing_and_is_no_zero(models: Warehouse) -> None:
    given = [{"ranking_month": MONTH, "weight": Decimal("0.6"), "goalpost": 10, "transformation": "log", "value": None}]
    (row,) = models.given(MONTH, "fct_month_indicators", fct_indicator_values=given)
    assert (row["value"], row["term"], row["contribution"]) == (None, 0, 0)


def outlet(post_id: str, outlet_id: str, channel: str = "news_app", **more: Any) -> dict[str, Any]:
    return {
        "ranking_month": MONTH, "post_id": post_id, "outlet_id": outlet_id, "unit_id": "a", "account_id": "x", "channel_type": channel,
        "read_count": None, "like_count": None, "comment_count": None, "item_id": f"{post_id}@{outlet_id}",
        "is_read_capped": False, "is_like_capped": False, "is_comment_capped": False, **more,
    }  # fmt: skip


def test_remainders_of_rounding_go_to_the_first_reprint_in_key_order(models: Warehouse) -> None:
    """Ten points over three reprints: 3.333333333333 each, and the last 10^-12 to (p1, o1)."""
    rows = models.given(
        MONTH, "fct_reprint_contributions",
        fct_post_outlets=[outlet("p2", "o1"), outlet("p1", "o2"), outlet("p1", "o1")],
        fct_unit_month_indicators=[indicator("a", "10", "dissemination", indicator_id="news_app", value=3)],
    )  # fmt: skip
    assert {(row["post_id"], row["outlet_id"]): row["picopoints"] for row in rows} == {
        ("p1", "o1"): 3_333_333_333_334, ("p1", "o2"): 3_333_333_333_333, ("p2", "o1"): 3_333_333_333_333,
    }  # fmt: skip


def test_a_metrics_points_are_shared_by_value_and_an_unknown_or_zero_value_has_none(models: Warehouse) -> None:
    rows = models.given(
        MONTH, "fct_reprint_contributions",
        fct_post_outlets=[outlet("p1", "o1", read_count=1), outlet("p2", "o1", read_count=3), outlet("p3", "o1", read_count=0),
                          outlet("p4", "o1"), outlet("p5", "o1", unit_id="b", read_count=9)],
        fct_unit_month_indicators=[indicator("a", "8", value=4), indicator("b", "0", value=0)],
    )  # fmt: skip
    assert {row["post_id"]: row["picopoints"] for row in rows} == {"p1": 2 * 10**12, "p2": 6 * 10**12}


def test_one_outlet_that_carries_a_post_twice_counts_once_with_the_largest_value_per_metric(models: Warehouse) -> None:
    at = datetime(2021, 8, 3)

    def item(item_id: str, hour: int, **more: Any) -> dict[str, Any]:
        return {
            "ranking_month": MONTH, "post_id": "p", "outlet_id": "o", "unit_id": "a", "account_id": "x", "channel_type": "wechat",
            "item_id": item_id, "reprinted_at_local": at.replace(hour=hour), "is_counted": True, **more,
        }  # fmt: skip

    (row,) = models.given(
        MONTH, "fct_post_outlets",
        fct_reprints=[
            item("i9", 9, read_count=7, read_count_qualifier="floor", like_count=5, like_count_qualifier="exact"),
            item("i2", 9, read_count=7, read_count_qualifier="exact", like_count=2, like_count_qualifier="floor"),
            item("i1", 10, read_count=3, read_count_qualifier="exact"),
            item("i0", 1, read_count=99, read_count_qualifier="exact", is_counted=False),
        ],
    )  # fmt: skip
    assert (row["item_id"], row["item_count"], row["reprinted_at_local"]) == ("i2", 3, at.replace(hour=9))
    assert (row["read_count"], row["is_read_capped"]) == (7, True)
    assert (row["like_count"], row["is_like_capped"]) == (5, False)
    assert (row["comment_count"], row["is_comment_capped"]) == (None, False)


@pytest.mark.parametrize(
    ("values", "largest", "is_capped"),
    [
        ([(100_001, "floor"), (1_000_001, "floor")], 1_000_001, True),
        ([(100_001, "floor"), (1_000_001, "exact")], 1_000_001, False),
        ([(100_001, "floor"), (7, "exact")], 100_001, True),
        ([(None, "missing"), (100_001, "floor")], 100_001, True),
        ([(None, "missing"), (None, "missing")], None, False),
    ],
)
@pytest.mark.parametrize("metric", ["read", "like", "comment"])
def test_a_reprint_is_capped_when_its_largest_value_is_a_lower_bound(
    models: Warehouse, metric: str, values: list[tuple[int | None, str]], largest: int | None, is_capped: bool
) -> None:
    reprints = [
        {"ranking_month": MONTH, "post_id": "p", "outlet_id": "o", "unit_id": "a", "account_id": "x", "channel_type": "wechat",
         "item_id": f"i{n}", "reprinted_at_local": datetime(2021, 8, 3), "is_counted": True,
         f"{metric}_count": value, f"{metric}_count_qualifier": how}
        for n, (value, how) in enumerate(values)
    ]  # fmt: skip
    (row,) = models.given(MONTH, "fct_post_outlets", fct_reprints=reprints)
    assert (row[f"{metric}_count"], row[f"is_{metric}_capped"]) == (largest, is_capped)


# ---- bonus ---------------------------------------------------------------------------------------------------------


def post(post_id: str, **more: Any) -> dict[str, Any]:
    return {
        "ranking_month": MONTH, "post_id": post_id, "unit_id": "a", "account_id": "x", "platform": "wechat", "family_id": post_id,
        "is_counted": True, "is_quarantined": False, "is_original": False, "is_original_by_link": False, "is_original_by_text": False,
        "title": f"题 {post_id}", "url": f"https://{post_id}", **more,
    }  # fmt: skip


def themed(post_id: str, theme_id: str = "t", subtopic_id: str | None = None) -> dict[str, Any]:
    return {"ranking_month": MONTH, "post_id": post_id, "theme_id": theme_id, "subtopic_id": subtopic_id}


def test_a_cluster_of_near_identical_posts_counts_once_for_the_bonus_and_each_for_the_topic(models: Warehouse) -> None:
    posts = [
        post("p1", family_id="f"),
        post("p2", family_id="f"),
        post("p3", family_id="f", is_counted=False),
        post("p4"),
    ]
    given = [themed("p1", subtopic_id="s1"), themed("p1", subtopic_id="s2"), *map(themed, ("p2", "p3", "p4"))]
    (row,) = models.given(
        MONTH,
        "fct_unit_month_bonus",
        fct_posts=posts,
        int_posts__themed=given,
        int_months=[month(bonus_reference_posts=8)],
    )
    assert (row["post_count"], row["cluster_count"]) == (3, 2)
    assert row["bonus_points"] == 1  # 2 · ln 3 / ln 9


def test_rank_in_a_theme_is_by_posts_and_ties_share_it(models: Warehouse) -> None:
    rows = [
        {
            "ranking_month": MONTH,
            "theme_id": t,
            "unit_id": u,
            "post_count": n,
            "cluster_count": 1,
            "bonus_points": Decimal(1),
        }
        for t, u, n in (("t", "a", 9), ("t", "b", 5), ("t", "c", 5), ("t", "d", 4), ("s", "d", 1))
    ]
    result = models.given(MONTH, "rpt_topic_units", fct_unit_month_bonus=rows)
    assert {(row["theme_id"], row["unit_id"]): row["rank_in_theme"] for row in result} == {
        ("t", "a"): 1, ("t", "b"): 2, ("t", "c"): 2, ("t", "d"): 4, ("s", "d"): 1,
    }  # fmt: skip


# ---- highlights and hashtags ---------------------------------------------------------------------------------------


def earned(
    post_id: str, unit_id: str, points: int, dimension: str = "dissemination", outlet_id: str = "o"
) -> dict[str, Any]:
    return {
        "ranking_month": MONTH, "dimension": dimension, "unit_id": unit_id, "post_id": post_id, "outlet_id": outlet_id,
        "picopoints": points * 10**12,
    }  # fmt: skip


def highlights(models: Warehouse, contributions: Rows, themes: Rows | None = None) -> list[tuple[Any, ...]]:
    units = sorted({row["unit_id"] for row in contributions})
    rows = models.given(
        MONTH, "rpt_highlights", fct_reprint_contributions=contributions, fct_unit_months=[unit(u) for u in units],
        fct_posts=[post(p) for p in sorted({row["post_id"] for row in contributions})], int_posts__themed=themes or [],
    )  # fmt: skip
    return sorted((row["theme_id"] or "", row["dimension"], row["position"], row["unit_id"], row["post_id"], row["contribution"]) for row in rows)  # fmt: skip


def test_a_units_highlight_is_its_post_with_the_largest_contribution_and_it_has_one(models: Warehouse) -> None:
    result = highlights(
        models, [earned("p1", "a", 3), earned("p1", "a", 4, outlet_id="o2"), earned("p2", "a", 5), earned("p3", "b", 6)]
    )
    assert result == [("", "dissemination", 1, "a", "p1", 7), ("", "dissemination", 2, "b", "p3", 6)]


def test_five_units_are_highlighted_largest_first_and_equal_ones_by_code(models: Warehouse) -> None:
    given = [earned(f"p{u}{n}", u, points) for u, points in zip("fedcba", (9, 5, 7, 7, 5, 5)) for n in "21"]
    assert [row[2:5] for row in highlights(models, given)] == [
        (1, "f", "pf1"), (2, "c", "pc1"), (3, "d", "pd1"), (4, "a", "pa1"), (5, "b", "pb1"),
    ]  # fmt: skip


def test_a_theme_has_highlights_of_its_own_among_its_posts(models: Warehouse) -> None:
    given = [earned("p1", "a", 9), earned("p2", "a", 2), earned("p2", "a", 8, "influence")]
    result = highlights(models, given, [themed("p2", subtopic_id="s1"), themed("p2", subtopic_id="s2")])
    assert result == [
        ("", "dissemination", 1, "a", "p1", 9), ("", "influence", 1, "a", "p2", 8),
        ("t", "dissemination", 1, "a", "p2", 2), ("t", "influence", 1, "a", "p2", 8),
    ]  # fmt: skip


def hashtag(name: str, since: date = date(2019, 1, 1), to: date | None = None) -> dict[str, Any]:
    return {"hashtag": name, "host_account_id": "h", "unit_id": "u", "valid_from": since, "valid_to": to}


def test_a_hashtag_is_a_whole_one_and_not_the_beginning_middle_or_end_of_another(models: Warehouse) -> None:
    posts = [
        post("p1", hashtags="a"), post("p2", hashtags="ab"), post("p3", hashtags="ba,bab"), post("p4", hashtags="0,a,b"),
        post("p5", hashtags=None), post("p6", hashtags="b,a", is_counted=False), post("p7", hashtags=""),
    ]  # fmt: skip
    carried = [
        outlet("p1", "o1", read_count=4), outlet("p1", "o2", read_count=None, like_count=2), outlet("p2", "o1", read_count=900),
        outlet("p4", "o1", read_count=3),
    ]  # fmt: skip
    (row,) = models.given(
        MONTH, "rpt_hosted_hashtags", fct_posts=posts, fct_post_outlets=carried, int_months=[month()], hosted_hashtags=[hashtag("a")]
    )  # fmt: skip
    assert (row["post_count"], row["reprint_count"]) == (2, 3)
    assert (row["read_count"], row["like_count"], row["comment_count"]) == (7, 2, None)


IN_FORCE = [
    (date(2019, 1, 1), None, True), (date(2021, 8, 1), None, True), (date(2021, 8, 2), None, False), (date(2021, 9, 1), None, False),
    (date(2021, 7, 1), date(2021, 8, 1), False), (date(2021, 7, 1), date(2021, 8, 2), True),
]  # fmt: skip


@pytest.mark.parametrize(("since", "to", "holds"), IN_FORCE)
def test_a_declared_row_is_in_force_in_a_month_when_it_is_on_the_months_first_day(
    models: Warehouse, since: date, to: date | None, holds: bool
) -> None:
    posts, dates = [post("p", hashtags="a")], {"valid_from": since, "valid_to": to}
    result = models.given(
        MONTH, "rpt_hosted_hashtags", fct_posts=posts, fct_post_outlets=[], int_months=[month()], hosted_hashtags=[hashtag("a", since, to)]
    )  # fmt: skip
    assert bool(result) is holds
    result = models.given(
        MONTH, "rpt_issuers", int_months=[month()], issuers=[{"position": 1, "issuer_name": "甲", **dates}]
    )
    assert bool(result) is holds
    result = models.given(
        MONTH, "rpt_hot_topics", int_months=[month()], themes=[{"theme_id": "t", "theme_name": "题", **dates}]
    )
    assert bool(result) is holds
    result = models.given(
        MONTH, "fct_rival_indices", int_months=[month()],
        fct_rival_variables=[variable("x", "read_total", 1)],
        rival_indices=[{"index_id": "i", "platform": "wechat", "scale": 1, "power": 1, **dates}],
        rival_terms=[{"index_id": "i", "position": 1, "variable": "read_total", "multiplier": 1, "weight": Decimal(1)}],
    )  # fmt: skip
    assert bool(result) is holds


# ---- rivals --------------------------------------------------------------------------------------------------------


def variable(
    entity: str, name: str, value: float | None, platform: str = "wechat", is_average: bool = False
) -> dict[str, Any]:
    return {
        "ranking_month": MONTH, "entity_kind": "account", "entity_id": entity, "unit_id": "u", "platform": platform, "variable": name,
        "is_average": is_average, "value": value,
    }  # fmt: skip


R, Z = 29_396.0, 72.0
GOLDEN: dict[str, tuple[str, list[dict[str, Any]], str]] = {
    "WCI V2.0": (
        "wci_v2",
        [variable("x", "read_total", 10_000), variable("x", "read_per_post", 100, is_average=True), variable("x", "read_max", 300),
         variable("x", "recommend_total", 4_000), variable("x", "recommend_per_post", 40, is_average=True), variable("x", "recommend_max", 60)],
        "411.487508",
    ),
    "WCI V12.0, averages rounded to one decimal": (
        "wci_v12",
        [variable("x", "read_per_day", R, is_average=True), variable("x", "read_per_post", R / 3, is_average=True), variable("x", "read_max", 22_858),
         variable("x", "recommend_per_day", Z, is_average=True), variable("x", "recommend_per_post", Z / 3, is_average=True),
         variable("x", "recommend_max", 49)],
        "812.023395",
    ),
    "reprint-based media dissemination": (
        "media_dissemination",
        [variable("x", name, value, "") for name, value in (
            ("reprint_count", 5_000), ("original_count", 300), ("reprint_max", 400), ("reprinted_post_count", 250), ("outlet_post_max", 60),
            ("unit_weight", 10), ("post_count", 800))],
        "4.621577",
    ),
    # (.2 ln 8 + .8 [.4 ln 101 + .4 ln 51 + .2 ln 1001]) · 160
    "BCI, simple form": (
        "bci",
        [variable("x", name, value, "weibo") for name, value in (
            ("post_count", 7), ("repost_total", 100), ("comment_total", 50), ("like_total", 1_000))],
        "681.009895",
    ),
}  # fmt: skip


@pytest.mark.parametrize("golden", GOLDEN)
def test_published_worked_numbers_of_rival_indices(models: Warehouse, golden: str) -> None:
    index, variables, wanted = GOLDEN[golden]
    rows = models.given(MONTH, "fct_rival_indices", fct_rival_variables=variables, int_months=[month()])
    values = {row["index_id"]: row["value"] for row in rows}
    assert values[index] == pytest.approx(Decimal(wanted), abs=Decimal("0.000001"))


def test_a_variable_that_nobody_knows_leaves_the_index_unknown(models: Warehouse) -> None:
    _index, variables, _wanted = GOLDEN["WCI V2.0"]
    given = [{**row, "value": None if row["variable"] == "recommend_max" else row["value"]} for row in variables]
    rows = models.given(MONTH, "fct_rival_indices", fct_rival_variables=given, int_months=[month()])
    assert {row["index_id"]: row["value"] for row in rows}["wci_v2"] is None


@pytest.mark.parametrize(
    ("scores", "values", "tau"),
    [
        ((4, 3, 2, 1), (8, 6, 4, 2), "1"),
        ((4, 3, 2, 1), (2, 4, 6, 8), "-1"),
        ((4, 3, 2, 1), (8, 4, 6, 2), "0.666667"),  # one of six pairs is the other way: (5 − 1) / 6
        ((4, 3, 3, 1), (8, 6, 4, 2), "0.912871"),  # one tie: 5 / √(5 · 6)
        ((4, 3, 3, 1), (8, 8, 4, 2), "0.8"),  # a tie on each side: 4 / √(5 · 5)
        ((4, 3, 3, 1), (8, 4, 6, 2), "0.912871"),
        ((1, 3, 3, 4), (2, 4, 6, 8), "0.912871"),
        ((1, 3, 4, 5), (2, 6, 6, 8), "0.912871"),
        ((5, 4, 3, 1), (8, 6, 6, 2), "0.912871"),
        ((1, 3, 3, 4), (8, 6, 4, 2), "-0.912871"),
        ((1, 3, 3, 4), (8, 4, 6, 2), "-0.912871"),
        ((1, 3, 4, 5), (8, 6, 6, 2), "-0.912871"),
        ((5, 4, 3, 1), (2, 6, 6, 8), "-0.912871"),
        ((2, 2, 2, 2), (8, 6, 4, 2), None),
        ((2,), (8,), None),
    ],
)
def test_agreement_is_kendalls_tau_b(
    models: Warehouse, scores: tuple[int, ...], values: tuple[int, ...], tau: str | None
) -> None:
    ours = [
        {"ranking_month": MONTH, "ranking_list": "districts", "dimension": "influence", "unit_id": f"u{n}", "score": Decimal(s), "is_ranked": True}
        for n, s in enumerate(scores)
    ]  # fmt: skip
    ours.append({**ours[0], "unit_id": "unranked", "is_ranked": False})
    theirs = [
        {"ranking_month": MONTH, "entity_kind": kind, "entity_id": f"u{n}", "unit_id": f"u{n}", "index_id": "bci", "value": Decimal(v)}
        for n, v in enumerate(values) for kind in ("unit", "account")
    ]  # fmt: skip
    theirs += [{**theirs[0], "entity_id": "unranked", "value": Decimal(99)}]
    (row,) = models.given(MONTH, "rpt_rival_agreement", fct_unit_month_scores=ours, fct_rival_indices=theirs)
    assert (row["unit_count"], row["kendall_tau"]) == (len(scores), None if tau is None else Decimal(tau))


# ---- the month as a whole ------------------------------------------------------------------------------------------


def summary(models: Warehouse, **tables: Rows) -> dict[str, Any]:
    given: dict[str, Rows] = {"int_months": [month()], **tables}
    (row,) = models.given(MONTH, "rpt_monthly_summary", **given)
    return row


def test_a_month_without_anything_is_a_row_of_zeros_and_an_unknown_rate(models: Warehouse) -> None:
    row = summary(models)
    assert row.pop("originality_rate") is None
    assert (row.pop("ranking_month"), row.pop("method_version")) == (MONTH, "v")
    assert set(row.values()) == {0}  # False is 0


def test_posts_that_no_unit_owned_are_in_no_count_but_their_own(models: Warehouse) -> None:
    posts = [
        post("p1", is_original=True, is_original_by_text=True), post("p2", platform="weibo", account_id="y", unit_id="b"),
        post("p3", is_counted=False, is_quarantined=True, is_original=True, account_id="z", unit_id=None),
        post("p4", is_counted=False, is_original=True, account_id="w", unit_id="c"),
    ]  # fmt: skip
    row = summary(models, fct_posts=posts)
    names = ("post_count", "wechat_post_count", "weibo_post_count", "original_count", "original_by_link_count", "original_by_text_count", "account_count", "unit_count", "quarantined_post_count", "originality_rate")  # fmt: skip
    assert [row[name] for name in names] == [2, 1, 1, 1, 0, 1, 2, 2, 1, Decimal("0.5")]


def test_a_capped_reprint_counts_once_whatever_metrics_are_capped(models: Warehouse) -> None:
    carried = [
        outlet("p1", "o1", is_read_capped=True, is_like_capped=True), outlet("p1", "o2", is_comment_capped=True), outlet("p2", "o1"),
    ]  # fmt: skip
    row = summary(models, fct_post_outlets=carried)
    assert (row["capped_count"], row["reprint_count"], row["reprinted_post_count"]) == (2, 3, 2)


@pytest.mark.parametrize(
    ("low", "high", "rank", "could"), [(2, 2, 2, False), (1, 2, 2, True), (2, 3, 2, True), (None, None, None, False)]
)
def test_the_summary_says_whether_a_cap_could_change_a_rank(
    models: Warehouse, low: int, high: int, rank: int, could: bool
) -> None:
    quiet = {"ranking_month": MONTH, "rank": 1, "cap_rank_low": 1, "cap_rank_high": 1}
    row = summary(
        models, fct_unit_month_scores=[quiet, {**quiet, "rank": rank, "cap_rank_low": low, "cap_rank_high": high}]
    )
    assert row["could_cap_change_rank"] is could


def test_one_synthetic_export_makes_the_month_synthetic(models: Warehouse) -> None:
    assert summary(models, stg_exports=[{"is_synthetic": False}, {"is_synthetic": None}])["is_synthetic"] is False
    assert summary(models, stg_exports=[{"is_synthetic": False}, {"is_synthetic": True}])["is_synthetic"] is True


def test_every_day_and_channel_is_covered_or_a_zero_and_own_accounts_are_no_coverage(models: Warehouse) -> None:
    def item(at: datetime, account: str | None = None) -> dict[str, Any]:
        return {
            "item_id": "i",
            "channel_type": "weibo",
            "published_month": MONTH,
            "published_at_local": at,
            "account_id": account,
        }

    rows = models.given(
        MONTH, "fct_channel_days", int_months=[month()],
        stg_channel_items=[item(datetime(2021, 8, 1)), item(datetime(2021, 8, 31, 23, 59, 59)), item(datetime(2021, 8, 31)), item(datetime(2021, 8, 2), "a")],
    )  # fmt: skip
    assert len(rows) == 4 * 31
    assert {row["day"] for row in rows} == {date(2021, 8, n) for n in range(1, 32)}
    assert {row["channel_type"] for row in rows} == {"news_app", "news_site", "wechat", "weibo"}
    assert {row["day"].day: row["item_count"] for row in rows if row["item_count"]} == {1: 1, 31: 2}


# ---- why a match is not counted ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"is_post_counted": False, "is_match_counted": False, "match_reason": "self"}, "post_not_counted"),
        ({"is_match_counted": False, "match_reason": "self", "is_in_window": False}, "self"),
        ({"reprinted_at_local": None, "is_in_window": False, "outlet_id": None}, "no_time"),
        ({"is_in_window": False, "outlet_id": None}, "outside_window"),
        ({"outlet_id": None, "is_outlet_admitted": False}, "no_outlet"),
        ({"is_outlet_admitted": False}, "unregistered_outlet"),
    ],
)
def test_the_first_reason_that_holds_is_why_a_match_is_not_counted(
    models: Warehouse, more: dict[str, Any], reason: str | None
) -> None:
    row = {
        "ranking_month": MONTH, "post_id": "p", "item_id": "i", "outlet_id": "o", "reprinted_at_local": datetime(2021, 8, 3),
        "is_post_counted": True, "is_match_counted": True, "is_in_window": True, "is_outlet_admitted": True, "match_reason": None, **more,
    }  # fmt: skip
    (result,) = models.given(MONTH, "fct_reprints", int_reprints__matched=[row])
    assert (result["is_counted"], result["not_counted_reason"]) == (reason is None, reason)


def test_a_match_keeps_its_evidence_and_every_count_of_its_item(models: Warehouse) -> None:
    """Each column has a value of its own: none is lost, none stands in another's place."""
    shape = models.con.execute("describe intermediate.int_reprints__matched").fetchall()
    of = {"VARCHAR": str, "BIGINT": int, "INTEGER": int, "DOUBLE": float, "BOOLEAN": bool}
    row: dict[str, Any] = {name: of.get(kind, str)(n) for n, (name, kind, *_) in enumerate(shape, 1) if kind in of}
    row |= {"ranking_month": MONTH, "reprinted_at_local": datetime(2021, 8, 3)}
    (result,) = models.given(MONTH, "fct_reprints", int_reprints__matched=[row])
    assert {name: value for name, value in result.items() if name not in ("is_counted", "not_counted_reason")} == {
        name: row[name] for name in result if name not in ("is_counted", "not_counted_reason")
    }
    for name in ("is_self", "is_sibling", "is_late_observation"):
        for flag in (True, False):
            (result,) = models.given(MONTH, "fct_reprints", int_reprints__matched=[{**row, "is_self": not flag, "is_sibling": not flag, "is_late_observation": not flag, name: flag}])  # fmt: skip
            assert result[name] is flag


@pytest.mark.parametrize(
    ("dimension", "staged"),
    [
        ("dim_units", "int_registry__units"),
        ("dim_accounts", "int_registry__accounts"),
        ("dim_channels", "int_registry__channels"),
        ("dim_themes", "themes"),
    ],
)
def test_a_dimension_holds_every_span_in_its_own_columns(models: Warehouse, dimension: str, staged: str) -> None:
    schema = "seeds" if staged == "themes" else "registry"
    rows: Rows = []
    for n in (1, 2):
        row: dict[str, Any] = {}
        for at, (name, kind, *_) in enumerate(models.con.execute(f"describe {schema}.{staged}").fetchall()):
            made = {
                "DATE": date(2020, n, 1 + at),
                "TIMESTAMP": datetime(2020, n, 1 + at),
                "BOOLEAN": n == 1,
                "BIGINT": n,
            }
            row[name] = made.get(kind, [f"{name}{n}"] if kind.endswith("[]") else f"{name}{n}")
        rows.append(row)
    result = models.given(MONTH, dimension, **{staged: rows})
    assert result == [{name: row[name] for name in result[0]} for row in rows]
    described = yaml.safe_load((DBT / "models" / "marts" / "core" / "_core.yml").read_text("utf-8"))["models"]
    (columns,) = [entry["columns"] for entry in described if entry["name"] == dimension]
    assert list(result[0]) == [column["name"] for column in columns]


# ---- units of a month ----------------------------------------------------------------------------------------------


def span(unit_id: str, name: str, since: date, to: date, of: str | None = "districts") -> dict[str, Any]:
    return {"unit_id": unit_id, "unit_name": name, "ranking_list": of, "valid_from": since, "valid_to": to}


def test_a_unit_is_in_the_months_list_when_it_lives_at_any_moment_of_it_under_its_last_name(models: Warehouse) -> None:
    first, begin, end, last = date(1, 1, 1), date(2021, 8, 1), date(2021, 9, 1), date(9999, 12, 31)
    units = [
        span("renamed", "old", first, date(2021, 8, 15)), span("renamed", "new", date(2021, 8, 15), last),
        span("ended", "x", first, begin), span("last day", "x", first, date(2021, 8, 2)), span("to come", "x", end, last),
        span("new", "x", date(2021, 8, 31), last), span("no list", "x", first, last, None),
    ]  # fmt: skip
    rows = models.given(MONTH, "fct_unit_months", dim_units=units, int_months=[month()])
    assert {row["unit_id"]: row["unit_name"] for row in rows} == {"renamed": "new", "last day": "x", "new": "x"}


def test_an_account_has_moved_when_two_units_owned_it_within_the_month(models: Warehouse) -> None:
    first, begin, end, last = datetime(1, 1, 1), datetime(2021, 8, 1), datetime(2021, 9, 1), datetime(9999, 12, 31)
    middle = datetime(2021, 8, 15)

    def account(
        account_id: str, unit_id: str, since: datetime, to: datetime, platform: str = "wechat"
    ) -> dict[str, Any]:
        return {"account_id": account_id, "unit_id": unit_id, "platform": platform, "valid_from": since, "valid_to": to}

    given = [
        account("moves", "a", first, middle), account("moves", "b", middle, last),
        account("renamed", "c", first, middle), account("renamed", "c", middle, last),
        account("on the first", "d", first, begin), account("on the first", "e", begin, end), account("on the first", "f", end, last),
        account("two", "c", first, last, "weibo"),
    ]  # fmt: skip
    units = [span(u, u, date(1, 1, 1), date(9999, 12, 31)) for u in "abcdef"]
    accounts = models.given(MONTH, "fct_unit_month_accounts", dim_accounts=given, int_months=[month()])
    rows = models.given(
        MONTH, "fct_unit_months", dim_units=units, fct_unit_month_accounts=accounts, int_months=[month()]
    )
    assert {row["unit_id"]: (row["account_count"], row["platform_count"], row["moved_account_count"]) for row in rows} == {
        "a": (1, 1, 1), "b": (1, 1, 1), "c": (2, 2, 0), "d": (0, 0, 0), "e": (1, 1, 0), "f": (0, 0, 0),
    }  # fmt: skip


def test_a_forward_by_another_ranked_unit_is_counted_beside_once_per_post_and_outlet(models: Warehouse) -> None:
    def sibling(post_id: str, outlet_id: str | None, item_id: str, is_sibling: bool = True) -> dict[str, Any]:
        return {"ranking_month": MONTH, "unit_id": "a", "post_id": post_id, "outlet_id": outlet_id, "item_id": item_id, "is_sibling": is_sibling}  # fmt: skip

    given = [
        sibling("p1", "o1", "i1"), sibling("p1", "o1", "i2"), sibling("p1", "o2", "i3"), sibling("p2", "o1", "i4"),
        sibling("p2", "o3", "i5", False), sibling("p2", None, "i6"),
    ]  # fmt: skip
    units = [span("a", "a", date(1, 1, 1), date(9999, 12, 31))]
    (row,) = models.given(MONTH, "fct_unit_months", dim_units=units, fct_reprints=given, int_months=[month()])
    assert (row["sibling_reprint_count"], row["reprint_count"]) == (3, 0)


# ---- how the models are kept ---------------------------------------------------------------------------------------


def test_facts_and_published_tables_replace_whole_months(configured: dict[str, dict[str, Any]]) -> None:
    kept = {
        name: (entry["materialized"], entry["incremental_strategy"])
        for name, entry in configured.items()
        if name.startswith(("fct_", "rpt_"))
    }
    views = {
        "fct_count_observations",
        "fct_counts",
        "fct_indicator_values",
        "fct_part_values",
        "fct_reprint_parts",
        "fct_reprint_totals",
        "fct_rival_posts",
        "fct_rival_totals",
        "fct_rival_variables",
        "fct_unit_month_accounts",
        "fct_unit_month_indicators",
        "fct_unit_month_reprints",
    }
    assert {name for name, how in kept.items() if how != ("incremental", "month_range")} == views
    assert {configured[name]["materialized"] for name in views} == {"view"}
    assert {entry["on_schema_change"] for name, entry in configured.items() if name in kept} == {"append_new_columns"}


def test_a_published_tables_columns_have_the_types_of_its_contract(
    models: Warehouse, configured: dict[str, dict[str, Any]]
) -> None:
    published = {name: value for name, value in configured.items() if value["schema"] == "published"}
    assert len(published) == 21
    assert all(value["contract"] for value in published.values())
    for name, value in published.items():
        types = {row[0]: row[1].lower() for row in models.con.execute(f"describe published.{name}").fetchall()}
        assert types == value["data_types"], name


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("base_score", "decimal(20,12)"), ("bonus_points", "decimal(20,12)"), ("dissemination_contribution", "decimal(20,12)"),
        ("influence_contribution", "decimal(20,12)"), ("contribution", "decimal(20,12)"), ("term", "decimal(14,12)"), ("score", "decimal(6,2)"),
        ("weight", "decimal(4,2)"), ("originality_rate", "decimal(9,6)"), ("coverage", "decimal(9,6)"), ("kendall_tau", "decimal(9,6)"),
        ("reprint_count", "bigint"), ("read_count", "bigint"), ("rank", "integer"), ("day", "date"), ("published_at", "timestamp"),
    ],
)  # fmt: skip
def test_points_are_exact_decimals_and_counts_whole_numbers(
    configured: dict[str, dict[str, Any]], column: str, kind: str
) -> None:
    rows = {value["data_types"][column] for value in configured.values() if value["schema"] == "published" and column in value["data_types"]}  # fmt: skip
    assert rows == {kind}


# ---- what dbt proves of the facts ------------------------------------------------------------------------------------


def singular(models: Warehouse, name: str, *changes: str) -> Rows:
    """Rows that a data test of the project finds after some changes to the tables."""
    text = (DBT / "tests" / f"{name}.sql").read_text("utf-8")
    schemas = dict(models.con.execute("select table_name, table_schema from information_schema.tables").fetchall())
    of = macros({"month_from": MONTH, "month_to": MONTH})
    given = {"ref": lambda table: f"{schemas[table]}.{table}", "in_months": of.in_months}
    models.con.execute("begin")
    try:
        for change in changes:
            models.con.execute(change)
        return models.rows(jinja2.Template(text).render(given) + " ")
    finally:
        models.con.execute("rollback")


@pytest.fixture(scope="module")
def carried(models: Warehouse) -> Warehouse:
    """A world in which reprints earn something in both months."""
    worlds.settle(models, worlds.world_of(7, 30))
    models.empty()
    for entry in MONTHS:
        models.build(entry)
    return models


@pytest.mark.parametrize("points", [1, -1])
def test_a_part_that_is_lost_is_found_to_the_last_unit(carried: Warehouse, points: int) -> None:
    assert singular(carried, "contributions_add_up") == []
    change = f"update marts.fct_reprint_contributions set picopoints = picopoints + {points} where ranking_month = '2021-{{}}'"
    assert len(singular(carried, "contributions_add_up", change.format("08"))) > 3
    assert singular(carried, "contributions_add_up", change.format("09")) == []


def test_a_match_that_is_counted_with_a_reason_or_not_counted_without_is_found(carried: Warehouse) -> None:
    assert singular(carried, "counted_or_a_reason") == []
    rows = carried.rows("select * from marts.fct_reprints where ranking_month = '2021-08'")
    without = "update marts.fct_reprints set not_counted_reason = null"
    assert len(singular(carried, "counted_or_a_reason", without)) == sum(not row["is_counted"] for row in rows) > 0
    given = "update marts.fct_reprints set not_counted_reason = 'x'"
    assert len(singular(carried, "counted_or_a_reason", given)) == sum(row["is_counted"] for row in rows) > 0
