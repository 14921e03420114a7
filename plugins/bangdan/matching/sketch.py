"""Sampled character n-grams (FracMinHash): a gram is in the samples of all texts that hold it, or in none.

Hashes are computed here: an engine's hash() differs between engines and versions. One function works on record batches,
so that DuckDB (arrow UDF) and Spark (mapInArrow) make the same sketches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from bangdan.matching import gram_loops
from bangdan.matching.text import Texts, normalise

# Sampled grams that are sorted at a time, at some 60 bytes each: as many as this at once, which costs least, and where
# there are more, slices of fewer, because the index grows in memory beside them.
GRAMS_AT_ONCE, GRAMS_OF_A_SLICE = 15_000_000, 5_000_000


class Sampling(NamedTuple):
    """Which grams are sampled: of `length` characters, one in `scale` of each text, one in `short_scale` of texts under
    `short_chars` characters. short_scale divides scale, so the sparse sample is part of the dense one.
    """

    length: int
    scale: int
    short_scale: int
    short_chars: int

    @property
    def limits(self) -> tuple[np.uint64, np.uint64]:
        """The largest hash that is sampled, in short texts and in all others."""
        dense, sparse = (np.uint64(2**64 // scale - 1) for scale in (min(self.scale, self.short_scale), self.scale))
        return dense, sparse


@dataclass
class Sketch:
    """Sampled grams: of which text, at which position in it, with which hash; ascending by text and position."""

    text: np.ndarray  # int32
    position: np.ndarray  # int32
    hash: np.ndarray  # uint64

    def by_hash(self) -> Sketch:
        """The same grams ascending by hash, text and position."""
        return self.take(gram_loops.order(self.hash))

    def take(self, rows: np.ndarray) -> Sketch:
        """The grams of these rows, in their order."""
        return Sketch(self.text[rows], self.position[rows], self.hash[rows])


def sketch(texts: Texts, length: int, scale: int, short_scale: int, short_chars: int) -> Sketch:
    """The sampled grams of texts; the numbers are those of Sampling."""
    sampling = Sampling(length, scale, short_scale, short_chars)
    least = np.uint64(0)
    return Sketch(*gram_loops.sample(texts.chars, texts.starts, length, short_chars, *sampling.limits, least))


class HashSlices:
    """The grams of texts of which one in `scale` is sampled, ascending by hash, text and position, in slices: all grams of
    a hash are in one. May be read several times; a slice is kept where it is the only one, and made anew where there are
    more.
    """

    def __init__(self, texts: Texts, length: int, scale: int) -> None:
        self._texts, self._length, self._limit = texts, length, 2**64 // scale
        grams = len(texts.chars) // scale
        self._number = 1 if grams <= GRAMS_AT_ONCE else -(-grams // GRAMS_OF_A_SLICE)

    def __iter__(self) -> Iterator[Sketch]:
        if self._number == 1:
            yield self._only
        else:
            yield from map(self._slice, range(self._number))

    @cached_property
    def _only(self) -> Sketch:
        return self._slice(0)

    def _slice(self, number: int) -> Sketch:
        least, most = (self._limit * at // self._number for at in (number, number + 1))
        limits = np.uint64(most - 1), np.uint64(most - 1), np.uint64(least)
        return Sketch(*gram_loops.sample(self._texts.chars, self._texts.starts, self._length, 0, *limits)).by_hash()


def sketch_batches(
    batches: Iterable[pa.RecordBatch], length: int = 16, scale: int = 4, short_scale: int = 2, short_chars: int = 300
) -> Iterator[pa.RecordBatch]:
    """Batches of (id, title, text) → batches of (id, position, hash); the signature of Spark's mapInArrow."""
    for batch in batches:
        grams = sketch(normalise(batch["title"], batch["text"]), length, scale, short_scale, short_chars)
        yield pa.RecordBatch.from_arrays(
            [batch["id"].take(pa.array(grams.text)), pa.array(grams.position), pa.array(grams.hash.view(np.int64))],
            ["id", "position", "hash"],
        )
