"""Compare the registry with itself and with what has been delivered: wrong rows, accounts never seen, accounts that
nobody registered, names that changed.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from bangdan.core import city
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.normal_forms import KEY_KINDS, normal_name
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.ingestion import catalogue, registries
from bangdan.operations import registry_files, registry_rules
from bangdan.operations.registry_files import CHANNELS, COLUMNS, RAW_TABLES, RegistryRow
from bangdan.operations.registry_rules import Problem, Tables

QUERIES = Path(__file__).with_name("queries")
MEDIA = {"news_app", "news_site"}  # channel types in which no unit has an account
LEAST_NAME = 3  # characters of a unit's name by which an account is proposed for it


class Seen(NamedTuple):
    """An account or outlet of the records, under one of its names. record_count: of the month that is looked at."""

    channel_type: str
    account_key_type: str | None
    account_key: str | None
    account_name: str | None
    record_count: int
    has_export: bool  # whether an export holds records of it for the most part


@dataclass(frozen=True)
class Unregistered:
    """An account of the month's records that no row of the registry means, and a row to paste, of the table `table`."""

    channel_type: str
    account_key: str
    account_name: str
    record_count: int
    table: str
    row: str


@dataclass(frozen=True)
class Renamed:
    """A registered account or outlet whose records bear a name that its rows do not have."""

    table: str
    id: str
    registered_name: str
    name: str
    record_count: int


@dataclass(frozen=True)
class Upkeep:
    """What a person should do about the registry. month: the one whose records were compared, None where there are none."""

    month: str | None
    rows: dict[str, int]  # table → rows
    problems: list[Problem]
    never_seen: list[dict[str, str]]  # table, id, name
    unregistered: list[Unregistered]
    not_listed: dict[str, int]  # accounts and records of what may be persons
    renamed: list[Renamed]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check(settings: Settings, month: Month | None = None, *, lists_all: bool = False) -> Upkeep:
    """The registry of the city's folder, or where it has no such file the registry in force, against the records of
    a month (the newest with records where none is named).

    Accounts that nobody registered are listed where they can be no person's: of a channel type whose registry is closed, or
    with an export of their own; `lists_all` lists every account. Raises BangdanError for a month without records.
    """
    tables = {name: _rows(settings, name) for name in COLUMNS}
    own = city.load(settings) if city.exists(settings) else None
    months = sorted(
        {name for row in catalogue.loaded(settings) if row.table_name == "records" for name in row.dated_months}
    )
    if month and str(month) not in months:
        raise BangdanError(
            f"no loaded export holds records of {month}", remedy=f"months with records: {', '.join(months)}"
        )
    chosen = str(month) if month else max(months, default=None)
    seen = _seen(settings, chosen) if chosen else []
    unknown = _unregistered(tables, seen)
    closed = {row["channel_type"] for row in city.rows(settings, "methodology/closed_registries")}
    listed = [account for account in unknown if lists_all or account.has_export or account.channel_type in closed]
    return Upkeep(
        month=chosen,
        rows={name: len(rows) for name, rows in tables.items()},
        problems=registry_rules.problems(tables, own),
        never_seen=_never_seen(tables, seen) if chosen else [],
        unregistered=[_proposed(settings, account, tables["units"]) for account in listed],
        not_listed={
            "accounts": len(unknown) - len(listed),
            "records": sum(account.record_count for account in unknown)
            - sum(account.record_count for account in listed),
        },
        renamed=_renamed(tables, seen),
    )


def _rows(settings: Settings, table: str) -> Sequence[RegistryRow]:
    registry_file = registry_files.read(settings, table)
    return registry_file.rows if registry_file else _loaded_rows(settings, table)


def _loaded_rows(settings: Settings, table: str) -> list[RegistryRow]:
    """The rows of a table as the newest registry in force has them; spans and lists as text."""
    keys = {row.load_key for row in registries.in_force(settings) if row.table_name == RAW_TABLES[table]}
    files = sorted(str(file) for key in keys if (file := settings.raw / RAW_TABLES[table] / f"{key}.parquet").exists())
    if not files:
        return []
    query = (QUERIES / "newest_registry.sql").read_text("utf-8").format(id=COLUMNS[table][0])
    with in_memory(settings) as con:
        con.register("manifest", catalogue.table(settings))
        loaded = con.sql(query, params=[files]).to_arrow_table().to_pylist()
    return [
        RegistryRow(
            table, f"{row['source_file']}, row {row['source_row']}", row["source_row"],
            {column: _text(row[column]) for column in COLUMNS[table]},
        )
        for row in loaded
    ]  # fmt: skip


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value}"


def _seen(settings: Settings, month: str) -> list[Seen]:
    """Every account and outlet of the loaded records, with its number of records in a month."""
    exports = [row for row in catalogue.loaded(settings) if row.table_name == "records"]
    files = sorted(
        {
            str(file)
            for row in exports
            for name in row.dated_months
            if (file := settings.raw / "records" / f"month={name}" / f"{row.load_key}.parquet").exists()
        }
    )
    with in_memory(settings) as con:
        return [Seen(*row) for row in _query(con, files, month)]


