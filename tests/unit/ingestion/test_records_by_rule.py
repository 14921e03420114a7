"""What a record is called, whose it is, which of two equals counts, and what its flags and lists mean: one test a rule."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support import loading

OWN = """
name: own
columns:
  channel_type: channel
  account_key_type: kind
  account_key: key
  account_name_raw: name
  record_id: id
  alt_id: bid
  url: url
  title: title
  text: text
  published_at: at
  observed_at: seen
  position: place
  repost_of_id: of
  parent_id: parent
  root_id: root
  is_original: original
  is_deleted: deleted
  like_count: likes
  read_count: reads
"""
BASE = {"channel": "news_site", "kind": "domain", "key": "a.example", "title": "标题", "at": "2021-08-02 09:30:15"}


def load(tmp_path: Path, *rows: dict[str, Any], mapping: str = OWN) -> list[dict[str, Any]]:
    """Records of some cells, by name, on top of the base; the report is kept in the first's `report`."""
    names = list(dict.fromkeys(name for row in rows for name in {**BASE, **row}))
    cells = [[{**BASE, **row}.get(name, "") for name in names] for row in rows]
    file = loading.put(tmp_path / "in" / "a.csv", loading.table(names, cells))
    (report,) = loading.load(tmp_path / "home", file, mapping=loading.put(tmp_path / "own.yml", mapping))
    load.report = report  # type: ignore[attr-defined]
    return loading.rows(tmp_path / "home")


def reasons() -> dict[str, int]:
    return load.report.reasons  # type: ignore[attr-defined]


# ---- the identifier of a record ----------------------------------------------------------------------------------


def test_the_channels_own_id_comes_first_then_the_address_then_a_hash(tmp_path: Path) -> None:
    own, address, hashed = load(
        tmp_path, {"id": " 7 ", "url": "https://a.example/1"}, {"url": "https://www.a.example/2/?from=x"}, {}
    )
    assert own["record_id"] == "7"
    assert address["record_id"] == "a.example/2"
    assert hashed["record_id"] == "h" + hashlib.sha256("a.example\n标题\n1627867815000000".encode()).hexdigest()[:24]


@pytest.mark.parametrize(("channel", "is_address"), [("news_site", True), ("news_app", True), ("wechat", False)])
def test_an_address_names_a_record_of_news_only(tmp_path: Path, channel: str, is_address: bool) -> None:
    (row,) = load(tmp_path, {"channel": channel, "url": "https://a.example/2"})
    assert (row["record_id"] == "a.example/2") is is_address
    assert row["record_id"].startswith("h") is not is_address


def test_the_hash_tells_account_title_and_time_apart_and_takes_the_text_where_there_is_no_title(tmp_path: Path) -> None:
    changed = [
        {},
        {"key": "b.example"},
        {"title": "别的"},
        {"at": "2021-08-02 09:30:16"},
        {"title": "", "text": "标题"},
    ]
    ids = [row["record_id"] for row in load(tmp_path, *changed)]
    assert ids[4:] == []  # the text alone says the same as the title: the same record again
    assert len(set(ids)) == 4
    assert reasons() == {"DUP_ID": 1}


def test_a_weibo_id_is_a_number_proven_by_its_short_one_where_a_spreadsheet_rounded_it(tmp_path: Path) -> None:
    weibo = {"channel": "weibo", "kind": "weibo_uid", "key": "5200100000"}
    rows = load(
        tmp_path,
        {**weibo, "id": "4660000000000001"},
        {**weibo, "id": "4660000000000060", "bid": "KpaSc000Y"},
        {**weibo, "id": "4660000000000000", "bid": "KpaSc0002"},
        {**weibo, "id": "", "bid": "KpaSc0003"},
        {**weibo, "id": "4660000000000070", "bid": ""},
        {**weibo, "id": "4.66E+15", "bid": "KpaSc0004"},
        {**weibo, "id": "4.66E+15", "bid": ""},
        {**weibo, "id": "4660000000000005", "bid": "KpaSc0006"},
        {**weibo, "id": "M_1", "title": "no number and no short id: as it is"},
    )
    assert [row["record_id"] for row in rows] == [
        "4660000000000001", "4660000000000060", "4660000000000002", "4660000000000003", "4660000000000070",
        "4660000000000004", "M_1",
    ]  # fmt: skip
    assert reasons() == {"ID_PRECISION": 3, "ID_CONFLICT": 1}  # two repaired, one rejected
    assert [(reject.row, reject.code, reject.value) for reject in load.report.rejects] == [  # type: ignore[attr-defined]
        (7, "ID_PRECISION", "4.66E+15"), (8, "ID_CONFLICT", "4660000000000005 KpaSc0006"),
    ]  # fmt: skip


