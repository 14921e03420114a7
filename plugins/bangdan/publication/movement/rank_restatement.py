"""The exact difference that a restatement makes: rank and score before and after, and points by cause."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.publication import ledger
from bangdan.publication.movement import score_decomposition

KEY = ("ranking_list", "dimension", "unit_id")
FIGURES = ("rank", "score", "base_score", "bonus_points")

Row = dict[str, Any]
Causes = dict[tuple[str, str], dict[str, str]]


def rank_restatement(last: ledger.Release, tables: dict[str, pa.Table]) -> dict[str, Any]:
    """What the manifest records as `effect`: every ranking row of `tables` that differs from the release `last`, also
    rows that only one of the two has.

    `points` is the exact change of base score plus bonus; `parts` are its causes, which add up to it. Both are None
    for a row that is not ranked in both releases.
    """
    previous = {
        name: pq.read_table(last.path / "tables" / f"{name}.parquet").to_pylist() for name in score_decomposition.TABLES
    }
    current = {name: tables[name].to_pylist() for name in score_decomposition.TABLES}
    causes: Causes = {}
    for row in score_decomposition.table(str(last.month), last.name, current, previous).to_pylist():
        if row["change_points"]:
            causes.setdefault((row["unit_id"], row["dimension"]), {})[row["cause"]] = f"{row['change_points']}"
    old_rows, new_rows = ({tuple(row[k] for k in KEY): row for row in side["ranking"]} for side in (previous, current))
    rows = [
        _difference(key, old_rows.get(key), new_rows.get(key), causes)
        for key in (*new_rows, *(key for key in old_rows if key not in new_rows))
        if _figures(old_rows.get(key)) != _figures(new_rows.get(key))
    ]
    return {
        "against": last.name,
        "units_changed": len({row["unit_id"] for row in rows}),
        "ranks_changed": sum(row["rank"] != row["rank_before"] for row in rows),
        "rows": rows,
    }


def _figures(row: Row | None) -> tuple | None:
    return tuple(row[name] for name in FIGURES) if row else None


def _difference(key: tuple, old: Row | None, new: Row | None, causes: Causes) -> Row:
    points = None
    if old and new and old["rank"] is not None and new["rank"] is not None:
        points = new["base_score"] + new["bonus_points"] - old["base_score"] - old["bonus_points"]
    return {
        **dict(zip(KEY, key, strict=True)),
        "unit_name": (new or old or {})["unit_name"],
        "rank_before": old and old["rank"],
        "rank": new and new["rank"],
        "score_before": f"{old['score']}" if old else None,
        "score": f"{new['score']}" if new else None,
        "points": None if points is None else f"{points}",
        "parts": None if points is None else causes.get((key[2], key[1]), {}),
    }
