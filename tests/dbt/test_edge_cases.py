"""The decided edge cases of the method, one test each, on one small world that is ingested, matched and scored once.

The world is February 2020 (a leap month) with an ear into January and March, and the turn of 2020 to 2021.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangdan import gates, transform
from bangdan.core.errors import GateRefused
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings
from bangdan.demo import write_city
from bangdan.matching import stage as matching_stage
from bangdan.pipeline import building, intake
from tests.support.homes import confirm_registries

MONTH = Month.parse("2020-02")
MAPPING = """
name: own_posts
columns:
  channel_type: channel
  account_key_type: {from: [channel], values: {news_app: app_id, news_site: domain, wechat: wx_biz, weibo: weibo_uid}}
  account_key: key
  account_name_raw: name
  record_id: id
  url: url
  title: title
  text: text
  published_at: at
  source_name_raw: source
  is_deleted: deleted
  read_count: reads
  like_count: likes
  comment_count: comments
  observed_at: seen
"""
HEADER = [
    "channel", "key", "name", "id", "url", "title", "text", "at", "source", "deleted", "reads", "likes", "comments", "seen",
]  # fmt: skip
LONG = "为进一步做好社区服务工作，即日起在各街道设立便民服务点，居民可凭有效证件办理老年卡补换、居住证签注和医保账户查询，{}"
SAME = LONG.format(
    "服务时间为上午九点到下午四点，双休日照常开放，具体地址请向所在居委会了解，并请佩戴口罩、保持距离、错峰前往。"
)


def rows(*given: dict[str, Any]) -> list[dict[str, str]]:
    return [{name: str(row.get(name, "")) for name in HEADER} for row in given]


def post(key: str, record_id: str, at: str, text: str = "", **more: Any) -> dict[str, Any]:
    text = text or f"{key} 第 {record_id} 号通告：" + record_id * 6
    return {"channel": "wechat", "key": key, "id": record_id, "at": at, "text": text, "deleted": "False", **more}


def item(outlet: str, record_id: str, at: str, text: str, **more: Any) -> dict[str, Any]:
    return {"channel": "news_site", "key": outlet, "id": record_id, "at": at, "text": text, "deleted": "False", **more}


def filler(channel: str, days: range) -> list[dict[str, Any]]:
    """Enough unrelated items a day that the month is no hand-made sample."""
    return [
        {"channel": channel, "key": f"{channel}-filler", "id": f"{channel}-{day}-{i}", "text": f"{channel}{day}日要闻{i}",
         "at": f"2020-02-{day:02d} 10:00:00"}
        for day in days for i in range(20)
    ]  # fmt: skip


FIRST = [
    # The account that changes hands on the 15th, and a reprint on the 16th of what it posted on the 14th.
    post("moves", "m14", "2020-02-14 12:00:00", SAME),
    post("moves", "m15", "2020-02-15 00:00:00"),
    item("outlet-a", "a1", "2020-02-16 08:00:00", SAME),
    # A renamed account, exported by its old name; a unit miswritten; a name nobody knows.
    {"channel": "wechat", "name": "旧名发布", "id": "r1", "at": "2020-02-03 09:00:00", "text": "旧名发布的通告" * 4, "deleted": "False"},
    post("health", "h1", "2020-02-05 09:00:00", LONG.format("卫生健康部门提醒，发热患者请到就近发热门诊就诊，并主动告知旅居史与接触史，配合医护人员做好登记与检测。")),
    post("other", "o1", "2020-02-05 08:00:00", LONG.format("卫生健康部门提醒，发热患者请到就近发热门诊就诊，并主动告知旅居史与接触史，配合医护人员做好登记与检测。")),
    item("outlet-a", "a2", "2020-02-05 12:00:00", LONG.format("卫生健康部门提醒，发热患者请到就近发热门诊就诊，并主动告知旅居史与接触史，配合医护人员做好登记与检测。"), source="市卫建委"),
    item("outlet-b", "b2", "2020-02-05 13:00:00", LONG.format("卫生健康部门提醒，发热患者请到就近发热门诊就诊，并主动告知旅居史与接触史，配合医护人员做好登记与检测。"), source="无名之辈"),
    # Counted before it was deleted.
    post("other", "gone", "2020-02-07 09:00:00", reads=500, likes=20, seen="2020-02-07 20:00:00"),
    post("other", "withdrawn", "2020-02-07 10:00:00"),
    # Counts as people write them, and one with a slipped 万.
    *[post("counts", f"c{i}", f"2020-02-{i:02d} 09:00:00", reads=text, likes=7, seen=f"2020-02-{i:02d} 20:00:00")
      for i, text in enumerate(("1.2万", "3亿", "１２３４", "12,345", "10万+", "", "1000", "1200", "900"), 1)],
    # Half-open in Shanghai time.
    post("edge", "e-before", "2020-01-31 23:59:59"),
    post("edge", "e-first", "2020-02-01 00:00:00"),
    post("edge", "e-zone", "2020-01-31T16:00:00Z"),
    post("edge", "e-leap", "2020-02-29 23:59:59"),
    post("edge", "e-after", "2020-03-01 00:00:00"),
    post("edge", "e-december", "2020-12-31 23:59:59"),
    post("edge", "e-january", "2021-01-01 00:00:00"),
    *filler("wechat", range(1, 30)), *filler("weibo", range(1, 30)), *filler("news_app", range(1, 30)),
    *filler("news_site", range(1, 26)),
]  # fmt: skip
# A second export a day later that overlaps the first: deleted, and one counter has fallen.
SECOND = [
    post("other", "gone", "2020-02-07 09:00:00", deleted="True", reads=620, likes=18, seen="2020-02-08 20:00:00"),
    post("counts", "c7", "2020-02-07 09:00:00", reads="1100", likes=7, seen="2020-02-08 20:00:00"),
]


def write(file: Path, header: list[str], given: list[Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header)
        writer.writeheader()
        writer.writerows(given)


def register(folder: Path) -> None:
    units = [
        {"unit_id": f"u-{name}", "unit_name": title, "unit_type": "commission_or_bureau", "ranking_list": "departments"}
        for name, title in (("one", "一局"), ("two", "二局"), ("other", "三局"), ("counts", "四局"), ("edge", "五局"))
    ]
    units.append({**units[0], "unit_id": "d-wjw", "unit_name": "市卫健委"})
    write(folder / "units.csv", ["unit_id", "unit_name", "unit_name_en", "unit_type", "ranking_list", "aliases",
                                 "valid_from", "valid_to"], units)  # fmt: skip
    spans = [
        ("moves", "u-one", "", "2020-02-15"), ("moves", "u-two", "2020-02-15", ""), ("renamed", "u-one", "", ""),
        ("health", "d-wjw", "", ""), ("other", "u-other", "", ""), ("counts", "u-counts", "", ""), ("edge", "u-edge", "", ""),
    ]  # fmt: skip
    write(
        folder / "accounts.csv",
        ["account_id", "unit_id", "platform", "account_key_type", "account_key", "account_name", "aliases",
         "verified_type", "valid_from", "valid_to"],
        [
            {"account_id": f"wx-{key}", "unit_id": unit, "platform": "wechat", "account_key_type": "wx_biz",
             "account_key": key, "account_name": f"{key}发布", "aliases": "旧名发布" if key == "renamed" else "",
             "valid_from": start, "valid_to": end}
            for key, unit, start, end in spans
        ],
    )  # fmt: skip
    write(
        folder / "channels.csv",
        ["outlet_id", "channel_type", "account_key_type", "account_key", "outlet_name", "aliases", "is_organization",
         "valid_from", "valid_to"],
        [
            {"outlet_id": f"{channel}:{key}", "channel_type": channel, "account_key_type": kind, "account_key": key,
             "outlet_name": key, "is_organization": "True"}
            for channel, kind, key in (
                ("news_site", "domain", "outlet-a"), ("news_site", "domain", "outlet-b"), ("wechat", "wx_biz", "wechat-filler"),
                ("weibo", "weibo_uid", "weibo-filler"), ("news_app", "app_id", "news_app-filler"),
            )
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in which the world has been ingested, February matched and scored, and the turn of the year staged."""
    home = tmp_path_factory.mktemp("edges")
    settings = Settings(home / "home", threads=2, memory_limit="2GB")
    write_city(home / "home")
    register(home / "synthetic-registry")
    confirm_registries(home / "home", home / "synthetic-registry")
    (home / "monitor.yml").write_text(MAPPING, "utf-8")
    write(home / "synthetic-1" / "first.csv", HEADER, rows(*FIRST))
    write(home / "synthetic-1" / "again.csv", HEADER, rows(*FIRST))
    write(home / "synthetic-2" / "second.csv", HEADER, rows(*SECOND))
    at = datetime(2021, 2, 10, 6, tzinfo=SHANGHAI)
    intake.ingest(settings, [home / "synthetic-registry"], received_at=at)
    for delivery in ("synthetic-1", "synthetic-2"):
        intake.ingest(settings, [home / delivery], mapping=home / "monitor.yml", received_at=at)
    building.register(settings, MONTH, MONTH)
    transform.build(settings, MONTH, MONTH, ["selector:stage"])
    matching_stage.run(settings, MONTH)
    transform.build(settings, MONTH, MONTH, ["selector:score", "qc_suspect_counts", "qc_unregistered_accounts"])
    turn = Month.parse("2020-12")
    transform.build(settings, turn, turn + 1, ["selector:stage"])
    return settings


