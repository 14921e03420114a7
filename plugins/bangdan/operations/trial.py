"""A month computed by another method version, beside what is published."""

from __future__ import annotations

from typing import Any

from bangdan import stages
from bangdan.core import documents, files, methods
from bangdan.core.errors import UsageError
from bangdan.core.logs import Progress, silent
from bangdan.core.months import Month
from bangdan.core.scratch import scratch_area
from bangdan.core.settings import Settings
from bangdan.pipeline.runs import run_stage
from bangdan.publication.movement import comparison


def try_method(settings: Settings, month: Month, version: str, progress: Progress = silent) -> dict[str, Any]:
    """Compute a month by method `version` in a scratch area; rows of both rankings side by side. Publishes nothing.

    Raises UsageError where the seeds know no such version.
    """
    known = [row["method_version"] for row in methods.versions(settings)]
    if version not in known:
        raise UsageError(f"there is no method version {version!r}", remedy=f"one of: {', '.join(known)}")
    scratch = scratch_area(settings, version, version)
    for name in ("check_raw", *stages.BUILD):
        progress(f"{name} by method {version}")
        run_stage(scratch, month, name)
    rows = comparison.ranking_with_published(scratch, settings, month)
    file = scratch.home / f"ranking-{month}.json"
    files.write_text(file, documents.dump(rows, indent=1, default=str) + "\n")
    return {"month": str(month), "method_version": version, "is_published": False, "file": str(file), "rows": rows}
