"""Where one machine ends: a month by DuckDB and by Apache Spark, and what larger months would cost.

    python -m tests.benchmarks.scale month [--scale 0.02] [--engines duckdb local[2] standalone] [--results FILE]
    python -m tests.benchmarks.scale registry [--accounts 3000000] [--memory 1GB] [--results FILE]
    python -m tests.benchmarks.scale tables [--results FILE]

`month` makes the demo's 2021-07 at a scale, loads it once, and builds and publishes it with each engine in a copy of that
home: time, CPU time and memory of all processes, Java's too; disk of warehouse and lake; bytes that Spark shuffled; and
how many tables differ from those of the first engine, row by row, and how many files of the release. `standalone` is a
master and two workers of one core on this machine. `registry` joins a registry of accounts, of which 25 of 26 are Weibo's
as in a national one, with 3 million items on both engines within a limit of memory. `tables` prints the tables of
docs/scale.md from the results that are kept; what it computes from rates is marked. Data are synthetic.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support import large_registry
from tests.support.process_tree import measured

MONTH = "2021-07"
KEPT = Path(__file__).with_name("kept") / "scale.json"
MEMORY = "4GB"
GROUPS = {"stage": "stage", "match": "match", "score": "score", "present": "present"}


@dataclass
class MonthCost:
    """What a month cost with an engine: seconds, CPU seconds, most memory, disk and shuffled bytes in MB, seconds by stage,
    and how it differs from the first engine's.
    """

    engine: str
    scale: float
    items: int
    seconds: float
    cpu_seconds: float
    peak_mb: int
    disk_mb: int
    shuffle_mb: int
    stages: dict[str, float]
    tables: int
    tables_that_differ: int
    files: int
    files_that_differ: int


def bangdan(home: Path, *words: str, **variables: str) -> None:
    environment = {**os.environ, "BANGDAN_HOME": str(home), "BANGDAN_THREADS": "2", "BANGDAN_MEMORY_LIMIT": MEMORY}
    subprocess.run(
        [sys.executable, "-m", "bangdan.cli", *words], env={**environment, **variables}, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def months(folder: Path, scale: float, engines: list[str]) -> Iterator[MonthCost]:
    """The cost of the month by each engine, in that order."""
    loaded = folder / "loaded"
    bangdan(loaded, "demo", "--scale", str(scale))
    bangdan(loaded, "ingest", str(loaded / "inbox"))
    shutil.rmtree(loaded / "inbox")
    first = None
    for engine in engines:
        home = folder / engine.partition("[")[0]
        shutil.copytree(loaded, home, symlinks=True)
        yield month_cost(home, scale, engine, first or home)
        first = first or home


def month_cost(home: Path, scale: float, engine: str, other: Path) -> MonthCost:
    """Build and publish the month in a home that is loaded, and compare it with another home's."""
    with variables_of(engine, home) as variables, measured() as cost:
        bangdan(home, "run", "--month", MONTH, **variables)
    report = json.loads((home / "runs" / MONTH / "run_report.json").read_text("utf-8"))
    stages = {stage["stage"]: stage for stage in report["stages"]}
    tables, files = compared_tables(other, home), compared_files(other, home)
    return MonthCost(
        engine, scale, stages["match"]["items"], cost.seconds, cost.cpu_seconds, cost.peak_mb,
        megabytes(home / "warehouse") + megabytes(home / "lake"), shuffled(home / "spark-events"),
        {name: stage["seconds"] for name, stage in stages.items()},
        len(tables), sum(tables.values()), len(files), sum(files.values()),
    )  # fmt: skip


@contextmanager
def variables_of(engine: str, home: Path) -> Iterator[dict[str, str]]:
    """The variables of a run with an engine; of Spark, an event log is written into the home."""
    if engine == "duckdb":
        yield {}
        return
    events = home / "spark-events"
    events.mkdir()
    (home / "spark-conf").mkdir()
    (home / "spark-conf" / "spark-defaults.conf").write_text(
        f"spark.eventLog.enabled true\nspark.eventLog.rolling.enabled false\nspark.eventLog.dir file://{events}\n",
        "utf-8",
    )
    variables = {"BANGDAN_ENGINE": "spark", "SPARK_CONF_DIR": str(home / "spark-conf"), "SPARK_LOCAL_IP": "127.0.0.1"}
    if engine != "standalone":
        yield {**variables, "BANGDAN_SPARK_MASTER": engine}
        return
    from tests.support import spark_cluster

    (home / "cluster").mkdir()
    with spark_cluster.cluster(home / "cluster") as cluster:
        yield {**variables, "BANGDAN_SPARK_MASTER": cluster.master}


def shuffled(events: Path) -> int:
    """MB that the tasks of an event log wrote for others."""
    written = 0
    for file in events.glob("*") if events.exists() else ():
        for line in file.open(encoding="utf-8"):
            if '"Event":"SparkListenerTaskEnd"' in line:
                metrics = json.loads(line).get("Task Metrics") or {}
                written += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    return round(written / 1e6)


def megabytes(folder: Path) -> int:
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6)


def compared_tables(one: Path, other: Path) -> dict[str, bool]:
    """Whether each table of two homes' warehouses differs, in a row or a type."""
    from tests.support.spark_tables import differences, relations_of, warehouse

    ours, theirs = warehouse(one), warehouse(other)
    try:
        return {
            name: bool(differences(*(con.sql(f"select * from {name}").to_arrow_table() for con in (ours, theirs))))
            for name in relations_of(ours)
        }
    finally:
        ours.close()
        theirs.close()


