"""Edits of the registry of a city's folder: a row more, an owner, a name or an end from a day on. Nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bangdan.core import city
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion.columns.values import parse_time
from bangdan.operations import registry_files, registry_rules
from bangdan.operations.registry_files import NAMES, RegistryFile, RegistryRow

# Table → the column that a move changes: whose an account is, in which list a unit is ranked.
MOVED = {"accounts": "unit_id", "units": "ranking_list"}


@dataclass(frozen=True)
class Edit:
    """What an edit has written: the file, the rows that ended, and the rows that are new, as column → value."""

    file: Path
    closed: list[dict[str, str]]
    added: list[dict[str, str]]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "file": str(self.file)}


def add(settings: Settings, table: str, values: Mapping[str, str]) -> Edit:
    """Add a row with these values. Raises UsageError where it lacks its id, holds at the time of another row of this id,
    or is wrong in another way.
    """
    registry_file = registry_files.require(settings, table)
    return _write(settings, registry_file, registry_file.with_row(values))


def move(settings: Settings, table: str, id: str, to: str, on: date) -> Edit:
    """From a day on an account is of another unit, or a unit is in another list: the row in force ends, a new one begins.

    Raises UsageError where no row of the id is in force on the day, or a later one begins after it.
    """
    if table not in MOVED:
        raise UsageError("an outlet has no owner", remedy=f"one of {', '.join(MOVED)} is moved")
    return _from_day(settings, table, id, on, {MOVED[table]: to})


def rename(settings: Settings, table: str, id: str, on: date, names: Mapping[str, str]) -> Edit:
    """From a day on a unit, account or outlet has other names (column → value): the row in force ends, a new one begins.

    The old name of a unit becomes one of its aliases: others go on to attribute posts to it. Raises UsageError as `move`.
    """
    return _from_day(settings, table, id, on, names)


def close(settings: Settings, table: str, id: str, on: date) -> Edit:
    """From a day on a unit, account or outlet is registered no longer. Raises UsageError as `move`."""
    registry_file = registry_files.require(settings, table)
    row = _in_force(registry_file, id, on)
    return _write(settings, registry_file, registry_file.with_values(row.number, {"valid_to": on.isoformat()}))


def _from_day(settings: Settings, table: str, id: str, on: date, changes: Mapping[str, str]) -> Edit:
    registry_file = registry_files.require(settings, table)
    if table == "units" and on.day != 1:
        raise UsageError(
            f"{on} is not the first day of a month", remedy="a unit has one name and one list in a month: take the first of one"
        )  # fmt: skip
    row = _in_force(registry_file, id, on)
    if all(row.values[column] == value for column, value in changes.items()):
        raise UsageError(f"{id} is that already: {_shown(changes)}", remedy="name what changes on that day")
    aliases = {}
    if table == "units" and changes.get("unit_name", row.name) != row.name:
        aliases = {"aliases": "|".join(dict.fromkeys([*row.aliases, row.name]))}
    # A column that the file leaves out is blank in its rows, and stays left out.
    values = {column: value for column, value in row.values.items() if column in registry_file.columns}
    new = {**values, **changes, **aliases, "valid_from": on.isoformat()}
    ended = registry_file.with_values(row.number, {"valid_to": on.isoformat()})
    return _write(settings, registry_file, ended.with_row(new))


def _in_force(registry_file: RegistryFile, id: str, on: date) -> RegistryRow:
    """The row of an id that holds on a day and began before it; raises UsageError where none does or a later one begins."""
    day = parse_time(on.isoformat()).micros or 0
    of_id = [row for row in registry_file.rows if row.id == id]
    if not of_id:
        raise UsageError(f"{registry_file.path} has no row of {id!r}", remedy="`bangdan registry add` adds one")
    readable = [row for row in of_id if registry_rules.has_span(row)]
    if later := [row for row in readable if row.span[0] >= day]:
        raise UsageError(
            f"{id} has a row that begins on {later[0].values['valid_from']}: {later[0].place}",
            remedy="take a later day, or correct that row in the file",
        )
    holding = [row for row in readable if row.span[0] < day < row.span[1]]
    if len(holding) != 1:
        rows = ", ".join(row.place for row in of_id)
        raise UsageError(
            f"{len(holding) or 'no'} row(s) of {id} hold on {on}: {rows}", remedy="see `bangdan registry check`; correct the file"
        )  # fmt: skip
    return holding[0]


def _write(settings: Settings, current: RegistryFile, edited: RegistryFile) -> Edit:
    """Write the file unless it has a problem that it had not; raises UsageError with the first such problem."""
    tables = {name: registry_files.rows(settings, name) for name in registry_files.COLUMNS}
    own = city.load(settings) if city.exists(settings) else None
    known = {(problem.id, problem.kind) for problem in registry_rules.problems(tables, own)}
    for problem in registry_rules.problems({**tables, edited.table: edited.rows}, own):
        if (problem.id, problem.kind) not in known:
            raise UsageError(f"{problem.message} ({problem.place}); nothing was written", remedy=problem.remedy)
    edited.write()
    old, new = ([dict(row.values) for row in registry_file.rows] for registry_file in (current, edited))
    closed = [row for number, row in enumerate(new[: len(old)]) if row != old[number]]
    return Edit(edited.path, closed, new[len(old) :])


def _shown(values: Mapping[str, str]) -> str:
    return ", ".join(f"{column} {value}" for column, value in values.items())


def names_of(table: str, name: str | None, name_en: str | None) -> dict[str, str]:
    """The name columns of a table with the names that are given. Raises UsageError where the table has no such column."""
    given = {NAMES[table]: name, "unit_name_en": name_en}
    if name_en is not None and table != "units":
        raise UsageError("only units have an English name", remedy="leave out --name-en")
    return {column: value for column, value in given.items() if value is not None}
