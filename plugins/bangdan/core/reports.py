"""What a run did, stage by stage: runs/<month>/run_report.json, one per run, whichever way its stages were called.

A run is a call of `bangdan run` or one of Airflow's; its stages may run in one process or each in its own. Each stage
adds itself to the report of its run; the reports of earlier runs stay in the same folder as run_report.<run>.json.
"""

from __future__ import annotations

import json
import os
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import structlog
from filelock import FileLock

from bangdan.core import documents, files, logs
from bangdan.core.errors import BangdanError, of_the_machine
from bangdan.core.months import Month
from bangdan.core.settings import Settings

Row = dict[str, Any]


class Result(Protocol):
    """What a step returns; `to_json` are the values that its report holds of it."""

    def to_json(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Result)


@contextmanager
def run(settings: Settings, month: Month) -> Iterator[str]:
    """Everything recorded inside belongs to one run of a month; yields its id, the next number of that month."""
    number = str(1 + max((int(run_id) for run_id in _ids(settings, month) if run_id.isdigit()), default=0))
    with structlog.contextvars.bound_contextvars(run=number):
        yield number


def record(settings: Settings, month: Month, name: str, work: Callable[[], R]) -> R:
    """Do a stage's work, log it, and add time, memory and its result to the report of the run it belongs to."""
    log = logs.logger(settings).bind(month=str(month), stage=name, run=run_id(settings, month))
    logs.stage_started(str(month), name)
    started, cpu = time.monotonic(), _cpu_seconds()

    def cost() -> Row:
        return {
            "seconds": round(time.monotonic() - started, 2),
            "cpu_seconds": round(_cpu_seconds() - cpu, 2),
            "peak_memory_mb": _peak_memory_mb(),
        }

    try:
        result = work()
    except Exception as error:
        known = error if isinstance(error, BangdanError) else of_the_machine(error, settings.home)
        message = known.message if known else f"{type(error).__name__}: {error}"
        with suppress(OSError):  # the disk that failed the stage may fail its report too
            _add(settings, month, {"stage": name, **cost(), "failed": message})
        log.error("stage", **cost(), failed=message)
        raise
    row = {"stage": name, **cost(), **result.to_json()}
    _add(settings, month, row)
    log.info("stage", **{key: value for key, value in row.items() if key != "stage"})
    return result


def read(settings: Settings, month: Month) -> Row:
    """The report of the newest run of a month; empty where there was none."""
    file = _newest(settings, month)
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def typical_seconds(settings: Settings) -> dict[str, float]:
    """Seconds of each stage in the newest month's run that built anything; empty where there was none."""
    for file in sorted(settings.runs.glob("????-??/run_report.json"), reverse=True):
        rows = _stages_of(file)
        if any(row["stage"] == "match" and not row.get("unchanged") for row in rows):
            seconds: Counter[str] = Counter()
            for row in rows:
                seconds[row["stage"]] += row.get("seconds", 0)
            return dict(seconds)
    return {}


def _stages_of(file: Path) -> list[Row]:
    """The stages of a report; none of one that is damaged, which stops no run of another month."""
    try:
        return json.loads(file.read_text("utf-8"))["stages"]
    except (ValueError, KeyError):
        return []


def _add(settings: Settings, month: Month, row: Row) -> None:
    """Append a stage; a stage that is run again (a retry) is appended after its first attempts."""
    file = _newest(settings, month)
    files.make_folder(file.parent)
    with FileLock(file.with_name(".run_report.lock")):  # exports load in parallel, each task in its own process
        _append(settings, month, row, file)


def _append(settings: Settings, month: Month, row: Row, file: Path) -> None:
    current = run_id(settings, month)
    report = read(settings, month)
    if report.get("run") != current:
        if report:
            # An id of Airflow's holds colons and pluses.
            name = re.sub(r"[^0-9A-Za-z_.-]", "_", str(report.get("run")))
            files.write_text(file.with_name(f"run_report.{name}.json"), file.read_text("utf-8"))
        report = {"month": str(month), "run": current, "stages": []}
    report["stages"].append(row)
    files.write_text(file, documents.dump(report, indent=2, default=str) + "\n")


def run_id(settings: Settings, month: Month) -> str:
    """Id of the current run, in tasks Airflow's; a stage that is called by itself belongs to the newest run."""
    current = structlog.contextvars.get_contextvars().get("run") or os.environ.get("AIRFLOW_CTX_DAG_RUN_ID")
    if current:
        return str(current)
    file = _newest(settings, month)
    return json.loads(file.read_text("utf-8"))["run"] if file.exists() else "1"


def _ids(settings: Settings, month: Month) -> list[str]:
    folder = settings.runs / str(month)
    reports = [json.loads(file.read_text("utf-8")) for file in folder.glob("run_report*.json")]
    return [str(report.get("run", "0")) for report in reports]


def _newest(settings: Settings, month: Month) -> Path:
    return settings.runs / str(month) / "run_report.json"


def _cpu_seconds() -> float:
    """User and system seconds of this process and of the workers it has waited for."""
    own, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime


def _peak_memory_mb() -> int:
    """Highest resident size so far of this process or of one worker."""
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(peaks) // 1024