def test_ids_of_other_channels_are_never_repaired(tmp_path: Path) -> None:
    (row,) = load(tmp_path, {"channel": "wechat", "id": "4660000000000000", "bid": "KpaSc0001"})
    assert row["record_id"] == "4660000000000000"


@pytest.mark.parametrize("name", ["of", "parent", "root"])
@pytest.mark.parametrize(
    ("value", "result"), [("4650000000000001", "4650000000000001"), (" 465 ", "465"), ("0", None), ("None", None), ("", None), ("KpaSc", None)]
)  # fmt: skip
def test_the_source_of_a_weibo_repost_is_a_number_and_zero_is_none(
    tmp_path: Path, name: str, value: str, result: str | None
) -> None:
    (row,) = load(tmp_path, {"channel": "weibo", "id": "4660000000000001", name: value})
    assert row[{"of": "repost_of_id", "parent": "parent_id", "root": "root_id"}[name]] == result


# ---- the account -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "key", "kind"),
    [
        ({"key": " WWW.A.example "}, "a.example", "domain"),
        ({"key": "\u3000a.example\xa0"}, "a.example", "domain"),
        ({"key": "\u3000", "name": "\u3000甲报\xa0"}, "甲报", "name"),
        ({"key": "", "name": " 甲报 "}, "甲报", "name"),
        ({"key": "  ", "name": "甲报"}, "甲报", "name"),
        ({"key": "www.", "name": "甲报"}, "甲报", "name"),
        ({"key": "a.example", "name": "甲报"}, "a.example", "domain"),
        ({"key": "", "name": ""}, None, "domain"),
        ({"channel": "wechat", "kind": "wx_biz", "key": " www.Mz== "}, "www.Mz==", "wx_biz"),
        ({"channel": "news_app", "kind": "app_id", "key": "App-1?from=feed"}, "app-1", "app_id"),
    ],
)
def test_the_account_is_its_key_bare_and_its_name_where_there_is_none(
    tmp_path: Path, cells: dict, key: str | None, kind: str
) -> None:
    (row,) = load(tmp_path, {"id": "1", **cells})
    assert (row["account_key"], row["account_key_type"]) == (key, kind)


def test_a_missing_name_is_told_by_the_path_and_a_given_one_is_not_written_over(tmp_path: Path) -> None:
    own = OWN.replace("columns:", "path: {account_name_raw: parent}\ncolumns:")
    rows = load(tmp_path, {"id": "1", "name": "甲"}, {"id": "2", "name": ""}, mapping=own)
    assert [row["account_name_raw"] for row in rows] == ["甲", "in"]
    stem = OWN.replace("columns:", "path: {account_name_raw: stem}\ncolumns:")
    rows = load(tmp_path / "b", {"id": "2", "name": ""}, mapping=stem)
    assert [row["account_name_raw"] for row in rows] == ["a"]


# ---- equals ------------------------------------------------------------------------------------------------------


def kept(tmp_path: Path, *rows: dict[str, Any]) -> list[int]:
    result = [row["source_row"] for row in load(tmp_path, *rows)]
    assert len(result) + reasons().get("DUP_ID", 0) == len(rows)
    assert load.report.duplicate == reasons().get("DUP_ID", 0)  # type: ignore[attr-defined]
    return result


