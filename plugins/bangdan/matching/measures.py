"""Exact measures of pairs of texts, many at once: matched characters, longest run, agreement of numbers.

Shared sampled grams say on which diagonal (position in the item minus position in the post) two texts agree; along
each such diagonal all characters are compared. A run of equal characters counts from `min_run` on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np

from bangdan.matching.number_tokens import MIX, SPREAD, Extent, NumberTokens, agreement
from bangdan.matching.sketch import gram_hashes
from bangdan.matching.text import Texts, cumulated, ranges, sums_of

# Diagonals of one pair that are compared: bounds the cost of a pair of texts that repeat themselves.
MAX_DIAGONALS = 48


class Side(NamedTuple):
    """Texts of one side of the pairs, with what is known of each of them."""

    texts: Texts
    numbers: NumberTokens
    is_boilerplate: np.ndarray  # bool, one per character of texts.chars


class Pairs(NamedTuple):
    """Pair k is text item[k] of the items and text post[k] of the posts."""

    item: np.ndarray
    post: np.ndarray


class Seeds(NamedTuple):
    """Where a gram of both texts of a pair lies: `shift` is its position in the item minus that in the post."""

    pair: np.ndarray
    shift: np.ndarray


@dataclass
class Measures:
    """One row per pair; counts in characters."""

    post_matched: np.ndarray  # characters of the post that the item holds
    post_distinctive: np.ndarray  # of those, the ones outside boilerplate
    item_matched: np.ndarray  # characters of the item that the post holds
    item_distinctive: np.ndarray
    body_matched: np.ndarray  # characters of the post's body (not its title) that the item holds
    longest_run: np.ndarray
    numbers_aligned: np.ndarray
    numbers_equal: np.ndarray
    item_from: np.ndarray  # first matched position in the item, -1 for none
    item_to: np.ndarray
    post_from: np.ndarray
    post_to: np.ndarray
    item_cover: np.ndarray  # bool, flat over pairs: which characters of the item are matched, outside boilerplate
    item_cover_starts: np.ndarray

    def replaced(self, rows: np.ndarray, others: Measures) -> Measures:
        """The same with `rows` (ascending) taken from `others`, which measures only them."""
        columns = {}
        for field in fields(self):
            if field.name not in ("item_cover", "item_cover_starts"):
                columns[field.name] = getattr(self, field.name).copy()
                columns[field.name][rows] = getattr(others, field.name)
        cover = self.item_cover.copy()
        index, _ = ranges(self.item_cover_starts[rows], np.diff(self.item_cover_starts)[rows])
        cover[index] = others.item_cover
        return Measures(**columns, item_cover=cover, item_cover_starts=self.item_cover_starts)


def short_gram_seeds(items: Texts, posts: Texts, pairs: Pairs, length: int) -> Seeds:
    """Seeds of pairs from every gram of `length` characters that both texts have: what a text that has been edited all
    over still shares with its source. Costs as much as the texts are long: for few pairs only.
    """
    of_items, of_posts = _gram_places(items, pairs.item, length), _gram_places(posts, pairs.post, length)
    # Each gram of an item meets its first place in the post.
    unique, first = np.unique(of_posts.key, return_index=True)
    if not len(unique):
        return Seeds(np.zeros(0, np.int64), np.zeros(0, np.int64))
    at = np.minimum(np.searchsorted(unique, of_items.key), len(unique) - 1)
    hit = np.flatnonzero(unique[at] == of_items.key)
    return Seeds(of_items.pair[hit], of_items.position[hit] - of_posts.position[first[at[hit]]])


class _GramPlaces(NamedTuple):
    """Grams of one side of the pairs; `key` is a hash of pair and gram."""

    pair: np.ndarray
    position: np.ndarray
    key: np.ndarray


def _gram_places(texts: Texts, rows: np.ndarray, length: int) -> _GramPlaces:
    chosen, row = np.unique(rows, return_inverse=True)
    few = texts.take(chosen)
    hashes = gram_hashes(few.chars, length)
    index, ends = ranges(few.starts[row], np.maximum(few.lengths[row] - length + 1, 0))
    pair = np.repeat(np.arange(len(row)), np.diff(ends))
    with np.errstate(over="ignore"):
        key = (hashes[index] ^ ((pair.astype(np.uint64) + np.uint64(1)) * SPREAD)) * MIX
    return _GramPlaces(pair, index - few.starts[row][pair], key)


def diagonals(seeds: Seeds) -> Seeds:
    """Distinct seeds, the most frequent first within a pair and no more than MAX_DIAGONALS of it."""
    order = np.lexsort((seeds.shift, seeds.pair))
    pair, shift = seeds.pair[order], seeds.shift[order]
    is_new = np.ones(len(pair), bool)
    is_new[1:] = (pair[1:] != pair[:-1]) | (shift[1:] != shift[:-1])
    at = np.flatnonzero(is_new)
    frequency = np.diff(np.append(at, len(pair)))
    pair, shift = pair[at], shift[at]
    order = np.lexsort((shift, -frequency, pair))
    pair, shift = pair[order], shift[order]
    number_in_pair = np.arange(len(pair)) - np.searchsorted(pair, pair, "left")
    kept = number_in_pair < MAX_DIAGONALS
    return Seeds(pair[kept], shift[kept])


def measure(items: Side, posts: Side, pairs: Pairs, seeds: Seeds, *, min_run: int, number_edge_chars: int) -> Measures:
    """Measure pairs along the diagonals of their seeds. A run of equal characters counts from `min_run` characters on;
    numbers are compared within the matched stretch and `number_edge_chars` beyond its ends.
    """
    covers = _covers(items.texts, posts.texts, pairs, seeds, min_run)
    item_flat, _ = ranges(items.texts.starts[pairs.item], covers.item_lengths)
    post_flat, _ = ranges(posts.texts.starts[pairs.post], covers.post_lengths)
    item_starts, post_starts = covers.item_starts, covers.post_starts
    position = np.arange(post_starts[-1]) - np.repeat(post_starts[:-1], covers.post_lengths)
    is_body = position >= np.repeat(posts.texts.title_chars[pairs.post], covers.post_lengths)
    item_distinctive = covers.item & ~items.is_boilerplate[item_flat]
    item_extent, post_extent = _extent(covers.item, item_starts), _extent(covers.post, post_starts)
    aligned, equal = agreement(
        posts.numbers, items.numbers, pairs.post, pairs.item, post_extent, item_extent, number_edge_chars
    )
    return Measures(
        post_matched=sums_of(covers.post, post_starts),
        post_distinctive=sums_of(covers.post & ~posts.is_boilerplate[post_flat], post_starts),
        item_matched=sums_of(covers.item, item_starts),
        item_distinctive=sums_of(item_distinctive, item_starts),
        body_matched=sums_of(covers.post & is_body, post_starts),
        longest_run=covers.longest_run,
        numbers_aligned=aligned,
        numbers_equal=equal,
        item_from=item_extent.begin,
        item_to=item_extent.end,
        post_from=post_extent.begin,
        post_to=post_extent.end,
        item_cover=item_distinctive,
        item_cover_starts=item_starts,
    )


@dataclass
class _Covers:
    """Which characters of the two texts of each pair are matched: bool, flat over pairs."""

    item: np.ndarray
    post: np.ndarray
    item_lengths: np.ndarray  # per pair
    post_lengths: np.ndarray
    longest_run: np.ndarray

    @cached_property
    def item_starts(self) -> np.ndarray:
        return cumulated(self.item_lengths)

    @cached_property
    def post_starts(self) -> np.ndarray:
        return cumulated(self.post_lengths)


def _covers(items: Texts, posts: Texts, pairs: Pairs, seeds: Seeds, min_run: int) -> _Covers:
    """Compare all characters along the diagonals; runs of equal ones from `min_run` on are matched."""
    item_lengths, post_lengths = items.lengths[pairs.item], posts.lengths[pairs.post]
    covers = _Covers(
        np.zeros(item_lengths.sum(), bool), np.zeros(post_lengths.sum(), bool), item_lengths, post_lengths,
        np.zeros(len(pairs.item), np.int64),
    )  # fmt: skip
    pair, shift = diagonals(seeds)
    begin = np.maximum(0, -shift)
    length = np.maximum(0, np.minimum(post_lengths[pair], item_lengths[pair] - shift) - begin)
    post_position, ends = ranges(begin, length)
    diagonal = np.repeat(np.arange(len(pair)), length)
    of_pair = pair[diagonal]
    item_position = post_position + shift[diagonal]
    is_equal = (
        items.chars[items.starts[pairs.item][of_pair] + item_position]
        == posts.chars[posts.starts[pairs.post][of_pair] + post_position]
    )
    # Runs of equal characters within a diagonal.
    is_edge = np.ones(len(is_equal), bool)
    is_edge[1:] = is_equal[1:] != is_equal[:-1]
    is_edge[ends[:-1][length > 0]] = True
    run = np.flatnonzero(is_edge)
    size = np.diff(np.append(run, len(is_equal)))
    is_matched = is_equal[run] & (size >= min_run)
    run, size = run[is_matched], size[is_matched]
    if len(run):
        np.maximum.at(covers.longest_run, of_pair[run], size)
        index, _ = ranges(run, size)
        covers.item[covers.item_starts[of_pair[index]] + item_position[index]] = True
        covers.post[covers.post_starts[of_pair[index]] + post_position[index]] = True
    return covers


def _extent(mask: np.ndarray, starts: np.ndarray) -> Extent:
    """First true position and one past the last within each stretch of a flat mask; −1 and −1 for none."""
    at = np.flatnonzero(mask)
    if not len(at):
        return Extent(np.full(len(starts) - 1, -1), np.full(len(starts) - 1, -1))
    first = np.searchsorted(at, starts[:-1], "left")
    last = np.searchsorted(at, starts[1:], "left") - 1
    is_some = last >= first
    begin = at[np.minimum(first, len(at) - 1)] - starts[:-1]
    end = at[np.maximum(last, 0)] + 1 - starts[:-1]
    return Extent(np.where(is_some, begin, -1), np.where(is_some, end, -1))
