"""What a task does: the month of a run, landing in batches, waiting for exports, errors that are tried again."""

from __future__ import annotations

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import structlog
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException, AirflowRescheduleException

from bangdan import bridge
from bangdan.core.errors import BangdanError, GateRefused, UsageError
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings
from bangdan.ingestion import contract, inbox, landing, loading, registries
from bangdan.pipeline import building, intake, publishing
from bangdan.pipeline.results import Counted, Landed
from bangdan.publication.release import Published
from tests.support.dag_wiring import STAGES, Instance, context, stop_the_clock


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    monkeypatch.delenv("AIRFLOW_CTX_DAG_RUN_ID", raising=False)
    return tmp_path


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# ---- the month of a run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "conf", "key", "month"),
    [
        ({"month": "2021-08"}, {"month": "2021-07"}, "2021-06", "2021-08"),
        ({"month": None}, {"month": "2021-07"}, "2021-06", "2021-07"),
        ({}, {"month": "2021-07"}, None, "2021-07"),
        (None, {}, "2021-06", "2021-06"),
        ({"month": None}, None, "2021-12", "2021-12"),
        ({"month": ""}, {"month": ""}, "2020-02", "2020-02"),
    ],
)
def test_the_parameter_wins_over_the_conf_and_both_over_the_partition(
    params: Any, conf: Any, key: str | None, month: str
) -> None:
    run = SimpleNamespace(conf=conf, partition_key=key)
    assert bridge.month_of({"params": params, "dag_run": run}) == month


def test_a_run_that_bears_no_partition_at_all_is_asked_for_its_month() -> None:
    with pytest.raises(AirflowFailException, match=r'trigger it with \{"month": "2021-08"\}'):
        bridge.month_of({"params": {}, "dag_run": SimpleNamespace(conf=None)})


@pytest.mark.parametrize("text", ["2021-13", "2021-8", "2021-08\n", "August", "2021-00"])
def test_a_month_that_is_none_fails_the_run_without_a_second_try(text: str) -> None:
    with pytest.raises(AirflowFailException, match="YYYY-MM"):
        bridge.month_of({"params": {"month": text}, "dag_run": SimpleNamespace(conf={}, partition_key="2021-07")})


@pytest.mark.parametrize(
    ("first", "starts", "catches_up"),
    [("2021-07", "2021-08-01", True), ("2020-12", "2021-01-01", True), (None, "2019-02-01", False)],
)
def test_the_first_run_of_the_schedule_is_at_the_end_of_the_first_month_owed(
    monkeypatch: pytest.MonkeyPatch, first: str | None, starts: str, catches_up: bool
) -> None:
    monkeypatch.delenv("BANGDAN_SCHEDULE_FROM", raising=False)
    if first:
        monkeypatch.setenv("BANGDAN_SCHEDULE_FROM", first)
    assert bridge.schedule_from() == at(starts)
    assert bridge.is_catching_up() is catches_up


# ---- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [GateRefused("the gate is shut", remedy="open it"), UsageError("no", remedy="open it")]
)
def test_what_no_second_try_mends_fails_at_once_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    match_fails(monkeypatch, error)
    with pytest.raises(AirflowFailException, match="remedy: open it"):
        bridge.stage("match", "2021-08", context())


def test_any_other_failure_is_tried_again_and_says_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    match_fails(monkeypatch, BangdanError("busy", remedy="wait"))
    with pytest.raises(RuntimeError, match="remedy: wait") as raised:
        bridge.stage("match", "2021-08", context())
    assert not isinstance(raised.value, AirflowFailException)
    match_fails(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        bridge.stage("match", "2021-08", context())


def match_fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def work(*_words: Any) -> dict[str, Any]:
        raise error

    monkeypatch.setitem(building.STAGES, "match", work)


# ---- stages ------------------------------------------------------------------------------------------------------


PUBLISHED = Published("r1", Path("r1"), is_new=True, digest="0123")


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, home: Path) -> list[tuple]:
    """Calls of the pipeline, which does nothing."""
    calls: list[tuple] = []
    for name in STAGES:
        monkeypatch.setitem(
            building.STAGES,
            name,
            lambda settings, first, last, progress, name=name: (
                calls.append((name, settings.home, first, last)) or Counted({})
            ),
        )
    monkeypatch.setattr(
        publishing,
        "publish",
        lambda settings, *words, published_on: calls.append(("publish", *words, published_on)) or PUBLISHED,
    )
    return calls


