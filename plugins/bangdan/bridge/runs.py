"""The month of a run, its exports, and its stages as task bodies."""

from __future__ import annotations

import functools
import os
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException

from bangdan import lineage, stages
from bangdan.bridge import assets, cities, inboxes
from bangdan.bridge.tasks import log, logged, permanent
from bangdan.core import methods
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings

if TYPE_CHECKING:
    from bangdan.ingestion.inbox import Credentials

# Exports are loaded in up to so many batches, each worth a task's start.
BATCHES, MIN_BATCH = 4, 200
# Parameters of a run, given by a person or by --dag-run-conf of a backfill.
TEXT = ["null", "string"]
PARAMS = {
    "month": Param(None, type=TEXT, pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="YYYY-MM"),
    "inbox": Param(
        None,
        type=TEXT,
        description="folder of exports or s3://bucket/prefix that BANGDAN_INBOXES permits; empty = the city's inbox",
    ),
    "now": Param(False, type="boolean", description="do not wait for exports or days"),
    "full": Param(False, type="boolean", description="build the month also where nothing of it has changed"),
    "engine": Param(
        None,
        type=TEXT,
        enum=[None, "duckdb", "spark"],
        description="what computes layers and matches; empty = BANGDAN_ENGINE",
    ),
    "reason": Param(None, type=TEXT, enum=[None, "R1", "R2", "R3", "C"], description="why a published month changes"),
    "published_on": Param(None, type=TEXT, format="date", description="the day that the release names, YYYY-MM-DD"),
    "note": Param(None, type=TEXT, description="what happened, in a sentence, for the ledger"),
}
# Opens the object store: a connection of type Amazon Web Services, or any with login, password and extra.
INBOX_CONNECTION = "bangdan_inbox"
# How often a waiting month looks again: into the inbox, and whether the month before it is published.
LOOK_AGAIN = timedelta(minutes=30)
LOOK_AGAIN_SOON = timedelta(seconds=20)
FINISHED = {"success", "failed", "skipped", "upstream_failed", "removed"}


@dataclass(frozen=True)
class LandedForLoading:
    """Exports that are landed, and how many of them are not loaded yet."""

    exports: int
    to_load: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def schedule_from() -> datetime:
    """When the first month that the schedule owes has ended (BANGDAN_SCHEDULE_FROM): its run is the first."""
    return Month.parse(Settings.load().schedule_from or "2019-01").end.replace(tzinfo=SHANGHAI)


def is_catching_up() -> bool:
    return bool(Settings.load().schedule_from)


def month_of(context: dict[str, Any]) -> str:
    """The run's month: the parameter or conf `month`, else the partition key. A run without any fails at once."""
    run = context["dag_run"]
    text = (context.get("params") or {}).get("month") or (run.conf or {}).get("month")
    text = text or getattr(run, "partition_key", None)
    if not text:
        raise AirflowFailException(
            'this run has no month: trigger it with {"month": "2021-08"} or let the schedule give its partition'
        )
    month = permanent(lambda: Month.parse(text))
    permanent(lambda: methods.require(cities.settings(), month, month))
    return str(month)