def test_of_equals_the_one_with_the_larger_counts_stands_wherever_it_is(tmp_path: Path) -> None:
    assert kept(tmp_path / "a", {"id": "1", "likes": "9"}, {"id": "1", "likes": "3"}) == [1]
    assert kept(tmp_path / "b", {"id": "1", "likes": "3"}, {"id": "1", "likes": "9"}) == [2]
    assert kept(tmp_path / "c", {"id": "1", "likes": "5", "reads": "5"}, {"id": "1", "likes": "9"}) == [1]


def test_of_equals_with_the_same_counts_the_later_stands(tmp_path: Path) -> None:
    assert kept(tmp_path, {"id": "1", "likes": "3"}, {"id": "1", "likes": "3"}, {"id": "1", "likes": "3"}) == [3]


def test_a_count_that_is_missing_weighs_nothing(tmp_path: Path) -> None:
    assert kept(tmp_path, {"id": "1", "likes": "1"}, {"id": "1", "likes": ""}) == [1]


@pytest.mark.parametrize("other", [{"id": "2"}, {"key": "b.example"}, {"channel": "wechat"}, {"seen": "2021-08-10"}])
def test_another_id_account_channel_or_observation_is_no_duplicate(tmp_path: Path, other: dict) -> None:
    first = {"id": "1", "seen": "2021-08-09"}
    assert kept(tmp_path, first, {**first, **other}) == [1, 2]


@pytest.mark.parametrize("other", [{"title": "别的"}, {"url": "https://a.example/9"}, {"at": "2021-08-02 10:00"}])
def test_another_title_address_or_time_of_publication_is_the_same_observation(tmp_path: Path, other: dict) -> None:
    first = {"id": "1", "seen": "2021-08-09"}
    assert kept(tmp_path, first, {**first, **other}) == [2]


# ---- flags, lists, numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "means"),
    [
        *[(word, True) for word in ("true", "True", "TRUE", "1", "yes", "y", "Y", "是", "原创", " 是 ")],
        *[(word, False) for word in ("false", "False", "0", "no", "n", "N", "否", "非原创", "转载", " 转载 ")],
        *[(word, None) for word in ("", "2", "unknown", "也许", "未知")],
    ],
)
def test_a_word_for_original_and_for_reprinted(tmp_path: Path, word: str, means: bool | None) -> None:
    (row,) = load(tmp_path, {"id": "1", "original": word, "deleted": word})
    assert (row["is_original"], row["is_deleted"]) == (means, means)
    assert row["original_evidence"] == ("unknown" if means is None else "flag")


@pytest.mark.parametrize(
    ("text", "place"), [("1", 1), (" 8 ", 8), ("", None), ("a", None), ("1.0", None), ("-1", None), ("999999999", 999_999_999), ("1000000000", None)]
)  # fmt: skip
def test_a_position_is_a_small_whole_number(tmp_path: Path, text: str, place: int | None) -> None:
    (row,) = load(tmp_path, {"id": "1", "place": text})
    assert row["position"] == place


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("#a# 文 #b#", ["a", "b"]), ("#a##ab#", ["a", "ab"]), ("没有", []), ("", []), ("#", []), ("##", []), ("# a#", []), ("#a b#", ["a b"]),
        ("#换\n行#", []), (f"#{'长' * 39}#", ["长" * 39]), (f"#{'长' * 40}#", []),
    ],
)  # fmt: skip
def test_hashtags_stand_between_two_signs_on_one_line(tmp_path: Path, text: str, topics: list[str]) -> None:
    (row,) = load(tmp_path, {"id": "1", "text": text})
    assert row["topics"] == topics


def test_a_column_of_topics_comes_before_the_hashtags_of_the_text(tmp_path: Path) -> None:
    own = OWN + "  topics: {from: [tags]}\n"
    rows = load(
        tmp_path,
        {"id": "1", "text": "#不#", "tags": "开放|接种 ||"},
        {"id": "2", "text": "#不#", "tags": ""},
        {"id": "3", "text": "#不#", "tags": "开,放"},
        mapping=own,
    )
    assert [row["topics"] for row in rows] == [["开放", "接种"], [], ["开,放"]]


