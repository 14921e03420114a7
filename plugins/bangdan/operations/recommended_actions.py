"""What a person should do next, computed from the status of months and backfills: each action with its command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from bangdan.core import city
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.gates import page_path
from bangdan.ingestion import registries
from bangdan.operations import first_steps
from bangdan.operations.status import MonthStatus

# Exports of a month hold a few rows of its neighbours: below a tenth of the fullest month's rows it is no month.
SPILL = 10


class Backfill(Protocol):
    """A range on record, as its journal sums it up."""

    @property
    def range(self) -> str: ...
    @property
    def left(self) -> list[str]: ...
    @property
    def ended(self) -> bool: ...


@dataclass(frozen=True)
class Action:
    """What waits for a person, and the command that does it."""

    what: str
    command: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def to_do(settings: Settings, months: Sequence[MonthStatus], backfills: Sequence[Backfill]) -> list[Action]:
    """The actions that are due, the most urgent first: broken-off backfills, months that failed, months without a run."""
    return [
        *_of_new_city(settings, months),
        *_of_registries(settings),
        *(_of_backfill(backfill) for backfill in backfills if not backfill.ended),
        *(action for month in months if (action := _of_month(settings, month))),
        *_unpublished(months),
    ]


def _of_new_city(settings: Settings, months: Sequence[MonthStatus]) -> Iterator[Action]:
    """What a city lacks until its first release."""
    if city.exists(settings) and not any(month.release for month in months):
        yield from (Action(*step) for step in first_steps.steps(settings))


def _of_registries(settings: Settings) -> Iterator[Action]:
    """Registries that were delivered and that nobody has confirmed."""
    for row in registries.unconfirmed(settings):
        name = f"{row.source_file} ({row.export_sha256[:12]})"
        yield Action(
            f"{name} holds {row.accepted:,} row(s) of the registry and is not in force",
            f"bangdan confirm {row.export_sha256[:12]} --by PERSON --reason TEXT, or bangdan forget {row.export_sha256[:12]}",
        )


def _of_backfill(backfill: Backfill) -> Action:
    return Action(
        f"the backfill of {backfill.range} broke off; {_months_left(len(backfill.left))}",
        f"bangdan backfill {backfill.range} --apply (with the reason and note it had)",
    )


def _months_left(count: int) -> str:
    if not count:
        return "all its months are done, the database may not hold them yet"
    return "1 month is left" if count == 1 else f"{count} months are left"


def _of_month(settings: Settings, month: MonthStatus) -> Action | None:
    again = f"bangdan run --month {month.month} (once it is fixed)"
    if refused := [gate for gate, verdict in month.gates.items() if verdict == "refused"]:
        page = page_path(settings, Month.parse(month.month), refused[0])
        release = f"{month.release} stays" if month.release else "nothing is published"
        return Action(f"{month.month}: {refused[0]} refused, {release}; why is in {page}", again)
    if month.failed:
        message = month.failed.message.splitlines()[0]
        return Action(f"{month.month}: run {month.failed.run} ended at {month.failed.stage}: {message}", again)
    if month.pending:
        command = f"bangdan backfill {month.month} --diff, then --apply with a reason"
        return Action(f"{month.month}: {month.pending}", command)
    return None


def _unpublished(months: Sequence[MonthStatus]) -> Iterator[Action]:
    """Months with exports of their own and without a release, after the first release or while there is none."""
    released = {month.month for month in months if month.release}
    most = max((month.inputs.accepted for month in months), default=0)
    for month in months:
        is_wanted = not released or month.month > min(released)
        has_exports = month.inputs.accepted * SPILL > most
        is_refused = "refused" in month.gates.values()
        if not month.release and is_wanted and has_exports and not is_refused:
            yield Action(f"{month.month} has exports and no release", f"bangdan run --month {month.month}")
