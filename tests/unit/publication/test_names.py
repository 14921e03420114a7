"""Names and files as pages, bulletins and packages share them."""

from __future__ import annotations

import pytest

from bangdan.publication.pages import names


@pytest.mark.parametrize(
    ("unit_id", "file"),
    [
        ("310110", "units/310110"),
        ("d-Jyw_2", "units/d-Jyw_2"),
        ("a" * 60, f"units/{'a' * 60}"),
        # Any other id by the first 16 digits of its SHA-256: `printf 卫健委 | sha256sum`.
        ("卫健委", "units/u-89880005103e8fc5"),
        ("a/b", "units/u-c14cddc033f64b9d"),
        ("a" * 61, "units/u-35d5fc17cfbbadd0"),
    ],
)
def test_the_file_of_a_unit_is_its_id_where_that_is_short_and_plain(unit_id: str, file: str) -> None:
    assert names.unit_file(unit_id, "zh") == f"{file}.html"
    assert names.unit_file(unit_id, "en") == f"{file}.en.html"


def test_each_licence_is_named_once_in_their_order() -> None:
    issuers = [{"data_licence": licence} for licence in ("ODbL-1.0", "CC-BY-4.0", None, "", "ODbL-1.0")]
    assert names.licences_of([*issuers, {"issuer_name": "甲"}]) == ["CC-BY-4.0", "ODbL-1.0"]


def test_lists_come_in_the_order_of_the_city() -> None:
    rows = [
        {"ranking_list": "a", "position": 2, "list_name": "甲", "list_name_en": "A"},
        {"ranking_list": "b", "position": 1, "list_name": "乙", "list_name_en": "B"},
    ]
    assert list(names.lists_of(rows).items()) == [("b", ("乙", "B")), ("a", ("甲", "A"))]


def test_channels_of_the_program_come_first_and_an_unknown_one_goes_by_its_code() -> None:
    rows = [{"channel_type": code, "is_monitored": code != "wechat"} for code in ("zhihu", "weibo", "douyin", "wechat")]
    assert list(names.channels_of(rows)) == ["news_app", "news_site", "wechat", "weibo", "douyin", "zhihu"]
    assert names.monitored(rows) == {
        "weibo": ("微博", "Weibo"), "douyin": ("抖音", "Douyin"), "zhihu": ("zhihu", "zhihu"),
    }  # fmt: skip


def test_where_there_is_no_english_name_the_chinese_one_stands_in_its_place() -> None:
    row = {"unit_name": "市总工会", "unit_name_en": None}
    assert [names.localised(row, "unit_name", language) for language in ("zh", "en")] == ["市总工会", "市总工会"]
    row["unit_name_en"] = "Trade unions"
    assert [names.localised(row, "unit_name", language) for language in ("zh", "en")] == ["市总工会", "Trade unions"]


def test_an_indicator_without_a_name_goes_by_its_id() -> None:
    assert names.indicator_name("zhihu", "en") == "zhihu"
    assert names.indicator_name("douyin", "en") == "Reprints on Douyin"
