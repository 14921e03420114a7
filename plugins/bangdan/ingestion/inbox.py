"""Where exports come from: folders and files, or a prefix of an object store (s3://bucket/prefix).

Objects are streamed, one at a time, into a folder beside the landing and land from there like any file: `_delivery.json`
means the same, and where there is none an object was received when the store says that it was written. An object whose
ETag has been seen is not fetched again.

Credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, …), from the
machine's own AWS configuration, or in memory from a caller. They stand in no address, message or file.
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
from bangdan.ingestion import landing, purge
from bangdan.ingestion.landing import Landed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyarrow import fs

SCHEME = "s3://"
Source = Path | str  # a path, or an address that begins with SCHEME


@dataclass(frozen=True)
class Credentials:
    """What opens the store; a repr shows none of it."""

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


def land(
    sources: Sequence[Source],
    settings: Settings,
    received_at: datetime | None = None,
    credentials: Credentials | None = None,
) -> list[Landed]:
    """Land files, folders and prefixes; as landing.land says. Raises BangdanError where a store does not answer."""
    found = landing.land([Path(source) for source in sources if not is_remote(source)], settings, received_at)
    for source in sources:
        if is_remote(source):
            found += _land_objects(checked(str(source)), settings, received_at, credentials or Credentials())
    by_id = {one.export_id: one for one in found}
    return [by_id[export_id] for export_id in sorted(by_id)]


def _land_objects(
    address: str, settings: Settings, received_at: datetime | None, credentials: Credentials
) -> list[Landed]:
    from pyarrow import fs

    prefix = address.removeprefix(SCHEME)
    with _told_plainly(address):
        store = _store(credentials)
        there = store.get_file_info(fs.FileSelector(prefix, recursive=True))
    objects = {name: one for one in there if one.is_file and (name := _name(one.path, prefix))}
    known = {one.export_id: one for one in landing.landed(settings)}
    settings.landing.mkdir(parents=True, exist_ok=True)
    found: list[Landed] = []
    with tempfile.TemporaryDirectory(prefix=".arriving-", dir=settings.landing) as scratch:
        root = Path(scratch)
        notes = sorted(name for name in objects if PurePosixPath(name).name == landing.NOTE)
        with _told_plainly(address):
            for name in notes:
                _fetch(store, objects[name], root / name)
        said = hashlib.sha256(
            b"".join((root / name).read_bytes() for name in notes) + str(received_at).encode()
        ).hexdigest()
        for name in sorted(objects.keys() - set(notes)):
            with _told_plainly(f"{address}/{name}"):
                seen = _seen(settings, address, name, _etag(store, objects[name]), said)
                ids = json.loads(seen.read_text("utf-8")) if seen.exists() else None
                if ids is not None and all(one in known or one[:64] in purge.hashes(settings) for one in ids):
                    found += [known[one] for one in ids if one in known]
                    continue
                _fetch(store, objects[name], root / name)
            arrived = landing.land([root], settings, received_at)
            (root / name).unlink()
            files.write_text(seen, json.dumps([one.export_id for one in arrived]) + "\n")
            found += arrived
    return found


def _name(path: str, prefix: str) -> str | None:
    """The object's name within the prefix; None for what is hidden or half written.

    A store takes any text for a name: one that is no path below the prefix is never made one here.
    """
    name = path.removeprefix(prefix).removeprefix("/")
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part or len(part.encode()) > 200 for part in parts):
        raise BangdanError(
            f"the object {name[:200]!r} has a name that can be no file's", remedy="rename it in the store, or remove it"
        )
    is_hidden = any(part.startswith(".") for part in parts) or name.endswith(".partial")
    return None if is_hidden else name


def _fetch(store: fs.FileSystem, one: fs.FileInfo, target: Path) -> None:
    """Stream an object into a file that bears the object's time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with store.open_input_stream(one.path) as stream, target.open("wb") as copy:
        shutil.copyfileobj(stream, copy, landing.CHUNK)
    os.utime(target, ns=(one.mtime_ns, one.mtime_ns))


def _etag(store: fs.FileSystem, one: fs.FileInfo) -> str:
    with store.open_input_file(one.path) as opened:
        told: dict[Any, Any] = opened.metadata() or {}
    return str(told.get(b"ETag") or told.get("ETag") or f"{one.size} {one.mtime_ns}")


def _seen(settings: Settings, *what: str) -> Path:
    """The note of what an object became when it was fetched; the name tells nothing about it."""
    key = hashlib.sha256("\x1f".join(what).encode("utf-8", "surrogatepass")).hexdigest()
    return settings.landing / "fetched" / f"{key}.json"


def _store(given: Credentials) -> fs.S3FileSystem:
    from pyarrow import fs

    endpoint = given.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    scheme, _, host = endpoint.rpartition("://")
    return fs.S3FileSystem(
        access_key=given.access_key,
        secret_key=given.secret_key,
        session_token=given.session_token,
        region=given.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None,
        endpoint_override=host or None,
        scheme=scheme or None,
        connect_timeout=10,
        request_timeout=60,
    )


@contextmanager
def _told_plainly(address: str) -> Iterator[None]:
    """A store's error by its kind: its own words may repeat what it was sent."""
    try:
        yield
    except OSError as error:
        kind = re.search(r"AWS Error (\w+)", str(error))
        status = re.search(r"HTTP [Ss]tatus (?:code )?(\d{3})|Response code: (\d{3})", str(error))
        what = kind[1] if kind else type(error).__name__
        http = f", HTTP {status[1] or status[2]}" if status else ""
        raise BangdanError(
            f"{address}: the object store does not give it ({what}{http})",
            remedy="check bucket, prefix and endpoint, and that the credentials may list and read there",
        ) from None
