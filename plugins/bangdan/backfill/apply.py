"""Do what the plan says: build the range, then check and publish its months ascending."""

from __future__ import annotations

import functools
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from bangdan import engines, lineage, stages
from bangdan.backfill import build, journal, unchanged
from bangdan.backfill.plan import Plan, plan
from bangdan.core import methods, warehouse
from bangdan.core.errors import GateRefused, UsageError
from bangdan.core.identifiers import short_hash
from bangdan.core.logs import Progress, silent
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline import building, intake, publishing


@dataclass(frozen=True)
class MonthResult:
    """result: published, unchanged, pending, or refused, with the gate's message."""

    month: str
    result: str
    release: str | None = None
    message: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Applied:
    """What an apply has done: a result per month in its order, and the months that are left."""

    first: Month
    last: Month
    months: list[MonthResult]
    left: list[str]
    is_stopped: bool  # by Ctrl-C

    @property
    def refused(self) -> int:
        """How many months a gate refused."""
        return sum(row.result == "refused" for row in self.months)

    def to_json(self) -> dict[str, Any]:
        return {
            "first": str(self.first),
            "last": str(self.last),
            "months": [row.to_json() for row in self.months],
            "left": self.left,
            "refused": self.refused,
            "is_stopped": self.is_stopped,
        }


@dataclass
class Work:
    """An apply under way: what it was asked for, its journal, and the results so far."""

    settings: Settings
    wanted: list[Month]
    journal: journal.Journal
    reason: str | None
    note: str | None
    published_on: date | None
    keep_going: bool
    log_progress: Progress
    stopped: build.Stopped
    results: list[MonthResult] = field(default_factory=list)


def apply(
    settings: Settings,
    first: Month,
    last: Month,
    *,
    reason: str | None = None,
    note: str | None = None,
    published_on: date | None = None,
    keep_going: bool = False,
    progress: Progress = silent,
) -> Applied:
    """Build the range and publish its months ascending; the journal lets a broken-off run go on where it was.

    Exports that are landed and not loaded are loaded first. Stops at the first month that a gate refuses, or goes on
    with the others. Ctrl-C ends it after the step in hand. Raises UsageError where published months would change
    without a reason and a note, no method is in force or the engine is not installed.
    """
    methods.require(settings, first, last)
    engines.require(settings)
    with (
        warehouse.writing(settings, f"backfill of {first}..{last}"),
        lineage.run("backfill"),
        until_asked_to_stop(progress) as stopped,
    ):
        lineage.traced(settings, first, last, "load", lambda: intake.load(settings, progress=progress))
        planned = plan(settings, first, last)
        require_reason(planned, reason, note)
        record = journal.opened(settings, first, last, _key(settings, planned), planned.to_publish)
        work = Work(settings, planned.to_publish, record, reason, note, published_on, keep_going, progress, stopped)
        _do(work, first, last)
    return Applied(
        first=first,
        last=last,
        months=work.results,
        left=[str(month) for month in work.wanted[len(work.results) :]],
        is_stopped=stopped(),
    )


def require_reason(planned: Plan, reason: str | None, note: str | None) -> None:
    """Raise UsageError where published months would change and no reason and note are given."""
    if planned.to_restate and not (reason and note):
        raise UsageError(
            f"published months would change: {', '.join(map(str, planned.to_restate))}",
            remedy="look at them with --diff, then say why: --reason R1|R2|R3|C --note TEXT",
        )


def _key(settings: Settings, planned: Plan) -> str:
    """What the range is built from, and by what. Publishing a part of it does not change that, so that the rest can go on."""
    made_by = json.dumps({"code": planned.code, "seeds": planned.seeds_hash, "engine": settings.engine}, sort_keys=True)
    return short_hash([made_by, *(row.inputs_hash for row in planned.months)])


