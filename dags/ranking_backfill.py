"""Many months at once, with a person's approval between comparison and publication: a DAG per city. Wiring only: the work is
in plugins/bangdan/backfill/.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from airflow.sdk import chain, dag, get_current_context, task

from bangdan import bridge


def ranking_backfill(city: bridge.City = bridge.ONLY) -> Any:
    """The DAG of a city."""
    in_city, warehouse, of = bridge.in_city(city), city.pool, partial(bridge.description, city)

    @dag(
        dag_id=city.backfill_dag_id,
        description="政务新媒体榜单：多个月的回补，经人确认 / many months at once, once a person has approved",
        schedule=None,
        max_active_runs=1,
        params=bridge.BACKFILL_PARAMS,
        default_args={
            "retries": 3,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2,
            "execution_timeout": timedelta(hours=6),
            "on_failure_callback": bridge.mail(bridge.FAILED),
        },
        tags=["榜单", "backfill", *([city.name] if city.name else [])],
        doc_md=__doc__,
    )
    def months() -> None:
        @task(**of("plan"), pool=warehouse)
        @in_city
        def plan() -> dict:
            return bridge.plan_backfill(get_current_context())

        @task(**of("diff"), pool=warehouse)
        @in_city
        def diff() -> dict:
            return bridge.diff_backfill(get_current_context())

        @task(**of("question"))
        @in_city
        def question(planned: dict, compared: dict) -> dict:
            return bridge.confirmation(planned, compared, get_current_context())

        @task(**of("apply"), pool=warehouse)
        @in_city
        def apply(planned: dict) -> list[dict]:
            return bridge.apply_backfill(planned, get_current_context())

        @task(**of("announce"))
        @in_city
        def announce(published: dict) -> None:
            bridge.announce(published, get_current_context())

        planned, compared = plan(), diff()
        asked = question(planned, compared)
        confirm = bridge.Approval(
            task_id="confirm", subject=asked["subject"], body=asked["body"], **of("confirm"), **bridge.APPROVE
        )
        applied = apply(planned)
        chain(planned, compared, asked, confirm, applied)
        announce.expand(published=applied)

    return months()


for each in bridge.served_cities():
    ranking_backfill(each)
