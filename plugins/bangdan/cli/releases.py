"""Commands on releases: check, sign off, roll back, query."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from bangdan.cli.common import AS_JSON, MONTH, PUBLISHED_ON, cli, out, report, settings_of_existing_home
from bangdan.core.months import Month


@cli.command()
@click.option("--month", metavar="YYYY-MM", help="One month only.")
@AS_JSON
def verify(month: str | None, as_json: bool) -> None:
    """Check releases against their manifests, and `latest` and the database against the releases."""
    from bangdan.operations import release_check

    problems = release_check.problems(settings_of_existing_home(), Month.parse(month) if month else None)
    if as_json:
        report({"problems": problems}, as_json)
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
    from bangdan.pipeline import publishing

    approval = publishing.approve(settings_of_existing_home(), Month.parse(month), issuer, by)
    out.print(
        f"{month}: {issuer} approves {approval.data_digest[:16]} ({approval.approvals} of {approval.issuers})",
        markup=False,
    )


@cli.command()
@MONTH
@click.option("--to", required=True, metavar="rN", help="The earlier release whose data to publish again.")
@click.option("--note", required=True, help="Why, in a sentence, for the ledger.")
@PUBLISHED_ON
def rollback(month: str, to: str, note: str, published_on: date | None) -> None:
    """Publish an earlier release again as the newest; nothing is taken away."""
    from bangdan.pipeline import publishing

    release = publishing.roll_back(settings_of_existing_home(), Month.parse(month), to, note, published_on)
    out.print(f"{month} {release.release} published: the data of {to} again", markup=False)


@cli.command()
@click.argument("query", required=False)
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option(
    "--seconds", default=60.0, show_default=True, type=click.FloatRange(0.1), help="End a query after so long."
)
def sql(query: str | None, form: str | None, seconds: float) -> None:
    """A read-only SQL shell on the published database; with QUERY, its result. `.tables` says what there is."""
    from bangdan.operations import sql_shell

    sys.exit(sql_shell.run(settings_of_existing_home(), query, form or "table", seconds))


@cli.command()
@click.option("--tables", required=True, metavar="NAME,…", help="Published tables, or all.")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@click.option("--format", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--month", metavar="YYYY-MM", help="One month only.")
@AS_JSON
def export(tables: str, target: Path, form: str, month: str | None, as_json: bool) -> None:
    """Published tables as files, for people without DuckDB: the newest release of each month."""
    from bangdan.operations import table_export

    names = [name.strip() for name in tables.split(",") if name.strip()]
    written = table_export.export(
        settings_of_existing_home(), names, target, form, Month.parse(month) if month else None
    )
    if as_json:
        report({"tables": [row._asdict() for row in written]}, as_json)
        return
    for row in written:
        out.print(f"{row.file}: {row.rows:,} rows", markup=False)
