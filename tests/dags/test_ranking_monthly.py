"""The DAG: what it is made of, what importing it costs, and a small month run through it."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bangdan.demo import write_city
from tests.support.homes import PROJECT

ENVIRONMENT = {
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
}
STAGES = ["check_raw", "stage", "match", "score", "certainty", "present", "check_facts", "check_ranking", "publish"]


def python(home: Path, script: str, timeout: int = 500) -> str:
    """Run a script in a fresh process with an Airflow home of its own, as Airflow reads its settings on import."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **ENVIRONMENT, "AIRFLOW_HOME": str(home / "airflow"), "BANGDAN_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return done.stdout.strip().splitlines()[-1]


def test_the_exact_set_of_dags_and_tasks_without_import_errors_or_heavy_imports(tmp_path: Path) -> None:
    payload = json.loads(
        python(
            tmp_path,
            """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
heavy = [m for m in ("duckdb", "pandas", "dbt", "great_expectations", "pyarrow", "numpy") if m in sys.modules and m != "numpy"]
dag = bag.dags["ranking_monthly"]
print(json.dumps({"dags": sorted(bag.dags), "errors": bag.import_errors, "tasks": sorted(dag.task_ids),
    "pooled": sorted(t.task_id for t in dag.tasks if t.pool == "warehouse"),
    "loaded": [m for m in sys.modules if m in ("great_expectations", "dbt.cli.main", "duckdb", "bangdan.pipeline")]}))
""",
        )
    )
    assert payload["dags"] == ["ranking_backfill", "ranking_monthly"]
    assert payload["errors"] == {}
    assert payload["tasks"] == sorted(["month", "land", "load", "exports_complete", *STAGES])
    assert payload["pooled"] == sorted(STAGES)
    assert payload["loaded"] == []


@pytest.mark.dag
def test_a_month_through_airflow_is_the_month_of_the_command_line(city: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(city / "inbox", home / "inbox")
    write_city(home)
    text = python(
        home,
        """
from airflow.utils.db import initdb
initdb()
from airflow.models.pool import Pool
Pool.create_or_update_pool("warehouse", slots=1, description="one writer", include_deferred=False)
from airflow.dag_processing.dagbag import DagBag
dag = DagBag().dags["ranking_monthly"]
run = dag.test(run_conf={"month": "2021-07"})
print(run.state)
""",
    )
    assert text.endswith("success")
    ours, theirs = home / "releases/2021-07/r1", city / "releases/2021-07/r1"
    names = [
        "ranking.csv",
        "ranking.json",
        "ranking.parquet",
        "ranking.xlsx",
        "bulletin.md",
        "bulletin.docx",
        "index.html",
        "en.html",
    ]
    match, mismatch, errors = filecmp.cmpfiles(ours, theirs, names, shallow=False)
    assert (sorted(match), mismatch, errors) == (sorted(names), [], [])
    report = json.loads((home / "runs/2021-07/run_report.json").read_text("utf-8"))
    names = [row["stage"] for row in report["stages"]]
    assert [name for name in names if name != "load"] == ["land", *STAGES]
    loaded = [row for row in report["stages"] if row["stage"] == "load"]
    assert sum(row["rows_read"] for row in loaded) > 10_000
    assert all(row["rows_read"] == row["accepted"] + row["rejected"] + row["duplicate"] for row in loaded)
