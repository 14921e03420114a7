"""What is published is the table under contract: a release's table with other columns, types, values or key is refused."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from bangdan.core.errors import BangdanError
from bangdan.publication import contract
from bangdan.publication.movement import score_decomposition

ROW = {
    "ranking_month": "2021-08",
    "previous_month": "2021-07",
    "unit_id": "u",
    "dimension": "influence",
    "cause": "reach",
    "change_points": Decimal("1.5"),
}


def checked(*rows: dict, schema: pa.Schema = score_decomposition.SCHEMA) -> None:
    with duckdb.connect() as con:
        contract.check(con, "score_changes", pa.Table.from_pylist(list(rows), schema))


def test_a_table_that_keeps_its_contract_passes() -> None:
    checked()
    checked(ROW, {**ROW, "cause": "volume"}, {**ROW, "dimension": "dissemination"})


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{**ROW, "cause": "luck"}], "cause 'luck' is none of 'volume', 'reach', 'engagement', 'method', 'bonus'"),
        ([{**ROW, "cause": None}], "cause None is none of"),
        ([ROW, ROW], "2 rows share the key (ranking_month, unit_id, dimension, cause) = ('2021-08', 'u', 'influence'"),
    ],
)
def test_an_unknown_value_and_a_key_twice_are_refused_with_the_value(rows: list[dict], problem: str) -> None:
    with pytest.raises(BangdanError, match=re.escape(f"published table score_changes: {problem}")) as refused:
        checked(*rows)
    assert "nothing is published" in str(refused.value.remedy)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda fields: fields[:-1], "change_points missing, by contract decimal(20,12)"),
        (lambda fields: [*fields, pa.field("luck", pa.int32())], "luck integer, by contract not there"),
        (
            lambda fields: [*fields[:-1], pa.field("change_points", pa.float64())],
            "change_points double, by contract decimal(20,12)",
        ),
        (lambda fields: fields[::-1], "in the order change_points, cause, dimension, unit_id"),
    ],
)
def test_other_columns_types_and_orders_are_refused(change, problem: str) -> None:
    schema = pa.schema(change(list(score_decomposition.SCHEMA)))
    with pytest.raises(BangdanError, match=re.escape(problem)):
        checked(schema=schema)


@pytest.mark.parametrize(
    ("table", "column", "after"),
    [
        ("ranking", "previous_rank", "rank"), ("ranking", "previous_rank_low", "previous_rank"),
        ("ranking", "previous_rank_high", "previous_rank_low"), ("ranking", "rank_change", "previous_rank_high"),
        ("ranking", "movement", "rank_change"), ("ranking", "restated_previous_rank", "movement"),
        ("monthly_summary", "originality_rate_change_pp", "originality_rate"), ("subjects", "reprint_count_change", "dissemination_contribution"),
    ],
)  # fmt: skip
def test_a_column_that_a_release_adds_follows_the_one_that_it_explains(table: str, column: str, after: str) -> None:
    names = [entry.name for entry in contract.tables()[table].columns]
    assert names.index(column) == names.index(after) + 1
    assert column not in contract.model_columns(table)
    assert [name for name in names if name in contract.model_columns(table)] == contract.model_columns(table)


def test_movement_is_new_returned_or_empty() -> None:
    (movement,) = (column for column in contract.tables()["ranking"].columns if column.name == "movement")
    assert movement.values == ("", "NEW", "RE")
