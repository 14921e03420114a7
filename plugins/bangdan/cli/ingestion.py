"""Commands on exports: write synthetic ones, land and load real ones, purge old ones."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bangdan.cli.common import AS_JSON, EXISTING, INBOX, cli, moment, progress, report, settings_of_existing_home
from bangdan.cli.render import export_tables
from bangdan.core.errors import UsageError
from bangdan.core.months import Month, parse_range
from bangdan.core.settings import Settings


@cli.command()
@click.option("--months", default="2021-07..2021-08", show_default=True, metavar="A..B", help="Months to write.")
@click.option("--scale", default=1.0, show_default=True, type=click.FloatRange(0.001, 100), help="1.0 = a real city.")
@click.option("--inbox", type=click.Path(path_type=Path), help="Where to write [default: the city's inbox].")
@AS_JSON
def demo(months: str, scale: float, inbox: Path | None, as_json: bool) -> None:
    """Write the synthetic exports of a city and its city folder; nothing is loaded."""
    from bangdan.demo import write, write_city

    first, last = parse_range(months)
    settings = Settings.load()
    write_city(settings.city)
    summary = write(first, last, inbox or settings.inbox, scale, progress=progress(as_json))
    report(summary, as_json)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=INBOX)
@click.option("--connector", help="Force a connector instead of recognising the format.")
@click.option("--mapping", type=EXISTING, help="A YAML mapping that describes the table.")
@click.option("--received-at", metavar="T", help="When the exports were received (ISO 8601; without zone: Shanghai).")
@click.option("--dry-run", is_flag=True, help="Report only; nothing is landed or loaded.")
@click.option("--suggest", "is_proposal", is_flag=True, help="Propose a mapping for one file and print it.")
@AS_JSON
def ingest(
    paths: tuple[Path | str, ...],
    connector: str | None,
    mapping: Path | None,
    received_at: str | None,
    dry_run: bool,
    is_proposal: bool,
    as_json: bool,
) -> None:
    """Land and load exports (files, folders with all below them, or s3://bucket/prefix)."""
    from bangdan.pipeline import intake

    if is_proposal:
        from bangdan.ingestion.suggest import propose_mapping

        if not isinstance(paths[0], Path):
            raise UsageError("--suggest reads one file", remedy="fetch an object of the store and name it here")
        click.echo(propose_mapping(paths[0]), nl=False)
        return
    result = intake.ingest(
        Settings.load(),
        list(paths),
        connector=connector,
        mapping=mapping,
        received_at=moment(received_at),
        dry_run=dry_run,
        progress=progress(as_json),
    )
    if as_json:
        report(result.to_json(), as_json)
    else:
        export_tables.ingestion(result)
    if any(file.status == "refused" for file in result.files):
        sys.exit(1)


@cli.command()
@click.argument("export", metavar="FILE|SHA")
@click.option("--force", is_flag=True, help="Also where a release was made from it; needs --reason.")
@click.option("--reason", metavar="TEXT", help="What was wrong with the delivery, for the record.")
@AS_JSON
def forget(export: str, force: bool, reason: str | None, as_json: bool) -> None:
    """Remove a wrong delivery: its landed bytes, its rows, its line in the manifest.

    FILE is the file, or its path as it was delivered; SHA the SHA-256 of its bytes, or its first digits. A record of it
    stays in landing/forgotten.
    """
    from bangdan.operations.forget import forget as forget_export

    result = forget_export(settings_of_existing_home(), export, force=force, reason=reason).to_json()
    if as_json:
        report(result, as_json)
    else:
        export_tables.forgotten(result)


@cli.command()
@click.argument("export", metavar="FILE|SHA")
@click.option("--by", required=True, metavar="PERSON", help="Who has looked at it.")
@click.option("--reason", required=True, metavar="TEXT", help="Who sent it, and what changed.")
@AS_JSON
def confirm(export: str, by: str, reason: str, as_json: bool) -> None:
    """Put a registry that was delivered in force; files of the city's registry/ need no confirmation.

    FILE is the file, or its path as it was delivered; SHA the SHA-256 of its bytes, or its first digits. The row is added
    to corrections/registry_confirmations.csv of the city's folder.
    """
    from bangdan.operations.confirmation import confirm as confirm_registry

    result = confirm_registry(settings_of_existing_home(), export, by, reason).to_json()
    if as_json:
        report(result, as_json)
    else:
        export_tables.confirmed(result)


@cli.command()
@click.option("--before", required=True, metavar="YYYY-MM", help="The first month whose exports stay.")
@click.option("--dry-run", is_flag=True, help="List only; nothing is removed.")
@AS_JSON
def purge(before: str, dry_run: bool, as_json: bool) -> None:
    """Remove landed bytes and raw rows of old exports; hashes, accounting and releases stay.

    An export goes when all its months lie before the one named. Those months can no longer be rebuilt.
    """
    from bangdan.pipeline import intake

    result = intake.purge(settings_of_existing_home(), Month.parse(before), dry_run=dry_run)
    if as_json:
        report(result.to_json(), as_json)
    else:
        export_tables.purged(result, is_dry_run=dry_run)
