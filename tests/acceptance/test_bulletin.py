"""Every sentence of a real month's bulletin follows from its tables. Change the data and the sentence changes, or is not there."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangdan.core.formatting import grouped, percent, points, two_decimals
from bangdan.core.months import Month
from bangdan.publication import tables
from bangdan.publication.pages import bulletin, claims

MONTH = Month.parse("2021-08")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@pytest.fixture
def candidate_tables(city: Path) -> claims.Tables:
    folder = city / "releases/2021-08/r1/tables"
    return {
        name: pq.read_table(folder / f"{name}.parquet").to_pylist()
        for name in tables.ORDER
        if name not in bulletin.TABLES_NOT_READ
    }


def all_claims(candidate_tables: claims.Tables) -> list[claims.Claim]:
    return [
        entry for section in claims.sections(candidate_tables, MONTH) for part in section.paragraphs for entry in part
    ]


def text(candidate_tables: claims.Tables, language: str = "zh") -> str:
    return "\n".join(claim.text(language) for claim in all_claims(candidate_tables))


def written(value: Any) -> set[str]:
    """How a value of a table may stand in a text."""
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int):
        return {grouped(abs(value)), str(value), grouped(value // 100 * 100)}  # a fall of 3 is a change of −3
    if isinstance(value, Decimal):
        return {percent(value), two_decimals(value), points(value) or ""}
    if isinstance(value, datetime | date):
        return set()
    return set(NUMBER.findall(str(value)))


def test_every_number_stands_in_the_rows_that_its_sentence_rests_on(candidate_tables: claims.Tables) -> None:
    calendar = {str(MONTH.year), str(MONTH.number), *NUMBER.findall(str(MONTH))}
    result = 0
    for claim in all_claims(candidate_tables):
        known = calendar.union(*(written(value) for _, row in claim.rows() for value in row.values()))
        names = {row["unit_id"]: row for row in candidate_tables["ranking"]}
        for _, row in claim.rows():
            if row.get("unit_id") in names:
                known |= written(names[row["unit_id"]]["unit_name_en"])
        for language in ("zh", "en"):
            numbers = NUMBER.findall(claim.text(language))
            assert set(numbers) <= known, (set(numbers) - known, claim.text(language))
            result += len(numbers)
    assert result > 200


def test_every_row_is_a_row_of_its_table(candidate_tables: claims.Tables) -> None:
    for claim in all_claims(candidate_tables):
        rows = claim.rows()
        assert rows, claim.text("zh")
        assert all(row in candidate_tables[table] for table, row in rows)


def test_both_languages_say_the_same(candidate_tables: claims.Tables) -> None:
    """Twins: as many sections and paragraphs, and in each sentence the same scores and counts."""
    markdown = bulletin.markdown(
        bulletin.of({name: pq_table(rows) for name, rows in candidate_tables.items()}, MONTH, False, [])
    )
    chinese, english = markdown.split("\n---\n")
    assert chinese.count("\n## ") == english.count("\n## ") == len(claims.sections(candidate_tables, MONTH))
    assert len(re.findall("\n\n", chinese.strip())) == len(re.findall("\n\n", english.strip()))
    for claim in all_claims(candidate_tables):
        zh, en = (
            set(re.findall(r"\d+\.\d\d\b|\d,\d{3}\b", claim.text(language))) for language in ("zh", "en")
        )  # scores and larger counts
        assert zh <= en


def pq_table(rows: list[dict]):
    import pyarrow as pa

    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize(
    ("table", "column", "value", "gone", "here"),
    [
        ("monthly_summary", "post_count", 50_586, "", "共发稿50,586篇"),
        ("monthly_summary", "wechat_post_count", 16_734, "", "微信16,734篇"),
        ("monthly_summary", "weibo_post_count", 33_852, "", "微博33,852篇"),
        ("monthly_summary", "original_count", 29_978, "", "原创稿件29,978篇"),
        ("monthly_summary", "originality_rate", Decimal("0.592615"), "", "原创率59.3%"),
        ("monthly_summary", "originality_rate_change_pp", Decimal("7.2012"), "", "比上个月提高7.2个百分点"),
        (
            "monthly_summary",
            "originality_rate_change_pp",
            Decimal("-3.0000"),
            "比上个月提高",
            "比上个月下降3.0个百分点",
        ),
        ("monthly_summary", "originality_rate_change_pp", Decimal("0.0400"), "百分点", "原创率"),
        ("monthly_summary", "originality_rate_change_pp", None, "百分点", "原创率"),
        ("monthly_summary", "originality_rate", None, "原创率", "共发稿"),
        ("monthly_summary", "reprint_count", 0, "全部稿件中", "共发稿"),
    ],
)
def test_a_sentence_follows_its_data_or_is_not_there(
    candidate_tables: claims.Tables, table: str, column: str, value: Any, gone: str, here: str
) -> None:
    """The summary of a month is one row; what follows from rows among many is tested in test_claims."""
    [row] = candidate_tables[table]
    candidate_tables[table] = [{**row, column: value}]
    message = text(candidate_tables)
    assert here in message
    assert not gone or gone not in message


@pytest.mark.parametrize(
    ("table", "gone"),
    [
        ("issuers", "发布。"), ("hot_topics", "家单位发稿"), ("hot_subtopics", "\n涉及"), ("topic_units", "发稿较多的是"),
        ("highlights", "传播较好的有"), ("hosted_hashtags", "主持的#"), ("score_changes", "主要由于"),
    ],
)  # fmt: skip
def test_what_no_row_tells_is_not_said(candidate_tables: claims.Tables, table: str, gone: str) -> None:
    assert gone in text(candidate_tables)
    assert gone not in text({**candidate_tables, table: []})


def test_both_top_tens_are_checked_unit_by_unit(candidate_tables: claims.Tables) -> None:
    first = next(r for r in candidate_tables["ranking"] if r["ranking_list"] == "districts" and r["rank"] == 1)
    for row in candidate_tables["ranking"]:
        if row["unit_id"] == first["unit_id"] and row["dimension"] == "influence":
            row["rank"] = 11
    claim = claims.top_of_both(candidate_tables, "districts")[0].text("zh")
    assert first["unit_name"] not in claim


def test_shared_first_place_is_told_of_all(candidate_tables: claims.Tables) -> None:
    two_first = [
        r for r in candidate_tables["ranking"] if (r["ranking_list"], r["dimension"]) == ("districts", "influence")
    ][:2]
    for row in two_first:
        row.update(rank=1, score=Decimal("88.00"))
    message = claims.leaders(candidate_tables, "districts")[1][0]
    assert (
        message.text("zh") == f"影响力方面，{two_first[0]['unit_name']}、{two_first[1]['unit_name']}以88.00分居首位。"
    )
    assert "lead with 88.00" in message.text("en")


@pytest.mark.parametrize(
    "title",
    [
        "[看](javascript:alert(1))",
        "![x](http://x/y)",
        "<script>alert(1)</script>",
        "**粗**",
        "# 标题",
        "a|b",
        "`x`",
        "&lt;",
    ],
)
def test_titles_are_text_in_markdown(candidate_tables: claims.Tables, title: str) -> None:
    from markdown_it import MarkdownIt

    candidate_tables["highlights"] = [{**row, "title": title} for row in candidate_tables["highlights"]]
    html = MarkdownIt("commonmark", {"html": True}).render(
        bulletin.markdown(
            bulletin.of({name: pq_table(rows) for name, rows in candidate_tables.items() if rows}, MONTH, False, [])
        )
    )
    shown = MarkdownIt("commonmark", {"html": False}).render(bulletin.escaped(title))
    assert not re.search("<(script|a|img|code)[ >]", html)
    assert (
        shown.removeprefix("<p>").removesuffix("</p>\n").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        == title
    )


def test_what_nobody_sees_is_not_printed(candidate_tables: claims.Tables) -> None:
    candidate_tables["highlights"] = [
        {**row, "title": "甲\u202e乙\u200b丙\ufeff\u0007丁"} for row in candidate_tables["highlights"]
    ]
    assert "甲乙丙丁" in text(candidate_tables)
