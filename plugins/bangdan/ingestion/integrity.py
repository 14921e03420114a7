"""Files of the raw layer that are no longer what was loaded: named, and their exports marked for loading again."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.parquet import SCHEMA_FILE
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue


def forget_damaged(settings: Settings, hashes: set[str] | None = None) -> list[str]:
    """Remove the manifest rows of exports whose files are damaged or missing, so that the next load reads them again.

    `hashes`: SHA-256 of the exports to look at; None looks at all of them. Every byte of their files is read. Without
    its landed bytes an export cannot load again, so its row stays. Returns one sentence per file.
    """
    landed = {path.name.partition(".")[0] for path in settings.landing.glob("*.*")}
    checksums = _checksums(settings)
    problems = []
    for row_file in catalogue.row_files(settings):
        sha256 = row_file.name.partition(".")[0]
        if hashes is not None and sha256 not in hashes:
            continue
        damage = _damage(row_file, checksums, settings)
        if sha256 not in landed and row_file.name != SCHEMA_FILE:
            # The bytes were removed on purpose, or lost: a missing file is expected, a damaged one is not.
            problems += [problem for problem in damage if problem.endswith("damaged")]
        elif damage:
            row_file.unlink(missing_ok=True)  # a load that runs at the same time may have removed it already
            problems += damage
    return problems


def _checksums(settings: Settings) -> dict[str, dict[str, str]]:
    """Export id → SHA-256 of each of its files, read from the whole manifest at once; empty where a part is damaged."""
    try:
        return {row.export_id: row.files for row in catalogue.rows(settings)}
    except (OSError, ValueError):
        return {}


def _damage(row_file: Path, checksums: dict[str, dict[str, str]], settings: Settings) -> list[str]:
    """Problems of a manifest row and of the files that it names; a row that is not in `checksums` is read by itself."""
    try:
        files_of_row = checksums[row_file.stem] if row_file.stem in checksums else _checksums_of(row_file)
    except (OSError, ValueError):
        return [f"export_manifest/{row_file.name} is damaged"]
    problems = []
    for name, sha256 in files_of_row.items():
        path = settings.raw / name
        if not path.exists():
            problems.append(f"{name} is missing")
        elif files.sha256_of(path) != sha256:
            problems.append(f"{name} is damaged")
    return problems


def _checksums_of(row_file: Path) -> dict[str, str]:
    texts = pq.read_table(row_file, columns=["files"], partitioning=None)["files"].to_pylist()
    return {name: sha256 for text in texts for name, sha256 in json.loads(text).items()}
