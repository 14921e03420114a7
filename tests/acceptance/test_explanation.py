"""Why a unit has its score: on a real month, every sum is that of the rows below it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.operations.explain import explain

AUGUST = Month.parse("2021-08")
DIMENSIONS = ("dissemination", "influence")
D = Decimal


def test_every_unit_of_a_real_month_adds_up_from_reprints_to_base_score(city: Path) -> None:
    """Residual 0 at each step: indicator, account, and over all posts; a sum of the parts is the whole."""
    settings = Settings(city, 1, "1GB")
    with duckdb.connect(str(settings.published), read_only=True) as con:
        units = con.execute(
            "select distinct unit_id from published.ranking where ranking_month = '2021-08' order by 1"
        ).fetchall()
        reprints = {
            (unit, dimension): total
            for dimension in DIMENSIONS
            for unit, total in con.execute(
                f"select unit_id, sum({dimension}_contribution) from published.reprints"
                " where ranking_month = '2021-08' and is_counted group by unit_id"
            ).fetchall()
        }
    wrong = []
    for (unit,) in units[::4]:
        for entry in explain(settings, AUGUST, unit)["dimensions"]:
            sums = {
                entry["base_score"], entry["sum_of_indicators"], entry["sum_of_posts"],
                reprints.get((unit, entry["dimension"]), D(0)),
            }  # fmt: skip
            if len(sums) != 1 or not entry["adds_up"]:
                wrong.append((unit, entry["dimension"], sums))
    assert len(units) == 60
    assert wrong == []
