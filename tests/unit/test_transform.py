"""What a build asks of dbt, and what it makes of dbt's answer. dbt itself is replaced: it takes seconds to start."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import pytest

from bangdan import transform
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings

JULY, AUGUST = Month.parse("2021-07"), Month.parse("2021-08")


class Dbt:
    """Remembers how it was called; answers a build with `results`."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.homes: list[tuple[str | None, ...]] = []
        self.manifests: list[Any] = []
        self.results: list[Any] = []
        self.success = {"parse": True, "build": True}
        self.exception: dict[str, str | None] = {"parse": None, "build": None}
        self.kept: str | None = None  # the parsed project that an earlier process has kept
        self.saved: list[Any] = []
        self.closed: list[str] = []  # the newest call, each time the warehouse is closed
        self.connections = SimpleNamespace(_ENV=SimpleNamespace(close=lambda: self.closed.append(self.calls[-1][0])))

    def __call__(self, manifest: Any = None) -> Dbt:
        self.manifests.append(manifest)
        return self

    def invoke(self, words: list[str]) -> Any:
        self.calls.append(words)
        self.homes.append(
            tuple(
                os.environ.get(name)
                for name in ("BANGDAN_HOME", "BANGDAN_THREADS", "BANGDAN_MEMORY_LIMIT", "DO_NOT_TRACK")
            )
        )
        command = words[0]
        result = "parsed" if command == "parse" else SimpleNamespace(results=self.results)
        return SimpleNamespace(success=self.success[command], exception=self.exception[command], result=result)

    def of(self, command: str) -> list[list[str]]:
        return [words for words in self.calls if words[0] == command]


