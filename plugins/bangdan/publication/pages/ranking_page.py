"""The page of a month in one language: one HTML file without any request, readable without script."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from bangdan.core.months import Month
from bangdan.publication.pages import charts, claims
from bangdan.publication.pages.figures import CHANNELS, DIMENSIONS, LISTS
from bangdan.publication.pages.rendering import asset, environment, unit_file, words

Row = dict[str, Any]
TOPIC_UNITS, THEME_STORIES = 8, 3
FORMS = {
    "ranking.csv": "text/csv",
    "ranking.json": "application/json",
    "ranking.parquet": "application/vnd.apache.parquet",
    "ranking.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Told:
    """What the page says beside the tables: gate reports, the revision, the files (name, size, sha256)."""

    gates: list[Row]
    revision: Row | None = None
    files: tuple[Row, ...] = ()


def render(tables: dict[str, pa.Table], month: Month, release: str, language: str, told: Told) -> str:
    """HTML of a month; language zh or en."""
    at = 0 if language == "zh" else 1
    found = {
        name: table.to_pylist()
        for name, table in tables.items()
        if name not in ("posts", "reprints", "account_scores", "rival_indices")
    }
    ranking = found["ranking"]
    units = {
        row["unit_id"]: {
            "name": row["unit_name"] if at == 0 else row["unit_name_en"] or row["unit_name"],
            "page": unit_file(row["unit_id"], language),
        }
        for row in ranking
    }
    style, style_hash = asset("page.css")
    script, script_hash = asset("page.js")
    return (
        environment()
        .get_template("month.html")
        .render(
            w=words(language),
            at=at,
            language=language,
            month=month,
            release=release,
            total=found["monthly_summary"][0],
            glance=_glance(found, month, language),
            lists=_lists(ranking, units, at),
            movers=[
                {"unit": units[rows[0]["unit_id"]], "rows": rows, "text": claims.rise(found, rows).text(language)}
                for ranking_list in LISTS
                for rows in claims.movers(found, ranking_list)
            ],
            topics=_topics(found, at),
            hashtags=found["hosted_hashtags"],
            highlights=_highlights(found, at),
            list_titles={key: both[at] for key, both in LISTS.items()},
            dimension_names={key: both[at] for key, both in DIMENSIONS.items()},
            channel_names={key: both[at] for key, both in CHANNELS.items()},
            units=units,
            issuers=[row["issuer_name"] if at == 0 else row["issuer_name_en"] for row in found["issuers"]],
            licences=sorted({row["data_licence"] for row in found["issuers"] if row["data_licence"]}),
            indicators=_weights(found["unit_indicators"]),
            dataset=_dataset(found, month, release, words(language)["title"], at, told.files),
            agreement=_agreement(found["rival_agreement"], "name" if at == 0 else "name_en"),
            coverage=_coverage(found["coverage"], at),
            tau_columns=[
                [f"{lists[at]} · {names[at]}", "n"] for lists in LISTS.values() for names in DIMENSIONS.values()
            ],
            gates=told.gates,
            warned=lambda one: _warned(one, words(language)),
            revision=told.revision,
            files=told.files,
            table_files={file["name"] for file in told.files if "/" in file["name"]},
            style=style,
            style_hash=style_hash,
            script=script,
            script_hash=script_hash,
        )
    )


def _glance(found: claims.Tables, month: Month, language: str) -> list[tuple[str, str]]:
    """The month in some sentences, each of them a claim of the bulletin: (list or nothing, text)."""
    told = [("", claims.plain(claims.volumes(found, month), language))]
    for ranking_list, titles in LISTS.items():
        first = [paragraph[0] for paragraph in claims.leaders(found, ranking_list)]
        text = claims.plain([*first, *claims.top_of_both(found, ranking_list)], language)
        told.append((titles[0 if language == "zh" else 1], text))
    return [(title, text) for title, text in told if text]


def _lists(ranking: list[Row], units: dict[str, Row], at: int) -> list[Row]:
    """The four lists with what their rows draw."""
    found = []
    for ranking_list, titles in LISTS.items():
        for dimension, names in DIMENSIONS.items():
            rows = [r for r in ranking if r["ranking_list"] == ranking_list and r["dimension"] == dimension]
            top = max((row["score"] for row in rows), default=Decimal(0)) or Decimal(1)
            worst = max((row["rank_high"] or row["rank"] or 1 for row in rows), default=1)
            shown: list[Row] = []
            tier = None
            for row in rows:
                shown.append(
                    {
                        **row,
                        **units[row["unit_id"]],
                        "bar": charts.segments([("base", row["base_score"]), ("bonus", row["bonus_points"])], top),
                        "span": charts.interval(row["rank"], row["rank_low"], row["rank_high"], worst),
                        "opens_tier": bool(shown) and row["tier"] != tier,
                    }
                )
                tier = row["tier"]
            found.append({"id": f"{ranking_list}-{dimension}", "title": f"{titles[at]} · {names[at]}", "rows": shown})
    return found


def _topics(found: claims.Tables, at: int) -> list[Row]:
    """Themes with sub-topics, the units that wrote most, and stories."""
    name = "name" if at == 0 else "name_en"
    told = []
    for topic in found["hot_topics"]:
        parts = [row for row in found["hot_subtopics"] if row["theme_id"] == topic["theme_id"]]
        most = max((row["post_count"] for row in parts), default=1)
        wrote = [row for row in found["topic_units"] if row["theme_id"] == topic["theme_id"] and row["post_count"]]
        told.append(
            {
                **topic,
                "name": topic[name],
                "subtopics": [{**p, "name": p[name], "share": round(p["post_count"] / most * 100, 1)} for p in parts],
                "units": wrote[:TOPIC_UNITS],
                "stories": claims.stories_of(found, topic["theme_id"]),
            }
        )
    return told


def _highlights(found: claims.Tables, at: int) -> list[Row]:
    """Stories over all themes and by theme; in each by list and dimension."""
    themes = [(None, None), *((row["theme_id"], row["name" if at == 0 else "name_en"]) for row in found["hot_topics"])]
    told = []
    for theme_id, name in themes:
        groups = []
        for ranking_list, titles in LISTS.items():
            for dimension, names in DIMENSIONS.items():
                rows = [
                    row
                    for row in found["highlights"]
                    if (row["theme_id"], row["ranking_list"], row["dimension"]) == (theme_id, ranking_list, dimension)
                ]
                if rows:
                    kept = rows if theme_id is None else rows[:THEME_STORIES]
                    groups.append({"title": f"{titles[at]} · {names[at]}", "rows": kept})
        if groups:
            told.append({"theme": name, "groups": groups})
    return told


def _coverage(rows: list[Row], at: int) -> list[Row]:
    """Items seen per channel and day, as bars, with the days on which nothing was seen."""
    by_channel: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_channel[row["channel_type"]].append(row)
    told = []
    for channel, names in CHANNELS.items():
        days = by_channel.get(channel, [])
        most = max((day["item_count"] for day in days), default=0)
        told.append(
            {
                "name": names[at],
                "items": sum(day["item_count"] for day in days),
                "days": len(days),
                "silent": [f"{day['day']:%m-%d}" for day in days if not day["item_count"]],
                "bars": [round(day["item_count"] / most * 28, 1) if most else 0 for day in days],
            }
        )
    return told


def _dataset(
    found: claims.Tables, month: Month, release: str, title: str, at: int, files: tuple[Row, ...]
) -> dict[str, Any]:
    """schema.org Dataset of the release."""
    total = found["monthly_summary"][0]
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"{month} {title}",
        "description": claims.plain(claims.volumes(found, month), "zh" if at == 0 else "en"),
        "version": release,
        "temporalCoverage": f"{month}-01/{month}-{month.days:02d}",
        "inLanguage": "zh-CN" if at == 0 else "en",
        "measurementTechnique": f"method {total['method_version']}",
        "creator": [
            {"@type": "Organization", "name": row["issuer_name"] if at == 0 else row["issuer_name_en"]}
            for row in found["issuers"]
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": file["name"],
                "encodingFormat": FORMS[file["name"]],
                "contentSize": str(file["size"]),
                "sha256": file["sha256"],
            }
            for file in files
            if file["name"] in FORMS
        ],
    }
    licences = sorted({row["data_licence"] for row in found["issuers"] if row["data_licence"]})
    return told | ({"license": licences} if licences else {})


def _warned(one: Row, w: dict[str, str]) -> str:
    """A warning of a door in words, with what was found and the limit."""
    arguments = one["arguments"]
    column = arguments.get("column") or arguments.get("column_A") or ""
    said = w.get(f"warned_{one['frame']}_{column}") or w.get(f"warned_{column}") or one["notes"].partition(": ")[2]
    limit = arguments.get("max_value") or arguments.get("min_value")
    about = [f"{w['rows_found']} {len(one['rows'])}"] if one["rows"] else []
    if one["rows"] and column in one["rows"][0] and len(one["rows"]) == 1:
        about = [_number(one["rows"][0][column])]
    return said + "".join(f" · {text}" for text in [*about, *([f"{w['limit']} {_number(limit)}"] if limit else [])])


def _number(text: str) -> str:
    """A measure of a report, short: 0.14406839539320285 → 0.144."""
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return text


def _weights(indicators: list[Row]) -> list[Row]:
    """Weight and goalpost of each indicator, once."""
    found = {(row["dimension"], row["indicator_id"]): row for row in indicators}
    return [found[key] for key in sorted(found)]


def _agreement(rows: list[Row], name: str) -> list[Row]:
    """One entry per rival index, its tau by list and dimension."""
    found: dict[str, Row] = {}
    for row in rows:
        entry = found.setdefault(row["index_id"], {"name": row[name], "taus": {}})
        entry["taus"][f"{row['ranking_list']}-{row['dimension']}"] = row["kendall_tau"]
    return [found[key] for key in sorted(found)]
