"""Delimited text (CSV, TSV, …). Two readers give the same rows: DuckDB for plain files, Python's for all others.

DuckDB reads a gigabyte in seconds, but reports neither an unclosed quote at the end of a file nor a superfluous last
cell. So `plain_scan` first proves that a file is plain and counts its rows; a file that is not plain, or gives another
count, goes to the tolerant reader. See decision 0007.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import NamedTuple, TextIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion.readers import encodings
from bangdan.ingestion.readers.encodings import Encoding
from bangdan.ingestion.readers.plain_scan import PlainShape, plain_shape
from bangdan.ingestion.readers.text_table import (
    BATCH_CHARS,
    BATCH_ROWS,
    CELL_CHARS,
    MAX_TEXT,
    REPLACEMENT,
    Problem,
    Row,
    TextBatch,
    TextTable,
    in_batches,
    problem_of_encoding,
    without_blanks,
)
from bangdan.ingestion.reasons import refusal

DELIMITERS = (",", "\t", ";", "|")
FAST_BYTES = 4 * 1024 * 1024  # below this, starting an engine costs more than it saves
MAX_CELL = 16 * 1024 * 1024  # characters; a longer cell comes from a stray quote
HEADER_CHARS = 64 * 1024
TITLE_LINES, TITLED_NAMES = 50, 3  # lines above a header at most, and the names that make a line below titles a header
_SEP_LINE = re.compile(r'"?sep=([^"\w\s]|\t)"?')
csv.field_size_limit(MAX_CELL)


class NotPlain(Exception):
    """The fast reader and the scan disagree: read the file again with the tolerant reader."""


def read(file: Path, *, fast: bool = True) -> TextTable:
    """Delimited text with a header. Raises ExportRefused for what is no table; its batches may raise NotPlain, and
    then `fast=False` reads them.
    """
    encoding = encodings.of_file(file)
    with encoding.opened(file) as stream:
        header = _header(stream)
    names = list(header.names)
    table = TextTable(names, iter(()), encoding.name, encoding.replaced, dialect=f"delimiter={header.delimiter!r}")
    if encoding.replaced:
        table.warnings["ENC_REPLACED"] = encoding.replaced
    may_be_plain = fast and header.is_plain and encoding == Encoding("utf-8") and file.stat().st_size >= FAST_BYTES
    dialect = Dialect(header.delimiter, header.names, encoding, header.lines_above)
    table.batches = _batches(file, table, dialect, may_be_plain)
    return table


class Dialect(NamedTuple):
    """How a file is written: its delimiter, the names in its header, its encoding, and the lines above the header."""

    delimiter: str
    names: tuple[str, ...]
    encoding: Encoding
    lines_above: int


class Header(NamedTuple):
    """The header of a file. `is_plain`: it is the first line, and has neither quotes nor anything before it."""

    delimiter: str
    names: tuple[str, ...]
    lines_above: int
    is_plain: bool


def _batches(file: Path, table: TextTable, dialect: Dialect, may_be_plain: bool) -> Iterator[TextBatch]:
    """By the fast reader where the scan proves that both read the same, else by the tolerant one."""
    shape = None
    if may_be_plain:
        with file.open("rb") as bytes_:
            shape = plain_shape(bytes_, dialect.delimiter, len(dialect.names), frozenset(table.layouts))
    yield from _fast(file, table, dialect, shape) if shape else _tolerant(file, table, dialect)


def _header(stream: TextIO) -> Header:
    """The first line with two names; below titles, as vendors write them, the first line with three.

    A spreadsheet's line `sep=;` is no title: it says what the delimiter is.
    """
    start = stream.read(HEADER_CHARS)
    lines = list(StringIO(start, newline=""))  # ends of lines as they are
    filled = [(place, line) for place, line in enumerate(lines) if _name(line)][: TITLE_LINES + 1]
    if filled and len(filled[0][1]) == HEADER_CHARS:
        raise refusal("FILE_NOT_TABULAR", f"no row end in the first {HEADER_CHARS:,} characters")
    declared = _SEP_LINE.fullmatch(_name(filled[0][1])) if filled else None
    if declared:
        del filled[0]
    place, delimiter = _place_of_header(filled, declared and declared[1])
    text = "".join(lines[place:]).lstrip("\ufeff")
    try:
        names = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise refusal("QUOTE_UNCLOSED", f"header: {error}") from None
    is_plain = place == 0 and text == start and '"' not in lines[0]
    return Header(delimiter, tuple(_name(name) for name in names), place, is_plain)


def _place_of_header(filled: list[tuple[int, str]], declared: str | None) -> tuple[int, str]:
    """The header's place among the lines, and its delimiter. `filled`: the lines with text, with their places."""
    for number, (place, line) in enumerate(filled):
        delimiter = declared or max(DELIMITERS, key=line.count)
        names = sum(bool(name.strip('" \t\r\n\ufeff')) for name in line.split(delimiter))
        if names >= (TITLED_NAMES if number else 2):
            return place, delimiter
    place, line = filled[0] if filled else (0, "")
    delimiter = declared or max(DELIMITERS, key=line.count)
    if delimiter not in line:
        raise refusal("FILE_NOT_TABULAR", _name(line)[:40])
    return place, delimiter


