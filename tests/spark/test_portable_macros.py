"""Each portable macro, and the rules made of them, over nasty values: the same on Spark as on DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tests.support import nasty_values
from tests.support.models_in_memory import DBT, Project
from tests.support.spark_tables import differences


class SparkProject(Project):
    """The project's macros as dbt finds them with the target `spark`."""

    def dispatch(self, name: str, _project: str) -> Callable[..., str]:
        return self.macros.get(f"spark__{name}") or self.macros[f"default__{name}"]


OF_TEXTS = {
    "normal_name": ("value",),
    "simplified": ("value",),
    "without_lookalikes": ("value",),
    "lowered": ("value",),
    "trimmed": ("value", ".。·・"),
    "composed": ("value",),
    "translated": ("value", "體點", "体点"),
    "has_pattern": ("value", "^[1-9][0-9]{15}$"),
    "without_pattern": ("value", "[0-9a]"),
}
OF_MOMENTS = {
    "local_time": ("moment",),
    "year_month": ("local",),
    "seconds_of": ("local",),
    "days_between": ("first_day", "day"),
    "moment_of_seconds": ("seconds",),
    "last_moment": ("local", "'day'"),
}
OF_NUMBERS = {
    "whole_division": ("a", "b"),
    "whole_number": ("points * 1000000000000",),
    "ratio": ("a", "b"),
    "points": ("a",),
    "rounded": ("share", "cast(mod(number, 4) as integer)"),
}
OF_GROUPS = {
    "joined": ("word",),
    "joined_in_order": ("word", "place"),
    "value_of_first": ("word", ["place", "number"]),
    "value_of_last": ("word", "place"),
}
OF_LISTS = {"joined_list": ("words",), "joined_distinct": ("words",), "has_element": ("words", "'a'")}
# What a macro is not asked: a rest of nothing, a ratio of more digits than it has, the composition of no text.
WHERE = {
    "whole_division": "where b <> 0",
    "ratio": "where b = 0 or abs(cast(a as double)) < 999 * abs(cast(b as double))",
    "composed": "where value is not null",
}
CASES = [
    *(("texts", name, words, WHERE.get(name, "")) for name, words in OF_TEXTS.items()),
    *(("code_points", name, OF_TEXTS[name], "") for name in ("normal_name", "simplified", "without_lookalikes")),
    *(("moments", name, words, "") for name, words in OF_MOMENTS.items()),
    *(("numbers", name, words, WHERE.get(name, "")) for name, words in OF_NUMBERS.items()),
    *(("groups", name, words, "group by of") for name, words in OF_GROUPS.items()),
    *(("lists", name, words, "") for name, words in OF_LISTS.items()),
]


def on_both(spark: SparkSession, table: pa.Table, select: Callable[[Project], str]) -> list[str]:
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Shanghai'")
    con.register("nasty", table)
    spark.createDataFrame(table).createOrReplaceTempView("nasty")
    ours = con.sql(select(Project())).to_arrow_table()
    return differences(ours, spark.sql(select(SparkProject())).toArrow())


@pytest.mark.parametrize(
    ("table", "macro", "words", "clause"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_macro_gives_the_same(
    session: SparkSession, table: str, macro: str, words: tuple[Any, ...], clause: str
) -> None:
    key = "of" if clause.startswith("group") else "number"
    values = getattr(nasty_values, table)()
    assert values.num_rows > 5
    assert (
        on_both(
            session,
            values,
            lambda project: f"select {key}, {project.macro(macro, *words)} as result from nasty {clause}",
        )
        == []
    )


@pytest.mark.parametrize(("macro", "table", "words"), [("explode", "lists", "words"), ("days_of", "moments", None)])
def test_a_list_has_the_same_rows(session: SparkSession, macro: str, table: str, words: str | None) -> None:
    def select(project: Project) -> str:
        listed = words or project.macro("days_of", "first_day", "date '2021-09-01'")
        return f"select number, {project.macro('explode', listed)} as result from nasty"

    assert on_both(session, getattr(nasty_values, table)(), select) == []


@pytest.mark.parametrize(("of", "wanted"), [("log", "log"), ("linear", "linear"), ("unknown", "unknown")])
def test_a_term_is_the_same_to_the_last_digit(session: SparkSession, of: str, wanted: str) -> None:
    def select(project: Project) -> str:
        return f"select number, {project.macro('term', 'a', 'b', repr(wanted))} as result from nasty where a >= 0 and b > 0"

    assert on_both(session, nasty_values.numbers(), select) == []


def test_every_portable_macro_is_compared() -> None:
    compared = {macro for _table, macro, _words, _clause in CASES} | {"explode", "days_of"}
    assert {file.stem for file in (DBT / "macros" / "portable").glob("*.sql")} <= compared


def test_a_macro_that_differs_is_found(session: SparkSession) -> None:
    """The negative control: Spark's own lower case of all code points is not DuckDB's translation."""
    rows = on_both(
        session, nasty_values.texts(),
        lambda project: "select number, upper(value) as result from nasty" if type(project) is Project
        else "select number, lower(value) as result from nasty",
    )  # fmt: skip
    assert any("rows only in theirs" in line for line in rows)
