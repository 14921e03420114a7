"""Families of near-identical own posts, and which post of a family, or of a link, gets the credit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.matching_texts import AT, PARAMETERS, item, judge, letters, match_of, post

TEXT = letters(0, 100)
FOREIGN = letters(5_000, 5_200)


def posts(count: int, text: str = TEXT) -> list[dict[str, Any]]:
    """p1, p2 … of accounts a1, a2 … and units u1, u2 …, an hour after one another, all with one text."""
    return [
        post(
            text, post_id=f"weibo:{n}", account_id=f"a{n}", unit_id=f"u{n}", published_at=AT + timedelta(hours=n - 1),
            url=f"https://weibo.com/100{n}/M{n}abc",
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


ACCOUNTS = [
    {"account_id": "a1", "name": "滨江发布", "aliases": ["滨江"]},
    {"account_id": "a2", "name": "河畔发布", "aliases": None},
    {"account_id": "a3", "name": "临海发布", "aliases": ["临", " 临海 "]},
]


def late(text: str, **other: Any) -> dict[str, Any]:
    """An item a day later than the posts."""
    return item(text, published_at=AT + timedelta(days=1), **other)


def family(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["post_id"]: row["origin_post_id"] for row in rows}


def families(texts: list[str]) -> list[str]:
    """Origin of each text's post, posted in this order."""
    own = [
        post(text, post_id=f"p{n}", unit_id=f"u{n}", published_at=AT + timedelta(hours=n))
        for n, text in enumerate(texts)
    ]
    return list(family(judge(own, [item("")])[2]).values())


@pytest.mark.parametrize(
    ("first", "second", "origin"),
    [
        (TEXT, letters(0, 80) + letters(5_000, 5_020), "p0"),  # .80 both ways
        (TEXT, letters(0, 79) + letters(5_000, 5_021), "p1"),  # .79
        (letters(0, 125), TEXT, "p0"),  # .80 of the longer
        (letters(0, 126), TEXT, "p1"),  # .79 of the longer, all of the shorter
        (TEXT, letters(0, 125), "p0"),
        (TEXT, letters(0, 126), "p1"),
        (letters(0, 1_000), letters(0, 800) + letters(5_000, 5_200), "p0"),
        (letters(0, 1_000), letters(0, 790) + letters(5_000, 5_210), "p1"),
    ],
)
def test_posts_four_fifths_alike_both_ways_are_a_family(first: str, second: str, origin: str) -> None:
    assert families([first, second]) == ["p0", origin]


@pytest.mark.parametrize(("equal", "origin"), [(9, "p0"), (8, "p1")])
def test_posts_of_a_family_agree_in_nine_of_ten_numbers(equal: int, origin: str) -> None:
    def text(values: list[int]) -> str:
        return "".join(letters(20 * k, 20 * k + 20) + str(value) for k, value in enumerate(values))

    assert families([text([3] * 10), text([3] * equal + [4] * (10 - equal))]) == ["p0", origin]


def test_a_post_joins_a_family_through_a_post_in_between() -> None:
    # Each is .85 of the one before; the third is .70 of the first.
    assert families([letters(0, 100), letters(15, 115), letters(30, 130)]) == ["p0", "p0", "p0"]
    assert families([letters(0, 100), letters(30, 130)]) == ["p0", "p1"]


def test_posts_of_other_texts_are_families_of_their_own() -> None:
    assert families([TEXT, letters(200, 300), TEXT, letters(200, 300)]) == ["p0", "p1", "p0", "p1"]


@pytest.mark.parametrize(("copies", "number_of_families"), [(64, 1), (65, 65)])
def test_grams_of_more_than_64_posts_make_no_family(copies: int, number_of_families: int) -> None:
    assert len(set(families([TEXT] * copies))) == number_of_families


def test_a_post_of_other_numbers_between_two_copies_parts_no_family() -> None:
    def text(values: list[int]) -> str:
        return "".join(letters(20 * k, 20 * k + 20) + str(value) for k, value in enumerate(values))

    bulletin, other_day = text([3] * 10), text([3] * 8 + [4] * 2)
    assert families([bulletin, other_day, bulletin]) == ["p0", "p1", "p0"]


