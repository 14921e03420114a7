"""Proof over the bytes of delimited text that it is plain: RFC 4180, one kind of row end, no row wider than the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

CHUNK = 4 * 1024 * 1024
MAX_ROW = 128 * 1024  # bytes; longer rows go to the reader that counts characters as it goes
QUOTE, LF, CR = b'"\n\r'


@dataclass(frozen=True)
class PlainShape:
    """A file that both readers must read alike: its rows without the header, and the bytes of the longest row."""

    rows: int
    longest: int


def plain_shape(
    stream: BinaryIO, delimiter: str, width: int, foreign_widths: frozenset[int] = frozenset()
) -> PlainShape | None:
    """Prove that every quote opens or closes a whole cell, all row ends are of one kind, no row is too wide and no line
    is blank but at the end.

    `width`: number of names in the header; `foreign_widths`: numbers of cells that rows of another header have. None
    where any of it fails.
    """
    scan, tail = PlainScan(delimiter, width, foreign_widths), b""
    while chunk := stream.read(CHUNK):
        # The last byte waits for the next chunk: what a byte means depends on its neighbours.
        data = tail + chunk
        data, tail = data[:-1], data[-1:]
        if not scan.accepts(data, following=tail[0]):
            return None
    return scan.shape() if scan.accepts(tail, following=LF) else None


class PlainScan:
    """What is known of a delimited file up to the byte that was scanned last."""

    def __init__(self, delimiter: str, width: int, foreign_widths: frozenset[int] = frozenset()) -> None:
        self.delimiter, self.width = ord(delimiter), width
        self.foreign_delimiters = np.array(sorted(cells - 1 for cells in foreign_widths), np.int64)
        self.may_precede_opening, self.may_follow_closing = np.zeros(256, bool), np.zeros(256, bool)
        self.may_precede_opening[[self.delimiter, LF, QUOTE]] = True
        self.may_follow_closing[[self.delimiter, LF, CR, QUOTE]] = True
        self.offset = 0  # bytes scanned
        self.last_byte = LF
        self.quotes = 0  # 1 inside a quoted cell, else 0
        self.row_start = 0  # offset of the row that is not complete yet
        self.row_delimiters = 0  # in that row so far
        self.row_end_bytes = 0  # 1 for LF, 2 for CR LF; 0 before the first row end
        self.rows = 0  # complete ones that are not blank
        self.has_blank_line = False  # since the last row
        self.longest = 0  # bytes of the longest complete row

    def accepts(self, data: bytes, following: int) -> bool:
        """Scan on; `following` is the byte after the data. False where the file is not plain."""
        if not data:
            return True
        chars = np.frombuffer(data, np.uint8)
        next_chars = np.append(chars[1:], np.uint8(following))
        if (chars == 0).any() or (next_chars[chars == CR] != LF).any():
            return False
        places = np.flatnonzero((chars == QUOTE) | (chars == self.delimiter) | (chars == LF))
        kinds = chars[places]
        is_quote = kinds == QUOTE
        is_inside = ((np.cumsum(is_quote) - is_quote + self.quotes) & 1).astype(bool)
        opening, closing = places[is_quote & ~is_inside], places[is_quote & is_inside]
        if not self.may_precede_opening[self._char_before(chars, opening)].all():
            return False
        if not self.may_follow_closing[next_chars[closing]].all():
            return False
        is_delimiter, is_row_end = (kinds == self.delimiter) & ~is_inside, (kinds == LF) & ~is_inside
        if not self._accepts_rows(chars, places, np.cumsum(is_delimiter), np.flatnonzero(is_row_end)):
            return False
        self.quotes = (self.quotes + int(is_quote.sum())) & 1
        self.offset += len(chars)
        self.last_byte = int(chars[-1])
        return self.offset - self.row_start <= MAX_ROW

    def shape(self) -> PlainShape | None:
        """The shape of the whole file, whose last row may have no row end; None where it ends inside a cell or a row."""
        if self.quotes or self.row_delimiters >= self.width or self.last_byte == CR:
            return None
        is_unended = self.offset > self.row_start
        if is_unended and (self.row_delimiters in self.foreign_delimiters or self.row_delimiters < self.width - 1):
            return None
        longest = max(self.longest, self.offset - self.row_start)
        if self.has_blank_line and is_unended:
            return None
        rows = self.rows + int(is_unended)
        return PlainShape(rows - 1, longest) if longest <= MAX_ROW else None

    def _char_before(self, chars: np.ndarray, places: np.ndarray) -> np.ndarray:
        return np.where(places > 0, chars[places - 1], self.last_byte)

    def _accepts_rows(
        self, chars: np.ndarray, places: np.ndarray, delimiters: np.ndarray, row_ends: np.ndarray
    ) -> bool:
        """Count the rows that end in the data. `delimiters` adds up, `row_ends` are indices, both of `places`."""
        if not len(row_ends):
            self.row_delimiters += int(delimiters[-1]) if len(delimiters) else 0
            return True
        ends = places[row_ends]
        has_cr = self._char_before(chars, ends) == CR
        self.row_end_bytes = self.row_end_bytes or (2 if has_cr[0] else 1)
        if (has_cr != (self.row_end_bytes == 2)).any():
            return False
        by_row = np.diff(delimiters[row_ends], prepend=0)
        by_row[0] += self.row_delimiters
        if int(by_row.max()) >= self.width or np.isin(by_row, self.foreign_delimiters).any():
            return False
        starts = np.append(self.row_start - self.offset, ends[:-1] + 1)
        lengths = ends + 1 - starts
        is_blank = lengths <= self.row_end_bytes
        last = int(np.flatnonzero(~is_blank)[-1]) if not is_blank.all() else -1
        if last >= 0 and (self.has_blank_line or is_blank[:last].any()):  # its reader would count rows otherwise
            return False
        self.has_blank_line |= bool(is_blank[last + 1 :].any())
        self.rows += int((~is_blank).sum())
        self.longest = max(self.longest, int(lengths.max()))
        self.row_start = self.offset + int(ends[-1]) + 1
        self.row_delimiters = int(delimiters[-1] - delimiters[row_ends[-1]])
        return True