@pytest.fixture
def ask(settings: Settings) -> Callable[[str], list[tuple]]:
    def asked(query: str) -> list[tuple]:
        with duckdb.connect(str(settings.warehouse), read_only=True) as con:
            return con.execute(query).fetchall()

    return asked


Ask = Callable[[str], list[tuple]]


def test_an_account_that_moves_on_the_15th_splits_its_posts_and_later_reprints_stay_with_the_old_owner(
    ask: Ask,
) -> None:
    owners = ask("select record_id, unit_id from staging.stg_posts where account_id = 'wx-moves' order by 1")
    assert owners == [("m14", "u-one"), ("m15", "u-two")]
    credited = ask(
        "select unit_id, strftime(reprinted_at_local, '%m-%d') from marts.fct_reprints"
        " where item_id like '%:a1' and is_counted"
    )
    assert credited == [("u-one", "02-16")]
    notes = dict(ask("select distinct unit_id, note from marts.fct_unit_month_scores where ranking_month = '2020-02'"))
    assert "账号划转" in notes["u-one"]
    assert "账号划转" in notes["u-two"]
    assert "账号划转" not in notes["u-other"]


def test_a_renamed_account_keeps_its_id_by_its_alias(ask: Ask) -> None:
    assert ask("select account_id, unit_id from staging.stg_posts where record_id = 'r1'") == [("wx-renamed", "u-one")]


