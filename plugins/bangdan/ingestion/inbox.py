"""Where exports come from: folders and files, or a prefix of an object store (s3://bucket/prefix).

Objects are streamed, one at a time, into a temporary folder in the landing and land from there like any file:
`_delivery.json` means the same; without one, an object was received when the store recorded its writing. An object
whose ETag is known is not fetched again.

Credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, …), from the
machine's own AWS configuration, or in memory from a caller. They are in no address, message or file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bangdan.core import files
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion import delivery_notes, landing, purge
from bangdan.ingestion.landing import LandedExport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyarrow import fs

SCHEME = "s3://"
Source = Path | str  # a path, or an address that begins with SCHEME


@dataclass(frozen=True)
class Credentials:
    """The keys of an object store; their repr shows none of them."""

    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str | None = None
    endpoint: str | None = None  # address of a store that is not Amazon's


def is_remote(source: Source) -> bool:
    return str(source).startswith(SCHEME)


def checked(address: str) -> str:
    """The address of a prefix; raises UsageError for one that names no bucket or carries a secret."""
    parts = urlsplit(address)
    if "@" in parts.netloc or parts.query:
        raise UsageError(
            "an address holds neither user nor password nor options",
            remedy="write s3://bucket/prefix; see docs/exports.md",
        )
    if not parts.netloc:
        raise UsageError(f"{address!r} names no bucket", remedy="write s3://bucket/prefix")
    return address.rstrip("/")


def land_sources(
    sources: Sequence[Source],
    settings: Settings,
    received_at: datetime | None = None,
    credentials: Credentials | None = None,
) -> list[LandedExport]:
    """Land files, folders and prefixes as `landing.land` does. Raises BangdanError where a store does not answer."""
    landed = landing.land([Path(source) for source in sources if not is_remote(source)], settings, received_at)
    for source in sources:
        if is_remote(source):
            landed += _land_objects(checked(str(source)), settings, received_at, credentials or Credentials())
    by_id = {export.export_id: export for export in landed}
    return [by_id[export_id] for export_id in sorted(by_id)]


def _land_objects(
    address: str, settings: Settings, received_at: datetime | None, credentials: Credentials
) -> list[LandedExport]:
    from pyarrow import fs

    prefix = address.removeprefix(SCHEME)
    with _plain_store_errors(address):
        store = _store(credentials)
        infos = store.get_file_info(fs.FileSelector(prefix, recursive=True))
    objects = {name: info for info in infos if info.is_file and (name := _name(info.path, prefix))}
    known = {export.export_id: export for export in landing.landed_exports(settings)}
    files.make_private_folder(settings.landing)
    landed: list[LandedExport] = []
    with tempfile.TemporaryDirectory(prefix=".arriving-", dir=settings.landing) as scratch:
        root = Path(scratch)
        notes = sorted(name for name in objects if PurePosixPath(name).name == delivery_notes.NAME)
        with _plain_store_errors(address):
            for name in notes:
                _fetch(store, objects[name], root / name)
        notes_hash = hashlib.sha256(
            b"".join((root / name).read_bytes() for name in notes) + str(received_at).encode()
        ).hexdigest()
        for name in sorted(objects.keys() - set(notes)):
            with _plain_store_errors(f"{address}/{name}"):
                fetched = _fetch_note(settings, address, name, _etag(store, objects[name]), notes_hash)
                ids = json.loads(fetched.read_text("utf-8")) if fetched.exists() else None
                purged = purge.hashes(settings)
                if ids is not None and all(export_id in known or export_id[:64] in purged for export_id in ids):
                    landed += [known[export_id] for export_id in ids if export_id in known]
                    continue
                _fetch(store, objects[name], root / name)
            arrived = landing.land([root], settings, received_at)
            (root / name).unlink()
            files.write_text(fetched, json.dumps([export.export_id for export in arrived]) + "\n")
            landed += arrived
    return landed


def _name(path: str, prefix: str) -> str | None:
    """The object's name within the prefix; None for what is hidden or half written.

    A store takes any text for a name: a name that is no path below the prefix never becomes one here.
    """
    name = path.removeprefix(prefix).removeprefix("/")
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part or len(part.encode()) > 200 for part in parts):
        raise BangdanError(
            f"the object {name[:200]!r} has a name that no file can have", remedy="rename it in the store, or remove it"
        )
    is_hidden = any(part.startswith(".") for part in parts) or files.is_litter(parts[-1])
    return None if is_hidden else name


def _fetch(store: fs.FileSystem, info: fs.FileInfo, target: Path) -> None:
    """Stream an object into a file with the object's time; of one that is too large for landing, so much as shows it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with store.open_input_stream(info.path) as stream, target.open("wb") as copy:
        beginning = _Beginning(stream, landing.MAX_FILE + 1)
        shutil.copyfileobj(beginning, copy, landing.CHUNK)
    os.utime(target, ns=(info.mtime_ns, info.mtime_ns))


class _Beginning:
    """The first bytes of a stream."""

    def __init__(self, stream: landing.Readable, size: int) -> None:
        self.stream, self.missing = stream, size

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all that are left where it is negative."""
        chunk = self.stream.read(self.missing if size < 0 else min(size, self.missing))
        self.missing -= len(chunk)
        return chunk


def _etag(store: fs.FileSystem, info: fs.FileInfo) -> str:
    with store.open_input_file(info.path) as opened:
        metadata: dict[Any, Any] = opened.metadata() or {}
    return str(metadata.get(b"ETag") or metadata.get("ETag") or f"{info.size} {info.mtime_ns}")


def _fetch_note(settings: Settings, *identity: str) -> Path:
    """The file that records which exports an object became; its name is a hash of the object's identity."""
    key = hashlib.sha256("\x1f".join(identity).encode("utf-8", "surrogatepass")).hexdigest()
    return settings.landing / "fetched" / f"{key}.json"


def _store(credentials: Credentials) -> fs.S3FileSystem:
    from pyarrow import fs

    endpoint = credentials.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    scheme, _, host = endpoint.rpartition("://")
    return fs.S3FileSystem(
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        session_token=credentials.session_token,
        region=credentials.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None,
        endpoint_override=host or None,
        scheme=scheme or None,
        connect_timeout=10,
        request_timeout=60,
    )


@contextmanager
def _plain_store_errors(address: str) -> Iterator[None]:
    """Raise a store's error by its kind alone: its own message may repeat what it was sent."""
    try:
        yield
    except OSError as error:
        kind = re.search(r"AWS Error (\w+)", str(error))
        status = re.search(r"HTTP [Ss]tatus (?:code )?(\d{3})|Response code: (\d{3})", str(error))
        name = kind[1] if kind else type(error).__name__
        http = f", HTTP {status[1] or status[2]}" if status else ""
        raise BangdanError(
            f"{address}: the object store does not give it ({name}{http})",
            remedy="check bucket, prefix and endpoint, and that the credentials may list and read there",
        ) from None
