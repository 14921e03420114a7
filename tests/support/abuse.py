"""Attacks on a ranking: rows that a unit, or a vendor, puts into exports of the small city, and the month run with them.

Every attack is on another unit and in a file of its own, so that one run to the ranking gate shows them all.
"""

from __future__ import annotations

import csv
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import duckdb

from bangdan import gates
from bangdan.core.identifiers import bid_of_mid
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings
from tests.support.homes import bangdan

MONTH = "2021-08"
GATE = "ranking"
CHANNELS = {"news_app": "新闻客户端", "news_site": "新闻网站", "wechat": "微信", "weibo": "微博"}
VENDOR_HEADER = [
    "序号", "渠道类型", "媒体名称", "媒体ID", "标题", "正文", "链接", "发布时间", "来源", "来源链接", "阅读数", "点赞数", "评论数", "转发数",
    "采集时间",
]  # fmt: skip
WEIBO_EPOCH = 515483463  # what a Weibo id counts its seconds from


@dataclass(frozen=True)
class Post:
    """A post of the attacked unit, as the warehouse has it."""

    post_id: str
    title: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Outlet:
    """Who carries an item."""

    channel_type: str
    key: str
    name: str


@dataclass(frozen=True)
class Rank:
    """A unit's rank in a dimension before and after the attacks."""

    before: int
    after: int


@dataclass(frozen=True)
class AttackedMonth:
    """The month after all attacks: what the ranking gate reports and how ranks have moved."""

    units: dict[str, str]  # attack → unit
    before: dict[tuple[str, str], int]  # (unit, dimension) → rank
    after: dict[tuple[str, str], int]
    findings: list[dict[str, Any]] = field(default_factory=list)  # rows of the leverage rule

    def rank(self, attack: str, dimension: str) -> Rank:
        key = (self.units[attack], dimension)
        return Rank(self.before[key], self.after[key])

    def stopped_kinds(self, attack: str, dimension: str) -> set[str]:
        """Kinds of part by which the gate stops the attacked unit in a dimension."""
        return {
            row["kind"]
            for row in self.findings
            if row["unit_id"] == self.units[attack] and row["dimension"] == dimension
        }


class Warehouse:
    """What an attacker knows of the city: its units, their posts, and its registered outlets."""

    def __init__(self, home: Path) -> None:
        self.con = duckdb.connect(str(home / "warehouse" / "bangdan.duckdb"), read_only=True)

    def close(self) -> None:
        self.con.close()

    def ranks(self) -> dict[tuple[str, str], int]:
        rows = self.con.execute(
            "select unit_id, dimension, rank from published.rpt_ranking where ranking_month = $1 and rank is not null",
            [MONTH],
        ).fetchall()
        return {(unit, dimension): rank for unit, dimension, rank in rows}

    def last_units(self, dimension: str) -> list[str]:
        """Departments whose post can be reprinted, the worst rank first."""
        rows = self.con.execute(
            """
            select unit_id from published.rpt_ranking
            where ranking_month = $1 and dimension = $2 and ranking_list = 'departments' and rank is not null
            order by rank desc, unit_id
            """,
            [MONTH, dimension],
        ).fetchall()
        return [unit for (unit,) in rows if self.posts(unit)]

    def posts(self, unit: str, platform: str | None = None) -> list[Post]:
        """Counted posts of a unit that nobody else has posted, long enough to be recognised, the longest first."""
        rows = self.con.execute(
            """
            with posts as (
                select facts.post_id, facts.unit_id, facts.platform, texts.title, texts.text,
                    texts.published_at_local, count(*) over (partition by facts.family_id) as copies
                from marts.fct_posts as facts
                inner join intermediate.int_posts__attributed as texts using (ranking_month, post_id)
                where facts.ranking_month = $1 and facts.is_counted and facts.is_original
            )
            select post_id, title, text, published_at_local from posts
            where unit_id = $2 and copies = 1 and length(text) >= 120
                and published_at_local between '2021-08-02' and '2021-08-24' and ($3 is null or platform = $3)
            order by length(text) desc, post_id
            """,
            [MONTH, unit, platform],
        ).fetchall()
        return [Post(post, title or "", text, at) for post, title, text, at in rows]

    def registered_outlets(self, *channel_types: str) -> list[Outlet]:
        rows = self.con.execute(
            "select channel_type, account_key, outlet_name from marts.dim_channels"
            " where list_contains($1, channel_type) order by all",
            [list(channel_types)],
        ).fetchall()
        return [Outlet(*row) for row in rows]


def invented_outlets(count: int) -> list[Outlet]:
    """News apps and sites that no registry has."""
    return [
        Outlet("news_app", f"fake-app-{number}", f"虚构{number}客户端")
        if number % 2
        else Outlet("news_site", f"fake{number}.example.net", f"虚构{number}网")
        for number in range(count)
    ]


def invented_weibo(count: int, first: int = 7900000000) -> list[Outlet]:
    return [Outlet("weibo", str(first + number), f"路人{number}") for number in range(count)]


def invented_wechat(count: int, first: int = 3900000000) -> list[Outlet]:
    """WeChat accounts that no registry has; the key of one is its number in base 64."""
    keys = [b64encode(str(first + number).encode()).decode() for number in range(count)]
    return [Outlet("wechat", key, f"虚构公众号{number}") for number, key in enumerate(keys)]


