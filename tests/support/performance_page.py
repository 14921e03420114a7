"""docs/performance.md: what a month costs and what it grows with, from the JSON that a benchmark has printed.

`python -m tests.support.performance_page` writes it from tests/benchmarks/kept: `city.json` and `small.json` are the --out
of `tests.benchmarks.ratios` at two scales. A test holds the page to these files.
"""

from __future__ import annotations

import json
from typing import Any

from tests.support.homes import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
KEPT = PROJECT / "tests" / "benchmarks" / "kept"
Result = dict[str, Any]
# What ratios are to reach; the others are kept so that a stage that grows is named.
RATIO_GOALS = {"month over floor": 2.5, "match over hashing": 8.0}
# What runs are to take, in seconds.
SECONDS_GOALS = {"month": 25, "again": 3, "late": 10}
RUNS = {
    "month": "a month, every item new",
    "again": "the same month again, nothing new",
    "late": "after a late file of 1,000 items",
}
HEAD = """# Performance

Made by `python -m tests.support.performance_page` from what `python -m tests.benchmarks.ratios` printed; every number is of a
run on the synthetic city. {machine}

## What a month costs

`python -m tests.benchmarks.ratios --scale {scale}`: `bangdan run --month 2021-08` with {items:,} items to judge; 2021-07 was
built before, and its run loaded the files of both.

| stage | seconds | CPU seconds | peak memory of the process so far |
|---|---|---|---|
{stages}

Of the whole command, with its start:

| run | seconds | goal | | CPU seconds | peak memory |
|---|---|---|---|---|---|
{runs}

A late file has all of the month's records resolved again and all of its tables written again; only the items that are new
are matched.
"""
RATIOS = """
## Ratios

Seconds are those of one machine; ratios hardly depend on it. The floor is the least that a month can cost, measured in the same
run: its newest observations written by bare SQL ({resolving} CPU s for {records:,} records), and every text hashed once in
numpy ({hashing} CPU s; `tests/benchmarks/floor.py`). `make bench-check KEPT=tests/benchmarks/kept/city.json` measures again
and fails where a ratio is more than a quarter above the kept one.

| CPU seconds of | ratio | goal | |
|---|---|---|---|
{ratios}
"""
GROWTH = """
## What grows with what

The same command at `--scale {small_scale}` ({small_items:,} items) and at `--scale {scale}` ({items:,}). What a small city
costs too is the fixed cost of a stage: imports, statements that hardly find a row, tests, pages.

| stage | CPU seconds, small | CPU seconds, city | of these per 1,000 more items | peak memory, small | peak memory, city |
|---|---|---|---|---|---|
{growth}

## A machine for a city

A month like this one: two cores and {memory} of free memory. A month of eleven times its reprints, 3.8 million items, was
published on two cores at the same limits, with 4.5 GB at its peak ([each stage](operations.md#memory)). Several machines:
[Spark](scale.md). Memory and threads are [settings](operations.md).
"""


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _gigabytes(megabytes: float) -> str:
    return f"{megabytes / 1024:.1f} GB"


def _verdict(value: float, goal: float | None) -> str:
    return "" if goal is None else "met" if value <= goal else "missed"


def _machine(machine: Result) -> str:
    packages = ", ".join(f"{name} {machine[name]}" for name in ("duckdb", "dbt-core", "numba", "numpy", "pyarrow"))
    return (
        f"Machine: {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']},"
        f" {packages}; limits {machine['memory_limit']} and {machine['threads']} threads."
    )


def _month(city: Result) -> str:
    stages = [
        _row(f"`{name}`", f"{costs['seconds']:.1f}", f"{costs['cpu_seconds']:.1f}", _gigabytes(costs["peak_memory_mb"]))
        for name, costs in city["stages"].items()
    ]
    runs = [
        _row(
            title,
            f"{city[run]['seconds']:.1f}",
            SECONDS_GOALS[run],
            _verdict(city[run]["seconds"], SECONDS_GOALS[run]),
            f"{city[run]['cpu_seconds']:.1f}",
            _gigabytes(city[run]["peak_memory_mb"]),
        )
        for run, title in RUNS.items()
    ]
    return HEAD.format(
        machine=_machine(city["machine"]),
        scale=city["scale"],
        items=city["items"],
        stages="\n".join(stages),
        runs="\n".join(runs),
    )


def _ratios(city: Result) -> str:
    floor = city["floor"]
    lines = [
        _row(name, f"{ratio:.2f}", RATIO_GOALS.get(name, "–"), _verdict(ratio, RATIO_GOALS.get(name)))
        for name, ratio in city["ratios"].items()
    ]
    return RATIOS.format(
        resolving=floor["resolving_cpu_seconds"],
        hashing=floor["hashing_cpu_seconds"],
        records=floor["records"],
        ratios="\n".join(lines),
    )


def _growth(small: Result, city: Result) -> str:
    more = (city["items"] - small["items"]) / 1000
    lines = []
    for name, costs in city["stages"].items():
        least = small["stages"][name]
        lines.append(
            _row(
                f"`{name}`",
                f"{least['cpu_seconds']:.1f}",
                f"{costs['cpu_seconds']:.1f}",
                f"{(costs['cpu_seconds'] - least['cpu_seconds']) / more:.3f}",
                _gigabytes(least["peak_memory_mb"]),
                _gigabytes(costs["peak_memory_mb"]),
            )
        )
    return GROWTH.format(
        small_scale=small["scale"],
        small_items=small["items"],
        scale=city["scale"],
        items=city["items"],
        growth="\n".join(lines),
        memory=_gigabytes(city["month"]["peak_memory_mb"]),
    )


def page() -> str:
    """The page of the kept results."""
    city, small = (json.loads((KEPT / f"{name}.json").read_text("utf-8")) for name in ("city", "small"))
    return _month(city) + _ratios(city) + _growth(small, city)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
