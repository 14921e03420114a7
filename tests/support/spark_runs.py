"""Homes that are built on Apache Spark: commands as processes of their own, and the releases that they leave."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.homes import BANGDAN, PYTHON_PATH, tree

# What a home is built from: exports, the raw layer made of them, and the city's folder.
BUILT_FROM = ("landing", "raw", "secrets", "city.yml", "registry", "rules", "method", "corrections", "mappings")
JULY = "2021-07"
RUN = ("run", "--month", JULY)
SECONDS = 3000


def loaded_home(city: Path, home: Path) -> Path:
    """A home with the exports of a city, landed and loaded, and nothing built of them."""
    home.mkdir(parents=True)
    for name in BUILT_FROM:
        if (city / name).is_dir():
            shutil.copytree(city / name, home / name, symlinks=True)
        elif (city / name).exists():
            shutil.copy2(city / name, home / name)
    return home


def start(home: Path, *words: str, master: str = "local[2]", **variables: str) -> subprocess.Popen[str]:
    """The command line in a home, with Spark as its engine, under way; what it prints goes into `home/command.log`."""
    environment = {
        **os.environ,
        "BANGDAN_HOME": str(home),
        "BANGDAN_ENGINE": "spark",
        "BANGDAN_SPARK_MASTER": master,
        "BANGDAN_THREADS": "2",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": PYTHON_PATH,
        **variables,
    }
    with (home / "command.log").open("w") as log:
        return subprocess.Popen([*BANGDAN, *words], env=environment, stdout=log, stderr=log, text=True)


def printed(home: Path) -> str:
    """What the last command in a home has printed so far."""
    return (home / "command.log").read_text("utf-8", "replace")


def run(home: Path, *words: str, master: str = "local[2]", code: int = 0, **variables: str) -> str:
    """Run the command line as `start` does, check its exit code, and return what it printed."""
    process = start(home, *words, master=master, **variables)
    try:
        assert process.wait(SECONDS) == code, printed(home)[-3000:]
    finally:
        process.kill()
    return printed(home)


def until(condition: Callable[[], object], home: Path) -> None:
    """Wait for a condition; fail with what the command in the home has printed."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, printed(home)[-2000:]
        time.sleep(0.2)


def children(process: int) -> list[int]:
    """Process ids of the children of a process."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return sorted({int(word) for task in tasks for word in task.read_text("ascii").split()})


def java_of(process: int) -> list[int]:
    """Process ids of the Java that a command has started: the driver of its session."""
    return [child for child in children(process) if b"SparkSubmit" in Path(f"/proc/{child}/cmdline").read_bytes()]


def release_files(home: Path, month: str) -> dict[str, str]:
    """Name → SHA-256 of every file of the first release of a month, of the manifest its text without the version of the
    code, in which the manifest of the month before differs too.
    """
    folder = home / "releases" / month / "r1"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    del manifest["code_version"]
    if manifest["previous"]:
        del manifest["previous"]["sha256"]
    return {**tree(folder), "manifest.json": json.dumps(manifest, ensure_ascii=False)}
