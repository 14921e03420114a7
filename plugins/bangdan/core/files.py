"""Files that are whole or not there: write beside, flush to disk, swap by rename."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bangdan.core.processes import is_alive

HALF_WRITTEN = (".partial", ".part", ".crdownload")
SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_regular(path: Path) -> bool:
    """True for a file that is no link, folder, pipe or device; False also where there is nothing."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def is_litter(name: str) -> bool:
    """Whether a file of this name is hidden, half written, or what operating systems and offices leave in folders."""
    return name.startswith((".", "~$")) or name.endswith(HALF_WRITTEN) or name.lower() in SYSTEM_FILES


def kind_of(path: Path) -> str:
    """What is at a path, in words; links are not followed."""
    mode = path.lstat().st_mode
    kinds = {stat.S_IFREG: "a file", stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe"}
    return kinds.get(stat.S_IFMT(mode), "a device or socket")


@contextmanager
def naming(target: Path) -> Iterator[None]:
    """An error of the disk names the file: write(2) and fsync(2) know no names."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(target)
        raise


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write to; when the block ends well it takes the target's place, atomically and on disk.

    When the block raises, the target is as it was and nothing is left beside it; an error of the disk names the target.
    """
    make_folder(target.parent)
    # The process id keeps two loaders of one file apart; both write the same bytes.
    beside = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with naming(target):
            yield beside
            sync(beside)
            os.replace(beside, target)
            sync(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; each is on disk under its name before anything is put in."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)
        sync(parent.parent)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that exists is closed to others where it is ours."""
    make_folder(folder)
    status = folder.stat()
    if status.st_mode & 0o077 and status.st_uid == os.geteuid():
        folder.chmod(0o700)


def has_link(root: Path, name: str) -> bool:
    """True where the path `name` below `root`, or a folder on the way to it, is a link."""
    path = root / name
    return any(part.is_symlink() for part in (path, *path.parents) if part != root and part.is_relative_to(root))


def sweep(folder: Path) -> None:
    """Remove what writers that were killed have left beside their targets; a live process keeps its own."""
    for beside in folder.rglob(".*.partial"):
        pid = beside.name.removesuffix(".partial").rpartition(".")[2]
        if beside.is_file() and pid.isdigit() and not is_alive(int(pid)):
            beside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with naming(path):
            os.fsync(handle)
    finally:
        os.close(handle)


def write_text(target: Path, text: str) -> None:
    """Write a whole text file atomically, UTF-8, line ends as given; a file that says the same is left alone."""
    write_bytes(target, text.encode("utf-8"))


def write_bytes(target: Path, data: bytes) -> None:
    """Write a whole file atomically; a file that holds the same is left alone."""
    if target.exists() and target.read_bytes() == data:
        return
    with replacing(target) as path:
        path.write_bytes(data)
