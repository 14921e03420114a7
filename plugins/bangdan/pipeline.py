"""The stages of a month, from exports to its release, in order: each reads what the one before it has written.

Every stage takes (settings, first, last): a month is a range of one. It may be run again at any time, and returns a
small dict for people and logs. The command line runs the stages in one process, Airflow each as a task, a backfill each
over its whole range.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bangdan import engines, lineage, stages
from bangdan.core import build_record, city, methods, reports, warehouse
from bangdan.core.errors import GateRefused
from bangdan.core.months import Month, each, span
from bangdan.core.settings import Settings

if TYPE_CHECKING:
    from bangdan.ingestion.inbox import Credentials, Source
    from bangdan.publication.release import Published

Result = dict[str, Any]
Progress = Callable[[str], None]


# ---- exports → landing → raw -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Approval:
    """What an issuer has signed off: the digest of the candidate's data, and how many of its issuers have approved it."""

    data_digest: str
    approvals: int
    issuers: int


def silent(line: str) -> None:
    """Log no progress."""


def land(
    settings: Settings,
    source: Source | None = None,
    received_at: datetime | None = None,
    credentials: Credentials | None = None,
) -> Result:
    """Copy the city's registry and every export of a source as received; without a source, name all that has been landed."""
    from bangdan.ingestion import registries
    from bangdan.ingestion.inbox import land_sources
    from bangdan.ingestion.landing import landed_exports
    from bangdan.ingestion.loading import prepare_privacy

    exports = land_sources([*city.registry(settings)], settings)
    registries.drop_removed(settings)
    exports += land_sources([source], settings, received_at, credentials) if source else landed_exports(settings)
    prepare_privacy(settings)
    return {"exports": sorted({export.export_id for export in exports if export.problem != "PURGED"})}


def load(settings: Settings, exports: Sequence[str] | None = None, progress: Progress | None = None) -> Result:
    """Turn landed exports into typed Parquet with lineage and rejects; all of them, or those named.

    Exports are independent of each other and of order, so they load in parallel, without the warehouse's lock. What is
    no longer as it was loaded is named and loaded again.
    """
    from bangdan.ingestion import integrity, landing, loading
    from bangdan.ingestion.file_report import row_totals

    wanted = None if exports is None else set(exports)
    hashes = None if wanted is None else {export_id.partition(".")[0] for export_id in wanted}
    damaged = integrity.forget_damaged(settings, hashes)
    if progress:
        for problem in damaged:
            progress(f"  raw/{problem}: its export is loaded again")
    loading.prepare_privacy(settings)
    landed = [export for export in landing.landed_exports(settings) if wanted is None or export.export_id in wanted]
    to_load = loading.exports_to_load(landed, settings)
    names: dict[str | None, str] = {export.sha256: f"landing/{export.path.name}" for export in to_load}
    loaded = loading.load_exports(settings, to_load, progress)
    return {
        "exports": len(landed),
        "already_loaded": len(landed) - len(to_load),
        "damaged": damaged,
        **row_totals(loaded),
        # By the landed name: a path that was delivered may hold the name of a person.
        "refused": sorted(names[report.sha256] for report in loaded if report.status == "refused"),
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
    from bangdan.ingestion import city_mappings, loading
    from bangdan.ingestion.file_report import row_totals
    from bangdan.ingestion.inbox import land_sources

    if connector:
        city_mappings.named(connector, settings)  # raises UsageError before anything is landed
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="bangdan-dry-run-") as scratch:
            return ingest(
                settings.replaced(home=Path(scratch)),
                paths,
                connector=connector,
                mapping=mapping,
                received_at=received_at,
                progress=progress,
            )
    landed = land_sources(paths, settings, received_at)
    loading.prepare_privacy(settings)
    loaded = loading.load_exports(settings, landed, progress, connector, mapping, shows_paths=True)
    loaded.sort(key=lambda report: report.file)
    return {"files": [report.to_json() for report in loaded], **row_totals(loaded)}


def purge(settings: Settings, before: Month, *, dry_run: bool = False) -> Result:
    """Remove landed bytes and raw rows of exports all of whose months lie before a month; releases stay."""
    from bangdan.ingestion.purge import purge_exports

    if dry_run:
        return purge_exports(settings, before, dry_run=True).to_json()
    with warehouse.writing(settings, f"purging exports before {before}"):
        return purge_exports(settings, before).to_json()


# ---- raw → staging → evidence → marts → candidate: each stage for the months first..last ------------------------


def register(settings: Settings, first: Month, last: Month) -> None:
    """Empty layers where there are none yet, the seeds, and the registry in force in the range."""
    from bangdan import transform
    from bangdan.ingestion import loading, registries
    from bangdan.matching import evidence
    from bangdan.publication import released_owners
    from bangdan.uncertainty import resampling

    for layer in (loading, evidence, resampling, released_owners):
        layer.ensure_layout(settings)
    registries.write_marks(settings)
    released_owners.write(settings)
    transform.register(settings, first, last)


