"""Bytes of a table in any of its containers → a header and rows of text cells, with what was wrong on the way."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangdan.errors import ExportRefused
from bangdan.exports.contract import REASONS

DELIMITERS = (",", "\t", ";", "|")
REPLACEMENT = "�"
MAX_TEXT = 1_000_000
csv.field_size_limit(64 * 1024 * 1024)


@dataclass
class Table:
    """A file as rows of text cells. `numbers[i]` is the 1-based number of row i among the file's records."""

    header: list[str]
    rows: list[list[str | None]]
    numbers: list[int]
    rejects: list[tuple[int, str, str | None, str]] = field(default_factory=list)  # row, code, column, value
    warnings: dict[str, int] = field(default_factory=dict)
    encoding: str | None = None
    replaced_chars: int = 0
    dialect: str | None = None

    def warn(self, code: str, times: int = 1) -> None:
        self.warnings[code] = self.warnings.get(code, 0) + times


def refuse(code: str, detail: str = "") -> ExportRefused:
    """The error for a whole file, worded by its reason code."""
    meaning, remedy = REASONS[code]
    return ExportRefused(code, f"{code}: {meaning}{f' ({detail})' if detail else ''}", remedy=remedy)


def kind_of(data: bytes, name: str) -> str:
    """csv | json | jsonl | xlsx | xls | xml, by the bytes; the name only decides between texts."""
    if not data:
        raise refuse("FILE_EMPTY")
    if data[:4] == b"PK\x03\x04":
        return "xlsx"
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "xls"
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body")):
        raise refuse("FILE_TYPE" if name.lower().endswith((".xls", ".xlsx")) else "FILE_NOT_TABULAR", "HTML")
    if start.startswith((b"<?xml", b"<rss", b"<feed", b"<urlset")):
        return "xml"
    suffix = Path(name).suffix.lower()
    if start[:1] in (b"{", b"["):
        return "jsonl" if suffix in (".jsonl", ".ndjson") else "json"
    if suffix in (".xlsx", ".xls"):
        raise refuse("FILE_TYPE", f"{suffix} in name")
    return "csv"


