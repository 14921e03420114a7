"""Movement against last month under today's method: a change of weights is not read as a movement of units."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import tables
from bangdan.publication.movement import previous_ranks
from bangdan.publication.pages import ranking_page

MONTH = Month.parse("2021-08")


@pytest.fixture
def july(city: Path) -> dict[str, list[dict]]:
    folder = city / "releases/2021-07/r1/tables"
    return {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("ranking", "unit_indicators")}


def test_the_same_method_restates_nothing(july: dict[str, list[dict]]) -> None:
    assert previous_ranks.restated_previous_ranks(july["unit_indicators"], july) == {}


def test_restating_an_other_method_gives_the_ranks_of_todays(july: dict[str, list[dict]]) -> None:
    """July as another method would have released it, restated: exactly the July that today's method released."""
    weights = {"news_app": Decimal("0.10"), "weibo": Decimal("0.35"), "read": Decimal("0.40"), "like": Decimal("0.40")}
    other = {
        "ranking": [
            {**row, "base_score": Decimal(1), "score": Decimal(1), "rank": row["rank"] and 1} for row in july["ranking"]
        ],
        "unit_indicators": [
            {**row, "weight": weights.get(row["indicator_id"], row["weight"]), "contribution": Decimal(0)}
            for row in july["unit_indicators"]
        ],
    }
    wanted = {
        (row["ranking_list"], row["dimension"], row["unit_id"]): row["rank"]
        for row in july["ranking"]
        if row["rank"] is not None
    }
    assert previous_ranks.restated_previous_ranks(july["unit_indicators"], other) == wanted
    assert len(set(wanted.values())) > 20


def test_the_page_gives_both_movements(copy_of_city: Path) -> None:
    folder = copy_of_city / "releases/2021-07/r1/tables"
    table = pq.read_table(folder / "unit_indicators.parquet")
    rows = [
        {**row, "goalpost": row["goalpost"] * 3} if row["indicator_id"] == "read" else row for row in table.to_pylist()
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / "unit_indicators.parquet")
    ranking = pq.read_table(folder / "ranking.parquet").to_pylist()
    published = {**ranking[0], "rank": ranking[0]["rank"] + 40}
    schema = pq.read_schema(folder / "ranking.parquet")
    pq.write_table(pa.Table.from_pylist([published, *ranking[1:]], schema=schema), folder / "ranking.parquet")
    made = tables.candidate(Settings(copy_of_city, threads=2, memory_limit="1GB"), MONTH)
    key = ("ranking_list", "dimension", "unit_id")
    row = next(r for r in made["ranking"].to_pylist() if all(r[k] == published[k] for k in key))
    assert row["previous_rank"] == published["rank"]
    assert row["restated_previous_rank"] == ranking[0]["rank"]
    html = ranking_page.page(tables.with_release(made, "r1"), MONTH, "r1", "zh", ranking_page.ReleaseFacts([]))
    assert "按本期方法" in html
    assert "本期方法与上月不同" in html