def check_raw(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """First gate: the exports of the months are loaded and plausible. Raises GateRefused, also for a month without any."""
    from bangdan.ingestion import presence, purge

    purge.refuse(settings, first, last)
    for month in each(first, last):
        presence.require_records(settings, month)
    with warehouse.writing(settings, f"reading the raw layer of {span(first, last)}"):
        register(settings, first, last)
        result = check_gate(settings, first, last, "check_raw", progress)
    missing = sorted({earlier for month in each(first, last) for earlier in purge.history_of(settings, month)})
    return {**result, "history_purged": missing} if missing else result


def stage(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """Type, resolve and deduplicate: posts, channel items and the registry of the months' windows."""
    return _build(settings, first, last, "selector:stage")


def match(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """Decide which channel item is a reprint of which post, and keep the evidence. Month by month: the posts of a
    month and the three before it are what bounds memory. Items judged before are not judged again.
    """
    with _building(settings, first, last, "matching"):
        return _each_month(settings, first, last, "match", engines.match, progress)


def score(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """From evidence to indicators and scores, of accounts and units."""
    return _build(settings, first, last, "selector:score")


def certainty(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """Intervals and tiers of each rank, by resampling each month's posts."""
    from bangdan.uncertainty import resampling

    with _building(settings, first, last, "resampling"):
        return _each_month(settings, first, last, "certainty", resampling.run, progress)


def present(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """The candidates of the months' releases, under contract, the review lists, and the frames of the gates."""
    return _build(settings, first, last, "selector:present")


def check_facts(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """Second gate: the post facts are whole."""
    return check_gate(settings, first, last, "check_facts", progress)


def check_ranking(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Result:
    """Third gate: the rankings may be published."""
    return check_gate(settings, first, last, "check_ranking", progress)


# ---- candidate → release -----------------------------------------------------------------------------------------


def publish(
    settings: Settings,
    month: Month,
    reason: str | None = None,
    note: str | None = None,
    *,
    published_on: date | None = None,
    follows: bool = True,
) -> Result:
    """Write, verify and swap in the release; the same data again make no new one. Within a range, what follows the
    releases (`follow`) waits for the last of them. `published_on` is the day that the release names.
    """
    return lineage.recorded(
        settings, month, "publish", lambda: _publish(settings, month, reason, note, published_on, follows)
    )


def _publish(
    settings: Settings, month: Month, reason: str | None, note: str | None, published_on: date | None, follows: bool
) -> Result:
    from bangdan import gates
    from bangdan.publication import release

    with warehouse.writing(settings, f"publishing {month}"):
        verdicts = gates.passed_verdicts(settings, month)
        made = release.publish(
            settings, month, reason=reason, note=note, published_on=published_on, gate_results=verdicts, follows=follows
        )
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
    from bangdan.publication.pages import preview

    with warehouse.writing(settings, f"previewing {month}"):
        return preview.write(settings, month, reason, gates.passed_verdicts(settings, month))


def approve(settings: Settings, month: Month, issuer: str, by: str, digest: str | None = None) -> Approval:
    """Sign off the candidate of a month for one of its issuers; with `digest`, only while it is what was looked at."""
    from bangdan.publication import signing, tables

    # The lock is held to the end: of two issuers that sign at the same moment both approvals are kept.
    with warehouse.writing(settings, f"approving {month}"):
        candidate = tables.candidate(settings, month)
        issuers = [row["issuer_name"] for row in candidate["issuers"].to_pylist()]
        current = tables.digest(candidate)
        if digest and digest != current:
            raise GateRefused(
                f"{month}: {digest[:16]} was looked at, but the data are {current[:16]} by now",
                remedy="look at the new candidate and approve that one",
            )
        given = signing.approve(settings, month, current, issuers, issuer, by)
    return Approval(current, len(given), len(issuers))


def roll_back(settings: Settings, month: Month, to: str, note: str, published_on: date | None = None) -> Published:
    """Publish an earlier release's data again, with a note."""
    from bangdan.publication import release

    with warehouse.writing(settings, f"rolling back {month}"):
        return release.roll_back(settings, month, to, note, published_on)


Stage = Callable[[Settings, Month, Month, Progress], Result]
STAGES: dict[str, Stage] = {name: globals()[name] for name in stages.MONTH}


def run(
    settings: Settings,
    month: Month,
    *,
    inbox: Source | None = None,
    reason: str | None = None,
    note: str | None = None,
    full: bool = False,
    published_on: date | None = None,
    progress: Progress | None = None,
) -> Result:
    """The whole month in this process: land, load, every stage, publish; writes runs/<month>/run_report.json. Stages of
    a month that was built from the same inputs are left out, unless `full`.

    Raises UsageError where there is no city.yml, no method is in force or the engine is not installed, GateRefused where a gate refuses or the month has no exports.
    """
    city.load(settings)
    methods.require(settings, month, month)
    engines.require(settings)
    with warehouse.writing(settings, f"run of {month}"), reports.run(settings, month) as run_id:
        if inbox or city.registry(settings):
            lineage.recorded(settings, month, "land", lambda: {"exports": len(land(settings, inbox)["exports"])})
        if not inbox:
            _require_exports(settings, month)
        lineage.recorded(settings, month, "load", lambda: load(settings, progress=progress))
        for name in stages.MONTH:
            run_stage(settings, month, name, full=full)
        published = publish(settings, month, reason, note, published_on=published_on)
    return {"month": str(month), "run": run_id, **published, "stages": reports.read(settings, month)["stages"]}


def _require_exports(settings: Settings, month: Month) -> None:
    """Refuse a month that has no records where nothing is landed that could hold them."""
    from bangdan.ingestion import landing, loading, presence

    if not presence.has_records(settings, month) and not loading.exports_to_load(
        landing.landed_exports(settings), settings
    ):
        presence.require_records(settings, month)


def run_stage(settings: Settings, month: Month, name: str, *, full: bool = False) -> Result:
    """One stage of one month, by its name in `stages.MONTH`, recorded in the report of the month's run. Where the month
    was built from the same inputs and nothing of it has been changed since, the stage is left out and the result is
    `{"unchanged": True}`, unless `full`.
    """
    return lineage.recorded(settings, month, name, lambda: _stage_unless_unchanged(settings, month, name, full))


def _stage_unless_unchanged(settings: Settings, month: Month, name: str, full: bool) -> Result:
    from bangdan.month_inputs import inputs_hash

    with warehouse.writing(settings, f"{name} of {month}"):
        inputs = inputs_hash(settings, month)
        if not full and build_record.is_current(settings, month, inputs):
            return {"unchanged": True}
        # The stages before this one were left out for what has changed since: they are made up for.
        is_left_out = build_record.is_recorded(settings, month)
        for stage_name in stages.MONTH[: stages.MONTH.index(name)] if is_left_out else ():
            _do_stage(settings, month, stage_name, inputs)
        return _do_stage(settings, month, name, inputs)


def _do_stage(settings: Settings, month: Month, name: str, inputs: str) -> Result:
    """A stage of a month, put on record: after the last of them the month is built."""
    if name == stages.MONTH[0]:
        build_record.begin(settings, month, inputs)
    result = STAGES[name](settings, month, month, silent)
    if build_record.stage_done(settings, month, name) == list(stages.MONTH):
        from bangdan.month_inputs import inputs_hash

        build_record.finish(settings, month, inputs_hash(settings, month))
    return result


@contextmanager
def _building(settings: Settings, first: Month, last: Month, work: str) -> Iterator[None]:
    """Hold the warehouse while months are built; the gates after the build have to be passed again."""
    from bangdan import gates

    with warehouse.writing(settings, f"{work} {span(first, last)}"):
        for month in each(first, last):
            gates.withdraw(settings, month)
        yield


def _build(settings: Settings, first: Month, last: Month, layer: str) -> Result:
    from bangdan import transform

    with _building(settings, first, last, f"building {layer.partition(':')[2]} of"):
        built = engines.build(settings, first, last, layer).summary()
        return {**built, "rows": transform.rows(settings, first, last, [layer])}


def _each_month(
    settings: Settings,
    first: Month,
    last: Month,
    name: str,
    work: Callable[[Settings, Month], Result],
    progress: Progress,
) -> Result:
    """Do a stage's work month by month; the counts of all months, added up."""
    total: Counter[str] = Counter()
    for month in each(first, last):
        progress(f"  {name} {month}")
        total.update({key: value for key, value in work(settings, month).items() if isinstance(value, int)})
    return dict(total)


def check_gate(settings: Settings, first: Month, last: Month, stage: str, progress: Progress = silent) -> Result:
    """The gate of a stage (`stages.GATES`), month by month; raises GateRefused at the first month that it refuses."""
    from bangdan import gates

    gate = stages.GATES[stage]
    with warehouse.writing(settings, f"gate {gate} of {span(first, last)}"):
        verdicts = []
        for month in each(first, last):
            progress(f"  {stage} {month}")
            verdicts.append(gates.check(settings, month, gate))
    return {
        "gate": gate,
        "passed": all(verdict.passed for verdict in verdicts),
        "checked": sum(verdict.checked for verdict in verdicts),
        "warnings": sum(len(verdict.warnings) for verdict in verdicts),
    }
