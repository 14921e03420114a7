"""Commands on the registry of a city's folder: check it, and change it without losing what held before."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from bangdan.cli.common import AS_JSON, Commands, cli, report, settings_of_new_or_existing_city
from bangdan.cli.render import registry_tables
from bangdan.core.errors import UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings

if TYPE_CHECKING:
    from bangdan.operations.registry_edits import Edit

TABLE = click.argument("table", type=click.Choice(["units", "accounts", "outlets"]))
ID = click.argument("id")
ON = click.option("--on", required=True, metavar="YYYY-MM-DD", help="The first day on which it is so.")


@cli.group(cls=Commands)
def registry() -> None:
    """Units, accounts and outlets of the city's folder: what is wrong or missing; dated changes that delete nothing."""


@registry.command()
@click.option("--month", metavar="YYYY-MM", help="Compare with the records of this month [default: the newest].")
@click.option("--all", "lists_all", is_flag=True, help="List every account that is not registered, persons' too.")
@AS_JSON
def check(month: str | None, lists_all: bool, as_json: bool) -> None:
    """Wrong rows, accounts never seen, accounts not registered (with rows to paste), changed names.

    Exit code 1 where a row is wrong.
    """
    from bangdan.operations.registry_upkeep import check as check_registry

    settings = settings_of_new_or_existing_city()
    result = check_registry(settings, Month.parse(month) if month else None, lists_all=lists_all)
    if as_json:
        report(result.to_json(), as_json)
    else:
        registry_tables.upkeep(result)
    if result.problems:
        sys.exit(1)


@registry.command()
@TABLE
@click.argument("values", nargs=-1, required=True, metavar="COLUMN=VALUE…")
@AS_JSON
def add(table: str, values: tuple[str, ...], as_json: bool) -> None:
    """Add a row: bangdan registry add accounts account_id=wb-1 unit_id=bay-health platform=weibo …"""
    from bangdan.operations import registry_edits

    pairs = {}
    for text in values:
        column, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"{text!r} is no COLUMN=VALUE", remedy="write it as unit_id=bay-health")
        pairs[column.strip()] = value.strip()
    _report(registry_edits.add(Settings.load(), table, pairs), as_json)


@registry.command()
@TABLE
@ID
@click.option("--to", required=True, metavar="UNIT|LIST", help="The new owner of an account, or list of a unit.")
@ON
@AS_JSON
def move(table: str, id: str, to: str, on: str, as_json: bool) -> None:
    """An account gets another owner, or a unit another list; its row ends, and another begins."""
    from bangdan.operations import registry_edits

    _report(registry_edits.move(Settings.load(), table, id, to, _day(on)), as_json)


@registry.command()
@TABLE
@ID
@click.option("--name", help="The new name.")
@click.option("--name-en", help="The new English name of a unit.")
@ON
@AS_JSON
def rename(table: str, id: str, name: str | None, name_en: str | None, on: str, as_json: bool) -> None:
    """A unit, account or outlet gets another name; its row ends, and another begins."""
    from bangdan.operations import registry_edits

    names = registry_edits.names_of(table, name, name_en)
    if not names:
        raise UsageError("no name is given", remedy="name it: --name or, of a unit, --name-en")
    _report(registry_edits.rename(Settings.load(), table, id, _day(on), names), as_json)


@registry.command()
@TABLE
@ID
@ON
@AS_JSON
def close(table: str, id: str, on: str, as_json: bool) -> None:
    """A unit, account or outlet is registered no longer; its row ends and stays."""
    from bangdan.operations import registry_edits

    _report(registry_edits.close(Settings.load(), table, id, _day(on)), as_json)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise UsageError(f"{text!r} is no day", remedy="write it as 2021-09-01") from None


def _report(edit: Edit, as_json: bool) -> None:
    if as_json:
        report(edit.to_json(), as_json)
    else:
        registry_tables.registry_edit(edit)
