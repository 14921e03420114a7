"""Review lists: each names what a person should look at, all of it and nothing else."""

# Staging holds Shanghai wall-clock times without a zone.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.support.models_in_memory import Town, shanghai

AUGUST = {"ranking_month": "2021-08"}


# ---- matches, posts, outlets, names ---------------------------------------------------------------------------------


def test_matches_that_wait_for_a_person_are_listed(town: Town) -> None:
    shown = {
        "unit_id": "u",
        "match_class": "partial",
        "containment": 0.4,
        "matched_chars": 30,
        "not_counted_reason": "review",
        "evidence": "{}",
    }
    town.put(
        "marts.fct_reprints",
        {**AUGUST, "item_id": "i", "post_id": "p", "confidence": "review", **shown},
        *({**AUGUST, "item_id": name, "post_id": "p", "confidence": name} for name in "ABC"),
        {"ranking_month": "2021-07", "item_id": "i", "post_id": "p", "confidence": "review"},
    )
    town.make("qc_ambiguous_reprints")
    assert town.table("select * from review.qc_ambiguous_reprints") == [
        {**AUGUST, "item_id": "i", "post_id": "p", **shown}
    ]


@pytest.mark.parametrize("metric", ["read", "like", "comment"])
def test_a_reprint_with_one_count_that_is_a_lower_bound_is_listed(town: Town, metric: str) -> None:
    flags = dict.fromkeys(("is_read_capped", "is_like_capped", "is_comment_capped"), False)
    numbers = {"unit_id": "u", "channel_type": "wechat", "read_count": 3, "like_count": 2, "comment_count": 1}
    capped = {**AUGUST, "post_id": "p", "outlet_id": "capped", **numbers, **flags, f"is_{metric}_capped": True}
    town.put(
        "marts.fct_post_outlets",
        capped,
        {**capped, **flags, "outlet_id": "exact"},
        {**capped, "ranking_month": "2021-07"},
    )
    town.make("qc_capped_counts")
    assert town.table("select * from review.qc_capped_counts") == [capped]


def test_posts_that_no_unit_owned_are_listed(town: Town) -> None:
    shown = {
        "account_id": "a",
        "platform": "weibo",
        "published_at_local": datetime(2021, 8, 1),
        "url": "https://x/",
        "title": "题",
    }
    town.put(
        "marts.fct_posts", {**AUGUST, "post_id": "unowned", "is_quarantined": True, **shown},
        {**AUGUST, "post_id": "owned", "is_quarantined": False},
        {"ranking_month": "2021-07", "post_id": "of July", "is_quarantined": True},
    )  # fmt: skip
    town.make("qc_unowned_posts")
    assert town.table("select * from review.qc_unowned_posts") == [{**AUGUST, "post_id": "unowned", **shown}]


def test_outlets_in_no_registry_are_listed_with_their_items(town: Town) -> None:
    entry = {"published_month": "2021-08", "channel_type": "wechat", "is_mapped": False}
    town.put(
        "staging.stg_channel_items",
        {**entry, "item_id": "1", "outlet_id": "x"}, {**entry, "item_id": "2", "outlet_id": "x"}, {**entry, "item_id": "3", "outlet_id": "y"},
        {**entry, "item_id": "4", "outlet_id": None}, {**entry, "item_id": "5", "outlet_id": "x", "channel_type": "news_app"},
        {**entry, "item_id": "6", "outlet_id": "known", "is_mapped": True}, {**entry, "item_id": "7", "outlet_id": "own", "account_id": "a"},
        {**entry, "item_id": "8", "outlet_id": "x", "published_month": "2021-09"},
    )  # fmt: skip
    town.make("qc_unmapped_channels")
    assert town.ask("select * from review.qc_unmapped_channels order by all") == [
        ("2021-08", "news_app", "x", 1), ("2021-08", "wechat", "", 1), ("2021-08", "wechat", "x", 2), ("2021-08", "wechat", "y", 1),
    ]  # fmt: skip


