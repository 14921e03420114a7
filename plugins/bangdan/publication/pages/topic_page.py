"""The page of hot topics: per topic the units that wrote most, the posts that were carried most, and the outlets."""

from __future__ import annotations

from typing import Any

from bangdan.core.rendering import in_language, render
from bangdan.publication.edition import Edition
from bangdan.publication.pages.listings import Listings
from bangdan.publication.pages.names import channels_of, localised, of_language, unit_file

FILES = {"zh": "topics.html", "en": "topics.en.html"}
POSTS, OUTLETS = 20, 20  # of a topic that the page shows; the CSV files hold all
Row = dict[str, Any]


def page(edition: Edition, listings: Listings, language: str) -> str:
    """HTML of the page; the topic with most posts is first."""
    tables = edition.tables
    names = {row["unit_id"]: localised(row, "unit_name", language) for row in tables["ranking"].to_pylist()}
    posts, outlets = listings.topic_posts.to_pylist(), listings.topic_outlets.to_pylist()
    units = [row for row in tables["topic_units"].to_pylist() if row["post_count"] and row["unit_id"] in names]
    topics = []
    for topic in tables["hot_topics"].to_pylist():

        def of_topic(rows: list[Row], theme_id: str = topic["theme_id"]) -> list[Row]:
            return [row for row in rows if row["theme_id"] == theme_id]

        topics.append(
            {
                **topic,
                "name": in_language((topic["name"], topic["name_en"] or topic["name"]), language),
                "units": [_with_unit(row, names, language) for row in of_topic(units)],
                "posts": [_with_unit(row, names, language) for row in of_topic(posts)[:POSTS]],
                "outlets": of_topic(outlets)[:OUTLETS],
                "outlet_count": len(of_topic(outlets)),
            }
        )
    context = {
        "month": edition.month,
        "release": edition.release,
        "imprint": edition.imprint,
        "is_synthetic": tables["monthly_summary"]["is_synthetic"][0].as_py(),
        "topics": topics,
        "channel_names": of_language(channels_of(tables["channel_types"].to_pylist()), language),
        "twin": in_language((FILES["en"], FILES["zh"]), language),
    }
    return render("topics.html", language, context)


def _with_unit(row: Row, names: dict[str, str], language: str) -> Row:
    return {**row, "unit_name": names[row["unit_id"]], "page": unit_file(row["unit_id"], language)}
