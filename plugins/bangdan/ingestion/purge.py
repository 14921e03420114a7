"""Removal of old exports: landed bytes and raw rows go; hashes, accounting, aggregates and releases stay.

An export is purged when its mark exists (landing/purged/<export id>.json). The mark is written first, so that a purge
that was interrupted is completed by the next one. A marked export is not landed again: the inbox may still hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.months import MONTHS_BACK, SHANGHAI, Month, each
from bangdan.core.parquet import SCHEMA_FILE
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, given_mappings
from bangdan.ingestion.catalogue import ManifestRow


@dataclass(frozen=True)
class PurgeReport:
    """What a purge removed, or would remove."""

    before: str
    dry_run: bool
    exports: int
    files: list[str]  # paths within the data home
    months: list[str]  # can no longer be rebuilt
    without_history: list[str]  # would be rebuilt without the posts of purged months

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def purge_exports(settings: Settings, before: Month, *, dry_run: bool = False) -> PurgeReport:
    """Remove the exports all of whose months lie before `before`, and refused or empty ones received before it.

    Registries stay: every month needs them. Call inside `warehouse.writing`. Repeating it does no harm.
    """
    exports = [row for row in catalogue.rows(settings) if not row.is_registry]
    old = [row for row in exports if _is_before(row, before)]
    # Bytes under two names are removed when both are to go.
    hashes_to_keep = {row.export_sha256 for row in exports if not _is_before(row, before)}
    hashes_to_remove = {row.export_sha256 for row in old} - hashes_to_keep
    orphans = _rows_of_earlier_parses(settings, {row.load_key for row in exports}, hashes_to_remove, before)
    removals = [(row, _files_of(row, settings, row.export_sha256 in hashes_to_remove)) for row in old]
    removals = [(row, paths) for row, paths in removals if paths or not _mark_of(row, settings).exists()]
    if not dry_run:
        for row, paths in removals:
            _mark(row, settings)
            _forget_names(row, settings)
            _remove(paths)
        _remove(orphans)
    paths = [path for _row, paths in removals for path in paths] + orphans
    months_of_rows = sorted({month for row, _paths in removals for month in row.dated_months})
    return PurgeReport(
        before=str(before),
        dry_run=dry_run,
        exports=len(removals),
        files=sorted(path.relative_to(settings.home).as_posix() for path in paths),
        months=months_of_rows,
        without_history=sorted(_reading(months_of_rows) - set(months_of_rows)),
    )


def hashes(settings: Settings) -> set[str]:
    """SHA-256 of the bytes that have been purged: they are not landed again."""
    return {mark.name[:64] for mark in (settings.landing / "purged").glob("*.json")}


def held(sha256: str, settings: Settings) -> set[str]:
    """Exports of these bytes that have not been purged: the same bytes may have come under a later name."""
    marks = {mark.stem for mark in (settings.landing / "purged").glob(f"{sha256}*.json")}
    notes = {note.stem for note in (settings.landing / "deliveries" / sha256[:2]).glob(f"{sha256}.*.json")}
    return notes - marks if sha256 not in marks else set()


def months(settings: Settings) -> set[str]:
    """Ranking months of which rows have been purged: they can't be built again."""
    marks = (settings.landing / "purged").glob("*.json")
    return {month for mark in marks for month in json.loads(mark.read_text("utf-8"))["months"] if month[0].isdigit()}


def history_of(settings: Settings, month: Month) -> list[str]:
    """Purged months among those whose posts the month reads: originals and families are judged without them."""
    return sorted(months(settings) & {str(earlier) for earlier in each(month - MONTHS_BACK, month - 1)})


def refuse(settings: Settings, first: Month, last: Month) -> None:
    """Raise UsageError where a month of the range has been purged: it would come out emptier than it was."""
    purged = sorted(months(settings) & {str(month) for month in each(first, last)})
    if purged:
        raise UsageError(
            f"{', '.join(purged)}: exports have been purged, so it can no longer be rebuilt; its releases stay",
            remedy="leave it as it is, or see docs/privacy.md on bringing a month back",
        )


def _is_before(row: ManifestRow, before: Month) -> bool:
    """Rows without a time belong to no month; an export without any month goes by when it was received."""
    if row.dated_months:
        return max(row.dated_months) < str(before)
    return str(Month.of(row.received_at.astimezone(SHANGHAI))) < str(before)


def _files_of(row: ManifestRow, settings: Settings, with_bytes: bool) -> list[Path]:
    """Everything on disk that holds the export's bytes, rows or names."""
    paths = list((settings.raw / "records").glob(f"month=*/{row.load_key}.parquet"))
    paths += (settings.raw / "rejects").glob(f"{row.load_key}.parquet")
    notes = settings.landing / "deliveries" / row.export_sha256[:2]
    if with_bytes:
        paths += settings.landing.glob(f"{row.export_sha256}.*")
        paths += notes.glob(f"{row.export_sha256}.*.json")
        paths += filter(Path.exists, [given_mappings.file_of(row.export_sha256, settings)])
    else:  # another export still has the bytes: this one's name goes, and nothing loads it again
        paths += notes.glob(f"{row.export_id}.json")
    return sorted(paths)


def _rows_of_earlier_parses(
    settings: Settings, load_keys: set[str], hashes_to_remove: set[str], before: Month
) -> list[Path]:
    """Files that no manifest row names any more: parsed by an earlier connector, or under another key."""
    orphans = []
    for folder in sorted((settings.raw / "records").glob("month=*")):
        month = folder.name.removeprefix("month=")
        if month[0].isdigit() and month >= str(before):
            continue
        for file in sorted(folder.glob("*.parquet")):
            if file.stem in load_keys or file.name == SCHEMA_FILE:
                continue
            rows = pq.ParquetFile(file).read_row_group(0, columns=["export_sha256"])
            if len(rows) and rows["export_sha256"][0].as_py() in hashes_to_remove:
                orphans.append(file)
    return orphans


def _mark_of(row: ManifestRow, settings: Settings) -> Path:
    return settings.landing / "purged" / f"{row.export_id}.json"


def _mark(row: ManifestRow, settings: Settings) -> None:
    values = {name: getattr(row, name) for name in ("export_id", "export_sha256", "months", "accepted", "status")}
    files.write_text(_mark_of(row, settings), json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _forget_names(row: ManifestRow, settings: Settings) -> None:
    """The manifest row keeps hashes and accounting. Its paths go, because they may hold a person's name, and so does
    the list of its files, which are no longer there.
    """
    catalogue.write(replace(row, source_file=row.export_sha256, path_key="", files={}), settings)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _reading(purged: list[str]) -> set[str]:
    """Months that read the posts of the purged ones."""
    return {str(month) for first in map(Month.parse, purged) for month in each(first, first + MONTHS_BACK)}
