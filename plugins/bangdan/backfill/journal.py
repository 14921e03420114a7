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
    """One range. `key` is the hash of what it is built from: where that has changed, a new journal begins."""

    file: Path
    key: str
    range: str
    wanted: list[str]
    phases: list[str] = field(default_factory=list)  # stages of the build that are done
    built: list[str] = field(default_factory=list)  # first and last month that the phases were done for
    evidence: dict[str, str] = field(default_factory=dict)  # phase → hash of the evidence that it left
    months: dict[str, str] = field(default_factory=dict)  # month → published, unchanged, pending, refused
    releases: dict[str, str] = field(default_factory=dict)  # month → its newest release when it was planned, or ""
    ended: bool = False
    seconds: float = 0  # of work so far, broken-off attempts among them

    def write(self) -> None:
        """Write the journal, whole or not at all."""
        values = {name: value for name, value in asdict(self).items() if name != "file"}
        files.write_text(self.file, json.dumps(values, ensure_ascii=False, indent=1) + "\n")

    def left(self, settings: Settings) -> list[str]:
        """Months that are still to be published: without a result, and without a release since they were planned,
        whichever command made it.
        """
        waiting = [month for month in self.wanted if self.months.get(month) not in DONE]
        newest = {month: _newest_release(settings, month) for month in waiting}
        return [month for month in waiting if newest[month] == self.releases.get(month, newest[month])]


@dataclass(frozen=True)
class Summary:
    """A range on record, as `status` reports it: how far it is, and whether the command has to be given again."""

    range: str
    ended: bool
    phases: list[str]
    months: dict[str, str]
    left: list[str]
    wanted: list[str]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def opened(settings: Settings, first: Month, last: Month, key: str, wanted: list[Month]) -> Journal:
    """The journal of a range: the one that broke off where it was for the same key, else a new one (not written yet)."""
    months = [str(month) for month in wanted]
    releases = {month: _newest_release(settings, month) for month in months}
    known = _read(_file(settings, first, last))
    if known and known.key == key and not known.ended:
        # What is published by now is not wanted again; it stays recorded as wanted.
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


def summaries(settings: Settings) -> list[Summary]:
    """Every range on record, in the order of their names."""
    journals = [journal for file in sorted(_folder(settings).glob("*.json")) if (journal := _read(file))]
    return [
        Summary(
            range=journal.range,
            ended=journal.ended,
            phases=journal.phases,
            months=journal.months,
            left=journal.left(settings),
            wanted=journal.wanted,
            seconds=journal.seconds,
        )
        for journal in journals
    ]


def _folder(settings: Settings) -> Path:
    return settings.runs / "backfill"


def _file(settings: Settings, first: Month, last: Month) -> Path:
    return _folder(settings) / f"{first}..{last}.json"


def _newest_release(settings: Settings, month: str) -> str:
    release = ledger.latest(settings, Month.parse(month))
    return release.name if release else ""


def _read(file: Path) -> Journal | None:
    """The journal in a file; None where it cannot be read: the range begins anew, which costs time and nothing else."""
    try:
        return Journal(file=file, **json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
