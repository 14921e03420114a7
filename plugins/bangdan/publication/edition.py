"""An edition: all that is written of one release, before it has files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from bangdan.core.months import Month
from bangdan.publication.imprint import Imprint


@dataclass(frozen=True)
class Edition:
    """A release to be written."""

    month: Month
    release: str  # r1, r2, …
    tables: dict[str, pa.Table]  # with the column `release`
    digest: str  # of the tables without that column
    gates: list[dict[str, Any]]  # reports of the gates
    reason: str | None = None
    note: str | None = None
    restatement: dict[str, Any] | None = None  # rank_restatement against the release before, None for the first
    imprint: Imprint = field(default_factory=Imprint)
    # Further fields of the manifest: exports, seeds, code version, approvals, the month compared with.
    made_from: dict[str, Any] = field(default_factory=dict)
