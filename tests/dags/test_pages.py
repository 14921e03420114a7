"""The plugin's pages: behind Airflow's login, text from outside escaped, nothing served but what is meant to be."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.api_fastapi.core_api import security
from airflow.models.dag import DagModel
from fastapi.testclient import TestClient

from bangdan import bridge
from tests.support.homes import PROJECT

MONTH = "2021-08"
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def plugin() -> Any:
    sys.path.insert(0, str(PROJECT / "plugins"))
    try:
        return importlib.import_module("bangdan_plugin")
    finally:
        sys.path.remove(str(PROJECT / "plugins"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a release, a report, a candidate, and files that nobody may have."""
    home = tmp_path / "home"
    monkeypatch.setenv("BANGDAN_HOME", str(home))
    files = {
        f"releases/{MONTH}/r1/index.html": "release", "releases/index.html": "archive",
        f"releases/{MONTH}/r1/.ranking.csv.7.partial": "half", f"releases/{MONTH}/.staging/index.html": "half",
        f"runs/{MONTH}/quality/raw_exports.html": "report", f"runs/{MONTH}/candidate/index.html": "candidate",
        f"runs/{MONTH}/quality/deep/x.html": "deep", f"runs/{MONTH}/run_report.json": "{}", "runs/quality/x.html": "x",
        f"runs/{MONTH}/notes/x.html": "x", "secrets/privacy.key": "key", "landing/x": "bytes", "approvals/x.json": "{}",
    }  # fmt: skip
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, "utf-8")
    (tmp_path / "outside.txt").write_text("outside", "utf-8")
    (home / "releases" / "out.txt").symlink_to(tmp_path / "outside.txt")
    return home


@pytest.fixture
def guest(plugin: Any) -> TestClient:
    """Somebody who is not logged in."""
    return TestClient(plugin.APPS[bridge.ONLY])