def test_names_of_attributions_that_nobody_bears_are_listed(town: Town) -> None:
    town.put(
        "registry.int_registry__source_names",
        {"account_id": "a", "name": "甲发布"},
        {"account_id": "b", "name": "甲发布"},
    )
    entry = {**AUGUST, "post_id": "p"}
    town.put(
        "marts.fct_reprints",
        {**entry, "item_id": "1", "source_name_raw": "无名"}, {**entry, "item_id": "2", "source_name_raw": "无名"},
        {**entry, "item_id": "3", "source_name_raw": "甲发布"}, {**entry, "item_id": "4", "source_name_raw": ""},
        {**entry, "item_id": "5", "source_name_raw": None}, {**entry, "item_id": "6", "source_name_raw": "无名", "ranking_month": "2021-07"},
    )  # fmt: skip
    town.make("qc_unregistered_accounts")
    assert town.ask("select * from review.qc_unregistered_accounts") == [("2021-08", "无名", 2)]


# ---- the registry contradicts itself --------------------------------------------------------------------------------


def conflicts(town: Town) -> list[tuple[Any, ...]]:
    town.build("qc_registry_conflicts")
    columns = "kind, id, declared, source_row, other_declared, other_source_row, conflict_from::date::varchar, conflict_to::date::varchar"
    return town.ask(f"select {columns} from review.qc_registry_conflicts order by all")


def test_an_account_under_two_units_at_a_time_is_listed(town: Town) -> None:
    town.accounts(
        {"account_id": "a", "unit_id": "u", "account_name": "甲发布", "valid_to": shanghai("2021-09-01 00:00:00")},
        {"account_id": "a", "unit_id": "w", "account_name": "甲发布", "valid_from": shanghai("2021-08-10 00:00:00")},
        {"account_id": "b", "unit_id": "w"},
    )
    assert conflicts(town) == [("account", "a", "u", 1, "w", 2, "2021-08-10", "2021-09-01")]
    assert town.ask("select name, export_sha256 from review.qc_registry_conflicts") == [("甲发布", "sha-registry")]


def test_an_account_that_moves_or_is_told_twice_is_no_conflict(town: Town) -> None:
    border = shanghai("2021-08-10 00:00:00")
    town.accounts(
        {"account_id": "moves", "unit_id": "u", "valid_to": border}, {"account_id": "moves", "unit_id": "w", "valid_from": border},
        {"account_id": "moves back", "unit_id": "w", "valid_from": border}, {"account_id": "moves back", "unit_id": "u", "valid_to": border},
        {"account_id": "twice", "unit_id": "u"}, {"account_id": "twice", "unit_id": "u"},
    )  # fmt: skip
    assert conflicts(town) == []


@pytest.mark.parametrize(
    ("more", "result"),
    [
        ({"unit_name": "乙"}, ("甲/districts", "乙/districts")),
        ({"ranking_list": "departments"}, ("甲/districts", "甲/departments")),
    ],
)
def test_a_unit_under_two_names_or_lists_at_a_time_is_listed(
    town: Town, more: dict[str, Any], result: tuple[str, str]
) -> None:
    town.units(
        {"unit_id": "u", "unit_name": "甲", "valid_to": "2021-09-01"},
        {"unit_id": "u", "unit_name": "甲", "valid_from": "2021-08-01", **more},
    )
    assert conflicts(town) == [("unit", "u", result[0], 1, result[1], 2, "2021-08-01", "2021-09-01")]


def test_a_unit_renamed_from_a_day_on_is_no_conflict(town: Town) -> None:
    town.units(
        {"unit_id": "u", "unit_name": "甲", "valid_to": "2021-08-01"}, {"unit_id": "u", "unit_name": "乙", "valid_from": "2021-08-01"},
    )  # fmt: skip
    assert conflicts(town) == []


def test_rows_of_two_registries_do_not_contradict_each_other(town: Town) -> None:
    town.export("newer", "2021-08-01 09:00:00")
    town.accounts({"account_id": "a", "unit_id": "u"}, {"account_id": "a", "unit_id": "w", "load_key": "newer"})
    town.units({"unit_id": "u", "unit_name": "甲"}, {"unit_id": "u", "unit_name": "乙", "load_key": "newer"})
    assert conflicts(town) == []


# ---- corrections that no longer fit ---------------------------------------------------------------------------------

