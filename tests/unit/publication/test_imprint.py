"""A release names its dates, whom to write to and how it is cited: on its pages, in its notes, and in its manifest."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pyarrow as pa
import pytest

from bangdan.core.errors import UsageError
from bangdan.core.files import sha256_of
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import imprint, ledger, pointers, release, verification
from bangdan.publication.edition import Edition
from bangdan.publication.formats import citation
from bangdan.publication.imprint import Imprint
from tests.support import html_tables, small_city
from tests.support.small_city import AUGUST, CITY, JULY

pytestmark = pytest.mark.slow

DAY = date(2021, 9, 15)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """July published without a date and before there was a city.yml, August with both."""
    settings = small_city.build(tmp_path_factory.mktemp("issued"), "2021-07", "2021-08")
    small_city.publish(settings, JULY, follows=False)
    (settings.city / "city.yml").write_text(CITY, "utf-8")
    small_city.publish(settings, AUGUST, published_on=DAY)
    return settings


@pytest.fixture
def folder(issued: Settings) -> Path:
    return issued.releases / "2021-08/r1"


def test_the_manifest_records_the_imprint(issued: Settings) -> None:
    assert small_city.manifest_of(issued)["imprint"] == {
        "published_on": "2021-09-15", "next_due_on": "2021-10-16", "contact": "ranking@example.org",
        "appeal": "https://example.org/appeal?a=1&b=2", "web_address": "https://example.org/ranking/",
    }  # fmt: skip
    assert small_city.manifest_of(issued, month=JULY)["imprint"]["published_on"] is None
    assert imprint.of_manifest(small_city.manifest_of(issued)).data_cut_off == "2021-09-10"
    assert verification.verify(issued) == []


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("index.html", ["发布日期 2021-09-15 · 数据截至 2021-09-10 · 下期不晚于 2021-10-16", "联系：ranking@example.org", "申诉：https://example.org/appeal?a=1&b=2"]),
        ("en.html", ["Published on 2021-09-15 · data as of 2021-09-10 · next list due by 2021-10-16", "Contact: ranking@example.org", "Appeal: https://example.org/appeal?a=1&b=2"]),
        ("units/310104.html", ["联系：ranking@example.org", "申诉：https://example.org/appeal?a=1&b=2"]),
        ("units/310104.en.html", ["Contact: ranking@example.org"]),
        ("../../index.html", ["发布日期", "2021-09-15", "下期榜单不晚于2021-10-16发布。", "联系：ranking@example.org", "数据许可： CC-BY-4.0"]),
        ("../../en.html", ["Published on", "2021-09-15", "The next list is due by 2021-10-16.", "Appeal: https://example.org/appeal?a=1&b=2"]),
    ],
)  # fmt: skip
def test_pages_show_dates_contact_and_appeal(folder: Path, name: str, texts: list[str]) -> None:
    read = html_tables.read(folder / name)
    assert [text for text in texts if text not in read.text] == []
    links = [a["href"] for a in read.all("a")]
    assert {"mailto:ranking@example.org", "https://example.org/appeal?a=1&b=2"} <= set(links)


def test_a_release_without_date_and_city_names_what_is_known(issued: Settings) -> None:
    text = html_tables.read(issued.releases / "2021-07/r1/index.html").text
    assert "数据截至 2021-09-10 · 下期不晚于 2021-09-16" in text
    assert "发布日期" not in text
    assert "联系" not in text


def test_the_notes_to_the_data_hold_the_same(folder: Path, issued: Settings) -> None:
    digest = small_city.manifest_of(issued)["data_digest"]
    notes = (folder / "notes.txt").read_text("utf-8").splitlines()
    lines = [
        "发布 / Issued by: 甲中心、乙中心", "发布日期 / Published on: 2021-09-15", "数据截至 / Data cut-off: 2021-09-10",
        "下期不晚于 / Next list due by: 2021-10-16", "数据许可 / Licence: CC-BY-4.0", "联系 / Contact: ranking@example.org",
        "申诉 / Appeal: https://example.org/appeal?a=1&b=2",
        "引用 / Cite as: 甲中心、乙中心：2021年8月政务新媒体榜单, r1, 方法版本 2021-01, 2021-09-15, "
        f"https://example.org/ranking/id/{digest}/",
    ]  # fmt: skip
    assert notes[:10] == ["榜单 2021-08 r1", "", *lines]
    assert "rank: 名次 / Rank; ties share one" in notes
    assert json.loads((folder / "ranking.json").read_text("utf-8"))["notes"] == lines
    sheet = openpyxl.load_workbook(folder / "ranking.xlsx")["说明 Notes"]
    assert [cell.value for (cell,) in sheet.iter_rows(min_row=18, max_col=1) if cell.value] == lines


def test_the_database_and_the_feed_know_the_day(issued: Settings) -> None:
    con = small_city.published(issued)
    assert con.execute("select ranking_month, published_on from published.releases").fetchall() == [
        ("2021-07", None),
        ("2021-08", DAY),
    ]
    con.close()
    feed = (issued.releases / "feed.xml").read_text("utf-8")
    assert feed.count("<published>") == feed.count("<published>2021-09-15T00:00:00+08:00</published>") == 1
    assert pointers.problems(issued) == []


def test_a_damaged_page_is_written_again_with_the_day_of_its_publication(issued: Settings, folder: Path) -> None:
    before = {path: sha256_of(path) for path in folder.rglob("*") if path.is_file()}
    for name in ("index.html", "notes.txt", "citation.bib"):
        (folder / name).write_text("damaged")
    assert sorted(small_city.publish(issued).repaired) == ["citation.bib", "index.html", "notes.txt"]
    assert {path: sha256_of(path) for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("day", [date(2021, 8, 31), date(2021, 9, 9)])
def test_no_list_is_published_before_its_data_are_known(tmp_path: Path, day: date) -> None:
    settings = small_city.build(tmp_path, "2021-08")
    with pytest.raises(UsageError, match=f"--published-on {day}: the data of 2021-08 go up to 2021-09-10"):
        small_city.publish(settings, published_on=day)
    assert ledger.latest(settings, AUGUST) is None


@pytest.mark.parametrize(
    ("cut_off", "earliest"),
    [
        (None, date(2021, 9, 1)),  # the month is over
        ("2021-08-20T00:00:00+08:00", date(2021, 9, 1)),
        ("2021-09-10T06:00:00+08:00", date(2021, 9, 10)),
        ("2021-09-09T23:00:00+00:00", date(2021, 9, 10)),  # the day of Shanghai
    ],
)
def test_the_first_day_of_publication_is_that_of_the_last_export_and_after_the_month(
    tmp_path: Path, cut_off: str | None, earliest: date
) -> None:
    settings = small_city.settings_of(tmp_path)
    assert imprint.of(settings, AUGUST, earliest, cut_off).published_on == str(earliest)
    with pytest.raises(UsageError, match=f"the data of 2021-08 go up to {earliest}"):
        imprint.of(settings, AUGUST, earliest - timedelta(days=1), cut_off)


def test_a_rolled_back_release_has_a_day_of_its_own(tmp_path: Path) -> None:
    settings = small_city.build(tmp_path, "2021-08")
    small_city.publish(settings, published_on=DAY)
    small_city.change(settings, "update published.rpt_ranking set note = '更正'")
    small_city.publish(settings, reason="C", note="更正", published_on=date(2021, 9, 20))
    release.roll_back(settings, AUGUST, "r1", "撤回", date(2021, 9, 21))
    days = [entry.manifest["imprint"]["published_on"] for entry in ledger.of_month(settings, AUGUST)]
    assert days == ["2021-09-15", "2021-09-20", "2021-09-21"]


# How a release is cited


def test_bibtex_and_csl_json_name_issuers_release_day_and_address(folder: Path, issued: Settings) -> None:
    digest = small_city.manifest_of(issued)["data_digest"]
    note = f"method 2021-01; data as of 2021-09-10; SHA-256 of the data {digest}"
    assert (folder / "citation.bib").read_text("utf-8") == (
        "@misc{bangdan-2021-08-r1,\n"
        "  author = {{甲中心} and {乙中心}},\n"
        "  title = {{2021年8月政务新媒体榜单 / Government new media ranking, 2021-08}},\n"
        "  year = {2021},\n"
        "  date = {2021-09-15},\n"
        "  version = {r1},\n"
        f"  url = {{https://example.org/ranking/id/{digest}/}},\n"
        f"  note = {{{note}}},\n"
        "}\n"
    )
    assert json.loads((folder / "citation.json").read_text("utf-8")) == [
        {
            "id": "bangdan-2021-08-r1", "type": "dataset",
            "title": "2021年8月政务新媒体榜单 / Government new media ranking, 2021-08",
            "author": [{"literal": "甲中心"}, {"literal": "乙中心"}], "version": "r1", "note": note,
            "URL": f"https://example.org/ranking/id/{digest}/", "issued": {"date-parts": [[2021, 9, 15]]},
        }
    ]  # fmt: skip


def edition(issuer: str, **more: str) -> Edition:
    tables = {
        "issuers": pa.table({"issuer_name": [issuer], "issuer_name_en": pa.array([None], pa.string())}),
        "monthly_summary": pa.table({"method_version": ["2021-01"]}),
    }
    return Edition(Month.parse("2021-08"), "r2", tables, "f" * 64, [], imprint=Imprint(**more))


def test_without_day_and_address_a_release_is_cited_by_its_name() -> None:
    made = edition("甲")
    assert citation.sentence(made, "en") == (
        "甲: Government new media ranking, 2021-08, r2, method 2021-01, urn:bangdan:2021-08:r2:ffffffffffffffff"
    )
    assert not {"year", "date", "url"} & {line.split(" = ")[0].strip() for line in citation.bibtex(made).splitlines()}
    assert not {"issued", "URL"} & json.loads(citation.csl_json(made))[0].keys()


def test_no_character_of_an_issuer_is_markup_of_bibtex() -> None:
    [line] = [entry for entry in citation.bibtex(edition("A{&}\\ 50%\n@x")).splitlines() if "author" in entry]
    assert line == r"  author = {{A\{\&\}\textbackslash{} 50\% @x}},"


def test_words_that_are_no_link_are_shown_as_words() -> None:
    from bangdan.core.rendering import environment, words

    template = environment().from_string("{% from 'parts.html' import answers %}{{ answers(imprint, w) }}")
    shown = template.render(
        imprint=SimpleNamespace(contact="javascript:alert(1)", appeal="写信 to a@b <i>"), w=words("en")
    )
    assert shown == ("<p>Contact: <bdi>javascript:alert(1)</bdi></p><p>Appeal: <bdi>写信 to a@b &lt;i&gt;</bdi></p>")
