"""What stands around the releases: the archive index in both languages and the feed. Made anew at each publication."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
from markdown_it import MarkdownIt

from bangdan.core import files
from bangdan.core.months import Month
from bangdan.core.settings import PROJECT, Settings
from bangdan.publication import ledger
from bangdan.publication.code_version import code_version
from bangdan.publication.pages import claims
from bangdan.publication.pages.figures import LISTS, visible
from bangdan.publication.pages.rendering import asset, environment, words

ARCHIVE = "archive.json"
ATOM = "http://www.w3.org/2005/Atom"


def method_page(month: Month, language: str) -> str:
    """The methodology as one page of the release, so that a list stays with the method it was made by."""
    source = PROJECT / "docs" / "methodology" / ("README.md" if language == "zh" else "README.en.md")
    # Links between documents lead nowhere in a release: their words stay, the one to the twin goes.
    told = re.sub(r"^\[[^\]]+\]\(README[^)]*\)[。.]\s*", "", source.read_text("utf-8"), flags=re.MULTILINE)
    text = MarkdownIt("commonmark", {"html": False}).enable("table").render(told)
    style, style_hash = asset("page.css")
    return environment().get_template("method.html").render(
        w=words(language), language=language, month=month, body=_scrolling(_without_links(text), words(language)["table"]), style=style, style_hash=style_hash
    )  # fmt: skip


def _without_links(html: str) -> str:
    return re.sub(r"</?a\b[^>]*>", "", html)


def _scrolling(html: str, word: str) -> str:
    """Tables scroll by themselves on a phone, the page does not."""
    number = itertools.count(1)
    html = re.sub(
        "<table>",
        lambda _: f'<div class="scroll" tabindex="0" role="group" aria-label="{word} {next(number)}"><table>',
        html,
    )
    return html.replace("</table>", "</table></div>")


def rebuild(settings: Settings) -> None:
    """Write index.html, en.html and feed.xml into the releases' folder, and last archive.json, which holds their
    hashes and the code that made them.
    """
    made = pages(settings)
    for name, text in made.items():
        files.write_text(settings.releases / name, text)
    told = {
        "code_version": code_version(),
        "files": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in made.items()},
    }
    files.write_text(settings.releases / ARCHIVE, json.dumps(told, indent=1, sort_keys=True) + "\n")


def written(settings: Settings) -> dict[str, Any] | None:
    """What `rebuild` wrote last; None when it is not there or damaged."""
    try:
        told = json.loads((settings.releases / ARCHIVE).read_text("utf-8"))
        return told if isinstance(told["files"], dict) and told["code_version"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def pages(settings: Settings) -> dict[str, str]:
    """What stands around the releases, by file name; the same releases give the same text."""
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
                "is_revision": bool(told["effect"]),
                "reason": told["reason"] if told["effect"] else None,
                "first": _first(release),
                "note": told["note"],
                "units_changed": (told["effect"] or {}).get("units_changed"),
                "known_at": told["knowledge_cut_off"],
                "digest": told["data_digest"],
                "issuers": pq.read_table(release.path / "tables" / "issuers.parquet")["issuer_name"].to_pylist(),
                "summary": claims.plain(claims.volumes({"monthly_summary": [summary]}, release.month), "zh"),
            }
        )
    style, style_hash = asset("page.css")
    found = {
        name: environment()
        .get_template("archive.html")
        .render(w=words(language), language=language, at=at, releases=rows, style=style, style_hash=style_hash)
        for at, (name, language) in enumerate((("index.html", "zh"), ("en.html", "en")))
    }
    return found | {"feed.xml": _feed(rows)}


def _first(release: ledger.Release) -> list[tuple[str, str]]:
    """Who leads the lists, in their order, each unit once."""
    rows = pq.read_table(
        release.path / "ranking.parquet", columns=["ranking_list", "rank", "score", "unit_name", "unit_name_en"]
    )
    led = [row for row in rows.to_pylist() if row["rank"] == 1 and row["score"]]
    led.sort(key=lambda row: list(LISTS).index(row["ranking_list"]))
    return list(dict.fromkeys((row["unit_name"], row["unit_name_en"] or row["unit_name"]) for row in led))[:4]


def _feed(rows: list[dict]) -> str:
    """Atom (RFC 4287). A release is dated by what it knew, not by a clock."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed", {"xml:lang": "zh-CN"})

    def add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
        child = ElementTree.SubElement(parent, f"{{{ATOM}}}{tag}", attributes)
        child.text = visible(text) or None
        return child

    add(feed, "id", "urn:bangdan:releases")
    add(feed, "title", "政务新媒体榜单 Government new media ranking")
    add(feed, "updated", max((_moment(row["known_at"]) for row in rows), default="1970-01-01T00:00:00+00:00"))
    add(feed, "link", rel="self", type="application/atom+xml", href="feed.xml")
    add(feed, "link", rel="alternate", type="text/html", href="index.html")
    add(add(feed, "author"), "name", "、".join(rows[0]["issuers"]) if rows and rows[0]["issuers"] else "Bangdan")
    for row in rows:
        entry = add(feed, "entry")
        add(entry, "id", f"urn:bangdan:{row['month']}:{row['name']}:{row['digest'][:16]}")
        add(
            entry,
            "title",
            f"{row['month']} {row['name']}" + (f" 更正 {row['reason'] or ''}" if row["is_revision"] else ""),
        )
        add(entry, "updated", _moment(row["known_at"]))
        add(entry, "link", rel="alternate", type="text/html", href=f"{row['month']}/{row['name']}/index.html")
        add(entry, "summary", row["note"] or row["summary"], type="text")
    ElementTree.indent(feed)
    return ElementTree.tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def _moment(text: str | None) -> str:
    """2021-09-10T06:00:00+08 and the like → RFC 3339."""
    return datetime.fromisoformat(text or "1970-01-01T00:00:00+00:00").isoformat()