def decode(data: bytes) -> tuple[str, str, int]:
    """(text, encoding, characters replaced): UTF-16 by its mark, UTF-8 strict, GB18030 strict, GB18030 with damage."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), "utf-16", 0
        except UnicodeDecodeError:
            raise refuse("ENC_MIXED", "damaged UTF-16") from None
    try:
        return data.decode("utf-8-sig"), "utf-8", 0
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030"), "gb18030", 0
    except UnicodeDecodeError:
        # 0x80 is the euro sign of cp936; Python's GB codecs refuse it.
        text = data.decode("gb18030", "replace")
        return text, "gb18030", text.count(REPLACEMENT)


def read_csv(data: bytes) -> Table:
    """Delimited text with a header. Raises ExportRefused for what is no table."""
    text, encoding, replaced = decode(data)
    first_line = text.lstrip("\ufeff\r\n").splitlines()[0] if text.strip("\ufeff\r\n ") else ""
    delimiter = max(DELIMITERS, key=first_line.count)
    if not first_line.count(delimiter):
        raise refuse("FILE_NOT_TABULAR", first_line[:40])
    table = Table([], [], [], encoding=encoding, replaced_chars=replaced, dialect=f"delimiter={delimiter!r}")
    # Row ends of every kind: the reader knows \r\n, \n and \r outside quotes.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        table.header = [name.strip().lstrip("\ufeff") for name in next(reader)]
        bare, width, number = tuple(table.header), len(table.header), 0
        for cells in reader:
            if not cells or cells == [""]:
                continue
            if len(cells) == 1 and width > 3 and _looks_like_moment(cells[0].strip()):
                continue  # some crawlers write the moment of a restart as a line of its own
            if (
                cells[0].lstrip("\ufeff").strip() == bare[0]
                and tuple(c.strip().lstrip("\ufeff") for c in cells) == bare
            ):
                table.warn("HDR_REPEATED")
                continue
            number += 1
            problem = _row_problem(cells, width, encoding)
            if problem:
                table.rejects.append((number, *problem))
                continue
            table.rows.append(cells + [None] * (width - len(cells)))
            table.numbers.append(number)
    except csv.Error as error:
        raise refuse("QUOTE_UNCLOSED", f"line {reader.line_num}: {error}") from None
    if replaced:
        table.warn("ENC_REPLACED", replaced)
    return table


def _looks_like_moment(text: str) -> bool:
    return len(text) == 19 and text[4] == text[7] == "-" and text[13] == text[16] == ":"


def _row_problem(cells: list[str], width: int, encoding: str) -> tuple[str, str | None, str] | None:
    if len(cells) > width:
        return "ROW_WIDTH", None, f"{len(cells)} cells for {width} names"
    for cell in cells:
        if "\0" in cell:
            return "CTRL_CHARS", None, cell[:200].replace("\0", "")
        if len(cell) > MAX_TEXT:
            return "TXT_TOO_LONG", None, cell[:200]
        if REPLACEMENT in cell and encoding == "gb18030" and cell.count(REPLACEMENT) > 1:
            # One lost sign is damage; several in one cell are another encoding.
            return "ENC_MIXED", None, cell[:200]
    return None


def read_workbook(data: bytes) -> Table:
    """First sheet of XLSX or XLS. The header is the first row with three or more texts; rows above it are titles."""
    import python_calamine

    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        grid = sheet.to_python(skip_empty_area=False)
    except Exception as error:  # calamine raises its own family per container
        raise refuse("ARC_TRUNCATED", str(error)[:80]) from None
    at = next((i for i, row in enumerate(grid) if sum(isinstance(c, str) and bool(c.strip()) for c in row) >= 3), None)
    if at is None:
        raise refuse("FILE_NOT_TABULAR", "no header row")
    columns = [i for i, name in enumerate(grid[at]) if str(name).strip()]
    table = Table([str(grid[at][i]).strip() for i in columns], [], [], dialect="workbook")
    for number, row in enumerate(grid[at + 1 :], start=1):
        cells = [_cell(row[i]) if i < len(row) else None for i in columns]
        if any(cells):
            table.rows.append(cells)
            table.numbers.append(number)
    return table


def _cell(value: Any) -> str | None:
    """A workbook or JSON value as text; whole floats lose their .0, blank is None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def read_json(data: bytes, kind: str) -> list[Any]:
    """A JSON array or object (as one-element list); for jsonl see read_jsonl."""
    text, _encoding, _replaced = decode(data)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        # A file named .json may still hold one object a line.
        if error.msg == "Extra data" and kind == "json":
            raise NotOneDocument from None
        raise refuse("JSON_TRUNCATED", f"line {error.lineno}") from None
    return whole if isinstance(whole, list) else [whole]


class NotOneDocument(Exception):
    """The file holds several JSON documents, one a line."""


def read_jsonl(data: bytes) -> tuple[list[dict], list[int], list[tuple[int, str, str | None, str]], str]:
    """(objects, row numbers, rejects, encoding) of one object a line."""
    text, encoding, _replaced = decode(data)
    objects: list[dict] = []
    numbers: list[int] = []
    rejects: list[tuple[int, str, str | None, str]] = []
    number = 0
    # Not splitlines(): texts hold U+2028 and other characters that it takes for line ends.
    for line in text.split("\n"):
        if not line.strip():
            continue
        number += 1
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise ValueError("not an object")
        except ValueError:
            rejects.append((number, "JSON_BAD_LINE", None, line[:200]))
            continue
        objects.append(value)
        numbers.append(number)
    return objects, numbers, rejects, encoding


def picks(item: dict, path: str) -> str | None:
    """A dotted path of a JSON object as text; lists become JSON text."""
    value: Any = item
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False) if value else None
    return _cell(value)


def flatten(objects: list[dict], names: list[str]) -> Iterator[list[str | None]]:
    """Rows of the named dotted paths."""
    simple = [("." not in name, name) for name in names]
    for item in objects:
        yield [
            _cell(item.get(name)) if is_top and not isinstance(item.get(name), (list, dict)) else picks(item, name)
            for is_top, name in simple
        ]
