"""Which registries are in force: those that the city's own folder holds, and deliveries that a person has confirmed.

Any file with the header of a registry is landed and loaded as one. What says who owns an account, and which outlets
count, is not whoever can put a file into the inbox.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import city, files, parquet
from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, contract
from bangdan.ingestion.catalogue import ManifestRow

CONFIRMATIONS = "corrections/registry_confirmations"  # the seed: one row a confirmed export, by its SHA-256


def is_of_city(file: Path, settings: Settings) -> bool:
    """Does the file lie in registry/ of the city's folder? A link there is none of its files."""
    return not file.is_symlink() and file.resolve().parent == (settings.city / "registry").resolve()


def mark(sha256: str, file: Path, settings: Settings) -> None:
    """Record that bytes were landed from the city's folder. They take the place of those that its file held before."""
    files.write_text(_marks(settings) / sha256, file.name + "\n")
    files.write_text(_current(settings) / file.name, sha256 + "\n")


def drop_removed(settings: Settings) -> None:
    """Record which files are no longer in registry/ of the city's folder: they are in force no longer."""
    names = {file.name for file in city.registry(settings)}
    for file in _current(settings).glob("*"):
        if file.name not in names:
            file.unlink(missing_ok=True)


def marks_of(sha256: str, settings: Settings) -> list[Path]:
    """The files that record that these bytes are the city's own."""
    current = [file for file in _current(settings).glob("*") if file.read_text("utf-8").strip() == sha256]
    return [_marks(settings) / sha256, *current]


def folder(settings: Settings) -> Path:
    """Where the raw layer holds the hashes of `of_city`."""
    return settings.raw / "city_registries"


def of_city(settings: Settings) -> set[str]:
    """SHA-256 of every file that was ever landed from registry/ of the city's folder."""
    return {mark.name for mark in _marks(settings).glob("*") if mark.is_file()}


def current(settings: Settings) -> set[str]:
    """SHA-256 of the files of registry/ of the city's folder, as they were landed last."""
    return {file.read_text("utf-8").strip() for file in _current(settings).glob("*")}


def confirmed(settings: Settings) -> set[str]:
    """SHA-256 of the deliveries that a person has confirmed."""
    return {row["export_sha256"] for row in city.rows(settings, CONFIRMATIONS)}


def in_force(settings: Settings) -> list[ManifestRow]:
    """The loaded registries whose rows count, by bytes."""
    known = current(settings) | confirmed(settings)
    return [row for row in catalogue.loaded(settings) if row.is_registry and row.export_sha256 in known]


def counted(settings: Settings) -> list[ManifestRow]:
    """The loaded exports that a month may read: records, and the registries in force."""
    keys = {row.load_key for row in in_force(settings)}
    return [row for row in catalogue.loaded(settings) if not row.is_registry or row.load_key in keys]


def unconfirmed(settings: Settings) -> list[ManifestRow]:
    """The loaded registries that wait for a person: neither in force nor an earlier version of the city's own."""
    known = of_city(settings) | confirmed(settings)
    return [row for row in catalogue.loaded(settings) if row.is_registry and row.export_sha256 not in known]


def files_of(table: str, settings: Settings) -> list[str]:
    """The files of the raw layer that hold the rows in force of a table of the registry.

    Raises BangdanError where there are none, with what to do.
    """
    paths = [settings.raw / table / f"{row.load_key}.parquet" for row in in_force(settings) if row.table_name == table]
    present = [str(path) for path in paths if path.exists()]
    if not present:
        waiting = any(row.table_name == table for row in unconfirmed(settings))
        raise BangdanError(
            f"no {table} are in force" if waiting else f"no {table} have been loaded",
            remedy="confirm the registry that was delivered: `bangdan status` names it"
            if waiting
            else "fill registry/ of the city's folder: units, accounts, outlets",
        )
    return present


def write_marks(settings: Settings) -> None:
    """Write what is recorded to the raw layer, where the warehouse reads it; an equal file is left alone."""
    file, now = folder(settings) / "exports.parquet", current(settings)
    rows = [{"export_sha256": sha256, "is_current": sha256 in now} for sha256 in sorted(of_city(settings))]
    if not file.exists() or pq.read_table(file).to_pylist() != rows:
        parquet.write_table(pa.Table.from_pylist(rows, schema=contract.CITY_REGISTRIES), file)


def _marks(settings: Settings) -> Path:
    return settings.landing / "city_registries"


def _current(settings: Settings) -> Path:
    """A file for each file of registry/, of the same name, that holds the SHA-256 of its bytes."""
    return _marks(settings) / "current"
