"""Tables and lines that commands print for a person, on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bangdan import stages
from bangdan.cli.common import err, out
from bangdan.core.formatting import one_line

if TYPE_CHECKING:
    from bangdan.backfill.apply import Applied
    from bangdan.backfill.diff import Diff
    from bangdan.backfill.plan import Plan
    from bangdan.backfill.upgrade import Upgrade
    from bangdan.ingestion.rejected import RefusedExport
    from bangdan.operations.doctor import Examination
    from bangdan.operations.overtake import Way
    from bangdan.operations.recommended_actions import Action
    from bangdan.operations.registry_edits import Edit
    from bangdan.operations.registry_upkeep import Upkeep
    from bangdan.operations.revisions import Revisions
    from bangdan.operations.status import MonthStatus, NextList

SHOWN_REJECTS = 3  # per file
SHOWN_REFUSED = 20  # refused exports
MARKS = {"good": "[green]✓[/]", "look": "[yellow]?[/]", "fix": "[red]✗[/]"}


def cell(value: Any) -> str:
    """A table cell: text from files may hold square brackets, which are no markup."""
    return "–" if value is None else one_line(str(value)).replace("[", "\\[")


def line(text: object) -> None:
    """A line of text that holds no markup; line breaks in it, which are from data, are spaces."""
    out.print(one_line(str(text)), markup=False)


# ---- months ------------------------------------------------------------------------------------------------------


def run_report(month: str, result: dict[str, Any]) -> None:
    """The cost of each stage on standard error; the release on standard output."""
    table = Table("stage", "seconds", "CPU seconds", "peak MB", "note", title=f"run of {month}", title_justify="left")
    for stage in result["stages"]:
        costs = (str(stage[key]) for key in ("seconds", "cpu_seconds", "peak_memory_mb"))
        table.add_row(stage["stage"], *costs, "unchanged" if stage.get("unchanged") else "")
    err.print(table)
    release = result["release"]
    if result["is_pending"]:
        out.print(f"{month} {release} stays; the data have changed: a restatement is pending")
        line(f"  to publish it: bangdan run --month {month} --reason R1|R2|R3|C --note TEXT")
    else:
        out.print(f"{month} {release} {'published' if result['is_new'] else 'is current, nothing changed'}")
    if result["repaired"]:
        line(f"  no longer as released, written again: {', '.join(result['repaired'])}")
    line(Path(result["path"]) / "index.html")


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


# ---- backfill ----------------------------------------------------------------------------------------------------


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


# ---- exports -----------------------------------------------------------------------------------------------------


def ingestion(result: dict[str, Any]) -> None:
    """A row a file, then messages and the first rejected rows of each."""
    table = Table("file", "status", "connector", "read", "accepted", "rejected", "duplicate", "reasons")
    counts = ("rows_read", "accepted", "rejected", "duplicate")
    for file in result["files"]:
        reasons = ", ".join(f"{code} {n}" for code, n in file["reasons"].items())
        texts = [file["file"], file["status"], cell(file["connector"]), *(f"{file[key]:,}" for key in counts), reasons]
        table.add_row(*(cell(text) for text in texts))
    table.add_row("all", "", "", *(f"{result[key]:,}" for key in counts), "")
    out.print(table)
    for file in result["files"]:
        if file["message"]:
            line(f"{file['file']}: {file['message']}")
        for reject in file["rejects"][:SHOWN_REJECTS]:
            place = f"row {reject['row']}" + (f", {reject['column']}" if reject["column"] else "")
            line(f"{file['file']}, {place}: {reject['code']} {reject['value']!r}; {reject['remedy']}")
        if file["rejected"] > SHOWN_REJECTS:
            line(f"{file['file']}: {file['rejected']:,} rows rejected in all (--json shows 20)")


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


def purged(result: dict[str, Any], *, is_dry_run: bool) -> None:
    """What was removed, or would be, and which months can no longer be rebuilt."""
    if is_dry_run:
        for file in result["files"]:
            line(file)
    line(f"{result['exports']} export(s), {len(result['files'])} file(s) {'would be ' if is_dry_run else ''}purged")
    if result["months"]:
        line(f"can no longer be rebuilt: {', '.join(result['months'])}; releases stay")
        line(f"would be rebuilt without the posts before them: {', '.join(result['without_history'])}")
        line("the inbox is not touched: what is purged is not landed again from there")


# ---- registry ----------------------------------------------------------------------------------------------------


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


# ---- maintenance -------------------------------------------------------------------------------------------------


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


# ---- explanation -------------------------------------------------------------------------------------------------


def explanation(result: dict[str, Any]) -> None:
    """The scores of a unit, top down: indicators, accounts, posts, reprints, causes of change."""
    name = f"{result['unit_name']} {result['unit_name_en'] or ''}".strip()
    line(f"{name} ({result['unit_id']}), {result['month']} {result['release']}, method {result['method_version']}")
    for dimension in result["dimensions"]:
        _dimension(dimension)
    _table("bonus points by theme", result["bonus"], "name post_count cluster_count bonus_points")
    _table("published rival indices on the same facts", result["rivals"], "index_id name_en index_value")
    out.print("every row: bangdan explain --json, or bangdan sql on published.posts and published.reprints")


def ways_to_pass(ways: Sequence[Way]) -> None:
    """What it takes to pass another unit: one line a way, the fewest of one indicator or of all reprints together."""
    if not ways:
        out.print("no extra value is enough, or the unit is ahead already")
    for way in ways:
        extra = ", ".join(f"{count:,} more in {name}" for name, count in way.extra.items())
        outlets = f", by {way.least_outlets} outlet(s) at least" if way.least_outlets else ""
        stopped = f"; the ranking gate stops it {' or '.join(way.stopped_if)}" if way.stopped_if else ""
        out.print(f"{way.dimension}: {extra}{outlets}: score {way.score}, rank {way.rank}{stopped}")


def _dimension(row: dict[str, Any]) -> None:
    from bangdan.operations.explain import TOP_POSTS, TOP_REPRINTS  # with DuckDB, which no other command's start needs

    place = "no rank" if row["rank"] is None else f"rank {row['rank']}"
    if row["rank_low"] is not None:
        place += f" (interval {row['rank_low']} to {row['rank_high']}, tier {row['tier']})"
    change = "" if row["rank_change"] is None else f" ({row['rank_change']:+d} on the previous list)"
    out.print(
        f"\n{row['dimension']}: {place}{change} of {row['ranking_list']}; "
        f"{row['score']} = base {row['base_score']:.2f} + bonus {row['bonus_points']:.2f}"
    )
    _table("indicators", row["indicators"], "indicator_id value coverage weight goalpost term contribution")
    _table("accounts", row["accounts"], "account_id account_name post_count reprint_count contribution")
    _table(f"top {TOP_POSTS} posts", row["posts"], "post_id published_at title reprint_count contribution")
    for post in row["posts"][:1]:
        _table(
            f"its top {TOP_REPRINTS} reprints: {post['post_id']}",
            post["reprints"],
            "item_id channel_type outlet_name reprinted_at read_count method match_class confidence contribution",
        )
    _table("not counted", row["not_counted"], "reason item_count")
    _table("why the score changed on last month", row["causes_of_change"], "cause change_points")
    verdict = "equal" if row["adds_up"] else "NOT EQUAL: please report it"
    out.print(f"indicators {row['sum_of_indicators']}, posts {row['sum_of_posts']}: {verdict}")


def _table(title: str, rows: list[dict[str, Any]], columns: str) -> None:
    if not rows:
        return
    names = columns.split()
    table = Table(*(name.replace("_", " ") for name in names), title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_figure(row[name]) for name in names))
    out.print(table)


def _figure(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Decimal | float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return cell(value)[:60]
