"""CSV and its kin. Two readers give the same rows: DuckDB for files that are proven plain, Python's for all others.

DuckDB reads a gigabyte in seconds and says nothing about an unclosed quote at the end of a file or a last cell too many.
So a scan over the bytes first proves that a file is plain (RFC 4180, one kind of row end, no row too wide) and counts
its rows; whatever is not plain, or comes out with another count, goes to the tolerant reader. See decision 0007.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import BinaryIO, TextIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion.readers import encodings
from bangdan.ingestion.readers.encodings import Encoding
from bangdan.ingestion.readers.tables import (
    BATCH_ROWS,
    MAX_TEXT,
    REPLACEMENT,
    Batch,
    Problem,
    Row,
    Table,
    in_batches,
    refuse,
    without_blanks,
)

DELIMITERS = (",", "\t", ";", "|")
CHUNK = 4 * 1024 * 1024
FAST_BYTES = 4 * 1024 * 1024  # below this, starting an engine costs more than it saves
MAX_ROW = 128 * 1024  # bytes; longer rows go to the reader that counts characters as it goes
MAX_CELL = 16 * 1024 * 1024  # characters; a cell above it is a stray quote, or nothing anyone wants to read
HEADER_CHARS = 64 * 1024
csv.field_size_limit(MAX_CELL)
QUOTE, LF, CR = b'"\n\r'


class NotPlain(Exception):
    """The fast reader met what its scan did not promise: read the file again with the tolerant one."""


def read(file: Path, *, fast: bool = True) -> Table:
    """Delimited text with a header. Raises ExportRefused for what is no table; its batches may raise NotPlain, and
    then `fast=False` reads them.
    """
    encoding = encodings.of_file(file)
    with encoding.opened(file) as stream:
        delimiter, header, is_plain_header = _header(stream)
    table = Table(header, iter(()), encoding.name, encoding.replaced, dialect=f"delimiter={delimiter!r}")
    if encoding.replaced:
        table.warnings["ENC_REPLACED"] = encoding.replaced
    shape = None
    if fast and is_plain_header and encoding == Encoding("utf-8") and file.stat().st_size >= FAST_BYTES:
        with file.open("rb") as bytes_:
            shape = plain(bytes_, delimiter, len(header))
    table.batches = _fast(file, table, delimiter, shape) if shape else _tolerant(file, table, delimiter, encoding)
    return table


def _header(stream: TextIO) -> tuple[str, list[str], bool]:
    """(delimiter, names, does the file begin with one plain line of them?)"""
    start = stream.read(HEADER_CHARS)
    text = start.lstrip("\ufeff\r\n")
    first_line = text.splitlines()[0] if text.strip() else ""
    if len(first_line) == HEADER_CHARS:
        raise refuse("FILE_NOT_TABULAR", f"no row end in the first {HEADER_CHARS:,} characters")
    delimiter = max(DELIMITERS, key=first_line.count)
    if not first_line.count(delimiter):
        raise refuse("FILE_NOT_TABULAR", first_line[:40])
    try:
        names = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise refuse("QUOTE_UNCLOSED", f"header: {error}") from None
    return delimiter, [_name(name) for name in names], text == start and '"' not in first_line


def _name(text: str) -> str:
    return text.strip().lstrip("\ufeff")


# ---- the scan ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plain:
    """A file that both readers must read alike: rows without the header, and bytes of the longest."""

    rows: int
    longest: int


def plain(stream: BinaryIO, delimiter: str, width: int) -> Plain | None:
    """Prove that every quote opens or closes a whole cell, row ends are of one kind and no row is too wide.

    None where any of it fails. Blank lines are no rows.
    """
    delim = ord(delimiter)
    may_open, may_close = np.zeros(256, bool), np.zeros(256, bool)
    may_open[[delim, LF, QUOTE]] = True
    may_close[[delim, LF, CR, QUOTE]] = True
    before, inside, cells, offset, row_start = LF, 0, 0, 0, 0
    rows, longest, row_end, tail = 0, 0, 0, b""
    while True:
        chunk = stream.read(CHUNK)
        data = tail + chunk
        # The last byte waits for the next chunk: what a sign means depends on its neighbours.
        data, tail = (data[:-1], data[-1:]) if chunk else (data, b"")
        signs = np.frombuffer(data, np.uint8)
        after = tail[0] if tail else LF
        following = np.append(signs[1:], np.uint8(after)) if data else signs
        if (signs == 0).any() or (following[signs == CR] != LF).any():
            return None
        at = np.flatnonzero((signs == QUOTE) | (signs == delim) | (signs == LF))
        kinds = signs[at]
        is_quote = kinds == QUOTE
        is_inside = ((np.cumsum(is_quote) - is_quote + inside) & 1).astype(bool)
        opens, closes = at[is_quote & ~is_inside], at[is_quote & is_inside]
        left = np.where(opens > 0, signs[opens - 1], before) if len(signs) else opens
        if not (may_open[left].all() and may_close[following[closes]].all()):
            return None
        inside = (inside + int(is_quote.sum())) & 1
        widths = np.cumsum((kinds == delim) & ~is_inside)
        ends = np.flatnonzero((kinds == LF) & ~is_inside)
        if len(ends):
            places = at[ends]
            kind = np.where(places > 0, signs[places - 1], before) == CR
            row_end = row_end or (2 if kind[0] else 1)
            if (kind != (row_end == 2)).any():
                return None
            starts = np.append(row_start - offset, places[:-1] + 1)
            lengths = places + 1 - starts
            many = np.diff(widths[ends], prepend=0)
            many[0] += cells
            if int(many.max()) >= width:
                return None
            rows += int((lengths > row_end).sum())
            longest = max(longest, int(lengths.max()))
            row_start, cells = offset + int(places[-1]) + 1, 0
            cells = int(widths[-1] - widths[ends[-1]])
        else:
            cells += int(widths[-1]) if len(widths) else 0
        offset += len(signs)
        before = int(signs[-1]) if len(signs) else before
        if offset - row_start > MAX_ROW:
            return None
        if not chunk:
            break
    if inside or cells >= width or before == CR:
        return None
    rows += int(offset > row_start)
    longest = max(longest, offset - row_start)
    return Plain(rows - 1, longest) if longest <= MAX_ROW else None


# ---- two readers -------------------------------------------------------------------------------------------------


def _fast(file: Path, table: Table, delimiter: str, shape: Plain) -> Iterator[Batch]:
    """By DuckDB, with every part of the dialect said. Names of its columns are places: no word of the file is SQL."""
    width = len(table.header)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    many = max(2048, min(BATCH_ROWS, 256 * 1024 * 1024 // max(shape.longest, 1)))
    seen = number = 0
    con = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "autoinstall_known_extensions": False})
    try:
        batches = con.sql(
            f"from read_csv('{literal(file)}', auto_detect = false, header = true, columns = {{{columns}}}, delim = '{delimiter}',"
            " quote = '\"', escape = '\"', comment = '', null_padding = true, parallel = false)"
        ).to_arrow_reader(many)
        for batch in _ahead(batches):
            seen += batch.num_rows
            kept = _without_noise([without_blanks(column) for column in batch.columns], table)
            if not kept or not len(kept[0]):
                continue
            numbers = pa.array(np.arange(number + 1, number + len(kept[0]) + 1))
            number += len(kept[0])
            yield _without_long(Batch(kept, numbers))
    except duckdb.Error as error:
        raise NotPlain(str(error)) from None
    finally:
        con.close()
    if seen != shape.rows:
        raise NotPlain(f"{seen} rows read, {shape.rows} counted")


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The engine reads the next batch while this one is being parsed."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = pool.submit(next, batches, None)
            yield batch


def literal(file: Path) -> str:
    """A path inside an SQL text that a glob matches as itself: a data folder may hold quotes, brackets and stars."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(file)).replace("'", "''")


