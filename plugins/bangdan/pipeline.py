"""A month, stage by stage. This page is the table of contents; each stage meets the next in data, never in code.

Every stage takes (settings, month), may be run again at any time, and returns a small dict for people and logs.
The command line runs them in one process; Airflow runs each as a task of its own.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bangdan.core import files, methods, reports, warehouse
from bangdan.core.errors import GateRefused, UsageError
from bangdan.core.months import Month
from bangdan.core.processes import each_in_processes
from bangdan.core.settings import Settings

if TYPE_CHECKING:
    from bangdan.ingestion.inbox import Credentials, Source
    from bangdan.ingestion.landing import Landed
    from bangdan.ingestion.raw import FileReport

Result = dict[str, Any]
Progress = Callable[[str], None]


# ---- exports → landing → raw -------------------------------------------------------------------------------------


def land(
    settings: Settings,
    inbox: Source | None = None,
    received_at: datetime | None = None,
    credentials: Credentials | None = None,
) -> Result:
    """Copy every export of the inbox as received; without an inbox, name what has been landed before."""
    from bangdan.ingestion import inbox as inboxes
    from bangdan.ingestion import landing, raw

    exports = inboxes.land([inbox], settings, received_at, credentials) if inbox else landing.landed(settings)
    exports = [export for export in exports if export.problem != "PURGED"]
    raw.prepare_privacy(settings)
    return {"exports": [export.export_id for export in exports]}


def load(settings: Settings, exports: Sequence[str] | None = None, progress: Progress | None = None) -> Result:
    """Turn landed exports into typed Parquet with lineage and rejects; all of them, or those named.

    Exports are independent of each other and of order, so they load in parallel, without the warehouse's lock. What is
    no longer as it was loaded is named and loaded again.
    """
    from bangdan.ingestion import landing, raw

    wanted = None if exports is None else set(exports)
    damaged = raw.forget_damaged(settings, None if wanted is None else {one.partition(".")[0] for one in wanted})
    for told in damaged if progress else ():
        progress(f"  raw/{told}: its export is loaded again")  # type: ignore[misc]
    raw.prepare_privacy(settings)
    landed = [one for one in landing.landed(settings) if wanted is None or one.export_id in wanted]
    chosen = raw.waiting(landed, settings)
    names: dict[str | None, str] = {one.sha256: f"landing/{one.path.name}" for one in chosen}
    reports = _load_all(settings, chosen, progress)
    return {
        "exports": len(landed),
        "already_loaded": len(landed) - len(chosen),
        "damaged": damaged,
        **{key: sum(getattr(report, key) for report in reports) for key in raw.ACCOUNTING},
        # By the landed name: a path that was delivered may hold the name of a person.
        "refused": sorted(names[report.sha256] for report in reports if report.status == "refused"),
    }


def ingest(
    settings: Settings,
    paths: Sequence[Source],
    *,
    connector: str | None = None,
    mapping: Path | None = None,
    received_at: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Land and load what a person names, and account for every row of every file: read = accepted + rejected +
    duplicate. A dry run lands into a throw-away home and leaves nothing behind.
    """
    from bangdan.ingestion import inbox, raw

    if dry_run:
        with tempfile.TemporaryDirectory(prefix="bangdan-dry-run-") as scratch:
            aside = dataclasses.replace(settings, home=Path(scratch))
            return ingest(
                aside, paths, connector=connector, mapping=mapping, received_at=received_at, progress=progress
            )
    landed = inbox.land(paths, settings, received_at)
    raw.prepare_privacy(settings)
    reports = _load_all(settings, landed, progress, connector, mapping)
    reports.sort(key=lambda report: report.file)
    return {
        "files": [report.to_json() for report in reports],
        **{key: sum(getattr(report, key) for report in reports) for key in raw.ACCOUNTING},
    }


def purge(settings: Settings, before: Month, *, dry_run: bool = False) -> Result:
    """Remove landed bytes and raw rows of exports all of whose months lie before a month; releases stay."""
    from bangdan.ingestion import purge as purging

    if dry_run:
        return purging.purge(settings, before, dry_run=True)
    with warehouse.writing(settings, f"purging exports before {before}"):
        return purging.purge(settings, before)


@reports.stage
def check_raw(settings: Settings, month: Month) -> Result:
    """Door one: are the exports of the month here and plausible?"""
    from bangdan.ingestion import purge as purging

    purging.refuse(settings, month, month)
    history = purging.history_of(settings, month)
    with warehouse.writing(settings, f"reading the raw layer of {month}"):
        register(settings, month, month)
        return check(settings, month, "raw_exports") | ({"history_purged": history} if history else {})


def register(settings: Settings, first: Month, last: Month) -> None:
    """Empty layers where there are none yet, seeds, and the registry in force in a range of months."""
    from bangdan import transform
    from bangdan.ingestion import raw
    from bangdan.matching import evidence
    from bangdan.uncertainty import intervals as certainty_stage

    for layer in (raw, evidence, certainty_stage):
        layer.ensure_layout(settings)
    transform.register(settings, first, last)


