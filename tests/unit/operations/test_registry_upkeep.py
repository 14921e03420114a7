"""What `bangdan registry check` says: of the rows by themselves, and against the records that have been loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bangdan.core import city
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue
from bangdan.operations import city_folder, registry_rules, registry_upkeep
from bangdan.operations.registry_files import COLUMNS, RegistryRow
from bangdan.operations.registry_upkeep import Renamed, Seen, Unregistered, Upkeep
from tests.support import children
from tests.support.homes import PROJECT

AUGUST = Month.parse("2021-08")


def ingest(*words: object) -> None:
    """Land and load, into the data folder of the city that the words name."""
    done = children.run_command(["ingest", *map(str, words)], {**os.environ, "BANGDAN_HOME": ""})
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's city with its exports loaded, nothing built."""
    folder = tmp_path_factory.mktemp("bay")
    city_folder.make(folder, "湾城", "Bay", ["departments"], ["news_site", "wechat", "weibo"])
    subprocess.run([sys.executable, "docs/examples/first_city.py", folder, "2021-08"], cwd=PROJECT, check=True)
    ingest("--city", folder, folder / "inbox", folder / "registry")
    shutil.copytree(folder / "registry", folder / "data" / "registry")
    return folder


@pytest.fixture
def settings(loaded: Path) -> Settings:
    """Its settings, with the registry as the script wrote it."""
    shutil.copytree(loaded / "data" / "registry", loaded / "registry", dirs_exist_ok=True)
    return Settings(loaded / "data", 1, "1GB", city=loaded)


def edit(settings: Settings, table: str, old: str, new: str) -> None:
    file = settings.city / "registry" / f"{table}.csv"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_a_registry_that_fits_has_nothing_to_say(settings: Settings) -> None:
    result = registry_upkeep.check(settings)
    assert (result.month, result.rows) == ("2021-08", {"units": 5, "accounts": 8, "outlets": 3})
    assert (result.problems, result.never_seen, result.unregistered, result.renamed) == ([], [], [], [])
    assert result.not_listed == {"accounts": 0, "records": 0}


def test_an_account_that_nobody_registered_costs_its_records_and_is_proposed_for_the_unit_in_its_name(
    settings: Settings,
) -> None:
    edit(settings, "accounts", "wb-bay-health,bay-health,weibo,weibo_uid,6000000011,湾城卫健委发布,,government,,\n", "")
    edit(
        settings,
        "outlets",
        "news_site:news.bay.example.cn,news_site,domain,news.bay.example.cn,湾城新闻网,,true,,\n",
        "",
    )
    assert registry_upkeep.check(settings, AUGUST).unregistered == [
        Unregistered("news_site", "news.bay.example.cn", "湾城新闻网", 48, "outlets",
                     "news_site:news.bay.example.cn,news_site,domain,news.bay.example.cn,湾城新闻网,,true,,"),
        Unregistered("weibo", "6000000011", "湾城卫健委发布", 12, "accounts",
                     "weibo-6000000011,bay-health,weibo,weibo_uid,6000000011,湾城卫健委发布,,,,"),
    ]  # fmt: skip


def test_a_proposed_row_is_one_that_registers_the_account(settings: Settings) -> None:
    edit(settings, "accounts", "wb-bay-health,bay-health,weibo,weibo_uid,6000000011,湾城卫健委发布,,government,,\n", "")
    (unknown,) = registry_upkeep.check(settings).unregistered
    with (settings.city / "registry" / "accounts.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{unknown.row}\n")
    result = registry_upkeep.check(settings)
    assert (result.unregistered, result.problems) == ([], [])


def test_what_may_be_a_person_is_counted_and_listed_on_request(settings: Settings) -> None:
    # Two WeChat accounts of one workbook: neither has most of its records.
    for unit in ("health", "police"):
        file = settings.city / "registry" / "accounts.csv"
        rows = [line for line in file.read_text("utf-8").splitlines(keepends=True) if f"wx-bay-{unit}" not in line]
        file.write_text("".join(rows), "utf-8")
    result = registry_upkeep.check(settings)
    assert (result.unregistered, result.not_listed) == ([], {"accounts": 2, "records": 24})
    everything = registry_upkeep.check(settings, lists_all=True)
    assert [(account.channel_type, account.record_count) for account in everything.unregistered] == [
        ("wechat", 12),
        ("wechat", 12),
    ]
    assert everything.not_listed == {"accounts": 0, "records": 0}


