"""The analysts' database: its contract has a version, everything in it is explained in two languages, earlier releases
are reached as of a release or a moment, and a connection to it reaches nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.operations import sql_shell
from bangdan.publication import contract, manifest, release
from bangdan.publication.formats import database, metrics
from tests.support.homes import PROJECT, bangdan, published

QUESTIONS = sorted((PROJECT / "docs" / "analysts" / "questions").glob("*.sql"))


@pytest.fixture
def con(city: Path):
    opened = sql_shell.open_published(Settings(city, threads=2, memory_limit="1GB"))
    yield opened
    opened.close()


def test_the_contract_has_the_version_that_its_history_tells(con) -> None:
    text = "\n".join(f"{table} {column} {kind}" for table, column, kind in database.columns_of(con))
    history = yaml.safe_load((PROJECT / "plugins/bangdan/publication/schema_versions.yml").read_text("utf-8"))
    assert [row["version"] for row in history] == list(range(1, len(history) + 1))
    result = hashlib.sha256(text.encode()).hexdigest()
    assert history[-1]["sha256"] == result, f"the contract has changed: a new version, with sha256 {result}\n{text}"
    assert con.execute("select schema_version from about").fetchall() == [(str(history[-1]["version"]),)]


def test_every_version_of_the_contract_has_a_section_on_what_changed() -> None:
    history = yaml.safe_load((PROJECT / "plugins/bangdan/publication/schema_versions.yml").read_text("utf-8"))
    sections = re.findall(r"^## (\d+)$", (PROJECT / "docs/analysts/changes.md").read_text("utf-8"), re.MULTILINE)
    assert sections == [str(row["version"]) for row in reversed(history)]


def test_the_published_views_are_the_tables_of_the_contract(con) -> None:
    views: dict[str, dict[str, str]] = {}
    for view, column, kind in con.execute(
        "select table_name, column_name, lower(data_type) from duckdb_columns() where schema_name = 'published'"
        " order by table_name, column_index"
    ).fetchall():
        views.setdefault(view, {})[column] = kind
    wanted = {
        name: {column.name: column.data_type for column in contract.database_columns(name)}
        for name in contract.tables()
    }
    assert views == wanted
    assert [name for name, columns in views.items() if "release" not in columns] == [
        "about",
        "metrics",
        "period_ranking",
        "period_volumes",
    ]


def test_every_table_column_and_macro_is_explained_in_chinese_and_english(con) -> None:
    message = con.execute(
        """
        select view_name, comment from duckdb_views() where schema_name in ('published', 'main') and not internal
        union all select table_name || '.' || column_name, comment from duckdb_columns()
            where schema_name in ('published', 'history', 'main') and not internal
        union all select table_name, comment from duckdb_tables() where schema_name = 'history'
        union all select function_name, comment from duckdb_functions() where schema_name in ('published', 'main') and not internal
        """
    ).fetchall()
    assert len(message) > 300
    wrong = [name for name, text in message if not text or not re.search("[\u4e00-\u9fff].* / .*[a-z]", text)]
    assert wrong == []


def test_the_contract_is_enforced_in_dbt() -> None:
    models = yaml.safe_load((PROJECT / "dbt_project/models/published/_published.yml").read_text("utf-8"))["models"]
    assert {model["name"] for model in models} == {
        path.stem for path in (PROJECT / "dbt_project/models/published").glob("rpt_*.sql")
    }
    assert all(model["config"]["contract"]["enforced"] for model in models)


@pytest.mark.parametrize(
    "attempt",
    [
        "select * from read_csv('/etc/hostname')",
        "select * from read_text('/etc/hostname')",
        "attach '/tmp/other.duckdb' as other",
        "copy (select 1) to '/tmp/out.csv'",
        "install httpfs",
        "set enable_external_access = true",
        "create table published.mine as select 1",
        "delete from history.ranking",
    ],
)
def test_a_connection_reaches_nothing_but_the_published_tables(con, attempt: str) -> None:
    with pytest.raises(duckdb.Error):
        con.execute(attempt).fetchall()
    assert con.execute("select count(*) from ranking").fetchall() != [(0,)]


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_worked_questions_have_an_answer(con, file: Path) -> None:
    text = file.read_text("utf-8")
    assert re.match("-- [^/]*[\u4e00-\u9fff][^/]* / .+", text), "the first line asks in Chinese and English"
    rows = con.execute(text).fetchall()
    # A city of the demo has no silent channel and no restatement: these may be empty, all others may not.
    assert rows or file.stem in ("16_coverage", "17_restatements")


def test_there_are_fifteen_questions_at_least() -> None:
    assert len(QUESTIONS) >= 15


@pytest.mark.parametrize(
    "metric", [entry for entry in metrics.defined() if "sql" in entry], ids=lambda entry: entry["name"]
)
def test_a_metric_is_what_its_definition_computes(con, metric: dict) -> None:
    table, column = metric["column"].split(".")
    key = "ranking_month" if table == "monthly_summary" else "ranking_month, unit_id"
    different = con.execute(
        f"""
        select {key}, p.{column}, d.value from {table} p full join ({metric["sql"]}) d using ({key})
        where ({metric.get("where", "true")}) and abs(coalesce(d.value, 0) - p.{column}) > 0.0000000001
        """
    ).fetchall()
    assert different == []
    [(compared,)] = con.execute(f"select count(*) from {table} where {metric.get('where', 'true')}").fetchall()
    assert compared > 0


def test_the_page_of_metrics_is_what_their_definitions_and_the_seeds_say() -> None:
    assert (PROJECT / "docs/analysts/metrics.md").read_text("utf-8") == metrics.page(Settings.load())


@pytest.fixture
def restated_city(copy_of_city: Path) -> Path:
    """The city with an r2 of 2021-08: one unit has more influence, known since 2021-10-02."""
    settings, month = Settings(copy_of_city, threads=2, memory_limit="1GB"), Month.parse("2021-08")
    con = duckdb.connect(str(settings.warehouse))
    con.execute(
        "update published.rpt_ranking set base_score = base_score + 1, score = score + 1"
        " where ranking_month = '2021-08' and unit_id = '310110' and dimension = 'influence'"
    )
    con.close()
    gates = json.loads((settings.releases / "2021-08/r1/manifest.json").read_text("utf-8"))["gates"]
    made = release.publish(settings, month, reason="R1", note="补交", gate_results=gates)
    payload = json.loads((made.path / "manifest.json").read_text("utf-8"))
    manifest.write(payload | {"knowledge_cut_off": "2021-10-02T09:00:00+08"}, made.path / "manifest.json")
    database.rebuild(settings)
    return copy_of_city


def test_earlier_releases_are_reached_by_name_and_by_time(city: Path, restated_city: Path) -> None:
    ask = "select unit_id, dimension, score from published.ranking{} where ranking_month = '2021-08' order by all"
    before, now = published(city, ask.format("")), published(restated_city, ask.format(""))
    assert now != before
    for moment, wanted in (
        ("'r1'", before), ("'r2'", now), ("'2021-10-01'", before), ("'2021-10-03'", now), ("'2021-10-02 08:59:59'", before),
        ("timestamp '2021-10-02 09:00:00'", now), ("date '2021-10-02'", before), ("'2021-01-01'", []),
    ):  # fmt: skip
        assert published(restated_city, ask.format(f"_asof({moment})")) == wanted, moment
    assert published(restated_city, "select release, reason, note, units_changed from published.restatements") == [
        ("r2", "R1", "补交", 1)
    ]
    assert published(
        restated_city,
        "select unit_id, dimension, score - score_before, change_points from published.restated_ranks",
    ) == [("310110", "influence", Decimal("1.00"), Decimal(1))]
    assert published(restated_city, "select count(*) from published.releases") == [(3,)]


def test_the_shell_answers_and_explains_itself(city: Path) -> None:
    assert "杨浦区" in bangdan(city, "sql", "select unit_name from ranking where unit_id = '310110'").stdout
    assert bangdan(city, "sql", "--csv", "select 1 as a, '二' as b").stdout == "a,b\n1,二\n"
    assert '"a": 1' in bangdan(city, "sql", "--json", "select 1 as a").stdout
    assert "rank_change" in bangdan(city, "sql", ".columns ranking").stdout
    assert "monthly_summary" in bangdan(city, "sql", ".tables").stdout
    assert "四个榜单" in bangdan(city, "sql", ".questions").stdout
    assert "浦东新区" in bangdan(city, "sql", "--csv", ".questions 1").stdout
    assert "error" in bangdan(city, "sql", "select nothing", code=1).stderr
    assert ".tables" in bangdan(city, "sql", ".wrong", code=2).stderr
