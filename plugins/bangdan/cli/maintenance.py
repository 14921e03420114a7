"""Care: back up, restore, examine the machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bangdan.cli.common import AS_JSON, EXISTING, cell, cli, out, progress, report
from bangdan.core.settings import Settings


@cli.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Read every copy again and compare hashes.")
@AS_JSON
def backup(target: Path, verify: bool, as_json: bool) -> None:
    """Keep what cannot be made again in the folder TARGET: exports as received, releases, sign-offs, secrets.

    May run at any time, also beside a run; only what is new is copied.
    """
    from bangdan.operations import backup as backing_up

    told = backing_up.back_up(Settings.load(), target, verify=verify, progress=progress(as_json))
    if as_json:
        report(told, as_json)
        return
    out.print(f"{told['files']:,} files in {told['target']}, {told['copied']:,} of them new", markup=False)
    if told["only_in_backup"]:
        out.print(f"{len(told['only_in_backup']):,} are no longer in the data folder; the backup keeps them")


@cli.command()
@click.argument("source", type=EXISTING)
@AS_JSON
def restore(source: Path, as_json: bool) -> None:
    """Bring the backup SOURCE into an empty data folder (BANGDAN_HOME), checked file by file."""
    from bangdan.operations import backup as backing_up

    told = backing_up.restore(Settings.load(), source, progress(as_json))
    if as_json:
        report(told, as_json)
    else:
        out.print(f"{told['files']:,} files, {told['releases']} releases in {told['home']}", markup=False)
        for problem in told["problems"]:
            out.print(f"- {problem}", markup=False)
        for name in told["seeds_that_differ"]:
            out.print(f"- seed {name} is not what it was at the backup: check out the same commit", markup=False)
        out.print("readers have their pages and database again; next, to load the exports:")
        out.print(f"  {told['next']}", markup=False)
    if told["problems"]:
        sys.exit(1)


@cli.command()
@AS_JSON
def doctor(as_json: bool) -> None:
    """Examine this machine and its data folder; exit code 1 when something has to be mended."""
    from bangdan.operations import doctor as examining

    told = examining.examine(Settings.load())
    if as_json:
        report(told, as_json)
    else:
        signs = {"good": "[green]✓[/]", "look": "[yellow]?[/]", "mend": "[red]✗[/]"}
        for one in told["findings"]:
            out.print(f"{signs[one['state']]} {one['what']}: {cell(one['found'])}")
            if one["remedy"]:
                out.print(f"    {cell(one['remedy'])}")
        out.print(f"{told['mend']} to mend, {told['look']} to look at")
    if told["mend"]:
        sys.exit(1)
