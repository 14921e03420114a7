"""The registry in force: which rows of which export hold, and by which names accounts and outlets are known."""

# The registry holds Shanghai wall-clock times without a zone.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.support.models_in_memory import Town, shanghai

ALWAYS, EVER = date(1, 1, 1), date(9999, 12, 31)
TABLES = {"units": "unit_id", "accounts": "account_id", "channels": "outlet_id"}
ROWS = {
    "units": {"unit_id": "x", "unit_name": "甲"},
    "accounts": {"account_id": "x", "unit_id": "甲"},
    "channels": {"outlet_id": "x", "channel_type": "wechat", "outlet_name": "甲"},
}
SHOWN = {"units": "unit_name", "accounts": "unit_id", "channels": "outlet_name"}


def put(town: Town, table: str, *rows: dict[str, Any]) -> None:
    getattr(town, table)(*({**ROWS[table], **row} for row in rows))
    town.build(f"int_registry__{table}")


@pytest.mark.parametrize("table", TABLES)
def test_of_two_registries_the_one_received_later_holds(town: Town, table: str) -> None:
    town.export("a-later", "2021-08-01 09:00:00", table_name="units")
    put(town, table, {SHOWN[table]: "早"}, {"load_key": "a-later", SHOWN[table]: "晚"})
    assert town.ask(f"select {SHOWN[table]} from registry.int_registry__{table}") == [("晚",)]


@pytest.mark.parametrize("table", TABLES)
def test_of_two_registries_received_at_one_moment_the_larger_load_key_holds(town: Town, table: str) -> None:
    town.export("a", "2021-07-01 09:00:00", table_name="units")
    put(town, table, {SHOWN[table]: "大"}, {"load_key": "a", SHOWN[table]: "小"})
    assert town.ask(f"select {SHOWN[table]} from registry.int_registry__{table}") == [("大",)]


@pytest.mark.parametrize("table", TABLES)
def test_what_a_later_registry_does_not_name_stays_as_the_earlier_one_has_it(town: Town, table: str) -> None:
    town.export("a-later", "2021-08-01 09:00:00", table_name="units")
    put(town, table, {}, {TABLES[table]: "y", "load_key": "a-later"})
    assert town.ask(f"select {TABLES[table]} from registry.int_registry__{table} order by 1") == [("x",), ("y",)]


@pytest.mark.parametrize("table", TABLES)
def test_a_registry_of_no_export_in_the_manifest_holds_nothing(town: Town, table: str) -> None:
    put(town, table, {"load_key": "not in the manifest"})
    assert town.ask(f"select * from registry.int_registry__{table}") == []


@pytest.mark.parametrize("table", TABLES)
def test_all_spans_of_the_newest_registry_hold_and_of_two_that_begin_together_the_later_row(
    town: Town, table: str
) -> None:
    early, later = "2021-01-01", "2021-08-15"
    put(
        town, table,
        {"valid_to": later, SHOWN[table]: "一", "valid_from": early},
        {"valid_from": later, SHOWN[table]: "二"},
        {"valid_from": later, SHOWN[table]: "三"},
    )  # fmt: skip
    rows = town.ask(
        f"select {SHOWN[table]}, valid_from::date, valid_to::date from registry.int_registry__{table} order by 2"
    )
    assert rows == [("一", date(2021, 1, 1), date(2021, 8, 15)), ("三", date(2021, 8, 15), EVER)]


@pytest.mark.parametrize("table", TABLES)
def test_a_span_without_begin_or_end_holds_always(town: Town, table: str) -> None:
    put(town, table, {})
    assert town.ask(f"select valid_from::date, valid_to::date from registry.int_registry__{table}") == [(ALWAYS, EVER)]


def test_an_accounts_span_begins_and_ends_by_the_clock_of_shanghai(town: Town) -> None:
    put(town, "accounts", {"valid_from": "2021-08-09 16:00:00+00", "valid_to": "2021-08-31 16:00:00+00"})
    assert town.ask("select valid_from, valid_to from registry.int_registry__accounts") == [
        (datetime(2021, 8, 10), datetime(2021, 9, 1))
    ]


