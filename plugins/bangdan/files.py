"""Files that are whole or not there: write beside, flush to disk, swap by rename."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write to; when the block ends well it takes the target's place, atomically and on disk.

    When the block raises, the target is as it was and nothing is left beside it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps two loaders of one file apart; both write the same bytes.
    beside = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield beside
        sync(beside)
        os.replace(beside, target)
        sync(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(target: Path, text: str) -> None:
    """Write a whole text file atomically, UTF-8, line ends as given."""
    with replacing(target) as path:
        path.write_bytes(text.encode("utf-8"))
