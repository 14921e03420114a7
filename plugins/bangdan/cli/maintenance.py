"""Commands of maintenance: back up, restore, examine the machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bangdan.cli.common import (
    AS_JSON,
    ENGINE,
    EXISTING,
    cli,
    progress,
    report,
    settings_of_existing_home,
    settings_of_new_or_existing_city,
)
from bangdan.cli.render import maintenance_tables
from bangdan.core.settings import DEFAULT_HOME, Settings


@cli.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Read every copy again and compare hashes.")
@AS_JSON
def backup(target: Path, verify: bool, as_json: bool) -> None:
    """Keep what cannot be made again in the folder TARGET: exports as received, releases, sign-offs, secrets.

    May run at any time, also beside a run; only what is new is copied.
    """
    from bangdan.operations.backup import back_up

    result = back_up(settings_of_existing_home(), target, verify=verify, progress=progress(as_json))
    if as_json:
        report(result, as_json)
    else:
        maintenance_tables.backup(result)


@cli.command()
@click.argument("source", type=EXISTING)
@AS_JSON
def restore(source: Path, as_json: bool) -> None:
    """Bring the backup SOURCE into an empty data folder (BANGDAN_HOME), checked file by file."""
    from bangdan.operations import backup

    result = backup.restore(Settings.load(), source, progress(as_json))
    if as_json:
        report(result, as_json)
    else:
        maintenance_tables.restored(result)
    if result["problems"]:
        sys.exit(1)


@cli.command()
@AS_JSON
def upgrade(as_json: bool) -> None:
    """What this version of the program changes for the city; does nothing.

    Exit code 4: published months would come out otherwise; 1: a file of the city's folder has to be corrected.
    """
    from bangdan.backfill.upgrade import examine

    result = examine(settings_of_existing_home())
    if as_json:
        report(result.to_json(), as_json)
    else:
        maintenance_tables.upgrade(result)
    if result.problems or result.to_change:
        sys.exit(1 if result.problems else 4)


@cli.command()
@ENGINE
@AS_JSON
def doctor(as_json: bool) -> None:
    """Examine this machine and its data folder, and Apache Spark where it is the engine; exit code 1 when something has to be fixed."""
    from bangdan.operations.doctor import examine

    settings = Settings.load()
    if settings.home != DEFAULT_HOME:  # a fresh checkout has none
        settings = settings_of_new_or_existing_city()
    result = examine(settings)
    if as_json:
        report(result.to_json(), as_json)
    else:
        maintenance_tables.examination(result)
    if result.count("fix"):
        sys.exit(1)
