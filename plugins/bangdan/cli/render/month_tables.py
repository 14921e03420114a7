"""What `run`, `trial`, `status` and `review` print for a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bangdan import stages
from bangdan.cli.common import err, out
from bangdan.cli.render.text import cell, line

if TYPE_CHECKING:
    from bangdan.ingestion.rejected import RefusedExport
    from bangdan.operations.recommended_actions import Action
    from bangdan.operations.revisions import Revisions
    from bangdan.operations.status import MonthStatus, NextList
    from bangdan.pipeline.results import MonthRun

SHOWN_REFUSED = 20  # refused exports


def run_report(result: MonthRun) -> None:
    """The cost of each stage on standard error; the release on standard output."""
    table = Table(
        "stage", "seconds", "CPU seconds", "peak MB", "note", title=f"run of {result.month}", title_justify="left"
    )
    for stage in result.stages:
        costs = (str(stage[key]) for key in ("seconds", "cpu_seconds", "peak_memory_mb"))
        table.add_row(stage["stage"], *costs, "unchanged" if stage.get("unchanged") else "")
    err.print(table)
    month, published = result.month, result.published
    if published.is_pending:
        out.print(f"{month} {published.release} stays; the data have changed: a restatement is pending")
        line(f"  to publish it: bangdan run --month {month} --reason R1|R2|R3|C --note TEXT")
    else:
        out.print(f"{month} {published.release} {'published' if published.is_new else 'is current, nothing changed'}")
    if published.repaired:
        line(f"  no longer as released, written again: {', '.join(published.repaired)}")
    line(published.path / "index.html")


def trial(result: dict[str, Any]) -> None:
    """Both rankings of a month: by the method on trial, and as published."""
    columns = ("ranking_list", "dimension", "unit_name", "rank", "published_rank", "score", "published_score")
    table = Table(*(name.replace("_", " ") for name in columns))
    for row in result["rows"]:
        table.add_row(*(cell(row[name]) for name in columns))
    out.print(table)
    line(f"{result['month']} by method {result['method_version']}: a trial, not published; {result['file']}")


def status(
    home: Path,
    months: list[MonthStatus],
    actions: list[Action],
    refused: list[RefusedExport],
    expected: NextList | None,
    revised: Revisions,
) -> None:
    """A row a month, why a month waits, purged months, refused exports, revisions, and the commands to give next."""
    if months:
        _months(months)
        line(f"data folder: {home}")
    else:
        line(f"nothing is loaded yet in {home}")
    for export in refused[:SHOWN_REFUSED]:
        line(f"refused: {export.file}: {export.code}: {export.meaning}; {export.remedy}")
    if len(refused) > SHOWN_REFUSED:
        line(f"refused: {len(refused) - SHOWN_REFUSED:,} more (--json lists all)")
    if expected:
        line(f"next list: {expected.month}, due on {expected.due_on}")
    if revised.revisions:
        line(
            f"revised: {revised.revised_months} of {revised.months} published months ({revised.reasons_in_words}); largest"
            f" moves: {revised.largest_rank_move or 0} places, {revised.largest_score_move or 0} points"
        )
    out.print("\nto do:" if actions else "\nnothing to do")
    for action in actions:
        line(f"- {action.what}")
        line(f"    {action.command}")


def _months(months: list[MonthStatus]) -> None:
    table = Table("month", "exports", "accepted", "rejected", "gates", "release", "pending")
    for month in months:
        counts = (f"{count:,}" for count in (month.inputs.exports, month.inputs.accepted, month.inputs.rejected))
        table.add_row(month.month, *counts, _gates(month.gates), cell(month.release), cell(month.pending))
    out.print(table)
    for month in months:
        if month.inputs.rejected:
            reasons = ", ".join(f"{code} {count:,}" for code, count in month.inputs.reasons.items())
            why = f"codes of its exports: {reasons}; " if reasons else ""
            line(
                f"{month.month}: {month.inputs.rejected:,} rows rejected; {why}bangdan review --month {month.month} --list rejects"
            )
        if month.run and month.progress and month.progress.cause:
            line(f"{month.month}: waits at {month.progress.stage}: {month.progress.cause}")
        if month.is_purged:
            line(f"{month.month}: exports purged; it can no longer be rebuilt, its releases stay")
        elif month.history_purged:
            purged = ", ".join(month.history_purged)
            line(f"{month.month}: a rebuild would lack the posts of {purged}, which are purged")


def _gates(verdicts: dict[str, str]) -> str:
    """All passed in a word; what refused by its name."""
    refused = [gate for gate, verdict in verdicts.items() if verdict == "refused"]
    if refused:
        return f"refused: {', '.join(refused)}"
    if len(verdicts) == len(stages.GATES):
        return "passed"
    return f"{len(verdicts)} of {len(stages.GATES)} passed" if verdicts else "–"


def review(month: str, lists: dict[str, Any], *, is_whole: bool) -> None:
    """The review lists with their counts and first rows, or all rows of one (`is_whole`)."""
    for name, content in lists.items():
        line(f"{name}: {content['count']:,}")
        rows = content["rows"] if is_whole else content["rows"][:3]
        if rows:
            columns = [column for column in rows[0] if column != "ranking_month"]
            table = Table(*columns)
            for row in rows:
                table.add_row(*(cell(row[column])[:60] for column in columns))
            out.print(table)
    if not is_whole:
        line(f"all rows of one: bangdan review --month {month} --list NAME")
