"""Landing: the bytes of every export as they were received, under their own hash, and a note of each delivery."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bangdan.core import files
from bangdan.core.errors import ExportRefused
from bangdan.core.months import SHANGHAI, is_plausible
from bangdan.core.settings import Settings
from bangdan.ingestion import archives, delivery_notes, purge, registries
from bangdan.ingestion.delivery_notes import DeliveryNotes
from bangdan.ingestion.reasons import refusal

CHUNK = 1024 * 1024
MAX_FILE = 2 * 1024**3  # bytes of a file in a delivery; of a larger one only the beginning is landed
BEGINNING = 64 * 1024  # bytes
MAX_SUFFIX = 10  # characters; a longer one would make a name that no file can have


class Readable(Protocol):
    """Bytes from anywhere: a file, a member of an archive, an object of a store."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class LandedExport:
    """Bytes under a name, and when they were first delivered so. `export_id` = hash of bytes . hash of path."""

    export_id: str
    sha256: str
    path: Path
    source_file: str  # path within the delivery; some tools put the account there
    received_at: datetime
    is_synthetic: bool
    problem: str | None = None  # reason code where the file could not even be unpacked
    problem_detail: str = ""


def land(paths: list[Path], settings: Settings, received_at: datetime | None = None) -> list[LandedExport]:
    """Copy files, and all files below folders, into the landing; archives are unpacked one level. Links are refused.

    `received_at` wins over a `_delivery.json` in the file's folder or above it, which wins over the file's own time.
    The same bytes under the same name are one export, with the earliest time.
    """
    landed: dict[str, LandedExport] = {}
    purged = purge.hashes(settings)
    for root in paths:
        for export in _exports_below(root, settings, received_at):
            kept = purge.held(export.sha256, settings) if export.sha256 in purged else {export.export_id}
            if export.export_id in kept:
                landed[export.export_id] = _record_delivery(export, settings)
            else:
                if not kept:
                    export.path.unlink(missing_ok=True)
                landed[export.export_id] = replace(export, problem="PURGED")
    return [landed[export_id] for export_id in sorted(landed)]


def landed_exports(settings: Settings) -> list[LandedExport]:
    """Everything that has ever been landed, by export id."""
    return [_read_delivery(file, settings) for file in sorted((settings.landing / "deliveries").glob("*/*.json"))]


def earliest_delivery(sha256: str, settings: Settings) -> LandedExport:
    """The earliest delivery of these bytes under any name: it names an export whose path means nothing."""
    notes = sorted((settings.landing / "deliveries" / sha256[:2]).glob(f"{sha256}.*.json"))
    return min((_read_delivery(file, settings) for file in notes), key=_delivery_order)


def first_deliveries(settings: Settings) -> dict[str, LandedExport]:
    """The earliest delivery of all landed bytes, by their SHA-256."""
    first: dict[str, LandedExport] = {}
    for export in landed_exports(settings):
        first[export.sha256] = min(first.get(export.sha256, export), export, key=_delivery_order)
    return first


def path_key(name: str) -> str:
    """The part of a path that may give a file its meaning: parent folder and stem."""
    path = Path(name)
    return f"{path.parent.name}/{path.stem}"


def keep(stream: Readable, name: str, settings: Settings, limit: int | None = None) -> str:
    """Copy a stream into the landing under the hash of its bytes, in one pass; returns the SHA-256.

    Above `limit` bytes nothing is kept and ExportRefused (ARC_BOMB) is raised.
    """
    digest, size = hashlib.sha256(), 0
    files.make_private_folder(settings.landing)
    partial = settings.landing / f".arriving.{os.getpid()}.partial"
    try:
        with files.naming(partial), partial.open("wb") as copy:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if limit is not None and size > limit:
                    raise refusal("ARC_BOMB")
                digest.update(chunk)
                copy.write(chunk)
        sha256 = digest.hexdigest()
        target = _target(sha256, name, settings)
        if not target.exists():
            files.sync(partial)
            os.replace(partial, target)
            files.sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)
    return sha256


def check_bytes(landed: LandedExport) -> None:
    """Raise ExportRefused where the landed bytes are not those that were received: they are never loaded."""
    if not landed.path.exists() or files.sha256_of(landed.path) != landed.sha256:
        raise ExportRefused(
            "FILE_CHANGED",
            f"{landed.path.name} ({landed.source_file}) no longer has the bytes that were received",
            remedy="restore it from a backup, or deliver the export again after removing the file",
        )


def readable_name(name: str) -> str:
    """A path as text for people, part by part: bytes that are no UTF-8 are read as GB18030, as old Windows tools wrote."""
    return "/".join(_readable_part(os.fsencode(part)) for part in name.split("/"))


def _readable_part(name: bytes) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return name.decode(codec)
        except UnicodeDecodeError:
            continue
    return name.decode("utf-8", "backslashreplace")


def _files(root: Path) -> Iterator[Path]:
    """The files below a folder, or the file itself. Links below a folder are yielded as they are, not followed."""
    if not root.is_dir():
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted([*names, *links]):
            file = Path(folder, name)
            is_hidden = name == delivery_notes.NAME or files.is_litter(name)
            if not is_hidden and (file.is_symlink() or file.is_file()):
                yield file


