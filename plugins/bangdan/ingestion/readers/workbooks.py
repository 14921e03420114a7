"""XLSX and XLS, by python-calamine: the first sheet, its header found by looking, its size known before it is opened."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bangdan.ingestion.readers.text_table import MAX_TEXT, Problem, Row, TextTable, in_batches
from bangdan.ingestion.reasons import refusal

MAX_EXPANDED = 512 * 1024 * 1024
MAX_CELLS = 40_000_000  # of the rectangle that spans all filled cells: the reader holds it whole
TITLE_ROWS = 50
CHUNK = 1024 * 1024
_CELL = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')


def read(file: Path, kind: str) -> TextTable:
    """The header is the first row with three or more texts; rows above it are titles."""
    import python_calamine

    if kind == "xlsx":
        _check_size(file)
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0)
        grid = iter(sheet.iter_rows())
        for titles, cells in enumerate(grid):
            if sum(isinstance(cell, str) and bool(cell.strip()) for cell in cells) >= 3:
                break
            if titles == TITLE_ROWS:
                raise refusal("FILE_NOT_TABULAR", f"no header in the first {TITLE_ROWS} rows")
        else:
            raise refusal("FILE_NOT_TABULAR", "no header row")
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise refusal("ARC_LOCKED", str(error)[:80]) from None
        raise refusal("ARC_TRUNCATED", str(error)[:80]) from None
    columns = [i for i, name in enumerate(cells) if str(name).strip()]
    header = [str(cells[i]).strip() for i in columns]
    return TextTable(header, in_batches(_rows(grid, columns), header), dialect="workbook")


def _rows(grid: Iterator[list[Any]], columns: list[int]) -> Iterator[Row]:
    for number, row in enumerate(grid, start=1):
        cells = [text_of(row[i]) if i < len(row) else None for i in columns]
        if any(cells):
            long = next((cell for cell in cells if cell and len(cell) > MAX_TEXT), None)
            yield Row(number, cells, Problem("TXT_TOO_LONG", None, long[:200]) if long else None)


def text_of(value: Any) -> str | None:
    """A workbook or JSON value as text; whole floats lose their .0, blank is None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _check_size(file: Path) -> None:
    """Refuse a workbook that expands too far: by its parts, and by the rectangle that its cells span."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if not any(part.filename.lower().startswith("xl/") for part in parts):
                raise refusal("FILE_TYPE", "a zip archive; name it .zip and deliver plain files in it")
            if sum(part.file_size for part in parts) > MAX_EXPANDED:
                raise refusal("ARC_BOMB", f"a workbook of more than {MAX_EXPANDED // 1024**2} MB; save it as CSV")
            for part in parts:
                if part.filename.lower().startswith("xl/worksheets/") and part.filename.lower().endswith(".xml"):
                    rows, columns = _extent(archive, part)
                    if rows * columns > MAX_CELLS:
                        raise refusal("ARC_BOMB", f"{part.filename} spans {rows:,} rows and {columns:,} columns")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):  # the last: an unknown compression
        raise refusal("ARC_TRUNCATED") from None


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Rows and columns that the sheet's cells span."""
    rows, columns, rest = 1, 1, b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            data = rest + chunk
            cells = _CELL.findall(data)
            if cells:
                rows = max(rows, *(int(row) for _, row in cells))
                columns = max(columns, *(_column_number(name) for name in {name for name, _ in cells}))
            rest = data[-16:]
    return rows, columns


def _column_number(name: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number
