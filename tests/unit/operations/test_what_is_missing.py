"""Which exports of a month are missing, on a raw layer of a few rows: channels, accounts, days, names, spans."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangdan.core import calendars
from bangdan.core.calendars import Calendar
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import registries
from bangdan.operations import completeness
from bangdan.operations.completeness import Completeness

AUGUST, JULY = Month.parse("2021-08"), Month.parse("2021-07")
IN_TIME = "2021-09-08 00:00:00+08"  # the window of August is closed: 168 hours after its end
EARLY = "2021-09-07 23:59:59+08"
COLUMNS = {
    "export_manifest": "load_key text, export_sha256 text, table_name text, status text, months text[], received_at timestamptz",
    "accounts": "load_key text, account_id text, account_name text, unit_id text, platform text, account_key text,"
    " aliases text[], valid_from timestamptz, valid_to timestamptz",
    "channels": "load_key text, channel_type text, valid_from date, valid_to date",
    "records": "channel_type text, account_key text, account_name_raw text",
}


class Raw:
    """A raw layer: each export is a manifest row and, if it holds records, a file in each of its months."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home, 1, "1GB")
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'")

    def write(self, table: str, name: str, rows: list[dict[str, Any]]) -> None:
        file = self.settings.raw / table / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        columns = COLUMNS[table.partition("/")[0]]
        self.con.execute(f"create or replace temp table given ({columns})")
        for row in rows:
            marks = ", ".join(f"${i + 1} as {column}" for i, column in enumerate(row))
            self.con.execute(f"insert into given by name select {marks}", list(row.values()))
        self.con.execute(f"copy given to '{file}' (format parquet)")

    def manifest(
        self, key: str, received_at: str, table: str = "records", status: str = "loaded", months: Any = ()
    ) -> None:
        row = {
            "load_key": key,
            "export_sha256": f"sha-{key}",
            "table_name": table,
            "status": status,
            "months": list(months),
            "received_at": received_at,
        }
        self.write("export_manifest", key, [row])

    def records(self, key: str, received_at: str, *rows: tuple[str, str | None, str | None], month: str = "2021-08",
                status: str = "loaded") -> None:  # fmt: skip
        self.manifest(key, received_at, status=status, months=[month])
        names = ("channel_type", "account_key", "account_name_raw")
        self.write(f"records/month={month}", key, [dict(zip(names, row)) for row in rows])

    def accounts(self, key: str, *rows: dict[str, Any], received_at: str = "2021-01-01 00:00:00+08") -> None:
        self.manifest(key, received_at, "accounts")
        self.confirm(key)
        self.write("accounts", key, [{"load_key": key, "unit_id": "u", "platform": "wechat", **row} for row in rows])

    def channels(self, key: str, *rows: dict[str, Any]) -> None:
        self.manifest(key, "2021-01-01 00:00:00+08", "channels")
        self.confirm(key)
        self.write("channels", key, [{"load_key": key, **row} for row in rows])

    def confirm(self, key: str) -> None:
        registries.mark(f"sha-{key}", Path(f"{key}.csv"), self.settings)

    def missing(self, month: Month = AUGUST) -> tuple[list[str], list[str]]:
        result = completeness.of(self.settings, month)
        return result.missing_channels, [missing_account["account_id"] for missing_account in result.missing_accounts]


ONE = {"account_id": "wx-1", "account_name": "一局发布", "account_key": "key-1"}
NEWS = ("news_app", "app-1", "客户端")


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    """A registry of one WeChat account and two channel types; the news apps' export is here."""
    raw = Raw(tmp_path)
    raw.accounts("accounts", ONE)
    raw.channels("channels", {"channel_type": "news_app"}, {"channel_type": "wechat"})
    raw.records("news", IN_TIME, NEWS)
    return raw


def test_before_any_export_everything_is_missing(tmp_path: Path) -> None:
    result = completeness.of(Settings(tmp_path, 1, "1GB"), AUGUST)
    assert (result.missing_channels, result.missing_accounts) == (["no export has been loaded"], [])
    assert result.words() == "no export has been loaded"


