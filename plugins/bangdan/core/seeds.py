"""The seeds of the dbt project read as files: rows, and the rows in force on a day."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

Row = dict[str, str]


def rows(folder: Path, name: str) -> list[Row]:
    """All rows of a seed in the order of its file; every value is text. `name`: methodology/method_versions."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def in_force(rows: Iterable[Row], day: str) -> list[Row]:
    """The rows whose span holds a day (YYYY-MM-DD), the later begun last; rows that begin together keep their order.

    `valid_to` is the first day on which a row no longer holds; an empty end is open.
    """
    valid = (row for row in rows if row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"]))
    return sorted(valid, key=lambda row: row["valid_from"])
