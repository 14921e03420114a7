"""Commands on months: run one, plan and run many, their status, their review lists."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from bangdan.cli import live_line
from bangdan.cli.common import (
    AS_JSON,
    ENGINE,
    INBOX,
    MONTH,
    NOTE,
    PUBLISHED_ON,
    REASON,
    cli,
    progress,
    report,
    settings_of_existing_home,
    settings_of_new_or_existing_city,
)
from bangdan.cli.render import backfill_tables, month_tables
from bangdan.core.errors import UsageError
from bangdan.core.logs import silent
from bangdan.core.months import Month, parse_range
from bangdan.core.settings import Settings


@cli.command()
@MONTH
@click.option("--inbox", type=INBOX, help="Land this folder (or s3://bucket/prefix) first [default: what is landed].")
@REASON
@NOTE
@click.option("--full", is_flag=True, help="Build the month also where nothing of it has changed.")
@PUBLISHED_ON
@click.option("--method", metavar="VERSION", help="Try another method version in a scratch area; nothing is published.")
@ENGINE
@AS_JSON
def run(
    month: str,
    inbox: Path | str | None,
    reason: str | None,
    note: str | None,
    full: bool,
    published_on: date | None,
    method: str | None,
    as_json: bool,
) -> None:
    """The whole month: land, load, build, check, publish."""
    from bangdan.operations import trial
    from bangdan.pipeline.runs import run as run_month

    if method:
        if inbox or reason or note or published_on:
            raise UsageError(
                "--method tries a method on what is landed",
                remedy="leave out --inbox, --reason, --note and --published-on",
            )
        tried = trial.try_method(Settings.load(), Month.parse(month), method, progress(as_json) or silent)
        if as_json:
            report(tried, as_json)
        else:
            month_tables.trial(tried)
        return
    with live_line.shown(Settings.load(), progress(as_json)):
        result = run_month(
            Settings.load(),
            Month.parse(month),
            inbox=inbox,
            reason=reason,
            note=note,
            full=full,
            published_on=published_on,
            progress=progress(as_json),
        )
    if as_json:
        report(result.to_json(), as_json)
        return
    month_tables.run_report(result)


@cli.command()
@click.argument("months", metavar="A..B")
@click.option("--plan", "mode", flag_value="plan", default="plan", help="What would change; writes nothing [default].")
@click.option("--diff", "mode", flag_value="diff", help="Build in a scratch area and compare; publishes nothing.")
@click.option("--apply", "mode", flag_value="apply", help="Build and publish, ascending.")
@REASON
@NOTE
@PUBLISHED_ON
@click.option("--keep-going", is_flag=True, help="Go on with other months after a refused gate.")
@ENGINE
@AS_JSON
def backfill(
    months: str,
    mode: str,
    reason: str | None,
    note: str | None,
    published_on: date | None,
    keep_going: bool,
    as_json: bool,
) -> None:
    """Many months at once: plan, compare, apply. Exit code 4: a plan or comparison found changes."""
    from bangdan.backfill.diff import diff
    from bangdan.backfill.plan import Plan, plan

    first, last = parse_range(months)
    settings, log_progress = settings_of_existing_home(), progress(as_json) or silent
    if mode == "apply":
        _apply(
            settings, first, last, as_json, reason=reason, note=note, published_on=published_on, keep_going=keep_going,
            progress=log_progress,
        )  # fmt: skip
        return
    result = diff(settings, first, last, log_progress) if mode == "diff" else plan(settings, first, last)
    if as_json:
        report(result.to_json(), as_json)
    elif isinstance(result, Plan):
        backfill_tables.plan(result)
    else:
        backfill_tables.diff(result)
    if result.to_change:
        sys.exit(4)


def _apply(settings: Settings, first: Month, last: Month, as_json: bool, **options: Any) -> None:
    from bangdan.backfill.apply import apply

    applied = apply(settings, first, last, **options)
    if as_json:
        report(applied.to_json(), as_json)
    else:
        backfill_tables.applied(applied)
    if applied.is_stopped:
        sys.exit(130)
    if applied.refused:
        sys.exit(3)


@cli.command()
@click.option("--month", metavar="YYYY-MM", help="One month only.")
@AS_JSON
def status(month: str | None, as_json: bool) -> None:
    """Months, inputs, gates, releases, restatements, backfills under way, refused exports, and what to do next."""
    from bangdan.backfill import journal
    from bangdan.ingestion import rejected
    from bangdan.operations import recommended_actions, revisions, status

    settings = settings_of_new_or_existing_city()
    months, backfills = status.months(settings, Month.parse(month) if month else None), journal.summaries(settings)
    actions, refused = recommended_actions.to_do(settings, months, backfills), rejected.refused_exports(settings)
    expected, revised = status.next_list(settings), revisions.of(settings)
    if as_json:
        result = {
            "home": str(settings.home),
            "months": [month.to_json() for month in months],
            "backfills": [backfill.to_json() for backfill in backfills],
            "to_do": [action.to_json() for action in actions],
            "refused": [export._asdict() for export in refused],
            "next_list": expected._asdict() if expected else None,
            "revisions": revised.to_json(),
        }
        report(result, as_json)
    else:
        month_tables.status(settings.home, months, actions, refused, expected, revised)


@cli.command()
@MONTH
@click.option("--list", "name", metavar="NAME", help="All rows of one list, e.g. unregistered_accounts, or rejects.")
@AS_JSON
def review(month: str, name: str | None, as_json: bool) -> None:
    """What a person should look at in a month: unknown names, unowned posts, doubtful matches, suspect counts.

    The list `rejects` holds the rows of exports that were not loaded, each with its reason.
    """
    from bangdan.operations.review import lists

    result = lists(settings_of_existing_home(), Month.parse(month), name)
    if as_json:
        report(result, as_json)
    else:
        month_tables.review(month, result["lists"], is_whole=bool(name))
