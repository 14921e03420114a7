"""What the commands of the registry print for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bangdan.cli.common import out
from bangdan.cli.render.text import line

if TYPE_CHECKING:
    from bangdan.operations.registry_edits import Edit
    from bangdan.operations.registry_upkeep import Upkeep


def upkeep(result: Upkeep) -> None:
    """Wrong rows with their remedies, then what the records of the month say, and rows to paste."""
    line(", ".join(f"{count:,} {table}" for table, count in result.rows.items()))
    for problem in result.problems:
        line(f"- {problem.message} ({problem.place})")
        line(f"    {problem.remedy}")
    out.print(f"{len(result.problems)} problem(s)")
    if result.month is None:
        line("no records are loaded yet: nothing to compare with")
        return
    for row in result.never_seen:
        line(f"never seen: {row['id']} {row['name']}")
    for renamed in result.renamed:
        line(
            f"other name: {renamed.id} {renamed.registered_name}: {renamed.record_count:,} record(s) as {renamed.name}"
        )
    for unknown in result.unregistered:
        line(f"not registered: {unknown.channel_type} {unknown.account_name}: {unknown.record_count:,} record(s)")
    if result.not_listed["accounts"]:
        counts = (result.not_listed["accounts"], result.not_listed["records"])
        line(f"not registered, perhaps persons: {counts[0]:,} account(s), {counts[1]:,} record(s) (--all lists them)")
    for table in dict.fromkeys(unknown.table for unknown in result.unregistered):
        line(f"rows for registry/{table}.csv, to be checked before they are pasted:")
        for unknown in result.unregistered:
            if unknown.table == table:
                line(f"    {unknown.row}")
    line(f"compared with the records of {result.month}")


def registry_edit(result: Edit) -> None:
    """The file, the rows that ended and the rows that are new."""
    for word, rows in (("ended", result.closed), ("new", result.added)):
        for row in rows:
            line(f"{word}: {','.join(row.values())}")
    line(result.file)
