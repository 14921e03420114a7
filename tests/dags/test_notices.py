"""Mail: who gets it, when a month counts as late, and that text from outside is never markup in it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.smtp.notifications.smtp import SmtpNotifier

from bangdan import bridge
from bangdan.bridge import notices
from bangdan.core.months import SHANGHAI, Month
from tests.support.dag_wiring import reread, stop_the_clock


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    monkeypatch.setenv("BANGDAN_MAIL_TO", "desk@example.org,chief@example.org")
    monkeypatch.delenv("BANGDAN_LATE_AFTER_DAYS", raising=False)
    return tmp_path


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """Mails as they would leave, rendered."""
    mails: list[SimpleNamespace] = []

    def notify(self: SmtpNotifier, _context: Any) -> None:
        mails.append(SimpleNamespace(to=self.to, subject=self.subject, body=self.html_content))

    async def async_notify(self: SmtpNotifier, context: Any) -> None:
        notify(self, context)

    monkeypatch.setattr(SmtpNotifier, "notify", notify)
    monkeypatch.setattr(SmtpNotifier, "async_notify", async_notify)
    return mails


# ---- failures and questions --------------------------------------------------------------------------------------


def failed(
    error: Any, month: str | None = "2021-08", key: str | None = None, run_id: str = "manual__1"
) -> dict[str, Any]:
    return {
        "params": {"month": month},
        "dag_run": SimpleNamespace(partition_key=key, run_id=run_id),
        "ti": SimpleNamespace(task_id="match", try_number=2, log_url="http://airflow/log?a=1&b=<2>"),
        "task": SimpleNamespace(
            subject="榜单 <b> 待签发", task_display_name="匹配转载 match", doc_md="Decide <which>."
        ),
        "exception": error,
    }


def test_the_mail_of_a_failure_says_month_stage_cause_and_remedy(sent: list[SimpleNamespace]) -> None:
    [notifier] = bridge.mail(bridge.FAILED)
    notifier(failed(ValueError("disk is full\n  remedy: free space")))
    [mail] = sent
    assert list(mail.to) == ["desk@example.org", "chief@example.org"]
    assert mail.subject == "榜单 2021-08：match 失败 failed"
    for words in (
        "月份 Month: <b>2021-08</b>", "环节 Stage: <b>match</b>, manual__1, 第 2 次 attempt", "原因 Cause: disk is full<br>",
        "处置 Remedy: free space<", "任务 Task: 匹配转载 match: Decide &lt;which&gt;.<br>", "the last release stands",
    ):  # fmt: skip
        assert words in mail.body


def test_an_error_without_a_remedy_is_mailed_with_the_usual_one(sent: list[SimpleNamespace]) -> None:
    [notifier] = bridge.mail(bridge.FAILED)
    notifier(failed(KeyError("x"), month=None, key="2020-12"))
    assert "处置 Remedy: see the log, then clear the task" in sent[0].body
    assert "月份 Month: <b>2020-12</b>" in sent[0].body
    assert sent[0].subject == "榜单 2020-12：match 失败 failed"


def test_text_of_an_error_is_no_markup_in_the_mail_and_no_template(sent: list[SimpleNamespace]) -> None:
    [notifier] = bridge.mail(bridge.FAILED)
    hostile = "<b>{{ 7 * 7 }}</b>"
    notifier(failed(ValueError(f"{hostile}\n  remedy: <i>click</i>"), run_id="manual__<u>", month=None, key="<s>2021"))
    body = sent[0].body
    assert "Cause: &lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in body
    assert "Remedy: &lt;i&gt;click&lt;/i&gt;" in body
    assert "manual__&lt;u&gt;" in body
    assert 'href="http://airflow/log?a=1&amp;b=&lt;2&gt;"' in body
    assert not [tag for tag in ("<i>", "<u>", "<s>", "<b>{{") if tag in body]


def test_the_mail_of_a_question_says_which_and_where_to_answer(sent: list[SimpleNamespace]) -> None:
    [notifier] = bridge.mail(notices.ASKED)
    notifier(failed(None, run_id="manual__<u>"))
    [mail] = sent
    assert mail.subject == "榜单 2021-08：待签发 waits for sign-off"
    assert "<p>榜单 &lt;b&gt; 待签发</p>" in mail.body
    assert "Required actions, manual__&lt;u&gt;" in mail.body


def test_blanks_around_addresses_are_no_part_of_them(
    sent: list[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_MAIL_TO", " desk@example.org, chief@example.org ,")
    [notifier] = bridge.mail(bridge.FAILED)
    notifier(failed(ValueError("x")))
    assert list(sent[0].to) == ["desk@example.org", "chief@example.org"]


def test_without_an_address_there_is_no_mail_and_no_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    for nothing in ("", "  ", " , "):
        monkeypatch.setenv("BANGDAN_MAIL_TO", nothing)
        assert bridge.mail(bridge.FAILED) == []
        assert bridge.late_alert() is None


def test_questions_are_mailed_where_failures_are(monkeypatch: pytest.MonkeyPatch) -> None:
    approval = bridge.Approval.__module__
    assert reread(approval).APPROVE["notifiers"][0].subject == notices.ASKED[0]
    monkeypatch.setenv("BANGDAN_MAIL_TO", "")
    assert reread(approval).APPROVE == {"fail_on_reject": True, "execution_timeout": None, "notifiers": []}


# ---- late --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "days"),
    [("", 16), ("15", 15), ("0.5", 0.5), ("20", 20)],
)
def test_a_month_is_late_at_the_end_of_its_due_day_or_after_the_days_that_are_set(
    monkeypatch: pytest.MonkeyPatch, setting: str, days: float
) -> None:
    """The list is due on the 16th: it is late when the 16th is over, 16 days after the month's end."""
    monkeypatch.setenv("BANGDAN_LATE_AFTER_DAYS", setting)
    for month in ("2021-08", "2020-12", "2020-02"):
        assert notices.late_after(Month.parse(month)) == timedelta(days=days)
    alert = bridge.late_alert()
    assert alert is not None
    assert alert.interval == timedelta(days=days)


