"""A line on the terminal while a month is run: the stage in hand, its time, the rows loaded, and about how long is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.live import Live

from bangdan import stages
from bangdan.cli.common import err
from bangdan.core import logs, reports
from bangdan.core.logs import Progress
from bangdan.core.months import Month
from bangdan.core.settings import Settings


class LiveLine:
    """What is being done now; rich draws it again and again. `expected` are the seconds of each stage at an earlier run."""

    def __init__(
        self, settings: Settings, expected: dict[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.settings, self.expected, self.clock = settings, expected, clock
        self.month = self.stage = ""
        self.rows, self.started = 0, clock()

    def start(self, month: str, stage: str) -> None:
        """A stage of a month begins."""
        report = reports.read(self.settings, Month.parse(month))
        self.rows = sum(row.get("accepted", 0) for row in report.get("stages", ()))
        self.month, self.stage, self.started = month, stage, self.clock()

    def __rich__(self) -> str:
        if not self.stage:
            return ""
        seconds = self.clock() - self.started
        parts = [f"{self.month} {self.stage}", f"{seconds:.0f} s"]
        if self.rows:
            parts.append(f"{self.rows:,} rows loaded")
        if self.stage in self.expected:
            left = max(self.expected[self.stage] - seconds, 0) + self._after()
            parts.append(f"about {left:.0f} s left")
        return ", ".join(parts)

    def _after(self) -> float:
        """Seconds of the stages that follow, at the earlier run."""
        names = list(stages.STEPS)
        return sum(self.expected.get(name, 0) for name in names[names.index(self.stage) + 1 :])


@contextmanager
def shown(settings: Settings, log_progress: Progress | None) -> Iterator[None]:
    """Within the block stages are logged as lines to `log_progress`; on a terminal the one in hand has a live line."""
    if log_progress is None or not err.is_terminal:
        logs.watch(log_progress)
        yield
        return
    line = LiveLine(settings, reports.typical_seconds(settings))
    logs.watch(log_progress, line.start)
    try:
        with Live(line, console=err, refresh_per_second=2, transient=True):
            yield
    finally:
        logs.watch(None)
