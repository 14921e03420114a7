"""Comparing a range built aside with what is published: nothing outside the scratch area changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.backfill.diff import diff
from bangdan.core import city
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication.movement import comparison
from bangdan.publication.pages import comparison_page
from tests.support import demo_city
from tests.support.backfill_homes import DECISIONS, Home, tree
from tests.support.backfill_stages import Stages

DEMO = city.load(demo_city.settings())


class Comparisons:
    """What each month would change, as the test says; and what it was asked with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[Path, Path, str]] = []
        self.differences: dict[str, dict] = {}
        monkeypatch.setattr(comparison, "compare", self._compare)
        monkeypatch.setattr(city, "load", lambda settings: DEMO)
        monkeypatch.setattr(
            comparison_page, "page", lambda result, language: f"{language} {result['first']}..{result['last']}"
        )

    def _compare(self, aside: Settings, settings: Settings, month: Month) -> dict:
        self.asked.append((aside.home, settings.home, str(month)))
        return {"is_new": False, "units_changed": 0, "rows_changed": {}} | self.differences.get(str(month), {})


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> Comparisons:
    return Comparisons(monkeypatch)


def june_to_august(home: Home) -> None:
    for letter, month in (("a", "2021-06"), ("b", "2021-07"), ("c", "2021-08")):
        home.export(letter, month)


def compared(home: Home, first: str = "2021-06", last: str = "2021-08") -> dict:
    return diff(home.settings, Month.parse(first), Month.parse(last)).to_json()


def test_a_range_is_built_aside_and_every_month_of_it_compared(
    home: Home, stages: Stages, comparisons: Comparisons
) -> None:
    june_to_august(home)
    result = compared(home, "2021-05", "2021-10")
    aside = home.settings.home / "scratch" / "backfill"
    assert comparisons.asked == [(aside, home.settings.home, month) for month in ("2021-06", "2021-07", "2021-08")]
    assert [row["month"] for row in result["months"]] == ["2021-06", "2021-07", "2021-08"]
    assert (result["first"], result["last"]) == ("2021-05", "2021-10")
    assert stages.done[0] == "register 2021-06..2021-08"
    assert not [step for step in stages.done if step.startswith(("publish", "follow", "load"))]


def test_a_month_that_would_be_kept_is_compared_too(home: Home, stages: Stages, comparisons: Comparisons) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    assert [row["month"] for row in compared(home, "2021-08", "2021-08")["months"]] == ["2021-08"]


def test_a_purged_month_is_named_and_the_months_before_and_after_it_are_built_and_compared(
    home: Home, stages: Stages, comparisons: Comparisons
) -> None:
    june_to_august(home)
    home.purge("b", "2021-07")
    result = compared(home)
    assert result["purged"] == ["2021-07"]
    assert [month for _scratch, _home, month in comparisons.asked] == ["2021-06", "2021-08"]
    assert [row["month"] for row in result["months"]] == ["2021-06", "2021-08"]
    assert [step for step in stages.done if step.startswith("register")] == [
        "register 2021-06..2021-06", "register 2021-08..2021-08",
    ]  # fmt: skip


def test_purged_months_at_the_ends_of_a_range_or_alone_leave_nothing_else_out(
    home: Home, stages: Stages, comparisons: Comparisons
) -> None:
    june_to_august(home)
    home.purge("a", "2021-06")
    result = compared(home)
    assert (result["purged"], [row["month"] for row in result["months"]]) == (["2021-06"], ["2021-07", "2021-08"])
    assert compared(home, "2021-06", "2021-06")["months"] == []


def test_the_scratch_area_is_emptied_before_a_comparison(home: Home, stages: Stages, comparisons: Comparisons) -> None:
    june_to_august(home)
    old = home.settings.home / "scratch" / "backfill"
    for name in ("evidence/matches/month=2021-07/part-0.parquet", "warehouse/bangdan.duckdb", "diff-old.html"):
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_text("of an earlier comparison", "utf-8")
    compared(home)
    assert not (old / "diff-old.html").exists()
    assert (old / "evidence/matches/month=2021-07/part-0.parquet").read_text("utf-8") == "abc"


