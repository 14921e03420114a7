"""What a month costs, stage by stage and model by model: the demo city from exports to release, and one explanation.

    python -m tests.benchmarks.month [--scale 1.0] [--home FOLDER]

The city is synthetic. Prints a table and, last, one line of JSON. With --home the run stays there to be looked at, and
a home that holds the month already is used as it is (every stage is done, but what is known is not judged again). Last,
the month is run once more with nothing new.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MONTH = "2021-08"


def bangdan(home: Path, *words: str) -> float:
    """Run the command line; wall seconds."""
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "bangdan.cli", *words], env={**os.environ, "BANGDAN_HOME": str(home)}, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return round(time.monotonic() - started, 2)


def measured(home: Path, scale: str) -> dict:
    found: dict = {"scale": scale}
    if not (home / "inbox").exists():
        found["demo_seconds"] = bangdan(home, "demo", "--scale", scale, "--json")
        found["before_seconds"] = bangdan(home, "run", "--month", "2021-07", "--inbox", str(home / "inbox"))
    found["wall_seconds"] = bangdan(home, "run", "--month", MONTH, "--full")
    stages = json.loads((home / "runs" / MONTH / "run_report.json").read_text("utf-8"))["stages"]
    found["stages"] = {
        one["stage"]: {k: one[k] for k in ("seconds", "cpu_seconds", "peak_memory_mb")} for one in stages
    }
    found["models"] = {name: seconds for one in stages for name, seconds in one.get("slowest", {}).items()}
    found["unchanged_seconds"] = bangdan(home, "run", "--month", MONTH)
    found["explain_seconds"] = bangdan(home, "explain", "--month", MONTH, "--unit", "310110", "--json")
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--scale", default="1.0")
    asked.add_argument("--home", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder:
        found = measured(options.home or Path(folder), options.scale)
    print(f"synthetic city, scale {options.scale}, {MONTH}: {found['wall_seconds']} s in all")
    for name, one in found["stages"].items():
        print(f"{name:16s}{one['seconds']:9.2f} s{one['cpu_seconds']:9.2f} CPU s{one['peak_memory_mb']:7d} MB so far")
    for name, seconds in sorted(found["models"].items(), key=lambda one: -one[1]):
        print(f"  {name:40s}{seconds:9.2f} s")
    print(f"{'run unchanged':16s}{found['unchanged_seconds']:9.2f} s")
    print(f"{'explain':16s}{found['explain_seconds']:9.2f} s")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
