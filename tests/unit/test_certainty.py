"""Certainty: the hash and the weights are what they are said to be, and intervals hold what they promise."""

from __future__ import annotations

import hashlib
import math
import random
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from bangdan import certainty


def by_hashlib(replicate: int, month: str, key: str) -> int:
    return int(hashlib.md5(f"{replicate:04d}|{month}|{key}".encode()).hexdigest()[:15], 16)


def keys(n: int, seed: int = 1) -> list[str]:
    r = random.Random(seed)
    return [hashlib.md5(str(r.random()).encode()).hexdigest() for _ in range(n)]


def facts(posts: list[tuple[str, str, list[int]]], units: list[tuple[str, str]], themes: int = 0) -> certainty.Facts:
    """Posts (key, unit id, values), any order."""
    row = {unit_id: i for i, (_list, unit_id) in enumerate(units)}
    posts = sorted(posts, key=lambda post: (row[post[1]], post[0]))
    owner = np.array([row[unit_id] for _key, unit_id, _values in posts], np.int64)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    indicators = [
        certainty.Indicator("dissemination", 0, 60, 2000, "log"),
        certainty.Indicator("dissemination", 1, 40, 50_000, "log"),
    ]
    return certainty.Facts(
        [key for key, *_ in posts], np.array([values for *_, values in posts], np.int64), starts, owner[starts], units,
        indicators, themes, 2 * certainty.UNIT, 200, "log", 5 * certainty.UNIT,
    )  # fmt: skip


@pytest.mark.parametrize("replicate", [0, 7, 999])
def test_many_hashes_at_once_are_the_hashes_of_hashlib(replicate: int) -> None:
    some = keys(300)
    found = certainty.first_60_bits(replicate, "2021-08", some)
    assert [int(value) for value in found] == [by_hashlib(replicate, "2021-08", key) for key in some]


def test_weights_are_poisson_with_mean_one() -> None:
    bits = certainty.first_60_bits(3, "2021-08", keys(60_000))
    weight = certainty.weights(bits, certainty.poisson_steps())
    assert abs(weight.mean() - 1) < 0.015
    assert abs(weight.var() - 1) < 0.03
    for k in range(5):
        assert abs((weight == k).mean() - math.exp(-1) / math.factorial(k)) < 0.006


def test_scores_of_a_replicate_equal_plain_decimal_arithmetic() -> None:
    r = random.Random(5)
    units = [("districts", f"u{i}") for i in range(8)]
    posts = [(key, r.choice(units)[1], [r.randrange(40), r.randrange(900), r.randrange(2)]) for key in keys(400)]
    one = facts(posts, units, themes=1)
    sums = certainty.replicate_sums(one, "2021-08", 3, 1)
    steps = [int(step) for step in certainty.poisson_steps()]
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
            assert Decimal(int(certainty.scores(one, sums)["dissemination"][replicate, row])) / 100 == wanted


def test_threads_and_row_order_change_no_bit() -> None:
    r = random.Random(6)
    units = [("districts", f"u{i}") for i in range(5)]
    posts = [(key, r.choice(units)[1], [r.randrange(40), r.randrange(900)]) for key in keys(500)]
    wanted = certainty.replicate_sums(facts(posts, units), "2021-08", 40, 1)
    r.shuffle(posts)
    assert np.array_equal(certainty.replicate_sums(facts(posts, units), "2021-08", 40, 2), wanted)


def test_ties_share_a_rank_and_intervals_hold_the_published_one() -> None:
    assert certainty.ranks(np.array([[70, 90, 90, 10]])).tolist() == [[3, 1, 1, 4]]
    rank = np.array([[n % 3 + 2] for n in range(1000)])
    low, high = certainty.intervals(rank, Decimal("0.025"), np.array([1]))
    assert (low.tolist(), high.tolist()) == ([1], [4])


def test_a_tier_ends_where_its_first_unit_is_out_of_reach() -> None:
    score = np.zeros((1000, 4), np.int64)
    score[:, 0], score[:, 1], score[:, 2], score[:, 3] = 100, 90, 80, 79
    score[:25, 1] = 100  # reaches the first in exactly 2.5 % of replicates
    score[:24, 2] = 100  # in fewer
    score[:900, 3] = 80
    assert certainty.tiers(score, [0, 1, 2, 3], Decimal("0.025")) == {0: 1, 1: 1, 2: 2, 3: 2}


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
        sums = certainty.replicate_sums(one, "2021-08", 300, 2)
        rank = certainty.ranks(certainty.scores(one, sums)["dissemination"])
        now = certainty.ranks(certainty.scores(one, plain(one))["dissemination"])[0]
        low, high = certainty.intervals(rank, Decimal("0.025"), now)
        held += sum(low[i] <= i + 1 <= high[i] for i in range(10))
        total += 10
    assert held / total >= 0.93


def plain(one: certainty.Facts) -> np.ndarray:
    sums = np.zeros((1, len(one.units), one.values.shape[1]), np.int64)
    sums[0, one.owners] = np.add.reduceat(one.values, one.starts, axis=0)
    return sums
