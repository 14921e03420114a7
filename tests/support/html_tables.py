"""Read a page as a reader does: its headings, its tables' cells, its links, its charts' marks."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

UNREAD = {"style", "script"}
VOID = {"meta", "link", "br", "input", "line", "rect", "circle", "polyline", "polygon", "img", "hr"}


class Page(HTMLParser):
    """`tables`: (section, rows of cells' texts); `text`: all that is shown; `elements`: (tag, attributes, section)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.stack: list[tuple[str, bool]] = []
        self.section = ""
        self.cell: list[str] | None = None
        self.shown: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        result = dict(attrs)
        if tag == "section":
            self.section = result.get("aria-labelledby") or ""
        self.elements.append((tag, result, self.section))
        if tag == "table":
            self.tables.append((self.section, []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self.cell = []
        if tag not in VOID:
            # What a narrow screen shows instead of columns would be read twice.
            self.stack.append((tag, tag in UNREAD or result.get("class") == "narrow"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.cell is not None:
            self.tables[-1][1][-1].append(" ".join("".join(self.cell).split()))
            self.cell = None
        if tag == "section":
            self.section = ""
        if tag not in VOID:
            while self.stack and self.stack.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if any(unread for _, unread in self.stack):
            return
        self.shown.append(data)
        if self.cell is not None:
            self.cell.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.shown).split())

    def rows(self, section: str, number: int = 0) -> list[list[str]]:
        """Rows of the nth table of a section, its head first."""
        return [rows for name, rows in self.tables if name == section][number]

    def all(self, tag: str, section: str | None = None, **attributes: str) -> list[dict[str, str | None]]:
        """Attributes of every element of a kind."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            result
            for name, result, place in self.elements
            if name == tag and (section is None or place == section) and wanted.items() <= result.items()
        ]


def read(file: Path) -> Page:
    return Page(file.read_text("utf-8"))
