"""The index of grams of posts that the grams of items are looked up in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bangdan.matching import gram_loops
from bangdan.matching.sketch import Sampling, Sketch
from bangdan.matching.text import Texts, ranges


class Hits(NamedTuple):
    """Sampled grams that are in the index: of which text, at which position in it, row in the index."""

    text: np.ndarray
    position: np.ndarray
    gram: np.ndarray


@dataclass
class GramIndex:
    """Sampled grams of family origins: gram g is in the postings bounds[g]:bounds[g + 1]."""

    hash: np.ndarray  # uint64, ascending
    bounds: np.ndarray  # int32
    post: np.ndarray  # int32
    position: np.ndarray  # int32
    is_boilerplate: np.ndarray  # bool, per gram
    bitmap: np.ndarray  # uint8, over the low bits of the hashes: most grams of items need no further look
    shift: int  # the upper bits of a hash, hash >> shift, are the number of its bucket
    buckets: np.ndarray  # int32: first gram of each bucket

    def find(self, texts: Texts, sampling: Sampling) -> Hits:
        """Those of the sampled grams of texts that are in the index, ascending by text and position."""
        length, _, _, short_chars = sampling
        found = gram_loops.find(
            texts.chars, texts.starts, length, short_chars, *sampling.limits, self.hash, self.bitmap, self.shift,
            self.buckets,
        )  # fmt: skip
        return Hits(*found)


def boilerplate_mask(kept: Texts, rows: np.ndarray, hits: Hits, index: GramIndex, gram_length: int) -> np.ndarray:
    """bool per character of `kept`: is it in a gram that too many families share? `hits` are those of more texts: `rows`
    has the row of each of them in `kept`, -1 of those that are not.
    """
    return gram_loops.mark(hits.text, hits.position, hits.gram, rows, index.is_boilerplate, kept.starts, gram_length)


class PostGrams(NamedTuple):
    """An index of the grams of texts, and which of their characters are boilerplate (bool, one per character)."""

    grams: GramIndex
    is_boilerplate: np.ndarray


def build(texts: Texts, slices: Iterable[Sketch], origin: np.ndarray, max_families: int, gram_length: int) -> PostGrams:
    """Index the grams (see `sketch.HashSlices`) of the posts that are the origin of their family, each gram of a post
    at its first position; grams of more than `max_families` families are boilerplate.
    """
    is_indexed = origin == np.arange(len(origin))
    is_boilerplate = np.zeros(len(texts.chars), bool)
    parts = []
    for part_grams in slices:
        part = gram_loops.postings(part_grams.text, part_grams.position, part_grams.hash, is_indexed)
        hashes, numbers, *_ = part
        gram_loops.mark_grams(
            *_places(part_grams, hashes[numbers > max_families]), texts.starts, gram_length, is_boilerplate
        )
        parts.append(list(part))
    hashes, numbers, post, position = (_joined(parts, column) for column in range(4))
    bounds = np.zeros(len(numbers) + 1, np.int32)
    np.cumsum(numbers, out=bounds[1:])
    grams = GramIndex(hashes, bounds, post, position, numbers > max_families, *gram_loops.tables(hashes))
    return PostGrams(grams, is_boilerplate)


def _joined(parts: list[list[np.ndarray]], column: int) -> np.ndarray:
    """A column of all parts one after another; the parts give theirs up."""
    joined = np.concatenate([part[column] for part in parts])
    for part in parts:
        part[column] = joined[:0]
    return joined


def _places(grams: Sketch, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Text and position of those of the grams (by hash) that have one of the hashes."""
    first = np.searchsorted(grams.hash, hashes, "left")
    last = np.searchsorted(grams.hash, hashes, "right")
    rows, _ = ranges(first, last - first)
    return grams.text[rows].astype(np.int64), grams.position[rows].astype(np.int64)
