"""Which registries are in force: those that the city's folder holds now, and those that a person has confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core.errors import BangdanError
from bangdan.ingestion import registries
from tests.support.backfill_homes import CONFIRMATIONS, Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


def letters(rows: list) -> list[str]:
    return sorted(row.export_sha256[0] for row in rows)


def test_a_file_of_the_city_s_folder_takes_the_place_of_its_earlier_version(home: Home) -> None:
    for letter in ("a", "b"):
        home.export(letter, table="units", name="units.csv")
    assert letters(registries.in_force(home.settings)) == ["b"]
    assert registries.of_city(home.settings) == {"a" * 64, "b" * 64}
    assert registries.unconfirmed(home.settings) == []


def test_a_file_that_is_put_back_is_in_force_again(home: Home) -> None:
    for letter in ("a", "b", "a"):
        home.export(letter, table="units", name="units.csv")
    assert letters(registries.in_force(home.settings)) == ["a"]


def test_a_delivery_is_in_force_once_it_is_confirmed(home: Home) -> None:
    home.export("a", table="units", is_of_city=False)
    home.export("b", table="accounts", is_of_city=False)
    assert (registries.in_force(home.settings), letters(registries.unconfirmed(home.settings))) == ([], ["a", "b"])
    home.seed(CONFIRMATIONS, f"export_sha256,decided_by,decided_on,reason\n{'a' * 64},王,2021-09-01,核对\n")
    assert letters(registries.in_force(home.settings)) == ["a"]
    assert letters(registries.unconfirmed(home.settings)) == ["b"]


def test_a_month_reads_records_and_the_registries_in_force(home: Home) -> None:
    home.export("a", "2021-08")
    home.export("b", table="units")
    home.export("c", table="units", is_of_city=False)
    assert letters(registries.counted(home.settings)) == ["a", "b"]


def test_a_file_that_has_left_the_folder_is_in_force_no_longer(home: Home) -> None:
    folder = home.settings.city / "registry"
    folder.mkdir(parents=True)
    for letter, table in (("a", "units"), ("b", "accounts")):
        home.export(letter, table=table, name=f"{table}.csv")
        (folder / f"{table}.csv").write_text("header\nrow\n", "utf-8")
    (folder / "units.csv").unlink()
    registries.drop_removed(home.settings)
    assert letters(registries.in_force(home.settings)) == ["b"]


def test_a_link_is_no_file_of_the_city_s_folder_wherever_it_leads(home: Home, tmp_path: Path) -> None:
    folder = home.settings.city / "registry"
    folder.mkdir(parents=True)
    (folder / "units.csv").touch()
    (tmp_path / "elsewhere.csv").touch()
    (tmp_path / "inward.csv").symlink_to(folder / "units.csv")
    (folder / "outward.csv").symlink_to(tmp_path / "elsewhere.csv")
    files = (folder / "units.csv", tmp_path / "inward.csv", folder / "outward.csv", tmp_path / "elsewhere.csv")
    assert [registries.is_of_city(file, home.settings) for file in files] == [True, False, False, False]


@pytest.mark.parametrize(
    ("is_delivered", "message", "remedy"),
    [(True, "no units are in force", "confirm the registry"), (False, "no units have been loaded", "fill registry/")],
)
def test_without_a_registry_in_force_the_remedy_is_to_confirm_one_or_to_write_one(
    home: Home, is_delivered: bool, message: str, remedy: str
) -> None:
    if is_delivered:
        home.export("a", table="units", is_of_city=False)
    with pytest.raises(BangdanError, match=message) as caught:
        registries.files_of("units", home.settings)
    assert remedy in (caught.value.remedy or "")


def test_the_files_of_a_table_are_those_of_the_registries_in_force(home: Home) -> None:
    for letter, is_of_city in (("a", True), ("b", False)):
        home.export(letter, table="units", name=f"{letter}.csv", is_of_city=is_of_city)
        (home.settings.raw / "units").mkdir(exist_ok=True)
        (home.settings.raw / "units" / f"key-{letter}.parquet").touch()
    assert registries.files_of("units", home.settings) == [str(home.settings.raw / "units" / "key-a.parquet")]
