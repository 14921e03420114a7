"""Persons' names, keys and words in every place of a delivery: none is left where it must not be."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import privacy
from bangdan.matching import evidence
from bangdan.pipeline import intake
from bangdan.publication import released_owners
from bangdan.uncertainty import resampling
from tests.support import loading, private_persons
from tests.support.attacks import attack
from tests.support.models_in_memory import Project

# What the register of outlets lists of a person stays with the register.
PLANTED = [word for word in private_persons.PLANTED if word not in private_persons.LISTED]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in which the deliveries with the planted persons are loaded, and the raw layer registered."""
    base = tmp_path_factory.mktemp("persons")
    settings = Settings(base / "home", 1, "1GB")
    intake.ingest(settings, [private_persons.write(base / "inbox")])
    for layer in (evidence, resampling, released_owners):
        layer.ensure_layout(settings)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute(Project(home=str(settings.home)).macro("register_sources"))
    return settings


def planted_in(settings: Settings, *without: str) -> set[tuple[str, str]]:
    """(where, word) of every planted word that is in the home."""
    places = private_persons.texts(settings.home, without)
    return {(where, word) for where, text in places for word in PLANTED if word in text}


@attack(
    "a person's name or key in the name of a folder, file, archive or member",
    "only registries keep their names outside the raw layer",
)
def test_the_warehouse_holds_no_name_of_a_file(loaded: Settings) -> None:
    assert planted_in(loaded, "landing", "raw", "secrets") == set()


def test_the_raw_layer_holds_what_was_planted(loaded: Settings) -> None:
    words = {word for _, word in planted_in(loaded)}
    assert words == set(PLANTED)


@attack(
    "words and names of persons looked for after a purge",
    "a purge takes bytes, rows, paths and notes, and no other layer has them",
)
def test_a_purge_leaves_nothing_of_a_person(loaded: Settings) -> None:
    intake.purge(loaded, Month.parse("2020-05"))
    assert planted_in(loaded) == set()


@attack(
    "a first delivery of real exports in a folder named 合成, which makes the key public",
    "only a delivery note makes an export synthetic",
)
@pytest.mark.parametrize("name", ["合成", "synthetic", "Synthetic-2021-08"])
def test_no_name_makes_an_export_synthetic(tmp_path: Path, name: str) -> None:
    loading.load(tmp_path, loading.put(tmp_path / "in" / name / f"{name}.csv", "a,b\n1,2\n"))
    assert privacy.read(loading.settings(tmp_path)).secret.hex() != privacy.SYNTHETIC