POST = {"ranking_month": "2021-08", "post_id": "p", "title": "关于疫情防控的通告", "text": "正文"}
STALE: dict[str, tuple[dict[str, Any], dict[str, Any] | None, str | None]] = {
    # correction, the post beside it → problem
    "it fits": ({"guard": "关于疫情"}, POST, None),
    "the post was edited": ({"guard": "关于防汛"}, POST, "the post begins otherwise"),
    "a post without title is known by its text": ({"guard": "正文"}, {**POST, "title": ""}, None),
    "a post without words": ({"guard": "正文"}, {**POST, "title": None, "text": None}, "the post begins otherwise"),
    "the post is gone in the month it begins": ({"guard": "关于"}, None, "the post is not there"),
    "the post is gone, on the month's last day": (
        {"guard": "关于", "valid_from": "2021-08-31"},
        None,
        "the post is not there",
    ),
    "the post was of an earlier month": ({"guard": "关于", "valid_from": "2021-07-31"}, None, None),
    "it begins next month": ({"guard": "关于防汛", "valid_from": "2021-09-01"}, POST, None),
    "it has ended": ({"guard": "关于防汛", "valid_from": "2021-07-01", "valid_to": "2021-08-01"}, POST, None),
    "it ends in the month": (
        {"guard": "关于防汛", "valid_from": "2021-07-01", "valid_to": "2021-08-02"},
        POST,
        "the post begins otherwise",
    ),
    "it holds for long and the post was edited": (
        {"guard": "关于防汛", "valid_from": "2021-01-01"},
        POST,
        "the post begins otherwise",
    ),
    "it has no begin": ({"guard": "关于防汛", "valid_from": None}, POST, "the post begins otherwise"),
}


@pytest.mark.parametrize("case", STALE)
@pytest.mark.parametrize("seed", ["post_corrections", "match_decisions"])
def test_a_correction_in_force_that_no_longer_fits_its_post_is_listed(town: Town, seed: str, case: str) -> None:
    given, post, problem = STALE[case]
    its_item = {"item_id": "i"} if seed == "match_decisions" else {}
    town.put(f"seeds.{seed}", {"post_id": "p", "valid_from": "2021-08-01", **its_item, **given})
    town.put("staging.stg_channel_items", {"item_id": "i", "published_month": "2021-08"})
    town.put("intermediate.int_posts__attributed", *([post] if post else []))
    town.make("qc_stale_corrections")
    rows = town.ask("select ranking_month, seed, post_id, item_id, guard, problem from review.qc_stale_corrections")
    assert rows == ([("2021-08", seed, "p", its_item.get("item_id"), given["guard"], problem)] if problem else [])


def test_a_decision_about_an_item_that_is_gone_is_listed_and_words_before_items(town: Town) -> None:
    entry = {"post_id": "p", "valid_from": "2021-08-01", "guard": "关于疫情"}
    town.put(
        "seeds.match_decisions", {**entry, "item_id": "here"}, {**entry, "item_id": "gone"}, {**entry, "item_id": "gone too", "guard": "关于防汛"},
        {**entry, "item_id": "post gone", "post_id": "q"},
    )  # fmt: skip
    town.put("staging.stg_channel_items", {"item_id": "here", "published_month": "2021-08"})
    town.put("intermediate.int_posts__attributed", POST, {**POST, "ranking_month": "2021-07", "post_id": "q"})
    town.make("qc_stale_corrections")
    rows = town.ask("select item_id, post_id, found, problem from review.qc_stale_corrections order by 1")
    assert rows == [
        ("gone", "p", "关于疫情", "the item is not there"), ("gone too", "p", "关于疫情", "the post begins otherwise"),
        ("post gone", "q", "", "the post is not there"),
    ]  # fmt: skip


# ---- counts that are hard to believe --------------------------------------------------------------------------------


