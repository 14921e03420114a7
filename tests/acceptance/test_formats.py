"""One ranking, eight formats: page, CSV, XLSX, JSON, Parquet, database, feed and bulletin say the same; and what others
wrote in titles and names does nothing in any of them.
"""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import docx
import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from bangdan.core.formatting import two_decimals
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger, release
from tests.support.accessibility import AXE
from tests.support.homes import ranking

KEY = ("ranking_list", "dimension", "unit_id")
NUMBERS = (
    "rank",
    "score",
    "base_score",
    "bonus_points",
    "rank_without_bonus",
    "rank_low",
    "rank_high",
    "tier",
    "rank_change",
)
ATOM = "{http://www.w3.org/2005/Atom}"


class Lists(HTMLParser):
    """Rows of the tables of the four lists: section id → list of cells' texts; unseen small print left out."""

    def __init__(self) -> None:
        super().__init__()
        self.section, self.rows, self.skip = "", {}, 0
        self.cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list) -> None:
        result = dict(attrs)
        if tag == "section":
            self.section = result.get("aria-labelledby", "")
        if self.skip or (tag == "span" and result.get("class") in ("narrow", "tag")):
            self.skip += tag == "span"
        elif tag == "tr" and "data-unit" in result:
            self.rows.setdefault(self.section, []).append([result["data-unit"].split(" ")[-1]])
        elif tag in ("td", "th") and self.section in self.rows:
            self.cell = []

    def handle_endtag(self, tag: str) -> None:
        if self.skip:
            self.skip -= tag == "span"
        elif tag in ("td", "th") and self.cell is not None:
            self.rows[self.section][-1].append("".join(self.cell).strip())
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.skip:
            self.cell.append(data)


def plain(rows: list[dict]) -> dict[tuple, tuple]:
    """Key → numbers; '' and None are the same nothing."""
    return {
        tuple(row[k] for k in KEY): tuple(None if row[n] in (None, "") else Decimal(str(row[n])) for n in NUMBERS)
        for row in rows
    }


def rounded(numbers: dict[tuple, tuple]) -> dict[tuple, tuple]:
    """As people read them: base and bonus with two decimals."""
    return {
        key: tuple(
            None
            if value is None
            else two_decimals(value)
            if name in ("base_score", "bonus_points", "score")
            else str(value)
            for name, value in zip(NUMBERS, row, strict=True)
        )
        for key, row in numbers.items()
    }


@pytest.fixture(scope="module")
def folder(city: Path) -> Path:
    return city / "releases" / "2021-08" / "r1"


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[tuple, tuple]:
    return plain(pq.read_table(folder / "ranking.parquet").to_pylist())


