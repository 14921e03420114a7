"""What a month of many items takes: the records of the demo's month several times over, through the stages of a build.

    python -m tests.benchmarks.large_month [--times 3] [--scale 1.0] [--home FOLDER]

The city is synthetic. Each copy of a record has an id, a title and a text of its own; the gates are not asked, because
an account has as many times more rows as are plausible. Limits are those of the environment (BANGDAN_MEMORY_LIMIT,
BANGDAN_THREADS). Prints a table and, last, one line of JSON. With --home the run stays there to be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

MONTH = "2021-08"
BUILD = f"""
from bangdan import stages
from bangdan.pipeline import building, runs
from bangdan.core import warehouse
from bangdan.core.months import Month
from bangdan.core.settings import Settings

settings, month = Settings.load(), Month.parse("{MONTH}")
with warehouse.writing(settings, "benchmark"):
    building.register(settings, month, month)
for name in stages.BUILD:
    runs.run_stage(settings, month, name)
"""
RECORDS = """
copy (
    select * replace (
        load_key || '-{copy}' as load_key,
        export_sha256 || '-{copy}' as export_sha256,
        -- An id of Weibo holds its second in the upper bits.
        case
            when channel_type = 'weibo' then coalesce(
                cast(try_cast(record_id as bigint) + {copy} as varchar), record_id || 'x{copy}'
            )
            else record_id || 'x{copy}'
        end as record_id,
        title || '{copy}' as title,
        text || ' 第{copy}份转载于本地频道' as text
    )
    from read_parquet('{folder}/*.parquet', hive_partitioning = false)
    where load_key not like '%-%'
) to '{folder}/copy-{copy}.parquet' (format parquet, compression zstd, row_group_size 61440)
"""
MANIFEST = """
copy (
    select * replace (
        export_id || '-{copy}' as export_id,
        load_key || '-{copy}' as load_key,
        export_sha256 || '-{copy}' as export_sha256,
        '{{}}' as files
    )
    from read_parquet('{folder}/*.parquet')
    where table_name = 'records' and list_contains(months, '{month}') and load_key not like '%-%'
) to '{folder}/copy-{copy}.parquet'
"""


def run(home: Path, *words: str) -> None:
    environment = {**os.environ, "BANGDAN_HOME": str(home)}
    subprocess.run([sys.executable, *words], env=environment, check=True, stdout=subprocess.DEVNULL)


def load(home: Path, scale: str, times: int) -> None:
    """The month's exports in the raw layer, and copies of their rows."""
    run(home, "-m", "bangdan.cli", "demo", "--months", MONTH, "--scale", scale)
    run(home, "-m", "bangdan.cli", "ingest", str(home / "inbox"))
    with duckdb.connect() as con:
        for copy in range(1, times):
            con.execute(RECORDS.format(copy=copy, folder=home / "raw" / "records" / f"month={MONTH}"))
            con.execute(MANIFEST.format(copy=copy, folder=home / "raw" / "export_manifest", month=MONTH))


def measured(home: Path, scale: str, times: int) -> dict:
    load(home, scale, times)
    run(home, "-c", BUILD)
    stages = json.loads((home / "runs" / MONTH / "run_report.json").read_text("utf-8"))["stages"]
    (items,) = (stage["items"] for stage in stages if stage["stage"] == "match")
    costs = ("seconds", "cpu_seconds", "peak_memory_mb")
    return {"items": items, "stages": {stage["stage"]: {name: stage[name] for name in costs} for stage in stages}}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--scale", default="1.0")
    asked.add_argument("--home", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder:
        result = measured(options.home or Path(folder), options.scale, options.times)
    print(f"synthetic city, scale {options.scale}, records {options.times} times over: {result['items']:,} items")
    for name, stage in result["stages"].items():
        print(
            f"{name:16s}{stage['seconds']:9.2f} s{stage['cpu_seconds']:9.2f} CPU s{stage['peak_memory_mb']:7d} MB so far"
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
