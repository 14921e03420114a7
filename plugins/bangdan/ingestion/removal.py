"""Removal of a wrong delivery: its bytes, its notes, its rows and its line in the export manifest."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.parquet import SCHEMA_FILE
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, given_mappings, landing, registries

SHORTEST_HASH = 8  # digits by which bytes may be named
SHOWN = 5


def find(name: str, settings: Settings) -> tuple[str, list[str]]:
    """SHA-256 of the bytes that a person names, and the paths under which they were delivered.

    `name`: a file that exists, the hash or its first digits, or a path as it was delivered, or its last parts. Raises
    UsageError where no export or more than one has that name.
    """
    paths = _delivered_paths(settings)
    if re.fullmatch(rf"[0-9a-f]{{{SHORTEST_HASH},64}}", name):
        chosen = [sha256 for sha256 in paths if sha256.startswith(name)]
    elif Path(name).is_file() and (sha256 := files.sha256_of(Path(name))) in paths:
        chosen = [sha256]
    else:
        wanted = landing.readable_name(name)
        chosen = [
            sha256
            for sha256, delivered in paths.items()
            if any(path == wanted or path.endswith(f"/{wanted}") for path in delivered)
        ]
    if not chosen:
        raise UsageError(f"no export is called {name!r}", remedy="name the file, its path as delivered, or its SHA-256")
    if len(chosen) > 1:
        shown = "".join(f"\n  {sha256[:12]} {paths[sha256][0]}" for sha256 in sorted(chosen)[:SHOWN])
        raise UsageError(f"{len(chosen)} exports are called {name!r}:{shown}", remedy="name one by its SHA-256")
    return chosen[0], paths[chosen[0]]


def remove(sha256: str, settings: Settings) -> list[Path]:
    """Remove everything that the home holds of these bytes; returns the files that were removed.

    The manifest's rows go first: from then on the export does not count, whatever happens. The notes of its deliveries
    go last: by them a removal that broke off is found and completed.
    """
    rows = [row for row in catalogue.rows(settings) if row.export_sha256 == sha256]
    removed = [catalogue.file_of(row.export_id, settings) for row in rows]
    removed += _files_of_rows({row.load_key for row in rows}, sha256, settings)
    removed += [
        given_mappings.file_of(sha256, settings),
        *registries.marks_of(sha256, settings),
        *sorted(settings.landing.glob(f"{sha256}.*")),
    ]
    removed += sorted((settings.landing / "deliveries" / sha256[:2]).glob(f"{sha256}.*.json"))
    removed = [path for path in removed if path.exists()]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def _delivered_paths(settings: Settings) -> dict[str, list[str]]:
    """Paths of each delivery, by the SHA-256 of its bytes."""
    paths: defaultdict[str, set[str]] = defaultdict(set)
    for export in landing.landed_exports(settings):
        paths[export.sha256].add(export.source_file)
    return {sha256: sorted(names) for sha256, names in paths.items()}


def _files_of_rows(load_keys: set[str], sha256: str, settings: Settings) -> list[Path]:
    """Files of the raw layer that hold rows of these bytes, those of an earlier parse included."""
    return [
        file
        for file in sorted(settings.raw.rglob("*.parquet"))
        if file.name != SCHEMA_FILE
        and file.parent not in (catalogue.folder(settings), registries.folder(settings))
        and (file.stem in load_keys or _holds(file, sha256))
    ]


def _holds(file: Path, sha256: str) -> bool:
    """Do the rows of a file come from these bytes? All rows of a file come from one export."""
    opened = pq.ParquetFile(file)
    if not opened.metadata.num_rows:
        return False
    return opened.read_row_group(0, columns=["export_sha256"])["export_sha256"][0].as_py() == sha256
