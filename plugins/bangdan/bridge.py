"""What Airflow calls: the pipeline's stages as task bodies, the month of a run, sign-off, mail. The only module that
knows both; what it needs of the pipeline it imports when a task runs, so that reading the DAGs stays cheap.
"""

from __future__ import annotations

import asyncio
import functools
import html
import json
import os
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import structlog
from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import AsyncCallback, DeadlineAlert, Param  # type: ignore[attr-defined]
from airflow.sdk.definitions.deadline import BaseDeadlineReference
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException

from bangdan import reports
from bangdan.errors import BangdanError, GateRefused, UsageError
from bangdan.months import SHANGHAI, Month
from bangdan.settings import Settings

if TYPE_CHECKING:
    from bangdan.inbox import Credentials

# Exports are loaded in up to so many batches, each worth a task's start.
BATCHES, MIN_BATCH = 4, 200
# What a person, or a backfill's --dag-run-conf, may say to a run.
TEXT = ["null", "string"]
PARAMS = {
    "month": Param(None, type=TEXT, pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM"),
    "inbox": Param(
        None, type=TEXT, description="folder of exports, or s3://bucket/prefix; empty = the data folder's inbox"
    ),
    "now": Param(False, type="boolean", description="do not wait for exports or days"),
    "reason": Param(None, type=TEXT, enum=[None, "R1", "R2", "R3", "C"], description="why a published month changes"),
    "note": Param(None, type=TEXT, description="what happened, in a sentence, for the ledger"),
}
# Opens the object store: a connection of type Amazon Web Services, or any with login, password and extra.
INBOX_CONNECTION = "bangdan_inbox"
# How often a waiting month looks again: into the inbox, and whether the month before it is out.
LOOK_AGAIN = timedelta(minutes=30)
LOOK_AGAIN_SOON = timedelta(seconds=20)
# The page of months and candidates, served by the plugin.
PAGES = "/bangdan"
FINISHED = {"success", "failed", "skipped", "upstream_failed", "removed"}
# One line per stage in the task's log; AIRFLOW__LOGGING__NAMESPACE_LEVELS can hold it at INFO when all else is quiet.
log = structlog.get_logger("bangdan.run")


def schedule_from() -> datetime:
    """When the first month that the schedule owes has ended (BANGDAN_SCHEDULE_FROM): its run is the first."""
    return Month.parse(Settings.load().schedule_from or "2019-01").end.replace(tzinfo=SHANGHAI)


def is_catching_up() -> bool:
    return bool(Settings.load().schedule_from)


# ---- the month of a run, and its stages ---------------------------------------------------------------------------


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


def land(month: str, inbox: str | None) -> list[list[str]]:
    """Land the inbox; ids of exports that are not loaded yet, in batches for mapped loading."""
    from bangdan import landing, raw

    settings = Settings.load()
    waiting: list[str] = []

    def work() -> dict[str, Any]:
        found = _land(settings, inbox)
        waiting.extend(one.export_id for one in raw.waiting(landing.landed(settings), settings))
        return {"exports": len(found), "to_load": len(waiting)}

    _logged("land", month, lambda: reports.record(settings, Month.parse(month), "land", work))
    size = max(MIN_BATCH, -(-len(waiting) // BATCHES))
    return [waiting[at : at + size] for at in range(0, len(waiting), size)]


def load(month: str, exports: list[str]) -> dict[str, Any]:
    """Load a batch of exports; returns what was read, accepted, rejected and duplicate."""
    from bangdan import pipeline

    settings = Settings.load()
    work = functools.partial(pipeline.load, settings, exports)
    return _logged("load", month, lambda: reports.record(settings, Month.parse(month), "load", work))


def wait_for_exports(month: str, context: dict[str, Any]) -> bool:
    """True once the month may be computed; until then Airflow is asked to call again later.

    It may be when its exports are complete, or when the list is due, whichever is first; never before its window is
    closed, and not while the month before it is on its way, because a list's movement reads the release before it.
    A run that says `now` waits for nothing.
    """
    from bangdan import completeness, pipeline

    settings, which, params = Settings.load(), Month.parse(month), context.get("params") or {}
    if params.get("now"):
        log.info("exports_complete", month=month, said="asked to run now")
        return True
    if busy := _run_of(which - 1, context):
        _again(LOOK_AGAIN_SOON, month, f"{which - 1} comes first, and {busy} is on its way")
    now = datetime.now(SHANGHAI)
    when = _permanent(lambda: completeness.calendar(settings, which))
    if now < when.window_closed_at:
        _again(when.window_closed_at - now, month, f"items count until {when.window_closed_at:%Y-%m-%d %H:%M}")
    if now < when.due_at:  # exports keep coming while a month waits
        pipeline.load(settings, _land(settings, params.get("inbox")))
    found = _permanent(lambda: completeness.of(settings, which))
    if not found.is_ready(now):
        _again(min(LOOK_AGAIN, when.due_at - now), month, f"{found.words()}; due {when.due_at:%Y-%m-%d %H:%M}")
    said = found.words() + ("" if found.is_complete else "; due, so the first door decides")
    log.info("exports_complete", month=month, said=said)
    return True


def stage(name: str, month: str, context: dict[str, Any]) -> dict[str, Any]:
    """One stage of pipeline.STAGES for a month; publication takes the run's reason and note, if it has any."""
    from bangdan import pipeline

    # A task's process ends without a goodbye, and what counts its semaphores would call that an error in the log.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    settings, which = Settings.load(), Month.parse(month)
    params = context.get("params") or {}
    if name == "publish":
        return _logged(name, month, lambda: pipeline.publish(settings, which, params.get("reason"), params.get("note")))
    return _logged(name, month, lambda: pipeline.STAGES[name](settings, which))


# ---- sign-off ----------------------------------------------------------------------------------------------------


def approval() -> str:
    """Who has to sign a candidate off before it is published (BANGDAN_APPROVAL): one, all, or nobody."""
    return Settings.load().approval


def ask_for_approval(month: str, context: dict[str, Any]) -> list[dict[str, Any]]:
    """A question for each issuer who still has to sign the candidate off, or one for any of them; empty = nobody."""
    from bangdan import pipeline

    settings, params = Settings.load(), context.get("params") or {}
    told = _logged("preview", month, lambda: pipeline.preview(settings, Month.parse(month), params.get("reason")))
    if not told["missing"]:
        return []
    users = _approvers(settings, told["issuers"])
    everybody = [] if settings.approval == "all" else [user for some in users.values() for user in some]
    asked = told["missing"] if settings.approval == "all" else [""]
    lists = "\n".join(f"- {name}: {'; '.join(map(_plain, rows))}" for name, rows in told["top"].items())
    return [
        {
            "issuer": issuer,
            "issuers": told["issuers"],
            "digest": told["data_digest"],
            "subject": f"榜单 {month} 待签发 sign-off · {_plain(issuer) or '任一发布单位 any issuer'}",
            "body": f"数据 Data `{told['data_digest'][:16]}`\n\n{lists}\n\n"
            f"[候选榜单 The candidate]({_address()}{PAGES}/runs/{month}/candidate/index.html)\n\n"
            "签发只对这份数据有效；数据有变须重签。Signing off holds for these data only.",
            "assigned_users": [{"id": user, "name": user} for user in users.get(issuer, everybody)] or None,
        }
        for issuer in asked
    ]


def question(asked: dict[str, Any]) -> dict[str, Any]:
    """What Airflow's approval operator takes of it."""
    return {key: asked[key] for key in ("subject", "body", "assigned_users")}


def sign_off(month: str, asked: list[dict[str, Any]], answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Write the approvals down, bound to the digest that was shown; data changed meanwhile need a new one."""
    from bangdan import pipeline

    settings, given = Settings.load(), 0
    for one, answer in zip(asked, answers, strict=True):
        by = (answer.get("responded_by_user") or {}).get("name") or "?"
        issuer = one["issuer"] or _issuer_of(by, one["issuers"], settings)
        approve = functools.partial(pipeline.approve, settings, Month.parse(month), issuer, by, one["digest"])
        told = _permanent(approve)
        given = told["approvals"]
        log.info("sign_off", month=month, issuer=issuer, digest=one["digest"][:16], by=by)
    return {"approvals": given}


def _approvers(settings: Settings, issuers: list[str]) -> dict[str, list[str]]:
    """Airflow users who may sign for an issuer, by its name; an issuer that is not named is open to all who may answer."""
    try:
        told = json.loads(settings.approvers or "{}")
        return {issuers[int(position) - 1]: [str(user) for user in users] for position, users in told.items()}
    except (ValueError, IndexError, AttributeError, TypeError):
        raise AirflowFailException(
            f'BANGDAN_APPROVERS is {settings.approvers!r}\n  remedy: write it as {{"1": ["user"], "2": ["user"]}}, by '
            f"the position of the issuer; there are {len(issuers)}"
        ) from None


def _issuer_of(user: str, issuers: list[str], settings: Settings) -> str:
    """The issuer that a user signs for where any one may; the first where no list says so."""
    named = [issuer for issuer, users in _approvers(settings, issuers).items() if user in users]
    return (named or issuers)[0]


def _plain(text: str) -> str:
    """A name from data for a question: no Markdown, no template."""
    return re.sub(r"[{}<>\[\]()|*_`#\\!]", " ", text)


def _address() -> str:
    from airflow.sdk.configuration import conf

    return conf.get("api", "base_url", fallback="").rstrip("/")


# ---- telling people ----------------------------------------------------------------------------------------------

FAILED = (
    "榜单 {{ params.month or dag_run.partition_key }}：{{ ti.task_id }} 失败 failed",
    """{% set told = (exception | string).split("\n  remedy: ") -%}
<p>月份 Month: <b>{{ params.month or dag_run.partition_key }}</b><br>
环节 Stage: <b>{{ ti.task_id }}</b>, {{ dag_run.run_id | e }}, 第 {{ ti.try_number }} 次 attempt<br>
原因 Cause: {{ told[0] | e }}<br>
处置 Remedy: {{ (told[1] if told | length > 1 else "see the log, then clear the task; stages may run again at any time") | e }}</p>
<p><a href="{{ ti.log_url | e }}">日志 Log</a></p>""",
)
ASKED = (
    "榜单 {{ params.month or dag_run.partition_key }}：待签发 waits for sign-off",
    """<p>{{ task.subject | e }}</p><p>Airflow → Required actions, {{ dag_run.run_id | e }}</p>""",
)


def mail(words: tuple[str, str]) -> list[Any]:
    """Airflow's SMTP notifier (connection smtp_default) with a subject and a body, where BANGDAN_MAIL_TO is set."""
    to = Settings.load().mail_to
    if not to:
        return []
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return [SmtpNotifier(to=to.split(","), subject=words[0], html_content=words[1])]


# A question has no end of its own.
APPROVE: dict[str, Any] = {"fail_on_reject": True, "execution_timeout": None, "notifiers": mail(ASKED)}


class Approval(ApprovalOperator):
    """Airflow's approval operator, whose rejection is final. It may be tried again otherwise: an answer that comes
    within seconds of the question can reach Airflow before its executor has seen the task park, and is lost.
    """

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        try:
            return super().execute_complete(context, event)
        except HITLRejectException:
            by = (event.get("responded_by_user") or {}).get("name")
            raise AirflowFailException(
                f"{by} rejected the candidate: {self.subject}\n  remedy: mend what is wrong, then clear `ask`, or the "
                "run from the stage that has to be done again"
            ) from None


class MonthDue(BaseDeadlineReference):
    """The end of a scheduled run's month. Runs that a person or a backfill made have none, nor what is caught up."""

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def _evaluate_with(self, *, session: Any, dag_id: str, run_id: str) -> datetime | None:
        from airflow.models import DagRun
        from sqlalchemy import select

        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        if run is None or run.run_type != "scheduled" or not run.partition_key:
            return None
        end = Month.parse(run.partition_key).end.replace(tzinfo=SHANGHAI)
        return end if end + late_after(Month.parse(run.partition_key)) > datetime.now(SHANGHAI) else None

    def evaluate_with(self, *, session: Any, interval: timedelta, **told: Any) -> datetime | None:
        at = self._evaluate_with(session=session, **{key: told[key] for key in self.required_kwargs})
        return at + interval if at else None


def late_after(month: Month) -> timedelta:
    """From a month's end to when it is late: BANGDAN_LATE_AFTER_DAYS, else the end of the day the list is due."""
    from bangdan import completeness

    settings = Settings.load()
    if settings.late_after_days:
        return timedelta(days=float(settings.late_after_days))
    return completeness.calendar(settings, month).due_at - month.end.replace(tzinfo=SHANGHAI) + timedelta(days=1)


def late_alert() -> DeadlineAlert | None:
    """Mail when a scheduled month is not published in time, where mail is set."""
    if not Settings.load().mail_to:
        return None
    after = late_after(Month.of(datetime.now(SHANGHAI)))
    return DeadlineAlert(reference=MonthDue(), interval=after, callback=AsyncCallback(month_is_late))


async def month_is_late(context: dict[str, Any]) -> None:
    """The deadline's callback, in the triggerer: says how far the month has come, why no further, and what to do."""
    from bangdan import state

    run = context["dag_run"]
    month = (run.get("conf") or {}).get("month") or run["partition_key"]
    where = await asyncio.to_thread(state.where, Settings.load(), Month.parse(month))
    if where["release"]:
        log.info("late in Airflow, but published", month=month, release=where["release"])
        return
    body = "".join(
        f"{name}: {html.escape(str(said))}<br>"
        for name, said in (
            ("月份 Month", month),
            ("环节 Stage", where["stage"]),
            ("原因 Cause", where["cause"]),
            ("处置 Remedy", where["remedy"]),
            ("运行 Run", run["dag_run_id"]),
        )
    )
    for one in mail((f"榜单 {month}：逾期未发布 not published by its day", f"<p>{body}</p>")):
        await one.async_notify(context)


# ---- plumbing ----------------------------------------------------------------------------------------------------


def _land(settings: Settings, inbox: str | None) -> list[str]:
    """Export ids of all that is landed, once the inbox has been."""
    from bangdan import inbox as inboxes
    from bangdan import pipeline

    if inbox and inboxes.is_remote(inbox):
        return _permanent(lambda: pipeline.land(settings, inbox, credentials=_credentials()))["exports"]
    folder = Path(inbox) if inbox else settings.inbox
    return _permanent(lambda: pipeline.land(settings, folder if folder.exists() else None))["exports"]


def _credentials() -> Credentials | None:
    """Of the object store, from the Airflow connection INBOX_CONNECTION where there is one; else the environment's.

    They are handed on in memory: nothing of them goes into a log, an XCom or a file.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from bangdan.inbox import Credentials

    try:
        found = Connection.get(INBOX_CONNECTION)
    except AirflowNotFoundException:
        return None
    more = found.extra_dejson
    return Credentials(
        found.login or None,
        found.password or None,
        more.get("aws_session_token"),
        more.get("region_name"),
        more.get("endpoint_url"),
    )


def _run_of(month: Month, context: dict[str, Any]) -> str | None:
    """A running run of that month, of the schedule or a backfill, which has not come to its publication yet.

    They bear the partition in their name. A person's run is not waited for: one that `airflow dags test` left behind
    stays "running" for ever.
    """
    this = context["ti"]
    states = this.get_task_states(dag_id=this.dag_id, task_ids=["publish"])
    for run_id, told in sorted(states.items()):
        if f"__{month}__" not in run_id or run_id == this.run_id or told.get("publish") in FINISHED:
            continue
        # One that is queued may be queued behind this very run: waiting for it could take for ever, too.
        if this.get_dagrun_state(this.dag_id, run_id) == "running":
            return run_id
    return None


def _again(after: timedelta, month: str, why: str) -> NoReturn:
    log.info("exports_complete waits", month=month, said=why, again_in=str(after).partition(".")[0])
    raise AirflowRescheduleException(datetime.now(SHANGHAI) + after)


def _logged(name: str, month: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do a stage's work and log one line of it: what it told in plain values, and how long it took."""
    started = time.monotonic()
    try:
        result = _permanent(work)
    except Exception:
        log.error(name, month=month, said="failed", seconds=_since(started))
        raise
    # dbt's stages tell of nodes and of rows per table; others tell the number of rows.
    inner = {key: value for part in result.values() if isinstance(part, dict) for key, value in part.items()}
    told = {**inner, **result, "month": month, "seconds": _since(started)}
    log.info(
        name, **{key: value for key, value in told.items() if isinstance(value, str | int | float) and value != ""}
    )
    return result


def _since(started: float) -> float:
    return round(time.monotonic() - started, 1)


def _permanent(work: Callable[[], Any]) -> Any:
    """A refused gate or a wrong word will not mend itself: fail without retries, with the message and the remedy."""
    try:
        return work()
    except (GateRefused, UsageError) as error:
        raise AirflowFailException(str(error)) from None
    except BangdanError as error:
        raise RuntimeError(str(error)) from None
