"""Records inside documents: several paths, what their parents hold, and columns that only the file's path gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bangdan.core.identifiers import bid_of_mid
from bangdan.ingestion import mapping
from bangdan.ingestion.readers.nested import records_in
from tests.support import loading

MID = 4660000000000001
BID = bid_of_mid(str(MID))


def load(tmp_path: Path, text: str, content: Any, name: str = "a.json") -> Any:
    own = loading.put(tmp_path / "own.yml", "name: own\n" + text)
    file = loading.put(tmp_path / "in" / name, content if isinstance(content, str) else json.dumps(content))
    (report,) = loading.load(tmp_path / "home", file, mapping=own)
    return report


def rows(tmp_path: Path, *columns: str) -> list[Any]:
    return loading.rows(tmp_path / "home", "records", *columns)


def test_records_come_in_the_order_of_the_paths_each_with_what_holds_it() -> None:
    document = {"id": 1, "a": {"x": [{"n": 1}, {"n": 2}]}, "b": {"n": 3}, "c": [7, None, {"n": 4}]}
    result = records_in(document, ["a.x", "b", "c", "nowhere", "id", "."])
    assert [record.get("n") for record in result] == [1, 2, 3, 4, None]
    assert [record["parent"].get("id") for record in result[:4]] == [None, None, 1, 1]
    assert result[0]["parent"]["parent"] == result[4] == document


def test_a_list_in_a_list_gives_all_of_its_records_and_an_own_key_called_parent_stays() -> None:
    document = {
        "posts": [{"id": 1, "reposts": [{"id": 2}, {"id": 3, "parent": "x"}]}, {"id": 4, "reposts": [{"id": 5}]}]
    }
    result = records_in(document, ["posts.reposts"])
    assert [record["id"] for record in result] == [2, 3, 5]
    assert [result[0]["parent"]["id"], result[1]["parent"], result[2]["parent"]["id"]] == [1, "x", 4]


def test_posts_with_nested_reposts_link_by_the_post_that_holds_them(tmp_path: Path) -> None:
    content = [
        {"mid": MID, "user": {"id": 5200100000}, "text": "原文", "at": "2021-08-02 09:00:00", "reposts": [
            {"mid": MID + 1, "user": {"id": 5200100001}, "text": "转发微博", "at": "2021-08-02 09:10:00"},
            {"mid": MID + 2, "user": {"id": 5200100002}, "text": "转", "at": "2021-08-02 09:20:00"},
        ]},
        {"mid": MID + 3, "user": {"id": 5200100000}, "text": "没有转发", "at": "2021-08-02 10:00:00", "reposts": []},
    ]  # fmt: skip
    text = """items: [., reposts]
columns:
  channel_type: {value: weibo}
  account_key_type: {value: weibo_uid}
  account_key: user.id
  record_id: mid
  text: text
  published_at: at
  repost_of_id: parent.mid
"""
    report = load(tmp_path, text, content)
    assert (report.rows_read, report.accepted) == (4, 4)
    assert rows(tmp_path, "record_id", "account_key", "repost_of_id", "source_row") == [
        (str(MID), "5200100000", None, 1),
        (str(MID + 1), "5200100001", str(MID), 2),
        (str(MID + 2), "5200100002", str(MID), 3),
        (str(MID + 3), "5200100000", None, 4),
    ]


def test_reposts_belong_to_the_post_in_the_name_of_their_file(tmp_path: Path) -> None:
    text = r"""path: {repost_of_id: '^\d+_([0-9A-Za-z]{9})_\d+$', root_id: '_([0-9A-Za-z]{9})_'}
columns:
  channel_type: {value: weibo}
  account_key_type: {value: weibo_uid}
  account_key: uid
  record_id: mid
  parent_id: parent
  text: text
  published_at: date
