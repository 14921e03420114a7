"""How long a range will take, by what runs and ranges on record took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bangdan.backfill import estimate, journal
from bangdan.backfill.estimate import Estimate
from bangdan.core.months import Month, each
from bangdan.core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two runs on record, of 40 and 50 seconds, and one that ended early."""
    settings = Settings(tmp_path, 1, "1GB")
    for month, seconds in (
        ("2021-07", {"match": 30, "publish": 10}),
        ("2021-08", {"match": 50}),
        ("2021-09", {"load": 1}),
    ):
        stages = [{"stage": name, "seconds": took} for name, took in seconds.items()]
        (settings.runs / month).mkdir(parents=True)
        (settings.runs / month / "run_report.json").write_text(json.dumps({"run": "1", "stages": stages}), "utf-8")
    return settings


def a_range(settings: Settings, first: str, last: str, seconds: float) -> None:
    months = each(Month.parse(first), Month.parse(last))
    state = journal.opened(settings, Month.parse(first), Month.parse(last), "key", list(months))
    state.seconds, state.ended = seconds, True
    state.write()


def test_without_a_range_on_record_it_is_as_long_as_month_by_month_and_says_so(settings: Settings) -> None:
    assert estimate.of(settings, 24) == Estimate(24 * 45, is_upper_bound=True)
    assert estimate.of(settings, 1) == Estimate(45, is_upper_bound=False)
    assert estimate.of(settings, 0).seconds is None


def test_a_further_month_costs_what_it_cost_in_the_longest_range(settings: Settings) -> None:
    a_range(settings, "2020-01", "2020-02", 100)
    a_range(settings, "2020-01", "2020-11", 145)  # ten more months than one: 100 s more
    assert estimate.of(settings, 24) == Estimate(45 + 10 * 23, is_upper_bound=False)


def test_a_range_that_was_stopped_early_never_makes_months_free_or_dear(settings: Settings) -> None:
    a_range(settings, "2020-01", "2020-03", 10)
    assert estimate.of(settings, 24).seconds == 45
    a_range(settings, "2020-01", "2020-03", 4_500)
    assert estimate.of(settings, 24).seconds == 24 * 45


def test_nothing_to_change_and_no_run_on_record_have_no_estimate(settings: Settings, tmp_path: Path) -> None:
    assert estimate.of(settings, 0) == Estimate(None, is_upper_bound=False)
    assert estimate.of(Settings(tmp_path / "other", 1, "1GB"), 3) == Estimate(None, is_upper_bound=False)


def test_a_range_that_has_not_ended_or_of_one_month_is_no_measure(settings: Settings) -> None:
    a_range(settings, "2020-01", "2020-01", 20)
    state = journal.opened(settings, Month(2020, 1), Month(2020, 3), "key", list(each(Month(2020, 1), Month(2020, 3))))
    state.seconds = 50
    state.write()
    assert estimate.of(settings, 10) == Estimate(450, is_upper_bound=True)


def test_the_last_month_of_a_range_is_counted_once(settings: Settings) -> None:
    a_range(settings, "2020-01", "2020-02", 50)  # the second month added 5 s to the 45 s of one
    assert estimate.of(settings, 1).seconds == 45
    assert estimate.of(settings, 3).seconds == 45 + 2 * 5


def test_an_earlier_report_of_a_month_and_a_stage_without_seconds_do_not_count(settings: Settings) -> None:
    (settings.runs / "2021-08" / "run_report.1.json").write_text(
        json.dumps({"run": "0", "stages": [{"stage": "match", "seconds": 9_000}]}), "utf-8"
    )
    (settings.runs / "2021-10").mkdir()
    (settings.runs / "2021-10" / "run_report.json").write_text(
        json.dumps({"run": "1", "stages": [{"stage": "match"}, {"stage": "publish", "seconds": 75}]}), "utf-8"
    )
    assert estimate.of(settings, 1).seconds == (40 + 50 + 75) / 3