@pytest.fixture
def reader(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Somebody who is logged in; `may` says whether Airflow lets them read the DAG, `asked` what it was asked."""
    recorded = SimpleNamespace(may=True, asked=[])

    def is_authorized_dag(*, method: str, access_entity: Any, details: Any, user: Any) -> bool:
        recorded.asked.append((method, details.id, access_entity, user))
        return recorded.may

    manager = SimpleNamespace(is_authorized_dag=is_authorized_dag)
    monkeypatch.setattr(security, "get_auth_manager", lambda: manager)
    monkeypatch.setattr(DagModel, "get_team_name", staticmethod(lambda dag_id: None))
    monkeypatch.setitem(plugin.APPS[bridge.ONLY].dependency_overrides, security.get_user, lambda: "anna")
    recorded.get = TestClient(plugin.APPS[bridge.ONLY]).get
    return recorded


ROUTES = [
    "/", "/en", f"/releases/{MONTH}/r1/index.html", f"/runs/{MONTH}/quality/raw_exports.html",
    f"/runs/{MONTH}/candidate/index.html", "/releases/none.html", "/secrets/privacy.key",
    "/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect",
]  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_login_there_is_no_page_and_no_word_of_what_there_is(
    guest: TestClient, home: Path, route: str
) -> None:
    answer = guest.get(route)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


@pytest.mark.parametrize("route", ROUTES[:7])
def test_a_login_that_may_not_read_the_dag_is_refused(reader: Any, home: Path, route: str) -> None:
    reader.may = False
    assert reader.get(route).status_code == 403
    assert reader.asked == [("GET", "ranking_monthly", None, "anna")]


def test_a_person_is_shown_where_to_log_in_and_a_program_gets_json(
    guest: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/sub/")
    page = guest.get("/", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 401
    assert 'href="https://airflow.example.org/sub/auth/login/"' in page.text
    assert page.headers["content-type"].startswith("text/html")
    program = guest.get("/", headers={"Accept": "application/json"})
    assert (program.status_code, program.json()) == (401, {"detail": "Not authenticated"})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"releases/{MONTH}/r1/index.html", "release"),
        ("releases/index.html", "archive"),
        (f"runs/{MONTH}/quality/raw_exports.html", "report"),
        (f"runs/{MONTH}/candidate/index.html", "candidate"),
    ],
)
def test_releases_reports_of_gates_and_candidates_are_served_and_kept_by_nobody(
    reader: Any, home: Path, path: str, text: str
) -> None:
    answer = reader.get(f"/{path}")
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "releases/none.html", f"releases/{MONTH}", "releases/out.txt", f"releases/{MONTH}/r1/.ranking.csv.7.partial",
        f"releases/{MONTH}/.staging/index.html", f"runs/{MONTH}/run_report.json", f"runs/{MONTH}/notes/x.html",
        f"runs/{MONTH}/quality/deep/x.html", "runs/quality/x.html", "secrets/privacy.key", "landing/x",
        "approvals/x.json", "releases/%2e%2e/secrets/privacy.key", "releases/%2e%2e/%2e%2e/outside.txt",
        f"runs/{MONTH}/quality/%2e%2e/run_report.json", "%2e%2e/outside.txt", "./releases", "releases/%00", f"releases/{MONTH}/%00/index.html", "releases/" + 300 * "x",
    ],
)  # fmt: skip
def test_nothing_else_is_served(reader: Any, home: Path, path: str) -> None:
    assert reader.get(f"/{path}").status_code == 404


def manifest_of_exports(home: Path, *rows: tuple[list[str], int, int]) -> None:
    """What the raw layer says of exports: months, rows accepted, rows rejected."""
    folder = home / "raw" / "export_manifest"
    folder.mkdir(parents=True)
    months, accepted, rejected = (list(column) for column in zip(*rows, strict=True))
    kinds = (pa.list_(pa.string()), pa.int64(), pa.int64())
    columns = [pa.array(values, kind) for values, kind in zip((months, accepted, rejected), kinds, strict=True)]
    pq.write_table(pa.table(columns, ["months", "accepted", "rejected"]), folder / "x.parquet")


def test_the_page_of_months_shows_every_month_the_newest_first(reader: Any, home: Path) -> None:
    manifest_of_exports(home, (["2021-07"], 1_234_567, 0), (["2021-07", MONTH], 10, 1))
    (home / "releases" / MONTH / "latest").symlink_to("r1")
    (home / "releases" / MONTH / "r1" / "manifest.json").write_text('{"files": {}}', "utf-8")
    recorded = {"gate": "raw_exports", "passed": True, "checked": 1, "failures": [], "warnings": []}
    (home / "runs" / MONTH / "quality" / "raw_exports.json").write_text(json.dumps(recorded), "utf-8")
    answer = reader.get("/")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-cache"
    page = answer.text
    assert page.index(f'<th scope="row" class="nb">{MONTH}') < page.index('<th scope="row" class="nb">2021-07')
    assert "1,234,577" in page
    assert f'href="releases/{MONTH}/r1/index.html"' in page
    assert f'href="runs/{MONTH}/quality/raw_exports.html">raw_exports ✓ 通过' in page
    assert f'href="runs/{MONTH}/candidate/index.html"' in page
    assert 'href="runs/2021-07/candidate/index.html"' not in page
    assert 'href="releases/index.html"' in page


def test_text_from_a_report_is_no_markup_in_the_page(reader: Any, home: Path) -> None:
    manifest_of_exports(home, ([MONTH], 1, 0), (["2021-07"], 1, 0), (["2021-06"], 1, 0))
    names = ("frame", "rule", "message", "reason", "observed")
    failure = {**dict.fromkeys(names, HOSTILE), "arguments": {}, "rows": []}
    refused = {"gate": "raw_exports", "passed": False, "checked": 1, "failures": [failure], "warnings": []}
    (home / "runs" / MONTH / "quality" / "raw_exports.json").write_text(json.dumps(refused), "utf-8")
    report = home / "runs" / "2021-07" / "run_report.json"
    report.parent.mkdir()
    report.write_text(json.dumps({"run": HOSTILE, "stages": [{"stage": HOSTILE, "failed": HOSTILE}]}), "utf-8")
    pending = home / "releases" / "2021-06" / "pending.json"
    pending.parent.mkdir()
    pending.write_text(json.dumps({"note": HOSTILE}), "utf-8")
    page = reader.get("/").text
    assert "<script" not in page
    # The gate's message; the failed run's name, stage and message, and its name as the latest run; the note of what is pending.
    assert page.count("&lt;script&gt;") == 6
    assert "✗ 拒绝" in page


def test_where_there_is_nothing_yet_the_page_says_so(
    reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path / "empty"))
    answer = reader.get("/")
    assert (answer.status_code, "尚无数据" in answer.text) == (200, True)
    answer = reader.get("/en")
    assert (answer.status_code, "Nothing yet" in answer.text, 'lang="en"' in answer.text) == (200, True, True)


def test_airflow_finds_the_pages_their_place_in_the_navigation_and_the_deadline(plugin: Any) -> None:
    made = plugin.BangdanPlugin
    assert made.name == "bangdan"
    assert made.fastapi_apps == [{"app": plugin.APPS[bridge.ONLY], "url_prefix": "/bangdan", "name": "bangdan"}]
    [view] = made.external_views
    assert (view["name"], view["destination"], view["url_route"]) == ("榜单", "nav", "bangdan")
    assert view["href"].endswith("/bangdan/")
    assert made.deadline_references == [bridge.MonthDue]
