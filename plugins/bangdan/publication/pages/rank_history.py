"""The ranks of all published months: this month's, and those of the newest release of each month before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger

COLUMNS = [
    "ranking_month", "ranking_list", "dimension", "unit_id", "unit_name", "unit_name_en", "rank", "rank_low", "rank_high", "score",
]  # fmt: skip
Row = dict[str, Any]


def earlier(settings: Settings, month: Month, ranking: pa.Table) -> pa.Table:
    """The rows of COLUMNS of the months before, ascending by month; `ranking` is the month's own, for the types."""
    rankings = [
        pq.read_table(release.path / "tables" / "ranking.parquet", columns=COLUMNS)
        for release in ledger.latest_of_all(settings)
        if release.month < month
    ]
    return pa.concat_tables(rankings) if rankings else ranking.select(COLUMNS).slice(0, 0)


def former_account_names(settings: Settings, month: Month, accounts: pa.Table) -> dict[str, list[str]]:
    """Account → names that earlier months have for it and the month's `accounts` do not."""
    current = set(zip(accounts["account_id"].to_pylist(), accounts["account_name"].to_pylist(), strict=True))
    names: dict[str, list[str]] = {}
    for release in ledger.latest_of_all(settings):
        if release.month < month:
            file = release.path / "tables" / "account_scores.parquet"
            for row in pq.read_table(file, columns=["account_id", "account_name"]).to_pylist():
                account_id, name = row["account_id"], row["account_name"]
                if name and (account_id, name) not in current and name not in names.setdefault(account_id, []):
                    names[account_id].append(name)
    return {account_id: of_account for account_id, of_account in names.items() if of_account}


def former_names(earlier_rows: Iterable[Row], rows: Iterable[Row]) -> dict[str, list[str]]:
    """Unit → names, Chinese and English, that earlier months have for it and this month's `rows` do not."""
    current = {(row["unit_id"], row[column]) for row in rows for column in ("unit_name", "unit_name_en")}
    names: dict[str, list[str]] = {}
    for row in earlier_rows:
        for name in (row["unit_name"], row["unit_name_en"]):
            if name and (row["unit_id"], name) not in current and name not in names.setdefault(row["unit_id"], []):
                names[row["unit_id"]].append(name)
    return {unit_id: of_unit for unit_id, of_unit in names.items() if of_unit}
