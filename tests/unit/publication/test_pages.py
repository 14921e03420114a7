"""The pages of the small city, cell by cell, in both languages: each figure is the one that the tables hold."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.settings import Settings
from bangdan.publication import release_files
from bangdan.publication.pages import preview, ranking_page
from tests.support import html_tables, small_city
from tests.support.html_tables import Page
from tests.support.small_city import AUGUST

NAMES = {"zh": "index.html", "en": "en.html"}
MOVES = {
    "zh": {"NEW": "★ 新上榜", "RE": "★ 重新上榜", "up": "▲ {} 上升", "down": "▼ {} 下降", "same": "＝ 持平"},
    "en": {"NEW": "★ new", "RE": "★ returned", "up": "▲ {} up", "down": "▼ {} down", "same": "＝ unchanged"},
}


@pytest.fixture(scope="module")
def folder(small: Settings) -> Path:
    return small.releases / "2021-08/r1"


@pytest.fixture(scope="module", params=["zh", "en"])
def month(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Page]:
    return request.param, html_tables.read(folder / NAMES[request.param])


@pytest.fixture(scope="module", params=["zh", "en"])
def unit(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Page]:
    return request.param, html_tables.read(
        folder / ("units/310104.html" if request.param == "zh" else "units/310104.en.html")
    )


def two(text: str) -> str:
    return str(D(text).quantize(D("0.01"), ROUND_HALF_UP))


def as_read(row: dict[str, str], language: str) -> list[str]:
    """A row of ranking.csv as the page must show it."""
    moves = MOVES[language]
    change = row["rank_change"]
    kind = "" if not change else "up" if int(change) > 0 else "down" if int(change) < 0 else "same"
    move = moves.get(row["movement"]) or (moves[kind].format(abs(int(change))) if kind else "–")
    name = row["unit_name"] if language == "zh" else row["unit_name_en"] or row["unit_name"]
    between = "–" if not row["rank_low"] else row["rank_low"] if row["rank_low"] == row["rank_high"] else f"{row['rank_low']}–{row['rank_high']}"  # fmt: skip
    return [
        row["rank"] or "–", f"{name} {row['note']}".strip(), move, two(row["score"]), two(row["base_score"]), two(row["bonus_points"]),
        row["rank_without_bonus"] or "–", between, row["tier"] or "–",
    ]  # fmt: skip


def test_every_cell_of_the_four_lists_is_the_cell_of_the_table(month: tuple[str, Page], folder: Path) -> None:
    language, read = month
    with (folder / "ranking.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    sections = [
        f"{entry}-{dimension}" for entry in ("districts", "departments") for dimension in ("dissemination", "influence")
    ]
    shown = {section: read.rows(section)[1:] for section in sections}
    wanted = {
        section: [as_read(row, language) for row in rows if f"{row['ranking_list']}-{row['dimension']}" == section]
        for section in sections
    }
    assert shown == wanted
    assert [section for section, _ in read.tables if section in sections] == sections
    assert [len(part) for part in shown.values()] == [3, 3, 3, 3]


def test_the_lists_on_paper(folder: Path) -> None:
    """The same, worked by hand from the values of the small city."""
    read = html_tables.read(folder / "index.html")
    assert read.rows("districts-dissemination") == [
        ["名次", "单位", "变化", "得分", "基础分", "附加分", "无附加分名次", "名次区间", "档"],
        ["1", "徐汇区", "▲ 2 上升", "57.50", "57.50", "0.00", "1", "1–2", "1"],
        ["2", "黄浦区", "▼ 1 下降", "35.25", "31.25", "4.00", "3", "1–3", "2"],
        ["3", "杨浦区", "▼ 1 下降", "34.25", "33.75", "0.50", "2", "2–4", "2"],
    ]
    assert read.rows("departments-influence")[1:] == [
        ["1", "市教委", "★ 新上榜", "20.00", "20.00", "0.00", "1", "1–2", "1"],
        ["2", "市卫健委", "★ 重新上榜", "0.00", "0.00", "0.00", "2", "1–3", "2"],
        ["–", "市总工会 不参评", "–", "0.00", "0.00", "0.00", "–", "–", "–"],
    ]


def test_a_heavy_line_opens_a_tier_and_never_the_list(month: tuple[str, Page]) -> None:
    rows = month[1].all("tr", "districts-dissemination")[1:]
    assert [row.get("class") for row in rows] == [None, "tier", None]


def test_the_bars_show_base_and_bonus_on_the_scale_of_the_first(month: tuple[str, Page]) -> None:
    """The first has 57.5 points; 31.25 of them are 54.3 %, 4 are 7.0 %."""
    rects = [r for r in month[1].all("rect", "districts-dissemination") if "%" in (r["width"] or "")]
    assert [(r["class"], r["x"], r["width"]) for r in rects] == [
        ("k-base", "0.0%", "100.0%"), ("k-base", "0.0%", "54.3%"), ("k-bonus", "54.3%", "7.0%"), ("k-base", "0.0%", "58.7%"),
        ("k-bonus", "58.7%", "0.9%"),
    ]  # fmt: skip


def test_the_whisker_ends_at_the_worst_rank_of_any_interval(month: tuple[str, Page]) -> None:
    """Ranks 1 to 4 lie at 4, 34.7, 65.3 and 96 percent."""
    whiskers = month[1].all("line", "districts-dissemination", class_="whisker")
    # Each is drawn twice: below the name for narrow screens, in a column of its own for wide ones.
    assert [(whisker["x1"], whisker["x2"]) for whisker in whiskers] == [
        ("4.0%", "34.7%"), ("4.0%", "34.7%"), ("4.0%", "65.3%"), ("4.0%", "65.3%"), ("34.7%", "96.0%"), ("34.7%", "96.0%"),
    ]  # fmt: skip
    dots = month[1].all("circle", "districts-dissemination")
    assert [whisker["cx"] for whisker in dots] == ["4.0%", "4.0%", "34.7%", "34.7%", "65.3%", "65.3%"]


def test_cells_carry_the_values_they_sort_by(month: tuple[str, Page]) -> None:
    values = [entry["data-value"] for entry in month[1].all("td", "districts-dissemination") if "data-value" in entry]
    assert values == ["2", "57.50", "1", "-1", "35.25", "1", "-1", "34.25", "2"]
    rows = [entry for entry in month[1].all("tr", "districts-dissemination") if "data-unit" in entry]
    assert [(row["data-unit"], row["data-terms"]) for row in rows] == [
        ("310104", "徐汇区|xuhuiqu|xhq|xuhuidistrict|310104"), ("310101", "黄浦区|huangpuqu|hpq|huangpudistrict|310101"),
        ("310110", "杨浦区|yangpuqu|ypq|yangpudistrict|310110"),
    ]  # fmt: skip


def test_the_totals_of_the_month(month: tuple[str, Page]) -> None:
    language, read = month
    wanted = {
        "zh": [
            "政务新媒体榜单", "联合发布： 甲中心、乙中心 · 版次 r1 · 方法版本 2021-01", "两微发稿50,586微信 16,734 · 微博 33,852",
            "原创29,978按平台标记", "原创率59.3%比上月提高 7.2 个百分点", "计入的转载1,567参评单位互转（不计分） 103",
        ],
        "en": [
            "Government new media ranking, 2021-08", "Issued by Centre A, Centre B · Release r1 · method 2021-01",
            "Posts50,586WeChat 16,734 · Weibo 33,852", "Originals29,978by the platform", "Originality rate59.3%up on last month by 7.2 points",
            "Counted reprints1,567Reprints by ranked units (not scored) 103",
        ],
    }  # fmt: skip
    assert [text for text in wanted[language] if text not in read.text] == []
    # 29 978, 40 000 and 35 000 of 50 586 posts.
    assert [row[1:] for row in read.rows("glance")[1:]] == [
        ["29,978", "59.3%"],
        ["40,000", "79.1%"],
        ["35,000", "69.2%"],
    ]


def test_at_a_glance_the_month_is_told_in_sentences_of_the_bulletin(folder: Path) -> None:
    text = html_tables.read(folder / "index.html").text
    assert "区级榜单：传播力方面，徐汇区以57.50分居首位。影响力方面，徐汇区以70.00分居首位。" in text
    assert "委办局和人民团体榜单：传播力方面，市卫健委以42.50分居首位。影响力方面，市教委以20.00分居首位。" in text
    text = html_tables.read(folder / "en.html").text
    assert (
        "Districts: Dissemination: Xuhui District leads with 57.50 points. Influence: Xuhui District leads with 70.00 points."
        in text
    )


def test_rises_and_falls_have_their_cause_and_the_link_to_their_page(month: tuple[str, Page]) -> None:
    """Moves of one place within the earlier interval are left out: Yangpu's, and Xuhui's rise in influence."""
    language, read = month
    rise, fall = {
        "zh": (
            "▲ 2 徐汇区传播力上升2位至第1位，主要由于篇均转载增加；住房、就业类稿件转载增加较多。",
            "▼ 2 黄浦区影响力下降2位至第3位，主要由于每次转载获得的阅读和互动减少。",
        ),
        "en": (
            "▲ 2 Xuhui District: dissemination up 2 to rank 1, mainly by more reprints per post; reprints grew most for housing (+5), employment (+3).",
            "▼ 2 Huangpu District: influence down 2 to rank 3, mainly by fewer reads and reactions per reprint.",
        ),
    }[language]  # fmt: skip
    assert rise in read.text
    assert fall in read.text
    ending = ".html" if language == "zh" else ".en.html"
    assert [a["href"] for a in read.all("a", "moves")] == [f"units/310104{ending}", f"units/310101{ending}"]


def test_a_month_in_which_nothing_moved_says_so(folder: Path) -> None:
    read = html_tables.read(folder.parents[1] / "2021-07/r1/en.html")
    sentence = "On the month before no unit moved by two places or more, or out of its rank interval of then."
    assert read.text.count(sentence) == 1
    assert read.all("a", "moves") == []


def test_topics_tell_their_parts_units_and_stories(month: tuple[str, Page]) -> None:
    language, read = month
    wanted = {
        "zh": ["疫情防控4,231 篇稿件 · 5 家单位 · 被转载 1,500疫苗接种400科学防疫150发稿较多：黄浦区 30、杨浦区 20、徐汇区 1传播较好的稿件：徐汇区 亮点1杨浦区 亮点2黄浦区 亮点3", "双减120 篇稿件 · 3 家单位 · 被转载 40发稿较多：黄浦区 9"],
        "en": ["Epidemic control4,231 posts · 5 units · carried 1,500Vaccination400Science150Most posts: Huangpu District 30, Yangpu District 20, Xuhui District 1Carried well:Xuhui District 亮点1Yangpu District 亮点2Huangpu District 亮点3", "Double Reduction120 posts · 3 units · carried 40"],
    }[language]  # fmt: skip
    squeezed = re.sub(r"\s+", "", read.text)
    assert [text for text in wanted if re.sub(r"\s+", "", text) not in squeezed] == []
    assert squeezed.index(re.sub(r"\s+", "", wanted[0])) < squeezed.index(re.sub(r"\s+", "", wanted[1]))
    assert [r["width"] for r in read.all("rect", "topics", class_="k-base")] == ["100.0%", "37.5%"]


def test_hosted_hashtags_with_what_is_not_known_as_a_dash(month: tuple[str, Page]) -> None:
    language, read = month
    hosts = ("黄浦区", "徐汇区") if language == "zh" else ("Huangpu District", "Xuhui District")
    assert read.rows("hashtags")[1:] == [
        ["#社区#", hosts[0], "5", "1", "–", "1", "2"], ["#滨江#", hosts[1], "2", "8", "8,919", "–", "22"],
    ]  # fmt: skip


def test_highlights_stand_by_theme_list_and_dimension_with_their_points(month: tuple[str, Page]) -> None:
    language, read = month
    squeezed = re.sub(r"\s+", "", read.text)
    names = (
        ("徐汇区", "杨浦区", "黄浦区") if language == "zh" else ("XuhuiDistrict", "YangpuDistrict", "HuangpuDistrict")
    )
    stories = f"亮点1{names[0]}·9.00亮点2{names[1]}·8.00亮点3{names[2]}·7.00"
    heads = (
        ("区级榜单·传播力", "区级榜单·影响力")
        if language == "zh"
        else ("Districts·Dissemination", "Districts·Influence")
    )
    themes = ("全部稿件", "疫情防控") if language == "zh" else ("Allposts", "Epidemiccontrol")
    assert "".join(theme + "".join(head + stories for head in heads) for theme in themes) in squeezed
    assert {a["href"] for a in read.all("a", "highlights")} == {"http://example.org/h"}


def test_of_a_themes_highlights_three_are_shown_and_of_all_posts_every_one() -> None:
    rows = [
        {"ranking_list": "districts", "theme_id": theme, "dimension": "influence", "position": at, "unit_id": f"u{at}", "title": f"亮点{at}", "url": None, "contribution": D(9)}
        for theme in (None, "t") for at in range(1, 6)
    ]  # fmt: skip
    topics = [{"theme_id": "t", "name": "题", "name_en": "T", "post_count": 1, "unit_count": 1, "reprint_count": 1}]
    tables = minimal() | {"highlights": rows, "hot_topics": topics}
    text = rendered(tables).text
    assert text.count("亮点") == 5 + 3 + 2  # and the head of the section and the contents
    tables["topic_units"] = [
        {"theme_id": "t", "unit_id": unit, "post_count": 20 - at} for at, unit in enumerate(small_city.UNITS)
    ]
    tables["topic_units"] += [{"theme_id": "t", "unit_id": "310101", "post_count": n} for n in (5, 4, 3, 0)]
    wrote = rendered(tables).text
    assert [n for n in (20, 15, 5, 4, 3, 0) if re.search(rf"黄浦区 {n}\b|市总工会 {n}\b", wrote)] == [20, 15, 5, 4]


def test_the_method_is_shown_with_weights_and_goalposts(month: tuple[str, Page]) -> None:
    rows = [row[2:] for row in month[1].rows("method")[1:]]
    assert rows == [
        ["0.30", "99"], ["0.30", "99"], ["0.25", "9,999"], ["0.15", "9,999"], ["0.20", "99"], ["0.20", "9,999"], ["0.60", "999,999"],
    ]  # fmt: skip
    first = ["传播力", "新闻客户端转载"] if month[0] == "zh" else ["Dissemination", "Reprints in news apps"]
    assert month[1].rows("method")[1][:2] == first
    wechat = "微信转载" if month[0] == "zh" else "Reprints on WeChat"
    assert month[1].rows("method")[3][1] == wechat


def test_rival_indices_with_tau_by_list_and_dimension(month: tuple[str, Page]) -> None:
    name = "微博传播指数" if month[0] == "zh" else "Weibo index"
    head, *rows = month[1].rows("rivals")
    assert rows == [[name, "0.13", "-0.33", "1.00", "–"]]
    assert head[1] == ("区级榜单 · 传播力" if month[0] == "zh" else "Districts · Dissemination")


def test_gates_and_their_warnings_are_told_with_measure_and_limit(month: tuple[str, Page]) -> None:
    language, read = month
    wanted = {
        "zh": ["原始导出：11 项检查，通过", "7 项检查，通过，1 项提示", "too many reprints wait for a person · 0.144 · 限值 0.25", "封顶计数 2 · 放开后也不会改变名次", " 7"],
        "en": ["Raw exports：11 checks，passed", "7 checks，passed，1 warnings:", "too many reprints wait for a person · 0.144 · limit 0.25", "Capped counts 2 · uncapped they could change no rank", " 7"],
    }[language]  # fmt: skip
    text = re.sub(r"\s+", "", read.text)
    assert [entry for entry in wanted if re.sub(r"\s+", "", entry) not in text] == []


def test_coverage_shows_items_silent_days_and_channels_that_were_not_seen(month: tuple[str, Page]) -> None:
    language, read = month
    none = "无" if language == "zh" else "none"
    assert [[row[1], row[3]] for row in read.rows("quality")[1:]] == [
        ["49", none],
        ["0", none],
        ["0", none],
        ["50", "08-02"],
    ]
    # 28 is the tallest: 7, 14 and 28 items; of Weibo 10 and 40, and a low bar for the silent day.
    bars = [(r["class"], r["x"], r["y"], r["height"]) for r in read.all("rect", "quality")]
    assert bars == [
        ("k-item", "0", "23.0", "7.0"), ("k-item", "6", "16.0", "14.0"), ("k-item", "12", "2.0", "28.0"),
        ("k-item", "0", "23.0", "7.0"), ("k-none", "6", "24", "6"), ("k-item", "12", "2.0", "28.0"),
    ]  # fmt: skip


def test_files_are_listed_with_size_and_hash_as_the_manifest_has_them(
    month: tuple[str, Page], small: Settings, folder: Path
) -> None:
    manifest = small_city.manifest_of(small)["files"]
    rows = [row for number in (0, 1) for row in month[1].rows("files", number)[1:]]
    assert [row[0] for row in rows] == [
        "accounts.csv", "bulletin.docx", "bulletin.md", "bulletin.txt", "bulletin.wechat.html",
        "citation.bib", "citation.json", "contract.odcs.yaml", "croissant.json", "datapackage.json", "notes.txt", "outlets.csv", "ranking.csv",
        "ranking.json", "ranking.parquet", "ranking.xlsx", "topic_outlets.csv", "topic_posts.csv", *sorted(name for name in manifest if name.startswith("tables/")),
    ]  # fmt: skip
    for name, size, digest in rows:
        assert digest == manifest[name]
        count = (folder / name).stat().st_size
        assert size == (f"{count} B" if count < 1000 else f"{round(count / 1000):,} kB"), name
    assert [a["href"] for a in month[1].all("a", "files")][:10] == [row[0] for row in rows[:10]]


def test_machines_read_who_made_the_data_set_and_where_its_files_are(month: tuple[str, Page], folder: Path) -> None:
    language, _ = month
    html = (folder / NAMES[language]).read_text("utf-8")
    manifest = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1])  # type: ignore[index]
    assert (manifest["@type"], manifest["version"], manifest["temporalCoverage"]) == (
        "Dataset",
        "r1",
        "2021-08-01/2021-08-31",
    )
    assert manifest["measurementTechnique"] == "method 2021-01"
    assert manifest["license"] == ["CC-BY-4.0"]
    issuers = ["甲中心", "乙中心"] if language == "zh" else ["Centre A", "Centre B"]
    assert [entry["name"] for entry in manifest["creator"]] == issuers
    assert manifest["inLanguage"] == ("zh-CN" if language == "zh" else "en")
    assert manifest["name"].startswith("2021-08 ")
    assert {entry["contentUrl"]: (entry["contentSize"], entry["encodingFormat"]) for entry in manifest["distribution"]} == {
        f"ranking.{form}": (str((folder / f"ranking.{form}").stat().st_size), kind)
        for form, kind in (
            ("csv", "text/csv"), ("json", "application/json"), ("parquet", "application/vnd.apache.parquet"),
            ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )
    }  # fmt: skip


def test_a_page_allows_its_own_style_and_script_and_nothing_else(folder: Path) -> None:
    import base64
    import hashlib

    for name in ("index.html", "units/310104.html", "method.html", "../../index.html"):
        html = (folder / name).read_text("utf-8")
        policy = re.search('http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1]  # type: ignore[index]
        style = re.search("<style>(.*?)</style>", html, re.DOTALL)[1]  # type: ignore[index]
        wanted = [
            f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
        ]
        if name in ("index.html", "units/310104.html"):
            script = re.search("<script>(.*?)</script>", html, re.DOTALL)[1]  # type: ignore[index]
            wanted.append(f"script-src 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'")
            wanted.append("img-src data:")  # a chart that its script saves as a picture
        assert policy.replace("&#39;", "'") == "; ".join([*wanted, "base-uri 'none'", "form-action 'none'"]), name


def test_the_two_languages_point_to_each_other(folder: Path) -> None:
    for name, twin, language in (
        ("index.html", "en.html", "zh-CN"), ("en.html", "index.html", "en"), ("units/310104.html", "310104.en.html", "zh-CN"),
        ("units/310104.en.html", "310104.html", "en"), ("method.html", "method.en.html", "zh-CN"), ("method.en.html", "method.html", "en"),
        ("../../index.html", "en.html", "zh-CN"), ("../../en.html", "index.html", "en"),
    ):  # fmt: skip
        read = html_tables.read(folder / name)
        [link] = read.all("a", hreflang="en" if language == "zh-CN" else "zh-CN")
        assert link["href"] == twin, name
        assert read.all("html")[0]["lang"] == language


# A unit's page


def test_a_unit_page_shows_both_standings(unit: tuple[str, Page]) -> None:
    language, read = unit
    wanted = {
        "zh": ["徐汇区 2021-08 r1 · 区级榜单", "传播力第1名▲ 2 上升得分 57.50 · 区间 1–2 · 第1档", "影响力第1名▲ 1 上升得分 70.00 · 区间 1–2 · 第1档", "两微发稿12微信 4 · 微博 8 · 原创率 50.0%", "计入的转载207转载渠道 1,005 · 参评单位互转（不计分） 4"],
        "en": ["Xuhui District 2021-08 r1 · Districts", "DisseminationNo. 1▲ 2 upScore 57.50 · interval 1–2 · tier 1", "InfluenceNo. 1▲ 1 upScore 70.00", "Posts12WeChat 4 · Weibo 8 · Originality rate 50.0%", "outlets 1,005 · Reprints by ranked units (not scored) 4"],
    }[language]  # fmt: skip
    text = re.sub(r"\s+", "", read.text)
    assert [entry for entry in wanted if re.sub(r"\s+", "", entry) not in text] == []


def test_a_unit_page_shows_the_parts_of_the_score(unit: tuple[str, Page]) -> None:
    rows = unit[1].rows("dissemination")[1:]
    assert [row[1:] for row in rows] == [
        ["99", "99", "0.30", "50.0%", "30.00"], ["9", "99", "0.30", "50.0%", "15.00"], ["99", "9,999", "0.25", "50.0%", "12.50"],
        ["0", "9,999", "0.15", "50.0%", "0.00"], ["–", "–", "–", "–", "0.00"],
    ]  # fmt: skip
    assert [row[1:] for row in unit[1].rows("influence")[1:]] == [
        ["9", "99", "0.20", "50.0%", "10.00"], ["0", "9,999", "0.20", "50.0%", "0.00"],
        ["≥ 999,999", "999,999", "0.60", "50.0%", "60.00"], ["–", "–", "–", "–", "0.00"],
    ]  # fmt: skip
    # Of 105 points at most: 30, 15 and 12.5.
    rects = [r for r in unit[1].all("rect", "dissemination") if "%" in (r["width"] or "") and r["height"] == "26"]
    assert [(r["class"], r["x"], r["width"]) for r in rects] == [
        ("k-news_app", "0.0%", "28.6%"), ("k-news_site", "28.6%", "14.3%"), ("k-wechat", "42.9%", "11.9%"),
    ]  # fmt: skip


def test_an_indicator_that_is_not_known_is_a_dash(folder: Path) -> None:
    rows = html_tables.read(folder / "units/310101.html").rows("influence")[1:]
    assert rows[0] == ["评论", "–", "99", "0.20", "0.0%", "0.00"]


def test_causes_come_largest_first_and_add_up_to_the_change(unit: tuple[str, Page], folder: Path) -> None:
    language, read = unit
    rows = read.rows("influence", 1)[1:]
    manifest = {
        row["cause"]: row["change_points"]
        for row in pq.read_table(folder / "tables/score_changes.parquet").to_pylist()
        if (row["unit_id"], row["dimension"]) == ("310104", "influence") and row["change_points"]
    }
    names = {"zh": {"engagement": "次均互动", "reach": "篇均转载", "volume": "发稿量"}, "en": {"engagement": "engagement per reprint", "reach": "reprints per post", "volume": "posts"}}[language]  # fmt: skip
    assert rows == [[names[cause], "", f"+{two(str(manifest[cause]))}"] for cause in ("engagement", "reach", "volume")]
    assert "+40.00" in read.text  # 70 of August less 30 of July
    # The longest bar is half of the width; one that lost would lie left of the middle.
    bars = [
        (r["class"], r["x"], r["width"])
        for r in read.all("rect", "influence")
        if (r.get("class") or "") in ("k-more", "k-less")
    ]
    longest = manifest["engagement"]
    assert bars == [("k-more", "50.0%", f"{round(float(manifest[cause] / longest * 50), 1)}%") for cause in ("engagement", "reach", "volume")]  # fmt: skip


def test_history_is_a_chart_and_a_table_of_all_months(unit: tuple[str, Page], folder: Path) -> None:
    rows = unit[1].rows("dissemination", 2)[1:]
    assert rows == [["2021-07", "3", "2–4", "30.00"], ["2021-08", "1", "1–2", "57.50"]]
    assert [row[0] for row in html_tables.read(folder / "units/310101.html").rows("dissemination", 2)[1:]] == [
        "2021-06",
        "2021-07",
        "2021-08",
    ]
    # Three units in the list: rank 3 lies at the foot, rank 1 on top.
    [line] = unit[1].all("polyline", "dissemination")
    assert line["points"] == "44.0,196.0 624.0,16.0"
    assert html_tables.read(folder / "units/d-jyw.html").all("polyline") == []


def test_when_the_reprints_came_by_day_and_channel(unit: tuple[str, Page]) -> None:
    language, read = unit
    assert read.rows("when")[1:] == [["2021-08-04", "1", "1", "1", "1"], ["2021-08-05", "0", "0", "0", "3"]]
    busiest = (
        "最多的一天 08-04：4 · 新闻客户端 1 · 新闻网站 1 · 微信 1 · 微博 4"
        if language == "zh"
        else "busiest day 08-04: 4 · News apps 1 · News sites 1 · WeChat 1 · Weibo 4"
    )
    assert busiest in read.text
    heights = [(r["class"], r["height"]) for r in read.all("rect", "when") if r.get("y") and r["class"] != "whole"]
    assert heights == [
        ("k-news_app", "37.5"), ("k-news_site", "37.5"), ("k-wechat", "37.5"), ("k-weibo", "37.5"), ("k-weibo", "112.5"),
    ]  # fmt: skip


def test_accounts_come_by_dissemination_best_first(unit: tuple[str, Page]) -> None:
    wechat, weibo = ("微信", "微博") if unit[0] == "zh" else ("WeChat", "Weibo")
    assert unit[1].rows("accounts")[1:] == [
        ["徐汇二号", wechat, "1,234", "7", "11", "12.35", "10.13"], ["徐汇微信", wechat, "1,234", "7", "11", "9.50", "10.13"],
        ["徐汇微博", weibo, "1,234", "7", "11", "–", "10.13"],
    ]  # fmt: skip


def test_themes_and_subjects_of_a_unit(unit: tuple[str, Page], folder: Path) -> None:
    language, read = unit
    zh = language == "zh"
    assert read.rows("themes")[1:] == [["疫情防控" if zh else "Epidemic control", "1", "0", "0.00"]]
    assert read.rows("subjects")[1:] == [
        ["就业" if zh else "Employment", "1", "3", "+3", "2.50"], ["住房" if zh else "Housing", "3", "7", "+5", "1.50"],
    ]  # fmt: skip
    other = html_tables.read(folder / ("units/310101.html" if zh else "units/310101.en.html"))
    assert [row[1:] for row in other.rows("themes")[1:]] == [["9", "8", "2.00"], ["30", "29", "2.00"]]


def test_ten_posts_are_shown_by_what_they_contributed_with_five_reprints_each(unit: tuple[str, Page]) -> None:
    _, read = unit
    heads = re.findall(r"第\d+篇", read.text)
    # 12 and 11 points and so on; of p11 and p12, both of three points, p11 comes first and is eleventh.
    assert heads[:10] == [f"第{number}篇" for number in range(1, 11)]
    assert "第11篇" not in read.text
    assert [a["href"] for a in read.all("a", "posts") if "example.org" in str(a["href"])] == [
        f"http://example.org/{n}" for n in range(1, 11)
    ]
    assert "2021-08-03 09:05 · 徐汇微信" in read.text
    private = "个人账号" if unit[0] == "zh" else "a private account"
    outlets = re.findall(rf"(渠道\d|{private}) · ", read.text)
    assert outlets == ["渠道1", private, "渠道3", "渠道4", "渠道5"]
    assert [a["href"] for a in read.all("a", "posts") if "example.net" in str(a["href"])] == [
        f"https://example.net/{n}" for n in (1, 3, 4, 5)
    ]
    evidence = (
        "08-04 20:30 · 证据 A（文本，全文，88%） · 阅读 1,234"
        if unit[0] == "zh"
        else "08-04 20:30 · evidence A（text，full text，88%） · Reads 1,234"
    )
    assert evidence in read.text


def test_a_link_that_is_no_web_address_is_no_link(folder: Path) -> None:
    for file in folder.rglob("*.html"):
        assert "javascript:" not in file.read_text("utf-8"), file


def test_what_was_not_counted_is_told_by_reason_with_three_examples(unit: tuple[str, Page]) -> None:
    language, read = unit
    text = read.text
    reasons = (
        ("其他参评单位刊载：5", "本单位账号刊载：1")
        if language == "zh"
        else ("carried by another ranked unit: 5", "carried by the unit's own account: 1")
    )
    assert text.index(reasons[0]) < text.index(reasons[1])
    # The closest first, then the longest; those that are less close or without a measure are left out.
    assert re.findall(r"未计\d", text) == ["未计2", "未计4", "未计1", "未计5"]
    contained = "包含度 95%" if language == "zh" else "containment 95%"
    assert contained in text


def test_the_rank_without_each_part_stands_with_what_a_person_decided(unit: tuple[str, Page]) -> None:
    language, read = unit
    first, second = read.rows("influence", 3)[1:]
    assert (first[1:], second[1:]) == (["1", "50.0%", "3"], ["6", "25.0%", "1"])
    assert first[0].endswith(
        "作用最大的一条转载 经人确认 甲 2021-09-11：央视转发"
        if language == "zh"
        else "the item it gains most by confirmed 甲 2021-09-11: 央视转发"
    )


def test_what_a_person_excluded_is_listed_with_the_reason(unit: tuple[str, Page]) -> None:
    words = (
        "作用最大的一个渠道 weibo:x 乙 2021-09-12：刷量"
        if unit[0] == "zh"
        else "the outlet it gains most by weibo:x 乙 2021-09-12: 刷量"
    )
    assert words in unit[1].text


def test_rival_indices_of_a_unit_with_its_place_in_its_list(unit: tuple[str, Page], folder: Path) -> None:
    name = "微博传播指数" if unit[0] == "zh" else "Weibo index"
    assert unit[1].rows("rivals")[1:] == [[name, "412.35", "1"]]
    for other, place in (("310101", "2"), ("310110", "2"), ("d-wjw", "1")):
        assert html_tables.read(folder / f"units/{other}.html").rows("rivals")[1][2] == place


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("310104", None, "310101"), ("310101", "310104", "310110"), ("310110", "310101", None), ("d-wjw", None, "d-jyw"), ("p-zgh", "d-jyw", None)],
)  # fmt: skip
def test_neighbours_are_those_in_the_list_by_dissemination(
    folder: Path, name: str, before: str | None, after: str | None
) -> None:
    for end in (".html", ".en.html"):
        read = html_tables.read(folder / f"units/{name}{end}")
        result = [{a["href"] for a in read.all("a", rel=rel)} for rel in ("prev", "next")]
        assert result == [{f"{before}{end}"} if before else set(), {f"{after}{end}"} if after else set()]


def test_a_unit_that_is_not_ranked_has_a_page_that_says_so(folder: Path) -> None:
    text = html_tables.read(folder / "units/p-zgh.html").text
    assert "市总工会 2021-08 r1 · 委办局和人民团体榜单 · 不参评" in text
    assert "传播力––得分 0.00 · 区间 –影响力––得分 0.00 · 区间 –两微发稿0" in text


# Pages of other months


def minimal() -> dict[str, list[dict[str, Any]]]:
    """The tables of August as a page reads them, as rows; each test changes what it needs."""
    made = small_city.tables("2021-08")
    ranking = [
        {
            **row,
            "previous_rank": None,
            "previous_rank_low": None,
            "previous_rank_high": None,
            "rank_change": None,
            "movement": "",
            "restated_previous_rank": None,
        }
        for row in made["ranking"]
    ]
    return {
        name: [] for name in ("subjects", "score_changes", "hot_topics", "hot_subtopics", "topic_units", "hosted_hashtags", "highlights", "coverage", "rival_agreement")
    } | {
        "ranking": ranking, "unit_indicators": made["unit_indicators"], "issuers": made["issuers"],
        "ranking_lists": made["ranking_lists"], "channel_types": made["channel_types"],
        "monthly_summary": [{**made["monthly_summary"][0], "originality_rate_change_pp": None}],
    }  # fmt: skip


class Rows(list):
    """Rows that answer as a table does."""

    def to_pylist(self) -> list[dict[str, Any]]:
        return list(self)


def rendered(tables: dict[str, list[dict[str, Any]]], language: str = "zh", **manifest: Any) -> Page:
    made: Any = {name: Rows(rows) for name, rows in tables.items()}
    return Page(
        ranking_page.page(
            made, AUGUST, "r1", language, ranking_page.ReleaseFacts(manifest.pop("gates", []), **manifest)
        )
    )


def test_a_month_without_topics_moves_or_rivals_leaves_their_sections_out() -> None:
    read = rendered(minimal())
    assert {section for tag, _, section in read.elements if tag == "h2"} == {
        "", "glance", "districts-dissemination", "districts-influence", "departments-dissemination", "departments-influence",
        "method", "quality", "files",
    }  # fmt: skip
    assert "比上月" not in read.text
    assert "合成数据" not in read.text


@pytest.mark.parametrize(
    ("change", "message"),
    [(D("-3.25"), "比上月下降 3.3 个百分点"), (D("0"), "比上月提高 0.0 个百分点"), (D("0.04"), "比上月提高 0.0 个百分点")],
)  # fmt: skip
def test_the_originality_rate_says_which_way_it_went(change: D, message: str) -> None:
    tables = minimal()
    tables["monthly_summary"][0]["originality_rate_change_pp"] = change
    assert message in rendered(tables).text


def test_a_synthetic_month_says_so_on_its_page() -> None:
    tables = minimal()
    tables["monthly_summary"][0]["is_synthetic"] = True
    assert "合成数据，仅供演示" in rendered(tables).text
    assert "Synthetic data, for demonstration only" in rendered(tables, "en").text


def test_capped_counts_that_could_change_a_rank_are_told() -> None:
    tables = minimal()
    tables["monthly_summary"][0]["could_cap_change_rank"] = True
    assert "放开后可能改变名次" in rendered(tables).text


def test_one_issuer_issues_alone() -> None:
    tables = minimal()
    tables["issuers"] = tables["issuers"][1:]
    text = rendered(tables).text
    assert "发布： 甲中心 · " in text
    assert "联合" not in text.partition("甲中心")[0]
    assert "数据许可： 发布机构未声明。" in text


@pytest.mark.parametrize(
    ("rank", "previous", "today", "move"),
    [(3, 5, 4, "▲ 2 上升按本期方法 ▲ 1"), (3, 5, 2, "▲ 2 上升按本期方法 ▼ 1"), (3, 5, 3, "▲ 2 上升按本期方法 ＝ 0"), (3, 5, 5, "▲ 2 上升"), (3, 5, None, "▲ 2 上升"), (3, 3, 3, "＝ 持平")],
)  # fmt: skip
def test_the_move_under_todays_method_stands_beside_where_it_differs(
    rank: int, previous: int, today: int | None, move: str
) -> None:
    tables = minimal()
    row = next(r for r in tables["ranking"] if (r["unit_id"], r["dimension"]) == ("310110", "dissemination"))
    row |= {"rank": rank, "previous_rank": previous, "rank_change": previous - rank, "restated_previous_rank": today}
    read = rendered(tables)
    [shown] = [cells for cells in read.rows("districts-dissemination") if cells[1] == "杨浦区"]
    assert shown[2] == move
    assert ("本期方法与上月不同" in read.text) is (today is not None and "districts" in row["ranking_list"])


@pytest.mark.parametrize(
    ("warning", "message"),
    [
        ({"message": "说明", "arguments": {"column": "x", "max_value": 0.25}, "rows": [{"x": "0.14406839539320285"}]}, "说明 · 0.144 · 限值 0.25"),
        ({"message": "说明", "arguments": {"column_A": "x", "min_value": 3}, "rows": [{"x": "甲"}]}, "说明 · 甲 · 限值 3"),
        ({"message": "说明", "arguments": {"column": "x"}, "rows": [{"x": 1}, {"x": 2}]}, "说明 · 涉及行数 2"),
        ({"message": "说明", "arguments": {}, "rows": [{"y": 1}]}, "说明 · 涉及行数 1"),
        ({"message": "说明", "arguments": {"max_value": 1234567.0}, "rows": []}, "说明 · 限值 1.23e+06"),
    ],
)  # fmt: skip
def test_a_warning_is_told_with_what_was_found_and_the_limit(warning: dict[str, Any], message: str) -> None:
    gates = [
        {
            "gate": "ranking",
            "passed": False,
            "checked": 3,
            "warnings": [{"frame": "f", "severity": "warning", **warning}],
        }
    ]
    text = rendered(minimal(), gates=gates).text
    assert "3 项检查，未通过，1 项提示" in text
    assert message in text


def test_a_corrected_release_says_why_against_what_and_what_changed(own_small: Settings) -> None:
    small_city.change(
        own_small,
        "update published.rpt_ranking set bonus_points = bonus_points + 2.005, score = 36.26, rank = 2 where ranking_month = '2021-08'"
        " and unit_id = '310110' and dimension = 'dissemination'",
    )
    small_city.publish(own_small, reason="R1", note="补交<b>")
    folder = own_small.releases / "2021-08/r2"
    zh, en = html_tables.read(folder / "index.html"), html_tables.read(folder / "en.html")
    assert "本版为更正发布 · R1 来源更正 · 补交<b> · 对照 r1 · 1 家单位有变化 · 查看前一版" in zh.text
    assert (
        "This release corrects an earlier one · R1 better source · 补交<b> · against r1 · 1 units changed · the earlier release"
        in en.text
    )
    assert zh.tables[0][1] == [
        ["榜单", "单位", "名次", "得分", "分", "原因"], ["区级榜单 · 传播力", "杨浦区", "3 → 2", "34.25 → 36.26", "+2.01", "附加分 +2.01"],
    ]  # fmt: skip
    assert en.tables[0][1][1] == [
        "Districts · Dissemination",
        "Yangpu District",
        "3 → 2",
        "34.25 → 36.26",
        "+2.01",
        "bonus +2.01",
    ]
    assert [a["href"] for a in zh.all("a") if "../r1" in str(a["href"])] == ["../r1/index.html"]
    assert [a["href"] for a in en.all("a") if "../r1" in str(a["href"])] == ["../r1/en.html"]


@pytest.mark.parametrize(
    ("reason", "words"), [("R1", "来源更正"), ("R2", "重新计算"), ("R3", "方法变更"), ("C", "更正")]
)
def test_each_reason_has_its_words(reason: str, words: str) -> None:
    assert release_files.REASONS[reason][0] == words
    ranks = {"against": "r1", "units_changed": 0, "rows": []}
    restatement = {"reason": reason, "reason_name": release_files.REASONS[reason], "note": None, "ranks": ranks}
    assert f"本版为更正发布 · {reason} {words} · 对照 r1" in rendered(minimal(), restatement=restatement).text


# The page before sign-off


def test_the_candidate_is_shown_before_it_is_signed_off(own_small: Settings) -> None:
    small_city.change(own_small, "update published.rpt_coverage set item_count = item_count + 1 where item_count = 10")
    settings = small_city.settings_of(own_small.home, approval="all")
    candidate = preview.write(settings, AUGUST, "R1", small_city.GATES)
    assert candidate.missing == candidate.issuers == ["甲中心", "乙中心"]
    assert candidate.page == settings.runs / "2021-08/candidate/index.html"
    read = html_tables.read(candidate.page)
    assert "版次 candidate" in read.text
    assert read.rows("quality")[4][1] == "51"
    assert candidate.top == {
        "区级榜单 · 传播力": ["1 徐汇区 57.50", "2 黄浦区 35.25", "3 杨浦区 34.25"],
        "区级榜单 · 影响力": ["1 徐汇区 70.00", "2 杨浦区 50.50", "3 黄浦区 44.00"],
        "委办局和人民团体榜单 · 传播力": ["1 市卫健委 42.50", "2 市教委 12.50"],
        "委办局和人民团体榜单 · 影响力": ["1 市教委 20.00", "2 市卫健委 0.00"],
    }
    assert candidate.data_digest != small_city.manifest_of(own_small)["data_digest"]
    assert [path.name for path in (own_small.releases / "2021-08").iterdir() if path.name.startswith("r")] == ["r1"]


@pytest.mark.parametrize(("changes", "reason", "missing"), [(False, "R1", 0), (True, None, 0), (True, "R1", 2)])
def test_a_sign_off_is_asked_for_only_where_something_would_be_published(
    own_small: Settings, changes: bool, reason: str | None, missing: int
) -> None:
    if changes:
        small_city.change(own_small, "update published.rpt_coverage set item_count = 11 where item_count = 10")
    settings = small_city.settings_of(own_small.home, approval="all")
    candidate = preview.write(settings, AUGUST, reason, [])
    assert len(candidate.missing) == missing
    assert (candidate.data_digest == small_city.manifest_of(own_small)["data_digest"]) is not changes


def test_a_first_release_waits_for_its_sign_off(tmp_path: Path) -> None:
    small_city.build(tmp_path, "2021-08")
    settings = small_city.settings_of(tmp_path, approval="all")
    assert preview.write(settings, AUGUST, None, []).missing == ["甲中心", "乙中心"]


def test_three_units_of_each_list_are_named_before_sign_off() -> None:
    rows = [
        {"ranking_list": "districts", "dimension": "influence", "rank": rank, "unit_name": f"u{rank}", "score": D(9)}
        for rank in (1, 2, 3, 4)
    ]
    assert preview._top(pa.Table.from_pylist(rows), {"districts": ("区级榜单", "Districts")})["区级榜单 · 影响力"] == [
        "1 u1 9",
        "2 u2 9",
        "3 u3 9",
    ]


def test_a_city_with_one_list_has_no_other_on_its_page() -> None:
    tables = minimal()
    tables["ranking_lists"] = [
        {
            "position": 1,
            "ranking_list": "districts",
            "list_name": "街镇榜单",
            "list_name_en": "Towns",
            "short_name": "街镇",
        }
    ]
    tables["ranking"] = [row for row in tables["ranking"] if row["ranking_list"] == "districts"]
    read = rendered(tables)
    assert "街镇榜单" in read.text
    assert "区级榜单" not in read.text
    assert "委办局" not in read.text


@pytest.mark.parametrize("items", [0, 3])
def test_a_channel_that_is_not_monitored_is_shown_so_and_not_as_0_unless_items_came_all_the_same(items: int) -> None:
    tables = minimal()
    tables["channel_types"] = [
        {**row, "is_monitored": row["channel_type"] != "news_app"} for row in tables["channel_types"]
    ]
    tables["coverage"] = [{"channel_type": "news_app", "day": date(2021, 8, 1), "item_count": items}]
    assert ("未监测" in rendered(tables).text) is (items == 0)


@pytest.mark.parametrize(("channel", "name"), [("douyin", "抖音"), ("town_radio", "town_radio")])
def test_a_platform_of_the_city_is_shown_by_its_name_or_by_its_code(channel: str, name: str) -> None:
    tables = minimal()
    tables["channel_types"] = [
        *tables["channel_types"],
        {**tables["channel_types"][0], "channel_type": channel, "is_monitored": True},
    ]
    tables["coverage"] = [{"channel_type": channel, "day": date(2021, 8, 1), "item_count": 41}]
    read = rendered(tables)
    assert name in read.text
    assert "41" in read.text
