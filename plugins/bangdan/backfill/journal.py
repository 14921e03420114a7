"""What a backfill has done so far, on disk after every step: a run that was killed goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bangdan.core import files
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger

DONE = ("published", "unchanged", "pending")


@dataclass
class Journal:
    """One range. `key` says what it is built from: where that has changed, a new journal begins."""

    file: Path
    key: str
    range: str
    wanted: list[str]
    phases: list[str] = field(default_factory=list)  # of the build, done
    built: list[str] = field(default_factory=list)  # first and last month that the phases were done for
    evidence: dict[str, str] = field(default_factory=dict)  # phase → hash of the evidence that it left
    months: dict[str, str] = field(default_factory=dict)  # month → published, unchanged, pending, refused
    releases: dict[str, str] = field(default_factory=dict)  # month → its newest release when it was planned, or ""
    ended: bool = False
    seconds: float = 0  # of work so far, broken-off attempts among them

    def write(self) -> None:
        told = {name: value for name, value in asdict(self).items() if name != "file"}
        files.write_text(self.file, json.dumps(told, ensure_ascii=False, indent=1) + "\n")

    def left(self, settings: Settings) -> list[str]:
        """Months that are still to be published: without a result, and without a release since they were planned,
        whichever command made it.
        """
        waiting = [month for month in self.wanted if self.months.get(month) not in DONE]
        newest = {month: _newest(settings, month) for month in waiting}
        return [month for month in waiting if newest[month] == self.releases.get(month, newest[month])]

    def told(self, settings: Settings) -> dict[str, Any]:
        """For `status`: how far it is, and whether the same command has to be given again."""
        left = self.left(settings)
        return {
            "range": self.range, "ended": self.ended, "phases": self.phases, "months": self.months, "left": left,
            "wanted": self.wanted, "seconds": self.seconds,
        }  # fmt: skip


def opened(settings: Settings, first: Month, last: Month, key: str, wanted: list[Month]) -> Journal:
    """The journal of a range: the one that broke off where it was for the same, else a new one (not written yet)."""
    months = [str(month) for month in wanted]
    releases = {month: _newest(settings, month) for month in months}
    known = _read(_file(settings, first, last))
    if known and known.key == key and not known.ended:
        # What is published by now is not wanted again; what it was wanted for stays written down.
        known.wanted = sorted({*known.wanted, *months})
        known.releases = releases | known.releases
        return known
    return Journal(_file(settings, first, last), key, f"{first}..{last}", months, releases=releases)


def mark_ended(settings: Settings, first: Month, last: Month) -> None:
    """End the journal of a range, where there is one: nothing of it is left to do."""
    known = _read(_file(settings, first, last))
    if known and not known.ended:
        known.ended = True
        known.write()


def all_told(settings: Settings) -> list[dict[str, Any]]:
    """Every range on record, by its name."""
    return [journal.told(settings) for file in sorted(_folder(settings).glob("*.json")) if (journal := _read(file))]


def _file(settings: Settings, first: Month, last: Month) -> Path:
    return _folder(settings) / f"{first}..{last}.json"


def _newest(settings: Settings, month: str) -> str:
    release = ledger.latest(settings, Month.parse(month))
    return release.name if release else ""


def _folder(settings: Settings) -> Path:
    return settings.runs / "backfill"


def _read(file: Path) -> Journal | None:
    """A journal that cannot be read is none: the range begins anew, which costs time and nothing else."""
    try:
        return Journal(file=file, **json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