def mixed(own: Iterable[Post], others: Iterable[Post], outlets: Iterable[Outlet]) -> Iterator[list[Any]]:
    """Rows of a vendor's table: each outlet carries one post of the attacked unit and one of another, so that it is not
    one-sided.
    """
    for number, (outlet, post, other) in enumerate(zip(outlets, cycle(own), cycle(others), strict=False)):
        for carried, lag in ((post, 47), (other, 83)):
            at = carried.at + timedelta(minutes=lag + 7 * number % 8000)
            yield _row(outlet, carried, at, 2 * number + (lag == 83), (90, 2, 1))


def copies(post: Post, outlets: Iterable[Outlet], *, counts: tuple[int, int, int] = (100, 3, 1)) -> Iterator[list[Any]]:
    """Rows of a vendor's table: each outlet carries the post's whole text, some minutes after the other."""
    for number, outlet in enumerate(outlets):
        at = post.at + timedelta(minutes=30 + 7 * number % 8000)
        yield _row(outlet, post, at, number, counts)


def forwards(post: Post, outlets: Iterable[Outlet]) -> Iterator[dict[str, Any]]:
    """Lines of a Weibo crawler: each account forwards the post, with two words of its own."""
    for number, outlet in enumerate(outlets):
        at = post.at + timedelta(minutes=20, seconds=37 * number)
        mid = _weibo_id(at, number)
        yield {
            "_id": mid, "mblogid": bid_of_mid(mid), "created_at": f"{at:%Y-%m-%d %H:%M:%S}", "reposts_count": 0, "comments_count": 0,
            "attitudes_count": 0, "source": "微博网页版", "content": "转发微博", "pic_urls": [], "pic_num": 0, "isLongText": False,
            "is_retweet": True, "retweet_id": post.post_id.removeprefix("weibo:"),
            "user": {"_id": outlet.key, "nick_name": outlet.name, "verified": False}, "url": _address(outlet, at, number),
            "crawl_time": int((at + timedelta(hours=150)).replace(tzinfo=SHANGHAI).timestamp()),
        }  # fmt: skip


def _row(outlet: Outlet, post: Post, at: datetime, number: int, counts: tuple[int, int, int]) -> list[Any]:
    reads, likes, comments = counts
    return [
        number + 1, CHANNELS[outlet.channel_type], outlet.name, outlet.key, post.title, post.text, _address(outlet, at, number),
        f"{at:%Y-%m-%d %H:%M:%S}", "", "", reads, likes, comments, 0, f"{at + timedelta(hours=150):%Y-%m-%d %H:%M:%S}",
    ]  # fmt: skip


def _address(outlet: Outlet, at: datetime, number: int) -> str:
    if outlet.channel_type == "weibo":
        return f"https://weibo.com/{outlet.key}/{bid_of_mid(_weibo_id(at, number))}"
    if outlet.channel_type == "news_site":
        return f"https://www.{outlet.key}/{at:%Y%m}/x{number}.html"
    return f"https://{outlet.key}.example.com/a/x{number}.html"


def _weibo_id(at: datetime, number: int) -> str:
    return str((int(at.replace(tzinfo=SHANGHAI).timestamp()) - WEIBO_EPOCH << 22) + 100_000 + number)


def deliver(inbox: Path, name: str, rows: Iterable[list[Any]]) -> None:
    """Write rows as a delivery of a monitoring vendor."""
    with (_delivery(inbox, name) / "synthetic_vendor.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([VENDOR_HEADER, *rows])


def deliver_tweets(inbox: Path, name: str, lines: Iterable[dict[str, Any]]) -> None:
    """Write lines as a delivery of a Weibo crawler."""
    folder = _delivery(inbox, name) / "weibo_spider"
    folder.mkdir()
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines)
    (folder / "synthetic_tweets.jsonl").write_text(text, "utf-8")


def _delivery(inbox: Path, name: str) -> Path:
    folder = inbox / name
    folder.mkdir(parents=True)
    note = {"received_at": "2021-09-10T09:00:00+08:00", "synthetic": True}
    (folder / "_delivery.json").write_text(json.dumps(note) + "\n", "utf-8")
    return folder


def attacked_month(home: Path, inbox: Path, units: dict[str, str], before: dict[tuple[str, str], int]) -> AttackedMonth:
    """Run the month with the deliveries of `inbox` to the ranking gate, which refuses it, and read what became of it."""
    bangdan(home, "run", "--month", MONTH, "--inbox", inbox, code=3)
    report = json.loads(
        gates.report_path(Settings(home, threads=1, memory_limit="1GB"), Month.parse(MONTH), GATE).read_text("utf-8")
    )
    assert [finding["frame"] for finding in report["failures"]] == ["leverage"]
    warehouse = Warehouse(home)
    try:
        cursor = warehouse.con.execute(
            "select * from gates.gate_ranking__leverage where ranking_month = $1 and is_undecided = 1", [MONTH]
        )
        names = [column[0] for column in cursor.description or ()]
        findings = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return AttackedMonth(units, before, warehouse.ranks(), findings)
    finally:
        warehouse.close()
