"""What a command costs with all processes that it starts, Java and its workers too: time, CPU time, and most memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

SECONDS_BETWEEN = 0.2


@dataclass
class Cost:
    """Seconds on the clock, CPU seconds, and the most resident memory in MB that the processes had together."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: int = 0
    _at_start: float = 0.0
    _cpu_of: dict[tuple[int, float], float] = field(default_factory=dict, repr=False)

    def sample(self) -> None:
        memory = 0
        for process in psutil.Process().children(recursive=True):
            try:
                times = process.cpu_times()
                self._cpu_of[process.pid, process.create_time()] = times.user + times.system
                memory += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.peak_mb = max(self.peak_mb, round(memory / 1e6))
        self.cpu_seconds = round(sum(self._cpu_of.values()) - self._at_start, 1)


@contextmanager
def measured() -> Iterator[Cost]:
    """The cost of what the processes below this one do within the block; complete when the block has ended."""
    cost, ended = Cost(), threading.Event()
    cost.sample()
    cost._at_start, cost.peak_mb = cost.cpu_seconds, 0

    def watch() -> None:
        while not ended.wait(SECONDS_BETWEEN):
            cost.sample()

    watcher = threading.Thread(target=watch)
    started = time.monotonic()
    watcher.start()
    try:
        yield cost
    finally:
        cost.seconds = round(time.monotonic() - started, 1)
        ended.set()
        watcher.join()
