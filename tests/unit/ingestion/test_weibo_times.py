"""Times of Weibo posts that a file leaves open come from the id; a date that is another day than the id's does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bangdan.core.identifiers import bid_of_mid, mid_of_bid
from bangdan.ingestion.columns import weibo
from tests.support import loading

# 2021-01-25 23:42:07 in Shanghai is 1,611,589,327 s after 1970; less 515,483,463 s, times 2 ** 22.
MID = str((1_611_589_327 - 515_483_463) * 4_194_304 + 5)
AT = datetime(2021, 1, 25, 15, 42, 7, tzinfo=UTC)
DAY = datetime(2021, 8, 1, 16, tzinfo=UTC)
OWN = """
name: own
columns:
  channel_type: {value: CHANNEL}
  account_key_type: {value: weibo_uid}
  account_key: uid
  record_id: id
  alt_id: bid
  text: text
  published_at: RULE
"""


def load(tmp_path: Path, *cells: dict[str, str], rule: str = "at", channel: str = "weibo") -> list[Any]:
    """Rows (published_at, published_precision) of a file with these cells."""
    head = ["uid", "id", "bid", "text", "at"]
    rows = [[{"uid": "5200100000", "id": MID, "text": f"第{n}条", **row}.get(name, "") for name in head] for n, row in enumerate(cells)]  # fmt: skip
    own = loading.put(tmp_path / "own.yml", OWN.replace("RULE", rule).replace("CHANNEL", channel))
    file = loading.put(tmp_path / "in" / "a.csv", loading.table(head, rows))
    (load.report,) = loading.load(tmp_path / "home", file, mapping=own)  # type: ignore[attr-defined]
    return loading.rows(tmp_path / "home", "records", "published_at", "published_precision")


def report() -> Any:
    return load.report  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["1月25日 23:42", "01-25 23:42", "1月25日", "", "None", "3天前", "今天 23:42"])
def test_a_time_that_the_text_leaves_open_is_that_of_the_id(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, {"at": text}) == [(AT, "second")]
    assert (report().accepted, report().rejected) == (1, 0)


def test_a_text_behind_the_time_is_taken_off_by_a_pattern(tmp_path: Path) -> None:
    rule = r"{from: [at], pattern: '^(.*?)(?:\s*来自.*)?$'}"
    assert load(tmp_path, {"at": "1月25日 23:42 来自 微博 weibo.com"}, rule=rule) == [(AT, "second")]


def test_the_short_id_alone_gives_id_and_time(tmp_path: Path) -> None:
    assert load(tmp_path, {"id": "", "bid": bid_of_mid(MID)}) == [(AT, "second")]
    assert loading.rows(tmp_path / "home", "records", "record_id") == [MID]
    assert report().reasons == {}


def test_a_mapping_without_a_time_takes_that_of_the_id(tmp_path: Path) -> None:
    assert load(tmp_path, {}, rule="nowhere") == [(AT, "second")]


def test_the_id_counts_more_than_the_moment_of_capture(tmp_path: Path) -> None:
    """Received in September 2021: 31 August without its year would be that of 2021."""
    old = str((1_598_803_200 - 515_483_463) << 22)  # 2020-08-31 00:00 in Shanghai
    rows = load(tmp_path, {"id": old, "at": "8月31日 00:00"}, rule="{from: [at], relative_to: received_at}")
    assert rows == [(datetime(2020, 8, 30, 16, tzinfo=UTC), "second")]


def test_a_time_that_the_file_gives_stays(tmp_path: Path) -> None:
    rows = load(tmp_path, {"at": "2021-02-01 08:00:00"}, {"id": str(int(MID) + 1), "at": "2021-02-01"})
    assert [at for at, _precision in rows] == [datetime(2021, 2, 1, tzinfo=UTC), datetime(2021, 1, 31, 16, tzinfo=UTC)]
    assert [precision for _at, precision in rows] == ["second", "day"]


def test_a_date_of_another_day_than_the_id_is_rejected(tmp_path: Path) -> None:
    assert load(tmp_path, {"at": "1月25日 08:00"}, {"at": "1月26日 00:01"}) == [(AT, "second")]
    assert [(reject.row, reject.code, reject.value) for reject in report().rejects] == [(2, "DATE_NO_YEAR", "1月26日 00:01")]  # fmt: skip


def test_a_date_that_does_not_exist_and_an_id_of_the_future_are_rejected(tmp_path: Path) -> None:
    future = str((1_640_000_000 - 515_483_463) << 22)  # December 2021
    assert load(tmp_path, {"at": "2021-02-30"}, {"id": future, "at": ""}, {"at": ""}) == [(AT, "second")]
    assert [(reject.row, reject.code) for reject in report().rejects] == [(1, "DATE_INVALID"), (2, "DATE_FUTURE")]


@pytest.mark.parametrize("mid", ["5612814510546515491", "3000000000000001", "123"])
def test_an_id_that_holds_no_time_gives_none(tmp_path: Path, mid: str) -> None:
    assert load(tmp_path, {"id": mid, "at": "1月25日"}) == []
    assert report().reasons == {"DATE_NO_YEAR": 1}


def test_ids_of_other_channels_hold_no_time(tmp_path: Path) -> None:
    assert load(tmp_path, {"at": "1月25日"}, channel="wechat") == []
    assert report().reasons == {"DATE_NO_YEAR": 1}


def test_references_may_be_short_ids_and_words_are_none(tmp_path: Path) -> None:
    own = OWN.replace("RULE", "at").replace("CHANNEL", "weibo") + "  parent_id: parent\n"
    texts = [bid_of_mid(MID), "undefined", "KpaSc", MID]
    rows = [["5200100000", str(int(MID) + n), "", "文", "", text] for n, text in enumerate(texts)]
    file = loading.put(tmp_path / "a.csv", loading.table(["uid", "id", "bid", "text", "at", "parent"], rows))
    loading.load(tmp_path / "home", file, mapping=loading.put(tmp_path / "own.yml", own))
    assert loading.rows(tmp_path / "home", "records", "parent_id") == [MID, None, None, MID]


def test_a_short_id_in_the_place_of_the_numeric_one_is_read_as_one(tmp_path: Path) -> None:
    bid = bid_of_mid(MID)
    assert load(tmp_path, {"id": bid}, {"id": "undefined", "at": "2021-08-02"}) == [(AT, "second"), (DAY, "day")]
    assert loading.rows(tmp_path / "home", "records", "record_id", "alt_id") == [(MID, bid), ("undefined", None)]


def test_short_ids_are_read_by_columns_as_they_are_one_by_one() -> None:
    texts = [
        "z0JH2lOMb",
        "KpaSc0001",
        "ZZZZZZZZZ",
        "GAk8GAk8G",
        "",
        "KpaSc",
        "KpaSc_001",
        "微博微",
        "100000000",
        None,
        "N00000001",
    ]
    expected = [None if text is None or len(text) != 9 else mid_of_bid(text) for text in texts]
    numbers = weibo._numbers_of(pa.array(texts, pa.string()))
    assert [None if number is None else str(number) for number in numbers.to_pylist()] == expected
