"""The releases of each month and their manifests; restatements that wait for a reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangdan.core import documents, files
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import manifest_fields

NAME = re.compile(r"r[1-9][0-9]*")  # of a release's folder
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")  # of a month's folder


@dataclass(frozen=True)
class Release:
    """A whole release: its folder has a manifest."""

    month: Month
    number: int
    path: Path

    @property
    def name(self) -> str:
        return f"r{self.number}"

    @property
    def manifest(self) -> dict[str, Any]:
        """The content of manifest.json; raises BangdanError where it cannot be read or a field is of another kind."""
        try:
            manifest = documents.read(self.path / "manifest.json")
            problem = manifest_fields.problem(manifest)
        except (OSError, ValueError) as error:
            problem = str(error)
        if problem is None:
            return manifest
        raise BangdanError(
            f"{self.month} {self.name}: manifest.json is damaged ({problem})",
            remedy=f"restore {self.path} from a backup; or move it away and run the month: the same data give the same "
            "bytes",
        )


def of_month(settings: Settings, month: Month) -> list[Release]:
    """All whole releases of a month, ascending."""
    releases = [
        Release(month, int(folder.name[1:]), folder)
        for folder in (settings.releases / str(month)).glob("r*")
        if NAME.fullmatch(folder.name) and not folder.is_symlink() and (folder / "manifest.json").exists()
    ]
    return sorted(releases, key=lambda release: release.number)


def latest(settings: Settings, month: Month) -> Release | None:
    """The newest release of a month."""
    releases = of_month(settings, month)
    return releases[-1] if releases else None


def all_releases(settings: Settings) -> list[Release]:
    """Every release of every month, ascending by month and number."""
    return [release for month in _months(settings) for release in of_month(settings, month)]


def latest_of_all(settings: Settings) -> list[Release]:
    """The newest release of every month, ascending."""
    return [release for month in _months(settings) if (release := latest(settings, month))]


def _months(settings: Settings) -> list[Month]:
    folders = sorted(settings.releases.glob("????-??"))
    return [Month.parse(folder.name) for folder in folders if MONTH.fullmatch(folder.name) and not folder.is_symlink()]


def pending_note(settings: Settings, month: Month) -> str | None:
    """Why a restatement of the month waits, if one does."""
    file = _pending_file(settings, month)
    return json.loads(file.read_text("utf-8")).get("note", "pending") if file.exists() else None


def remember_pending(settings: Settings, month: Month, digest: str) -> None:
    """Record that the data of a released month have changed; `digest` is theirs."""
    note = {"note": "the data have changed since the release", "data_digest": digest}
    files.write_text(_pending_file(settings, month), json.dumps(note, indent=1) + "\n")


def drop_pending(settings: Settings, month: Month) -> None:
    """Remove the record of a pending restatement, if there is one."""
    _pending_file(settings, month).unlink(missing_ok=True)


def _pending_file(settings: Settings, month: Month) -> Path:
    return settings.releases / str(month) / "pending.json"
