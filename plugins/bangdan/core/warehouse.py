"""The embedded warehouse: one writer at a time, DuckDB opened with the settings every run shares."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from bangdan.core import build_record, files
from bangdan.core.errors import BangdanError, WriterBusy, remedy_in
from bangdan.core.processes import born, is_alive
from bangdan.core.settings import Settings


def configure(con: duckdb.DuckDBPyConnection, settings: Settings) -> duckdb.DuckDBPyConnection:
    """Make a connection independent of machine, time zone and network."""
    con.execute("set TimeZone = 'Asia/Shanghai'")
    con.execute(f"set threads = {settings.threads}")
    con.execute(f"set memory_limit = '{settings.memory_limit}'")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    con.execute("set enable_progress_bar = false")
    # What does not fit in memory is written here, never into the folder the command was called in.
    # DuckDB makes this folder, and none above it.
    con.execute("set temp_directory = '" + str(_spill(settings, os.getpid())).replace("'", "''") + "'")
    return con


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse. Call inside `writing()`: an open reader keeps the writer out, and the other way round."""
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    try:
        con = duckdb.connect(str(settings.warehouse), read_only=read_only)
    except duckdb.Error as error:
        if read_only and not settings.warehouse.exists():
            raise BangdanError("nothing has been built yet", remedy="run `bangdan run --month YYYY-MM`") from None
        damaged = "remove it (with its .wal, if any) and run the month again: it is made anew from raw"
        raise BangdanError(
            f"{settings.warehouse} cannot be opened: {error}", remedy=remedy_in(str(error)) or damaged
        ) from None
    try:
        yield configure(con, settings)
    finally:
        con.close()


@contextmanager
def in_memory(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory database with the shared settings, closed at the end."""
    with duckdb.connect() as con:
        yield configure(con, settings)


@contextmanager
def writing(settings: Settings, what: str) -> Iterator[None]:
    """Hold the warehouse for one piece of work; raise WriterBusy, naming the holder, after `settings.lock_wait` seconds.

    The operating system drops the lock when its holder dies, so a dead holder never blocks anyone.
    """
    files.make_folder(settings.warehouse.parent)
    note = settings.warehouse.with_name("holder.json")
    # One lock object per file and process, so that a stage may ask again inside a run that holds it already.
    lock = FileLock(settings.warehouse.with_name("writer.lock"), is_singleton=True)
    is_outermost = not lock.is_locked
    try:
        lock.acquire(timeout=settings.lock_wait)
    except Timeout:
        raise WriterBusy(
            f"the warehouse is held by {_holder(note)}; waited {settings.lock_wait:g} s",
            remedy="wait for it to end, or end it if it hangs, and run the same command again",
        ) from None
    try:
        if is_outermost:
            _write_holder(note, what)
            _clear_up(settings)
            build_record.take_over(settings)
        yield
    finally:
        if is_outermost:
            build_record.hand_over(settings)
            note.unlink(missing_ok=True)
        lock.release()


def _spill(settings: Settings, process: int) -> Path:
    return settings.warehouse.with_name(f"spill-{process}")


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """Where a folder may be made for what this process does not hold in memory; it is removed at the end. Within
    `writing()`, once at a time.
    """
    # Not the folder of DuckDB's own temporary files: DuckDB removes that with all that is in it.
    folder = _spill(settings, os.getpid()).with_suffix(".scratch")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_up(settings: Settings) -> None:
    """Remove what killed processes have left of queries and of half-written evidence and reports: all of it is
    written while the lock is held.
    """
    for folder in (settings.evidence, settings.runs):
        files.sweep(folder)
    spills = {folder: folder.stem.removeprefix("spill-") for folder in settings.warehouse.parent.glob("spill-*")}
    dead = [folder for folder, process in spills.items() if process.isdigit() and not is_alive(int(process))]
    for folder in (*dead, settings.warehouse.with_name(settings.warehouse.name + ".tmp")):
        shutil.rmtree(folder, ignore_errors=True)


def _write_holder(note: Path, what: str) -> None:
    """Record who holds the lock. It is for a message only: where it can't be written, the work goes on without."""
    # The moment is for the reader of the message; no output depends on it.
    since = datetime.now(UTC).isoformat(timespec="seconds")
    holder = {"pid": os.getpid(), "born": born(os.getpid()), "host": socket.gethostname(), "what": what, "since": since}
    partial = note.with_name(f".{note.name}.partial")  # one name: only the lock's holder writes it
    with suppress(OSError):
        note.unlink(missing_ok=True)  # the note of a dead holder must not be taken for this one
        partial.write_text(json.dumps(holder), "utf-8")
        os.replace(partial, note)
    with suppress(OSError):
        partial.unlink(missing_ok=True)


def _holder(note: Path) -> str:
    """Who holds the lock, for a message, and whether the writer of the note has ended."""
    try:
        holder = json.loads(note.read_text("utf-8"))
        name = f"process {holder['pid']} on {holder['host']} ({holder['what']}, since {holder['since']})"
        is_here = holder["host"] == socket.gethostname()
        if is_here and not (is_alive(holder["pid"]) and holder["born"] == born(holder["pid"])):
            return f"a process that is not recorded yet (the last on record, {name}, has ended)"
        return name
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
