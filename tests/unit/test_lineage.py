"""OpenLineage events: whole by the public schema, one start and one end a step, no path of the machine in a name."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from bangdan import lineage, stages
from bangdan.core import reports
from bangdan.core.errors import GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.demo import write_city
from bangdan.ingestion import catalogue
from bangdan.pipeline import building, runs
from bangdan.pipeline.results import Counted

AUGUST = Month(2021, 8)
FACETS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["_producer", "_schemaURL"],
        "properties": {
            "_producer": {"type": "string", "format": "uri"},
            "_schemaURL": {
                "type": "string",
                "pattern": r"^https://openlineage\.io/spec/facets/[0-9]+-[0-9]+-[0-9]+/(\w+)\.json#/\$defs/\w+$",
            },
        },
    },
}
NAME = {"type": "string", "pattern": r"^[^/\s][^\s]*$"}
DATASET = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {"namespace": {"type": "string", "format": "uri"}, "name": NAME, "facets": FACETS},
}
# What OpenLineage 2-0-2 asks of a RunEvent, and of the facets that are used here.
RUN_EVENT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {
                "runId": {"type": "string", "format": "uuid"},
                "facets": {
                    **FACETS,
                    "properties": {
                        "nominalTime": {
                            "required": ["nominalStartTime"],
                            "properties": {
                                key: {"type": "string", "format": "date-time"}
                                for key in ("nominalStartTime", "nominalEndTime")
                            },
                        },
                        "parent": {
                            "required": ["run", "job"],
                            "properties": {
                                "run": {"required": ["runId"], "properties": {"runId": {"format": "uuid"}}},
                                "job": {"required": ["namespace", "name"]},
                            },
                        },
                        "errorMessage": {"required": ["message", "programmingLanguage"]},
                    },
                },
            },
        },
        "job": {
            "type": "object",
            "required": ["namespace", "name"],
            "properties": {
                "namespace": {"type": "string", "format": "uri"},
                "name": NAME,
                "facets": {
                    **FACETS,
                    "properties": {
                        "jobType": {"required": ["processingType", "integration"]},
                        "documentation": {"required": ["description"]},
                    },
                },
            },
        },
        "inputs": {
            "type": "array",
            "items": {
                **DATASET,
                "properties": {
                    **DATASET["properties"],  # type: ignore[dict-item]
                    "inputFacets": {
                        **FACETS,
                        "properties": {
                            "dataQualityAssertions": {
                                "required": ["assertions"],
                                "properties": {"assertions": {"items": {"required": ["assertion", "success"]}}},
                            }
                        },
                    },
                },
            },
        },
        "outputs": {
            "type": "array",
            "items": {
                **DATASET,
                "properties": {
                    **DATASET["properties"],  # type: ignore[dict-item]
                    "outputFacets": {
                        **FACETS,
                        "properties": {"outputStatistics": {"properties": {"rowCount": {"type": "integer"}}}},
                    },
                },
            },
        },
    },
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write_city(tmp_path)
    return Settings(tmp_path, 1, "300MB", lineage=str(tmp_path / "logs" / "lineage.jsonl"))


def events(settings: Settings) -> list[dict[str, Any]]:
    lines = Path(settings.lineage).read_text("utf-8").splitlines()
    recorded = [json.loads(line) for line in lines]
    for event in recorded:
        jsonschema.validate(event, RUN_EVENT, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return recorded


def test_each_step_has_a_start_and_an_end_of_one_run_within_the_run_of_its_month(settings: Settings) -> None:
    with reports.run(settings, AUGUST):
        for step in stages.STEPS:
            lineage.recorded(settings, AUGUST, step, lambda: Counted({"gate": "x", "passed": True}))
    recorded = events(settings)
    assert [event["job"]["name"] for event in recorded[::2]] == list(stages.STEPS)
    for start, end in zip(recorded[::2], recorded[1::2], strict=True):
        assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
        assert start["run"] == end["run"]
    assert len({event["run"]["runId"] for event in recorded}) == len(stages.STEPS)
    assert len({event["run"]["facets"]["parent"]["run"]["runId"] for event in recorded}) == 1
    times = recorded[0]["run"]["facets"]["nominalTime"]
    assert (times["nominalStartTime"], times["nominalEndTime"]) == (
        "2021-08-01T00:00:00+08:00", "2021-09-01T00:00:00+08:00",
    )  # fmt: skip


def test_a_step_of_a_range_names_its_first_and_last_month_and_the_run_that_it_belongs_to(settings: Settings) -> None:
    june = Month(2021, 6)
    with lineage.run("backfill"):
        lineage.traced(settings, june, AUGUST, "stage", lambda: Counted({}))
        lineage.traced(settings, june, june, "check_raw", lambda: Counted({"passed": True}))
    with lineage.run("backfill"):
        lineage.traced(settings, june, AUGUST, "stage", lambda: Counted({}))
    lineage.recorded(settings, june, "stage", lambda: Counted({}))
    starts = [event["run"]["facets"] for event in events(settings) if event["eventType"] == "START"]
    assert [(facets["nominalTime"]["nominalStartTime"], facets["nominalTime"]["nominalEndTime"]) for facets in starts[:2]] == [
        ("2021-06-01T00:00:00+08:00", "2021-09-01T00:00:00+08:00"), ("2021-06-01T00:00:00+08:00", "2021-07-01T00:00:00+08:00"),
    ]  # fmt: skip
    parents = [facets["parent"] for facets in starts]
    assert [parent["job"]["name"] for parent in parents] == ["backfill", "backfill", "backfill", "month"]
    ids = [parent["run"]["runId"] for parent in parents]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_loading_for_a_range_reads_each_export_of_its_months_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Row(NamedTuple):
        export_sha256: str
        months: tuple[str, ...]

    rows = [Row("ab", ("2021-06", "2021-07")), Row("cd", ("2021-08",)), Row("ef", ("2021-09",))]
    monkeypatch.setattr(catalogue, "rows", lambda settings: rows)
    monkeypatch.setattr(
        catalogue, "read_by_month", lambda rows, month: [row for row in rows if str(month) in row.months]
    )
    lineage.traced(settings, Month(2021, 6), AUGUST, "load", lambda: Counted({}))
    assert [dataset["name"] for dataset in events(settings)[1]["inputs"]] == ["landing", "landing/ab", "landing/cd"]


def test_what_one_step_writes_the_next_ones_read_from_export_files_to_the_release(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Row:
        export_sha256 = "ab12"

    monkeypatch.setattr(catalogue, "rows", lambda settings: [Row()])
    monkeypatch.setattr(catalogue, "read_by_month", lambda rows, month: rows)
    results = {
        "load": {"accepted": 7}, "score": {"rows": {"marts.fct_posts": 3, "marts.fct_reprints": 4}},
        "check_raw": {"passed": True}, "publish": {"release": "r2"},
    }  # fmt: skip
    for step in stages.STEPS:
        lineage.recorded(settings, AUGUST, step, lambda step=step: Counted(results.get(step, {})))
    ends = {event["job"]["name"]: event for event in events(settings) if event["eventType"] == "COMPLETE"}
    assert {dataset["namespace"] for end in ends.values() for dataset in end["inputs"]} == {"bangdan://shencheng"}
    assert [dataset["name"] for dataset in ends["load"]["inputs"]] == ["landing", "landing/ab12"]
    [raw] = ends["load"]["outputs"]
    [marts] = ends["score"]["outputs"]
    assert raw["outputFacets"]["outputStatistics"]["rowCount"] == 7
    assert marts["outputFacets"]["outputStatistics"]["rowCount"] == 7
    [checked] = ends["check_raw"]["inputs"]
    assert checked["inputFacets"]["dataQualityAssertions"]["assertions"] == [
        {"assertion": "raw_exports", "success": True}
    ]
    [release] = ends["publish"]["outputs"]
    assert release["facets"]["version"]["datasetVersion"] == "2021-08/r2"


def test_a_step_that_fails_says_why_without_the_place_of_the_data_folder(settings: Settings) -> None:
    def refuse() -> dict[str, Any]:
        raise GateRefused("no items", remedy=f"see {settings.home}/runs/2021-08/quality/raw_exports.html")

    with pytest.raises(GateRefused):
        lineage.recorded(settings, AUGUST, "check_raw", refuse)
    [start, end] = events(settings)
    assert (start["eventType"], end["eventType"]) == ("START", "FAIL")
    message = end["run"]["facets"]["errorMessage"]["message"]
    assert message == "no items\n  remedy: see data/runs/2021-08/quality/raw_exports.html"
    assert str(settings.home) not in json.dumps([start, end])


def test_the_stages_of_the_pipeline_report_themselves(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(building.STAGES, "check_raw", lambda *_words: Counted({"passed": True}))
    runs.run_stage(settings, AUGUST, "check_raw", full=True)
    assert [(event["job"]["name"], event["eventType"]) for event in events(settings)] == [
        ("check_raw", "START"), ("check_raw", "COMPLETE"),
    ]  # fmt: skip


def test_without_the_setting_there_is_no_event(settings: Settings) -> None:
    lineage.recorded(settings.replaced(lineage=""), AUGUST, "stage", lambda: Counted({}))
    assert not Path(settings.lineage).exists()


@contextmanager
def endpoint(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A service on loopback that answers with a status; its address, and what it was sent."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage", received
    finally:
        server.shutdown()
        server.server_close()


def test_events_are_posted_to_an_endpoint(settings: Settings) -> None:
    with endpoint(201) as (address, received):
        lineage.recorded(settings.replaced(lineage=address), AUGUST, "stage", lambda: Counted({}))
    assert [event["eventType"] for event in received] == ["START", "COMPLETE"]


@pytest.mark.parametrize("target", ["refuses", "nobody", "folder"])
def test_where_an_event_cannot_be_sent_the_step_is_done_and_the_log_says_so(settings: Settings, target: str) -> None:
    with endpoint(500) as (address, _received):
        place = {"refuses": address, "nobody": "http://127.0.0.1:9/", "folder": str(settings.home)}[target]
        assert lineage.recorded(
            settings.replaced(lineage=place), AUGUST, "stage", lambda: Counted({"rows": 3})
        ).to_json() == {"rows": 3}
    [log] = (settings.home / "logs").glob("*.jsonl")
    warnings = [row for row in map(json.loads, log.read_text("utf-8").splitlines()) if row["event"] == "lineage"]
    assert [row["level"] for row in warnings] == ["warning", "warning"]
    assert place in warnings[0]["failed"]


def test_a_manifest_of_exports_that_cannot_be_read_costs_the_event_and_not_the_month(settings: Settings) -> None:
    folder = catalogue.folder(settings)
    folder.mkdir(parents=True)
    (folder / "x.parquet").write_text("no Parquet", "utf-8")
    assert lineage.recorded(settings, AUGUST, "load", lambda: Counted({"accepted": 1})).to_json() == {"accepted": 1}
    assert [event["eventType"] for event in events(settings)] == ["START"]
