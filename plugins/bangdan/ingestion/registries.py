"""Which registries are in force: those of the city's own folder, and deliveries that a person has confirmed.

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
    """Record that bytes were landed from the city's folder: they stay the city's when the file there changes."""
    files.write_text(mark_of(sha256, settings), file.name + "\n")


def mark_of(sha256: str, settings: Settings) -> Path:
    """The file that records that these bytes are the city's own."""
    return _marks(settings) / sha256


def folder(settings: Settings) -> Path:
    """Where the raw layer holds the hashes of `of_city`."""
    return settings.raw / "city_registries"


def of_city(settings: Settings) -> set[str]:
    """SHA-256 of every file that was ever landed from registry/ of the city's folder."""
    return {mark.name for mark in _marks(settings).glob("*")}


def confirmed(settings: Settings) -> set[str]:
    """SHA-256 of the deliveries that a person has confirmed."""
    return {row["export_sha256"] for row in city.rows(settings, CONFIRMATIONS)}


def in_force(settings: Settings) -> list[ManifestRow]:
    """The loaded registries whose rows count, by bytes."""
    known = of_city(settings) | confirmed(settings)
    return [row for row in catalogue.loaded(settings) if row.is_registry and row.export_sha256 in known]


def counted(settings: Settings) -> list[ManifestRow]:
    """The loaded exports that a month may read: records, and the registries in force."""
    waiting = {row.load_key for row in unconfirmed(settings)}
    return [row for row in catalogue.loaded(settings) if row.load_key not in waiting]


def unconfirmed(settings: Settings) -> list[ManifestRow]:
    """The loaded registries that are not in force, by bytes."""
    counted = {row.load_key for row in in_force(settings)}
    return [row for row in catalogue.loaded(settings) if row.is_registry and row.load_key not in counted]


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
    """Write the hashes of `of_city` to the raw layer, where the warehouse reads them; an equal file is left alone."""
    file, hashes = folder(settings) / "exports.parquet", sorted(of_city(settings))
    if file.exists() and pq.read_table(file)["export_sha256"].to_pylist() == hashes:
        return
    rows = pa.Table.from_pylist([{"export_sha256": sha256} for sha256 in hashes], schema=contract.CITY_REGISTRIES)
    parquet.write_table(rows, file)


def _marks(settings: Settings) -> Path:
    return settings.landing / "city_registries"
