"""XLSX and XLS, by python-calamine: all sheets of one header, which is found by looking; the size is known before it is opened.

The reader is a process of its own (`workbook_process`): a workbook may make it abort, loop or fill the memory.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

from bangdan.core.errors import ExportRefused
from bangdan.core.settings import READER_MEMORY, READER_SECONDS, ReaderLimits, memory_bytes
from bangdan.ingestion.readers.open_formulas import NOT_CALCULATED
from bangdan.ingestion.readers.text_table import MAX_TEXT, Problem, Row, TextTable, in_batches
from bangdan.ingestion.reasons import refusal

MAX_EXPANDED = 512 * 1024 * 1024
MAX_CELLS = 40_000_000  # of the rectangles that span the filled cells of each sheet, together
TITLE_ROWS = 50
CHUNK = 1024 * 1024
PACKAGES = str(Path(__file__).parents[3])
LIMITS = ReaderLimits(READER_SECONDS, int(memory_bytes(READER_MEMORY)))
_CELL = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')
KEPT = 304 * 1024  # bytes of a part of a sheet that are looked at again with the next: a cell may be cut in two


def read(file: Path, kind: str, limits: ReaderLimits = LIMITS) -> TextTable:
    """The rows of all sheets with the header of the first that has one. A header is the first row with three or more
    texts; rows above it are titles. A sheet without any is text about the others. Rows are numbered over all sheets.

    Raises ExportRefused for a file that is no workbook, and for one whose reader passes its limits or breaks; its rows
    do where a sheet has a table of another header, unless that sheet is hidden.
    """
    has_open_formulas = kind == "xlsx" and _checked(file)
    sheets = _sheets(_rows_as_lines(file, limits, has_open_formulas))
    for sheet in sheets:
        if cells := _header(sheet):
            header = _names(cells)
            return TextTable(header, in_batches(_rows(sheet, cells, sheets), header), dialect="workbook")
    raise refusal("FILE_NOT_TABULAR", "no header row")


def _rows_as_lines(file: Path, limits: ReaderLimits, has_open_formulas: bool) -> IO[bytes]:
    """What the reader's process prints, whole, in a file without a name."""
    lines = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as its rows are read)
    words = [sys.executable, "-m", "bangdan.ingestion.readers.workbook_process", str(file.resolve())]
    numbers = (limits.seconds, limits.memory_bytes, MAX_CELLS, os.getpid(), int(has_open_formulas))
    path = os.pathsep.join(filter(None, [PACKAGES, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [*words, *map(str, numbers)],
        stdin=subprocess.DEVNULL,
        stdout=lines,
        stderr=subprocess.DEVNULL,
        env=environment,
        check=False,
    )
    if done.returncode == -signal.SIGALRM:
        raise refusal("FILE_READER", "no end within its time")
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise refusal("FILE_READER", f"more than {limits.seconds} s")
    if done.returncode < 0:
        raise refusal("FILE_READER", f"ended by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise refusal("FILE_READER", f"ended with {done.returncode}")
    lines.seek(0)
    return lines


class Sheet(NamedTuple):
    """A sheet of a workbook, and its rows from top to bottom, which are read once."""

    name: str
    is_hidden: bool
    rows: Iterator[list[Any]]


def _sheets(lines: IO[bytes]) -> Iterator[Sheet]:
    """The sheets, each to be read before the next; raises ExportRefused where the reader could not go on."""
    heads: list[dict[str, Any]] = []

    def rows() -> Iterator[list[Any]]:
        for line in lines:
            cells = json.loads(line)
            if isinstance(cells, dict):
                heads.append(cells)
                return
            yield cells
        raise refusal("FILE_READER", "it ended early")

    for _row in rows():  # none before the first sheet
        pass
    while "sheet" in (head := heads.pop()):
        sheet = Sheet(head["sheet"], head["is_hidden"], rows())
        yield sheet
        for _row in sheet.rows:
            pass
    if "error" in head:
        raise _unreadable(head["error"], head["detail"])


def _header(sheet: Sheet) -> list[Any]:
    """The first row with three or more texts; empty where a sheet that ends within the titles has none."""
    for titles, cells in enumerate(sheet.rows):
        if sum(isinstance(cell, str) and bool(cell.strip()) for cell in cells) >= 3:
            return cells
        if titles == TITLE_ROWS:
            raise refusal("FILE_NOT_TABULAR", f"no header in the first {TITLE_ROWS} rows of {sheet.name}")
    return []


def _names(cells: list[Any]) -> list[str]:
    return [name for cell in cells if (name := str(cell).strip())]


def _unreadable(error: str, detail: str) -> ExportRefused:
    """The refusal of a workbook by the report of its reader."""
    words = detail.lower()
    if "password" in words or "encrypt" in words:
        return refusal("ARC_LOCKED")
    if error == "TooManyCells":
        return refusal("ARC_BOMB", detail)
    if error in ("MemoryError", "PanicException"):
        return refusal("FILE_READER", error)
    return refusal("ARC_TRUNCATED", error)


def _rows(first: Sheet, header: list[Any], others: Iterator[Sheet]) -> Iterator[Row]:
    """The rows below the header of the first sheet, then of all others that have the same names in it."""
    names, number = _names(header), 0
    for sheet, cells in chain([(first, header)], ((sheet, _header(sheet)) for sheet in others)):
        if sorted(_names(cells)) != sorted(names):
            if cells and not sheet.is_hidden and any(map(any, sheet.rows)):
                raise refusal("SHEET_DIFFERS", f"{sheet.name}: {', '.join(_names(cells)[:5])}")
            continue
        places = _places(cells, names)
        for row in sheet.rows:
            number += 1
            texts = [text_of(row[i]) if i < len(row) else None for i in places]
            if any(texts):
                long = next((text for text in texts if text and len(text) > MAX_TEXT), None)
                yield Row(number, texts, Problem("TXT_TOO_LONG", None, long[:200]) if long else None)


def _places(cells: list[Any], names: list[str]) -> list[int]:
    """Where each name is in the row of a header; of names that are there twice, the first for the first."""
    of_name: dict[str, list[int]] = defaultdict(list)
    for place, cell in enumerate(cells):
        of_name[str(cell).strip()].append(place)
    return [of_name[name].pop(0) for name in names]


def text_of(value: Any) -> str | None:
    """A workbook or JSON value as text; whole floats lose their .0, blank is None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _checked(file: Path) -> bool:
    """Whether a workbook has formulas that were never calculated. Refuses one that expands too far: by its parts, and by
    the rectangle that its cells span.
    """
    has_open_formulas = False
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if not any(part.filename.lower().startswith("xl/") for part in parts):
                raise refusal("FILE_TYPE", "a zip archive; name it .zip and deliver plain files in it")
            if sum(part.file_size for part in parts) > MAX_EXPANDED:
                raise refusal("ARC_BOMB", f"a workbook of more than {MAX_EXPANDED // 1024**2} MB; save it as CSV")
            cells = 0
            for part in parts:
                if part.filename.lower().startswith("xl/worksheets/") and part.filename.lower().endswith(".xml"):
                    extent = _extent(archive, part)
                    has_open_formulas = has_open_formulas or extent.has_open_formulas
                    cells += extent.rows * extent.columns
                    if cells > MAX_CELLS:
                        span = f"{part.filename} has {extent.rows:,} rows and {extent.columns:,} columns"
                        raise refusal("ARC_BOMB", f"the sheets so far span {cells:,} cells; {span}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):  # the last: an unknown compression
        raise refusal("ARC_TRUNCATED") from None
    return has_open_formulas


class Extent(NamedTuple):
    """Rows and columns that the cells of a sheet span, and whether it has formulas that were never calculated."""

    rows: int
    columns: int
    has_open_formulas: bool


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Extent:
    rows, columns, has_open_formulas, rest = 1, 1, False, b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            data = rest + chunk
            cells = _CELL.findall(data)
            if cells:
                rows = max(rows, *(int(row) for _, row in cells))
                columns = max(columns, *(_column_number(name) for name in {name for name, _ in cells}))
            has_open_formulas = has_open_formulas or bool(NOT_CALCULATED.search(data))
            rest = data[-KEPT:]
    return Extent(rows, columns, has_open_formulas)


def _column_number(name: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number
