"""A person puts a delivered registry in force: one more row of the city's corrections, and no other row is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core import city
from bangdan.core.errors import UsageError
from bangdan.ingestion import registries, removal
from bangdan.operations.confirmation import HEADER, confirm
from tests.support.backfill_homes import Home

OTHER = f"{'b' * 64},李,2021-08-02,核对过"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """One delivered registry waits; every export is named by its SHA-256."""
    made = Home(tmp_path, monkeypatch)
    monkeypatch.setattr(removal, "find", lambda name, _settings: (name, ["in/units.csv"]))
    made.export("a", table="units", name="units.csv", accepted=3, is_of_city=False)
    return made


def corrections(home: Home) -> Path:
    return home.settings.city / f"{registries.CONFIRMATIONS}.csv"


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_the_row_comes_after_those_of_the_file_however_it_ends(home: Home, end: str) -> None:
    corrections(home).parent.mkdir(parents=True)
    corrections(home).write_text(f"{HEADER}\n{OTHER}{end}", "utf-8")
    confirmed = confirm(home.settings, "a" * 64, "王", "街道合并，名单由民政局送来")
    rows = city.rows(home.settings, registries.CONFIRMATIONS)
    assert [(row["export_sha256"][0], row["decided_by"], row["reason"]) for row in rows] == [
        ("b", "李", "核对过"), ("a", "王", "街道合并，名单由民政局送来"),
    ]  # fmt: skip
    assert (confirmed.sha256, confirmed.rows, confirmed.file) == ("a" * 64, 3, str(corrections(home)))


def test_without_a_file_one_with_its_header_is_made(home: Home) -> None:
    confirm(home.settings, "a" * 64, "王", "核对")
    assert corrections(home).read_text("utf-8").splitlines()[0] == HEADER
    assert registries.confirmed(home.settings) == {"a" * 64}


@pytest.mark.parametrize(("by", "reason"), [("", "核对"), (" ", "核对"), ("王", ""), ("王", "\t")])
def test_person_and_reason_are_both_needed(home: Home, by: str, reason: str) -> None:
    with pytest.raises(UsageError, match="needs a person and a reason"):
        confirm(home.settings, "a" * 64, by, reason)
    assert not corrections(home).exists()


@pytest.mark.parametrize("is_of_city", [True, False])
def test_what_is_in_force_is_not_confirmed_again(home: Home, is_of_city: bool) -> None:
    home.export("c", table="accounts", name="accounts.csv", is_of_city=is_of_city)
    if not is_of_city:
        confirm(home.settings, "c" * 64, "王", "核对")
    with pytest.raises(UsageError, match="is in force already"):
        confirm(home.settings, "c" * 64, "王", "核对")


def test_records_are_no_registry(home: Home) -> None:
    home.export("d", "2021-08")
    with pytest.raises(UsageError, match="holds no registry"):
        confirm(home.settings, "d" * 64, "王", "核对")
