"""Delivery notes: what one may hold, and that one which cannot be read is refused and stops no other file."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bangdan.cli.common import moment
from bangdan.core.errors import UsageError
from bangdan.core.months import SHANGHAI
from bangdan.ingestion import delivery_notes, landing
from bangdan.ingestion.delivery_notes import DeliveryNote
from bangdan.pipeline import intake
from tests.support import loading

VENDOR = "渠道类型,媒体名称,媒体ID,标题,正文,链接,发布时间\n微信,甲,a,t,x,https://a.example/1,2021-08-02\n"
NINE = datetime(2021, 8, 2, 9, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("{}", DeliveryNote()), ('\ufeff{"received_at": "2021-08-02T09:00:00+08:00"}', DeliveryNote(NINE)),
        ('{"received_at": "2021-08-02 09:00"}', DeliveryNote(NINE)), ('{"received_at": "2021-08-02T01:00:00Z"}', DeliveryNote(NINE)),
        ('{"synthetic": true, "sender": ["anybody"]}', DeliveryNote(is_synthetic=True)), ('{"synthetic": false}', DeliveryNote()),
    ],
)  # fmt: skip
def test_a_note_holds_a_time_and_whether_its_files_are_synthetic(text: str, note: DeliveryNote) -> None:
    assert delivery_notes.parse(text.encode()) == note


MALFORMED = {
    "no bytes": (b"", "line 1: no JSON"),
    "half": (b'{"received_at": ', "line 1: no JSON"),
    "a list": (b"[]", "not an object"),
    "a text": (b'"2021-08-02"', "not an object"),
    "null": (b"null", "not an object"),
    "a number for the time": (b'{"received_at": 1627866000}', "received_at: not a text"),
    "null for the time": (b'{"received_at": null}', "received_at: not a text"),
    "an object for the time": (b'{"received_at": {"at": "2021-08-02"}}', "received_at: not a text"),
    "no time": ('{"received_at": "昨天"}'.encode(), "received_at: no time in the form"),
    "a year to come": (b'{"received_at": "9999-12-31T00:00:00+08:00"}', "received_at: before 2009, or in the future"),
    "the first year": (b'{"received_at": "0001-01-01T00:00:00+14:00"}', "received_at: before 2009, or in the future"),
    "a word for the flag": (b'{"synthetic": "no"}', "synthetic: neither true nor false"),
    "a number for the flag": (b'{"synthetic": 1}', "synthetic: neither true nor false"),
    "NaN": (b'{"received_at": NaN}', "NaN is no JSON"),
    "a key twice": (
        b'{"received_at": "2021-08-02", "received_at": "2021-08-03"}',
        "the key 'received_at' is there twice",
    ),
    "GBK": ('{"sender": "甲", "received_at": "2021-08-02"}'.encode("gbk"), "not UTF-8"),
    "UTF-16": ('{"received_at": "2021-08-02"}'.encode("utf-16"), "not UTF-8"),
    "too large": (b'{"a": "' + b"x" * 70_000 + b'"}', "more than 64 KB"),
    "too deep": (b"[" * 60_000, "nested too deep"),
    "a number without end": (b'{"a": ' + b"9" * 60_000 + b"}", "a number of too many digits"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_note_that_cannot_be_read_is_refused_by_file_and_field_and_its_files_load(tmp_path: Path, kind: str) -> None:
    data, why = MALFORMED[kind]
    loading.put(tmp_path / "in" / "甲" / "_delivery.json", data)
    file = loading.put(tmp_path / "in" / "甲" / "v.csv", VENDOR)
    os.utime(file, (NINE.timestamp(), NINE.timestamp()))
    loading.put(tmp_path / "in" / "乙" / "v.csv", VENDOR.replace("/1", "/2"))
    result = intake.ingest(loading.settings(tmp_path / "home"), [tmp_path / "in"])
    reports = {report.file: report for report in result.files}
    note = reports.pop("甲/_delivery.json")
    assert (note.status, note.reasons) == ("refused", {"FILE_NOTE": 1})
    assert why in (note.message or "")
    assert {name: report.status for name, report in reports.items()} == {"甲/v.csv": "loaded", "乙/v.csv": "loaded"}
    rows = loading.rows(tmp_path / "home", "export_manifest")
    assert [row["received_at"] for row in rows if row["source_file"] == "甲/v.csv"] == [NINE]


def test_a_note_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    loading.put(tmp_path / "secret.json", '{"received_at": "2021-08-03T00:00:00+08:00"}')
    loading.put(tmp_path / "in" / "v.csv", VENDOR)
    (tmp_path / "in" / "_delivery.json").symlink_to(tmp_path / "secret.json")
    reports = {report.file: report for report in loading.load(tmp_path / "home", tmp_path / "in")}
    assert reports["v.csv"].status == "loaded"
    assert "link" in (reports["_delivery.json"].message or "")


def test_the_note_of_a_file_that_is_named_alone_is_refused_too(tmp_path: Path) -> None:
    loading.put(tmp_path / "in" / "_delivery.json", "[]")
    file = loading.put(tmp_path / "in" / "v.csv", VENDOR)
    reports = {report.file: report.reasons for report in loading.load(tmp_path / "home", file)}
    assert reports == {"in/v.csv": {}, "in/_delivery.json": {"FILE_NOTE": 1}}


@pytest.mark.parametrize("seconds", [0, 32_503_680_000, -(10**12)])
def test_a_file_from_a_clock_that_was_wrong_was_received_now(tmp_path: Path, seconds: int) -> None:
    file = loading.put(tmp_path / "in" / "v.csv", VENDOR)
    os.utime(file, (seconds, seconds))
    (export,) = landing.land([file], loading.settings(tmp_path / "home"))
    assert abs(export.received_at - datetime.now(UTC)) < timedelta(minutes=10)


@pytest.mark.parametrize("text", ["9999-12-31", "2008-12-31", "0001-01-01T00:00:00+14:00"])
def test_a_moment_of_receipt_that_cannot_be_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="before 2009 or in the future"):
        moment(text)
