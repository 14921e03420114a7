"""Attacks on identity: one outlet under many spellings, an own account that carries its own posts, borrowed names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import loading
from tests.support.attacks import attack
from tests.support.models_in_memory import Town

MAPPING = """
name: vendor
columns:
  channel_type: channel
  account_key_type: kind
  account_key: key
  account_name_raw: name
  record_id: id
  title: title
  published_at: at
"""
AT = "2021-08-10 12:00:00"
# An app's key in 81 spellings: case, width, invisible characters, look-alikes, queries, fragments, dots.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u034f\u180e"
SPELLINGS = [
    "app-one", "App-one", "aPp-one", "apP-one", "app-One", "app-oNe", "app-onE", "APP-ONE",
    *(f"app{character}-one" for character in INVISIBLE), *(f"app-one{character}" for character in INVISIBLE),
    "аpp-one", "aрp-one", "apр-one", "app-оne", "app-onе", "αpp-one", "app-οne",
    "ａpp-one", "aｐp-one", "apｐ-one", "app－one", "app-ｏne", "app-oｎe", "app-onｅ", "ａｐｐ－ｏｎｅ",
    *(f"app-one?{query}" for query in ("a=1", "a=2", "b", "")), *(f"app-one#{fragment}" for fragment in ("a", "")),
    "app-one.", "app-one..", "app-one/", "app-one。",
    "app%2Done", "app%252Done", "app&#45;one", "&#x61;pp-one", "app-one ", "'app-one'", "app-one;", "(app-one)",
]  # fmt: skip
OWN_SPELLINGS = ["甲发布.", "甲发布。", "甲发\u200b布", "甲\u00ad发布", "甲发布\u202c", "甲 发布"]


def loaded_keys(tmp_path: Path, rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Key and pseudonym of each record that a vendor's file of these rows gives."""
    names = ["channel", "kind", "key", "name", "id", "title", "at"]
    cells = [[{"id": str(number), "title": "标题", "at": AT, **row}.get(name, "") for name in names] for number, row in enumerate(rows)]  # fmt: skip
    file = loading.put(tmp_path / "in" / "a.csv", loading.table(names, cells))
    (report,) = loading.load(tmp_path / "home", file, mapping=loading.put(tmp_path / "vendor.yml", MAPPING))
    assert (report.accepted, report.rejected) == (len(rows), 0)
    return loading.rows(tmp_path / "home", "records", "account_key", "account_pseudonym")


@pytest.fixture
def town() -> Iterator[Town]:
    """A unit with one registered account, 甲发布, whose key is `ka`."""
    town = Town()
    town.units({"unit_id": "u", "unit_name": "甲局"})
    town.accounts({"account_id": "a", "unit_id": "u", "account_key": "ka", "account_name": "甲发布"})
    yield town
    town.close()


@attack(
    "81 spellings of one app's key (case, width, look-alikes, queries, percent signs, HTML entities, quotes), to be 81 outlets",
    "the normal form of keys, taken when an export is loaded",
)
def test_the_spellings_of_a_key_are_one_outlet(tmp_path: Path) -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 81
    rows = [{"channel": "news_app", "kind": "app_id", "key": key, "name": "壹客户端"} for key in SPELLINGS]
    keys = loaded_keys(tmp_path, rows)
    assert {key for key, _pseudonym in keys} == {"app-one"}
    assert len({pseudonym for _key, pseudonym in keys}) == 1


@attack(
    "the host of a news site with port, path, www., user name, encoded or in other letters", "the normal form of keys"
)
def test_the_spellings_of_a_host_are_one_outlet(tmp_path: Path) -> None:
    hosts = ["news.example", "WWW.news.example", "news.example:443", "https://news.example/a", "nеws.example", "news.example.", "me:pw@news.example", "news%2Eexample", "&#110;ews.example", "http:///news.example", "news.example:0443"]  # fmt: skip
    keys = loaded_keys(tmp_path, [{"channel": "news_site", "kind": "domain", "key": host} for host in hosts])
    assert {key for key, _pseudonym in keys} == {"news.example"}


@pytest.mark.parametrize("name", OWN_SPELLINGS)
@attack("own posts delivered again under the own name with a dot, a blank or an invisible character", "names are compared in normal form: the carrier is the own account")  # fmt: skip
def test_an_own_account_is_no_outlet_of_its_own(town: Town, name: str) -> None:
    town.records(
        {"account_key": name, "account_key_type": "name", "account_name_raw": name, "record_id": "1", "at": AT,
         "account_pseudonym": "f1", "item_salt": "s"}
    )  # fmt: skip
    town.build("stg_channel_items")
    assert town.ask("select account_id, unit_id, is_private from staging.stg_channel_items") == [("a", "u", False)]


@attack("an outlet that bears a registered name under another key, or one that looks like it", "the review list qc_lookalike_names")  # fmt: skip
def test_an_outlet_under_a_borrowed_name_is_listed(town: Town) -> None:
    names = {"1": "甲发布", "2": "AB发布", "3": "乙发布", "4": "АВ发布", "5": "аb发布"}
    town.accounts({"account_id": "b", "unit_id": "u", "account_key": "kb", "account_name": "ab发布"})
    town.records(
        *(
            {"account_key": f"k{number}", "account_name_raw": name, "record_id": number, "at": AT, "account_pseudonym": f"f{number}", "item_salt": "s"}
            for number, name in names.items()
        )
    )  # fmt: skip
    town.build("qc_lookalike_names")
    assert town.ask("select outlet_id, registered_id, resemblance, item_count from review.qc_lookalike_names order by all") == [
        ("wechat:f1", "a", "same", 1), ("wechat:f2", "b", "same", 1), ("wechat:f4", "b", "lookalike", 1), ("wechat:f5", "b", "lookalike", 1),
    ]  # fmt: skip
