"""Every row of every file is accounted for, a load is whole or not at all, and loading again changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bangdan.ingestion import landing, raw, raw_writer
from bangdan.ingestion.columns import records
from bangdan.ingestion.file_report import ROW_COUNTS
from bangdan.ingestion.loading import prepare_privacy
from tests.support import loading
from tests.support.homes import bangdan

HEADER = ["id", "bid", "正文", "日期", "点赞数", "评论数", "转发数", "完整日期"]


def post(number: int, at: str = "2021-08-02 09:00:00", likes: object = 3, text: str = "正文") -> list:
    return [4660000000000001 + 7 * number, "", text, at[:10], likes, 1, 0, at]


def crawler(home: Path, rows: list[list], name: str = "5200100000") -> Path:
    return loading.put(home / "in" / "演示" / f"{name}.csv", "\ufeff" + loading.table(HEADER, rows))


def snapshot(home: Path) -> dict[str, bytes]:
    return {str(file.relative_to(home)): file.read_bytes() for file in sorted((home / "raw").rglob("*.parquet"))}


def test_the_manifest_row_tells_all_of_a_file(tmp_path: Path) -> None:
    rows = [
        post(0),
        post(1, "2021-07-31 23:59:59"),
        post(1, "2021-07-31 23:59:59", 9),
        post(2, likes=-1),
        post(3, likes="10万+"),
        post(4, ""),
        post(5),
    ]
    (report,) = loading.load(tmp_path, crawler(tmp_path, rows))
    (result,) = loading.rows(tmp_path, "export_manifest")
    assert {key: result[key] for key in ROW_COUNTS} == {"rows_read": 7, "accepted": 5, "rejected": 1, "duplicate": 1}
    assert (result["status"], result["connector"], result["encoding"], result["replaced_chars"]) == (
        "partial",
        "weibo_crawler_csv",
        "utf-8",
        0,
    )
    assert result["dialect"] == "delimiter=','"
    assert len(result["header_fingerprint"]) == 16
    assert result["export_sha256"] == report.sha256
    assert json.loads(result["reasons"]) == {"COUNT_NA": 1, "COUNT_NEGATIVE": 1, "DUP_ID": 1}
    assert json.loads(result["metric_sums"])["like"] == 3 + 9 + 100_001 + 3 + 3
    assert result["months"] == ["2021-07", "2021-08"]  # that of the row without a time from its id
    stored = loading.rows(tmp_path, "records", "source_row", "like_count")
    assert stored == [(1, 3), (3, 9), (5, 100_001), (6, 3), (7, 3)]
    (reject,) = loading.rows(tmp_path, "rejects")
    assert (reject["source_row"], reject["reason_code"], reject["column_name"], reject["value_raw"]) == (
        4,
        "COUNT_NEGATIVE",
        "like_count",
        "-1",
    )
    assert reject["remedy"]


def test_rejects_and_records_are_all_rows_of_the_file(tmp_path: Path) -> None:
    rows = [post(i, likes="x" if i % 3 == 0 else i) for i in range(50)]
    loading.load(tmp_path, crawler(tmp_path, rows))
    numbers = loading.rows(tmp_path, "records", "source_row") + loading.rows(tmp_path, "rejects", "source_row")
    assert sorted(numbers) == list(range(1, 51))


@pytest.mark.parametrize("held", [10, 10**9])
def test_of_equals_the_larger_stands_also_where_it_was_written_long_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    """With little held in memory, files are written before the last row is read, and once more without the superseded."""
    monkeypatch.setattr(raw_writer, "HELD_BYTES", held)
    monkeypatch.setattr("bangdan.ingestion.readers.text_table.BATCH_ROWS", 4)
    first = [post(i, f"2021-0{1 + i % 6}-02 09:00:00", 10 if i % 2 else 2) for i in range(30)]
    again = [post(i, f"2021-0{1 + i % 6}-02 09:00:00", 5) for i in range(30)]
    (report,) = loading.load(tmp_path, crawler(tmp_path, [*first, *again]))
    assert (report.accepted, report.duplicate) == (30, 30)
    assert sorted(loading.rows(tmp_path, "records", "source_row")) == sorted(
        i + 1 if i % 2 else i + 31 for i in range(30)
    )
    assert report.metric_sums["like"] == 15 * 10 + 15 * 5
    assert not list((tmp_path / "raw").rglob("*.partial")) + list((tmp_path / "raw").rglob("*.again"))


def test_the_same_export_gives_the_same_bytes_in_any_home(tmp_path: Path) -> None:
    rows = [post(i, f"2021-0{1 + i % 6}-02 09:00:00", likes=-1 if i % 9 == 0 else i) for i in range(100)]
    for name in ("a", "b"):
        # Pseudonyms of real accounts differ from home to home by design; those of synthetic ones do not.
        loading.put(tmp_path / "in" / "演示" / "_delivery.json", '{"synthetic": true}')
        loading.load(tmp_path / name, crawler(tmp_path, rows))
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_the_same_export_again_is_a_duplicate_and_changes_no_byte(tmp_path: Path) -> None:
    file = crawler(tmp_path, [post(0), post(1, likes="x")])
    loading.load(tmp_path, file)
    before = snapshot(tmp_path)
    (report,) = loading.load(tmp_path, file)
    assert (report.rows_read, report.accepted, report.rejected, report.duplicate) == (2, 0, 1, 1)
    assert report.rejects[0].code == "COUNT_INVALID"
    assert snapshot(tmp_path) == before


def test_a_later_parse_replaces_the_earlier_in_one_step(tmp_path: Path) -> None:
    file = loading.put(
        tmp_path / "in" / "a.csv",
        loading.table(
            ["媒体", "标题", "链接", "阅读"],
            [["甲", "乙", "https://a.example/1", "1.2"], ["甲", "丙", "https://a.example/2", "2"]],
        ),
    )
    own = "name: own\ncolumns:\n  channel_type: {{value: news_site}}\n  account_name_raw: 媒体\n  title: 标题\n  url: 链接\n  published_at: {{value: 2021-08-02 09:00}}\n  read_count: {}\n"
    (report,) = loading.load(tmp_path, file, mapping=loading.put(tmp_path / "1.yml", own.format("阅读")))
    assert (report.accepted, report.reasons) == (1, {"COUNT_INVALID": 1, "COUNT_NA": 1})
    (report,) = loading.load(
        tmp_path, file, mapping=loading.put(tmp_path / "2.yml", own.format("{from: [阅读], factor: 10000}"))
    )
    assert report.accepted == 2
    (result,) = loading.rows(tmp_path, "export_manifest")
    assert result["accepted"] == 2
    counts = [row["read_count"] for row in loading.rows(tmp_path) if row["load_key"] == result["load_key"]]
    assert counts == [12_000, 20_000]


def test_a_load_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the step that fails, no file of the export takes its place and no manifest row stands."""
    file = crawler(tmp_path, [post(i, f"2021-0{1 + i % 6}-02 09:00:00") for i in range(40)])
    monkeypatch.setattr("bangdan.ingestion.readers.text_table.BATCH_ROWS", 8)
    monkeypatch.setattr(raw_writer, "HELD_BYTES", 10)
    whole = raw_writer.MonthFile.add
    for nth in range(1, 12):
        left = iter([False] * (nth - 1) + [True])

        def fails(file: Any, table: Any, left: Iterator[bool] = left) -> None:
            if next(left, False):
                raise OSError("no space left on device")
            whole(file, table)

        monkeypatch.setattr(raw_writer.MonthFile, "add", fails)
        with pytest.raises(OSError, match="raw/records"):  # the error names the file that could not be written
            loading.load(tmp_path / "home", file)
        assert loading.rows(tmp_path / "home") == []
        assert loading.rows(tmp_path / "home", "export_manifest") == []
        assert not [entry for entry in (tmp_path / "home" / "raw").rglob("*") if entry.suffix in (".partial", ".again")]
    monkeypatch.setattr(raw_writer.MonthFile, "add", whole)
    assert loading.load(tmp_path / "home", file)[0].accepted == 40


