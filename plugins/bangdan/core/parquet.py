"""Parquet files written whole, and the zero-row files that give an empty layer its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import files

EMPTY_MONTH = "0000-00"
SCHEMA_FILE = "schema.parquet"


def write_table(table: pa.Table, target: Path) -> None:
    """Write a small table as one file: atomically, zstd."""
    with files.replacing(target) as partial:
        pq.write_table(table, partial, compression="zstd", compression_level=1)


def write_tables(tables: Iterable[pa.Table], schema: pa.Schema, target: Path) -> None:
    """Write tables of one schema, one after another, as one file: atomically, zstd. No more than one is in memory."""
    with (
        files.replacing(target) as partial,
        pq.ParquetWriter(partial, schema, compression="zstd", compression_level=1) as writer,
    ):
        for table in tables:
            writer.write_table(table)


def write_empty_tables(folder: Path, schemas: Mapping[str, pa.Schema], *, by_month: bool) -> None:
    """A zero-row file in the folder of each table, where there is none yet: readers find columns in an empty layer.

    `by_month`: the tables are partitioned by month; the file lies in the month 0000-00, which no ranking month equals.
    """
    for name, schema in schemas.items():
        target = folder / name / (f"month={EMPTY_MONTH}" if by_month else "") / SCHEMA_FILE
        if not target.exists():
            write_table(schema.empty_table(), target)
