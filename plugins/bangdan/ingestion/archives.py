"""Members of .zip and .gz files, unpacked one level, with limits on paths, links and size."""

from __future__ import annotations

import errno
import gzip
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from bangdan.core import files
from bangdan.core.errors import ExportRefused
from bangdan.ingestion.reasons import refusal

MAX_RATIO, MAX_BYTES, MAX_MEMBERS = 100, 2 * 1024**3, 10_000
SMALL = 10_000  # bytes; below this the ratio says nothing
GZIP, NESTED = b"\x1f\x8b", (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf")
NESTED_SUFFIXES = (".zip", ".gz", ".7z", ".rar", ".tar")
HIDDEN = (".", "__MACOSX")


@dataclass(frozen=True)
class Member:
    """A file inside an archive; `limit`: bytes above which it is not what the archive declares."""

    name: str  # path within the delivery
    limit: int
    stream: IO[bytes]

    def read(self, size: int, /) -> bytes:
        """Read on; raises ExportRefused where the archive is cut off or damaged."""
        try:
            return self.stream.read(size)
        except Exception as error:
            raise _truncated(error) from None


def is_archive(file: Path) -> bool:
    """By the name for .zip, because workbooks are zip files too; by the bytes for gzip."""
    return file.suffix.lower() == ".zip" or _is_gzip(file)


def members(file: Path, name: str) -> Iterator[Member]:
    """The members of an archive, each to be read before the next. Raises ExportRefused for a bad archive."""
    return _gzip_member(file, name) if _is_gzip(file) else _zip_members(file, name)


def _is_gzip(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == GZIP


def _gzip_member(file: Path, name: str) -> Iterator[Member]:
    limit = min(MAX_BYTES, max(file.stat().st_size, SMALL) * MAX_RATIO)
    member = name[:-3] if name.lower().endswith(".gz") else name
    with gzip.open(file) as stream:
        try:
            start = stream.peek(4)  # type: ignore[attr-defined]
        except Exception as error:
            raise _truncated(error) from None
        if start[:4] in NESTED or start[:2] == GZIP:
            raise refusal("ARC_NESTED")
        yield Member(member, limit, stream)  # type: ignore[arg-type]


def _zip_members(file: Path, name: str) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:
        raise _truncated(error) from None
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_BYTES:
            raise refusal("ARC_BOMB")
        for info in infos:
            _check_member(info)
        for info in infos:
            member = _member_name(info)
            parts = PurePosixPath(member).parts
            if any(part.startswith(HIDDEN) for part in parts) or files.is_litter(parts[-1]):
                continue
            try:
                stream = archive.open(info)
            except Exception as error:
                raise _truncated(error) from None
            with stream:
                # A member may hold more than it declares: `limit` is enforced while it is read.
                yield Member(f"{name}/{member}", info.file_size, stream)


def _check_member(info: zipfile.ZipInfo) -> None:
    """Raise ExportRefused for a member that must not be unpacked."""
    path = PurePosixPath(_member_name(info).replace("\\", "/"))
    shown = info.filename[:80]
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
        raise refusal("ARC_TRAVERSAL", shown)
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        raise refusal("ARC_SYMLINK", shown)
    if info.file_size > max(info.compress_size, SMALL) * MAX_RATIO:
        raise refusal("ARC_BOMB", shown)
    if path.suffix.lower() in NESTED_SUFFIXES:
        raise refusal("ARC_NESTED", shown)
    if info.flag_bits & 0x1:
        raise refusal("ARC_LOCKED", shown)


def _member_name(info: zipfile.ZipInfo) -> str:
    """A member's name; old Windows tools write it in GBK without a flag for it."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return info.filename


def _truncated(error: Exception) -> ExportRefused:
    """The refusal of a damaged archive, which may raise anything; an error of the machine is raised as it is."""
    is_of_the_machine = isinstance(error, OSError) and error.errno not in (
        None,
        errno.EINVAL,
    )  # the latter: a bad offset
    if is_of_the_machine or isinstance(error, MemoryError | ExportRefused):
        raise error
    return refusal("ARC_TRUNCATED", str(error)[:80])
