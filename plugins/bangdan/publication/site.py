"""What stands around the releases: the archive index in both languages and the feed. Made anew at each publication."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pyarrow.parquet as pq
from markdown_it import MarkdownIt

from bangdan import files
from bangdan.months import Month
from bangdan.publication import ledger
from bangdan.publication.rendering import asset, environment, words
from bangdan.settings import PROJECT, Settings

ATOM = "http://www.w3.org/2005/Atom"


def method_page(month: Month, language: str) -> str:
    """The methodology as one page of the release, so that a list stays with the method it was made by."""
    source = PROJECT / "docs" / "methodology" / ("README.md" if language == "zh" else "README.en.md")
    # Links between documents lead nowhere in a release: their words stay.
    text = MarkdownIt("commonmark", {"html": False}).enable("table").render(source.read_text("utf-8"))
    style, style_hash = asset("page.css")
    return environment().get_template("method.html").render(
        w=words(language), language=language, month=month, body=_without_links(text), style=style, style_hash=style_hash
    )  # fmt: skip


def _without_links(html: str) -> str:
    return re.sub(r"</?a\b[^>]*>", "", html)


def rebuild(settings: Settings) -> None:
    """Write index.html, en.html and feed.xml into the releases' folder; the same releases give the same bytes."""
    rows = []
    newest = {one.month: one.number for one in ledger.latest_of_all(settings)}
    for release in reversed(ledger.all_releases(settings)):
        told = release.manifest
        summary = pq.read_table(release.path / "tables" / "monthly_summary.parquet").to_pylist()[0]
        rows.append(
            {
                "month": str(release.month),
                "name": release.name,
                "is_latest": newest[release.month] == release.number,
                "post_count": summary["post_count"],
                "originality_rate": summary["originality_rate"],
                "reason": told["reason"] if told["effect"] else None,
                "note": told["note"],
                "units_changed": (told["effect"] or {}).get("units_changed"),
                "known_at": told["knowledge_cut_off"],
                "digest": told["data_digest"],
            }
        )
    style, style_hash = asset("page.css")
    for name, language in (("index.html", "zh"), ("en.html", "en")):
        html = environment().get_template("archive.html").render(
            w=words(language), language=language, releases=rows, style=style, style_hash=style_hash
        )  # fmt: skip
        files.write_text(settings.releases / name, html)
    files.write_text(settings.releases / "feed.xml", _feed(rows))


def _feed(rows: list[dict]) -> str:
    """Atom (RFC 4287). A release is dated by what it knew, not by a clock."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")

    def add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
        child = ElementTree.SubElement(parent, f"{{{ATOM}}}{tag}", attributes)
        child.text = text or None
        return child

    add(feed, "id", "urn:bangdan:releases")
    add(feed, "title", "政务新媒体榜单 Government new media ranking")
    add(feed, "updated", max((_moment(row["known_at"]) for row in rows), default="1970-01-01T00:00:00+00:00"))
    for row in rows:
        entry = add(feed, "entry")
        add(entry, "id", f"urn:bangdan:{row['month']}:{row['name']}:{row['digest'][:16]}")
        add(entry, "title", f"{row['month']} {row['name']}" + (f" 更正 {row['reason']}" if row["reason"] else ""))
        add(entry, "updated", _moment(row["known_at"]))
        add(entry, "link", href=f"{row['month']}/{row['name']}/index.html")
        add(entry, "summary", row["note"] or f"{row['post_count']:,}")
    ElementTree.indent(feed)
    return ElementTree.tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def _moment(text: str | None) -> str:
    """2021-09-10T06:00:00+0800 and the like → RFC 3339."""
    text = text or "1970-01-01T00:00:00+00:00"
    if len(text) > 5 and text[-5] in "+-" and ":" not in text[-5:]:
        return f"{text[:-2]}:{text[-2:]}"
    return f"{text}:00" if len(text) > 3 and text[-3] in "+-" else text
