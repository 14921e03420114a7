"""The methodology as a page of a release, so that a list keeps the method that made it."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from bangdan.core.months import Month
from bangdan.core.rendering import in_language, render
from bangdan.core.settings import PROJECT

LINK_TO_OTHER_LANGUAGE = re.compile(r"^\[[^\]]+\]\(README[^)]*\)[。.]\s*", re.MULTILINE)
LINK_TAG = re.compile(r"</?a\b[^>]*>")


def page(month: Month, language: str) -> str:
    """HTML of docs/methodology in a language. Links between documents lead nowhere in a release: only their words stay."""
    source = PROJECT / "docs" / "methodology" / in_language(("README.md", "README.en.md"), language)
    markdown = LINK_TO_OTHER_LANGUAGE.sub("", source.read_text("utf-8"))
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return render("method.html", language, {"month": month, "body": LINK_TAG.sub("", html)})
