"""Reprints of a ranking month: the window, the observation that counts, what the matcher's evidence becomes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.models_in_memory import Town, shanghai

POSTED = datetime(2021, 8, 10, 12, 0, 0)  # noqa: DTZ001 - Shanghai wall-clock time
HOUR, MINUTE, SECOND, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)


def matched(
    town: Town,
    match: dict[str, Any] | None = None,
    item: dict[str, Any] | None = None,
    post: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """One match of an item to a post, as the models leave it."""
    town.put(
        "staging.stg_posts",
        {"post_id": "p", "published_month": "2021-08", "platform": "wechat", "account_id": "a", "unit_id": "u", "is_unowned": False,
         "is_repost": False, "published_at_local": POSTED, "published_precision": "second", **(post or {})},
    )  # fmt: skip
    town.put(
        "staging.stg_channel_items",
        {"item_id": "i", "published_month": "2021-08", "channel_type": "news_app", "outlet_id": "news_app:o", "is_mapped": True, "published_at_local": POSTED,
         "published_at": shanghai("2021-08-10 12:00:00"), "published_precision": "second", **(item or {})},
    )  # fmt: skip
    town.put(
        "evidence.matches",
        {
            "item_id": "i",
            "post_id": "p",
            "post_month": "2021-08",
            "month": "2021-08",
            "confidence": "A",
            "is_counted": True,
            **(match or {}),
        },
    )
    town.make("int_months", "int_posts__attributed", "int_reprints__engagement", "int_reprints__matched")
    return town.table("select * from intermediate.int_reprints__matched")


# ---- the window -----------------------------------------------------------------------------------------------------

WINDOW: dict[str, tuple[datetime, bool]] = {
    "at once": (POSTED, True),
    "in the 168th hour": (POSTED + 168 * HOUR - SECOND, True),
    "168 hours later": (POSTED + 168 * HOUR, True),
    "a second after 168 hours": (POSTED + 168 * HOUR + SECOND, False),
    "ten minutes earlier, which a clock may be wrong": (POSTED - 10 * MINUTE, True),
    "a second more than ten minutes earlier": (POSTED - 10 * MINUTE - SECOND, False),
    "nine days later": (POSTED + 9 * DAY, False),
}


@pytest.mark.parametrize("case", WINDOW)
def test_a_reprint_counts_from_ten_minutes_before_its_post_until_the_168th_hour(town: Town, case: str) -> None:
    at, is_in_window = WINDOW[case]
    (row,) = matched(town, item={"published_at_local": at})
    assert row["is_in_window"] is is_in_window
    assert row["reprinted_at_local"] == at


MIDNIGHT = datetime(2021, 8, 10)  # noqa: DTZ001
INTERVALS: dict[str, tuple[datetime, str, datetime, str, bool]] = {
    # post, its precision, item, its precision → in the window
    "an item of the post's day": (POSTED, "second", MIDNIGHT, "day", True),
    "an item of the day before": (POSTED, "second", MIDNIGHT - DAY, "day", False),
    "an item of the day before a post at midnight": (MIDNIGHT, "second", MIDNIGHT - DAY, "day", True),
    "an item of the day before a post ten minutes after midnight": (MIDNIGHT + 10 * MINUTE, "second", MIDNIGHT - DAY, "day", False),
    "an item of the day before a post a second less after midnight": (
        MIDNIGHT + 10 * MINUTE - SECOND, "second", MIDNIGHT - DAY, "day", True,
    ),
    "an item of the seventh day": (POSTED, "second", MIDNIGHT + 7 * DAY, "day", True),
    "an item of the eighth day": (POSTED, "second", MIDNIGHT + 8 * DAY, "day", False),
    "an item of a minute that ends ten minutes before": (POSTED + 59 * SECOND, "second", POSTED - 10 * MINUTE, "minute", True),
    "an item of the minute before that": (POSTED + 60 * SECOND, "second", POSTED - 10 * MINUTE, "minute", False),
    "a post of a day, an item on its seventh day's last second": (MIDNIGHT, "day", MIDNIGHT + 8 * DAY - SECOND, "second", True),
    "a post of a day, an item at the next midnight": (MIDNIGHT, "day", MIDNIGHT + 8 * DAY, "second", False),
    "a post of a day, an item a minute before the day": (MIDNIGHT, "day", MIDNIGHT - 10 * MINUTE, "second", True),
    "a post of a minute, an item in its last second": (POSTED, "minute", POSTED + 168 * HOUR + 59 * SECOND, "second", True),
    "a post of a minute, an item in the next": (POSTED, "minute", POSTED + 168 * HOUR + 60 * SECOND, "second", False),
    "post and item of a day": (MIDNIGHT, "day", MIDNIGHT + 7 * DAY, "day", True),
}  # fmt: skip


@pytest.mark.parametrize("case", INTERVALS)
def test_times_known_to_the_day_or_minute_count_where_they_overlap_the_window(town: Town, case: str) -> None:
    posted, post_precision, at, precision, is_in_window = INTERVALS[case]
    (row,) = matched(
        town, item={"published_at_local": at, "published_precision": precision},
        post={"published_at_local": posted, "published_precision": post_precision},
    )  # fmt: skip
    assert row["is_in_window"] is is_in_window


def test_an_item_without_a_time_is_in_no_window(town: Town) -> None:
    (row,) = matched(town, item={"published_at_local": None, "published_at": None})
    assert row["is_in_window"] is False


@pytest.mark.parametrize(
    ("parameter", "value", "at"), [("window_hours", "24", POSTED + 25 * HOUR), ("skew_minutes", "0", POSTED - MINUTE)]
)
def test_window_and_skew_are_the_methods(town: Town, parameter: str, value: str, at: datetime) -> None:
    assert [row["is_in_window"] for row in matched(town, item={"published_at_local": at})] == [True]
    town.con.execute(f"update seeds.method_parameters set value = '{value}' where parameter = '{parameter}'")
    assert [row["is_in_window"] for row in matched(town, item={"published_at_local": at})] == [False]


# ---- what counts ----------------------------------------------------------------------------------------------------

SWITCHES = [
    # counted by the matcher, its reason, count_self, count_sibling → self, sibling, counts
    (True, None, 0, 0, False, False, True),
    (False, "quote", 1, 1, False, False, False),
    (False, None, 1, 1, False, False, False),
    (False, "self", 0, 1, True, False, False),
    (False, "self", 1, 0, True, False, True),
    (False, "sibling", 1, 0, False, True, False),
    (False, "sibling", 0, 1, False, True, True),
]


@pytest.mark.parametrize(
    ("counted", "reason", "count_self", "count_sibling", "is_self", "is_sibling", "counts"), SWITCHES
)
def test_own_and_sibling_copies_count_only_where_the_method_switches_them_on(
    town: Town,
    counted: bool,
    reason: str | None,
    count_self: int,
    count_sibling: int,
    is_self: bool,
    is_sibling: bool,
    counts: bool,
) -> None:
    for name, value in (("count_self", count_self), ("count_sibling", count_sibling)):
        town.con.execute(f"update seeds.method_parameters set value = '{value}' where parameter = '{name}'")
    (row,) = matched(town, {"is_counted": counted, "reason": reason})
    assert (row["is_self"], row["is_sibling"], row["is_match_counted"], row["match_reason"]) == (
        is_self,
        is_sibling,
        counts,
        reason,
    )


def test_a_match_keeps_evidence_carrier_and_owner(town: Town) -> None:
    evidence = {
        "method": "text", "match_class": "copy", "containment": 0.75, "item_containment": 0.5, "matched_chars": 80, "confidence": "B",
        "lag_seconds": 60, "is_credited": True, "credit_rule": "earliest", "decided_by": "person", "evidence": "{}", "parameters_hash": "h",
    }  # fmt: skip
    item = {
        "unit_id": "w",
        "url": "https://x/",
        "title": "题",
        "source_name_raw": "甲发布",
        "published_precision": "minute",
    }
    (row,) = matched(town, evidence, item)
    assert {name: row[name] for name in evidence} == evidence
    wanted = {
        **item,
        "carrying_unit_id": "w",
        "unit_id": "u",
        "account_id": "a",
        "channel_type": "news_app",
        "outlet_id": "news_app:o",
    }
    assert {name: row[name] for name in wanted} == wanted
    assert (row["ranking_month"], row["is_post_counted"], row["is_late_observation"]) == ("2021-08", True, False)


def test_evidence_of_another_months_run_is_not_this_months(town: Town) -> None:
    """July's run may have met the pair too; only posts of the ranking month are its own."""
    assert matched(town, {"month": "2021-07"}) == []
    assert matched(town, {"post_id": "another"}) == []
    assert matched(town, {"item_id": "another"}) == []


