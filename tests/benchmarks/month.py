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
    result: dict = {"scale": scale}
    if not (home / "inbox").exists():
        result["demo_seconds"] = bangdan(home, "demo", "--scale", scale, "--json")
        result["before_seconds"] = bangdan(home, "run", "--month", "2021-07", "--inbox", str(home / "inbox"))
    result["wall_seconds"] = bangdan(home, "run", "--month", MONTH, "--full")
    stages = json.loads((home / "runs" / MONTH / "run_report.json").read_text("utf-8"))["stages"]
    result["stages"] = {
        stage["stage"]: {k: stage[k] for k in ("seconds", "cpu_seconds", "peak_memory_mb")} for stage in stages
    }
    result["models"] = {name: seconds for stage in stages for name, seconds in stage.get("slowest", {}).items()}
    result["unchanged_seconds"] = bangdan(home, "run", "--month", MONTH)
    result["explain_seconds"] = bangdan(home, "explain", "--month", MONTH, "--unit", "310110", "--json")
    return result


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--scale", default="1.0")
    asked.add_argument("--home", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder:
        result = measured(options.home or Path(folder), options.scale)
    print(f"synthetic city, scale {options.scale}, {MONTH}: {result['wall_seconds']} s in all")
    for name, entry in result["stages"].items():
        print(
            f"{name:16s}{entry['seconds']:9.2f} s{entry['cpu_seconds']:9.2f} CPU s{entry['peak_memory_mb']:7d} MB so far"
        )
    for name, seconds in sorted(result["models"].items(), key=lambda entry: -entry[1]):
        print(f"  {name:40s}{seconds:9.2f} s")
    print(f"{'run unchanged':16s}{result['unchanged_seconds']:9.2f} s")
    print(f"{'explain':16s}{result['explain_seconds']:9.2f} s")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
