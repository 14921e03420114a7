"""The Atom feed of releases (RFC 4287)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from bangdan.core.formatting import visible
from bangdan.publication import imprint

ATOM = "http://www.w3.org/2005/Atom"


def atom(releases: list[dict[str, Any]]) -> str:
    """The feed, XML. Each release, newest first, is dated by its knowledge cut-off, never by a clock."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed", {"xml:lang": "zh-CN"})
    _add(feed, "id", "urn:bangdan:releases")
    _add(feed, "title", "政务新媒体榜单 Government new media ranking")
    _add(feed, "updated", max((_rfc3339(row["known_at"]) for row in releases), default=_rfc3339(None)))
    _add(feed, "link", rel="self", type="application/atom+xml", href="feed.xml")
    _add(feed, "link", rel="alternate", type="text/html", href="index.html")
    issuers = releases[0]["issuers"] if releases else []
    _add(_add(feed, "author"), "name", "、".join(issuers) or "Bangdan")
    for row in releases:
        _add_entry(feed, row)
    ElementTree.indent(feed)
    return ElementTree.tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def _add_entry(feed: ElementTree.Element, row: dict[str, Any]) -> None:
    title = f"{row['month']} {row['name']}" + (f" 更正 {row['reason'] or ''}" if row["is_restatement"] else "")
    entry = _add(feed, "entry")
    _add(entry, "id", imprint.name_of(row["month"], row["name"], row["digest"]))
    _add(entry, "title", title)
    _add(entry, "updated", _rfc3339(row["known_at"]))
    if row["imprint"].published_on:
        _add(entry, "published", f"{row['imprint'].published_on}T00:00:00+08:00")
    _add(entry, "link", rel="alternate", type="text/html", href=f"{row['month']}/{row['name']}/index.html")
    _add(entry, "summary", row["note"] or row["summary"], type="text")


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{ATOM}}}{tag}", attributes)
    child.text = visible(text) or None
    return child


def _rfc3339(text: str | None) -> str:
    """2021-09-10T06:00:00+08 and similar → RFC 3339."""
    return datetime.fromisoformat(text or "1970-01-01T00:00:00+00:00").isoformat()