def test_an_item_of_the_next_months_first_week_belongs_to_its_posts_month(town: Town) -> None:
    observation(town, at="2021-09-08 09:00:00", published_month="2021-09", read_count=8)
    (row,) = matched(
        town, item={"published_month": "2021-09", "published_at_local": "2021-09-07 11:00:00", "published_at": shanghai("2021-09-07 11:00:00")},
        post={"published_at_local": "2021-08-31 12:00:00"},
    )  # fmt: skip
    assert (row["ranking_month"], row["is_in_window"], row["read_count"]) == ("2021-08", True, 8)


# ---- the observation that counts ------------------------------------------------------------------------------------


def observation(town: Town, *, at: str, **more: Any) -> None:
    if not town.has("staging.stg_observations"):
        town.build("stg_observations")
    (nth,) = town.ask("select count(*) + 1 from staging.stg_observations")[0]
    qualifiers = {
        f"{name[:-6]}_count_qualifier": "exact" for name in more if name.endswith("_count") and more[name] is not None
    }
    town.add(
        "staging.stg_observations",
        {"item_id": "i", "published_month": "2021-08", "published_at": shanghai("2021-08-10 12:00:00"), "observed_at": shanghai(at),
         "export_sha256": "s", "source_row": nth, **qualifiers, **more},
    )  # fmt: skip