def test_reads_are_views_unless_the_mapping_says_people_and_no_reads_have_no_unit(tmp_path: Path) -> None:
    rows = load(tmp_path, {"id": "1", "reads": "5"}, {"id": "2", "reads": "0"}, {"id": "3", "reads": ""})
    assert [row["read_unit"] for row in rows] == ["views", "views", None]
    (row,) = load(tmp_path / "b", {"id": "1", "reads": "5"}, mapping=OWN + "  read_unit: {value: people}\n")
    assert row["read_unit"] == "people"


def test_a_count_keeps_its_text_as_it_came(tmp_path: Path) -> None:
    rows = load(tmp_path, {"id": "1", "likes": " 1.2万 "}, {"id": "2", "likes": "暂无"}, {"id": "3", "likes": ""})
    assert [(row["like_count"], row["like_count_raw"], row["like_count_qualifier"]) for row in rows] == [
        (12_000, " 1.2万 ", "rounded"), (None, "暂无", "missing"), (None, None, "missing"),
    ]  # fmt: skip
    assert {row["view_count_qualifier"] for row in rows} == {"missing"}
    assert reasons() == {"COUNT_NA": 1}


def test_only_kept_columns_are_stored_cut_to_five_hundred_characters_and_no_private_ones(tmp_path: Path) -> None:
    keep = OWN.replace("columns:", "keep: [甲, 乙, session_key, 手机号]\ncolumns:")
    rows = load(
        tmp_path,
        {"id": "1", "乙": "长" * 501, "甲": 'a"b', "丙": "x", "session_key": "s", "手机号": "1", "Cookie": "c"},
        {"id": "2", "乙": "", "甲": ""},
        {"id": "3", "甲": "x", "乙": ""},
        mapping=keep,
    )
    assert [json.loads(row["extra"]) if row["extra"] else None for row in rows] == [
        {"乙": "长" * 500, "甲": 'a"b'}, None, {"甲": "x"},
    ]  # fmt: skip
    assert reasons() == {"HDR_PRIVATE": 3}


def test_only_the_first_problem_of_a_row_is_told(tmp_path: Path) -> None:
    load(tmp_path, {"id": "1"}, {"id": "2", "at": "2021-13-01", "likes": "x"}, {"id": "3", "likes": "x", "reads": "-1"})
    assert reasons() == {"DATE_INVALID": 1, "COUNT_INVALID": 1, "COUNT_NA": 3}
    assert [(reject.row, reject.code, reject.column) for reject in load.report.rejects] == [  # type: ignore[attr-defined]
        (2, "DATE_INVALID", "published_at"), (3, "COUNT_INVALID", "like_count"),
    ]  # fmt: skip


def test_two_hundred_characters_of_a_rejected_value_are_kept(tmp_path: Path) -> None:
    load(tmp_path, {"id": "1", "likes": "x" * 201}, {"id": "2"})
    assert [reject.value for reject in load.report.rejects] == ["x" * 200]  # type: ignore[attr-defined]


def test_an_observation_without_a_time_is_one_of_the_export(tmp_path: Path) -> None:
    given, none = load(tmp_path, {"id": "1", "seen": "2021-08-09 08:00:00"}, {"id": "2", "seen": ""})
    assert given["observed_at"] == datetime(2021, 8, 9, tzinfo=UTC)
    assert none["observed_at"] is None


def test_a_time_of_observation_that_cannot_be_rejects_the_row(tmp_path: Path) -> None:
    seen = [
        "9999-12-31",
        "2021-08-32",
        "1970-01-01",
        "2021-10-11 06:00",
        "2021-10-11 06:01",
    ]  # received on 10 September at 6
    rows = load(tmp_path, *({"id": str(i), "seen": text} for i, text in enumerate(seen)))
    assert [row["record_id"] for row in rows] == ["3"]
    assert reasons() == {"DATE_FUTURE": 2, "DATE_INVALID": 1, "DATE_EARLY": 1}
    assert {reject.column for reject in load.report.rejects} == {"observed_at"}  # type: ignore[attr-defined]


