"""A month of the ranking, from exports to release. Wiring only: the work is in plugins/bangdan/pipeline.py."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import CronPartitionTimetable, Param, dag, get_current_context, task

POOL = "warehouse"
# Stages that hold the warehouse; the pool has one slot, so they never meet another run's.
STAGES = ["check_raw", "stage", "match", "score", "certainty", "present", "check_facts", "check_ranking", "publish"]


@dag(
    dag_id="ranking_monthly",
    description="政务新媒体榜单：一个月从导出文件到发布 / exports of a month to its published ranking",
    # The month that has ended is the partition: the run of 2021-09-01 00:00 is 2021-08. It must be midnight: with
    # another hour a range of partitions loses its last month.
    schedule=CronPartitionTimetable("0 0 1 * *", timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m"),
    start_date=pendulum.datetime(2021, 7, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    params={
        "month": Param(None, type=["null", "string"], pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM"),
        "inbox": Param(None, type=["null", "string"], description="folder of exports; empty = the data folder's inbox"),
    },
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["榜单", "monthly"],
    doc_md=__doc__,
)
def ranking_monthly() -> None:
    @task
    def month() -> str:
        from bangdan import bridge

        return bridge.month_of(get_current_context())

    @task
    def land() -> list[list[str]]:
        from bangdan import bridge

        return bridge.land(get_current_context()["params"].get("inbox"))

    @task(max_active_tis_per_dag=2)
    def load(exports: list[str]) -> dict:
        from bangdan import bridge

        return bridge.load(exports)

    @task(pool=POOL)
    def run_stage(name: str, of: str) -> dict:
        from bangdan import bridge

        return bridge.stage(name, of)

    which = month()
    before = load.expand(exports=land())
    for name in STAGES:
        this = run_stage.override(task_id=name)(name, which)
        before >> this
        before = this


ranking_monthly()
