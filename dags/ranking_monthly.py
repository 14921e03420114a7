"""A month of the ranking, from exports to release: a DAG per city. Wiring only: the work is in plugins/bangdan/pipeline."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from airflow.sdk import CronPartitionTimetable, chain, dag, get_current_context, task, task_group

from bangdan import bridge, stages


def ranking_monthly(city: bridge.City = bridge.ONLY) -> Any:
    """The DAG of a city."""
    in_city, warehouse, of = bridge.in_city(city), city.pool, partial(bridge.description, city)

    @dag(
        dag_id=city.dag_id,
        description="政务新媒体榜单：一个月从导出文件到发布 / exports of a month to its published ranking",
        # The month that has ended is the partition: the run of 2021-09-01 00:00 is 2021-08. It must be midnight: with
        # another hour a range of partitions loses its last month. The run then waits for its exports.
        schedule=CronPartitionTimetable("0 0 1 * *", timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m"),
        start_date=bridge.schedule_from(),
        catchup=bridge.is_catching_up(),
        max_active_runs=3,  # a waiting month must not keep a person's run of another month out
        params=bridge.PARAMS,
        default_args={
            "retries": 3,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2,
            "execution_timeout": timedelta(hours=2),
            "on_failure_callback": bridge.mail(bridge.FAILED),
        },
        deadline=bridge.late_alert(city),
        tags=["榜单", "monthly", *([city.name] if city.name else [])],
        doc_md=__doc__,
    )
    def months() -> None:
        @task(**of("month"), execution_timeout=timedelta(minutes=5))
        @in_city
        def month() -> str:
            return bridge.month_of(get_current_context())

        @task(**of("land"))
        @in_city
        def land(month: str) -> list[list[str]]:
            return bridge.land(month, get_current_context()["params"].get("inbox"))

        @task(**of("load"), max_active_tis_per_dag=2)
        @in_city
        def load(month: str, exports: list[str]) -> dict:
            return bridge.load(month, exports)

        @task.sensor(
            **of("exports_complete"), mode="reschedule", timeout=timedelta(days=60), trigger_rule="none_failed"
        )
        @in_city
        def exports_complete(month: str) -> bool:
            return bridge.wait_for_exports(month, get_current_context())

        @task(pool=warehouse)
        @in_city
        def run_stage(name: str, month: str) -> dict:
            return bridge.stage(name, month, get_current_context())

        @task(**of("ask"), pool=warehouse)
        @in_city
        def ask(month: str) -> list[dict]:
            return bridge.ask_for_approval(month, get_current_context())

        @task(**of("sign_off"), pool=warehouse, trigger_rule="none_failed")
        @in_city
        def sign_off(month: str, asked: list[dict], answers: list[dict]) -> dict:
            return bridge.sign_off(month, list(asked), list(answers or []))

        @task(**of("publish"), pool=warehouse)
        @in_city
        def publish(month: str) -> dict:
            return bridge.publish(month, get_current_context())

        # Waits for people without a worker; a rejection fails the run.
        @task_group(prefix_group_id=False)
        def approval(month: str) -> None:
            asked = ask(month)
            answers = bridge.Approval.partial(task_id="approve", **of("approve"), **bridge.APPROVE).expand_kwargs(
                asked.map(bridge.question)
            )
            sign_off(month, asked, answers.output)

        @task_group(prefix_group_id=False)
        def build(month: str) -> None:
            chain(*(run_stage.override(task_id=name, **of(name))(name, month) for name in stages.MONTH))

        run = month()
        steps = [load.partial(month=run).expand(exports=land(run)), exports_complete(run), build(run)]
        if bridge.who_approves():
            steps.append(approval(run))
        chain(*steps, publish(run))

    return months()


for each in bridge.served_cities():
    ranking_monthly(each)
