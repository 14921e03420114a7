"""What is resampled, read from marts of a few rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from bangdan.core.months import Month
from bangdan.uncertainty import facts
from bangdan.uncertainty.facts import UNIT, Indicator, Sampling

AUGUST = Month.parse("2021-08")
MARTS = """
create schema intermediate;
create schema seeds;
create schema marts;
create table intermediate.int_months as
select * from (values
    ('2021-08', 'm2', 2.5::decimal(8, 4), 200, 'log', 5.5::decimal(8, 4)),
    ('2021-07', 'm1', 1::decimal(8, 4), 100, 'linear', 3::decimal(8, 4))
) as months (
    ranking_month, method_version, bonus_per_theme, bonus_reference_posts, bonus_transformation, bonus_ceiling
);
create table seeds.method_parameters as
select * from (values
    ('m1', 'bootstrap_replicates', '7'), ('m1', 'interval_low', '0.2'), ('m1', 'tier_level', '0.3'),
    ('m2', 'bootstrap_replicates', '40'), ('m2', 'interval_low', '0.025'), ('m2', 'tier_level', '0.05'),
    ('m2', 'window_hours', '168')
) as parameters (method_version, parameter, value);
create table seeds.method_indicators as
select * from (values
    ('m2', 'influence', 1, 'read', 'linear', 0.35, 900),
    ('m2', 'dissemination', 2, 'weibo', 'log', 0.40, 50),
    ('m2', 'dissemination', 1, 'wechat', 'log', 0.60, 20),
    ('m1', 'dissemination', 1, 'other', 'log', 1.00, 10)
) as indicators (method_version, dimension, position, indicator_id, transformation, weight, goalpost);
create table marts.fct_unit_month_scores as
select * from (values
    ('2021-08', 'dissemination', 'districts', 'u2', 1), ('2021-08', 'dissemination', 'districts', 'u1', 2),
    ('2021-08', 'influence', 'districts', 'u2', 2), ('2021-08', 'influence', 'districts', 'u1', 1),
    ('2021-08', 'dissemination', 'bureaus', 'u3', 1), ('2021-08', 'dissemination', 'districts', 'unranked', null),
    ('2021-07', 'dissemination', 'districts', 'gone', 1)
) as scores (ranking_month, dimension, ranking_list, unit_id, rank);
create table marts.fct_unit_month_bonus as
select * from (values ('2021-08', 'u1', 'games'), ('2021-08', 'u2', 'games'), ('2021-08', 'u1', 'fair''s'),
    ('2021-07', 'u1', 'gone')) as bonus (ranking_month, unit_id, theme_id);
create table marts.fct_post_values (
    ranking_month varchar, unit_id varchar, post_id varchar, component_kind varchar, component_id varchar, value bigint
);
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(MARTS)
        yield con


def add(con: duckdb.DuckDBPyConnection, *rows: tuple[str, str, str, str, str, int]) -> None:
    con.executemany("insert into marts.fct_post_values values ($1, $2, $3, $4, $5, $6)", [list(row) for row in rows])


def key(post_id: str) -> str:
    return hashlib.md5(post_id.encode()).hexdigest()


def test_each_post_of_a_ranked_unit_is_a_row_of_indicators_and_themes(con: duckdb.DuckDBPyConnection) -> None:
    add(
        con,
        ("2021-08", "u1", "p1", "indicator", "read", 70),
        ("2021-08", "u1", "p1", "theme", "fair's", 1),
        ("2021-08", "u2", "p2", "indicator", "wechat", 3),
        ("2021-08", "u1", "p3", "theme", "games", 1),
        ("2021-08", "u3", "p4", "indicator", "weibo", 5),
        ("2021-08", "unranked", "p5", "indicator", "weibo", 9),
        ("2021-07", "u1", "p6", "indicator", "weibo", 9),
    )
    result = facts.read(con, AUGUST).facts
    assert result.units == [("bureaus", "u3"), ("districts", "u1"), ("districts", "u2")]
    values = dict(zip(result.post_key, result.values.tolist(), strict=True))
    # wechat, weibo, read; fair's, games
    assert values == {
        key("p4"): [0, 5, 0, 0, 0], key("p1"): [0, 0, 70, 1, 0], key("p3"): [0, 0, 0, 0, 1], key("p2"): [3, 0, 0, 0, 0],
    }  # fmt: skip
    assert result.post_key == [key("p4"), *sorted([key("p1"), key("p3")]), key("p2")]
    assert (result.starts.tolist(), result.owners.tolist()) == ([0, 1, 3], [0, 1, 2])


def test_a_unit_without_posts_has_a_rank_and_no_rows(con: duckdb.DuckDBPyConnection) -> None:
    add(con, ("2021-08", "u2", "p2", "indicator", "wechat", 3))
    result = facts.read(con, AUGUST).facts
    assert (result.starts.tolist(), result.owners.tolist(), len(result.units)) == ([0], [2], 3)


def test_a_month_without_posts_has_no_rows_and_all_columns(con: duckdb.DuckDBPyConnection) -> None:
    result = facts.read(con, AUGUST).facts
    assert (result.post_key, result.values.shape, len(result.starts), len(result.owners)) == ([], (0, 5), 0, 0)


def test_the_method_in_force_gives_indicators_bonus_and_levels(con: duckdb.DuckDBPyConnection) -> None:
    result, sampling, ranks = facts.read(con, AUGUST)
    assert result.indicators == [
        Indicator("dissemination", 0, 60, 20, "log"),
        Indicator("dissemination", 1, 40, 50, "log"),
        Indicator("influence", 2, 35, 900, "linear"),
    ]
    assert (result.themes, result.bonus_per_theme, result.bonus_reference) == (2, 5 * UNIT // 2, 200)
    assert (result.bonus_transformation, result.bonus_ceiling) == ("log", 11 * UNIT // 2)
    assert sampling == Sampling("m2", 40, Decimal("0.025"), Decimal("0.05"))
    assert ranks == {
        ("dissemination", "u1"): 2, ("dissemination", "u2"): 1, ("dissemination", "u3"): 1,
        ("influence", "u1"): 1, ("influence", "u2"): 2,
    }  # fmt: skip