def test_nothing_but_the_scratch_area_is_written(home: Home, stages: Stages, comparisons: Comparisons) -> None:
    june_to_august(home)
    home.release("2021-07", "a")
    (home.settings.landing).mkdir(exist_ok=True)
    (home.settings.home / "scratch").mkdir()
    report = home.settings.runs / "2021-07" / "quality" / "ranking.json"
    report.parent.mkdir(parents=True)
    report.write_text("{}", "utf-8")

    def beside_scratch() -> dict:
        return {name: entry for name, entry in tree(home.settings.home).items() if not name.startswith("scratch")}

    # The raw layer gets its empty layout from the first build, whoever asks for it.
    compared(home)
    before = beside_scratch()
    compared(home)
    assert beside_scratch() == before
    assert report.exists()


def test_the_difference_is_due_to_the_only_cause_and_to_none_where_there_are_two(
    home: Home, stages: Stages, comparisons: Comparisons
) -> None:
    june_to_august(home)
    for month in ("2021-06", "2021-07", "2021-08"):
        home.release(month, *("ab" if month == "2021-06" else "abc"))
    home.export("d", "2021-08")
    july = compared(home, "2021-07", "2021-07")["months"][0]
    assert (july["due_to"], july["changes"], list(july["causes"])) == ("inputs", ["inputs: 1 new, 0 gone"], ["inputs"])
    home.seed(DECISIONS, "other\n")
    rows = compared(home)["months"]
    assert [row["due_to"] for row in rows] == ["seeds", None, None]
    assert [sorted(row["causes"]) for row in rows] == [
        ["seeds"],
        ["inputs", "previous", "seeds"],
        ["inputs", "previous", "seeds"],
    ]


def test_without_any_cause_the_difference_is_due_to_nothing(
    home: Home, stages: Stages, comparisons: Comparisons
) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    row = compared(home, "2021-08", "2021-08")["months"][0]
    assert (row["due_to"], row["causes"], row["largest"], row["by_cause"]) == (None, {}, [], {})


def test_a_month_changes_when_a_unit_or_a_row_does(home: Home, stages: Stages, comparisons: Comparisons) -> None:
    june_to_august(home)
    comparisons.differences = {"2021-06": {"units_changed": 2}, "2021-07": {"rows_changed": {"posts": 1}}}
    assert compared(home)["to_change"] == 2
    comparisons.differences = {}
    assert compared(home)["to_change"] == 0


def test_what_was_compared_wins_over_what_was_planned(home: Home, stages: Stages, comparisons: Comparisons) -> None:
    home.export("a", "2021-08")
    comparisons.differences = {"2021-08": {"largest": [{"unit_name": "杨浦区"}], "by_cause": {"reach": 1}}}
    row = compared(home, "2021-08", "2021-08")["months"][0]
    assert (row["largest"], row["by_cause"], row["month"]) == ([{"unit_name": "杨浦区"}], {"reach": 1}, "2021-08")


def test_a_page_is_written_in_both_languages(home: Home, stages: Stages, comparisons: Comparisons) -> None:
    june_to_august(home)
    result = compared(home)
    folder = home.settings.home / "scratch" / "backfill"
    assert result["pages"] == {"zh": "diff-2021-06-2021-08.html", "en": "diff-2021-06-2021-08.en.html"}
    assert result["report"] == str(folder / "diff-2021-06-2021-08.html")
    for language, name in result["pages"].items():
        assert (folder / name).read_text("utf-8") == f"{language} 2021-06..2021-08"


def test_without_exports_nothing_is_built_and_the_page_says_so(
    home: Home, stages: Stages, comparisons: Comparisons
) -> None:
    result = compared(home)
    assert (result["months"], result["to_change"], stages.done) == ([], 0, [])
    assert Path(result["report"]).exists()


def test_the_build_is_told_line_by_line(home: Home, stages: Stages, comparisons: Comparisons) -> None:
    june_to_august(home)
    message: list[str] = []
    diff(home.settings, Month(2021, 6), Month(2021, 8), message.append)
    assert message[0] == "register 2021-06..2021-08"
    assert message[-1] == "[5/5] present of 2021-06..2021-08"
