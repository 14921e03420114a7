"""Months: one run, many, and where each stands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from bangdan.cli.common import AS_JSON, INBOX, MONTH, NOTE, REASON, cell, cli, err, out, progress, report
from bangdan.core.errors import UsageError
from bangdan.core.months import Month, parse_range
from bangdan.core.settings import Settings


@cli.command()
@MONTH
@click.option("--inbox", type=INBOX, help="Land this folder (or s3://bucket/prefix) first [default: what is landed].")
@REASON
@NOTE
@click.option("--method", metavar="VERSION", help="Try another method version aside; nothing is published.")
@AS_JSON
def run(
    month: str, inbox: Path | str | None, reason: str | None, note: str | None, method: str | None, as_json: bool
) -> None:
    """The whole month: land, load, build, check, publish."""
    from bangdan import pipeline
    from bangdan.core import logs
    from bangdan.operations import trial

    if method:
        if inbox or reason or note:
            raise UsageError(
                "--method tries a method on what is landed", remedy="leave out --inbox, --reason and --note"
            )
        tried = trial.try_method(Settings.load(), Month.parse(month), method, progress(as_json) or pipeline.silent)
        if as_json:
            report(tried, as_json)
        else:
            _print_trial(tried)
        return
    logs.watch(progress(as_json))
    result = pipeline.run(
        Settings.load(), Month.parse(month), inbox=inbox, reason=reason, note=note, progress=progress(as_json)
    )
    if as_json:
        report(result, as_json)
        return
    table = Table("stage", "seconds", "CPU seconds", "peak MB", title=f"run of {month}", title_justify="left")
    for stage in result["stages"]:
        table.add_row(stage["stage"], *(str(stage[key]) for key in ("seconds", "cpu_seconds", "peak_memory_mb")))
    err.print(table)
    if result["is_pending"]:
        out.print(f"{month} {result['release']} stands; the data have changed: a restatement is pending")
        out.print("  to publish it: bangdan run --month " + month + " --reason R1|R2|R3|C --note TEXT", markup=False)
    else:
        out.print(f"{month} {result['release']} {'published' if result['is_new'] else 'stands, nothing changed'}")
    if result["repaired"]:
        out.print(f"  no longer as released, written again: {', '.join(result['repaired'])}", markup=False)
    out.print(str(Path(result["path"]) / "index.html"), markup=False)


@cli.command()
@click.argument("months", metavar="A..B")
@click.option("--plan", "mode", flag_value="plan", default="plan", help="What would change; writes nothing [default].")
@click.option("--diff", "mode", flag_value="diff", help="Build aside and compare; publishes nothing.")
@click.option("--apply", "mode", flag_value="apply", help="Build and publish, ascending.")
@REASON
@NOTE
@click.option("--keep-going", is_flag=True, help="Go on with other months after a refused gate.")
@AS_JSON
def backfill(months: str, mode: str, reason: str | None, note: str | None, keep_going: bool, as_json: bool) -> None:
    """Many months at once: plan, compare, apply. Exit code 4: a plan or comparison found changes."""
    from bangdan.backfill.apply import apply
    from bangdan.backfill.diff import diff
    from bangdan.backfill.plan import plan

    settings, (first, last), tell = Settings.load(), parse_range(months), progress(as_json)
    if mode == "apply":
        told = apply(settings, first, last, reason=reason, note=note, keep_going=keep_going, progress=tell)
    elif mode == "diff":
        told = diff(settings, first, last, tell)
    else:
        told = plan(settings, first, last)
    if as_json:
        report(told, as_json)
    else:
        _print_backfill(mode, told)
    if mode == "apply" and told["is_stopped"]:
        sys.exit(130)
    if mode == "apply" and told["refused"]:
        sys.exit(3)
    if mode != "apply" and told["to_change"]:
        sys.exit(4)


@cli.command()
@AS_JSON
def status(as_json: bool) -> None:
    """Months, inputs, gates, releases, pending restatements, backfills under way, and what to do next."""
    from bangdan.backfill import journal
    from bangdan.operations import recommended_actions, status

    settings = Settings.load()
    found = status.months(settings)
    found["backfills"] = journal.all_told(settings)
    found["to_do"] = recommended_actions.to_do(found)
    if as_json:
        report(found, as_json)
        return
    if not found["months"]:
        out.print(f"nothing is loaded yet in {found['home']}", markup=False)
    else:
        table = Table("month", "exports", "accepted", "rejected", "gates", "release", "pending")
        for month in found["months"]:
            table.add_row(
                month["month"],
                *(f"{month[key]:,}" for key in ("exports", "accepted", "rejected")),
                _gates(month["gates"]),
                cell(month["release"]),
                cell(month["pending"]),
            )
        out.print(table)
        for month in found["months"]:
            if month["is_purged"]:
                out.print(
                    f"{month['month']}: exports purged; it can no longer be rebuilt, its releases stand", markup=False
                )
            elif month["history_purged"]:
                gone = ", ".join(month["history_purged"])
                out.print(f"{month['month']}: a rebuild would lack the posts of {gone}, which are purged", markup=False)
        out.print(f"data folder: {found['home']}", markup=False)
    out.print("\nto do:" if found["to_do"] else "\nnothing to do")
    for one in found["to_do"]:
        out.print(f"- {one['what']}\n    {one['command']}", markup=False)


@cli.command()
@MONTH
@click.option("--list", "name", metavar="NAME", help="All rows of one list, e.g. unregistered_accounts.")
@AS_JSON
def review(month: str, name: str | None, as_json: bool) -> None:
    """What a person should look at in a month: unknown names, unowned posts, doubtful matches, suspect counts."""
    from bangdan.operations import review as reviewing

    told = reviewing.lists(Settings.load(), Month.parse(month), name)
    if as_json:
        report(told, as_json)
        return
    for one, found in told["lists"].items():
        rows = found["rows"] if name else found["rows"][:3]
        out.print(f"{one}: {found['count']:,}", markup=False)
        if rows:
            table = Table(*(key for key in rows[0] if key != "ranking_month"))
            for row in rows:
                table.add_row(*(cell(value)[:60] for key, value in row.items() if key != "ranking_month"))
            out.print(table)
    if not name:
        out.print(f"all rows of one: bangdan review --month {month} --list NAME", markup=False)


def _gates(gates: dict[str, str]) -> str:
    """All passed in a word; what refused by its name."""
    from bangdan.gates import DOORS

    refused = [door for door, verdict in gates.items() if verdict == "refused"]
    if refused:
        return f"refused: {', '.join(refused)}"
    return "passed" if len(gates) == len(DOORS) else f"{len(gates)} of {len(DOORS)} passed" if gates else "–"


def _print_backfill(mode: str, told: dict[str, Any]) -> None:
    {"plan": _print_plan, "diff": _print_diff, "apply": _print_applied}[mode](told)


def _print_plan(told: dict[str, Any]) -> None:
    table = Table("month", "state", "inputs", "made from", "would", "because")
    for row in told["months"]:
        because = "; ".join(row["changes"])
        table.add_row(
            *(cell(text) for text in (row["month"], row["state"], f"{row['exports']:,}", row["inputs_hash"])),
            cell(row["action"]), cell(because),
        )  # fmt: skip
    out.print(table)
    for row in told["months"]:
        files = row["causes"].get("inputs", {})
        for sign, names in (("+", files.get("new_files", [])), ("−", files.get("gone_files", []))):
            for name in names:
                out.print(f"  {row['month']} {sign} {name}", markup=False)
    if told["not_loaded"]:
        out.print(f"{told['not_loaded']:,} landed export(s) are not loaded yet; --apply loads them first")
    if told["downstream"]:
        out.print(f"after the range, these read what changes: {', '.join(told['downstream'])}", markup=False)
    if told["to_change"]:
        seconds, is_bound = told["estimate"]["seconds"], told["estimate"]["is_upper_bound"]
        about = "" if seconds is None else f", {'at most' if is_bound else 'about'} {seconds:,} s"
        out.print(f"{told['to_change']} month(s) to change{about}; --diff shows by how much, --apply does it")
    else:
        out.print("nothing to change")
    if without := [row["month"] for row in told["months"] if row["action"] == "no exports"]:
        out.print(
            f"{len(without)} month(s) have no loaded exports (the first: {without[0]}); load them: bangdan ingest PATH"
        )


def _print_diff(told: dict[str, Any]) -> None:
    columns = ("month", "units", "ranks", "scores", "rows", "made from has changed", "by cause (points)")
    table = Table(*columns, "largest moves")
    for row in told["months"]:
        by_cause = ", ".join(f"{cause} {points:.2f}" for cause, points in row["by_cause"].items())
        largest = "; ".join(
            f"{one['unit_name']} {one['dimension']} {cell(one['published_rank'])}→{cell(one['rank'])}"
            for one in row["largest"][:3]
        )
        told_of = ("units_changed", "ranks_changed", "scores_changed")
        changes = "not published yet" if row["is_new"] else "; ".join(row["changes"]) or "nothing"
        rows = f"{sum(row['rows_changed'].values()):,}"  # also where no score differs: posts, accounts
        counts = [cell(row.get(key)) for key in told_of]
        table.add_row(row["month"], *counts, rows, cell(changes), by_cause, cell(largest))
    out.print(table)
    out.print(f"{told['to_change']} month(s) would change; nothing has been published")
    out.print(told["report"], markup=False)


def _print_applied(told: dict[str, Any]) -> None:
    table = Table("month", "result", "release", "message")
    for row in told["months"]:
        table.add_row(*(cell(row.get(name)) for name in ("month", "result", "release", "message")))
    out.print(table)
    if told["left"]:
        out.print(f"not done: {', '.join(told['left'])}; the same command goes on from there", markup=False)


def _print_trial(tried: dict[str, Any]) -> None:
    columns = ("ranking_list", "dimension", "unit_name", "rank", "published_rank", "score", "published_score")
    table = Table(*(name.replace("_", " ") for name in columns))
    for row in tried["rows"]:
        table.add_row(*(cell(row[name]) for name in columns))
    out.print(table)
    out.print(
        f"{tried['month']} by method {tried['method_version']}: a trial, not published; {tried['file']}", markup=False
    )
