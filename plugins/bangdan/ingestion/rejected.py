"""What did not load: exports that were refused, and rejected rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue
from bangdan.ingestion.reasons import REASONS

COLUMNS = ["source_file", "source_row", "reason_code", "column_name", "value_raw", "remedy"]


class RefusedExport(NamedTuple):
    """An export of which nothing was loaded: its path as delivered, the reason code, its meaning and the remedy."""

    file: str
    code: str
    meaning: str
    remedy: str


def refused_exports(settings: Settings) -> list[RefusedExport]:
    """All refused exports, by path."""
    refused = []
    for row in catalogue.rows(settings):
        if row.is_refused:
            code = next(iter(row.reasons), "")
            meaning, remedy = REASONS.get(code, ("", ""))
            refused.append(RefusedExport(row.source_file, code, meaning, remedy))
    return sorted(refused)


def rejected_rows(settings: Settings, month: Month) -> list[dict[str, Any]]:
    """Rejected rows of the exports that hold records of a month, and of those that hold none of any month.

    Keys are COLUMNS; by file and row. A rejected row may belong to any month: its time may be what is wrong.
    """
    rows = []
    for export in catalogue.loaded(settings):
        is_concerned = export.table_name == "records" and (str(month) in export.months or not export.dated_months)
        if export.rejected and is_concerned:
            file = settings.raw / "rejects" / f"{export.load_key}.parquet"
            rows += pq.read_table(file, columns=COLUMNS, partitioning=None).to_pylist()
    return sorted(rows, key=lambda row: (row["source_file"], row["source_row"]))