@pytest.fixture
def limits(town: Town) -> Town:
    """Tool `strict` may not fall nor jump a hundredfold, `loose` may fall by a tenth and jump a thousandfold."""
    town.put(
        "seeds.quality_floors",
        *(
            {"measure": measure, "scope": scope, "value": value, "valid_from": "2019-01-01"}
            for measure, scope, value in (
                ("fall_share", None, "0"), ("fall_share", "loose", "0.1"), ("jump_factor", None, "100"), ("jump_factor", "loose", "1000"),
            )
        ),
    )  # fmt: skip
    town.put(
        "raw.export_manifest", {"load_key": "strict", "connector": "strict"}, {"load_key": "loose", "connector": "loose"},
        {"load_key": "strict-2", "connector": "strict"},
    )  # fmt: skip
    return town


def seen(
    item_id: str, *values: int | None, load_key: str = "strict", metric: str = "like", **more: Any
) -> list[dict[str, Any]]:
    """Observations of an item, one a day."""
    return [
        {"item_id": item_id, "published_month": "2021-08", "load_key": load_key, "source_row": day, f"{metric}_count": value,
         "observed_at": shanghai(f"2021-08-{day:02d} 08:00:00"), f"{metric}_count_qualifier": "exact", **more}
        for day, value in enumerate(values, 10)
    ]  # fmt: skip


def suspects(
    town: Town,
    *observations: list[dict[str, Any]],
    posts: list[dict[str, Any]] | None = None,
    reprints: list[dict[str, Any]] | None = None,
) -> list[tuple]:
    rows = [row for some in observations for row in some]
    if posts is None:
        posts = [{"post_id": name} for name in sorted({row["item_id"] for row in rows})]
    town.put(
        "marts.fct_posts",
        *({**AUGUST, "platform": "wechat", "account_id": "a", "is_counted": True, **row} for row in posts),
    )
    town.put(
        "marts.fct_reprints",
        *({**AUGUST, "post_id": "x", "channel_type": "news_app", "outlet_id": "o", "is_counted": True, **row} for row in reprints or []),
    )  # fmt: skip
    town.put("staging.stg_observations", *rows)
    town.build("stg_exports")
    town.make("int_quality_limits", "fct_counts", "fct_count_observations", "qc_suspect_counts")
    return town.ask("select reason, item_id, metric, value, compared_with from review.qc_suspect_counts order by all")


def test_a_count_that_falls_within_a_source_is_listed(limits: Town) -> None:
    assert suspects(limits, seen("fell", 100, 99), seen("same", 100, 100), seen("rose", 99, 100)) == [
        ("fell", "fell", "like", 99, 100)
    ]
    shown = limits.ask("select ranking_month, channel_type, carrier, connector from review.qc_suspect_counts")
    assert shown == [("2021-08", "wechat", "a", "strict")]


def test_a_source_may_fall_by_its_own_share_and_not_by_more(limits: Town) -> None:
    rows = suspects(limits, seen("at the limit", 100, 90, load_key="loose"), seen("beyond", 100, 89, load_key="loose"))
    assert rows == [("fell", "beyond", "like", 89, 100)]


def test_two_deliveries_of_one_tool_are_one_source_and_two_tools_are_not(limits: Town) -> None:
    entry, two = seen("one tool", 100, 50), seen("two tools", 100, 50)
    entry[1]["load_key"], two[1]["load_key"] = "strict-2", "loose"
    assert suspects(limits, entry, two) == [("fell", "one tool", "like", 50, 100)]


def test_a_fall_is_from_the_observation_before_whatever_the_order_of_rows(limits: Town) -> None:
    assert suspects(limits, seen("p", 100, 99)[::-1]) == [("fell", "p", "like", 99, 100)]


def test_of_several_falls_the_smallest_number_and_the_largest_before_it_are_shown(limits: Town) -> None:
    assert suspects(limits, seen("p", 100, 70, 90, 80)) == [("fell", "p", "like", 70, 100)]


@pytest.mark.parametrize("metric", ["read", "view", "like", "comment"])
def test_reads_or_views_likes_and_comments_are_watched(limits: Town, metric: str) -> None:
    assert suspects(limits, seen("p", 100, 99, metric=metric)) == [
        ("fell", "p", "read" if metric == "view" else metric, 99, 100)
    ]


def test_a_number_that_is_not_exact_or_not_known_is_no_fall(limits: Town) -> None:
    rounded, unknown = seen("rounded", 100, 99), seen("unknown", 100, None)
    rounded[1]["like_count_qualifier"] = "rounded"
    assert suspects(limits, rounded, unknown, seen("over a gap", 100, None, 99)) == [
        ("fell", "over a gap", "like", 99, 100)
    ]