# ---- raw → staging → evidence → marts → candidate ----------------------------------------------------------------


@reports.stage
def stage(settings: Settings, month: Month) -> Result:
    """Type, resolve and deduplicate: posts, channel items and the registry of the month's window."""
    return _build(settings, month, ["tag:staging"])


@reports.stage
def match(settings: Settings, month: Month, progress: Progress | None = None) -> Result:
    """Decide which channel item is a reprint of which post, and keep the evidence."""
    from bangdan.matching import stage as matching_stage

    with _building(settings, month, "matching"):
        return matching_stage.run(settings, month)


@reports.stage
def score(settings: Settings, month: Month) -> Result:
    """From evidence to indicators and scores, of accounts and units."""
    return _build(settings, month, ["tag:marts"])


@reports.stage
def certainty(settings: Settings, month: Month) -> Result:
    """How sure is each rank: intervals and tiers by resampling the month's posts."""
    from bangdan.uncertainty import intervals as certainty_stage

    with _building(settings, month, "resampling"):
        _take_in_hand(settings, month)
        return certainty_stage.run(settings, month)


@reports.stage
def present(settings: Settings, month: Month) -> Result:
    """The candidate of the month's release, under contract, and the review lists."""
    with _building(settings, month, "presenting"):
        _take_in_hand(settings, month)
        return _build(settings, month, ["tag:published"])


@reports.stage
def check_facts(settings: Settings, month: Month) -> Result:
    """Door two: are the post facts whole?"""
    with warehouse.writing(settings, f"checking the facts of {month}"):
        return check(settings, month, "post_facts")


@reports.stage
def check_ranking(settings: Settings, month: Month) -> Result:
    """Door three: may this ranking be published?"""
    with warehouse.writing(settings, f"checking the ranking of {month}"):
        return check(settings, month, "ranking")


# ---- candidate → release -----------------------------------------------------------------------------------------


@reports.stage
def publish(
    settings: Settings, month: Month, reason: str | None = None, note: str | None = None, *, follows: bool = True
) -> Result:
    """Write, verify and swap in the release; the same data again make no new one. Within a range, what follows the
    releases (`follow`) waits for the last of them.
    """
    from bangdan import gates
    from bangdan.publication import release

    with warehouse.writing(settings, f"publishing {month}"):
        verdicts = gates.verdicts(settings, month)
        made = release.publish(settings, month, reason=reason, note=note, gate_results=verdicts, follows=follows)
    return {
        "release": made.release,
        "path": str(made.path),
        "is_new": made.is_new,
        "digest": made.digest,
        "is_pending": made.is_pending,
        "repaired": list(made.repaired),
    }


def follow(settings: Settings) -> None:
    """Bring `latest`, the analysts' database, the archive and the feed up to the releases."""
    from bangdan.publication import pointers

    with warehouse.writing(settings, "bringing the database up to the releases"):
        pointers.follow(settings)


def preview(settings: Settings, month: Month, reason: str | None = None) -> Result:
    """The candidate of a month as a page to look at before it is signed off; `missing` names who still has to."""
    from bangdan import gates
    from bangdan.publication.pages import preview as previewing

    with warehouse.writing(settings, f"previewing {month}"):
        return previewing.write(settings, month, reason, gates.verdicts(settings, month))


def approve(settings: Settings, month: Month, issuer: str, by: str, digest: str | None = None) -> Result:
    """Sign off the candidate of a month for one of its issuers; with `digest`, only while it is what was looked at."""
    from bangdan.publication import signing, tables

    # The lock is held to the end: two issuers that sign at the same moment must not lose each other's word.
    with warehouse.writing(settings, f"approving {month}"):
        made = tables.candidate(settings, month)
        issuers = [row["issuer_name"] for row in made["issuers"].to_pylist()]
        found = tables.digest(made)
        if digest and digest != found:
            raise GateRefused(
                f"{month}: {digest[:16]} was looked at, but the data are {found[:16]} by now",
                remedy="look at the new candidate and approve that one",
            )
        given = signing.approve(settings, month, found, issuers, issuer, by)
    return {"data_digest": found, "approvals": len(given), "issuers": len(issuers)}


def roll_back(settings: Settings, month: Month, to: str, note: str) -> Result:
    """Publish an earlier release's data again, with a note."""
    from bangdan.publication import release

    with warehouse.writing(settings, f"rolling back {month}"):
        made = release.roll_back(settings, month, to, note)
    return {"release": made.release, "path": str(made.path)}


# What a month goes through once its exports are loaded, in order.
STAGES: dict[str, Callable[[Settings, Month], Result]] = {
    "check_raw": check_raw,
    "stage": stage,
    "match": match,
    "score": score,
    "certainty": certainty,
    "present": present,
    "check_facts": check_facts,
    "check_ranking": check_ranking,
    "publish": publish,
}


