"""Models say nothing that only one engine understands: what engines write differently is in macros/portable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.homes import PROJECT

DBT = PROJECT / "dbt_project"
# Functions that DuckDB and Spark both have, with the same results over the nasty values of tests/spark.
PORTABLE = """
    abs avg bool_or ceil chr coalesce concat_ws contains count dense_rank first_value floor greatest lag lead least left
    length ln lower max md5 median min nullif percentile_disc power rank right round row_number sign sqrt startswith sum
"""
# Words that stand before a bracket and are no functions.
KEYWORDS = """
    and as between by case cast date decimal distinct else end exists filter from group having in interval is join like
    not null on or order over partition rows select then timestamp try_cast union using values when where window with within
"""
# What only DuckDB reads, or what the two read differently, with the remedy.
ONE_ENGINE = {
    r"::": "write cast(… as …)",
    r"\bvarchar\b": "write string: Spark asks for a VARCHAR's length",
    r"\bhugeint\b": "use the macro whole_number",
    r"//": "use the macro whole_division",
    r"\bqualify\b": "number the rows in a CTE and select from it",
    r"\bgroup by all\b|\border by all\b": "name the columns",
    r"\bexclude current row\b": "join two frames, of the rows before and after",
    r"select \* (exclude|replace|except)\b": "name the columns",
    r"\b(un)?pivot\b|\basof\b|\bpositional\b": "write it with case and union all",
    r"\busing sample\b": "filter by a hash",
    r"[^{]\{'": "a struct literal is a row constructor in one engine only",
    r"= *\[|\(\[": "a list literal is DuckDB's",
    r"\blambda\b|->": "write a macro in portable",
}
MODELS = sorted(
    [*(DBT / "models").rglob("*.sql"), *(DBT / "tests").rglob("*.sql"), *(DBT / "macros" / "rules").rglob("*.sql")]
)


def sql(text: str) -> str:
    """The statement without comments, Jinja and what quotes hold."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"--[^\n]*", " ", text)
    # Expressions that a macro is given are SQL too: they stand in quotes within {{ }}.
    given = [
        word
        for call in re.findall(r"\{\{(.*?)\}\}", text, re.DOTALL)
        for word in re.findall(r"\"(.*?)\"", call, re.DOTALL)
    ]
    text = re.sub(r"\{\{.*?\}\}", " x ", text, flags=re.DOTALL)
    return re.sub(r"'[^']*'", "''", "\n".join([text, *given])).lower()


def foreign(text: str) -> list[str]:
    """What of a model's text only one engine understands, each with the remedy."""
    statement = sql(text)
    functions = set(re.findall(r"\b([a-z_][a-z0-9_]*) ?\(", statement)) - {*PORTABLE.split(), *KEYWORDS.split()}
    named = set(re.findall(r"\b([a-z_]+) (?:as )?\($", statement, re.MULTILINE))  # CTEs and windows
    result = [
        f"{name}(): in no list of functions that both engines have; write a macro in portable"
        for name in sorted(functions - named)
    ]
    return result + [f"{pattern}: {remedy}" for pattern, remedy in ONE_ENGINE.items() if re.search(pattern, statement)]


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_a_model_says_nothing_that_only_one_engine_understands(file: Path) -> None:
    assert foreign(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "select arg_max(a, b) from t", "select a::int from t", "select list_distinct(a) from t", "select a // b from t",
        "select cast(a as varchar) from t", "select a from t group by all", "select * exclude (a) from t",
        "select a from t qualify row_number() over (order by a) = 1", "select strftime(a, '%d') from t",
        "select {{ ratio(\"epoch(a)\", 'b') }} from t", "select max(a) over (order by b rows between 1 preceding and 1 following exclude current row)",
    ],
)  # fmt: skip
def test_what_only_duckdb_understands_is_found(text: str) -> None:
    assert foreign(text) != []


def test_every_portable_macro_has_both_engines_or_needs_none() -> None:
    """One construct a file, named as its macro; a macro that both engines read as it is goes through no dispatch."""
    for file in sorted((DBT / "macros" / "portable").glob("*.sql")):
        made = re.findall(r"macro (\w+)\(", file.read_text("utf-8"))
        assert made in ([file.stem], [file.stem, f"default__{file.stem}", f"spark__{file.stem}"]), file.name
