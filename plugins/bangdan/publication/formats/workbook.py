"""The workbook of a release, as an office would like it: the lists to read and print first, then accounts, topics,
indicators, method and notes. Text is text: nothing from data becomes a formula, a link or a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from bangdan.core import files
from bangdan.core.formatting import one_line
from bangdan.core.months import Month
from bangdan.core.rendering import words
from bangdan.publication import contract
from bangdan.publication.pages.names import DIMENSIONS

CREATED = datetime(2021, 1, 1, tzinfo=UTC).replace(tzinfo=None)
# Column → width in characters, its number format.
LIST_COLUMNS = {
    "rank": (7, "whole"), "unit_name": (22, ""), "unit_name_en": (34, ""), "rank_change": (9, "change"), "movement": (8, ""),
    "score": (9, "points"), "base_score": (9, "points"), "bonus_points": (9, "points"), "rank_without_bonus": (11, "whole"),
    "rank_low": (9, "whole"), "rank_high": (9, "whole"), "tier": (6, "whole"), "note": (14, ""),
}  # fmt: skip
# Sheet → table, columns that come first; the rest follows in the table's order.
SHEETS = {
    "账号 Accounts": ("account_scores", ("account_name", "unit_name", "platform")),
    "话题 Topics": ("hot_topics", ("name", "name_en")),
    "子话题 Sub-topics": ("hot_subtopics", ("name", "name_en")),
    "主持话题 Hashtags": ("hosted_hashtags", ("hashtag", "unit_name")),
    "亮点 Highlights": ("highlights", ("title", "unit_name")),
    "指标 Indicators": ("unit_indicators", ("unit_name",)),
    "活动 Activity": ("unit_activity", ("unit_name",)),
    "得分变化 Changes": ("score_changes", ("unit_name",)),
    "总览 Summary": ("monthly_summary", ()),
}
HIDDEN = {"ranking_month", "release"}
WIDE = {"title": 48, "unit_name": 20, "account_name": 24, "name": 18, "name_en": 26, "url": 30, "hashtag": 20}
RATES = {"originality_rate", "coverage"}
FORMATS = {
    "whole": "#,##0",
    "change": "+#,##0;-#,##0;0",
    "points": "0.00",
    "exact": "0.000000",
    "rate": "0.0%",
    "": "@",
}


def write_xlsx(tables: dict[str, pa.Table], target: Path, month: Month, notice: str, notes: list[str]) -> None:
    """All sheets; the same tables give the same bytes."""
    book = xlsxwriter.Workbook(
        str(target), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": f"{month} 政务新媒体榜单", "comments": notice, "created": CREATED})
    sheets = _Sheets(book, notice)
    ranking = tables["ranking"].to_pylist()
    names = {row["unit_id"]: row["unit_name"] for row in ranking}
    for each in tables["ranking_lists"].to_pylist():
        for dimension, both in DIMENSIONS.items():
            rows = [
                row for row in ranking if (row["ranking_list"], row["dimension"]) == (each["ranking_list"], dimension)
            ]
            sheets.add(
                f"{each['short_name']}·{both[0]}",
                f"{month.year}年{month.number}月 {each['list_name']} · {both[0]}  {each['list_name_en']}: {both[1].lower()}, {month}",
                LIST_COLUMNS,
                rows,
            )
    for sheet, (name, first) in SHEETS.items():
        rows = [{**row, "unit_name": names.get(row.get("unit_id"), "")} for row in tables[name].to_pylist()]
        order = [*first, *(column for column in tables[name].schema.names if column not in {*first, *HIDDEN})]
        widths = {column: (WIDE.get(column, 12), _form(tables[name], column)) for column in order}
        sheets.add(sheet, str(contract.tables()[name].label), widths, rows)
    _method(sheets, tables)
    _notes(sheets, [*notice.split("\n"), *notes])
    with files.naming(target):
        try:
            book.close()
        except FileCreateError as error:  # it hides the error of the disk
            raise (error.args[0] if isinstance(error.args[0], OSError) else error) from None


def _form(table: pa.Table, column: str) -> str:
    """The number format of a column, by its type."""
    if column not in table.schema.names:
        return ""
    kind = table.schema.field(column).type
    if column in RATES:
        return "rate"
    return "whole" if pa.types.is_integer(kind) else "exact" if pa.types.is_decimal(kind) else ""


def _method(sheets: _Sheets, tables: dict[str, pa.Table]) -> None:
    """Weights and goalposts, and the method in short."""
    seen = {(row["dimension"], row["indicator_id"]): row for row in tables["unit_indicators"].to_pylist()}
    rows = [seen[key] for key in sorted(seen)]
    version = tables["monthly_summary"]["method_version"][0].as_py()
    sheets.add(
        "方法 Method", f"方法版本 {version} / Method version {version}",
        {"dimension": (18, ""), "indicator_id": (18, ""), "weight": (10, "points"), "goalpost": (16, "whole")}, rows,
        [words("zh")["method_text"], words("en")["method_text"]],
    )  # fmt: skip


def _notes(sheets: _Sheets, lines: list[str]) -> None:
    """What the columns of the lists mean; below them the notes to the data."""
    labels = contract.labels()
    rows = [{"name": f"{labels[column].zh} {column}", "name_en": labels[column].en} for column in LIST_COLUMNS]
    sheets.add("说明 Notes", "列的含义 / What the columns mean", {"name": (34, ""), "name_en": (60, "")}, rows, lines)


class _Sheets:
    """Sheets of one look: title, frozen and filtered header in two languages, page set up for A4 across."""

    HEAD = 1  # the row of the header, below the title

    def __init__(self, book: xlsxwriter.Workbook, notice: str) -> None:
        self.book, self.notice = book, notice.replace("\n", " · ")
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": "#9B1C1C"})
        self.head = book.add_format(
            {"bold": True, "bg_color": "#F3F5F9", "text_wrap": True, "valign": "top", "bottom": 2, "bottom_color": "#9B1C1C"}
        )  # fmt: skip
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.forms = {name: book.add_format({"num_format": form, "valign": "top"}) for name, form in FORMATS.items()}

    def add(
        self, name: str, title: str, columns: dict[str, tuple[int, str]], rows: Sequence[dict[str, Any]],
        below: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """One sheet; `columns`: name → (width, form), `below`: lines of text under the rows."""
        labels = contract.labels()
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, title, self.title)
        sheet.set_row(self.HEAD, 46)
        for at, (column, (width, _)) in enumerate(columns.items()):
            label = labels[column]
            short = label.en.partition(";")[0].partition(",")[0]
            sheet.write_string(self.HEAD, at, f"{label.zh}\n{short}", self.head)
            sheet.set_column(at, at, width)
        for line, row in enumerate(rows, self.HEAD + 1):
            for at, (column, (_, form)) in enumerate(columns.items()):
                self._write(sheet, line, at, row[column], form)
        last = self.HEAD + len(rows)
        if rows:
            sheet.autofilter(self.HEAD, 0, last, len(columns) - 1)
        for line, text in enumerate(below, last + 2):
            sheet.merge_range(line, 0, line, max(1, len(columns) - 1), "", self.text)
            sheet.write_string(line, 0, one_line(text), self.text)
            sheet.set_row(line, 15 * (1 + len(text) // 60))
        sheet.freeze_panes(self.HEAD + 1, 2 if len(columns) > 4 else 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, self.HEAD)
        sheet.set_footer(f"&L{self.notice.replace('&', '&&')}&R&P / &N")

    def _write(self, sheet: Any, line: int, at: int, value: Any, form: str) -> None:
        if isinstance(value, bool):
            sheet.write_boolean(line, at, value)
        elif isinstance(value, int | Decimal | float):
            sheet.write_number(
                line, at, float(value) if not isinstance(value, int) else value, self.forms[form or "whole"]
            )
        elif value is not None:
            sheet.write_string(line, at, one_line(str(value)), self.forms[""])