def test_an_earlier_article_that_holds_the_text_parts_no_family() -> None:
    assert families([letters(0, 700), TEXT, TEXT, TEXT]) == ["p0", "p1", "p1", "p1"]


def test_as_many_as_64_copies_are_one_family() -> None:
    assert set(families([TEXT] * 64)) == {"p0"}


def test_the_origin_is_the_earliest_whatever_the_order_of_rows_and_ids() -> None:
    own = [
        post(TEXT, post_id="a", published_at=AT + timedelta(seconds=1)),
        post(TEXT, post_id="z", published_at=AT),
        post(TEXT, post_id="y", published_at=AT, unit_id="u7"),
    ]
    for order in (own, own[::-1]):
        rows = judge(order, [item("")])[2]
        assert [(row["post_id"], row["family_id"], row["origin_post_id"], row["is_origin"]) for row in rows] == [
            ("a", "y", "y", False),
            ("y", "y", "y", True),  # of the same second: the smaller id
            ("z", "y", "y", False),
        ]
        assert {row["origin_unit_id"] for row in rows} == {"u7"}


def test_a_posts_month_is_shanghais() -> None:
    moment = datetime(2021, 7, 31, 16, 30, tzinfo=UTC)  # 00:30 on 1 August
    own = [
        post(TEXT, published_at=moment),
        post(letters(200, 300), post_id="p2", published_at=moment - timedelta(hours=1)),
    ]
    matches, _rejected, rows = judge(own, [item(TEXT)])
    assert {row["post_id"]: row["post_month"] for row in rows} == {"p1": "2021-08", "p2": "2021-07"}
    assert [row["post_month"] for row in matches] == ["2021-08"]


def credit_of(own: list[dict[str, Any]], entry: dict[str, Any], **named: Any) -> tuple[str, str]:
    row = match_of(own, [entry], ACCOUNTS, **named)
    return row["post_id"], row["credit_rule"]


@pytest.mark.parametrize(
    ("attribution", "wanted"),
    [
        ({"source_url_raw": "https://weibo.com/1003/M3abc", "source_name_raw": "河畔发布"}, ("weibo:3", "link")),
        ({"repost_of_post_id": "weibo:2", "source_name_raw": "临海发布"}, ("weibo:2", "link")),
        ({"source_name_raw": "河畔发布"}, ("weibo:2", "attribution")),
        ({"source_name_raw": " @河畔发布 "}, ("weibo:2", "attribution")),
        ({"source_name_raw": "临海"}, ("weibo:3", "attribution")),  # an alias, as written in the registry with spaces
        ({"source_name_raw": "河畔发布等"}, ("weibo:1", "earliest")),  # a field names one account, whole
        ({"source_name_raw": "临"}, ("weibo:1", "earliest")),  # a name of one character names nobody
        ({"source_name_raw": "某某发布"}, ("weibo:1", "earliest")),
        ({"source_name_raw": None}, ("weibo:1", "earliest")),
        ({"source_name_raw": "河畔发布", "text": TEXT + "（来源：临海发布）"}, ("weibo:2", "attribution")),
        ({"text": TEXT + "来源：临海发布"}, ("weibo:3", "in_text")),
        ({"text": TEXT + "來源: 临海发布，编辑"}, ("weibo:3", "in_text")),
        ({"text": TEXT + "转自 @临海发布"}, ("weibo:3", "in_text")),
        ({"text": TEXT + "轉自｜临海发布"}, ("weibo:3", "in_text")),
        ({"text": "转载自：临海发布 " + TEXT}, ("weibo:3", "in_text")),
        ({"text": "轉載自：临海发布 " + TEXT}, ("weibo:3", "in_text")),
        ({"text": "//@临海发布:" + TEXT}, ("weibo:3", "in_text")),
        ({"text": "@临海发布 " + TEXT}, ("weibo:3", "in_text")),
        ({"text": "据临海发布消息" + TEXT}, ("weibo:1", "earliest")),  # named, but not as the source
        ({"text": "来源：临 " + TEXT}, ("weibo:1", "earliest")),
    ],
)
def test_credit_goes_by_link_then_field_then_text_then_the_earliest(attribution: dict, wanted: tuple[str, str]) -> None:
    assert credit_of(posts(3), late(**{"text": TEXT, **attribution})) == wanted


