"""Sign-off: who is asked what, which answer counts for whom, and what an answer is bound to."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException

from bangdan import bridge
from bangdan.core.errors import GateRefused
from bangdan.core.months import SHANGHAI, Month
from bangdan.pipeline import publishing, results
from bangdan.publication.pages.preview import Preview
from tests.support.dag_wiring import context

FIRST, SECOND = "市政府办公厅", "市网信办"
DIGEST = "0123456789abcdef" * 4
MONTH = "2021-08"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    monkeypatch.delenv("BANGDAN_APPROVERS", raising=False)
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/")
    return tmp_path


@pytest.fixture
def candidate(monkeypatch: pytest.MonkeyPatch, home: Path) -> dict[str, Any]:
    """What the pipeline tells of a candidate; `calls` holds what it was asked."""
    recorded: dict[str, Any] = {
        "data_digest": DIGEST, "page": "", "issuers": [FIRST, SECOND], "missing": [FIRST, SECOND],
        "top": {"区级 · 传播力": ["1 黄浦区 61.20", "2 静安区 60.00"], "区级 · 影响力": ["1 徐汇区 80.00"]},
        "calls": [],
    }  # fmt: skip

    def preview(settings: Any, month: Month, reason: str | None = None) -> Preview:
        assert settings.home == home
        recorded["calls"].append((month, reason))
        return Preview(**{name: value for name, value in recorded.items() if name != "calls"})

    monkeypatch.setattr(publishing, "preview", preview)
    return recorded


def asked(monkeypatch: pytest.MonkeyPatch, approval: str, approvers: str = "", **params: Any) -> list[dict[str, Any]]:
    monkeypatch.setenv("BANGDAN_APPROVAL", approval)
    monkeypatch.setenv("BANGDAN_APPROVERS", approvers)
    return bridge.ask_for_approval(MONTH, context(**params))


def users(questions: list[dict[str, Any]]) -> list[Any]:
    return [
        question["assigned_users"] and [user["id"] for user in question["assigned_users"]] for question in questions
    ]


@pytest.mark.parametrize("approval", ["", "one", "all"])
def test_who_has_to_approve_is_what_is_set(monkeypatch: pytest.MonkeyPatch, approval: str) -> None:
    monkeypatch.setenv("BANGDAN_APPROVAL", approval)
    assert bridge.who_approves() == approval


def test_where_all_sign_each_issuer_that_still_has_to_is_asked(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any]
) -> None:
    assert [entry["issuer"] for entry in asked(monkeypatch, "all")] == [FIRST, SECOND]
    candidate["missing"] = [SECOND]
    [entry] = asked(monkeypatch, "all")
    assert (entry["issuer"], entry["issuers"], entry["digest"]) == (SECOND, [FIRST, SECOND], DIGEST)


def test_where_one_is_enough_there_is_one_question_for_whichever_issuer(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any]
) -> None:
    [entry] = asked(monkeypatch, "one")
    assert (entry["issuer"], entry["issuers"]) == ("", [FIRST, SECOND])
    assert "任一发布单位 any issuer" in entry["subject"]


@pytest.mark.parametrize("approval", ["one", "all"])
def test_nobody_is_asked_where_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any], approval: str
) -> None:
    candidate["missing"] = []
    assert asked(monkeypatch, approval) == []


def test_the_candidate_is_that_of_the_month_and_of_the_reason_of_the_run(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any]
) -> None:
    asked(monkeypatch, "all")
    asked(monkeypatch, "all", reason="R2")
    assert candidate["calls"] == [(Month(2021, 8), None), (Month(2021, 8), "R2")]


def test_a_question_shows_the_data_the_lists_and_where_the_candidate_is(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any]
) -> None:
    first, second = asked(monkeypatch, "all")
    assert MONTH in first["subject"]
    assert FIRST in first["subject"]
    assert SECOND in second["subject"]
    assert "Data `0123456789abcdef`\n" in first["body"]
    assert "- 区级 · 传播力: 1 黄浦区 61.20; 2 静安区 60.00\n- 区级 · 影响力: 1 徐汇区 80.00\n" in first["body"]
    assert "(https://airflow.example.org/bangdan/runs/2021-08/candidate/index.html)" in first["body"]


@pytest.mark.parametrize(
    ("approval", "approvers", "assigned"),
    [
        # an issuer that is not named is open to all who may answer
        ("all", "", [None, None]),
        ("all", '{"2": ["ben"]}', [None, ["ben"]]),
        ("all", '{"1": ["anna", "carl"], "2": ["ben"]}', [["anna", "carl"], ["ben"]]),
        ("all", '{"1": []}', [None, None]),
        ("all", '{"1": [7]}', [["7"], None]),
        # where one is enough, anybody who may sign for any issuer
        ("one", "", [None]),
        ("one", '{"1": ["anna"], "2": ["ben", "carl"]}', [["anna", "ben", "carl"]]),
    ],
)
def test_a_question_goes_to_the_users_who_may_sign_for_its_issuer(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any], approval: str, approvers: str, assigned: list[Any]
) -> None:
    assert users(asked(monkeypatch, approval, approvers)) == assigned


@pytest.mark.parametrize(
    "wrong",
    ["anna", "[1]", '{"x": ["anna"]}', '{"3": ["anna"]}', '{"1": 5}', '"anna"', '{"1": ["anna"], "1": ["ben"]}'],
)
def test_a_setting_of_approvers_that_cannot_be_read_stops_the_run_and_shows_how_to_write_it(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(AirflowFailException, match=r"BANGDAN_APPROVERS is .*\n  remedy: .*there are 2"):
        asked(monkeypatch, "all", wrong)


@pytest.mark.parametrize("position", ["0", "-1"])
def test_issuers_are_counted_from_one(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any], position: str
) -> None:
    with pytest.raises(AirflowFailException, match="remedy"):
        asked(monkeypatch, "all", f'{{"{position}": ["anna"]}}')


def test_a_name_from_data_is_neither_markdown_nor_a_template_in_a_question(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any]
) -> None:
    hostile = "{{ 7 * 7 }}<b>[点我](http://x)*_`|\\#!"
    candidate["missing"] = candidate["issuers"] = [hostile]
    candidate["top"] = {"区级": [f"1 {hostile} 61.20"]}
    [entry] = asked(monkeypatch, "all")
    own = "[候选榜单 The candidate](https://airflow.example.org/bangdan/runs/2021-08/candidate/index.html)"
    rest = (entry["subject"] + entry["body"]).replace(own, "").replace("`0123456789abcdef`", "")
    assert not set("{}[]()<>*_`|\\#!") & set(rest)
    assert "61.20" in rest


def test_airflow_is_given_the_question_and_nothing_else_of_it(
    monkeypatch: pytest.MonkeyPatch, candidate: dict[str, Any]
) -> None:
    [entry] = asked(monkeypatch, "one", '{"1": ["anna"]}')
    assert bridge.question(entry) == {
        "subject": entry["subject"], "body": entry["body"], "assigned_users": [{"id": "anna", "name": "anna"}],
    }  # fmt: skip


# ---- answers -----------------------------------------------------------------------------------------------------


def by(user: str | None) -> dict[str, Any]:
    return {"chosen_options": ["Approve"], "responded_by_user": {"id": "1", "name": user} if user else None}


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Approvals that were written down: month, issuer, person, digest."""
    calls: list[tuple] = []

    def approve(settings: Any, month: Month, issuer: str, by: str, digest: str | None = None) -> results.Approval:
        if digest == "stale":
            raise GateRefused("was looked at, but the data are others by now", remedy="look again")
        calls.append((str(month), issuer, by, digest))
        return results.Approval(str(digest), len(calls), 2)

    monkeypatch.setattr(publishing, "approve", approve)
    return calls