def test_a_registry_row_keeps_its_columns_and_where_it_stands(town: Town) -> None:
    town.units(
        {
            "unit_id": "u",
            "unit_name": "甲局",
            "unit_name_en": "A",
            "unit_type": "district",
            "ranking_list": "districts",
            "aliases": ["甲"],
        }
    )
    town.accounts(
        {"account_id": "a", "unit_id": "u", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "1",
         "account_name": "甲发布", "aliases": ["旧名"], "verified_type": "gov"}
    )  # fmt: skip
    town.build("int_registry__units", "int_registry__accounts")
    assert town.table("select * exclude (valid_from, valid_to) from registry.int_registry__units") == [
        {"unit_id": "u", "unit_name": "甲局", "unit_name_en": "A", "unit_type": "district", "ranking_list": "districts",
         "aliases": ["甲"], "export_sha256": "sha-registry", "source_row": 1}
    ]  # fmt: skip
    assert town.table("select * exclude (valid_from, valid_to) from registry.int_registry__accounts") == [
        {"account_id": "a", "unit_id": "u", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "1",
         "account_name": "甲发布", "aliases": ["旧名"], "verified_type": "gov", "export_sha256": "sha-registry", "source_row": 1}
    ]  # fmt: skip


# ---- persons among the outlets --------------------------------------------------------------------------------------


def test_a_person_in_the_registry_goes_by_a_pseudonym_without_name_key_or_alias(town: Town) -> None:
    town.channels(
        {"outlet_id": "weibo:6001", "channel_type": "weibo", "account_key_type": "weibo_uid", "account_key": "6001",
         "outlet_name": "某人", "aliases": ["别名"], "account_pseudonym": "f00", "is_organization": False}
    )  # fmt: skip
    town.build("int_registry__channel_keys")
    columns = "outlet_id, channel_type, account_key, outlet_name, aliases, is_organization"
    assert town.ask(f"select {columns} from registry.int_registry__channels") == [
        ("weibo:f00", "weibo", "f00", None, None, False)
    ]
    assert town.ask("select key_kind, account_key, outlet_id from registry.int_registry__channel_keys") == [
        ("pseudonym", "f00", "weibo:f00")
    ]


def test_an_outlet_of_which_nobody_says_that_it_is_an_organization_is_a_person(town: Town) -> None:
    town.channels(
        {"outlet_id": "weibo:1", "channel_type": "weibo", "account_key": "1", "outlet_name": "某人", "account_pseudonym": "f1",
         "is_organization": None}
    )  # fmt: skip
    town.build("int_registry__channels")
    assert town.ask("select outlet_id, outlet_name, is_organization from registry.int_registry__channels") == [
        ("weibo:f1", None, False)
    ]


# ---- names ----------------------------------------------------------------------------------------------------------


def account(account_id: str, **more: Any) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "unit_id": "u",
        "account_key": f"key-{account_id}",
        "account_name": f"name-{account_id}",
        **more,
    }


def outlet(outlet_id: str, **more: Any) -> dict[str, Any]:
    return {
        "outlet_id": outlet_id, "channel_type": "wechat", "account_key_type": "wx_biz", "account_key": f"key-{outlet_id}",
        "outlet_name": f"name-{outlet_id}", **more,
    }  # fmt: skip


NAMED = {
    "account": ("accounts", account, "int_registry__account_keys", "account_id", "platform", "account_name"),
    "outlet": ("channels", outlet, "int_registry__channel_keys", "outlet_id", "channel_type", "outlet_name"),
}


def keys_of(town: Town, kind: str, *rows: dict[str, Any]) -> set[tuple]:
    table, make, model, its_id, channel, _name = NAMED[kind]
    getattr(town, table)(*(make(**row) for row in rows))
    town.build(model)
    result = town.ask(f"select {channel}, key_kind, account_key, {its_id} from registry.{model}")
    assert len(result) == len(set(result))
    return set(result)


