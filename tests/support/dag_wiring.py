"""The DAG read in this process, without Airflow's scheduler or database; and a clock that stands still."""

from __future__ import annotations

import importlib.util
import sys
from datetime import datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time.context import OutletEventAccessors

from tests.support.homes import PROJECT

STAGES = ["check_raw", "stage", "match", "score", "certainty", "present", "check_facts", "check_ranking"]


def read_dag() -> Any:
    """A fresh reading of dags/ranking_monthly.py under the settings of the moment."""
    return read_file().ranking_monthly()


def read_file(stem: str = "ranking_monthly") -> Any:
    """The module of a DAG, read anew."""
    return _read(PROJECT / "dags" / f"{stem}.py")


def reread(module: str) -> Any:
    """A second copy of a module, which reads the settings of the moment as a new process would."""
    return _read(Path(str(sys.modules[module].__file__)))


def _read(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"{file.stem}_under_test", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stop_the_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Let every module of the bridge see this moment as now."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return moment.astimezone(tz)

    for name, module in list(sys.modules.items()):
        if name.startswith("bangdan.bridge") and getattr(module, "datetime", None) is not None:
            monkeypatch.setattr(module, "datetime", Stopped)


class Instance:
    """A task instance that knows what other runs there are: run id → (state of the run, state of its publication)."""

    dag_id, run_id = "ranking_monthly", "manual__this"

    def __init__(self, **others: tuple[str, str | None]) -> None:
        self.others = dict(others)

    def get_task_states(self, dag_id: str, task_ids: list[str]) -> dict[str, dict[str, str | None]]:
        return {run_id: {"publish": publish} for run_id, (_state, publish) in self.others.items()} | {self.run_id: {}}

    def get_dagrun_state(self, dag_id: str, run_id: str) -> str:
        return self.others[run_id][0]


def context(ti: Any = None, **params: Any) -> dict[str, Any]:
    """What Airflow hands to a task, as far as the bridge reads it."""
    return {
        "params": params,
        "ti": ti or Instance(),
        "dag_run": SimpleNamespace(conf={}, partition_key=None),
        "outlet_events": OutletEventAccessors(),
    }
