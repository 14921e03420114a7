"""What all commands share: the group they hang on, their common options, and how they report."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from bangdan import __version__
from bangdan.core import city, documents
from bangdan.core.errors import UsageError
from bangdan.core.formatting import one_line, visible
from bangdan.core.logs import Progress
from bangdan.core.months import SHANGHAI, is_plausible
from bangdan.core.settings import Settings, variable


class PlainConsole(Console):
    """A console on which text from data commands no terminal: what shows nothing is left out of every text and cell."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)


# Progress and errors go to standard error, results to standard output, so that a pipe gets results only.
# Where no terminal says how wide it is, tables are not squeezed.
WIDTH = None if sys.stdout.isatty() else 160
out = PlainConsole(soft_wrap=True, highlight=False, width=WIDTH)
err = PlainConsole(stderr=True, soft_wrap=True, highlight=False)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Report as JSON on standard output.")
MONTH = click.option("--month", required=True, metavar="YYYY-MM", help="The ranking month, Asia/Shanghai.")
REASON = click.option("--reason", type=click.Choice(["R1", "R2", "R3", "C"]), help="Why published months change.")
NOTE = click.option("--note", help="What happened, in a sentence, for the ledger.")
PUBLISHED_ON = click.option(
    "--published-on", callback=lambda context, param, value: value and value.date(), type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD", help="The day of publication that the release names [default: none].",
)  # fmt: skip
ENGINE = click.option(
    "--engine", type=click.Choice(["duckdb", "spark"]), help="What computes layers and matches [default: BANGDAN_ENGINE, else duckdb].",
    callback=lambda context, param, value: _name_setting("engine", value), expose_value=False,
)  # fmt: skip
EXISTING = click.Path(exists=True, path_type=Path)


class Inbox(click.ParamType):
    """A file or folder that is there, as a Path, or the address of an object store's prefix, as text."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Path | str:
        from bangdan.ingestion import inbox

        return inbox.checked(value) if inbox.is_remote(value) else EXISTING.convert(value, param, context)


INBOX = Inbox()


def _name_setting(name: str, value: object) -> None:
    """Hand an option to the settings, and to the processes that the command starts."""
    if value is not None:
        os.environ[variable(name)] = str(value)


class Commands(click.Group):
    """A group whose commands all take --city."""

    def add_command(self, command: click.Command, name: str | None = None) -> None:
        command.params.append(
            click.Option(
                ["--city"],
                type=click.Path(path_type=Path),
                metavar="DIR",
                expose_value=False,
                callback=lambda context, param, value: _name_setting("city", value),
                help="The city's folder [default: BANGDAN_CITY, the data folder or the current folder].",
            )
        )
        super().add_command(command, name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="bangdan")
def cli() -> None:
    """Bangdan (榜单): from raw channel exports to a city's monthly ranking of government new media.

    A city is a folder with a city.yml (`bangdan init`): --city, BANGDAN_CITY or the current folder. Its data folder is
    data/ in it, or BANGDAN_HOME. Without a city the data folder is data/ in the project. Exit codes: 0 done, 1 failed (for ingest: some
    file was refused), 2 wrong usage, 3 a quality gate refused and the last release stays, 4 a plan found changes,
    130 stopped by a person.
    """


def progress(quiet: bool) -> Progress | None:
    """A line per step on standard error; on a terminal the last line is rewritten by the next of its kind."""
    if quiet:
        return None
    return lambda line: err.print(one_line(line), markup=False)


def settings_of_existing_home() -> Settings:
    """The settings of a command that only reads; UsageError where the data folder does not exist."""
    return _of_existing_home(Settings.load())


def settings_of_new_or_existing_city() -> Settings:
    """The settings of a command that says what a city lacks: its own data/ may be missing until the first export.

    UsageError where another data folder does not exist, so that a mistyped BANGDAN_HOME is never "nothing to do".
    """
    settings = Settings.load()
    is_new = city.exists(settings) and settings.home == settings.city / "data"
    return settings if is_new else _of_existing_home(settings)


def _of_existing_home(settings: Settings) -> Settings:
    if not settings.home.is_dir():
        raise UsageError(
            f"the data folder {settings.home} does not exist",
            remedy="correct BANGDAN_HOME; a new folder is made by `bangdan ingest PATH`",
        )
    return settings


def moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a moment", remedy="write it as 2021-09-10T06:00:00+08:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    if not is_plausible(moment):
        raise UsageError(f"{text!r} is before 2009 or in the future", remedy="write when the exports were received")
    return moment


def report(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(documents.dump(result, default=str))
        return
    for key, value in result.items():
        out.print(one_line(f"{key}: {value}"), markup=False)
