"""One bulletin in four forms: Markdown, plain text, Word, HTML for WeChat. Each says the same; Word's bytes are the same each time."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import docx
import pyarrow.parquet as pq
import pytest
from PIL import Image

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import tables
from bangdan.publication.formats import word
from bangdan.publication.pages import bulletin

MONTH = Month.parse("2021-07")


@pytest.fixture(scope="module")
def folder(small: Settings) -> Path:
    return small.releases / "2021-07/r1"


@pytest.fixture(scope="module")
def text(folder: Path) -> bulletin.Bulletin:
    return bulletin.of(
        {name: pq.read_table(folder / f"tables/{name}.parquet") for name in tables.ORDER},
        MONTH,
        is_synthetic=True,
        facts=["联系 / Contact: 甲"],
    )


def sentences(folder: Path) -> list[str]:
    """Paragraphs of the Markdown bulletin, in both languages, without markup."""
    lines = (folder / "bulletin.md").read_text("utf-8").splitlines()
    plain = [re.sub(r"\\(.)", r"\1", line.lstrip("#> ")) for line in lines]
    return [line for line in plain if line and line != "---"]


def ranked(folder: Path) -> list[list[tuple[str, str, str]]]:
    """(rank, unit, score) of each list, in the order of the release."""
    rows = pq.read_table(folder / "ranking.parquet").to_pylist()
    lists: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for row in rows:
        cells = ("–" if row["rank"] is None else str(row["rank"]), row["unit_name"], f"{row['score']:.2f}")
        lists.setdefault((row["ranking_list"], row["dimension"]), []).append(cells)
    return list(lists.values())


class Page(HTMLParser):
    """Elements and texts of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def test_word_holds_every_sentence_and_every_list(folder: Path) -> None:
    document = docx.Document(str(folder / "bulletin.docx"))
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    assert [sentence for sentence in sentences(folder) if sentence not in paragraphs] == []
    annexes = [[tuple(cell.text for cell in row.cells[:3]) for row in table.rows[1:]] for table in document.tables]
    assert sorted(annexes) == sorted(ranked(folder))
    assert [table.rows[0].cells[1].text for table in document.tables] == ["单位\nUnit"] * 2
    assert [text for text in paragraphs if text.startswith("附表")] == [
        "附表1 区级榜单 · 传播力", "附表2 区级榜单 · 影响力",
    ]  # fmt: skip


def test_dates_contact_and_licence_are_in_every_form_that_holds_the_lists(
    text: bulletin.Bulletin, folder: Path, tmp_path: Path
) -> None:
    word.write_docx(text, tmp_path / "t.docx")
    assert "联系 / Contact: 甲" in [paragraph.text for paragraph in docx.Document(str(tmp_path / "t.docx")).paragraphs]
    assert bulletin.plain_text(text).endswith("\n\n联系 / Contact: 甲\n")
    page = Page()
    page.feed(bulletin.wechat(text))
    assert page.texts[-1] == "联系 / Contact: 甲"
    assert "数据截至 / Data cut-off" in (folder / "bulletin.txt").read_text("utf-8")


def test_the_head_of_a_list_is_repeated_on_every_page(folder: Path) -> None:
    with zipfile.ZipFile(folder / "bulletin.docx") as archive:
        body = archive.read("word/document.xml").decode()
    assert body.count("<w:tblHeader/>") == body.count("<w:tbl>") == 2


def test_word_has_title_issuers_and_no_moment_of_its_making(
    folder: Path, text: bulletin.Bulletin, tmp_path: Path
) -> None:
    properties = docx.Document(str(folder / "bulletin.docx")).core_properties
    assert (properties.title, properties.author) == ("2021年7月政务新媒体榜单", "甲中心、乙中心")
    assert properties.created == properties.modified
    assert properties.created.year == 2021
    with zipfile.ZipFile(folder / "bulletin.docx") as archive:
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None
    word.write_docx(text, tmp_path / "again.docx")
    word.write_docx(text, tmp_path / "once_more.docx")
    assert (tmp_path / "again.docx").read_bytes() == (tmp_path / "once_more.docx").read_bytes()


