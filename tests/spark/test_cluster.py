"""A month on a standalone cluster of which an executor is killed while it matches."""

from __future__ import annotations

from pathlib import Path

from tests.support import spark_cluster, spark_runs
from tests.support.spark_runs import JULY, RUN, release_files, until


def test_a_cluster_of_which_an_executor_is_killed_in_the_match_publishes_what_duckdb_publishes(
    city: Path, tmp_path: Path
) -> None:
    home = spark_runs.loaded_home(city, tmp_path / "home")
    with spark_cluster.cluster(tmp_path) as cluster:
        process = spark_runs.start(home, *RUN, master=cluster.master)
        try:
            until(lambda: f"{JULY} stage:" in spark_runs.printed(home) or process.poll() is not None, home)
            # The workers' Python is started by the first items that are judged.
            until(lambda: any(map(spark_runs.children, cluster.executors())) or process.poll() is not None, home)
            killed = cluster.kill_an_executor()
            until(lambda: len(set(cluster.executors()) - {killed}) == 2 or process.poll() is not None, home)
            assert process.wait(spark_runs.SECONDS) == 0, spark_runs.printed(home)[-3000:]
        finally:
            process.kill()
    assert release_files(home, JULY) == release_files(city, JULY)
