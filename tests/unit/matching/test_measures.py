"""Exact measures of a pair of texts, against a plain count of the same."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from bangdan.matching import measures, number_tokens, pair_loops
from bangdan.matching.measures import Measures, Pairs, Seeds, Side
from bangdan.matching.text import Texts, normalise
from tests.support.matching_texts import letters


def of(*texts: str, titles: list[str] | None = None) -> Texts:
    return normalise(pa.array(titles or [""] * len(texts)), pa.array(texts))


def measure(
    item: str, post: str, shifts: list[int], *, min_run: int = 4, title: str = "",
    post_boilerplate: list[int] | None = None, item_boilerplate: list[int] | None = None,
) -> Measures:  # fmt: skip
    """One pair, set between others so that its place says nothing."""
    items, posts = of(letters(700, 740), item, ""), of(letters(800, 830), "", title + post, titles=["", "", ""])
    posts.title_chars[2] = len(title)
    post_mask, item_mask = np.zeros(len(posts.chars), bool), np.zeros(len(items.chars), bool)
    post_mask[[posts.starts[2] + at for at in post_boilerplate or []]] = True
    item_mask[[items.starts[1] + at for at in item_boilerplate or []]] = True
    item_side, post_side = (
        Side(texts, number_tokens.number_tokens(texts), mask)
        for texts, mask in ((items, item_mask), (posts, post_mask))
    )
    pairs = Pairs(np.array([0, 1, 2]), np.array([0, 2, 2]))
    seeds = Seeds(np.array([0, 0, len(shifts), len(shifts)]), np.array(shifts, np.int64))
    return measures.measure(item_side, post_side, pairs, seeds, min_run=min_run, number_edge_chars=16)


def plain_runs(item: str, post: str, shifts: list[int], min_run: int) -> tuple[set[int], set[int], int]:
    """Matched positions of item and post, and the longest run, one character at a time."""
    in_item, in_post, longest = set(), set(), 0
    for shift in set(shifts):
        run: list[int] = []
        for at in range(len(post) + 1):
            there = at + shift
            if at < len(post) and 0 <= there < len(item) and post[at] == item[there]:
                run.append(at)
                continue
            if len(run) >= min_run:
                in_post |= set(run)
                in_item |= {entry + shift for entry in run}
                longest = max(longest, len(run))
            run = []
    return in_item, in_post, longest


@pytest.mark.parametrize("seed", range(40))
def test_matched_characters_are_the_runs_along_the_seeds(seed: int) -> None:
    r = random.Random(seed)
    alphabet = "甲乙丙" if seed % 2 else "甲乙丙丁戊己庚辛"
    post = "".join(r.choices(alphabet, k=r.randrange(1, 60)))
    item = "".join(r.choices(alphabet, k=r.randrange(1, 60)))
    if seed % 3:
        cut = r.randrange(len(post))
        item = item[:10] + post[cut : cut + 30] + item[10:]
    shifts = [r.randrange(-60, 60) for _ in range(12)] + [10, 0]
    min_run = r.choice([1, 2, 4])
    boilerplate = [at for at in range(len(post)) if r.random() < 0.3]
    of_item = [at for at in range(len(item)) if r.random() < 0.3]
    title = r.randrange(len(post) + 1)
    result = measure(
        item, post[title:], shifts, min_run=min_run, title=post[:title], post_boilerplate=boilerplate,
        item_boilerplate=of_item,
    )  # fmt: skip
    in_item, in_post, longest = plain_runs(item, post, shifts, min_run)
    measured = {
        name: int(getattr(result, name)[1])
        for name in ("post_matched", "post_distinctive", "item_matched", "item_distinctive", "body_matched",
                     "longest_run", "item_from", "item_to", "post_from", "post_to")
    }  # fmt: skip
    assert measured == {
        "post_matched": len(in_post),
        "post_distinctive": len(in_post - set(boilerplate)),
        "item_matched": len(in_item),
        "item_distinctive": len(in_item - set(of_item)),
        "body_matched": len([at for at in in_post if at >= title]),
        "longest_run": longest,
        "item_from": min(in_item, default=-1),
        "item_to": max(in_item, default=-2) + 1,
        "post_from": min(in_post, default=-1),
        "post_to": max(in_post, default=-2) + 1,
    }
    begin, end = result.item_cover_starts[1:3]
    assert set(np.flatnonzero(result.item_cover[begin:end]).tolist()) == in_item - set(of_item)
    # The pairs without seeds have nothing.
    assert [result.post_matched[k] + result.item_matched[k] + result.longest_run[k] for k in (0, 2)] == [0, 0]
    assert [result.item_from[k] for k in (0, 2)] == [-1, -1]


def test_the_48_best_supported_diagonals_of_a_pair_are_followed() -> None:
    # One letter a diagonal: the letter at n of the post is at 2n of the item.
    post, gap = letters(0, 60), letters(2_000, 2_060)
    item = "".join(there + other for there, other in zip(post, gap, strict=True))
    # Of 50 diagonals with two seeds each, the lowest 48; a third seed puts one before them.
    result = measure(item, post, [*range(50), *range(50), 49], min_run=1)
    assert result.post_matched[1] == 48
    assert (result.post_from[1], result.post_to[1]) == (0, 50)


def tokens(text: str) -> list[tuple[int, tuple, str]]:
    """(position of the first digit, the three symbols before it with each number as one, digits)."""
    result, symbols, at = [], [], 0
    while at < len(text):
        if text[at] in "0123456789":
            end = at
            while end < len(text) and text[end] in "0123456789":
                end += 1
            context = tuple(([None] * 3 + symbols)[-3:])
            result.append((at, context, text[at:end]))
            symbols.append("#")
            at = end
        else:
            symbols.append(text[at])
            at += 1
    return result


@pytest.mark.parametrize("seed", range(12))
def test_a_number_is_compared_by_the_three_symbols_before_it_and_all_its_digits(seed: int) -> None:
    r = random.Random(seed)
    texts = ["".join(r.choices("甲乙丙01239", k=r.randrange(0, 40))) for _ in range(8)]
    texts += ["12", "", "3甲4", "05", "5", "乙9"]
    result = number_tokens.number_tokens(of(*texts))
    wanted = [tokens(text) for text in texts]
    assert np.diff(result.starts).tolist() == [len(entry) for entry in wanted]
    assert result.position.tolist() == [at for entry in wanted for at, *_ in entry]
    # Equal contexts and values, and no others, have equal hashes.
    contexts = [context for entry in wanted for _, context, _ in entry]
    values = [(context, digits) for entry in wanted for _, context, digits in entry]
    for hashes, plain in ((result.context.tolist(), contexts), (result.value.tolist(), values)):
        assert len(set(hashes)) == len(set(plain)) == len(set(zip(hashes, plain, strict=True)))


def agreement(first: str, second: str, extents: tuple[int, int, int, int]) -> tuple[int, int]:
    """Aligned and equal numbers of two texts whose matched stretches are given, between others in their arrays."""
    a, b = number_tokens.number_tokens(of("丁1", first)), number_tokens.number_tokens(of(second, "丁1"))
    begin, end, other_begin, other_end = extents
    return pair_loops.agreement(a.arrays, 1, begin - 16, end + 16, b.arrays, 0, other_begin - 16, other_end + 16)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("报告3例", "报告3例", (1, 1)),
        ("报告3例", "报告4例", (1, 0)),
        ("新增报告3例", "现有报告3例", (0, 0)),  # three symbols: 增报告 and 有报告
        ("新增报告3例", "累增报告3例", (1, 1)),
        ("报告3例", "报告30例", (1, 0)),
        ("报告05例", "报告5例", (1, 0)),
        ("报告12例", "报告21例", (1, 0)),
        ("报告3例治愈4例", "报告3例治愈5例", (2, 1)),
        ("报告3例治愈4例", "报告9例治愈4例", (2, 1)),  # another number before it is one symbol of the context
        ("报告3治4例", "报告9治4例", (2, 1)),
        ("报告3例", "", (0, 0)),
    ],
)
def test_numbers_of_one_context_are_compared(first: str, second: str, wanted: tuple[int, int]) -> None:
    assert agreement(first, second, (0, len(first), 0, len(second))) == wanted
    assert agreement(second, first, (0, len(second), 0, len(first))) == wanted


@pytest.mark.parametrize(("distance", "counts"), [(16, True), (17, False)])
def test_numbers_up_to_16_characters_before_the_matched_stretch_count(distance: int, counts: bool) -> None:
    text = "甲乙丙3" + letters(0, 60)
    begin = 3 + distance
    assert agreement(text, text, (begin, 64, begin, 64)) == ((1, 1) if counts else (0, 0))
    # On one side it is enough to leave it out.
    assert agreement(text, text, (begin, 64, 0, 64)) == ((1, 1) if counts else (0, 0))
    assert agreement(text, text, (0, 64, begin, 64)) == ((1, 1) if counts else (0, 0))


@pytest.mark.parametrize(("distance", "counts"), [(15, True), (16, False)])
def test_numbers_up_to_16_characters_behind_the_matched_stretch_count(distance: int, counts: bool) -> None:
    text = letters(0, 60) + "3"
    end = 60 - distance
    assert agreement(text, text, (0, end, 0, end)) == ((1, 1) if counts else (0, 0))


def test_a_text_that_repeats_a_context_is_compared_on_the_side_that_agrees_more() -> None:
    # The item has the context three times, two of them with other numbers; the post has it once.
    once, often = "例报告3人", "例报告3人例报告4人例报告5人"
    assert agreement(once, often, (0, 5, 0, 15)) == (1, 1)
    assert agreement(often, once, (0, 15, 0, 5)) == (1, 1)


def second_look(items: Texts, posts: Texts, pairs: Pairs) -> list[list[int]]:
    """The shifts of each pair, ascending."""
    seeds = measures.short_gram_seeds(items, posts, pairs, 4)
    return [sorted(shift.tolist()) for shift in np.split(seeds.shift, seeds.starts[1:-1])]


def test_a_second_look_seeds_every_gram_that_both_have() -> None:
    items, posts = of("甲", letters(0, 6) + letters(50, 60)), of(letters(48, 58), "乙", letters(2, 10))
    # letters 50 to 57 lie at 6 in the item and at 2 in the post: five grams of four; 2 to 5 at 2 and 0: one.
    assert second_look(items, posts, Pairs(np.array([1, 1, 0]), np.array([0, 2, 0]))) == [[4] * 5, [2], []]


def test_of_a_gram_that_a_post_repeats_its_first_place_is_taken() -> None:
    items, posts = of(letters(0, 4)), of(letters(90, 93) + letters(0, 4) + letters(0, 4))
    assert second_look(items, posts, Pairs(np.array([0]), np.array([0]))) == [[-3]]


def test_no_grams_at_all_seed_nothing() -> None:
    assert second_look(of("甲"), of("乙"), Pairs(np.array([0]), np.array([0]))) == [[]]
