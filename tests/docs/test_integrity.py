"""docs/integrity.md is what the attacks of tests/abuse declare."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support import integrity_page

HINT = "run: pytest tests/abuse --junitxml RESULTS.xml; python -m tests.support.integrity_page RESULTS.xml"
RANKS = re.compile(r"\| (\d+|–) \| (\d+|–) \|")


def test_page_is_made_from_the_tests() -> None:
    page = integrity_page.PAGE.read_text("utf-8")
    assert "not run" not in page, HINT
    assert RANKS.sub("| not run | not run |", page) == integrity_page.page({}), HINT


def test_ranks_are_read_from_a_report(tmp_path: Path) -> None:
    report = tmp_path / "results.xml"
    ranks = '<properties><property name="rank_before" value="41"/><property name="rank_after" value="2"/></properties>'
    report.write_text(
        f'<testsuites><testsuite><testcase classname="tests.abuse.test_a" name="test_x">{ranks}</testcase>'
        f'<testcase classname="tests.abuse.test_a" name="test_y"/>'
        f'<testcase classname="tests.abuse.test_a" name="test_z">{ranks}<failure/></testcase></testsuite></testsuites>',
        "utf-8",
    )
    assert integrity_page.ranks(report) == {("test_a", "test_x"): ("41", "2"), ("test_a", "test_y"): ("–", "–")}