def test_an_account_without_a_record_was_never_seen(settings: Settings) -> None:
    edit(settings, "accounts", "6000000021,湾城公安局发布", "6000000099,湾城公安")
    result = registry_upkeep.check(settings)
    assert result.never_seen == [{"table": "accounts", "id": "wb-bay-police", "name": "湾城公安"}]
    assert [account.account_key for account in result.unregistered] == ["6000000021"]


def test_a_name_that_changed_is_named_until_a_row_has_it(settings: Settings) -> None:
    edit(settings, "accounts", "6000000021,湾城公安局发布,", "6000000021,平安湾城,")
    edit(settings, "outlets", "6999999999,湾城早知道,", "6999999999,湾城旧闻,")
    renamed = registry_upkeep.check(settings).renamed
    assert renamed == [
        Renamed("outlets", "weibo:6999999999", "湾城旧闻", "湾城早知道", 15),
        Renamed("accounts", "wb-bay-police", "平安湾城", "湾城公安局发布", 12),
    ]
    edit(settings, "accounts", "6000000021,平安湾城,", "6000000021,平安湾城,湾城公安局发布")
    assert [account.id for account in registry_upkeep.check(settings).renamed] == ["weibo:6999999999"]


def test_the_name_of_a_person_is_not_compared(settings: Settings) -> None:
    edit(settings, "outlets", "6999999999,湾城早知道,,true", "6999999999,某人,,false")
    assert registry_upkeep.check(settings).renamed == []


def test_without_files_the_registry_in_force_is_checked(settings: Settings) -> None:
    for file in (settings.city / "registry").glob("*.csv"):
        file.unlink()
    result = registry_upkeep.check(settings)
    assert (result.rows, result.problems) == ({"units": 5, "accounts": 8, "outlets": 3}, [])


def test_a_month_without_records_is_an_error_that_names_the_others(settings: Settings) -> None:
    with pytest.raises(BangdanError, match="no loaded export holds records of 2021-01") as caught:
        registry_upkeep.check(settings, Month.parse("2021-01"))
    assert caught.value.remedy == "months with records: 2021-08"


def test_before_the_first_export_only_rows_are_checked(tmp_path: Path) -> None:
    city_folder.make(tmp_path, "湾城", "Bay", ["departments"], ["weibo"])
    result = registry_upkeep.check(Settings(tmp_path / "data", 1, "1GB", city=tmp_path))
    assert (result.month, result.never_seen, result.rows) == (None, [], {"units": 0, "accounts": 0, "outlets": 0})


ROWS = {
    "units": {"unit_id": "u", "unit_name": "某局", "ranking_list": "departments"},
    "accounts": {"account_id": "a", "unit_id": "u", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "1"},
    "outlets": {"outlet_id": "o", "channel_type": "wechat", "account_key_type": "wx_biz", "account_key": "MzA4MDAwMDAwOQ==", "outlet_name": "报"},
}  # fmt: skip


def row_of(table: str, number: int = 1, **changes: str) -> RegistryRow:
    values = {**dict.fromkeys(COLUMNS[table], ""), **ROWS[table], **changes}
    return RegistryRow(table, f"registry/{table}.csv, row {number}", number, values)


