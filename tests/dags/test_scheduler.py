"""One month under Airflow's own scheduler: waiting, sign-off by both issuers, publication, the page behind the login."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.airflow_processes import DAG, Machine, machine
from tests.support.homes import bangdan, ranking
from tests.support.mailbox import Mailbox, mail_server

pytestmark = pytest.mark.airflow  # two minutes, most of them waiting for Airflow
MONTH = "2021-02"


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Machine]:
    """A machine on which every issuer signs off, for its own, and mail goes to the mailbox."""
    home = tmp_path_factory.mktemp("scheduler") / "home"
    bangdan(home, "demo", "--scale", "0.004", "--months", MONTH)
    who = {"BANGDAN_APPROVAL": "all", "BANGDAN_APPROVERS": '{"1": ["anna"], "2": ["ben"]}'}
    with mail_server(mailbox) as result, machine(home, **who, **result) as entry:
        yield entry


def questions(entry: Machine, run_id: str) -> list[dict[str, Any]]:
    """Questions that wait for an answer, by issuer."""
    result = entry.api("GET", f"/dags/{DAG}/dagRuns/{run_id}/hitlDetails")["hitl_details"]
    return sorted((q for q in result if not q["response_received"]), key=lambda q: q["task_instance"]["map_index"])


def answer(entry: Machine, run_id: str, index: int, option: str, user: str) -> tuple[int, str]:
    path = f"/api/v2/dags/{DAG}/dagRuns/{run_id}/taskInstances/approve/{index}/hitlDetails"
    return entry.call("PATCH", path, {"chosen_options": [option], "params_input": {}}, user)


def asked(entry: Machine, run_id: str) -> list[dict[str, Any]]:
    result = entry.until(lambda: len(result := questions(entry, run_id)) == 2 and result, 400, "two questions")
    # Airflow takes a task for lost that is answered before its executor has seen it park: no person is that fast.
    time.sleep(15)
    return result


def test_a_month_is_published_once_each_issuer_has_signed_its_data(signing: Machine, mailbox: Mailbox) -> None:
    entry, home = signing, signing.home
    assert entry.call("GET", "/bangdan/", user=None)[0] == 401

    # Somebody says no: the run fails, nothing is out, and the mail says which month, where, and why.
    run_id = entry.trigger(month=MONTH)
    first = asked(entry, run_id)
    assert answer(entry, run_id, 0, "Approve", "ben")[0] == 403  # not his issuer
    assert answer(entry, run_id, 0, "Reject", "anna")[0] == 200
    assert answer(entry, run_id, 1, "Approve", "ben")[0] == 200
    assert entry.ended(run_id) == "failed"
    assert not list((home / "releases").glob("*/r*"))
    assert entry.tasks(run_id)["publish"] == "upstream_failed"
    [mail] = mailbox.about("approve 失败")
    for word in (MONTH, "approve", "anna rejected", "处置 Remedy"):
        assert word in mail
    assert MONTH in first[0]["subject"]
    assert len(mailbox.about("待签发")) == 2

    # Asked again about the same data, in the same run, and signed by both.
    result = {"task_ids": ["ask"], "dag_run_id": run_id, "include_downstream": True, "only_failed": False}
    entry.api("POST", f"/dags/{DAG}/clearTaskInstances", {**result, "dry_run": False, "reset_dag_runs": True})
    shown = asked(entry, run_id)
    assert shown[0]["body"] == first[0]["body"]
    status, candidate = entry.call("GET", f"/bangdan/runs/{MONTH}/candidate/index.html")
    assert (status, MONTH in candidate) == (200, True)
    assert f"/bangdan/runs/{MONTH}/candidate/index.html" in shown[0]["body"]
    assert ranking_of(candidate)
    assert all(name in candidate for name in ranking_of(shown[0]["body"]))
    assert answer(entry, run_id, 0, "Approve", "anna")[0] == 200
    assert answer(entry, run_id, 1, "Approve", "ben")[0] == 200
    assert entry.ended(run_id) == "success"
    manifest = json.loads((home / "releases" / MONTH / "r1" / "manifest.json").read_text("utf-8"))
    assert sorted(given["by"] for given in manifest["approvals"]) == ["anna", "ben"]
    assert {given["data_digest"] for given in manifest["approvals"]} == {manifest["data_digest"]}
    assert manifest["data_digest"][:16] in shown[0]["body"]

    assert len(ranking(home, MONTH)) > 0

    # One clear line per stage.
    [line] = [text for text in entry.log_of(run_id, "match") if text["event"] == "match"]
    assert (line["month"], line["level"], line["seconds"] >= 0, "matches" in line) == (MONTH, "info", True, True)


def ranking_of(text: str) -> list[str]:
    """Names of units in a question or page, three of them."""
    return [name for name in ("浦东新区", "黄浦区", "徐汇区", "静安区", "杨浦区") if name in text]


def test_the_pages_are_for_those_who_may_read_the_dag_and_give_nothing_else_away(signing: Machine) -> None:
    entry = signing
    release = f"/bangdan/releases/{MONTH}/latest/index.html"
    report = f"/bangdan/runs/{MONTH}/quality/ranking.html"
    (entry.home / "runs" / MONTH / "private.json").write_text("{}", "utf-8")
    for path in ("/bangdan/", release, report, "/bangdan/openapi.json", "/bangdan/docs"):
        assert entry.call("GET", path, user=None)[0] == 401, path
        assert entry.call("GET", path, user=None, headers={"Authorization": "Bearer forged"})[0] in (401, 403), path
    status, page = entry.call("GET", "/bangdan/", user="guest")
    assert status == 200
    for words in (MONTH, f"releases/{MONTH}/r1/index.html", f"runs/{MONTH}/quality/ranking.html", "通过"):
        assert words in page
    for path in (release, report, "/bangdan/releases/index.html"):
        assert entry.call("GET", path, user="guest")[0] == 200, path
    for path in (
        f"runs/{MONTH}/private.json", "runs/../airflow/passwords.json", "releases/%2e%2e/airflow/passwords.json",
        "airflow/passwords.json", "releases/../landing", f"runs/{MONTH}/quality/../private.json", "landing/x",
    ):  # fmt: skip
        assert entry.call("GET", f"/bangdan/{path}", user="guest")[0] == 404, path
    status, words = entry.call("GET", "/bangdan/", user=None, headers={"Accept": "text/html"})
    assert (status, "login" in words) == (401, True)