@pytest.mark.parametrize("table", ["accounts", "channels"])
def test_without_a_registry_nothing_can_be_asked(raw: Raw, table: str) -> None:
    (raw.settings.raw / table / f"{table}.parquet").unlink()
    with pytest.raises(BangdanError, match=f"no {table} have been loaded") as failed:
        completeness.of(raw.settings, AUGUST)
    assert failed.value.remedy == "fill registry/ of the city's folder: units, accounts, outlets"


def test_a_channel_and_an_account_without_a_row_are_missing_and_with_one_are_not(raw: Raw) -> None:
    assert raw.missing() == (["wechat"], ["wx-1"])
    raw.records("own", IN_TIME, ("wechat", "key-1", None))
    assert raw.missing() == ([], [])


def test_a_missing_account_is_named_with_unit_and_platform(raw: Raw) -> None:
    (entry,) = completeness.of(raw.settings, AUGUST).missing_accounts
    assert entry == {"account_id": "wx-1", "account_name": "一局发布", "unit_id": "u", "platform": "wechat"}


@pytest.mark.parametrize(("received_at", "is_enough"), [(IN_TIME, True), (EARLY, False)])
def test_what_was_received_before_the_window_closed_is_not_enough(raw: Raw, received_at: str, is_enough: bool) -> None:
    raw.records("own", received_at, ("wechat", "key-1", None))
    assert raw.missing() == (([], []) if is_enough else (["wechat"], ["wx-1"]))


@pytest.mark.parametrize(
    ("row", "is_account"),
    [
        (("wechat", "key-1", "别的名字"), True),
        (("wechat", None, "一局发布"), True),
        (("wechat", "一局发布", None), True),  # an export that knows accounts by name only
        (("wechat", "一局发布", "显示的别名"), True),
        (("wechat", None, "一局在线"), True),  # an alias
        (("wechat", "一局在线", None), True),
        (("weibo", "key-1", "一局发布"), False),
        (("wechat", "key-2", "二局发布"), False),
        (("wechat", None, "key-1"), False),  # a key is no name
        (("wechat", None, None), False),
        (("wechat", None, ""), False),  # the registry left an alias empty
        (("wechat", "", "某人"), False),
    ],
)
def test_a_row_is_an_accounts_by_its_key_name_or_alias_on_its_platform(
    raw: Raw, row: tuple[str, str | None, str | None], is_account: bool
) -> None:
    raw.accounts("accounts", {**ONE, "aliases": ["一局在线", ""]})
    raw.records("own", IN_TIME, row)
    assert raw.missing()[1] == ([] if is_account else ["wx-1"])


def test_a_row_without_a_key_is_not_that_of_an_account_without_a_key(raw: Raw) -> None:
    for nothing in (None, ""):
        raw.accounts(
            "accounts", {"account_id": "wx-1", "account_name": "一局发布", "account_key": nothing, "aliases": []}
        )
        raw.records("own", IN_TIME, ("wechat", nothing, "某人"))
        assert raw.missing() == ([], ["wx-1"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "refused"},
        {"month": "2021-09"},
    ],
)
def test_an_export_that_was_refused_or_is_of_another_month_is_not_the_months(raw: Raw, wrong: dict[str, str]) -> None:
    raw.records("own", IN_TIME, ("wechat", "key-1", None), **wrong)
    assert raw.missing() == (["wechat"], ["wx-1"])


def test_an_export_some_of_whose_rows_were_rejected_is_here(raw: Raw) -> None:
    raw.records("own", IN_TIME, ("wechat", "key-1", None), status="partial")
    assert raw.missing() == ([], [])


def test_a_file_that_no_manifest_row_names_was_never_loaded(raw: Raw) -> None:
    raw.records("own", IN_TIME, ("wechat", "key-1", None))
    (raw.settings.raw / "export_manifest" / "own.parquet").unlink()
    assert raw.missing() == (["wechat"], ["wx-1"])


def test_an_export_whose_rows_were_purged_is_passed_over(raw: Raw) -> None:
    raw.records("own", IN_TIME, ("wechat", "key-1", None))
    (raw.settings.raw / "records" / "month=2021-08" / "own.parquet").unlink()
    assert raw.missing() == (["wechat"], ["wx-1"])


