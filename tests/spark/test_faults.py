"""A month on Spark whose driver is killed, and whose lake is half-written: nothing is published, a rerun heals."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support import spark_runs
from tests.support.spark_runs import JULY, RUN, SECONDS, java_of, release_files, until


def has_rows(folder: Path) -> bool:
    return any(folder.rglob("*.parquet"))


@pytest.fixture(scope="module")
def broken_off(city: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A home in whose run the driver was killed while it built staging, and the exit code of the run."""
    home = spark_runs.loaded_home(city, tmp_path_factory.mktemp("killed") / "home")
    process = spark_runs.start(home, *RUN)
    try:
        until(lambda: has_rows(home / "lake" / "spark" / "registry.db") or process.poll() is not None, home)
        for java in java_of(process.pid):
            os.kill(java, signal.SIGKILL)
        code = process.wait(SECONDS)
    finally:
        process.kill()
    return home, code


def test_a_killed_driver_ends_the_run_with_a_message_and_publishes_nothing(broken_off: tuple[Path, int]) -> None:
    home, code = broken_off
    printed = spark_runs.printed(home)
    assert code == 1
    assert "Apache Spark failed" in printed
    assert "nothing was published; run the same command again" in printed
    assert "Traceback" not in printed
    assert not list((home / "releases").glob("*/r*"))
    assert not (home / "published").exists()


def test_a_rerun_after_a_killed_driver_and_on_a_half_written_lake_publishes_what_duckdb_publishes(
    city: Path, broken_off: tuple[Path, int]
) -> None:
    home, _code = broken_off
    spark, raw = home / "lake" / "spark", home / "lake" / "raw"
    some_rows = next((spark / "registry.db").rglob("*.parquet")).read_bytes()
    # A table that the catalog does not know, a part of the raw layer that is cut short, and one that is missing.
    stray = spark / "marts.db" / "fct_posts" / f"ranking_month={JULY}" / "part-0.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(some_rows)
    cut = next((raw / "records" / f"month={JULY}").glob("*.parquet"))
    cut.write_bytes(cut.read_bytes()[:100])
    next((raw / "units").glob("*.parquet")).unlink()
    spark_runs.run(home, *RUN)
    assert release_files(home, JULY) == release_files(city, JULY)