@pytest.mark.parametrize(
    ("table", "changes", "kind"),
    [
        ("units", {"unit_name": ""}, "missing"),
        ("units", {"ranking_list": "towns"}, "list"),
        ("units", {"valid_from": "soon"}, "dates"),
        ("accounts", {"account_id": ""}, "missing"),
        ("accounts", {"platform": "wechat"}, "no_match"),
        ("accounts", {"platform": "news_app", "account_key_type": "app_id"}, "channel"),
        ("accounts", {"unit_id": "v"}, "owner"),
        ("accounts", {"account_key_type": "uid"}, "no_match"),
        ("accounts", {"account_key_type": "", "account_key": ""}, "no_match"),
        ("outlets", {"outlet_name": ""}, "missing"),
        ("outlets", {"account_key": "湾城晚报"}, "no_match"),
    ],
)
def test_each_kind_of_wrong_row_is_found(settings: Settings, table: str, changes: dict[str, str], kind: str) -> None:
    tables = {name: [row_of(name)] for name in COLUMNS}
    assert registry_rules.problems(tables, city.load(settings)) == []
    tables[table] = [row_of(table, **changes)]
    assert {problem.kind for problem in registry_rules.problems(tables, city.load(settings))} >= {kind}


def test_two_rows_of_an_id_may_follow_each_other_but_not_overlap() -> None:
    rows = [row_of("units", 1, valid_to="2021-09-01"), row_of("units", 2, valid_from="2021-09-01")]
    assert registry_rules.problems({"units": rows}, None) == []
    overlapping = [replace(rows[0], values={**rows[0].values, "valid_to": "2021-09-02"}), rows[1]]
    (problem,) = registry_rules.problems({"units": overlapping}, None)
    assert (problem.kind, problem.place) == ("overlap", "registry/units.csv, row 2")


def test_two_accounts_with_one_key_in_two_spellings_are_named() -> None:
    rows = [row_of("accounts", 1), row_of("accounts", 2, account_id="b", account_key="０1")]
    (problem,) = registry_rules.problems({"accounts": rows}, None)
    assert (problem.kind, problem.id) == ("shared_key", "b")


@pytest.fixture
def see(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Upkeep]:
    """Checks the registry against accounts of the records that are given, instead of those that are loaded."""

    def check(*seen: Seen, lists_all: bool = True) -> Upkeep:
        monkeypatch.setattr(registry_upkeep, "_seen", lambda _settings, _month: list(seen))
        return registry_upkeep.check(settings, AUGUST, lists_all=lists_all)

    return check


def weibo(key: str, name: str, record_count: int = 1, *, has_export: bool = False) -> Seen:
    return Seen("weibo", "weibo_uid", key, name, record_count, has_export)


