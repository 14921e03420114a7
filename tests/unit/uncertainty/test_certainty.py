"""Certainty: the hash and the weights are what they are said to be, and intervals hold what they promise."""

from __future__ import annotations

import hashlib
import math
import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bangdan.core.settings import Settings
from bangdan.uncertainty import intervals, resampling, weights
from bangdan.uncertainty.facts import UNIT, Facts, Indicator
from bangdan.uncertainty.weights import PostWeights


def by_hashlib(replicate: int, month: str, key: str) -> int:
    return int(hashlib.md5(f"{replicate:04d}|{month}|{key}".encode()).hexdigest()[:15], 16)


def keys(n: int, seed: int = 1) -> list[str]:
    r = random.Random(seed)
    return [hashlib.md5(str(r.random()).encode()).hexdigest() for _ in range(n)]


def facts(posts: list[tuple[str, str, list[int]]], units: list[tuple[str, str]], themes: int = 0) -> Facts:
    """Posts (key, unit id, values), any order."""
    row = {unit_id: i for i, (_list, unit_id) in enumerate(units)}
    posts = sorted(posts, key=lambda post: (row[post[1]], post[0]))
    owner = np.array([row[unit_id] for _key, unit_id, _values in posts], np.int64)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    indicators = [
        Indicator("dissemination", 0, 60, 2000, "log"),
        Indicator("dissemination", 1, 40, 50_000, "log"),
    ]
    return Facts(
        [key for key, *_ in posts], np.array([values for *_, values in posts], np.int64), starts, owner[starts], units,
        indicators, themes, 2 * UNIT, 200, "log", 5 * UNIT,
    )  # fmt: skip


@pytest.mark.parametrize("replicate", [0, 7, 999])
def test_many_hashes_at_once_are_the_hashes_of_hashlib(replicate: int) -> None:
    some = keys(300)
    found = PostWeights("2021-08", some).first_60_bits(replicate)
    assert [int(value) for value in found] == [by_hashlib(replicate, "2021-08", key) for key in some]


def test_weights_are_poisson_with_mean_one() -> None:
    bits = PostWeights("2021-08", keys(60_000)).first_60_bits(3)
    weight = weights.by_inversion(bits, weights.poisson_steps())
    assert abs(weight.mean() - 1) < 0.015
    assert abs(weight.var() - 1) < 0.03
    for k in range(5):
        assert abs((weight == k).mean() - math.exp(-1) / math.factorial(k)) < 0.006


def test_scores_of_a_replicate_equal_plain_decimal_arithmetic() -> None:
    r = random.Random(5)
    units = [("districts", f"u{i}") for i in range(8)]
    posts = [(key, r.choice(units)[1], [r.randrange(40), r.randrange(900), r.randrange(2)]) for key in keys(400)]
    one = facts(posts, units, themes=1)
    sums = resampling.replicate_sums(one, "2021-08", 3, 1)
    steps = [int(step) for step in weights.poisson_steps()]
    for replicate in range(3):
        for row, (_list, unit_id) in enumerate(units):
            total = [0, 0, 0]
            for key, owner, values in posts:
                if owner == unit_id:
                    weight = sum(by_hashlib(replicate, "2021-08", key) >= step for step in steps)
                    total = [have + weight * value for have, value in zip(total, values, strict=True)]
            assert sums[replicate, row].tolist() == total
            term = [
                Decimal(str(round(min(1.0, math.log1p(x) / math.log1p(goal)), 12)))
                for x, goal in zip(total, (2000, 50_000, 200), strict=True)
            ]
            score = 60 * term[0] + 40 * term[1] + min(Decimal(5), 2 * term[2])
            wanted = score.quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert Decimal(int(intervals.scores(one, sums)["dissemination"][replicate, row])) / 100 == wanted


def test_threads_and_row_order_change_no_bit() -> None:
    r = random.Random(6)
    units = [("districts", f"u{i}") for i in range(5)]
    posts = [(key, r.choice(units)[1], [r.randrange(40), r.randrange(900)]) for key in keys(500)]
    wanted = resampling.replicate_sums(facts(posts, units), "2021-08", 40, 1)
    r.shuffle(posts)
    assert np.array_equal(resampling.replicate_sums(facts(posts, units), "2021-08", 40, 2), wanted)


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


