"""A standalone cluster of Apache Spark on this machine, from the classes of the PyPI package: a master and workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyspark

from tests.support.spark_runs import children

HOME = Path(pyspark.__file__).parent
SECONDS = 90


class Cluster(NamedTuple):
    """The address of a master, and its workers' processes."""

    master: str
    workers: list[subprocess.Popen[bytes]]

    def executors(self) -> list[int]:
        """Process ids of the executors that run on the workers."""
        return [
            process
            for worker in self.workers
            for process in children(worker.pid)
            if b"CoarseGrainedExecutorBackend" in Path(f"/proc/{process}/cmdline").read_bytes()
        ]

    def kill_an_executor(self) -> int:
        """Kill an executor; its process id."""
        process = self.executors()[0]
        os.kill(process, signal.SIGKILL)
        return process


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a master and workers of one core each, on loopback; ends them with the block."""
    port, page = _free_port(), _free_port()
    master = f"spark://127.0.0.1:{port}"
    processes = [_start(folder, "master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page))]
    try:
        for number in range(workers):
            place = str(folder / f"work-{number}")
            words = ("--cores", "1", "--memory", "2g", "--host", "127.0.0.1", "--work-dir", place)
            processes.append(_start(folder, "worker.Worker", *words, "--webui-port", "0", master))
        _wait_for_workers(f"http://127.0.0.1:{page}/json/", workers)
        yield Cluster(master, processes[1:])
    finally:
        for process in processes:
            for child in children(process.pid):
                os.kill(child, signal.SIGKILL)
            process.kill()
            process.wait()


def _start(folder: Path, name: str, *words: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [str(HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *words],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip


def _wait_for_workers(page: str, workers: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(page, timeout=5) as answer:
                if f'"aliveworkers" : {workers}' in answer.read().decode():
                    return
        except OSError:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"no {workers} workers within {SECONDS} s")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
