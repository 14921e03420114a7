"""A data home of a test's own, and exports loaded into it in this process."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.ingestion import landing, raw
from bangdan.ingestion.file_report import FileReport
from bangdan.ingestion.loading import ensure_layout, prepare_privacy

RECEIVED = datetime(2021, 9, 10, 6, tzinfo=SHANGHAI)


def settings(home: Path) -> Settings:
    return Settings(home=home, threads=1, memory_limit="1GB")


def load(home: Path, *paths: Path, connector: str | None = None, mapping: Path | None = None) -> list[FileReport]:
    """Land and load, in the order of names; every report must add up."""
    house = settings(home)
    ensure_layout(house)
    landed = sorted(landing.land(list(paths), house, RECEIVED), key=lambda entry: entry.source_file)
    prepare_privacy(house)
    reports = [raw.load_export(entry, house, connector, mapping) for entry in landed]
    for report in reports:
        assert report.rows_read == report.accepted + report.rejected + report.duplicate, report
    return reports


def rows(home: Path, table: str = "records", *columns: str) -> list[Any]:
    """What stands in the raw layer, in the order of files and rows; single values where one column is asked for."""
    pattern = "*/*.parquet" if table == "records" else "*.parquet"
    result = []
    for file in sorted((home / "raw" / table).glob(pattern)):
        if file.stem != "schema":
            result += pq.read_table(file, partitioning=None).to_pylist()
    result.sort(key=lambda row: (row.get("source_file") or "", row.get("source_row") or 0))
    if not columns:
        return result
    return [row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns) for row in result]


def put(file: Path, data: bytes | str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def table(header: Iterable[str], lines: Iterable[Iterable[Any]], delimiter: str = ",", eol: str = "\r\n") -> str:
    """A delimited file as Python's writer makes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=eol)
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue()


def lines(objects: Iterable[dict]) -> str:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in objects)


def ingest_inbox() -> None:
    """Land and load the inbox of the home that the environment names, in this process."""
    from bangdan.core.settings import Settings
    from bangdan.pipeline import intake

    settings = Settings.load()
    intake.ingest(settings, [settings.inbox])
