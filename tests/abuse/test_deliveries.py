"""Attacks with the registry: a file in the inbox that says who owns which account, or which outlets there are."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import duckdb
import pytest

from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion import registries
from bangdan.matching import evidence
from bangdan.operations import city_folder, recommended_actions
from bangdan.operations.confirmation import confirm
from bangdan.pipeline import intake
from bangdan.publication import released_owners
from bangdan.uncertainty import resampling
from tests.support.attacks import attack
from tests.support.models_in_memory import Project, needed, project_files, schema_of

ACCOUNTS = ["account_id", "unit_id", "platform", "account_key_type", "account_key", "account_name"]
OURS = ["wb-1", "rival", "weibo", "weibo_uid", "6012345678", "对手发布"]
THEIRS = ["wb-1", "attacker", "weibo", "weibo_uid", "6012345678", "对手发布"]
STOPPED_BY = "registries are in force from the city's folder, or with a person's confirmation"


def write(file: Path, *rows: list[str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([ACCOUNTS, *rows])
    return file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A city whose own registry has been landed and loaded."""
    folder = tmp_path / "bay"
    city_folder.make(folder, "湾城", "Bay City", ["departments"], ["weibo"])
    settings = Settings(folder / "data", 1, "1GB", city=folder)
    file = write(folder / "registry" / "accounts.csv", OURS)
    os.utime(file, (1_600_000_000, 1_600_000_000))  # what is delivered later is newer
    intake.load(settings, intake.land(settings).exports)
    return settings


def deliver(settings: Settings, name: str = "weekly/accounts.csv") -> Path:
    """A vendor's file in the inbox that gives the rival's account to another unit, landed and loaded."""
    file = write(settings.inbox / name, THEIRS)
    intake.load(settings, intake.land(settings, settings.inbox).exports)
    return file


def owners(settings: Settings) -> list[tuple[str, str]]:
    """Owner of each account in the registry in force, as the project's models build it."""
    for layer in (evidence, resampling, released_owners):
        layer.ensure_layout(settings)
    registries.write_marks(settings)
    project = Project(home=str(settings.home))
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as bangdan")
        con.execute("use bangdan.main")
        con.execute(project.macro("register_sources"))
        con.execute("create schema seeds; create schema staging; create schema registry; create schema intermediate")
        con.execute("create table seeds.registry_confirmations (export_sha256 varchar)")
        con.executemany(
            "insert into seeds.registry_confirmations values (?)",
            [[sha256] for sha256 in ["", *sorted(registries.confirmed(settings))]],
        )
        for model in needed(["int_registry__accounts"]):
            statement = project.render(project_files("models", "*.sql")[model].read_text("utf-8"))
            con.execute(f"create view {schema_of(model)}.{model} as {statement}")
        return con.execute("select account_id, unit_id from registry.int_registry__accounts order by all").fetchall()


@attack("a vendor's weekly file with the header of the account registry", STOPPED_BY)
def test_a_delivered_registry_replaces_none(settings: Settings) -> None:
    deliver(settings)
    assert owners(settings) == [("wb-1", "rival")]


@attack("the same file in a folder of the inbox that is named registry", STOPPED_BY)
def test_a_delivery_in_a_folder_named_registry_replaces_none(settings: Settings) -> None:
    deliver(settings, "registry/accounts.csv")
    assert owners(settings) == [("wb-1", "rival")]


@attack("a link in the city's registry/ to a file elsewhere", "links are not followed")
def test_a_link_in_the_folder_of_the_registry_is_none_of_its_files(settings: Settings, tmp_path: Path) -> None:
    (settings.city / "registry" / "more.csv").symlink_to(write(tmp_path / "elsewhere.csv", THEIRS))
    intake.load(settings, intake.land(settings).exports)
    assert owners(settings) == [("wb-1", "rival")]


@attack("a delivered registry, to be overlooked", "`bangdan status` names it, and the first gate warns")
def test_a_delivered_registry_is_named_until_it_is_confirmed(settings: Settings) -> None:
    file = deliver(settings)
    [row] = registries.unconfirmed(settings)
    [action] = [
        action for action in recommended_actions.to_do(settings, [], []) if "registry and is not" in action.what
    ]
    assert action.what.startswith(f"weekly/accounts.csv ({row.export_sha256[:12]}) holds 1 row(s)")
    assert "bangdan confirm" in action.command
    with pytest.raises(UsageError, match="needs a person and a reason"):
        confirm(settings, str(file), "王", " ")
    assert confirm(settings, str(file), "王", "甲局接管该账号").rows == 1
    assert registries.unconfirmed(settings) == []
    assert owners(settings) == [("wb-1", "attacker")]
    with pytest.raises(UsageError, match="in force already"):
        confirm(settings, str(file), "王", "again")


def put(settings: Settings, row: list[str], written_at: int) -> None:
    """The city's own file of accounts holds this row alone from now on."""
    file = write(settings.city / "registry" / "accounts.csv", row)
    os.utime(file, (written_at, written_at))
    intake.load(settings, intake.land(settings).exports)


def test_the_registry_is_what_the_citys_folder_holds_now(settings: Settings) -> None:
    put(settings, ["wb-2", "rival", "weibo", "weibo_uid", "6012345679", "新号"], 1_600_000_100)
    assert owners(settings) == [("wb-2", "rival")]
    assert registries.unconfirmed(settings) == []  # nobody is asked about the version before
    (settings.city / "registry" / "accounts.csv").unlink()
    intake.land(settings)
    assert owners(settings) == []


@pytest.mark.parametrize("written_at", [1_500_000_000, 1_600_000_100])
def test_a_file_of_the_city_holds_whenever_it_was_written(settings: Settings, written_at: int) -> None:
    put(settings, THEIRS, written_at)  # a file that was copied may be older than the one that it replaces
    assert owners(settings) == [("wb-1", "attacker")]
    put(settings, OURS, 1_600_000_200)  # back to the bytes before
    assert owners(settings) == [("wb-1", "rival")]


@attack("an earlier version of the city's own registry, delivered again", STOPPED_BY)
def test_an_earlier_version_that_is_delivered_again_is_not_in_force(settings: Settings) -> None:
    put(settings, THEIRS, 1_600_000_100)
    file = write(settings.inbox / "weekly" / "accounts.csv", OURS)
    os.utime(file, (1_600_000_300, 1_600_000_300))
    intake.load(settings, intake.land(settings, settings.inbox).exports)
    assert owners(settings) == [("wb-1", "attacker")]


def test_only_a_registry_is_confirmed(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no export is called"):
        confirm(settings, "nothing.csv", "王", "x")