def test_a_family_with_one_possible_post_says_so() -> None:
    assert credit_of(posts(1), late(TEXT, source_name_raw="河畔发布")) == ("weibo:1", "only")
    # The others are younger than the item by more than the skew.
    assert credit_of(posts(3), item(TEXT, published_at=AT + timedelta(minutes=5))) == ("weibo:1", "only")


@pytest.mark.parametrize(("seconds", "wanted"), [(0, "weibo:2"), (-1, "weibo:1")])
def test_a_post_of_the_family_ten_minutes_younger_than_the_item_may_still_be_credited(
    seconds: int, wanted: str
) -> None:
    at = AT + timedelta(hours=1, minutes=-10, seconds=seconds)
    row = match_of(posts(2), [item(TEXT, published_at=at, source_name_raw="河畔发布")], ACCOUNTS)
    assert row["post_id"] == wanted


def test_a_name_of_two_accounts_credits_the_earlier_of_their_posts() -> None:
    both = [{"account_id": "a3", "name": "共用", "aliases": []}, {"account_id": "a2", "name": "共用", "aliases": []}]
    row = match_of(posts(3), [late(TEXT, source_name_raw="共用")], both)
    assert (row["post_id"], row["credit_rule"]) == ("weibo:2", "attribution")


def test_competing_posts_of_the_family_and_the_offsets_stand_in_the_evidence() -> None:
    row = match_of(posts(3), [late(letters(5_000, 5_010) + letters(20, 100), source_name_raw="河畔发布")], ACCOUNTS)
    assert json.loads(row["evidence"]) == {
        "co_credits": ["weibo:1", "weibo:3"],
        "digest_share": round(80 / 90, 4),
        "item_range": [10, 90],
        "post_range": [20, 100],
    }
    assert row["lag_seconds"] == 23 * 3600  # against the credited post


@pytest.mark.parametrize("carrier", ["weibo:1", "weibo:2", "weibo:3"])
def test_an_own_post_of_the_family_seen_as_an_item_earns_no_row(carrier: str) -> None:
    entry = late(TEXT, item_id=carrier, unit_id="u9")
    matches, rejected, _families = judge(posts(3), [entry])
    assert (matches, rejected) == ([], [])


def test_a_post_is_never_its_own_reprint_by_link() -> None:
    matches, rejected, _families = judge(posts(1), [late(TEXT, item_id="weibo:1", url="https://weibo.com/1001/M1abc")])
    assert (matches, rejected) == ([], [])


def test_a_post_that_is_like_none_but_seen_as_an_item_is_not_rejected_against_itself() -> None:
    short = [post(letters(0, 23), post_id="weibo:1")]
    assert judge(short, [item(letters(0, 23), item_id="weibo:1")])[:2] == ([], [])


@pytest.mark.parametrize(
    ("shared", "name", "wanted"),
    [
        (59, "滨江发布", ("text", "quote", "review", False, "quote")),
        (60, "滨江发布", ("attribution_text", "quote", "C", True, None)),
        (60, "河畔发布", ("text", "quote", "review", False, "quote")),  # another account than the owner
        (60, None, ("text", "quote", "review", False, "quote")),
        (20, "滨江发布", None),
        (24, "滨江发布", ("text", "quote", "review", False, "quote")),
    ],
)
def test_a_lone_passage_counts_from_60_characters_where_the_source_is_named(
    shared: int, name: str | None, wanted: tuple | None
) -> None:
    own = posts(1, letters(0, 400))
    text = letters(0, shared) + letters(5_000, 5_149 - shared + 200 * (shared > 40))
    for attribution in ({"source_name_raw": name}, {"text": f"{text} 来源：{name}" if name else text}):
        matches = judge(own, [late(**{"text": text, **attribution})], ACCOUNTS)[0]
        result = [(r["method"], r["match_class"], r["confidence"], r["is_counted"], r["reason"]) for r in matches]
        assert result == ([wanted] if wanted else [])


