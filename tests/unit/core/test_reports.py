"""Reports of runs: what a stage did, of which run, in which order; failures, retries, resumed and parallel stages."""

from __future__ import annotations

import errno
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import structlog

from bangdan import gates
from bangdan.core import reports
from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline import building, publishing, runs
from bangdan.pipeline.results import Counted
from bangdan.publication import release

AUGUST = Month(2021, 8)
DAY = date(2021, 9, 15)
COST = {"seconds", "cpu_seconds", "peak_memory_mb"}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("AIRFLOW_CTX_DAG_RUN_ID", raising=False)
    return Settings(tmp_path, 1, "1GB")


def folder(settings: Settings) -> Path:
    return settings.runs / "2021-08"


def done(settings: Settings, name: str = "match", month: Month = AUGUST, **result: Any) -> Counted:
    return reports.record(settings, month, name, lambda: Counted(result))


def failing(settings: Settings, error: BaseException, name: str = "match") -> None:
    def work() -> Counted:
        raise error

    with pytest.raises(type(error)):
        reports.record(settings, AUGUST, name, work)


def stages(settings: Settings, run: str | None = None) -> list[str]:
    file = folder(settings) / (f"run_report.{run}.json" if run else "run_report.json")
    return [stage["stage"] for stage in json.loads(file.read_text("utf-8"))["stages"]]


def test_before_any_run_there_is_no_report(settings: Settings) -> None:
    assert reports.read(settings, AUGUST) == {}


def test_a_stage_gives_back_what_its_work_told_and_the_report_adds_what_it_cost(settings: Settings) -> None:
    assert done(settings, items=3) == Counted({"items": 3})
    report = reports.read(settings, AUGUST)
    assert (report["month"], report["run"]) == ("2021-08", "1")
    (stage,) = report["stages"]
    assert stage.keys() == {"stage", "items"} | COST
    assert (stage["stage"], stage["items"]) == ("match", 3)
    assert stage["seconds"] >= 0
    assert stage["cpu_seconds"] >= 0
    assert 10 < stage["peak_memory_mb"] < 100_000  # megabytes, not kilobytes


def test_cost_is_that_of_the_stage_and_not_of_the_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 102.346])
    monkeypatch.setattr(reports.time, "monotonic", lambda: next(clock))
    done(settings)
    (stage,) = reports.read(settings, AUGUST)["stages"]
    assert stage["seconds"] == 2.35
    assert stage["cpu_seconds"] < 1


def test_a_failed_stage_is_in_the_report_with_its_message_and_the_error_goes_on(settings: Settings) -> None:
    done(settings, "score")
    failing(settings, GateRefused("2021-08: refused", remedy="look"), "check_ranking")
    stages_ = reports.read(settings, AUGUST)["stages"]
    assert [(entry["stage"], entry.get("failed")) for entry in stages_] == [
        ("score", None),
        ("check_ranking", "2021-08: refused"),
    ]
    assert stages_[1].keys() > COST


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("a mistake"), "ValueError: a mistake"),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "No space left on device: /data/x"),
        (BangdanError("known", remedy="do"), "known"),
    ],
)
def test_failures_are_told_in_words(settings: Settings, error: Exception, message: str) -> None:
    failing(settings, error)
    assert reports.read(settings, AUGUST)["stages"][0]["failed"] == message


def test_a_stage_that_a_person_stopped_did_not_fail(settings: Settings) -> None:
    failing(settings, KeyboardInterrupt())
    assert reports.read(settings, AUGUST) == {}


def test_a_report_that_cannot_be_written_does_not_hide_why_the_stage_failed(settings: Settings) -> None:
    folder(settings).parent.mkdir(parents=True)
    folder(settings).write_text("a file where the folder should be", "utf-8")
    failing(settings, ValueError("the cause"))


def test_a_retry_stands_after_the_attempt_that_failed(settings: Settings) -> None:
    with reports.run(settings, AUGUST):
        failing(settings, ValueError("first"))
        done(settings)
    report = reports.read(settings, AUGUST)["stages"]
    assert [entry.get("failed") for entry in report] == ["ValueError: first", None]


def test_stages_called_by_themselves_go_on_with_the_newest_run(settings: Settings) -> None:
    with reports.run(settings, AUGUST):
        done(settings, "score")
    done(settings, "publish")
    assert reports.read(settings, AUGUST)["run"] == "1"
    assert stages(settings) == ["score", "publish"]


def test_each_run_has_the_next_number_and_those_before_it_keep_their_reports(settings: Settings) -> None:
    for number in range(1, 12):
        with reports.run(settings, AUGUST) as run:
            assert run == str(number)
            done(settings, f"stage_{number}")
    assert stages(settings) == ["stage_11"]
    assert [stages(settings, str(number)) for number in range(1, 11)] == [[f"stage_{n}"] for n in range(1, 11)]
    assert not (folder(settings) / "run_report.11.json").exists()


