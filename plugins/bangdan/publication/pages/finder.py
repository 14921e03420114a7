"""What the search of a month's page finds besides units: accounts and outlets.

The page has the names and, once for all of them, how each Chinese character is read; `page.js` spells the names. Spelled
here they would make the page a quarter larger.
"""

from __future__ import annotations

from typing import Any

from bangdan.core import pinyin
from bangdan.core.formatting import visible
from bangdan.core.rendering import in_language
from bangdan.publication.edition import Edition
from bangdan.publication.pages import account_page, outlet_page
from bangdan.publication.pages.listings import Listings
from bangdan.publication.pages.names import channels_of

Row = dict[str, Any]


def findable(edition: Edition, listings: Listings, former_names: dict[str, list[str]], language: str) -> Row:
    """`accounts`: name, platforms, former names (accounts of one name are one entry); `outlets`: channel type, its name,
    names of the outlets in the order of their page; `readings`: Chinese character → syllables; and the two pages.
    """
    accounts = _accounts(edition, listings, former_names, language)
    outlets = [
        [channel["id"], channel["name"], [visible(outlet["outlet_name"] or "") for outlet in channel["outlets"]]]
        for channel in outlet_page.channels(edition, listings, language)
    ]
    names = [name for name, _, *former in accounts for name in (name, *former)]
    names += [name for _, _, of_channel in outlets for name in of_channel]
    characters = sorted(set("".join(names).lower()))
    return {
        "accounts": accounts,
        "outlets": outlets,
        "readings": {
            character: syllables for character in characters if (syllables := pinyin.readings(character)) != [character]
        },
        "pages": [account_page.FILES[language], outlet_page.FILES[language]],
    }


def _accounts(
    edition: Edition, listings: Listings, former_names: dict[str, list[str]], language: str
) -> list[list[str]]:
    channels = channels_of(edition.tables["channel_types"].to_pylist())
    by_name: dict[str, list[Row]] = {}
    for row in listings.account_list.to_pylist():
        if row["account_name"]:
            by_name.setdefault(visible(row["account_name"]), []).append(row)
    accounts = []
    for name, rows in by_name.items():
        platforms = {row["platform"]: channels.get(row["platform"], (row["platform"],) * 2) for row in rows}
        former = [visible(other) for row in rows for other in former_names.get(row["account_id"], [])]
        shown = "/".join(in_language(pair, language) for pair in platforms.values())
        accounts.append([name, shown, *dict.fromkeys(former)])
    return accounts
