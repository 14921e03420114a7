"""The command line. Each command reads its words, calls one stage or the pipeline, and reports."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from bangdan.cli import city, explain, ingestion, maintenance, months, registry, releases
from bangdan.cli.common import cli, err
from bangdan.core.errors import BangdanError, of_the_machine
from bangdan.core.settings import Settings

__all__ = [
    "city", "cli", "exit_code_of", "explain", "ingestion", "main", "maintenance", "months", "registry", "releases",
]  # fmt: skip


def main() -> None:
    """Run the command line."""
    sys.exit(exit_code_of(lambda: cli.main(standalone_mode=False)))


def exit_code_of(work: Callable[[], Any]) -> int:
    """Do the work; a BangdanError becomes its message, its remedy and its exit code, and so does a failure of the
    machine. A traceback is a mistake of the program.
    """
    try:
        return work() or 0
    except click.exceptions.Abort:
        err.print("stopped")
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        known = error if isinstance(error, BangdanError) else of_the_machine(error, Settings.load().home)
        if known is None:
            raise
        # Text from files may hold square brackets: never let them be read as markup.
        err.print(f"error: {known}", markup=False)
        return known.exit_code