class Session:
    """Airflow's database with one run in it."""

    def __init__(self, run: Any) -> None:
        self.run = run

    def scalar(self, statement: Any) -> Any:
        asked = set(statement.compile().params.values())
        return self.run if asked == {"ranking_monthly", "run_1"} else None


def deadline(run: Any, **more: Any) -> datetime | None:
    names = {"dag_id": "ranking_monthly", "run_id": "run_1"} | more
    return bridge.MonthDue().evaluate_with(session=Session(run), interval=timedelta(days=16), **names)


def a_run(run_type: str = "scheduled", key: str | None = "2021-08") -> SimpleNamespace:
    return SimpleNamespace(run_type=run_type, partition_key=key)


@pytest.mark.parametrize(
    ("month", "late_at"),
    [("2021-08", "2021-09-17T00:00:00"), ("2020-12", "2021-01-17T00:00:00"), ("2020-02", "2020-03-17T00:00:00")],
)
def test_a_scheduled_run_is_late_when_the_sixteenth_is_over_in_shanghai(
    monkeypatch: pytest.MonkeyPatch, month: str, late_at: str
) -> None:
    stop_the_clock(monkeypatch, Month.parse(month).end.replace(tzinfo=SHANGHAI))
    assert deadline(a_run(key=month)) == at(late_at)


@pytest.mark.parametrize(
    ("now", "is_owed"),
    [
        ("2021-09-16T00:00:00", True),
        ("2021-09-16T23:59:59", True),
        ("2021-09-17T00:00:00", False),
        ("2021-10-01T00:00:00", False),
    ],
)
def test_a_month_that_is_caught_up_after_its_day_is_not_late(
    monkeypatch: pytest.MonkeyPatch, now: str, is_owed: bool
) -> None:
    stop_the_clock(monkeypatch, at(now))
    assert (deadline(a_run()) is not None) is is_owed


@pytest.mark.parametrize(
    "run",
    [a_run("manual"), a_run("backfill"), a_run("asset_triggered"), a_run(key=None), a_run(key=""), None],
)
def test_only_runs_of_the_schedule_with_a_partition_can_be_late(monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    stop_the_clock(monkeypatch, at("2021-09-01T00:00:00"))
    assert deadline(run) is None


def test_the_deadline_is_that_of_the_very_run(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_the_clock(monkeypatch, at("2021-09-01T00:00:00"))
    assert deadline(a_run()) is not None
    assert deadline(a_run(), run_id="run_2") is None
    assert deadline(a_run(), dag_id="another") is None
    assert bridge.MonthDue.required_kwargs == {"dag_id", "run_id"}


def gate(home: Path, month: str, passed: bool, observed: str = "") -> None:
    """The report of a gate, as a run leaves it."""
    folder = home / "runs" / month / "quality"
    folder.mkdir(parents=True)
    failure = {
        "frame": "channels", "rule": "ExpectColumnValuesToBeNull", "arguments": {}, "message": f"缺渠道 {observed}",
        "reason": "", "observed": observed, "rows": [],
    }  # fmt: skip
    recorded = {
        "gate": "raw_exports", "passed": passed, "checked": 1, "failures": [] if passed else [failure], "warnings": [],
    }  # fmt: skip
    (folder / "raw_exports.json").write_text(json.dumps(recorded), "utf-8")


def late(conf: Any = None, key: str | None = "2021-08") -> None:
    run = {"conf": conf, "partition_key": key, "dag_run_id": "scheduled__<u>", "dag_id": "ranking_monthly"}
    asyncio.run(notices.month_is_late({"dag_run": run}))


def test_the_mail_of_a_late_month_says_how_far_it_has_come_why_and_what_to_do(
    sent: list[SimpleNamespace], home: Path
) -> None:
    gate(home, "2021-08", passed=False, observed="<b>{{ 7 * 7 }}</b> & more")
    late()
    [mail] = sent
    assert list(mail.to) == ["desk@example.org", "chief@example.org"]
    assert mail.subject == "榜单 2021-08：逾期未发布 not published by its day"
    lines = mail.body.removeprefix("<p>").split("<br>")
    assert lines[0] == "月份 Month: 2021-08"
    assert lines[1] == "环节 Stage: raw_exports"
    assert lines[2] == "原因 Cause: refused: 缺渠道 &lt;b&gt;{{ 7 * 7 }}&lt;/b&gt; &amp; more"
    assert lines[3].startswith("处置 Remedy: see ")
    assert lines[4] == "运行 Run: scheduled__&lt;u&gt;"


@pytest.mark.parametrize(
    ("conf", "key", "month"),
    [({"month": "2021-07"}, "2021-08", "2021-07"), ({}, "2021-08", "2021-08"), (None, "2020-12", "2020-12")],
)
def test_the_late_month_is_that_of_the_run(sent: list[SimpleNamespace], conf: Any, key: str, month: str) -> None:
    late(conf, key)
    assert f"榜单 {month}：" in sent[0].subject
    assert "环节 Stage: exports" in sent[0].body


def test_a_month_that_is_out_is_not_late_whatever_airflow_says(sent: list[SimpleNamespace], home: Path) -> None:
    release = home / "releases" / "2021-08" / "r1"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text('{"files": {}}', "utf-8")
    late()
    assert sent == []


def test_without_an_address_a_late_month_mails_nobody(
    sent: list[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_MAIL_TO", "")
    late()
    assert sent == []
