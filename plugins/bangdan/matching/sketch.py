"""Sampled character n-grams (FracMinHash): a gram is in the samples of all texts that hold it, or in none.

Hashes are computed here: an engine's hash() differs between engines and versions. One function works on record batches,
so that DuckDB (arrow UDF) and Spark (mapInArrow) make the same sketches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bangdan.matching.text import Texts, normalise

# Odd constants of splitmix64 (Steele, Lea, Flood 2014) and a base for the rolling polynomial modulo 2^64.
SPREAD, BASE, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(0xBF58476D1CE4E5B9)


@dataclass
class Sketch:
    """Sampled grams: of which text, at which position in it, with which hash; ascending by text and position."""

    text: np.ndarray  # int32
    position: np.ndarray  # int32
    hash: np.ndarray  # uint64


def gram_hashes(chars: np.ndarray, length: int) -> np.ndarray:
    """uint64, one per starting position: hash of `length` (a power of two) characters, by doubling."""
    with np.errstate(over="ignore"):
        hashes = (chars.astype(np.uint64) + np.uint64(1)) * SPREAD
        base, width = BASE, 1
        while width < length:
            if len(hashes) <= width:
                return np.zeros(0, np.uint64)
            folded = hashes[:-width] * base
            folded += hashes[width:]
            hashes, base, width = folded, base * base, width * 2
        hashes ^= hashes >> np.uint64(31)
        hashes *= MIX
        hashes ^= hashes >> np.uint64(29)
    return hashes


def sketch(texts: Texts, length: int, scale: int, short_scale: int, short_chars: int) -> Sketch:
    """One gram in `scale` of each text, one in `short_scale` of texts under `short_chars` characters.

    short_scale divides scale, so the sparse sample is part of the dense one.
    """
    hashes = gram_hashes(texts.chars, length)
    dense, sparse = (np.uint64(2**64 // s - 1) for s in (min(scale, short_scale), scale))
    at = np.flatnonzero(hashes <= dense)
    hashes = hashes[at]
    text = texts.owner[at]
    # A gram that runs on into the next text is none.
    kept = at + length <= texts.starts[1:][text]
    if short_scale != scale:
        kept &= (texts.lengths < short_chars)[text] | (hashes <= sparse)
    at, text, hashes = at[kept], text[kept], hashes[kept]
    return Sketch(text, (at - texts.starts[text]).astype(np.int32), hashes)


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
