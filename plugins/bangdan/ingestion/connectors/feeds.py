"""RSS, Atom and JSON Feed. Entities are refused before anything expands them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bangdan.ingestion.readers.text_table import Row, TextTable, in_batches
from bangdan.ingestion.reasons import refusal

MAX_FEED = 32 * 1024 * 1024
FEED_ROOTS = ("rss", "feed", "rdf", "channel")
MAX_ATTRIBUTES = 1_000  # of an element: the parser takes time with their square
_TAG = re.compile(rb"""<[A-Za-z](?:[^<>"']|"[^"<]*"|'[^'<]*')*""")
NAMES = ["id", "url", "host", "site_name", "title", "text", "published"]


def read(file: Path) -> TextTable:
    """A feed as a table: id, url, host, site_name, title, text, published."""
    import defusedxml.ElementTree as SafeTree
    import feedparser
    from defusedxml.common import DefusedXmlException

    if (size := file.stat().st_size) > MAX_FEED:
        raise refusal("XML_LIMIT", f"{size // 1024**2} MB")
    data = file.read_bytes()
    if any("<!ENTITY".encode(codec) in data.upper() for codec in ("utf-8", "utf-16-le", "utf-16-be")):
        raise refusal("XML_ENTITY")
    _check_attributes(data)
    root = ""
    try:
        for event, element in SafeTree.iterparse(file.open("rb"), events=("start", "end"), forbid_dtd=False):
            if event == "start" and not root:
                root = element.tag
    except DefusedXmlException:
        raise refusal("XML_ENTITY") from None
    except Exception:  # not well-formed: the feed parser below is more forgiving and sets `bozo`
        pass
    if root and root.rpartition("}")[2].lower() not in FEED_ROOTS:
        raise refusal(
            "FORMAT_USELESS", f"XML whose root <{root.rpartition('}')[2][:40]}> is no feed; export it as CSV or JSON"
        )
    try:
        feed = feedparser.parse(data)
    except RecursionError:
        raise refusal("XML_LIMIT", "nested too deep") from None
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:  # it breaks on some damage
        raise refusal("XML_BROKEN", type(error).__name__) from None
    if not feed.entries:
        raise refusal("XML_BROKEN" if feed.bozo else "FILE_NO_ROWS", "no entries")
    link = feed.feed.get("link", "")
    rows: list[Row] = [
        Row(number, _cells(entry, link, feed.feed.get("title")), None)
        for number, entry in enumerate(feed.entries, start=1)
    ]
    return TextTable(NAMES, in_batches(rows, NAMES), feed.get("encoding"), dialect=feed.version)


def _check_attributes(data: bytes) -> None:
    """Raise ExportRefused for an element with too many attributes, be the document well-formed or not."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "ignore").encode()
    for tag in _TAG.finditer(data):
        if tag.end() - tag.start() > MAX_ATTRIBUTES and len(tag[0].split()) > MAX_ATTRIBUTES:
            raise refusal("XML_LIMIT", f"an element of more than {MAX_ATTRIBUTES:,} attributes")


def json_feed(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of a JSON Feed, with the feed's title and the host of the item or the feed on each."""
    items = document.get("items")
    objects = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            address = item.get("url") or item.get("external_url") or document.get("home_page_url")
            objects.append({**item, "url": item.get("url"), "host": _host(address), "site_name": document.get("title")})
    return objects


def _host(address: Any) -> str | None:
    return address.split("://", 1)[-1].split("/", 1)[0] or None if isinstance(address, str) else None


def _cells(entry: Any, feed_link: str, site: str | None) -> list[str | None]:
    """An entry in the order of NAMES."""
    content = entry.get("content") or []
    text = (content[0].get("value") if content else None) or entry.get("summary")
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    # feedparser gives UTC; the zone is written out so that it is not read as Shanghai time.
    published = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}+00:00".format(*moment[:6]) if moment else None
    url = entry.get("link")
    return [entry.get("id"), url, _host(url or feed_link), site, entry.get("title"), text, published]
