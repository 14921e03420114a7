"""The project's data tests: each is silent where the data fit, and names the row where they do not."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from tests.support.models_in_memory import DBT, Project, Town, project_files

AUGUST = {"ranking_month": "2021-08"}


def failures_of(town: Town, test: str) -> list[tuple[Any, ...]]:
    return town.ask(Project().render(project_files("tests", "*.sql")[test].read_text("utf-8")))


def test_a_match_counts_or_has_a_reason(town: Town) -> None:
    town.put(
        "marts.fct_reprints",
        {**AUGUST, "item_id": "counts", "is_counted": True}, {**AUGUST, "item_id": "refused", "is_counted": False, "not_counted_reason": "self"},
        {**AUGUST, "item_id": "both", "is_counted": True, "not_counted_reason": "self"}, {**AUGUST, "item_id": "neither", "is_counted": False},
        {"ranking_month": "2021-07", "item_id": "of July", "is_counted": False},
    )  # fmt: skip
    assert [row[1] for row in sorted(failures_of(town, "counted_or_a_reason"))] == ["both", "neither"]


def test_contributions_add_up_to_their_indicator_exactly(town: Town) -> None:
    town.put(
        "marts.fct_unit_month_indicators",
        *({**AUGUST, "unit_id": unit, "indicator_id": "wechat", "contribution": "1.5"} for unit in ("exact", "short", "long")),
        {**AUGUST, "unit_id": "exact", "indicator_id": "weibo", "contribution": "9"},
    )  # fmt: skip
    part = {**AUGUST, "indicator_id": "wechat"}
    town.put(
        "marts.fct_reprint_contributions",
        *({**part, "unit_id": unit, "post_id": "p", "picopoints": 1_000_000_000_000} for unit in ("exact", "short", "long")),
        {**part, "unit_id": "exact", "post_id": "q", "picopoints": 500_000_000_000},
        {**part, "unit_id": "short", "post_id": "q", "picopoints": 499_999_999_999},
        {**part, "unit_id": "long", "post_id": "q", "picopoints": 500_000_000_001},
    )  # fmt: skip
    assert sorted(row[1] for row in failures_of(town, "contributions_add_up")) == ["long", "short"]


@pytest.mark.parametrize(("weight", "is_wrong"), [("0.30", False), ("0.29", True), ("0.31", True)])
def test_weights_of_a_dimension_add_up_to_one(town: Town, weight: str, is_wrong: bool) -> None:
    town.con.execute(
        f"update seeds.method_indicators set weight = {weight} where method_version = '2021-01' and indicator_id = 'news_app'"
    )
    assert [row[:2] for row in failures_of(town, "weights_add_up_to_one")] == (
        [("2021-01", "dissemination")] if is_wrong else []
    )


SPANS = [
    # begin and end of the second method; the first holds in 2020 → both at a time
    ("2021-01-01", None, False), ("2020-12-31", None, True), ("2019-01-01", "2020-01-01", False), ("2019-01-01", "2020-01-02", True),
    ("2020-03-01", "2020-04-01", True), ("2019-01-01", None, True),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "end", "is_wrong"), SPANS)
@pytest.mark.parametrize("names", ["ab", "ba"])
def test_no_two_methods_are_in_force_at_a_time(
    town: Town, names: str, begin: str, end: str | None, is_wrong: bool
) -> None:
    town.put(
        "seeds.method_versions", {"method_version": names[0], "valid_from": "2020-01-01", "valid_to": "2021-01-01"},
        {"method_version": names[1], "valid_from": begin, "valid_to": end},
    )  # fmt: skip
    assert failures_of(town, "one_method_in_force") == ([("a", "b")] if is_wrong else [])


def test_two_methods_without_end_are_both_in_force(town: Town) -> None:
    town.put(
        "seeds.method_versions",
        {"method_version": "a", "valid_from": "2020-01-01"},
        {"method_version": "b", "valid_from": "2021-01-01"},
    )
    assert failures_of(town, "one_method_in_force") == [("a", "b")]


def test_a_method_has_every_parameter_that_another_has(town: Town) -> None:
    town.put("seeds.method_versions", {"method_version": "a"}, {"method_version": "b"})
    town.put(
        "seeds.method_parameters", {"method_version": "a", "parameter": "x", "value": "1"}, {"method_version": "b", "parameter": "x", "value": "1"},
        {"method_version": "a", "parameter": "y", "value": "1"}, {"method_version": "b", "parameter": "z", "value": None},
    )  # fmt: skip
    assert sorted(failures_of(town, "every_method_has_every_parameter")) == [("a", "z"), ("b", "y"), ("b", "z")]


# ---- what is declared -----------------------------------------------------------------------------------------------


@pytest.fixture
def declared(town: Town) -> Town:
    """Theme `t` of 2021 with a term, a sub-topic with a term, and a subject with a term."""
    year = {"valid_from": "2021-01-01", "valid_to": "2022-01-01"}
    town.put("seeds.themes", {"theme_id": "t", **year})
    town.put("seeds.theme_terms", {"theme_id": "t", "term": "词", "kind": "include", **year})
    town.put("seeds.subtopics", {"theme_id": "t", "subtopic_id": "s", **year})
    town.put("seeds.subtopic_terms", {"theme_id": "t", "subtopic_id": "s", "term": "词", **year})
    town.put("seeds.subjects", {"subject_id": "b", **year})
    town.put("seeds.subject_terms", {"subject_id": "b", "term": "词", **year})
    return town


def misfits(town: Town) -> list[tuple[Any, ...]]:
    return sorted(failures_of(town, "declared_themes_can_be_found"))


def test_what_fits_together_is_not_named(declared: Town) -> None:
    assert misfits(declared) == []


MISFITS = {
    "themes": ("theme_terms", "t2", "词", "there is no such theme"),
    "subtopics": ("subtopic_terms", "t", "s", "there is no such sub-topic"),
    "subjects": ("subject_terms", "b", "词", "there is no such subject"),
}


def test_a_term_of_something_undeclared_is_named(declared: Town) -> None:
    declared.add("seeds.theme_terms", {"theme_id": "t2", "term": "词", "kind": "exclude", "valid_from": "2021-01-01"})
    declared.add("seeds.subtopics", {"theme_id": "t2", "subtopic_id": "s2", "valid_from": "2021-01-01"})
    declared.add(
        "seeds.subtopic_terms", {"theme_id": "t", "subtopic_id": "s2", "term": "词", "valid_from": "2021-01-01"}
    )
    declared.add("seeds.subject_terms", {"subject_id": "b2", "term": "词", "valid_from": "2021-01-01"})
    assert misfits(declared) == [
        ("subject_terms", "b2", "词", "there is no such subject"), ("subtopic_terms", "t", "s2", "there is no such sub-topic"),
        ("subtopics", "t2", "s2", "there is no such theme"), ("theme_terms", "t2", "词", "there is no such theme"),
    ]  # fmt: skip


TERMS = [
    ("2021-12-31", None, True), ("2022-01-01", None, False), ("2019-01-01", "2021-01-01", False), ("2019-01-01", "2021-01-02", True),
    ("2021-06-01", "2021-07-01", True),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "end", "is_found"), TERMS)
def test_a_theme_that_no_term_can_find_while_it_holds_is_named(
    declared: Town, begin: str, end: str | None, is_found: bool
) -> None:
    declared.put(
        "seeds.theme_terms", {"theme_id": "t", "term": "词", "kind": "hashtag", "valid_from": begin, "valid_to": end}
    )
    assert misfits(declared) == ([] if is_found else [("themes", "t", "2021-01-01", "no term in force finds it")])


def test_a_term_that_excludes_or_is_another_themes_finds_nothing(declared: Town) -> None:
    declared.add("seeds.themes", {"theme_id": "t2", "valid_from": "2021-01-01"})
    declared.add("seeds.theme_terms", {"theme_id": "t2", "term": "词", "kind": "exclude", "valid_from": "2021-01-01"})
    assert misfits(declared) == [("themes", "t2", "2021-01-01", "no term in force finds it")]


@pytest.mark.parametrize(("begin", "is_wrong"), [("2021-12-31", True), ("2022-01-01", False), ("2021-02-01", True)])
def test_a_theme_that_is_declared_twice_at_a_time_is_named(declared: Town, begin: str, is_wrong: bool) -> None:
    declared.add("seeds.themes", {"theme_id": "t", "valid_from": begin})
    declared.add("seeds.theme_terms", {"theme_id": "t", "term": "别词", "kind": "include", "valid_from": "2021-01-01"})
    assert misfits(declared) == ([("themes", "t", begin, "it is declared already at that time")] if is_wrong else [])


# ---- the seeds as they are ------------------------------------------------------------------------------------------


def rows_of(seed: str) -> list[list[str]]:
    with project_files("seeds", "*.csv")[seed].open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


REFERENCE = {
    "channel_types": [
        ["channel_type"], ["news_app"], ["news_site"], ["wechat"], ["weibo"],
    ],
    "unit_aliases": [
        ["unit_id", "alias", "valid_from", "valid_to", "declared_by", "declared_on", "reason"],
        ["d-wjw", "市卫建委", "2019-01-01", "", "演示评议组", "2021-07-20", "常见误写"],
    ],
    "match_decisions": [["item_id", "post_id", "decision", "guard", "valid_from", "valid_to", "decided_by", "decided_on", "reason"]],
    "post_corrections": [["post_id", "action", "guard", "valid_from", "valid_to", "decided_by", "decided_on", "reason"]],
}  # fmt: skip


@pytest.mark.parametrize("seed", REFERENCE)
def test_reference_and_corrections_are_as_the_bulletin_and_the_project_group_have_them(seed: str) -> None:
    assert rows_of(seed) == REFERENCE[seed]


def test_every_key_of_a_seed_is_there_once(town: Town) -> None:
    import yaml

    for seed in yaml.safe_load((DBT / "seed_properties" / "_seeds.yml").read_text("utf-8"))["seeds"]:
        (key,) = [test["one_row_is"]["arguments"]["key"] for test in seed["data_tests"]]
        assert town.ask(f"select {key}, count(*) from seeds.{seed['name']} group by all having count(*) > 1") == [], (
            seed["name"]
        )


def test_no_span_of_a_seed_ends_before_it_begins() -> None:
    for name in project_files("seeds", "*.csv"):
        header, *rows = rows_of(name)
        if "valid_to" in header:
            begin, end = header.index("valid_from"), header.index("valid_to")
            assert [row for row in rows if row[end] and not row[begin] < row[end]] == [], name
            assert [row for row in rows if not row[begin]] == [], name


def test_judgement_is_kept_as_text_and_days_as_dates(town: Town) -> None:
    """What dbt would guess from few rows: an empty column as a number, an id of digits as one."""
    text = {
        "unit_id",
        "post_id",
        "item_id",
        "guard",
        "action",
        "decision",
        "decided_by",
        "reason",
        "scope",
        "method_version",
        "value",
    }
    days = {"valid_from", "valid_to", "declared_on", "decided_on"}
    rows = town.ask("select table_name, column_name, data_type from duckdb_columns() where schema_name = 'seeds'")
    assert {kind for _table, column, kind in rows if column in days} == {"DATE"}
    assert {kind for _table, column, kind in rows if column in text} == {"VARCHAR"}
    import yaml

    declared = yaml.safe_load((DBT / "dbt_project.yml").read_text("utf-8"))["seeds"]["bangdan"]["+column_types"]
    assert {name for name, kind in declared.items() if kind == "date"} >= days
    assert {name for name, kind in declared.items() if kind == "varchar"} >= text
