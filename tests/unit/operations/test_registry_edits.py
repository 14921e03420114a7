"""Edits of the registry keep history, refuse what would overlap, and leave every other byte as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.operations import city_folder, registry_edits, registry_files

UNITS = (
    "unit_id,unit_name,unit_name_en,unit_type,ranking_list,aliases,valid_from,valid_to\n"
    "health,湾城卫健委,Health,commission_or_bureau,departments,卫健委|市卫健委,,\n"
    "police,湾城公安局,Police,commission_or_bureau,departments,,,\n"
)
ACCOUNTS = (
    "account_id,unit_id,platform,account_key_type,account_key,account_name,aliases,verified_type,valid_from,valid_to\n"
    "wb-1,health,weibo,weibo_uid,6000000001,健康湾城,,government,,\n"
    "wb-2,police,weibo,weibo_uid,6000000002,平安湾城,,government,2021-01-01,2021-06-01\n"
)
OUTLETS = (
    "outlet_id,channel_type,account_key_type,account_key,outlet_name,aliases,is_organization,valid_from,valid_to\n"
    "weibo:7,weibo,weibo_uid,7,湾城早知道,,true,,\n"
)
SEPTEMBER = date(2021, 9, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    city_folder.make(tmp_path, "湾城", "Bay", ["departments", "towns"], ["weibo", "wechat"])
    for name, text in (("units", UNITS), ("accounts", ACCOUNTS), ("outlets", OUTLETS)):
        (tmp_path / "registry" / f"{name}.csv").write_text(text, "utf-8")
    return Settings(tmp_path, 1, "1GB")


def text_of(settings: Settings, table: str) -> str:
    return registry_files.path_of(settings, table).read_bytes().decode("utf-8")


def test_a_move_ends_the_row_and_begins_another_on_the_same_day(settings: Settings) -> None:
    edit = registry_edits.move(settings, "accounts", "wb-1", "police", date(2021, 9, 15))
    head, first, second = ACCOUNTS.splitlines()
    assert text_of(settings, "accounts").splitlines() == [
        head, first.removesuffix(",,") + ",,2021-09-15", second, first.replace("health", "police").removesuffix(",,") + ",2021-09-15,",
    ]  # fmt: skip
    assert [row["valid_to"] for row in edit.closed] == ["2021-09-15"]
    assert [(row["unit_id"], row["valid_from"]) for row in edit.added] == [("police", "2021-09-15")]


def test_the_old_name_of_a_unit_becomes_an_alias(settings: Settings) -> None:
    registry_edits.rename(settings, "units", "health", SEPTEMBER, {"unit_name": "湾城卫健局"})
    rows = [row for row in registry_files.rows(settings, "units") if row.id == "health"]
    assert [(row.name, row.aliases) for row in rows] == [
        ("湾城卫健委", ["卫健委", "市卫健委"]), ("湾城卫健局", ["卫健委", "市卫健委", "湾城卫健委"]),
    ]  # fmt: skip


def test_an_account_is_renamed_on_any_day_and_gets_no_alias(settings: Settings) -> None:
    edit = registry_edits.rename(settings, "accounts", "wb-1", date(2021, 9, 15), {"account_name": "湾城健康"})
    assert [(row["account_name"], row["aliases"]) for row in edit.added] == [("湾城健康", "")]


def test_a_unit_changes_its_list_on_the_first_of_a_month(settings: Settings) -> None:
    with pytest.raises(UsageError, match="2021-09-15 is not the first day of a month"):
        registry_edits.move(settings, "units", "health", "towns", date(2021, 9, 15))
    registry_edits.move(settings, "units", "health", "towns", SEPTEMBER)
    assert [row.values["ranking_list"] for row in registry_files.rows(settings, "units")] == ["departments", "departments", "towns"]  # fmt: skip


def test_a_close_ends_the_row_and_removes_none(settings: Settings) -> None:
    registry_edits.close(settings, "outlets", "weibo:7", SEPTEMBER)
    assert text_of(settings, "outlets") == OUTLETS.removesuffix(",,\n") + ",,2021-09-01\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encoding_line_ends_quotes_and_other_columns_stay(settings: Settings, encoding: str, line_end: str) -> None:
    path = registry_files.path_of(settings, "accounts")
    lines = [
        "note,unit_id,account_id,platform,account_key_type,account_key,account_name,aliases,verified_type,valid_from,valid_to",
        '"两行,\n一格",health,"wb-1",weibo,weibo_uid, 6000000001,健康湾城,,government,,',
        "",
        "x,police,wb-2,weibo,weibo_uid,6000000002,平安湾城",  # the last row has no line end, and not every cell
    ]
    initial = line_end.join(lines).encode(encoding)
    path.write_bytes(initial)
    registry_edits.add(
        settings, "accounts", {"account_id": "wb-3", "unit_id": "police", "platform": "weibo", "account_key_type": "weibo_uid",
                               "account_key": "6000000003", "account_name": "巡逻,湾城"}
    )  # fmt: skip
    added = f'{line_end},police,wb-3,weibo,weibo_uid,6000000003,"巡逻,湾城",,,,{line_end}'
    assert path.read_bytes() == initial + added.encode(encoding.removesuffix("-sig"))
    registry_edits.close(settings, "accounts", "wb-2", SEPTEMBER)
    after = path.read_bytes()
    closed = "x,police,wb-2,weibo,weibo_uid,6000000002,平安湾城,,,,2021-09-01"
    assert after == (line_end.join([*lines[:3], closed]) + added).encode(encoding)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"account_id": "wb-1"}, "wb-1 has another row that holds at the same time: registry/accounts.csv, row 1"),
        ({"account_id": "wb-2", "valid_from": "2021-05-31"}, "wb-2 has another row that holds at the same time"),
        ({"account_key": "06000000001"}, "new has the account_key of wb-1"),
        ({"unit_id": "nobody"}, "its unit 'nobody' is not registered"),
        ({"platform": "wechat", "account_key_type": "weibo_uid"}, "records of wechat have a wx_biz, not a weibo_uid"),
        ({"platform": "news_app"}, "platform 'news_app' is not monitored"),
        ({"account_key": "@health"}, "'@health' is no weibo_uid"),
        ({"account_key": ""}, "new has no account_key"),
        ({"valid_from": "2021-13-01"}, "valid_from '2021-13-01' is no date"),
        ({"valid_from": "2021-09-01", "valid_to": "2021-09-01"}, "ends before it begins"),
        ({"acount_name": "x"}, "has no column 'acount_name'"),
    ],
)
def test_a_wrong_row_is_refused_and_nothing_is_written(
    settings: Settings, values: dict[str, str], problem: str
) -> None:
    row = {
        "account_id": "new",
        "unit_id": "health",
        "platform": "weibo",
        "account_key_type": "weibo_uid",
        "account_key": "6009",
    }
    with pytest.raises(UsageError, match=problem):
        registry_edits.add(settings, "accounts", {**row, **values})
    assert text_of(settings, "accounts") == ACCOUNTS


def test_spans_that_meet_on_a_day_do_not_overlap(settings: Settings) -> None:
    row = {
        "account_id": "wb-2",
        "unit_id": "health",
        "platform": "weibo",
        "account_key_type": "weibo_uid",
        "account_key": "6000000002",
    }
    registry_edits.add(settings, "accounts", {**row, "valid_from": "2021-06-01"})
    assert len(registry_files.rows(settings, "accounts")) == 3


@pytest.mark.parametrize(
    ("table", "id", "on", "problem"),
    [
        ("accounts", "wb-9", SEPTEMBER, "has no row of 'wb-9'"),
        ("accounts", "wb-2", SEPTEMBER, r"no row\(s\) of wb-2 hold on 2021-09-01"),
        ("accounts", "wb-2", date(2021, 6, 1), r"no row\(s\) of wb-2 hold on 2021-06-01"),
        ("accounts", "wb-2", date(2021, 1, 1), "wb-2 has a row that begins on 2021-01-01"),
        ("accounts", "wb-2", date(2020, 1, 1), "wb-2 has a row that begins on 2021-01-01"),
    ],
)
def test_an_end_needs_a_row_that_holds_on_the_day(
    settings: Settings, table: str, id: str, on: date, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        registry_edits.close(settings, table, id, on)
    assert text_of(settings, "accounts") == ACCOUNTS


def test_what_is_not_moved_or_changes_nothing_is_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match="an outlet has no owner"):
        registry_edits.move(settings, "outlets", "weibo:7", "health", SEPTEMBER)
    with pytest.raises(UsageError, match="wb-1 is that already: unit_id health"):
        registry_edits.move(settings, "accounts", "wb-1", "health", SEPTEMBER)
    for table in ("accounts", "outlets"):
        with pytest.raises(UsageError, match="only units have an English name"):
            registry_edits.names_of(table, None, "Health")


def test_a_problem_that_was_there_keeps_nobody_from_other_rows(settings: Settings) -> None:
    registry_files.path_of(settings, "accounts").write_text(ACCOUNTS + "wb-8,gone,weibo,weibo_uid,8,八,,,,\n", "utf-8")
    registry_edits.close(settings, "accounts", "wb-1", SEPTEMBER)
    assert "wb-1,health,weibo,weibo_uid,6000000001,健康湾城,,government,,2021-09-01\n" in text_of(settings, "accounts")


def test_a_write_that_breaks_leaves_the_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "replace", lambda *_paths: (_ for _ in ()).throw(OSError(5, "broken")))
    with pytest.raises(OSError, match="broken"):
        registry_edits.close(settings, "accounts", "wb-1", SEPTEMBER)
    assert text_of(settings, "accounts") == ACCOUNTS
    assert [file.name for file in (settings.city / "registry").iterdir() if file.name.startswith(".")] == []


def test_a_registry_that_is_kept_elsewhere_is_not_edited(settings: Settings) -> None:
    registry_files.path_of(settings, "accounts").unlink()
    with pytest.raises(UsageError, match=r"there is no .*registry/accounts\.csv"):
        registry_edits.close(settings, "accounts", "wb-1", SEPTEMBER)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"account_id,unit_id\n", "its header has no column platform"), (b"", "its header has no column"), (b"a\xff\x00", "is not in UTF-8")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(settings: Settings, content: bytes, problem: str) -> None:
    registry_files.path_of(settings, "accounts").write_bytes(content)
    with pytest.raises(UsageError, match=rf"registry/accounts\.csv:? {problem}"):
        registry_edits.close(settings, "accounts", "wb-1", SEPTEMBER)


def test_a_file_without_columns_that_its_rows_do_not_need_is_edited_as_it_is(settings: Settings) -> None:
    path = registry_files.path_of(settings, "accounts")
    head = "account_id,unit_id,platform,account_key_type,account_key,account_name,valid_from,valid_to\n"
    path.write_text(f"{head}wb-1,health,weibo,weibo_uid,6000000001,健康湾城,,\n", "utf-8")
    registry_edits.move(settings, "accounts", "wb-1", "police", SEPTEMBER)
    assert text_of(settings, "accounts") == (
        f"{head}wb-1,health,weibo,weibo_uid,6000000001,健康湾城,,2021-09-01\n"
        "wb-1,police,weibo,weibo_uid,6000000001,健康湾城,2021-09-01,\n"
    )


def test_a_file_without_dates_has_to_get_them_before_a_row_can_end(settings: Settings) -> None:
    path = registry_files.path_of(settings, "outlets")
    text = "outlet_id,channel_type,account_key_type,account_key,outlet_name\nweibo:7,weibo,weibo_uid,7,湾城早知道\n"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match="has no column 'valid_to'") as caught:
        registry_edits.close(settings, "outlets", "weibo:7", SEPTEMBER)
    assert caught.match("add it to the first line")
    assert text_of(settings, "outlets") == text
