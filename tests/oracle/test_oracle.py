"""The models' SQL and the bootstrap against a plain Python reading of the method, on random months.

The oracle shares no code with the program. It starts from the staged facts and the matcher's evidence and recomputes
everything that is published about a unit; both must agree to the last decimal.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bangdan import certainty
from bangdan.months import Month
from tests.oracle import worlds
from tests.oracle.compiled import MONTH, compile_models, empty_house
from tests.oracle.method import CHANNELS, DIMENSIONS, METRICS, THEMES, Reading, kendall, themes_of
from tests.oracle.worlds import World

Build = Callable[[World], duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def build(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds all models of a world in memory."""
    statements = compile_models(tmp_path_factory.mktemp("compiled"))
    con = empty_house(city / "warehouse" / "bangdan.duckdb")

    def built(world: World) -> duckdb.DuckDBPyConnection:
        worlds.settle(con, world)
        for relation, select in statements:
            con.execute(f"create or replace table {relation} as {select}")
        return con

    return built


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    return con.sql(query).to_arrow_table().to_pylist()


def keyed(found: list[dict[str, Any]], *names: str) -> dict[Any, dict[str, Any]]:
    return {tuple(row[name] for name in names) if len(names) > 1 else row[names[0]]: row for row in found}


MANY = settings(
    max_examples=50, deadline=None, derandomize=True, database=None, print_blob=True, phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)  # fmt: skip


@MANY
@given(world=worlds.worlds)
@pytest.mark.timeout(600)
def test_everything_published_equals_plain_python(build: Build, world: World) -> None:
    con, told = build(world), Reading(world)
    reprints(con, told)
    standing(con, told)
    contributions(con, told)
    accounts(con, told)
    activity(con, told)
    topics(con, told)
    rivals(con, told)


def reprints(con: duckdb.DuckDBPyConnection, told: Reading) -> None:
    found = rows(con, "select item_id, post_id, is_counted, not_counted_reason from marts.fct_reprints")
    assert {(r["item_id"], r["post_id"]): r["not_counted_reason"] for r in found} == told.reasons
    assert all(r["is_counted"] == (r["not_counted_reason"] is None) for r in found)
    found = rows(con, "select * from marts.fct_post_outlets")
    for row in found:
        one = told.outlets[row["post_id"], row["outlet_id"]]
        assert (row["channel_type"], row["item_count"]) == (one["channel"], len(one["items"]))
        assert row["item_id"] == min(one["items"])[1]
        for name in METRICS:
            assert (row[f"{name}_count"], row[f"is_{name}_capped"]) == one[name]
    assert len(found) == len(told.outlets)


def standing(con: duckdb.DuckDBPyConnection, told: Reading) -> None:
    found = keyed(rows(con, "select * from marts.fct_unit_month_scores"), "unit_id", "dimension")
    wanted = told.scores()
    assert found.keys() == wanted.keys()
    for key, one in wanted.items():
        row = found[key]
        assert (row["base_score"], row["bonus_points"], row["score"]) == (one["base"], one["bonus"], one["score"]), key
        assert (row["rank"], row["rank_without_bonus"]) == (one.get("rank"), one.get("rank_without")), key
        assert (row["cap_rank_low"], row["cap_rank_high"]) == (one.get("cap_low"), one.get("cap_high")), key
        assert row["note"] == one["note"], key
    for row in rows(con, "select * from marts.fct_unit_month_indicators"):
        value, capped, points = told.indicators(row["unit_id"])[row["indicator_id"]]
        assert (row["value"], row["capped_count"], row["contribution"]) == (value, capped, points), row
        known, every = told.coverage(row["unit_id"], row["indicator_id"])
        assert row["coverage"] == (round(Decimal(known) / every, 6) if every else None), row


def contributions(con: duckdb.DuckDBPyConnection, told: Reading) -> None:
    wanted = {}
    for unit in told.world.units:
        wanted |= told.contributions(unit)
    found = keyed(rows(con, "select * from marts.fct_reprint_contributions"), "indicator_id", "post_id", "outlet_id")
    assert {key: row["picopoints"] for key, row in found.items()} == wanted
    for dimension, names in DIMENSIONS.items():
        by_unit: dict[str, int] = {}
        for (name, post_id, _outlet), points in wanted.items():
            if name in names:
                unit = told.by_id[post_id].unit or ""
                by_unit[unit] = by_unit.get(unit, 0) + points
        for unit, points in by_unit.items():
            assert Decimal(points) / 10**12 == told.scores()[unit, dimension]["base"]


def accounts(con: duckdb.DuckDBPyConnection, told: Reading) -> None:
    found = rows(con, "select * from published.rpt_account_scores")
    active = {(p.account.id, p.unit) for p in told.posts}
    assert {(row["account_id"], row["unit_id"]) for row in found} == active
    for row in found:
        parts = told.indicators(row["unit_id"], row["account_id"])
        mine = [p for p in told.posts if (p.account.id, p.unit) == (row["account_id"], row["unit_id"])]
        assert row["post_count"] == len(mine)
        assert row["original_count"] == sum(told.originality(p)[0] for p in mine)
        for dimension, names in DIMENSIONS.items():
            points = sum((parts[name][2] for name in names), Decimal(0))
            assert abs(row[f"{dimension}_score"] - points) <= Decimal("0.0000005")
        for name, value in told.rivals(mine).items():
            close(row[name], value, (name, row))


