"""The compiled loops return what the same steps in numpy return, bit for bit, on texts nobody chose."""

from __future__ import annotations

import itertools
import random
from dataclasses import fields
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from bangdan.core.months import SHANGHAI
from bangdan.matching import candidates, gram_index, gram_loops, measures, pair_loops, post_index, sketch
from bangdan.matching.gram_index import GramIndex
from bangdan.matching.measures import Measures, Pairs, Seeds, Side
from bangdan.matching.number_tokens import number_tokens
from bangdan.matching.post_index import PostIndex
from bangdan.matching.sketch import Sampling
from bangdan.matching.text import Texts, comparable, normalise, ranges, sums_of
from tests.support import numpy_matcher
from tests.support.matching_sets import PARAMETERS, POSTS

SEEDS = range(25)
AT = datetime(2021, 8, 10, 9, 0, tzinfo=SHANGHAI)
# Texts of few characters repeat themselves and each other, texts of many do not.
ALPHABETS = ("甲乙", "甲乙丙0123", "".join(map(chr, range(0x4E00, 0x4E00 + 900))) + "0123456789" * 9)


def passages(r: random.Random, number: int) -> list[str]:
    """Texts that share passages, some of them empty or shorter than a gram."""
    alphabet = r.choice(ALPHABETS)
    shared = ["".join(r.choices(alphabet, k=r.choice([5, 40, 120]))) for _ in range(5)]
    return [
        "".join(r.choice(shared) if r.random() < 0.5 else "".join(r.choices(alphabet, k=30)) for _ in range(parts))
        for parts in (r.randrange(0, 14) for _ in range(number))
    ]


def of(texts: list[str]) -> Texts:
    return normalise(pa.array([text[:6] for text in texts]), pa.array([text[6:] for text in texts]))


def side(r: random.Random, texts: Texts) -> Side:
    is_boilerplate = np.array([r.random() < 0.2 for _ in texts.chars], bool)
    return Side(texts, number_tokens(texts), is_boilerplate)


def index_of(r: random.Random) -> PostIndex:
    rows = [
        {
            "post_id": f"p{number}", "platform": "wechat", "account_id": "a1", "unit_id": "u1", "url": None,
            "published_at": AT + timedelta(hours=r.randrange(30)), "title": text[:6], "text": text[6:],
        }
        for number, text in enumerate(passages(r, 40))
    ]  # fmt: skip
    return post_index.build(pa.Table.from_pylist(rows, schema=POSTS), PARAMETERS)


def assert_equal(left: object, right: object) -> None:
    np.testing.assert_array_equal(np.asarray(left), np.asarray(right))


def assert_same_seeds(compiled: Seeds, plain: numpy_matcher.Seeds, pairs: int) -> None:
    """The same shifts of each pair; their order within a pair is of no account."""
    order = np.lexsort((plain.shift, plain.pair))
    assert_equal(compiled.starts, np.searchsorted(plain.pair[order], np.arange(pairs + 1)))
    pair = np.repeat(np.arange(pairs), np.diff(compiled.starts))
    assert_equal(compiled.shift[np.lexsort((compiled.shift, pair))], plain.shift[order])


@pytest.mark.parametrize("seed", SEEDS)
def test_texts_are_decoded_character_by_character(seed: int) -> None:
    r = random.Random(seed)
    alphabet = "a，Ａé𠀀😀國9 \x00"
    texts = ["".join(r.choices(alphabet, k=r.randrange(20))) for _ in range(30)]
    titles = ["".join(r.choices(alphabet, k=r.randrange(4))) for _ in range(30)]
    table = comparable()
    wanted = [[code for char in title + text if (code := table[ord(char)])] for title, text in zip(titles, texts)]
    begin = r.randrange(3)
    result = normalise(pa.array(titles).slice(begin), pa.array(texts).slice(begin))
    assert [result.chars[a:b].tolist() for a, b in zip(result.starts, result.starts[1:])] == wanted[begin:]
    assert result.title_chars.tolist() == [sum(table[ord(char)] > 0 for char in title) for title in titles[begin:]]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_grams_are_sampled(seed: int) -> None:
    r = random.Random(seed)
    texts = of(passages(r, 30))
    sampling = Sampling(r.choice([1, 4, 8, 16, 32]), r.choice([1, 4, 8]), r.choice([1, 2, 8]), r.choice([0, 100, 300]))
    result, wanted = sketch.sketch(texts, *sampling), numpy_matcher.sketch(texts, *sampling)
    assert_equal(result.text, wanted.text)
    assert_equal(result.position, wanted.position)
    assert_equal(result.hash, wanted.hash)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_grams_are_found_and_the_same_posts_are_candidates(seed: int) -> None:
    r = random.Random(seed)
    posts = index_of(r)
    items = of([*passages(r, 10), *passages(random.Random(seed), 40)])
    latest = posts.published_second[np.array([r.randrange(len(posts)) for _ in range(len(items))])]
    sampling = Sampling(16, r.choice([1, 4]), r.choice([1, 2]), 300)
    result = posts.grams.find(items, sampling)
    wanted = numpy_matcher.find(numpy_matcher.sketch(items, *sampling), posts.grams)
    for compiled, plain in zip(result, wanted, strict=True):
        assert_equal(compiled, plain)
    assert_equal(
        gram_index.boilerplate_mask(items, np.arange(len(items)), result, posts.grams, 16),
        numpy_matcher.boilerplate_mask(items, wanted, posts.grams, 16),
    )
    pairs, seeds = candidates.candidates(items, result, latest, posts, PARAMETERS)
    plain_pairs, plain_seeds = numpy_matcher.candidates(items, wanted, latest, posts, PARAMETERS)
    assert_equal(pairs.item, plain_pairs.item)
    assert_equal(pairs.post, plain_pairs.post)
    assert_same_seeds(seeds, plain_seeds, len(pairs.item))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_number_tokens_have_the_same_hashes(seed: int) -> None:
    texts = of(["".join(random.Random(seed + n).choices("甲乙丙01239", k=n)) for n in range(40)])
    for compiled, plain in zip(number_tokens(texts).arrays, numpy_matcher.number_tokens(texts).arrays, strict=True):
        assert_equal(compiled, plain)


