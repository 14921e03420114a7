"""What would change in a range of months, and why: computed from manifests and hashes alone, nothing is built or written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from bangdan.backfill import causes, estimate, unchanged
from bangdan.backfill.causes import Causes, MadeBy
from bangdan.backfill.estimate import Estimate
from bangdan.core import methods
from bangdan.core.identifiers import short_hash
from bangdan.core.months import MONTHS_BACK, Month, each
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, purge, registries
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.publication import ledger

PURGED = "exports purged: it can no longer be rebuilt, its releases stay"


@dataclass(frozen=True)
class MonthPlan:
    """A month of a plan. action: publish (no release yet), restate (something that its release was made from has
    changed), keep, no exports, purged (it can't be built again).
    """

    month: Month
    state: str
    release: str | None
    exports: int
    inputs_hash: str
    method_version: str | None
    action: str
    causes: Causes
    notes: list[str]
    figures_key: str  # see unchanged.figures_key

    @property
    def changes(self) -> list[str]:
        """The causes and what else a person should know, one line each."""
        return [*self.causes.words(), *self.notes]

    def to_json(self) -> dict[str, Any]:
        values = {name: value for name, value in vars(self).items() if name != "notes"}
        return {**values, "month": str(self.month), "causes": self.causes.to_json(), "changes": self.changes}


@dataclass(frozen=True)
class Plan:
    """The months of a range, ascending, and what they are made by."""

    first: Month
    last: Month
    months: list[MonthPlan]
    not_loaded: int  # landed exports that no load has read yet: their months are not known
    downstream: list[str]  # released months after the range that would change too
    estimate: Estimate
    code: str
    seeds_hash: str

    @property
    def to_publish(self) -> list[Month]:
        """The months that an apply would publish or restate, ascending."""
        return [row.month for row in self.months if row.action in ("publish", "restate")]

    @property
    def to_change(self) -> int:
        """How many months that is."""
        return len(self.to_publish)

    @property
    def to_restate(self) -> list[Month]:
        """Those of them that are published already."""
        return [row.month for row in self.months if row.action == "restate"]

    def to_json(self) -> dict[str, Any]:
        return {
            "first": str(self.first),
            "last": str(self.last),
            "months": [row.to_json() for row in self.months],
            "to_change": self.to_change,
            "not_loaded": self.not_loaded,
            "downstream": self.downstream,
            "estimate": asdict(self.estimate),
            "made_by": {"code": self.code, "seeds": self.seeds_hash},
        }


@dataclass(frozen=True)
class Loaded:
    """What a plan reads: exports in the raw layer, purged months, and what turns them into figures."""

    exports: list[ManifestRow]
    purged: Collection[str]
    made_by: MadeBy


def plan(settings: Settings, first: Month, last: Month) -> Plan:
    """Per month its state, its inputs and what has changed since its release; writes nothing at all.

    Raises UsageError where no method is in force in a month.
    """
    methods.require(settings, first, last)
    loaded = Loaded(registries.counted(settings), purge.months(settings), causes.made_by(settings))
    rows: list[MonthPlan] = []
    for month in each(first, last):
        rows.append(_month(settings, month, loaded, is_previous_changed=bool(rows) and _changes_its_list(rows[-1])))
    to_change = sum(row.action in ("publish", "restate") for row in rows)
    return Plan(
        first=first,
        last=last,
        months=rows,
        not_loaded=_not_loaded(settings),
        downstream=_downstream(settings, last, loaded, is_last_changed=_changes_its_list(rows[-1])),
        estimate=estimate.of(settings, to_change),
        code=loaded.made_by.code,
        seeds_hash=short_hash(sorted(f"{name} {sha256}" for name, sha256 in loaded.made_by.seeds.items())),
    )


def inputs_of(exports: list[ManifestRow], month: Month) -> dict[str, str]:
    """SHA-256 → name of the exports a month reads: the registry, and the records of its window."""
    return {export.export_sha256: export.source_file for export in catalogue.read_by_month(exports, month)}


def _month(settings: Settings, month: Month, loaded: Loaded, *, is_previous_changed: bool) -> MonthPlan:
    """One month of the plan; where the month before gets other figures, its movement changes."""
    release = ledger.latest(settings, month)
    inputs = inputs_of(loaded.exports, month)
    key = unchanged.figures_key(settings, month, inputs, loaded.made_by)
    is_purged = str(month) in loaded.purged
    reasons = Causes()
    if release and not is_purged:
        if not unchanged.is_known(settings, month, key):
            reasons = causes.since_release(release, inputs, loaded.made_by)
        reasons = replace(
            reasons,
            previous=str(month - 1) if is_previous_changed else None,
            pending=ledger.pending_note(settings, month),
        )
    action = _action(month, release, loaded, reasons)
    return MonthPlan(
        month=month,
        state=_state(settings, month, release),
        release=release.name if release else None,
        exports=len(inputs),
        inputs_hash=short_hash(sorted(inputs)),
        method_version=causes.method_of(month, loaded.made_by),
        action=action,
        causes=reasons,
        notes=_notes(settings, month, action),
        figures_key=key,
    )


def _action(month: Month, release: ledger.Release | None, loaded: Loaded, reasons: Causes) -> str:
    if str(month) in loaded.purged:
        return "purged"
    if release:
        return "restate" if reasons.kinds else "keep"
    has_records = any(export.table_name == "records" and str(month) in export.months for export in loaded.exports)
    return "publish" if has_records else "no exports"


def _notes(settings: Settings, month: Month, action: str) -> list[str]:
    if action == "purged":
        return [PURGED]
    history = purge.history_of(settings, month) if action in ("publish", "restate") else []
    return [f"posts of months before it are purged: {', '.join(history)}"] if history else []


def _state(settings: Settings, month: Month, release: ledger.Release | None) -> str:
    if release is None:
        return "not published"
    return (
        f"{release.name}, restatement pending" if ledger.pending_note(settings, month) else f"{release.name} is current"
    )


def _changes_its_list(row: MonthPlan) -> bool:
    """Whether a month gets other figures, which the movement of the month after it reads. A changed movement is none."""
    return row.action == "publish" or bool(set(row.causes.kinds) - {"previous"})


def _not_loaded(settings: Settings) -> int:
    from bangdan.ingestion import landing, loading

    return len(loading.exports_to_load(landing.landed_exports(settings), settings))


def _downstream(settings: Settings, last: Month, loaded: Loaded, *, is_last_changed: bool) -> list[str]:
    """Released months after the range that would change too: they read its posts, or the list before theirs."""
    rows = [
        _month(settings, month, loaded, is_previous_changed=is_last_changed and month == last + 1)
        for month in each(last + 1, last + MONTHS_BACK)
        if ledger.latest(settings, month)
    ]
    return [str(row.month) for row in rows if row.action == "restate"]
