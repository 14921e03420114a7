"""Mail: a task that failed, a question that waits, a month that is late."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from airflow.sdk import AsyncCallback, DeadlineAlert  # type: ignore[attr-defined]
from airflow.sdk.definitions.deadline import BaseDeadlineReference

from bangdan.bridge import cities
from bangdan.bridge.tasks import log
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.rendering import render
from bangdan.core.settings import Settings

TEMPLATES = Path(__file__).with_name("templates")


class Message(NamedTuple):
    """A mail, both parts as templates that Airflow renders with the context of the task."""

    subject: str
    body: str


FAILED = Message(
    "榜单 {{ params.month or dag_run.partition_key }}：{{ ti.task_id }} 失败 failed",
    (TEMPLATES / "mail_failed.html").read_text("utf-8"),
)
ASKED = Message(
    "榜单 {{ params.month or dag_run.partition_key }}：待签发 waits for sign-off",
    (TEMPLATES / "mail_asked.html").read_text("utf-8"),
)


def mail(message: Message) -> list[Any]:
    """Airflow's SMTP notifier (connection smtp_default) with a message, where BANGDAN_MAIL_TO is set."""
    addresses = Settings.load().mail_addresses
    if not addresses:
        return []
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return [SmtpNotifier(to=addresses, subject=message.subject, html_content=message.body)]


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
        with cities.working_for(cities.of_dag(dag_id)):
            return end if end + late_after(Month.parse(run.partition_key)) > datetime.now(SHANGHAI) else None

    def evaluate_with(self, *, session: Any, interval: timedelta, **values: Any) -> datetime | None:
        at = self._evaluate_with(session=session, **{key: values[key] for key in self.required_kwargs})
        return at + interval if at else None


def late_after(month: Month) -> timedelta:
    """From a month's end to when it is late: BANGDAN_LATE_AFTER_DAYS, else the end of the day the list is due."""
    from bangdan.core import calendars

    settings = cities.settings()
    if settings.late_after_days is not None:
        return timedelta(days=settings.late_after_days)
    return calendars.of(settings, month).due_at - month.end.replace(tzinfo=SHANGHAI) + timedelta(days=1)


def late_alert(city: cities.City = cities.ONLY) -> DeadlineAlert | None:
    """Mail when a scheduled month of a city is not published in time, where mail is set."""
    if not Settings.load().mail_addresses:
        return None
    with cities.working_for(city):
        after = late_after(Month.of(datetime.now(SHANGHAI)))
    return DeadlineAlert(reference=MonthDue(), interval=after, callback=AsyncCallback(month_is_late))


async def month_is_late(context: dict[str, Any]) -> None:
    """The deadline's callback, in the triggerer: mails how far the month has come, why no further, and what to do."""
    from bangdan.operations import status

    run = context["dag_run"]
    month = (run.get("conf") or {}).get("month") or run["partition_key"]
    with cities.working_for(cities.of_dag(run["dag_id"])):
        settings = cities.settings()
    progress = await asyncio.to_thread(status.progress, settings, Month.parse(month))
    if progress.release:
        log.info("late in Airflow, but published", month=month, release=progress.release)
        return
    values = {"month": month, "run_id": run["dag_run_id"], **asdict(progress)}
    message = Message(f"榜单 {month}：逾期未发布 not published by its day", render("mail_late.html", "zh", values))
    for notifier in mail(message):
        await notifier.async_notify(context)
