"""The page of a month in one language: one HTML file without any request, readable without script."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from bangdan.core.months import Month
from bangdan.core.rendering import in_language, render, words
from bangdan.publication.imprint import Imprint, name_of
from bangdan.publication.movement import notable_moves
from bangdan.publication.pages import account_page, charts, claims, compare_page, outlet_page, topic_page
from bangdan.publication.pages.names import DIMENSIONS, channels_of, licences_of, lists_of, month_title, of_language
from bangdan.publication.pages.units import of_ranking

Row = dict[str, Any]
ListTitle = tuple[str, str, str]
# Word of the pages → the page that it leads to.
FURTHER = {"account_lists": account_page, "topics": topic_page, "outlet_page": outlet_page}
TOPIC_UNITS, THEME_STORIES = 8, 3
TABLES_NOT_SHOWN = ("posts", "reprints", "account_scores", "rival_indices")
MEDIA_TYPES = {
    "ranking.csv": "text/csv",
    "ranking.json": "application/json",
    "ranking.parquet": "application/vnd.apache.parquet",
    "ranking.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class ReleaseFacts:
    """What the page shows of a release besides its tables."""

    gates: list[Row]  # the gates' reports
    restatement: Row | None = None  # reason, reason_name (Chinese, English), note, ranks
    files: tuple[Row, ...] = ()  # name, size (bytes), sha256
    imprint: Imprint = field(default_factory=Imprint)
    former_names: dict[str, list[str]] = field(default_factory=dict)  # unit → names of earlier months
    citations: Row = field(default_factory=dict)  # language → how the release is cited
    digest: str = ""  # of the data
    findable: Row = field(default_factory=dict)  # language → accounts and outlets of `finder`


def page(tables: dict[str, pa.Table], month: Month, release: str, language: str, facts: ReleaseFacts) -> str:
    """HTML of a month; language zh or en."""
    rows = {name: table.to_pylist() for name, table in tables.items() if name not in TABLES_NOT_SHOWN}
    units = of_ranking(rows["ranking"], facts.former_names, language)
    lists = lists_of(rows["ranking_lists"])
    titles = _list_titles(lists, language)
    issuers = [in_language((row["issuer_name"], row["issuer_name_en"]), language) for row in rows["issuers"]]
    context = {
        "month": month,
        "month_title": month_title(month, language),
        "release": release,
        "total": rows["monthly_summary"][0],
        "glance": _glance(rows, month, language),
        "lists": _lists(rows["ranking"], units, titles),
        "moves": _moves(rows, units, language),
        "topics": _topics(rows, language),
        "hashtags": rows["hosted_hashtags"],
        "highlights": _highlights(rows, titles, language),
        "list_titles": of_language(lists, language),
        "dimension_names": of_language(DIMENSIONS, language),
        "units": units,
        "issuers": issuers,
        "compare_file": compare_page.FILES[language],
        "further": [(module.FILES[language], words(language)[name]) for name, module in FURTHER.items()],
        "imprint": facts.imprint,
        "citation": facts.citations.get(language),
        "digest": facts.digest,
        "findable": facts.findable.get(language),
        "licences": licences_of(rows["issuers"]),
        "indicators": _weights(rows["unit_indicators"]),
        "dataset": _dataset(rows, month, release, language, issuers, facts),
        "agreement": _agreement(rows["rival_agreement"], language),
        "coverage": _coverage(rows, language),
        "tau_columns": [[title, "n"] for _list, _dimension, title in titles],
        "gates": [_gate(report, language) for report in facts.gates],
        "restatement": _restatement(facts.restatement, language),
        "files": [file for file in facts.files if "/" not in file["name"]],
        "table_files": [file for file in facts.files if "/" in file["name"]],
    }
    return render("month.html", language, context)


def _list_titles(lists: dict[str, tuple[str, str]], language: str) -> list[ListTitle]:
    """(ranking list, dimension, title) of every list of the page, in its order."""
    return [
        (ranking_list, dimension, f"{in_language(titles, language)} · {in_language(names, language)}")
        for ranking_list, titles in lists.items()
        for dimension, names in DIMENSIONS.items()
    ]


def _restatement(restatement: Row | None, language: str) -> Row | None:
    if restatement is None:
        return None
    reason_name = restatement["reason_name"]
    return restatement | {"reason_name": in_language(reason_name, language) if reason_name else None}


def _glance(rows: claims.Tables, month: Month, language: str) -> list[tuple[str, str]]:
    """The month in some sentences, each of them a claim of the bulletin: (list or nothing, text)."""
    paragraphs = [("", claims.plain(claims.volumes(rows, month), language))]
    for ranking_list, titles in lists_of(rows["ranking_lists"]).items():
        first = [paragraph[0] for paragraph in claims.leaders(rows, ranking_list)]
        text = claims.plain([*first, *claims.top_of_both(rows, ranking_list)], language)
        paragraphs.append((in_language(titles, language), text))
    return [(title, text) for title, text in paragraphs if text]


def _moves(rows: claims.Tables, units: dict[str, Row], language: str) -> list[Row]:
    """Per list that has ranks of the month before: its notable rises and falls, each with its sentence; or that there are
    none.
    """
    lists = []
    for ranking_list, titles in lists_of(rows["ranking_lists"]).items():
        notable = notable_moves.of_list(rows["ranking"], ranking_list)
        moved = [
            {
                "unit": units[of_unit[0]["unit_id"]],
                "change": of_unit[0]["rank_change"],
                "text": claims.move(rows, of_unit).text(language),
            }
            for of_unit in (*notable.rises, *notable.falls)
        ]
        nothing = "" if moved else claims.plain(claims.moves(rows, ranking_list)[0], language)
        if moved or nothing:
            lists.append({"title": in_language(titles, language), "moved": moved, "nothing": nothing})
    return lists


def _lists(ranking: list[Row], units: dict[str, Row], titles: list[ListTitle]) -> list[Row]:
    """The lists with what their rows draw."""
    lists = []
    for ranking_list, dimension, title in titles:
        rows = [row for row in ranking if (row["ranking_list"], row["dimension"]) == (ranking_list, dimension)]
        top = max((row["score"] for row in rows), default=Decimal(0)) or Decimal(1)
        worst = max((row["rank_high"] or row["rank"] or 1 for row in rows), default=1)
        shown: list[Row] = []
        for position, row in enumerate(rows):
            shown.append(
                {
                    **row,
                    **units[row["unit_id"]],
                    "bar": charts.segments([("base", row["base_score"]), ("bonus", row["bonus_points"])], top),
                    "span": charts.interval(row["rank"], row["rank_low"], row["rank_high"], worst),
                    "opens_tier": position > 0 and row["tier"] != rows[position - 1]["tier"],
                }
            )
        lists.append({"id": f"{ranking_list}-{dimension}", "title": title, "rows": shown, "strip": charts.strip(shown)})
    return lists


def _topics(rows: claims.Tables, language: str) -> list[Row]:
    """Themes with sub-topics, the units that wrote most, and stories."""
    name = in_language(("name", "name_en"), language)
    topics = []
    for topic in rows["hot_topics"]:
        subtopics = [row for row in rows["hot_subtopics"] if row["theme_id"] == topic["theme_id"]]
        most = max((row["post_count"] for row in subtopics), default=1)
        units = [row for row in rows["topic_units"] if row["theme_id"] == topic["theme_id"] and row["post_count"]]
        topics.append(
            {
                **topic,
                "name": topic[name],
                "subtopics": [
                    {**row, "name": row[name], "share": round(row["post_count"] / most * 100, 1)} for row in subtopics
                ],
                "units": units[:TOPIC_UNITS],
                "stories": claims.stories_of(rows, topic["theme_id"]),
            }
        )
    return topics


def _highlights(rows: claims.Tables, titles: list[ListTitle], language: str) -> list[Row]:
    """Stories over all themes and by theme; in each by list and dimension."""
    name = in_language(("name", "name_en"), language)
    themes = [(None, None), *((row["theme_id"], row[name]) for row in rows["hot_topics"])]
    highlights = []
    for theme_id, theme_name in themes:
        groups = []
        for ranking_list, dimension, title in titles:
            key = (theme_id, ranking_list, dimension)
            stories = [
                row for row in rows["highlights"] if (row["theme_id"], row["ranking_list"], row["dimension"]) == key
            ]
            if stories:
                groups.append({"title": title, "rows": stories if theme_id is None else stories[:THEME_STORIES]})
        if groups:
            highlights.append({"theme": theme_name, "groups": groups})
    return highlights


def _coverage(rows: claims.Tables, language: str) -> list[Row]:
    """Items seen per channel and day, as bars, with the days without any item; a channel that is not monitored has none."""
    by_channel: dict[str, list[Row]] = defaultdict(list)
    for row in rows["coverage"]:
        by_channel[row["channel_type"]].append(row)
    is_monitored = {row["channel_type"]: row["is_monitored"] for row in rows["channel_types"]}
    channels = []
    for channel, names in channels_of(rows["channel_types"]).items():
        days = by_channel.get(channel, [])
        most = max((day["item_count"] for day in days), default=0)
        channels.append(
            {
                "name": in_language(names, language),
                "is_monitored": is_monitored[channel],
                "items": sum(day["item_count"] for day in days),
                "days": len(days),
                "silent": [f"{day['day']:%m-%d}" for day in days if not day["item_count"]],
                "bars": [round(day["item_count"] / most * 28, 1) if most else 0 for day in days],
            }
        )
    return channels


def _dataset(
    rows: claims.Tables, month: Month, release: str, language: str, issuers: list[str], facts: ReleaseFacts
) -> Row:
    """schema.org Dataset of the release."""
    licences, address = licences_of(rows["issuers"]), facts.imprint.address_of(month, release)
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"{month} {words(language)['title']}",
        "description": claims.plain(claims.volumes(rows, month), language),
        "version": release,
        **({"identifier": name_of(month, release, facts.digest)} if facts.digest else {}),
        "temporalCoverage": f"{month}-01/{month}-{month.days:02d}",
        "inLanguage": words(language)["html_language"],
        "measurementTechnique": f"method {rows['monthly_summary'][0]['method_version']}",
        "creator": [{"@type": "Organization", "name": name} for name in issuers],
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": file["name"],
                "encodingFormat": MEDIA_TYPES[file["name"]],
                "contentSize": str(file["size"]),
                "sha256": file["sha256"],
            }
            for file in facts.files
            if file["name"] in MEDIA_TYPES
        ],
        **({"license": licences} if licences else {}),
        **({"datePublished": facts.imprint.published_on} if facts.imprint.published_on else {}),
        **({"url": address} if address else {}),
    }


def _gate(report: Row, language: str) -> Row:
    """A gate's report with its name and its warnings in words."""
    w = words(language)
    name = report.get("gate") or report["door"]  # releases of version 0.2 and before name it door
    return {
        **report,
        "name": w.get(f"gate_{name}", name),
        "warnings": [_warning(warning, w) for warning in report["warnings"]],
    }


