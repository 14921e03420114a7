"""Which exports of a month are missing: read by Airflow before a month is run, and by `status`. Takes no lock.

An export counts for a month when it holds rows of the month and was received after the method's window was closed (month
end + `window_hours`): items published until then count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from bangdan.core import calendars
from bangdan.core.calendars import Calendar
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.ingestion import catalogue, presence, registries

# In place of channel codes, where there is nothing to compare.
NO_EXPORT = ("no export has been loaded",)
NONE_DECLARED = ("the registry declares no channel",)


@dataclass(frozen=True)
class Completeness:
    """What is still missing of a month's exports; accounts as {account_id, account_name, unit_id, platform}."""

    month: Month
    calendar: Calendar
    missing_channels: list[str] = field(default_factory=list)
    missing_accounts: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.missing_channels and not self.missing_accounts

    def is_ready(self, now: datetime) -> bool:
        """Complete and the window closed, or due: whichever comes first."""
        return now >= self.calendar.due_at or (now >= self.calendar.window_closed_at and self.is_complete)

    def words(self) -> str:
        """What is missing, in one line."""
        if self.is_complete:
            return "complete"
        accounts = self.missing_accounts
        named = "、".join(f"{account['account_name']} ({account['platform']})" for account in accounts[:3])
        more = f" and {len(accounts) - 3} more" if len(accounts) > 3 else ""
        is_special = tuple(self.missing_channels) in (NO_EXPORT, NONE_DECLARED)
        missing = [f"channels {', '.join(self.missing_channels)}"] if self.missing_channels and not is_special else []
        missing += [f"{len(accounts)} account(s): {named}{more}"] if accounts else []
        sentences = self.missing_channels if is_special else []
        return "; ".join([*sentences, *(["missing " + "; ".join(missing)] if missing else [])])

    def to_json(self) -> dict[str, Any]:
        return {
            "is_complete": self.is_complete,
            "window_closed_at": self.calendar.window_closed_at.isoformat(),
            "due_at": self.calendar.due_at.isoformat(),
            "missing_channels": self.missing_channels,
            "missing_accounts": [account["account_id"] for account in self.missing_accounts],
        }


def of(settings: Settings, month: Month) -> Completeness:
    """Which declared channel types and registered accounts have no export of the month from after its window closed.

    An account that had no row in the month before either is not waited for, where that month has been loaded.
    """
    when = calendars.of(settings, month)
    if not catalogue.row_files(settings):
        return Completeness(month, when, missing_channels=list(NO_EXPORT))
    with in_memory(settings) as con:
        _views(con, settings)
        channels = presence.declared_channel_types(settings, month)
        seen = _seen(con, settings, month, when.window_closed_at)
        previous = _seen(con, settings, month - 1, None)
        span = {"start": month.start, "end": month.end}
        accounts = con.sql(_ACCOUNTS, params=span).to_arrow_table().to_pylist()
    dormant = {account["account_id"] for account in accounts if previous and not _names(account) & previous}
    return Completeness(
        month,
        when,
        [name for name in channels if name not in {channel for channel, _kind, _key in seen}] or _none(channels),
        [
            {key: account[key] for key in ("account_id", "account_name", "unit_id", "platform")}
            for account in accounts
            if not _names(account) & seen and account["account_id"] not in dormant
        ],
    )


# Of each account the registry in force that was received last counts; its spans of ownership are one account here.
_ACCOUNTS = """
with newest as (
    select a.*, dense_rank() over (partition by a.account_id order by m.received_at desc, a.load_key desc) as newness
    from accounts as a join manifest as m on a.load_key = m.load_key
)

select account_id, max(account_name) as account_name, max(unit_id) as unit_id, max(platform) as platform,
    list(distinct account_key) as account_keys, flatten(list(aliases)) as aliases
from newest
where newness = 1
    and timezone('Asia/Shanghai', coalesce(valid_from, timestamptz '0001-01-02 00:00:00+00')) < $end
    and $start < timezone('Asia/Shanghai', coalesce(valid_to, timestamptz '9999-12-30 00:00:00+00'))
group by account_id order by account_id
"""


def _views(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    con.register("manifest", catalogue.table(settings))
    files = registries.files_of("accounts", settings)
    con.execute(
        "create table accounts as select * from read_parquet($1, union_by_name = true, hive_partitioning = false)",
        [files],
    )


def _seen(
    con: duckdb.DuckDBPyConnection, settings: Settings, month: Month, since: datetime | None
) -> set[tuple[str, str, str]]:
    """(channel type, key or name, what it is) of all accounts with a row of the month in an export received since."""
    exports = catalogue.with_records_of(month, settings)
    keys = sorted(export.load_key for export in exports if since is None or export.received_at >= since)
    folder = settings.raw / "records" / f"month={month}"
    files = [str(file) for key in keys if (file := folder / f"{key}.parquet").exists()]
    if not files:
        return set()
    rows = con.execute(
        """
        with delivered as (
            select distinct channel_type, account_key, account_name_raw
            from read_parquet($1, hive_partitioning = false)
        )

        select channel_type, 'key', account_key from delivered where account_key is not null
        union
        select channel_type, 'name', coalesce(account_name_raw, account_key) from delivered
        where coalesce(account_name_raw, account_key) is not null
        union
        select channel_type, 'channel', '' from delivered
        """,
        [files],
    ).fetchall()
    return set(rows)


def _names(account: dict[str, Any]) -> set[tuple[str, str, str]]:
    """The ways in which a row can name an account."""
    platform = account["platform"]
    keys = {(platform, "key", key) for key in account["account_keys"] or () if key}
    names = {account["account_name"], *(account["aliases"] or ())} - {None, ""}
    return keys | {(platform, kind, name) for name in names for kind in ("name", "key")}


def _none(channels: list[str]) -> list[str]:
    return [] if channels else list(NONE_DECLARED)
