"""What a run leaves for those who watch it: one report per run, whoever calls its stages, and JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bangdan.core import logs, reports
from bangdan.core.errors import GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline.results import Counted

AUGUST = Month(2021, 8)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, 1, "1GB")


def match(settings: Settings, month: Month) -> Counted:
    return reports.record(settings, month, "match", lambda: Counted({"items": 3, "matches": 2}))


def check_ranking(settings: Settings, month: Month) -> Counted:
    def refuse() -> Counted:
        raise GateRefused("no")

    return reports.record(settings, month, "check_ranking", refuse)


def lines(settings: Settings) -> list[dict]:
    return [
        json.loads(line)
        for file in sorted((settings.home / "logs").glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]


def test_stages_of_one_run_meet_in_one_report_and_the_next_run_begins_another(settings: Settings) -> None:
    with reports.run(settings, AUGUST) as first:
        match(settings, AUGUST)
        with pytest.raises(GateRefused):
            check_ranking(settings, AUGUST)
    with reports.run(settings, AUGUST) as second:
        match(settings, AUGUST)
    assert (first, second) == ("1", "2")
    report = reports.read(settings, AUGUST)
    assert (report["run"], [stage["stage"] for stage in report["stages"]]) == ("2", ["match"])
    assert {"seconds", "cpu_seconds", "peak_memory_mb", "items", "matches"} <= report["stages"][0].keys()
    before = json.loads((settings.runs / "2021-08" / "run_report.1.json").read_text("utf-8"))
    assert [(stage["stage"], stage.get("failed")) for stage in before["stages"]] == [
        ("match", None),
        ("check_ranking", "no"),
    ]


def test_stages_that_airflow_runs_as_tasks_are_one_run_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task is a process of its own and knows its run by what Airflow puts into its environment."""
    monkeypatch.setenv("AIRFLOW_CTX_DAG_RUN_ID", "scheduled__2021-08__2021-09-17T06:00:00+08:00")
    match(settings, AUGUST)
    match(settings, AUGUST)
    monkeypatch.setenv("AIRFLOW_CTX_DAG_RUN_ID", "manual__2021-10-01")
    match(settings, AUGUST)
    assert [len(reports.read(settings, AUGUST)["stages"])] == [1]
    earlier = list((settings.runs / "2021-08").glob("run_report.scheduled*.json"))
    assert [len(json.loads(file.read_text("utf-8"))["stages"]) for file in earlier] == [2]


def test_every_line_of_the_log_says_month_stage_and_run(settings: Settings) -> None:
    seen: list[str] = []
    logs.watch(seen.append)
    try:
        with reports.run(settings, AUGUST):
            match(settings, AUGUST)
            with pytest.raises(GateRefused):
                check_ranking(settings, AUGUST)
    finally:
        logs.watch(None)
    assert [(line["month"], line["stage"], line["run"], line["level"]) for line in lines(settings)] == [
        ("2021-08", "match", "1", "info"),
        ("2021-08", "check_ranking", "1", "error"),
    ]
    assert seen[0].startswith("2021-08 match: ")
    assert seen[0].endswith(" s, items 3, matches 2")
    assert seen[1].endswith(" s, failed")


def test_a_log_that_cannot_be_written_stops_nothing(settings: Settings) -> None:
    (settings.home / "logs").write_text("a file where the folder should be", "utf-8")
    assert match(settings, AUGUST) == Counted({"items": 3, "matches": 2})
