"""The release as files for offices and programs: CSV, JSON, Parquet, XLSX. Same tables, same bytes."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from bangdan.publication.tables import dictionary

CREATED = datetime(2021, 1, 1, tzinfo=UTC).replace(tzinfo=None)
SHEETS = {
    "ranking": "榜单 Ranking",
    "unit_indicators": "指标 Indicators",
    "unit_activity": "活动 Activity",
    "account_scores": "账号 Accounts",
    "hot_topics": "话题 Topics",
    "highlights": "亮点 Highlights",
    "monthly_summary": "总览 Summary",
}


def write_parquet(table: pa.Table, target: Path) -> None:
    pq.write_table(table, target, compression="zstd")


def write_csv(table: pa.Table, target: Path) -> None:
    """UTF-8 with BOM, so that a spreadsheet opens it well; decimals as they are."""
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        out = csv.writer(stream, lineterminator="\r\n")
        out.writerow(table.schema.names)
        for row in table.to_pylist():
            out.writerow([_inert(_plain(value)) for value in row.values()])


def write_json(table: pa.Table, target: Path, notice: str) -> None:
    """{"notice", "columns": [{name, zh, en}], "rows": [...]}; decimals as text, so that none is rounded."""
    words = dictionary()["columns"]
    told = {
        "notice": notice,
        "columns": [{"name": name, "zh": words[name][0], "en": words[name][1]} for name in table.schema.names],
        "rows": [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()],
    }
    target.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def write_xlsx(tables: dict[str, pa.Table], target: Path, notice: str) -> None:
    """A sheet per table with frozen, filtered header; strings are strings, never formulas or links."""
    words = dictionary()["columns"]
    book = xlsxwriter.Workbook(
        str(target), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": "榜单 Bangdan", "comments": notice, "created": CREATED})
    head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "text_wrap": True, "valign": "top", "border": 1})
    number, points = book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "0.00####"})
    for name, title in SHEETS.items():
        table, sheet = tables[name], book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 32)
        for at, column in enumerate(table.schema.names):
            sheet.write_string(0, at, f"{words[column][0]}\n{column}", head)
            sheet.set_column(at, at, 22 if column in ("unit_name", "title", "account_name", "unit_name_en") else 13)
        for line, row in enumerate(table.to_pylist(), 1):
            for at, value in enumerate(row.values()):
                if isinstance(value, bool):
                    sheet.write_boolean(line, at, value)
                elif isinstance(value, int):
                    sheet.write_number(line, at, value, number)
                elif isinstance(value, Decimal | float):
                    sheet.write_number(line, at, float(value), points)
                elif value is not None:
                    sheet.write_string(line, at, str(value))
        if len(table):
            sheet.autofilter(0, 0, len(table), len(table.schema.names) - 1)
    sheet = book.add_worksheet("说明 Notes")
    for line, text in enumerate(notice.split("\n")):
        sheet.write_string(line, 0, text)
    book.close()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime | date) else value


def _inert(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    is_text = isinstance(value, str) and value[:1] in ("=", "+", "@", "-", "\t", "\r")
    return f"'{value}" if is_text and not value.lstrip("-").replace(".", "", 1).isdigit() else value
