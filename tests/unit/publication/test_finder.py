"""What the search of a month's page has of accounts and outlets."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangdan.core.settings import Settings
from bangdan.publication.edition import Edition
from bangdan.publication.pages import finder, listings, rank_history
from tests.support import html_tables
from tests.support.small_city import AUGUST

Row = dict[str, Any]


@pytest.fixture(scope="module")
def edition(small: Settings) -> Edition:
    folder = small.releases / "2021-08/r1/tables"
    tables = {file.stem: pq.read_table(file) for file in folder.glob("*.parquet")}
    return Edition(AUGUST, "r1", tables, "", [])


def findable(small: Settings, edition: Edition, language: str = "zh", **former: list[str]) -> Row:
    return finder.findable(edition, listings.of(small, edition.tables), former, language)


def test_accounts_of_one_name_are_one_entry_with_their_platforms(small: Settings, edition: Edition) -> None:
    accounts = edition.tables["account_scores"]
    renamed = accounts.set_column(
        accounts.schema.get_field_index("account_name"), "account_name", [["同名"] * len(accounts)]
    )
    made = dataclasses.replace(edition, tables=edition.tables | {"account_scores": renamed})
    platforms = set(accounts["platform"].to_pylist())
    [[name, shown]] = findable(small, made)["accounts"]
    assert name == "同名"
    assert len(shown.split("/")) == len(platforms)


def test_an_account_keeps_the_names_of_earlier_months(small: Settings, edition: Edition) -> None:
    account_id, name = (
        edition.tables["account_scores"][column][0].as_py() for column in ("account_id", "account_name")
    )
    accounts = findable(small, edition, **{account_id: ["曾用名"]})["accounts"]
    assert [former for shown, _, *former in accounts if shown == name] == [["曾用名"]]


def test_former_names_of_accounts_are_read_from_the_earlier_releases(small: Settings, edition: Edition) -> None:
    accounts = edition.tables["account_scores"]
    names = [f"新{name}" for name in accounts["account_name"].to_pylist()]
    renamed = accounts.set_column(accounts.schema.get_field_index("account_name"), "account_name", [names])
    former = rank_history.former_account_names(small, AUGUST + 1, renamed)
    assert former == {
        account: [name]
        for account, name in zip(accounts["account_id"].to_pylist(), accounts["account_name"].to_pylist(), strict=True)
    }
    assert rank_history.former_account_names(small, AUGUST + 1, accounts) == {}


def test_outlets_are_those_of_their_page_in_its_order(small: Settings, edition: Edition) -> None:
    data = findable(small, edition, "en")
    page = html_tables.read(small.releases / "2021-08/r1/outlets.en.html")
    anchors = [str(row["id"]) for row in page.all("tr") if "id" in row]
    assert anchors == [f"{channel}-{at + 1}" for channel, _, names in data["outlets"] for at in range(len(names))]
    assert data["pages"] == ["accounts.en.html", "outlets.en.html"]


def test_every_chinese_character_of_a_name_has_its_readings_once(small: Settings, edition: Edition) -> None:
    data = findable(small, edition)
    names = "".join(
        [name for name, *_ in data["accounts"]] + [name for _, _, of_type in data["outlets"] for name in of_type]
    )
    assert set(data["readings"]) == {character for character in names if "\u4e00" <= character <= "\u9fff"}
    assert data["readings"]["渠"] == ["qu"]


def test_the_page_has_them_as_data_that_no_name_can_end(small: Settings) -> None:
    def texts(folder: Path) -> str:
        return (folder / "index.html").read_text("utf-8").partition('id="findable">')[2].partition("</script>")[0]

    folder = small.releases / "2021-08/r1"
    assert json.loads(texts(folder))["accounts"]
    assert "<" not in texts(folder)