def test_intervals_cover_the_true_rank_in_simulated_worlds() -> None:
    """Units post by known rates; the rank by expectation is the truth that intervals should hold."""
    units = [("districts", f"u{i:02d}") for i in range(10)]
    rates = [40 - 3 * i for i in range(10)]
    held = total = 0
    for world in range(30):
        r = np.random.default_rng(world)
        posts = []
        for i, (_list, unit_id) in enumerate(units):
            for key in keys(int(r.poisson(rates[i])), seed=1000 * world + i):
                posts.append((key, unit_id, [int(r.poisson(3)), int(r.poisson(20))]))
        one = facts(posts, units)
        sums = resampling.replicate_sums(one, "2021-08", 300, 2)
        rank = intervals.ranks(intervals.scores(one, sums)["dissemination"])
        now = intervals.ranks(intervals.scores(one, plain(one))["dissemination"])[0]
        low, high = intervals.intervals(rank, Decimal("0.025"), now)
        held += sum(low[i] <= i + 1 <= high[i] for i in range(10))
        total += 10
    assert held / total >= 0.93


def plain(one: Facts) -> np.ndarray:
    sums = np.zeros((1, len(one.units), one.values.shape[1]), np.int64)
    sums[0, one.owners] = np.add.reduceat(one.values, one.starts, axis=0)
    return sums


# ---- weights at their steps --------------------------------------------------------------------------------------


def test_a_weight_steps_up_where_the_distribution_function_of_poisson_does() -> None:
    """P(0) = 1/e = 0.36787944…, P(≤ 1) = 2/e, P(≤ 2) = 2.5/e, in units of 2^-60: at the step it is the next weight."""
    steps = [int(step) for step in weights.poisson_steps()]
    for step, share in zip(steps, (1, 2, 2.5, 2.5 + 1 / 6, 2.5 + 5 / 24), strict=False):
        assert step / 2**60 == pytest.approx(share / math.e, abs=1e-15)
    assert steps == sorted(steps)
    assert steps[-1] > (1 - 1e-15) * 2**60
    bits = np.array([0, steps[0] - 1, steps[0], steps[1] - 1, steps[1], steps[2], 2**60 - 1], np.uint64)
    found = weights.by_inversion(bits, weights.poisson_steps())
    assert found[:6].tolist() == [0, 0, 1, 1, 2, 3]
    assert found[6] >= 18


def test_the_hash_reads_replicate_month_and_post() -> None:
    some = keys(2)
    one = [int(value) for value in PostWeights("2021-08", some).first_60_bits(1)]
    assert one[0] != one[1]
    assert one != [int(value) for value in PostWeights("2021-08", some).first_60_bits(2)]
    assert one != [int(value) for value in PostWeights("2021-09", some).first_60_bits(1)]
    assert max(one) < 2**60


# ---- scores of replicates ------------------------------------------------------------------------------------------


def score_of(one: Facts, sums: list[int], dimension: str = "dissemination") -> int:
    return int(intervals.scores(one, np.array([[sums]], np.int64))[dimension][0, 0])


def plain_facts(themes: int, **more: object) -> Facts:
    one = facts([("k", "u", [0, 0, *[0] * themes])], [("districts", "u")], themes)
    for name, value in more.items():
        setattr(one, name, value)
    return one


@pytest.mark.parametrize(
    ("themes", "wanted"),
    [([0, 0, 0], 0), ([200], 200), ([200, 200], 400), ([200, 200, 13], 500), ([200, 200, 12], 497), ([200, 200, 200], 500), ([10**6] * 3, 500), ([10**6], 200)],
)  # fmt: skip
def test_bonus_points_of_a_replicate_have_the_ceiling_of_five(themes: list[int], wanted: int) -> None:
    """Two points a theme at 200 posts; 2 · ln 14 / ln 201 = 0.9953 rounds to 1.00 and 2 · ln 13 / ln 201 is 0.9673."""
    assert score_of(plain_facts(len(themes)), [0, 0, *themes]) == wanted


