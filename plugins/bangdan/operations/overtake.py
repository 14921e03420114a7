"""What it would cost a unit to pass another: the fewest extra reads, likes, comments or reprints, and which part of the
leverage rule would stop them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb

from bangdan.core import city, seeds
from bangdan.core.errors import UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.suggestions import did_you_mean
from bangdan.operations.sql_shell import open_published
from bangdan.publication.movement.score_decomposition import DIGITS, POINT, term

DIMENSIONS = ("dissemination", "influence")
CENT = Decimal("0.01")
# The kinds of part that extra values of a dimension are when they come at once: kind → how they would have to come.
FORMS = {
    "influence": {
        "largest_item": "by one item",
        "largest_outlet": "by one outlet",
        "busiest_day": "on one day",
    },
    "dissemination": {
        "unregistered": "by outlets that are not registered",
        "one_sided_exports": "by one file that holds no other unit",
        "link_only": "by link alone",
        "busiest_day": "on one day",
    },
}


@dataclass(frozen=True)
class Place:
    """A unit in a list and dimension. `interval_width` is the number of ranks from its own to the worst of its interval."""

    unit_id: str
    unit_name: str
    ranking_list: str
    rank: int
    score: Decimal
    bonus_points: Decimal
    interval_width: int


@dataclass(frozen=True)
class Indicator:
    """An indicator of a unit with what turns its value into points."""

    indicator_id: str
    value: int
    weight: Decimal
    goalpost: int
    transformation: str

    def points(self, extra: int = 0) -> Decimal:
        """100 × weight × term of the value and so much more, as the ranking rounds it."""
        share = term(Decimal(self.value + extra), self.goalpost, self.transformation)
        return 100 * self.weight * share.quantize(POINT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Way:
    """One way to pass: so many more of each indicator, the score and rank that they give, and what stops them."""

    dimension: str
    extra: dict[str, int]  # indicator → how many more
    least_outlets: int | None  # outlets that so many reprints need, as each counts once a post; None for engagement
    score: Decimal
    rank: int
    stopped_if: list[str]  # forms in which the ranking gate would stop the month


def ways_to_pass(settings: Settings, month: Month, unit: str, other: str, dimension: str | None = None) -> list[Way]:
    """The fewest more of each indicator alone, and of all reprints together, by which `unit` passes `other`.

    Computed exactly from values and goalposts of the latest release; an indicator whose whole weight does not suffice is
    not in the list. Raises UsageError where a unit is in no list, the lists differ, or the unit is ahead already.
    """
    con = open_published(settings)
    try:
        with localcontext() as context:
            context.prec = DIGITS
            return [
                way
                for name in ([dimension] if dimension else DIMENSIONS)
                for way in _ways(con, _limits(settings, month), month, (unit, other), name)
            ]
    finally:
        con.close()


def _ways(
    con: duckdb.DuckDBPyConnection, limits: dict[str, int], month: Month, units: tuple[str, str], dimension: str
) -> list[Way]:
    places = _places(con, month, dimension)
    own, other = (_named(places, month, name) for name in units)
    if own.ranking_list != other.ranking_list:
        raise UsageError(
            f"{own.unit_name} and {other.unit_name} are in different lists", remedy="name two units of one list"
        )
    if own.score > other.score:
        return []
    rivals = [place for place in places if place.ranking_list == own.ranking_list and place.unit_id != own.unit_id]
    indicators = _indicators(con, month, own.unit_id, dimension)
    plans = [_alone(indicators, indicator, own, other.score) for indicator in indicators]
    if dimension == "dissemination":
        plans.append(_together(indicators, own, other.score))
    posts = _post_count(con, month, own.unit_id)
    ways = []
    for plan in plans:
        if plan is None:
            continue
        score = _score(indicators, own, plan)
        rank = 1 + sum(place.score > score for place in rivals)
        usual = sorted(place.interval_width for place in [own, *rivals])[len(rivals) // 2]
        outlets = -(-max(plan.values()) // max(posts, 1)) if dimension == "dissemination" else None
        stopped = [
            form for kind, form in FORMS[dimension].items() if own.rank - rank - usual > limits.get(kind, limits[""])
        ]
        ways.append(Way(dimension, plan, outlets, score, rank, stopped))
    return ways


def _alone(indicators: Sequence[Indicator], indicator: Indicator, own: Place, target: Decimal) -> dict[str, int] | None:
    """The least more of one indicator that brings the score above the target; None where its whole weight does not."""

    def passes(extra: int) -> bool:
        return _score(indicators, own, {indicator.indicator_id: extra}) > target

    low, high = 0, max(indicator.goalpost - indicator.value, 0)
    if not passes(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return {indicator.indicator_id: high}


def _together(indicators: Sequence[Indicator], own: Place, target: Decimal) -> dict[str, int] | None:
    """The fewest more reprints over all channels. Terms are concave, so the next reprint is always best where it adds most."""
    extra = {indicator.indicator_id: 0 for indicator in indicators}
    gains = {indicator.indicator_id: indicator.points(1) - indicator.points() for indicator in indicators}
    by_id = {indicator.indicator_id: indicator for indicator in indicators}
    while _score(indicators, own, extra) <= target:
        best = max(gains, key=lambda name: (gains[name], name))
        if gains[best] <= 0:
            return None
        extra[best] += 1
        gains[best] = by_id[best].points(extra[best] + 1) - by_id[best].points(extra[best])
    return {name: count for name, count in extra.items() if count}


def _score(indicators: Sequence[Indicator], own: Place, extra: dict[str, int]) -> Decimal:
    base = sum((indicator.points(extra.get(indicator.indicator_id, 0)) for indicator in indicators), Decimal(0))
    return (base + own.bonus_points).quantize(CENT, ROUND_HALF_UP)


# ---- what the latest release holds -------------------------------------------------------------------------------------


def _places(con: duckdb.DuckDBPyConnection, month: Month, dimension: str) -> list[Place]:
    rows = con.execute(
        """
        select unit_id, unit_name, ranking_list, rank, score, bonus_points, coalesce(rank_high - rank, 0) from ranking
        where ranking_month = $1 and dimension = $2 and rank is not null order by unit_id
        """,
        [str(month), dimension],
    ).fetchall()
    return [Place(*row) for row in rows]


def _named(places: Sequence[Place], month: Month, name: str) -> Place:
    for place in places:
        if name in (place.unit_id, place.unit_name):
            return place
    meant = did_you_mean(name, [(place.unit_name,) for place in places])
    raise UsageError(
        f"{name!r} has no rank in {month}", remedy=meant + "one of: " + "、".join(place.unit_name for place in places)
    )


def _indicators(con: duckdb.DuckDBPyConnection, month: Month, unit_id: str, dimension: str) -> list[Indicator]:
    rows = con.execute(
        """
        select indicator_id, coalesce(value, 0), weight, goalpost, transformation from unit_indicators
        where ranking_month = $1 and unit_id = $2 and dimension = $3 order by indicator_id
        """,
        [str(month), unit_id, dimension],
    ).fetchall()
    return [Indicator(*row) for row in rows]


def _post_count(con: duckdb.DuckDBPyConnection, month: Month, unit_id: str) -> int:
    row = con.execute(
        "select post_count from unit_activity where ranking_month = $1 and unit_id = $2", [str(month), unit_id]
    ).fetchone()
    return row[0] if row else 0


def _limits(settings: Settings, month: Month) -> dict[str, int]:
    """Ranks that a part may lift a unit beyond its interval by the limits of the city, by kind; the empty kind is all others."""
    declared = seeds.in_force(city.rows(settings, "methodology/quality_floors"), f"{month}-01")
    return {row["scope"]: int(row["value"]) for row in declared if row["measure"] == "leverage_ranks"}