"""
    second = bid_of_mid(str(MID + 4_194_304))
    content = [
        {"mid": second, "uid": "5200100001", "parent": "", "kids": [], "text": "", "date": "2021-08-02 09:10:00"},
        {"mid": bid_of_mid(str(MID + 9_000_000)), "uid": "5200100002", "parent": second, "kids": [], "text": "转", "date": "07月17日 17:27"},
    ]  # fmt: skip
    report = load(tmp_path, text, content, f"3_{BID}_5200100000.json")
    assert (report.accepted, report.rejected) == (2, 0)
    assert rows(tmp_path, "record_id", "repost_of_id", "root_id", "parent_id") == [
        (str(MID + 4_194_304), str(MID), str(MID), None),
        (str(MID + 9_000_000), str(MID), str(MID), str(MID + 4_194_304)),
    ]
    assert rows(tmp_path, "published_at")[1] == datetime(2021, 7, 17, 9, 27, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("parent", "甲/乙.json", "甲"),
        ("stem", "甲/乙.丙.json", "乙.丙"),
        (r"\d{5,12}", "甲/a_12345_678901.json", "678901"),
        (r"\d{5,12}", "甲_12345/乙.json", "12345"),
        (r"^(\w+?)_(\d+)$", "甲/乙_7.json", "乙_7"),
        (r"^(\w+?)_\d+$", "甲/乙_7.json", "乙"),
        (r"\d{5,12}", "甲/乙.json", None),
    ],
)
def test_a_column_may_come_from_the_path(tmp_path: Path, rule: str, name: str, value: str | None) -> None:
    text = f"path: {{source_name_raw: '{rule}'}}\ncolumns:\n  channel_type: {{value: news_site}}\n  title: t\n  published_at: at\n"
    load(tmp_path, text, [{"t": "标题", "at": "2021-08-02 09:00:00"}], name)
    assert rows(tmp_path, "source_name_raw") == [value]


def test_a_cell_goes_before_the_path_and_a_time_may_come_from_it(tmp_path: Path) -> None:
    text = r"""path: {source_name_raw: parent, published_at: '^\d{4}-\d\d-\d\d'}
columns:
  channel_type: {value: news_site}
  title: t
  source_name_raw: s
"""
    load(tmp_path, text, [{"t": "甲", "s": "报"}, {"t": "乙", "s": ""}], "某站/2021-08-02-b.json")
    day = datetime(2021, 8, 1, 16, tzinfo=UTC)
    assert rows(tmp_path, "source_name_raw", "published_at") == [("报", day), ("某站", day)]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ({"titel": "parent"}, "did you mean title"),
        ({"title": "folder"}, "parent, stem or a regular expression"),
        ({"title": ""}, "parent, stem or a regular expression"),
        ({"title": "a("}, "no regular expression"),
        ({"published_at": "stem"}, "holds no text"),
    ],
)
def test_a_wrong_path_is_refused(path: dict[str, str], message: str) -> None:
    columns = {"title": "x", "published_at": "y"}
    with pytest.raises(ValueError, match=message):
        mapping.Mapping.model_validate({"name": "own", "path": path, "columns": columns})


# ---- constants ---------------------------------------------------------------------------------------------------


def test_constants_may_be_numbers_and_booleans(tmp_path: Path) -> None:
    text = """recognise: [2021, t]
columns:
  channel_type: {from: [c], values: {1: news_app, 2: news_site}}
  account_key: {value: 5200100000}
  title: t
  position: {value: 3}
  is_deleted: {value: false}
  is_original: {all_equal: {o: 1}}
  published_at: at
  read_count: {from: 2021, floors: {100001: 100001}, missing: [-1], zeros: [无人]}
"""
    content = [
        {"c": 1, "t": "甲", "o": 1, "at": "2021-08-02 09:00:00", "2021": 100001},
        {"c": 2, "t": "乙", "o": 0, "at": "2021-08-02 09:00:00", "2021": -1},
        {"c": "1", "t": "丙", "o": "1", "at": "2021-08-02 09:00:00", "2021": "无人"},
    ]
    report = load(tmp_path, text, content)
    assert report.accepted == 3
    assert rows(tmp_path, "channel_type", "account_key", "position", "is_deleted", "is_original") == [
        ("news_app", "5200100000", 3, False, True), ("news_site", "5200100000", 3, False, False), ("news_app", "5200100000", 3, False, True),
    ]  # fmt: skip
    assert rows(tmp_path, "read_count", "read_count_qualifier") == [(100001, "floor"), (None, "missing"), (0, "exact")]
