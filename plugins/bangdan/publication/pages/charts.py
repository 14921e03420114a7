"""The geometry of charts, in the units of their boxes; templates/charts.html draws them as inline SVG.

The page gives the numbers of every chart in words or as a table too, so that nothing needs to be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 640, 44, 16, 16, 34
AXES = ("dissemination", "influence")  # of the scatter, to the right and upwards
Mark = dict[str, Any]
Box = tuple[float, float, float, float]  # left, top, right, bottom


def rank_history(points: Sequence[dict[str, Any]], worst: int) -> Mark:
    """A line of ranks with its interval as a band; rank 1 is on top. `points`: month, rank, rank_low, rank_high."""
    height = 230
    inner, deep = WIDTH - LEFT - RIGHT, height - TOP - BOTTOM
    step = inner / max(1, len(points) - 1)

    def x(at: int) -> float:
        return round(LEFT + (at * step if len(points) > 1 else inner / 2), 1)

    def y(rank: int) -> float:
        return round(TOP + (rank - 1) / max(1, worst - 1) * deep, 1)

    ranked = [(at, point) for at, point in enumerate(points) if point["rank"] is not None]
    band = [(at, point) for at, point in ranked if None not in (point["rank_low"], point["rank_high"])]
    every = max(1, -(-len(points) // 8))
    return {
        "width": WIDTH,
        "height": height,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "line": _points((x(at), y(point["rank"])) for at, point in ranked),
        "band": _points(
            [(x(at), y(point["rank_low"])) for at, point in band]
            + [(x(at), y(point["rank_high"])) for at, point in reversed(band)]
        ),
        "whiskers": [{"x": x(at), "low": y(point["rank_low"]), "high": y(point["rank_high"])} for at, point in band],
        "dots": [
            {"x": x(at), "y": y(point["rank"]), "rank": point["rank"], "month": point["month"]} for at, point in ranked
        ],
        "rows": [{"y": y(rank), "rank": rank} for rank in _ranks(worst)],
        "columns": [
            {"x": x(at), "text": point["month"], "anchor": _anchor(at, len(points))}
            for at, point in enumerate(points)
            if at % every == 0
        ],
    }


def bump(units: Sequence[dict[str, Any]], months: Sequence[str]) -> Mark:
    """A line per unit through its ranks of all months; rank 1 is on top. `units`: id, name, and `ranks` by month, None
    where a month does not rank the unit: there its line is broken.
    """
    right, pitch = 190, 19
    worst = max((rank for unit in units for rank in unit["ranks"] if rank is not None), default=1)
    step = (WIDTH - LEFT - right) / (len(months) - 1)

    def place(at: int, rank: int) -> str:
        return f"{round(LEFT + at * step, 1)},{TOP + (rank - 1) * pitch}"

    lines = []
    for unit in units:
        ranked = [(at, rank) for at, rank in enumerate(unit["ranks"]) if rank is not None]
        path = "".join(
            f"{'L' if at and unit['ranks'][at - 1] is not None else 'M'}{place(at, rank)}" for at, rank in ranked
        )
        dots = [place(at, rank).split(",") for at, rank in ranked]
        words = ", ".join(f"{months[at]} {rank}" for at, rank in ranked)
        is_last = bool(ranked) and ranked[-1][0] == len(months) - 1
        lines.append(
            {"id": unit["id"], "name": unit["name"], "path": path, "dots": dots, "words": words, "is_last": is_last}
        )
    return {
        "width": WIDTH,
        "height": TOP + (worst - 1) * pitch + BOTTOM,
        "left": LEFT,
        "right": WIDTH - right,
        "lines": lines,
        "rows": [{"y": TOP + (rank - 1) * pitch, "rank": rank} for rank in _ranks(worst)],
        "columns": [
            {"x": round(LEFT + at * step, 1), "text": month}
            for at, month in enumerate(months)
            if (len(months) - 1 - at) % max(1, -(-len(months) // 6)) == 0
        ],
    }


def scatter(units: Sequence[dict[str, Any]]) -> Mark:
    """A dot per unit, dissemination to the right and influence upwards, with a line at each border between tiers. `units`:
    id, name, and the rows of both dimensions (score, rank, tier); a name is next to its dot where there is room.
    """
    height, left, top = 534, 52, 30
    ranked = [unit for unit in units if all(unit[dimension]["rank"] is not None for dimension in AXES)]
    spans = {dimension: _span([unit[dimension]["score"] for unit in ranked], step=Decimal(10)) for dimension in AXES}

    def place(dimension: str, score: Decimal) -> float:
        low, high = spans[dimension]
        part = float((score - low) / (high - low))
        if dimension == AXES[0]:
            return round(left + part * (WIDTH - RIGHT - left), 1)
        return round(height - BOTTOM - 12 - part * (height - BOTTOM - 12 - top), 1)

    dots = [
        {**unit, "x": place(AXES[0], unit[AXES[0]]["score"]), "y": place(AXES[1], unit[AXES[1]]["score"])}
        for unit in ranked
    ]
    _label(dots)
    return {
        "width": WIDTH,
        "height": height,
        "left": left,
        "right": WIDTH - RIGHT,
        "top": top,
        "bottom": height - BOTTOM - 12,
        "dots": dots,
        "columns": [{"x": place(AXES[0], tick), "score": tick} for tick in _ticks(*spans[AXES[0]])],
        "rows": [{"y": place(AXES[1], tick), "score": tick} for tick in _ticks(*spans[AXES[1]])],
        "tiers": {
            dimension: [place(dimension, border) for border in _borders([unit[dimension] for unit in ranked])]
            for dimension in AXES
        },
    }


def strip(rows: Sequence[dict[str, Any]]) -> Mark:
    """The scores of a list on one axis: a tick per unit, every second tier shaded. `rows`: id, name, score, rank, tier."""
    ranked = [row for row in rows if row["rank"] is not None]
    low, high = _span([row["score"] for row in ranked], step=Decimal(10))
    left = 12

    def x(score: Decimal) -> float:
        return round(left + float((score - low) / (high - low)) * (WIDTH - RIGHT - left), 1)

    borders = [x(border) for border in _borders(ranked)]
    edges = [float(left), *sorted(borders), float(WIDTH - RIGHT)]
    return {
        "width": WIDTH,
        "height": 66,
        "ticks": [{"id": row["id"], "name": row["name"], "rank": row["rank"], "score": row["score"], "x": x(row["score"])} for row in ranked],
        "columns": [{"x": x(tick), "score": tick} for tick in _ticks(low, high)],
        "shades": [
            {"x": edges[at], "width": round(edges[at + 1] - edges[at], 1)} for at in range(len(edges) - 2, -1, -2)
        ],
    }  # fmt: skip


def _span(scores: Sequence[Decimal], step: Decimal) -> tuple[Decimal, Decimal]:
    """The round scores between which all lie: 23.1 and 71.9 → 20 and 80."""
    low, high = (min(scores), max(scores)) if scores else (Decimal(0), Decimal(0))
    bottom = (low / step).to_integral_value(ROUND_FLOOR) * step
    top = (high / step).to_integral_value(ROUND_CEILING) * step
    return bottom, max(top, bottom + step)


def _ticks(low: Decimal, high: Decimal) -> list[Decimal]:
    """Scores to name on an axis, at most six of them."""
    step = Decimal(next(step for step in (5, 10, 20, 50) if (high - low) / step <= 5))
    first = (low / step).to_integral_value(ROUND_CEILING)
    return [number * step for number in range(int(first), int(high / step) + 1)]


def _borders(rows: Sequence[dict[str, Any]]) -> list[Decimal]:
    """Scores halfway between the last unit of a tier and the first of the next, from the highest down."""
    by_score = sorted(rows, key=lambda row: -row["score"])
    return [
        (above["score"] + below["score"]) / 2 for above, below in pairwise(by_score) if above["tier"] != below["tier"]
    ]


def _label(dots: list[Mark]) -> None:
    """Choose for each dot on which side its name is (`label`: x, y, anchor), or none where it would cover another."""
    taken = [(dot["x"] - 6, dot["y"] - 6, dot["x"] + 6, dot["y"] + 6) for dot in dots]
    for dot in dots:
        width = sum(13 if ord(character) > 0x2E7F else 7.5 for character in dot["name"])
        dot["label"] = None
        for anchor, x, y in (("start", 9, 5), ("end", -9, 5), ("middle", 0, -11), ("middle", 0, 21)):
            at, base = dot["x"] + x, dot["y"] + y
            begin = at - {"start": 0, "middle": width / 2, "end": width}[anchor]
            box = (begin, base - 12, begin + width, base + 3)
            if box[0] >= 0 and box[2] <= WIDTH and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                dot["label"] = {"x": round(at, 1), "y": round(base, 1), "anchor": anchor}
                break


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def stacked_days(days: Sequence[str], kinds: Sequence[str], counts: dict[tuple[str, str], int]) -> Mark:
    """Columns by day, stacked by kind. `counts`: (day, kind) → number."""
    height = 200
    inner, deep = WIDTH - LEFT - RIGHT, height - TOP - BOTTOM
    totals = [sum(counts.get((day, kind), 0) for kind in kinds) for day in days]
    top = _ceiling(max(totals, default=0))
    wide = inner / max(1, len(days))
    bars = []
    for at, day in enumerate(days):
        base = Decimal(0)
        for kind in kinds:
            n = counts.get((day, kind), 0)
            if n:
                tall = round(n / top * deep, 1)
                bars.append(
                    {
                        "kind": kind,
                        "x": round(LEFT + at * wide + wide * 0.12, 1),
                        "width": round(wide * 0.76, 1),
                        "y": round(TOP + deep - float(base) - tall, 1),
                        "height": tall,
                    }
                )
                base += Decimal(str(tall))
    return {
        "width": WIDTH,
        "height": height,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "bars": bars,
        "days": [
            {
                "day": day,
                "x": round(LEFT + at * wide, 1),
                "width": round(wide, 1),
                "total": totals[at],
                "counts": [(kind, counts[day, kind]) for kind in kinds if counts.get((day, kind))],
            }
            for at, day in enumerate(days)
        ],
        "top": TOP,
        "deep": deep,
        "rows": [{"y": round(TOP + deep - part * deep, 1), "value": int(top * part)} for part in (0, 0.5, 1)],
        "columns": [
            {"x": round(LEFT + (at + 0.5) * wide, 1), "text": day, "anchor": "middle"}
            for at, day in enumerate(days)
            if at % 7 == 0
        ],
    }


def segments(parts: Sequence[tuple[str, Decimal]], whole: Decimal) -> list[Mark]:
    """A bar of parts side by side: left edge and width in percent of `whole`, one decimal."""
    bars, left = [], Decimal(0)
    for name, value in parts:
        if value > 0:
            bars.append({"name": name, "x": _share(left, whole), "width": _share(value, whole)})
            left += value
    return bars


def interval(rank: int | None, low: int | None, high: int | None, worst: int) -> Mark | None:
    """Whisker and dot in percent of a cell; 4 percent at each side stay free for the dot."""
    if rank is None or low is None or high is None:
        return None

    def x(place: int) -> float:
        return round(4 + (place - 1) / max(1, worst - 1) * 92, 1)

    return {"low": x(low), "high": x(high), "dot": x(rank)}


def diverging(value: Decimal, most: Decimal) -> Mark:
    """A bar to the left (less) or right (more) of the middle, in percent."""
    width = round(float(abs(value) / most * 50), 1) if most else 0.0
    return {"x": 50.0 if value >= 0 else round(50 - width, 1), "width": width, "kind": "more" if value >= 0 else "less"}


def _share(value: Decimal, whole: Decimal) -> float:
    return round(float(value / whole * 100), 1) if whole else 0.0


def _points(pairs: Any) -> str:
    return " ".join(f"{x},{y}" for x, y in pairs)


def _ranks(worst: int) -> list[int]:
    """Ranks to name on the axis: the first, the last, and round ranks between them that do not come too close."""
    step = 5 if worst <= 20 else 10
    return sorted({1, worst, *(rank for rank in range(step, worst, step) if worst - rank >= step / 2)})


def _anchor(at: int, count: int) -> str:
    return "middle" if count == 1 else "start" if at == 0 else "end" if at == count - 1 else "middle"


def _ceiling(value: int) -> int:
    """The next round number whose half is a whole number."""
    unit = 1
    while True:
        for factor in (2, 3, 4, 5, 6, 8, 10):
            if factor * unit >= value and factor * unit % 2 == 0:
                return factor * unit
        unit *= 10
