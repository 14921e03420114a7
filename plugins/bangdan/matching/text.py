"""Texts as arrays of comparable characters: letters and digits only, one code point each.

Compared are NFKC forms (where one character stays one), lower case, traditional characters by their simplified ones
(OpenCC's table). Digits stay: two days of one bulletin differ in nothing else. Spaces, punctuation, emoji and markup go.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.matching import text_loops

# Longer texts are cut: no post is this long, and a hostile one must not take all memory.
MAX_CHARS = 200_000
# Unicode has no letters from here on.
LETTERS_END = 0x30000
MARKUP = r"<[A-Za-z/!][^<>]{0,500}>|&(?:nbsp|amp|lt|gt|quot|#[0-9]{1,6});"


@lru_cache(maxsize=1)
def comparable() -> np.ndarray:
    """uint32[0x110000]: for each code point the one to compare by, 0 where the character does not count."""
    import opencc

    table = np.zeros(sys.maxunicode + 1, np.uint32)
    codes = [code for code in range(LETTERS_END) if unicodedata.category(chr(code))[0] in "LN"]
    folded = [_folded(chr(code)) for code in codes]
    # A line each, so that no phrase rule sees two of them together.
    simplified = opencc.OpenCC("t2s").convert("\n".join(folded)).split("\n")
    for code, char, simple in zip(codes, folded, simplified, strict=True):
        table[code] = ord(simple) if len(simple) == 1 else ord(char)
    return table


def _folded(char: str) -> str:
    """The NFKC form in lower case, each step only where it leaves one character."""
    normal = unicodedata.normalize("NFKC", char)
    normal = normal if len(normal) == 1 else char
    lower = normal.lower()
    return lower if len(lower) == 1 else normal


@dataclass
class Texts:
    """n texts in one flat array: text i is chars[starts[i]:starts[i + 1]], and its first title_chars[i] are the title."""

    chars: np.ndarray  # uint32
    starts: np.ndarray  # int64, n + 1
    title_chars: np.ndarray  # int64, n

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.starts)

    @property
    def owner(self) -> np.ndarray:
        """int32, one per character: the text it belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.lengths)

    def take(self, rows: np.ndarray) -> Texts:
        """The texts of these rows, in their order."""
        chars, starts = text_loops.take(self.chars, self.starts, rows)
        return Texts(chars, starts, self.title_chars[rows])


def ranges(starts: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of many stretches one after another, and where each begins in the result (n + 1)."""
    ends = cumulated(lengths)
    index = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
    return index, ends


def normalise(titles: pa.Array | pa.ChunkedArray, texts: pa.Array | pa.ChunkedArray) -> Texts:
    """Titles and texts (strings, NULL = empty) → comparable characters, each title before its text."""
    decoded = text_loops.decode(*_utf8(_plain(titles)), *_utf8(_plain(texts)), comparable())
    return Texts(*decoded)


def cumulated(values: np.ndarray) -> np.ndarray:
    """int64, n + 1: the sum of the values before each, and of all."""
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def sums_of(mask: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Count the true values of each stretch of a flat mask; stretch i is mask[starts[i]:starts[i + 1]]."""
    return text_loops.sums(mask, starts)


def _utf8(strings: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of strings (large, without NULL), and where each begins in them (n + 1)."""
    data = pa.concat_arrays([strings]) if strings.offset else strings
    raw = data.buffers()[2]
    return (
        np.frombuffer(raw if raw is not None else b"", np.uint8),
        np.frombuffer(data.buffers()[1] or bytes(8), np.int64)[: len(data) + 1],
    )


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Large strings without NULL, markup or overlength."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    column = pc.fill_null(column.cast(pa.large_string()), "")
    if len(column) == 0:
        return column
    if pc.max(pc.binary_length(column)).as_py() > MAX_CHARS:
        column = pc.utf8_slice_codeunits(column, 0, MAX_CHARS)
    marked = pc.match_substring_regex(column, "[<&]")
    if pc.any(marked).as_py():
        cleaned = pc.replace_substring_regex(pc.filter(column, marked), MARKUP, " ")
        column = pc.replace_with_mask(column, marked, cleaned)
    return column
