"""The DAG's rules, read from the DAG itself: order, trigger rules, pool, retries, mail, schedule, parameters."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import DAG

from bangdan import bridge, stages
from bangdan.pipeline import building
from tests.support.dag_wiring import STAGES, read_dag, read_file, reread
from tests.support.homes import PROJECT

ALL_TASKS = {"month", "land", "load", "exports_complete", *STAGES, "ask", "approve", "sign_off", "publish"}
VARIABLES = (
    "BANGDAN_APPROVAL", "BANGDAN_APPROVERS", "BANGDAN_MAIL_TO", "BANGDAN_SCHEDULE_FROM", "BANGDAN_LATE_AFTER_DAYS",
)  # fmt: skip


@pytest.fixture(scope="module")
def production() -> Any:
    """The DAG of a city where every issuer signs and mail is set."""
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        patch.setenv("BANGDAN_APPROVAL", "all")
        patch.setenv("BANGDAN_MAIL_TO", "desk@example.org,chief@example.org")
        patch.setenv("BANGDAN_SCHEDULE_FROM", "2021-07")
        return read_dag()


@pytest.fixture(scope="module")
def plain() -> Any:
    """The DAG where nothing is set."""
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        return read_dag()


def upstream(dag: DAG) -> dict[str, set[str]]:
    """Task → the tasks it comes after, without `month`, which all of them read."""
    return {task.task_id: set(task.upstream_task_ids) - {"month"} for task in dag.tasks}


def test_without_sign_off_the_stages_follow_each_other_from_the_exports_to_publication(plain: Any) -> None:
    chain = ["exports_complete", *STAGES, "publish"]
    assert upstream(plain) == {
        "month": set(),
        "land": set(),
        "load": {"land"},
        "exports_complete": {"load"},
        **{after: {predecessors} for predecessors, after in itertools.pairwise(chain)},
    }


def test_approval_is_asked_after_the_last_gate_and_publication_waits_for_the_sign_off(production: Any) -> None:
    predecessors = upstream(production)
    assert set(predecessors) == ALL_TASKS
    assert predecessors["ask"] == {"check_ranking"}
    assert predecessors["approve"] == {"ask"}
    assert predecessors["sign_off"] == {"ask", "approve"}
    assert predecessors["publish"] == {"sign_off"}


@pytest.mark.parametrize("approval", ["one", "all"])
def test_whoever_has_to_approve_publication_comes_after_them(monkeypatch: pytest.MonkeyPatch, approval: str) -> None:
    monkeypatch.setenv("BANGDAN_APPROVAL", approval)
    assert upstream(read_dag())["publish"] == {"sign_off"}


def test_every_task_that_works_on_a_month_reads_which_one_from_the_run(production: Any) -> None:
    without = {task.task_id for task in production.tasks if "month" not in task.upstream_task_ids}
    assert without == {"month", "approve"}


def test_the_stages_of_the_dag_are_those_of_the_command_line_in_the_same_order() -> None:
    assert list(building.STAGES) == STAGES == list(stages.MONTH)
    assert [work.__name__ for work in building.STAGES.values()] == STAGES


def test_a_task_goes_on_only_where_all_before_it_succeeded_or_had_nothing_to_do(production: Any) -> None:
    """A load that failed stops the month; no export to load, or nobody to ask, does not."""
    rules = {task.task_id: getattr(task.trigger_rule, "value", task.trigger_rule) for task in production.tasks}
    skipped_is_fine = {"exports_complete", "sign_off"}
    assert {name for name, rule in rules.items() if rule == "none_failed"} == skipped_is_fine
    assert {rule for name, rule in rules.items() if name not in skipped_is_fine} == {"all_success"}


def test_whatever_holds_the_warehouse_does_so_in_its_pool_and_nothing_else_does(production: Any) -> None:
    pooled = {task.task_id for task in production.tasks if task.pool == "warehouse"}
    assert pooled == {*STAGES, "ask", "sign_off", "publish"}
    assert {task.pool for task in production.tasks} == {"warehouse", "default_pool"}


def test_every_task_is_tried_three_times_more_each_further_apart(production: Any) -> None:
    for task in production.tasks:
        tried = (task.retries, task.retry_delay, task.retry_exponential_backoff)
        assert tried == (3, timedelta(minutes=1), 2), task.task_id


def test_a_task_may_take_two_hours_reading_the_month_five_minutes_and_a_question_any_time(production: Any) -> None:
    limits = {task.task_id: task.execution_timeout for task in production.tasks}
    assert limits.pop("month") == timedelta(minutes=5)
    assert limits.pop("approve") is None
    assert set(limits.values()) == {timedelta(hours=2)}


def test_exports_are_waited_for_without_a_worker_and_up_to_sixty_days(production: Any) -> None:
    task = production.get_task("exports_complete")
    assert (task.mode, task.timeout, task.soft_fail) == ("reschedule", 60 * 24 * 3600, False)


def test_two_batches_are_loaded_at_a_time(production: Any) -> None:
    assert production.get_task("load").max_active_tis_per_dag == 2


def test_the_failure_of_any_task_is_mailed_to_everyone_named(production: Any) -> None:
    for task in production.tasks:
        [notifier] = task.on_failure_callback
        assert list(notifier.to) == ["desk@example.org", "chief@example.org"], task.task_id
        assert (notifier.subject, notifier.html_content) == bridge.FAILED, task.task_id


def test_a_question_is_mailed_and_a_rejection_fails_the_run(monkeypatch: pytest.MonkeyPatch, production: Any) -> None:
    assert production.get_task("approve").partial_kwargs["fail_on_reject"] is True
    monkeypatch.setenv("BANGDAN_MAIL_TO", "desk@example.org")
    [notifier] = reread(bridge.Approval.__module__).APPROVE["notifiers"]
    assert list(notifier.to) == ["desk@example.org"]
    assert "待签发" in notifier.subject


def test_without_an_address_nothing_is_mailed(plain: Any) -> None:
    assert [task.task_id for task in plain.tasks if task.on_failure_callback] == []
    assert not plain.deadline


def test_a_month_is_late_at_the_end_of_the_sixteenth(production: Any) -> None:
    [alert] = production.deadline
    assert isinstance(alert.reference, bridge.MonthDue)
    assert alert.interval == timedelta(days=16)
    assert alert.callback.path.endswith(".month_is_late")


# ---- schedule ----------------------------------------------------------------------------------------------------


def scheduled(dag: Any, count: int) -> list[tuple[str, str]]:
    """(when it runs, its partition key) of the first runs that a catching-up scheduler makes."""
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.timetables.base import TimeRestriction

    timetable = decode_timetable(encode_timetable(dag.timetable))
    since = TimeRestriction(earliest=dag.start_date, latest=None, catchup=True)
    actual, last = [], None
    for _ in range(count):
        last = timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=since)
        actual.append((last.run_after.in_timezone("Asia/Shanghai").isoformat(), last.partition_key))
    return actual


def test_the_month_of_a_scheduled_run_is_the_one_that_has_just_ended_at_midnight_in_shanghai(production: Any) -> None:
    assert scheduled(production, 8) == [
        ("2021-08-01T00:00:00+08:00", "2021-07"),
        ("2021-09-01T00:00:00+08:00", "2021-08"),
        ("2021-10-01T00:00:00+08:00", "2021-09"),
        ("2021-11-01T00:00:00+08:00", "2021-10"),
        ("2021-12-01T00:00:00+08:00", "2021-11"),
        ("2022-01-01T00:00:00+08:00", "2021-12"),
        ("2022-02-01T00:00:00+08:00", "2022-01"),
        ("2022-03-01T00:00:00+08:00", "2022-02"),
    ]


def test_a_range_of_partitions_keeps_its_first_and_its_last_month(production: Any) -> None:
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable

    timetable = decode_timetable(encode_timetable(production.timetable))
    actual = timetable.iter_partition_dagrun_infos(
        earliest=datetime(2020, 12, 1, tzinfo=UTC), latest=datetime(2021, 2, 1, tzinfo=UTC)
    )
    assert [entry.partition_key for entry in actual] == ["2020-12", "2021-01", "2021-02"]


def test_months_are_caught_up_only_where_the_first_one_owed_is_set(production: Any, plain: Any) -> None:
    assert production.catchup is True
    assert plain.catchup is False
    assert scheduled(plain, 1) == [("2019-02-01T00:00:00+08:00", "2019-01")]


def test_a_waiting_month_keeps_two_other_runs_not_out(production: Any) -> None:
    assert production.max_active_runs == 3


# ---- parameters --------------------------------------------------------------------------------------------------


def test_nothing_has_to_be_said_to_a_run(plain: Any) -> None:
    assert dict(plain.params) == {
        "month": None, "inbox": None, "now": False, "full": False, "engine": None, "reason": None, "published_on": None, "note": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("month", [None, "2021-01", "2021-09", "2021-10", "2021-12"], ["2021-00", "2021-13", "2021-8", "21-08", 8, "x2021-08"]),
        ("inbox", [None, "s3://bucket/prefix", "/exports"], [1, True]),
        ("now", [True, False], [None, "yes"]),
        ("full", [True, False], [None, "yes"]),
        ("engine", [None, "duckdb", "spark"], ["", "Spark", "flink"]),
        ("reason", [None, "R1", "R2", "R3", "C"], ["R4", "r1", ""]),
        ("published_on", [None, "2021-09-15"], ["15.9.2021", "2021-09-31", 20210915]),
        ("note", [None, "对账"], [3]),
    ],
)  # fmt: skip
def test_a_parameter_takes_what_it_is_for_and_refuses_anything_else(
    name: str, right: list[Any], wrong: list[Any]
) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    param = bridge.PARAMS[name]
    for value in right:
        assert param.resolve(value) == value
    for value in wrong:
        with pytest.raises(ParamValidationError):
            param.resolve(value)


# ---- what a task calls -------------------------------------------------------------------------------------------


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The DAG's task bodies, with a bridge that records what it is called with."""
    monkeypatch.setenv("BANGDAN_APPROVAL", "all")
    module = read_file()
    run_context = {"params": {"inbox": "/exports"}}
    monkeypatch.setattr(module, "get_current_context", lambda: run_context)
    dag = module.ranking_monthly()
    for name in ("month_of", "land", "load", "wait_for_exports", "stage", "ask_for_approval", "sign_off", "publish"):
        monkeypatch.setattr(bridge, name, lambda *words, name=name: (name, *words))
    return {"body": lambda task: dag.get_task(task).python_callable, "context": run_context, "dag": dag}


