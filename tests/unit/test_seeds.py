"""Tests of what is declared: each is silent on the seeds as they are, and names the row that does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from tests.conftest import PROJECT

SEEDS = PROJECT / "dbt_project" / "seeds"
TESTS = PROJECT / "dbt_project" / "tests"
Told = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def told() -> Told:
    """Rows that a singular data test finds, on the seeds after some statements."""
    con = duckdb.connect()
    for file in SEEDS.rglob("*.csv"):
        header = file.read_text("utf-8").partition("\n")[0].split(",")
        con.execute(f"create table {file.stem} as from read_csv('{file}', header = true, all_varchar = true)")
        for name in {"valid_from", "valid_to"} & set(header):
            con.execute(f"alter table {file.stem} alter {name} type date using nullif({name}, '')::date")

    def found(name: str, *statements: str) -> list[tuple[Any, ...]]:
        for one in statements:
            con.execute(one)
        query = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", (TESTS / f"{name}.sql").read_text("utf-8"))
        return con.execute(query).fetchall()

    return found


WRONG = {
    "a term of a theme that is not there": (
        "declared_themes_can_be_found",
        "update theme_terms set theme_id = 'epidemic' where term = '新冠'",
        ("theme_terms", "epidemic", "新冠", "there is no such theme"),
    ),
    "a theme that no term finds": (
        "declared_themes_can_be_found",
        "delete from theme_terms where theme_id = 'import_expo' and kind <> 'exclude'",
        ("themes", "import_expo", "2019-10-01", "no term in force finds it"),
    ),
    "a theme twice at a time": (
        "declared_themes_can_be_found",
        "update themes set valid_to = '2020-10-02' where theme_id = 'import_expo' and valid_from = '2019-10-01'",
        ("themes", "import_expo", "2020-10-01", "it is declared already at that time"),
    ),
    "a sub-topic of a theme that is not there": (
        "declared_themes_can_be_found",
        "update subtopics set theme_id = 'epidemic' where subtopic_id = 'measures'",
        ("subtopics", "epidemic", "measures", "there is no such theme"),
    ),
    "a sub-topic that is known under another theme only": (
        "declared_themes_can_be_found",
        "update subtopic_terms set theme_id = 'flood_season' where term = '消杀'",
        ("subtopic_terms", "flood_season", "measures", "there is no such sub-topic"),
    ),
    "a term of a sub-topic that is not there": (
        "declared_themes_can_be_found",
        "update subtopic_terms set subtopic_id = 'nothing' where term = '消杀'",
        ("subtopic_terms", "epidemic_control", "nothing", "there is no such sub-topic"),
    ),
    "a theme whose only terms rule it out": (
        "declared_themes_can_be_found",
        "update theme_terms set kind = 'exclude' where theme_id = 'party_centenary'",
        ("themes", "party_centenary", "2021-06-01", "no term in force finds it"),
    ),
    "a theme whose terms begin when it ends": (
        "declared_themes_can_be_found",
        "update theme_terms set valid_from = '2021-08-01' where theme_id = 'party_centenary'",
        ("themes", "party_centenary", "2021-06-01", "no term in force finds it"),
    ),
    "a theme whose terms end when it begins": (
        "declared_themes_can_be_found",
        "update theme_terms set valid_to = '2021-06-01' where theme_id = 'party_centenary'",
        ("themes", "party_centenary", "2021-06-01", "no term in force finds it"),
    ),
    "a theme that never ended and is declared again": (
        "declared_themes_can_be_found",
        "update themes set valid_to = null where theme_id = 'import_expo' and valid_from = '2019-10-01'",
        ("themes", "import_expo", "2020-10-01", "it is declared already at that time"),
    ),
    "a term of a subject that is not there": (
        "declared_themes_can_be_found",
        "update subject_terms set subject_id = 'nothing' where rowid = 0",
        ("subject_terms", "nothing", None, "there is no such subject"),
    ),
    "two methods at a time": (
        "one_method_in_force",
        "insert into method_versions (method_version, valid_from) values ('2022-01', '2022-01-01')",
        ("2021-01", "2022-01"),
    ),
    "a method without a parameter": (
        "every_method_has_every_parameter",
        "delete from method_parameters where method_version = '2021-01' and parameter = 'due_day'",
        ("2021-01", "due_day"),
    ),
}


@pytest.mark.parametrize("name", sorted({name for name, _statement, _row in WRONG.values()}))
def test_the_seeds_fit_together(told: Told, name: str) -> None:
    assert told(name) == []


FITS = {
    "a theme that is declared again from the day on which it ends": (
        "declared_themes_can_be_found",
        "update themes set valid_to = '2020-10-01' where theme_id = 'import_expo' and valid_from = '2019-10-01'",
    ),
    "terms that hold for the last day of a theme": (
        "declared_themes_can_be_found",
        "update theme_terms set valid_from = '2021-07-31' where theme_id = 'party_centenary'",
    ),
    "terms that end after the first day of a theme": (
        "declared_themes_can_be_found",
        "update theme_terms set valid_to = '2021-06-02' where theme_id = 'party_centenary'",
    ),
    "a hashtag alone": (
        "declared_themes_can_be_found",
        "delete from theme_terms where theme_id = 'party_centenary' and kind = 'include'",
    ),
}


@pytest.mark.parametrize("fit", FITS)
def test_what_fits_by_a_day_is_not_named(told: Told, fit: str) -> None:
    assert told(*FITS[fit]) == []


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_fit_is_named(told: Told, wrong: str) -> None:
    name, statement, wanted = WRONG[wrong]
    rows = told(name, statement)
    assert any(all(sign in (None, value) for sign, value in zip(wanted, row, strict=True)) for row in rows), rows
