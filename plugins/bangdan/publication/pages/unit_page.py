"""A page per unit and language: ranks, parts of the score, history, accounts, posts and reprints with their evidence, and
items that were compared and not counted, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bangdan.core.rendering import LANGUAGES, in_language, render
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.publication.edition import Edition
from bangdan.publication.pages import charts
from bangdan.publication.pages.names import (
    DIMENSIONS,
    channels_of,
    lists_of,
    localised,
    monitored,
    month_title,
    of_language,
    unit_file,
)

HIGHEST_SCORE = Decimal(105)  # 100 points of the base score and 5 of the bonus
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def render_all(settings: Settings, edition: Edition, earlier: pa.Table) -> Iterator[tuple[str, str]]:
    """(path below the release, HTML) of every unit in both languages; `earlier`: ranks of the months before."""
    tables, month = edition.tables, edition.month
    rows = _gather(settings, tables, earlier)
    total = tables["monthly_summary"].to_pylist()[0]
    channels = channels_of(tables["channel_types"].to_pylist())
    not_monitored = channels.keys() - monitored(tables["channel_types"].to_pylist()).keys()
    lists = lists_of(tables["ranking_lists"].to_pylist())
    neighbours = _neighbours(rows["ranking"], list(lists))
    for unit_id in sorted(rows["ranking"]):
        for language in LANGUAGES:
            context = {
                "month": month,
                "month_title": month_title(month, language),
                "release": edition.release,
                "imprint": edition.imprint,
                "total": total,
                "unit": _unit(unit_id, rows, lists, list(channels), language),
                "neighbours": [row and _link(row, language) for row in neighbours[unit_id]],
                "dimension_names": of_language(DIMENSIONS, language),
                "not_monitored": not_monitored,
                "channel_names": of_language(channels, language),
                "twin": _file(unit_id, in_language(("en", "zh"), language)),
            }
            yield unit_file(unit_id, language), render("unit.html", language, context)


def _neighbours(ranking: Rows, lists: Sequence[str]) -> dict[str, tuple[Row | None, Row | None]]:
    """The units before and after each in the order of its list by dissemination."""
    neighbours: dict[str, tuple[Row | None, Row | None]] = {}
    for ranking_list in lists:
        rows = [rows[0] for rows in ranking.values() if rows[0]["ranking_list"] == ranking_list]
        rows.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["unit_id"]))
        for position, row in enumerate(rows):
            previous = rows[position - 1] if position else None
            following = rows[position + 1] if position + 1 < len(rows) else None
            neighbours[row["unit_id"]] = (previous, following)
    return neighbours


def _link(row: Row, language: str) -> Row:
    return {"name": localised(row, "unit_name", language), "page": _file(row["unit_id"], language)}


def _file(unit_id: str, language: str) -> str:
    """A unit's page as a link from another unit's page."""
    return unit_file(unit_id, language).removeprefix("units/")


def _unit(
    unit_id: str, rows: dict[str, Rows], lists: dict[str, tuple[str, str]], channels: list[str], language: str
) -> Row:
    """What a unit's page shows."""
    ranks = rows["ranking"][unit_id]
    first = ranks[0]
    worst = rows["unit_counts"][first["ranking_list"]][0]["units"]
    not_counted = rows["not_counted_examples"].get(unit_id, [])
    return {
        "unit_id": unit_id,
        "file_stem": _file(unit_id, "zh").removesuffix(".html"),
        "name": localised(first, "unit_name", language),
        "list_title": in_language(lists[first["ranking_list"]], language),
        "note": first["note"],
        "activity": next(iter(rows["unit_activity"].get(unit_id, [])), None),
        "dimensions": [_dimension(row, rows, language, worst) for row in ranks],
        "accounts": rows["account_scores"].get(unit_id, []),
        "themes": _named(rows["themes"].get(unit_id, []), language),
        "subjects": _named(rows["subjects"].get(unit_id, []), language),
        "rivals": _named(rows["rivals"].get(unit_id, []), language),
        "exclusions": rows["exclusions"].get(unit_id, []),
        "reprint_days": _reprint_days(rows["reprint_days"].get(unit_id, []), channels),
        "posts": [
            {**post, "reprints": rows["reprints"].get(post["post_id"], [])} for post in rows["posts"].get(unit_id, [])
        ],
        "not_counted": [
            {**row, "examples": [item for item in not_counted if item["reason"] == row["reason"]]}
            for row in rows["not_counted"].get(unit_id, [])
        ],
    }


