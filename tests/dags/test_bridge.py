"""What a run asks before it computes a month: its day, its exports, the month before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException

from bangdan import bridge
from bangdan.bridge import tasks
from bangdan.core import calendars
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings
from bangdan.pipeline.results import Counted


class Instance:
    """A task instance that knows what other runs there are: run id → (state of the run, state of its publication)."""

    dag_id, run_id = "ranking_monthly", "manual__this"

    def __init__(self) -> None:
        self.others: dict[str, tuple[str, str | None]] = {}

    def get_task_states(self, dag_id: str, task_ids: list[str]) -> dict[str, dict[str, str | None]]:
        return {run_id: {"publish": publish} for run_id, (_state, publish) in self.others.items()} | {self.run_id: {}}

    def get_dagrun_state(self, dag_id: str, run_id: str) -> str:
        return self.others[run_id][0]


def context(ti: Any = None, **params: Any) -> dict[str, Any]:
    return {"params": params, "ti": ti or Instance()}


def test_before_its_window_is_closed_a_month_waits_until_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    month = Month.of(datetime.now(SHANGHAI))
    closed = calendars.of(Settings.load(), month).window_closed_at
    with pytest.raises(AirflowRescheduleException) as asked:
        bridge.wait_for_exports(str(month), context())
    assert abs(asked.value.reschedule_date - closed) < timedelta(seconds=5)
    assert bridge.wait_for_exports(str(month), context(now=True)) is True


def test_a_month_long_past_is_run_whatever_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    assert bridge.wait_for_exports("2021-08", context()) is True


@pytest.mark.parametrize(
    ("run_id", "result", "waits"),
    [
        ("backfill__2021-07-01T00:00:00+00:00__2021-07__abc", ("running", None), True),
        ("scheduled__2021-08-01T00:00:00+00:00__2021-07__abc", ("running", "scheduled"), True),
        ("manual__2026-11-25T00:00:00+00:00__xyz", ("running", "running"), False),  # of `dags test`, perhaps
        ("scheduled__2021-08-01T00:00:00+00:00__2021-07__abc", ("running", "upstream_failed"), False),
        ("scheduled__2021-08-01T00:00:00+00:00__2021-07__abc", ("success", "success"), False),
        # queued behind this very run, perhaps: a backfill in reverse
        ("backfill__2021-07-01T00:00:00+00:00__2021-07__abc", ("queued", None), False),
        ("backfill__2021-06-01T00:00:00+00:00__2021-06__abc", ("running", None), False),
        ("backfill__2021-09-01T00:00:00+00:00__2021-09__abc", ("running", None), False),
    ],
)
def test_a_month_waits_for_the_month_before_it_while_that_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_id: str, result: tuple[str, str | None], waits: bool
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    instance = Instance()
    instance.others = {run_id: result}
    if waits:
        with pytest.raises(AirflowRescheduleException):
            bridge.wait_for_exports("2021-08", context(instance))
    else:
        assert bridge.wait_for_exports("2021-08", context(instance)) is True


@pytest.mark.parametrize(
    ("params", "conf", "key", "month"),
    [
        ({"month": "2021-08"}, {}, "2020-01", "2021-08"),
        ({"month": None}, {"month": "2021-08"}, "2020-01", "2021-08"),
        ({}, None, "2020-02", "2020-02"),
    ],
)
def test_what_a_person_says_wins_over_the_partition(
    params: dict[str, Any], conf: dict[str, Any] | None, key: str, month: str
) -> None:
    run = SimpleNamespace(conf=conf, partition_key=key)
    assert bridge.month_of({"params": params, "dag_run": run}) == month


@pytest.mark.parametrize("key", [None, "2021-13", "2021-8"])
def test_a_run_without_a_month_fails_at_once_and_says_how_to_give_one(key: str | None) -> None:
    with pytest.raises(AirflowFailException, match="2021-08"):
        bridge.month_of({"params": {}, "dag_run": SimpleNamespace(conf={}, partition_key=key)})


@pytest.mark.parametrize("result", [{"rows": 3}, {"nodes": {"pass": 2}, "rows": {"rpt_ranking": 120}}, {"slowest": {}}])
def test_whatever_a_stage_tells_its_line_is_logged(result: dict[str, Any]) -> None:
    """Stages tell rows as a number or by table."""
    assert tasks.logged("score", "2021-08", lambda: Counted(result)).to_json() == result
