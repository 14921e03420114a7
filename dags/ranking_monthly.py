"""A month of the ranking, from exports to release. Wiring only: the work is in plugins/bangdan/pipeline.py."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronPartitionTimetable, dag, get_current_context, task

from bangdan import bridge

# Stages that hold the warehouse; the pool has one slot, so they never meet another run's.
STAGES = ["check_raw", "stage", "match", "score", "certainty", "present", "check_facts", "check_ranking", "publish"]


@dag(
    dag_id="ranking_monthly",
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
    deadline=bridge.late_alert(),
    tags=["榜单", "monthly"],
    doc_md=__doc__,
)
def ranking_monthly() -> None:
    @task(execution_timeout=timedelta(minutes=5))
    def month() -> str:
        return bridge.month_of(get_current_context())

    @task
    def land(of: str) -> list[list[str]]:
        return bridge.land(of, get_current_context()["params"].get("inbox"))

    @task(max_active_tis_per_dag=2)
    def load(of: str, exports: list[str]) -> dict:
        return bridge.load(of, exports)

    @task.sensor(mode="reschedule", timeout=timedelta(days=60), trigger_rule="none_failed")
    def exports_complete(of: str) -> bool:
        return bridge.wait_for_exports(of, get_current_context())

    @task(pool="warehouse")
    def run_stage(name: str, of: str) -> dict:
        return bridge.stage(name, of, get_current_context())

    @task(pool="warehouse")
    def ask(of: str) -> list[dict]:
        return bridge.ask_for_approval(of, get_current_context())

    @task(pool="warehouse", trigger_rule="none_failed")
    def sign_off(of: str, asked: list[dict], answers: list[dict]) -> dict:
        return bridge.sign_off(of, list(asked), list(answers or []))

    which = month()
    before = exports_complete(which)
    load.partial(of=which).expand(exports=land(which)) >> before
    for name in STAGES:
        if name == "publish" and bridge.who_approves():  # waits for people without a worker; a rejection fails the run
            before >> (asked := ask(which))
            person = bridge.Approval.partial(task_id="approve", **bridge.APPROVE)
            before = sign_off(which, asked, person.expand_kwargs(asked.map(bridge.question)).output)
        before >> (this := run_stage.override(task_id=name)(name, which))
        before = this


ranking_monthly()