def run(
    settings: Settings,
    month: Month,
    *,
    inbox: Source | None = None,
    reason: str | None = None,
    note: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """The whole month in this process: land, load, and every stage of STAGES; writes runs/<month>/run_report.json."""
    told: Result = {}
    with warehouse.writing(settings, f"run of {month}"), reports.run(settings, month) as run_id:
        if inbox:
            reports.record(settings, month, "land", lambda: _counted(land(settings, inbox)))
        reports.record(settings, month, "load", lambda: load(settings, progress=progress))
        for name, work in STAGES.items():
            told = publish(settings, month, reason, note) if name == "publish" else work(settings, month)
    return {"month": str(month), "run": run_id, **told, "stages": reports.read(settings, month)["stages"]}


def aside(settings: Settings, name: str, method_version: str = "") -> Settings:
    """A scratch area beside the data that shares what is landed and loaded; no stage of a real run reads it."""
    home = settings.home / "scratch" / name
    home.mkdir(parents=True, exist_ok=True)
    for shared in (settings.landing, settings.raw):
        link = home / shared.name
        if not link.exists():
            link.symlink_to(shared)
    return dataclasses.replace(settings, home=home, method_version=method_version)


def try_method(settings: Settings, month: Month, version: str, progress: Progress | None = None) -> Result:
    """Compute a month with another method version in a scratch area, and set it beside what is published."""
    from bangdan.publication import tables

    known = [row["method_version"] for row in methods.versions(settings)]
    if version not in known:
        raise UsageError(f"there is no method version {version!r}", remedy=f"one of: {', '.join(known)}")
    scratch = aside(settings, version, version)
    for name, work in STAGES.items():
        if name in ("check_facts", "check_ranking", "publish"):
            continue
        if progress:
            progress(f"{name} by method {version}")
        work(scratch, month)
    rows = tables.beside_published(scratch, settings, month)
    file = scratch.home / f"ranking-{month}.json"
    files.write_text(file, json.dumps(rows, ensure_ascii=False, indent=1, default=str) + "\n")
    return {"month": str(month), "method_version": version, "is_published": False, "file": str(file), "rows": rows}


def _load_all(
    settings: Settings,
    exports: list[Landed],
    progress: Progress | None = None,
    connector: str | None = None,
    mapping: Path | None = None,
) -> list[FileReport]:
    """Load in parallel, first deliveries before repeated ones, so that which of two is the duplicate is no race."""
    from bangdan.ingestion import landing, raw

    for layer in (settings.landing, settings.raw):
        files.sweep(layer)
    raw.ensure_layout(settings)
    first_names = landing.first_names(settings)
    # Large files first: the last worker to end should not have begun with the longest.
    sizes = {one.path: one.path.stat().st_size if one.path.exists() else 0 for one in exports}
    by_size = sorted(exports, key=lambda one: (-sizes[one.path], one.export_id))
    reports: list[FileReport] = []
    for is_first in (True, False):
        tasks = [(one, settings, connector, mapping) for one in by_size if (one.export_id in first_names) is is_first]
        for report in each_in_processes(raw.load_one, tasks, settings.threads):
            reports.append(report)
            if progress and (len(reports) % 50 == 0 or len(reports) == len(exports) or report.status != "loaded"):
                partly = f"{report.rejected:,} of {report.rows_read:,} rows rejected"
                told = partly if report.status == "partial" else report.status
                last = "" if report.status == "loaded" else f", landing/{report.sha256}: {told}"
                progress(f"  {len(reports)}/{len(exports)} exports{last}")
    return reports


@contextmanager
def _building(settings: Settings, month: Month, what: str) -> Iterator[None]:
    """Hold the warehouse while a month is built anew; what it had passed before, it has to pass again."""
    from bangdan import gates

    with warehouse.writing(settings, f"{what} {month}"):
        gates.void(settings, month)
        yield


def _build(settings: Settings, month: Month, select: list[str]) -> Result:
    from bangdan import transform

    with warehouse.writing(settings, f"building {' '.join(select)} of {month}"):
        built = transform.build(settings, month, month, select).summary()
        return {**built, "rows": transform.rows(settings, month, select)}


def _take_in_hand(settings: Settings, month: Month) -> None:
    """Score the month again where other months were scored since: what follows reads those in hand (int_months).

    Airflow runs stages as tasks, so another month's run, or a person's, may come in between.
    """
    with warehouse.connect(settings, read_only=True) as con:
        table = "select 1 from duckdb_tables() where schema_name = 'intermediate' and table_name = 'int_months'"
        in_hand = (
            con.execute(table).fetchall()
            and con.execute("select ranking_month from intermediate.int_months").fetchall()
        )
    if in_hand != [(str(month),)]:
        score(settings, month)


def check(settings: Settings, month: Month, door: str) -> Result:
    """One door of a month; raises GateRefused."""
    from bangdan import gates

    return gates.check(settings, month, door).summary()


def _counted(result: Result) -> Result:
    return {"exports": len(result["exports"])}