def _dimension(row: Row, rows: dict[str, Rows], language: str, worst: int) -> Row:
    """One dimension: rank, parts of the score, causes of its change, and the ranks of the months so far."""
    dimension, unit_id = row["dimension"], row["unit_id"]

    def of_dimension(name: str) -> list[Row]:
        return [other for other in rows[name].get(unit_id, []) if other["dimension"] == dimension]

    indicators = of_dimension("unit_indicators")
    causes = [cause for cause in of_dimension("score_changes") if cause["change_points"]]
    largest = max((abs(cause["change_points"]) for cause in causes), default=Decimal(0))
    history = of_dimension("history")
    parts = [(part["indicator_id"], part["contribution"]) for part in indicators] + [("bonus", row["bonus_points"])]
    return {
        **row,
        "dimension_name": in_language(DIMENSIONS[dimension], language),
        "parts": indicators,
        "bar": charts.segments(parts, HIGHEST_SCORE),
        "leverage": of_dimension("leverage"),
        "causes": [{**cause, "bar": charts.diverging(cause["change_points"], largest)} for cause in causes],
        "change": sum((cause["change_points"] for cause in causes), Decimal(0)),
        "history": history,
        "strip": charts.strip(_list_scores(rows["ranking"], row, language)),
        "chart": charts.rank_history(history, worst) if len(history) > 1 else None,
    }


def _list_scores(ranking: Rows, row: Row, language: str) -> list[Row]:
    """The units of a row's list in its dimension, with what the chart of scores draws."""
    key = (row["ranking_list"], row["dimension"])
    return [
        {**other, "id": other["unit_id"], "name": localised(other, "unit_name", language)}
        for rows in ranking.values()
        for other in rows
        if (other["ranking_list"], other["dimension"]) == key
    ]


def _named(rows: list[Row], language: str) -> list[Row]:
    return [{**row, "name": in_language((row["name"], row["name_en"]), language)} for row in rows]


def _reprint_days(rows: list[Row], channels: list[str]) -> Row | None:
    """Counted reprints by day and channel: the chart, its table, and the busiest day."""
    if not rows:
        return None
    counts = {(row["day"], row["channel_type"]): row["n"] for row in rows}
    days = sorted({row["day"] for row in rows})
    by_day = {day: [counts.get((day, channel), 0) for channel in channels] for day in days}
    busiest = max(days, key=lambda day: (sum(by_day[day]), day))
    return {
        "chart": charts.stacked_days([day[5:] for day in days], channels, {
            (day[5:], channel): n for (day, channel), n in counts.items()
        }),
        "by_day": by_day,
        "busiest": busiest[5:],
        "most": sum(by_day[busiest]),
        "by_channel": {channel: sum(n for (_, c), n in counts.items() if c == channel) for channel in channels},
    }  # fmt: skip


# Query (queries/*.sql) → the column by which its rows are grouped.
QUERIES = {
    "ranking": "unit_id",
    "unit_counts": "ranking_list",
    "unit_activity": "unit_id",
    "unit_indicators": "unit_id",
    "score_changes": "unit_id",
    "leverage": "unit_id",
    "exclusions": "unit_id",
    "account_scores": "unit_id",
    "themes": "unit_id",
    "subjects": "unit_id",
    "rivals": "unit_id",
    "posts": "unit_id",
    "reprints": "post_id",
    "not_counted": "unit_id",
    "not_counted_examples": "unit_id",
    "reprint_days": "unit_id",
    "history": "unit_id",
}


def _gather(settings: Settings, tables: dict[str, pa.Table], earlier: pa.Table) -> dict[str, Rows]:
    """The rows of each query by its grouping column, each in its order."""
    with in_memory(settings) as con:
        for name, table in tables.items():
            con.register(name, table)
        con.register("earlier_rankings", earlier)
        return {name: _grouped(con.sql(_query(name)), column) for name, column in QUERIES.items()}


def _query(name: str) -> str:
    return (Path(__file__).with_name("queries") / f"{name}.sql").read_text("utf-8")


def _grouped(relation: duckdb.DuckDBPyRelation, column: str) -> Rows:
    rows: Rows = defaultdict(list)
    for row in relation.to_arrow_table().to_pylist():
        rows[row[column]].append(row)
    return dict(rows)
