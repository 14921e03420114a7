"""Causes of a change: they add up exactly, and each cause alone gets all of what it alone did."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangdan.publication.movement.score_decomposition import CAUSES, decompose, shapley
from tests.support.recount import DISSEMINATION as CHANNELS
from tests.support.recount import INFLUENCE as METRICS


def side(dimension: str, posts: int, reprints: int, values: dict[str, int], bonus: str = "0", factor: int = 1) -> dict:
    method = CHANNELS if dimension == "dissemination" else METRICS
    indicators = {
        name: (values.get(name, 0), (Decimal(weight), goalpost * factor, "log"))
        for name, (weight, goalpost) in method.items()
    }
    base = Decimal(0)
    for value, (weight, goalpost, _log) in indicators.values():
        term = min(Decimal(1), (1 + Decimal(value)).ln() / (1 + Decimal(goalpost)).ln()).quantize(Decimal("1e-12"))
        base += 100 * weight * term
    return {"posts": posts, "reprints": reprints, "base": base, "bonus": Decimal(bonus), "indicators": indicators}


COUNTS = st.dictionaries(st.sampled_from([*CHANNELS]), st.integers(0, 60_000))
SUMS = st.dictionaries(st.sampled_from([*METRICS]), st.integers(0, 30_000_000))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 900), COUNTS, st.integers(1, 900), COUNTS, st.integers(1, 3))
def test_causes_of_dissemination_add_up_exactly(n1: int, v1: dict, n2: int, v2: dict, factor: int) -> None:
    before = side("dissemination", n1, sum(v1.values()), v1, "1.25")
    now = side("dissemination", n2, sum(v2.values()), v2, "3.5", factor)
    result = decompose(before, now, "dissemination")
    assert set(result) == {*CAUSES["dissemination"], "bonus"}
    assert sum(result.values()) == now["base"] + now["bonus"] - before["base"] - before["bonus"]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 900), st.integers(1, 5000), SUMS, st.integers(1, 900), st.integers(1, 5000), SUMS)
def test_causes_of_influence_add_up_exactly(n1: int, r1: int, v1: dict, n2: int, r2: int, v2: dict) -> None:
    before, now = side("influence", n1, r1, v1), side("influence", n2, r2, v2)
    result = decompose(before, now, "influence")
    assert sum(result.values()) == now["base"] - before["base"]


def test_one_cause_alone_gets_all() -> None:
    before = side("dissemination", 10, 100, {"weibo": 100})
    twice = decompose(before, side("dissemination", 20, 200, {"weibo": 200}), "dissemination")
    assert twice["volume"] > 0
    assert twice["reach"] == twice["method"] == twice["bonus"] == 0
    wider = decompose(before, side("dissemination", 10, 200, {"weibo": 200}), "dissemination")
    assert wider["reach"] == twice["volume"]
    stricter = decompose(before, side("dissemination", 10, 100, {"weibo": 100}, factor=2), "dissemination")
    assert stricter["method"] < 0
    assert stricter["volume"] == stricter["reach"] == 0


@pytest.mark.parametrize("posts", [(0, 5), (5, 0), (0, 0)])
def test_months_without_posts(posts: tuple[int, int]) -> None:
    before, now = (side("influence", n, n * 3, {"read": n * 1000}) for n in posts)
    assert sum(decompose(before, now, "influence").values()) == now["base"] - before["base"]


def test_shapley_of_the_glove_game() -> None:
    """Two left gloves and one right: the right one is worth two thirds (a textbook example)."""
    result = shapley(("l1", "l2", "r"), lambda who: Decimal("r" in who and len(who) > 1))
    assert [round(float(value), 9) for value in result.values()] == [round(1 / 6, 9), round(1 / 6, 9), round(2 / 3, 9)]