def test_a_dormant_account_is_not_waited_for_but_its_channel_is(raw: Raw) -> None:
    """July has been loaded, and the account had no row in it; when those were received does not matter."""
    raw.records("july", "2021-07-15 00:00:00+08", NEWS, month="2021-07")
    assert raw.missing() == (["wechat"], [])
    raw.records("own", "2021-07-15 00:00:00+08", ("wechat", "key-1", None), month="2021-07")
    assert raw.missing() == (["wechat"], ["wx-1"])


def test_an_account_that_was_active_two_months_ago_only_is_dormant(raw: Raw) -> None:
    raw.records("june", "2021-07-15 00:00:00+08", ("wechat", "key-1", None), month="2021-06")
    assert raw.missing() == (["wechat"], ["wx-1"])  # nothing is known of July
    raw.records("july", "2021-08-15 00:00:00+08", NEWS, month="2021-07")
    assert raw.missing() == (["wechat"], [])


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_due"),
    [
        (None, None, True),
        ("2021-08-31 23:59:59+08", None, True),
        ("2021-09-01 00:00:00+08", None, False),
        ("2021-08-31 16:00:00+00", None, False),  # the same moment, told in Greenwich
        (None, "2021-08-01 00:00:01+08", True),
        (None, "2021-08-01 00:00:00+08", False),
        (None, "2021-07-31 16:00:01+00", True),
    ],
)
def test_an_account_is_due_in_the_months_in_which_it_is_owned(
    raw: Raw, valid_from: str | None, valid_to: str | None, is_due: bool
) -> None:
    raw.accounts("accounts", {**ONE, "valid_from": valid_from, "valid_to": valid_to})
    assert raw.missing()[1] == (["wx-1"] if is_due else [])


def test_spans_of_an_account_are_one_account_with_all_its_keys_and_aliases(raw: Raw) -> None:
    raw.accounts(
        "accounts",
        {**ONE, "valid_to": "2021-08-15 00:00:00+08", "aliases": ["旧名"]},
        {**ONE, "account_key": "key-9", "valid_from": "2021-08-15 00:00:00+08", "aliases": ["新名"]},
    )
    assert raw.missing()[1] == ["wx-1"]
    for i, row in enumerate(
        (("wechat", "key-1", None), ("wechat", "key-9", None), ("wechat", None, "旧名"), ("wechat", None, "新名"))
    ):
        raw.records("own", IN_TIME, row)
        assert raw.missing()[1] == [], i


def test_the_newest_registry_that_was_received_tells_of_an_account(raw: Raw) -> None:
    """Whichever file is read first: the one that came later says that the account has ended."""
    raw.accounts("a-newer", {**ONE, "valid_to": "2021-01-31 00:00:00+08"}, received_at="2021-03-01 00:00:00+08")
    raw.accounts("z-older", ONE, received_at="2021-02-01 00:00:00+08")
    assert raw.missing()[1] == []
    raw.accounts(
        "newest", ONE, {**ONE, "account_id": "wx-2", "account_key": "key-2"}, received_at="2021-04-01 00:00:00+08"
    )
    assert raw.missing()[1] == ["wx-1", "wx-2"]
    # An account that the newest file leaves out is known by the newest that names it.
    raw.accounts("partly", {**ONE, "account_id": "wx-3", "account_key": "key-3"}, received_at="2021-05-01 00:00:00+08")
    assert raw.missing()[1] == ["wx-1", "wx-2", "wx-3"]


def test_of_two_registries_received_at_once_the_one_with_the_greater_key_tells(raw: Raw) -> None:
    raw.accounts("k1", ONE, received_at="2021-03-01 00:00:00+08")
    raw.accounts("k2", {**ONE, "valid_to": "2021-01-31 00:00:00+08"}, received_at="2021-03-01 00:00:00+08")
    assert raw.missing()[1] == []


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_due"),
    [
        (None, None, True),
        ("2021-08-31", None, True),
        ("2021-09-01", None, False),
        (None, "2021-08-02", True),
        (None, "2021-08-01", False),
    ],
)
def test_a_channel_type_is_due_in_the_months_in_which_an_outlet_of_it_is_declared(
    raw: Raw, valid_from: str | None, valid_to: str | None, is_due: bool
) -> None:
    raw.channels(
        "channels", {"channel_type": "news_app"},
        {"channel_type": "weibo", "valid_from": valid_from, "valid_to": valid_to},
    )  # fmt: skip
    assert raw.missing()[0] == (["weibo"] if is_due else [])


