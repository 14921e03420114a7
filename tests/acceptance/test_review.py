"""Lists for a person: each can be asked for a month, cut to it, in full or in short, as a table or as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from bangdan.cli import cli
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.operations.review import lists
from tests.support.homes import PROJECT

MODELS = PROJECT / "dbt_project" / "models" / "review"
NAMES = (
    "ambiguous_reprints", "bursts", "capped_counts", "changed_texts", "contradicted_times", "lookalike_names", "one_sided_outlets", "rank_leverage",
    "registry_conflicts", "stale_corrections", "suspect_counts", "unconfirmed_posts", "unmapped_channels", "unowned_posts",
    "unregistered_accounts", "unregistered_outlets", "waking_outlets",
)  # fmt: skip
BY_SPAN = "registry_conflicts"
TIMES = {"conflict_from", "conflict_to", "exported_at_local", "published_at_local"}


def columns() -> dict[str, list[str]]:
    """Columns of each list, as its model is described."""
    described = yaml.safe_load((MODELS / "_review.yml").read_text("utf-8"))["models"]
    return {entry["name"].removeprefix("qc_"): [column["name"] for column in entry["columns"]] for entry in described}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with 25 rows of each list in August and one in the months beside it."""
    file = tmp_path_factory.mktemp("review") / "bangdan.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute("begin")
        con.execute("create schema review")
        con.execute("create schema published")
        months = [f"2021-{number:02d}" for number in range(7, 11)]
        con.execute("create table published.rpt_ranking as select unnest($1) as ranking_month", [months])
        for name, known in columns().items():
            kinds = ", ".join(f"{column} {'timestamp' if column in TIMES else 'text'}" for column in known)
            con.execute(f"create table review.qc_{name} ({kinds})")
            for month, count in (("2021-07", 1), ("2021-08", 25), ("2021-09", 1)):
                at = f"timestamp '{month}-01'"
                special = {
                    "ranking_month": f"'{month}'", "conflict_from": at, "published_at_local": at, "exported_at_local": at,
                    "conflict_to": f"{at} + interval 1 month",
                }  # fmt: skip
                values = [special.get(column, f"'{month} {column} [' || lpad(i::text, 2, '0')") for column in known]
                con.execute(f"insert into review.qc_{name} select {', '.join(values)} from range({count}) t(i)")
        con.execute("commit")
    return file


