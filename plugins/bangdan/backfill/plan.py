"""What would change in a range of months, and why: told from manifests and hashes alone, nothing is built or written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangdan.backfill import journal
from bangdan.core import files, methods, seeds
from bangdan.core.months import MONTHS_BACK, Month, each, read_by
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, purge
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.publication import ledger
from bangdan.publication.code_version import code_version

Row = dict[str, Any]
SHOWN = 20  # names of exports listed per month


@dataclass(frozen=True)
class MadeBy:
    """What turns inputs into figures, as it stands now."""

    code: str
    seeds: dict[str, str]  # path → SHA-256
    method_versions: list[dict[str, str]]


def plan(settings: Settings, first: Month, last: Month) -> dict[str, Any]:
    """Per month its state, its inputs and what has changed since its release; writes nothing at all.

    action: publish (no release yet), restate (something it was made from has changed), keep, no exports, purged (can't
    be built again). Raises UsageError where no method is in force in a month.
    """
    methods.require(settings, first, last)
    exports, purged = catalogue.loaded(settings), purge.months(settings)
    now = MadeBy(code_version(), seeds.hashes(settings.seeds), methods.versions(settings))
    rows: list[Row] = []
    changes_before = False
    for month in each(first, last):
        rows.append(_row(settings, month, exports, now, changes_before, purged))
        changes_before = rows[-1]["action"] == "publish" or bool(rows[-1]["causes"].keys() - {"previous"})
    changed = sum(row["action"] in ("publish", "restate") for row in rows)
    return {
        "first": str(first),
        "last": str(last),
        "months": rows,
        "to_change": changed,
        "not_loaded": _not_loaded(settings),
        "downstream": _downstream(settings, last, exports, now, changes_before, purged),
        "estimate": estimate(settings, changed),
        "made_by": {"code": now.code, "seeds": _hash(sorted(f"{k} {v}" for k, v in now.seeds.items()))},
    }


def _row(
    settings: Settings, month: Month, exports: list[ManifestRow], now: MadeBy, changes_before: bool, purged: set[str]
) -> Row:
    """One month of the plan. `changes_before`: the month before gets other figures, which this one's movement reads."""
    release = ledger.latest(settings, month)
    inputs = inputs_of(exports, month)
    key = _standing_key(settings, month, inputs, now)
    causes: Row = {}
    words: list[str] = []
    if str(month) in purged:
        action, words = "purged", ["exports purged: it can no longer be rebuilt, its releases stand"]
    elif release is None:
        has_records = any(export.table_name == "records" and str(month) in export.months for export in exports)
        action = "publish" if has_records else "no exports"
    else:
        if not _is_known_to_stand(settings, month, key):  # else an apply has looked: its figures came out the same
            causes = _causes(release, inputs, now)
        if changes_before:
            causes["previous"] = str(month - 1)
        if note := ledger.pending_note(settings, month):
            causes["pending"] = note
        action = "restate" if causes else "keep"
    if action in ("publish", "restate") and (history := purge.history_of(settings, month)):
        words.append(f"posts of months before it are purged: {', '.join(history)}")
    return {
        "month": str(month),
        "state": _state(settings, month, release),
        "release": release.name if release else None,
        "exports": len(inputs),
        "inputs_hash": _hash(sorted(inputs)),
        "method_version": methods.in_force(now.method_versions, month),
        "action": action,
        "causes": causes,
        "changes": [*in_words(causes), *words],
        "standing_key": key,
    }


def in_words(causes: Row) -> list[str]:
    """The causes, one short line each."""
    found = []
    if one := causes.get("inputs"):
        found.append(f"inputs: {one['new']} new, {one['gone']} gone")
    if one := causes.get("method"):
        found.append(f"method: {one['before']} → {one['now']}")
    if one := causes.get("seeds"):
        found.append(f"seeds: {', '.join(one)}")
    if one := causes.get("code"):
        found.append(f"code: {one['before']} → {one['now']}")
    if one := causes.get("previous"):
        found.append(f"movement: {one} changes")
    if one := causes.get("pending"):
        found.append(f"pending: {one}")
    return found


def inputs_of(exports: list[ManifestRow], month: Month) -> dict[str, str]:
    """SHA-256 → name of the exports a month reads: the registry, and the records of its window."""
    window = set(read_by(month))
    return {
        export.export_sha256: export.source_file
        for export in exports
        if export.table_name != "records" or window & set(export.months)
    }


