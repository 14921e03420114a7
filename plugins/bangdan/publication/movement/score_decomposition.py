"""The change of a unit's score split into causes: Shapley values, which add up and do not depend on an order of causes.

Causes: volume (posts), reach (reprints per post, by channel), engagement (per reprint, by metric), method (weights,
goalposts, transformations), bonus. Shapley (1953): a cause's value is the average, over all orders, of what it adds when its new value
takes the place of the old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("ranking_month", pa.string()),
        ("previous_month", pa.string()),
        ("unit_id", pa.string()),
        ("dimension", pa.string()),
        ("cause", pa.string()),
        ("change_points", pa.decimal128(20, 12)),
    ]
)
# The tables of which a score is made.
TABLES = ("ranking", "unit_activity", "unit_indicators")
CAUSES = {"dissemination": ("volume", "reach", "method"), "influence": ("volume", "reach", "engagement", "method")}
POINT = Decimal("0.000000000001")
DIGITS = 40

Row = dict[str, Any]


def table(month: str, previous_month: str, current: dict[str, list[Row]], previous: dict[str, list[Row]]) -> pa.Table:
    """One row per unit, dimension and cause, for units that both months rank. `current` and `previous` hold the rows of
    TABLES; the causes' points add up to the change of base score and bonus.
    """
    rows = []
    old, new = _by_unit(previous), _by_unit(current)
    for key in sorted(old.keys() & new.keys()):
        for cause, points in decompose(old[key], new[key], key[1]).items():
            rows.append(
                {
                    "ranking_month": month,
                    "previous_month": previous_month,
                    "unit_id": key[0],
                    "dimension": key[1],
                    "cause": cause,
                    "change_points": points,
                }
            )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _by_unit(tables: dict[str, list[Row]]) -> dict[tuple[str, str], Row]:
    """(unit_id, dimension) → the parts of its score."""
    posts = {row["unit_id"]: row for row in tables["unit_activity"]}
    scores: dict[tuple[str, str], Row] = {}
    for row in tables["ranking"]:
        if row["rank"] is not None and row["unit_id"] in posts:
            activity = posts[row["unit_id"]]
            scores[row["unit_id"], row["dimension"]] = {
                "posts": activity["post_count"],
                "reprints": activity["reprint_count"],
                "base": row["base_score"],
                "bonus": row["bonus_points"],
                "indicators": {},
            }
    for row in tables["unit_indicators"]:
        score = scores.get((row["unit_id"], row["dimension"]))
        if score is not None:
            score["indicators"][row["indicator_id"]] = (
                int(row["value"] or 0),
                (row["weight"], row["goalpost"], row["transformation"]),
            )
    return scores


def decompose(previous: Row, current: Row, dimension: str) -> dict[str, Decimal]:
    """Points by cause, 12 decimals; they add up exactly to the change of base score plus bonus."""
    causes = CAUSES[dimension]
    with localcontext() as context:
        context.prec = DIGITS
        factors = [_factors(side, dimension) for side in (previous, current)]

        def base(new: frozenset[str]) -> Decimal:
            return _base({cause: factors[cause in new][cause] for cause in causes}, dimension)

        exact = shapley(causes, base)
        points = {cause: value.quantize(POINT, ROUND_HALF_EVEN) for cause, value in exact.items()}
        # The rest of rounding goes to the largest cause, the first of equals.
        rest = (current["base"] - previous["base"]) - sum(points.values(), Decimal(0))
        largest = max(causes, key=lambda cause: (abs(points[cause]), -causes.index(cause)))
        points[largest] += rest
        points["bonus"] = current["bonus"] - previous["bonus"]
    return points


def shapley(causes: Iterable[str], value: Callable[[frozenset[str]], Decimal]) -> dict[str, Decimal]:
    """Shapley value of each cause of the game `value`."""
    names = tuple(causes)
    known = {
        frozenset(chosen): value(frozenset(chosen))
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
    }
    values = dict.fromkeys(names, Decimal(0))
    for name in names:
        for chosen, without in known.items():
            if name not in chosen:
                share = Fraction(
                    factorial(len(chosen)) * factorial(len(names) - len(chosen) - 1), factorial(len(names))
                )
                values[name] += (known[chosen | {name}] - without) * share.numerator / share.denominator
    return values


def _factors(side: Row, dimension: str) -> Row:
    """The score's factors: value = volume × reach (× engagement), indicator by indicator."""
    values = {name: value for name, (value, _method) in side["indicators"].items()}
    method = {name: of for name, (_value, of) in side["indicators"].items()}
    posts, reprints = side["posts"], side["reprints"]
    if dimension == "dissemination":
        reach: Any = {name: Fraction(value, posts) if posts else Fraction(0) for name, value in values.items()}
        return {"volume": posts, "reach": reach, "method": method}
    engagement = {name: Fraction(value, reprints) if reprints else Fraction(0) for name, value in values.items()}
    return {
        "volume": posts,
        "reach": Fraction(reprints, posts) if posts else Fraction(0),
        "engagement": engagement,
        "method": method,
    }


def _base(factors: Row, dimension: str) -> Decimal:
    """The base score of METHOD section 5 for any mixture of old and new factors."""
    total = Decimal(0)
    for name, (weight, goalpost, transformation) in factors["method"].items():
        if dimension == "dissemination":
            value = factors["volume"] * factors["reach"].get(name, Fraction(0))
        else:
            value = factors["volume"] * factors["reach"] * factors["engagement"].get(name, Fraction(0))
        if value:
            total += (
                100 * weight * term(Decimal(value.numerator) / Decimal(value.denominator), goalpost, transformation)
            )
    return total


def term(value: Decimal, goalpost: int, transformation: str) -> Decimal:
    """The normalised term of METHOD section 5, 0 to 1, as exact as the decimal context in force."""
    goal = Decimal(int(goalpost))
    share = (1 + value).ln() / (1 + goal).ln() if transformation == "log" else value / goal
    return min(Decimal(1), share)