def _without_noise(columns: list[pa.Array], table: Table) -> list[pa.Array]:
    """Without rows that hold no text, repeat the header, or tell the moment of a restart."""
    first, others = columns[0], columns[1:]
    is_alone = first.is_valid()
    for column in others:
        is_alone = pc.and_(is_alone, column.is_null()) if pc.any(is_alone).as_py() else is_alone
    is_empty = first.is_null()
    for column in others:
        is_empty = pc.and_(is_empty, column.is_null()) if pc.any(is_empty).as_py() else is_empty
    name = table.header[0]
    may_repeat = pc.and_(
        pc.match_substring(first, name), pc.less_equal(pc.binary_length(first), len(name.encode()) + 16)
    )
    drop = is_empty.to_numpy(zero_copy_only=False).copy()
    for row in np.flatnonzero(
        pc.or_(is_alone, pc.fill_null(may_repeat, False)).to_numpy(zero_copy_only=False)
    ).tolist():
        drop[row] |= _is_noise([column[row].as_py() for column in columns], table)
    return [column.filter(pa.array(~drop)) for column in columns] if drop.any() else columns


def _without_long(batch: Batch) -> Batch:
    """Rows with a cell over the limit become empty ones with a problem."""
    for column in batch.columns:
        longest = pc.max(pc.binary_length(column)).as_py()
        if longest is not None and longest > MAX_TEXT:
            for row, chars in enumerate(pc.utf8_length(column).to_pylist()):
                if chars is not None and chars > MAX_TEXT:
                    batch.problems.setdefault(row, ("TXT_TOO_LONG", None, column[row].as_py()[:200]))
    if batch.problems:
        keep = np.ones(len(batch), bool)
        keep[list(batch.problems)] = False
        batch.columns = [pc.if_else(pa.array(keep), column, None) for column in batch.columns]
    return batch


