"""Attacks by rows of the registry that give an account to another unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.attacks import attack
from tests.support.models_in_memory import Town, shanghai

MOVED = shanghai("2021-08-16 00:00:00")


@pytest.fixture
def town() -> Iterator[Town]:
    """Two units, and an account whose posts of July and August have been released under the first."""
    town = Town()
    town.units({"unit_id": "rival", "unit_name": "甲局"}, {"unit_id": "other", "unit_name": "乙局"})
    for month, days in (("2021-07", ["2021-07-05"]), ("2021-08", ["2021-08-05", "2021-08-25"])):
        for day in days:
            town.add(
                "evidence.released_owners",
                {"account_id": "a", "unit_id": "rival", "published_at_local": f"{day} 09:00:00", "month": month},
            )
    yield town
    town.close()


def own(town: Town, *spans: dict[str, Any]) -> None:
    town.accounts(*({"account_id": "a", "account_key": "ka", "account_name": "甲发布", **span} for span in spans))


def changes(town: Town) -> list[tuple[Any, ...]]:
    town.build("gate_raw_exports__owner_changes")
    return town.ask(
        "select ranking_month, earlier_unit_id, unit_id, released_post_count, is_past_changed, is_moved, export_sha256, source_row"
        " from gates.gate_raw_exports__owner_changes order by all"
    )


@attack("a row of the registry that gives a rival's account to another unit, back into a released month", "the first gate refuses the month and names account, units and row, until owner_confirmations.csv confirms it")  # fmt: skip
def test_a_row_that_reaches_into_a_released_month_is_refused(town: Town) -> None:
    own(town, {"unit_id": "rival", "valid_to": MOVED}, {"unit_id": "other", "valid_from": MOVED})
    assert changes(town) == [("2021-08", "rival", "other", 1, 1, 1, "sha-registry", 2)]
    town.add("seeds.owner_confirmations", {"account_id": "a", "unit_id": "other", "valid_from": "2021-08-16"})
    assert changes(town) == [("2021-08", "rival", "other", 1, 0, 0, "sha-registry", 2)]


@attack("an account taken out of the registry, so that its released posts belong to nobody", "the first gate refuses the month and names the account")  # fmt: skip
def test_an_account_that_is_taken_out_is_refused(town: Town) -> None:
    assert changes(town) == [("2021-08", "rival", "", 3, 1, 0, None, None)]


@attack("a rival's account given to another unit from this month on", "the first gate warns and names account, units and row")  # fmt: skip
def test_an_account_that_moves_in_a_month_without_a_release_is_named(town: Town) -> None:
    town.con.execute("delete from evidence.released_owners where month = '2021-08'")
    own(town, {"unit_id": "rival", "valid_to": MOVED}, {"unit_id": "other", "valid_from": MOVED})
    assert changes(town) == [("2021-08", "rival", "other", 0, 0, 1, "sha-registry", 2)]


@attack("a row that gives a rival's account to another unit for all time, before the next month is built", "the first gate refuses the next month: the posts of the last released one belong to another unit")  # fmt: skip
def test_a_row_for_all_time_is_refused_in_the_next_month(town: Town) -> None:
    town.con.execute("delete from evidence.released_owners where month = '2021-08'")
    own(town, {"unit_id": "other"})
    assert changes(town) == [("2021-08", "rival", "other", 1, 1, 0, "sha-registry", 1)]


def test_what_the_registry_itself_names_as_a_move_does_not_depend_on_releases(town: Town) -> None:
    own(town, {"unit_id": "rival", "valid_to": MOVED}, {"unit_id": "other", "valid_from": MOVED})
    town.con.execute("delete from evidence.released_owners where month = '2021-08'")
    with_release = changes(town)
    town.con.execute("delete from evidence.released_owners")
    assert changes(town) == with_release == [("2021-08", "rival", "other", 0, 0, 1, "sha-registry", 2)]


def test_a_move_on_the_first_of_the_next_month_is_no_news_of_this_one(town: Town) -> None:
    town.con.execute("delete from evidence.released_owners where month = '2021-08'")
    september = shanghai("2021-09-01 00:00:00")
    own(town, {"unit_id": "rival", "valid_to": september}, {"unit_id": "other", "valid_from": september})
    assert changes(town) == []
    second_before = shanghai("2021-08-31 23:59:59")
    town.con.execute("delete from registry.int_registry__accounts")
    own(town, {"unit_id": "rival", "valid_to": second_before}, {"unit_id": "other", "valid_from": second_before})
    assert [row[:3] for row in changes(town)] == [("2021-08", "rival", "other")]


def test_an_account_that_ends_has_not_moved(town: Town) -> None:
    town.con.execute("delete from evidence.released_owners where month = '2021-08'")
    own(town, {"unit_id": "rival", "valid_to": MOVED})
    assert changes(town) == []


def test_an_account_that_stays_is_not_named(town: Town) -> None:
    own(town, {"unit_id": "rival"})
    assert changes(town) == []


def test_a_confirmation_of_another_unit_or_time_confirms_nothing(town: Town) -> None:
    own(town, {"unit_id": "rival", "valid_to": MOVED}, {"unit_id": "other", "valid_from": MOVED})
    town.add("seeds.owner_confirmations", {"account_id": "a", "unit_id": "third", "valid_from": "2021-08-16"})
    town.add("seeds.owner_confirmations", {"account_id": "a", "unit_id": "other", "valid_from": "2021-09-01"})
    assert [row[4] for row in changes(town)] == [1]
