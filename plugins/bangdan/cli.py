"""The command line. Each command reads its words, calls one stage or the pipeline, and reports."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bangdan import __version__
from bangdan.errors import BangdanError, UsageError
from bangdan.months import SHANGHAI, Month, parse_range
from bangdan.settings import Settings

# Progress and errors go to standard error, results to standard output, so that a pipe gets results only.
# Where no terminal says how wide it is, tables are not squeezed.
WIDTH = None if sys.stdout.isatty() else 160
out = Console(soft_wrap=True, highlight=False, width=WIDTH)
err = Console(stderr=True, soft_wrap=True, highlight=False)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Report as JSON on standard output.")
MONTH = click.option("--month", required=True, metavar="YYYY-MM", help="The ranking month, Asia/Shanghai.")
EXISTING = click.Path(exists=True, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="bangdan")
def cli() -> None:
    """Bangdan (榜单): from raw channel exports to a city's monthly ranking of government new media.

    The data folder is BANGDAN_HOME (default: data/ in the project). Exit codes: 0 done, 1 failed (for ingest: some
    file was refused), 2 wrong usage, 3 a quality gate refused and the last release stands, 4 a plan found changes.
    """


def main() -> None:
    """Run the command line; a BangdanError becomes its message, its remedy and its exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        err.print("stopped")
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BangdanError as error:
        # Text from files may hold square brackets: never let them be read as markup.
        err.print(f"error: {error}", markup=False)
        code = error.exit_code
    sys.exit(code or 0)


# ---- demo, ingest, run -------------------------------------------------------------------------------------------


@cli.command()
@click.option("--months", default="2021-07..2021-08", show_default=True, metavar="A..B", help="Months to write.")
@click.option("--scale", default=1.0, show_default=True, type=click.FloatRange(0.001, 100), help="1.0 = a real city.")
@click.option("--inbox", type=click.Path(path_type=Path), help="Where to write [default: the data folder's inbox].")
@AS_JSON
def demo(months: str, scale: float, inbox: Path | None, as_json: bool) -> None:
    """Write the synthetic exports of a city; nothing is loaded."""
    from bangdan import demo as demo_world

    first, last = parse_range(months)
    summary = demo_world.write(first, last, inbox or Settings.load().inbox, scale, progress=_progress(as_json))
    _report(summary, as_json)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option("--connector", help="Force a connector instead of recognising the format.")
@click.option("--mapping", type=EXISTING, help="A YAML mapping that describes the table.")
@click.option("--received-at", metavar="T", help="When the exports were received (ISO 8601; without zone: Shanghai).")
@click.option("--dry-run", is_flag=True, help="Report only; nothing is landed or loaded.")
@click.option("--suggest", is_flag=True, help="Propose a mapping for one file and print it.")
@AS_JSON
def ingest(
    paths: tuple[Path, ...],
    connector: str | None,
    mapping: Path | None,
    received_at: str | None,
    dry_run: bool,
    suggest: bool,
    as_json: bool,
) -> None:
    """Land and load exports (files, or folders with all below them)."""
    from bangdan import pipeline

    if suggest:
        from bangdan.exports import suggest as suggesting

        click.echo(suggesting.suggest(paths[0]), nl=False)
        return
    report = pipeline.ingest(
        Settings.load(),
        list(paths),
        connector=connector,
        mapping=mapping,
        received_at=_moment(received_at),
        dry_run=dry_run,
        progress=_progress(as_json),
    )
    if as_json:
        _report(report, as_json)
    else:
        _print_ingest(report)
    if any(file["status"] == "refused" for file in report["files"]):
        sys.exit(1)


@cli.command()
@MONTH
@click.option("--inbox", type=EXISTING, help="Land this folder first; without it, run with what is landed.")
@click.option("--reason", type=click.Choice(["R1", "R2", "R3", "C"]), help="Why a published month changes.")
@click.option("--note", help="What happened, in a sentence, for the ledger.")
@click.option("--method", metavar="VERSION", help="Try another method version aside; nothing is published.")
@AS_JSON
def run(
    month: str, inbox: Path | None, reason: str | None, note: str | None, method: str | None, as_json: bool
) -> None:
    """The whole month: land, load, build, check, publish."""
    from bangdan import pipeline

    if method:
        if inbox or reason or note:
            raise UsageError(
                "--method tries a method on what is landed", remedy="leave out --inbox, --reason and --note"
            )
        tried = pipeline.try_method(Settings.load(), Month.parse(month), method, progress=_progress(as_json))
        if as_json:
            _report(tried, as_json)
        else:
            _print_trial(tried)
        return
    result = pipeline.run(
        Settings.load(), Month.parse(month), inbox=inbox, reason=reason, note=note, progress=_progress(as_json)
    )
    if as_json:
        _report(result, as_json)
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
    out.print(str(Path(result["path"]) / "index.html"), markup=False)