def test_only_what_counts_is_watched(limits: Town) -> None:
    rows = suspects(
        limits, seen("counted", 100, 99), seen("not counted", 100, 99), seen("item", 100, 99), seen("refused item", 100, 99),
        seen("nobody's", 100, 99),
        posts=[{"post_id": "counted"}, {"post_id": "not counted", "is_counted": False}],
        reprints=[{"item_id": "item"}, {"item_id": "item", "post_id": "y"}, {"item_id": "refused item", "is_counted": False}],
    )  # fmt: skip
    assert [(item, value) for _reason, item, _metric, value, _before in rows] == [("counted", 99), ("item", 99)]


def carried(*values: int | None, metric: str = "like", first: int = 1, **more: Any) -> list[dict[str, Any]]:
    return [{"post_id": f"p{i}", f"{metric}_count": value, **more} for i, value in enumerate(values, first)]


def test_a_count_a_hundred_times_what_its_carrier_usually_has_is_listed(limits: Town) -> None:
    """The median of five is 10."""
    assert suspects(limits, posts=carried(8, 9, 10, 11, 1000)) == [("jumped", "p5", "like", 1000, 10)]
    assert suspects(limits, posts=carried(8, 9, 10, 11, 999)) == []


def test_what_is_usual_is_known_from_five_counts_above_zero(limits: Town) -> None:
    assert suspects(limits, posts=carried(10, 10, 10, 5000)) == []
    assert suspects(limits, posts=carried(0, 10, 10, 10, 5000)) == []
    assert suspects(limits, posts=carried(10, 10, 10, 10, 5000)) == [("jumped", "p5", "like", 5000, 10)]
    assert suspects(limits, posts=carried(0, None, 10, 10, 10, 10, 5000)) == [("jumped", "p7", "like", 5000, 10)]


def test_what_is_usual_is_told_by_carrier_channel_and_metric(limits: Town) -> None:
    small = carried(10, 10, 10, 10, 10)
    assert suspects(limits, posts=[*small, *carried(5000, first=6, account_id="b")]) == []
    assert suspects(limits, posts=[*small, *carried(5000, first=6, platform="weibo")]) == []
    assert suspects(limits, posts=[*small, *carried(5000, first=6, metric="comment")]) == []
    assert suspects(limits, posts=[*small, *carried(5000, first=6)]) == [("jumped", "p6", "like", 5000, 10)]


def test_views_are_compared_where_a_post_has_no_reads(limits: Town) -> None:
    rows = suspects(limits, posts=carried(10, 10, 10, 10, 5000, metric="view"))
    assert rows == [("jumped", "p5", "read", 5000, 10)]


def test_a_source_may_jump_by_its_own_factor(limits: Town) -> None:
    """Which source an item is of, its newest observation says."""
    newest_strict = [*seen("p5", 1, load_key="loose"), {**seen("p5", None, None)[1]}]
    newest_loose = [*seen("p5", 1), {**seen("p5", None, None, load_key="loose")[1]}]
    assert suspects(limits, newest_loose, posts=carried(10, 10, 10, 10, 5000)) == []
    assert suspects(limits, newest_strict, posts=carried(10, 10, 10, 10, 5000)) == [("jumped", "p5", "like", 5000, 10)]
    assert limits.ask("select connector from review.qc_suspect_counts") == [("strict",)]
    assert suspects(limits, newest_loose, posts=carried(10, 10, 10, 10, 10_000)) == [
        ("jumped", "p5", "like", 10_000, 10)
    ]


FLOORS = [
    ("2021-08-31", None, True), ("2021-09-01", None, False), ("2021-01-01", "2021-08-01", False), ("2021-01-01", "2021-08-02", True),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "end", "is_in_force"), FLOORS)
def test_of_two_limits_in_force_the_later_begun_holds(
    limits: Town, begin: str, end: str | None, is_in_force: bool
) -> None:
    limits.add("seeds.quality_floors", {"measure": "fall_share", "value": "0.5", "valid_from": begin, "valid_to": end})
    assert suspects(limits, seen("p", 100, 60)) == ([] if is_in_force else [("fell", "p", "like", 60, 100)])


