"""What benchmarks compare: the floor hashes what the matcher hashes, and a ratio that has grown is named."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from bangdan.matching import gram_loops
from tests.benchmarks import floor, ratios


def test_the_floor_hashes_every_gram_as_the_matcher_does() -> None:
    text = "上海杨浦发布防疫提示：请市民戴好口罩，保持一米线。"
    chars = np.frombuffer(text.encode("utf-32-le"), np.uint32).copy()
    most = np.uint64(2**64 - 1)
    starts = np.array([0, len(chars)])
    *_, hashes = gram_loops.sample(chars, starts, floor.GRAM, 0, most, most, np.uint64(0))
    assert floor.hashes(text).tolist() == hashes.tolist()


def test_a_ratio_more_than_a_quarter_above_the_kept_one_is_named() -> None:
    kept = {"match over hashing": 8.0, "month over floor": 4.0}
    assert ratios.regressions({"match over hashing": 10.0, "month over floor": 5.0}, kept) == []
    assert ratios.regressions({"match over hashing": 10.1, "month over floor": 3.0}, kept) == [
        "match over hashing: 10.100, kept 8.000"
    ]


def test_a_tiny_ratio_may_grow() -> None:
    assert ratios.regressions({"check_facts over floor": 0.012}, {"check_facts over floor": 0.001}) == []


def test_a_late_file_has_items_of_no_other_file(tmp_path: Path) -> None:
    vendor = tmp_path / "inbox" / "synthetic-2021-08" / "week2" / "monitoring_vendor"
    vendor.mkdir(parents=True)
    rows = ["标题,链接", *(f"第{n}条,https://app.example.com/a/{n}.html" for n in range(1_200))]
    (vendor / "synthetic_news_apps.csv").write_text("\n".join(rows), "gb18030")
    folder = ratios.late_file(tmp_path)
    (file,) = folder.rglob("*.csv")
    header, *late = list(csv.reader(file.open(encoding="gb18030", newline="")))
    assert (header, len(late)) == (["标题", "链接"], 1_000)
    assert late[7] == ["第7条", "https://app.example.com/a/7-late.html"]
    assert (folder / "_delivery.json").is_file()
