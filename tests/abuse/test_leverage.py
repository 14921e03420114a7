"""Attacks that lift a unit by one part of its reprints: each stops at the ranking gate, which names unit and part."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import abuse
from tests.support.abuse import AttackedMonth
from tests.support.attacks import attack

pytestmark = pytest.mark.slow
Stopped = Callable[[str, str], set[str]]
REGISTERED_ROWS, INVENTED_OUTLETS, FORWARDS = 490, 600, 3_000
MIXED_ACCOUNTS, WECHAT_ACCOUNTS = 1_200, 2_000
TOP = 15  # the first third of the list; every attacked unit comes from its end


@pytest.fixture(scope="module")
def attacked_month(city: Path, tmp_path_factory: pytest.TempPathFactory) -> AttackedMonth:
    folder = tmp_path_factory.mktemp("attacked")
    home, inbox = folder / "home", folder / "inbox"
    shutil.copytree(city, home, symlinks=True, ignore=shutil.ignore_patterns("inbox", "dbt"))
    warehouse = abuse.Warehouse(home)
    try:
        by_influence = iter(warehouse.last_units("influence"))
        by_dissemination = warehouse.last_units("dissemination")
        units = {name: next(by_influence) for name in ("weibo_item", "app_item")}
        others = iter(unit for unit in by_dissemination if unit not in units.values())
        units |= {name: next(others) for name in ("invented", "registered")}
        units["forwards"] = next(unit for unit in others if warehouse.posts(unit, "weibo"))
        units |= {name: next(others) for name in ("mixed", "accounts")}
        bystanders = [warehouse.posts(unit)[0] for unit in warehouse.last_units("dissemination")[-8:]]

        def post(attack: str, platform: str | None = None) -> abuse.Post:
            return warehouse.posts(units[attack], platform)[0]

        registered = warehouse.registered_outlets("news_app", "news_site")
        deliveries = {
            "weibo_item": abuse.copies(
                post("weibo_item"), abuse.invented_weibo(1, 7800000000), counts=(20_000_000, 9_000, 800)
            ),
            "app_item": abuse.copies(post("app_item"), registered[:1], counts=(19_000_000, 9_000, 800)),
            "invented": abuse.copies(post("invented"), abuse.invented_outlets(INVENTED_OUTLETS)),
            "registered": abuse.copies(post("registered"), registered[1 : REGISTERED_ROWS + 1]),
        }
        deliveries["mixed"] = abuse.mixed(
            warehouse.posts(units["mixed"]), bystanders, warehouse.registered_outlets("wechat")[:MIXED_ACCOUNTS]
        )
        deliveries["accounts"] = abuse.copies(post("accounts"), abuse.invented_wechat(WECHAT_ACCOUNTS, 3800000000))
        for name, rows in deliveries.items():
            abuse.deliver(inbox, name, rows)
        forwards = abuse.forwards(post("forwards", "weibo"), abuse.invented_weibo(FORWARDS))
        abuse.deliver_tweets(inbox, "forwards", forwards)
        before = warehouse.ranks()
    finally:
        warehouse.close()
    return abuse.attacked_month(home, inbox, units, before)


@pytest.fixture
def stopped(attacked_month: AttackedMonth, record_property: Callable[[str, object], None]) -> Stopped:
    """The kinds of part by which the gate stops an attack that has worked until there."""

    def kinds(name: str, dimension: str) -> set[str]:
        rank = attacked_month.rank(name, dimension)
        record_property("rank_before", rank.before)
        record_property("rank_after", rank.after)
        assert rank.after <= TOP < rank.before, rank
        return attacked_month.stopped_kinds(name, dimension)

    return kinds


@attack("One item of 20,000,000 reads by a Weibo account that no registry has", "the ranking gate: largest item")
def test_one_item_of_an_unregistered_weibo_account(stopped: Stopped) -> None:
    assert {"largest_item", "largest_outlet", "unregistered"} <= stopped("weibo_item", "influence")


@attack("One item of 19,000,000 reads by a registered app", "the ranking gate: largest item")
def test_one_item_of_a_registered_app(stopped: Stopped) -> None:
    assert {"largest_item", "largest_outlet"} <= stopped("app_item", "influence")


@attack("600 invented apps and sites that carry one post", "closed registries: only registered outlets count")
def test_invented_apps_and_sites(attacked_month: AttackedMonth, record_property: Callable[[str, object], None]) -> None:
    rank = attacked_month.rank("invented", "dissemination")
    record_property("rank_before", rank.before)
    record_property("rank_after", rank.after)
    assert rank.after >= rank.before > TOP


@attack("490 rows in the names of registered apps and sites", "the ranking gate: one-sided exports")
def test_rows_in_the_names_of_registered_outlets(stopped: Stopped) -> None:
    assert "one_sided_exports" in stopped("registered", "dissemination")


@attack("3,000 forwards by link", "the ranking gate: reprints by link alone, one-sided exports")
def test_forwards_by_link(stopped: Stopped) -> None:
    assert {"link_only", "one_sided_exports"} <= stopped("forwards", "dissemination")


@attack("2,000 invented WeChat accounts that carry one post", "the ranking gate: outlets that nobody registered, one-sided exports")  # fmt: skip
def test_invented_wechat_accounts(stopped: Stopped) -> None:
    assert {"unregistered", "one_sided_exports"} <= stopped("accounts", "dissemination")


@attack("1,200 rows in the names of registered WeChat accounts, each with one of another unit", "the ranking gate: one-sided exports, to which a third of a file is enough")  # fmt: skip
def test_rows_of_accounts_that_carry_others_too(stopped: Stopped) -> None:
    assert "one_sided_exports" in stopped("mixed", "dissemination")


def test_the_gate_stops_no_unit_that_nobody_attacked(attacked_month: AttackedMonth) -> None:
    named = {(row["unit_id"], row["kind"]) for row in attacked_month.findings}
    assert {unit for unit, _kind in named} <= set(attacked_month.units.values())
