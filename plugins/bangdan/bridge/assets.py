"""The data sets of a city as Airflow's assets: inlets and outlets of the tasks, and the event of a published month."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowSkipException

from bangdan import stages
from bangdan.bridge import cities

# Tasks that Airflow alone has: title in Chinese, and what the task does.
AIRFLOW_TASKS = {
    "month": ("确定月份", "The month of the run: its parameter `month`, else its partition key."),
    "exports_complete": (
        "等待导出",
        "Waits, without a worker, until the exports of the month are complete or its list is due.",
    ),
    "ask": (
        "提请签发",
        "The questions for the issuers who still have to sign the candidate off; none where nobody has to.",
    ),
    "approve": (
        "等待签发",
        "Waits for a person's answer (Required actions). A rejection fails the run; nothing is published.",
    ),
    "sign_off": ("记录签发", "Records the approvals, bound to the data that were shown."),
    "diff": (
        "回补对比",
        "Builds the range in a scratch area and compares it with what is published. Publishes nothing.",
    ),
    "question": ("提请确认", "The question for a person: plan, comparison, and where its page is."),
    "confirm": (
        "确认回补",
        "Waits for a person's answer (Required actions). A rejection fails the run; nothing is published.",
    ),
}
# Tasks of a backfill that read or write data sets.
BACKFILL_TASKS = {
    "plan": stages.Step("回补计划", "Loads what is landed; what the range would publish or restate, and why.", ("landing",)),
    "diff": stages.Step("回补对比", "Builds the range in a scratch area and compares it with what is published.", ("raw",)),
    "apply": stages.Step("执行回补", "Builds and publishes the months, ascending. Tried again, it goes on with what is left.", ("raw",)),
    "announce": stages.Step("发布通知", "The event of each month that was published, for DAGs that wait for it.", (), ("release",)),
}  # fmt: skip


def asset(city: cities.City, dataset: str) -> Asset:
    """A data set of a city (`stages.DATASETS`) as an asset; its name is its address, x-bangdan://<city>/<data set>."""
    return Asset(f"x-bangdan://{city.name or 'city'}/{dataset}", group="bangdan")


def description(city: cities.City, task: str) -> dict[str, Any]:
    """The arguments of a task for people and for Airflow's lineage: display name, documentation, inlets and outlets."""
    if task in AIRFLOW_TASKS:
        title, doc = AIRFLOW_TASKS[task]
        return {"task_display_name": f"{title} {task}", "doc_md": doc}
    step = stages.STEPS.get(task) or BACKFILL_TASKS[task]
    return {
        "task_display_name": f"{step.title} {task}",
        "doc_md": step.description,
        "inlets": [asset(city, dataset) for dataset in step.reads],
        "outlets": [asset(city, dataset) for dataset in step.writes],
    }


def announce(month: str, published: dict[str, Any], context: dict[str, Any]) -> None:
    """Emit the event of a published month: the partition is the month, `extra` names the release and its digest.

    An event comes at least once: a run that finds its release published already emits it again, with `is_new` false.
    Raises AirflowSkipException where nothing was published, because a restatement waits for a reason: no event then.
    """
    if published["is_pending"]:
        raise AirflowSkipException(
            f"{month} {published['release']} stays: the data have changed, and a restatement waits for a reason\n"
            f'  remedy: trigger the DAG with {{"month": "{month}", "reason": "R1", "note": "..."}}'
        )
    event = context["outlet_events"][asset(cities.current(), "release")]
    event.add_partitions(month)
    event.extra = {"month": month, **{name: published[name] for name in ("release", "digest", "is_new")}}
