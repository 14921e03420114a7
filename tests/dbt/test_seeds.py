"""Tests of what is declared: each is silent on the seeds as they are, and names the row that does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from tests.support import demo_city
from tests.support.homes import PROJECT

SEEDS = demo_city.seeds()
TESTS = PROJECT / "dbt_project" / "tests"
RowsByTest = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def rows_by_test() -> RowsByTest:
    """Rows that a singular data test finds, on the seeds after some statements."""
    con = duckdb.connect()
    for file in SEEDS.rglob("*.csv"):
        header = file.read_text("utf-8").partition("\n")[0].split(",")
        con.execute(f"create table {file.stem} as from read_csv('{file}', header = true, all_varchar = true)")
        if "weight" in header:
            con.execute(f"alter table {file.stem} alter weight type decimal(8, 6)")
        for name in {"valid_from", "valid_to"} & set(header):
            con.execute(f"alter table {file.stem} alter {name} type date using nullif({name}, '')::date")

    def rows_after(name: str, *statements: str) -> list[tuple[Any, ...]]:
        for statement in statements:
            con.execute(statement)
        query = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", (TESTS / f"{name}.sql").read_text("utf-8"))
        return con.execute(query).fetchall()

    return rows_after


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
    "a term of a sub-topic that nobody declared": (
        "declared_themes_can_be_found",
        "update subtopic_terms set subtopic_id = 'nothing' where term = '消杀'",
        ("subtopic_terms", "epidemic_control", "nothing", "there is no such sub-topic"),
    ),
    "a sub-topic of another theme": (
        "declared_themes_can_be_found",
        "update subtopic_terms set theme_id = 'double_reduction' where term = '消杀'",
        ("subtopic_terms", "double_reduction", "measures", "there is no such sub-topic"),
    ),
    "a theme whose terms have ended before it begins": (
        "declared_themes_can_be_found",
        "update theme_terms set valid_to = '2021-08-01' where theme_id = 'double_reduction'",
        ("themes", "double_reduction", "2021-08-01", "no term in force finds it"),
    ),
    "a theme whose terms begin on the day it ends": (
        "declared_themes_can_be_found",
        "update theme_terms set valid_from = '2022-01-01' where theme_id = 'double_reduction'",
        ("themes", "double_reduction", "2021-08-01", "no term in force finds it"),
    ),
    "a theme declared without an end and declared again": (
        "declared_themes_can_be_found",
        "update themes set valid_to = null where theme_id = 'import_expo' and valid_from = '2019-10-01'",
        ("themes", "import_expo", "2021-10-01", "it is declared already at that time"),
    ),
    "weights that do not add up to one": (
        "weights_add_up_to_one",
        "update method_indicators set weight = '0.61' where method_version = '2021-01' and indicator_id = 'read'",
        ("2021-01", "influence", None),
    ),
    "weights that add up to less than one": (
        "weights_add_up_to_one",
        "update method_indicators set weight = '0.29' where method_version = 'trial-even' and indicator_id = 'read'",
        ("trial-even", "influence", None),
    ),
    "a trial that touches a method in force": (
        "one_method_in_force",
        "update method_versions set valid_from = '2021-08-01', valid_to = '2021-08-02' where method_version = 'trial-even'",
        ("2021-01", "trial-even"),
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
def test_the_seeds_fit_together(rows_by_test: RowsByTest, name: str) -> None:
    assert rows_by_test(name) == []


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
    "a theme declared again on the day it ends": (
        "declared_themes_can_be_found",
        "update themes set valid_to = '2020-10-01' where theme_id = 'import_expo' and valid_from = '2019-10-01'",
    ),
    "terms that end with their theme": (
        "declared_themes_can_be_found",
        "update theme_terms set valid_from = '2021-08-01', valid_to = '2022-01-01' where theme_id = 'double_reduction'",
    ),
    "a theme without an end that its terms find from a later day": (
        "declared_themes_can_be_found",
        "update themes set valid_to = null where theme_id = 'double_reduction';"
        "update theme_terms set valid_from = '2030-01-01' where theme_id = 'double_reduction'",
    ),
    "a theme that only its hashtag finds": (
        "declared_themes_can_be_found",
        "delete from theme_terms where theme_id = 'double_reduction' and kind = 'include'",
    ),
    "a method that follows another of a later name on the day it ends": (
        "one_method_in_force",
        "update method_versions set valid_to = '2022-01-01' where method_version = '2021-01';"
        "insert into method_versions (method_version, valid_from) values ('2020-12', '2022-01-01');"
        "delete from method_versions where method_version = 'trial-even'",
    ),
    "a method that follows another on the day it ends": (
        "one_method_in_force",
        "update method_versions set valid_to = '2022-01-01' where method_version = '2021-01';"
        "insert into method_versions (method_version, valid_from) values ('2022-01', '2022-01-01');"
        "delete from method_versions where method_version = 'trial-even'",
    ),
}


@pytest.mark.parametrize("right", FITS)
def test_what_meets_at_its_edges_fits(rows_by_test: RowsByTest, right: str) -> None:
    name, statements = FITS[right]
    assert rows_by_test(name, *statements.split(";")) == []


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_fit_is_named(rows_by_test: RowsByTest, wrong: str) -> None:
    name, statement, wanted = WRONG[wrong]
    rows = rows_by_test(name, statement)
    assert any(all(sign in (None, value) for sign, value in zip(wanted, row, strict=True)) for row in rows), rows
