"""Old exports leave the house: landed bytes and raw rows go; hashes, accounting, aggregates and releases stay.

An export is purged when its mark stands (landing/purged/<export id>.json); the mark is written first, so that a purge
that broke off is finished by the next one. What is marked is not landed again: the inbox may still hold it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.months import MONTHS_BACK, SHANGHAI, Month, each
from bangdan.core.settings import Settings
from bangdan.ingestion import contract

Row = dict[str, Any]


def purge(settings: Settings, before: Month, *, dry_run: bool = False) -> Row:
    """Remove the exports all of whose months lie before `before`, and what was refused or empty and came before it.

    Registries stay: every month needs them. Call inside `warehouse.writing`. Does the same again without harm.
    """
    exports = _exports(settings)
    wanted = [one for one in exports if _is_before(one, before)]
    # Bytes under two names are removed when both are to go.
    gone = {one["export_sha256"] for one in wanted}
    gone -= {one["export_sha256"] for one in exports if not _is_before(one, before)}
    orphans = _rows_of_earlier_parses(settings, {one["load_key"] for one in exports}, gone, before)
    found = [(one, _files_of(one, settings, one["export_sha256"] in gone)) for one in wanted]
    found = [(one, paths) for one, paths in found if paths or not _mark_of(one, settings).exists()]
    if not dry_run:
        for one, paths in found:
            _mark(one, settings)
            _forget_names(one, settings)
            for path in paths:
                path.unlink(missing_ok=True)
        for path in orphans:
            path.unlink(missing_ok=True)
    paths = [path for _one, there in found for path in there] + orphans
    months = sorted({month for one, _paths in found for month in one["months"] if month[0].isdigit()})
    return {
        "before": str(before),
        "dry_run": dry_run,
        "exports": len(found),
        "files": sorted(path.relative_to(settings.home).as_posix() for path in paths),
        "months": months,
        "without_history": sorted(_reading(months) - set(months)),
    }


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
    return sorted(months(settings) & {str(one) for one in each(month - MONTHS_BACK, month - 1)})


def refuse(settings: Settings, first: Month, last: Month) -> None:
    """Raise UsageError where a month of the range has been purged: it would come out emptier than it was."""
    gone = sorted(months(settings) & {str(one) for one in each(first, last)})
    if gone:
        raise UsageError(
            f"{', '.join(gone)}: exports have been purged, so it can no longer be rebuilt; its releases stand",
            remedy="leave it as it is, or see docs/privacy.md on bringing a month back",
        )


def _exports(settings: Settings) -> list[Row]:
    """Manifest rows of everything but registries."""
    columns = ["export_id", "export_sha256", "load_key", "table_name", "status", "received_at", "months", "accepted"]
    found: list[Row] = []
    for file in sorted((settings.raw / "export_manifest").glob("*.parquet")):
        found += pq.read_table(file, columns=columns, partitioning=None).to_pylist()
    return [one for one in found if one["table_name"] in (None, "records")]


def _is_before(export: Row, before: Month) -> bool:
    """Rows without a time belong to no month; an export without any goes by when it was received."""
    own = [month for month in export["months"] or () if month[0].isdigit()]
    if own:
        return max(own) < str(before)
    received: datetime = export["received_at"].astimezone(SHANGHAI)
    return str(Month.of(received)) < str(before)


def _files_of(export: Row, settings: Settings, with_bytes: bool) -> list[Path]:
    """Everything on disk that holds the export's bytes, rows or names."""
    sha256, load_key = export["export_sha256"], export["load_key"]
    found = list((settings.raw / "records").glob(f"month=*/{load_key}.parquet"))
    found += (settings.raw / "rejects").glob(f"{load_key}.parquet")
    notes = settings.landing / "deliveries" / sha256[:2]
    if with_bytes:
        found += settings.landing.glob(f"{sha256}.*")
        found += notes.glob(f"{sha256}.*.json")
    else:  # another export still has the bytes: this one's name goes, and nothing loads it again
        found += notes.glob(f"{export['export_id']}.json")
    return sorted(found)


def _rows_of_earlier_parses(settings: Settings, named: set[str], gone: set[str], before: Month) -> list[Path]:
    """Files that no manifest row names any more: parsed by an earlier connector, or under another key."""
    found = []
    for folder in sorted((settings.raw / "records").glob("month=*")):
        month = folder.name.removeprefix("month=")
        if month[0].isdigit() and month >= str(before):
            continue
        for file in sorted(folder.glob("*.parquet")):
            if file.stem in named or file.stem == "schema":
                continue
            rows = pq.ParquetFile(file).read_row_group(0, columns=["export_sha256"])
            if len(rows) and rows["export_sha256"][0].as_py() in gone:
                found.append(file)
    return found


def _mark_of(export: Row, settings: Settings) -> Path:
    return settings.landing / "purged" / f"{export['export_id']}.json"


def _mark(export: Row, settings: Settings) -> None:
    told = {key: export[key] for key in ("export_id", "export_sha256", "months", "accepted", "status")}
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    files.write_text(_mark_of(export, settings), text)


def _forget_names(export: Row, settings: Settings) -> None:
    """The manifest row keeps hashes and accounting, and no longer says that files of rows should be there; a path may
    hold a person's name.
    """
    file = settings.raw / "export_manifest" / f"{export['export_id']}.parquet"
    (row,) = pq.read_table(file, partitioning=None).to_pylist()
    row |= {"source_file": export["export_sha256"], "path_key": "", "files": "{}"}
    with files.replacing(file) as beside:
        table = pa.Table.from_pylist([row], schema=contract.EXPORT_MANIFEST)
        pq.write_table(table, beside, compression="zstd", compression_level=1)


def _reading(gone: list[str]) -> set[str]:
    """Months that read the posts of those."""
    return {str(one) for month in map(Month.parse, gone) for one in each(month, month + MONTHS_BACK)}
