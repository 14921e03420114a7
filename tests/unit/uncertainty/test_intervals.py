"""Scores, ranks, intervals and tiers of replicates, by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from bangdan.uncertainty import intervals
from bangdan.uncertainty.facts import UNIT, Facts, Indicator
from tests.support.resampled_posts import facts_of


def test_ties_share_a_rank_and_intervals_hold_the_published_one() -> None:
    assert intervals.ranks(np.array([[70, 90, 90, 10]])).tolist() == [[3, 1, 1, 4]]
    rank = np.array([[n % 3 + 2] for n in range(1000)])
    low, high = intervals.intervals(rank, Decimal("0.025"), np.array([1]))
    assert (low.tolist(), high.tolist()) == ([1], [4])


def test_a_tier_ends_where_its_first_unit_is_out_of_reach() -> None:
    score = np.zeros((1000, 4), np.int64)
    score[:, 0], score[:, 1], score[:, 2], score[:, 3] = 100, 90, 80, 79
    score[:25, 1] = 100  # reaches the first in exactly 2.5 % of replicates
    score[:24, 2] = 100  # in fewer
    score[:900, 3] = 80
    assert intervals.tiers(score, [0, 1, 2, 3], Decimal("0.025")) == {0: 1, 1: 1, 2: 2, 3: 2}


def score_of(facts: Facts, sums: list[int], dimension: str = "dissemination") -> int:
    return int(intervals.scores(facts, np.array([[sums]], np.int64))[dimension][0, 0])


def plain_facts(themes: int, **more: object) -> Facts:
    entry = facts_of([("k", "u", [0, 0, *[0] * themes])], [("districts", "u")], themes)
    for name, value in more.items():
        setattr(entry, name, value)
    return entry


@pytest.mark.parametrize(
    ("themes", "wanted"),
    [([0, 0, 0], 0), ([200], 200), ([200, 200], 400), ([200, 200, 13], 500), ([200, 200, 12], 497), ([200, 200, 200], 500), ([10**6] * 3, 500), ([10**6], 200)],
)  # fmt: skip
def test_bonus_points_of_a_replicate_have_the_ceiling_of_five(themes: list[int], wanted: int) -> None:
    """Two points a theme at 200 posts; 2 · ln 14 / ln 201 = 0.9953 rounds to 1.00 and 2 · ln 13 / ln 201 is 0.9673."""
    assert score_of(plain_facts(len(themes)), [0, 0, *themes]) == wanted


def test_the_ceiling_is_the_methods_and_so_are_the_points_of_a_theme() -> None:
    entry = plain_facts(2, bonus_ceiling=7 * UNIT // 2, bonus_per_theme=5 * UNIT // 4)
    assert score_of(entry, [0, 0, 200, 0]) == 125
    assert score_of(entry, [0, 0, 200, 200]) == 250
    entry.bonus_per_theme = 3 * UNIT
    assert score_of(entry, [0, 0, 200, 200]) == 350


@pytest.mark.parametrize(
    ("values", "wanted"), [((0, 0), 0), ((2000, 0), 6000), ((0, 50_000), 4000), ((2000, 50_000), 10_000), ((10**9, 10**9), 10_000)]
)  # fmt: skip
def test_a_term_is_one_at_most(values: tuple[int, int], wanted: int) -> None:
    assert score_of(plain_facts(0), list(values)) == wanted


@pytest.mark.parametrize(("value", "wanted"), [(0, 0), (1, 3), (3, 8), (5, 13), (2000, 5000), (4000, 5000)])
def test_scores_are_rounded_half_up_to_hundredths(value: int, wanted: int) -> None:
    """50 points at 2,000, linear: one is 0.025 points, three are 0.075, five 0.125."""
    entry = plain_facts(0)
    entry.indicators = [Indicator("dissemination", 0, 50, 2000, "linear")]
    assert score_of(entry, [value, 0]) == wanted


def test_dimensions_are_scored_apart_and_both_have_the_bonus() -> None:
    entry = plain_facts(1)
    entry.indicators = [
        Indicator("dissemination", 0, 100, 2000, "log"), Indicator("influence", 1, 100, 50_000, "log"),
    ]  # fmt: skip
    sums = [2000, 0, 200]
    assert (score_of(entry, sums), score_of(entry, sums, "influence")) == (10_200, 200)


def test_terms_are_rounded_to_the_nearest_twelfth_decimal() -> None:
    assert intervals.terms(np.array([1, 2]), 3, "linear").tolist() == [333_333_333_333, 666_666_666_667]


def test_bonus_points_of_a_theme_are_rounded_half_up_like_the_sqls() -> None:
    """1.5 points for one post of 3,000,000,000: 1.5 times a term of 333 is 499.5, rounded to 500. Beside a base of
    0.0049999995 points that makes the hundredth.
    """
    entry = plain_facts(1, bonus_per_theme=3 * UNIT // 2, bonus_reference=3_000_000_000, bonus_transformation="linear")
    entry.indicators = [Indicator("dissemination", 0, 1, 2_000_000_000, "linear")]
    assert score_of(entry, [9_999_999, 1]) == 1
    assert score_of(entry, [9_999_999, 0]) == 0


@pytest.mark.parametrize(
    ("value", "how", "wanted"),
    [
        (120, "log", 630_908_657_969),
        (2001, "log", 10**12),
        (500, "linear", 250_000_000_000),
        (2001, "linear", 10**12),
        (0, "log", 0),
    ],
)
def test_terms_of_replicates_are_those_of_the_sql(value: int, how: str, wanted: int) -> None:
    assert intervals.terms(np.array([value]), 2000, how).tolist() == [wanted]


@pytest.mark.parametrize(
    ("n", "level", "low", "high"),
    [
        (1000, "0.025", 25, 975), (40, "0.025", 1, 39), (100, "0.025", 3, 98), (33, "0.05", 2, 32), (10, "0.1", 1, 9), (1000, "0", 1, 1000),
        (1000, "0.001", 1, 999),
    ],
)  # fmt: skip
def test_bounds_are_the_nearest_rank(n: int, level: str, low: int, high: int) -> None:
    """Ranks 1 to n, each once: the bound is the replicate's own number, ⌈level · n⌉ and ⌈(1 − level) · n⌉."""
    rank = np.arange(n, 0, -1)[:, None]
    result = intervals.intervals(rank, Decimal(level), np.array([n // 2]))
    assert (result[0].tolist(), result[1].tolist()) == ([low], [high])


@pytest.mark.parametrize(("published", "wanted"), [(1, (1, 4)), (2, (2, 4)), (3, (2, 4)), (4, (2, 4)), (6, (2, 6))])
def test_an_interval_is_widened_to_hold_the_published_rank_and_no_further(
    published: int, wanted: tuple[int, int]
) -> None:
    rank = np.array([[n % 3 + 2] for n in range(99)])
    low, high = intervals.intervals(rank, Decimal("0.025"), np.array([published]))
    assert (int(low[0]), int(high[0])) == wanted


def test_every_unit_has_bounds_of_its_own() -> None:
    rank = np.array([[1, 3]] * 50 + [[2, 4]] * 50)
    low, high = intervals.intervals(rank, Decimal("0.1"), np.array([1, 3]))
    assert (low.tolist(), high.tolist()) == ([1, 3], [2, 4])


def test_tiers_follow_the_published_order_and_compare_with_the_tiers_first_unit() -> None:
    """c reaches b, its neighbour, and never a, the first: it opens a tier, and b does not."""
    score = np.zeros((100, 3), np.int64)
    score[:, 0], score[:, 1], score[:, 2] = 100, 90, 89
    score[:10, 1] = 101
    score[:50, 2] = 95
    assert intervals.tiers(score, [0, 1, 2], Decimal("0.1")) == {0: 1, 1: 1, 2: 2}
    assert intervals.tiers(score, [2, 1, 0], Decimal("0.1")) == {2: 1, 1: 1, 0: 1}
    assert intervals.tiers(score, [], Decimal("0.1")) == {}


def test_one_unit_is_one_tier() -> None:
    assert intervals.tiers(np.zeros((10, 1), np.int64), [0], Decimal("0.025")) == {0: 1}


def test_ranks_of_equal_scores_share_the_best() -> None:
    assert intervals.ranks(np.array([[5, 5, 5]])).tolist() == [[1, 1, 1]]
    assert intervals.ranks(np.array([[1, 2], [2, 1]])).tolist() == [[2, 1], [1, 2]]