def test_a_passage_of_the_title_is_no_body_of_60_characters() -> None:
    own = [{**posts(1, letters(70, 400))[0], "title": letters(0, 70)}]
    row = match_of(own, [late(letters(0, 100) + letters(5_000, 5_300), source_name_raw="滨江发布")], ACCOUNTS)
    assert (row["match_class"], row["matched_chars"], row["is_counted"], row["method"]) == ("quote", 100, False, "text")


@pytest.mark.parametrize(("own_letters", "counted"), [(59, False), (60, True)])
def test_boilerplate_is_no_part_of_a_passage_of_60_characters(own_letters: int, counted: bool) -> None:
    phrase = letters(9_000, 9_100)
    own = [
        post(
            letters(300 * n, 300 * n + own_letters) + phrase + letters(300 * n + 100, 300 * n + 300), post_id=f"p{n:02}"
        )
        for n in range(21)
    ]
    entry = late(letters(0, own_letters) + phrase + letters(10_000, 10_300), source_name_raw="滨江发布")
    every_gram = replace(PARAMETERS, sketch_scale=1, short_sketch_scale=1)
    row = match_of(own, [entry], ACCOUNTS, parameters=every_gram)
    assert (row["match_class"], row["matched_chars"], row["distinctive_chars"]) == (
        "quote",
        own_letters + 100,
        own_letters,
    )
    assert row["is_counted"] is counted


