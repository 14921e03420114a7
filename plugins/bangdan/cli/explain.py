"""Commands on evidence: the parts of a score, one item with its posts, the matcher alone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from bangdan.cli.common import AS_JSON, EXISTING, cli, report, settings_of_existing_home
from bangdan.core.errors import UsageError
from bangdan.core.formatting import visible
from bangdan.core.months import Month


@cli.command()
@click.option("--month", metavar="YYYY-MM", help="The ranking month.")
@click.option("--unit", help="Unit id or name.")
@click.option("--dimension", type=click.Choice(["dissemination", "influence"]), help="One dimension only.")
@click.option("--to-pass", metavar="UNIT", help="With --unit: the fewest extra reads or reprints to pass this unit.")
@click.option("--item", help="An item id: shows the item beside the posts it was compared with.")
@click.option("--html", is_flag=True, help="With --item: print an HTML page.")
@AS_JSON
def explain(
    month: str | None,
    unit: str | None,
    dimension: str | None,
    to_pass: str | None,
    item: str | None,
    html: bool,
    as_json: bool,
) -> None:
    """Score → indicators → accounts → posts → reprints; one item and its evidence; or what it takes to pass a unit."""
    settings = settings_of_existing_home()
    if item:
        from bangdan.operations import item_evidence

        click.echo(visible(item_evidence.show_item(settings, item, html=html)))
        return
    if not (month and unit):
        raise UsageError("explain needs --month and --unit, or --item", remedy="bangdan explain --help")
    from bangdan.cli.render import explanation_tables
    from bangdan.operations import explain, overtake

    if to_pass:
        ways = overtake.ways_to_pass(settings, Month.parse(month), unit, to_pass, dimension)
        if as_json:
            report({"unit": unit, "to_pass": to_pass, "ways": [asdict(way) for way in ways]}, as_json)
        else:
            explanation_tables.ways_to_pass(ways)
        return
    result = explain.explain(settings, Month.parse(month), unit, dimension)
    if as_json:
        report(result, as_json)
    else:
        explanation_tables.explanation(result)


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

    report(command.run(posts, items, target, accounts, window_hours), as_json)