AT_168_HOURS = "2021-08-17 12:00:00"
CHOSEN: dict[str, tuple[list[tuple[str, int | None]], int | None, bool]] = {
    # times and reads of the observations → reads, late
    "the latest within 168 hours": ([("2021-08-11 12:00:00", 1), ("2021-08-16 12:00:00", 2)], 2, False),
    "in whatever order they come": ([("2021-08-16 12:00:00", 2), ("2021-08-11 12:00:00", 1)], 2, False),
    "one at the 168th hour": ([("2021-08-16 12:00:00", 1), (AT_168_HOURS, 2)], 2, False),
    "not one a second later": ([("2021-08-16 12:00:00", 1), ("2021-08-17 12:00:01", 2)], 1, False),
    "else the earliest later one, marked": ([("2021-08-30 12:00:00", 2), ("2021-08-17 12:00:01", 1)], 1, True),
    "even a smaller number": ([("2021-08-11 12:00:00", 9), ("2021-08-16 12:00:00", 2)], 2, False),
    "not one that knows nothing": ([("2021-08-11 12:00:00", 1), ("2021-08-16 12:00:00", None)], 1, False),
    "a late one that knows before a timely one that does not": (
        [("2021-08-11 12:00:00", None), ("2021-08-20 12:00:00", 3)],
        3,
        True,
    ),
    "all know nothing": ([("2021-08-11 12:00:00", None)], None, False),
    "a count that was taken before the item's own time": ([("2021-08-10 11:00:00", 4)], 4, False),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_engagement_is_the_latest_observation_within_168_hours_of_the_reprint_else_the_earliest_later_one(
    town: Town, case: str
) -> None:
    observations, reads, is_late = CHOSEN[case]
    for at, count in observations:
        observation(town, at=at, read_count=count)
    (row,) = matched(town)
    assert (row["read_count"], row["is_late_observation"]) == (reads, is_late)


@pytest.mark.parametrize("metric", ["read", "view", "like", "comment"])
def test_an_observation_that_knows_one_of_the_scored_metrics_knows_something(town: Town, metric: str) -> None:
    observation(town, at="2021-08-11 12:00:00", read_count=1, like_count=1, comment_count=1)
    observation(town, at="2021-08-12 12:00:00", **{f"{metric}_count": 5})
    (row,) = matched(town)
    assert row["read_count" if metric == "view" else f"{metric}_count"] == 5


@pytest.mark.parametrize("metric", ["recommend", "share", "repost"])
def test_an_observation_that_knows_only_what_is_not_scored_knows_nothing(town: Town, metric: str) -> None:
    observation(town, at="2021-08-11 12:00:00", read_count=1)
    observation(town, at="2021-08-12 12:00:00", **{f"{metric}_count": 5})
    assert [row["read_count"] for row in matched(town)] == [1]


def test_of_two_observations_of_one_moment_the_larger_counts_stand(town: Town) -> None:
    for nth, sha in ((1, "b"), (3, "a"), (2, "c")):
        observation(town, at="2021-08-11 12:00:00", read_count=nth, source_row=nth, export_sha256=sha)
    assert [row["read_count"] for row in matched(town)] == [3]


def test_observations_of_one_moment_with_the_same_counts_are_ordered_by_export_and_then_by_row(town: Town) -> None:
    for nth, (sha, reads) in enumerate((("b", 3), ("b", 1), ("a", 2)), start=1):
        likes = 3 - reads
        observation(
            town, at="2021-08-11 12:00:00", read_count=reads, like_count=likes, source_row=nth, export_sha256=sha
        )
    assert [row["read_count"] for row in matched(town)] == [1]


def test_of_several_sources_each_gives_its_newest_and_the_larger_of_the_strongest_holds(town: Town) -> None:
    observed: list[tuple[str, int, str, dict[str, int]]] = [
        ("tool", 2, "2021-08-11 12:00:00", {"read_count": 900, "like_count": 9}),
        ("tool", 2, "2021-08-12 12:00:00", {"read_count": 500, "like_count": 5}),
        ("other", 2, "2021-08-13 12:00:00", {"read_count": 1, "like_count": 7, "comment_count": 2}),
        ("vendor", 1, "2021-08-14 12:00:00", {"read_count": 9_000, "like_count": 90, "comment_count": 90}),
    ]
    for connector, strength, at, counts in observed:
        observation(town, at=at, connector=connector, source_strength=strength, read_unit=connector, **counts)
    (row,) = matched(town)
    assert (row["read_count"], row["like_count"], row["comment_count"]) == (500, 7, 2)
    assert row["read_unit"] == "tool"


def test_the_qualifier_is_that_of_the_count_that_holds(town: Town) -> None:
    observation(town, at="2021-08-11 12:00:00", connector="a", read_count=100_001, like_count=4)
    observation(town, at="2021-08-11 12:00:00", connector="b", like_count=3)
    town.con.execute("update staging.stg_observations set read_count_qualifier = 'floor' where connector = 'a'")
    town.con.execute("update staging.stg_observations set like_count_qualifier = 'rounded' where connector = 'b'")
    (row,) = matched(town)
    assert (row["read_count_qualifier"], row["like_count_qualifier"]) == ("floor", "exact")


def test_an_item_has_the_counts_of_its_own_observations_only(town: Town) -> None:
    observation(town, at="2021-08-11 12:00:00", read_count=1, item_id="another")
    assert [row["read_count"] for row in matched(town)] == [None]


def test_an_item_of_two_matches_has_one_row_of_engagement(town: Town) -> None:
    observation(town, at="2021-08-11 12:00:00", read_count=6)
    matched(town)
    town.add(
        "evidence.matches",
        {"item_id": "i", "post_id": "q", "post_month": "2021-08", "month": "2021-08", "is_counted": True},
    )
    town.make("int_reprints__engagement")
    assert town.ask("select ranking_month, item_id, read_count from intermediate.int_reprints__engagement") == [
        ("2021-08", "i", 6)
    ]


def test_only_matches_of_the_ranking_months_own_posts_have_engagement(town: Town) -> None:
    """The matcher also judges posts of earlier months, whose windows reach into this one."""
    observation(town, at="2021-08-11 12:00:00", read_count=6)
    matched(town, {"post_month": "2021-07"})
    assert town.ask("select * from intermediate.int_reprints__engagement") == []


VALUES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "reads": ({"read_count": 5, "view_count": 9}, {"read_count": 5, "read_count_qualifier": "exact"}),
    "views where there are no reads": (
        {"view_count": 9, "view_count_qualifier": "floor"}, {"read_count": 9, "read_count_qualifier": "floor"},
    ),
    "capped reads": ({"read_count": 100_001, "read_count_qualifier": "floor"}, {"read_count": 100_001, "read_count_qualifier": "floor"}),
    "a suspect zero of reads": (
        {"read_count": 0, "read_count_qualifier": "zero_suspect"}, {"read_count": None, "read_count_qualifier": "zero_suspect"},
    ),
    "a suspect zero of views": (
        {"view_count": 0, "view_count_qualifier": "zero_suspect", "like_count": 1}, {"read_count": None, "like_count": 1},
    ),
    "a suspect zero of likes": ({"like_count": 0, "like_count_qualifier": "zero_suspect", "read_count": 3}, {"like_count": None, "read_count": 3}),
    "a suspect zero of comments": (
        {"comment_count": 0, "comment_count_qualifier": "zero_suspect", "read_count": 3}, {"comment_count": None, "read_count": 3},
    ),
    "true zeros": ({"read_count": 0, "like_count": 0, "comment_count": 0}, {"read_count": 0, "like_count": 0, "comment_count": 0}),
    "what nobody counted": ({"like_count": 2}, {"read_count": None, "like_count": 2, "comment_count": None}),
    "qualifiers": (
        {"like_count": 2, "like_count_qualifier": "rounded", "comment_count": 4, "comment_count_qualifier": "floor"},
        {"like_count_qualifier": "rounded", "comment_count_qualifier": "floor", "read_count_qualifier": None},
    ),
    "people are not views": ({"read_count": 3, "read_unit": "people"}, {"read_count": 3, "read_unit": "people"}),
}  # fmt: skip


