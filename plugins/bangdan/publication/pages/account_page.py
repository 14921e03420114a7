"""The page of accounts: those of each platform, ranked by dissemination and by influence."""

from __future__ import annotations

from typing import Any

from bangdan.core.rendering import in_language, render
from bangdan.publication.edition import Edition
from bangdan.publication.pages.listings import Listings
from bangdan.publication.pages.names import DIMENSIONS, channels_of, localised, of_language, unit_file
from bangdan.publication.pages.units import terms

FILES = {"zh": "accounts.html", "en": "accounts.en.html"}
Row = dict[str, Any]


def page(edition: Edition, listings: Listings, language: str) -> str:
    """HTML of the page; platforms are in the order of their codes."""
    channels = channels_of(edition.tables["channel_types"].to_pylist())
    platforms: dict[str, list[Row]] = {}
    for row in listings.account_list.to_pylist():
        shown = {
            **row,
            "unit_name": localised(row, "unit_name", language),
            "page": unit_file(row["unit_id"], language),
            "terms": terms(row["account_id"], [row["account_name"], row["unit_name"], row["unit_name_en"]]),
        }
        platforms.setdefault(row["platform"], []).append(shown)
    context = {
        "month": edition.month,
        "release": edition.release,
        "imprint": edition.imprint,
        "is_synthetic": edition.tables["monthly_summary"]["is_synthetic"][0].as_py(),
        "dimension_names": of_language(DIMENSIONS, language),
        "platforms": [
            {"id": platform, "name": in_language(channels.get(platform, (platform, platform)), language), "rows": rows}
            for platform, rows in platforms.items()
        ],
        "twin": in_language((FILES["en"], FILES["zh"]), language),
    }
    return render("accounts.html", language, context)
