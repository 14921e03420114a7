"""One landed export → canonical rows, batch by batch: file type, header, mapping, values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from bangdan.ingestion import built_in_mappings, recognise
from bangdan.ingestion.columns import canonical
from bangdan.ingestion.columns.canonical import CanonicalBatch
from bangdan.ingestion.connectors import feeds
from bangdan.ingestion.mapping import PATH_PARTS, Mapping, compiled
from bangdan.ingestion.readers import delimited, documents, encodings, workbooks
from bangdan.ingestion.readers.file_types import file_type
from bangdan.ingestion.readers.text_table import TextTable


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
            yield canonical.canonical_batch(self.mapping, self.table, batch, from_path, self.received_at)
        if not self.rows_read:
            self.table.warnings["FILE_NO_ROWS"] += 1

    @property
    def header_fingerprint(self) -> str:
        names = [name for name in self.table.header if name not in self.table.later_names]
        return hashlib.sha256("\x1f".join(names).encode("utf-8", "replace")).hexdigest()[:16]


def open_export(
    file: Path, name: str, received_at: datetime, forced: Mapping | None = None, *, fast: bool = True
) -> ExportReader:
    """Recognise an export by its bytes and header, or read it by the `forced` mapping.

    `name` is its path within the delivery: some tools put the account there. Raises ExportRefused for a file that
    holds no records. Its batches may raise NotPlain; then it is opened again with `fast` off.
    """
    kind = file_type(file, name)
    if kind == "csv":
        table = delimited.read(file, fast=fast)
        mapping = forced or recognise.by_names(table.header, lambda: _encoding_hint(file, table))
        table.add_versions([(version.columns, version.rows) for version in mapping.versions])
    elif kind in ("xlsx", "xls"):
        table = workbooks.read(file, kind)
        mapping = forced or recognise.by_names(table.header)
    elif kind == "xml":
        table, mapping = feeds.read(file), forced or built_in_mappings.named("feed")
    else:
        table, mapping = documents.read(file, kind, forced)
    recognise.check_header(table.header, mapping)
    return ExportReader(mapping, table, name, received_at)


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
