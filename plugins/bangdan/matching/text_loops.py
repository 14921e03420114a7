"""Compiled loops over the characters of texts: decoding, copies of some of them, counts of marked ones.

Compiled by numba when this module is first imported, and kept on disk from then on; `make env` imports it. Threads run
these loops side by side.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

BYTES, OFFSETS = types.Array(types.uint8, 1, "C", readonly=True), types.Array(types.int64, 1, "C", readonly=True)
TABLE = types.Array(types.uint32, 1, "C", readonly=True)
CHARS, NUMBERS, FLAGS = types.uint32[::1], types.int64[::1], types.boolean[::1]


@njit(nogil=True)
def _append(body, begin, end, table, chars, at):
    """Decode body[begin:end] from UTF-8 and write what counts of it to chars[at:]; where the next character goes."""
    here = begin
    while here < end:
        lead = np.int64(body[here])
        width = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        code = lead if width == 1 else lead & (0x7F >> width)
        if here + width > end:
            break
        for further in range(here + 1, here + width):
            code = code << 6 | np.int64(body[further]) & 0x3F
        here += width
        if code < len(table) and table[code]:
            chars[at] = table[code]
            at += 1
    return at


@njit((BYTES, OFFSETS, BYTES, OFFSETS, TABLE), nogil=True, cache=True)
def decode(titles, title_offsets, texts, text_offsets, table):
    """Titles and texts in UTF-8, row i being bytes offsets[i] to offsets[i + 1] → (chars, starts, title_chars) of Texts.
    `table`: the character to compare by for each code point, 0 where it does not count.
    """
    rows = len(title_offsets) - 1
    size = title_offsets[rows] - title_offsets[0] + text_offsets[rows] - text_offsets[0]
    chars, starts, title_chars = np.empty(size, np.uint32), np.zeros(rows + 1, np.int64), np.empty(rows, np.int64)
    at = 0
    for row in range(rows):
        at = _append(titles, title_offsets[row], title_offsets[row + 1], table, chars, at)
        title_chars[row] = at - starts[row]
        at = _append(texts, text_offsets[row], text_offsets[row + 1], table, chars, at)
        starts[row + 1] = at
    return chars[:at].copy(), starts, title_chars


@njit((CHARS, NUMBERS, NUMBERS), nogil=True, cache=True)
def take(chars, starts, rows):
    """(chars, starts) of the texts `rows`, in their order."""
    taken_starts = np.zeros(len(rows) + 1, np.int64)
    for k in range(len(rows)):
        taken_starts[k + 1] = taken_starts[k] + starts[rows[k] + 1] - starts[rows[k]]
    taken = np.empty(taken_starts[-1], np.uint32)
    for k in range(len(rows)):
        taken[taken_starts[k] : taken_starts[k + 1]] = chars[starts[rows[k]] : starts[rows[k] + 1]]
    return taken, taken_starts


@njit((FLAGS, NUMBERS), nogil=True, cache=True)
def sums(mask, starts):
    """int64 per text: how many of its characters are marked."""
    numbers = np.zeros(len(starts) - 1, np.int64)
    for text in range(len(starts) - 1):
        number = 0
        for at in range(starts[text], starts[text + 1]):
            number += mask[at]
        numbers[text] = number
    return numbers
