"""Landing: the bytes of every export as they were received, under their own hash, and who delivered them when."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from bangdan.core import files
from bangdan.core.errors import ExportRefused
from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.ingestion import purge
from bangdan.ingestion.parse import path_key
from bangdan.ingestion.readers.tables import refuse

NOTE = "_delivery.json"
MAX_RATIO, MAX_BYTES, MAX_MEMBERS = 100, 2 * 1024**3, 10_000
CHUNK = 1024 * 1024
GZIP, NESTED = b"\x1f\x8b", (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf")


class Readable(Protocol):
    """Bytes from anywhere: a file, an archive's member, an object of a store."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Landed:
    """Bytes under a name, and when they were first delivered so. `export_id` = hash of bytes . hash of path."""

    export_id: str
    sha256: str
    path: Path
    source_file: str  # path within the delivery, for people and for the account some tools put there
    received_at: datetime
    is_synthetic: bool
    problem: str | None = None  # reason code where the file could not even be unpacked


def land(paths: list[Path], settings: Settings, received_at: datetime | None = None) -> list[Landed]:
    """Copy files, and all files below folders, into the landing; archives are unpacked one level.

    `received_at` wins over a `_delivery.json` beside or above the file, which wins over the file's own time.
    The same bytes under the same name are one export, with the earliest time.
    """
    found: dict[str, Landed] = {}
    purged = purge.hashes(settings)
    for root in paths:
        for file in _files(root):
            note = _note(file, root)
            at = received_at or note.get("received_at") or datetime.fromtimestamp(file.stat().st_mtime, SHANGHAI)
            base = root if root.is_dir() else root.parent
            # A file named on its own keeps its folder: weibo-crawler puts the account's name there.
            name = file.relative_to(base).as_posix() if root.is_dir() else f"{file.parent.name}/{file.name}"
            is_synthetic = bool(note.get("synthetic")) or "synthetic" in name.lower() or "合成" in name
            for landed in _unpacked(file, name, at, is_synthetic, settings):
                held = purge.held(landed.sha256, settings) if landed.sha256 in purged else {landed.export_id}
                if landed.export_id not in held:
                    if not held:
                        landed.path.unlink(missing_ok=True)
                    found[landed.export_id] = replace(landed, problem="PURGED")
                else:
                    found[landed.export_id] = _record(landed, settings)
    return [found[key] for key in sorted(found)]


def landed(settings: Settings) -> list[Landed]:
    """Everything that has ever been landed, by export id."""
    return [_read_note(note, settings) for note in sorted((settings.landing / "deliveries").glob("*/*.json"))]


def earliest(sha256: str, settings: Settings) -> Landed:
    """The earliest delivery of these bytes under any name: what an export is called when its path means nothing."""
    notes = sorted((settings.landing / "deliveries" / sha256[:2]).glob(f"{sha256}.*.json"))
    return min(
        (_read_note(note, settings) for note in notes),
        key=delivery_order,
    )


def delivery_order(one: Landed) -> tuple:
    """Earliest first; of one moment, by name."""
    return one.received_at, one.source_file, one.export_id


def first_names(settings: Settings) -> set[str]:
    """Export ids that are the earliest delivery of their bytes."""
    found: dict[str, Landed] = {}
    for one in landed(settings):
        known = found.setdefault(one.sha256, one)
        found[one.sha256] = min(known, one, key=delivery_order)
    return {one.export_id for one in found.values()}


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name != NOTE and not name.startswith(".") and not name.endswith(".partial") and file.is_file():
                yield file


def _note(file: Path, root: Path) -> dict:
    """The nearest `_delivery.json` from the file's folder up to the root."""
    for folder in file.parents:
        note = folder / NOTE
        if note.is_file():
            said = json.loads(note.read_text("utf-8"))
            if "received_at" in said:
                moment = datetime.fromisoformat(said["received_at"])
                said["received_at"] = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
            return said
        if folder == root:
            break
    return {}


def _unpacked(file: Path, name: str, at: datetime, is_synthetic: bool, settings: Settings) -> Iterator[Landed]:
    """The file itself, or the members of a .zip or .gz; a bad archive is one export with a problem."""
    with file.open("rb") as stream:
        start = stream.read(4)
    is_zip = file.suffix.lower() == ".zip"
    is_gzip = start[:2] == GZIP
    if not (is_zip or is_gzip):
        yield _landed(_keep_file(file, settings), name, at, is_synthetic, settings)
        return
    try:
        # All members are kept before the first is told: of an archive that breaks off nothing is taken.
        members = list(_gunzip(file, name, settings) if is_gzip else _unzip(file, name, settings))
    except ExportRefused as error:
        yield _landed(_keep_file(file, settings), name, at, is_synthetic, settings, error.reason_code)
        return
    for member, sha256 in members:
        yield _landed(sha256, member, at, is_synthetic, settings)