def _query(con: duckdb.DuckDBPyConnection, files: list[str], month: str) -> list[tuple[Any, ...]]:
    if not files:
        return []
    return con.execute((QUERIES / "accounts_seen.sql").read_text("utf-8"), [files, month]).fetchall()


class _Names:
    """The ways in which records may name registered accounts and outlets: (channel type, key), (channel type, name)."""

    def __init__(self, rows: Iterable[RegistryRow]) -> None:
        self.by_key: dict[tuple[str, str], RegistryRow] = {}
        self.names: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.by_name: set[tuple[str, str]] = set()
        for row in rows:
            channel, key = row.values[CHANNELS[row.table]], registry_rules.key_of(row)
            names = {normal_name(name) for name in (row.name, *row.aliases) if name}
            self.by_name |= {(channel, name) for name in names}
            if key:
                self.by_key[key] = row
                self.names[key] |= names

    def row_of(self, seen: Seen) -> RegistryRow | None:
        return self.by_key.get((seen.channel_type, seen.account_key or ""))

    def knows(self, seen: Seen) -> bool:
        """Whether a row means the account: by its key, or by its name where a record has no other key."""
        name = (seen.channel_type, normal_name(seen.account_name or seen.account_key or ""))
        return self.row_of(seen) is not None or (seen.account_key_type in (None, "name") and name in self.by_name)


def _registered(tables: Tables) -> _Names:
    return _Names(row for table in CHANNELS for row in tables[table])


def _unregistered(tables: Tables, seen: Sequence[Seen]) -> list[Seen]:
    """Accounts of the month that no row means, most records first, each under the name that most of its records have."""
    registered = _registered(tables)
    unknown: dict[tuple[str, str], Seen] = {}
    for account in seen:
        name = account.account_key or account.account_name
        if account.record_count and name and not registered.knows(account):
            known = unknown.get((account.channel_type, name))
            unknown[account.channel_type, name] = (
                known._replace(
                    record_count=known.record_count + account.record_count,
                    has_export=known.has_export or account.has_export,
                )
                if known
                else account
            )
    return sorted(
        unknown.values(), key=lambda account: (-account.record_count, account.channel_type, account.account_key or "")
    )


def _never_seen(tables: Tables, seen: Sequence[Seen]) -> list[dict[str, str]]:
    """Registered accounts of which no loaded export has a record."""
    keys = {(account.channel_type, account.account_key) for account in seen}
    names = {(account.channel_type, normal_name(account.account_name or "")) for account in seen}
    missing = {}
    for row in tables["accounts"]:
        own = {(row.values["platform"], normal_name(name)) for name in (row.name, *row.aliases) if name}
        if registry_rules.key_of(row) not in keys and not own & names:
            missing[row.id] = {"table": "accounts", "id": row.id, "name": row.name}
    return list(missing.values())


def _renamed(tables: Tables, seen: Sequence[Seen]) -> list[Renamed]:
    """Registered accounts and outlets with a name in the month that none of their rows has; most records first."""
    registered = _registered(tables)
    renamed = []
    for account in seen:
        row = registered.row_of(account)
        if row is None or not account.record_count or not account.account_name:
            continue
        is_person = row.table == "outlets" and row.values["is_organization"].lower() not in ("true", "1")
        if (
            not is_person
            and normal_name(account.account_name) not in registered.names[registry_rules.key_of(row) or ("", "")]
        ):
            renamed.append(Renamed(row.table, row.id, row.name, account.account_name, account.record_count))
    return renamed


def _proposed(settings: Settings, account: Seen, units: Sequence[RegistryRow]) -> Unregistered:
    """An account with a row to paste: of a unit's account where its name holds the unit's, else of an outlet."""
    key, kind = account.account_key or "", account.account_key_type or KEY_KINDS.get(account.channel_type, "")
    name, unit = account.account_name or "", _unit_in(account.account_name or "", units)
    if unit and account.channel_type not in MEDIA:
        table = "accounts"
        values = {
            "account_id": f"{account.channel_type}-{key}", "unit_id": unit, "platform": account.channel_type, "account_name": name,
        }  # fmt: skip
    else:
        table = "outlets"
        values = {
            "outlet_id": f"{account.channel_type}:{key}", "channel_type": account.channel_type, "outlet_name": name,
            "is_organization": "true",
        }  # fmt: skip
    values |= {"account_key_type": kind, "account_key": key}
    registry_file = registry_files.read(settings, table)
    columns = registry_file.columns if registry_file else COLUMNS[table]
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(values.get(column, "") for column in columns)
    return Unregistered(account.channel_type, key, name, account.record_count, table, row.getvalue())


def _unit_in(account_name: str, units: Sequence[RegistryRow]) -> str | None:
    """The unit whose name or alias is in an account's name; of several the longest name, then the first row."""
    name = normal_name(account_name)
    holding = [
        (len(own), row.id)
        for row in units
        for each in (row.name, *row.aliases)
        if len(own := normal_name(each)) >= LEAST_NAME and own in name
    ]
    return max(holding, key=lambda pair: pair[0])[1] if holding else None
