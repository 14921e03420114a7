"""Where every month stands: its inputs, gates, release and pending restatement. Reads only; used by `status`."""

from __future__ import annotations

from typing import Any

from bangdan.core import reports
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.gates import last_verdicts, page_path
from bangdan.ingestion import catalogue, purge
from bangdan.operations import completeness
from bangdan.publication import ledger


def months(settings: Settings) -> dict[str, Any]:
    """All months that have exports or a release, ascending, with counts of exports and rows."""
    inputs, purged = _inputs(settings), purge.months(settings)
    released = {folder.parent.name: folder.resolve().name for folder in settings.releases.glob("*/latest")}
    return {
        "home": str(settings.home),
        "months": [
            {
                "month": month,
                **inputs.get(month, {"exports": 0, "accepted": 0, "rejected": 0}),
                "gates": _gates(settings, month),
                "failed": _failed(settings, month),
                "release": released.get(month),
                "pending": ledger.pending_note(settings, Month.parse(month)),
                "is_purged": month in purged,
                "history_purged": purge.history_of(settings, Month.parse(month)),
                "where": None if month in released else where(settings, Month.parse(month)),
            }
            for month in sorted(inputs.keys() | released.keys())
        ],
    }


def _failed(settings: Settings, month: str) -> dict[str, str] | None:
    """The stage at which the newest run failed, and its message, unless a gate refused, whose report says more."""
    report = reports.read(settings, Month.parse(month))
    stages = report.get("stages", [])
    if not stages or "failed" not in stages[-1] or "refused" in _gates(settings, month).values():
        return None
    return {"run": str(report["run"]), "stage": stages[-1]["stage"], "said": stages[-1]["failed"]}


def where(settings: Settings, month: Month) -> dict[str, Any]:
    """How far a month has come: its release, else the stage it stands before, why no further, and what to do."""
    last = ledger.latest(settings, month)
    if last:
        return {"release": last.name, "stage": "published", "cause": None, "remedy": None}
    verdicts = last_verdicts(settings, month)
    refused = [verdict for verdict in verdicts.values() if not verdict.passed]
    if refused:
        page = page_path(settings, month, refused[0].gate)
        return {
            "release": None,
            "stage": refused[0].gate,
            "cause": f"refused: {refused[0].failures[0].message}",
            "remedy": f"see {page}; correct the input, then run the month again",
        }
    if not verdicts:
        try:
            cause, remedy = completeness.of(settings, month).words(), None
        except BangdanError as error:
            cause, remedy = error.message, error.remedy
        remedy = remedy or "deliver what is missing into the inbox; once the list is due the first gate decides"
        return {"release": None, "stage": "exports", "cause": cause, "remedy": remedy}
    passed = list(verdicts)[-1]
    return {
        "release": None,
        "stage": f"after {passed}",
        "cause": f"{passed} was passed, but nothing is published: sign-off, or a stage that failed or still runs",
        "remedy": "look at the run in Airflow, or run the month on the command line",
    }


def _inputs(settings: Settings) -> dict[str, dict[str, int]]:
    """Per month the exports that hold rows of it; an export that spans two months is counted in both."""
    inputs: dict[str, dict[str, int]] = {}
    for export in catalogue.rows(settings):
        for month in export.dated_months:
            counts = inputs.setdefault(month, {"exports": 0, "accepted": 0, "rejected": 0})
            counts["exports"] += 1
            counts["accepted"] += export.accepted
            counts["rejected"] += export.rejected
    return inputs


def _gates(settings: Settings, month: str) -> dict[str, str]:
    """`passed` or `refused` by gate, of the gates that have been run."""
    verdicts = last_verdicts(settings, Month.parse(month))
    return {gate: "passed" if verdict.passed else "refused" for gate, verdict in verdicts.items()}
