"""The page on performance is made from what benchmarks printed."""

from __future__ import annotations

import json

from tests.support import performance_page


def test_the_page_is_made_from_the_kept_results() -> None:
    assert performance_page.PAGE.read_text("utf-8") == performance_page.page(), (
        "docs/performance.md is not that of tests/benchmarks/kept: run `python -m tests.support.performance_page`"
    )


def test_every_ratio_with_a_goal_is_on_the_page_as_met_or_missed() -> None:
    lines = performance_page.page().splitlines()
    kept = json.loads((performance_page.KEPT / "city.json").read_text("utf-8"))["ratios"]
    for ratio, goal in performance_page.RATIO_GOALS.items():
        (line,) = [line for line in lines if line.startswith(f"| {ratio} |")]
        assert line.endswith(f"| {goal} | {'met' if kept[ratio] <= goal else 'missed'} |")
