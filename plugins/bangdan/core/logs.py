"""Events of runs: one JSON object a line in logs/, and a readable line where a person watches.

A log is about a run, never part of a result: nothing that has to be the same twice is written here or read from here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from bangdan.core import documents
from bangdan.core.formatting import one_line
from bangdan.core.settings import Settings

# What a person need not read in every line.
QUIET = {"event", "level", "at", "run", "month", "cpu_seconds", "peak_memory_mb", "digest", "path"}
Progress = Callable[[str], None]
# A person who watches; None where nobody does.
_watcher: Progress | None = None
_on_start: Callable[[str, str], None] | None = None


def silent(line: str) -> None:
    """Log no progress."""


def watch(log_progress: Progress | None, on_start: Callable[[str, str], None] | None = None) -> None:
    """Pass each event as a line to `log_progress` too, and month and name of a stage that begins to `on_start`; None ends
    that.
    """
    global _watcher, _on_start
    _watcher, _on_start = log_progress, on_start


def stage_started(month: str, stage: str) -> None:
    """Pass on that a stage begins. A person sees that; no line of the log is written."""
    if _on_start:
        _on_start(month, stage)


def logger(settings: Settings) -> Any:
    """A structlog logger of a data home: `logger(settings).info("stage", month="2021-08", stage="match", seconds=3)`.

    Bound values (structlog.contextvars: `run`) are in every line. Nothing is written before the first event.
    """
    return structlog.wrap_logger(
        _Lines(settings.home / "logs"),
        # In full: Airflow configures structlog for itself, and would drop what is no warning.
        wrapper_class=structlog.make_filtering_bound_logger(0),
        context_class=dict,
        cache_logger_on_first_use=False,
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _show,
            structlog.processors.JSONRenderer(serializer=documents.dump, default=str),
        ],
    )


def _show(wrapped: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The same event for a person: what, how long, and the counts."""
    if _watcher:
        values = {key: value for key, value in event.items() if key not in QUIET}
        name, seconds = values.pop("stage", event["event"]), values.pop("seconds", None)
        shown = [f"{key} {_short(value)}" for key, value in values.items() if not isinstance(value, dict | list)]
        if event["level"] == "error":  # the message follows as the command's last word
            shown = ["failed"]
        if seconds is not None:
            shown.insert(0, f"{seconds:.1f} s")
        _watcher(one_line(f"{event.get('month', '')} {name}: {', '.join(shown)}".strip()))
    return event


def _short(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


class _Lines:
    """Appends to one file per day. One write per line, so that processes do not cut into each other's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _write(self, line: str) -> None:
        day = json.loads(line)["at"][:10]
        # A log that cannot be written (full disk) must not stop a month.
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / f"{day}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(handle, (line + "\n").encode("utf-8", "surrogatepass"))
            finally:
                os.close(handle)

    debug = info = warning = error = critical = msg = _write
