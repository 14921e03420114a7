"""Exports in: write synthetic ones, land and load real ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from bangdan.cli.common import AS_JSON, EXISTING, INBOX, cell, cli, moment, out, progress, report
from bangdan.core.errors import UsageError
from bangdan.core.months import Month, parse_range
from bangdan.core.settings import Settings

SHOWN_REJECTS = 3  # per file, on the terminal


@cli.command()
@click.option("--months", default="2021-07..2021-08", show_default=True, metavar="A..B", help="Months to write.")
@click.option("--scale", default=1.0, show_default=True, type=click.FloatRange(0.001, 100), help="1.0 = a real city.")
@click.option("--inbox", type=click.Path(path_type=Path), help="Where to write [default: the data folder's inbox].")
@AS_JSON
def demo(months: str, scale: float, inbox: Path | None, as_json: bool) -> None:
    """Write the synthetic exports of a city; nothing is loaded."""
    from bangdan import demo as demo_world

    first, last = parse_range(months)
    summary = demo_world.write(first, last, inbox or Settings.load().inbox, scale, progress=progress(as_json))
    report(summary, as_json)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=INBOX)
@click.option("--connector", help="Force a connector instead of recognising the format.")
@click.option("--mapping", type=EXISTING, help="A YAML mapping that describes the table.")
@click.option("--received-at", metavar="T", help="When the exports were received (ISO 8601; without zone: Shanghai).")
@click.option("--dry-run", is_flag=True, help="Report only; nothing is landed or loaded.")
@click.option("--suggest", is_flag=True, help="Propose a mapping for one file and print it.")
@AS_JSON
def ingest(
    paths: tuple[Path | str, ...],
    connector: str | None,
    mapping: Path | None,
    received_at: str | None,
    dry_run: bool,
    suggest: bool,
    as_json: bool,
) -> None:
    """Land and load exports (files, folders with all below them, or s3://bucket/prefix)."""
    from bangdan import pipeline

    if suggest:
        from bangdan.ingestion import suggest as suggesting

        if not isinstance(paths[0], Path):
            raise UsageError("--suggest reads one file", remedy="fetch an object of the store and name it here")
        click.echo(suggesting.suggest(paths[0]), nl=False)
        return
    told = pipeline.ingest(
        Settings.load(),
        list(paths),
        connector=connector,
        mapping=mapping,
        received_at=moment(received_at),
        dry_run=dry_run,
        progress=progress(as_json),
    )
    if as_json:
        report(told, as_json)
    else:
        _print_ingest(told)
    if any(file["status"] == "refused" for file in told["files"]):
        sys.exit(1)


@cli.command()
@click.option("--before", required=True, metavar="YYYY-MM", help="The first month whose exports stay.")
@click.option("--dry-run", is_flag=True, help="List only; nothing is removed.")
@AS_JSON
def purge(before: str, dry_run: bool, as_json: bool) -> None:
    """Remove landed bytes and raw rows of old exports; hashes, accounting and releases stay.

    An export goes when all its months lie before the one named. Those months can no longer be rebuilt.
    """
    from bangdan import pipeline

    told = pipeline.purge(Settings.load(), Month.parse(before), dry_run=dry_run)
    if as_json:
        report(told, as_json)
        return
    if dry_run:
        for file in told["files"]:
            out.print(file, markup=False)
    would = "would be " if dry_run else ""
    out.print(f"{told['exports']} export(s), {len(told['files'])} file(s) {would}purged", markup=False)
    if told["months"]:
        out.print(f"can no longer be rebuilt: {', '.join(told['months'])}; releases stand", markup=False)
        out.print(f"would be rebuilt without the posts before them: {', '.join(told['without_history'])}", markup=False)
        out.print("the inbox is not touched: what is purged is not landed again from there", markup=False)


def _print_ingest(told: dict[str, Any]) -> None:
    table = Table("file", "status", "connector", "read", "accepted", "rejected", "duplicate", "reasons")
    counts = ("rows_read", "accepted", "rejected", "duplicate")
    for file in told["files"]:
        reasons = ", ".join(f"{code} {n}" for code, n in file["reasons"].items())
        texts = [file["file"], file["status"], cell(file["connector"]), *(f"{file[key]:,}" for key in counts), reasons]
        table.add_row(*(cell(text) for text in texts))
    table.add_row("all", "", "", *(f"{told[key]:,}" for key in counts), "")
    out.print(table)
    for file in told["files"]:
        if file["message"]:
            out.print(f"{file['file']}: {file['message']}", markup=False)
        for one in file["rejects"][:SHOWN_REJECTS]:
            where = f"row {one['row']}" + (f", {one['column']}" if one["column"] else "")
            out.print(f"{file['file']}, {where}: {one['code']} {one['value']!r}; {one['remedy']}", markup=False)
        if file["rejected"] > SHOWN_REJECTS:
            out.print(f"{file['file']}: {file['rejected']:,} rows rejected in all (--json shows 20)", markup=False)
