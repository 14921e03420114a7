"""The month's text as a press office would send it, Chinese first: Markdown, plain text, HTML for a WeChat editor.

`formats/word.py` writes the same as a Word document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from bangdan.core.formatting import one_line, two_decimals, visible
from bangdan.core.months import Month
from bangdan.core.rendering import LANGUAGES, in_language, render, word_pairs, words
from bangdan.publication.pages import claims
from bangdan.publication.pages.names import DIMENSIONS, lists_of, localised, month_title

Row = dict[str, Any]
# Large tables that no sentence reads.
TABLES_NOT_READ = ("posts", "reprints", "rival_indices", "coverage", "account_scores")
MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|!~&@])")


@dataclass(frozen=True)
class Annex:
    """A ranking list in one dimension, best first; `rows` are those of the published table ranking."""

    title: claims.Both
    rows: list[Row]


@dataclass(frozen=True)
class Bulletin:
    """What a month's bulletin says, in any form."""

    month: Month
    issuers: claims.Both
    is_synthetic: bool
    sections: list[claims.Section]
    annexes: list[Annex]
    facts: list[str]  # issuers, dates, contact, licence: one a line, in both languages

    def title(self, language: str) -> str:
        """The heading of the whole."""
        return month_title(self.month, language)

    def notices(self) -> list[str]:
        """What has to be said before anything else: that the data are synthetic, where they are."""
        return [" / ".join(word_pairs()["synthetic_notice"])] if self.is_synthetic else []


def of(tables: dict[str, pa.Table], month: Month, is_synthetic: bool, facts: list[str]) -> Bulletin:
    """The bulletin of a month; it holds only claims that the tables prove."""
    rows = {name: table.to_pylist() for name, table in tables.items() if name not in TABLES_NOT_READ}
    chinese, english = (
        words(language)["comma"].join(
            one_line(localised(issuer, "issuer_name", language)) for issuer in rows["issuers"]
        )
        for language in LANGUAGES
    )
    return Bulletin(month, (chinese, english), is_synthetic, claims.sections(rows, month), list(_annexes(rows)), facts)


def _annexes(rows: claims.Tables) -> Iterator[Annex]:
    for ranking_list, titles in lists_of(rows["ranking_lists"]).items():
        for dimension, names in DIMENSIONS.items():
            zh, en = zip(titles, names, strict=True)
            listed = [
                row for row in rows["ranking"] if (row["ranking_list"], row["dimension"]) == (ranking_list, dimension)
            ]
            if listed:
                yield Annex((" · ".join(zh), " · ".join(en)), listed)


def cells(row: Row, language: str) -> list[str]:
    """A row of an annex as text: rank, unit, score, the interval of its rank."""
    interval = f"{row['rank_low']}–{row['rank_high']}" if row["rank_low"] else ""
    rank = "–" if row["rank"] is None else str(row["rank"])
    return [rank, one_line(localised(row, "unit_name", language)), two_decimals(row["score"]), interval]


def heads(language: str) -> list[str]:
    """The heads of an annex's columns."""
    w = words(language)
    return [w["rank"], w["unit"], w["score"], w["interval"]]


def markdown(bulletin: Bulletin) -> str:
    """Both languages as Markdown, without the lists."""
    notice = [line for notice in bulletin.notices() for line in (f"> {notice}", "")]
    chinese, english = (
        [f"# {bulletin.title(language)}", "", *_body(bulletin.sections, language)] for language in LANGUAGES
    )
    return "\n".join([*notice, *chinese, "---", "", *english])


def plain_text(bulletin: Bulletin) -> str:
    """Both languages as text without any markup, each with its lists after it."""
    parts = bulletin.notices()
    for language in LANGUAGES:
        parts += [bulletin.title(language), in_language(bulletin.issuers, language)]
        for section in bulletin.sections:
            parts.append(in_language(section.title, language))
            parts += [claims.plain(paragraph, language) for paragraph in section.paragraphs]
        for number, annex in enumerate(bulletin.annexes, start=1):
            lines = ["\t".join(cells(row, language)) for row in annex.rows]
            parts.append("\n".join([annex_title(annex, number, language), "\t".join(heads(language)), *lines]))
    return "\n\n".join([*parts, *bulletin.facts]) + "\n"


def wechat(bulletin: Bulletin) -> str:
    """The Chinese text as HTML to be pasted into WeChat's editor: every style is in its element, nothing is loaded."""
    context = {
        "title": bulletin.title("zh"),
        "issuers": in_language(bulletin.issuers, "zh"),
        "notices": bulletin.notices(),
        "sections": [
            (in_language(section.title, "zh"), [claims.plain(paragraph, "zh") for paragraph in section.paragraphs])
            for section in bulletin.sections
        ],
        "facts": bulletin.facts,
        "heads": heads("zh"),
        "annexes": [
            (annex_title(annex, number, "zh"), [cells(row, "zh") for row in annex.rows])
            for number, annex in enumerate(bulletin.annexes, start=1)
        ],
    }
    return render("wechat.html", "zh", context)


def annex_title(annex: Annex, number: int, language: str) -> str:
    """`附表1 区级榜单 · 传播力`."""
    return f"{words(language)['annex']}{in_language(('', ' '), language)}{number} {in_language(annex.title, language)}"


def _body(sections: list[claims.Section], language: str) -> list[str]:
    separator = in_language(("", " "), language)
    lines = []
    for section in sections:
        lines += [f"## {in_language(section.title, language)}", ""]
        for paragraph in section.paragraphs:
            lines += [separator.join(claim.text(language, escaped) for claim in paragraph), ""]
    return lines


def escaped(text: str) -> str:
    """Text from data is text, never Markdown or HTML."""
    return MARKUP.sub(r"\\\1", " ".join(visible(text).split()))