@pytest.mark.parametrize(("shared", "counted"), [(30, True), (24, True)])
def test_a_weaker_text_match_counts_where_the_source_is_named(shared: int, counted: bool) -> None:
    # .3 of the text, which without the name waits for a person.
    own = posts(1, letters(0, shared * 10 // 3))
    entry = late(letters(0, shared) + letters(5_000, 5_100))
    row = match_of(own, [entry], ACCOUNTS)
    assert (row["match_class"], row["confidence"], row["reason"]) == ("partial", "review", "review")
    row = match_of(own, [{**entry, "source_name_raw": "滨江"}], ACCOUNTS)
    assert (row["method"], row["confidence"], row["is_counted"]) == ("attribution_text", "C", counted)


def test_a_name_alone_is_no_evidence() -> None:
    assert judge(posts(3), [late(FOREIGN, source_name_raw="滨江发布")], ACCOUNTS)[0] == []


def test_a_name_makes_no_good_match_worse() -> None:
    row = match_of(posts(1), [late(TEXT, source_name_raw="滨江发布")], ACCOUNTS)
    assert (row["method"], row["confidence"]) == ("text", "A")


@pytest.mark.parametrize(
    ("carrying", "owner", "reason"),
    [("u1", "u1", "self"), ("u2", "u1", "sibling"), (None, "u1", None), ("u2", None, None), (None, None, None)],
)
@pytest.mark.parametrize("link", [{}, {"repost_of_post_id": "weibo:1"}])
def test_the_owners_copy_is_self_another_ranked_units_is_sibling(
    carrying: str | None, owner: str | None, reason: str | None, link: dict
) -> None:
    own = [{**posts(1)[0], "unit_id": owner}]
    row = match_of(own, [late(TEXT, unit_id=carrying, **link)])
    assert (row["reason"], row["is_counted"], row["is_credited"]) == (reason, reason is None, True)


def test_self_and_sibling_are_told_against_the_credited_post() -> None:
    row = match_of(posts(2), [late(TEXT, unit_id="u2", source_name_raw="河畔发布")], ACCOUNTS)
    assert (row["post_id"], row["reason"]) == ("weibo:2", "self")
    row = match_of(posts(2), [late(TEXT, unit_id="u2")], ACCOUNTS)
    assert (row["post_id"], row["reason"]) == ("weibo:1", "sibling")


def test_what_waits_for_a_person_says_so_whoever_carried_it() -> None:
    row = match_of(posts(1), [late(letters(0, 40) + FOREIGN, unit_id="u1")])
    assert (row["reason"], row["confidence"]) == ("review", "review")


def test_a_link_row_carries_the_measures_of_its_text_and_zeros_without_one() -> None:
    row = match_of(posts(2), [late(letters(0, 40) + FOREIGN, repost_of_post_id="weibo:2")])
    assert (row["post_id"], row["method"], row["match_class"], row["confidence"]) == ("weibo:2", "link", "link", "A")
    assert (row["matched_chars"], row["distinctive_chars"], row["longest_run"], row["containment"]) == (40, 40, 40, 0.4)
    assert json.loads(row["evidence"]) == {"link": "repost_of_post_id"}
    row = match_of(posts(2), [late("转发微博", repost_of_post_id="weibo:2")])
    names = ("matched_chars", "distinctive_chars", "longest_run", "numbers_aligned", "numbers_equal", "containment")
    assert [row[name] for name in names] == [0] * 6
    assert (row["item_containment"], row["is_counted"], row["credit_rule"]) == (0, True, "link")


def test_a_link_to_one_post_and_the_text_of_another_are_two_rows() -> None:
    own = [posts(1)[0], {**posts(2, letters(1_000, 1_100))[1]}]
    rows = judge(own, [late(TEXT, repost_of_post_id="weibo:2")])[0]
    assert [(row["post_id"], row["method"]) for row in rows] == [("weibo:1", "text"), ("weibo:2", "link")]


def test_a_pair_that_a_link_has_decided_is_not_rejected_for_its_text() -> None:
    entry = late(letters(0, 23), repost_of_post_id="weibo:1")
    matches, rejected, _families = judge(posts(1), [entry])
    assert ([row["method"] for row in matches], rejected) == (["link"], [])
    matches, rejected, _families = judge(posts(1), [{**entry, "repost_of_post_id": None}])
    assert (matches, [row["reason"] for row in rejected]) == ([], ["too_few_characters"])


def test_a_link_to_a_later_post_of_the_family_decides_the_family() -> None:
    rows, rejected, _families = judge(posts(3), [late(TEXT, repost_of_post_id="weibo:3")])
    assert [(row["post_id"], row["credit_rule"]) for row in rows] == [("weibo:3", "link")]
    assert rejected == []


def earlier_of(items: list[dict[str, Any]], own: list[dict[str, Any]] | None = None) -> set[str | None]:
    return {row["earlier_item_id"] for row in judge(own or posts(2), items)[2]}


def test_an_outlets_item_with_the_same_text_before_the_family_is_named_in_every_row_of_it() -> None:
    def before(minutes: int, text: str = TEXT, **other: Any) -> dict[str, Any]:
        return item(text, published_at=AT - timedelta(minutes=minutes), **other)

    assert earlier_of([before(11)]) == {"i1"}
    assert earlier_of([before(10)]) == {None}
    assert earlier_of([before(-60)]) == {None}
    # The earliest of several, and of one moment the smaller id; in whatever order they come.
    several = [before(20, item_id="i3"), before(30, item_id="i5"), before(30, item_id="i4"), before(11, item_id="i1")]
    assert earlier_of(several) == earlier_of(several[::-1]) == {"i4"}
    # Four fifths of the post and half of the item.
    assert earlier_of([before(20, letters(0, 80) + letters(5_000, 5_080))]) == {"i1"}
    assert earlier_of([before(20, letters(0, 79) + letters(5_000, 5_021))]) == {None}
    assert earlier_of([before(20, letters(0, 80) + letters(5_000, 5_081))]) == {None}


def test_parameters_and_who_decided_stand_in_every_row() -> None:
    matches, rejected, rows = judge(posts(1), [late(TEXT), late(letters(0, 23), item_id="i2")])
    assert {row["decided_by"] for row in matches} == {"rule"}
    assert len({row["parameters_hash"] for row in matches + rejected + rows}) == 1
    assert all(len(row["parameters_hash"]) == 16 for row in rows)
