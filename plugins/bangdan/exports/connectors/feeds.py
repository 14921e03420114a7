"""RSS and Atom. Entities are refused before anything expands them."""

from __future__ import annotations

from typing import Any

from bangdan.exports.readers import Table, refuse


def read(data: bytes) -> Table:
    """A feed as a table: url, host, site_name, title, text, published."""
    import defusedxml.ElementTree as SafeTree
    import feedparser
    from defusedxml.common import DefusedXmlException

    if b"<!ENTITY" in data:
        raise refuse("XML_ENTITY")
    try:
        SafeTree.fromstring(data, forbid_dtd=False)
    except DefusedXmlException:
        raise refuse("XML_ENTITY") from None
    except Exception:  # not well-formed: the feed parser is more forgiving, and says so itself
        pass
    feed = feedparser.parse(data)
    if not feed.entries:
        raise refuse("XML_BROKEN" if feed.bozo else "FILE_NO_ROWS", "no entries")
    names = ["id", "url", "host", "site_name", "title", "text", "published"]
    link = feed.feed.get("link", "")
    rows = [_row(entry, link, feed.feed.get("title")) for entry in feed.entries]
    return Table(names, rows, list(range(1, len(rows) + 1)), encoding=feed.get("encoding"), dialect=feed.version)


def _row(entry: Any, feed_link: str, site: str | None) -> list[str | None]:
    content = entry.get("content") or []
    text = (content[0].get("value") if content else None) or entry.get("summary")
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    # feedparser gives UTC; the zone is written out so that nothing takes it for Shanghai time.
    published = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}+00:00".format(*moment[:6]) if moment else None
    url = entry.get("link")
    host = (url or feed_link).split("://", 1)[-1].split("/", 1)[0] or None
    return [entry.get("id"), url, host, site, entry.get("title"), text, published]
