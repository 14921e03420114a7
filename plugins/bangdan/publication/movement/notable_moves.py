"""The rises and falls of a month that are reported: of at least two places, or out of the earlier rank interval.

Page, bulletin and feed report these and no others: within its interval a unit moves by a place without any change of what
it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

LEAST_PLACES = 2
LARGEST = 3  # of each dimension and direction

Row = dict[str, Any]


class NotableMoves(NamedTuple):
    """Rows of ranking of the units that rose and of those that fell, by unit, the largest move first. A unit that rose in
    one dimension and fell in the other is in both.
    """

    rises: list[list[Row]]
    falls: list[list[Row]]


def of_list(ranking: Iterable[Row], ranking_list: str) -> NotableMoves:
    """The notable moves of a list: in each dimension the three largest rises and the three largest falls."""
    notable = [row for row in ranking if row["ranking_list"] == ranking_list and is_notable(row)]
    return NotableMoves(
        _by_unit([row for row in notable if row["rank_change"] > 0]),
        _by_unit([row for row in notable if row["rank_change"] < 0]),
    )


def compared(ranking: Iterable[Row], ranking_list: str) -> list[Row]:
    """Rows of a list that have a rank in this month and in the one before."""
    return [
        row
        for row in ranking
        if row["ranking_list"] == ranking_list and row["rank"] is not None and row["rank_change"] is not None
    ]


def is_notable(row: Row) -> bool:
    """True where a rank moved by at least two places, or by one out of the rank interval of the month before."""
    if row["rank"] is None or not row["rank_change"]:
        return False
    # Releases before version 4 of the contract do not hold the earlier interval.
    low, high = row.get("previous_rank_low"), row.get("previous_rank_high")
    has_left_interval = low is not None and high is not None and not low <= row["rank"] <= high
    return abs(row["rank_change"]) >= LEAST_PLACES or has_left_interval


def _by_unit(rows: list[Row]) -> list[list[Row]]:
    """The largest moves of each dimension, grouped by unit; of equal moves the better rank comes first."""
    chosen: list[Row] = []
    for dimension in sorted({row["dimension"] for row in rows}):
        chosen += sorted((row for row in rows if row["dimension"] == dimension), key=_size)[:LARGEST]
    by_unit: dict[str, list[Row]] = {}
    for row in sorted(chosen, key=_size):
        by_unit.setdefault(row["unit_id"], []).append(row)
    return list(by_unit.values())


def _size(row: Row) -> tuple[int, int, str, str]:
    return (-abs(row["rank_change"]), row["rank"], row["unit_id"], row["dimension"])
