"""Every model of two small months, by Spark and by DuckDB."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.support.spark_tables import MODELS, Engines, differences


def test_every_model_is_built_by_both_engines(engines: Engines) -> None:
    assert len(engines.relations()) == len(list(MODELS.rglob("*.sql")))
    assert engines.by_spark("published.rpt_ranking").num_rows > 0


def test_every_table_has_the_same_rows_and_kinds_of_types(engines: Engines) -> None:
    result = {}
    for relation in engines.relations():
        if wrong := differences(engines.by_duckdb(relation), engines.by_spark(relation)):
            result[relation] = wrong
    assert result == {}


def test_a_published_table_has_the_types_of_its_contract_on_both_engines(engines: Engines) -> None:
    for relation in engines.relations():
        if not relation.startswith("published."):
            continue
        ours, theirs = engines.by_duckdb(relation).schema, engines.by_spark(relation).schema
        assert {name: plain(ours.field(name).type) for name in ours.names} == {
            name: plain(theirs.field(name).type) for name in theirs.names
        }, relation


def plain(type_: pa.DataType) -> str:
    return str(type_).removeprefix("large_")


@pytest.mark.parametrize(
    ("column", "value"), [("score", "score + 0.01"), ("unit_name", "unit_name || ' '"), ("rank_low", "null")]
)
def test_a_single_value_that_differs_is_found(engines: Engines, column: str, value: str) -> None:
    """The negative control: the comparison fails where it must."""
    ours = engines.by_duckdb("published.rpt_ranking")
    changed = engines.spark.sql(
        f"select * except ({column}), case when rank = 1 then cast({value} as"
        f" {dict(engines.spark.table('published.rpt_ranking').dtypes)[column]}) else {column} end as {column}"
        " from published.rpt_ranking"
    ).toArrow()
    assert any("rows only in theirs" in line for line in differences(ours, changed))


def test_a_row_that_is_there_twice_is_found(engines: Engines) -> None:
    ours = engines.by_duckdb("published.rpt_ranking")
    twice = pa.concat_tables([ours, ours.slice(0, 1)])
    assert [line for line in differences(ours, twice) if "rows only in theirs" in line]
    assert differences(ours, ours) == []
