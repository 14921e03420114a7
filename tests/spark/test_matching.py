"""The matcher as a Spark job: the same evidence as DuckDB's path writes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.matching import evidence, spark_job
from tests.support.spark_tables import Engines

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

AUGUST = Month(2021, 8)


@pytest.fixture(scope="module")
def by_both(engines: Engines, settings: Settings, city: Path) -> dict[str, tuple[pa.Table, pa.Table]]:
    """August's evidence by table: as DuckDB's run of the city has left it, and as Spark writes it from its own staging."""
    spark_job.run(engines.spark, settings, AUGUST, partitions=7)
    by_duckdb = settings.replaced(home=city)
    return {
        table: tuple(pq.read_table(evidence.path(where, table, str(AUGUST))) for where in (by_duckdb, settings))
        for table in evidence.TABLES
    }


@pytest.mark.parametrize("table", evidence.TABLES)
def test_the_evidence_has_the_same_rows_in_the_same_order_and_layout(
    by_both: dict[str, tuple[pa.Table, pa.Table]], table: str
) -> None:
    ours, theirs = by_both[table]
    assert ours.num_rows > 0
    assert theirs.schema.equals(ours.schema)
    assert theirs.equals(ours)


def test_a_month_has_one_file_of_each_table(by_both: dict[str, tuple[pa.Table, pa.Table]], settings: Settings) -> None:
    assert set(by_both) == set(evidence.TABLES)
    for table in evidence.TABLES:
        folder = settings.evidence / table / f"month={AUGUST}"
        assert [file.name for file in folder.iterdir()] == ["part-0.parquet"]


def test_an_outlet_with_a_third_of_the_items_is_spread_over_all_tasks(session: SparkSession) -> None:
    outlet = "case when id % 3 = 0 then 'large' else concat('outlet-', id) end as outlet_id"
    items = session.range(30_000).selectExpr("concat('item-', id) as item_id", outlet)
    rows = spark_job.spread(items, 8).selectExpr("spark_partition_id() as task", "outlet_id").collect()
    of_task = Counter(row.task for row in rows)
    of_large = Counter(row.task for row in rows if row.outlet_id == "large")
    assert (len(of_task), of_task.total(), of_large.total()) == (8, 30_000, 10_000)
    assert max(of_task.values()) < 1.1 * 30_000 / 8
    assert max(of_large.values()) < 1.1 * 10_000 / 8


def test_evidence_of_one_post_less_is_another(by_both: dict[str, tuple[pa.Table, pa.Table]]) -> None:
    """The negative control."""
    ours, theirs = by_both["matches"]
    assert not theirs.slice(1).equals(ours)
