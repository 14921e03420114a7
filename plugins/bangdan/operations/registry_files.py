"""The registry of a city's folder as its CSV files hold it: rows with their place, and edits that leave other rows alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion.columns.values import parse_time

# Table of registry/ → the columns of its file, the id of what a row describes first.
COLUMNS = {
    "units": ("unit_id", "unit_name", "unit_name_en", "unit_type", "ranking_list", "aliases", "valid_from", "valid_to"),
    "accounts": (
        "account_id", "unit_id", "platform", "account_key_type", "account_key", "account_name", "aliases", "verified_type",
        "valid_from", "valid_to",
    ),
    "outlets": (
        "outlet_id", "channel_type", "account_key_type", "account_key", "outlet_name", "aliases", "is_organization",
        "valid_from", "valid_to",
    ),
}  # fmt: skip
# Table of registry/ → the table of the raw layer that its rows go to.
RAW_TABLES = {"units": "units", "accounts": "accounts", "outlets": "channels"}
# Columns that a file may leave out: a row then has nothing there.
OPTIONAL = {"unit_name_en", "unit_type", "aliases", "verified_type", "is_organization", "valid_from", "valid_to"}
NAMES = {"units": "unit_name", "accounts": "account_name", "outlets": "outlet_name"}
# Column of the channel type of an account or an outlet.
CHANNELS = {"accounts": "platform", "outlets": "channel_type"}
ENCODINGS = ("utf-8", "gb18030")
BOM = "\ufeff"
FIRST, LAST = -(2**62), 2**62  # microseconds: the open ends of a span


@dataclass(frozen=True)
class RegistryRow:
    """A row of a table of the registry, its place for people, and its number in the file, 1 = the first below the header."""

    table: str
    place: str
    number: int
    values: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.values[COLUMNS[self.table][0]]

    @property
    def name(self) -> str:
        return self.values[NAMES[self.table]]

    @property
    def aliases(self) -> list[str]:
        return [alias.strip() for alias in self.values["aliases"].split("|") if alias.strip()]

    @property
    def span(self) -> tuple[int, int]:
        """First moment and end (exclusive) in microseconds since 1970. Raises ValueError, naming the column, for no date."""
        return self._moment("valid_from", FIRST), self._moment("valid_to", LAST)

    def _moment(self, column: str, blank: int) -> int:
        text = self.values[column].strip()
        if not text:
            return blank
        moment = parse_time(text).micros
        if moment is None:
            raise ValueError(column)
        return moment


@dataclass(frozen=True)
class Line:
    """A row as its file holds it, with its line end, and the cells that it holds; none for a blank line."""

    text: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class RegistryFile:
    """A CSV file of registry/: `lines[0]` is the header. Cells that a row lacks are blank."""

    table: str
    path: Path
    encoding: str
    mark: str  # the byte order mark, where the file has one
    lines: tuple[Line, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(cell.strip() for cell in self.lines[0].cells)

    @property
    def rows(self) -> list[RegistryRow]:
        """Every row that is not blank, in the order of the file."""
        return [self._row(number) for number, line in enumerate(self.lines) if number and line.cells]

    def _row(self, number: int) -> RegistryRow:
        cells = [*self.lines[number].cells, *[""] * len(self.columns)]
        values = dict.fromkeys(COLUMNS[self.table], "")
        values |= dict(zip(self.columns, (cell.strip() for cell in cells), strict=False))
        return RegistryRow(self.table, f"registry/{self.path.name}, row {number}", number, values)

    def with_row(self, values: Mapping[str, str]) -> RegistryFile:
        """The file with a row more, at its end. Raises UsageError for a value that is of no column of the file."""
        self._require(values)
        last = self.lines[-1]
        whole = last if last.text.endswith(("\n", "\r")) else replace(last, text=last.text + self._line_end(last))
        cells = tuple(values.get(column, "") for column in self.columns)
        return replace(self, lines=(*self.lines[:-1], whole, self._line(cells, self._line_end(whole))))

    def with_values(self, number: int, values: Mapping[str, str]) -> RegistryFile:
        """The file with other values in a row; its other rows are the same bytes. Raises UsageError as `with_row` does."""
        self._require(values)
        line = self.lines[number]
        cells = [*line.cells, *[""] * (len(self.columns) - len(line.cells))]
        for column, value in values.items():
            cells[self.columns.index(column)] = value
        changed = self._line(tuple(cells), line.text[len(line.text.rstrip("\r\n")) :])
        return replace(self, lines=(*self.lines[:number], changed, *self.lines[number + 1 :]))

    def _require(self, values: Mapping[str, str]) -> None:
        for column in values:
            if column not in self.columns:
                raise UsageError(
                    f"{self.path} has no column {column!r}",
                    remedy=f"add it to the first line, or name one of: {', '.join(self.columns)}",
                )

    def write(self) -> None:
        """Put the file in its place, whole or not at all."""
        files.write_bytes(self.path, (self.mark + "".join(line.text for line in self.lines)).encode(self.encoding))

    def _line_end(self, line: Line) -> str:
        """The line end of a row, or that of the header where it has none."""
        own = line.text[len(line.text.rstrip("\r\n")) :]
        header = self.lines[0].text
        return own or header[len(header.rstrip("\r\n")) :] or "\n"

    def _line(self, cells: tuple[str, ...], line_end: str) -> Line:
        text = io.StringIO()
        csv.writer(text, lineterminator=line_end).writerow(cells)
        return Line(text.getvalue(), cells)


def path_of(settings: Settings, table: str) -> Path:
    return settings.city / "registry" / f"{table}.csv"


def read(settings: Settings, table: str) -> RegistryFile | None:
    """A table of registry/; None where the city has no such CSV file.

    Raises UsageError, with the file and a remedy, for bytes that are neither UTF-8 nor GB18030, and for a header that lacks
    a column.
    """
    path = path_of(settings, table)
    if not path.is_file():
        return None
    encoding, text = _decoded(path)
    mark = BOM if text.startswith(BOM) else ""
    lines = tuple(_lines(text.removeprefix(BOM)))
    read_file = RegistryFile(table, path, encoding, mark, lines or (Line("", ()),))
    if missing := [column for column in COLUMNS[table] if column not in {*read_file.columns, *OPTIONAL}]:
        raise UsageError(
            f"{path}: its header has no column {', '.join(missing)}",
            remedy=f"the first line has to be {','.join(COLUMNS[table])}",
        )
    return read_file


def require(settings: Settings, table: str) -> RegistryFile:
    """A table of registry/ that is to be edited. Raises UsageError where there is no such file, and as `read` does."""
    registry_file = read(settings, table)
    if registry_file is None:
        raise UsageError(
            f"there is no {path_of(settings, table)}",
            remedy="name the city's folder with --city DIR; a registry that is kept elsewhere is edited there",
        )
    return registry_file


def rows(settings: Settings, table: str) -> list[RegistryRow]:
    """The rows of a table of registry/; none where it is not there. Raises UsageError as `read` does."""
    registry_file = read(settings, table)
    return registry_file.rows if registry_file else []


def _decoded(path: Path) -> tuple[str, str]:
    data = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return encoding, text
    raise UsageError(f"{path} is not in UTF-8", remedy="save it as CSV UTF-8")


def _lines(text: str) -> Iterator[Line]:
    """The rows of a CSV text with their line ends; a quoted cell may hold line ends of its own."""
    kept = ""
    for part in io.StringIO(text, newline=""):
        kept += part
        if kept.count('"') % 2 == 0:
            yield _read_line(kept)
            kept = ""
    if kept:
        yield _read_line(kept)


def _read_line(text: str) -> Line:
    cells = next(csv.reader(io.StringIO(text, newline="")), [])
    return Line(text, tuple(cells) if any(cell.strip() for cell in cells) else ())
