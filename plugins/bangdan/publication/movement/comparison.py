"""A month built aside, set beside its release: what moved, in which tables, and by which causes of the score.

Also the page that shows it: the same frame and style as the pages of a release, with every value escaped.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.rendering import in_language, render
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.publication import ledger
from bangdan.publication.movement import changes
from bangdan.publication.pages.names import DIMENSIONS, LISTS, of_language
from bangdan.publication.tables import ORDER

Row = dict[str, Any]
KEY = ("ranking_list", "dimension", "unit_id")
# What a score was made of; changes.table reads these three.
PARTS = ("ranking", "unit_activity", "unit_indicators")
# What only publication can tell: it is told against the release of the month before, not here.
NOT_BUILT = ("release", "previous_rank", "rank_change", "movement", "originality_rate_change_pp")
LARGEST = 10


def compare(aside: Settings, settings: Settings, month: Month) -> Row:
    """Units, ranks and rows that differ between a month built in `aside` and its release; the largest moves first.

    A month without a release has `is_new`, and nothing to be compared with.
    """
    release = ledger.latest(settings, month)
    with connect(aside, read_only=True) as con:
        now = {
            name: con.sql(f"from published.rpt_{name} where ranking_month = $1", params=[str(month)])
            .to_arrow_table()
            .to_pylist()
            for name in PARTS
        }
        if release is None:
            return {"is_new": True, "units_changed": len({row["unit_id"] for row in now["ranking"]})}
        rows_changed = {
            name: n
            for name in ORDER
            if (release.path / "tables" / f"{name}.parquet").exists()
            if (n := _rows_changed(con, name, month, release))
        }
    before = {name: pq.read_table(release.path / "tables" / f"{name}.parquet").to_pylist() for name in PARTS}
    moved = _moved(now["ranking"], before["ranking"])
    causes = _causes(month, now, before)
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


def _rows_changed(con: Any, name: str, month: Month, release: ledger.Release) -> int:
    """Rows of a table that stand on one side only, over the columns that both have."""
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


def _moved(now: list[Row], before: list[Row]) -> list[Row]:
    known = {tuple(row[key] for key in KEY): row for row in before}
    found = []
    for row in now:
        old = known.pop(tuple(row[key] for key in KEY), {})
        if (row["rank"], row["score"]) != (old.get("rank"), old.get("score")):
            found.append(_beside(row, row, old))
    return found + [_beside(old, {}, old) for old in known.values()]


def _beside(named: Row, now: Row, before: Row) -> Row:
    return {
        **{key: named[key] for key in (*KEY, "unit_name", "unit_name_en")},
        "published_rank": before.get("rank"),
        "rank": now.get("rank"),
        "published_score": before.get("score"),
        "score": now.get("score"),
    }


def _causes(month: Month, now: dict[str, list[Row]], before: dict[str, list[Row]]) -> dict[tuple, dict[str, Decimal]]:
    """(unit, dimension) → cause of the score → points: the exact split that tells two months apart, for two versions
    of one month.
    """
    found: dict[tuple, dict[str, Decimal]] = {}
    for row in changes.table(str(month), str(month), now, before).to_pylist():
        if row["change_points"]:
            found.setdefault((row["unit_id"], row["dimension"]), {})[row["cause"]] = row["change_points"]
    return found


def _by_cause(moved: list[Row]) -> dict[str, Decimal]:
    """Points moved by each cause, up and down alike, over all units: what the difference is made of."""
    found: dict[str, Decimal] = {}
    for row in moved:
        for cause, points in row["causes"].items():
            found[cause] = found.get(cause, Decimal(0)) + abs(points)
    return dict(sorted(found.items()))


def _size_of_move(row: Row) -> tuple:
    ranks = abs((row["rank"] or 0) - (row["published_rank"] or 0))
    score = abs((row["score"] or 0) - (row["published_score"] or 0))
    return (-ranks, -score, *(row[key] for key in KEY))


def page(told: Row, language: str) -> str:
    """The comparison of a range as a page of its own; language zh or en. `other` is the file in the other language."""
    return render(
        "comparison.html",
        language,
        {
            "first": told["first"],
            "last": told["last"],
            "months": told["months"],
            "other": told["pages"][in_language(("en", "zh"), language)],
            "name_of": in_language(("unit_name", "unit_name_en"), language),
            "list_titles": of_language(LISTS, language),
            "dimension_names": of_language(DIMENSIONS, language),
        },
    )