def test_limits_of_another_measure_or_source_are_not_its(limits: Town) -> None:
    limits.add("seeds.quality_floors", {"measure": "rejected_share", "value": "0.9", "valid_from": "2020-01-01"})
    limits.add(
        "seeds.quality_floors", {"measure": "fall_share", "scope": "other", "value": "0.9", "valid_from": "2020-01-01"}
    )
    assert suspects(limits, seen("p", 100, 60)) == [("fell", "p", "like", 60, 100)]


def test_each_month_has_its_own_suspects(limits: Town) -> None:
    earlier = {"ranking_month": "2021-07"}
    rows = suspects(
        limits, seen("p1", 100, 99), posts=[{"post_id": "p1", **earlier}, *carried(1, 1, 1, 1, 900, first=2, **earlier)]
    )
    assert rows == []


@pytest.fixture
def of_channel(limits: Town) -> Town:
    """A count that is ten times what nine of ten counts of its channel type do not exceed is listed."""
    limits.add(
        "seeds.quality_floors",
        {"measure": "channel_quantile", "value": "0.9", "valid_from": "2019-01-01"},
        {"measure": "channel_factor", "value": "10", "valid_from": "2019-01-01"},
    )
    return limits


def by_many(*values: int, **more: Any) -> list[dict[str, Any]]:
    """Posts of as many accounts: none of them is seen often enough for a usual value of its own."""
    return [{**row, "account_id": f"a{n}", **more} for n, row in enumerate(carried(*values))]


def test_a_count_far_above_its_channel_type_is_listed_whoever_carries_it(of_channel: Town) -> None:
    usual = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert suspects(of_channel, posts=by_many(*usual, 90)) == [("above_channel", "p10", "like", 90, 9)]
    assert suspects(of_channel, posts=by_many(*usual, 89)) == []
    assert suspects(of_channel, posts=[*by_many(*usual), *carried(90, first=10, platform="weibo")]) == []


@pytest.mark.parametrize(
    ("likes", "reads", "qualifier", "is_listed"),
    [(11, 10, "exact", True), (10, 10, "exact", False), (11, 10, "floor", False), (11, None, None, False), (11, 0, "exact", False)],
)  # fmt: skip
def test_likes_above_known_reads_are_listed(
    limits: Town, likes: int, reads: int | None, qualifier: str | None, is_listed: bool
) -> None:
    post = {"post_id": "p", "like_count": likes, "read_count": reads, "read_count_qualifier": qualifier}
    assert suspects(limits, posts=[post]) == ([("above_reads", "p", "like", likes, reads)] if is_listed else [])


def test_outlets_that_carry_one_unit_only_are_listed_with_the_rank_without_them(town: Town) -> None:
    town.put(
        "marts.fct_reprint_parts",
        *(
            {"ranking_month": "2021-08", "unit_id": "u", "post_id": post, "outlet_id": outlet, "item_id": f"{post}{outlet}{number}",
             "channel_type": "weibo", "kind": kind, "part_id": part}
            for number, (post, outlet, kind, part) in enumerate((
                ("p", "weibo:a", "largest_group", "h"), ("q", "weibo:a", "largest_group", "h"), ("p", "weibo:b", "largest_group", ""),
                ("q", "weibo:a", "largest_group", "h"),  # the same post once more: carried once, as it counts once
                ("p", "weibo:c", "largest_item", "i"),
            ))
        ),
    )  # fmt: skip
    town.put(
        "published.rpt_rank_leverage",
        *(
            {"ranking_month": "2021-08", "unit_id": "u", "dimension": dimension, "kind": kind, "rank": 1, "rank_without": rank}
            for dimension, kind, rank in (
                ("dissemination", "largest_group", 9), ("influence", "largest_group", 8), ("dissemination", "largest_item", 7),
            )
        ),
    )  # fmt: skip
    town.make("qc_one_sided_outlets")
    assert town.ask("select outlet_id, reprint_count, rank, rank_without from review.qc_one_sided_outlets") == [
        ("weibo:a", 2, 1, 9)
    ]
