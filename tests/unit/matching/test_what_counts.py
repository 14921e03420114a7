"""Which pair of item and post is a reprint, and how sure: each bound of the method just above and just below."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.matching_texts import AT, LATER, PARAMETERS, WRAP, item, judge, letters, match_of, plain_hash, post

POST = letters(0, 100)
EVERY_GRAM = replace(PARAMETERS, sketch_scale=1, short_sketch_scale=1)
FOREIGN = letters(5_000, 5_200)


def outcome(row: dict[str, Any]) -> tuple:
    return row["match_class"], row["confidence"], row["is_counted"], row["reason"]


@pytest.mark.parametrize(
    ("shared", "wanted"),
    [
        (29, ("quote", "review", False, "quote")),
        (30, ("partial", "review", False, "review")),
        (49, ("partial", "review", False, "review")),
        (50, ("partial", "B", True, None)),
        (59, ("partial", "B", True, None)),
        (60, ("partial", "A", True, None)),
        (89, ("partial", "A", True, None)),
        (90, ("full", "A", True, None)),
        (100, ("full", "A", True, None)),
    ],
)
def test_the_share_of_the_post_that_the_item_holds_decides(shared: int, wanted: tuple) -> None:
    row = match_of([post(POST)], [item(letters(0, shared) + FOREIGN)])
    assert outcome(row) == wanted
    assert row["containment"] == shared / 100
    assert row["item_containment"] == round(shared / (shared + 200), 6)
    assert (row["matched_chars"], row["distinctive_chars"], row["longest_run"]) == (shared, shared, shared)


@pytest.mark.parametrize(
    ("shared", "wanted"),
    [
        (24, ("summary", "C", True, None)),
        (39, ("summary", "C", True, None)),
        (40, ("summary", "B", True, None)),
        (49, ("summary", "B", True, None)),
        (50, ("partial", "B", True, None)),
        (59, ("partial", "B", True, None)),
        (60, ("partial", "A", True, None)),
    ],
)
def test_an_item_that_is_all_of_the_post_counts_from_24_characters(shared: int, wanted: tuple) -> None:
    row = match_of([post(POST)], [item(letters(0, shared))])
    assert outcome(row) == wanted
    assert (row["containment"], row["item_containment"]) == (1.0, 1.0)


def test_23_characters_are_no_match_and_the_refusal_says_why() -> None:
    matches, rejected, _families = judge([post(POST)], [item(letters(0, 23))])
    assert matches == []
    (row,) = rejected
    assert {name: row[name] for name in ("item_id", "post_id", "reason", "containment", "matched_chars")} == {
        "item_id": "i1", "post_id": "p1", "reason": "too_few_characters", "containment": 1.0, "matched_chars": 23,
    }  # fmt: skip


@pytest.mark.parametrize(("length", "reason"), [(23, "post_too_short"), (24, None)])
def test_a_post_under_24_characters_is_matched_by_its_link_only(length: int, reason: str | None) -> None:
    entry = post(letters(0, length), post_id="weibo:1")
    matches, rejected, _families = judge([entry], [item(letters(0, length))])
    assert [row["reason"] for row in rejected] == ([reason] if reason else [])
    assert len(matches) == (0 if reason else 1)
    row = match_of([entry], [item(letters(0, length), repost_of_post_id="weibo:1")])
    assert (row["method"], *outcome(row)) == ("link", "link", "A", True, None)


@pytest.mark.parametrize(
    ("title", "body", "counts"),
    [
        (30, 0, False),  # a title alone
        (30, 7, False),
        (30, 8, True),  # a title that runs on into the body
        (15, 8, False),  # 23 of both together
        (16, 8, True),
        (0, 24, True),
    ],
)
def test_a_title_alone_is_no_reprint_but_one_that_runs_on_into_the_body_is(title: int, body: int, counts: bool) -> None:
    entry = post(letters(100, 130), title=letters(100 - title, 100))
    rows, _rejected, _families = judge([entry], [item(letters(100 - title, 100 + body))])
    assert [row["reason"] for row in rows if row["is_counted"]] == ([None] if counts else [])
    assert {row["reason"] for row in rows if not row["is_counted"]} <= {"quote"}


@pytest.mark.parametrize(("between", "counted"), [(90, True), (91, False)])
def test_scattered_phrases_need_two_fifths_between_first_and_last(between: int, counted: bool) -> None:
    # 60 of 150 characters are 40 %.
    entry = item(letters(0, 30) + letters(5_000, 5_000 + between) + letters(30, 60))
    row = match_of([post(letters(0, 60))], [entry])
    assert (row["is_counted"], row["containment"], row["longest_run"]) == (counted, 1.0, 30)
    assert row["reason"] == (None if counted else "review")


@pytest.mark.parametrize(("stretch", "counted"), [(47, False), (48, True)])
def test_one_stretch_of_48_characters_needs_no_density(stretch: int, counted: bool) -> None:
    entry = item(letters(0, stretch) + letters(5_000, 5_400) + letters(stretch, 94))
    assert match_of([post(letters(0, 94))], [entry])["is_counted"] is counted


@pytest.mark.parametrize(
    ("minutes", "seconds", "matches"),
    [(-10, 0, True), (-10, -1, False), (-11, 0, False), (0, 0, True), (60 * 24 * 40, 0, True)],
)
def test_an_item_up_to_ten_minutes_older_matches_and_an_older_one_never(
    minutes: int, seconds: int, matches: bool
) -> None:
    lag = timedelta(minutes=minutes, seconds=seconds)
    rows, rejected, _families = judge([post(POST)], [item(POST, published_at=AT + lag)])
    assert [row["lag_seconds"] for row in rows] == ([lag.total_seconds()] if matches else [])
    assert [row["reason"] for row in rejected] == ([] if matches else ["item_older_than_post"])


def test_an_item_without_a_time_is_taken_as_late_and_has_no_lag() -> None:
    row = match_of([post(POST)], [item(POST, published_at=None)])
    assert (row["is_counted"], row["lag_seconds"]) == (True, None)


def with_numbers(values: list[int], begin: int = 0) -> str:
    """A number after every 20 letters: all stand in contexts of their own."""
    return "".join(letters(begin + 20 * k, begin + 20 * k + 20) + str(value) for k, value in enumerate(values))


def numbers(count: int, equal: int) -> tuple[str, str]:
    """Two texts with `count` numbers, of which the first `equal` agree."""
    return with_numbers([3] * count), with_numbers([3] * equal + [4] * (count - equal))


@pytest.mark.parametrize(
    ("count", "equal", "confidence"),
    [
        (5, 5, "A"),
        (5, 4, "B"),
        (5, 3, "B"),  # .6
        (5, 2, None),
        (9, 6, "B"),
        (9, 5, None),  # .56
        (10, 10, "A"),
        (10, 9, "A"),  # .9
        (10, 8, "B"),
        (10, 7, None),  # ten and more are a bulletin: .75
        (12, 9, "B"),  # .75
        (12, 8, None),
        (2, 2, "B"),  # 42 characters
        (2, 1, None),  # .5
        (0, 0, "A"),
    ],
)
def test_numbers_in_the_same_context_must_agree(count: int, equal: int, confidence: str | None) -> None:
    own, other = numbers(count, equal) if count else (POST, POST)
    matches, rejected, _families = judge([post(own)], [item(other)])
    assert [row["confidence"] for row in matches] == ([confidence] if confidence else [])
    (row,) = matches + rejected
    assert (row["numbers_aligned"], row["numbers_equal"]) == (count, equal)
    assert row["reason"] == (None if confidence else "numbers_differ")


def test_an_appeal_reads_that_two_bulletins_differ_in_their_numbers() -> None:
    day = "8月{0}日0至24时，全市报告新增确诊病例{1}例，治愈出院{2}例，截至8月{0}日24时累计报告{3}例，累计治愈{4}例，在院治疗{5}例。"
    own, other = day.format(9, 3, 6, 2257, 2163, 87), day.format(10, 5, 2, 2262, 2165, 90)
    matches, rejected, _families = judge([post(own)], [item(other)])
    assert matches == []
    assert [row["reason"] for row in rejected] == ["numbers_differ"]


@pytest.mark.parametrize(("shared", "reasons"), [(19, []), (20, ["too_few_characters"])])
def test_a_refusal_is_kept_from_a_tenth_of_the_text(shared: int, reasons: list[str]) -> None:
    own, text = [post(letters(0, 200))], letters(0, shared) + letters(5_000, 5_200 - shared)
    matches, rejected, _families = judge(own, [item(text)], parameters=replace(PARAMETERS, short_sketch_scale=1))
    assert matches == []
    assert [(row["reason"], row["matched_chars"]) for row in rejected] == [(reason, shared) for reason in reasons]


@pytest.mark.parametrize(("shared", "reasons"), [(23, []), (24, ["low_containment"])])
def test_a_refusal_of_less_is_kept_from_24_characters_of_the_body(shared: int, reasons: list[str]) -> None:
    # In two stretches, so that it is no quote either.
    own = [post(letters(0, 400))]
    text = letters(0, 20) + letters(6_000, 6_001) + letters(21, 21 + shared - 20) + letters(5_000, 5_300)
    matches, rejected, _families = judge(own, [item(text)], parameters=EVERY_GRAM)
    assert matches == []
    assert [(row["reason"], row["matched_chars"]) for row in rejected] == [(reason, shared) for reason in reasons]


def pieces(first: int, second: int, foreign: int) -> str:
    return letters(0, first) + letters(1_000, 1_000 + second) + letters(5_000, 5_000 + foreign)


TWO = [post(letters(0, 300)), post(letters(1_000, 1_300), post_id="p2", unit_id="u2", account_id="a2")]


@pytest.mark.parametrize(
    ("first", "second", "foreign", "wanted"),
    [
        (30, 30, 40, {"p1": "digest", "p2": "digest"}),  # .60
        (30, 30, 41, {"p1": "quote", "p2": "quote"}),  # .594, each .297
        (31, 30, 42, {"p1": "review", "p2": "quote"}),  # .592, the first .301
        (36, 24, 40, {"p1": "digest", "p2": "digest"}),
        (50, 30, 20, {"p1": "counted", "p2": "digest"}),  # half of the item from one post is a match of its own
    ],
)
def test_a_digest_is_explained_by_own_posts_to_three_fifths(
    first: int, second: int, foreign: int, wanted: dict[str, str]
) -> None:
    rows, _rejected, _families = judge(TWO, [item(pieces(first, second, foreign))])
    result = {
        row["post_id"]: row["match_class"] if row["match_class"] == "digest" else row["reason"] or "counted"
        for row in rows
    }
    assert result == wanted
    assert all(row["confidence"] == "B" and row["is_counted"] for row in rows if row["match_class"] == "digest")


def test_a_post_younger_than_the_item_explains_nothing_of_a_digest() -> None:
    late = [TWO[0], {**TWO[1], "published_at": AT + timedelta(days=3)}]
    rows, rejected, _families = judge(late, [item(pieces(30, 30, 40))])
    assert [(row["post_id"], row["reason"]) for row in rows] == [("p1", "review")]
    assert [(row["post_id"], row["reason"]) for row in rejected] == [("p2", "item_older_than_post")]


def test_a_piece_under_24_characters_explains_nothing_of_a_digest() -> None:
    # 38 + 23 of 101 characters.
    rows, _rejected, _families = judge(TWO, [item(pieces(38, 23, 40))])
    assert [(row["post_id"], row["reason"]) for row in rows] == [("p1", "review")]


def test_a_piece_of_a_digest_lies_in_one_stretch_of_24_characters() -> None:
    for changed, wanted in ((23, "review"), (24, "digest")):
        # 47 characters of the first post, one of them another, so that the longest stretch is `changed`.
        piece = letters(0, changed) + letters(6_000, 6_001) + letters(changed + 1, 47)
        longest = max(changed, 46 - changed)
        row = judge(TWO, [item(piece + letters(1_000, 1_030) + letters(5_000, 5_040))])[0][0]
        assert (row["post_id"], row["longest_run"], row["matched_chars"]) == ("p1", longest, 46)
        assert (row["match_class"] if row["is_counted"] else row["reason"]) == wanted


def test_a_stretch_of_four_equal_characters_counts_and_one_of_three_does_not() -> None:
    for tail, matched in ((3, 60), (4, 64)):
        text = letters(0, 60) + letters(6_000, 6_001) + letters(61, 61 + tail) + letters(6_100, 6_160)
        row = match_of([post(POST)], [item(text)])
        assert (row["matched_chars"], row["longest_run"]) == (matched, 60)


def blocks(head: int, size: int, end: int = 200) -> str:
    """The first `head` letters, then stretches of `size` with one foreign letter before each."""
    text = letters(0, head)
    for number, begin in enumerate(range(head, end, size)):
        text += letters(6_000 + number, 6_001 + number) + letters(begin, min(begin + size, end))
    return text


@pytest.mark.parametrize(
    ("head", "size", "matched"),
    [
        (40, 8, 200),  # a fifth found at first: a second look at grams of 8 characters finds the rest
        (39, 7, 39),
        (39, 8, 39),  # less than a fifth: no second look
        (40, 7, 40),  # stretches shorter than the second look's grams
        (47, 8, 199),  # 153 = 19 · 8 + 1: the last letter is a stretch of one
        (48, 8, 48),  # one long stretch is a quote: no second look
    ],
)
def test_a_text_edited_all_over_gets_a_second_look(head: int, size: int, matched: int) -> None:
    text = blocks(head, size)
    matches, _rejected, _families = judge([post(letters(0, 200))], [item(text)])
    assert [row["matched_chars"] for row in matches] == [matched]
    assert matches[0]["is_counted"] is (matched > 100)
    # What the second look has found explains the item too.
    assert json.loads(matches[0]["evidence"])["digest_share"] == round(matched / len(text), 4)


def test_no_more_than_16_posts_are_compared_with_one_item() -> None:
    posts = [post(letters(100 * n, 100 * n + 100), post_id=f"p{n:02}", unit_id=f"u{n}") for n in range(18)]
    text = "".join(letters(100 * n, 100 * n + (100 if n == 17 else 60)) for n in range(18))
    matches, _rejected, _families = judge(posts, [item(text)])
    assert len(matches) == 16
    assert "p17" in {row["post_id"] for row in matches}


@pytest.mark.parametrize(("posts", "matches"), [(20, True), (21, False)])
def test_a_phrase_of_more_than_20_families_is_boilerplate(posts: int, matches: bool) -> None:
    phrase = letters(9_000, 9_060)
    own = [post(letters(200 * n, 200 * n + 60) + phrase, post_id=f"p{n:02}") for n in range(posts)]
    rows, rejected, _families = judge(own, [item(phrase)])
    assert (len(rows + rejected) > 0) is matches
    assert all(row["reason"] is None for row in rows)


def test_copies_within_one_family_make_no_boilerplate() -> None:
    own = [post(POST, post_id=f"p{n:02}", published_at=AT + timedelta(seconds=n)) for n in range(30)]
    row = match_of(own, [item(POST)])
    assert (row["post_id"], row["match_class"], row["distinctive_chars"]) == ("p00", "full", 100)


def test_boilerplate_counts_on_neither_side_of_the_containment() -> None:
    phrase = letters(9_000, 9_200)
    own = [post(letters(200 * n, 200 * n + 60) + phrase, post_id=f"p{n:02}") for n in range(21)]
    # All of the post but its boilerplate, among as much that is foreign: of all its text it is .23.
    row = match_of(own, [item(letters(0, 60) + FOREIGN)])
    assert row["post_id"] == "p00"
    assert (row["match_class"], row["is_counted"], row["matched_chars"]) == ("full", True, 60)
    assert row["containment"] >= 0.9
    # On the item's side too: 40 of its 60 own characters, however long the phrase.
    row = match_of(own, [item(letters(0, 40) + letters(5_000, 5_020) + phrase)])
    assert row["matched_chars"] == 240
    assert 40 <= row["distinctive_chars"] <= 44
    assert 0.6 <= row["item_containment"] <= 0.72
    assert 0.6 <= row["containment"] <= 0.72


def test_an_item_matches_several_posts_and_each_has_a_row_of_its_own() -> None:
    text = letters(0, 300) + letters(1_000, 1_300)
    rows, _rejected, _families = judge(TWO, [item(text)])
    assert [(row["post_id"], row["match_class"], row["is_counted"]) for row in rows] == [
        ("p1", "full", True),
        ("p2", "full", True),
    ]


def test_a_refusal_for_too_few_characters_comes_before_one_for_its_numbers() -> None:
    matches, rejected, _families = judge([post(letters(0, 20) + "3" + letters(20, 100))], [item(letters(0, 20) + "4")])
    assert matches == []
    assert [(row["reason"], row["numbers_aligned"], row["numbers_equal"]) for row in rejected] == [
        ("too_few_characters", 1, 0)
    ]


@pytest.mark.parametrize(("own_letters", "confidence"), [(39, "C"), (40, "B"), (59, "B"), (60, "A")])
def test_confidence_counts_distinctive_characters_only(own_letters: int, confidence: str) -> None:
    phrase = letters(9_000, 9_100)
    own = [post(letters(200 * n, 200 * n + own_letters) + phrase, post_id=f"p{n:02}") for n in range(21)]
    row = match_of(own, [item(letters(0, own_letters) + phrase)], parameters=EVERY_GRAM)
    assert (row["post_id"], row["confidence"], row["containment"]) == ("p00", confidence, 1.0)
    assert (row["matched_chars"], row["distinctive_chars"]) == (own_letters + 100, own_letters)


def test_scattered_phrases_are_no_digest_either_where_they_are_half_of_the_post() -> None:
    own = [post(letters(0, 60)), post(letters(1_000, 2_000), post_id="p2")]
    rows, _rejected, _families = judge(own, [item(letters(0, 30) + letters(1_000, 1_091) + letters(30, 60))])
    assert [(row["post_id"], row["reason"]) for row in rows] == [("p1", "review"), ("p2", None)]


@pytest.mark.parametrize(("length", "votes", "is_compared"), [(149, 1, True), (150, 1, False), (150, 2, True)])
def test_one_sampled_gram_is_enough_to_compare_a_short_item_and_two_any_longer(
    length: int, votes: int, is_compared: bool
) -> None:
    # A passage of 24 characters has nine grams; of a short text those in the lower half of the hashes are sampled.
    begin = next(
        at
        for at in range(4_000)
        if sum(plain_hash(letters(at + n, at + n + 16)) < WRAP // 2 for n in range(9)) == votes
    )
    entry = item(letters(begin, begin + 24) + letters(8_000, 8_000 + length - 24))
    rows, rejected, _families = judge([post(letters(begin, begin + 24) + letters(6_000, 6_100))], [entry])
    assert [row["match_class"] for row in rows] == (["quote"] if is_compared else [])
    assert rejected == []


@pytest.mark.parametrize("end", [190, 100, 82])
def test_the_second_look_is_for_all_that_share_a_fifth_to_a_half(end: int) -> None:
    row = match_of([post(letters(0, end))], [item(blocks(40, 8, end))])
    assert (row["is_counted"], row["matched_chars"] > end - 8) == (True, True)


def test_a_text_whose_numbers_differ_at_first_gets_no_second_look() -> None:
    head, rest = letters(0, 20) + "{}" + letters(20, 44), letters(44, 200)
    for at in (37, 61, 85, 109, 133):  # numbers in the middle of stretches of eight
        rest = rest[:at] + "7" + rest[at:]
    edited = "".join(letters(6_000 + at, 6_001 + at) + rest[at : at + 8] for at in range(0, len(rest), 8))
    own = post(head.format(3) + rest)
    (same,), _rejected, _families = judge([own], [item(head.format(3) + edited)])
    assert (same["is_counted"], same["numbers_equal"]) == (True, 6)
    matches, (differs,), _families = judge([own], [item(head.format(4) + edited)])
    assert matches == []
    assert (differs["numbers_aligned"], differs["numbers_equal"]) == (1, 0)


def test_a_piece_whose_numbers_differ_explains_nothing_of_a_digest() -> None:
    own = [TWO[0], {**TWO[1], "text": letters(1_000, 1_017) + "3" + letters(1_017, 1_300)}]
    for number, wanted in (("3", "digest"), ("4", "quote")):
        # 30 + 35 of 105 characters, or 30 + 34: three fifths either way.
        text = letters(0, 30) + letters(1_000, 1_017) + number + letters(1_017, 1_034) + letters(5_000, 5_040)
        matches, rejected, _families = judge(own, [item(text)], parameters=EVERY_GRAM)
        assert (matches[0]["post_id"], matches[0]["match_class"]) == ("p1", wanted)
        assert [row["reason"] for row in rejected] == (["numbers_differ"] if number == "4" else [])


def test_boilerplate_of_an_item_needs_no_explanation_in_a_digest() -> None:
    phrase = letters(9_000, 9_100)
    own = [post(letters(200 * n, 200 * n + 150) + phrase, post_id=f"p{n:02}") for n in range(21)]
    text = letters(0, 30) + letters(200, 230) + letters(5_000, 5_040) + phrase
    rows, _rejected, _families = judge(own, [item(text)], parameters=EVERY_GRAM)
    assert [(row["post_id"], row["match_class"], row["is_counted"]) for row in rows] == [
        ("p00", "digest", True),
        ("p01", "digest", True),
    ]


def test_a_title_alone_is_no_piece_of_a_digest() -> None:
    own = [{**TWO[0], "title": letters(3_000, 3_030)}, TWO[1]]
    rows, _rejected, _families = judge(own, [item(letters(3_000, 3_030) + letters(1_000, 1_045))])
    assert [(row["post_id"], row["match_class"], row["is_counted"]) for row in rows] == [
        ("p1", "quote", False),
        ("p2", "summary", True),
    ]


@pytest.mark.parametrize(
    ("minutes", "wanted"),
    [
        (-60, ["larger"]),  # both were there before the item
        (5, ["larger"]),  # within the skew that is as good as before
        (60, ["larger", "smaller"]),  # what is younger only says where a text came from
    ],
)
def test_each_passage_speaks_for_the_one_post_that_most_of_the_item_speaks_for(minutes: int, wanted: list[str]) -> None:
    own = [
        post(letters(0, 60), post_id="smaller", published_at=LATER - timedelta(days=1)),
        post(letters(0, 300), post_id="larger", published_at=LATER + timedelta(minutes=minutes)),
    ]
    matches, rejected, _families = judge(own, [item(letters(0, 100))])
    assert sorted(row["post_id"] for row in matches + rejected) == wanted
    counted = [row["post_id"] for row in matches if row["is_counted"]]
    assert counted == (["smaller"] if minutes > 10 else ["larger"])


def test_numbers_are_compared_where_the_passage_lies_in_each_text() -> None:
    own, other = numbers(5, 2)
    for before in (FOREIGN, ""):
        for behind in (FOREIGN, ""):
            matches, (row,), _families = judge([post(own)], [item(before + other + behind)])
            assert matches == []
            assert (row["reason"], row["numbers_aligned"], row["numbers_equal"]) == ("numbers_differ", 5, 2)
    row = match_of([post(letters(4_000, 4_100) + own)], [item(numbers(5, 5)[1])])
    assert (row["numbers_aligned"], row["numbers_equal"]) == (5, 5)


def test_numbers_outside_the_passage_say_nothing_about_it() -> None:
    own = letters(0, 100) + letters(7_000, 7_040) + "3"
    other = letters(0, 100) + letters(5_000, 5_040) + letters(7_037, 7_040) + "4"
    row = match_of([post(own)], [item(other)])
    assert (row["confidence"], row["numbers_aligned"]) == ("A", 0)
