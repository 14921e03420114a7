"""The month's text as a press office would send it: Markdown, Chinese first, the same in English after it."""

from __future__ import annotations

import re

import pyarrow as pa

from bangdan.core.formatting import visible
from bangdan.core.months import Month
from bangdan.core.rendering import in_language
from bangdan.publication.pages import claims

# Large tables that no sentence reads.
TABLES_NOT_READ = ("posts", "reprints", "rival_indices", "coverage", "account_scores")
MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|!~&@])")


def write(tables: dict[str, pa.Table], month: Month, is_synthetic: bool) -> str:
    """The bulletin of a month, Markdown; it holds only claims that the tables prove."""
    sections = claims.sections(
        {name: table.to_pylist() for name, table in tables.items() if name not in TABLES_NOT_READ}, month
    )
    notice = ["> 合成数据，仅供演示 / Synthetic data, for demonstration only", ""] if is_synthetic else []
    chinese = [f"# {month.year}年{month.number}月政务新媒体榜单", "", *_body(sections, "zh")]
    english = [f"# Government new media ranking, {month}", "", *_body(sections, "en")]
    return "\n".join([*notice, *chinese, "---", "", *english])


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
