"""The page that shows what building a range of months again would change."""

from __future__ import annotations

from typing import Any

from bangdan.core.rendering import in_language, render
from bangdan.publication.pages.names import DIMENSIONS, of_language


def page(comparison: dict[str, Any], language: str) -> str:
    """HTML of a comparison (first, last, months, lists: code → names, pages: language → file name); language zh or en."""
    context = {
        "first": comparison["first"],
        "last": comparison["last"],
        "months": comparison["months"],
        "other": comparison["pages"][in_language(("en", "zh"), language)],
        "name_of": in_language(("unit_name", "unit_name_en"), language),
        "list_titles": of_language(comparison["lists"], language),
        "dimension_names": of_language(DIMENSIONS, language),
    }
    return render("comparison.html", language, context)
