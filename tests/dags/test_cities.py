"""Several cities in one Airflow: a DAG, a pool and pages for each, and every task works in its own city's folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.api_fastapi.core_api import security
from airflow.models.dag import DagModel
from fastapi.testclient import TestClient

from bangdan import bridge
from bangdan.bridge import cities, notices
from bangdan.core.errors import UsageError
from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.operations import city_folder
from tests.support.dag_wiring import STAGES, read_file
from tests.support.homes import PROJECT

BODIES = ("month_of", "land", "load", "wait_for_exports", "stage", "ask_for_approval", "sign_off", "publish")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two cities; the variables of another one are set, which must count for neither."""
    folders = [tmp_path / name for name in ("bay", "harbour")]
    for folder, name in zip(folders, ("湾城", "港城"), strict=True):
        city_folder.make(folder, name, name, ["departments"], ["weibo"])
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("BANGDAN_APPROVAL", "all")
    monkeypatch.setenv("BANGDAN_CITIES", ":".join(map(str, folders)))
    return folders


@pytest.fixture
def dags(folders: list[Path]) -> list[Any]:
    module = read_file()
    return [module.ranking_monthly(city) for city in bridge.served_cities()]


def test_each_city_has_a_dag_and_a_pool_of_its_own(dags: list[Any]) -> None:
    assert [dag.dag_id for dag in dags] == ["ranking_monthly_bay", "ranking_monthly_harbour"]
    for dag, pool in zip(dags, ("warehouse_bay", "warehouse_harbour"), strict=True):
        assert {task.task_id for task in dag.tasks if task.pool == pool} == {*STAGES, "ask", "sign_off", "publish"}
        assert {task.pool for task in dag.tasks} == {pool, "default_pool"}


def test_every_task_works_in_the_folder_of_its_city(
    dags: list[Any], folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in BODIES:
        monkeypatch.setattr(bridge, name, lambda *_words: cities.settings())
    words = {
        "month": (), "land": ("2021-08",), "load": ("2021-08", []), "exports_complete": ("2021-08",), "ask": ("2021-08",),
        "sign_off": ("2021-08", [], []), "publish": ("2021-08",), **{name: (name, "2021-08") for name in STAGES},
    }  # fmt: skip
    for dag, folder in zip(dags, folders, strict=True):
        assert set(words) == {task.task_id for task in dag.tasks} - {"approve"}
        for name, given in words.items():
            body = dag.get_task(name).python_callable
            monkeypatch.setitem(body.__wrapped__.__globals__, "get_current_context", lambda: {"params": {}})
            settings = body(*given)
            assert (settings.city, settings.home) == (folder, folder / "data"), name
    assert cities.current() == bridge.ONLY


def test_a_failed_task_leaves_no_city_behind(folders: list[Path]) -> None:
    @bridge.in_city(bridge.served_cities()[0])
    def fails() -> None:
        raise ValueError(cities.current().name)

    with pytest.raises(ValueError, match="bay"):
        fails()
    assert cities.current() == bridge.ONLY


def test_without_the_setting_there_is_one_dag_of_the_city_that_the_settings_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BANGDAN_CITIES", "")
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    assert [(city.dag_id, city.pool, city.pages) for city in bridge.served_cities()] == [
        ("ranking_monthly", "warehouse", "/bangdan")
    ]
    assert cities.settings().home == tmp_path


@pytest.mark.parametrize("other", ["elsewhere/bay", "湾城", "bay city"])
def test_a_name_that_no_dag_can_have_or_two_would_have_is_refused(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: str
) -> None:
    monkeypatch.setenv("BANGDAN_CITIES", f"{folders[0]}:{tmp_path / other}")
    with pytest.raises(UsageError, match="BANGDAN_CITIES: no DAG can be named after"):
        bridge.served_cities()


def test_a_month_of_a_city_is_late_by_the_method_of_that_city(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BANGDAN_LATE_AFTER_DAYS", raising=False)
    monkeypatch.setenv("BANGDAN_MAIL_TO", "desk@example.org")
    parameters = (PROJECT / "dbt_project/seeds/methodology/method_parameters.csv").read_text("utf-8")
    changed = parameters.replace("2021-01,due_day,16,", "2021-01,due_day,20,")
    (folders[1] / "method" / "method_parameters.csv").parent.mkdir(exist_ok=True)
    (folders[1] / "method" / "method_parameters.csv").write_text(changed, "utf-8")
    days = [alert.interval.days for city in bridge.served_cities() if (alert := bridge.late_alert(city))]
    assert days == [16, 20]
    run = SimpleNamespace(run_type="scheduled", partition_key="2021-08")
    session = SimpleNamespace(scalar=lambda _statement: run)
    now = datetime(2021, 9, 18, tzinfo=SHANGHAI)
    monkeypatch.setattr(notices, "datetime", SimpleNamespace(now=lambda _zone: now))
    due = bridge.MonthDue()
    owed = [
        due.evaluate_with(session=session, interval=timedelta(), dag_id=f"ranking_monthly_{name}", run_id="r")
        is not None
        for name in ("bay", "harbour")
    ]
    assert owed == [False, True]


@pytest.fixture
def plugin(folders: list[Path]) -> Iterator[Any]:
    """The plugin read anew, with the two cities."""
    sys.path.insert(0, str(PROJECT / "plugins"))
    earlier = sys.modules.pop("bangdan_plugin", None)
    try:
        yield importlib.import_module("bangdan_plugin")
    finally:
        sys.path.remove(str(PROJECT / "plugins"))
        del sys.modules["bangdan_plugin"]
        if earlier:
            sys.modules["bangdan_plugin"] = earlier


def test_each_city_has_pages_that_need_leave_to_read_its_own_dag(
    plugin: Any, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def is_authorized_dag(*, method: str, access_entity: Any, details: Any, user: Any) -> bool:
        asked.append(details.id)
        return details.id == "ranking_monthly_bay"

    monkeypatch.setattr(security, "get_auth_manager", lambda: SimpleNamespace(is_authorized_dag=is_authorized_dag))
    monkeypatch.setattr(DagModel, "get_team_name", staticmethod(lambda dag_id: None))
    for folder in folders:
        (folder / "data" / "releases").mkdir(parents=True)
        (folder / "data" / "releases" / "index.html").write_text(folder.name, "utf-8")
    apps = plugin.BangdanPlugin.fastapi_apps
    assert [app["url_prefix"] for app in apps] == ["/bangdan/bay", "/bangdan/harbour"]
    answers = []
    for app in apps:
        app["app"].dependency_overrides[security.get_user] = lambda: "anna"
        answer = TestClient(app["app"]).get("/releases/index.html")
        answers.append((answer.status_code, answer.text if answer.status_code == 200 else ""))
    assert answers == [(200, "bay"), (403, "")]
    assert asked == ["ranking_monthly_bay", "ranking_monthly_harbour"]
    assert [view["url_route"] for view in plugin.BangdanPlugin.external_views] == ["bangdan-bay", "bangdan-harbour"]


def test_two_cities_hold_locks_of_their_own(folders: list[Path]) -> None:
    from bangdan.core import warehouse

    first, second = (Settings.load(folder) for folder in folders)
    with warehouse.writing(first, "a month of bay"), warehouse.writing(second.replaced(lock_wait=0), "one of harbour"):
        assert {settings.warehouse.with_name("holder.json").exists() for settings in (first, second)} == {True}
