"""Why a release is no longer what its month would be today: inputs, method, seeds, code, the list before, a pending note."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bangdan.core import city, methods
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger
from bangdan.publication.code_version import code_version

FILES_LISTED = 20  # names of exports listed per month


@dataclass(frozen=True)
class MadeBy:
    """What turns inputs into figures today."""

    code: str
    seeds: dict[str, str]  # path → SHA-256
    method_versions: list[dict[str, str]]


@dataclass(frozen=True)
class InputChanges:
    """Exports that were added (`new`) or are gone since a release, with the first names of each."""

    new: int
    gone: int
    new_files: list[str]
    gone_files: list[str]


@dataclass(frozen=True)
class VersionChange:
    """A version that a release was made by, and the one of today."""

    before: str
    now: str | None


@dataclass(frozen=True)
class Causes:
    """What a month would be built from and its release was not; a kind without a difference is None or empty."""

    inputs: InputChanges | None = None
    method: VersionChange | None = None
    seeds: list[str] = field(default_factory=list)  # paths of seeds that differ
    code: VersionChange | None = None
    previous: str | None = None  # the month before, whose list this month's movement reads
    pending: str | None = None  # the note of a pending restatement

    @property
    def kinds(self) -> list[str]:
        """Names of the kinds that differ, in the order of the fields."""
        return [kind.name for kind in fields(self) if getattr(self, kind.name)]

    def to_json(self) -> dict[str, Any]:
        """The kinds that differ."""
        return {kind: value for kind, value in asdict(self).items() if value}

    def words(self) -> list[str]:
        """One short line a kind that differs."""
        lines = []
        if self.inputs:
            lines.append(f"inputs: {self.inputs.new} new, {self.inputs.gone} gone")
        if self.method:
            lines.append(f"method: {self.method.before} → {self.method.now}")
        if self.seeds:
            lines.append(f"seeds: {', '.join(self.seeds)}")
        if self.code:
            lines.append(f"code: {self.code.before} → {self.code.now}")
        if self.previous:
            lines.append(f"movement: {self.previous} changes")
        if self.pending:
            lines.append(f"pending: {self.pending}")
        return lines


def made_by(settings: Settings) -> MadeBy:
    """Code, seeds and method versions of the checkout."""
    return MadeBy(code_version(), city.hashes(settings), methods.versions(settings))


def since_release(release: ledger.Release, inputs: dict[str, str], current: MadeBy) -> Causes:
    """What differs between a release and what its month would be built from; `inputs`: SHA-256 → name."""
    manifest = release.manifest
    return Causes(
        inputs=_inputs(manifest["inputs"], inputs),
        method=_version(manifest["method_version"], method_of(release.month, current)),
        seeds=_seeds(manifest["seeds"], current.seeds),
        code=_version(manifest["code_version"], current.code),
    )


def method_of(month: Month, current: MadeBy) -> str | None:
    """The method version in force in a month."""
    return methods.in_force(current.method_versions, month)


def _inputs(released: list[dict[str, str]], inputs: dict[str, str]) -> InputChanges | None:
    # A release holds the hash alone of an export of records: its path may hold a person's name.
    names = {row["export_sha256"]: row["source_file"] or row["export_sha256"][:12] for row in released}
    new, gone = sorted(inputs.keys() - names.keys()), sorted(names.keys() - inputs.keys())
    if not new and not gone:
        return None
    return InputChanges(
        new=len(new),
        gone=len(gone),
        new_files=sorted(inputs[sha256] for sha256 in new)[:FILES_LISTED],
        gone_files=sorted(names[sha256] for sha256 in gone)[:FILES_LISTED],
    )


def _version(before: str, now: str | None) -> VersionChange | None:
    return VersionChange(before, now) if before != now else None


def _seeds(released: dict[str, str], current: dict[str, str]) -> list[str]:
    return sorted(name for name in current.keys() | released.keys() if current.get(name) != released.get(name))
