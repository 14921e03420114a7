"""Child processes forked from a server that has imported the program, so that none of them pays for its start."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path


@cache
def server() -> ForkServerContext:
    """Starts processes by fork from a process without threads, in which everything of tests.support.preloaded is imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.preloaded"])
    return context


def run_command(
    words: Sequence[str], environment: Mapping[str, str], seconds: float = 500
) -> subprocess.CompletedProcess[str]:
    """Run `bangdan WORDS` in a process of its own with exactly this environment. Raises TimeoutExpired after `seconds`."""
    with tempfile.TemporaryDirectory(prefix="bangdan-command-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        child = server().Process(target=_be_command, args=(list(words), dict(environment), out, err))
        child.start()
        child.join(seconds)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(list(words), seconds, out.read_bytes(), err.read_bytes())
        return subprocess.CompletedProcess(
            list(words), child.exitcode, out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace")
        )


def take_over(environment: Mapping[str, str], out: Path, err: Path) -> None:
    """Make this process one with its own environment and output files."""
    faulthandler.disable()  # a library that dies of a fault is known by its signal
    for descriptor, file in ((1, out), (2, err)):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(handle, descriptor)
        os.close(handle)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    faulthandler.register(signal.SIGUSR1, file=2)  # where a process hangs is asked for by this signal
    os.environ.clear()
    os.environ.update(environment)


def _be_command(words: list[str], environment: dict[str, str], out: Path, err: Path) -> None:
    """Run the command line and end the process; never returns."""
    code = 70
    try:
        take_over(environment, out, err)
        from bangdan.cli import cli, exit_code_of

        code = exit_code_of(lambda: cli.main(words, prog_name="bangdan", standalone_mode=False))
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
