"""What `ingest`, `forget`, `confirm` and `purge` print for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from bangdan.cli.common import out
from bangdan.cli.render.text import cell, line
from bangdan.ingestion.file_report import ROW_COUNTS, row_totals

if TYPE_CHECKING:
    from bangdan.ingestion.purge import PurgeReport
    from bangdan.pipeline.results import Ingested

SHOWN_REJECTS = 3  # per file


def ingestion(result: Ingested) -> None:
    """A row a file, then messages and the first rejected rows of each."""
    table = Table("file", "status", "connector", "read", "accepted", "rejected", "duplicate", "reasons")
    for file in result.files:
        reasons = ", ".join(f"{code} {n}" for code, n in file.reasons.items())
        numbers = (f"{getattr(file, name):,}" for name in ROW_COUNTS)
        table.add_row(*(cell(text) for text in (file.file, file.status, cell(file.connector), *numbers, reasons)))
    totals = row_totals(result.files)
    table.add_row("all", "", "", *(f"{totals[name]:,}" for name in ROW_COUNTS), "")
    out.print(table)
    for file in result.files:
        if file.message:
            line(f"{file.file}: {file.message}")
        for reject in file.rejects[:SHOWN_REJECTS]:
            place = f"row {reject.row}" + (f", {reject.column}" if reject.column else "")
            line(f"{file.file}, {place}: {reject.code} {reject.value!r}; {reject.remedy}")
        if file.rejected > SHOWN_REJECTS:
            line(f"{file.file}: {file.rejected:,} rows rejected in all (--json shows 20)")


def forgotten(result: dict[str, Any]) -> None:
    """What was removed, and what follows."""
    line(f"{', '.join(result['paths'])}: forgotten, {len(result['files'])} file(s) removed")
    if result["releases"]:
        line(f"made from it, and still published: {', '.join(result['releases'])}; run those months again")
    line("remove it from the inbox too, or it is landed again from there")


def confirmed(result: dict[str, Any]) -> None:
    """What is in force now, and where the decision is."""
    line(f"{', '.join(result['paths'])}: in force, {result['rows']:,} row(s)")
    line(
        f"the decision is a row of {result['file']}; every month reads the registry: `bangdan backfill A..B` names them"
    )


def purged(result: PurgeReport, *, is_dry_run: bool) -> None:
    """What was removed, or would be, and which months can no longer be rebuilt."""
    if is_dry_run:
        for file in result.files:
            line(file)
    line(f"{result.exports} export(s), {len(result.files)} file(s) {'would be ' if is_dry_run else ''}purged")
    if result.months:
        line(f"can no longer be rebuilt: {', '.join(result.months)}; releases stay")
        line(f"would be rebuilt without the posts before them: {', '.join(result.without_history)}")
        line("the inbox is not touched: what is purged is not landed again from there")