def _name(text: str) -> str:
    return text.strip().lstrip("\ufeff")


def _fast(file: Path, table: TextTable, dialect: Dialect, shape: PlainShape) -> Iterator[TextBatch]:
    """By DuckDB, with the whole dialect given. Its columns are named by their place: no word of the file is SQL."""
    width = len(dialect.names)
    schema = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    batch_rows = max(
        2048, min(BATCH_ROWS, 256 * 1024 * 1024 // max(shape.longest, 1), BATCH_CHARS // CELL_CHARS // width)
    )
    seen = 0
    con = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "autoinstall_known_extensions": False})
    try:
        batches = con.sql(
            f"from read_csv('{literal(file)}', auto_detect = false, header = true, columns = {{{schema}}}, delim = '{dialect.delimiter}',"
            " quote = '\"', escape = '\"', comment = '', null_padding = true, parallel = false)"
        ).to_arrow_reader(batch_rows)
        for batch in _ahead(batches):
            numbers = pa.array(np.arange(seen + 1, seen + batch.num_rows + 1))
            seen += batch.num_rows
            of_later_versions = [pa.nulls(batch.num_rows, pa.string())] * (len(table.header) - width)
            columns = [without_blanks(column) for column in batch.columns] + of_later_versions
            kept = _without_noise(TextBatch(columns, numbers), table)
            if len(kept):
                yield _without_long(kept)
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
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(file)).replace("'", "''")


def _without_noise(batch: TextBatch, table: TextTable) -> TextBatch:
    """Without rows that hold no text, repeat the header, or hold only the time of a restart."""
    columns = batch.columns
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
    if not drop.any():
        return batch
    keep = pa.array(~drop)
    return TextBatch([column.filter(keep) for column in columns], batch.numbers.filter(keep))


def _without_long(batch: TextBatch) -> TextBatch:
    """Rows with a cell over the limit become empty ones with a problem."""
    for column in batch.columns:
        longest = pc.max(pc.binary_length(column)).as_py()
        if longest is not None and longest > MAX_TEXT:
            for row, chars in enumerate(pc.utf8_length(column).to_pylist()):
                if chars is not None and chars > MAX_TEXT:
                    batch.problems.setdefault(row, Problem("TXT_TOO_LONG", None, column[row].as_py()[:200]))
    if batch.problems:
        keep = np.ones(len(batch), bool)
        keep[list(batch.problems)] = False
        batch.columns = [pc.if_else(pa.array(keep), column, None) for column in batch.columns]
    return batch


def _tolerant(file: Path, table: TextTable, dialect: Dialect) -> Iterator[TextBatch]:
    """By Python's reader: any encoding, every kind of row end, every row that is too wide reported."""
    with dialect.encoding.opened(file) as stream:
        yield from in_batches(_rows(stream, table, dialect, _is_ended(file)), table.header)


