"""What a person should do next, from what `status` knows: each with the command that does it."""

from __future__ import annotations

from typing import Any

from bangdan.core.months import Month
from bangdan.gates import page_address

# Exports of a month hold a few rows of its neighbours: below a tenth of the fullest month's rows it is no month.
SPILL = 10


def to_do(status: dict[str, Any]) -> list[dict[str, str]]:
    """What waits for a person, the most urgent first: `what` in words, `command` to give."""
    months = status["months"]
    found = [
        _say(
            f"the backfill of {one['range']} broke off; {_months_left(len(one['left']))}",
            f"bangdan backfill {one['range']} --apply (with the reason and note it had)",
        )
        for one in status["backfills"]
        if not one["ended"]
    ]
    for month in months:
        name = month["month"]
        refused = [gate for gate, verdict in month["gates"].items() if verdict == "refused"]
        if refused:
            where = f"{status['home']}/{page_address(name, refused[0])}"
            stands = f"{month['release']} stays" if month["release"] else "nothing is published"
            found.append(
                _say(
                    f"{name}: {refused[0]} refused, {stands}; why is in {where}",
                    f"bangdan run --month {name} (once it is fixed)",
                )
            )
        elif failed := month["failed"]:
            said = failed["said"].splitlines()[0]
            found.append(
                _say(
                    f"{name}: run {failed['run']} ended at {failed['stage']}: {said}",
                    f"bangdan run --month {name} (once it is fixed)",
                )
            )
        elif month["pending"]:
            found.append(
                _say(f"{name}: {month['pending']}", f"bangdan backfill {name} --diff, then --apply with a reason")
            )
    out = {month["month"] for month in months if month["release"]}
    most = max((month["accepted"] for month in months), default=0)
    waiting = [
        month["month"]
        for month in months
        if not month["release"] and _is_after(month["month"], out) and month["accepted"] * SPILL > most
    ]
    refused_months = {month["month"] for month in months if "refused" in month["gates"].values()}
    for name in waiting:
        if name not in refused_months:
            found.append(_say(f"{name} has exports and no release", f"bangdan run --month {name}"))
    return found


def _months_left(count: int) -> str:
    if not count:
        return "all its months are done, the database may not hold them yet"
    return "1 month is left" if count == 1 else f"{count} months are left"


def _is_after(month: str, released: set[str]) -> bool:
    """A month that a list may be wanted of: after the first release, or anything while there is none."""
    return not released or Month.parse(month) > Month.parse(min(released))


def _say(what: str, command: str) -> dict[str, str]:
    return {"what": what, "command": command}
