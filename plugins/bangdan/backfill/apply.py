"""Do what the plan says: build the range, then check and publish its months ascending."""

from __future__ import annotations

import hashlib
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from bangdan import pipeline, stages
from bangdan.backfill import build, journal
from bangdan.backfill.plan import plan, remember_standing
from bangdan.core import methods, warehouse
from bangdan.core.errors import GateRefused, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings

Row = dict[str, Any]


def apply(
    settings: Settings,
    first: Month,
    last: Month,
    *,
    reason: str | None = None,
    note: str | None = None,
    keep_going: bool = False,
    progress: pipeline.Progress | None = None,
) -> dict[str, Any]:
    """Build the range and publish its months ascending; the journal lets a broken-off run go on where it was.

    Exports that are landed and not loaded are loaded first. Stops at the first month that a gate refuses, or goes on
    with the others. Ctrl-C ends it after the month in hand.
    """
    methods.require(settings, first, last)
    tell = progress or (lambda line: None)
    results: list[Row] = []
    with warehouse.writing(settings, f"backfill of {first}..{last}"), until_asked_to_stop(tell) as stopped:
        pipeline.load(settings, progress=progress)
        told = plan(settings, first, last)
        wanted = [Month.parse(row["month"]) for row in told["months"] if row["action"] in ("publish", "restate")]
        restated = [row["month"] for row in told["months"] if row["action"] == "restate"]
        if restated and not (reason and note):
            raise UsageError(
                f"published months would change: {', '.join(restated)}",
                remedy="look at them with --diff, then say why: --reason R1|R2|R3|C --note TEXT",
            )
        state = journal.opened(settings, first, last, _key(told), wanted)
        started, before = time.monotonic(), state.seconds
        try:
            if wanted:
                _build(settings, wanted, state, tell, stopped)
                publish = partial(_publish, settings, reason=reason, note=note)
                results = _publish_all(publish, wanted, state, keep_going, tell, stopped)
                _remember_unchanged(settings, first, last, results)
            else:  # an earlier run may have been killed after its last release
                journal.mark_ended(settings, first, last)
        except build.Interrupted:
            tell("stopped; the same command goes on from here")
        finally:
            # Also what an earlier run that was killed has left behind.
            pipeline.follow(settings)
            if wanted:
                state.seconds = round(before + time.monotonic() - started, 1)
                state.write()
    left = [str(month) for month in wanted[len(results) :]]
    return {
        "first": str(first),
        "last": str(last),
        "months": results,
        "left": left,
        "refused": sum(row["result"] == "refused" for row in results),
        "is_stopped": stopped(),
    }


def _key(told: Row) -> str:
    """What the range is built from. Publishing a part of it does not change that, so that the rest can go on."""
    parts = [json.dumps(told["made_by"], sort_keys=True)] + [row["inputs_hash"] for row in told["months"]]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _build(
    settings: Settings, wanted: list[Month], state: journal.Journal, tell: pipeline.Progress, stopped: build.Stopped
) -> None:
    first, last = wanted[0], wanted[-1]
    if state.phases and not _may_go_on(settings, wanted, state):
        state.phases.clear()
        state.evidence.clear()
    if not state.phases:
        state.built = [str(first), str(last)]
    state.write()

    def finished(phase: str) -> None:
        state.phases.append(phase)
        state.evidence[phase] = build.evidence_of(settings, first, last, phase)
        state.write()

    started = time.monotonic()
    # From the first to the last that changes; months between them that stay come out the same.
    build.build(settings, first, last, tell, done=state.phases, finished=finished, stopped=stopped)
    tell(f"built {first}..{last} in {time.monotonic() - started:.0f} s")


def _may_go_on(settings: Settings, wanted: list[Month], state: journal.Journal) -> bool:
    """Whether the phases on record are still what the warehouse and the evidence hold: nothing was removed, and no other
    run has built other months since. Once all are done, a part of their range may be what is left to publish.
    """
    if not state.built:
        return False
    first, last = map(Month.parse, state.built)
    if (first, last) != (wanted[0], wanted[-1]):
        is_part = first <= wanted[0] and wanted[-1] <= last
        if not is_part or len(state.phases) < len(stages.BUILD):
            return False
    if "present" in state.phases and not build.is_built(settings, wanted):
        return False
    return build.is_as_left(settings, first, last, state.evidence)


def _publish_all(
    publish: Callable[[Month], Row], wanted: list[Month], state: journal.Journal, keep_going: bool, tell: pipeline.Progress,
    stopped: build.Stopped,
) -> list[Row]:  # fmt: skip
    results: list[Row] = []
    started = time.monotonic()
    for number, month in enumerate(wanted, 1):
        if stopped():
            tell(f"stopped before {month}; the same command goes on from there")
            return results
        row = publish(month)
        results.append(row)
        state.months[str(month)] = row["result"]
        state.write()
        left = (time.monotonic() - started) / number * (len(wanted) - number)
        tell(f"{number}/{len(wanted)} {month}: {row['result']}, about {left:.0f} s to go")
        if row["result"] == "refused" and not keep_going:
            return results
    state.ended = not any(row["result"] == "refused" for row in results)
    state.write()
    return results


def _publish(settings: Settings, month: Month, *, reason: str | None, note: str | None) -> Row:
    """Gates and publication of one built month."""
    try:
        for gate in stages.GATES:
            pipeline.check_gate(settings, month, month, gate)
        made = pipeline.publish(settings, month, reason, note, follows=False)
    except GateRefused as error:
        return {"month": str(month), "result": "refused", "message": str(error)}
    result = "published" if made["is_new"] else "pending" if made["is_pending"] else "unchanged"
    return {"month": str(month), "result": result, "release": made["release"]}


def _remember_unchanged(settings: Settings, first: Month, last: Month, results: list[Row]) -> None:
    """Months that came out the same are not planned again, until something that they are made from changes."""
    unchanged = {row["month"] for row in results if row["result"] == "unchanged"}
    if unchanged:
        for row in plan(settings, first, last)["months"]:
            if row["month"] in unchanged:
                remember_standing(settings, Month.parse(row["month"]), row["standing_key"])


@contextmanager
def until_asked_to_stop(tell: pipeline.Progress) -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks once, politely; a second one ends at once."""
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        with suppress(RuntimeError):  # it may come in the middle of a line, and a stream cannot be entered twice
            tell("ends after the step in hand; Ctrl-C once more ends at once")

    if threading.current_thread() is not threading.main_thread():  # nobody can press Ctrl-C here
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
