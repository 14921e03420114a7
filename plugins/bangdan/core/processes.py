"""Work in parallel: processes that end with the one that started them, and threads that keep the order."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends (Linux), however the parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the request was heard
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _without_main() -> Iterator[None]:
    """Workers need what their task names and not the program that was called, which a spawned process imports first.

    In an Airflow task that program is Airflow itself, which wants its database there, and a task has none.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def born(pid: int) -> str:
    """When a process began, in clock ticks after boot, which differs from that of a later process of the same number.
    Empty where no such process runs; one that has ended and waits for its parent does not run.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine."""
    return bool(born(pid))


def each_in_processes(work: Callable[..., Any], tasks: Iterable[tuple], workers: int) -> Iterator[Any]:
    """Run work(*task) for each task in worker processes; yield results as they come, in no order.

    Workers are spawned, not forked: a fork would copy the threads' locks of DuckDB and Arrow in whatever state
    they are. With one worker, or one task, everything runs in this process. The first error ends the rest.
    """
    tasks = list(tasks)
    if workers < 2 or len(tasks) < 2:
        for task in tasks:
            yield work(*task)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(tasks)), mp_context=context, initializer=die_with_parent, initargs=(os.getpid(),)
    ) as pool:
        with _without_main():  # the first submission starts all workers
            waiting = [pool.submit(work, *task) for task in tasks]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def in_threads(work: Callable[[Any], Any], tasks: Iterable[Any], workers: int) -> Iterator[Any]:
    """Yield work(task) for each task, in their order; no more than `workers` + 1 tasks are in memory at a time.

    For work that spends its time in numpy or Arrow, which let other threads run meanwhile.
    """
    if workers < 2:
        yield from map(work, tasks)
        return
    waiting: deque[Future] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(work, task))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