def _causes(release: ledger.Release, inputs: dict[str, str], now: MadeBy) -> Row:
    """What the release was made from and is no more, by kind."""
    told = release.manifest
    found: Row = {}
    # A release tells the hash of an export of records alone: its path may hold a person's name.
    before = {one["export_sha256"]: one["source_file"] or one["export_sha256"][:12] for one in told["inputs"]}
    new, gone = sorted(inputs.keys() - before.keys()), sorted(before.keys() - inputs.keys())
    if new or gone:
        found["inputs"] = {
            "new": len(new),
            "gone": len(gone),
            "new_files": sorted(inputs[sha256] for sha256 in new)[:SHOWN],
            "gone_files": sorted(before[sha256] for sha256 in gone)[:SHOWN],
        }
    method = methods.in_force(now.method_versions, release.month)
    if method != told["method_version"]:
        found["method"] = {"before": told["method_version"], "now": method}
    names = now.seeds.keys() | told["seeds"].keys()
    if other := sorted(name for name in names if now.seeds.get(name) != told["seeds"].get(name)):
        found["seeds"] = other
    if told["code_version"] != now.code:
        found["code"] = {"before": told["code_version"], "now": now.code}
    return found


def _standing_key(settings: Settings, month: Month, inputs: dict[str, str], now: MadeBy) -> str:
    """Hash of all that a month's figures come from: its inputs, the method, seeds, code, and the release before it."""
    before = [f"{one.month} {one.name}"] if (one := ledger.latest(settings, month - 1)) else []
    hashes = [f"{name} {sha256}" for name, sha256 in sorted(now.seeds.items())]
    return _hash([*sorted(inputs), *hashes, str(methods.in_force(now.method_versions, month)), now.code, *before])


def _standing_file(settings: Settings, month: Month) -> Path:
    return settings.runs / str(month) / "stands.json"


def remember_standing(settings: Settings, month: Month, key: str) -> None:
    """Write down that a month was built from `key` and equals its release, so that it is not planned again."""
    files.write_text(_standing_file(settings, month), json.dumps({"built_from": key}) + "\n")


def _is_known_to_stand(settings: Settings, month: Month, key: str) -> bool:
    file = _standing_file(settings, month)
    return file.exists() and json.loads(file.read_text("utf-8"))["built_from"] == key


def _state(settings: Settings, month: Month, release: ledger.Release | None) -> str:
    if release is None:
        return "not published"
    return f"{release.name}, restatement pending" if ledger.pending_note(settings, month) else f"{release.name} stands"


def _not_loaded(settings: Settings) -> int:
    """Landed exports that no load has read yet: which months they belong to is known once they are."""
    from bangdan.ingestion import landing, loading

    return len(loading.exports_to_load(landing.landed_exports(settings), settings))


def _downstream(
    settings: Settings, last: Month, exports: list[ManifestRow], now: MadeBy, changes_before: bool, purged: set[str]
) -> list[str]:
    """Released months after the range that would change too: they read its posts, or the list before theirs."""
    found = []
    for month in each(last + 1, last + MONTHS_BACK):
        if (
            ledger.latest(settings, month)
            and _row(settings, month, exports, now, changes_before, purged)["action"] == "restate"
        ):
            found.append(str(month))
        changes_before = False
    return found


def estimate(settings: Settings, changed: int) -> dict[str, Any]:
    """Seconds for so many months: what one month took by the runs on record, and for each further one what it added in
    the last range on record; without such a range as long again, which is too much.
    """
    one = _seconds_of_a_month(settings)
    if one is None or not changed:
        return {"seconds": None, "is_upper_bound": False}
    ranges = [
        told for told in journal.all_told(settings) if told["ended"] and told["seconds"] and len(told["wanted"]) > 1
    ]
    if not ranges:
        return {"seconds": round(one * changed), "is_upper_bound": changed > 1}
    last = max(ranges, key=lambda told: len(told["wanted"]))
    further = min(max((last["seconds"] - one) / (len(last["wanted"]) - 1), 0), one)
    return {"seconds": round(one + further * (changed - 1)), "is_upper_bound": False}


def _seconds_of_a_month(settings: Settings) -> float | None:
    """Mean of the runs on record that went from exports to release."""
    found = []
    for report in sorted(settings.runs.glob("????-??/run_report.json")):
        stages = json.loads(report.read_text("utf-8"))["stages"]
        if any(stage["stage"] == "match" for stage in stages):
            found.append(sum(stage.get("seconds", 0) for stage in stages))
    return sum(found) / len(found) if found else None


def _hash(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
