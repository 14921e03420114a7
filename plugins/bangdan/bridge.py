"""What Airflow calls: the pipeline's stages as task bodies, the month of a run, sign-off, mail. The only module that
knows both; what it needs of the pipeline it imports when a task runs, so that reading the DAGs stays cheap.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException

from bangdan.errors import BangdanError, GateRefused, UsageError
from bangdan.months import SHANGHAI, Month
from bangdan.settings import Settings

BATCHES = 8
# How often a waiting month looks again: into the inbox, and whether the month before it is out.
LOOK_AGAIN = timedelta(minutes=30)
LOOK_AGAIN_SOON = timedelta(seconds=20)
FINISHED = {"success", "failed", "skipped", "upstream_failed", "removed"}
# One line per stage in the task's log (AIRFLOW__LOGGING__NAMESPACE_LEVELS holds it at INFO).
log = logging.getLogger("bangdan.run")


def schedule_from() -> datetime:
    """When the first month that the schedule owes has ended (BANGDAN_SCHEDULE_FROM): its run is the first."""
    return Month.parse(Settings.load().schedule_from or "2019-01").end.replace(tzinfo=SHANGHAI)


def is_catching_up() -> bool:
    return bool(Settings.load().schedule_from)


def month_of(context: dict[str, Any]) -> str:
    """The run's month: the parameter or conf `month`, else the partition key. A run without any fails at once."""
    run = context["dag_run"]
    said = (context.get("params") or {}).get("month") or (run.conf or {}).get("month")
    said = said or getattr(run, "partition_key", None)
    if not said:
        raise AirflowFailException(
            'this run has no month: trigger it with {"month": "2021-08"} or let the schedule give its partition'
        )
    return str(_permanent(lambda: Month.parse(said)))


def land(inbox: str | None) -> list[list[str]]:
    """Land the inbox; export ids in batches for mapped loading."""
    settings = Settings.load()
    started = time.monotonic()
    found = _land(settings, inbox)
    log.info("land: %d exports here, %.1f s", len(found), time.monotonic() - started)
    size = max(1, -(-len(found) // BATCHES))
    return [found[at : at + size] for at in range(0, len(found), size)]


def load(exports: list[str]) -> dict[str, Any]:
    """Load a batch of exports; returns what was read, accepted, rejected and duplicate."""
    from bangdan import pipeline

    return _logged("load", "", lambda: pipeline.load(Settings.load(), exports))


def wait_for_exports(month: str, context: dict[str, Any]) -> bool:
    """True once the month may be computed; until then Airflow is asked to call again later.

    It may be when its exports are complete, or when the list is due, whichever is first; never before its window is
    closed, and not while the month before it is on its way, because a list's movement reads the release before it.
    A run that says `now` waits for nothing.
    """
    from bangdan import completeness, pipeline

    settings, which, params = Settings.load(), Month.parse(month), context.get("params") or {}
    if params.get("now"):
        log.info("%s: asked to run now", which)
        return True
    if busy := _run_of(which - 1, context):
        _again(LOOK_AGAIN_SOON, f"{which}: {which - 1} comes first, and {busy} is on its way")
    now = datetime.now(SHANGHAI)
    when = _permanent(lambda: completeness.calendar(settings, which))
    if now < when.window_closed_at:
        _again(when.window_closed_at - now, f"{which}: items count until {when.window_closed_at:%Y-%m-%d %H:%M}")
    if now < when.due_at:  # exports keep coming while a month waits
        pipeline.load(settings, _land(settings, params.get("inbox")))
    found = _permanent(lambda: completeness.of(settings, which))
    if not found.is_ready(now):
        _again(min(LOOK_AGAIN, when.due_at - now), f"{which}: {found.words()}; due {when.due_at:%Y-%m-%d %H:%M}")
    log.info("%s: exports %s%s", which, found.words(), "" if found.is_complete else "; due, so the first door decides")
    return True


def stage(name: str, month: str, context: dict[str, Any]) -> dict[str, Any]:
    """One stage of pipeline.STAGES for a month; publication takes the run's reason and note, if it has any."""
    from bangdan import pipeline

    settings, which = Settings.load(), Month.parse(month)
    params = context.get("params") or {}
    if name == "publish":
        return _logged(name, month, lambda: pipeline.publish(settings, which, params.get("reason"), params.get("note")))
    return _logged(name, month, lambda: pipeline.STAGES[name](settings, which))


def _land(settings: Settings, inbox: str | None) -> list[str]:
    """Export ids of all that is landed, once the inbox has been."""
    from bangdan import pipeline

    folder = Path(inbox) if inbox else settings.inbox
    return _permanent(lambda: pipeline.land(settings, folder if folder.exists() else None))["exports"]


def _run_of(month: Month, context: dict[str, Any]) -> str | None:
    """A running run of that month which has not come to its publication yet."""
    this = context["ti"]
    states = this.get_task_states(dag_id=this.dag_id, task_ids=["publish"])
    for run_id, told in sorted(states.items()):
        if run_id == this.run_id or told.get("publish") in FINISHED:
            continue
        # The schedule and a backfill write the partition into the run's name; a person's run has told its first task.
        named = re.search(r"__(\d{4}-\d{2})__", run_id)
        of = named[1] if named else this.xcom_pull(task_ids="month", run_id=run_id)
        # One that is queued may be queued behind this very run: waiting for it could take forever.
        if of == str(month) and this.get_dagrun_state(this.dag_id, run_id) == "running":
            return run_id
    return None


def _again(after: timedelta, why: str) -> NoReturn:
    log.info("%s; looking again in %s", why, str(after).partition(".")[0])
    raise AirflowRescheduleException(datetime.now(SHANGHAI) + after)


def _logged(name: str, month: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do a stage's work and log one line of it: what it told in plain values, and how long it took."""
    started = time.monotonic()
    try:
        result = _permanent(work)
    except Exception as error:
        log.error("%s %s: failed after %.1f s: %s", name, month, time.monotonic() - started, error)
        raise
    told = {**result, **result.get("nodes", {})}
    shown = ", ".join(f"{key} {value}" for key, value in told.items() if isinstance(value, str | int | float))
    log.info("%s %s: %s; %.1f s", name, month, shown or "done", time.monotonic() - started)
    return result


def _permanent(work: Callable[[], Any]) -> Any:
    """A refused gate or a wrong word will not mend itself: fail without retries, with the message and the remedy."""
    try:
        return work()
    except (GateRefused, UsageError) as error:
        raise AirflowFailException(str(error)) from None
    except BangdanError as error:
        raise RuntimeError(str(error)) from None
