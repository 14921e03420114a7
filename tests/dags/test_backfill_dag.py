"""The DAG of a backfill: a person's answer comes between comparison and publication, and is about what was shown."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, ParamValidationError

from bangdan import bridge
from bangdan.backfill import diff
from bangdan.backfill.causes import Causes
from bangdan.backfill.diff import Diff, MonthDiff
from bangdan.bridge import cities
from bangdan.core.months import Month
from tests.support.dag_wiring import context, read_dag, read_file
from tests.support.homes import PROJECT

MONTH = "2021-08"


@pytest.fixture(scope="module")
def dag() -> Any:
    return read_file("ranking_backfill").ranking_backfill()


def test_plan_comparison_question_answer_publication_and_event_follow_each_other(dag: Any) -> None:
    assert {task.task_id: set(task.upstream_task_ids) for task in dag.tasks} == {
        "plan": set(),
        "diff": {"plan"},
        "question": {"plan", "diff"},
        "confirm": {"question"},
        "apply": {"plan", "confirm"},
        "announce": {"apply"},
    }
    assert {task.trigger_rule for task in dag.tasks} == {"all_success"}


def test_what_holds_the_warehouse_does_so_in_its_pool_and_an_answer_is_waited_for_without_end(dag: Any) -> None:
    assert {task.task_id for task in dag.tasks if task.pool == "warehouse"} == {"plan", "diff", "apply"}
    assert dag.get_task("confirm").execution_timeout is None
    assert dag.get_task("confirm").fail_on_reject is True
    assert dag.schedule is None
    assert dag.max_active_runs == 1


def test_a_task_of_a_backfill_is_tried_three_times_more_and_its_failure_is_mailed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANGDAN_MAIL_TO", "desk@example.org")
    for task in read_file("ranking_backfill").ranking_backfill().tasks:
        assert task.retries == 3, task.task_id
        [notifier] = task.on_failure_callback
        assert list(notifier.to) == ["desk@example.org"], task.task_id
        assert (notifier.subject, notifier.html_content) == bridge.FAILED, task.task_id


def test_each_city_has_a_backfill_of_its_own() -> None:
    assert cities.ONLY.backfill_dag_id == "ranking_backfill"
    assert cities.City(Path("/srv/bay"), "bay").backfill_dag_id == "ranking_backfill_bay"


@pytest.mark.parametrize(
    ("text", "is_right"), [("2021-08", True), ("2020-12..2021-02", True), ("2021-13", False), ("2021", False)]
)
def test_a_range_is_a_month_or_two(text: str, is_right: bool) -> None:
    param = bridge.BACKFILL_PARAMS["months"]
    if is_right:
        assert param.resolve(text) == text
    else:
        with pytest.raises(ParamValidationError):
            param.resolve(text)


@pytest.fixture
def unpublished(copy_of_city: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The city whose 2021-08 has no release."""
    shutil.rmtree(copy_of_city / "releases" / MONTH)
    monkeypatch.setenv("BANGDAN_HOME", str(copy_of_city))
    return copy_of_city


def test_the_question_has_plan_comparison_and_where_its_page_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/")
    page = "diff-2021-07..2021-08.html"
    months = [
        MonthDiff("2021-07", [], Causes(), None, False, 3, ranks_changed=2, scores_changed=6),
        MonthDiff(MONTH, [], Causes(), None, True, 9),
    ]
    compared = Diff(Month(2021, 7), Month(2021, 8), months, [], {"zh": page, "en": page}, "")
    monkeypatch.setattr(diff, "diff", lambda settings, first, last: compared)
    run = context(months=f"2021-07..{MONTH}")
    planned = {
        "made_from": {},
        "lines": ["2021-07 restate: inputs: 1 new, 0 gone", f"{MONTH} publish: [x](y) {{{{z}}}}"],
    }
    asked = bridge.confirmation(planned, bridge.diff_backfill(run), run)
    assert asked["subject"] == f"回补 2021-07..{MONTH} 待确认 backfill waits for approval"
    for words in (
        "- 2021-07 restate: inputs: 1 new, 0 gone", "- 2021-07: 3 units, 2 ranks, 6 scores change", f"- {MONTH}: not published yet",
        f"(https://airflow.example.org/bangdan/scratch/backfill/{page})",
    ):  # fmt: skip
        assert words in asked["body"]
    assert "{{" not in asked["body"]
    assert "](y)" not in asked["body"]


def test_a_range_is_published_as_it_was_confirmed(unpublished: Path) -> None:
    run = context(months=MONTH)
    planned = bridge.plan_backfill(run)
    assert set(planned["made_from"]) == {MONTH}
    assert planned["lines"][0].startswith(f"{MONTH} publish: ")
    with pytest.raises(AirflowFailException, match=f"made from other data than what was confirmed: {MONTH}"):
        bridge.apply_backfill({**planned, "made_from": {MONTH: "other"}}, run)
    assert not list((unpublished / "releases" / MONTH).glob("r*"))
    [published] = bridge.apply_backfill(planned, run)
    assert (published["month"], published["release"], published["is_new"]) == (MONTH, "r1", True)
    bridge.announce(published, run)
    assert run["outlet_events"][bridge.asset(bridge.ONLY, "release")].partition_keys == {MONTH}
    # Tried again after it has published: the same event, and nothing is published twice.
    [again] = bridge.apply_backfill(planned, run)
    assert again == {**published, "is_new": False}
    with pytest.raises(AirflowSkipException, match="nothing would change"):
        bridge.plan_backfill(run)


def test_a_token_outlives_whatever_a_task_may_take(dag: Any) -> None:
    """Airflow kills a task whose token has expired before it was renewed."""
    [seconds] = re.findall(r"JWT_EXPIRATION_TIME \?= ([0-9]+)", (PROJECT / "Makefile").read_text("utf-8"))
    assert f"JWT_EXPIRATION_TIME={seconds} " in (PROJECT / "docs" / "airflow.md").read_text("utf-8")
    limits = [task.execution_timeout for each in (dag, read_dag()) for task in each.tasks if task.execution_timeout]
    assert max(limits) < timedelta(seconds=int(seconds))