@pytest.mark.parametrize("kind", NAMED)
def test_a_registered_one_is_known_by_its_key_its_name_and_each_alias(town: Town, kind: str) -> None:
    its_id = NAMED[kind][3]
    assert keys_of(town, kind, {its_id: "a", "aliases": ["旧", "older"]}) == {
        ("wechat", "key", "key-a", "a"), ("wechat", "name", "name-a", "a"),
        ("wechat", "name", "旧", "a"), ("wechat", "name", "older", "a"),
    }  # fmt: skip


SHARED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "name": ({"name": "同名"}, {"name": "同名"}),
    "alias": ({"aliases": ["同名"]}, {"aliases": ["同名"]}),
    "name and alias": ({"name": "同名"}, {"aliases": ["同名"]}),
}


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("shared", SHARED)
def test_a_name_that_two_share_names_neither(town: Town, kind: str, shared: str) -> None:
    its_id, name = NAMED[kind][3], NAMED[kind][5]
    rows = [
        {its_id: its, **{(name if column == "name" else column): value for column, value in row.items()}}
        for its, row in zip("ab", SHARED[shared], strict=True)
    ]
    result = keys_of(town, kind, *rows)
    assert "同名" not in {key for _channel, _kind, key, _id in result}
    assert {("wechat", "key", "key-a", "a"), ("wechat", "key", "key-b", "b")} <= result


@pytest.mark.parametrize("kind", NAMED)
def test_a_key_that_two_share_names_neither(town: Town, kind: str) -> None:
    its_id = NAMED[kind][3]
    result = keys_of(town, kind, {its_id: "a", "account_key": "k"}, {its_id: "b", "account_key": "k"})
    assert {key for _channel, kind, key, _id in result if kind == "key"} == set()


@pytest.mark.parametrize("kind", NAMED)
def test_spans_of_one_share_its_names_and_leave_them_to_it(town: Town, kind: str) -> None:
    its_id = NAMED[kind][3]
    result = keys_of(town, kind, {its_id: "a", "valid_to": "2021-08-15"}, {its_id: "a", "valid_from": "2021-08-15"})
    assert result == {("wechat", "key", "key-a", "a"), ("wechat", "name", "name-a", "a")}


@pytest.mark.parametrize("kind", NAMED)
def test_a_name_may_be_borne_once_on_each_channel_and_equal_a_key(town: Town, kind: str) -> None:
    its_id, channel, name = NAMED[kind][3:]
    result = keys_of(
        town,
        kind,
        {its_id: "a", name: "同"},
        {its_id: "b", name: "同", channel: "weibo"},
        {its_id: "c", "account_key": "同"},
    )
    assert {("wechat", "name", "同", "a"), ("weibo", "name", "同", "b"), ("wechat", "key", "同", "c")} <= result


@pytest.mark.parametrize("kind", NAMED)
def test_no_key_and_no_name_name_nobody(town: Town, kind: str) -> None:
    its_id, name = NAMED[kind][3], NAMED[kind][5]
    assert keys_of(town, kind, {its_id: "a", "account_key": None, name: "", "aliases": ["", None]}) == set()


def test_a_name_of_an_outlet_keeps_the_kind_of_key_that_the_outlet_goes_by(town: Town) -> None:
    town.channels(outlet("a"), outlet("b", account_key_type="name"))
    town.build("int_registry__channel_keys")
    rows = town.ask(
        "select outlet_id, account_key_type from registry.int_registry__channel_keys where key_kind = 'name' order by 1"
    )
    assert rows == [("a", "wx_biz"), ("b", "name")]


# ---- what an attribution may mean -----------------------------------------------------------------------------------


