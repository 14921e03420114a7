"""A platform that the program does not know is counted, shown and scored by rows in a city's folder, as the page says."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support import tutorials
from tests.support.homes import PROJECT

PAGE = PROJECT / "docs" / "new-platform.md"


@pytest.mark.timeout(600)
def test_douyin_is_shown_without_an_indicator_and_scored_with_one(tmp_path: Path) -> None:
    tutorials.run(PAGE, tmp_path)
    releases = tmp_path / "harbour" / "data" / "releases" / "2021-08"
    tables = {name: releases / name / "tables" for name in ("r1", "r2")}
    # Posts and reprints of Douyin are in the first release, and no indicator is.
    for folder in tables.values():
        posts = pq.read_table(folder / "posts.parquet").to_pylist()
        assert {post["unit_id"] for post in posts if post["platform"] == "douyin"} == {"bay-health"}
        assert sum(post["platform"] == "douyin" for post in posts) == 12
        reprints = pq.read_table(folder / "reprints.parquet").to_pylist()
        counted = [row for row in reprints if row["channel_type"] == "douyin" and row["is_counted"]]
        assert {row["outlet_id"] for row in counted} == {"douyin:1000000000000099"}
        coverage = pq.read_table(folder / "coverage.parquet").to_pylist()
        assert sum(row["item_count"] for row in coverage if row["channel_type"] == "douyin") > 20
    by_release = {
        name: {row["unit_id"]: row for row in pq.read_table(folder / "unit_indicators.parquet").to_pylist() if row["indicator_id"] == "douyin"}
        for name, folder in tables.items()
    }  # fmt: skip
    assert by_release["r1"] == {}
    counts: dict[str, int] = {}
    for row in pq.read_table(tables["r2"] / "reprints.parquet").to_pylist():
        if row["channel_type"] == "douyin" and row["is_counted"]:
            counts[row["unit_id"]] = counts.get(row["unit_id"], 0) + 1
    assert {unit: row["value"] for unit, row in by_release["r2"].items()} == {
        unit: counts.get(unit, 0) for unit in by_release["r2"]
    }
    assert counts["bay-work"] == max(counts.values())
    # 100 × 0.10 × ln(1 + value) / ln(1 + 20000)
    points = {unit: row["contribution"] for unit, row in by_release["r2"].items()}
    for unit, value in points.items():
        exact = 10 * Decimal(1 + counts.get(unit, 0)).ln() / Decimal(20_001).ln()
        assert abs(value - exact) < Decimal("0.000001"), unit
    rows = json.loads((releases / "r2" / "ranking.json").read_text("utf-8"))["rows"]
    assert {row["method_version"] for row in rows} == {"2021-08-douyin"}
    # The page shows the channel in both releases.
    for name in tables:
        assert "抖音" in (releases / name / "index.html").read_text("utf-8")
