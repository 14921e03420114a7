"""Fail the Nth operation of a step, for every N, until it runs through; then look at what is left.

A step is a Python function that runs in a process of its own, forked from a server that has imported the program and
does nothing else: a case costs no start of Python, and no thread of an earlier test holds a lock that the fork would
copy. strace attaches to the child and makes its Nth system call of a name fail (ENOSPC, EIO) or kills it there (KILL).
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import dill
import pytest

from bangdan.demo import write_city
from tests.support import children

# System calls that change a disk. strace counts each call by itself, so each has its own cases.
KINDS = {"KILL": "signal=KILL", "ENOSPC": "error=ENOSPC", "EIO": "error=EIO"}
CAUSES = {"ENOSPC": "No space left", "EIO": "Input/output error"}
EVERY = "BANGDAN_EVERY_FAULT" in os.environ  # `make faults`
SECONDS = 300  # for a busy machine


@dataclass(frozen=True)
class Fault:
    """The Nth system call of a name, and what happens to it."""

    call: str
    kind: str
    nth: int

    def __str__(self) -> str:
        return f"{self.kind} at {self.call} {self.nth}"


@dataclass
class Ended:
    """How a child ended: exit code (negative: signal), all that it printed, and whether the fault came to pass."""

    code: int
    output: str
    was_hit: bool = False


def run(work: Callable[[], object], scratch: Path, fault: Fault | None = None, **settings: str) -> Ended:
    """Run `work` in a child as the command line would, under an injected fault if one is named."""
    scratch.mkdir(parents=True, exist_ok=True)
    printed, trace = scratch / "printed.txt", scratch / "trace.txt"
    words = (dill.dumps(work), printed, fault is not None, {**os.environ, **settings})
    printed.unlink(missing_ok=True)
    child = children.server().Process(target=_be_child, args=words)
    child.start()
    assert child.pid
    tracer = _attach(child, fault, printed, trace) if fault else None
    code = _wait(child, printed)
    if tracer:
        tracer.wait(SECONDS)
    traced = trace.read_text("utf-8", "replace") if fault else ""
    return Ended(code, printed.read_text("utf-8", "replace"), "INJECTED" in traced or code == -9)


def _be_child(work: bytes, printed: Path, is_traced: bool, environment: dict[str, str]) -> None:
    """The child's life; never returns."""
    code = 70
    try:
        children.take_over(environment, printed, printed)
        step = dill.loads(work)
        while is_traced and "TracerPid:\t0\n" in Path("/proc/self/status").read_text("utf-8"):
            time.sleep(0.002)
        from bangdan.cli import exit_code_of

        code = exit_code_of(lambda: step() and 0)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _attach(child: BaseProcess, fault: Fault, printed: Path, trace: Path) -> subprocess.Popen:
    until = time.monotonic() + SECONDS
    while not printed.exists() and time.monotonic() < until:  # what the child does before it is ready is not the step's
        time.sleep(0.002)
    words = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={fault.call}", "-e", "signal=none"]
    words += ["-e", f"inject={fault.call}:{KINDS[fault.kind]}:when={fault.nth}", "-p", str(child.pid)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while "TracerPid:\t0\n" in Path(f"/proc/{child.pid}/status").read_text("utf-8"):
        if tracer.poll() is not None or time.monotonic() > until:
            child.kill()
            child.join()
            message = tracer.stderr.read() if tracer.poll() is not None and tracer.stderr else "it does not attach"
            pytest.fail(f"strace must be installed and may trace its own user's processes (ptrace): {message}")
        time.sleep(0.002)
    return tracer


def _wait(child: BaseProcess, printed: Path) -> int:
    """The child's exit code, negative for a signal. A child that hangs shows where, and fails the test."""
    child.join(SECONDS)
    if child.exitcode is None:
        os.kill(child.pid or 0, signal.SIGUSR1)
        child.join(2)
        child.kill()
        child.join()
        pytest.fail(f"the step neither ended nor failed: {printed.read_text('utf-8', 'replace')[-4000:]}")
    return child.exitcode


def faults(call: str, kind: str, places: Sequence[int]) -> Iterator[Fault]:
    """In the suite the operations of `places`, in `make faults` every one. What is many is taken there in ever wider steps,
    seeded by call and kind: writes, and flushes that fail (a kill is tried at each).
    """
    if not EVERY:
        yield from (Fault(call, kind, nth) for nth in places)
        return
    nth, seeded = 1, random.Random(f"{call} {kind}")
    is_many = "write" in call or (call == "fdatasync" and kind != "KILL")
    for number in range(10_000):
        yield Fault(call, kind, nth)
        nth += seeded.randint(1, 2 + 2 * number) if is_many else 1


def series(name: str, places: Iterator[Fault], disturbed: Callable[[Fault], bool]) -> int:
    """Disturb a step at one place after another; the number of places, which is printed too. In `make faults` until the
    step is through; in the suite a place that the step does not have fails the test, for it would test nothing.
    """
    hits = 0
    for fault in places:
        if not disturbed(fault):
            assert EVERY, f"{name}: there is no {fault}; choose another place"
            break
        hits += 1
    print(f"\n{name}: {hits} places")
    return hits


def tree(*folders: Path) -> dict[str, str]:
    """Path → SHA-256 of every file, and where every link leads."""
    result = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder.parent).as_posix()
            if path.is_symlink():
                result[name] = os.readlink(path)
            elif path.is_file():
                result[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return result


def copy(home: Path, target: Path, *names: str) -> Path:
    """A home that holds copies of some folders of another, and the demo's city folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in names:
        if (home / name).exists():
            shutil.copytree(home / name, target / name, symlinks=True)
    write_city(target)
    return target


def leftovers(home: Path) -> list[str]:
    """What a step writes beside its results and should not be there when it is done."""
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*.partial"))


def wrong_with_what_is_published(home: Path) -> list[str]:
    """In words, what a reader would find broken: a release that is not whole, `latest` or a database that lead nowhere.

    Database and `latest` may be those of before or of after: either stands whole.
    """
    import duckdb

    from bangdan.core.settings import Settings
    from bangdan.publication import ledger, verification

    settings = Settings.load()
    # What follows a release is behind after a kill, and is looked at below: it must lead to a whole release.
    result = [
        problem
        for problem in verification.verify(settings)
        if "latest" not in problem and "archive" not in problem and not problem.startswith("id: the address")
    ]
    whole = {(str(all_release.month), all_release.name) for all_release in ledger.all_releases(settings)}
    for link in home.glob("releases/id/*"):
        result += [] if (link / "manifest.json").is_file() else [f"{link.name} leads nowhere"]
    for link in home.glob("releases/*/latest"):
        if (link.parent.name, os.readlink(link)) not in whole:
            result.append(f"{link.parent.name}: latest leads to {os.readlink(link)}")
    con = duckdb.connect(str(settings.published), read_only=True)
    for table in ("ranking", "posts", "unit_indicators"):
        rows = con.execute(f"select distinct ranking_month, release from published.{table}").fetchall()
        result += [f"database: {row} is no whole release" for row in rows if row not in whole]
        result += [] if len(rows) == len({month for month, _ in rows}) else [f"database: {table} is of two releases"]
    return result


def tables(database: Path) -> dict[str, str]:
    """Table → its rows counted and summed up; a database file holds them in no fixed layout."""
    import duckdb

    con = duckdb.connect(str(database), read_only=True)
    result = con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
    rows = {
        f"{schema}.{name}": con.execute(f'select count(*), sum(hash(t)::hugeint) from "{schema}"."{name}" t').fetchone()
        for schema, name in result
    }
    con.close()
    return {name: str(problem) for name, problem in rows.items()}


def database_digest(home: Path) -> str:
    """SHA-256 over all rows of the analysts' database, in their order; its file holds them in no fixed layout."""
    import duckdb

    con = duckdb.connect(str(home / "published" / "bangdan.duckdb"), read_only=True)
    names = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'history' order by table_name"
    ).fetchall()
    result = hashlib.sha256()
    for (name,) in names:
        result.update(repr((name, con.execute(f"from history.{name}").fetchall())).encode())
    return result.hexdigest()


def check_message(ended: Ended, fault: Fault, home: Path) -> None:
    """A killed step was killed; one that failed by the fault says cause, file and remedy, and nobody sees a traceback."""
    assert "Traceback" not in ended.output, f"{fault}: {ended.output}"
    if ended.was_hit and fault.kind == "KILL":
        assert ended.code == -9, f"{fault}: {ended}"
    elif ended.code:
        assert ended.was_hit, f"{fault}: {ended}"
        assert ended.code == 1, f"{fault}: {ended}"
        assert "remedy" in ended.output, f"{fault}: {ended}"
        places = (str(home), f"{tempfile.gettempdir()}/tmp")  # the latter: folders that a library makes for itself
        assert any(place in ended.output for place in places), f"{fault}: the message names no file: {ended.output}"
        # DuckDB does not say why a flush failed.
        is_told = CAUSES[fault.kind] in ended.output or (fault.call == "fdatasync" and "fsync failed" in ended.output)
        assert is_told, f"{fault}: {ended.output}"
