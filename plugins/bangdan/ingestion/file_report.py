"""What became of the rows of one export: the report that loading returns and `ingest --json` prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from bangdan.ingestion.reasons import REASONS

ROW_COUNTS = ("rows_read", "accepted", "rejected", "duplicate")
SHOWN_REJECTS = 20


class RejectedRow(NamedTuple):
    """A row that was not accepted: its number in the file (1-based), and the first thing that was wrong with it."""

    row: int
    code: str
    column: str | None
    value: str  # at most 200 characters

    @property
    def remedy(self) -> str:
        return REASONS[self.code].remedy


@dataclass
class FileReport:
    """One export's accounting; rows_read = accepted + rejected + duplicate."""

    file: str
    status: str  # loaded | partial | refused
    connector: str | None = None
    rows_read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    message: str | None = None
    sha256: str | None = None
    encoding: str | None = None
    replaced_chars: int = 0
    dialect: str | None = None
    header_fingerprint: str | None = None
    metric_sums: dict[str, int] = field(default_factory=dict)
    months: list[str] = field(default_factory=list)
    rejects: list[RejectedRow] = field(default_factory=list)  # the first SHOWN_REJECTS

    def as_duplicate(self) -> FileReport:
        """The same export delivered again: every row that it would have added is a duplicate."""
        self.duplicate, self.accepted = self.duplicate + self.accepted, 0
        return self

    def to_json(self) -> dict[str, Any]:
        rejects = [{**reject._asdict(), "remedy": reject.remedy} for reject in self.rejects]
        return {**asdict(self), "rejects": rejects}


def row_totals(reports: Iterable[FileReport]) -> dict[str, int]:
    """Rows read, accepted, rejected and duplicate over several exports."""
    reports = list(reports)
    return {name: sum(getattr(report, name) for report in reports) for name in ROW_COUNTS}
