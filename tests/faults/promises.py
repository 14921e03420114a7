"""What Bangdan promises about faults, as its tests declare it. `python -m tests.faults.promises` writes
docs/reliability.md from them; a test holds the page to the tests.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
Test = TypeVar("Test", bound=Callable)


@dataclass(frozen=True)
class Promise:
    kept: str  # what is promised
    how: str  # what the test does to break it


def promise(kept: str, how: str) -> Callable[[Test], Test]:
    """Declare what a test proves; the page is made of it."""

    def declare(test: Test) -> Test:
        test.promise = Promise(kept, how)  # type: ignore[attr-defined]
        return pytest.mark.faults(test)

    return declare


def declared() -> list[tuple[str, str, Promise]]:
    """(module, test, promise) of every test in this folder that declares one, in the order of the files."""
    found = []
    for file in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.faults.{file.stem}")
        for name, test in vars(module).items():
            if inspect.isfunction(test) and hasattr(test, "promise"):
                found.append((file.stem, name, test.promise))
    return found


def page() -> str:
    """The page, as it should stand."""
    lines = [
        "# Reliability",
        "",
        "What holds when something breaks. Each line is a promise, what its test does to break it, and the test; the table is",
        "made from the tests (`python -m tests.faults.promises`), and every one of them runs in `make test`. Where a test kills",
        "a step or fails its operations, the suite takes some of the places and `make faults` all of them: the first operation",
        "of a kind is failed, then the second, and so on, until the step runs through.",
        "",
        "| promise | what is done to break it | test |",
        "|---|---|---|",
    ]
    lines += [
        f"| {told.kept} | {told.how} | [{name.removeprefix('test_').replace('_', ' ')}](../tests/faults/{module}.py) |"
        for module, name, told in declared()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
