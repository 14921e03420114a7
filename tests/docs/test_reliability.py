"""docs/reliability.md is what the fault tests declare."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.support import promises
from tests.support.homes import PROJECT


def test_page_is_made_from_the_tests() -> None:
    page, wanted = (
        [line.rpartition(" | ") for line in text.splitlines()]
        for text in (promises.PAGE.read_text("utf-8"), promises.page({}))
    )
    hint = "run: python -m tests.support.promises data/test-results.xml, after make test"
    assert [line[0] or line[2] for line in page] == [line[0] or line[2] for line in wanted], hint
    ended = [line[2] for line in page if line[0].startswith("| ")][1:]
    assert [entry for entry in ended if not re.fullmatch(r"(\d+ )?passed \|", entry)] == [], hint


def test_results_are_read_from_a_report(tmp_path: Path) -> None:
    report = tmp_path / "results.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.faults.test_a" name="test_x[1]"/>'
        '<testcase classname="tests.faults.test_a" name="test_x[2]"><failure/></testcase>'
        '<testcase classname="tests.faults.test_a" name="test_y"/></testsuite></testsuites>',
        "utf-8",
    )
    assert promises.results(report) == {
        ("faults/test_a.py", "test_x"): "1 failure, 1 passed",
        ("faults/test_a.py", "test_y"): "passed",
    }


def test_every_test_that_breaks_something_declares_its_promise() -> None:
    declared = {name for _module, name, _promise in promises.declared()}
    breaking = {"test_the_setting_is_a_number_of_seconds"}  # breaks nothing
    for file in sorted(promises.FAULTS.glob("test_*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                breaking |= set() if node.name in declared else {node.name}
    assert breaking == {"test_the_setting_is_a_number_of_seconds"}


def test_promises_kept_elsewhere_have_their_tests() -> None:
    for file, name, _promise in promises.ELSEWHERE:
        text = (PROJECT / "tests" / file).read_text("utf-8")
        assert f"def {name}(" in text, f"{file} has no {name}"
