"""The state of every month: its inputs, gates, release and pending restatement. Reads only; used by `bangdan status`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from bangdan.core import calendars, reports
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.gates import last_verdicts, page_path
from bangdan.ingestion import catalogue, purge
from bangdan.operations import completeness
from bangdan.publication import ledger


@dataclass(frozen=True)
class Inputs:
    """Exports that hold rows of a month, and their rows: accepted and rejected, with the codes of the reasons."""

    exports: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FailedStage:
    """The stage at which the newest run of a month failed, and its message."""

    run: str
    stage: str
    message: str


class NextList(NamedTuple):
    """A month whose list is not published yet, and the day by which it is due, YYYY-MM-DD."""

    month: str
    due_on: str


@dataclass(frozen=True)
class Progress:
    """How far a month has come: its release, else the stage it has reached, why no further, and what to do."""

    release: str | None
    stage: str
    cause: str | None = None
    remedy: str | None = None


@dataclass(frozen=True)
class MonthStatus:
    """A month with exports, a release or a run. gates: passed or refused by gate, of the gates that have been run."""

    month: str
    inputs: Inputs
    gates: dict[str, str]
    run: str | None  # the newest run of the month
    failed: FailedStage | None
    release: str | None
    pending: str | None  # the note of a pending restatement
    is_purged: bool
    history_purged: list[str]  # purged months whose posts a rebuild would read
    progress: Progress | None  # None once it is published

    def to_json(self) -> dict[str, Any]:
        values = asdict(self)
        return {"month": self.month, **values.pop("inputs"), **values}


def months(settings: Settings, only: Month | None = None) -> list[MonthStatus]:
    """All months that have exports, a release or a run, ascending; or one of them. Raises BangdanError where that one has none."""
    inputs, purged = _inputs(settings), purge.months(settings)
    released = {folder.parent.name: folder.resolve().name for folder in settings.releases.glob("*/latest")}
    runs = {file.parent.name for file in settings.runs.glob("????-??/run_report.json")}
    known = sorted(inputs.keys() | released.keys() | runs)
    if only and str(only) not in known:
        raise BangdanError(
            f"{only} has neither an export nor a release nor a run",
            remedy=f"`bangdan run --month {only} --inbox FOLDER` with its exports; months: {', '.join(known) or 'none'}",
        )
    return [
        MonthStatus(
            month=month,
            inputs=inputs.get(month, Inputs()),
            gates=_gates(settings, month),
            run=_run(settings, month),
            failed=_failed(settings, month),
            release=released.get(month),
            pending=ledger.pending_note(settings, Month.parse(month)),
            is_purged=month in purged,
            history_purged=purge.history_of(settings, Month.parse(month)),
            progress=None if month in released else progress(settings, Month.parse(month)),
        )
        for month in known
        if only is None or month == str(only)
    ]


def next_list(settings: Settings) -> NextList | None:
    """The list after the newest published one, and the day by which it is due; None before the first, or where no method
    is in force in its month.
    """
    released = [folder.parent.name for folder in settings.releases.glob("*/latest")]
    if not released:
        return None
    month = Month.parse(max(released)) + 1
    try:
        return NextList(str(month), str(calendars.of(settings, month).due_at.date()))
    except BangdanError:
        return None


def progress(settings: Settings, month: Month) -> Progress:
    """How far a month has come, by its release, the verdicts of its gates and its exports."""
    release = ledger.latest(settings, month)
    if release:
        return Progress(release.name, "published")
    verdicts = last_verdicts(settings, month)
    refused = [verdict for verdict in verdicts.values() if not verdict.passed]
    if refused:
        return Progress(
            None,
            refused[0].gate,
            f"refused: {refused[0].failures[0].message}",
            f"see {page_path(settings, month, refused[0].gate)}; correct the input, then run the month again",
        )
    if not verdicts:
        return _before_the_first_gate(settings, month)
    passed = list(verdicts)[-1]
    return Progress(
        None,
        f"after {passed}",
        f"{passed} was passed, but nothing is published: sign-off, or a stage that failed or still runs",
        "look at the run in Airflow, or run the month on the command line",
    )


def _before_the_first_gate(settings: Settings, month: Month) -> Progress:
    remedy = "deliver what is missing into the inbox; once the list is due the first gate decides"
    try:
        return Progress(None, "exports", completeness.of(settings, month).words(), remedy)
    except BangdanError as error:
        return Progress(None, "exports", error.message, error.remedy or remedy)


def _run(settings: Settings, month: str) -> str | None:
    run = reports.read(settings, Month.parse(month)).get("run")
    return None if run is None else str(run)


def _failed(settings: Settings, month: str) -> FailedStage | None:
    """The stage at which the newest run failed, unless a gate refused, whose report says more."""
    report = reports.read(settings, Month.parse(month))
    stages = report.get("stages", [])
    if not stages or "failed" not in stages[-1] or "refused" in _gates(settings, month).values():
        return None
    return FailedStage(str(report["run"]), stages[-1]["stage"], stages[-1]["failed"])


def _inputs(settings: Settings) -> dict[str, Inputs]:
    """Per month the exports that hold rows of it; an export that spans two months is counted in both."""
    inputs: dict[str, Inputs] = {}
    for export in catalogue.rows(settings):
        for month in export.dated_months:
            sums = inputs.get(month, Inputs())
            inputs[month] = Inputs(
                sums.exports + 1,
                sums.accepted + export.accepted,
                sums.rejected + export.rejected,
                dict(Counter(sums.reasons) + Counter(export.reasons or {})),
            )
    return inputs


def _gates(settings: Settings, month: str) -> dict[str, str]:
    verdicts = last_verdicts(settings, Month.parse(month))
    return {gate: "passed" if verdict.passed else "refused" for gate, verdict in verdicts.items()}
