"""When a month may be run: its exports are complete, or it is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bangdan.core import calendars
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings
from bangdan.demo import write_city
from bangdan.operations import completeness
from bangdan.pipeline import intake


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("month", "closed", "due"),
    [
        ("2020-12", "2021-01-08", "2021-01-16"),
        ("2021-02", "2021-03-08", "2021-03-16"),
        ("2020-02", "2020-03-08", "2020-03-16"),
        ("2021-08", "2021-09-08", "2021-09-16"),
    ],
)
def test_the_days_of_a_month_are_those_of_the_method_over_the_years_end_and_in_february(
    month: str, closed: str, due: str
) -> None:
    when = calendars.of(Settings.load(), Month.parse(month))
    assert (when.window_closed_at, when.due_at) == (at(closed), at(due))


def test_a_month_is_ready_when_complete_but_never_before_its_window_is_closed_and_at_the_latest_when_due() -> None:
    month = Month.parse("2021-08")
    when = calendars.of(Settings.load(), month)
    whole = completeness.Completeness(month, when)
    lacking = completeness.Completeness(month, when, missing_channels=["weibo"])
    before = timedelta(seconds=1)
    assert [entry.is_ready(when.window_closed_at - before) for entry in (whole, lacking)] == [False, False]
    assert [entry.is_ready(when.window_closed_at) for entry in (whole, lacking)] == [True, False]
    assert [entry.is_ready(when.due_at - before) for entry in (whole, lacking)] == [True, False]
    assert [entry.is_ready(when.due_at) for entry in (whole, lacking)] == [True, True]


def test_the_city_is_complete_and_the_month_after_it_lacks_everything(city: Path) -> None:
    settings = Settings.load().replaced(home=city, city=city)
    assert completeness.of(settings, Month.parse("2021-08")).is_complete
    after = completeness.of(settings, Month.parse("2021-09"))
    assert after.missing_channels == ["news_app", "news_site", "wechat", "weibo"]
    assert "account(s)" in after.words()


def test_an_account_or_a_channel_whose_export_did_not_come_after_the_window_is_named(
    city: Path, tmp_path: Path
) -> None:
    """All exports of 2021-07 arrive anew: one account's before the window closed, the news apps' not at all."""
    write_city(tmp_path / "home")
    settings = Settings.load().replaced(home=tmp_path / "home", city=tmp_path / "home", threads=1)
    intake.ingest(settings, [city / "inbox" / "synthetic-registry"])
    folder = city / "inbox" / "synthetic-2021-07"
    early = sorted((folder / "wechat_exporter").glob("*.xlsx"))[0]
    rest = [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("_")]
    rest = [file for file in rest if file != early and "news_apps" not in file.name]
    intake.ingest(settings, [early], received_at=at("2021-08-07T23:59:59"))
    intake.ingest(settings, rest, received_at=at("2021-08-08T00:00:00"))
    result = completeness.of(settings, Month.parse("2021-07"))
    assert result.missing_channels == ["news_app"]
    assert [missing_account["account_name"] for missing_account in result.missing_accounts] == [
        early.stem.removeprefix("synthetic_")
    ]
    assert result.words().startswith("missing channels news_app; 1 account(s): ")


def test_an_account_that_was_silent_the_month_before_is_not_waited_for(city: Path, tmp_path: Path) -> None:
    write_city(tmp_path / "home")
    settings = Settings.load().replaced(home=tmp_path / "home", city=tmp_path / "home", threads=1)
    inbox = city / "inbox"
    silent = sorted((inbox / "synthetic-2021-08" / "wechat_exporter").glob("*.xlsx"))[0]
    keep = [
        file
        for month in ("2021-07", "2021-08")
        for file in sorted((inbox / f"synthetic-{month}").rglob("*"))
        if file.is_file() and file.name not in (silent.name, "_delivery.json")
    ]
    intake.ingest(settings, [inbox / "synthetic-registry"])
    intake.ingest(settings, keep, received_at=at("2021-09-10T06:00:00"))
    assert completeness.of(settings, Month.parse("2021-08")).is_complete
    assert len(completeness.of(settings, Month.parse("2021-07")).missing_accounts) == 1
