"""How a task does its work: one line in the log; errors that no retry can fix fail the task at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from airflow.sdk.exceptions import AirflowFailException

from bangdan.core.errors import BangdanError, GateRefused, UsageError
from bangdan.core.formatting import one_line
from bangdan.core.reports import Result

R = TypeVar("R", bound=Result)
T = TypeVar("T")
# One line per stage in the task's log; AIRFLOW__LOGGING__NAMESPACE_LEVELS can hold it at INFO when all else is quiet.
log = structlog.get_logger("bangdan.run")


def logged(name: str, month: str, work: Callable[[], R]) -> R:
    """Do a stage's work and log one line of it: its plain values, and how long it took."""
    started = time.monotonic()
    try:
        result = permanent(work)
    except Exception:
        log.error(name, month=month, message="failed", seconds=_since(started))
        raise
    # dbt's stages return nodes by state and rows by table; others return the number of rows.
    row = result.to_json()
    inner = {key: value for part in row.values() if isinstance(part, dict) for key, value in part.items()}
    values = {**inner, **row, "month": month, "seconds": _since(started)}
    log.info(
        name,
        **{
            key: one_line(value) if isinstance(value, str) else value
            for key, value in values.items()
            if isinstance(value, str | int | float) and value != ""
        },
    )
    return result


def _since(started: float) -> float:
    return round(time.monotonic() - started, 1)


def permanent(work: Callable[[], T]) -> T:
    """Do work whose refused gates and usage errors fail the task without retries, with the message and the remedy."""
    try:
        return work()
    except (GateRefused, UsageError) as error:
        raise AirflowFailException(str(error)) from None
    except BangdanError as error:
        raise RuntimeError(str(error)) from None
