"""The files of a release for programs and offices: columns, types, values, and text that stays text."""

from __future__ import annotations

import csv
import datetime
import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.settings import Settings
from bangdan.publication import tables
from bangdan.publication.formats import datafiles, workbook
from tests.support import small_city
from tests.support.small_city import AUGUST, TABLES

RANKING = {
    "ranking_month": "string", "release": "string", "method_version": "string", "ranking_list": "string", "dimension": "string",
    "unit_id": "string", "unit_name": "string", "unit_name_en": "string", "unit_type": "string", "rank": "int32",
    "previous_rank": "int32", "previous_rank_low": "int32", "previous_rank_high": "int32", "rank_change": "int32",
    "movement": "string", "restated_previous_rank": "int32",
    "base_score": "decimal128(20, 12)", "bonus_points": "decimal128(20, 12)", "score": "decimal128(6, 2)",
    "rank_without_bonus": "int32", "rank_low": "int32", "rank_high": "int32", "tier": "int32", "cap_rank_low": "int32",
    "cap_rank_high": "int32", "note": "string",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(small: Settings) -> Path:
    return small.releases / "2021-08/r1"


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / "tables" / f"{name}.parquet").to_pylist()


def test_the_columns_of_the_ranking_have_their_order_and_types(folder: Path) -> None:
    for file in (folder / "ranking.parquet", folder / "tables/ranking.parquet"):
        assert {field.name: str(field.type) for field in pq.read_schema(file)} == RANKING
        assert pq.read_schema(file).names == list(RANKING)
        assert pq.read_metadata(file).row_group(0).column(0).compression == "ZSTD"
    with (folder / "ranking.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert next(csv.reader(stream)) == list(RANKING)
    payload = json.loads((folder / "ranking.json").read_text("utf-8"))
    assert {entry["name"]: entry["type"] for entry in payload["columns"]} == RANKING
    assert [entry["name"] for entry in payload["columns"]] == list(RANKING)


def test_every_table_of_the_month_is_a_file_with_the_month_and_release_first(folder: Path) -> None:
    assert sorted(path.stem for path in (folder / "tables").iterdir()) == list(TABLES)
    contract = small_city.contract()
    told_later = {"ranking": 6, "monthly_summary": 1, "subjects": 1}  # columns that only publication can tell
    for name in TABLES:
        columns = pq.read_schema(folder / "tables" / f"{name}.parquet").names
        assert columns[:2] == ["ranking_month", "release"], name
        if name != "score_changes":
            known = [column for column in columns if column in contract[name]]
            assert known == list(contract[name]), name
            assert len(columns) == len(known) + 1 + told_later.get(name, 0), name


ORDERS = {
    "account_scores": [("310104", "wb-1"), ("310104", "wx-1"), ("310104", "wx-2"), ("d-wjw", "wx-9")],
    "hot_topics": [("epidemic",), ("double",)],
    "hot_subtopics": [("epidemic", "b"), ("epidemic", "a")],
    "topic_units": [("double", "310101"), ("epidemic", "310101"), ("epidemic", "310110"), ("epidemic", "310104")],
    "hosted_hashtags": [("社区",), ("滨江",)],
    "issuers": [("甲中心",), ("乙中心",)],
    "ranking_lists": [("districts",), ("departments",)],
    "channel_types": [("news_app",), ("news_site",), ("wechat",), ("weibo",)],
    "subjects": [("310104", "care"), ("310104", "housing"), ("310104", "jobs")],
    "coverage": [("news_app", 1), ("news_app", 2), ("news_app", 3), ("weibo", 1), ("weibo", 2), ("weibo", 3)],
    "unit_activity": [(name,) for name in ("310101", "310104", "310110", "d-jyw", "d-wjw", "p-zgh")],
    "highlights": [
        (theme, dimension, position)
        for theme in (None, "epidemic") for dimension in ("dissemination", "influence") for position in (1, 2, 3)
    ],
    "rank_leverage": [
        ("310104", dimension, kind)
        for dimension in ("dissemination", "influence") for kind in ("largest_item", "link_only", "unregistered")
    ],
    "leverage_decisions": [("310104", "influence", "largest_item"), ("310104", "influence", "largest_outlet")],
    "rival_indices": [
        ("account", "310104"), ("unit", "310101"), ("unit", "310104"), ("unit", "310110"), ("unit", "d-jyw"), ("unit", "d-wjw"),
    ],
    "rival_agreement": [
        ("departments", "dissemination"), ("departments", "influence"), ("districts", "dissemination"), ("districts", "influence"),
    ],
}  # fmt: skip
KEYS = {
    "account_scores": ("unit_id", "account_id"), "hot_topics": ("theme_id",), "hot_subtopics": ("theme_id", "subtopic_id"),
    "topic_units": ("theme_id", "unit_id"), "hosted_hashtags": ("hashtag",), "issuers": ("issuer_name",), "ranking_lists": ("ranking_list",), "channel_types": ("channel_type",),
    "subjects": ("unit_id", "subject_id"), "coverage": ("channel_type", "day"), "unit_activity": ("unit_id",),
    "highlights": ("theme_id", "dimension", "position"), "rival_indices": ("entity_kind", "entity_id"),
    "rival_agreement": ("ranking_list", "dimension"), "rank_leverage": ("unit_id", "dimension", "kind"),
    "leverage_decisions": ("unit_id", "dimension", "kind"),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_rows_have_an_order_of_their_own(folder: Path, name: str) -> None:
    shown = [
        tuple(value.day if isinstance(value, datetime.date) else value for value in (row[key] for key in KEYS[name]))
        for row in rows_of(folder, name)
    ]
    assert shown == ORDERS[name]


def test_posts_and_reprints_come_by_their_keys_and_the_ranking_by_rank(folder: Path) -> None:
    assert [row["post_id"] for row in rows_of(folder, "posts")] == [f"p{n:02d}" for n in range(1, 14)] + ["q01"]
    assert [(row["post_id"], row["item_id"]) for row in rows_of(folder, "reprints")] == [
        *(("p01", f"i{n}") for n in range(1, 8)), *(("p02", f"n{n}") for n in range(1, 7)),
    ]  # fmt: skip
    assert [(row["ranking_list"], row["dimension"], row["rank"], row["unit_id"]) for row in rows_of(folder, "ranking")] == [
        ("departments", "dissemination", 1, "d-wjw"), ("departments", "dissemination", 2, "d-jyw"), ("departments", "dissemination", None, "p-zgh"),
        ("departments", "influence", 1, "d-jyw"), ("departments", "influence", 2, "d-wjw"), ("departments", "influence", None, "p-zgh"),
        ("districts", "dissemination", 1, "310104"), ("districts", "dissemination", 2, "310101"), ("districts", "dissemination", 3, "310110"),
        ("districts", "influence", 1, "310104"), ("districts", "influence", 2, "310110"), ("districts", "influence", 3, "310101"),
    ]  # fmt: skip


# What only the previous release can tell


def test_the_earlier_interval_is_that_of_the_last_published_list(folder: Path) -> None:
    result = {
        (row["unit_id"], row["dimension"]): (row["previous_rank_low"], row["previous_rank_high"])
        for row in rows_of(folder, "ranking")
        if row["ranking_list"] == "districts"
    }
    assert result == {
        ("310101", "dissemination"): (1, 2), ("310104", "dissemination"): (2, 4), ("310110", "dissemination"): (1, 3),
        ("310101", "influence"): (1, 2), ("310104", "influence"): (1, 3), ("310110", "influence"): (1, 3),
    }  # fmt: skip


def test_movement_is_told_against_the_last_published_list(folder: Path) -> None:
    result = {
        (row["unit_id"], row["dimension"]): (
            row["previous_rank"],
            row["rank_change"],
            row["movement"],
            row["restated_previous_rank"],
        )
        for row in rows_of(folder, "ranking")
    }
    assert result == {
        # July: 77.25, 30 and 42.5 points; 81, 30 and 30 points, the two sharing the second place.
        ("310101", "dissemination"): (1, -1, "", None), ("310104", "dissemination"): (3, 2, "", None),
        ("310110", "dissemination"): (2, -1, "", None), ("310101", "influence"): (1, -2, "", None),
        ("310104", "influence"): (2, 1, "", None), ("310110", "influence"): (2, 0, "", None),
        ("d-jyw", "dissemination"): (None, None, "NEW", None), ("d-jyw", "influence"): (None, None, "NEW", None),
        ("d-wjw", "dissemination"): (None, None, "RE", None), ("d-wjw", "influence"): (None, None, "RE", None),
        ("p-zgh", "dissemination"): (None, None, "", None), ("p-zgh", "influence"): (None, None, "", None),
    }  # fmt: skip


def test_in_the_first_month_of_all_nobody_is_new(small: Settings) -> None:
    rows = rows_of(small.releases / "2021-06/r1", "ranking")
    assert {(row["previous_rank"], row["rank_change"], row["movement"]) for row in rows} == {(None, None, "")}
    july = rows_of(small.releases / "2021-07/r1", "ranking")
    assert {(row["unit_id"], row["movement"]) for row in july} == {("310101", ""), ("310104", "NEW"), ("310110", "NEW")}


def test_a_unit_that_was_listed_but_not_ranked_enters_as_new(own_small: Settings) -> None:
    """In July, and again later: only a rank makes a list's unit known."""
    candidate = tables.candidate(own_small, AUGUST)["ranking"].to_pylist()
    assert {row["movement"] for row in candidate if row["unit_id"] == "p-zgh"} == {""}
    september = "2021-09"
    for name in ("ranking", "unit_activity", "unit_indicators", "monthly_summary", "issuers"):
        columns = ", ".join(f'"{column}"' for column in small_city.contract()[name])
        chosen = columns.replace('"ranking_month"', f"'{september}'")
        small_city.change(
            own_small,
            f"insert into published.rpt_{name} ({columns}) select {chosen} from published.rpt_{name} where ranking_month = '2021-08'",
        )
    small_city.change(
        own_small,
        f"update published.rpt_ranking set rank = 3 where ranking_month = '{september}' and unit_id = 'p-zgh'",
    )
    # A unit that is in the other list now is new there.
    small_city.change(
        own_small,
        f"update published.rpt_ranking set ranking_list = 'departments' where ranking_month = '{september}' and unit_id = '310110'",
    )
    rows = tables.candidate(own_small, AUGUST + 1)["ranking"].to_pylist()
    assert {row["movement"] for row in rows if row["unit_id"] == "p-zgh"} == {"NEW"}
    assert {(row["movement"], row["previous_rank"]) for row in rows if row["unit_id"] == "310110"} == {("NEW", None)}
    assert {row["movement"] for row in rows if row["unit_id"] == "d-wjw"} == {""}


def test_the_change_of_originality_is_in_percentage_points_of_the_last_release(folder: Path, small: Settings) -> None:
    [row] = rows_of(folder, "monthly_summary")
    assert row["originality_rate_change_pp"] == D("7.1619")  # 59.2615 less 52.0996
    assert rows_of(small.releases / "2021-06/r1", "monthly_summary")[0]["originality_rate_change_pp"] is None
    assert list(row) == [
        "ranking_month", "release", "method_version", "post_count", "wechat_post_count", "weibo_post_count", "original_count",
        "original_by_link_count", "original_by_text_count", "originality_rate", "originality_rate_change_pp", "account_count",
        "unit_count", "reprint_count", "reprinted_post_count", "sibling_reprint_count", "quarantined_post_count", "capped_count",
        "could_cap_change_rank", "item_count", "is_synthetic",
    ]  # fmt: skip


def test_the_change_of_a_subject_is_against_the_last_release_and_unknown_in_the_first(
    folder: Path, small: Settings
) -> None:
    assert [(row["subject_id"], row["reprint_count_change"]) for row in rows_of(folder, "subjects")] == [
        ("care", 0), ("housing", 5), ("jobs", 3),
    ]  # fmt: skip
    assert [row["reprint_count_change"] for row in rows_of(small.releases / "2021-06/r1", "subjects")] == [None]


def test_ranks_of_last_month_under_another_method_stand_beside_those_published(own_small: Settings) -> None:
    """With all weight on WeChat, July's order is 310101 and 310110 with 50 and 1 of bonus, then 310104."""
    small_city.change(
        own_small,
        "update published.rpt_unit_indicators set weight = case when indicator_id = 'wechat' then 1 else 0 end"
        " where ranking_month = '2021-08' and dimension = 'dissemination'",
    )
    rows = tables.candidate(own_small, AUGUST)["ranking"].to_pylist()
    result = {
        row["unit_id"]: (row["previous_rank"], row["restated_previous_rank"])
        for row in rows
        if row["dimension"] == "dissemination"
    }
    assert result == {
        "310101": (1, 1), "310104": (3, 3), "310110": (2, 2), "d-jyw": (None, None), "d-wjw": (None, None), "p-zgh": (None, None),
    }  # fmt: skip
    small_city.change(own_small, "update published.rpt_unit_indicators set weight = case when indicator_id = 'news_site' then 1 else 0 end where ranking_month = '2021-08' and dimension = 'dissemination'")  # fmt: skip
    rows = tables.candidate(own_small, AUGUST)["ranking"].to_pylist()
    result = {
        row["unit_id"]: (row["previous_rank"], row["restated_previous_rank"])
        for row in rows
        if row["dimension"] == "dissemination"
    }
    assert (result["310104"], result["310110"], result["310101"]) == ((3, 2), (2, 2), (1, 1))


def test_the_digest_changes_with_any_value_name_or_order() -> None:
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    seen = {
        tables.digest({"t": entry})
        for entry in (
            table, pa.table({"a": [1, 3], "b": ["x", None]}), pa.table({"a": [2, 1], "b": [None, "x"]}), pa.table({"c": [1, 2], "b": ["x", None]}),
            pa.table({"a": [1, 2], "b": ["x", ""]}), pa.table({"a": [1, 2]}),
        )
    }  # fmt: skip
    assert len(seen) == 6
    assert tables.digest({"u": table}) not in seen
    assert tables.digest({"t": pa.table({"a": [1, 2], "b": ["x", None]})}) in seen
    assert all(len(entry) == 64 for entry in seen)


# CSV, JSON, Parquet


@pytest.fixture
def written(tmp_path: Path) -> Path:
    made = pa.table(
        {
            "title": ["=1+1", "+8", "-3.5", "-a", "@x", "\tx", "\rx", "普通", None, "--1", "a=1"],
            "score": pa.array([D("1.10")] * 11, pa.decimal128(6, 2)),
            "published_at": pa.array([datetime.datetime(2021, 8, 3, 9, 5, 59)] * 11, pa.timestamp("us")),  # noqa: DTZ001
            "day": pa.array([datetime.date(2021, 8, 3)] * 11),
            "rank": pa.array([7, None] + [1] * 9, pa.int32()),
            "base_score": pa.array([D("0.000000000012"), D(0)] + [D("64.974183")] * 9, pa.decimal128(20, 12)),
            "is_original": [True, False] + [None] * 9,
        }
    )
    datafiles.write_csv(made, tmp_path / "t.csv")
    datafiles.write_json(made, tmp_path / "t.json", "榜单", ["注"])
    datafiles.write_parquet(made, tmp_path / "t.parquet", "posts")
    return tmp_path


def test_csv_is_utf8_with_bom_and_crlf_and_decimals_as_they_are(written: Path) -> None:
    data = (written / "t.csv").read_bytes()
    assert data.startswith("\ufefftitle,score,published_at,day,rank,base_score,is_original\r\n".encode())
    rows = list(csv.DictReader((written / "t.csv").open(encoding="utf-8-sig", newline="")))
    assert [rows[0][name] for name in ("score", "published_at", "day", "rank", "base_score", "is_original")] == [
        "1.10", "2021-08-03T09:05:59", "2021-08-03", "7", "0.000000000012", "True",
    ]  # fmt: skip
    assert [rows[1][name] for name in ("rank", "base_score", "is_original")] == ["", "0.000000000000", "False"]


def test_text_that_a_spreadsheet_would_run_has_an_apostrophe_in_csv(written: Path) -> None:
    rows = list(csv.DictReader((written / "t.csv").open(encoding="utf-8-sig", newline="")))
    assert [row["title"] for row in rows] == [
        "'=1+1", "'+8", "-3.5", "'-a", "'@x", "' x", "' x", "普通", "", "'--1", "a=1",
    ]  # fmt: skip


def test_json_holds_notice_columns_and_rows_with_decimals_as_text(written: Path) -> None:
    payload = json.loads((written / "t.json").read_text("utf-8"))
    assert list(payload) == ["notice", "notes", "columns", "rows"]
    assert payload["notice"] == "榜单"
    assert payload["columns"][0] == {"name": "title", "type": "string", "zh": "标题", "en": "Title or first words"}
    assert payload["rows"][0] == {
        "title": "=1+1", "score": "1.10", "published_at": "2021-08-03T09:05:59", "day": "2021-08-03", "rank": 7,
        "base_score": "0.000000000012", "is_original": True,
    }  # fmt: skip
    assert payload["rows"][1]["rank"] is None
    assert (written / "t.json").read_text("utf-8").startswith('{\n "notice": "榜单"')


def test_parquet_explains_its_table_and_columns(written: Path) -> None:
    schema = pq.read_schema(written / "t.parquet")
    assert schema.metadata[b"table"] == b"posts"
    assert schema.metadata[b"description"].decode() == "稿件：每行一篇计入的稿件 / Posts: one row per counted post"
    assert schema.field("score").metadata[b"description"].decode() == "得分 / Score, two decimals"


def test_csv_json_parquet_and_tables_hold_the_same_ranking(folder: Path) -> None:
    truth = pq.read_table(folder / "ranking.parquet").to_pylist()
    assert truth == rows_of(folder, "ranking")
    as_text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in truth]
    rows = list(csv.DictReader((folder / "ranking.csv").open(encoding="utf-8-sig", newline="")))
    zero = {"0E-12": "0.000000000000"}
    assert rows == [{name: zero.get(value, value) for name, value in row.items()} for row in as_text]
    payload = json.loads((folder / "ranking.json").read_text("utf-8"))
    assert payload["notice"] == "榜单 2021-08 r1"
    assert [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in payload["rows"]
    ] == rows


# The workbook


@pytest.fixture(scope="module")
def book(folder: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(folder / "ranking.xlsx")


def test_the_workbook_has_its_sheets_in_order(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == [
        "区级·传播力", "区级·影响力", "委办局·传播力", "委办局·影响力", "账号 Accounts", "话题 Topics", "子话题 Sub-topics", "主持话题 Hashtags",
        "亮点 Highlights", "指标 Indicators", "活动 Activity", "得分变化 Changes", "总览 Summary", "方法 Method", "说明 Notes",
    ]  # fmt: skip
    assert book.properties.title == "2021-08 政务新媒体榜单"
    assert book.properties.description == "榜单 2021-08 r1"
    assert book.properties.created == datetime.datetime(2021, 1, 1)  # noqa: DTZ001


def test_a_list_in_the_workbook_cell_by_cell(book: openpyxl.Workbook) -> None:
    sheet = book["区级·传播力"]
    assert sheet["A1"].value == "2021年8月 区级榜单 · 传播力  Districts: dissemination, 2021-08"
    assert [cell.value.split("\n")[0] for cell in sheet[2]] == [
        "名次", "单位名称", "单位英文名称", "名次变化（正为上升）", "新上榜或重新上榜", "得分", "基础分", "附加分", "不计附加分的名次", "名次区间最好",
        "名次区间最差", "档次", "备注",
    ]  # fmt: skip
    assert sheet["A2"].value == "名次\nRank"
    assert [
        [cell.value or "" if cell.column == 5 else cell.value for cell in row] for row in sheet.iter_rows(min_row=3)
    ] == [
        [1, "徐汇区", "Xuhui District", 2, "", 57.5, 57.5, 0, 1, 1, 2, 1, None],
        [2, "黄浦区", "Huangpu District", -1, "", 35.25, 31.25, 4, 3, 1, 3, 2, None],
        [3, "杨浦区", "Yangpu District", -1, "", 34.25, 33.75, 0.5, 2, 2, 4, 2, None],
    ]
    assert [cell.data_type for cell in sheet[3]][:4] == ["n", "s", "s", "n"]
    formats = {
        "A3": "#,##0",
        "B3": "@",
        "D3": "+#,##0;-#,##0;0",
        "F3": "0.00",
        "G3": "0.00",
        "H3": "0.00",
        "I3": "#,##0",
    }
    assert {cell: sheet[cell].number_format for cell in formats} == formats
    departments = book["委办局·影响力"]
    assert [departments.cell(row, 2).value for row in (3, 4, 5)] == ["市教委", "市卫健委", "市总工会"]
    assert [departments.cell(5, column).value for column in (1, 3, 4, 13)] == [None, None, None, "不参评"]
    assert [departments.cell(row, 5).value for row in (3, 4)] == ["NEW", "RE"]


def test_sheets_are_frozen_filtered_and_set_up_for_a4(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.freeze_panes == ("C3" if sheet.max_column > 4 else "A3"), sheet.title
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == ("landscape", "9" if isinstance(sheet.page_setup.paperSize, str) else 9, 0)  # fmt: skip
        assert sheet.print_title_rows == "$1:$2"
        assert "榜单 2021-08 r1" in sheet.oddFooter.left.text
    assert book["区级·传播力"].auto_filter.ref == "A2:M5"
    assert book["话题 Topics"].auto_filter.ref == "A2:F4"
    assert book["区级·传播力"].column_dimensions["B"].width == pytest.approx(22, abs=1)


def test_other_sheets_name_the_unit_first_and_hide_the_month(book: openpyxl.Workbook, folder: Path) -> None:
    sheet = book["账号 Accounts"]
    head = [cell.value.split("\n")[0] for cell in sheet[2]]
    assert head[:6] == ["账号名称", "单位名称", "平台", "账号代码", "单位代码", "发稿量"]
    assert not {"评比月份", "发布版次"} & set(head)
    assert [sheet.cell(3, column).value for column in range(1, 7)] == [
        "徐汇微博",
        "徐汇区",
        "weibo",
        "wb-1",
        "310104",
        1234,
    ]
    assert sheet.cell(4, head.index("传播力得分") + 1).value == 9.5
    assert sheet.cell(4, head.index("传播力得分") + 1).number_format == "0.000000"
    assert sheet.cell(3, head.index("传播力得分") + 1).value is None
    summary = book["总览 Summary"]
    head = [cell.value.split("\n")[0] for cell in summary[2]]
    rate = summary.cell(3, head.index("原创率") + 1)
    assert (rate.value, rate.number_format) == (0.592615, "0.0%")
    assert summary.cell(3, head.index("封顶是否可能改变名次") + 1).value is False
    highlights = book["亮点 Highlights"]
    assert [highlights.cell(3, column).value for column in (1, 2)] == ["亮点1", "徐汇区"]
    changes = book["得分变化 Changes"]
    assert changes.max_row == 2 + len(rows_of(folder, "score_changes"))
    assert book["指标 Indicators"].max_row == 2 + 6 * 7


def test_the_method_and_the_notes_close_the_workbook(book: openpyxl.Workbook) -> None:
    method = book["方法 Method"]
    assert method["A1"].value == "方法版本 2021-01 / Method version 2021-01"
    assert [[cell.value for cell in row] for row in method.iter_rows(min_row=3, max_row=9)] == [
        ["dissemination", "news_app", 0.3, 99], ["dissemination", "news_site", 0.3, 99], ["dissemination", "wechat", 0.25, 9999],
        ["dissemination", "weibo", 0.15, 9999], ["influence", "comment", 0.2, 99], ["influence", "like", 0.2, 9999],
        ["influence", "read", 0.6, 999999],
    ]  # fmt: skip
    assert method["A11"].value.startswith("得分＝基础分＋附加分")
    assert method["A12"].value.startswith("Score = base + bonus")
    notes = book["说明 Notes"]
    assert [notes.cell(3, column).value for column in (1, 2)] == ["名次 rank", "Rank; ties share one"]
    texts = [notes.cell(row, 1).value for row in range(16, notes.max_row + 1) if notes.cell(row, 1).value]
    assert texts[:2] == ["榜单 2021-08 r1", "发布 / Issued by: 甲中心、乙中心"]


def test_text_is_text_in_the_workbook_and_what_nobody_sees_is_left_out(small: Settings, tmp_path: Path) -> None:
    made = tables.with_release(tables.candidate(small, AUGUST), "r1")
    hostile = ["=1+1", "http://example.org", "0012", "甲\u202e乙"]
    rows = [
        {**row, "name": hostile[at], "name_en": hostile[at + 2]}
        for at, row in enumerate(made["hot_topics"].to_pylist())
    ]
    made["hot_topics"] = pa.Table.from_pylist(rows, schema=made["hot_topics"].schema)
    workbook.write_xlsx(made, tmp_path / "t.xlsx", AUGUST, "注 & 意\n二", [])
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["话题 Topics"]
    cells = [sheet.cell(row, column) for row in (3, 4) for column in (1, 2)]
    assert [cell.value for cell in cells] == ["=1+1", "0012", "http://example.org", "甲乙"]
    assert [(cell.data_type, cell.hyperlink) for cell in cells] == [("s", None)] * 4
    assert "注 && 意 · 二" in sheet.oddFooter.left.text


def test_the_same_tables_give_the_same_workbook(tmp_path: Path, folder: Path) -> None:
    made = {name: pq.read_table(folder / "tables" / f"{name}.parquet") for name in TABLES}
    notes = json.loads((folder / "ranking.json").read_text("utf-8"))["notes"]
    workbook.write_xlsx(made, tmp_path / "t.xlsx", AUGUST, "榜单 2021-08 r1", notes)
    assert (tmp_path / "t.xlsx").read_bytes() == (folder / "ranking.xlsx").read_bytes()