@pytest.mark.parametrize("case", VALUES)
def test_a_reprint_has_reads_or_else_views_and_no_suspect_zero(town: Town, case: str) -> None:
    given, wanted = VALUES[case]
    observation(town, at="2021-08-11 12:00:00", **given)
    (row,) = matched(town)
    assert {name: row[name] for name in wanted} == wanted


def test_observations_of_another_month_than_the_items_are_not_its(town: Town) -> None:
    """A record whose time was corrected over the month's end is observed in both; each row belongs to its own time."""
    observation(town, at="2021-08-11 12:00:00", read_count=1)
    observation(town, at="2021-08-12 12:00:00", read_count=2, published_month="2021-09")
    assert [row["read_count"] for row in matched(town)] == [1]


# ---- all that was compared ------------------------------------------------------------------------------------------


def test_candidates_are_matches_with_their_confidence_and_rejected_pairs(town: Town) -> None:
    result = {
        "containment": 0.5,
        "matched_chars": 9,
        "numbers_aligned": 4,
        "numbers_equal": 3,
        "parameters_hash": "h",
        "month": "2021-08",
    }
    town.put(
        "evidence.matches",
        {"item_id": "i", "post_id": "p", "confidence": "review", "reason": "short", "post_month": "2021-08", **result},
    )
    town.put("evidence.rejected", {"item_id": "i", "post_id": "q", "reason": "numbers_differ", **result})
    town.make("int_reprints__candidates")
    numbers = {name: result[name] for name in result if name != "month"}
    assert town.table("select * from intermediate.int_reprints__candidates order by post_id") == [
        {"ranking_month": "2021-08", "item_id": "i", "post_id": "p", "verdict": "review", "reason": "short", **numbers},
        {
            "ranking_month": "2021-08",
            "item_id": "i",
            "post_id": "q",
            "verdict": "rejected",
            "reason": "numbers_differ",
            **numbers,
        },
    ]
