"""What benchmarks compare: the floor hashes what the matcher hashes, and a ratio that has grown is named."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bangdan.matching import gram_loops
from tests.benchmarks import floor, ratios, scale
from tests.support import large_registry
from tests.support.process_tree import measured


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


def month(engine: str, items: int, cpu_seconds: float) -> dict:
    """A month's result as `scale month` keeps it."""
    return {
        "engine": engine, "scale": items / 1e6, "items": items, "seconds": 2 * cpu_seconds, "cpu_seconds": cpu_seconds,
        "peak_mb": 1000, "disk_mb": items // 10_000, "shuffle_mb": 0, "tables": 70, "tables_that_differ": 0, "files": 90,
        "files_that_differ": 0,
    }  # fmt: skip


def test_what_larger_months_cost_is_computed_from_the_line_through_the_measured_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    months = [month("duckdb", 1_000_000, 110.0), month("duckdb", 3_000_000, 310.0), month("local[2]", 1_000_000, 900.0)]
    assert scale.per_million(months, "duckdb", "cpu_seconds") == (10.0, 100.0)
    scale.print_tables({"months": months})
    printed = capsys.readouterr().out.splitlines()
    assert "| duckdb | 3,000,000 | 620 | 310 | 1,000 | 300 | 0 | 0 of 70, 0 of 90 |" in printed
    assert "| duckdb | 10 | 100 | 100 | 0 |" in printed
    # 10 + 100 · 1,000 CPU seconds are 27.8 hours; of one engine with one month nothing is computed.
    assert "| 1,000 million | duckdb | 27.8 | 100 | 0 | 1.2 |" in printed
    assert not [line for line in printed if "million | local[2]" in line]


def test_a_result_takes_the_place_of_that_of_its_engine_and_size(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    for result in (month("duckdb", 1_000, 1.0), month("local[2]", 1_000, 9.0), month("duckdb", 1_000, 2.0)):
        scale.keep(file, "months", result)
    kept = json.loads(file.read_text("utf-8"))["months"]
    assert [(result["engine"], result["cpu_seconds"]) for result in kept] == [("local[2]", 9.0), ("duckdb", 2.0)]


def test_bytes_shuffled_are_those_of_all_tasks_of_the_event_log(tmp_path: Path) -> None:
    events = [
        {
            "Event": "SparkListenerTaskEnd",
            "Task Metrics": {"Shuffle Write Metrics": {"Shuffle Bytes Written": 3_000_000}},
        },
        {"Event": "SparkListenerTaskEnd", "Task Metrics": None},
        {"Event": "SparkListenerJobEnd"},
        {
            "Event": "SparkListenerTaskEnd",
            "Task Metrics": {"Shuffle Write Metrics": {"Shuffle Bytes Written": 1_000_000}},
        },
    ]
    (tmp_path / "local-1").write_text("\n".join(json.dumps(event, separators=(",", ":")) for event in events), "utf-8")
    assert scale.shuffled(tmp_path) == 4
    assert scale.shuffled(tmp_path / "nothing") == 0


def test_the_cost_of_a_process_counts_those_that_it_starts() -> None:
    block = "import time; x = bytearray(300_000_000); time.sleep(2)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {block!r}])"
    with measured() as cost:
        subprocess.run([sys.executable, "-c", code], check=True)
    assert cost.peak_mb > 300


def test_both_engines_join_the_same_registry_and_a_difference_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_registry, "ITEMS", 10_000)
    monkeypatch.setattr(large_registry, "ON_SPARK", large_registry.ON_DUCKDB)
    costs = list(large_registry.joins(tmp_path / "same", 26_000, "1GB"))
    assert [(cost.engine, cost.owned_items) for cost in costs] == [("duckdb", 9_000), ("spark local[2]", 9_000)]
    monkeypatch.setattr(large_registry, "ON_SPARK", "print('10000 8999 1 a')")
    with pytest.raises(AssertionError, match="8999"):
        list(large_registry.joins(tmp_path / "other", 26_000, "1GB"))
