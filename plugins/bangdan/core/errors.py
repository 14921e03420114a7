"""Errors a person can act on: what was wrong, where, and what to do about it."""

from __future__ import annotations

import errno


class BangdanError(Exception):
    """A failure with a remedy. `exit_code` is what the command line leaves with."""

    exit_code = 1

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  remedy: {self.remedy}" if self.remedy else self.message


class UsageError(BangdanError):
    """The command line is wrong."""

    exit_code = 2


class GateRefused(BangdanError):
    """A quality gate refused: nothing was published and the last release stays."""

    exit_code = 3


class ExportRefused(BangdanError):
    """A whole export file was refused: nothing of it was loaded.

    `reason_code` is one of ingestion.reasons.REASONS.
    """

    def __init__(self, reason_code: str, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.reason_code = reason_code


class WriterBusy(BangdanError):
    """Another process holds the warehouse; the message names it."""


# Phrases in the messages of the kernel and of DuckDB, and what a person can do about each.
REMEDIES = (
    (
        "No space left on device",
        "free space on the disk where that lies, then run the same command again: nothing is lost",
    ),
    ("Input/output error", "look at the disk (dmesg), then run the same command again: nothing is lost"),
    ("fsync failed", "look at the disk (dmesg, df), then run the same command again: nothing is lost"),
    ("Out of Memory", "give it more (BANGDAN_MEMORY_LIMIT, now too low) or let fewer threads run (BANGDAN_THREADS)"),
    ("not a valid DuckDB database", "remove warehouse/bangdan.duckdb* and run the month again: it is made from raw"),
    ("orrupt", "remove warehouse/bangdan.duckdb* and run the month again: it is made from raw"),
    (
        "Could not read enough bytes",
        "the file is cut short; if it is warehouse/bangdan.duckdb: remove it and run the month again: it is made from raw",
    ),
    ("replaying WAL", "remove warehouse/bangdan.duckdb* and run the month again: it is made from raw"),
    ("Could not set lock", "end the program that has the file open, and run the same command again"),
)
BY_NUMBER = {errno.EDQUOT: REMEDIES[0][1], errno.ENOSPC: REMEDIES[0][1], errno.EIO: REMEDIES[1][1]}


def remedy_in(text: str) -> str | None:
    """The remedy for a failure of the machine, by its message; None for an unknown one."""
    return next((remedy for phrase, remedy in REMEDIES if phrase in text), None)


def with_place(message: str, place: object) -> str:
    """A message of DuckDB, which does not always name its file, with the folder where it happened."""
    return message if str(place) in message else f"{message} (below {place})"


def of_the_machine(error: BaseException, home: object) -> BangdanError | None:
    """Disk, memory, files: cause, file (at least the data folder, `home`) and remedy in words. None for anything else,
    which is the program's mistake.
    """
    import duckdb

    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        lines = str(error).strip().splitlines()
        return BangdanError(f"out of memory{': ' + lines[0] if lines else ''}", remedy=remedy_in("Out of Memory"))
    if isinstance(error, OSError):
        file = error.filename2 or error.filename  # of a rename or link, what was to be made
        where = f": {file}" if file else ""
        remedy = BY_NUMBER.get(error.errno or 0) or "see that the file is there and may be read and written"
        return BangdanError(f"{error.strerror or error}{where}", remedy=remedy)
    if isinstance(error, duckdb.Error) and (known := remedy_in(str(error))):
        return BangdanError(with_place(str(error).strip(), home), remedy=known)
    return None
