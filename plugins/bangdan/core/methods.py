"""Versions of the method as the seeds declare them: which is in force in a month, and its parameters. Reads files only."""

from __future__ import annotations

from bangdan.core import city, seeds
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month, each
from bangdan.core.settings import Settings


def versions(settings: Settings) -> list[seeds.Row]:
    """The rows of method_versions.csv."""
    return city.rows(settings, "methodology/method_versions")


def shipped_versions(settings: Settings) -> list[seeds.Row]:
    """The rows of the method_versions.csv that the program ships."""
    return seeds.rows(settings.seeds, "methodology/method_versions")


def in_force(versions: list[seeds.Row], month: Month) -> str | None:
    """The version in force on a month's first day, or None."""
    valid = seeds.in_force(versions, f"{month}-01")
    return valid[-1]["method_version"] if valid else None


def require(settings: Settings, first: Month, last: Month) -> None:
    """Raise UsageError, naming the first such month, where no method is in force in a month of the range."""
    if settings.method_version:  # on trial: it holds in every month
        return
    declared = versions(settings)
    for month in each(first, last):
        if in_force(declared, month) is None:
            raise UsageError(
                f"no method is in force in {month}",
                remedy=f"method_versions.csv declares {_spans(declared)}: choose other months, or add a row there",
            )


def _spans(declared: list[seeds.Row]) -> str:
    spans = [f"{row['method_version']} from {row['valid_from']}" + _end(row["valid_to"]) for row in declared]
    return ", ".join(spans) or "no method"


def _end(valid_to: str) -> str:
    return f" until before {valid_to}" if valid_to else " on"


def parameter(settings: Settings, month: Month, name: str) -> str:
    """A parameter of the method in force in a month, or of the one on trial."""
    require(settings, month, month)
    version = settings.method_version or in_force(versions(settings), month)
    for row in city.rows(settings, "methodology/method_parameters"):
        if (row["method_version"], row["parameter"]) == (version, name):
            return row["value"]
    raise BangdanError(f"method {version} of {month} has no {name}", remedy="add the row to method_parameters.csv")
