"""Limits per source at door one: each can fire, and each limit is a dated row with a reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import duckdb
import pytest

from bangdan import gates
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from tests.support.homes import PROJECT

MONTH = Month.parse("2021-08")
FLOORS = PROJECT / "dbt_project" / "seeds" / "methodology" / "quality_floors.csv"


@pytest.fixture
def con(tmp_path) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the frames read: one registered account, and the floors of the seed."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Shanghai'")
    for schema in ("raw", "staging", "seeds"):
        con.execute(f"create schema {schema}")
    con.execute(
        f"create table seeds.quality_floors as select * replace (nullif(scope, '') as scope) from read_csv('{FLOORS}',"
        " types = {'value': 'varchar', 'scope': 'varchar', 'valid_from': 'date', 'valid_to': 'date'})"
    )
    con.execute("create table staging.stg_units (unit_id text, ranking_list text, valid_from date, valid_to date)")
    con.execute(
        "create table staging.stg_account_keys (key_kind text, platform text, account_key text, account_id text)"
    )
    con.execute("insert into staging.stg_account_keys values ('key', 'wechat', 'k', 'wx-1')")
    con.execute(
        "create table raw.records (connector text, channel_type text, account_key text, record_id text, month text,"
        " published_at timestamptz)"
    )
    yield con
    con.close()


def rows(con: duckdb.DuckDBPyConnection, connector: str, number: int, days: int) -> None:
    """So many rows of the account, spread over the first days of the month."""
    con.execute(
        "insert into raw.records select $1, 'wechat', 'k', $1 || i, '2021-08',"
        " timestamptz '2021-08-01 12:00:00+08' + to_days((i % $3)::int) from range($2) t(i)",
        [connector, number, days],
    )


def broken(con: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, str]]:
    """Rows of a frame that break one of its expectations."""
    frame = gates._suite(Settings(PROJECT, 1, "1GB"), "raw_exports")["frames"][name]
    values = gates._values(con, MONTH)
    data = con.execute(frame["query"].format_map(values)).df()
    results = gates._validate(data, frame["expectations"], values)
    return [row for result in results for row in result["rows"]]


def test_more_rows_of_an_account_than_its_source_can_hold(con: duckdb.DuckDBPyConnection) -> None:
    rows(con, "wechat_exporter_json", 600, 31)
    rows(con, "anything_else", 3000, 31)
    assert broken(con, "source_accounts") == []
    rows(con, "wechat_exporter_xlsx", 601, 31)
    (row,) = broken(con, "source_accounts")
    assert (row["connector"], row["account_id"], row["row_count"]) == ("wechat_exporter_xlsx", "wx-1", "601")
    con.execute("insert into raw.records select * replace (record_id || 'x' as record_id) from raw.records")
    assert len(broken(con, "source_accounts")) == 3


def test_days_on_which_a_source_saw_nothing_are_named(con: duckdb.DuckDBPyConnection) -> None:
    rows(con, "anything_else", 200, 25)  # 25 of 31 days: 0.806
    rows(con, "wechat_article_total", 200, 10)  # its own floor is 0.3
    rows(con, "too_few_to_tell", 99, 1)
    assert broken(con, "source_days") == []
    rows(con, "interrupted", 200, 24)
    (row,) = broken(con, "source_days")
    assert (row["connector"], row["silent_days"]) == ("interrupted", "25 26 27 28 29 30 31")


def test_an_exception_for_a_month_stands_over_the_row_beneath_it(con: duckdb.DuckDBPyConnection) -> None:
    exception = "insert into seeds.quality_floors by name select 'source_days_share' as measure, null as scope,"
    con.execute(f"{exception} '0.5' as value, date '2021-08-01' as valid_from, date '2021-09-01' as valid_to")
    rows(con, "interrupted", 200, 24)
    assert broken(con, "source_days") == []
    con.execute("update seeds.quality_floors set valid_to = '2021-08-01' where value = '0.5'")
    assert len(broken(con, "source_days")) == 1


def test_a_channel_that_a_month_may_do_without_is_not_missed(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table seeds.channel_types as select unnest(['news_app', 'wechat']) as channel_type")
    con.execute("create table staging.stg_channels as from seeds.channel_types")
    rows(con, "anything_else", 3000, 31)
    assert [(row["channel_type"], row["item_count"]) for row in broken(con, "channels")] == [("news_app", "0")] * 2
    exception = (
        "insert into seeds.quality_floors by name select 'days_with_items_share' as measure, 'news_app' as scope,"
    )
    con.execute(f"{exception} '0' as value, date '2021-08-01' as valid_from, date '2021-09-01' as valid_to")
    assert broken(con, "channels") == []


def test_every_limit_is_a_dated_row_with_a_reason_and_has_a_general_one() -> None:
    with FLOORS.open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [row for row in found if not (row["valid_from"] and row["declared_on"] and row["reason"])] == []
    connectors = {row["measure"] for row in found if row["scope"]} - {"days_with_items_share"}
    assert connectors <= {row["measure"] for row in found if not row["scope"]}
    known = {file.stem for file in (PROJECT / "plugins/bangdan/ingestion/mappings").glob("*.yml")}
    channels = {"news_app", "news_site", "wechat", "weibo"}
    assert {row["scope"] for row in found if row["scope"]} <= known | channels
