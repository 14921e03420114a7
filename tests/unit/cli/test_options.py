"""What commands hand on: defaults, bounds and exit codes of the command line, without the work behind it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bangdan.cli import cli, exit_code_of
from bangdan.cli.common import moment, settings_of_existing_home, settings_of_new_or_existing_city
from bangdan.core.errors import UsageError
from bangdan.core.months import SHANGHAI, Month


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, in force."""
    for name in ("BANGDAN_CITY", "BANGDAN_ENGINE"):
        monkeypatch.setenv(name, "")  # an option of a call sets it
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: object) -> int:
    """Exit code of a command."""
    try:
        return exit_code_of(lambda: cli.main([str(word) for word in words], prog_name="bangdan", standalone_mode=False))
    except SystemExit as ended:
        return int(ended.code or 0)


class Result(SimpleNamespace):
    """What a patched function returns."""

    def to_json(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replaces a function by its address; returns the list of (words, options) of its calls."""

    def replace(address: str, result: object = None) -> list[tuple[tuple, dict[str, Any]]]:
        made: list[tuple[tuple, dict[str, Any]]] = []
        monkeypatch.setattr(address, lambda *words, **options: made.append((words, options)) or result)
        return made

    return replace


# ---- defaults ----------------------------------------------------------------------------------------------------


def test_the_demo_is_two_months_of_a_whole_city_in_its_inbox(home: Path, calls: Any) -> None:
    calls("bangdan.demo.write_city")
    written = calls("bangdan.demo.write", {})
    assert call("demo", "--json") == 0
    assert written[0][0] == (Month(2021, 7), Month(2021, 8), home / "inbox", 1.0)


def test_a_query_ends_after_a_minute_and_prints_a_table(home: Path, calls: Any) -> None:
    shell = calls("bangdan.operations.sql_shell.run", 0)
    assert call("sql", "select 1") == 0
    assert shell[0][0][1:] == ("select 1", "table", 60.0)


def test_tables_are_exported_as_csv_of_all_months_and_names_may_have_blanks(home: Path, calls: Any) -> None:
    export = calls("bangdan.operations.table_export.export", [])
    assert call("export", "--tables", " units, metrics,", "--to", home / "out") == 0
    assert export[0][0][1:] == (["units", "metrics"], home / "out", "csv", None)


def test_a_backfill_plans_unless_it_is_asked_for_more(home: Path, calls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    result = Result(to_change=[])
    planned, compared = calls("bangdan.backfill.plan.plan", result), calls("bangdan.backfill.diff.diff", result)
    applied = calls("bangdan.backfill.apply.apply", Result(is_stopped=False, refused=0))
    assert call("backfill", "2021-07..2021-08", "--json") == 0
    assert [len(made) for made in (planned, compared, applied)] == [1, 0, 0]
    assert planned[0][0][1:] == (Month(2021, 7), Month(2021, 8))


def test_a_city_without_a_terminal_has_departments_and_all_channels(home: Path, calls: Any) -> None:
    made = calls("bangdan.operations.city_folder.make", [])
    assert call("init", home / "bay", "--name", "湾城", "--name-en", "Bay", "--json") == 0
    channels = ["news_app", "news_site", "wechat", "weibo"]
    assert made[0][0][1:] == ("湾城", "Bay", ["departments"], channels)
    assert (
        call("init", home / "bay", "--name", "湾城", "--name-en", "Bay", "--lists", " towns, universities,", "--json")
        == 0
    )
    assert made[1][0][3:] == (["towns", "universities"], channels)
    assert call("init", home / "bay", "--name", "湾城") == 2
    assert len(made) == 2


# ---- bounds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "least", "less"),
    [
        (["demo", "--scale"], "0.001", "0.0009"),
        (["sql", "select 1", "--seconds"], "0.1", "0.09"),
        (["match", "--posts", ".", "--items", ".", "--out", "out", "--window-hours"], "1", "0"),
    ],
    ids=["scale", "seconds", "window"],
)
def test_an_option_has_a_least_value(home: Path, calls: Any, words: list[str], least: str, less: str) -> None:
    calls("bangdan.demo.write_city")
    works = [
        calls("bangdan.demo.write", {}), calls("bangdan.operations.sql_shell.run", 0),
        calls("bangdan.matching.command.run", {}),
    ]  # fmt: skip
    assert call(*words, less) == 2
    assert works == [[], [], []]
    assert call(*words, least) == 0
    assert sum(map(len, works)) == 1


def test_a_city_is_at_most_a_hundred_times_the_demo(home: Path, calls: Any) -> None:
    calls("bangdan.demo.write_city")
    calls("bangdan.demo.write", {})
    assert (call("demo", "--scale", "100"), call("demo", "--scale", "100.1")) == (0, 2)


def test_an_inbox_that_is_not_there_is_wrong_usage(home: Path, calls: Any) -> None:
    ingested = calls("bangdan.pipeline.intake.ingest")
    assert call("ingest", home / "nowhere") == 2
    assert call("run", "--month", "2021-08", "--inbox", home / "nowhere") == 2
    assert ingested == []


@pytest.mark.parametrize(
    "option", [["--inbox", "."], ["--reason", "C"], ["--note", "x"], ["--published-on", "2021-09-20"]]
)
def test_a_method_is_tried_on_what_is_landed_and_published_for_nobody(
    home: Path, calls: Any, option: list[str], capsys: pytest.CaptureFixture
) -> None:
    tried = calls("bangdan.operations.trial.try_method", {})
    assert call("run", "--month", "2021-08", "--method", "trial-even", *option) == 2
    assert "--method tries a method on what is landed" in capsys.readouterr().err
    assert call("run", "--month", "2021-08", "--method", "trial-even", "--json") == 0
    assert [words[1:3] for words, _ in tried] == [(Month(2021, 8), "trial-even")]


# ---- moments -----------------------------------------------------------------------------------------------------


def test_a_moment_without_a_zone_is_shanghais() -> None:
    assert moment("2021-09-10T06:00:00") == datetime(2021, 9, 10, 6, tzinfo=SHANGHAI)
    assert moment("2021-09-09T22:00:00+00:00") == datetime(2021, 9, 10, 6, tzinfo=SHANGHAI)
    assert moment(None) is None


@pytest.mark.parametrize("text", ["2008-12-31T00:00:00", "2999-01-01T00:00:00", "yesterday"])
def test_a_moment_before_2009_or_in_the_future_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=text):
        moment(text)


# ---- exit codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_stopped", "refused", "code"), [(False, 0, 0), (False, 2, 3), (True, 0, 130), (True, 2, 130)]
)
def test_a_backfill_that_is_stopped_ends_with_130_and_one_that_a_gate_refuses_with_3(
    home: Path, calls: Any, is_stopped: bool, refused: int, code: int
) -> None:
    calls("bangdan.backfill.apply.apply", Result(is_stopped=is_stopped, refused=refused))
    assert call("backfill", "2021-08", "--apply", "--json") == code


@pytest.mark.parametrize(
    ("problems", "to_change", "code"), [([], [], 0), ([], ["2021-08"], 4), (["x"], [], 1), (["x"], ["2021-08"], 1)]
)
def test_an_upgrade_ends_with_1_for_problems_and_else_with_4_for_changes(
    home: Path, calls: Any, problems: list[str], to_change: list[str], code: int
) -> None:
    calls("bangdan.backfill.upgrade.examine", Result(problems=problems, to_change=to_change))
    assert call("upgrade", "--json") == code


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["x is damaged"], 1)])
def test_what_has_problems_ends_with_1(home: Path, calls: Any, problems: list[str], code: int) -> None:
    calls("bangdan.operations.backup.restore", {"problems": problems})
    calls("bangdan.operations.release_check.problems", problems)
    assert call("restore", home, "--json") == code
    assert call("verify") == code


@pytest.mark.parametrize(("fix", "code"), [(0, 0), (1, 1)])
def test_an_examination_ends_with_1_where_something_has_to_be_fixed(
    home: Path, calls: Any, fix: int, code: int
) -> None:
    counts = {"fix": fix, "look": 1 - fix}
    calls("bangdan.operations.doctor.examine", Result(count=counts.__getitem__))
    assert call("doctor", "--json") == code


@pytest.mark.parametrize(("status", "code"), [("loaded", 0), ("refused", 1)])
def test_an_ingestion_ends_with_1_where_a_file_is_refused(home: Path, calls: Any, status: str, code: int) -> None:
    files = [SimpleNamespace(status="loaded"), SimpleNamespace(status=status)]
    calls("bangdan.pipeline.intake.ingest", Result(files=files))
    assert call("ingest", home, "--json") == code


# ---- what is handed on -------------------------------------------------------------------------------------------


def test_an_explanation_needs_a_month_and_a_unit_and_hands_the_dimension_on(home: Path, calls: Any) -> None:
    ways, explained = (
        calls("bangdan.operations.overtake.ways_to_pass", []),
        calls("bangdan.operations.explain.explain", {}),
    )
    assert call("explain", "--month", "2021-08") == 2
    assert call("explain", "--unit", "u1") == 2
    words = ["explain", "--month", "2021-08", "--unit", "u1", "--dimension", "influence", "--json"]
    assert call(*words, "--to-pass", "u2") == 0
    assert call(*words) == 0
    assert ways[0][0][1:] == (Month(2021, 8), "u1", "u2", "influence")
    assert explained[0][0][1:] == (Month(2021, 8), "u1", "influence")


def test_one_month_is_verified_and_all_where_none_is_named(home: Path, calls: Any) -> None:
    verified = calls("bangdan.operations.release_check.problems", [])
    assert (call("verify", "--month", "2021-08"), call("verify")) == (0, 0)
    assert [words[1] for words, _ in verified] == [Month(2021, 8), None]


def test_a_dry_run_is_handed_on(home: Path, calls: Any) -> None:
    purged, ingested = (
        calls("bangdan.pipeline.intake.purge", Result()),
        calls("bangdan.pipeline.intake.ingest", Result(files=[])),
    )
    for option, is_dry in (([], False), (["--dry-run"], True)):
        assert call("purge", "--before", "2021-08", "--json", *option) == 0
        assert call("ingest", home, "--json", *option) == 0
        assert purged[-1] == ((purged[-1][0][0], Month(2021, 8)), {"dry_run": is_dry})
        assert ingested[-1][1]["dry_run"] is is_dry


def test_a_run_hands_every_option_on(home: Path, calls: Any) -> None:
    run = calls("bangdan.pipeline.runs.run", Result())
    assert call("run", "--month", "2021-08", "--json") == 0
    asked = ["--inbox", home, "--reason", "R2", "--note", "x", "--full", "--published-on", "2021-09-20"]
    assert call("run", "--month", "2021-08", "--json", *asked) == 0
    names = ("inbox", "reason", "note", "full", "published_on")
    assert [tuple(options[name] for name in names) for _, options in run] == [
        (None, None, None, False, None),
        (home, "R2", "x", True, date(2021, 9, 20)),
    ]
    assert [options["progress"] for _, options in run] == [None, None], "with --json nothing but the result is printed"


# ---- data folders ------------------------------------------------------------------------------------------------


def test_a_data_folder_is_a_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of_existing_home().home == home
    (home / "file").touch()
    for name in ("file", "missing"):
        monkeypatch.setenv("BANGDAN_HOME", str(home / name))
        with pytest.raises(UsageError, match="does not exist"):
            settings_of_existing_home()


def test_only_the_data_folder_in_a_city_may_be_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = home / "bay"
    city.mkdir()
    (city / "city.yml").write_text("name: 湾城\n", "utf-8")
    monkeypatch.setenv("BANGDAN_CITY", str(city))
    monkeypatch.setenv("BANGDAN_HOME", "")
    assert settings_of_new_or_existing_city().home == city / "data"
    monkeypatch.setenv("BANGDAN_HOME", str(home / "mistyped"))
    with pytest.raises(UsageError, match="mistyped"):
        settings_of_new_or_existing_city()
