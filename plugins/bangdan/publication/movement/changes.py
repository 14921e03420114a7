"""Why a unit's score changed on last month: Shapley values over causes, which do not depend on an order and add up.

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
CAUSES = {"dissemination": ("volume", "reach", "method"), "influence": ("volume", "reach", "engagement", "method")}
POINT = Decimal("0.000000000001")
DIGITS = 40

Row = dict[str, Any]


def table(month: str, previous_month: str, now: dict[str, list[Row]], before: dict[str, list[Row]]) -> pa.Table:
    """One row per unit, dimension and cause, for units that both months rank. `now` and `before` hold the rows of
    ranking, unit_activity and unit_indicators; the causes' points add up to the change of base score and bonus.
    """
    rows = []
    sides = [_by_unit(side) for side in (before, now)]
    for key in sorted(sides[0].keys() & sides[1].keys()):
        for cause, points in change(sides[0][key], sides[1][key], key[1]).items():
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


def _by_unit(side: dict[str, list[Row]]) -> dict[tuple[str, str], Row]:
    """(unit_id, dimension) → what its score was made of."""
    posts = {row["unit_id"]: row for row in side["unit_activity"]}
    found: dict[tuple[str, str], Row] = {}
    for row in side["ranking"]:
        if row["rank"] is not None and row["unit_id"] in posts:
            activity = posts[row["unit_id"]]
            found[row["unit_id"], row["dimension"]] = {
                "posts": activity["post_count"],
                "reprints": activity["reprint_count"],
                "base": row["base_score"],
                "bonus": row["bonus_points"],
                "indicators": {},
            }
    for row in side["unit_indicators"]:
        owner = found.get((row["unit_id"], row["dimension"]))
        if owner is not None:
            owner["indicators"][row["indicator_id"]] = (
                int(row["value"] or 0),
                (row["weight"], row["goalpost"], row["transformation"]),
            )
    return found


def change(before: Row, now: Row, dimension: str) -> dict[str, Decimal]:
    """Points by cause, 12 decimals; they add up exactly to the change of base score plus bonus."""
    causes = CAUSES[dimension]
    with localcontext() as context:
        context.prec = DIGITS
        factors = [_factors(side, dimension) for side in (before, now)]

        def base(new: frozenset[str]) -> Decimal:
            return _base({cause: factors[cause in new][cause] for cause in causes}, dimension)

        exact = shapley(causes, base)
        found = {cause: value.quantize(POINT, ROUND_HALF_EVEN) for cause, value in exact.items()}
        # What rounding leaves goes to the largest cause, the first of equals.
        rest = (now["base"] - before["base"]) - sum(found.values(), Decimal(0))
        largest = max(causes, key=lambda cause: (abs(found[cause]), -causes.index(cause)))
        found[largest] += rest
        found["bonus"] = now["bonus"] - before["bonus"]
    return found


def shapley(causes: Iterable[str], value: Callable[[frozenset[str]], Decimal]) -> dict[str, Decimal]:
    """Shapley value of each cause of the game `value`."""
    names = tuple(causes)
    known = {
        frozenset(chosen): value(frozenset(chosen))
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
    }
    found = dict.fromkeys(names, Decimal(0))
    for name in names:
        for chosen, without in known.items():
            if name not in chosen:
                share = Fraction(
                    factorial(len(chosen)) * factorial(len(names) - len(chosen) - 1), factorial(len(names))
                )
                found[name] += (known[chosen | {name}] - without) * share.numerator / share.denominator
    return found


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