def test_csv_json_and_database_are_equal_number_by_number(city: Path, folder: Path, truth: dict) -> None:
    with (folder / "ranking.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert plain(list(csv.DictReader(stream))) == truth
    assert (folder / "ranking.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert plain(ranking(city, "2021-08")) == truth
    con = duckdb.connect(str(city / "published" / "bangdan.duckdb"), read_only=True)
    names = [*KEY, *NUMBERS]
    rows = con.execute(f"select {', '.join(names)} from published.ranking where ranking_month = '2021-08'").fetchall()
    con.close()
    assert plain([dict(zip(names, row, strict=True)) for row in rows]) == truth
    assert len(truth) == 120


def test_the_workbook_opens_with_the_four_lists(folder: Path, truth: dict) -> None:
    book = openpyxl.load_workbook(folder / "ranking.xlsx")
    result = {}
    names = {row["unit_name"]: row["unit_id"] for row in pq.read_table(folder / "ranking.parquet").to_pylist()}
    for sheet, ranking_list, dimension in zip(
        book.worksheets[:4], ("districts", "districts", "departments", "departments"),
        ("dissemination", "influence") * 2, strict=True,
    ):  # fmt: skip
        rows = list(sheet.iter_rows(min_row=3, values_only=True))
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)
        for row in rows:
            rank, name, _, change, _, score, base, bonus, without, low, high, tier, _ = row
            values = (rank, score, base, bonus, without, low, high, tier, change)
            result[ranking_list, dimension, names[name]] = tuple(
                None if value is None else Decimal(str(round(value, 6))) for value in values
            )
        assert (sheet.freeze_panes, sheet.auto_filter.ref is not None) == ("C3", True)
        assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$2")
        assert sheet["F3"].number_format == "0.00"
    assert rounded(result) == rounded(truth)
    assert {"账号 Accounts", "话题 Topics", "方法 Method", "说明 Notes"} <= set(book.sheetnames)
    assert not any(cell.data_type == "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("page", ["index.html", "en.html"])
def test_the_page_shows_the_same_numbers(folder: Path, truth: dict, page: str) -> None:
    parsed = Lists()
    parsed.feed((folder / page).read_text("utf-8"))
    result = {}
    for section, rows in parsed.rows.items():
        ranking_list, _, dimension = section.partition("-")
        for unit_id, rank, _, move, score, base, bonus, without, between, tier in rows:
            low, _, high = between.partition("–")
            change = "".join(sign for sign in move if sign.isdigit())
            signed = f"-{change}" if move.startswith("▼") else change or ("0" if move.startswith("＝") else "")
            values = (rank, score, base, bonus, without, low, high or low, tier, signed)
            result[ranking_list, dimension, unit_id] = tuple(None if v in ("", "–") else v for v in values)
    assert result == rounded(truth)


def test_every_unit_page_says_what_the_ranking_says(city: Path, folder: Path) -> None:
    for row in ranking(city, "2021-08"):
        text = (folder / "units" / f"{row['unit_id']}.html").read_text("utf-8")
        assert row["unit_name"] in text
        assert two_decimals(Decimal(row["score"])) in text
        assert f"第{row['rank']}名" in text
        assert "合成数据" in text
    assert len(list((folder / "units").glob("*.html"))) == 120


def test_data_files_explain_their_columns(folder: Path) -> None:
    payload = json.loads((folder / "ranking.json").read_text("utf-8"))
    assert all(column["zh"] and column["en"] and column["type"] for column in payload["columns"])
    for file in (folder / "tables").glob("*.parquet"):
        schema = pq.read_schema(file)
        assert b" / " in schema.metadata[b"description"], file.name
        assert all(b" / " in field.metadata[b"description"] for field in schema), file.name


def test_the_feed_is_atom(city: Path) -> None:
    feed = ElementTree.parse(city / "releases" / "feed.xml").getroot()
    assert feed.tag == f"{ATOM}feed"
    assert all(feed.find(f"{ATOM}{name}") is not None for name in ("id", "title", "updated", "author"))
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["2021-08 r1", "2021-07 r1"]
    for entry in entries:
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert (city / "releases" / link.attrib["href"]).exists()
        assert entry.findtext(f"{ATOM}updated", "").endswith("+08:00")


HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(2)>", "=cmd|' /C calc'!A0", "+SUM(1)", "@SUM(1)", "-2+3",
    "\u202egnp.exe\u202c\u2067x", "零\u200b宽\ufeff", "[a](javascript:alert(3))", "{{ 7 * 7 }}", "{% raw %}", "</style><b>x",
    "</script><script>alert(4)</script>", "]]><x/>", "'; drop table ranking; --", "\x07\x1b[31m",
]  # fmt: skip


@pytest.fixture
def hostile(copy_of_city: Path) -> Path:
    """The city with hostile titles, names, hashtags and outlets, published as r2 with a hostile note."""
    con = duckdb.connect(str(copy_of_city / "warehouse" / "bangdan.duckdb"))
    con.execute("create temp table bad as select unnest($1) as text, generate_subscripts($1, 1) - 1 as at", [HOSTILE])
    for table, column in (
        ("posts", "title"), ("highlights", "title"), ("reprints", "title"), ("reprints", "outlet_name"),
        ("account_scores", "account_name"), ("hot_topics", "name"), ("ranking", "note"), ("ranking", "unit_name"),
        ("hosted_hashtags", "hashtag"), ("subjects", "name"), ("posts", "url"), ("highlights", "url"),
    ):  # fmt: skip
        con.execute(
            f"update published.rpt_{table} t set {column} = bad.text || left(coalesce({column}, ''), 8)"
            f" from bad where bad.at = hash(t::varchar) % {len(HOSTILE)}"
        )
    con.close()
    settings = Settings(copy_of_city, threads=2, memory_limit="1GB")
    month = Month.parse("2021-08")
    gates = ledger.latest(settings, month).manifest["gates"]  # type: ignore[union-attr]
    release.publish(settings, month, reason="C", note=HOSTILE[1] + HOSTILE[4], gate_results=gates)
    return copy_of_city / "releases" / "2021-08" / "r2"


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_hostile_text_does_nothing(hostile: Path) -> None:
    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda entry: heard.append(entry.url) if not entry.url.startswith("file:") else None)
        for name in ("index.html", "en.html", "units/310110.html", "units/d-rsj.en.html", "../../index.html"):
            page.goto((hostile / name).as_uri())
            page.wait_for_timeout(100)
            assert page.locator("main img, main b b, style + b, x, script:not([type]):not(:last-of-type)").count() == 0
            links = page.eval_on_selector_all("a[href]", "all => all.map((one) => one.protocol)")
            assert set(links) <= {"file:", "http:", "https:", "mailto:"}  # to the city's contact
            assert not set("\u202e\u2067\u200b\ufeff\x07\x1b") & set(page.content())
            assert "49" not in page.locator("h1").inner_text()
        page.goto((hostile / "index.html").as_uri())
        assert "<script>alert(1)</script>" in page.inner_text("main")
        # The same page is a revised one: it says why, against what, and what it changed.
        banner = page.locator(".notice", has_text="本版为更正发布")
        assert "C 更正" in banner.inner_text()
        assert banner.locator("a", has_text="查看前一版").get_attribute("href") == "../r1/index.html"
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert Axe().run(page, options=AXE).violations_count == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()
    assert heard == []
    book = openpyxl.load_workbook(hostile / "ranking.xlsx")
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    assert any(str(cell.value).startswith("=cmd") for cell in cells)
    with (hostile / "ranking.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert not any(value[:1] in "=@+\t" for row in csv.DictReader(stream) for value in row.values() if value)
    feed = ElementTree.parse(hostile.parents[1] / "feed.xml").getroot()
    assert feed.findtext(f"{ATOM}entry/{ATOM}summary") == HOSTILE[1] + HOSTILE[4]
    bulletin = (hostile / "bulletin.md").read_text("utf-8")
    assert not set("\u202e\u2067\u200b\ufeff\x07\x1b") & set(bulletin)
    assert "<script" not in bulletin.replace("\\<", "")
    document = docx.Document(str(hostile / "bulletin.docx"))
    words = "\n".join(
        [paragraph.text for paragraph in document.paragraphs]
        + [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    )
    for text in (
        words,
        (hostile / "bulletin.txt").read_text("utf-8"),
        (hostile / "bulletin.wechat.html").read_text("utf-8"),
    ):
        assert not set("\u202e\u2067\u200b\ufeff\x07\x1b") & set(text)
    assert "<script" not in (hostile / "bulletin.wechat.html").read_text("utf-8")
