"""The index of grams of posts that the grams of items are looked up in."""

from __future__ import annotations

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
    bounds: np.ndarray  # int64
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


def build(grams: Sketch, origin: np.ndarray, max_families: int) -> GramIndex:
    """Index the grams (by hash: see `by_hash`) of the posts that are the origin of their family, each gram of a post at
    its first position; grams of more than `max_families` families are boilerplate.
    """
    hashes, bounds, post, position = gram_loops.postings(
        grams.text, grams.position, grams.hash, origin == np.arange(len(origin))
    )
    is_boilerplate = np.diff(bounds) > max_families
    return GramIndex(hashes, bounds, post, position, is_boilerplate, *gram_loops.tables(hashes))


def boilerplate_hits(grams: Sketch, index: GramIndex) -> Hits:
    """Those of the grams (by hash) that are boilerplate, in no order of texts."""
    boilerplate = np.flatnonzero(index.is_boilerplate)
    first = np.searchsorted(grams.hash, index.hash[boilerplate], "left")
    last = np.searchsorted(grams.hash, index.hash[boilerplate], "right")
    rows, _ = ranges(first, last - first)
    gram = np.repeat(boilerplate, last - first)
    return Hits(grams.text[rows].astype(np.int64), grams.position[rows].astype(np.int64), gram)
