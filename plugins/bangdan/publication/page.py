"""The page of a month in one language: one HTML file without any request, readable without script."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from bangdan.months import Month
from bangdan.publication.bulletin import DIMENSIONS, LISTS
from bangdan.publication.rendering import asset, environment, unit_file, words


def render(
    tables: dict[str, pa.Table],
    month: Month,
    release: str,
    language: str,
    *,
    gates: list[dict[str, Any]],
    revision: dict[str, Any] | None,
) -> str:
    """HTML of a month; language zh or en."""
    at = 0 if language == "zh" else 1
    found = {
        name: table.to_pylist()
        for name, table in tables.items()
        if name not in ("posts", "reprints", "coverage", "rival_indices")
    }
    name_of = "unit_name" if language == "zh" else "unit_name_en"
    units = {row["unit_id"]: row[name_of] or row["unit_name"] for row in found["ranking"]}
    lists = [
        {
            "id": f"{ranking_list}-{dimension}",
            "title": f"{titles[at]} · {names[at]}",
            "rows": [
                {**row, "name": units[row["unit_id"]], "page": unit_file(row["unit_id"], language)}
                for row in found["ranking"]
                if row["ranking_list"] == ranking_list and row["dimension"] == dimension
            ],
        }
        for ranking_list, titles in LISTS.items()
        for dimension, names in DIMENSIONS.items()
    ]
    style, style_hash = asset("page.css")
    script, script_hash = asset("page.js")
    return (
        environment()
        .get_template("month.html")
        .render(
            w=words(language),
            language=language,
            month=month,
            release=release,
            total=found["monthly_summary"][0],
            lists=lists,
            topics=found["hot_topics"],
            subtopics=found["hot_subtopics"],
            hashtags=found["hosted_hashtags"],
            highlights=[row for row in found["highlights"] if row["theme_id"] is None],
            list_titles={key: both[at] for key, both in LISTS.items()},
            dimension_names={key: both[at] for key, both in DIMENSIONS.items()},
            units=units,
            issuers=found["issuers"],
            indicators=_weights(found["unit_indicators"]),
            dataset=_dataset(found, month, release, words(language)["title"], at),
            agreement=_agreement(found["rival_agreement"], "name" if language == "zh" else "name_en"),
            gates=gates,
            revision=revision,
            movers=_movers(found["ranking"], units),
            top=max((row["score"] for row in found["ranking"]), default=Decimal(1)) or Decimal(1),
            style=style,
            style_hash=style_hash,
            script=script,
            script_hash=script_hash,
        )
    )


def _dataset(found: dict[str, Any], month: Month, release: str, title: str, at: int) -> dict[str, Any]:
    """schema.org Dataset of the release."""
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"{month} {title}",
        "version": release,
        "temporalCoverage": str(month),
        "inLanguage": "zh-CN" if at == 0 else "en",
        "creator": [
            {"@type": "Organization", "name": row["issuer_name"] if at == 0 else row["issuer_name_en"]}
            for row in found["issuers"]
        ],
        "distribution": [
            {"@type": "DataDownload", "contentUrl": f"ranking.{kind}", "encodingFormat": form}
            for kind, form in (("csv", "text/csv"), ("json", "application/json"), ("parquet", "application/x-parquet"))
        ],
    }


def _weights(indicators: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Weight and goalpost of each indicator, once."""
    found = {(row["dimension"], row["indicator_id"]): row for row in indicators}
    return [found[key] for key in sorted(found)]


def _agreement(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """One entry per rival index, its tau by list and dimension."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        entry = found.setdefault(row["index_id"], {"name": row[name], "taus": {}})
        entry["taus"][f"{row['ranking_list']}-{row['dimension']}"] = row["kendall_tau"]
    return [found[key] for key in sorted(found)]


def _movers(ranking: list[dict[str, Any]], units: dict[str, str]) -> list[dict[str, Any]]:
    """The three largest rises of each list and dimension."""
    risen = [{**row, "name": units[row["unit_id"]]} for row in ranking if (row["rank_change"] or 0) > 0]
    risen.sort(
        key=lambda row: (row["ranking_list"], row["dimension"], -row["rank_change"], row["rank"], row["unit_id"])
    )
    seen: dict[tuple[str, str], int] = {}
    chosen = []
    for row in risen:
        key = (row["ranking_list"], row["dimension"])
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= 3:
            chosen.append(row)
    return chosen