def compared_files(one: Path, other: Path) -> dict[str, bool]:
    """Whether each file of two homes' releases differs, of the manifest all but the version of the code."""
    from tests.support.spark_runs import release_files

    ours, theirs = release_files(one, MONTH), release_files(other, MONTH)
    return {name: ours.get(name) != theirs.get(name) for name in ours.keys() | theirs.keys()}


# ---- what is computed from the rates ------------------------------------------------------------------------------


def straight_line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Fixed part and slope of the line with the least squared distances from points (x, y)."""
    mean_x, mean_y = (sum(column) / len(points) for column in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return mean_y - slope * mean_x, slope


def per_million(results: list[dict], engine: str, column: str) -> tuple[float, float]:
    """Fixed part, and what each million items adds to a column of the months by an engine."""
    return straight_line([(month["items"] / 1e6, month[column]) for month in results if month["engine"] == engine])


def print_tables(results: dict) -> None:
    months_of = results.get("months", [])
    print(
        "| engine | items | seconds | CPU seconds | memory, MB | disk, MB | shuffled, MB | tables, files that differ |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for month in sorted(months_of, key=lambda month: (month["items"], month["engine"])):
        print(
            f"| {month['engine']} | {month['items']:,} | {month['seconds']:,.0f} | {month['cpu_seconds']:,.0f}"
            f" | {month['peak_mb']:,} | {month['disk_mb']:,} | {month['shuffle_mb']:,}"
            f" | {month['tables_that_differ']} of {month['tables']}, {month['files_that_differ']} of {month['files']} |"
        )
    print(
        "\n| engine | CPU seconds, fixed | CPU seconds a million items | disk, MB a million | shuffled, MB a million |"
    )
    print("|---|---|---|---|---|")
    engines = sorted({month["engine"] for month in months_of})
    fitted = [name for name in engines if len({month["items"] for month in months_of if month["engine"] == name}) > 1]
    for engine in fitted:
        fixed, cpu = per_million(months_of, engine, "cpu_seconds")
        disk, shuffle = (per_million(months_of, engine, column)[1] for column in ("disk_mb", "shuffle_mb"))
        print(f"| {engine} | {fixed:,.0f} | {cpu:,.0f} | {disk:,.0f} | {shuffle:,.0f} |")
    print("\n| items a month (computed) | engine | core-hours | disk, GB | shuffled, GB | cores for one day |")
    print("|---|---|---|---|---|---|")
    for millions in (3, 10, 30, 100, 1_000, 10_000):
        for engine in fitted:
            fixed, cpu = per_million(months_of, engine, "cpu_seconds")
            hours = (fixed + cpu * millions) / 3600
            disk, shuffle = (
                per_million(months_of, engine, column)[1] * millions / 1e3 for column in ("disk_mb", "shuffle_mb")
            )
            print(
                f"| {millions:,} million | {engine} | {hours:,.1f} | {disk:,.0f} | {shuffle:,.0f} | {hours / 24:,.1f} |"
            )
    print("\n| accounts | engine | seconds | CPU seconds | memory, MB | limit | items with an owner |")
    print("|---|---|---|---|---|---|---|")
    for join in sorted(results.get("registries", []), key=lambda join: (join["accounts"], join["engine"])):
        print(
            f"| {join['accounts']:,} | {join['engine']} | {join['seconds']:,.0f} | {join['cpu_seconds']:,.0f}"
            f" | {join['peak_mb']:,} | {join['memory']} | {join['owned_items']:,} |"
        )
    print_national(results.get("registries", []))


def print_national(joins: list[dict]) -> None:
    """What a join with 312 million accounts would take by the line through the measured ones."""
    for engine in sorted({join["engine"] for join in joins}):
        points = [(join["accounts"] / 1e6, join["cpu_seconds"]) for join in joins if join["engine"] == engine]
        if len(points) > 1:
            fixed, slope = straight_line(points)
            print(f"| 312,000,000 (computed) | {engine} | | {fixed + 312 * slope:,.0f} | | | |")


def keep(file: Path, kind: str, result: dict) -> None:
    """Add a result to a file, in the place of one of the same engine and size."""
    results = json.loads(file.read_text("utf-8")) if file.exists() else {}
    size = "scale" if kind == "months" else "accounts"
    same = (result["engine"], result[size])
    results[kind] = [known for known in results.get(kind, []) if (known["engine"], known[size]) != same] + [result]
    file.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("part", choices=("month", "registry", "tables"))
    asked.add_argument("--scale", type=float, default=0.02)
    asked.add_argument("--engines", nargs="+", default=["duckdb", "local[2]"])
    asked.add_argument("--accounts", type=int, default=3_000_000)
    asked.add_argument("--memory", default="1GB")
    asked.add_argument("--results", type=Path, default=KEPT)
    options = asked.parse_args()
    if options.part == "tables":
        print_tables(json.loads(options.results.read_text("utf-8")))
        return
    with tempfile.TemporaryDirectory(prefix="bangdan-scale-") as folder:
        if options.part == "month":
            for month in months(Path(folder), options.scale, options.engines):
                print(json.dumps(asdict(month)), flush=True)
                keep(options.results, "months", asdict(month))
        else:
            for join in large_registry.joins(Path(folder), options.accounts, options.memory):
                print(json.dumps(asdict(join)), flush=True)
                keep(options.results, "registries", asdict(join))


if __name__ == "__main__":
    main()
