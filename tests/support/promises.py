"""What Bangdan promises about faults, as its tests declare it, and how they ended last. `python -m tests.support.promises
RESULTS.xml…` writes docs/reliability.md from the tests and from what a run of them printed (`make test` leaves it in
data/test-results.xml); a test holds the page to the tests.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree

import pytest

from tests.support.homes import PROJECT

FAULTS = PROJECT / "tests" / "faults"
PAGE = PROJECT / "docs" / "reliability.md"
Test = TypeVar("Test", bound=Callable)


@dataclass(frozen=True)
class Promise:
    kept: str  # what is promised
    how: str  # what the test does to break it


# Promises whose tests stand where their subject is.
ELSEWHERE = [
    ("acceptance/test_bad_input.py", "test_the_same_file_twice_is_counted_once",
     Promise("A file delivered twice counts once.", "the same bytes ingested again")),
    ("acceptance/test_bad_input.py", "test_a_bad_file_is_refused_with_its_reason_and_loads_nothing",
     Promise("A cut or foreign file is refused whole, with its reason; nothing of it is half loaded.",
             "an empty file, a web page, an unknown header, JSON that breaks off")),
    ("acceptance/test_month.py", "test_a_refused_gate_publishes_nothing_and_names_suite_rule_and_rows",
     Promise("A missing channel is refused by name (exit code 3); the last release stands.", "a channel's exports vanish")),
    ("acceptance/test_month.py", "test_a_lost_warehouse_is_made_again_and_the_release_stands",
     Promise("A lost warehouse is made again, and the release stands unchanged.",
             "warehouse, evidence and database removed")),
    ("acceptance/test_backup.py", "test_a_restored_home_gives_the_same_releases_again",
     Promise("From the landed bytes alone every file of a release is made again, the same.",
             "everything but the landing removed")),
    ("acceptance/test_backfill.py", "test_a_predecessor_filled_in_later_makes_its_successor_pending",
     Promise("Months published out of order: the successor is pending, and after its restatement says the same.",
             "2021-07 published after 2021-08")),
]  # fmt: skip


def promise(kept: str, how: str) -> Callable[[Test], Test]:
    """Declare what a test proves; the page is made of it."""

    def declare(test: Test) -> Test:
        test.promise = Promise(kept, how)  # type: ignore[attr-defined]
        return pytest.mark.faults(test)

    return declare


def declared() -> list[tuple[str, str, Promise]]:
    """(module, test, promise) of every test in tests/faults that declares one, in the order of the files."""
    result = []
    for file in sorted(FAULTS.glob("test_*.py")):
        module = importlib.import_module(f"tests.faults.{file.stem}")
        for name, test in vars(module).items():
            if inspect.isfunction(test) and hasattr(test, "promise"):
                result.append((file.stem, name, test.promise))
    return result


def results(file: Path) -> dict[tuple[str, str], str]:
    """(module, test) → how all its cases ended in a run, from its JUnit report."""
    cases: dict[tuple[str, str], Counter[str]] = {}
    for case in ElementTree.parse(file).iter("testcase"):
        module = case.attrib["classname"].removeprefix("tests.").replace(".", "/") + ".py"
        ended = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
        cases.setdefault((module, case.attrib["name"].partition("[")[0]), Counter())[ended] += 1
    return {
        key: "passed" if result == {"passed": 1} else ", ".join(f"{n} {ended}" for ended, n in sorted(result.items()))
        for key, result in cases.items()
    }


def page(ended: Mapping[tuple[str, str], str]) -> str:
    """The page, as it should stand after a run that ended so."""
    lines = [
        "# Reliability",
        "",
        "What holds when something breaks. Each line is a promise, what its test does to break it, and the test; the table is",
        "made from the tests (`python -m tests.support.promises`), and every one of them runs in `make test`. Where a test kills",
        "a step or fails its operations, the suite takes some of the places and `make faults` all of them: the first operation",
        "of a kind is failed, then the second, and so on, until the step runs through. Writes, of which there are over a",
        "thousand, and flushes of the warehouse that fail (a kill is tried at each) are taken in ever wider steps there too.",
        "The last column is what the last run of the suite printed.",
        "",
        "| promise | what is done to break it | test | result |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {result.kept} | {result.how} | [{name.removeprefix('test_').replace('_', ' ')}](../tests/{module}) | {ended.get((module, name), 'not run')} |"
        for module, name, result in [
            *((f"faults/{module}.py", name, result) for module, name, result in declared()),
            *ELSEWHERE,
        ]
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(
        page({key: result for file in sys.argv[1:] for key, result in results(Path(file)).items()}), "utf-8"
    )