def test_the_ceiling_is_the_methods_and_so_are_the_points_of_a_theme() -> None:
    one = plain_facts(2, bonus_ceiling=7 * UNIT // 2, bonus_per_theme=5 * UNIT // 4)
    assert score_of(one, [0, 0, 200, 0]) == 125
    assert score_of(one, [0, 0, 200, 200]) == 250
    one.bonus_per_theme = 3 * UNIT
    assert score_of(one, [0, 0, 200, 200]) == 350


@pytest.mark.parametrize(
    ("values", "wanted"), [((0, 0), 0), ((2000, 0), 6000), ((0, 50_000), 4000), ((2000, 50_000), 10_000), ((10**9, 10**9), 10_000)]
)  # fmt: skip
def test_a_term_is_one_at_most(values: tuple[int, int], wanted: int) -> None:
    assert score_of(plain_facts(0), list(values)) == wanted


@pytest.mark.parametrize(("value", "wanted"), [(0, 0), (1, 3), (3, 8), (5, 13), (2000, 5000), (4000, 5000)])
def test_scores_are_rounded_half_up_to_hundredths(value: int, wanted: int) -> None:
    """50 points at 2,000, linear: one is 0.025 points, three are 0.075, five 0.125."""
    one = plain_facts(0)
    one.indicators = [Indicator("dissemination", 0, 50, 2000, "linear")]
    assert score_of(one, [value, 0]) == wanted


def test_dimensions_are_scored_apart_and_both_have_the_bonus() -> None:
    one = plain_facts(1)
    one.indicators = [
        Indicator("dissemination", 0, 100, 2000, "log"), Indicator("influence", 1, 100, 50_000, "log"),
    ]  # fmt: skip
    sums = [2000, 0, 200]
    assert (score_of(one, sums), score_of(one, sums, "influence")) == (10_200, 200)


def test_terms_are_rounded_to_the_nearest_twelfth_decimal() -> None:
    assert intervals.terms(np.array([1, 2]), 3, "linear").tolist() == [333_333_333_333, 666_666_666_667]


def test_bonus_points_of_a_theme_are_rounded_half_up_like_the_sqls() -> None:
    """1.5 points for one post of 3,000,000,000: 1.5 times a term of 333 is 499.5, rounded to 500. Beside a base of
    0.0049999995 points that makes the hundredth.
    """
    one = plain_facts(1, bonus_per_theme=3 * UNIT // 2, bonus_reference=3_000_000_000, bonus_transformation="linear")
    one.indicators = [Indicator("dissemination", 0, 1, 2_000_000_000, "linear")]
    assert score_of(one, [9_999_999, 1]) == 1
    assert score_of(one, [9_999_999, 0]) == 0


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


# ---- intervals and tiers -------------------------------------------------------------------------------------------


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
    found = intervals.intervals(rank, Decimal(level), np.array([n // 2]))
    assert (found[0].tolist(), found[1].tolist()) == ([low], [high])


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


# ---- sums ----------------------------------------------------------------------------------------------------------


def test_a_unit_without_posts_scores_zero_in_every_replicate_and_a_post_weighs_all_its_values() -> None:
    units = [("districts", "a"), ("districts", "b"), ("districts", "c")]
    (key,) = keys(1)
    one = facts([(key, "b", [3, 7])], units)
    sums = resampling.replicate_sums(one, "2021-08", 30, 1)
    steps = [int(step) for step in weights.poisson_steps()]
    expected = [sum(by_hashlib(r, "2021-08", key) >= step for step in steps) for r in range(30)]
    assert sums[:, 1].tolist() == [[3 * weight, 7 * weight] for weight in expected]
    assert not sums[:, [0, 2]].any()
    assert len(set(expected)) > 2


def test_a_month_without_posts_has_sums_of_zero() -> None:
    one = facts([("k", "a", [1, 1])], [("districts", "a")])
    one.post_key, one.values = [], np.zeros((0, 2), np.int64)
    sums = resampling.replicate_sums(one, "2021-08", 5, 2)
    assert (sums.shape, sums.any()) == ((5, 1, 2), False)


def test_the_folder_has_a_file_without_rows_and_it_is_not_written_twice(tmp_path: Path) -> None:
    settings = Settings(tmp_path, threads=1, memory_limit="1GB")
    resampling.ensure_layout(settings)
    (file,) = (settings.evidence / "certainty").rglob("*.parquet")
    table = pq.read_table(file, partitioning=None)
    assert (table.num_rows, file.parent.name) == (0, "month=0000-00")
    assert {field.name: str(field.type) for field in table.schema} == {
        "ranking_month": "string", "method_version": "string", "ranking_list": "string", "dimension": "string", "unit_id": "string",
        "rank_low": "int32", "rank_high": "int32", "tier": "int32",
    }  # fmt: skip
    written = file.stat().st_mtime_ns
    resampling.ensure_layout(settings)
    assert file.stat().st_mtime_ns == written
