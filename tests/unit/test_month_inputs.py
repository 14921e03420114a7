"""The hash of what a month is built from changes with each of these things, and with nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from bangdan import month_inputs
from bangdan.core import settings as settings_module
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.demo import write_city
from bangdan.ingestion import catalogue
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.publication import ledger

AUGUST = Month(2021, 8)
ROW = ManifestRow(
    export_id="a", load_key="key-a", export_sha256="a", source_file="in/a.csv", path_key="in/a", connector="c",
    connector_version="1", mapping_sha256="m", privacy_key="p", table_name="records", status="loaded",
    is_synthetic=True, received_at=datetime(2021, 9, 1, tzinfo=UTC), encoding="utf-8", replaced_chars=0,
    dialect="d", header_fingerprint="h", rows_read=10, accepted=10, rejected=0, duplicate=0,
    months=["2021-08"], files={"records/month=2021-08/key-a.parquet": "x"},
)  # fmt: skip


def put(settings: Settings, **changes: object) -> None:
    """An export in the raw layer, with its file."""
    row = ManifestRow(**{**vars(ROW), **changes})  # type: ignore[arg-type]
    catalogue.write(row, settings)
    for name in row.files:
        (settings.raw / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.raw / name).write_text("rows", "utf-8")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(tmp_path / "home", 1, "300MB")
    write_city(made.city)
    put(made)
    return made


def inputs_hash(settings: Settings) -> str:
    return month_inputs.inputs_hash(settings, AUGUST)


def add_a_rule(settings: Settings) -> None:
    file = settings.city / "rules" / "themes.csv"
    file.write_text(file.read_text("utf-8") + "\n", "utf-8")
    city = settings.city / "city.yml"
    city.write_text(city.read_text("utf-8") + "# a comment\n", "utf-8")


@pytest.mark.parametrize(
    "change",
    [
        lambda settings: put(settings, export_id="b", load_key="key-b"),
        lambda settings: put(settings, export_id="b", load_key="key-b", months=["2021-05"], files={}),
        lambda settings: put(settings, export_id="b", load_key="key-b", months=["2021-09"], files={}),
        lambda settings: put(settings, export_id="b", load_key="key-b", table_name="units", months=[], files={}),
        lambda settings: put(settings, export_id="b", load_key="-", table_name=None, status="refused", files={}),
        lambda settings: put(settings, load_key="key-b"),
        lambda settings: put(settings, received_at=datetime(2021, 9, 2, tzinfo=UTC)),
        lambda settings: catalogue.file_of("a", settings).unlink(),
        lambda settings: (settings.raw / "records/month=2021-08/key-a.parquet").unlink(),
        lambda settings: os.utime(settings.raw / "records/month=2021-08/key-a.parquet", ns=(0, 0)),
        add_a_rule,
    ],
)
def test_an_export_a_file_of_its_rows_and_a_seed_count(settings: Settings, change: Callable[[Settings], None]) -> None:
    before = inputs_hash(settings)
    assert inputs_hash(settings) == before
    change(settings)
    assert inputs_hash(settings) != before


@pytest.mark.parametrize("month", ["2021-04", "2021-10", "unknown"])
def test_records_outside_the_window_of_the_month_do_not_count(settings: Settings, month: str) -> None:
    before = inputs_hash(settings)
    put(settings, export_id="b", load_key="key-b", months=[month], files={})
    assert inputs_hash(settings) == before


def test_the_code_and_the_method_on_trial_count(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = inputs_hash(settings)
    assert inputs_hash(settings.replaced(method_version="trial-even")) != before
    monkeypatch.setattr(month_inputs, "code_version", lambda: "0.0+000000000000")
    assert inputs_hash(settings) != before


def test_the_packages_of_the_lock_count(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dbt_project").symlink_to(settings.dbt_project)
    monkeypatch.setattr(settings_module, "PROJECT", tmp_path)
    hashes = set()
    for text in ("duckdb==2.0.1\n", "duckdb==2.0.2\n"):
        (tmp_path / "requirements.lock").write_text(text, "utf-8")
        hashes.add(inputs_hash(settings))
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("month", "name", "counts"),
    [("2021-07", "r2", True), ("2021-06", "r1", True), ("2021-08", "r1", False), ("2021-09", "r1", False)],
)
def test_releases_of_earlier_months_count_and_its_own_does_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, month: str, name: str, counts: bool
) -> None:
    """The first gate compares a month with what was released before it. A month that is released stays built."""
    july = SimpleNamespace(month=Month(2021, 7), name="r1")
    monkeypatch.setattr(ledger, "latest_of_all", lambda _settings: [july])
    before = inputs_hash(settings)
    other = SimpleNamespace(month=Month.parse(month), name=name)
    releases = [other] if other.month == july.month else [july, other]
    monkeypatch.setattr(ledger, "latest_of_all", lambda _settings: releases)
    assert (inputs_hash(settings) != before) == counts


def test_a_home_that_was_moved_is_built_again(settings: Settings, tmp_path: Path) -> None:
    before = inputs_hash(settings)
    settings.home.rename(tmp_path / "moved")
    assert inputs_hash(Settings(tmp_path / "moved", 1, "300MB")) != before


def test_threads_and_memory_do_not_count(settings: Settings) -> None:
    assert inputs_hash(settings.replaced(threads=2, memory_limit="1GB")) == inputs_hash(settings)
