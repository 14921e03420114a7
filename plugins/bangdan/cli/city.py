"""Commands on a city's folder: make one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bangdan.cli.common import AS_JSON, cli, out, report
from bangdan.core.errors import UsageError

CHANNELS = "news_app,news_site,wechat,weibo"


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the city in Chinese.")
@click.option("--name-en", help="Name of the city in English.")
@click.option("--lists", metavar="A,B", help="Ranking lists: districts, departments, towns, universities.")
@click.option("--channels", metavar="A,B", help=f"Channel types that are monitored, of {CHANNELS}.")
@AS_JSON
def init(
    folder: Path, name: str | None, name_en: str | None, lists: str | None, channels: str | None, as_json: bool
) -> None:
    """Make the folder of a new city; on a terminal, what no option names is asked for."""
    from bangdan.operations.city_folder import make

    answers = [
        _answer("--name", name, "Name of the city in Chinese"),
        _answer("--name-en", name_en, "Name of the city in English"),
        _answer("--lists", lists, "Ranking lists, separated by commas", "departments"),
        _answer("--channels", channels, "Monitored channel types, separated by commas", CHANNELS),
    ]
    target = folder.expanduser().resolve()
    written = make(target, answers[0], answers[1], _words(answers[2]), _words(answers[3]))
    if as_json:
        report({"city": str(target), "files": written}, as_json)
        return
    out.print(f"{target}: {len(written)} files", markup=False)
    out.print(
        f"next: read README.md there, fill registry/units.csv, then `bangdan status --city {target}`", markup=False
    )


def _answer(option: str, value: str | None, question: str, default: str | None = None) -> str:
    """An option's value; where it is left out, what a person answers, or the default where there is no terminal."""
    if value is not None:
        return value
    if sys.stdin.isatty():
        return str(click.prompt(question, default=default, err=True))
    if default is None:
        raise UsageError(f"{option} is missing", remedy=f"name it: bangdan init DIR {option} …")
    return default


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
