"""The export manifest: one row per export that was loaded or refused. It is read and written here only.

A row is a file of its own, `raw/export_manifest/<export id>.parquet`, replaced by rename. It is written after the
files of the export, so an export with a row is loaded whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import dataset

from bangdan.core import parquet
from bangdan.core.months import Month, read_by
from bangdan.core.settings import Settings
from bangdan.ingestion import contract

JSON_FIELDS = ("reasons", "metric_sums", "files")


@dataclass(frozen=True, kw_only=True)
class ManifestRow:
    """An export in the manifest. The contract describes the fields; rows_read = accepted + rejected + duplicate."""

    export_id: str
    load_key: str
    export_sha256: str
    source_file: str
    path_key: str
    connector: str | None
    connector_version: str | None
    mapping_sha256: str | None
    privacy_key: str | None
    table_name: str | None
    status: str
    is_synthetic: bool
    received_at: datetime
    encoding: str | None
    replaced_chars: int
    dialect: str | None
    header_fingerprint: str | None
    rows_read: int
    accepted: int
    rejected: int
    duplicate: int
    reasons: dict[str, int] = field(default_factory=dict)
    metric_sums: dict[str, int] = field(default_factory=dict)
    months: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        return self.status == "refused"

    @property
    def is_registry(self) -> bool:
        """Does it hold units, accounts or channels? Every ranking month reads those."""
        return self.table_name not in (None, "records")

    @property
    def dated_months(self) -> list[str]:
        """Months of its rows, without the folder of rows that have no time."""
        return [month for month in self.months if month[0].isdigit()]


NAMES = [column.name for column in fields(ManifestRow)]


def folder(settings: Settings) -> Path:
    return settings.raw / "export_manifest"


def file_of(export_id: str, settings: Settings) -> Path:
    return folder(settings) / f"{export_id}.parquet"


def row_files(settings: Settings) -> list[Path]:
    """All files of the manifest, by name; the zero-row file that holds its columns is one of them."""
    return sorted(folder(settings).glob("*.parquet"))


def table(settings: Settings) -> pa.Table:
    """The whole manifest, in the columns of the contract; columns that older files do not hold are NULL."""
    paths = [str(file) for file in row_files(settings)]
    if not paths:
        return contract.EXPORT_MANIFEST.empty_table()
    return dataset.dataset(paths, format="parquet", schema=contract.EXPORT_MANIFEST).to_table()


def rows(settings: Settings) -> list[ManifestRow]:
    """Every row of the manifest, by export id. Thousands of files are read once, as long as none of them changes."""
    return list(_rows(settings, _state(settings)))


@lru_cache(maxsize=2)
def _rows(settings: Settings, state: tuple[tuple[str, int, int], ...]) -> tuple[ManifestRow, ...]:
    read = [_from_columns(values) for values in table(settings).to_pylist()]
    return tuple(sorted(read, key=lambda row: row.export_id or ""))


def _state(settings: Settings) -> tuple[tuple[str, int, int], ...]:
    """Name, inode and time of change of each file of the manifest: a file that is replaced has another inode."""
    states = ((file.name, file.stat()) for file in row_files(settings))
    return tuple((name, state.st_ino, state.st_mtime_ns) for name, state in states)


def read_by_month(exports: Iterable[ManifestRow], month: Month) -> list[ManifestRow]:
    """The exports that a ranking month reads: the registry, the records of its window, and what was refused."""
    window = set(read_by(month))
    return [export for export in exports if export.table_name != "records" or window & set(export.months)]


def loaded(settings: Settings) -> list[ManifestRow]:
    """Rows of the exports whose rows count: those that were not refused; by bytes, then by load key."""
    counted = [row for row in rows(settings) if not row.is_refused]
    return sorted(counted, key=lambda row: (row.export_sha256 or "", row.load_key or ""))


def with_records_of(month: Month, settings: Settings) -> list[ManifestRow]:
    """Rows of the loaded exports that hold records of a month."""
    return [row for row in loaded(settings) if row.table_name == "records" and str(month) in row.months]


def find(export_id: str, settings: Settings) -> ManifestRow | None:
    """The row of an export; None where it was neither loaded nor refused."""
    file = file_of(export_id, settings)
    if not file.exists():
        return None
    (values,) = pq.read_table(file, partitioning=None).to_pylist()
    return _from_columns(values)


def write(row: ManifestRow, settings: Settings) -> None:
    """Put a row in its place: from here on the export counts as loaded, or as refused."""
    values = asdict(row)
    for name in JSON_FIELDS:
        values[name] = json.dumps(values[name], sort_keys=True)
    one_row = pa.Table.from_pylist([values], schema=contract.EXPORT_MANIFEST)
    parquet.write_table(one_row, file_of(row.export_id, settings))


def _from_columns(values: dict[str, Any]) -> ManifestRow:
    values = {name: values.get(name) for name in NAMES}
    for name in JSON_FIELDS:
        values[name] = json.loads(values[name] or "{}")
    values["months"] = values["months"] or []
    return ManifestRow(**values)
