"""The embedded warehouse: one writer at a time, DuckDB opened with the settings every run shares."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from bangdan.errors import WriterBusy
from bangdan.settings import Settings

LOCK_WAIT_SECONDS = 60


def configure(con: duckdb.DuckDBPyConnection, settings: Settings) -> duckdb.DuckDBPyConnection:
    """Make a connection independent of machine, time zone and network."""
    con.execute("set TimeZone = 'Asia/Shanghai'")
    con.execute(f"set threads = {settings.threads}")
    con.execute(f"set memory_limit = '{settings.memory_limit}'")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    con.execute("set enable_progress_bar = false")
    return con


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse. Call inside `writing()`: an open reader keeps the writer out, and the other way round."""
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(settings.warehouse), read_only=read_only)
    try:
        yield configure(con, settings)
    finally:
        con.close()


def in_memory(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A private in-memory database with the shared settings; the caller closes it."""
    return configure(duckdb.connect(), settings)


@contextmanager
def writing(settings: Settings, what: str, *, wait: float = LOCK_WAIT_SECONDS) -> Iterator[None]:
    """Hold the warehouse for one piece of work; raise WriterBusy, naming the holder, after `wait` seconds.

    The operating system drops the lock when its holder dies, so a dead holder never blocks anyone.
    """
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    holder = settings.warehouse.with_name("holder.json")
    # One lock object per file and process, so that a stage may ask again inside a run that holds it already.
    lock = FileLock(settings.warehouse.with_name("writer.lock"), is_singleton=True)
    is_outermost = not lock.is_locked
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        raise WriterBusy(
            f"the warehouse is held by {_holder(holder)}; waited {wait:.0f} s",
            remedy="wait for it to end, or end it if it hangs, and run the same command again",
        ) from None
    try:
        if is_outermost:
            # The moment is for the reader of the message only; no output depends on it.
            since = datetime.now(UTC).isoformat(timespec="seconds")
            said = {"pid": os.getpid(), "host": socket.gethostname(), "what": what, "since": since}
            holder.write_text(json.dumps(said), "utf-8")
        yield
    finally:
        if is_outermost:
            holder.unlink(missing_ok=True)
        lock.release()


def _holder(file: Path) -> str:
    """Who said last that it holds the warehouse, for a message."""
    try:
        said = json.loads(file.read_text("utf-8"))
        return f"process {said['pid']} on {said['host']} ({said['what']}, since {said['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
