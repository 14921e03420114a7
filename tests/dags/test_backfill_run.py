"""Months published by the DAG of a backfill under Airflow's own scheduler, once a person has approved."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.airflow_processes import machine
from tests.support.homes import bangdan

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(1500)]
BACKFILL = "ranking_backfill"
MONTHS = ["2020-12", "2021-01"]


def test_a_range_is_published_once_a_person_has_approved_its_plan_and_comparison(tmp_path: Path) -> None:
    home = tmp_path / "home"
    bangdan(home, "demo", "--scale", "0.004", "--months", "..".join(MONTHS))
    bangdan(home, "ingest", home / "inbox")
    with machine(home) as entry:
        run_id = entry.trigger(BACKFILL, months="..".join(MONTHS))
        path = f"/dags/{BACKFILL}/dagRuns/{run_id}"
        questions = entry.until(lambda: entry.api("GET", f"{path}/hitlDetails")["hitl_details"], 900, "the question")
        for month in MONTHS:
            assert f"{month} publish" in questions[0]["body"]
        assert not list((home / "releases").glob("*/r*"))
        page = questions[0]["body"].partition(f"({entry.address}")[2].partition(")")[0]
        assert entry.call("GET", page)[0] == 200
        time.sleep(15)  # Airflow takes a task for lost that is answered before its executor has seen it park
        answer = {"chosen_options": ["Approve"], "params_input": {}}
        entry.api("PATCH", f"{path}/taskInstances/confirm/-1/hitlDetails", answer)
        state = entry.ended(run_id, 900, BACKFILL)
        assert (state, set(entry.tasks(run_id, BACKFILL).values())) == ("success", {"success"}), entry.tasks(
            run_id, BACKFILL
        )
        events = entry.api("GET", f"/assets/events?source_dag_id={BACKFILL}&source_task_id=announce")["asset_events"]
    assert sorted(event["extra"]["month"] for event in events) == MONTHS
    assert all((home / "releases" / month / "r1" / "manifest.json").exists() for month in MONTHS)
