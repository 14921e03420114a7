"""Months that an apply has built and found equal to their releases: they are not planned again until a cause changes."""

from __future__ import annotations

import json
from pathlib import Path

from bangdan.backfill.causes import MadeBy, method_of
from bangdan.core import files
from bangdan.core.identifiers import short_hash
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger


def figures_key(settings: Settings, month: Month, inputs: dict[str, str], current: MadeBy) -> str:
    """Hash of all that a month's figures come from: its inputs, the method, seeds, code, and the release before it."""
    previous = ledger.latest(settings, month - 1)
    hashes = [f"{name} {sha256}" for name, sha256 in sorted(current.seeds.items())]
    parts = [*sorted(inputs), *hashes, str(method_of(month, current)), current.code]
    return short_hash([*parts, *([f"{previous.month} {previous.name}"] if previous else [])])


def remember(settings: Settings, month: Month, key: str) -> None:
    """Record that a month was built from `key` and equals its release."""
    files.write_text(_file(settings, month), json.dumps({"built_from": key}) + "\n")


def is_known(settings: Settings, month: Month, key: str) -> bool:
    """Whether a month that was built from `key` came out equal to its release."""
    file = _file(settings, month)
    return file.exists() and json.loads(file.read_text("utf-8"))["built_from"] == key


def _file(settings: Settings, month: Month) -> Path:
    return settings.runs / str(month) / "unchanged.json"
