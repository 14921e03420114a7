"""What every reader yields: a header, and batches of text columns with the number of each row in its file.

A blank cell is NULL, and a row without any text is no row. A row that cannot be read (too many cells, NUL signs, half a
JSON line) keeps its place: it is empty and has a problem, so that it is counted and told, never lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core.errors import ExportRefused
from bangdan.ingestion.contract import REASONS

REPLACEMENT = "�"
MAX_TEXT = 1_000_000  # characters of one cell
BATCH_ROWS, BATCH_CHARS = 32_768, 32 * 1024 * 1024

Problem = tuple[str, str | None, str]  # reason code, column, raw value
Row = tuple[int, list[str | None], Problem | None]  # number in the file, cells, what is wrong with the whole row


@dataclass
class Batch:
    """Some rows of a file: one string array per header name. `problems`: by place in the batch."""

    columns: list[pa.Array]
    numbers: pa.Array
    problems: dict[int, Problem] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass
class Table:
    """A file as batches. `warnings` fills while they are read."""

    header: list[str]
    batches: Iterator[Batch]
    encoding: str | None = None
    replaced_chars: int = 0
    dialect: str | None = None
    warnings: Counter[str] = field(default_factory=Counter)


def refuse(code: str, detail: str = "") -> ExportRefused:
    """The error for a whole file, worded by its reason code."""
    meaning, remedy = REASONS[code]
    return ExportRefused(code, f"{code}: {meaning}{f' ({detail})' if detail else ''}", remedy=remedy)


def in_batches(rows: Iterable[Row], names: list[str]) -> Iterator[Batch]:
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
        chars += sum(map(len, filter(None, kept[-1])))
        if len(kept) >= BATCH_ROWS or chars >= BATCH_CHARS:
            yield _batch(kept, numbers, problems, names)
            kept, numbers, problems, chars = [], [], {}, 0
    if kept:
        yield _batch(kept, numbers, problems, names)


def _batch(rows: list[list[str | None]], numbers: list[int], problems: dict[int, Problem], names: list[str]) -> Batch:
    columns = [
        _strings(list(cells), name, problems) for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    ]
    return Batch(columns, pa.array(numbers, pa.int64()), problems)


def _strings(cells: list[str | None], name: str, problems: dict[int, Problem]) -> pa.Array:
    """Cells as a string array, blank ones NULL; half a character pair, which no UTF-8 can hold, is a problem."""
    try:
        found = pa.array(cells, pa.string())
    except UnicodeEncodeError:
        for at, cell in enumerate(cells):
            if cell is not None and not encodes(cell):
                cells[at] = cell.encode("utf-8", "replace").decode()
                problems.setdefault(at, ("ENC_SURROGATE", name, str(cells[at])[:200]))
        found = pa.array(cells, pa.string())
    return without_blanks(found)


def without_blanks(texts: pa.Array) -> pa.Array:
    """Empty texts as NULL: missing is missing, however a format writes it."""
    is_blank = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(is_blank, None, texts) if pc.any(is_blank).as_py() else texts


def encodes(text: str) -> bool:
    """Can UTF-8 hold it? Half a character pair it cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
