"""The bulletin as a Word document, as an office would send it: the text, then the lists as annexes, in both languages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Row
from PIL import Image, ImageDraw, ImageFont

from bangdan.core.rendering import LANGUAGES, in_language, words
from bangdan.publication.formats.workbook import CREATED
from bangdan.publication.pages import bulletin, claims
from bangdan.publication.pages.bulletin import Annex, Bulletin

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
TEXT_FONT, HEAD_FONT = "宋体", "黑体"  # what Chinese offices have; Word takes another where they are missing
COLUMN_WIDTHS = (Cm(1.8), Cm(8.2), Cm(2.6), Cm(3.4))
LINE, LEFT, WIDTH, SCALE = 14, 34, 640, 2  # pixels of the chart, and how many of the picture stand for each
GREY, RED = "#b8b8b8", "#9b1c1c"


def write_docx(text: Bulletin, target: Path) -> None:
    """The whole bulletin on A4; the same bulletin gives the same bytes."""
    document = Document()
    _set_page(document)
    _set_properties(document, text)
    for notice in text.notices():
        document.add_paragraph(notice, style="Intense Quote")
    for position, language in enumerate(LANGUAGES):
        if position:
            document.add_page_break()
        _add_text(document, text, language)
    document.add_paragraph()
    for fact in text.facts:
        document.add_paragraph(fact).paragraph_format.space_after = Pt(2)
    for number, annex in enumerate(text.annexes, start=1):
        document.add_page_break()
        _add_annex(document, annex, number)
    made = io.BytesIO()
    document.save(made)
    _write_without_times(made, target)


def _set_page(document: DocumentObject) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.5)
    for name, font, size in (("Normal", TEXT_FONT, 11), ("Title", HEAD_FONT, 20), ("Heading 1", HEAD_FONT, 14)):
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        style.font.size = Pt(size)
        style.font.name = "Times New Roman" if font == TEXT_FONT else "Arial"
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _set_properties(document: DocumentObject, text: Bulletin) -> None:
    properties = document.core_properties
    properties.title = text.title("zh")
    properties.author = in_language(text.issuers, "zh")
    properties.last_modified_by = ""
    properties.comments = "\n".join(text.notices())
    properties.language = "zh-CN"
    properties.created = properties.modified = CREATED


def _add_text(document: DocumentObject, text: Bulletin, language: str) -> None:
    document.add_heading(text.title(language), level=0)
    document.add_paragraph(in_language(text.issuers, language)).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for section in text.sections:
        document.add_heading(in_language(section.title, language), level=1)
        for paragraph in section.paragraphs:
            document.add_paragraph(claims.plain(paragraph, language))


def _add_annex(document: DocumentObject, annex: Annex, number: int) -> None:
    """A list as a table whose head is repeated on each page, and a picture of the intervals of its ranks."""
    document.add_heading(bulletin.annex_title(annex, number, "zh"), level=1)
    document.add_paragraph(bulletin.annex_title(annex, number, "en"))
    heads = [f"{zh}\n{en}" for zh, en in zip(bulletin.heads("zh"), bulletin.heads("en"), strict=True)]
    table = document.add_table(rows=1, cols=len(heads), style="Table Grid")
    table.autofit = False
    _fill(table.rows[0], heads)
    _repeat_on_each_page(table)
    for row in annex.rows:
        _fill(table.add_row(), bulletin.cells(row, "zh"))
    spans = [(row["rank"], row["rank_low"], row["rank_high"]) for row in annex.rows if row["rank_low"]]
    if spans:
        document.add_paragraph()
        document.add_picture(io.BytesIO(interval_chart(spans)), width=Cm(16))
        for language in LANGUAGES:
            document.add_paragraph(words(language)["bulletin_chart"])


def _fill(row: _Row, texts: Iterable[str]) -> None:
    for position, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width = COLUMN_WIDTHS[position]
        cell.text = text
        if position != 1:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _repeat_on_each_page(table: Table) -> None:
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def interval_chart(spans: list[tuple[int, int, int]]) -> bytes:
    """PNG of a line from the best to the worst rank of each (rank, best, worst), with a dot at the rank; ranks 1 … from
    left to right, one line of the list below the other. It holds digits only, so that it needs no font of the machine.
    """
    last = max(worst for _rank, _best, worst in spans)
    step = (WIDTH - LEFT - LINE) / max(last - 1, 1)
    picture = Image.new("RGB", (WIDTH * SCALE, (len(spans) + 2) * LINE * SCALE), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(9 * SCALE)

    def place(rank: int) -> int:
        return round((LEFT + (rank - 1) * step) * SCALE)

    for rank in sorted({1, *range(5, last + 1, 5), last}):
        draw.text((place(rank), 2 * SCALE), str(rank), fill="black", font=font, anchor="ma")
        draw.line([(place(rank), LINE * SCALE), (place(rank), picture.height)], fill="#e8e8e8", width=1)
    for number, (rank, best, worst) in enumerate(spans, start=1):
        middle = round((number + 0.8) * LINE * SCALE)
        draw.text((2 * SCALE, middle), str(rank), fill="black", font=font, anchor="lm")
        draw.line([(place(best), middle), (place(worst), middle)], fill=GREY, width=4 * SCALE)
        dot = 3 * SCALE
        draw.ellipse([(place(rank) - dot, middle - dot), (place(rank) + dot, middle + dot)], fill=RED)
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def _write_without_times(made: io.BytesIO, target: Path) -> None:
    """Write a zip file again, every part with the same time, in its order."""
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(target, "w") as copy:
        for part in source.infolist():
            entry = zipfile.ZipInfo(part.filename, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            copy.writestr(entry, source.read(part))
