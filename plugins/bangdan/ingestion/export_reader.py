"""One landed export → canonical rows, batch by batch: file type, header, mapping, values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import pyarrow as pa

from bangdan.core.errors import BangdanError
from bangdan.core.settings import ReaderLimits
from bangdan.ingestion import built_in_mappings, recognise
from bangdan.ingestion.columns import canonical
from bangdan.ingestion.columns.canonical import CanonicalBatch
from bangdan.ingestion.connectors import feeds
from bangdan.ingestion.file_report import RejectedRow
from bangdan.ingestion.mapping import PATH_PARTS, Mapping, compiled
from bangdan.ingestion.readers import delimited, documents, encodings, workbooks
from bangdan.ingestion.readers.delimited import NotPlain
from bangdan.ingestion.readers.file_types import file_type
from bangdan.ingestion.readers.text_table import MAX_NAMES, TextBatch, TextTable
from bangdan.ingestion.reasons import refusal

# What ends a load: a refusal, or the machine. Anything else that a value causes ends its row only.
ENDS_THE_LOAD = (BangdanError, NotPlain, OSError, MemoryError)


@dataclass
class ExportReader:
    """An export whose mapping is known. `rows_read` is complete once `batches` has run through."""

    mapping: Mapping
    table: TextTable
    name: str
    received_at: datetime
    rows_read: int = 0

    def batches(self) -> Iterator[CanonicalBatch]:
        """Canonical rows, a batch at a time."""
        self.table.warnings.update(canonical.drift(self.mapping, self.table))
        from_path = path_columns(self.mapping, self.name)
        for batch in self.table.batches:
            self.rows_read += len(batch)
            yield from self._canonical(batch, from_path)
        if not self.rows_read:
            self.table.warnings["FILE_NO_ROWS"] += 1

    def _canonical(self, batch: TextBatch, from_path: dict[str, str]) -> list[CanonicalBatch]:
        """The canonical rows of a batch; a row on which the program breaks is rejected, and the others are read."""
        warnings = self.table.warnings.copy()
        try:
            return [canonical.canonical_batch(self.mapping, self.table, batch, from_path, self.received_at)]
        except ENDS_THE_LOAD:
            raise
        except Exception as error:
            self.table.warnings.clear()
            self.table.warnings.update(warnings)
            if len(batch) == 1:
                number = batch.numbers[0].as_py()
                reject = RejectedRow(number, "ROW_UNREADABLE", None, type(error).__name__)
                return [CanonicalBatch({}, pa.array([], pa.int64()), [reject])]
            half = len(batch) // 2
            parts = (batch.slice(0, half), batch.slice(half, len(batch)))
            return [rows for part in parts for rows in self._canonical(part, from_path)]

    @property
    def header_fingerprint(self) -> str:
        names = [name for name in self.table.header if name not in self.table.later_names]
        return hashlib.sha256("\x1f".join(names).encode("utf-8", "replace")).hexdigest()[:16]


def open_export(
    file: Path,
    name: str,
    received_at: datetime,
    forced: Mapping | None = None,
    *,
    own: Sequence[Mapping] = (),
    fast: bool = True,
    limits: ReaderLimits = workbooks.LIMITS,
) -> ExportReader:
    """Recognise an export by its bytes and header, by the city's `own` mappings first, or read it by the `forced` mapping.

    `name` is its path within the delivery: some tools put the account there. Raises ExportRefused for a file that
    holds no records. Its batches may raise NotPlain; then it is opened again with `fast` off.
    """
    kind = file_type(file, name)
    if kind == "csv":
        table = _checked(delimited.read(file, fast=fast))
        mapping = forced or recognise.by_names(table.header, lambda: _encoding_hint(file, table), own)
        table.add_versions([(version.columns, version.rows) for version in mapping.versions])
    elif kind in ("xlsx", "xls"):
        table = _checked(workbooks.read(file, kind, limits))
        mapping = forced or recognise.by_names(table.header, own=own)
    elif kind == "xml":
        table, mapping = feeds.read(file), forced or built_in_mappings.named("feed")
    else:
        table, mapping = documents.read(file, kind, forced, own)
    if forced and kind not in ("json", "jsonl"):  # of a document it has been checked by all its paths
        recognise.check_recognised(set(table.header), forced)
    recognise.check_header(table.header, mapping)
    return ExportReader(mapping, table, name, received_at)


def _checked(table: TextTable) -> TextTable:
    """The table; raises ExportRefused for a header that is too long: every short row would be filled up to it."""
    if len(table.header) > MAX_NAMES:
        raise refusal("FILE_NOT_TABULAR", f"more than {MAX_NAMES:,} names")
    return table


def path_columns(mapping: Mapping, name: str) -> dict[str, str]:
    """Columns whose value the file's path gives, by the mapping's rule."""
    path = PurePosixPath(name)
    parts = dict(zip(PATH_PARTS, (path.parent.name, path.stem), strict=True))
    texts = {
        column: parts[text] if text in parts else _found_in_path(text, path) for column, text in mapping.path.items()
    }
    return {column: text.encode("utf-8", "replace").decode() for column, text in texts.items() if text}


def _encoding_hint(file: Path, table: TextTable) -> str:
    """Which encoding the bytes look like, where GB18030 was only the last one to try."""
    return f"read as {table.encoding}; looks like {encodings.likely(file)}" if table.encoding == "gb18030" else ""


def _found_in_path(expression: str, path: PurePosixPath) -> str:
    """The last match in the file's name, else in its folder's: its groups joined by `_`, or all of it without groups."""
    pattern = compiled(expression)
    matches = list(pattern.finditer(path.stem)) or list(pattern.finditer(path.parent.name))
    if not matches:
        return ""
    return "_".join(filter(None, matches[-1].groups())) if pattern.groups else matches[-1][0]