def test_a_stage_is_done_for_the_month_of_the_run_in_the_home_of_the_moment(stages: list[tuple], home: Path) -> None:
    for name in STAGES:
        bridge.stage(name, "2021-08", context())
    assert stages == [(name, home, Month(2021, 8), Month(2021, 8)) for name in STAGES]


def test_a_month_that_is_built_is_left_alone_unless_the_run_is_full(stages: list[tuple]) -> None:
    for name in STAGES:
        bridge.stage(name, "2021-08", context())
    stages.clear()
    assert [bridge.stage(name, "2021-08", context()) for name in STAGES] == [{"unchanged": True}] * len(STAGES)
    assert stages == []
    for name in STAGES:
        bridge.stage(name, "2021-08", context(full=True))
    assert [name for name, *_words in stages] == list(STAGES)
    # Only the first stage makes the month anew: a later one that is cleared alone finds it built.
    assert [bridge.stage(name, "2021-08", context(full=True)) for name in STAGES[1:]] == [{"unchanged": True}] * (
        len(STAGES) - 1
    )


def test_a_run_computes_with_its_own_engine_else_with_that_of_the_settings(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[str] = []
    monkeypatch.setitem(
        building.STAGES,
        "check_raw",
        lambda settings, first, last, progress: engines.append(settings.engine) or Counted({}),
    )
    monkeypatch.setenv("BANGDAN_ENGINE", "duckdb")
    bridge.stage("check_raw", "2021-08", context(engine="spark"))
    bridge.stage("check_raw", "2021-08", context(full=True))
    assert engines == ["spark", "duckdb"]


def test_publication_alone_is_given_the_reason_the_note_and_the_day(stages: list[tuple]) -> None:
    bridge.publish("2021-08", context(reason="R1", note="why", published_on="2021-09-15"))
    bridge.publish("2021-08", context())
    assert stages == [
        ("publish", Month(2021, 8), "R1", "why", date(2021, 9, 15)), ("publish", Month(2021, 8), None, None, None),
    ]  # fmt: skip


def test_a_stage_lets_its_process_end_without_a_warning_unless_it_is_told_otherwise(
    stages: list[tuple], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    bridge.stage("match", "2021-08", context())
    assert os.environ["PYTHONWARNINGS"] == "error"
    monkeypatch.delenv("PYTHONWARNINGS")
    bridge.stage("match", "2021-08", context())
    assert os.environ["PYTHONWARNINGS"] == "ignore:resource_tracker"


def test_a_stage_leaves_one_line_with_its_plain_values_and_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = {
        "items": 3,
        "share": 0.5,
        "release": "r1",
        "path": "",
        "rows": {"rpt_ranking": 120},
        "slowest": [1],
        "none": None,
    }
    monkeypatch.setitem(building.STAGES, "match", lambda settings, first, last, progress: Counted(recorded))
    with structlog.testing.capture_logs() as lines:
        assert bridge.stage("match", "2021-08", context()) == recorded
    [line] = lines
    assert line.pop("seconds") >= 0
    assert line == {
        "event": "match", "log_level": "info", "month": "2021-08",
        "items": 3, "share": 0.5, "release": "r1", "rpt_ranking": 120,
    }  # fmt: skip


def test_a_stage_that_fails_leaves_a_line_of_the_level_error(monkeypatch: pytest.MonkeyPatch) -> None:
    match_fails(monkeypatch, GateRefused("no"))
    with structlog.testing.capture_logs() as lines, pytest.raises(AirflowFailException):
        bridge.stage("match", "2021-08", context())
    [line] = lines
    assert (line["event"], line["log_level"], line["month"], line["message"]) == ("match", "error", "2021-08", "failed")
    assert line["seconds"] >= 0


# ---- landing and loading -----------------------------------------------------------------------------------------


def batches_of(monkeypatch: pytest.MonkeyPatch, count: int) -> list[list[str]]:
    waiting = [SimpleNamespace(export_id=f"{number:04d}") for number in range(count)]
    monkeypatch.setattr(intake, "land", lambda *_words, **_more: Landed([]))
    monkeypatch.setattr(landing, "landed_exports", lambda settings: [])
    monkeypatch.setattr(loading, "exports_to_load", lambda landed, settings: waiting)
    made = bridge.land("2021-08", None)
    assert [entry for batch in made for entry in batch] == [entry.export_id for entry in waiting]
    return made


@pytest.mark.parametrize(
    ("exports", "sizes"),
    [
        (0, []),
        (1, [1]),
        (200, [200]),
        (201, [200, 1]),
        (800, [200, 200, 200, 200]),
        (801, [201, 201, 201, 198]),
        (1000, [250, 250, 250, 250]),
        (1001, [251, 251, 251, 248]),
    ],
)
def test_exports_are_loaded_in_up_to_four_batches_of_two_hundred_or_more(
    monkeypatch: pytest.MonkeyPatch, exports: int, sizes: list[int]
) -> None:
    assert [len(batch) for batch in batches_of(monkeypatch, exports)] == sizes


@pytest.fixture
def landed(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """What the pipeline was asked to land, and with which credentials; it finds two exports, one of them loaded."""
    calls: list[tuple] = []

    def land(settings: Settings, inbox: Any = None, received_at: Any = None, credentials: Any = None) -> Landed:
        calls.append((inbox, received_at, credentials))
        return Landed(["a", "b"])

    monkeypatch.setattr(intake, "land", land)
    monkeypatch.setattr(landing, "landed_exports", lambda settings: ["all"])
    monkeypatch.setattr(
        loading, "exports_to_load", lambda landed, settings: [SimpleNamespace(export_id="b")] if landed else []
    )
    return calls


def test_the_inbox_of_the_home_is_landed_where_no_other_is_named_and_none_where_there_is_none(
    landed: list[tuple], home: Path
) -> None:
    assert bridge.land("2021-08", None) == [["b"]]
    (home / "inbox").mkdir()
    bridge.land("2021-08", None)
    (home / "inbox" / "other").mkdir()
    bridge.land("2021-08", str(home / "inbox" / "other"))
    bridge.land("2021-08", str(home / "inbox" / "nowhere"))
    assert [call[0] for call in landed] == [None, home / "inbox", home / "inbox" / "other", None]


def test_landing_and_loading_are_part_of_the_report_of_the_run(
    landed: list[tuple], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    loaded: list[Any] = []
    monkeypatch.setattr(
        intake, "load", lambda settings, exports: loaded.append((settings.home, exports)) or Counted({"rows_read": 7})
    )
    bridge.land("2021-08", None)
    assert bridge.load("2021-08", ["b"])["rows_read"] == 7
    assert loaded == [(home, ["b"])]
    report = json.loads((home / "runs" / "2021-08" / "run_report.json").read_text("utf-8"))
    rows = [{key: row.get(key) for key in ("stage", "exports", "to_load", "rows_read")} for row in report["stages"]]
    assert rows == [
        {"stage": "land", "exports": 2, "to_load": 1, "rows_read": None},
        {"stage": "load", "exports": None, "to_load": None, "rows_read": 7},
    ]


class Connections:
    """Airflow's connections: one, or none."""

    def __init__(self, known: Any) -> None:
        self.known = known

    def get(self, name: str) -> Any:
        if self.known is None or name != "bangdan_inbox":
            raise AirflowNotFoundException(name)
        return self.known


def test_an_object_store_is_opened_with_the_connection_where_there_is_one(
    landed: list[tuple], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    extra = {"aws_session_token": "T", "region_name": "cn-east", "endpoint_url": "http://store"}
    known = SimpleNamespace(login="L", password="P", extra_dejson=extra)
    monkeypatch.setattr("airflow.sdk.Connection", Connections(known))
    monkeypatch.setenv("BANGDAN_INBOXES", "s3://bucket")
    with structlog.testing.capture_logs() as lines:
        bridge.land("2021-08", "s3://bucket/prefix")
    assert landed == [("s3://bucket/prefix", None, inbox.Credentials("L", "P", "T", "cn-east", "http://store"))]
    kept = json.dumps(lines) + "".join(file.read_text("utf-8") for file in home.rglob("*") if file.is_file())
    assert not [secret for secret in ('"L"', '"P"', '"T"') if secret in kept]
    monkeypatch.setattr("airflow.sdk.Connection", Connections(SimpleNamespace(login="", password="", extra_dejson={})))
    bridge.land("2021-08", "s3://bucket/prefix")
    assert landed[1][2] == inbox.Credentials()
    monkeypatch.setattr("airflow.sdk.Connection", Connections(None))
    bridge.land("2021-08", "s3://bucket/prefix")
    assert landed[2] == ("s3://bucket/prefix", None, None)


def test_a_wrong_address_of_a_store_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow.sdk.Connection", Connections(None))
    with pytest.raises(AirflowFailException, match="neither user nor password"):
        bridge.land("2021-08", "s3://user:secret@bucket/prefix")


# ---- waiting -----------------------------------------------------------------------------------------------------


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a waiting month lands and loads."""
    calls: list[str] = []
    monkeypatch.setattr(
        intake, "land", lambda settings, folder=None, **_more: calls.append(f"land {folder}") or Landed(["a"])
    )
    monkeypatch.setattr(intake, "load", lambda settings, exports=None: calls.append(f"load {exports}"))
    return calls


def wait(monkeypatch: pytest.MonkeyPatch, moment: str, ti: Instance | None = None, /, **params: Any) -> str | bool:
    """True, or the moment at which a run of 2021-08 that asks at a moment is called again."""
    stop_the_clock(monkeypatch, at(moment))
    try:
        return bridge.wait_for_exports("2021-08", context(ti, **params))
    except AirflowRescheduleException as asked:
        return asked.reschedule_date.astimezone(SHANGHAI).replace(tzinfo=None).isoformat()


@pytest.mark.parametrize(
    ("now", "again"),
    [
        # the window closes on the 8th: until then nothing is looked for
        ("2021-09-01T00:00:00", "2021-09-08T00:00:00"),
        ("2021-09-07T23:59:59", "2021-09-08T00:00:00"),
        # from then on every half hour, on the last day up to the moment at which the list is due
        ("2021-09-08T00:00:00", "2021-09-08T00:30:00"),
        ("2021-09-15T23:00:00", "2021-09-15T23:30:00"),
        ("2021-09-15T23:50:00", "2021-09-16T00:00:00"),
        ("2021-09-15T23:59:59", "2021-09-16T00:00:00"),
        ("2021-09-16T00:00:00", True),
        ("2021-10-05T00:00:00", True),
    ],
)
def test_a_month_without_its_exports_waits_for_its_window_then_by_half_hours_until_it_is_due(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], now: str, again: str | bool
) -> None:
    assert wait(monkeypatch, now) == again


@pytest.mark.parametrize(
    ("now", "looks"),
    [
        ("2021-09-07T23:59:59", []),
        ("2021-09-08T00:00:00", ["land /exports", "load ['a']"]),
        ("2021-09-15T23:59:59", ["land /exports", "load ['a']"]),
        ("2021-09-16T00:00:00", []),
    ],
)
def test_exports_that_come_while_a_month_waits_are_landed_and_loaded(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], tmp_path: Path, now: str, looks: list[str]
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    monkeypatch.setenv("BANGDAN_INBOXES", str(folder))
    wait(monkeypatch, now, inbox=str(folder))
    assert [call.replace(str(folder), "/exports") for call in looked] == looks


def test_a_run_that_says_now_waits_for_nothing_and_looks_for_nothing(
    monkeypatch: pytest.MonkeyPatch, looked: list[str]
) -> None:
    predecessor = Instance(**{"scheduled__x__2021-07__y": ("running", None)})
    assert wait(monkeypatch, "2021-09-01T00:00:00", predecessor, now=True) is True
    assert looked == []


def test_while_the_month_before_is_on_its_way_it_is_looked_for_every_twenty_seconds(
    monkeypatch: pytest.MonkeyPatch, looked: list[str]
) -> None:
    predecessor = Instance(**{"scheduled__x__2021-07__y": ("running", "scheduled")})
    assert wait(monkeypatch, "2021-10-05T12:00:00", predecessor) == "2021-10-05T12:00:20"
    assert looked == []


@pytest.mark.parametrize("publication", ["success", "failed", "skipped", "upstream_failed", "removed"])
def test_a_month_before_whose_publication_has_ended_either_way_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], publication: str
) -> None:
    predecessor = Instance(**{"scheduled__x__2021-07__y": ("running", publication)})
    assert wait(monkeypatch, "2021-10-05T12:00:00", predecessor) is True


@pytest.mark.parametrize("publication", [None, "queued", "running", "up_for_retry", "up_for_reschedule", "deferred"])
def test_a_month_before_whose_publication_has_not_ended_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], publication: str | None
) -> None:
    predecessor = Instance(**{"scheduled__x__2021-07__y": ("running", publication)})
    assert wait(monkeypatch, "2021-10-05T12:00:00", predecessor) == "2021-10-05T12:00:20"


def test_of_several_runs_of_the_month_before_one_that_runs_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, looked: list[str]
) -> None:
    runs = {
        "a__1__2021-07__x": ("queued", None),
        "b__1__2021-07__x": ("failed", "failed"),
        "c__1__2021-07__x": ("running", None),
    }
    predecessor = Instance(**runs)
    assert wait(monkeypatch, "2021-10-05T12:00:00", predecessor) == "2021-10-05T12:00:20"


@pytest.mark.parametrize(
    "run_id",
    [
        "scheduled__2021-07-01T00:00:00+08:00__2021-06__x",
        "manual__2021-07-05T10:00:00+00:00",
        "backfill__y__2020-07__x",
    ],
)
def test_a_run_is_known_by_its_partition_and_not_by_the_day_on_which_it_was_made(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], run_id: str
) -> None:
    assert wait(monkeypatch, "2021-10-05T12:00:00", Instance(**{run_id: ("running", None)})) is True


@pytest.mark.parametrize("state", ["queued", "success", "failed"])
def test_a_run_that_is_not_running_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], state: str
) -> None:
    predecessor = Instance(**{"scheduled__x__2021-07__y": (state, None)})
    assert wait(monkeypatch, "2021-10-05T12:00:00", predecessor) is True


def test_a_run_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch, looked: list[str]) -> None:
    itself = Instance()
    itself.run_id = "scheduled__x__2021-07__y"
    itself.others = {itself.run_id: ("running", None)}
    monkeypatch.setattr(itself, "get_task_states", lambda dag_id, task_ids: {itself.run_id: {"publish": None}})
    assert wait(monkeypatch, "2021-10-05T12:00:00", itself) is True


def test_the_month_before_january_is_december(monkeypatch: pytest.MonkeyPatch, looked: list[str]) -> None:
    stop_the_clock(monkeypatch, at("2021-10-05T12:00:00"))
    predecessor = Instance(**{"scheduled__x__2020-12__y": ("running", None)})
    with pytest.raises(AirflowRescheduleException):
        bridge.wait_for_exports("2021-01", context(predecessor))


def registry(home: Path, received_at: str, channel: str) -> None:
    """A raw layer whose registry declares one channel type, and one export of it that holds rows of 2021-08."""
    moment, key = at(received_at), "k"
    text, stamp = pa.string(), pa.timestamp("us", "UTC")
    tables = {
        "export_manifest": {
            "load_key": (text, key), "export_sha256": (text, "sha"), "table_name": (text, "records"), "status": (text, "loaded"),
            "months": (pa.list_(text), ["2021-08"]), "received_at": (stamp, moment),
        },
        "channels": {
            "load_key": (text, key), "channel_type": (text, channel), "valid_from": (pa.date32(), None),
            "valid_to": (pa.date32(), None),
        },
        "accounts": {
            "load_key": (text, "none"), "account_id": (text, "x"), "account_name": (text, "x"), "unit_id": (text, "x"),
            "platform": (text, "x"), "account_key": (text, "x"), "aliases": (pa.list_(text), []),
            "valid_from": (stamp, None), "valid_to": (stamp, None),
        },
        "records/month=2021-08": {
            "channel_type": (text, channel), "account_key": (text, "x"), "account_name_raw": (text, "x"),
        },
    }  # fmt: skip
    for name, columns in tables.items():
        folder = home / "raw" / name
        folder.mkdir(parents=True)
        pq.write_table(
            pa.table({column: pa.array([value], kind) for column, (kind, value) in columns.items()}),
            folder / f"{key}.parquet",
        )
    for table in ("channels", "accounts"):
        row = {"load_key": key, "export_sha256": "sha", "table_name": table, "status": "loaded", "received_at": moment}
        pq.write_table(
            pa.Table.from_pylist([row], schema=contract.EXPORT_MANIFEST), home / f"raw/export_manifest/{table}.parquet"
        )
    registries.mark("sha", home / "outlets.csv", Settings.load())


def test_a_month_whose_exports_are_complete_is_run_before_it_is_due(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], home: Path
) -> None:
    registry(home, "2021-09-08T00:00:00", "weibo")
    assert wait(monkeypatch, "2021-09-07T23:59:59") == "2021-09-08T00:00:00"
    assert wait(monkeypatch, "2021-09-08T06:00:00") is True


def test_exports_that_came_before_the_window_closed_do_not_make_a_month_complete(
    monkeypatch: pytest.MonkeyPatch, looked: list[str], home: Path
) -> None:
    registry(home, "2021-09-07T23:59:59", "weibo")
    assert wait(monkeypatch, "2021-09-08T06:00:00") == "2021-09-08T06:30:00"


def test_what_a_month_waits_for_is_said_in_the_log(monkeypatch: pytest.MonkeyPatch, looked: list[str]) -> None:
    with structlog.testing.capture_logs() as lines:
        wait(monkeypatch, "2021-09-01T00:00:00")
        wait(monkeypatch, "2021-09-09T00:00:00")
        wait(monkeypatch, "2021-09-16T00:00:00")
        wait(monkeypatch, "2021-09-16T00:00:00", Instance(**{"scheduled__x__2021-07__y": ("running", None)}))
        wait(monkeypatch, "2021-09-01T00:00:00", now=True)
    recorded = [
        (line["event"].removeprefix("exports_complete").strip(), line["reason"], line.get("again_in")) for line in lines
    ]
    assert recorded == [
        ("waits", "items count until 2021-09-08 00:00", "7 days, 0:00:00"),
        ("waits", "no export has been loaded; due 2021-09-16 00:00", "0:30:00"),
        ("", "no export has been loaded; due, so the first gate decides", None),
        ("waits", "2021-07 comes first, and scheduled__x__2021-07__y is on its way", "0:00:20"),
        ("", "asked to run now", None),
    ]
    assert {line["month"] for line in lines} == {"2021-08"}


def test_a_half_hour_is_never_longer_than_what_is_left(monkeypatch: pytest.MonkeyPatch, looked: list[str]) -> None:
    again = wait(monkeypatch, "2021-09-15T23:31:00")
    assert datetime.fromisoformat(str(again)) - datetime(2021, 9, 15, 23, 31) == timedelta(minutes=29)  # noqa: DTZ001