def _is_ended(file: Path) -> bool:
    """Whether a file ends with a row end, in any encoding."""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 2))
        return stream.read().endswith((b"\n", b"\r", b"\n\0", b"\r\0"))  # the latter in UTF-16


def _rows(stream: TextIO, table: TextTable, dialect: Dialect, is_ended: bool) -> Iterator[Row]:
    width, number, is_first = len(dialect.names), 0, True
    fewest: int | None = None  # cells of a row so far
    for _line_above in range(dialect.lines_above):
        stream.readline()
    reader = csv.reader(_lines(stream), delimiter=dialect.delimiter, strict=True)
    try:
        for cells, is_last in _with_last(reader):
            if is_first:
                is_first = not any(map(_name, cells))
                continue
            number += 1
            if not any(cells):
                continue
            layout = table.layouts.get(len(cells))
            padded = _in_places(cells, layout or range(len(cells)), len(table.header))
            if (layout or len(cells) <= width) and _is_noise(padded, table):
                continue
            if layout:
                table.warnings["HDR_OLDER"] += 1
            problem = _row_problem(cells, len(cells) if layout else width, table.replaced_chars > 0)
            if is_last and not is_ended and fewest and len(cells) < fewest:
                problem = Problem("ROW_CUT", None, f"{len(cells)} cells, and {fewest} in all other rows")
            fewest = min(fewest or len(cells), len(cells))
            yield Row(number, padded, problem)
    except csv.Error as error:
        raise refusal("QUOTE_UNCLOSED", f"line {reader.line_num}: {error}") from None


def _with_last(rows: Iterator[list[str]]) -> Iterator[tuple[list[str], bool]]:
    """Each row, and whether it is the last."""
    held = next(rows, None)
    for row in rows:
        if held is not None:
            yield held, False
        held = row
    if held is not None:
        yield held, True


def _in_places(cells: list[str], places: Sequence[int], width: int) -> list[str | None]:
    """A row as wide as the header, or wider where it has more cells; a blank cell is None."""
    row: list[str | None] = [None] * max(width, len(cells))
    for place, cell in zip(places, cells, strict=True):
        row[place] = cell or None
    return row


def _lines(stream: TextIO) -> Iterator[str]:
    """Lines up to a length: a file without row ends must not become one text in memory."""
    while line := stream.readline(MAX_CELL):
        if len(line) == MAX_CELL:
            raise refusal("TXT_TOO_LONG", f"a line of more than {MAX_CELL:,} characters")
        yield line


def _is_noise(cells: list[str | None], table: TextTable) -> bool:
    """Is the row the header again, or a line with nothing but the time at which a crawler was started again?"""
    first = (cells[0] or "").strip().lstrip("\ufeff")
    if first == table.header[0] and all(
        _name(cell or "") == name or (not cell and name in table.later_names)
        for cell, name in zip(cells, table.header, strict=True)
    ):
        table.warnings["HDR_REPEATED"] += 1
        return True
    return len(cells) > 3 and _looks_like_time(first) and not any(cells[1:])


def _looks_like_time(text: str) -> bool:
    return len(text) == 19 and text[4] == text[7] == "-" and text[13] == text[16] == ":"


def _row_problem(cells: list[str], width: int, is_damaged: bool) -> Problem | None:
    if len(cells) > width:
        return Problem("ROW_WIDTH", None, f"{len(cells)} cells for {width} names")
    whole = "".join(cells)
    if "\0" in whole:
        cell = next(cell for cell in cells if "\0" in cell)
        return Problem("CTRL_CHARS", None, cell[:200].replace("\0", ""))
    if len(whole) > MAX_TEXT:
        for cell in cells:
            if len(cell) > MAX_TEXT:
                return Problem("TXT_TOO_LONG", None, cell[:200])
    return problem_of_encoding(cells) if is_damaged and REPLACEMENT in whole else None