def test_a_miswritten_unit_is_known_by_the_dated_alias_table_and_an_unknown_name_goes_to_review(ask: Ask) -> None:
    """Two units post one text; 市卫建委 (for 市卫健委) says which of them is meant, 无名之辈 says nothing."""
    credited = dict(
        ask("select item_id[-2:], unit_id from marts.fct_reprints where item_id[-2:] in ('a2', 'b2') and is_counted")
    )
    assert credited == {"a2": "d-wjw", "b2": "u-other"}
    assert ask("select source_name_raw from review.qc_unregistered_accounts") == [("无名之辈",)]


def test_the_last_observation_of_a_deleted_post_counts_and_it_is_marked(ask: Ask) -> None:
    result = ask(
        "select is_counted, is_deleted, read_count, like_count from marts.fct_posts where post_id like '%:gone'"
    )
    assert result == [(True, True, 620, 18)]


def test_one_export_twice_and_overlapping_exports_count_once_and_the_newest_observation_wins(ask: Ask) -> None:
    assert ask(
        "select count(*), count(distinct record_id) from staging.stg_posts where published_month = '2020-02'"
    ) == [(19, 19)]
    # The second file of the same bytes is no export of its own; the second delivery's overlapping row is.
    seen = dict(ask("select record_id, count(*) from raw.records where record_id in ('m14', 'c7') group by all"))
    assert seen == {"m14": 1, "c7": 2}
    assert ask("select read_count from staging.stg_posts where record_id = 'c7'") == [(1100,)]


def test_a_counter_that_falls_is_a_warning(ask: Ask) -> None:
    result = ask("select item_id, metric, compared_with, value from review.qc_suspect_counts where reason = 'fell'")
    assert result == [("wechat:other:gone", "like", 20, 18)]


def test_counts_as_people_write_them_keep_their_raw_text_and_a_slipped_wan_is_a_warning(ask: Ask) -> None:
    result = ask(
        "select read_count_raw, read_count, read_count_qualifier from raw.records"
        " where account_key = 'counts' and record_id in ('c1', 'c2', 'c3', 'c4', 'c5', 'c6') order by record_id"
    )
    assert result == [
        ("1.2万", 12_000, "rounded"), ("3亿", 300_000_000, "rounded"), ("１２３４", 1_234, "exact"), ("12,345", 12_345, "exact"),
        ("10万+", 100_001, "floor"), (None, None, "missing"),
    ]  # fmt: skip
    jumped = ask("select item_id, compared_with from review.qc_suspect_counts where reason = 'jumped'")
    assert jumped == [("wechat:counts:c2", 1_234)]


def test_a_channel_without_items_for_some_days_is_told_and_below_the_floor_the_gate_refuses(settings: Settings) -> None:
    """The sites are silent on four of 29 days: seen on 86 %, the floor in the seed is 90 %."""
    building.register(settings, MONTH, MONTH)
    with pytest.raises(GateRefused) as refused:
        gates.check(settings, MONTH, "raw_exports")
    assert "news_site" in str(refused.value)
    assert "0.9" in str(refused.value)


def test_the_coverage_of_a_silent_channel_names_its_days(ask: Ask) -> None:
    silent = ask("select day::varchar from marts.fct_channel_days where channel_type = 'news_site' and item_count = 0")
    assert sorted(day for (day,) in silent) == ["2020-02-26", "2020-02-27", "2020-02-28", "2020-02-29"]


def test_a_month_is_half_open_in_shanghai_time_over_leap_day_and_new_year(ask: Ask) -> None:
    months = dict(ask("select record_id, published_month from staging.stg_posts where account_id = 'wx-edge'"))
    assert months == {
        "e-before": "2020-01", "e-first": "2020-02", "e-zone": "2020-02", "e-leap": "2020-02",
        "e-december": "2020-12", "e-january": "2021-01",
    }  # fmt: skip
    counted = ask("select post_id from marts.fct_posts where account_id = 'wx-edge' and ranking_month = '2020-02'")
    assert {post_id[-7:] for (post_id,) in counted} == {"e-first", ":e-zone", ":e-leap"}