def _do(work: Work, first: Month, last: Month) -> None:
    started, seconds = time.monotonic(), work.journal.seconds
    try:
        if work.wanted:
            _build(work)
            _publish_all(work)
            _remember_unchanged(work, first, last)
        else:  # an earlier run may have been killed after its last release
            journal.mark_ended(work.settings, first, last)
    except build.Interrupted:
        work.log_progress("stopped; the same command goes on from here")
    finally:
        # Also what an earlier run that was killed has left behind.
        publishing.follow(work.settings)
        if work.wanted:
            work.journal.seconds = round(seconds + time.monotonic() - started, 1)
            work.journal.write()


def _build(work: Work) -> None:
    """Build from the first to the last month that changes; months between them that stay come out the same."""
    record, first, last = work.journal, work.wanted[0], work.wanted[-1]
    if record.phases and not _may_go_on(work):
        record.phases.clear()
        record.evidence.clear()
    if not record.phases:
        record.built = [str(first), str(last)]
    record.write()

    def finished(phase: str) -> None:
        record.phases.append(phase)
        record.evidence[phase] = build.evidence_of(work.settings, first, last, phase)
        record.write()

    started = time.monotonic()
    build.build(
        work.settings, first, last, work.log_progress, done=record.phases, finished=finished, stopped=work.stopped
    )
    work.log_progress(f"built {first}..{last} in {time.monotonic() - started:.0f} s")


def _may_go_on(work: Work) -> bool:
    """Whether the phases on record are still what the warehouse and the evidence hold: nothing was removed, and no other
    run has built other months since. Once all are done, a part of their range may be what is left to publish.
    """
    record, wanted = work.journal, work.wanted
    if not record.built:
        return False
    first, last = map(Month.parse, record.built)
    if (first, last) != (wanted[0], wanted[-1]):
        is_part = first <= wanted[0] and wanted[-1] <= last
        if not is_part or len(record.phases) < len(stages.BUILD):
            return False
    if "present" in record.phases and not build.is_built(work.settings, wanted):
        return False
    return build.is_as_left(work.settings, first, last, record.evidence)


def _publish_all(work: Work) -> None:
    started, total = time.monotonic(), len(work.wanted)
    for number, month in enumerate(work.wanted, 1):
        if work.stopped():
            work.log_progress(f"stopped before {month}; the same command goes on from there")
            return
        row = _publish(work, month)
        work.results.append(row)
        work.journal.months[str(month)] = row.result
        work.journal.write()
        seconds = (time.monotonic() - started) / number * (total - number)
        work.log_progress(f"{number}/{total} {month}: {row.result}, about {seconds:.0f} s to go")
        if row.result == "refused" and not work.keep_going:
            return
    work.journal.ended = not any(row.result == "refused" for row in work.results)
    work.journal.write()


def _publish(work: Work, month: Month) -> MonthResult:
    """Gates and publication of one built month."""
    try:
        for gate in stages.GATES:
            check = functools.partial(building.check_gate, work.settings, month, month, gate)
            lineage.traced(work.settings, month, month, gate, check)
        release = publishing.publish(
            work.settings, month, work.reason, work.note, published_on=work.published_on, follows=False
        )
    except GateRefused as error:
        return MonthResult(str(month), "refused", message=str(error))
    result = "published" if release.is_new else "pending" if release.is_pending else "unchanged"
    return MonthResult(str(month), result, release.release)


def _remember_unchanged(work: Work, first: Month, last: Month) -> None:
    """Months that came out the same are not planned again, until something that they are made from changes."""
    months = {row.month for row in work.results if row.result == "unchanged"}
    if months:
        for row in plan(work.settings, first, last).months:
            if str(row.month) in months:
                unchanged.remember(work.settings, row.month, row.figures_key)


@contextmanager
def until_asked_to_stop(log_progress: Progress) -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks for a stop after the step in hand; a second one ends at once. Yields whether a stop was asked for."""
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        with suppress(RuntimeError):  # it may come in the middle of a line, and a stream cannot be entered twice
            log_progress("ends after the step in hand; Ctrl-C once more ends at once")

    if threading.current_thread() is not threading.main_thread():  # nobody can press Ctrl-C here
        yield lambda: False
        return
    previous = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)
