"""Texts as arrays of comparable characters: letters and digits only, one code point each.

Compared are NFKC forms (where one character stays one), lower case, traditional characters by their simplified ones
(OpenCC's table). Digits stay: they tell two days of one bulletin apart. Spaces, punctuation, emoji and markup go.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Longer texts are cut: no post is this long, and a hostile one must not take the memory of all.
MAX_CHARS = 200_000
MARKUP = r"<[A-Za-z/!][^<>]{0,500}>|&(?:nbsp|amp|lt|gt|quot|#[0-9]{1,6});"


@lru_cache(maxsize=1)
def table() -> np.ndarray:
    """uint32[0x110000]: for each code point the one to compare by, 0 where the character does not count."""
    import opencc

    found = np.zeros(sys.maxunicode + 1, np.uint32)
    kept: list[int] = []
    plain: list[str] = []
    for code in range(0x30000):
        char = chr(code)
        if unicodedata.category(char)[0] not in "LN":
            continue
        one = unicodedata.normalize("NFKC", char)
        one = one if len(one) == 1 else char
        lower = one.lower()
        kept.append(code)
        plain.append(lower if len(lower) == 1 else one)
    # A line each, so that no phrase rule sees two of them together.
    simplified = opencc.OpenCC("t2s").convert("\n".join(plain)).split("\n")
    for code, char, simple in zip(kept, plain, simplified, strict=True):
        found[code] = ord(simple) if len(simple) == 1 else ord(char)
    return found


@dataclass
class Texts:
    """n texts in one flat array: text i is chars[starts[i]:starts[i + 1]], its title the first title_chars[i] of it."""

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

    def take(self, which: np.ndarray) -> Texts:
        """Some of the texts, in the order asked for."""
        index, starts = ranges(self.starts[which], self.lengths[which])
        return Texts(self.chars[index], starts, self.title_chars[which])


def ranges(starts: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of many stretches one after another, and where each begins in the result (n + 1)."""
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    index = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
    return index, ends


def normalise(titles: pa.Array | pa.ChunkedArray, texts: pa.Array | pa.ChunkedArray) -> Texts:
    """Titles and texts (strings, NULL = empty) → comparable characters, each title before its text."""
    titles, texts = (_plain(column) for column in (titles, texts))
    joined = pc.binary_join_element_wise(titles, texts, pa.scalar("", pa.large_string()))
    title_lengths = pc.utf8_length(titles).to_numpy(zero_copy_only=False).astype(np.int64)
    lengths = pc.utf8_length(joined).to_numpy(zero_copy_only=False).astype(np.int64)
    data = pa.concat_arrays([joined]) if joined.offset else joined
    offsets = np.frombuffer(data.buffers()[1], np.int64)[: len(data) + 1]
    raw = data.buffers()[2]
    body = memoryview(raw)[offsets[0] : offsets[-1]] if raw is not None else b""
    codes = np.frombuffer(str(body, "utf-8").encode("utf-32-le", "surrogatepass"), np.uint32)
    chars = table()[codes]
    counts = chars != 0
    seen = np.zeros(len(chars) + 1, np.int64)
    np.cumsum(counts, out=seen[1:])
    begins = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=begins[1:])
    starts = seen[begins]
    return Texts(chars[counts], starts, seen[begins[:-1] + title_lengths] - starts[:-1])


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
