"""Files that hold a secret of the data home: whole or not there, and readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path

from bangdan.core import files


def write(file: Path, secret: str, *, only_new: bool = False) -> None:
    """Write a secret and a line end with mode 600 from the first byte on; of two processes that make the first key at once, one wins."""
    files.make_private_folder(file.parent)
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with files.naming(file), os.fdopen(handle, "w") as stream:
            stream.write(secret + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        if only_new:
            try:
                os.link(partial, file)
            except FileExistsError:
                return
        else:
            os.replace(partial, file)
        files.sync(file.parent)
    finally:
        partial.unlink(missing_ok=True)
