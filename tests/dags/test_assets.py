"""Assets: what the tasks read and write, and the event of a published month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from bangdan import bridge, stages
from bangdan.bridge import assets, cities
from tests.support.dag_wiring import context, read_dag

PUBLISHED = {"release": "r2", "digest": "0123abcd", "is_new": True, "is_pending": False, "path": "/srv/x"}
BAY = cities.City(Path("/srv/bay"), "bay")


def event(run: dict[str, Any], city: cities.City = cities.ONLY) -> Any:
    return run["outlet_events"][bridge.asset(city, "release")]


def test_a_published_month_is_an_event_of_its_partition_that_names_the_release() -> None:
    run = context()
    assets.announce("2021-08", PUBLISHED, run)
    assert event(run).partition_keys == {"2021-08"}
    assert event(run).extra == {"month": "2021-08", "release": "r2", "digest": "0123abcd", "is_new": True}


def test_the_event_is_that_of_the_city_whose_month_it_is() -> None:
    run = context()
    with cities.working_for(BAY):
        assets.announce("2021-08", PUBLISHED, run)
    assert event(run, BAY).partition_keys == {"2021-08"}
    assert event(run).partition_keys == set()


def test_a_restatement_that_waits_for_a_reason_is_no_event_and_the_task_is_skipped() -> None:
    run = context()
    with pytest.raises(AirflowSkipException) as raised:
        assets.announce("2021-08", {**PUBLISHED, "is_new": False, "is_pending": True}, run)
    assert 'remedy: trigger the DAG with {"month": "2021-08", "reason": "R1"' in str(raised.value)
    assert event(run).partition_keys == set()


def test_the_address_of_an_asset_is_its_name_and_holds_no_path() -> None:
    assert bridge.asset(cities.ONLY, "release").uri == bridge.asset(cities.ONLY, "release").name
    assert bridge.asset(cities.ONLY, "release").uri == "x-bangdan://city/release"
    assert bridge.asset(BAY, "release").uri == "x-bangdan://bay/release"


def test_every_task_reads_what_an_earlier_one_has_written() -> None:
    written = {"inbox"}
    for name, step in stages.STEPS.items():
        assert set(step.reads) <= written, name
        written |= set(step.writes)
    assert written == set(stages.DATASETS)
    assert [*stages.STEPS] == ["land", "load", *stages.MONTH, "publish"]


def test_every_task_of_the_dag_has_a_title_and_a_text_and_the_inlets_and_outlets_of_its_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANGDAN_APPROVAL", "all")
    for task in read_dag().tasks:
        assert task.doc_md, task.task_id
        assert task.task_display_name.endswith(f" {task.task_id}")
        step = stages.STEPS.get(task.task_id)
        inlets, outlets = ([end.uri.rpartition("/")[2] for end in ends] for ends in (task.inlets, task.outlets))
        assert (tuple(inlets), tuple(outlets)) == ((step.reads, step.writes) if step else ((), ())), task.task_id
