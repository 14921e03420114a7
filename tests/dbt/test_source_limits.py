"""Limits per source of the first gate: each can fire, and each limit is a dated row with a reason."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bangdan.core.settings import Settings
from tests.support import gate_frames
from tests.support.homes import PROJECT

FLOORS = PROJECT / "dbt_project" / "seeds" / "methodology" / "quality_floors.csv"
EXCEPTION = (
    "insert into seeds.quality_floors by name select 'source_days_share' as measure, null as scope, '0.5' as value,"
    " date '2021-08-01' as valid_from, date '2021-09-01' as valid_to"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A month that passes its gates, without the rows of account wx-a."""
    home = gate_frames.build(tmp_path / "built")
    return gate_frames.copy(home, tmp_path / "home", "delete from raw.records where account_key = 'key-a'")


def execute(settings: Settings, *statements: str) -> None:
    with gate_frames.connect(settings.warehouse) as con:
        for statement in statements:
            con.execute(statement)


def rows(connector: str, number: int, days: int) -> str:
    """So many rows of the account, spread over the first days of the month."""
    return (
        f"insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select '{connector}', 'sha', 'wechat', 'key-a', 'own-a', '{connector}' || i,"
        f" timestamptz '2021-08-01 12:00:00+08' + to_days((i % {days})::int), '2021-08' from range({number}) t(i)"
    )


def broken(settings: Settings, frame: str) -> list[dict[str, str]]:
    """Rows of a frame that break one of its rules."""
    gate_frames.refusal(settings, "raw_exports")
    report = gate_frames.report(settings, "raw_exports")
    return [
        row
        for warning in report["failures"] + report["warnings"]
        if warning["frame"] == frame
        for row in warning["rows"]
    ]


def test_more_rows_of_an_account_than_its_source_can_hold(settings: Settings) -> None:
    execute(settings, rows("wechat_exporter_json", 600, 31), rows("anything_else", 3000, 31))
    assert broken(settings, "source_accounts") == []
    execute(settings, rows("wechat_exporter_xlsx", 601, 31))
    (row,) = broken(settings, "source_accounts")
    assert (row["connector"], row["account_id"], row["row_count"]) == ("wechat_exporter_xlsx", "wx-a", "601")
    execute(
        settings,
        "insert into raw.records select * replace (record_id || 'x' as record_id) from raw.records"
        " where account_key = 'key-a'",
    )
    assert len(broken(settings, "source_accounts")) == 3


def test_days_on_which_a_source_saw_nothing_are_named(settings: Settings) -> None:
    execute(
        settings,
        rows("anything_else", 200, 25),  # 25 of 31 days: 0.806
        rows("wechat_article_total", 200, 10),  # its own floor is 0.3
        rows("too_few_to_judge", 99, 1),
    )
    assert broken(settings, "source_days") == []
    execute(settings, rows("interrupted", 200, 24))
    (row,) = broken(settings, "source_days")
    assert (row["connector"], row["silent_days"]) == ("interrupted", "25 26 27 28 29 30 31")


def test_an_exception_for_a_month_replaces_the_general_limit(settings: Settings) -> None:
    execute(settings, EXCEPTION, rows("interrupted", 200, 24))
    assert broken(settings, "source_days") == []
    execute(
        settings,
        "update seeds.quality_floors set valid_to = '2021-08-01' where value = '0.5' and measure = 'source_days_share'",
    )
    assert len(broken(settings, "source_days")) == 1


def test_a_channel_that_a_month_may_do_without_is_not_missed(settings: Settings) -> None:
    execute(
        settings, "delete from raw.records where channel_type = 'news_app' and month = '2021-08'", rows("x", 3000, 31)
    )
    assert [(row["channel_type"], row["item_count"]) for row in broken(settings, "channels")] == [("news_app", "0")] * 2
    execute(
        settings,
        EXCEPTION.replace("source_days_share", "days_with_items_share")
        .replace("null", "'news_app'")
        .replace("0.5", "0"),
    )
    assert broken(settings, "channels") == []


def test_every_limit_is_a_dated_row_with_a_reason_and_has_a_general_one() -> None:
    with FLOORS.open(encoding="utf-8", newline="") as stream:
        result = list(csv.DictReader(stream))
    assert [row for row in result if not (row["valid_from"] and row["declared_on"] and row["reason"])] == []
    connectors = {row["measure"] for row in result if row["scope"]} - {"days_with_items_share"}
    assert connectors <= {row["measure"] for row in result if not row["scope"]}
    known = {file.stem for file in (PROJECT / "plugins/bangdan/ingestion/mappings").glob("*.yml")}
    channels = {"news_app", "news_site", "wechat", "weibo"}
    parts = {"largest_item", "largest_outlet", "link_only", "busiest_day", "one_sided_exports"}  # of a unit's reprints
    for row in result:
        assert row["scope"] in (
            "",
            *(parts if row["measure"] in ("leverage_ranks", "one_sided_share") else known | channels),
        ), row
