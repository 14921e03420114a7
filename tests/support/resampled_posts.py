"""Posts to resample, and the plain count of what the stage computes on arrays."""

from __future__ import annotations

import hashlib
import random

import numpy as np

from bangdan.uncertainty.facts import UNIT, Facts, Indicator


def by_hashlib(replicate: int, month: str, key: str) -> int:
    return int(hashlib.md5(f"{replicate:04d}|{month}|{key}".encode()).hexdigest()[:15], 16)


def keys(n: int, seed: int = 1) -> list[str]:
    r = random.Random(seed)
    return [hashlib.md5(str(r.random()).encode()).hexdigest() for _ in range(n)]


def facts_of(posts: list[tuple[str, str, list[int]]], units: list[tuple[str, str]], themes: int = 0) -> Facts:
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


def plain_sums(facts: Facts) -> np.ndarray:
    sums = np.zeros((1, len(facts.units), facts.values.shape[1]), np.int64)
    sums[0, facts.owners] = np.add.reduceat(facts.values, facts.starts, axis=0)
    return sums