@cli.command()
@click.argument("months", metavar="A..B")
@click.option("--plan", "mode", flag_value="plan", default="plan", help="What would change; writes nothing [default].")
@click.option("--diff", "mode", flag_value="diff", help="Build aside and compare; publishes nothing.")
@click.option("--apply", "mode", flag_value="apply", help="Build and publish, ascending.")
@click.option("--reason", type=click.Choice(["R1", "R2", "R3", "C"]), help="Why published months change.")
@click.option("--note", help="What happened, in a sentence, for the ledger.")
@click.option("--keep-going", is_flag=True, help="Go on with other months after a refused gate.")
@AS_JSON
def backfill(months: str, mode: str, reason: str | None, note: str | None, keep_going: bool, as_json: bool) -> None:
    """Many months at once: plan, compare, apply. Exit code 4: a plan or comparison found changes."""
    from bangdan import backfill as backfilling

    settings, (first, last), progress = Settings.load(), parse_range(months), _progress(as_json)
    if mode == "apply":
        told = backfilling.apply(
            settings, first, last, reason=reason, note=note, keep_going=keep_going, progress=progress
        )
    elif mode == "diff":
        told = backfilling.diff(settings, first, last, progress)
    else:
        told = backfilling.plan(settings, first, last)
    if as_json:
        _report(told, as_json)
    else:
        _print_backfill(mode, told)
    if mode == "apply" and told["refused"]:
        sys.exit(3)
    if mode != "apply" and told["to_change"]:
        sys.exit(4)


# ---- seeing ------------------------------------------------------------------------------------------------------


@cli.command()
@AS_JSON
def status(as_json: bool) -> None:
    """Months, inputs, gates, releases, pending restatements."""
    from bangdan import state

    found = state.months(Settings.load())
    if as_json:
        _report(found, as_json)
        return
    table = Table("month", "exports", "accepted", "rejected", "gates", "release", "pending")
    for month in found["months"]:
        gates = " ".join(f"{door}:{verdict}" for door, verdict in month["gates"].items())
        table.add_row(
            month["month"],
            *(f"{month[key]:,}" for key in ("exports", "accepted", "rejected")),
            gates,
            month["release"] or "–",
            month["pending"] or "–",
        )
    out.print(table)
    out.print(f"data folder: {found['home']}", markup=False)


@cli.command()
@click.option("--month", metavar="YYYY-MM", help="The ranking month.")
@click.option("--unit", help="Unit id or name.")
@click.option("--dimension", type=click.Choice(["dissemination", "influence"]), help="One dimension only.")
@click.option("--item", help="An item id: shows the item beside the posts it was compared with.")
@click.option("--html", is_flag=True, help="With --item: print an HTML page.")
@AS_JSON
def explain(
    month: str | None, unit: str | None, dimension: str | None, item: str | None, html: bool, as_json: bool
) -> None:
    """Score → indicators → accounts → posts → reprints; or one item and its evidence."""
    settings = Settings.load()
    if item:
        from bangdan.matching import show

        click.echo(show.show_item(settings, item, html=html))
        return
    if not (month and unit):
        raise UsageError("explain needs --month and --unit, or --item", remedy="bangdan explain --help")
    from bangdan import explain as explaining

    found = explaining.explain(settings, Month.parse(month), unit, dimension)
    if as_json:
        _report(found, as_json)
    else:
        explaining.render(found, out)


@cli.command()
@click.option("--month", metavar="YYYY-MM", help="One month only.")
@AS_JSON
def verify(month: str | None, as_json: bool) -> None:
    """Check releases against their manifests."""
    from bangdan.publication import manifest

    problems = manifest.verify(Settings.load(), Month.parse(month) if month else None)
    if as_json:
        _report({"problems": problems}, as_json)
    else:
        for problem in problems:
            out.print(f"- {problem}", markup=False)
        out.print(f"{len(problems)} problem(s)")
    if problems:
        sys.exit(1)


@cli.command()
@MONTH
@click.option("--issuer", required=True, help="The issuing body that approves.")
@click.option("--by", required=True, metavar="PERSON", help="Who approves for it.")
def approve(month: str, issuer: str, by: str) -> None:
    """Sign off the month's candidate; bound to the hash of its data."""
    from bangdan import pipeline

    told = pipeline.approve(Settings.load(), Month.parse(month), issuer, by)
    out.print(
        f"{month}: {issuer} approves {told['data_digest'][:16]} ({told['approvals']} of {told['issuers']})",
        markup=False,
    )


