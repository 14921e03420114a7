"""One landed export → canonical rows, batch by batch: container, header, mapping, values. Raises ExportRefused for a
whole file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from bangdan.ingestion import mapping as mappings
from bangdan.ingestion import recognise
from bangdan.ingestion.columns import rows
from bangdan.ingestion.columns.rows import Rows
from bangdan.ingestion.connectors import feeds
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.readers import delimited, documents, encodings, kinds, workbooks
from bangdan.ingestion.readers.tables import Table

NotPlain = delimited.NotPlain


@dataclass
class Reading:
    """An export being read: what it is, and, once `parts` has run through, how many rows it held."""

    mapping: Mapping
    table: Table
    name: str
    received_at: datetime
    rows_read: int = 0

    def parts(self) -> Iterator[Rows]:
        """Canonical rows, a batch at a time."""
        self.table.warnings.update(rows.drift(self.mapping, self.table))
        told = path_columns(self.mapping, self.name)
        for batch in self.table.batches:
            self.rows_read += len(batch)
            yield rows.apply(self.mapping, self.table, batch, told, self.received_at)
        if not self.rows_read:
            self.table.warnings["FILE_NO_ROWS"] += 1

    @property
    def header_fingerprint(self) -> str:
        return hashlib.sha256("\x1f".join(self.table.header).encode("utf-8", "replace")).hexdigest()[:16]


def opened(
    file: Path, name: str, received_at: datetime, forced: Mapping | None = None, *, fast: bool = True
) -> Reading:
    """Recognise an export. `name` is its path within the delivery: some tools put the account there. Its parts may
    raise NotPlain; then it is opened again with `fast` off.
    """
    kind = kinds.kind_of(file, name)
    if kind == "csv":
        table = delimited.read(file, fast=fast)
        mapping = forced or recognise.by_names(table.header, lambda: _likely(file, table))
    elif kind in ("xlsx", "xls"):
        table = workbooks.read(file, kind)
        mapping = forced or recognise.by_names(table.header)
    elif kind == "xml":
        table, mapping = feeds.read(file), forced or mappings.named("feed")
    else:
        table, mapping = documents.read(file, kind, forced)
    recognise.check_header(table.header, mapping)
    return Reading(mapping, table, name, received_at)


def _likely(file: Path, table: Table) -> str:
    """What else the bytes could be, where GB18030 was only the last thing to try."""
    return f"read as {table.encoding}; looks like {encodings.likely(file)}" if table.encoding == "gb18030" else ""


def path_columns(mapping: Mapping, name: str) -> dict[str, str]:
    """Columns that the file's path tells, by the mapping's rule."""
    path, found = PurePosixPath(name), {}
    rule = mapping.path
    if rule.account_key:
        pattern = mappings.compiled(rule.account_key)
        digits = _all(pattern, path.stem) or _all(pattern, path.parent.name)
        if digits:
            found["account_key"] = digits[-1]
    if rule.account_name_raw:
        found["account_name_raw"] = path.parent.name if rule.account_name_raw == "parent" else path.stem
    return {column: text.encode("utf-8", "replace").decode() for column, text in found.items() if text}


def _all(pattern: re.Pattern[str], text: str) -> list[str]:
    return [found[0] for found in pattern.finditer(text)]


def path_key(name: str) -> str:
    """What of a path may give a file its meaning: stem and parent folder."""
    path = Path(name)
    return f"{path.parent.name}/{path.stem}"
