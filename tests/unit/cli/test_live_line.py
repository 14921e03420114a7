"""The line on a terminal while a month is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bangdan.cli import live_line
from bangdan.core import logs, reports
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline.results import Counted

AUGUST = Month(2021, 8)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, 1, "300MB")


def ran(settings: Settings, month: str, *stages: dict[str, Any]) -> None:
    file = settings.runs / month / "run_report.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"run": "1", "stages": list(stages)}), "utf-8")


def test_the_line_has_stage_time_rows_and_what_is_left_by_an_earlier_run(settings: Settings) -> None:
    ran(settings, "2021-08", {"stage": "load", "accepted": 12_000}, {"stage": "load", "accepted": 345})
    now = [100.0]
    line = live_line.LiveLine(settings, {"match": 60.0, "score": 5.0, "load": 9.0}, lambda: now[0])
    assert line.__rich__() == ""
    line.start("2021-08", "match")
    now[0] += 20
    assert line.__rich__() == "2021-08 match, 20 s, 12,345 rows loaded, about 45 s left"
    now[0] += 100
    assert line.__rich__() == "2021-08 match, 120 s, 12,345 rows loaded, about 5 s left"


def test_without_an_earlier_run_nothing_is_said_of_what_is_left(settings: Settings) -> None:
    line = live_line.LiveLine(settings, {}, lambda: 0.0)
    line.start("2021-08", "match")
    assert line.__rich__() == "2021-08 match, 0 s"


def test_the_earlier_run_is_the_newest_that_built_something(settings: Settings) -> None:
    assert reports.typical_seconds(settings) == {}
    match = {"stage": "match", "seconds": 7}
    ran(settings, "2021-06", {"stage": "load", "seconds": 1}, {"stage": "load", "seconds": 2}, match)
    ran(settings, "2021-07", {"stage": "match", "seconds": 0, "unchanged": True})
    assert reports.typical_seconds(settings) == {"load": 3, "match": 7}
    (settings.runs / "2021-07" / "run_report.json").write_text("{", "utf-8")
    assert reports.typical_seconds(settings) == {"load": 3, "match": 7}


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_stage_that_begins_reaches_the_line_on_a_terminal_only(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    started: list[tuple[str, str]] = []
    monkeypatch.setattr(live_line.LiveLine, "start", lambda line, *words: started.append(words))
    monkeypatch.setattr(live_line.err, "_force_terminal", is_terminal)
    lines: list[str] = []
    with live_line.shown(settings, lines.append):
        reports.record(settings, AUGUST, "match", lambda: Counted({"matches": 3}))
    logs.watch(None)
    assert started == ([("2021-08", "match")] if is_terminal else [])
    assert [line.partition(" s")[2] for line in lines] == [", matches 3"]
