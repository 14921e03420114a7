"""How often and how far published lists were revised, from the manifests of the releases."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from bangdan.core.errors import BangdanError
from bangdan.core.formatting import two_decimals
from bangdan.core.settings import Settings
from bangdan.publication import ledger


@dataclass(frozen=True)
class Revisions:
    """Published months, those of them that were revised, and what the revisions changed.

    A revision is a release after the first of its month. Moves are absolute: places of a rank, points of a score, over all
    rows of all revisions that changed; None where none did.
    """

    months: int
    revised_months: int
    revisions: int
    by_reason: dict[str, int]
    median_units_changed: float | None
    median_rank_move: float | None
    largest_rank_move: int | None
    largest_score_move: str | None

    @property
    def reasons_in_words(self) -> str:
        """R1 2, C 1"""
        return ", ".join(f"{reason} {count}" for reason, count in self.by_reason.items())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def of(settings: Settings) -> Revisions:
    """The revisions of all months; a release whose manifest cannot be read is left out (`bangdan verify` names it)."""
    months: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    units: list[int] = []
    ranks: list[int] = []
    scores: list[Decimal] = []
    for release in ledger.all_releases(settings):
        months[str(release.month)] += 1
        if months[str(release.month)] == 1:
            continue
        try:
            fields = release.manifest
        except BangdanError:
            continue
        reasons[fields.get("reason") or "?"] += 1
        effect = fields.get("effect") or {"units_changed": 0, "rows": []}
        units.append(effect["units_changed"])
        for row in effect["rows"]:
            if row["rank"] is not None and row["rank_before"] is not None:
                ranks.append(abs(row["rank"] - row["rank_before"]))
            if row["points"] is not None:
                scores.append(abs(Decimal(row["points"])))
    return Revisions(
        months=len(months),
        revised_months=sum(count > 1 for count in months.values()),
        revisions=sum(reasons.values()),
        by_reason=dict(sorted(reasons.items())),
        median_units_changed=statistics.median(units) if units else None,
        median_rank_move=statistics.median(ranks) if ranks else None,
        largest_rank_move=max(ranks, default=None),
        largest_score_move=two_decimals(max(scores)) if scores else None,
    )
