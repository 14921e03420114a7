"""The page on which units are compared: their ranks of all published months, and the parts of their scores side by side.

Without script it shows all units; with it, the two to four that a reader chooses. It asks no server.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa

from bangdan.core.rendering import in_language, render, words
from bangdan.publication.edition import Edition
from bangdan.publication.pages import charts, rank_history, units
from bangdan.publication.pages.names import DIMENSIONS, indicator_name, lists_of, of_language

FILES = {"zh": "compare.html", "en": "compare.en.html"}
Row = dict[str, Any]


def page(edition: Edition, earlier: pa.Table, language: str) -> str:
    """HTML of the comparison; `earlier` are the ranks of the months before (`rank_history.earlier`)."""
    ranking, before = edition.tables["ranking"].to_pylist(), earlier.to_pylist()
    rows = [*before, *ranking]
    known = units.of_ranking(ranking, rank_history.former_names(before, ranking), language)
    ranks = {(row["dimension"], row["unit_id"], row["ranking_month"]): row["rank"] for row in rows}
    months = sorted({row["ranking_month"] for row in rows})
    parts = _parts(edition.tables["unit_indicators"].to_pylist())
    lists = []
    for ranking_list, titles in lists_of(edition.tables["ranking_lists"].to_pylist()).items():
        for dimension, names in DIMENSIONS.items():
            of_list = [
                {
                    **row,
                    **known[row["unit_id"]],
                    "ranks": [ranks.get((dimension, row["unit_id"], month)) for month in months],
                    "parts": parts.get((row["unit_id"], dimension), {}),
                }
                for row in ranking
                if (row["ranking_list"], row["dimension"]) == (ranking_list, dimension)
            ]
            title = f"{in_language(titles, language)} · {in_language(names, language)}"
            lists.append(_list(f"{ranking_list}-{dimension}", title, of_list, months, language))
    context = {
        "month": edition.month,
        "release": edition.release,
        "planes": _planes(ranking, known, lists_of(edition.tables["ranking_lists"].to_pylist()), language),
        "dimension_names": of_language(DIMENSIONS, language),
        "is_synthetic": edition.tables["monthly_summary"]["is_synthetic"][0].as_py(),
        "units": list(known.values()),
        "lists": lists,
        "months": months,
        "imprint": edition.imprint,
        "files": FILES,
    }
    return render("compare.html", language, context)


def _planes(ranking: list[Row], known: dict[str, Row], titles: dict[str, tuple[str, str]], language: str) -> list[Row]:
    """Per list the chart of its units by both dimensions; a list in which no unit is ranked has none."""
    planes = []
    for ranking_list, names in titles.items():
        of_units: dict[str, Row] = {}
        for row in ranking:
            if row["ranking_list"] == ranking_list:
                of_units.setdefault(row["unit_id"], {**known[row["unit_id"]]})[row["dimension"]] = row
        chart = charts.scatter(list(of_units.values()))
        if chart["dots"]:
            w, name = words(language), in_language(names, language)
            planes.append(
                {
                    "id": f"{ranking_list}-plane",
                    "title": f"{name} · {w['plane']}",
                    "caption": w["plane_caption"].replace("{list}", name),
                    "chart": chart,
                }
            )
    return planes


def _list(section: str, title: str, rows: list[Row], months: list[str], language: str) -> Row:
    """A list in one dimension: its units in the order of this month's ranks, the heads of its tables, and the chart."""
    indicators = sorted({name for row in rows for name in row["parts"]})
    return {
        "id": section,
        "title": title,
        "rows": rows,
        "indicators": indicators,
        "month_columns": [[month, "n"] for month in months],
        "part_columns": [[indicator_name(name, language), "n"] for name in indicators],
        "chart": charts.bump(rows, months) if len(months) > 1 else None,
    }


def _parts(indicators: list[Row]) -> dict[tuple[str, str], Row]:
    """(unit, dimension) → indicator → value and contribution."""
    parts: dict[tuple[str, str], Row] = defaultdict(dict)
    for row in indicators:
        parts[row["unit_id"], row["dimension"]][row["indicator_id"]] = row
    return dict(parts)
