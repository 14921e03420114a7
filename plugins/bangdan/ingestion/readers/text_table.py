"""What every reader yields: a header, and batches of text columns with the number of each row in its file.

A blank cell is NULL, and a row without any text is no row. A row that cannot be read (too many cells, NUL characters,
half a JSON line) keeps its place: it is empty and has a problem, so that it is counted and reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

REPLACEMENT = "�"
MAX_TEXT = 300_000  # characters of one cell
MAX_NAMES = 2_000  # of a table
CELL_CHARS = 8  # that every cell counts for beside its text: a blank one takes memory too
BATCH_ROWS, BATCH_CHARS = 32_768, 32 * 1024 * 1024


class Problem(NamedTuple):
    """Why a row cannot be read."""

    code: str
    column: str | None
    value: str


def problem_of_encoding(cells: Iterable[str | None]) -> Problem | None:
    """A row of a damaged file with a cell in another encoding: one lost character is damage, several in a cell are that."""
    for cell in cells:
        if cell and cell.count(REPLACEMENT) > 1:
            return Problem("ENC_MIXED", None, cell[:200])
    return None


class Row(NamedTuple):
    """A row of a file: its number (1-based), its cells, and what is wrong with the whole row."""

    number: int
    cells: list[str | None]
    problem: Problem | None


@dataclass
class TextBatch:
    """Some rows of a file: one string array per header name. `problems`: by place in the batch."""

    columns: list[pa.Array]
    numbers: pa.Array
    problems: dict[int, Problem] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def slice(self, first: int, stop: int) -> TextBatch:
        """The rows from place `first` up to, not including, `stop`."""
        columns = [column.slice(first, stop - first) for column in self.columns]
        problems = {place - first: problem for place, problem in self.problems.items() if first <= place < stop}
        return TextBatch(columns, self.numbers.slice(first, stop - first), problems)


@dataclass
class TextTable:
    """A file as batches. `warnings` fills while they are read."""

    header: list[str]
    batches: Iterator[TextBatch]
    encoding: str | None = None
    replaced_chars: int = 0
    dialect: str | None = None
    warnings: Counter[str] = field(default_factory=Counter)
    layouts: dict[int, list[int]] = field(default_factory=dict)  # cells of a row → place in the header of each cell
    later_names: set[str] = field(default_factory=set)  # names in the header that only later versions write

    def add_versions(self, versions: Sequence[tuple[Sequence[str], Sequence[int]]]) -> None:
        """Let rows of a later version of the tool follow an older header, before the first batch is read.

        A version is the names of its columns and how many cells its rows have. Names that only a later version has are
        put behind the header. A number of cells that two versions have in common, or the file's own, means neither.
        """
        own = list(self.header)
        widths = Counter(width for _names, rows in versions for width in rows)
        for names, rows in versions:
            if len(names) <= len(own) or not set(own) <= set(names):
                continue
            self.header += [name for name in names if name not in self.header]
            self.later_names |= set(names) - set(own)
            places = [self.header.index(name) for name in names]
            self.layouts |= {width: places[:width] for width in rows if widths[width] == 1 and width != len(own)}


def in_batches(rows: Iterable[Row], names: list[str]) -> Iterator[TextBatch]:
    """Rows of Python cells as batches, cut by rows and by characters, so that long texts do not fill the memory."""
    kept: list[list[str | None]] = []
    numbers: list[int] = []
    problems: dict[int, Problem] = {}
    blank: list[str | None] = [None] * len(names)
    chars = 0
    for number, cells, problem in rows:
        if problem:
            problems[len(kept)] = problem
        kept.append(blank if problem else cells)
        numbers.append(number)
        chars += sum(map(len, filter(None, kept[-1]))) + CELL_CHARS * len(names)
        if len(kept) >= BATCH_ROWS or chars >= BATCH_CHARS:
            yield _batch(kept, numbers, problems, names)
            kept, numbers, problems, chars = [], [], {}, 0
    if kept:
        yield _batch(kept, numbers, problems, names)


def _batch(
    rows: list[list[str | None]], numbers: list[int], problems: dict[int, Problem], names: list[str]
) -> TextBatch:
    columns = [
        _strings(list(cells), name, problems) for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    ]
    return TextBatch(columns, pa.array(numbers, pa.int64()), problems)


def _strings(cells: list[str | None], name: str, problems: dict[int, Problem]) -> pa.Array:
    """Cells as a string array, blank ones NULL; half a character pair, which no UTF-8 can hold, is a problem."""
    try:
        texts = pa.array(cells, pa.string())
    except UnicodeEncodeError:
        for place, cell in enumerate(cells):
            if cell is not None and not is_encodable(cell):
                cells[place] = cell.encode("utf-8", "replace").decode()
                problems.setdefault(place, Problem("ENC_SURROGATE", name, str(cells[place])[:200]))
        texts = pa.array(cells, pa.string())
    return without_blanks(texts)


def without_blanks(texts: pa.Array) -> pa.Array:
    """Empty texts as NULL: missing is missing, however a format writes it."""
    is_blank = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(is_blank, None, texts) if pc.any(is_blank).as_py() else texts


def is_encodable(text: str) -> bool:
    """Can UTF-8 hold the text? It cannot hold half a character pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