@pytest.fixture
def settings(warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(tmp_path, 1, "1GB")
    settings.warehouse.parent.mkdir(parents=True)
    shutil.copy(warehouse, settings.warehouse)
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    return settings


def asked(*words: str) -> str:
    done = CliRunner().invoke(cli, ["review", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_every_review_model_is_a_list_that_can_be_asked_for() -> None:
    assert {file.stem.removeprefix("qc_") for file in MODELS.glob("qc_*.sql")} == set(NAMES) == set(columns())


def test_a_month_has_all_lists_in_order_with_their_counts_and_first_20_rows(settings: Settings) -> None:
    result = lists(settings, Month.parse("2021-08"))
    assert result["month"] == "2021-08"
    assert [(name, entry["count"], len(entry["rows"])) for name, entry in result["lists"].items()] == [
        (name, 25, 20) for name in NAMES
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_list_that_is_named_comes_alone_and_whole_and_holds_its_month_only(settings: Settings, name: str) -> None:
    (entry,) = lists(settings, Month.parse("2021-08"), name)["lists"].items()
    assert (entry[0], entry[1]["count"], len(entry[1]["rows"])) == (name, 25, 25)
    text = next(column for column in columns()[name] if column not in TIMES and column != "ranking_month")
    assert [row[text] for row in entry[1]["rows"]] == [f"2021-08 {text} [{i:02d}" for i in range(25)]
    assert lists(settings, Month.parse("2021-10"), name)["lists"][name] == {"count": 0, "rows": []}


@pytest.mark.parametrize(
    ("start", "end", "is_shown"),
    [
        ("0001-01-01", "9999-12-31", True),
        ("2021-07-01", "2021-08-01", False),
        ("2021-07-01", "2021-08-02", True),
        ("2021-08-31", "2021-10-01", True),
        ("2021-09-01", "2021-10-01", False),
    ],
)
def test_a_conflict_of_the_registry_is_shown_in_the_months_in_which_it_holds(
    settings: Settings, start: str, end: str, is_shown: bool
) -> None:
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("delete from review.qc_registry_conflicts")
        con.execute(
            "insert into review.qc_registry_conflicts by name select 'wx-a' as id, $1::timestamp as conflict_from,"
            " $2::timestamp as conflict_to", [start, end],
        )  # fmt: skip
    assert lists(settings, Month.parse("2021-08"))["lists"][BY_SPAN]["count"] == is_shown


def test_an_unknown_list_is_told_the_known_ones(settings: Settings) -> None:
    with pytest.raises(UsageError, match="there is no review list 'nothing'") as failed:
        lists(settings, Month.parse("2021-08"), "nothing")
    assert failed.value.remedy == f"one of: {', '.join([*NAMES, 'rejects'])}"
    assert failed.value.exit_code == 2


def test_before_any_month_was_run_the_lists_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(BangdanError, match="nothing has been built yet") as failed:
        lists(Settings(tmp_path, 1, "1GB"), Month.parse("2021-08"))
    assert failed.value.remedy == "run `bangdan run --month 2021-08`"
    assert list(tmp_path.iterdir()) == []


def test_a_month_that_has_not_been_built_is_refused_with_those_that_have(settings: Settings) -> None:
    with pytest.raises(BangdanError) as failed:
        lists(settings, Month.parse("2031-01"), "capped_counts")
    assert failed.value.message == "2031-01 has not been built (built are 2021-07, 2021-08, 2021-09, 2021-10)"
    assert failed.value.remedy == "run `bangdan run --month 2031-01`"


def test_the_lists_are_read_without_writing_to_the_warehouse(settings: Settings) -> None:
    before = settings.warehouse.read_bytes()
    lists(settings, Month.parse("2021-08"))
    assert settings.warehouse.read_bytes() == before


def test_the_command_prints_three_rows_of_each_list_and_says_how_to_see_all(settings: Settings) -> None:
    text = asked("--month", "2021-08")
    assert [line for line in text.splitlines() if line.endswith(": 25")] == [f"{name}: 25" for name in NAMES]
    for shown, is_there in (
        ("source_name_raw [00", True),
        ("source_name_raw [02", True),
        ("source_name_raw [03", False),
    ):
        assert (f"2021-08 {shown}" in text) is is_there, shown
    assert "ranking_month" not in text
    assert "all rows of one: bangdan review --month 2021-08 --list NAME" in text


def test_the_command_prints_all_rows_of_a_list_that_is_named(settings: Settings) -> None:
    text = asked("--month", "2021-08", "--list", "unregistered_accounts")
    assert "unregistered_accounts: 25" in text
    assert text.count("2021-08 source_name_raw [") == 25
    assert "unowned_posts" not in text
    assert "all rows of one" not in text


def test_the_command_prints_a_list_without_rows_by_its_count(settings: Settings) -> None:
    assert asked("--month", "2021-10", "--list", "capped_counts").strip() == "capped_counts: 0"


@pytest.mark.parametrize("name", [None, *NAMES])
def test_the_command_gives_json(settings: Settings, name: str | None) -> None:
    words = ["--month", "2021-08", "--json", *(["--list", name] if name else [])]
    result: dict[str, Any] = json.loads(asked(*words))
    assert list(result["lists"]) == ([name] if name else list(NAMES))
    assert {len(value["rows"]) for value in result["lists"].values()} == ({25} if name else {20})


def test_the_lists_of_a_real_month_can_be_read(city: Path, tmp_path: Path) -> None:
    """The tables as dbt makes them, in a month that has been published."""
    shutil.copytree(city / "warehouse", tmp_path / "warehouse")
    settings = Settings(tmp_path, 1, "1GB")
    for month in ("2021-07", "2021-08"):
        result = lists(settings, Month.parse(month))["lists"]
        assert list(result) == list(NAMES)
        assert {name: list(entry["rows"][0]) for name, entry in result.items() if entry["rows"]} == {
            name: columns()[name] for name, entry in result.items() if entry["rows"]
        }