@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_have_the_same_measures(seed: int) -> None:
    r = random.Random(seed)
    items, posts = (side(r, of(passages(r, 30))) for _ in range(2))
    pairs = Pairs(*(np.sort([r.randrange(30) for _ in range(60)]) for _ in range(2)))
    rows = [(r.randrange(60), r.randrange(-80, 80)) for _ in range(900)]
    plain_seeds = numpy_matcher.Seeds(*np.array(rows + [(7, shift) for shift in range(-60, 60)]).T)
    limits = {"min_run": r.choice([1, 4, 9]), "number_edge_chars": r.choice([0, 16])}
    result = measures.measure(items, posts, pairs, Seeds.grouped(*plain_seeds, 60), **limits)
    wanted = numpy_matcher.measure(items, posts, pairs, plain_seeds, **limits)
    for field in fields(Measures):
        assert_equal(getattr(result, field.name), getattr(wanted, field.name))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("length", [4, 8])
def test_a_second_look_finds_the_same_seeds(seed: int, length: int) -> None:
    r = random.Random(seed)
    items, posts = of(passages(r, 12)), of(passages(random.Random(seed), 12))
    pairs = Pairs(*(np.array([r.randrange(12) for _ in range(20)]) for _ in range(2)))
    result = measures.short_gram_seeds(items, posts, pairs, length)
    assert_same_seeds(result, numpy_matcher.short_gram_seeds(items, posts, pairs, length), 20)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_several_posts_explain_together_counts_once(seed: int) -> None:
    r = random.Random(seed)
    texts = of(passages(r, 10))
    row = np.sort([r.randrange(10) for _ in range(25)])
    flat, starts = ranges(texts.starts[row], texts.lengths[row])
    cover = np.array([r.random() < 0.4 for _ in flat], bool)
    is_counted = np.array([r.random() < 0.6 for _ in row], bool)
    together = np.zeros(len(texts.chars), bool)
    together[flat[cover & np.repeat(is_counted, texts.lengths[row])]] = True
    result = pair_loops.explained(row, is_counted, cover, starts, texts.starts)
    assert_equal(result, sums_of(together, texts.starts))


@pytest.mark.parametrize("seed", SEEDS)
def test_marked_characters_are_counted_text_by_text(seed: int) -> None:
    r = np.random.default_rng(seed)
    lengths = r.integers(0, 40, 20)
    masks = [r.random(length) < 0.5 for length in lengths]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    assert_equal(sums_of(np.concatenate(masks), starts), np.array([mask.sum() for mask in masks]))


@pytest.mark.parametrize("seed", SEEDS)
def test_hashes_are_sorted_and_equal_ones_keep_their_order(seed: int) -> None:
    r = np.random.default_rng(seed)
    hashes = r.integers(0, 2 ** r.integers(1, 64), r.integers(0, 3_000), np.uint64)
    # Some are many times over: more than a bucket of uniform hashes ever holds.
    hashes[r.random(len(hashes)) < 0.3] = r.choice(hashes) if len(hashes) else 0
    assert_equal(gram_loops.order(hashes), np.argsort(hashes, kind="stable"))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("at_a_time", [40, 10_000_000])
def test_slices_hold_all_sampled_grams_by_hash(seed: int, at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("GRAMS_AT_ONCE", "GRAMS_OF_A_SLICE"):
        monkeypatch.setattr(sketch, limit, at_a_time)
    texts = of(passages(random.Random(seed), 30))
    slices = sketch.HashSlices(texts, 16, 2)
    wanted = numpy_matcher.sketch(texts, 16, 2, 2, 0)
    order = np.argsort(wanted.hash, kind="stable")
    for _ in range(2):  # they are read twice
        parts = list(slices)
        for name in ("text", "position", "hash"):
            result = np.concatenate([getattr(part, name) for part in parts])
            assert_equal(result, getattr(wanted, name)[order])
    assert all(a.hash[-1] < b.hash[0] for a, b in itertools.pairwise([part for part in parts if len(part.hash)]))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_index_built_in_slices_is_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = index_of(random.Random(seed))
    monkeypatch.setattr(sketch, "GRAMS_AT_ONCE", 100)
    monkeypatch.setattr(sketch, "GRAMS_OF_A_SLICE", 50)
    sliced = index_of(random.Random(seed))
    assert_equal(sliced.origin, whole.origin)
    assert_equal(sliced.side.is_boilerplate, whole.side.is_boilerplate)
    for field in fields(GramIndex):
        assert_equal(getattr(sliced.grams, field.name), getattr(whole.grams, field.name))
