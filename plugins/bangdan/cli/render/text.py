"""Text from data as a table cell or a line, in which nothing is markup."""

from __future__ import annotations

from typing import Any

from bangdan.cli.common import out
from bangdan.core.formatting import one_line


def cell(value: Any) -> str:
    """A table cell: text from files may hold square brackets, which are no markup."""
    return "–" if value is None else one_line(str(value)).replace("[", "\\[")


def line(text: object) -> None:
    """A line of text that holds no markup; line breaks in it, which are from data, are spaces."""
    out.print(one_line(str(text)), markup=False)
