"""The command line. Each command reads its words, calls one stage or the pipeline, and reports."""

from __future__ import annotations

import sys

import click

from bangdan.cli import evidence, exports, months, releases
from bangdan.cli.base import cli, err
from bangdan.errors import BangdanError

__all__ = ["cli", "evidence", "exports", "main", "months", "releases"]


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
