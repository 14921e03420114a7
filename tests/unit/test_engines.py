"""Which engine does a month's work, and that DuckDB does not go on with items that it has not whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bangdan import engines, transform
from bangdan.core import spark
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.matching import stage

JULY, AUGUST, SEPTEMBER = (Month(2021, month) for month in (7, 8, 9))
NOT_INSTALLED = "Apache Spark is not installed"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with an empty warehouse; building and matching on DuckDB do nothing and return their months."""
    monkeypatch.setattr(transform, "build", lambda settings, first, last, select: (first, last, select))
    monkeypatch.setattr(stage, "run", lambda settings, month: {"items": 1})
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    settings = Settings(tmp_path, 1, "300MB")
    with connect(settings):
        return settings


@pytest.fixture
def staged_on_spark(settings: Settings) -> Settings:
    """The same after Spark has staged 2021-08: its items are of that month and the next."""
    with connect(settings) as con:
        con.execute("create table main.staged_on_spark as select unnest(['2021-08', '2021-09']) as month")
    return settings


def test_duckdb_does_the_work_where_nothing_else_is_set(settings: Settings) -> None:
    for layer in (engines.STAGE, engines.SCORE, engines.PRESENT):
        assert engines.build(settings, JULY, AUGUST, layer) == (JULY, AUGUST, [layer])
    assert engines.match(settings, AUGUST) == {"items": 1}
    engines.require(settings)
    with connect(settings, read_only=True) as con:
        assert con.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "work",
    [
        engines.require,
        lambda settings: engines.build(settings, AUGUST, AUGUST, engines.SCORE),
        lambda settings: engines.match(settings, AUGUST),
    ],
)
def test_spark_is_asked_for_by_the_setting_and_has_to_be_installed(settings: Settings, work: Any) -> None:
    with pytest.raises(UsageError, match=NOT_INSTALLED):
        work(settings.replaced(engine="spark"))


@pytest.mark.parametrize("month", [JULY, AUGUST, SEPTEMBER])
def test_duckdb_refuses_to_go_on_with_items_that_are_on_spark(staged_on_spark: Settings, month: Month) -> None:
    for work in (
        lambda: engines.build(staged_on_spark, month, month, engines.SCORE),
        lambda: engines.build(staged_on_spark, month, month, engines.PRESENT),
        lambda: engines.match(staged_on_spark, month),
    ):
        with pytest.raises(BangdanError, match="they were staged on Apache Spark") as raised:
            work()
        assert raised.value.remedy == (
            "go on with --engine spark, or build the months whole: `bangdan run --month YYYY-MM --full`"
        )


def test_months_whose_items_are_not_on_spark_go_on(staged_on_spark: Settings) -> None:
    assert engines.match(staged_on_spark, Month(2021, 6)) == {"items": 1}
    assert engines.match(staged_on_spark, Month(2021, 10)) == {"items": 1}


def test_a_month_that_duckdb_stages_itself_is_whole_again(staged_on_spark: Settings) -> None:
    engines.build(staged_on_spark, AUGUST, AUGUST, engines.STAGE)
    assert engines.match(staged_on_spark, AUGUST) == {"items": 1}


def test_a_month_of_which_only_a_part_was_staged_again_is_not_whole(staged_on_spark: Settings) -> None:
    engines.build(staged_on_spark, SEPTEMBER, SEPTEMBER, engines.STAGE)
    with pytest.raises(BangdanError, match="has not all items of 2021-08:"):
        engines.match(staged_on_spark, AUGUST)


@pytest.mark.parametrize("address", ["s3a://bucket/lake", "s3://bucket/lake", "hdfs://host:8020/lake"])
def test_a_lake_that_is_no_folder_is_refused_before_anything_is_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(spark, "require", lambda: None)
    settings = settings.replaced(engine="spark", lake=address)
    for work in (
        lambda: engines.require(settings),
        lambda: engines.build(settings, AUGUST, AUGUST, engines.STAGE),
        lambda: engines.match(settings, AUGUST),
    ):
        with pytest.raises(UsageError, match=f"BANGDAN_LAKE is '{address}', which is no folder") as raised:
            work()
        assert "a folder that this machine and Spark's workers share" in str(raised.value.remedy)
