"""What a restatement changes, exactly: per unit and dimension rank and score before and after, and the causes' points."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.publication import ledger
from bangdan.publication.movement import changes

KEY = ("ranking_list", "dimension", "unit_id")
FIGURES = ("rank", "score", "base_score", "bonus_points")

Row = dict[str, Any]


def of_restatement(last: ledger.Release, full: dict[str, pa.Table]) -> dict[str, Any]:
    """Every row of the ranking that is not as it was, also those that came or went.

    `points` is the exact change of base score plus bonus; `parts` are its causes, which add up to it. A row that only
    one of the two releases has, or does not rank, has neither.
    """
    names = ("ranking", "unit_activity", "unit_indicators")
    before = {name: pq.read_table(last.path / "tables" / f"{name}.parquet").to_pylist() for name in names}
    now = {name: full[name].to_pylist() for name in names}
    parts: dict[tuple[str, str], Row] = {}
    for row in changes.table(str(last.month), last.name, now, before).to_pylist():
        if row["change_points"]:
            parts.setdefault((row["unit_id"], row["dimension"]), {})[row["cause"]] = f"{row['change_points']}"
    sides = [{tuple(row[k] for k in KEY): row for row in side["ranking"]} for side in (before, now)]
    rows = [
        _told(key, sides[0].get(key), sides[1].get(key), parts)
        for key in (*sides[1], *(key for key in sides[0] if key not in sides[1]))
        if _figures(sides[0].get(key)) != _figures(sides[1].get(key))
    ]
    return {
        "against": last.name,
        "units_changed": len({row["unit_id"] for row in rows}),
        "ranks_changed": sum(row["rank"] != row["rank_before"] for row in rows),
        "rows": rows,
    }


def _figures(row: Row | None) -> tuple | None:
    return tuple(row[name] for name in FIGURES) if row else None


def _told(key: tuple, old: Row | None, new: Row | None, parts: dict[tuple[str, str], Row]) -> Row:
    is_ranked_in_both = old and new and old["rank"] is not None and new["rank"] is not None
    points = (
        f"{new['base_score'] + new['bonus_points'] - old['base_score'] - old['bonus_points']}"
        if old and new and is_ranked_in_both
        else None
    )
    return {
        **dict(zip(KEY, key, strict=True)),
        "unit_name": (new or old or {})["unit_name"],
        "rank_before": old and old["rank"],
        "rank": new and new["rank"],
        "score_before": f"{old['score']}" if old else None,
        "score": f"{new['score']}" if new else None,
        "points": points,
        "parts": parts.get((key[2], key[1]), {}) if is_ranked_in_both else None,
    }
