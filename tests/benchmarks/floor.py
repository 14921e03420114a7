"""The least that a month can cost: its newest observations written by bare SQL, and every text hashed once in numpy.

    python -m tests.benchmarks.floor [--home FOLDER] [--scale 1.0]

FOLDER is a home whose 2021-08 is loaded; without it a synthetic city is made and loaded first. No rules, no checks, no lineage: what the program costs above this is the price
of being right. Prints CPU seconds and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from tests.benchmarks.month import bangdan

# The records that a build of 2021-08 reads: three months back, one ahead.
MONTHS = [f"2021-{month:02d}" for month in range(5, 10)]
BATCH_ROWS, GRAM = 2048, 16
NEWEST = """
copy (
    with ranked as (
        select
            *,
            row_number() over (
                partition by channel_type, platform, record_id order by observed_at desc, export_sha256, source_row
            ) as position_of_observation
        from read_parquet({files}, union_by_name = true, hive_partitioning = false)
    )

    select * exclude (position_of_observation) from ranked
    where position_of_observation = 1
) to '{target}' (format parquet, compression zstd)
"""
TEXTS = "select coalesce(title, '') || coalesce(text, '') as text from read_parquet('{file}')"
# Of splitmix64, as the matcher's.
SPREAD, BASE, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(0xBF58476D1CE4E5B9)


def hashes(text: str) -> np.ndarray:
    """The hash of each gram of GRAM characters of a text, by doubling: of 1, 2, 4 … characters."""
    chars = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    with np.errstate(over="ignore"):
        hashed, base, width = (chars.astype(np.uint64) + np.uint64(1)) * SPREAD, BASE, 1
        while width < GRAM:
            longer = hashed[:-width] * base
            longer += hashed[width:]
            hashed, base, width = longer, base * base, width * 2
        hashed ^= hashed >> np.uint64(31)
        hashed *= MIX
        hashed ^= hashed >> np.uint64(29)
    return hashed


def measured(home: Path) -> dict[str, float]:
    """CPU seconds of both, and how many records and characters they were."""
    files = [str(file) for month in MONTHS for file in (home / "raw" / "records" / f"month={month}").glob("*.parquet")]
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder, duckdb.connect() as con:
        con.execute("set threads = 2")
        target = Path(folder) / "newest.parquet"
        started = time.process_time()
        con.execute(NEWEST.format(files=files, target=target))
        resolving = time.process_time() - started
        records, chars, hashing = 0, 0, 0.0
        for batch in con.sql(TEXTS.format(file=target)).to_arrow_reader(BATCH_ROWS):
            text = "".join(batch["text"].to_pylist())
            started = time.process_time()
            chars += len(hashes(text))
            hashing += time.process_time() - started
            records += batch.num_rows
    return {
        "records": records,
        "characters": chars,
        "resolving_cpu_seconds": round(resolving, 2),
        "hashing_cpu_seconds": round(hashing, 2),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--home", type=Path)
    asked.add_argument("--scale", default="1.0")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder:
        home = options.home or Path(folder)
        if not options.home:
            bangdan(home, "demo", "--scale", options.scale)
            bangdan(home, "ingest", str(home / "inbox"))
        result = measured(home)
    for name, value in result.items():
        print(f"{name:28s}{value:14,}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