@pytest.fixture
def dbt(monkeypatch: pytest.MonkeyPatch) -> Dbt:
    entry = Dbt()
    module = ModuleType("dbt.cli.main")
    module.dbtRunner = entry  # type: ignore[attr-defined]
    connections = ModuleType("dbt.adapters.duckdb.connections")
    connections.DuckDBConnectionManager = entry.connections  # type: ignore[attr-defined]
    for name in ("dbt", "dbt.cli", "dbt.adapters", "dbt.adapters.duckdb"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for each in (module, connections):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    monkeypatch.setattr(transform.parsed_project, "load", lambda _settings, _seeds: entry.kept)
    monkeypatch.setattr(
        transform.parsed_project, "save", lambda _settings, _seeds, manifest: entry.saved.append(manifest)
    )
    return entry


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", threads=3, memory_limit="1GB")


def after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def node(name: str, status: str, **more: Any) -> Any:
    result = {
        "resource_type": "model",
        "compiled_path": f"compiled/{name}.sql",
        "original_file_path": f"models/{name}.sql",
        "compiled_code": "select 1",
    }
    return SimpleNamespace(
        status=status, node=SimpleNamespace(name=name, **result | more.pop("node", {})), execution_time=more.pop("seconds", 0.0), message=more.pop("message", None),
    )  # fmt: skip


LEFT_OUT = [
    "--exclude", "test_type:data,path:models/gates", "test_type:data,tag:of_a_view",
    "--exclude-resource-type", "unit_test",
]  # fmt: skip


def test_a_build_asks_for_what_is_selected_without_unit_tests_and_tests_of_frames(dbt: Dbt, settings: Settings) -> None:
    transform.build(settings, JULY, AUGUST, ["selector:stage", "qc_unowned_posts"])
    (words,) = dbt.of("build")
    assert words[1:9] == ["--select", "selector:stage", "qc_unowned_posts", *LEFT_OUT]
    assert (
        after(words, "--vars")
        == "{month_from: '2021-07', month_to: '2021-08', months_back: 3, months_ahead: 1, method_version: '', known_at: ''}"
    )
    assert after(words, "--target-path") == str(settings.home / "dbt" / "target")
    assert after(words, "--log-path") == str(settings.home / "dbt" / "logs")
    assert after(words, "--project-dir") == after(words, "--profiles-dir") == str(settings.dbt_project)
    assert "--no-send-anonymous-usage-stats" in words
    assert "--no-write-json" in words


@pytest.mark.parametrize("exception", [None, "out of memory"])
def test_the_warehouse_that_dbt_keeps_open_is_closed_when_a_call_is_done(
    dbt: Dbt, settings: Settings, exception: str | None
) -> None:
    dbt.exception["build"] = exception
    with suppress(BangdanError):
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert dbt.closed == ["build"]


def test_a_failure_of_the_machine_during_a_call_names_the_data_folder_and_a_remedy(
    dbt: Dbt, settings: Settings
) -> None:
    dbt.exception["build"] = "FATAL Error: fsync failed!"
    with pytest.raises(BangdanError) as raised:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert raised.value.message == f"dbt build failed: FATAL Error: fsync failed! (below {settings.home})"
    assert raised.value.remedy == "look at the disk (dmesg, df), then run the same command again: nothing is lost"


def test_where_dbt_has_opened_no_warehouse_none_is_closed(dbt: Dbt, settings: Settings) -> None:
    dbt.connections._ENV = None
    transform.build(settings, AUGUST, AUGUST, ["x"])
    assert len(dbt.of("build")) == 1


def test_a_method_on_trial_and_a_moment_of_knowledge_are_handed_on(dbt: Dbt, settings: Settings) -> None:
    trial = Settings(settings.home, threads=1, memory_limit="1GB", method_version="trial-even")
    transform.build(trial, AUGUST, AUGUST, ["x"], known_at="2021-09-16 00:00:00+08")
    transform.build(trial, AUGUST, AUGUST, ["x"], method_version="2021-01")
    first, second = (after(words, "--vars") for words in dbt.of("build"))
    assert (
        first
        == "{month_from: '2021-08', month_to: '2021-08', months_back: 3, months_ahead: 1, method_version: 'trial-even', known_at: '2021-09-16 00:00:00+08'}"
    )
    assert (
        second
        == "{month_from: '2021-08', month_to: '2021-08', months_back: 3, months_ahead: 1, method_version: '2021-01', known_at: ''}"
    )


def test_the_first_gate_looks_at_seeds_and_registry(dbt: Dbt, settings: Settings) -> None:
    transform.register(settings, JULY, AUGUST)
    (words,) = dbt.of("build")
    assert words[1:8] == ["--select", "selector:register", *LEFT_OUT]
    assert "month_from: '2021-07', month_to: '2021-08'" in after(words, "--vars")


def test_the_project_is_parsed_once_for_all_months_methods_and_moments(dbt: Dbt, settings: Settings) -> None:
    for last in (AUGUST, AUGUST, AUGUST + 1):
        transform.build(settings, JULY, last, ["x"])
    transform.build(settings, JULY, JULY, ["x"], method_version="trial-even", known_at="2021-09-16 00:00:00+08")
    assert [after(words, "--vars") for words in dbt.of("parse")] == [transform.PARSED_WITH]
    assert len(dbt.of("build")) == 4
    assert dbt.manifests[1:] == ["parsed"] * 4


def test_a_project_that_dbt_had_to_parse_is_kept_for_other_homes(dbt: Dbt, settings: Settings) -> None:
    transform.build(settings, JULY, AUGUST, ["x"])
    assert dbt.saved == ["parsed"]


def test_dbt_parses_nothing_where_the_parsed_project_is_kept(dbt: Dbt, settings: Settings) -> None:
    dbt.kept = "kept"
    transform.build(settings, JULY, AUGUST, ["x"])
    assert dbt.of("parse") == dbt.saved == []
    assert dbt.manifests == ["kept"]


def test_the_parsed_project_of_one_home_is_kept_and_no_more(dbt: Dbt, settings: Settings) -> None:
    other = Settings(settings.home / "other", threads=1, memory_limit="1GB")
    for home in (settings, other, other, settings):
        transform.build(home, JULY, AUGUST, ["x"])
    assert len(dbt.of("parse")) == 3


def test_dbt_reads_home_and_limits_from_the_environment_for_the_time_of_the_call(
    dbt: Dbt, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", "before")
    monkeypatch.delenv("BANGDAN_THREADS", raising=False)
    transform.build(settings, AUGUST, AUGUST, ["x"])
    assert set(dbt.homes) == {(str(settings.home), "3", "850000KB", "1")}
    assert os.environ["BANGDAN_HOME"] == "before"
    assert "BANGDAN_THREADS" not in os.environ


def test_the_environment_is_restored_though_dbt_fails(
    dbt: Dbt, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", "before")
    monkeypatch.setattr(Dbt, "invoke", lambda *_words: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert os.environ["BANGDAN_HOME"] == "before"


def test_a_build_makes_the_folder_of_the_warehouse(dbt: Dbt, settings: Settings) -> None:
    transform.build(settings, AUGUST, AUGUST, ["x"])
    assert settings.warehouse.parent.is_dir()


def test_what_was_built_is_told_by_state_with_the_slow_ones_and_warnings(dbt: Dbt, settings: Settings) -> None:
    dbt.results = [
        node("b", "success", seconds=0.1), node("a", "success", seconds=2.34567), node("quick", "success", seconds=0.0994), node("t", "pass"),
        node("w", "warn", message="3 rows"),
    ]  # fmt: skip
    built = transform.build(settings, AUGUST, AUGUST, ["x"])
    assert built.summary() == {
        "nodes": {"pass": 1, "success": 3, "warn": 1}, "slowest": {"a": 2.346, "b": 0.1}, "warnings": ["w: 3 rows"],
    }  # fmt: skip


def test_the_first_node_that_failed_is_named_with_the_others_and_its_statement(dbt: Dbt, settings: Settings) -> None:
    dbt.results = [
        node("fine", "success"),
        node("first", "error", message="no such column"),
        *(node(f"n{i}", "error") for i in range(6)),
    ]
    dbt.success["build"] = False
    with pytest.raises(BangdanError) as refused:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert "model first error (and 6 more: n0, n1, n2, n3, n4)" in refused.value.message
    assert "no such column" in refused.value.message
    assert refused.value.remedy == "the statement is in compiled/first.sql"


def test_one_failed_node_alone_and_not_yet_compiled_is_named_by_its_file(dbt: Dbt, settings: Settings) -> None:
    dbt.results = [node("first", "error", message="what", node={"compiled_path": None})]
    with pytest.raises(BangdanError) as refused:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert "more" not in refused.value.message
    assert refused.value.remedy == "the statement is in models/first.sql"


def test_a_data_test_that_fails_shows_three_of_the_rows_that_it_found(dbt: Dbt, settings: Settings) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    duckdb.connect(str(settings.warehouse)).close()
    query = "select i as number from range(1, 6) t(i) order by i"
    dbt.results = [
        node("one_row_is_x", "fail", message="Got 5 results", node={"resource_type": "test", "compiled_code": query})
    ]
    dbt.success["build"] = False
    with pytest.raises(BangdanError) as refused:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert "test one_row_is_x fail" in refused.value.message
    assert "Got 5 results; found: {'number': '1'}; {'number': '2'}; {'number': '3'}" in refused.value.message
    assert "'4'" not in refused.value.message


def test_a_full_disk_has_its_own_remedy_and_names_the_place(dbt: Dbt, settings: Settings) -> None:
    dbt.results = [node("first", "error", message="IO Error: No space left on device")]
    with pytest.raises(BangdanError) as refused:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert "free space" in str(refused.value.remedy)
    assert str(settings.home) in refused.value.message


def test_a_failure_without_a_failed_node_points_to_the_log(dbt: Dbt, settings: Settings) -> None:
    dbt.success["build"] = False
    with pytest.raises(BangdanError, match="without a failed node") as refused:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert str(settings.home / "dbt" / "logs") in str(refused.value.remedy)


@pytest.mark.parametrize(
    ("output", "remedy"), [("compilation broke", "dbt.log"), ("IO Error: No space left on device", "free space")]
)
def test_an_exception_of_dbt_is_told_with_a_remedy(dbt: Dbt, settings: Settings, output: str, remedy: str) -> None:
    dbt.exception["build"] = output
    with pytest.raises(BangdanError, match="dbt build failed") as refused:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert output in refused.value.message
    assert remedy in str(refused.value.remedy)


def test_a_project_that_cannot_be_read_is_told_and_read_again_next_time(dbt: Dbt, settings: Settings) -> None:
    dbt.success["parse"], dbt.exception["parse"] = False, "bad yaml"
    with pytest.raises(BangdanError, match="cannot read the project: bad yaml") as refused:
        transform.build(settings, AUGUST, AUGUST, ["x"])
    assert "make check" in str(refused.value.remedy)
    dbt.success["parse"], dbt.exception["parse"] = True, None
    transform.build(settings, AUGUST, AUGUST, ["x"])
    assert len(dbt.of("parse")) == 2


TABLES = {
    "selector:stage": {"staging.stg_posts": "published_month", "staging.stg_channel_items": "published_month"},
    "selector:score": {
        "marts.fct_posts": "ranking_month", "marts.fct_reprints": "ranking_month", "marts.fct_account_months": "ranking_month",
        "marts.fct_unit_month_scores": "ranking_month",
    },
    "selector:present": {
        "published.rpt_ranking": "ranking_month", "published.rpt_posts": "ranking_month", "published.rpt_reprints": "ranking_month",
    },
}  # fmt: skip


def test_rows_of_the_month_in_the_main_tables_of_each_layer_are_counted(settings: Settings) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    wanted: dict[str, int] = {}
    with duckdb.connect(str(settings.warehouse)) as con:
        for schema in ("staging", "marts", "published"):
            con.execute(f"create schema {schema}")
        for tables in TABLES.values():
            for table, column in tables.items():
                wanted[table] = len(wanted) + 1
                con.execute(f"create table {table} ({column} varchar)")
                con.execute(
                    f"insert into {table} select '2021-08' from range({wanted[table]}) union all select '2021-07' from range(50)"
                )
    for layer, tables in TABLES.items():
        result = transform.rows(settings, AUGUST, AUGUST, [layer, "something else"])
        assert result == {table: wanted[table] for table in tables}
    assert transform.rows(settings, AUGUST, AUGUST, list(TABLES)) == wanted
    of_both = transform.rows(settings, AUGUST - 1, AUGUST, list(TABLES))
    assert of_both == {table: count + 50 for table, count in wanted.items()}
    assert transform.rows(settings, AUGUST, AUGUST, ["selector:register"]) == {}
