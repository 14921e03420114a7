"""The archive of all releases, its feed, and the page of the method."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bangdan.core.settings import Settings
from bangdan.publication.pages import archive, method_page
from tests.support import html_tables, small_city
from tests.support.small_city import AUGUST

pytestmark = pytest.mark.slow

PERIODS = ("quarters/2021-Q2", "quarters/2021-Q3", "years/2021")
PERIOD_FILES = ("index.html", "en.html", "ranking.csv", "volumes.csv")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small city with an r2 of August, in which nobody of the districts has any influence."""
    settings = small_city.city(tmp_path_factory.mktemp("revised"))
    small_city.change(
        settings,
        "update published.rpt_ranking set score = 0, base_score = 0, bonus_points = 0, rank = 1 where ranking_month = '2021-08'"
        " and ranking_list = 'districts' and dimension = 'influence'",
    )
    small_city.publish(settings, reason="R1", note="补交<i>")
    return settings


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "index.html",
            [
                ["月份", "版次", "发布日期", "两微发稿", "原创率", "各榜首位（传播力、影响力）", "更正原因"],
                ["2021-08", "2021-08 r2 现行", "–", "50,586", "59.3%", "徐汇区、市卫健委、市教委", "R1 补交<i> · 3 家单位有变化"],
                ["2021-08", "2021-08 r1 已被更正版取代", "–", "50,586", "59.3%", "徐汇区、市卫健委、市教委", ""],
                ["2021-07", "2021-07 r1 现行", "–", "46,200", "52.1%", "黄浦区", ""],
                ["2021-06", "2021-06 r1 现行", "–", "4", "50.0%", "黄浦区、市卫健委", ""],
            ],
        ),
        (
            "en.html",
            [
                ["Month", "Release", "Published on", "Posts", "Originality rate", "First of the lists", "Correction"],
                ["2021-08", "2021-08 r2 in force", "–", "50,586", "59.3%", "Xuhui District, Health Commission, Education Commission", "R1 补交<i> · 3 units changed"],
                ["2021-08", "2021-08 r1 superseded", "–", "50,586", "59.3%", "Xuhui District, Health Commission, Education Commission", ""],
                ["2021-07", "2021-07 r1 in force", "–", "46,200", "52.1%", "Huangpu District", ""],
                ["2021-06", "2021-06 r1 in force", "–", "4", "50.0%", "Huangpu District, Health Commission", ""],
            ],
        ),
    ],
)  # fmt: skip
def test_the_archive_lists_every_release_newest_first(revised: Settings, name: str, rows: list[list[str]]) -> None:
    read = html_tables.read(revised.releases / name)
    assert read.tables[0][1] == rows
    links = [str(a["href"]) for a in read.all("a") if str(a["href"]).startswith("2021")]
    assert links == [f"{month}/{name}" for month in ("2021-08/r2", "2021-08/r1", "2021-07/r1", "2021-06/r1")]
    assert all((revised.releases / link).exists() for link in links)


def test_the_feed_has_an_entry_for_every_release_dated_by_what_it_knew(revised: Settings) -> None:
    feed = ElementTree.parse(revised.releases / "feed.xml").getroot()
    assert feed.tag == f"{ATOM}feed"
    assert feed.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "zh-CN"
    assert [feed.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated", "author/" + ATOM + "name")] == [
        "urn:bangdan:releases", "政务新媒体榜单 Government new media ranking", "2021-09-10T06:00:00+08:00", "甲中心、乙中心",
    ]  # fmt: skip
    assert {item.attrib["rel"]: item.attrib["href"] for item in feed.findall(f"{ATOM}link")} == {
        "self": "feed.xml",
        "alternate": "index.html",
    }
    entries = feed.findall(f"{ATOM}entry")
    digests = [small_city.manifest_of(revised, name)["data_digest"][:16] for name in ("r2", "r1")]
    assert [entry.findtext(f"{ATOM}id") for entry in entries[:2]] == [
        f"urn:bangdan:2021-08:r2:{digests[0]}", f"urn:bangdan:2021-08:r1:{digests[1]}",
    ]  # fmt: skip
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        "2021-08 r2 更正 R1",
        "2021-08 r1",
        "2021-07 r1",
        "2021-06 r1",
    ]
    assert [entry.findtext(f"{ATOM}updated") for entry in entries] == [
        "2021-09-10T06:00:00+08:00", "2021-09-10T06:00:00+08:00", "2021-09-10T06:00:00+08:00", "2021-06-02T06:00:00+08:00",
    ]  # fmt: skip
    assert [entry.find(f"{ATOM}link").attrib["href"] for entry in entries] == [  # type: ignore[union-attr]
        "2021-08/r2/index.html", "2021-08/r1/index.html", "2021-07/r1/index.html", "2021-06/r1/index.html",
    ]  # fmt: skip
    summaries = [entry.findtext(f"{ATOM}summary") or "" for entry in entries]
    assert summaries[0] == "补交<i>"
    assert summaries[1].startswith("2021年8月，全市政务新媒体两微共发稿50,586篇")
    assert summaries[2].startswith("2021年7月，全市政务新媒体两微共发稿46,200篇")


def test_what_was_written_is_recorded_with_its_hashes(revised: Settings) -> None:
    manifest = json.loads((revised.releases / "archive.json").read_text("utf-8"))
    assert manifest["files"] == {
        name: hashlib.sha256((revised.releases / name).read_bytes()).hexdigest()
        for name in [*archive.PAGES, *(f"{folder}/{name}" for folder in PERIODS for name in PERIOD_FILES)]
    }
    assert manifest["code_version"] == small_city.manifest_of(revised)["code_version"]
    assert json.loads((revised.releases / archive.INDEX).read_text("utf-8")) == manifest


def test_a_city_without_releases_has_an_empty_archive_and_a_feed_of_1970(tmp_path: Path) -> None:
    made = archive.pages(small_city.settings_of(tmp_path))
    feed = ElementTree.fromstring(made["feed.xml"])
    assert feed.findtext(f"{ATOM}updated") == "1970-01-01T00:00:00+00:00"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Bangdan"
    assert feed.findall(f"{ATOM}entry") == []
    assert archive.index_problems(small_city.settings_of(tmp_path)) == [
        "archive: archive.json is missing or damaged; the next publication of any month writes it again"
    ]


@pytest.mark.parametrize(("language", "source"), [("zh", "README.md"), ("en", "README.en.md")])
def test_the_method_stays_with_its_list_without_links_that_lead_nowhere(language: str, source: str) -> None:
    html = method_page.page(AUGUST, language)
    read = html_tables.Page(html)
    text = (small_city.PROJECT / "docs/methodology" / source).read_text("utf-8")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(heads) > 5
    assert [head for head in heads if head.replace("`", "") not in read.text] == []
    twin = "method.en.html" if language == "zh" else "method.html"
    assert {a["href"] for a in read.all("a")} == {"#main", "index.html" if language == "zh" else "en.html", twin}
    assert "README" not in read.text
    groups = [entry["aria-label"] for entry in read.all("div", class_="scroll")]
    word = "表" if language == "zh" else "Table"
    assert groups == [f"{word} {number}" for number in range(1, len(read.tables) + 1)]
    assert len(groups) > 1
    assert html.count("</table></div>") == len(groups)
    assert "2021-08" in read.text