def _exports_below(root: Path, settings: Settings, received_at: datetime | None) -> Iterator[LandedExport]:
    """The exports of a file or folder, and as refused ones the links and the delivery notes that cannot be read."""
    notes = DeliveryNotes(root)
    for file in _files(root):
        yield from _exports_in(file, root, notes, settings, received_at)
    for file, detail in notes.refused.items():
        data = _link_target(file) if file.is_symlink() else file.read_bytes()[: delivery_notes.MAX_BYTES]
        sha256 = keep(io.BytesIO(data), file.name, settings)
        at, name = received_at or _own_time(file), _name_of(file, root)
        yield _landed(sha256, name, at, False, settings, "FILE_NOTE", detail)


def _name_of(file: Path, root: Path) -> str:
    """The file's path within the delivery. A file given by its own path keeps its folder: tools put accounts there."""
    name = (
        file.relative_to(root).as_posix()
        if root.is_dir() and root in file.parents
        else f"{file.parent.name}/{file.name}"
    )
    return readable_name(name)


def _own_time(file: Path) -> datetime:
    """When the file was written; now, where the clock that wrote it was wrong by years."""
    try:
        at = datetime.fromtimestamp(file.lstat().st_mtime, SHANGHAI)
    except (ValueError, OverflowError):
        at = datetime.max.replace(tzinfo=SHANGHAI)
    return at if is_plausible(at) else datetime.now(SHANGHAI)


def _link_target(file: Path) -> bytes:
    return os.fsencode(os.readlink(file))


def _exports_in(
    file: Path, root: Path, notes: DeliveryNotes, settings: Settings, received_at: datetime | None
) -> Iterator[LandedExport]:
    """The file itself, or the members of an archive; a bad archive or a link is one export with a problem."""
    note = notes.of(file)
    at = received_at or note.received_at or _own_time(file)
    name = _name_of(file, root)
    if file.is_symlink() and file != root:
        sha256 = keep(io.BytesIO(_link_target(file)), file.name, settings)
        yield _landed(sha256, name, at, note.is_synthetic, settings, "FILE_LINK")
        return
    if file.stat().st_size > MAX_FILE:
        with file.open("rb") as stream:
            sha256 = keep(io.BytesIO(stream.read(BEGINNING)), file.name, settings)
        yield _landed(sha256, name, at, note.is_synthetic, settings, "FILE_LARGE")
        return
    if not archives.is_archive(file):
        sha256 = _keep_file(file, settings)
        if registries.is_of_city(file, settings):
            registries.mark(sha256, file, settings)
        yield _landed(sha256, name, at, note.is_synthetic, settings)
        return
    try:
        # All members are kept before the first is recorded: of an archive that breaks off nothing is taken.
        members = [
            (member.name, keep(member, member.name, settings, member.limit)) for member in archives.members(file, name)
        ]
    except ExportRefused as error:
        yield _landed(_keep_file(file, settings), name, at, note.is_synthetic, settings, error.reason_code)
        return
    for member, sha256 in members:
        yield _landed(sha256, member, at, note.is_synthetic, settings)


def _keep_file(file: Path, settings: Settings) -> str:
    with file.open("rb") as stream:
        return keep(stream, file.name, settings)


def _target(sha256: str, name: str, settings: Settings) -> Path:
    suffix = Path(name).suffix.lower()
    # A suffix from outside becomes part of a path only if it is plain.
    is_plain = suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= MAX_SUFFIX
    return settings.landing / f"{sha256}{suffix if is_plain else '.bin'}"


def _landed(
    sha256: str,
    name: str,
    at: datetime,
    is_synthetic: bool,
    settings: Settings,
    problem: str | None = None,
    problem_detail: str = "",
) -> LandedExport:
    path_hash = hashlib.sha256(path_key(name).encode("utf-8", "replace")).hexdigest()[:12]
    target = _target(sha256, name, settings)
    return LandedExport(f"{sha256}.{path_hash}", sha256, target, name, at, is_synthetic, problem, problem_detail)


def _delivery_order(export: LandedExport) -> tuple[datetime, str, str]:
    """Earliest first; of the same moment, by name."""
    return export.received_at, export.source_file, export.export_id


def _record_delivery(export: LandedExport, settings: Settings) -> LandedExport:
    """Write the delivery down; an earlier one of the same export keeps its time."""
    file = settings.landing / "deliveries" / export.sha256[:2] / f"{export.export_id}.json"
    if file.exists() and (known := _read_delivery(file, settings)).received_at <= export.received_at:
        return known
    values = {
        "export_id": export.export_id,
        "sha256": export.sha256,
        "file": export.path.name,
        "source_file": export.source_file,
        "received_at": export.received_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "is_synthetic": export.is_synthetic,
        "problem": export.problem,
        "problem_detail": export.problem_detail,
    }
    files.write_text(file, json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return _read_delivery(file, settings)


def _read_delivery(file: Path, settings: Settings) -> LandedExport:
    values = json.loads(file.read_text("utf-8"))
    return LandedExport(
        values["export_id"],
        values["sha256"],
        settings.landing / values["file"],
        values["source_file"],
        datetime.fromisoformat(values["received_at"]),
        values["is_synthetic"],
        values["problem"],
        values.get("problem_detail", ""),  # a delivery that an earlier version recorded has none
    )
