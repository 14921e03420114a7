"""The page of a quarter or a year in both languages, and its CSV files."""

from __future__ import annotations

from typing import Any

from bangdan.core.rendering import LANGUAGES, in_language, render, words
from bangdan.publication.formats import datafiles
from bangdan.publication.pages.names import DIMENSIONS, localised, unit_file
from bangdan.publication.pages.units import terms
from bangdan.publication.periods.period_tables import PeriodTables

PAGES = {"zh": "index.html", "en": "en.html"}
RANKING, VOLUMES = "ranking.csv", "volumes.csv"
FILES = (*PAGES.values(), RANKING, VOLUMES)
Row = dict[str, Any]


def texts(tables: PeriodTables, lists: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Files of a period by their path below the releases; `lists` are code → names of the lists, in their order."""
    folder = f"{tables.period.kind}/{tables.period.name}"
    pages = {f"{folder}/{PAGES[language]}": page(tables, lists, language) for language in LANGUAGES}
    return pages | {
        f"{folder}/{RANKING}": datafiles.csv_text(tables.ranking),
        f"{folder}/{VOLUMES}": datafiles.csv_text(tables.volumes),
    }


def page(tables: PeriodTables, lists: dict[str, tuple[str, str]], language: str) -> str:
    """HTML of the page. Months are in their order, published or not; units lead to their page of the newest month."""
    period, total = tables.period, tables.volumes.to_pylist()[0]
    published = {row["ranking_month"]: row for row in tables.months}
    newest = tables.months[-1]
    methods = sorted({row["method_version"] for row in tables.months})
    context = {
        "period": period,
        "title": title(tables, language),
        "total": total,
        "months": [{"month": str(month), "row": published.get(str(month))} for month in period.months],
        "missing": total["missing_months"].split("; ") if total["missing_months"] else [],
        "methods": methods,
        "lists": _lists(tables, lists, f"../../{newest['ranking_month']}/{newest['release']}/", language),
        "is_compared": any(row["previous_period_rank"] is not None for row in tables.ranking.to_pylist()),
        "is_synthetic": any(row["is_synthetic"] for row in tables.months),
        "former": period.previous.name,
        "twin": in_language((PAGES["en"], PAGES["zh"]), language),
    }
    return render("period.html", language, context)


def title(tables: PeriodTables, language: str) -> str:
    """The title of a quarter's or a year's ranking."""
    period, w = tables.period, words(language)
    year, _, quarter = period.name.partition("-Q")
    return w["quarter_title" if quarter else "year_title"].format(year=year, quarter=quarter, period=period.name)


def _lists(tables: PeriodTables, lists: dict[str, tuple[str, str]], folder: str, language: str) -> list[Row]:
    rows = tables.ranking.to_pylist()
    codes = list(dict.fromkeys([*lists, *(row["ranking_list"] for row in rows)]))
    shown = []
    for code in codes:
        for dimension, names in DIMENSIONS.items():
            of_list = [
                _shown(row, folder, language)
                for row in rows
                if (row["ranking_list"], row["dimension"]) == (code, dimension)
            ]
            if of_list:
                name = f"{in_language(lists.get(code, (code, code)), language)} · {in_language(names, language)}"
                shown.append({"id": f"{code}-{dimension}", "title": name, "rows": of_list})
    return shown


def _shown(row: Row, folder: str, language: str) -> Row:
    """A row with what the page and its search need; macros of the template read the names of a month's ranking."""
    return {
        **row,
        "name": localised(row, "unit_name", language),
        "page": folder + unit_file(row["unit_id"], language),
        "terms": terms(row["unit_id"], [row["unit_name"], row["unit_name_en"]]),
        "previous_rank": row["previous_period_rank"],
        "restated_previous_rank": None,
    }
