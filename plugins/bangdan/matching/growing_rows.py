"""Rows that a stage finds batch by batch: in memory up to a size, in files of a scratch folder beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from bangdan.core import parquet
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory

# Rows that are read from the sorted files at a time.
ROWS_AT_A_TIME = 122_880


@dataclass
class Scratch:
    """Where rows go that are more than memory is given for: a folder, and the bytes that stay in memory."""

    folder: Path
    most_bytes: int


@dataclass
class GrowingRows:
    """Rows of one schema, in no order. Without `scratch` all of them stay in memory."""

    name: str  # of the files in the scratch folder
    schema: pa.Schema
    scratch: Scratch | None = None
    rows: int = 0
    _tables: list[pa.Table] = field(default_factory=list)
    _bytes: int = 0
    _files: list[Path] = field(default_factory=list)

    def append(self, rows: pa.Table) -> None:
        """Add rows; they are written to a file where they and those in memory are more than the limit."""
        self._tables.append(rows)
        self._bytes += rows.nbytes
        self.rows += rows.num_rows
        if self.scratch and self._bytes > self.scratch.most_bytes:
            file = self.scratch.folder / f"{self.name}-{len(self._files)}.parquet"
            parquet.write_table(self.table(), file)
            self._files.append(file)
            self._tables, self._bytes = [], 0

    def table(self) -> pa.Table:
        """The rows in memory, in no order: all of them where nothing has been written to files."""
        return pa.concat_tables([self.schema.empty_table(), *self._tables])

    def in_order(self, settings: Settings, keys: list[str]) -> Iterator[pa.Table]:
        """All rows in the order of the keys: as one table where they are in memory, in slices where they are in files,
        which the database sorts within its limit. The rows in memory are given up.
        """
        held, self._tables = self.table(), []
        if not self._files:
            yield held.sort_by([(key, "ascending") for key in keys])
            return
        if self.scratch and held.num_rows:
            self._files.append(self.scratch.folder / f"{self.name}-{len(self._files)}.parquet")
            parquet.write_table(held, self._files[-1])
        del held
        with in_memory(settings) as con:
            files = con.read_parquet([str(file) for file in self._files], hive_partitioning=False)
            for batch in files.order(", ".join(keys)).to_arrow_reader(ROWS_AT_A_TIME):
                yield pa.Table.from_batches([batch]).cast(self.schema)
