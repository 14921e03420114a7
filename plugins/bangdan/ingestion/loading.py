"""Loading many exports: which of the landed ones are not in the raw layer yet, and the parallel work on them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bangdan.core import files, parquet
from bangdan.core.errors import ExportRefused
from bangdan.core.logs import Progress
from bangdan.core.processes import each_in_processes
from bangdan.core.settings import Settings
from bangdan.ingestion import (
    built_in_mappings,
    catalogue,
    city_mappings,
    contract,
    given_mappings,
    landing,
    privacy,
    raw,
)
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.ingestion.file_report import FileReport
from bangdan.ingestion.landing import LandedExport

PROGRESS_EVERY = 50  # exports


def prepare_privacy(settings: Settings) -> None:
    """Make the key of pseudonyms where there is none, before anything loads under it."""
    privacy.prepare(
        settings,
        is_synthetic=all(export.is_synthetic for export in landing.landed_exports(settings)),
        has_loaded=any(row.privacy_key for row in catalogue.rows(settings)),
    )


def ensure_layout(settings: Settings) -> None:
    """The folder of the raw layer, closed to others, with a zero-row file in each table's folder."""
    files.make_private_folder(settings.raw)
    flat = {name: schema for name, schema in contract.SCHEMAS.items() if name != "records"}
    parquet.write_empty_tables(settings.raw, flat, by_month=False)
    parquet.write_empty_tables(settings.raw, {"records": contract.RECORDS}, by_month=True)


def check_mappings(settings: Settings) -> None:
    """Raise BangdanError, naming file and line, for a mapping of the city's folder that is wrong."""
    city_mappings.most_specific_first(settings)


def exports_to_load(landed: Collection[LandedExport], settings: Settings) -> list[LandedExport]:
    """Those exports that the raw layer does not hold as today's parser reads them, under their earliest delivery."""
    first = landing.first_deliveries(settings)
    rows = {row.export_id: row for row in catalogue.rows(settings)}
    people = _mappings_of_people(rows.values(), settings)
    return [
        export for export in landed if not _is_loaded(export, first.get(export.sha256, export), rows, people, settings)
    ]


def load_exports(
    settings: Settings,
    exports: Collection[LandedExport],
    progress: Progress | None = None,
    connector: str | None = None,
    mapping_file: Path | None = None,
    *,
    shows_paths: bool = False,
) -> list[FileReport]:
    """Load in parallel; one report per export.

    Progress names an export by its landed bytes, because its path may hold the name of a person; with `shows_paths`, for
    a person who has named the files, by the path.

    First deliveries load before repeated ones, so that which of two is the duplicate does not depend on timing.
    """
    for folder in (settings.landing, settings.raw):
        files.sweep(folder)
    ensure_layout(settings)
    first = {export.export_id for export in landing.first_deliveries(settings).values()}
    # Large files first, so that the last worker to finish did not start with the longest.
    sizes = {export.path: export.path.stat().st_size if export.path.exists() else 0 for export in exports}
    by_size = sorted(exports, key=lambda export: (-sizes[export.path], export.export_id))
    reports: list[FileReport] = []
    for is_first in (True, False):
        chosen = [export for export in by_size if (export.export_id in first) is is_first]
        tasks = [(export, settings, connector, mapping_file) for export in chosen]
        for report in each_in_processes(raw.load_export, tasks, settings.threads):
            reports.append(report)
            if progress and _is_worth_a_line(report, len(reports), len(exports)):
                name = report.file if shows_paths else f"landing/{report.sha256}"
                progress(_progress_line(report, name, len(reports), len(exports)))
    return reports


def _mappings_of_people(rows: Collection[ManifestRow], settings: Settings) -> set[str]:
    """Hashes of mappings that people gave: neither a built-in one nor an earlier version of one, and none of the city's."""
    own = {mapping.name for mapping in city_mappings.most_specific_first(settings)}
    built_in = built_in_mappings.most_specific_first()
    versions = {mapping.name: mapping.version for mapping in built_in}
    hashes = {mapping.sha256 for mapping in built_in}
    return {
        row.mapping_sha256
        for row in rows
        if row.mapping_sha256
        and row.connector not in own
        and row.mapping_sha256 not in hashes
        and versions.get(row.connector or "") in (None, row.connector_version)
    }


def _is_loaded(
    export: LandedExport,
    first: LandedExport,
    rows: dict[str, ManifestRow],
    mappings_of_people: set[str],
    settings: Settings,
) -> bool:
    for delivery in (export, first):
        for export_id in (delivery.export_id, delivery.sha256):
            row = rows.get(export_id)
            if row and (row.source_file, row.received_at) == (delivery.source_file, delivery.received_at):
                if row.is_refused or row.connector is None:
                    return row.load_key == raw.refusal_key_of(delivery, settings)
                return _is_as_parsed_today(row, mappings_of_people, settings)
    return False


def _is_as_parsed_today(row: ManifestRow, mappings_of_people: set[str], settings: Settings) -> bool:
    """Would the export's mapping, read by today's parser, give the rows that it has? It is unknown where the mapping is lost."""
    try:
        given = given_mappings.find(row.export_sha256, settings)
    except ExportRefused:
        return True
    if given is None and row.mapping_sha256 in mappings_of_people:
        return True
    mapping = given or city_mappings.named(row.connector or "", settings)
    return row.load_key == raw.load_key_of(row.export_id, mapping, settings)


def _is_worth_a_line(report: FileReport, number: int, total: int) -> bool:
    return number % PROGRESS_EVERY == 0 or number == total or report.status != "loaded"


def _progress_line(report: FileReport, name: str, number: int, total: int) -> str:
    """How far the load is; an export that did not load whole is named by `name`."""
    line = f"  {number}/{total} exports"
    if report.status == "loaded":
        return line
    partial = f"{report.rejected:,} of {report.rows_read:,} rows rejected"
    return f"{line}, {name}: {partial if report.status == 'partial' else report.status}"
