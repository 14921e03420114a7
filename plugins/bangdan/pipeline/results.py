"""What the steps of a month return. `to_json` of each is what the report of a run, its log and Airflow hold of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bangdan.ingestion.file_report import FileReport
    from bangdan.publication.release import Published
    from bangdan.transform import Built


@dataclass(frozen=True)
class Landed:
    """Ids of the exports of a source, or of all that has been landed, ascending."""

    exports: list[str]

    def to_json(self) -> dict[str, Any]:
        return {"exports": len(self.exports)}


@dataclass(frozen=True)
class Loaded:
    """Exports, how many of them were loaded before, and the rows of those loaded now: read = accepted + rejected + duplicate."""

    exports: int
    already_loaded: int
    damaged: list[str]  # files of the raw layer that were no longer as written, so that their export was loaded again
    rows_read: int
    accepted: int
    rejected: int
    duplicate: int
    refused: list[str]  # by the landed name: a path that was delivered may hold the name of a person

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Ingested:
    """What became of each file that a person has named, in the order of their names."""

    files: list[FileReport]

    def to_json(self) -> dict[str, Any]:
        from bangdan.ingestion.file_report import row_totals

        return {"files": [report.to_json() for report in self.files], **row_totals(self.files)}


@dataclass(frozen=True)
class Checked:
    """A gate that has let the months pass: expectations checked, and warnings. Where it refuses, GateRefused is raised."""

    gate: str
    checked: int
    warnings: int
    history_purged: tuple[str, ...] = ()  # months before, whose posts are gone for good

    def to_json(self) -> dict[str, Any]:
        counts = {"gate": self.gate, "passed": True, "checked": self.checked, "warnings": self.warnings}
        return {**counts, "history_purged": list(self.history_purged)} if self.history_purged else counts


@dataclass(frozen=True)
class LayerBuilt:
    """A layer that dbt has built, and the rows of the months in its main tables."""

    built: Built
    rows: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return {**self.built.summary(), "rows": dict(self.rows)}


@dataclass(frozen=True)
class Counted:
    """Counts of a stage that works month by month, added up over the months."""

    counts: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return dict(self.counts)


@dataclass(frozen=True)
class Unchanged:
    """A stage that was left out, because the month was built from the same inputs and nothing of it has changed."""

    def to_json(self) -> dict[str, Any]:
        return {"unchanged": True}


StageResult = Checked | LayerBuilt | Counted | Unchanged


@dataclass(frozen=True)
class MonthRun:
    """A whole month: its release, and what each step has cost, as runs/<month>/run_report.json has it."""

    month: str
    run: str
    published: Published
    stages: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return {"month": self.month, "run": self.run, **self.published.to_json(), "stages": self.stages}


@dataclass(frozen=True)
class Approval:
    """What an issuer has signed off: the digest of the candidate's data, and how many of its issuers have approved it."""

    data_digest: str
    approvals: int
    issuers: int
