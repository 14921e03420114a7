"""What `backup`, `restore`, `upgrade` and `doctor` print for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bangdan.cli.common import out
from bangdan.cli.render.text import cell, line

if TYPE_CHECKING:
    from bangdan.backfill.upgrade import Upgrade
    from bangdan.operations.doctor import Examination

MARKS = {"good": "[green]✓[/]", "look": "[yellow]?[/]", "fix": "[red]✗[/]"}


def backup(result: dict[str, Any]) -> None:
    """How much was copied, and how much the backup alone holds."""
    line(f"{result['files']:,} files in {result['target']}, {result['copied']:,} of them new")
    if result["only_in_backup"]:
        out.print(f"{len(result['only_in_backup']):,} are no longer in the data folder; the backup keeps them")


def restored(result: dict[str, Any]) -> None:
    """What is back, what is wrong with it, and the command that loads the exports."""
    line(f"{result['files']:,} files, {result['releases']} releases in {result['home']}")
    for problem in result["problems"]:
        line(f"- {problem}")
    for name in result["seeds_that_differ"]:
        line(f"- seed {name} is not what it was at the backup: check out the same commit")
    out.print("readers have their pages and database again; next, to load the exports:")
    line(f"  {result['next']}")


def upgrade(result: Upgrade) -> None:
    """Files to correct, then contract, method, formats, and the months that would come out otherwise."""
    line(f"version {result.version} ({result.code})")
    for code, count in result.made_by.items():
        line(f"  {count} month(s) were published by {code}{' (this one)' if code == result.code else ''}")
    for problem in result.problems:
        line(f"to correct: {problem}")
    contract = result.contract
    line(
        f"contract with analysts: version {contract.of_program}"
        + (f", the database has {contract.of_database}" if contract.of_database else "")
    )
    for change in contract.changes:
        line(f"  {change}")
    line("method: " + ("the city's own" if result.method.is_own else "the program's"))
    for version in result.method.not_taken:
        line(f"  the program ships {version}, method/ of the city has not")
    formats = result.formats
    for connector, count in formats.load_again.items():
        line(f"{connector}: {count:,} export(s) load anew")
    if formats.months:
        line(f"  with records of {', '.join(formats.months)}")
    if formats.tried_again:
        line(f"{formats.tried_again:,} refused export(s) are tried again")
    for row in result.months:
        line(f"{row.month}: {'; '.join(row.changes)}")
    if result.months:
        first, last = result.months[0].month, result.months[-1].month
        line(
            f"{result.to_change} month(s) may come out otherwise: bangdan backfill {first}..{last} --diff shows by how much"
        )
    else:
        line("no published month would come out otherwise")


def examination(result: Examination) -> None:
    """A line a finding, with its remedy, and how many are to be fixed or looked at."""
    for finding in result.findings:
        out.print(f"{MARKS[finding.state]} {finding.check}: {cell(finding.observed)}")
        if finding.remedy:
            out.print(f"    {cell(finding.remedy)}")
    out.print(f"{result.count('fix')} to fix, {result.count('look')} to look at")