@cli.command()
@MONTH
@click.option("--to", required=True, metavar="rN", help="The earlier release whose data to publish again.")
@click.option("--note", required=True, help="Why, in a sentence, for the ledger.")
def rollback(month: str, to: str, note: str) -> None:
    """Publish an earlier release again as the newest; nothing is taken away."""
    from bangdan import pipeline

    told = pipeline.roll_back(Settings.load(), Month.parse(month), to, note)
    out.print(f"{month} {told['release']} published: the data of {to} again", markup=False)


@cli.command()
@click.argument("query", required=False)
def sql(query: str | None) -> None:
    """A read-only SQL shell on the published database; with QUERY, its result."""
    from bangdan.publication import shell

    sys.exit(shell.run(Settings.load(), query))


@cli.command()
@click.option("--posts", required=True, type=EXISTING, help="Parquet of own posts.")
@click.option("--items", required=True, type=EXISTING, help="Parquet of channel items.")
@click.option("--out", "target", required=True, type=click.Path(path_type=Path), help="Parquet to write.")
@click.option("--accounts", type=EXISTING, help="Parquet of accounts and aliases, for credit.")
@click.option("--window-hours", type=click.IntRange(1), help="Count only reprints within so many hours.")
@AS_JSON
def match(
    posts: Path, items: Path, target: Path, accounts: Path | None, window_hours: int | None, as_json: bool
) -> None:
    """The matcher alone: which items are reprints of which posts."""
    from bangdan.matching import command

    _report(command.run(posts, items, target, accounts, window_hours), as_json)


# ---- plumbing ----------------------------------------------------------------------------------------------------


def _progress(quiet: bool) -> Callable[[str], None] | None:
    """A line per step on standard error; on a terminal the last line is rewritten by the next of its kind."""
    if quiet:
        return None
    return lambda line: err.print(line, markup=False)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a moment", remedy="write it as 2021-09-10T06:00:00+08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _report(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=str))
        return
    for key, value in result.items():
        out.print(f"{key}: {value}", markup=False)


def _print_backfill(mode: str, told: dict[str, Any]) -> None:
    columns = {
        "plan": ("month", "exports", "inputs_hash", "release", "action", "changes"),
        "diff": ("month", "units_changed", "ranks_changed", "largest"),
        "apply": ("month", "result", "release", "message"),
    }[mode]
    table = Table(*(name.replace("_", " ") for name in columns))
    for row in told["months"]:
        cells = dict(row)
        cells["changes"] = "; ".join(row.get("changes", []))
        cells["largest"] = "; ".join(
            f"{one['unit_name']} {one['dimension']} {one['published_rank']}→{one['rank']}"
            for one in row.get("largest", [])[:3]
        )
        table.add_row(*("–" if cells.get(name) is None else str(cells[name]).replace("[", "\\[") for name in columns))
    out.print(table)
    if told.get("downstream"):
        out.print(f"after the range, these read what changes: {', '.join(told['downstream'])}", markup=False)
    if told.get("estimated_seconds") is not None:
        out.print(
            f"{told['to_change']} month(s) to change, about {told['estimated_seconds']} s month by month", markup=False
        )
    if told.get("report"):
        out.print(told["report"], markup=False)


def _print_trial(tried: dict[str, Any]) -> None:
    columns = ("ranking_list", "dimension", "unit_name", "rank", "published_rank", "score", "published_score")
    table = Table(*(name.replace("_", " ") for name in columns))
    for row in tried["rows"]:
        table.add_row(*("–" if row[name] is None else str(row[name]) for name in columns))
    out.print(table)
    out.print(
        f"{tried['month']} by method {tried['method_version']}: a trial, not published; {tried['file']}", markup=False
    )


def _print_ingest(report: dict[str, Any]) -> None:
    table = Table("file", "status", "connector", "read", "accepted", "rejected", "duplicate", "reasons")
    counts = ("rows_read", "accepted", "rejected", "duplicate")
    for file in report["files"]:
        reasons = ", ".join(f"{code} {n}" for code, n in file["reasons"].items())
        texts = [file["file"], file["status"], file["connector"] or "–", *(f"{file[key]:,}" for key in counts), reasons]
        table.add_row(*(text.replace("[", "\\[") for text in texts))
    table.add_row("all", "", "", *(f"{report[key]:,}" for key in counts), "")
    out.print(table)


if __name__ == "__main__":
    main()
