"""What a range costs against its months one by one: a small synthetic city, both ways, and whether the bytes agree.

    python -m tests.benchmarks.backfill [--months 2020-01..2021-12] [--scale 0.004] [--single 4]

Both ways begin with the same loaded exports. `--single N` runs only the first N months one by one and compares their
cost per month; their bytes are compared all the same. CPU seconds are told beside wall seconds: they say more on a
machine that is busy with other things. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bangdan.core.months import each, parse_range


def bangdan(home: Path, *words: str) -> dict[str, float]:
    """Run the command line; wall and CPU seconds."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "bangdan.cli", *words], env={**os.environ, "BANGDAN_HOME": str(home)}, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": time.monotonic() - started, "cpu": cpu}


def digest(folder: Path) -> str:
    """SHA-256 over names and bytes of all files below a folder."""
    result = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            result.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return result.hexdigest()


def measured(base: Path, months: str, scale: str, single: int | None) -> dict:
    loaded, one_by_one, in_range = base / "loaded", base / "single", base / "range"
    bangdan(loaded, "demo", "--months", months, "--scale", scale, "--json")
    bangdan(loaded, "ingest", str(loaded / "inbox"), "--json")
    for home in (one_by_one, in_range):
        shutil.copytree(loaded, home, ignore=shutil.ignore_patterns("inbox"))
    result: dict = {"months": months, "scale": scale, "range": bangdan(in_range, "backfill", months, "--apply")}
    wanted = list(each(*parse_range(months)))
    alone = [bangdan(one_by_one, "run", "--month", str(month)) for month in wanted[:single]]
    result["single"] = {key: sum(entry[key] for entry in alone) / len(alone) * len(wanted) for key in ("wall", "cpu")}
    result["months_run_one_by_one"] = len(alone)
    result["times_faster"] = {key: round(result["single"][key] / result["range"][key], 1) for key in ("wall", "cpu")}
    result["same_bytes"] = all(
        digest(one_by_one / "releases" / str(month) / "r1") == digest(in_range / "releases" / str(month) / "r1")
        for month in wanted[:single]
    )
    return result


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--months", default="2020-01..2021-12")
    asked.add_argument("--scale", default="0.004")
    asked.add_argument("--single", type=int)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder:
        result = measured(Path(folder), options.months, options.scale, options.single)
    print(f"synthetic city, scale {result['scale']}, {result['months']}")
    for name in ("single", "range"):
        print(f"{name:8s}{result[name]['wall']:9.1f} s{result[name]['cpu']:9.1f} CPU s")
    print(f"{result['times_faster']['wall']} times faster by the clock, {result['times_faster']['cpu']} by CPU seconds")
    print(f"same bytes in {result['months_run_one_by_one']} months: {result['same_bytes']}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
