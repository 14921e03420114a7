"""The statistics of replicates: scores, ranks, rank intervals and tiers. Sums are of whole numbers, so that the same
facts give the same bits. Method: docs/methodology.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np

from bangdan.uncertainty.facts import UNIT, Facts

# Scores are counted in hundredths of a point, which are so many units of 10^-12 points.
HUNDREDTH = UNIT // 100

TRANSFORMATIONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "log": lambda values, goalpost: np.log(1.0 + values) / np.log(1.0 + goalpost),
    "linear": lambda values, goalpost: values / goalpost,
}


def terms(values: np.ndarray, goalpost: int, transformation: str) -> np.ndarray:
    """int64: values against their goalpost, 1 at most, in units of 10^-12 (the macro `term` in SQL)."""
    share = TRANSFORMATIONS[transformation](values.astype(np.float64), float(goalpost))
    return np.round(np.minimum(1.0, share) * UNIT).astype(np.int64)


def scores(facts: Facts, sums: np.ndarray) -> dict[str, np.ndarray]:
    """int64[replicates, units] by dimension: rounded scores in hundredths; `sums` is replicates × units × columns."""
    bonus = _bonus(facts, sums[:, :, len(facts.indicators) :])
    base: dict[str, np.ndarray] = {}
    for indicator in facts.indicators:
        term = terms(sums[:, :, indicator.column], indicator.goalpost, indicator.transformation)
        base[indicator.dimension] = base.get(indicator.dimension, 0) + indicator.weight * term
    return {dimension: (points + bonus + HUNDREDTH // 2) // HUNDREDTH for dimension, points in base.items()}


def _bonus(facts: Facts, sums: np.ndarray) -> np.ndarray:
    """int64[replicates, units]: bonus in units of 10^-12 points; `sums` is replicates × units × themes."""
    bonus = np.zeros(sums.shape[:2], np.int64)
    for theme in range(facts.themes):
        term = terms(sums[:, :, theme], facts.bonus_reference, facts.bonus_transformation)
        # Points of a theme have four decimals: in ten-thousandths of a point the product fits 64 bits.
        bonus += (facts.bonus_per_theme // (UNIT // 10_000) * term + 5_000) // 10_000
    return np.minimum(bonus, facts.bonus_ceiling)


def ranks(score: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, ties share the best: 1, 2, 2, 4."""
    return 1 + (score[..., None, :] > score[..., :, None]).sum(axis=-1)


def intervals(rank: np.ndarray, level: Decimal, published: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best and worst rank per unit, nearest rank at `level` and 1 − level, widened to hold the published one."""
    ordered, n = np.sort(rank, axis=0), len(rank)
    low = -(-int(level * n * 10**6) // 10**6)  # ceil of an exact product
    high = -(-int((1 - level) * n * 10**6) // 10**6)
    return np.minimum(ordered[max(low, 1) - 1], published), np.maximum(ordered[max(high, 1) - 1], published)


def tiers(score: np.ndarray, order: list[int], level: Decimal) -> dict[int, int]:
    """Tier by unit row, walking down the list `order`: a unit stays in the tier while it reaches the tier's first
    unit in at least `level` of the replicates.
    """
    tier_of: dict[int, int] = {}
    first, tier = -1, 0
    for unit in order:
        if tier == 0 or int((score[:, unit] >= score[:, first]).sum()) < level * len(score):
            first, tier = unit, tier + 1
        tier_of[unit] = tier
    return tier_of
