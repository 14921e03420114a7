"""The stage that says how sure each rank is: rank intervals and tiers by a seeded Poisson bootstrap over posts.

Each replicate gives every post of the month a weight drawn from Poisson(1) and recomputes scores and ranks with
reprints, engagement and theme counts weighted. Method: docs/methodology.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from bangdan.core import parquet
from bangdan.core.months import Month
from bangdan.core.processes import in_threads
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.uncertainty import facts
from bangdan.uncertainty.facts import Facts, MonthFacts
from bangdan.uncertainty.intervals import intervals, ranks, scores, tiers
from bangdan.uncertainty.weights import PostWeights

# One row: the interval and tier of a unit in one list and dimension.
CERTAINTY = pa.schema(
    [
        ("ranking_month", pa.string()),
        ("method_version", pa.string()),
        ("ranking_list", pa.string()),
        ("dimension", pa.string()),
        ("unit_id", pa.string()),
        ("rank_low", pa.int32()),
        ("rank_high", pa.int32()),
        ("tier", pa.int32()),
    ]
)


class UnitCertainty(NamedTuple):
    """A row of CERTAINTY without its month and method."""

    ranking_list: str
    dimension: str
    unit_id: str
    rank_low: int
    rank_high: int
    tier: int


@dataclass
class Counts:
    """What a run of the stage did."""

    replicates: int
    posts: int
    rows: int


def ensure_layout(settings: Settings) -> None:
    """A zero-row file in the folder: readers find the columns in an empty layer too."""
    parquet.write_empty_tables(settings.evidence, {"certainty": CERTAINTY}, by_month=True)


def path(settings: Settings, month: Month) -> Path:
    """The file of a month's intervals and tiers."""
    return settings.evidence / "certainty" / f"month={month}" / "part-0.parquet"


def run(settings: Settings, month: Month) -> dict[str, int]:
    """Read the month's scores from the marts, write intervals and tiers as evidence. Returns Counts."""
    with connect(settings, read_only=True) as con:
        read = facts.read(con, month)
    sums = replicate_sums(read.facts, str(month), read.sampling.replicates, settings.threads)
    rows = list(certainty(read, sums))
    months = {"ranking_month": str(month), "method_version": read.sampling.method_version}
    table = pa.Table.from_pylist([{**months, **row._asdict()} for row in rows], schema=CERTAINTY)
    parquet.write_table(table, path(settings, month))
    return asdict(Counts(read.sampling.replicates, len(read.facts.post_key), len(rows)))


def replicate_sums(facts: Facts, month: str, replicates: int, threads: int) -> np.ndarray:
    """int64[replicates, units, columns]: the weighted sums of every replicate."""
    sums = np.zeros((replicates, len(facts.units), facts.values.shape[1]), np.int64)
    if not len(facts.post_key):
        return sums
    weights = PostWeights(month, facts.post_key)

    def weighted(replicate: int) -> tuple[int, np.ndarray]:
        weight = weights.of_replicate(replicate)
        return replicate, np.add.reduceat(facts.values * weight[:, None], facts.starts, axis=0)

    for replicate, of_units in in_threads(weighted, range(replicates), threads):
        sums[replicate, facts.owners] = of_units
    return sums


def certainty(month: MonthFacts, sums: np.ndarray) -> Iterator[UnitCertainty]:
    """Interval and tier of each unit, by dimension, list and unit; `sums` of every replicate."""
    units = month.facts.units
    by_dimension = scores(month.facts, sums) if units else {}
    for dimension, score in sorted(by_dimension.items()):
        for ranking_list in sorted({name for name, _unit_id in units}):
            rows = [row for row, (name, _unit_id) in enumerate(units) if name == ranking_list]
            unit_ids = [units[row][1] for row in rows]
            published = np.array([month.ranks[dimension, unit_id] for unit_id in unit_ids])
            low, high = intervals(ranks(score[:, rows]), month.sampling.interval_low, published)
            order = sorted(range(len(rows)), key=lambda i: (published[i], unit_ids[i]))
            tier = tiers(score[:, rows], order, month.sampling.tier_level)
            for i, unit_id in enumerate(unit_ids):
                yield UnitCertainty(ranking_list, dimension, unit_id, int(low[i]), int(high[i]), tier[i])
