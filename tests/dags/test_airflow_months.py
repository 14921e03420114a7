"""Many months under Airflow's own processes, against the command line's bytes; and what goes wrong in production.

`make test-airflow` runs these (minutes each); the suite leaves them out.
"""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bangdan.core.files import sha256_of
from bangdan.core.months import SHANGHAI, Month
from tests.support.airflow_processes import DAG, Machine, home_with_inbox, machine
from tests.support.homes import bangdan
from tests.support.mailbox import Mailbox, mail_server

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(3000)]
MONTHS = ["2020-12", "2021-01", "2021-02"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small months over the year's end, published by `bangdan backfill`."""
    home = tmp_path_factory.mktemp("reference") / "home"
    bangdan(home, "demo", "--scale", "0.004", "--months", f"{MONTHS[0]}..{MONTHS[-1]}")
    bangdan(home, "ingest", home / "inbox")
    bangdan(home, "backfill", f"{MONTHS[0]}..{MONTHS[-1]}", "--apply")
    return home


def tree(home: Path) -> dict[str, str]:
    """Every file of the releases by its hash; links by where they lead."""
    root = home / "releases"
    return {
        str(file.relative_to(root)): os.readlink(file) if file.is_symlink() else sha256_of(file)
        for file in sorted(root.rglob("*"))
        if file.is_symlink() or file.is_file()
    }


def published(entry: Machine, months: list[str]) -> bool:
    return all((entry.home / "releases" / month / "latest").exists() for month in months)


def test_catching_up_makes_a_run_for_each_month_owed_and_publishes_them_ascending(
    reference: Path, tmp_path: Path
) -> None:
    home = home_with_inbox(tmp_path / "home", reference / "inbox")
    with machine(home, BANGDAN_SCHEDULE_FROM=MONTHS[0]) as entry:
        entry.until(lambda: published(entry, MONTHS), 1500, "three months")
        runs = {run["partition_key"]: run for run in entry.runs()}
        for month in MONTHS:
            entry.ended(runs[month]["dag_run_id"])
        runs = {run["partition_key"]: run for run in entry.runs()}
    assert sorted(runs)[: len(MONTHS)] == MONTHS  # the year's end and February; none before the first that is owed
    assert [runs[month]["run_type"] for month in MONTHS] == ["scheduled"] * 3
    assert [runs[month]["state"] for month in MONTHS] == ["success"] * 3
    ends = [runs[month]["end_date"] for month in MONTHS]
    assert ends == sorted(ends)
    assert tree(home) == tree(reference)


def test_airflow_backfill_create_gives_the_bytes_of_bangdan_backfill_beside_a_persons_run(
    reference: Path, tmp_path: Path
) -> None:
    """Airflow starts ten runs of a backfill at once unless it is told otherwise; they still come out in order."""
    home = home_with_inbox(tmp_path / "home", reference / "inbox")
    # Nothing owed: Airflow goes on with the schedule from the newest run it has, a backfill's too.
    with machine(home, BANGDAN_SCHEDULE_FROM="") as entry:
        entry.run("backfill", "create", "--dag-id", DAG, "--from-date", "2020-12-01", "--to-date", "2021-02-01")
        beside = entry.trigger(month=MONTHS[-1])
        runs = [run for run in entry.runs() if run["run_type"] == "backfill"]
        assert sorted(run["partition_key"] for run in runs) == MONTHS
        assert [entry.ended(run["dag_run_id"], 1500) for run in runs] == ["success"] * 3
        assert entry.ended(beside) == "success"
    assert tree(home) == tree(reference)


def test_two_runs_of_one_month_a_killed_task_and_a_cleared_one_end_in_the_same_bytes(
    reference: Path, tmp_path: Path
) -> None:
    home = home_with_inbox(tmp_path / "home", reference / "inbox")
    with machine(home) as entry:
        first, second = entry.trigger(month=MONTHS[0]), entry.trigger(month=MONTHS[0])

        def running() -> dict[str, Any] | None:
            for run_id in (first, second):
                path = f"/dags/{DAG}/dagRuns/{run_id}/taskInstances/match"
                result = entry.api("GET", path)
                if result["state"] == "running" and result["pid"]:
                    return result
            return None

        killed = entry.until(running, 600, "a task that matches")
        os.kill(killed["pid"], signal.SIGKILL)
        assert [entry.ended(run_id, 900) for run_id in (first, second)] == ["success", "success"]
        again = entry.api("GET", f"/dags/{DAG}/dagRuns/{killed['dag_run_id']}/taskInstances/match")
        assert (again["state"], again["try_number"]) == ("success", 2)

        request = {"task_ids": ["score"], "dag_run_id": first, "include_downstream": True, "only_failed": False}
        entry.api("POST", f"/dags/{DAG}/clearTaskInstances", {**request, "dry_run": False, "reset_dag_runs": True})
        assert entry.ended(first, 900) == "success"
    ours, theirs = tree(home), tree(reference)
    month = {name: value for name, value in theirs.items() if name.startswith(MONTHS[0])}
    assert {name: value for name, value in ours.items() if name.startswith("20")} == month


def test_a_month_that_is_late_is_mailed_with_stage_cause_and_remedy(tmp_path: Path) -> None:
    """Last month's exports never came. Its deadline is set to a moment from now."""
    home = tmp_path / "home"
    bangdan(home, "demo", "--scale", "0.004", "--months", "2020-12")
    now = datetime.now(SHANGHAI)
    month = Month.of(now) - 1
    soon = (now + timedelta(seconds=150) - month.end.replace(tzinfo=SHANGHAI)) / timedelta(days=1)
    box = Mailbox()
    with mail_server(box) as result, machine(
        home, "api-server", "dag-processor", "scheduler", "triggerer", BANGDAN_SCHEDULE_FROM=str(month),
        BANGDAN_LATE_AFTER_DAYS=f"{soon:.6f}", **result,
    ) as entry:  # fmt: skip
        entry.until(lambda: box.about("逾期未发布"), 400, "the mail")
    [mail] = box.about("逾期未发布")
    for words in (
        str(month),
        "环节 Stage: ",
        "原因 Cause: ",
        "处置 Remedy: ",
        "missing" if "exports<" in mail else "refused",
    ):
        assert words in mail
