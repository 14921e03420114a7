"""The ranking and the volumes of every quarter and year that has a published month, from the newest release of each month.

A month that is revised counts as revised at once: nothing of a period is kept, each publication computes it anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.publication import contract, ledger, released_tables
from bangdan.publication.ledger import Release

FOLDER = Path(__file__).parent
ORDER = {
    "period_ranking": "period, ranking_list, dimension, rank nulls last, unit_id",
    "period_volumes": "period",
}
# Table of the queries → table of a release, and the columns that are read of it.
READ = {
    "monthly_rankings": (
        "ranking",
        ["ranking_month", "ranking_list", "dimension", "unit_id", "unit_name", "unit_name_en", "rank", "score"],
    ),
    "monthly_activity": ("unit_activity", ["ranking_month", "unit_id", "post_count", "reprint_count"]),
    "monthly_summaries": (
        "monthly_summary",
        [
            "ranking_month", "release", "method_version", "post_count", "wechat_post_count", "weibo_post_count",
            "original_count", "originality_rate", "reprint_count", "is_synthetic",
        ],
    ),
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Period:
    """A quarter (2021-Q3) or a year (2021)."""

    kind: Literal["quarters", "years"]
    name: str

    @property
    def months(self) -> tuple[Month, ...]:
        year, _, quarter = self.name.partition("-Q")
        first = Month(int(year), 3 * int(quarter) - 2 if quarter else 1)
        return tuple(first + count for count in range(3 if quarter else 12))

    @property
    def previous(self) -> Period:
        return next(period for period in periods_of(self.months[0] - 1) if period.kind == self.kind)


@dataclass(frozen=True)
class PeriodTables:
    """Rows of a period: its ranking, its volumes, and the summary of each published month, ascending."""

    period: Period
    ranking: pa.Table
    volumes: pa.Table
    months: list[dict[str, Any]]


def periods_of(month: Month) -> tuple[Period, Period]:
    """The quarter and the year that hold a month."""
    return (
        Period("quarters", f"{month.year:04d}-Q{(month.number + 2) // 3}"),
        Period("years", f"{month.year:04d}"),
    )


def computed(con: duckdb.DuckDBPyConnection, releases: list[Release]) -> dict[str, pa.Table]:
    """The tables period_ranking and period_volumes, in order, from the newest release of each month.

    Registers what it reads under the names of READ. Raises BangdanError where a table breaks its contract.
    """
    con.register("period_months", _months_of(_periods(releases)))
    for name, (released, read) in READ.items():
        rows = released_tables.rows_of(released, releases)
        con.register(
            name, con.sql(f"select {', '.join(read)} from ({rows.sql})", params=rows.parameters).to_arrow_table()
        )
    made = {}
    for name, order in ORDER.items():
        columns = ", ".join(column.name for column in contract.tables()[name].columns)
        query = (FOLDER / "queries" / f"{name}.sql").read_text("utf-8")
        made[name] = con.sql(f"select {columns} from ({query}) order by {order}").to_arrow_table()
        contract.check(con, name, made[name])
    return made


def all_periods(settings: Settings) -> list[PeriodTables]:
    """Every period with a published month, newest first, quarters before years.

    Raises BangdanError where a table breaks its contract.
    """
    releases = ledger.latest_of_all(settings)
    if not releases:
        return []
    with in_memory(settings) as con:
        made = computed(con, releases)
        summaries = con.sql("select * from monthly_summaries order by ranking_month").to_arrow_table().to_pylist()
        newest_first = sorted(_periods(releases), key=lambda period: period.name, reverse=True)
        return [
            _of_period(con, period, made, summaries) for period in sorted(newest_first, key=lambda period: period.kind)
        ]


def _periods(releases: list[Release]) -> set[Period]:
    return {period for release in releases for period in periods_of(release.month)}


def _of_period(
    con: duckdb.DuckDBPyConnection, period: Period, made: dict[str, pa.Table], summaries: list[dict[str, Any]]
) -> PeriodTables:
    months = {str(month) for month in period.months}
    rows = {}
    for name, table in made.items():
        con.register("made", table)
        rows[name] = con.sql(
            f"select * from made where period = $1 order by {ORDER[name]}", params=[period.name]
        ).to_arrow_table()
    return PeriodTables(
        period,
        rows["period_ranking"],
        rows["period_volumes"],
        [row for row in summaries if row["ranking_month"] in months],
    )


def _months_of(periods: set[Period]) -> pa.Table:
    """One row per month of a period, with the name of the period before."""
    return pa.Table.from_pylist(
        [
            {"period": period.name, "previous_period": period.previous.name, "ranking_month": str(month)}
            for period in sorted(periods)
            for month in period.months
        ]
    )
