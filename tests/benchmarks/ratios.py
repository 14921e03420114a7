"""What a month costs as ratios, which hardly depend on the machine: over the floor, again, and after a late file.

    python -m tests.benchmarks.ratios [--scale 1.0] [--home FOLDER] [--out FILE] [--check FILE]

The city is synthetic. 2021-07 is built first, unless FOLDER has it published; then 2021-08 as a new month (every item to
judge), the same month again with nothing new, and once more after a late file of 1,000 items. The floor is that of
`tests.benchmarks.floor`, measured in the same run. Prints a table and, last, one line of JSON, which --out keeps. --check fails
where a ratio is more than SLACK times that of a kept file.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bangdan.core.settings import Settings
from bangdan.demo import exports
from tests.benchmarks import floor
from tests.benchmarks.month import MONTH, bangdan

EARLIER = "2021-07"
LATE_ITEMS = 1_000
# Two runs on one machine differ, the more so where other work shares it.
SLACK = 1.25
COSTS = ("seconds", "cpu_seconds", "peak_memory_mb")


def run(home: Path, *words: str) -> dict[str, float]:
    """`bangdan run` of the month: seconds, CPU seconds and peak memory of it, and the costs of each stage."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "bangdan.cli", "run", "--month", MONTH, *words],
        env={**os.environ, "BANGDAN_HOME": str(home)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"bangdan run {' '.join(words)} failed"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_memory_mb": usage.ru_maxrss // 1024,
    }


def stages(home: Path) -> dict[str, dict[str, float]]:
    """What each stage of the last run cost."""
    report = json.loads((home / "runs" / MONTH / "run_report.json").read_text("utf-8"))["stages"]
    return {stage["stage"]: {name: stage[name] for name in COSTS} for stage in report}


def the_floor(home: Path) -> dict[str, Any]:
    """The floor, measured in a process of its own: what it holds in memory is not counted to the runs after it."""
    done = subprocess.run(
        [sys.executable, "-m", floor.__name__, "--home", str(home)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def late_file(home: Path) -> Path:
    """A delivery of LATE_ITEMS items that are in no other: the rows of a vendor's file under other addresses."""
    (file,) = (home / "inbox" / f"synthetic-{MONTH}" / "week2" / "monitoring_vendor").glob("*.csv")
    with file.open(encoding="gb18030", newline="") as stream:
        header, *rows = list(csv.reader(stream))
    address = header.index("链接")
    for row in rows:
        row[address] = row[address].replace(".html", "-late.html")
    folder = exports.deliver(home / "late", datetime(2021, 9, 20))  # noqa: DTZ001 - Shanghai local
    exports.write_csv(
        folder / "monitoring_vendor" / "synthetic_news_apps.csv", header, rows[:LATE_ITEMS], encoding="gb18030"
    )
    return folder


def measured(home: Path, scale: str) -> dict[str, Any]:
    """Costs of the three runs and of the floor, and their ratios."""
    if not (home / "releases" / EARLIER).exists():
        bangdan(home, "demo", "--scale", scale)
        bangdan(home, "run", "--month", EARLIER, "--inbox", str(home / "inbox"))
    result: dict[str, Any] = {"machine": machine(home), "scale": scale, "month": run(home)}
    result["stages"] = stages(home)
    (result["items"],) = (
        stage["items"]
        for stage in json.loads((home / "runs" / MONTH / "run_report.json").read_text("utf-8"))["stages"]
        if stage["stage"] == "match"
    )
    result["floor"] = the_floor(home)
    result["again"] = run(home)
    result["late"] = run(home, "--inbox", str(late_file(home)), "--reason", "R1")
    hashing = result["floor"]["hashing_cpu_seconds"]
    least = hashing + result["floor"]["resolving_cpu_seconds"]
    ratios = {
        "month over floor": result["month"]["cpu_seconds"] / least,
        "match over hashing": result["stages"]["match"]["cpu_seconds"] / hashing,
        "again over month": result["again"]["cpu_seconds"] / result["month"]["cpu_seconds"],
        "late file over month": result["late"]["cpu_seconds"] / result["month"]["cpu_seconds"],
    }
    # Of each stage too, so that one that grows is named.
    ratios |= {f"{name} over floor": stage["cpu_seconds"] / least for name, stage in result["stages"].items()}
    result["ratios"] = {name: round(ratio, 3) for name, ratio in ratios.items()}
    return result


def machine(home: Path) -> dict[str, Any]:
    """What the run was measured on."""
    settings = Settings(home, threads=2, memory_limit="4GB")
    packages = {name: version(name) for name in ("duckdb", "dbt-core", "numba", "numpy", "pyarrow")}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(), "memory_gb": round(memory / 1e9), "system": platform.system(),
        "python": platform.python_version(), "threads": settings.threads, "memory_limit": settings.memory_limit,
        **packages,
    }  # fmt: skip


def regressions(ratios: dict[str, float], kept: dict[str, float]) -> list[str]:
    """A line for each ratio that is more than SLACK times the kept one. Ratios under a hundredth are noise."""
    return [
        f"{name}: {ratios[name]:.3f}, kept {least:.3f}"
        for name, least in kept.items()
        if ratios[name] > SLACK * max(least, 0.01)
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--scale", default="1.0")
    asked.add_argument("--home", type=Path)
    asked.add_argument("--out", type=Path)
    asked.add_argument("--check", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder:
        result = measured(options.home or Path(folder), options.scale)
    for name, costs in (*result["stages"].items(), *((run, result[run]) for run in ("month", "again", "late"))):
        print(f"{name:24s}{costs['seconds']:9.1f} s{costs['cpu_seconds']:9.1f} CPU s{costs['peak_memory_mb']:7d} MB")
    for name, ratio in result["ratios"].items():
        print(f"{name:28s}{ratio:9.3f}")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(result))
    if options.check and (lines := regressions(result["ratios"], json.loads(options.check.read_text())["ratios"])):
        sys.exit("slower than it was:\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