def land(month: str, inbox: str | None) -> list[list[str]]:
    """Land the inbox; ids of exports that are not loaded yet, in batches for mapped loading."""
    from bangdan.ingestion import landing, loading

    settings = cities.settings()
    waiting: list[str] = []

    def work() -> LandedForLoading:
        landed = _land(settings, inbox)
        to_load = loading.exports_to_load(landing.landed_exports(settings), settings)
        waiting.extend(export.export_id for export in to_load)
        return LandedForLoading(len(landed), len(waiting))

    logged("land", month, lambda: lineage.recorded(settings, Month.parse(month), "land", work))
    size = max(MIN_BATCH, -(-len(waiting) // BATCHES))
    return [waiting[at : at + size] for at in range(0, len(waiting), size)]


def load(month: str, exports: list[str]) -> dict[str, Any]:
    """Load a batch of exports; returns what was read, accepted, rejected and duplicate."""
    from bangdan.pipeline import intake

    settings = cities.settings()
    work = functools.partial(intake.load, settings, exports)
    return logged("load", month, lambda: lineage.recorded(settings, Month.parse(month), "load", work)).to_json()


def wait_for_exports(month: str, context: dict[str, Any]) -> bool:
    """True once the month may be computed; until then Airflow is asked to call again later.

    It may be when its exports are complete, or when the list is due, whichever is first; never before its window is
    closed, and not while the month before it is on its way, because a list's movement reads the release before it.
    A run with the parameter `now` waits for nothing.
    """
    from bangdan.core import calendars
    from bangdan.operations import completeness
    from bangdan.pipeline import intake

    settings, ranking_month, params = cities.settings(), Month.parse(month), context.get("params") or {}
    if params.get("now"):
        log.info("exports_complete", month=month, reason="asked to run now")
        return True
    if busy := _run_of(ranking_month - 1, context):
        _again(LOOK_AGAIN_SOON, month, f"{ranking_month - 1} comes first, and {busy} is on its way")
    now = datetime.now(SHANGHAI)
    when = permanent(lambda: calendars.of(settings, ranking_month))
    if now < when.window_closed_at:
        _again(when.window_closed_at - now, month, f"items count until {when.window_closed_at:%Y-%m-%d %H:%M}")
    if now < when.due_at:  # exports keep coming while a month waits
        intake.load(settings, _land(settings, params.get("inbox")))
    exports = permanent(lambda: completeness.of(settings, ranking_month))
    if not exports.is_ready(now):
        _again(min(LOOK_AGAIN, when.due_at - now), month, f"{exports.words()}; due {when.due_at:%Y-%m-%d %H:%M}")
    reason = exports.words() + ("" if exports.is_complete else "; due, so the first gate decides")
    log.info("exports_complete", month=month, reason=reason)
    return True


def stage(name: str, month: str, context: dict[str, Any]) -> dict[str, Any]:
    """One stage of `stages.MONTH` for a month, left out where nothing has changed unless the run has the parameter
    `full`. The first stage alone is asked for it: after that, the month has changed.
    """
    from bangdan.pipeline.runs import run_stage

    full = bool((context.get("params") or {}).get("full")) and name == stages.MONTH[0]
    return logged(name, month, lambda: run_stage(task_settings(context), Month.parse(month), name, full=full)).to_json()


def publish(month: str, context: dict[str, Any]) -> dict[str, Any]:
    """Publish a month, for the run's reason, with its note and its day of publication, where it has any; then emit the
    event of its asset. Raises AirflowSkipException where a restatement waits for a reason.
    """
    from bangdan.pipeline import publishing

    params = context.get("params") or {}
    day = params.get("published_on")
    published_on = date.fromisoformat(day) if day else None
    publish = functools.partial(publishing.publish, task_settings(context), Month.parse(month))
    published = logged(
        "publish", month, lambda: publish(params.get("reason"), params.get("note"), published_on=published_on)
    ).to_json()
    assets.announce(month, published, context)
    return published


def task_settings(context: dict[str, Any]) -> Settings:
    """The settings of the city whose work is being done, in a task that may start processes, with the engine of the run."""
    # A task's process ends without clean-up; the tracker of its semaphores would log that as an error.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    settings, engine = cities.settings(), (context.get("params") or {}).get("engine")
    return settings.replaced(engine=engine) if engine else settings


def _land(settings: Settings, source: str | None) -> list[str]:
    """Land the inbox; export ids of all that is landed."""
    from bangdan.pipeline import intake

    inbox = permanent(lambda: inboxes.permitted(settings, source))
    if isinstance(inbox, str):
        return permanent(lambda: intake.land(settings, inbox, credentials=_credentials())).exports
    return permanent(lambda: intake.land(settings, inbox if inbox.exists() else None)).exports


def _credentials() -> Credentials | None:
    """Of the object store, from the Airflow connection INBOX_CONNECTION where there is one; else the environment's.

    They are handed on in memory: nothing of them goes into a log, an XCom or a file.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from bangdan.ingestion.inbox import Credentials

    try:
        connection = Connection.get(INBOX_CONNECTION)
    except AirflowNotFoundException:
        return None
    more = connection.extra_dejson
    return Credentials(
        connection.login or None,
        connection.password or None,
        more.get("aws_session_token"),
        more.get("region_name"),
        more.get("endpoint_url"),
    )


def _run_of(month: Month, context: dict[str, Any]) -> str | None:
    """A running run of that month, of the schedule or a backfill, which has not come to its publication yet.

    Their names hold the partition. A person's run is not waited for: one that `airflow dags test` left behind
    stays "running" for ever.
    """
    task = context["ti"]
    states = task.get_task_states(dag_id=task.dag_id, task_ids=["publish"])
    for run_id, tasks in sorted(states.items()):
        if f"__{month}__" not in run_id or run_id == task.run_id or tasks.get("publish") in FINISHED:
            continue
        # One that is queued may be queued behind this very run: waiting for it could take for ever, too.
        if task.get_dagrun_state(task.dag_id, run_id) == "running":
            return run_id
    return None


def _again(after: timedelta, month: str, reason: str) -> NoReturn:
    log.info("exports_complete waits", month=month, reason=reason, again_in=str(after).partition(".")[0])
    raise AirflowRescheduleException(datetime.now(SHANGHAI) + after)