def test_without_a_month_the_newest_with_records_is_compared(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = catalogue.loaded(settings)
    (records, *_) = [row for row in rows if row.table_name == "records"]
    earlier = replace(records, load_key="earlier", months=["2021-06", "2021-07"])
    monkeypatch.setattr(catalogue, "loaded", lambda _settings: [earlier, *rows])
    assert registry_upkeep.check(settings).month == "2021-08"


@pytest.mark.parametrize(
    ("units", "name", "unit"),
    [
        (["公安"], "湾城公安在线", None),
        (["公安局"], "湾城公安局在线", "u0"),
        (["公安局", "湾城公安局"], "湾城公安局在线", "u1"),
        (["湾城公安局", "公安局"], "湾城公安局在线", "u0"),
        (["公安局", "卫健委"], "公安局和卫健委", "u0"),
    ],
    ids=["two characters say nothing", "three do", "the longer, second", "the longer, first", "of equals the first"],
)
def test_an_account_is_proposed_for_the_unit_with_the_longest_name_in_its_name(
    settings: Settings, see: Callable[..., Upkeep], units: list[str], name: str, unit: str | None
) -> None:
    rows = [f"u{at},{each},,commission_or_bureau,departments,,,\n" for at, each in enumerate(units)]
    (settings.city / "registry" / "units.csv").write_text(",".join(COLUMNS["units"]) + "\n" + "".join(rows), "utf-8")
    (proposed,) = see(weibo("9", name)).unregistered
    assert (proposed.table, proposed.row.split(",")[1]) == (("accounts", unit) if unit else ("outlets", "weibo"))


@pytest.mark.parametrize(
    ("channel", "table"), [("news_app", "outlets"), ("news_site", "outlets"), ("wechat", "accounts")]
)
def test_a_unit_has_no_account_among_the_news(see: Callable[..., Upkeep], channel: str, table: str) -> None:
    (proposed,) = see(Seen(channel, None, "k", "湾城公安局在线", 1, False)).unregistered
    assert proposed.table == table


def test_accounts_are_proposed_by_their_records_under_all_names_and_an_export_of_one_name_is_the_account_s(
    see: Callable[..., Upkeep],
) -> None:
    seen = [
        Seen("wechat", "wx_biz", key, name, record_count, has_export)
        for key, name, record_count, has_export in
        [("8", "少", 1, False), ("9", "旧名", 3, True), ("9", "新名", 2, False), ("7", "中", 4, False)]
    ]  # fmt: skip
    assert [(row.account_key, row.account_name, row.record_count) for row in see(*seen).unregistered] == [
        ("9", "旧名", 5), ("7", "中", 4), ("8", "少", 1),
    ]  # fmt: skip
    assert [row.account_key for row in see(*seen, lists_all=False).unregistered] == ["9"]


def test_a_registered_name_with_another_key_is_another_account(see: Callable[..., Upkeep]) -> None:
    """Anyone may call an account like one that is registered; only a record that has no key is known by its name."""
    assert [row.account_key for row in see(weibo("9", "湾城公安局发布")).unregistered] == ["9"]
    assert see(Seen("weibo", None, None, "湾城公安局发布", 1, False)).unregistered == []


def test_a_name_counts_as_changed_where_records_of_the_month_have_it(see: Callable[..., Upkeep]) -> None:
    assert [row.name for row in see(weibo("6000000021", "平安湾城", 1)).renamed] == ["平安湾城"]
    assert see(weibo("6000000021", "平安湾城", 0)).renamed == []


@pytest.mark.parametrize("organization", ["true", "TRUE", "1"])
def test_an_organization_s_changed_name_is_compared_however_it_is_marked(
    settings: Settings, see: Callable[..., Upkeep], organization: str
) -> None:
    edit(settings, "outlets", "6999999999,湾城早知道,,true", f"6999999999,湾城早知道,,{organization}")
    assert [row.id for row in see(weibo("6999999999", "湾城新名")).renamed] == ["weibo:6999999999"]


@pytest.mark.parametrize(
    ("key_type", "channel", "key", "is_wrong"),
    [
        ("weibo_uid", "weibo", "6000000001", False),
        ("weibo_uid", "weibo", "uid6000000001", True),
        ("wx_biz", "wechat", "MzA4MDAwMDAwOQ==", False),
        ("wx_biz", "wechat", "gh_1234", True),
        ("domain", "news_site", "news.example.cn", False),
        ("domain", "news_site", "localhost", True),
    ],
)
def test_a_key_has_the_form_of_its_kind(key_type: str, channel: str, key: str, is_wrong: bool) -> None:
    row = row_of("outlets", channel_type=channel, account_key_type=key_type, account_key=key)
    assert [problem.kind for problem in registry_rules.problems({"outlets": [row]}, None)] == ["no_match"] * is_wrong


def test_a_row_that_ends_when_it_begins_holds_at_no_time() -> None:
    row = row_of("units", valid_from="2021-08-01", valid_to="2021-08-01")
    assert not registry_rules.has_span(row)
    assert [problem.kind for problem in registry_rules.problems({"units": [row, row_of("units", 2)]}, None)] == [
        "dates"
    ]


def test_a_registry_that_nobody_has_confirmed_registers_nobody(settings: Settings, tmp_path: Path) -> None:
    """It came with the exports, from outside the city's folder."""
    city_folder.make(tmp_path, "湾城", "Bay", ["departments"], ["news_site", "wechat", "weibo"])
    elsewhere = tmp_path / "delivery"
    shutil.copytree(settings.city / "registry", elsewhere)
    for table in COLUMNS:
        (tmp_path / "registry" / f"{table}.csv").unlink()
    ingest("--city", tmp_path, elsewhere)
    result = registry_upkeep.check(Settings(tmp_path / "data", 1, "1GB", city=tmp_path))
    assert result.rows == {"units": 0, "accounts": 0, "outlets": 0}
