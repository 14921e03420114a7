"""Exports on their way in: landed as received, loaded into the raw layer, purged when they are old."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bangdan.core import city, warehouse
from bangdan.core.logs import Progress
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline.results import Ingested, Landed, Loaded

if TYPE_CHECKING:
    from bangdan.ingestion.inbox import Credentials, Source
    from bangdan.ingestion.purge import PurgeReport


def land(
    settings: Settings,
    source: Source | None = None,
    received_at: datetime | None = None,
    credentials: Credentials | None = None,
) -> Landed:
    """Copy the city's registry and every export of a source as received; without a source, name all that has been landed."""
    from bangdan.ingestion import registries
    from bangdan.ingestion.inbox import land_sources
    from bangdan.ingestion.landing import landed_exports
    from bangdan.ingestion.loading import prepare_privacy

    exports = land_sources([*city.registry(settings)], settings)
    registries.drop_removed(settings)
    exports += land_sources([source], settings, received_at, credentials) if source else landed_exports(settings)
    prepare_privacy(settings)
    return Landed(sorted({export.export_id for export in exports if export.problem != "PURGED"}))


def load(settings: Settings, exports: Sequence[str] | None = None, progress: Progress | None = None) -> Loaded:
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
    return Loaded(
        exports=len(landed),
        already_loaded=len(landed) - len(to_load),
        damaged=damaged,
        **row_totals(loaded),
        refused=sorted(names[report.sha256] for report in loaded if report.status == "refused"),
    )


def ingest(
    settings: Settings,
    paths: Sequence[Source],
    *,
    connector: str | None = None,
    mapping: Path | None = None,
    received_at: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Ingested:
    """Land and load what a person names, and account for every row of every file: read = accepted + rejected +
    duplicate. A dry run lands into a throw-away home and leaves nothing behind.
    """
    from bangdan.ingestion import city_mappings, loading
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
    return Ingested(sorted(loaded, key=lambda report: report.file))


def purge(settings: Settings, before: Month, *, dry_run: bool = False) -> PurgeReport:
    """Remove landed bytes and raw rows of exports all of whose months lie before a month; releases stay."""
    from bangdan.ingestion.purge import purge_exports

    if dry_run:
        return purge_exports(settings, before, dry_run=True)
    with warehouse.writing(settings, f"purging exports before {before}"):
        return purge_exports(settings, before)
