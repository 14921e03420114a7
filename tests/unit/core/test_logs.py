"""Logs: one JSON object a line in a file of its day, with what is bound to it, and a readable line for who watches."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from bangdan.core import logs
from bangdan.core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, 1, "1GB")


@pytest.fixture
def watched() -> Iterator[list[str]]:
    seen: list[str] = []
    logs.watch(seen.append)
    yield seen
    logs.watch(None)


def lines(settings: Settings) -> list[dict]:
    [file] = (settings.home / "logs").iterdir()
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_an_event_is_one_json_object_with_its_level_its_moment_in_utc_and_its_values(settings: Settings) -> None:
    initial = datetime.now(UTC).replace(microsecond=0)
    logs.logger(settings).info("stage", month="2021-08", stage="match", seconds=3, rows={"a": 1}, of=Path("/x"))
    [line] = lines(settings)
    at = line.pop("at")
    assert line == {
        "event": "stage", "level": "info", "month": "2021-08", "stage": "match", "seconds": 3, "rows": {"a": 1}, "of": "/x",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)", at)
    assert initial <= datetime.fromisoformat(at) <= datetime.now(UTC)
    [file] = (settings.home / "logs").iterdir()
    assert file.name == f"{at[:10]}.jsonl"


def test_what_is_bound_stands_in_every_line_of_every_level(settings: Settings) -> None:
    log = logs.logger(settings).bind(month="2021-08")
    with structlog.contextvars.bound_contextvars(run="7"):
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(log, level)("event")
    log.info("after it")
    actual = lines(settings)
    assert [line["level"] for line in actual] == ["debug", "info", "warning", "error", "critical", "info"]
    assert [line.get("run") for line in actual] == ["7"] * 5 + [None]
    assert {line["month"] for line in actual} == {"2021-08"}


def test_chinese_stands_as_it_is_and_a_line_break_makes_no_second_line(settings: Settings) -> None:
    logs.logger(settings).info("榜单", note="一\n二", broken="\udcff")
    [file] = (settings.home / "logs").iterdir()
    data = file.read_bytes()
    assert data.count(b"\n") == 1
    assert data.endswith(b"}\n")
    assert "榜单".encode() in data


def test_each_line_is_one_write_to_the_end_of_the_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, written = [], []
    real_open, real_write = os.open, os.write
    monkeypatch.setattr(os, "open", lambda path, flags, *mode: opened.append(flags) or real_open(path, flags, *mode))
    monkeypatch.setattr(os, "write", lambda handle, data: written.append(data) or real_write(handle, data))
    logs.logger(settings).info("one", text="x" * 10_000)
    logs.logger(settings).info("two")
    assert len(written) == 2
    assert all(data.endswith(b"\n") for data in written)
    assert all(flags & os.O_APPEND and not flags & os.O_TRUNC for flags in opened)


def test_a_line_leaves_no_file_open(settings: Settings) -> None:
    log = logs.logger(settings)
    log.info("first")
    initial = len(os.listdir("/proc/self/fd"))
    log.info("second")
    assert len(os.listdir("/proc/self/fd")) == initial


def test_nothing_is_made_before_the_first_event(settings: Settings) -> None:
    logs.logger(settings).bind(month="2021-08")
    assert list(settings.home.iterdir()) == []


def test_a_disk_that_is_full_stops_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", fails)
    logs.logger(settings).info("stage")


def test_airflows_own_setting_of_structlog_silences_nothing(settings: Settings) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50), processors=[])
    try:
        logs.logger(settings).debug("stage")
    finally:
        structlog.reset_defaults()
    assert [line["level"] for line in lines(settings)] == ["debug"]


@pytest.mark.parametrize(
    ("level", "event", "values", "shown"),
    [
        ("info", "stage", {"month": "2021-08", "stage": "match", "seconds": 3.24, "items": 12345}, "2021-08 match: 3.2 s, items 12,345"),
        ("info", "stage", {"month": "2021-08", "stage": "match", "seconds": 0}, "2021-08 match: 0.0 s"),
        ("info", "landed", {"exports": 3}, "landed: exports 3"),
        ("info", "stage", {"stage": "publish", "is_new": True, "share": 0.5, "release": "r1"}, "publish: is_new True, share 0.5, release r1"),
        # tables, lists, costs and paths are for the file
        ("info", "stage", {"stage": "match", "rows": {"a": 1}, "warnings": [], "cpu_seconds": 1, "peak_memory_mb": 2,
                           "digest": "x", "path": "y", "run": "7", "n": 1}, "match: n 1"),
        # the message of a failure follows as the command's last word
        ("error", "stage", {"month": "2021-08", "stage": "match", "seconds": 1, "failed": "no"}, "2021-08 match: 1.0 s, failed"),
    ],
)  # fmt: skip
def test_a_person_who_watches_sees_month_stage_seconds_and_counts(
    settings: Settings, watched: list[str], level: str, event: str, values: dict, shown: str
) -> None:
    getattr(logs.logger(settings), level)(event, **values)
    assert watched == [shown]


def test_the_file_holds_all_that_a_person_is_not_shown(settings: Settings, watched: list[str]) -> None:
    logs.logger(settings).info("stage", stage="match", seconds=1, cpu_seconds=2, rows={"a": 1}, digest="x")
    [line] = lines(settings)
    assert {"stage": "match", "seconds": 1, "cpu_seconds": 2, "rows": {"a": 1}, "digest": "x"}.items() <= line.items()


def test_who_no_longer_watches_sees_nothing(settings: Settings, watched: list[str]) -> None:
    logs.watch(None)
    logs.logger(settings).info("stage")
    assert watched == []
    assert len(lines(settings)) == 1