def test_a_registry_that_declares_no_channel_is_not_complete(raw: Raw) -> None:
    raw.channels("channels", {"channel_type": "weibo", "valid_to": "2021-08-01"})
    assert raw.missing()[0] == ["the registry declares no channel"]


def test_the_days_of_a_month_follow_the_method_on_trial(tmp_path: Path) -> None:
    settings = Settings(tmp_path, 1, "1GB", method_version="trial-even")
    when = calendars.of(settings, AUGUST)
    assert when.window_closed_at.isoformat() == "2021-09-08T00:00:00+08:00"
    assert when.due_at.isoformat() == "2021-09-16T00:00:00+08:00"
    with pytest.raises(BangdanError, match="method none of 2021-08 has no window_hours"):
        calendars.of(Settings(tmp_path, 1, "1GB", method_version="none"), AUGUST)


def account(name: str) -> dict[str, str]:
    return {"account_id": f"wx-{name}", "account_name": name, "unit_id": "u", "platform": "wechat"}


@pytest.mark.parametrize(
    ("channels", "accounts", "words"),
    [
        ([], "", "complete"),
        (["weibo"], "", "missing channels weibo"),
        (["the registry declares no channel"], "", "the registry declares no channel"),
        (
            ["the registry declares no channel"],
            "甲",
            "the registry declares no channel; missing 1 account(s): 甲 (wechat)",
        ),
        (["news_app", "weibo"], "甲", "missing channels news_app, weibo; 1 account(s): 甲 (wechat)"),
        ([], "甲乙丙", "missing 3 account(s): 甲 (wechat)、乙 (wechat)、丙 (wechat)"),
        ([], "甲乙丙丁", "missing 4 account(s): 甲 (wechat)、乙 (wechat)、丙 (wechat) and 1 more"),
        ([], "甲乙丙丁戊己", "missing 6 account(s): 甲 (wechat)、乙 (wechat)、丙 (wechat) and 3 more"),
    ],
)
def test_what_is_missing_is_told_in_a_line(tmp_path: Path, channels: list[str], accounts: str, words: str) -> None:
    when = calendars.of(Settings(tmp_path, 1, "1GB"), AUGUST)
    result = Completeness(AUGUST, when, channels, [account(name) for name in accounts])
    assert result.words() == words
    assert result.is_complete is (words == "complete")
    assert result.to_json() == {
        "is_complete": words == "complete",
        "window_closed_at": "2021-09-08T00:00:00+08:00",
        "due_at": "2021-09-16T00:00:00+08:00",
        "missing_channels": channels,
        "missing_accounts": [f"wx-{name}" for name in accounts],
    }


def test_a_month_is_due_even_where_the_method_would_close_its_window_later(tmp_path: Path) -> None:
    usual = calendars.of(Settings(tmp_path, 1, "1GB"), AUGUST)
    late = Completeness(AUGUST, Calendar(window_closed_at=usual.due_at, due_at=usual.window_closed_at), ["weibo"])
    assert late.is_ready(usual.window_closed_at)


def test_a_complete_month_waits_for_the_end_of_its_window_and_an_incomplete_one_for_its_due_day(tmp_path: Path) -> None:
    calendar = calendars.of(Settings(tmp_path, 1, "1GB"), AUGUST)
    complete, incomplete = Completeness(AUGUST, calendar), Completeness(AUGUST, calendar, ["weibo"])
    second = timedelta(seconds=1)
    at = (calendar.window_closed_at - second, calendar.window_closed_at, calendar.due_at - second, calendar.due_at)
    assert [complete.is_ready(now) for now in at] == [False, True, True, True]
    assert [incomplete.is_ready(now) for now in at] == [False, False, False, True]
