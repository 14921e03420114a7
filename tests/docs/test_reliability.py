"""docs/reliability.md is what the fault tests declare."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.faults import promises


def test_page_is_made_from_the_tests() -> None:
    assert promises.PAGE.read_text("utf-8") == promises.page(), "run: python -m tests.faults.promises"


def test_every_test_that_breaks_something_declares_its_promise() -> None:
    declared = {name for _module, name, _promise in promises.declared()}
    breaking = {"test_the_setting_is_a_number_of_seconds"}  # breaks nothing
    for file in sorted(Path(promises.HERE).glob("test_*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                breaking |= set() if node.name in declared else {node.name}
    assert breaking == {"test_the_setting_is_a_number_of_seconds"}


def test_promises_kept_elsewhere_have_their_tests() -> None:
    for file, name, _promise in promises.ELSEWHERE:
        text = (promises.HERE.parent / file).read_text("utf-8")
        assert f"def {name}(" in text, f"{file} has no {name}"
