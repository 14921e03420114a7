"""The units of a month as pages show and find them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bangdan.core import pinyin
from bangdan.core.formatting import visible
from bangdan.publication.pages.names import localised, unit_file

Row = dict[str, Any]


def of_ranking(rows: Iterable[Row], former_names: dict[str, list[str]], language: str) -> dict[str, Row]:
    """Unit → id, name, page, and the terms that a reader finds it by."""
    return {
        row["unit_id"]: {
            "id": row["unit_id"],
            "name": localised(row, "unit_name", language),
            "page": unit_file(row["unit_id"], language),
            "terms": terms(
                row["unit_id"], [row["unit_name"], row["unit_name_en"], *former_names.get(row["unit_id"], [])]
            ),
        }
        for row in rows
    }


def terms(unit_id: str, names: Iterable[str | None]) -> str:
    """Names, their pinyin and initials, and the id, in lower case without spaces, parted by |, each once."""
    found: list[str] = []
    for name in filter(None, names):
        found += [name, *pinyin.spellings(name)]
    return "|".join(dict.fromkeys(filter(None, (_squeezed(term) for term in [*found, unit_id]))))


def _squeezed(text: str) -> str:
    return "".join(visible(text).lower().split()).replace("|", "")
