"""Parquet files of one export, by table and month: streamed to temporary paths, moved into place together."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.ingestion import contract
from bangdan.ingestion.reasons import refusal

UNKNOWN_MONTH = "unknown"
GROUP_ROWS = 65_536  # rows of one month that are worth a row group
HELD_BYTES = 128 * 1024 * 1024  # rows that wait for their month to fill
MAX_MONTHS = 500  # files open at once


class RawWriter:
    """Rows of one table of one export. Records go by month, other tables into one file.

    A context manager: at its end every file takes its place; when the block raises, none does. `rows`, `months` and
    `sums` (of the metrics) are known after `close`.
    """

    def __init__(self, folder: Path, load_key: str, table: str) -> None:
        self.folder, self.load_key, self.table = folder, load_key, table
        self.rows = 0
        self.sums: dict[str, int] = dict.fromkeys(contract.METRICS, 0) if table == "records" else {}
        self._stack = ExitStack()
        self._held: dict[str, list[pa.Table]] = {}
        self._held_bytes = 0
        self._open: dict[str, MonthFile] = {}
        self._dropped: pa.Array | None = None

    def __enter__(self) -> RawWriter:
        self._stack.__enter__()
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._stack.__exit__(*error)  # type: ignore[arg-type]

    def add(self, table: pa.Table) -> None:
        """Add rows; those of a month are written when there are enough of them."""
        for month, part in self._by_month(table):
            self._held.setdefault(month, []).append(part)
            self._held_bytes += part.nbytes
            if sum(map(len, self._held[month])) >= GROUP_ROWS:
                self._write(month)
        if self._held_bytes > HELD_BYTES:
            for month in list(self._held):
                self._write(month)

    def drop(self, source_rows: list[int]) -> None:
        """Leave out rows of the file that another of its rows replaces, also those that have been written."""
        if source_rows:
            self._dropped = pa.array(source_rows, pa.int64())

    def close(self) -> None:
        """Write the rows that wait for more of their month, and again every file that holds a dropped row."""
        for month in sorted(self._held.keys() | self._open.keys()):
            was_written = month in self._open
            self._write(month)
            if self._dropped is not None and was_written:
                self._rewrite(month)
            file = self._open[month]
            file.close()
            self.rows += file.rows
            for metric in self.sums:
                self.sums[metric] += file.sums[metric]

    @property
    def months(self) -> list[str]:
        return sorted(month for month, file in self._open.items() if file.rows) if self.table == "records" else []

    def _by_month(self, table: pa.Table) -> Iterable[tuple[str, pa.Table]]:
        if self.table != "records" or not len(table):
            return [("", table)] if len(table) else []
        local = pc.strftime(pc.cast(table["published_at"], pa.timestamp("us", "Asia/Shanghai")), "%Y-%m")
        months = pc.fill_null(local, UNKNOWN_MONTH)
        distinct = sorted(pc.unique(months).to_pylist())
        if len(distinct) == 1:
            return [(distinct[0], table)]
        return [(month, table.filter(pc.equal(months, month))) for month in distinct]

    def _write(self, month: str) -> None:
        parts = self._held.pop(month, [])
        self._held_bytes -= sum(part.nbytes for part in parts)
        if month not in self._open:
            if len(self._open) >= MAX_MONTHS:
                raise refusal("DATE_SPREAD")
            target = self.folder / (f"month={month}" if self.table == "records" else "") / f"{self.load_key}.parquet"
            self._open[month] = MonthFile(self._stack.enter_context(files.replacing(target)), self.table)
        for part in parts:
            self._open[month].add(self._kept(part))

    def _rewrite(self, month: str) -> None:
        """Write a month's file again without the dropped rows; nothing is added to it afterwards."""
        file = self._open[month]
        file.close()
        again = MonthFile(file.path.with_suffix(".again"), self.table)
        try:
            with pq.ParquetFile(file.path) as old:
                for batch in old.iter_batches(GROUP_ROWS):
                    again.add(self._kept(pa.Table.from_batches([batch])))
            again.close()
            again.path.replace(file.path)
        finally:
            again.path.unlink(missing_ok=True)
        self._open[month] = again
        again.path = file.path

    def _kept(self, table: pa.Table) -> pa.Table:
        if self._dropped is None:
            return table
        return table.filter(pc.invert(pc.is_in(table["source_row"], self._dropped)))


class MonthFile:
    """One Parquet file while it is written; counts its rows and adds up its metrics."""

    def __init__(self, path: Path, table: str) -> None:
        self.path, self.rows = path, 0
        self.sums = dict.fromkeys(contract.METRICS, 0) if table == "records" else {}
        self._writer = pq.ParquetWriter(path, contract.SCHEMAS[table], compression="zstd", compression_level=1)

    def add(self, table: pa.Table) -> None:
        if not len(table):
            return
        self._writer.write_table(table)
        self.rows += len(table)
        for metric in self.sums:
            self.sums[metric] += pc.sum(table[f"{metric}_count"]).as_py() or 0

    def close(self) -> None:
        self._writer.close()
