"""Errors a person can act on: what was wrong, where, and what to do about it."""

from __future__ import annotations


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
    """The command's words are off."""

    exit_code = 2


class GateRefused(BangdanError):
    """A quality gate refused: nothing was published and the last release stands."""

    exit_code = 3


class ExportRefused(BangdanError):
    """A whole export file was refused: nothing of it was loaded.

    `reason_code` is one of exports.contract.REASONS.
    """

    def __init__(self, reason_code: str, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.reason_code = reason_code


class WriterBusy(BangdanError):
    """Another process holds the warehouse; the message names it."""
