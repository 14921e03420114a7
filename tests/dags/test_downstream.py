"""A DAG of somebody else, triggered by a published month under Airflow's own scheduler."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.airflow_processes import DAG, machine
from tests.support.homes import PROJECT, bangdan

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]
MONTH = "2020-12"
DOWNSTREAM = """
import json
import os
from airflow.sdk import Asset, PartitionedAssetTimetable, dag, get_current_context, task

RELEASE = Asset("x-bangdan://city/release")


@dag(schedule=PartitionedAssetTimetable(assets=RELEASE), catchup=False)
def newsletter():
    @task(inlets=[RELEASE])
    def send():
        context = get_current_context()
        [event] = context["triggering_asset_events"][RELEASE]
        with open(os.environ["NEWSLETTER"], "w") as file:
            json.dump({"month": context["dag_run"].partition_key, **event.extra}, file)

    send()


newsletter()
"""


def test_a_dag_that_waits_for_the_release_is_run_for_the_month_that_was_published(tmp_path: Path) -> None:
    home, dags, letter = tmp_path / "home", tmp_path / "dags", tmp_path / "letter.json"
    shutil.copytree(PROJECT / "dags", dags)
    (dags / "newsletter.py").write_text(DOWNSTREAM, "utf-8")
    bangdan(home, "demo", "--scale", "0.004", "--months", MONTH)
    with machine(home, AIRFLOW__CORE__DAGS_FOLDER=str(dags), NEWSLETTER=str(letter)) as entry:
        entry.until(lambda: entry.call("GET", "/api/v2/dags/newsletter")[0] == 200, 120, "the DAG that waits")
        # A person's run has no partition of its own: the event names the month all the same.
        assert entry.ended(entry.trigger(month=MONTH)) == "success"

        def run_downstream() -> dict | None:
            runs = entry.api("GET", "/dags/newsletter/dagRuns")["dag_runs"]
            return next((run for run in runs if run["state"] == "success"), None)

        run = entry.until(run_downstream, 180, "the run of the DAG that waits")
        assert (run["run_type"], run["partition_key"]) == ("asset_triggered", MONTH)
        events = entry.api("GET", f"/assets/events?source_dag_id={DAG}")["asset_events"]
    manifest = json.loads((home / "releases" / MONTH / "r1" / "manifest.json").read_text("utf-8"))
    assert json.loads(letter.read_text("utf-8")) == {
        "month": MONTH, "release": "r1", "digest": manifest["data_digest"], "is_new": True,
    }  # fmt: skip
    assert {event["source_task_id"] for event in events} >= {"land", "load", "stage", "match", "score", "publish"}