def _gunzip(file: Path, name: str, settings: Settings) -> Iterator[tuple[str, str]]:
    limit = min(MAX_BYTES, max(file.stat().st_size, 10_000) * MAX_RATIO)
    member = name[:-3] if name.lower().endswith(".gz") else name
    try:
        with gzip.open(file) as stream:
            if stream.peek(4)[:4] in NESTED or stream.peek(2)[:2] == GZIP:  # type: ignore[attr-defined]
                raise refuse("ARC_NESTED")
            yield member, keep(stream, member, settings, limit)
    except (EOFError, zlib.error, OSError) as error:
        raise refuse("ARC_TRUNCATED", str(error)[:80]) from None


def _unzip(file: Path, name: str, settings: Settings) -> Iterator[tuple[str, str]]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError):  # the latter: an unknown compression
        raise refuse("ARC_TRUNCATED") from None
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) > MAX_MEMBERS or sum(info.file_size for info in members) > MAX_BYTES:
            raise refuse("ARC_BOMB")
        for info in members:
            path = PurePosixPath(_member(info).replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
                raise refuse("ARC_TRAVERSAL", info.filename[:80])
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                raise refuse("ARC_SYMLINK", info.filename[:80])
            if info.file_size > max(info.compress_size, 10_000) * MAX_RATIO:
                raise refuse("ARC_BOMB", info.filename[:80])
            if path.suffix.lower() in (".zip", ".gz", ".7z", ".rar", ".tar"):
                raise refuse("ARC_NESTED", info.filename[:80])
            if info.flag_bits & 0x1:
                raise refuse("ARC_LOCKED", info.filename[:80])
        try:
            for info in members:
                member = _member(info)
                if any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(member).parts):
                    continue
                with archive.open(info) as stream:
                    # What a member says of its own size is not believed.
                    yield f"{name}/{member}", keep(stream, member, settings, info.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
            raise refuse("ARC_TRUNCATED", str(error)[:80]) from None


def _member(info: zipfile.ZipInfo) -> str:
    """A member's name; old Windows tools write it in GBK without saying so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return info.filename


def _keep_file(file: Path, settings: Settings) -> str:
    with file.open("rb") as stream:
        return keep(stream, file.name, settings)


def keep(stream: Readable, name: str, settings: Settings, limit: int | None = None) -> str:
    """Copy a stream into the landing under the hash of its bytes; returns the hash.

    One pass, whatever the stream comes from. Above `limit` bytes nothing is kept: ARC_BOMB.
    """
    digest, size = hashlib.sha256(), 0
    settings.landing.mkdir(parents=True, exist_ok=True)
    arriving = settings.landing / f".arriving.{os.getpid()}.partial"
    try:
        with files.naming(arriving), arriving.open("wb") as copy:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if limit is not None and size > limit:
                    raise refuse("ARC_BOMB")
                digest.update(chunk)
                copy.write(chunk)
        sha256 = digest.hexdigest()
        target = _target(sha256, name, settings)
        if not target.exists():
            files.sync(arriving)
            os.replace(arriving, target)
            files.sync(target.parent)
    finally:
        arriving.unlink(missing_ok=True)
    return sha256


def _target(sha256: str, name: str, settings: Settings) -> Path:
    suffix = Path(name).suffix.lower()
    # A suffix from outside becomes part of a path only if it is plain.
    return settings.landing / f"{sha256}{suffix if suffix[1:].isalnum() and suffix.isascii() else '.bin'}"


def _landed(
    sha256: str, name: str, at: datetime, is_synthetic: bool, settings: Settings, problem: str | None = None
) -> Landed:
    meaning = hashlib.sha256(path_key(name).encode("utf-8", "replace")).hexdigest()[:12]
    return Landed(f"{sha256}.{meaning}", sha256, _target(sha256, name, settings), name, at, is_synthetic, problem)


def _record(new: Landed, settings: Settings) -> Landed:
    """Write down the delivery; an earlier one of the same export keeps its time."""
    note = settings.landing / "deliveries" / new.sha256[:2] / f"{new.export_id}.json"
    if note.exists() and (known := _read_note(note, settings)).received_at <= new.received_at:
        return known
    said = {
        "export_id": new.export_id,
        "sha256": new.sha256,
        "file": new.path.name,
        "source_file": new.source_file,
        "received_at": new.received_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "is_synthetic": new.is_synthetic,
        "problem": new.problem,
    }
    files.write_text(note, json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return _read_note(note, settings)


def _read_note(note: Path, settings: Settings) -> Landed:
    said = json.loads(note.read_text("utf-8"))
    return Landed(
        said["export_id"],
        said["sha256"],
        settings.landing / said["file"],
        said["source_file"],
        datetime.fromisoformat(said["received_at"]),
        said["is_synthetic"],
        said["problem"],
    )


def check_bytes(landed: Landed) -> None:
    """Raise ExportRefused where the landed bytes are not those that were received: they are never loaded."""
    if not landed.path.exists() or files.sha256_of(landed.path) != landed.sha256:
        raise ExportRefused(
            "FILE_CHANGED",
            f"{landed.path.name} ({landed.source_file}) no longer has the bytes that were received",
            remedy="restore it from a backup, or deliver the export again after removing the file",
        )
