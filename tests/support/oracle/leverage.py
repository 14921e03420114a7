"""The rank without the part of a kind that a unit gains most by, in plain Python. Written from the methodology."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from tests.support.oracle.method import CHANNELS, DIMENSIONS, LISTS, Reading, known, rounded, share
from tests.support.oracle.worlds import Match

# Of quality_floors.csv: an outlet, or a file, that carries one unit often and hardly any other.
OFTEN = 3
HARDLY_ANY_OTHER = {"outlet": Decimal("0.8"), "file": Decimal("0.3")}
# Left out for every unit of the list, because they are a sort of evidence and not one thing.
FOR_ALL = ("unregistered", "link_only")


def rpt_rank_leverage(r: Reading) -> list[dict[str, Any]]:
    """One row a ranked unit, dimension and kind of part."""
    matches = [m for m in r.matches if r.reasons[m.item.id, m.post.id] is None]
    rows = []
    for kind, part_of in _kinds(matches).items():
        for dimension in DIMENSIONS:
            for ranking_list in LISTS:
                units = r.of_list(ranking_list)
                without = {unit: _largest(r, dimension, matches, unit, part_of) for unit in units}
                rows += [_row(r, dimension, kind, unit, without) for unit in units]
    return rows


def _kinds(matches: list[Match]) -> dict[str, Callable[[Match], str]]:
    """Kind → the part of that kind that a match is in, empty for none."""
    groups = _one_sided(matches, lambda m: m.item.outlet or "", HARDLY_ANY_OTHER["outlet"])
    files = _one_sided(matches, lambda m: m.item.export, HARDLY_ANY_OTHER["file"])
    return {
        "largest_item": lambda m: m.item.id,
        "largest_outlet": lambda m: m.item.outlet or "",
        "unregistered": lambda m: "" if m.item.is_registered or m.item.account_id else "unregistered",
        "link_only": lambda m: "link_only" if m.decision["method"] == "link" else "",
        "busiest_day": lambda m: m.item.at.date().isoformat(),
        "largest_group": lambda m: groups.get((m.post.unit or "", m.item.outlet or ""), ""),
        "one_sided_exports": lambda m: files.get((m.post.unit or "", m.item.export), ""),
    }


def _one_sided(matches: list[Match], carrier_of: Callable[[Match], str], least: Decimal) -> dict[tuple[str, str], str]:
    """(unit, carrier) → hash of all the unit's one-sided carriers, of those that are one."""
    carried: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for m in matches:
        carried[m.post.unit or "", carrier_of(m)].add((m.post.id, m.item.outlet or ""))
    in_all: dict[str, int] = defaultdict(int)
    for (_unit, carrier), pairs in carried.items():
        in_all[carrier] += len(pairs)
    result: dict[str, list[str]] = defaultdict(list)
    for (unit, carrier), pairs in carried.items():
        if len(pairs) >= OFTEN and len(pairs) >= least * in_all[carrier]:
            result[unit].append(carrier)
    return {
        (unit, carrier): hashlib.md5(",".join(sorted(carriers)).encode()).hexdigest()[:12]
        for unit, carriers in result.items()
        for carrier in carriers
    }


def _values(r: Reading, names: Iterable[str], matches: list[Match]) -> dict[str, int]:
    """Indicator → its value over these matches: distinct pairs of a channel, sums of each pair's largest metric."""
    pairs: dict[tuple[str, str], list[Match]] = defaultdict(list)
    for m in matches:
        pairs[m.post.id, m.item.outlet or ""].append(m)
    values = {}
    for name in names:
        if name in CHANNELS:
            values[name] = sum(of[0].item.channel == name for of in pairs.values())
        else:
            values[name] = sum(max(known([r.engagement(m)[name][0] for m in of]), default=0) for of in pairs.values())
    return values


def _largest(
    r: Reading, dimension: str, matches: list[Match], unit: str, part_of: Callable[[Match], str]
) -> dict[str, Any]:
    """The part of a kind without which the unit scores least; of parts that take as much, the first by name."""
    mine = [m for m in matches if m.post.unit == unit]
    rules = {name: rule for name, rule in r.rules().items() if rule[0] == dimension}
    full = _values(r, rules, mine)
    points = {name: weight * r.term(full[name], goalpost) for name, (_d, weight, goalpost) in rules.items()}
    base = sum(points.values(), Decimal(0))
    chosen: dict[str, Any] = {"part": None, "base": base, "picopoints": 0, "of_part": []}
    for part in sorted({part_of(m) for m in mine} - {""}):
        of_part = [m for m in mine if part_of(m) == part]
        touched = {m.item.channel for m in of_part} | (set(rules) if dimension == "influence" else set())
        if not any(full.get(name) for name in touched):
            continue
        rest = _values(r, rules, [m for m in mine if part_of(m) != part])
        left = sum(
            (weight * r.term(rest[name], goalpost) for name, (_d, weight, goalpost) in rules.items()), Decimal(0)
        )
        if chosen["part"] is None or left < chosen["base"]:
            picopoints = sum(
                int(points[name] * 10**12) * (full[name] - rest[name]) // full[name] for name in rules if full[name]
            )
            chosen = {"part": part, "base": left, "picopoints": picopoints, "of_part": of_part}
    return {**chosen, "share": share(chosen["picopoints"], int(base * 10**12))}


def _row(r: Reading, dimension: str, kind: str, unit: str, without: dict[str, dict[str, Any]]) -> dict[str, Any]:
    mine, bonus = without[unit], r.bonus
    score_without = {of: rounded(entry["base"] + bonus(of), "0.01") for of, entry in without.items()}
    others = score_without if kind in FOR_ALL else {of: r.scores[of, dimension]["score"] for of in without}
    of_part: list[Match] = mine["of_part"]
    return {
        "ranking_month": r.month, "unit_id": unit, "dimension": dimension, "kind": kind, "part_id": mine["part"],
        "outlet_id": min((m.item.outlet or "" for m in of_part), default=None),
        "item_count": len({m.item.id for m in of_part}), "outlet_count": len({m.item.outlet for m in of_part}),
        "points_share": mine["share"], "rank": r.scores[unit, dimension]["rank"],
        "rank_without": 1 + sum(score > score_without[unit] for of, score in others.items() if of != unit),
        "score": r.scores[unit, dimension]["score"], "score_without": score_without[unit], "decision": None,
    }  # fmt: skip