def test_bytes_that_changed_in_the_landing_are_never_loaded(tmp_path: Path) -> None:
    house = loading.settings(tmp_path / "home")
    (entry,) = landing.land([crawler(tmp_path, [post(0)])], house, loading.RECEIVED)
    prepare_privacy(house)
    entry.path.write_bytes(entry.path.read_bytes().replace("正文".encode(), "改文".encode()))
    assert raw.load_export(entry, house).reasons == {"FILE_CHANGED": 1}


def test_a_file_of_too_many_months_is_refused_before_it_opens_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_writer, "MAX_MONTHS", 5)
    rows = [post(i, f"20{i:02d}-01-02 09:00:00") for i in range(10, 21)]
    (report,) = loading.load(tmp_path, crawler(tmp_path, rows))
    assert report.reasons == {"DATE_SPREAD": 1}
    assert loading.rows(tmp_path) == []


def test_superseded_takes_the_larger_then_the_later() -> None:
    import pyarrow as pa

    at = datetime(2021, 8, 2, tzinfo=UTC)
    values = [("a", 1, 5), ("a", 2, 7), ("b", 3, 1), ("a", 4, 7), ("a", 5, 6), (None, 6, 0), (None, 7, 0)]
    keys = pa.table({
        "channel_type": ["weibo"] * 7, "account_key": ["k"] * 5 + ["k", "l"], "record_id": [entry[0] for entry in values],
        "observed_at": [at] * 7, "source_row": [entry[1] for entry in values], "weight": [entry[2] for entry in values],
    })  # fmt: skip
    assert records.superseded(keys) == [1, 2, 5]


def test_one_post_under_two_accounts_of_a_file_counts_for_each(tmp_path: Path) -> None:
    """Which of the two is wrong no file can tell: loading keeps both, staging the registered one, door one tells."""
    for name in ("5200100000", "5200100009"):
        loading.load(tmp_path, crawler(tmp_path, [post(0)], name))
    assert loading.rows(tmp_path, "records", "account_key", "record_id") == [
        ("5200100000", "4660000000000001"), ("5200100009", "4660000000000001"),
    ]  # fmt: skip


def test_a_dry_run_tells_all_that_a_run_would(tmp_path: Path) -> None:
    file = crawler(tmp_path, [post(0), post(1, likes="x")])
    words = ("ingest", file, "--received-at", "2021-09-10T06:00:00+08:00", "--dry-run")
    (dry,) = json.loads(bangdan(tmp_path / "home", *words, "--json").stdout)["files"]
    assert not (tmp_path / "home" / "raw").exists()
    assert dry["header_fingerprint"]
    assert dry["metric_sums"]["like"] == 3
    shown = bangdan(tmp_path / "home", *words).stdout
    assert "row 2, like_count: COUNT_INVALID 'x'; correct the export" in shown
    (report,) = loading.load(tmp_path / "home", file)
    assert dry == report.to_json()
