"""What the plan, the comparison and the result of a backfill print for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from bangdan.cli.common import out
from bangdan.cli.render.text import cell, line

if TYPE_CHECKING:
    from bangdan.backfill.apply import Applied
    from bangdan.backfill.diff import Diff
    from bangdan.backfill.plan import Plan


def plan(result: Plan) -> None:
    """A row a month with its action and causes, the exports that are new or gone, and what an apply would do."""
    table = Table("month", "state", "inputs", "made from", "would", "because")
    for row in result.months:
        texts = (str(row.month), row.state, f"{row.exports:,}", row.inputs_hash, row.action, "; ".join(row.changes))
        table.add_row(*(cell(text) for text in texts))
    out.print(table)
    for row in result.months:
        if row.causes.inputs:
            for sign, names in (("+", row.causes.inputs.new_files), ("−", row.causes.inputs.gone_files)):
                for name in names:
                    line(f"  {row.month} {sign} {name}")
    if result.not_loaded:
        line(f"{result.not_loaded:,} landed export(s) are not loaded yet; --apply loads them first")
    if result.downstream:
        line(f"after the range, these read what changes: {', '.join(result.downstream)}")
    line(_to_change(result))
    if without := [row.month for row in result.months if row.action == "no exports"]:
        line(
            f"{len(without)} month(s) have no loaded exports (the first: {without[0]}); load them: bangdan ingest PATH"
        )


def _to_change(result: Plan) -> str:
    if not result.to_change:
        return "nothing to change"
    seconds, bound = result.estimate.seconds, "at most" if result.estimate.is_upper_bound else "about"
    time = "" if seconds is None else f", {bound} {seconds:,} s"
    return f"{result.to_change} month(s) to change{time}; --diff shows by how much, --apply does it"


def diff(result: Diff) -> None:
    """A row a month: what would change, by which cause, and the largest moves."""
    columns = ("month", "units", "ranks", "scores", "rows", "made from has changed", "by cause (points)")
    table = Table(*columns, "largest moves")
    for row in result.months:
        counts = (row.units_changed, row.ranks_changed, row.scores_changed)
        rows = f"{sum(row.rows_changed.values()):,}"  # also where no score differs: posts, accounts
        changes = "not published yet" if row.is_new else "; ".join(row.changes) or "nothing"
        by_cause = ", ".join(f"{cause} {points:.2f}" for cause, points in row.by_cause.items())
        largest = "; ".join(map(_move, row.largest[:3]))
        table.add_row(row.month, *map(cell, counts), rows, cell(changes), by_cause, cell(largest))
    out.print(table)
    for month in result.purged:
        line(f"{month}: not compared: exports purged, it can no longer be rebuilt")
    line(f"{result.to_change} month(s) would change; nothing has been published")
    line(result.report)


def _move(row: dict[str, Any]) -> str:
    return f"{row['unit_name']} {row['dimension']} {cell(row['published_rank'])}→{cell(row['rank'])}"


def applied(result: Applied) -> None:
    """A row a month with its result, and what is left."""
    table = Table("month", "result", "release", "message")
    for row in result.months:
        table.add_row(*(cell(text) for text in (row.month, row.result, row.release, row.message)))
    out.print(table)
    if result.left:
        line(f"not done: {', '.join(result.left)}; the same command goes on from there")