def _tolerant(file: Path, table: Table, delimiter: str, encoding: Encoding) -> Iterator[Batch]:
    """By Python's reader: any encoding, every kind of row end, rows too wide told one by one."""
    with encoding.opened(file) as stream:
        yield from in_batches(_rows(stream, table, delimiter), table.header)


def _rows(stream: TextIO, table: Table, delimiter: str) -> Iterator[Row]:
    width, number, is_first = len(table.header), 0, True
    reader = csv.reader(_lines(stream), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if is_first:
                is_first = not any(map(_name, cells))
                continue
            if not any(cells):
                continue
            padded: list[str | None] = [cell or None for cell in cells] + [None] * (width - len(cells))
            if len(cells) <= width and _is_noise(padded, table):
                continue
            number += 1
            yield number, padded, _row_problem(cells, width, table.replaced_chars > 0)
    except csv.Error as error:
        raise refuse("QUOTE_UNCLOSED", f"line {reader.line_num}: {error}") from None


def _lines(stream: TextIO) -> Iterator[str]:
    """Lines up to a length: a file without row ends must not become one text in memory."""
    while line := stream.readline(MAX_CELL):
        if len(line) == MAX_CELL:
            raise refuse("TXT_TOO_LONG", f"a line of more than {MAX_CELL:,} characters")
        yield line


def _is_noise(cells: list[str | None], table: Table) -> bool:
    """Is it the header again, or a line of its own with the moment at which a crawler was started again?"""
    first = (cells[0] or "").strip().lstrip("\ufeff")
    if first == table.header[0] and [_name(cell or "") for cell in cells] == table.header:
        table.warnings["HDR_REPEATED"] += 1
        return True
    return len(cells) > 3 and _looks_like_moment(first) and not any(cells[1:])


def _looks_like_moment(text: str) -> bool:
    return len(text) == 19 and text[4] == text[7] == "-" and text[13] == text[16] == ":"


def _row_problem(cells: list[str], width: int, is_damaged: bool) -> Problem | None:
    if len(cells) > width:
        return "ROW_WIDTH", None, f"{len(cells)} cells for {width} names"
    whole = "".join(cells)
    if "\0" in whole:
        cell = next(cell for cell in cells if "\0" in cell)
        return "CTRL_CHARS", None, cell[:200].replace("\0", "")
    if len(whole) > MAX_TEXT:
        for cell in cells:
            if len(cell) > MAX_TEXT:
                return "TXT_TOO_LONG", None, cell[:200]
    if is_damaged and REPLACEMENT in whole:
        for cell in cells:
            if cell.count(REPLACEMENT) > 1:  # one lost sign is damage; several in one cell are another encoding
                return "ENC_MIXED", None, cell[:200]
    return None