# ---- the registry ------------------------------------------------------------------------------------------------

REGISTRY = {
    "units": ({"unit_id": "1", "unit_name": "甲", "unit_type": "district", "ranking_list": ""}, ["unit_id", "unit_name"]),
    "accounts": ({"account_id": "1", "unit_id": "", "platform": "weibo", "account_key": "5"}, ["account_id", "platform"]),
    "channels": ({"outlet_id": "1", "channel_type": "weibo", "outlet_name": ""}, ["outlet_id", "channel_type"]),
}  # fmt: skip


@pytest.mark.parametrize("table", REGISTRY)
def test_a_row_of_the_registry_needs_what_names_it_and_nothing_else(tmp_path: Path, table: str) -> None:
    whole, needed = REGISTRY[table]
    rows = [whole, *({**whole, name: " "} for name in needed)]
    file = loading.put(tmp_path / "in" / "r.csv", loading.table(list(whole), [list(row.values()) for row in rows]))
    (report,) = loading.load(tmp_path / "home", file)
    assert (report.accepted, report.reasons, report.months) == (1, {"ID_MISSING": len(needed)}, [])
    assert [(reject.row, reject.column) for reject in report.rejects] == list(enumerate(needed, start=2))
    assert loading.rows(tmp_path / "home", table, "source_row") == [1]


@pytest.mark.parametrize(
    ("kind", "key", "name", "is_accepted"),
    [("wx_biz", "Mz1", "", True), ("name", "甲", "甲", True), ("", "", "甲", True), ("", "Mz1", "", True),
     ("name", "", "甲", False), ("wx_biz", " ", "甲", False), ("", "", "", False)],
)  # fmt: skip
def test_an_account_of_which_no_record_could_be_is_rejected(
    tmp_path: Path, kind: str, key: str, name: str, is_accepted: bool
) -> None:
    head = ["account_id", "unit_id", "platform", "account_key_type", "account_key", "account_name"]
    text = loading.table(head, [["1", "1", "wechat", kind, key, name], ["2", "1", "wechat", "wx_biz", "Mz2", "乙"]])
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / "accounts.csv", text))
    assert report.reasons == ({} if is_accepted else {"ACCOUNT_NO_KEY": 1})
    assert [(reject.row, reject.column) for reject in report.rejects] == ([] if is_accepted else [(1, "account_key")])


@pytest.mark.parametrize(
    ("text", "day"), [("2021-01-01", (2021, 1, 1)), ("2021/1/1 23:59:59", (2021, 1, 1)), ("", None)]
)
def test_a_span_of_the_registry_is_told_in_shanghai_days(tmp_path: Path, text: str, day: tuple | None) -> None:
    row = {**REGISTRY["units"][0], "valid_from": text, "valid_to": text}
    loading.load(tmp_path, loading.put(tmp_path / "in" / "r.csv", loading.table(list(row), [list(row.values())])))
    result = loading.rows(tmp_path, "units", "valid_from", "valid_to")
    assert [(entry and (entry.year, entry.month, entry.day)) for entry in result[0]] == [day, day]


def test_a_span_of_the_registry_that_is_no_date_rejects_the_row(tmp_path: Path) -> None:
    for table in ("units", "accounts"):
        row = {**REGISTRY[table][0], "valid_to": "2021-02-30"}
        good = list(REGISTRY[table][0].values())
        file = loading.put(tmp_path / table / "r.csv", loading.table(list(row), [list(row.values()), good]))
        (report,) = loading.load(tmp_path / "home", file)
        assert (report.accepted, report.reasons) == (1, {"DATE_INVALID": 1}), table
        assert report.rejects[0].column == "valid_to"
