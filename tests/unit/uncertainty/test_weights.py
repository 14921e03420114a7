"""Weights of posts: the hash is MD5, and the weights are Poisson with mean one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bangdan.uncertainty import weights
from bangdan.uncertainty.weights import PostWeights
from tests.support.resampled_posts import by_hashlib, keys


@pytest.mark.parametrize("replicate", [0, 7, 999])
def test_many_hashes_at_once_are_the_hashes_of_hashlib(replicate: int) -> None:
    some = keys(300)
    result = PostWeights("2021-08", some).first_60_bits(replicate)
    assert [int(value) for value in result] == [by_hashlib(replicate, "2021-08", key) for key in some]


def test_weights_are_poisson_with_mean_one() -> None:
    bits = PostWeights("2021-08", keys(60_000)).first_60_bits(3)
    weight = weights.by_inversion(bits, weights.poisson_steps())
    assert abs(weight.mean() - 1) < 0.015
    assert abs(weight.var() - 1) < 0.03
    for k in range(5):
        assert abs((weight == k).mean() - math.exp(-1) / math.factorial(k)) < 0.006


def test_a_weight_steps_up_where_the_distribution_function_of_poisson_does() -> None:
    """P(0) = 1/e = 0.36787944…, P(≤ 1) = 2/e, P(≤ 2) = 2.5/e, in units of 2^-60: at the step it is the next weight."""
    steps = [int(step) for step in weights.poisson_steps()]
    for step, share in zip(steps, (1, 2, 2.5, 2.5 + 1 / 6, 2.5 + 5 / 24), strict=False):
        assert step / 2**60 == pytest.approx(share / math.e, abs=1e-15)
    assert steps == sorted(steps)
    assert steps[-1] > (1 - 1e-15) * 2**60
    bits = np.array([0, steps[0] - 1, steps[0], steps[1] - 1, steps[1], steps[2], 2**60 - 1], np.uint64)
    result = weights.by_inversion(bits, weights.poisson_steps())
    assert result[:6].tolist() == [0, 0, 1, 1, 2, 3]
    assert result[6] >= 18


def test_the_hash_reads_replicate_month_and_post() -> None:
    some = keys(2)
    entry = [int(value) for value in PostWeights("2021-08", some).first_60_bits(1)]
    assert entry[0] != entry[1]
    assert entry != [int(value) for value in PostWeights("2021-08", some).first_60_bits(2)]
    assert entry != [int(value) for value in PostWeights("2021-09", some).first_60_bits(1)]
    assert max(entry) < 2**60