def names(town: Town) -> set[tuple[Any, ...]]:
    town.build("int_registry__source_names")
    rows = town.ask("select account_id, name, valid_from, valid_to from registry.int_registry__source_names")
    assert len(rows) == len(set(rows))
    return set(rows)


def test_an_account_is_meant_by_its_own_name_and_aliases_at_any_time(town: Town) -> None:
    town.accounts(account("a", aliases=["旧名", ""], valid_from="2021-08-10"))
    assert names(town) == {("a", "name-a", ALWAYS, EVER), ("a", "旧名", ALWAYS, EVER)}


def test_a_units_name_and_aliases_mean_its_accounts_while_it_owns_them(town: Town) -> None:
    town.units({"unit_id": "u", "unit_name": "甲局", "aliases": ["甲"]}, {"unit_id": "w", "unit_name": "乙局"})
    town.accounts(
        account("a", account_name=None, valid_to=shanghai("2021-08-15 00:00:00")),
        account("a", account_name=None, unit_id="w", valid_from=shanghai("2021-08-15 00:00:00")),
    )
    border = date(2021, 8, 15)
    assert names(town) == {("a", "甲局", ALWAYS, border), ("a", "甲", ALWAYS, border), ("a", "乙局", border, EVER)}


def test_a_units_name_means_its_accounts_while_the_unit_bears_it(town: Town) -> None:
    town.units({"unit_id": "u", "unit_name": "甲局", "valid_from": "2021-02-01", "valid_to": "2021-05-01"})
    town.accounts(account("a", account_name=None, valid_from=shanghai("2021-01-01 00:00:00")))
    town.accounts(account("b", account_name=None, valid_from=shanghai("2021-05-01 00:00:00")))
    assert names(town) == {("a", "甲局", date(2021, 2, 1), date(2021, 5, 1))}


def test_a_declared_miswriting_means_its_units_accounts_for_its_time(town: Town) -> None:
    town.put(
        "seeds.unit_aliases",
        {"unit_id": "u", "alias": "误写", "valid_from": "2021-03-01", "valid_to": "2021-06-01"},
        {"unit_id": "u", "alias": "至今", "valid_from": "2021-03-01"},
        {"unit_id": "w", "alias": "别家", "valid_from": "2021-03-01"},
    )
    town.accounts(account("a", account_name=None))
    assert names(town) == {("a", "误写", date(2021, 3, 1), date(2021, 6, 1)), ("a", "至今", date(2021, 3, 1), EVER)}


def test_one_name_from_one_day_on_is_one_row_that_ends_last(town: Town) -> None:
    town.units({"unit_id": "u", "unit_name": "甲局", "aliases": []})
    town.put(
        "seeds.unit_aliases", {"unit_id": "u", "alias": "甲局", "valid_from": "0001-01-01", "valid_to": "2021-06-01"}
    )
    town.accounts(account("a", account_name=None))
    assert names(town) == {("a", "甲局", ALWAYS, EVER)}


# ---- exports --------------------------------------------------------------------------------------------------------


def test_the_name_of_a_file_of_records_stays_in_the_raw_layer_and_a_registrys_is_known(town: Town) -> None:
    town.build("stg_exports")
    assert town.ask("select export_id, source_file from staging.stg_exports order by 1") == [
        ("one", None), ("registry", "registry.csv"),
    ]  # fmt: skip


def test_an_export_keeps_all_that_the_manifest_says_of_it(town: Town) -> None:
    given = {
        "export_id": "e", "load_key": "l", "export_sha256": "s", "source_file": "units.csv", "connector": "c", "connector_version": "2",
        "mapping_sha256": "m", "table_name": "units", "status": "partial", "is_synthetic": True, "rows_read": 9, "accepted": 5,
        "rejected": 3, "duplicate": 1, "reasons": "{}", "metric_sums": "[]", "months": ["2021-08"],
    }  # fmt: skip
    town.put("raw.export_manifest", given)
    town.build("stg_exports")
    (result,) = town.table("select * exclude received_at from staging.stg_exports")
    assert result == given
