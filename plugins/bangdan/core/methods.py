"""Versions of the method as the seeds declare them: which is in force in a month, and its parameters. Reads files only."""

from __future__ import annotations

import csv
from pathlib import Path

from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings

Row = dict[str, str]


def versions(settings: Settings) -> list[Row]:
    """The rows of method_versions.csv."""
    return _rows(settings.seeds / "methodology" / "method_versions.csv")


def in_force(versions: list[Row], month: Month) -> str | None:
    """The version in force on a month's first day; `valid_to` is the first day on which it no longer is."""
    day = f"{month}-01"
    found = (one for one in versions if one["valid_from"] <= day and (not one["valid_to"] or day < one["valid_to"]))
    return next((one["method_version"] for one in found), None)


def parameter(settings: Settings, month: Month, name: str) -> str:
    """A parameter of the method in force in a month, or of the one on trial."""
    version = settings.method_version or in_force(versions(settings), month)
    for row in _rows(settings.seeds / "methodology" / "method_parameters.csv"):
        if (row["method_version"], row["parameter"]) == (version, name):
            return row["value"]
    raise BangdanError(f"method {version} of {month} has no {name}", remedy="add the row to method_parameters.csv")


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