def test_word_begins_with_the_notice_of_synthetic_data_and_ends_its_text_with_every_fact(
    text: bulletin.Bulletin, tmp_path: Path
) -> None:
    facts = ["联系 / Contact: 甲", "引用 / Citation: 乙"]
    word.write_docx(dataclasses.replace(text, facts=facts), tmp_path / "t.docx")
    document = docx.Document(str(tmp_path / "t.docx"))
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    (notice,) = text.notices()
    assert paragraphs[0] == document.core_properties.comments == notice
    at = paragraphs.index(facts[0])
    assert paragraphs[at : at + 2] == facts


def test_word_is_an_upright_a4_page_in_chinese_and_names_no_program(folder: Path) -> None:
    document = docx.Document(str(folder / "bulletin.docx"))
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert (document.core_properties.language, document.core_properties.last_modified_by) == ("zh-CN", "")


def test_the_charts_of_word_show_rank_best_and_worst_of_the_ranked_units(
    text: bulletin.Bulletin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charts, draw = [], word.interval_chart

    def drawn(spans: list[tuple[int, int, int]]) -> bytes:
        charts.append(spans)
        return draw(spans)

    monkeypatch.setattr(word, "interval_chart", drawn)
    rows = [{**row, "rank_low": 1, "rank_high": 9} for row in text.annexes[0].rows]
    annex = dataclasses.replace(text.annexes[0], rows=[*rows, {**rows[0], "rank": None, "rank_low": None}])
    word.write_docx(dataclasses.replace(text, annexes=[annex]), tmp_path / "t.docx")
    assert charts == [[(row["rank"], 1, 9) for row in rows]]


def test_the_chart_has_a_line_from_the_best_to_the_worst_rank_and_a_dot_at_the_rank() -> None:
    picture = Image.open(io.BytesIO(word.interval_chart([(1, 1, 3), (2, 2, 2), (3, 1, 5)]))).convert("RGB")
    grey, red = (184, 184, 184), (155, 28, 28)

    def columns(line: int, colour: tuple[int, int, int]) -> tuple[int, int] | None:
        middle = round((line + 0.8) * word.LINE * word.SCALE)
        xs = [x for x in range(picture.width) if picture.getpixel((x, middle)) == colour]
        return (min(xs), max(xs)) if xs else None

    step = (word.WIDTH - word.LEFT - word.LINE) / 4 * word.SCALE
    left = word.LEFT * word.SCALE
    first, second, third = columns(1, grey), columns(2, grey), columns(3, grey)
    assert first is not None
    assert first[1] == pytest.approx(left + 2 * step, abs=2)
    assert second is None  # a rank that is sure has a dot only
    assert third is not None
    assert (third[0], third[1]) == (pytest.approx(left, abs=2), pytest.approx(left + 4 * step, abs=2))
    for line, rank in ((1, 1), (2, 2), (3, 3)):
        dot = columns(line, red)
        assert dot is not None
        assert sum(dot) / 2 == pytest.approx(left + (rank - 1) * step, abs=2)


def test_plain_text_holds_every_sentence_and_every_list_in_both_languages(folder: Path) -> None:
    text = (folder / "bulletin.txt").read_text("utf-8")
    parts = text.split("\n\n")
    assert [sentence for sentence in sentences(folder) if sentence not in parts and sentence + "\n" not in parts] == []
    for rows in ranked(folder):
        for rank, unit, score in rows:
            assert f"\n{rank}\t{unit}\t{score}\t" in text
    assert text.count("附表") == text.count("Annex") == 2


def test_the_page_for_wechat_has_its_styles_in_the_elements_and_loads_nothing(folder: Path) -> None:
    page = Page()
    page.feed((folder / "bulletin.wechat.html").read_text("utf-8"))
    shown = [
        (tag, attributes)
        for tag, attributes in page.elements
        if tag in {"section", "h1", "h2", "p", "table", "th", "td"}
    ]
    assert len(shown) > 40
    assert all(attributes.get("style") for _tag, attributes in shown)
    assert {tag for tag, _attributes in page.elements} == {
        "html", "meta", "title", "section", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert not any({"class", "id", "src", "href"} & attributes.keys() for _tag, attributes in page.elements)
    chinese = [sentence for sentence in sentences(folder) if sentence in page.texts]
    assert len(chinese) >= len(sentences(folder)) // 2
    for rows in ranked(folder):
        assert [unit for _rank, unit, _score in rows if unit not in page.texts] == []
