"""Rows of a later version of a tool under an older header: each is read by the version whose width it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bangdan.ingestion import mapping
from bangdan.ingestion.readers import delimited
from bangdan.ingestion.readers.text_table import TextTable
from tests.support import loading
from tests.support.sample_exports import BID, HEAD_14, HEAD_31, HEAD_33, MIDS, SEARCH

ORDER_39 = [*HEAD_33[:6], "Live Photo视频url", *HEAD_33[6:15], "是否编辑过", "编辑次数", *HEAD_33[15:24], "源微博Live Photo视频url", *HEAD_33[24:], "源微博是否编辑过", "源微博编辑次数"]  # fmt: skip
HEADS = {14: HEAD_14, 31: HEAD_31, 33: HEAD_33, 39: ORDER_39}


def post(n: int, head: list[str], cells: int) -> list[str]:
    """Row `n` of a version, with as many cells."""
    values = {
        "id": MIDS[n], "bid": BID[MIDS[n]], "正文": f"第{n}条", "日期": "2021-08-02", "工具": "手机", "点赞数": str(n), "评论数": "2", "转发数": "3",
        "话题": "开放", "完整日期": f"2021-08-02 09:{n:02d}:00", "是否原创": str(cells < 20), "源用户id": "5200100001", "源微博id": "4650000000000001",
    }  # fmt: skip
    return [values.get(name, "") for name in head][:cells]


def load(tmp_path: Path, header: list[str], rows: list[list[str]]) -> tuple[Any, list[Any]]:
    file = loading.put(tmp_path / "in" / "演示" / "5200100000.csv", loading.table(header, rows))
    (report,) = loading.load(tmp_path / "home", file)
    return report, loading.rows(tmp_path / "home")


@pytest.mark.parametrize("fast_bytes", [0, 1 << 30], ids=["fast", "tolerant"])
@pytest.mark.parametrize(
    ("old", "new", "cells"),
    [(14, 31, 15), (14, 31, 31), (14, 33, 16), (14, 33, 33), (14, 39, 19), (14, 39, 37), (31, 33, 16), (31, 33, 33), (31, 39, 19), (33, 39, 19), (33, 39, 37), (33, 39, 39)],
)  # fmt: skip
def test_rows_of_a_later_weibo_crawler_are_read_by_their_own_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: int, new: int, cells: int, fast_bytes: int
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_bytes)
    own = {14: 14, 31: 31, 33: 33}[old]
    report, rows = load(tmp_path, HEADS[old], [post(0, HEADS[old], own), post(1, HEADS[new], cells), post(2, HEADS[old], own)])  # fmt: skip
    assert (report.status, report.accepted, report.reasons["HDR_OLDER"]) == ("loaded", 3, 1)
    assert [(row["record_id"], row["text"], row["like_count"], row["repost_count"], row["topics"]) for row in rows] == [
        (MIDS[n], f"第{n}条", n, 3, ["开放"]) for n in range(3)
    ]
    assert rows[1]["repost_of_id"] == ("4650000000000001" if cells > 20 else None)
    assert rows[1]["is_original"] is (cells < 20)
    assert rows[1]["published_at"].minute == (0 if new == 31 else 1)  # only the day is in 31 columns


def test_short_and_long_rows_of_the_own_version_stay(tmp_path: Path) -> None:
    rows = [post(0, HEAD_33, 16), post(1, HEAD_33, 33), post(2, HEAD_33, 12)]
    report, loaded = load(tmp_path, HEAD_33, rows)
    assert (report.accepted, "HDR_OLDER" in report.reasons) == (3, False)
    assert [row["record_id"] for row in loaded] == MIDS[:3]


def test_a_width_that_no_version_has_is_rejected_and_a_header_of_the_later_version_is_none(tmp_path: Path) -> None:
    rows = [post(0, HEAD_33, 33), [*post(1, HEAD_33, 33), "x"], ORDER_39, post(2, ORDER_39, 37)]
    report, loaded = load(tmp_path, HEAD_33, rows)
    assert (report.accepted, report.rejected) == (2, 1)
    assert report.reasons == {"ROW_WIDTH": 1, "HDR_OLDER": 1, "HDR_REPEATED": 1}
    assert [row["record_id"] for row in loaded] == [MIDS[0], MIDS[2]]


@pytest.mark.parametrize("more", [1, 2, 3, 4])
def test_an_old_table_of_weibo_search_goes_on_with_more_cells(tmp_path: Path, more: int) -> None:
    def row(n: int) -> list[str]:
        values = {"id": MIDS[n], "bid": BID[MIDS[n]], "user_id": "5200100000", "用户昵称": "甲", "微博正文": f"第{n}条", "发布时间": "2021-08-02 09:00", "点赞数": "1", "ip": "发布于 上海"}  # fmt: skip
        return [values.get(name, "") for name in SEARCH]

    file = loading.put(tmp_path / "词.csv", loading.table(SEARCH[:17], [row(0)[:17], row(1)[: 17 + more]]))
    (report,) = loading.load(tmp_path / "home", file)
    assert (report.status, report.accepted, report.reasons) == ("loaded", 2, {"HDR_OLDER": 1})
    assert loading.rows(tmp_path / "home", "records", "record_id") == MIDS[:2]


def test_widths_that_two_versions_share_and_that_of_the_file_mean_neither() -> None:
    table = TextTable(["a", "b"], iter(()))
    table.add_versions([(["a", "x", "b"], [2, 3]), (["a", "x", "b", "c"], [3, 4]), (["z", "y", "x", "w", "v"], [5])])
    assert (table.header, table.layouts) == (["a", "b", "x", "c"], {4: [0, 2, 1, 3]})


def test_a_version_has_no_more_cells_than_names() -> None:
    with pytest.raises(ValueError, match="as many as there are columns"):
        mapping.Version.model_validate({"columns": ["a", "b"], "rows": [3]})