def test_each_task_hands_the_run_to_its_part_of_the_bridge(called: dict[str, Any]) -> None:
    body, run_context = called["body"], called["context"]
    assert body("month")() == ("month_of", run_context)
    assert body("land")("2021-08") == ("land", "2021-08", "/exports")
    assert body("load")("2021-08", ["a", "b"]) == ("load", "2021-08", ["a", "b"])
    assert body("exports_complete")("2021-08") == ("wait_for_exports", "2021-08", run_context)
    assert body("ask")("2021-08") == ("ask_for_approval", "2021-08", run_context)
    assert body("publish")("2021-08") == ("publish", "2021-08", run_context)


def test_each_stage_calls_the_stage_of_its_own_name(called: dict[str, Any]) -> None:
    for name in STAGES:
        task = called["dag"].get_task(name)
        assert task.op_args[0] == name
        assert task.python_callable(task.op_args[0], "2021-08") == ("stage", name, "2021-08", called["context"])


def test_signing_off_takes_no_answers_where_nobody_was_asked(called: dict[str, Any]) -> None:
    body = called["body"]("sign_off")
    assert body("2021-08", [{"issuer": "甲"}], [{"by": "anna"}]) == (
        "sign_off", "2021-08", [{"issuer": "甲"}], [{"by": "anna"}],
    )  # fmt: skip
    assert body("2021-08", [], None) == ("sign_off", "2021-08", [], [])


def test_airflow_takes_no_module_of_the_program_for_a_plugin() -> None:
    """Without the list it runs each under its bare name, which can shadow the standard library."""
    assert (PROJECT / "plugins" / ".airflowignore").read_text("utf-8").split() == ["bangdan/"]
    assert {file.name for file in (PROJECT / "plugins").glob("*.py")} == {"bangdan_plugin.py"}


def test_the_dag_is_found_by_its_subject() -> None:
    dag = read_dag()
    assert dag.dag_id == "ranking_monthly"
    assert set(dag.tags) == {"榜单", "monthly"}
    assert dag.doc_md
