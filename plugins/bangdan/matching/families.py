"""Families of near-identical posts: each post's origin, the earliest post that has its text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from bangdan.matching.measures import Pairs, Seeds, Side, measure
from bangdan.matching.parameters import Parameters
from bangdan.matching.sketch import Sketch
from bangdan.matching.text import Texts

# Pairs that are measured at a time: bounds memory.
PAIRS_AT_A_TIME = 20_000
# Steps from a post to its origin's origin that are followed; each doubles the length of a chain that is resolved.
ORIGIN_STEPS = 8


class _SharedGrams(NamedTuple):
    """One row per gram that two posts share: the earlier post, the later, and where the gram lies in each."""

    early: np.ndarray
    late: np.ndarray
    early_position: np.ndarray
    late_position: np.ndarray


def origins(posts: Side, slices: Iterable[Sketch], parameters: Parameters) -> np.ndarray:
    """int64 per post: the row of its origin. Posts are in the order of time; one joins the earliest post that it is
    near-identical to, both ways. `slices`: of the posts' grams, see
    `sketch.HashSlices`.
    """
    origin = np.arange(len(posts.texts))
    pairs, seeds = _likely_pairs(posts.texts, slices, parameters)
    for begin in range(0, len(pairs.item), PAIRS_AT_A_TIME):
        part = slice(begin, begin + PAIRS_AT_A_TIME)
        late, early = pairs.item[part], pairs.post[part]
        bounds = seeds.starts[begin : begin + len(late) + 1]
        seeds_of_part = Seeds(bounds - bounds[0], seeds.shift[bounds[0] : bounds[-1]])
        is_same = _is_near_identical(posts, Pairs(late, early), seeds_of_part, parameters)
        same = np.flatnonzero(is_same)
        # Ascending by the earlier post, so that the earliest origin comes first.
        for k in same[np.lexsort((late[same], early[same]))]:
            if origin[late[k]] == late[k]:
                origin[late[k]] = origin[early[k]]
    # The origin that was taken may have joined a family itself since.
    for _ in range(ORIGIN_STEPS):
        origin = origin[origin]
    return origin


def _likely_pairs(texts: Texts, slices: Iterable[Sketch], parameters: Parameters) -> tuple[Pairs, Seeds]:
    """Pairs (the later post in the place of the item, the earlier) that share enough sampled grams and differ little in
    length; ascending by the earlier post, then the later.
    """
    number = len(texts)
    sampled, parts = np.zeros(number, np.int64), []
    for part in slices:
        sample = _sample(texts, part, parameters)
        sampled += np.bincount(sample.text, minlength=number)
        parts.append(_shared_grams(sample, parameters.max_posts_per_family_gram))
    key = np.concatenate([shared.early.astype(np.int64) * number + shared.late for shared in parts])
    key.sort()
    is_new = np.ones(len(key), bool)
    is_new[1:] = key[1:] != key[:-1]
    at = np.flatnonzero(is_new)
    unique, support = key[at], np.diff(np.append(at, len(key)))
    del key, is_new
    early, late = unique // number, unique % number
    is_likely = support >= parameters.family_shared_grams * np.minimum(sampled[late], sampled[early])
    shorter, longer = (choose(texts.lengths[late], texts.lengths[early]) for choose in (np.minimum, np.maximum))
    is_likely &= shorter >= parameters.family_containment * longer * parameters.family_length_share
    likely = Pairs(late[is_likely], early[is_likely])
    return likely, _seeds(parts, likely, number)


def _seeds(parts: list[_SharedGrams], likely: Pairs, number: int) -> Seeds:
    """The seeds of the likely pairs of `number` posts."""
    pairs, shifts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    wanted = likely.post * number + likely.item
    for shared in parts if len(wanted) else ():
        key = shared.early.astype(np.int64) * number + shared.late
        pair = np.minimum(np.searchsorted(wanted, key), len(wanted) - 1)
        kept = np.flatnonzero(wanted[pair] == key)
        pairs.append(pair[kept])
        shifts.append((shared.late_position[kept] - shared.early_position[kept]).astype(np.int64))
    return Seeds.grouped(np.concatenate(pairs), np.concatenate(shifts), len(wanted))


def _sample(texts: Texts, grams: Sketch, parameters: Parameters) -> Sketch:
    """All grams of short texts and a sample of those of long ones, in their order."""
    sparse = np.uint64(2**64 // parameters.family_sketch_scale - 1)
    is_short = texts.lengths < parameters.short_text_chars
    kept = np.flatnonzero(is_short[grams.text] | (grams.hash <= sparse))
    return grams.take(kept)


def _shared_grams(sample: Sketch, max_posts: int) -> _SharedGrams:
    """Each post with the one that comes before it among the posts of a gram, and with the first of them: a family shares
    nearly all grams, so that its later members meet its origin in some. A gram that occurs more than `max_posts` times
    says nothing about who copied whom.
    """
    is_new = np.ones(len(sample.hash), bool)
    is_new[1:] = sample.hash[1:] != sample.hash[:-1]
    group_at = np.flatnonzero(is_new)
    size = np.diff(np.append(group_at, len(sample.hash)))
    first = np.repeat(group_at, size)
    is_usable = np.repeat(size <= max_posts, size)
    late = np.flatnonzero(is_usable & ~is_new)
    early = np.concatenate([late - 1, first[late]])
    late = np.concatenate([late, late])
    is_pair = sample.text[early] != sample.text[late]
    early, late = early[is_pair], late[is_pair]
    return _SharedGrams(sample.text[early], sample.text[late], sample.position[early], sample.position[late])


def _is_near_identical(posts: Side, pairs: Pairs, seeds: Seeds, parameters: Parameters) -> np.ndarray:
    """bool per pair: does each of the two texts hold nearly all of the other, with the same numbers?"""
    whole = posts._replace(is_boilerplate=np.zeros(len(posts.texts.chars), bool))
    measured = measure(
        whole, whole, pairs, seeds, min_run=parameters.min_run, number_edge_chars=parameters.number_edge_chars
    )
    lengths = np.maximum(posts.texts.lengths, 1)
    containment = np.minimum(measured.item_matched / lengths[pairs.item], measured.post_matched / lengths[pairs.post])
    agree = measured.numbers_equal >= parameters.family_numbers_equal * measured.numbers_aligned
    return (containment >= parameters.family_containment) & agree
