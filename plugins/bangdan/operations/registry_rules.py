"""What can be wrong with rows of the registry: dates, overlaps, owners, lists, channels, keys that no record can have."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from bangdan.core.city import City
from bangdan.core.normal_forms import KEY_KINDS, normal_key
from bangdan.ingestion import contract
from bangdan.operations.registry_files import CHANNELS, COLUMNS, RegistryRow

Tables = Mapping[str, Sequence[RegistryRow]]
# Columns without which a row means nothing.
NEEDED = {
    "units": ("unit_id", "unit_name"),
    "accounts": ("account_id", "platform"),
    "outlets": ("outlet_id", "channel_type", "outlet_name"),
}
# Kind of key → the form that every key of it has.
KEY_FORMS = {
    "weibo_uid": re.compile(r"[0-9]+"),
    "wx_biz": re.compile(r"[A-Za-z0-9+/]+=*"),
    "domain": re.compile(r"[^\s/]+\.[^\s/]+"),
}


@dataclass(frozen=True)
class Problem:
    """A row of the registry that is wrong. kind: missing, dates, overlap, shared_key, owner, list, channel, no_match."""

    table: str
    place: str
    id: str
    kind: str
    message: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def problems(tables: Tables, city: City | None) -> list[Problem]:
    """All problems of the rows, by table and row. Lists and channels are compared with city.yml where there is one."""
    wrong: list[Problem] = []
    for rows in tables.values():
        wrong += [problem for row in rows for problem in _of_row(row, city)]
        wrong += _overlaps(rows)
        wrong += _shared_keys(rows)
    if tables.get("units"):
        units = {row.id for row in tables["units"]}
        wrong += [problem for row in tables.get("accounts", ()) for problem in _of_owner(row, units)]
    order = list(COLUMNS)
    return sorted(wrong, key=lambda problem: (order.index(problem.table), problem.place, problem.kind))


def key_of(row: RegistryRow) -> tuple[str, str] | None:
    """Channel type and normal form of the key of an account or outlet; None where it has no key."""
    channel = row.values[CHANNELS[row.table]]
    key = normal_key(row.values["account_key"], row.values["account_key_type"] or KEY_KINDS.get(channel))
    return (channel, key) if row.values["account_key"] and key else None


def has_span(row: RegistryRow) -> bool:
    """Whether both ends of a row's span are dates, in their order."""
    try:
        start, end = row.span
    except ValueError:
        return False
    return start < end


def _problem(row: RegistryRow, kind: str, message: str, remedy: str) -> Problem:
    return Problem(row.table, row.place, row.id, kind, message, remedy)


def _of_row(row: RegistryRow, city: City | None) -> Iterator[Problem]:
    for column in NEEDED[row.table]:
        if not row.values[column]:
            yield _problem(row, "missing", f"{row.id or 'a row'} has no {column}", f"write its {column}")
    yield from _of_dates(row)
    if row.table == "units":
        yield from _of_list(row, city)
    else:
        yield from _of_channel(row, city)
        yield from _of_key(row)


def _of_dates(row: RegistryRow) -> Iterator[Problem]:
    try:
        start, end = row.span
    except ValueError as error:
        column = str(error)
        yield _problem(
            row, "dates", f"{row.id}: {column} {row.values[column]!r} is no date", "write it as 2021-08-01, or leave it empty"
        )  # fmt: skip
        return
    if end <= start:
        ends = f"{row.values['valid_from']} until {row.values['valid_to']}"
        yield _problem(
            row, "dates", f"{row.id} ends before it begins: {ends}", "valid_to is the first day after the span"
        )


def _of_list(row: RegistryRow, city: City | None) -> Iterator[Problem]:
    ranking_list = row.values["ranking_list"]
    known = [declared.id for declared in city.ranking_lists] if city else []
    if ranking_list and city and ranking_list not in known:
        remedy = f"one of {', '.join(known)}, or add the list to city.yml"
        yield _problem(row, "list", f"{row.id}: ranking_list {ranking_list!r} is in no city.yml", remedy)


def _of_channel(row: RegistryRow, city: City | None) -> Iterator[Problem]:
    channel = row.values[CHANNELS[row.table]]
    if channel and city and channel not in city.channels:
        remedy = f"monitored are {', '.join(city.channels)}: correct it, or add it to channels of city.yml"
        yield _problem(row, "channel", f"{row.id}: {CHANNELS[row.table]} {channel!r} is not monitored", remedy)


def _of_key(row: RegistryRow) -> Iterator[Problem]:
    kind, key = row.values["account_key_type"], row.values["account_key"]
    channel = row.values[CHANNELS[row.table]]
    usual = KEY_KINDS.get(channel)
    if kind and kind not in contract.ACCOUNT_KEY_TYPES:
        remedy = f"one of {', '.join(contract.ACCOUNT_KEY_TYPES)}"
        yield _problem(row, "no_match", f"{row.id}: account_key_type {kind!r} is no kind of key", remedy)
    elif not key and (kind or not (row.name or row.aliases)):
        yield _problem(row, "no_match", f"{row.id} has no account_key", "write the key that the exports name")
    elif row.table == "accounts" and usual and kind not in ("", "name", usual):
        message = f"{row.id}: records of {channel} have a {usual}, not a {kind}"
        yield _problem(row, "no_match", message, f"write its {usual}")
    elif key and (form := KEY_FORMS.get(kind)) and not form.fullmatch(normal_key(key, kind) or ""):
        yield _problem(row, "no_match", f"{row.id}: {key!r} is no {kind}", "write the key that the exports name")


def _of_owner(row: RegistryRow, units: Iterable[str]) -> Iterator[Problem]:
    unit = row.values["unit_id"]
    if unit and unit not in units:
        yield _problem(
            row, "owner", f"{row.id}: its unit {unit!r} is not registered", "correct unit_id, or add the unit to units.csv"
        )  # fmt: skip


def _overlaps(rows: Sequence[RegistryRow]) -> Iterator[Problem]:
    """Rows of one id that hold at the same time: nobody can know which of them counts."""
    by_id: dict[str, list[RegistryRow]] = defaultdict(list)
    for row in rows:
        if row.id and has_span(row):
            by_id[row.id].append(row)
    for spans in by_id.values():
        for earlier, later in pairwise(sorted(spans, key=lambda row: (row.span, row.number))):
            if later.span[0] < earlier.span[1]:
                yield _problem(
                    later, "overlap", f"{later.id} has another row that holds at the same time: {earlier.place}",
                    "let the one end (valid_to) on the day on which the other begins (valid_from)",
                )  # fmt: skip


def _shared_keys(rows: Sequence[RegistryRow]) -> Iterator[Problem]:
    """Two accounts (or outlets) with one key: a record with it is of neither."""
    by_key: dict[tuple[str, str], list[RegistryRow]] = defaultdict(list)
    for row in rows:
        if row.table in CHANNELS and (key := key_of(row)):
            by_key[key].append(row)
    for sharing in by_key.values():
        for row in sharing:
            if row.id != sharing[0].id:
                yield _problem(
                    row, "shared_key", f"{row.id} has the account_key of {sharing[0].id}, {sharing[0].place}",
                    "one key is one id, whoever owns it: use one id with a row per span",
                )  # fmt: skip
