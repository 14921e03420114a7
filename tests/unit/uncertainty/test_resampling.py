"""The sums of replicates against plain arithmetic, and whether intervals hold the true rank."""

from __future__ import annotations

import math
import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bangdan.core.settings import Settings
from bangdan.uncertainty import intervals, resampling, weights
from bangdan.uncertainty.facts import Facts, Indicator, MonthFacts, Sampling
from tests.support.resampled_posts import by_hashlib, facts_of, keys, plain_sums


def test_scores_of_a_replicate_equal_plain_decimal_arithmetic() -> None:
    r = random.Random(5)
    units = [("districts", f"u{i}") for i in range(8)]
    posts = [(key, r.choice(units)[1], [r.randrange(40), r.randrange(900), r.randrange(2)]) for key in keys(400)]
    entry = facts_of(posts, units, themes=1)
    sums = resampling.replicate_sums(entry, "2021-08", 3, 1)
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
            assert Decimal(int(intervals.scores(entry, sums)["dissemination"][replicate, row])) / 100 == wanted


def test_threads_and_row_order_change_no_bit() -> None:
    r = random.Random(6)
    units = [("districts", f"u{i}") for i in range(5)]
    posts = [(key, r.choice(units)[1], [r.randrange(40), r.randrange(900)]) for key in keys(500)]
    wanted = resampling.replicate_sums(facts_of(posts, units), "2021-08", 40, 1)
    r.shuffle(posts)
    assert np.array_equal(resampling.replicate_sums(facts_of(posts, units), "2021-08", 40, 2), wanted)


def test_of_units_with_one_published_rank_the_tier_begins_with_the_first_by_id() -> None:
    """`a` never reaches `b`, `b` always reaches `a`: begun with `b`, `a` would fall out of the tier."""
    facts = Facts(
        post_key=[], values=np.zeros((0, 1), np.int64), starts=np.zeros(0, np.int64), owners=np.zeros(0, np.int64),
        units=[("districts", "a"), ("districts", "b")], indicators=[Indicator("influence", 0, 100, 100, "linear")],
        themes=0, bonus_per_theme=0, bonus_reference=1, bonus_transformation="linear", bonus_ceiling=0,
    )  # fmt: skip
    sampling = Sampling("m1", 4, Decimal("0.25"), Decimal("0.5"))
    month = MonthFacts(facts, sampling, {("influence", "a"): 1, ("influence", "b"): 1})
    rows = list(resampling.certainty(month, np.array([[[10], [90]]] * 4)))
    assert [(row.unit_id, row.rank_low, row.rank_high, row.tier) for row in rows] == [("a", 1, 2, 1), ("b", 1, 1, 1)]


@pytest.mark.slow
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
        entry = facts_of(posts, units)
        sums = resampling.replicate_sums(entry, "2021-08", 300, 2)
        rank = intervals.ranks(intervals.scores(entry, sums)["dissemination"])
        now = intervals.ranks(intervals.scores(entry, plain_sums(entry))["dissemination"])[0]
        low, high = intervals.intervals(rank, Decimal("0.025"), now)
        held += sum(low[i] <= i + 1 <= high[i] for i in range(10))
        total += 10
    assert held / total >= 0.93


def test_a_unit_without_posts_scores_zero_in_every_replicate_and_a_post_weighs_all_its_values() -> None:
    units = [("districts", "a"), ("districts", "b"), ("districts", "c")]
    (key,) = keys(1)
    entry = facts_of([(key, "b", [3, 7])], units)
    sums = resampling.replicate_sums(entry, "2021-08", 30, 1)
    steps = [int(step) for step in weights.poisson_steps()]
    expected = [sum(by_hashlib(r, "2021-08", key) >= step for step in steps) for r in range(30)]
    assert sums[:, 1].tolist() == [[3 * weight, 7 * weight] for weight in expected]
    assert not sums[:, [0, 2]].any()
    assert len(set(expected)) > 2


def test_a_month_without_posts_has_sums_of_zero() -> None:
    entry = facts_of([("k", "a", [1, 1])], [("districts", "a")])
    entry.post_key, entry.values = [], np.zeros((0, 2), np.int64)
    sums = resampling.replicate_sums(entry, "2021-08", 5, 2)
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
