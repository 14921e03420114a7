"""Sign-off from Airflow's side, without its scheduler: what is asked, what an answer is bound to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.context import OutletEventAccessors

from bangdan import bridge
from tests.support.homes import bangdan

MONTH = "2021-08"
YES = {"chosen_options": ["Approve"], "responded_by_user": {"id": "1", "name": "anna"}}


@pytest.fixture
def candidate(copy_of_city: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The city with 2021-08 built and checked, but not out."""
    shutil.rmtree(copy_of_city / "releases" / MONTH)
    monkeypatch.setenv("BANGDAN_HOME", str(copy_of_city))
    monkeypatch.setenv("BANGDAN_APPROVAL", "all")
    return copy_of_city


def context(**params: Any) -> dict[str, Any]:
    return {"params": params, "outlet_events": OutletEventAccessors()}


def test_every_issuer_is_asked_about_the_same_data_and_publication_needs_them_all(candidate: Path) -> None:
    asked = bridge.ask_for_approval(MONTH, context())
    assert len({entry["issuer"] for entry in asked}) == len(asked) == 2
    assert len({entry["digest"] for entry in asked}) == 1
    for entry in asked:
        assert MONTH in entry["subject"]
        for words in (entry["digest"][:16], "区级", "传播力", "影响力", f"/bangdan/runs/{MONTH}/candidate/index.html"):
            assert words in entry["body"]
    assert (candidate / "runs" / MONTH / "candidate" / "index.html").exists()
    bridge.sign_off(MONTH, asked[:1], [YES])
    with pytest.raises(AirflowFailException, match="wait for sign-off"):
        bridge.publish(MONTH, context())
    assert [entry["issuer"] for entry in bridge.ask_for_approval(MONTH, context())] == [asked[1]["issuer"]]
    bridge.sign_off(MONTH, asked[1:], [YES])
    assert bridge.ask_for_approval(MONTH, context()) == []
    assert bridge.publish(MONTH, context())["is_new"]
    assert bridge.ask_for_approval(MONTH, context()) == []  # it is out: nobody has to sign it again


def test_data_that_change_between_question_and_answer_need_a_new_one(candidate: Path) -> None:
    asked = bridge.ask_for_approval(MONTH, context())
    with duckdb.connect(str(candidate / "warehouse" / "bangdan.duckdb")) as con:
        con.execute(
            "update published.rpt_monthly_summary set post_count = post_count + 1 where ranking_month = $1", [MONTH]
        )
    with pytest.raises(AirflowFailException, match="was looked at, but the data are"):
        bridge.sign_off(MONTH, asked, [YES, YES])
    assert not (candidate / "approvals").exists()
    again = bridge.ask_for_approval(MONTH, context())
    assert again[0]["digest"] != asked[0]["digest"]


def test_where_one_is_enough_the_user_signs_for_the_issuer_that_names_them(
    candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_APPROVAL", "one")
    monkeypatch.setenv("BANGDAN_APPROVERS", '{"1": ["ben"], "2": ["anna"]}')
    [entry] = bridge.ask_for_approval(MONTH, context())
    assert [user["id"] for user in entry["assigned_users"]] == ["ben", "anna"]
    bridge.sign_off(MONTH, [entry], [YES])
    made = bridge.publish(MONTH, context())
    [given] = json.loads((Path(made["path"]) / "manifest.json").read_text("utf-8"))["approvals"]
    assert (given["by"], given["issuer"]) == ("anna", entry["issuers"][1])


def test_a_changed_month_is_asked_about_only_when_a_reason_would_publish_it(
    copy_of_city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(copy_of_city))
    monkeypatch.setenv("BANGDAN_APPROVAL", "all")
    with duckdb.connect(str(copy_of_city / "warehouse" / "bangdan.duckdb")) as con:
        con.execute(
            "update published.rpt_monthly_summary set post_count = post_count + 1 where ranking_month = $1", [MONTH]
        )
    assert bridge.ask_for_approval(MONTH, context()) == []
    assert len(bridge.ask_for_approval(MONTH, context(reason="R1", note="对账"))) == 2
    with pytest.raises(AirflowSkipException, match=f"{MONTH} r1 stays: the data have changed"):
        bridge.publish(MONTH, context())


def test_status_says_what_a_month_that_is_not_out_waits_for(candidate: Path) -> None:
    payload = json.loads(bangdan(candidate, "status", "--json").stdout)
    july, august = payload["months"][0], next(month for month in payload["months"] if month["month"] == MONTH)
    assert july["progress"] is None
    assert august["progress"]["stage"] == "after ranking"
