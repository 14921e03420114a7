"""The matcher as a Spark job: the same evidence as DuckDB's path writes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.matching import evidence, spark_job
from tests.support.spark_tables import Engines

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


def test_evidence_of_one_post_less_is_another(by_both: dict[str, tuple[pa.Table, pa.Table]]) -> None:
    """The negative control."""
    ours, theirs = by_both["matches"]
    assert not theirs.slice(1).equals(ours)
