"""Exact measures of pairs of texts, many at once: matched characters, longest run, agreement of numbers.

Shared sampled grams say on which diagonal (position in the item minus position in the post) two texts agree; along
each such diagonal all characters are compared. A run of equal characters counts from `min_run` on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from bangdan.matching import gram_loops, pair_loops
from bangdan.matching.number_tokens import NumberTokens
from bangdan.matching.text import Texts, ranges


class Side(NamedTuple):
    """Texts of one side of the pairs, with what is known of each of them."""

    texts: Texts
    numbers: NumberTokens
    is_boilerplate: np.ndarray  # bool, one per character of texts.chars

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Characters and what is known of them, as compiled loops take them."""
        return self.texts.chars, self.texts.starts, self.texts.title_chars, self.is_boilerplate


class Pairs(NamedTuple):
    """Pair k is text item[k] of the items and text post[k] of the posts."""

    item: np.ndarray
    post: np.ndarray


class Seeds(NamedTuple):
    """Where grams of both texts of a pair lie: those of pair k are shift[starts[k]:starts[k + 1]], each the position in the
    item minus that in the post.
    """

    starts: np.ndarray  # int64, pairs + 1
    shift: np.ndarray  # int64

    @classmethod
    def grouped(cls, pair: np.ndarray, shift: np.ndarray, pairs: int) -> Seeds:
        """The seeds of `pairs` pairs, given as rows (pair, shift) in any order."""
        order = np.argsort(pair, kind="stable")
        return cls(np.searchsorted(pair[order], np.arange(pairs + 1)), shift[order])


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
    over still shares with its source. A gram that the post repeats counts at its first place. Costs as much as the texts
    are long: for few pairs only.
    """
    return Seeds(
        *gram_loops.common_grams(items.chars, items.starts, posts.chars, posts.starts, pairs.item, pairs.post, length)
    )


def measure(items: Side, posts: Side, pairs: Pairs, seeds: Seeds, *, min_run: int, number_edge_chars: int) -> Measures:
    """Measure pairs along the diagonals of their seeds, of which the MAX_DIAGONALS most frequent are followed. A run of
    equal characters counts from `min_run` characters on.

    Numbers are compared within the matched stretch and `number_edge_chars` beyond its ends: a number that differs ends
    the matched stretch it lies in, and what lies far from a matched passage, as in a digest of several posts, is not
    about it. `numbers_aligned` are the number tokens in a context that both texts have, `numbers_equal` those of them
    that are equal; both counted in the text where the larger share is (a cut text repeats contexts it has no token for).
    """
    counts, cover, cover_starts = pair_loops.measure(
        items.arrays, items.numbers.arrays, posts.arrays, posts.numbers.arrays, pairs.item, pairs.post, *seeds,
        min_run, number_edge_chars,
    )  # fmt: skip
    columns = dict(zip(pair_loops.MEASURES, counts, strict=True))
    return Measures(**columns, item_cover=cover, item_cover_starts=cover_starts)