def activity(con: duckdb.DuckDBPyConnection, told: Reading) -> None:
    (total,) = rows(con, "select * from published.rpt_monthly_summary")
    posts, n = told.posts, len(told.posts)
    originality = [told.originality(p) for p in posts]
    assert (total["post_count"], total["wechat_post_count"], total["weibo_post_count"]) == (
        n, sum(p.account.platform == "wechat" for p in posts), sum(p.account.platform == "weibo" for p in posts),
    )  # fmt: skip
    assert (total["original_count"], total["original_by_link_count"], total["original_by_text_count"]) == tuple(
        sum(one[at] for one in originality) for at in range(3)
    )
    assert total["originality_rate"] == (round(Decimal(total["original_count"]) / n, 6) if n else None)
    assert total["reprint_count"] == len(told.outlets)
    assert total["quarantined_post_count"] == sum(p.unit is None for p in told.world.posts)
    for row in rows(con, "select * from marts.fct_unit_months"):
        mine = told.mine(row["unit_id"])
        assert row["post_count"] == sum(p.unit == row["unit_id"] for p in posts)
        assert (row["reprint_count"], row["outlet_count"]) == (len(mine), len({outlet for _post, outlet in mine}))
        siblings = {
            (m.post.id, m.item.outlet) for m in told.world.matches
            if m.reason == "sibling" and m.post.unit == row["unit_id"] and m.item.outlet
        }  # fmt: skip
        assert row["sibling_reprint_count"] == len(siblings)


def topics(con: duckdb.DuckDBPyConnection, told: Reading) -> None:
    found = keyed(rows(con, "select * from published.rpt_hot_topics"), "theme_id")
    assert set(found) == set(THEMES)
    for theme, row in found.items():
        posts = [p for p in told.posts if theme in themes_of(p)]
        assert (row["post_count"], row["unit_count"]) == (len(posts), len({p.unit for p in posts}))
        assert row["reprint_count"] == sum(theme in themes_of(told.by_id[post]) for post, _outlet in told.outlets)


def rivals(con: duckdb.DuckDBPyConnection, told: Reading) -> None:
    values: dict[tuple[str, str], float | None] = {}
    for row in rows(con, "select * from marts.fct_rival_indices where entity_kind = 'unit'"):
        mine = [p for p in told.posts if p.unit == row["entity_id"]]
        values[row["entity_id"], row["index_id"]] = told.rivals(mine)[row["index_id"]]
        close(row["value"], values[row["entity_id"], row["index_id"]], row)
    scores = told.scores()
    for row in rows(con, "select * from published.rpt_rival_agreement"):
        pairs = [
            (scores[unit, row["dimension"]]["score"], round(value, 6))
            for (unit, index), value in values.items()
            if index == row["index_id"] and value is not None and told.world.units[unit] == row["ranking_list"]
            and told.spans(unit)
        ]  # fmt: skip
        assert row["unit_count"] == len(pairs)
        close(row["kendall_tau"], kendall([(float(a), b) for a, b in pairs]), row)


def close(found: Decimal | None, wanted: float | None, what: Any) -> None:
    if wanted is None:
        assert found is None, what
    else:
        assert found is not None, what
        assert float(found) == pytest.approx(wanted, rel=1e-9, abs=2e-6), what


@settings(MANY, max_examples=6)
@given(world=worlds.worlds)
@pytest.mark.timeout(600)
def test_intervals_and_tiers_equal_plain_python(build: Build, world: World) -> None:
    con, told = build(world), Reading(world)
    facts, parameters, published = certainty.read(con, Month.parse(MONTH))
    sums = certainty.replicate_sums(facts, MONTH, parameters["replicates"], threads=1)
    found = certainty._rows(facts, sums, parameters, published, Month.parse(MONTH))
    assert {
        (row["unit_id"], row["dimension"]): (row["rank_low"], row["rank_high"], row["tier"]) for row in found
    } == told.certainty(parameters["replicates"])


@settings(MANY, max_examples=5)
@given(world=worlds.worlds)
@pytest.mark.timeout(600)
def test_the_order_of_rows_and_their_split_over_exports_change_no_bit(build: Build, world: World) -> None:
    def told() -> tuple[list[tuple], bytes]:
        con = build(world)
        facts, _parameters, _published = certainty.read(con, Month.parse(MONTH))
        sums = certainty.replicate_sums(facts, MONTH, 50, threads=2)
        ranking = con.execute("select * from published.rpt_ranking order by dimension, unit_id").fetchall()
        return ranking, np.ascontiguousarray(sums).tobytes()

    first = told()
    for rows_of in (world.posts, world.items, world.matches, world.accounts):
        rows_of.reverse()
    for item in world.items:
        item.observations.reverse()
    assert told() == first


def test_the_oracle_can_disagree(build: Build) -> None:
    """A wrong weight, a lost reprint: the comparison sees it."""
    world = World({"u0": "districts"}, [worlds.Account("a0", "wechat", [("u0", None, None)])])
    said = dict.fromkeys(worlds.METRICS, (7, "exact"))
    post = worlds.Post("p00", world.accounts[0], "u0", worlds.START, "second", 1, 0, None, None, "p00", True, "u0", None, 1, said)  # fmt: skip
    item = worlds.Item("i00", "news_app", "news_app:0", worlds.START, "second", [(worlds.START, said)])
    world.posts, world.items, world.matches = [post], [item], [worlds.Match(item, post, True, None)]
    con, told = build(world), Reading(world)
    standing(con, told)
    con.execute("update marts.fct_unit_month_scores set base_score = base_score + 0.000000000001")
    with pytest.raises(AssertionError):
        standing(con, told)
    con.execute("delete from marts.fct_post_outlets")
    with pytest.raises(AssertionError):
        reprints(con, told)
    assert set(CHANNELS) | set(METRICS) == {
        row["indicator_id"] for row in rows(con, "select * from marts.fct_month_indicators")
    }
    assert isinstance(con.sql("select 1").to_arrow_table(), pa.Table)
