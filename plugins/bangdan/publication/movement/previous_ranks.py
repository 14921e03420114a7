"""The previous month's ranks under this month's method, so that a change of method does not look like a movement of units.

Restated are weights, goalposts and transformations, on the values that were released; bonus points stay as they were,
and reprints as they were matched then.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from bangdan.publication.movement.score_decomposition import DIGITS, POINT, term

Row = dict[str, Any]
Key = tuple[str, str, str]  # ranking_list, dimension, unit_id
METHOD = ("weight", "goalpost", "transformation")


def restated_previous_ranks(indicators: list[Row], previous: dict[str, list[Row]]) -> dict[Key, int]:
    """Ranks of the previous month by the method that `indicators` (this month's) carry; empty where the two methods are
    the same. `previous` holds the previous release's rows of ranking and unit_indicators.
    """
    method, earlier = _method(indicators), _method(previous["unit_indicators"])
    if method == earlier:
        return {}
    base: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    with localcontext() as context:
        context.prec = DIGITS
        for row in previous["unit_indicators"]:
            today = method.get((row["dimension"], row["indicator_id"]))
            if today and row["value"]:
                weight, goalpost, transformation = today
                share = term(Decimal(row["value"]), goalpost, transformation).quantize(POINT, ROUND_HALF_UP)
                base[row["unit_id"], row["dimension"]] += 100 * weight * share
    scores: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for row in previous["ranking"]:
        if row["rank"] is not None:
            score = base[row["unit_id"], row["dimension"]] + row["bonus_points"]
            list_key = (row["ranking_list"], row["dimension"])
            scores[list_key][row["unit_id"]] = score.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        (*list_key, unit_id): 1 + sum(other > score for other in of.values())
        for list_key, of in scores.items()
        for unit_id, score in of.items()
    }


def _method(indicators: list[Row]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(dimension, indicator) → weight, goalpost, transformation; the same for all units of a month."""
    return {(row["dimension"], row["indicator_id"]): tuple(row[name] for name in METHOD) for row in indicators}
