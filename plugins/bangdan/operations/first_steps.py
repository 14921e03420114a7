"""What a new city lacks until its first page: units, accounts, outlets, exports, a run; each with its remedy."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from bangdan.core import city
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, registries

# File of registry/ → the table of the raw layer that its rows go to.
REGISTRY = {"units.csv": "units", "accounts.csv": "accounts", "outlets.csv": "channels"}


def steps(settings: Settings) -> Iterator[tuple[str, str]]:
    """(what is missing, what to do) of a city that has published nothing, the next step first.

    A city without registry/ delivers its registry with the exports: nothing is asked of it here.
    """
    folder = settings.city / "registry"
    loaded = {row.table_name or "" for row in registries.counted(settings)}
    rows = {name: registry_rows(folder / name) for name in REGISTRY}
    if folder.is_dir():
        yield from _of_registry(settings, rows, loaded)
    refused = [row for row in catalogue.rows(settings) if row.is_refused]
    if refused:
        yield (
            f"{len(refused)} file(s) could not be read, the first: {refused[0].source_file or refused[0].export_sha256[:12]}",
            "bangdan ingest --dry-run inbox says why; bangdan ingest --suggest FILE proposes a mapping",
        )
    waiting = [file for file in settings.inbox.rglob("*") if file.is_file() and not file.name.startswith((".", "_"))]
    if not waiting and "records" not in loaded:
        yield f"no exports in {settings.inbox}", "put the exports of a month there, as the tools write them"
    elif "records" not in loaded:
        yield f"{len(waiting)} file(s) in {settings.inbox}", f"bangdan run --month YYYY-MM --inbox {settings.inbox}"


def registry_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a table of registry/; none where it is not there. Raises UsageError where it is not in UTF-8."""
    if not file.is_file():
        return []
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not in UTF-8", remedy="save it as CSV UTF-8") from None


def _of_registry(
    settings: Settings, rows: dict[str, list[dict[str, str]]], loaded: set[str]
) -> Iterator[tuple[str, str]]:
    units = len({row["unit_id"] for row in rows["units.csv"]})
    if not units and "units" not in loaded:
        yield "no unit is registered", f"fill {settings.city / 'registry' / 'units.csv'}"
    if not rows["accounts.csv"] and "accounts" not in loaded:
        yield f"{units} unit(s), no account yet", f"fill {settings.city / 'registry' / 'accounts.csv'}"
    if "channels" in loaded and not rows["outlets.csv"]:
        return
    with_outlets = {row["channel_type"] for row in rows["outlets.csv"]}
    for channel in city.load(settings).channels:
        if channel not in with_outlets:
            yield (
                f"no {channel} outlet is registered: its reprints will not be counted",
                f"add one to {settings.city / 'registry' / 'outlets.csv'}, or take {channel} out of city.yml",
            )
