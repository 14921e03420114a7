"""The page of outlets: per channel type those that carried most, and whose posts they carried."""

from __future__ import annotations

from typing import Any

from bangdan.core.rendering import in_language, render
from bangdan.publication.edition import Edition
from bangdan.publication.pages.listings import Listings
from bangdan.publication.pages.names import channels_of, localised, unit_file

FILES = {"zh": "outlets.html", "en": "outlets.en.html"}
OUTLETS, UNITS = 40, 3  # of a channel type, and units of an outlet, that the page shows; the CSV file holds all
Row = dict[str, Any]


def page(edition: Edition, listings: Listings, language: str) -> str:
    """HTML of the page."""
    context = {
        "month": edition.month,
        "release": edition.release,
        "imprint": edition.imprint,
        "is_synthetic": edition.tables["monthly_summary"]["is_synthetic"][0].as_py(),
        "channels": channels(edition, listings, language),
        "twin": in_language((FILES["en"], FILES["zh"]), language),
    }
    return render("outlets.html", language, context)


def channels(edition: Edition, listings: Listings, language: str) -> list[Row]:
    """Channel types in their usual order with their first outlets, each with its place on the page (`anchor`); those
    that carried nothing are left out.
    """
    by_channel: dict[str, dict[str, list[Row]]] = {}
    for row in listings.outlet_units.to_pylist():
        by_channel.setdefault(row["channel_type"], {}).setdefault(row["outlet_id"], []).append(row)
    made = []
    for channel, names in channels_of(edition.tables["channel_types"].to_pylist()).items():
        outlets = [(_reprints(rows), outlet_id, rows) for outlet_id, rows in by_channel.get(channel, {}).items()]
        outlets.sort(key=lambda outlet: (-outlet[0], outlet[1]))
        if outlets:
            shown = [_outlet(rows, language) for _, _, rows in outlets[:OUTLETS]]
            made.append(
                {
                    "id": channel,
                    "name": in_language(names, language),
                    "outlets": [
                        {**outlet, "anchor": f"{channel}-{position}"} for position, outlet in enumerate(shown, 1)
                    ],
                    "outlet_count": len(outlets),
                }
            )
    return made


def _reprints(rows: list[Row]) -> int:
    return sum(row["reprint_count"] for row in rows)


def _outlet(rows: list[Row], language: str) -> Row:
    """An outlet of its rows, the unit that it carried most first."""
    total = _reprints(rows)
    return {
        "outlet_id": rows[0]["outlet_id"],
        "outlet_name": rows[0]["outlet_name"],
        "reprint_count": total,
        "unit_count": len(rows),
        "units": [
            {**row, "name": localised(row, "unit_name", language), "page": unit_file(row["unit_id"], language)}
            for row in rows[:UNITS]
        ],
        "first_share": round(100 * rows[0]["reprint_count"] / total),
    }
