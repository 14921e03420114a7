"""What a new city lacks until its first page: units, accounts, outlets, exports, a run; each with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bangdan.core import city
from bangdan.core.errors import BangdanError, ExportRefused
from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, city_mappings, registries
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.ingestion.export_reader import open_export
from bangdan.operations import registry_files

# Reasons for which a mapping of one's own is the remedy.
NO_MAPPING = {"FORMAT_UNKNOWN", "HDR_UNKNOWN"}
# Of files that are not loaded yet only some small ones are looked at: `status` answers at once.
LOOKED_AT, LOOKED_AT_BYTES, LOOKED_AT_TYPES = 20, 2_000_000, {".csv", ".tsv", ".json", ".jsonl"}


class Step(NamedTuple):
    """What is missing, and what to do."""

    missing: str
    command: str


def steps(settings: Settings) -> Iterator[Step]:
    """The steps of a city that has published nothing, the next one first.

    A city without registry/ delivers its registry with the exports: nothing is asked of it here. Raises BangdanError for a
    wrong city.yml, registry file or mapping.
    """
    manifest = catalogue.rows(settings)
    loaded = {row.table_name or "" for row in registries.counted(settings)}
    if (settings.city / "registry").is_dir():
        yield from _of_registry(settings, loaded)
    yield from _of_refused(settings, [row for row in manifest if row.is_refused])
    if "records" not in loaded:
        yield from _of_inbox(settings, {row.source_file for row in manifest})


def _of_registry(settings: Settings, loaded: set[str]) -> Iterator[Step]:
    rows = {table: registry_files.rows(settings, table) for table in registry_files.COLUMNS}
    units = len({row.id for row in rows["units"]})
    if not units and "units" not in loaded:
        yield Step("no unit is registered", _fill(settings, "units"))
    if not rows["accounts"] and "accounts" not in loaded:
        yield Step(f"{units} unit(s), no account yet", _fill(settings, "accounts"))
    if "channels" in loaded and not rows["outlets"]:
        return
    with_outlets = {row.values["channel_type"] for row in rows["outlets"]}
    for channel in city.load(settings).channels:
        if channel not in with_outlets:
            yield Step(
                f"no {channel} outlet is registered: its reprints will not be counted",
                f"add one to {registry_files.path_of(settings, 'outlets')}, or take {channel} out of city.yml",
            )


def _fill(settings: Settings, table: str) -> str:
    return f"fill {registry_files.path_of(settings, table)}, or `bangdan registry add {table} …`"


def _of_refused(settings: Settings, refused: list[ManifestRow]) -> Iterator[Step]:
    """Loaded before, and refused: of no known format, or for another reason."""
    refused = sorted(refused, key=lambda row: row.source_file or "")
    unknown = [row for row in refused if NO_MAPPING & row.reasons.keys()]
    others = [row for row in refused if not NO_MAPPING & row.reasons.keys()]
    if unknown:
        delivered = settings.inbox / unknown[0].source_file
        yield _of_no_format(len(unknown), delivered if delivered.is_file() else Path(unknown[0].source_file))
    if others:
        name = others[0].source_file or others[0].export_sha256[:12]
        yield Step(
            f"{len(others)} file(s) could not be read, the first: {name}", "bangdan ingest --dry-run inbox says why"
        )


def _of_no_format(count: int, first: Path) -> Step:
    return Step(
        f"{count} file(s) in the inbox are of no known format, the first: {first.name}",
        f"bangdan ingest --suggest {first} proposes a mapping; put it into mappings/ of the city's folder",
    )


def _of_inbox(settings: Settings, known: set[str]) -> Iterator[Step]:
    """Nothing of the inbox is loaded yet: what of it no mapping reads, and the first run."""
    waiting = sorted(
        file for file in settings.inbox.rglob("*") if file.is_file() and not file.name.startswith((".", "_"))
    )
    if not waiting:
        yield Step(f"no exports in {settings.inbox}", "put the exports of a month there, as the tools write them")
        return
    new = [file for file in waiting if file.relative_to(settings.inbox).as_posix() not in known]
    if unknown := [file for file in _small(new) if _is_of_no_format(file, settings)]:
        yield _of_no_format(len(unknown), unknown[0])
    yield Step(f"{len(waiting)} file(s) in {settings.inbox}", f"bangdan run --month YYYY-MM --inbox {settings.inbox}")


def _small(files: list[Path]) -> list[Path]:
    return [
        file for file in files if file.suffix.lower() in LOOKED_AT_TYPES and file.stat().st_size <= LOOKED_AT_BYTES
    ][:LOOKED_AT]


def _is_of_no_format(file: Path, settings: Settings) -> bool:
    """Whether neither a mapping of the city nor one of the program reads a file; False where it is broken otherwise."""
    own = city_mappings.most_specific_first(settings)
    try:
        open_export(file, f"{file.parent.name}/{file.name}", datetime.now(SHANGHAI), own=own)
    except ExportRefused as error:
        return error.reason_code in NO_MAPPING
    except (BangdanError, OSError, ValueError):
        return False
    return False