def test_a_run_that_recorded_nothing_takes_no_number(settings: Settings) -> None:
    with reports.run(settings, AUGUST):
        pass
    with reports.run(settings, AUGUST) as run:
        assert run == "1"


def test_runs_of_airflow_have_no_number_and_do_not_disturb_the_numbers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reports.run(settings, AUGUST):
        done(settings, "by hand")
    monkeypatch.setenv("AIRFLOW_CTX_DAG_RUN_ID", "manual__2021-10-01T06:00:00+08:00")
    done(settings, "by airflow")
    assert reports.read(settings, AUGUST)["run"] == "manual__2021-10-01T06:00:00+08:00"
    monkeypatch.delenv("AIRFLOW_CTX_DAG_RUN_ID")
    with reports.run(settings, AUGUST) as run:
        assert run == "2"
        done(settings, "by hand again")
    assert stages(settings, "1") == ["by hand"]
    assert stages(settings, "manual__2021-10-01T06_00_00_08_00") == ["by airflow"]


def test_a_run_in_hand_outweighs_what_airflow_calls_its_task(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CTX_DAG_RUN_ID", "manual__x")
    with reports.run(settings, AUGUST):
        done(settings)
    assert reports.read(settings, AUGUST)["run"] == "1"


def test_a_run_ends_with_its_block_even_where_it_failed(settings: Settings) -> None:
    with pytest.raises(ValueError, match="broke"), reports.run(settings, AUGUST):
        raise ValueError("broke")
    assert "run" not in structlog.contextvars.get_contextvars()


def test_months_have_reports_of_their_own(settings: Settings) -> None:
    with reports.run(settings, AUGUST):
        done(settings, "score")
    with reports.run(settings, AUGUST + 1) as run:
        assert run == "1"
        done(settings, "match", AUGUST + 1)
    assert (stages(settings), reports.read(settings, AUGUST + 1)["month"]) == (["score"], "2021-09")


def test_stages_that_run_side_by_side_all_stand_in_the_report(settings: Settings) -> None:
    done(settings, "first")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: done(settings, f"load_{number}"), range(24)))
    assert sorted(stages(settings)) == sorted(["first", *(f"load_{number}" for number in range(24))])
    assert [file.name for file in folder(settings).glob(".*.partial")] == []


def test_a_stage_is_called_by_its_name_for_a_range_of_one_month_and_recorded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple] = []
    monkeypatch.setitem(building.STAGES, "present", lambda *words: called.append(words[:3]) or Counted({}))
    runs.run_stage(settings, AUGUST, "present")
    assert called == [(settings, AUGUST, AUGUST)]
    assert stages(settings) == ["present"]


def test_a_month_is_published_for_a_reason_with_a_note_and_recorded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple] = []

    def publish(settings: Settings, month: Month, **words: Any) -> release.Published:
        asked.append((month, words))
        return release.Published("r2", settings.releases / "2021-08" / "r2", True, "abc")

    monkeypatch.setattr(release, "publish", publish)
    monkeypatch.setattr(gates, "passed_verdicts", lambda settings, month: ["passed"])
    assert publishing.publish(settings, AUGUST, "R1", "why", published_on=DAY, follows=False).release == "r2"
    assert asked == [(AUGUST, {
        "reason": "R1", "note": "why", "published_on": DAY, "gate_results": ["passed"], "follows": False,
    })]  # fmt: skip
    assert stages(settings) == ["publish"]


STAGES = ("check_raw", "stage", "match", "score", "certainty", "present", "check_facts", "check_ranking")


def test_the_stages_of_a_month_are_these_in_this_order_each_under_its_own_name() -> None:
    assert tuple(building.STAGES) == STAGES
    assert tuple(work.__name__ for work in building.STAGES.values()) == STAGES


@pytest.mark.parametrize("stage", ["check_facts", "check_ranking", "publish"])
def test_a_stage_that_finds_nothing_fails_in_the_report_under_its_name(settings: Settings, stage: str) -> None:
    with pytest.raises(BangdanError):
        publishing.publish(settings, AUGUST) if stage == "publish" else runs.run_stage(settings, AUGUST, stage)
    (result,) = reports.read(settings, AUGUST)["stages"]
    assert result["stage"] == stage
    assert result["failed"]


def test_a_run_that_was_refused_is_in_its_report_and_the_next_begins_another(settings: Settings) -> None:
    with pytest.raises(BangdanError), reports.run(settings, AUGUST):
        publishing.publish(settings, AUGUST)
    with reports.run(settings, AUGUST):
        done(settings, "load")
    before = json.loads((folder(settings) / "run_report.1.json").read_text("utf-8"))
    assert [(stage["stage"], stage["failed"]) for stage in before["stages"]] == [
        ("publish", "2021-08: raw_exports has not been passed")
    ]
    assert stages(settings) == ["load"]
