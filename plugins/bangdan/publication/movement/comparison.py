"""The difference between a month built in a scratch area and its release: units, ranks, scores, table rows, causes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.publication import ledger
from bangdan.publication.movement import score_decomposition
from bangdan.publication.tables import ORDER

Row = dict[str, Any]
KEY = ("ranking_list", "dimension", "unit_id")
# Columns that publication computes from the release of the month before, which a scratch area does not have.
NOT_BUILT = ("release", "previous_rank", "rank_change", "movement", "originality_rate_change_pp")
LARGEST = 10


def compare(scratch: Settings, settings: Settings, month: Month) -> Row:
    """Units, ranks and rows that differ between a month built in `scratch` and its release; the largest moves first.

    A month without a release has `is_new`, and nothing to be compared with.
    """
    release = ledger.latest(settings, month)
    with connect(scratch, read_only=True) as con:
        current = {
            name: con.sql(f"from published.rpt_{name} where ranking_month = $1", params=[str(month)])
            .to_arrow_table()
            .to_pylist()
            for name in score_decomposition.TABLES
        }
        if release is None:
            return {"is_new": True, "units_changed": len({row["unit_id"] for row in current["ranking"]})}
        rows_changed = {
            name: n
            for name in ORDER
            if (release.path / "tables" / f"{name}.parquet").exists()
            if (n := _rows_changed(con, name, month, release))
        }
    previous = {
        name: pq.read_table(release.path / "tables" / f"{name}.parquet").to_pylist()
        for name in score_decomposition.TABLES
    }
    moved = _moved(current["ranking"], previous["ranking"])
    causes = _causes(month, current, previous)
    for row in moved:
        row["causes"] = causes.get((row["unit_id"], row["dimension"]), {})
    return {
        "is_new": False,
        "units_changed": len({row["unit_id"] for row in moved}),
        "ranks_changed": sum(row["rank"] != row["published_rank"] for row in moved),
        "scores_changed": sum(row["score"] != row["published_score"] for row in moved),
        "by_cause": _by_cause(moved),
        "rows_changed": rows_changed,
        "largest": sorted(moved, key=_size_of_move)[:LARGEST],
    }


def ranking_with_published(scratch: Settings, settings: Settings, month: Month) -> list[Row]:
    """The ranking of a month built in `scratch`, each row with `published_rank` and `published_score` (or None)."""
    with connect(scratch, read_only=True) as con:
        current = con.sql(
            f"select * from published.rpt_ranking where ranking_month = $1 order by {ORDER['ranking']}",
            params=[str(month)],
        ).to_arrow_table()
    release = ledger.latest(settings, month)
    rows = pq.read_table(release.path / "tables" / "ranking.parquet").to_pylist() if release else []
    published = {tuple(row[key] for key in KEY): row for row in rows}
    both = []
    for row in current.to_pylist():
        old = published.get(tuple(row[key] for key in KEY), {})
        both.append({**row, "published_rank": old.get("rank"), "published_score": old.get("score")})
    return both


def _rows_changed(con: Any, name: str, month: Month, release: ledger.Release) -> int:
    """Rows of a table that only one side has, over the columns of both."""
    if name == "score_changes":
        return 0
    file = str(release.path / "tables" / f"{name}.parquet")
    mine = [column for column, *_ in con.execute(f"describe published.rpt_{name}").fetchall()]
    theirs = {column for column, *_ in con.execute("describe from read_parquet($1)", [file]).fetchall()}
    columns = ", ".join(f'"{column}"' for column in mine if column in theirs and column not in NOT_BUILT)
    [(n,)] = con.execute(
        f"""
        with mine as (select {columns} from published.rpt_{name} where ranking_month = $1),
        theirs as (select {columns} from read_parquet($2))
        select (select count(*) from (from mine except all from theirs))
            + (select count(*) from (from theirs except all from mine))
        """,
        [str(month), file],
    ).fetchall()
    return n


def _moved(current: list[Row], previous: list[Row]) -> list[Row]:
    """Ranking rows whose rank or score differs, also those that only one side has."""
    known = {tuple(row[key] for key in KEY): row for row in previous}
    moved = []
    for row in current:
        old = known.pop(tuple(row[key] for key in KEY), {})
        if (row["rank"], row["score"]) != (old.get("rank"), old.get("score")):
            moved.append(_pair(row, row, old))
    return moved + [_pair(old, {}, old) for old in known.values()]


def _pair(named: Row, current: Row, published: Row) -> Row:
    """Names from `named`, rank and score of both sides."""
    return {
        **{key: named[key] for key in (*KEY, "unit_name", "unit_name_en")},
        "published_rank": published.get("rank"),
        "rank": current.get("rank"),
        "published_score": published.get("score"),
        "score": current.get("score"),
    }


def _causes(
    month: Month, current: dict[str, list[Row]], previous: dict[str, list[Row]]
) -> dict[tuple, dict[str, Decimal]]:
    """(unit, dimension) → cause → points: the decomposition of two months' scores, for two versions of one month."""
    causes: dict[tuple, dict[str, Decimal]] = {}
    for row in score_decomposition.table(str(month), str(month), current, previous).to_pylist():
        if row["change_points"]:
            causes.setdefault((row["unit_id"], row["dimension"]), {})[row["cause"]] = row["change_points"]
    return causes


def _by_cause(moved: list[Row]) -> dict[str, Decimal]:
    """Points moved by each cause, up and down alike, over all units."""
    by_cause: dict[str, Decimal] = {}
    for row in moved:
        for cause, points in row["causes"].items():
            by_cause[cause] = by_cause.get(cause, Decimal(0)) + abs(points)
    return dict(sorted(by_cause.items()))


def _size_of_move(row: Row) -> tuple:
    ranks = abs((row["rank"] or 0) - (row["published_rank"] or 0))
    score = abs((row["score"] or 0) - (row["published_score"] or 0))
    return (-ranks, -score, *(row[key] for key in KEY))