def question_of(issuer: str, digest: str = DIGEST) -> dict[str, Any]:
    return {"issuer": issuer, "issuers": [FIRST, SECOND], "digest": digest}


def test_each_answer_signs_for_the_issuer_of_its_question_and_for_the_data_that_were_shown(
    signed: list[tuple],
) -> None:
    recorded = bridge.sign_off(MONTH, [question_of(FIRST), question_of(SECOND, "other")], [by("anna"), by("ben")])
    assert signed == [(MONTH, FIRST, "anna", DIGEST), (MONTH, SECOND, "ben", "other")]
    assert recorded == {"approvals": 2}


def test_where_nobody_was_asked_nothing_is_signed(signed: list[tuple]) -> None:
    assert bridge.sign_off(MONTH, [], []) == {"approvals": 0}
    assert signed == []


def test_every_question_needs_its_answer(signed: list[tuple]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        bridge.sign_off(MONTH, [question_of(FIRST), question_of(SECOND)], [by("anna")])


def test_data_that_changed_since_the_question_are_not_signed_and_not_tried_again(signed: list[tuple]) -> None:
    with pytest.raises(AirflowFailException, match="remedy: look again"):
        bridge.sign_off(MONTH, [question_of(FIRST, "stale")], [by("anna")])
    assert signed == []


@pytest.mark.parametrize(
    ("user", "approvers", "issuer", "signs_as"),
    [
        ("ben", '{"1": ["anna"], "2": ["ben"]}', SECOND, "ben"),
        ("anna", '{"1": ["anna"], "2": ["anna"]}', FIRST, "anna"),
        ("carl", '{"1": ["anna"], "2": ["ben"]}', FIRST, "carl"),
        ("carl", "", FIRST, "carl"),
        (None, "", FIRST, "?"),
    ],
)
def test_where_any_may_sign_a_user_signs_for_the_issuer_that_names_them_else_for_the_first(
    monkeypatch: pytest.MonkeyPatch, signed: list[tuple], user: str | None, approvers: str, issuer: str, signs_as: str
) -> None:
    monkeypatch.setenv("BANGDAN_APPROVERS", approvers)
    bridge.sign_off(MONTH, [question_of("")], [by(user)])
    assert signed == [(MONTH, issuer, signs_as, DIGEST)]


def test_a_sign_off_is_in_the_log_with_who_for_whom_and_for_which_data(signed: list[tuple]) -> None:
    with structlog.testing.capture_logs() as lines:
        bridge.sign_off(MONTH, [question_of(SECOND)], [by("ben")])
    assert lines == [
        {"event": "sign_off", "log_level": "info", "month": MONTH, "issuer": SECOND, "digest": DIGEST[:16], "by": "ben"}
    ]


# ---- the operator ------------------------------------------------------------------------------------------------


def completed(answer: str) -> Any:
    operator = bridge.Approval(task_id="approve", subject="榜单 2021-08", fail_on_reject=True)
    event = {
        "chosen_options": [answer], "params_input": {}, "responded_at": datetime(2021, 9, 20, tzinfo=SHANGHAI), "timedout": False,
        "responded_by_user": {"id": "1", "name": "anna"},
    }  # fmt: skip
    return operator.execute_complete({"task": operator}, event)


def test_an_approval_is_handed_on_with_the_person_who_gave_it() -> None:
    answer = completed("Approve")
    assert (answer["chosen_options"], answer["responded_by_user"]["name"]) == (["Approve"], "anna")


def test_a_rejection_is_final_and_names_the_person_and_what_to_do() -> None:
    assert issubclass(bridge.Approval, ApprovalOperator)
    with pytest.raises(AirflowFailException, match=r"(?s)anna rejected .*榜单 2021-08.*remedy: .*clear `ask`"):
        completed("Reject")
