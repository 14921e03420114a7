"""The release as files for programs: CSV, JSON, Parquet. Same tables, same bytes. The workbook is its own module."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import documents
from bangdan.core.formatting import inert
from bangdan.publication import contract

ROWS_AT_ONCE = 10_000


def write_parquet(table: pa.Table, target: Path, name: str) -> None:
    """Zstandard; the schema describes the table and each column in Chinese and English."""
    labels = contract.labels()
    described = pa.schema(
        [field.with_metadata({"description": str(labels[field.name])}) for field in table.schema],
        {"table": name, "description": str(contract.tables()[name].label)},
    )
    pq.write_table(table.cast(described), target, compression="zstd")


def write_csv(table: pa.Table, target: Path) -> None:
    """UTF-8 with BOM, so that a spreadsheet opens it well; decimals as they are."""
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        _write_rows(table, stream)


def csv_text(table: pa.Table) -> str:
    """The same as a text, the BOM as its first character."""
    stream = io.StringIO(newline="")
    _write_rows(table, stream)
    return "\ufeff" + stream.getvalue()


def write_json(table: pa.Table, target: Path, notice: str, notes: list[str]) -> None:
    """{"notice", "notes", "columns": [{name, type, zh, en}], "rows": [...]}; decimals as text, so that none is rounded."""
    labels = contract.labels()
    document = {
        "notice": notice,
        "notes": notes,
        "columns": [
            {"name": field.name, "type": str(field.type), "zh": labels[field.name].zh, "en": labels[field.name].en}
            for field in table.schema
        ],
        "rows": [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()],
    }
    target.write_text(documents.dump(document, indent=1) + "\n", "utf-8")


def _write_rows(table: pa.Table, stream: TextIO) -> None:
    out = csv.writer(stream, lineterminator="\r\n")
    out.writerow(table.schema.names)
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        out.writerows(zip(*map(_cells, batch.columns), strict=True))


def _cells(column: pa.Array) -> list[Any]:
    """The values of a column as cells of a CSV file. Of texts, which repeat, each is made inert once."""
    if not pa.types.is_string(column.type):
        return [_plain(value) for value in column.to_pylist()]
    encoded = column.dictionary_encode()
    texts = [inert(text) for text in encoded.dictionary.to_pylist()]
    return [None if index is None else texts[index] for index in encoded.indices.to_pylist()]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime | date) else value
