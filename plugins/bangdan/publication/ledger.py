"""What has been released: folders, newest first by number, and their manifests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings


@dataclass(frozen=True)
class Release:
    month: Month
    number: int
    path: Path

    @property
    def name(self) -> str:
        return f"r{self.number}"

    @property
    def manifest(self) -> dict[str, Any]:
        """What the release says of itself; raises BangdanError where that can't be read."""
        try:
            told = json.loads((self.path / "manifest.json").read_text("utf-8"))
            if isinstance(told, dict) and isinstance(told.get("files"), dict):
                return told
            problem = "no manifest"
        except (OSError, ValueError) as error:
            problem = str(error)
        raise BangdanError(
            f"{self.month} {self.name}: manifest.json is damaged ({problem})",
            remedy=f"restore {self.path} from a backup; or move it away and run the month: the same data give the same "
            "bytes",
        )


def of_month(settings: Settings, month: Month) -> list[Release]:
    """All whole releases of a month, ascending. A folder without manifest is no release."""
    found = [
        Release(month, int(folder.name[1:]), folder)
        for folder in (settings.releases / str(month)).glob("r*")
        if folder.name[1:].isdigit() and (folder / "manifest.json").exists()
    ]
    return sorted(found, key=lambda one: one.number)


def latest(settings: Settings, month: Month) -> Release | None:
    releases = of_month(settings, month)
    return releases[-1] if releases else None


def all_releases(settings: Settings) -> list[Release]:
    """Every release of every month, ascending by month and number."""
    months = sorted(folder.name for folder in settings.releases.glob("????-??"))
    return [one for month in months for one in of_month(settings, Month.parse(month))]


def latest_of_all(settings: Settings) -> list[Release]:
    months = sorted(folder.name for folder in settings.releases.glob("????-??"))
    return [one for month in months if (one := latest(settings, Month.parse(month)))]


def pending_file(settings: Settings, month: Month) -> Path:
    """Where a restatement that waits for a reason is written down."""
    return settings.releases / str(month) / "pending.json"


def pending_note(settings: Settings, month: Month) -> str | None:
    """Why a restatement waits, if one does."""
    file = pending_file(settings, month)
    return json.loads(file.read_text("utf-8")).get("note", "pending") if file.exists() else None