def _warning(warning: Row, w: dict[str, str]) -> str:
    """A gate's warning in words, with the measured value and the limit."""
    arguments, rows = warning["arguments"], warning["rows"]
    column = arguments.get("column") or arguments.get("column_A") or ""
    sentence = w.get(f"warned_{warning['frame']}_{column}") or w.get(f"warned_{column}")
    sentence = sentence or warning.get("message") or warning["notes"].partition(": ")[2]
    limit = arguments.get("max_value") or arguments.get("min_value")
    details = [f"{w['rows_found']} {len(rows)}"] if rows else []
    if len(rows) == 1 and column in rows[0]:
        details = [_short_number(rows[0][column])]
    if limit:
        details.append(f"{w['limit']} {_short_number(limit)}")
    return " · ".join([sentence, *details])


def _short_number(text: str) -> str:
    """A measure of a report with three digits: 0.14406839539320285 → 0.144."""
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return text


def _weights(indicators: list[Row]) -> list[Row]:
    """Weight and goalpost of each indicator, once."""
    by_indicator = {(row["dimension"], row["indicator_id"]): row for row in indicators}
    return [by_indicator[key] for key in sorted(by_indicator)]


def _agreement(rows: list[Row], language: str) -> list[Row]:
    """One entry per rival index, its tau by list and dimension."""
    name = in_language(("name", "name_en"), language)
    by_index: dict[str, Row] = {}
    for row in rows:
        entry = by_index.setdefault(row["index_id"], {"name": row[name], "taus": {}})
        entry["taus"][f"{row['ranking_list']}-{row['dimension']}"] = row["kendall_tau"]
    return [by_index[index_id] for index_id in sorted(by_index)]
