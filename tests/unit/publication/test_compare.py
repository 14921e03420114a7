"""Units are found by names of today and before, pinyin and initials, and compared over all published months."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bangdan.core.settings import Settings
from bangdan.publication.pages import charts, rank_history, units
from tests.support import html_tables, small_city
from tests.support.html_tables import Page
from tests.support.small_city import AUGUST, JULY, JUNE

pytestmark = pytest.mark.slow

NAMES = {"zh": "compare.html", "en": "compare.en.html"}


@pytest.fixture(scope="module")
def folder(small: Settings) -> Path:
    return small.releases / "2021-08/r1"


@pytest.fixture(scope="module", params=["zh", "en"])
def compare(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Page]:
    return request.param, html_tables.read(folder / NAMES[request.param])


def test_ranks_of_all_published_months_are_side_by_side(compare: tuple[str, Page]) -> None:
    """June has Huangpu and the health commission alone, July the districts alone."""
    language, read = compare
    xuhui, huangpu, yangpu = (
        ("徐汇区", "黄浦区", "杨浦区")
        if language == "zh"
        else ("Xuhui District", "Huangpu District", "Yangpu District")
    )
    assert read.rows("districts-dissemination", 0)[1:] == [
        [xuhui, "–", "3", "1"],
        [huangpu, "1", "1", "2"],
        [yangpu, "–", "2", "3"],
    ]
    assert [row[1:] for row in read.rows("departments-dissemination", 0)[1:]] == [
        ["1", "–", "1"],
        ["–", "–", "2"],
        ["–", "–", "–"],
    ]


def test_parts_of_the_scores_are_side_by_side(folder: Path) -> None:
    read = html_tables.read(folder / "compare.html")
    assert read.rows("districts-influence", 1) == [
        ["单位", "名次", "名次区间", "得分", "附加分", "评论", "点赞", "阅读"],
        ["徐汇区", "1", "1–2", "70.00", "0.00", "10.00 (9)", "0.00 (0)", "60.00 (999,999)"],
        ["杨浦区", "2", "1–3", "50.50", "0.50", "20.00 (99)", "10.00 (99)", "20.00 (99)"],
        ["黄浦区", "3", "2–4", "44.00", "4.00", "0.00 (–)", "10.00 (99)", "30.00 (999)"],
    ]


def test_a_line_is_drawn_through_the_ranks_and_broken_where_a_month_has_none() -> None:
    chart = charts.bump(
        [{"id": "a", "name": "甲", "ranks": [1, 2, None, 3]}, {"id": "b", "name": "乙", "ranks": [2, 1, 1, None]}],
        ["2021-05", "2021-06", "2021-07", "2021-08"],
    )
    first, second = chart["lines"]
    assert re.findall("[ML]", first["path"]) == ["M", "L", "M"]
    assert re.findall("[ML]", second["path"]) == ["M", "L", "L"]
    assert first["words"] == "2021-05 1, 2021-06 2, 2021-08 3"
    assert (first["is_last"], second["is_last"]) == (True, False)
    assert [y for _, y in first["dots"]] == ["16", "35", "54"]
    assert [column["text"] for column in chart["columns"]] == ["2021-05", "2021-06", "2021-07", "2021-08"]


def test_of_many_months_some_are_named_and_the_last_always() -> None:
    months = [f"{2010 + number // 12}-{number % 12 + 1:02d}" for number in range(60)]
    named = [column["text"] for column in charts.bump([], months)["columns"]]
    assert len(named) <= 6
    assert named[-1] == months[-1]


def test_a_single_month_has_no_chart_of_ranks(small: Settings) -> None:
    read = html_tables.read(small.releases / "2021-06/r1/compare.html")
    assert read.all("svg", class_="chart bump") == []
    assert [len(rows) for section, rows in read.tables if section == "districts-dissemination"] == [2]


def test_the_page_holds_what_its_units_are_found_by(folder: Path) -> None:
    html = (folder / "compare.en.html").read_text("utf-8")
    listed = json.loads(re.search(r'<script type="application/json" id="units">(.*?)</script>', html)[1])  # type: ignore[index]
    [yangpu] = [unit for unit in listed if unit["id"] == "310110"]
    assert yangpu == {
        "id": "310110", "name": "Yangpu District", "page": "units/310110.en.html",
        "terms": "杨浦区|yangpuqu|ypq|yangpudistrict|310110",
    }  # fmt: skip


def test_terms_are_lower_case_without_spaces_or_their_separator_each_once() -> None:
    assert units.terms("U 1", ["Xu Hui", None, "xuhui", "a|b"]) == "xuhui|ab|u1"


def test_a_unit_is_found_by_the_names_of_earlier_months(tmp_path: Path) -> None:
    settings = small_city.build(tmp_path, "2021-06", "2021-07", "2021-08")
    small_city.change(
        settings,
        "update published.rpt_ranking set unit_name = '南市区', unit_name_en = 'Nanshi'"
        " where ranking_month = '2021-06' and unit_id = '310101'",
    )
    for month in (JUNE, JULY, AUGUST):
        small_city.publish(settings, month, follows=month == AUGUST)
    html = (settings.releases / "2021-08/r1/index.html").read_text("utf-8")
    [terms] = set(re.findall(r'<tr data-unit="310101" data-terms="([^"]*)"', html))
    assert terms == "黄浦区|huangpuqu|hpq|huangpudistrict|南市区|nanshiqu|nsq|nanshi|310101"
    html = (settings.releases / "2021-06/r1/index.html").read_text("utf-8")
    assert "黄浦区" not in re.search(r'<tr data-unit="310101" data-terms="([^"]*)"', html)[1]  # type: ignore[index]


def test_a_former_name_is_one_that_is_no_name_of_today() -> None:
    def row(unit_id: str, name: str, name_en: str | None) -> dict:
        return {"unit_id": unit_id, "unit_name": name, "unit_name_en": name_en}

    earlier = [
        row("a", "甲", "A"),
        row("a", "旧", None),
        row("a", "旧", "Old"),
        row("b", "乙", None),
        row("c", "没", None),
    ]
    assert rank_history.former_names(earlier, [row("a", "甲", "A"), row("b", "乙", None)]) == {
        "a": ["旧", "Old"],
        "c": ["没"],
    }


def test_both_dimensions_of_a_list_are_in_one_chart_with_its_values_below(compare: tuple[str, Page]) -> None:
    language, read = compare
    assert len(read.all("circle", "districts-plane")) == 3
    names = [("徐汇区", "Xuhui District"), ("黄浦区", "Huangpu District"), ("杨浦区", "Yangpu District")]
    values = [["57.50", "1", "70.00", "1"], ["35.25", "2", "44.00", "2"], ["34.25", "2", "50.50", "2"]]
    assert read.rows("districts-plane")[1:] == [
        [name[language == "en"], *row] for name, row in zip(names, values, strict=True)
    ]
    assert len(read.all("circle", "departments-plane")) == 2  # a unit without a rank has no dot
