"""Random months for the oracle: a registry, posts, items, observations and matches, as staging and matcher leave them.

Times crowd the edges of month and window; counts are missing, suspect, capped; texts hold terms of themes in both scripts.
"""

# Staging holds Shanghai wall-clock times without a zone, and so do the worlds.
# ruff: noqa: DTZ001

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

START, END = datetime(2021, 8, 1), datetime(2021, 9, 1)
CHANNELS = ("news_app", "news_site", "wechat", "weibo")
METRICS = ("read", "view", "like", "recommend", "comment", "share", "repost")
# A text, and the themes of 2021-08 it is about by the seed's terms; `exclude` outweighs, patterns mean nothing.
TEXTS: list[tuple[str, tuple[str, ...]]] = [
    ("今日天气晴", ()),
    ("疫情防控不放松", ("epidemic_control",)),
    ("新冠疫苗接種點公布", ("epidemic_control",)),
    ("雙減之後的課後服務", ("double_reduction",)),
    ("長三角一體化，疫情防控联动", ("epidemic_control", "yangtze_delta")),
    ("动物疫情防控与非洲猪瘟", ()),
    ("新冠%_.*", ("epidemic_control",)),
    ("新%冠 双.减", ()),
]
TOPICS: list[tuple[list[str], tuple[str, ...]]] = [
    ([], ()), (["科学防疫"], ("epidemic_control",)), (["科學防疫", "美食"], ("epidemic_control",)), (["科学防疫小课堂"], ()),
]  # fmt: skip


@dataclass
class Account:
    id: str
    platform: str
    spans: list[tuple[str, datetime | None, datetime | None]]  # unit, from, to


@dataclass
class Post:
    id: str
    account: Account
    unit: str | None
    at: datetime
    precision: str
    text: int
    topics: int
    flag: bool | None
    repost_of: str | None
    family: str
    is_origin: bool
    origin_unit: str | None
    earlier_item: str | None
    position: int | None
    counts: dict[str, tuple[int | None, str]]
    is_withdrawn: bool = False


@dataclass
class Item:
    id: str
    channel: str
    outlet: str | None
    at: datetime
    precision: str
    observations: list[tuple[datetime, dict[str, tuple[int | None, str]]]]


@dataclass
class Match:
    item: Item
    post: Post
    is_counted: bool
    reason: str | None


@dataclass
class World:
    units: dict[str, str] = field(default_factory=dict)  # id → list
    accounts: list[Account] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)


LAGS = [-86_400, -601, -600, -1, 0, 1, 3_600, 7 * 86_400 - 1, 7 * 86_400, 7 * 86_400 + 1, 9 * 86_400]
PRECISIONS = ["second", "second", "minute", "day"]
SIZES = [0, 1, 7, 250, 19_999, 100_001, 30_000_000]


def known_to(at: datetime, how: str) -> datetime:
    return at.replace(second=0) if how == "minute" else at.replace(hour=0, minute=0, second=0) if how == "day" else at


def world_of(seed: int, size: int) -> World:
    """A month with up to `size` posts and twice as many items. A seed, so that worlds differ in everything at once;
    the size shrinks.
    """
    r, one = Random(f"{seed}"), World()
    count = lambda: r.choice(  # noqa: E731
        [
            (r.choice(SIZES), "exact"),
            (r.choice(SIZES), "exact"),
            (100_001, "floor"),
            (None, "missing"),
            (0, "zero_suspect"),
        ]
    )
    counts = lambda: {name: count() for name in METRICS}  # noqa: E731
    for i in range(r.randint(1, 5)):
        one.units[f"u{i}"] = r.choice(["districts", "districts", "departments"])
    units = sorted(one.units)
    for i in range(r.randint(1, 6)):
        spans: list = [(first := r.choice(units), None, None)]
        history = r.choice(["one owner", "one owner", "moved", "registered late"])
        at = START + timedelta(days=r.randint(1, 29))
        if history == "registered late":
            spans = [(first, at, None)]
        elif history == "moved" and len(units) > 1:
            spans = [(first, None, at), (r.choice([u for u in units if u != first]), at, None)]
        one.accounts.append(Account(f"a{i}", r.choice(["wechat", "weibo"]), spans))
    for i in range(r.randint(size // 2, size)):
        account, how = r.choice(one.accounts), r.choice(PRECISIONS)
        at = known_to(
            START + timedelta(seconds=r.choice([0, 31 * 86_400 - 1, *(r.randrange(31 * 86_400) for _ in "abc")])), how
        )
        owners = (u for u, since, to in account.spans if (since is None or since <= at) and (to is None or at < to))
        owner = next(owners, None)
        origin = r.choice(one.posts) if one.posts and r.random() < 0.3 else None
        one.posts.append(
            Post(
                id=f"p{i:02d}", account=account, unit=owner, at=at, precision=how, text=r.randrange(len(TEXTS)),
                topics=r.randrange(len(TOPICS)), flag=r.choice([None, True, False]), repost_of=r.choice([None, None, "9"]),
                family=origin.family if origin else f"p{i:02d}", is_origin=origin is None,
                origin_unit=origin.unit if origin else owner, earlier_item=r.choice([None, None, None, "e"]),
                position=r.choice([None, 1, 2]), counts=counts(), is_withdrawn=r.random() < 0.08,
            )
        )  # fmt: skip
    for i in range(r.randint(size, 3 * size) if one.posts else 0):
        post, how = r.choice(one.posts), r.choice(PRECISIONS)
        at = known_to(post.at + timedelta(seconds=r.choice([*LAGS, *(r.randrange(600_000) for _ in LAGS)])), how)
        if not START <= at < END + timedelta(days=8):
            continue
        channel = r.choice(CHANNELS)
        outlet = f"{channel}:{r.randint(0, 1)}" if r.random() < 0.9 else None
        hours = r.sample([1, 24, 167, 168, 169, 400], r.randint(0, 3))
        item = Item(f"i{i:02d}", channel, outlet, at, how, [(at + timedelta(hours=h), counts()) for h in hours])
        one.items.append(item)
        other = r.choice(one.posts)
        for to in {post.id: post, other.id: other}.values():
            reason = r.choice([None, None, None, None, "self", "sibling", "quote", "review"])
            one.matches.append(Match(item, to, reason is None, reason))
    return one


worlds = st.builds(world_of, seed=st.integers(0, 10**9), size=st.integers(1, 16))


def put(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    con.execute(f"delete from {table}")
    if rows:
        con.register("given", pa.Table.from_pylist(rows))
        con.execute(f"insert into {table} by name from given")
        con.unregister("given")


def settle(con: duckdb.DuckDBPyConnection, one: World) -> None:
    """Write the world into the inputs of the models. Shanghai time has no zone in staging."""
    put(con, "staging.stg_units", [
        {"unit_id": u, "unit_name": u, "unit_name_en": u, "unit_type": "district", "ranking_list": of,
         "valid_from": datetime(1, 1, 1).date(), "valid_to": datetime(9999, 12, 31).date()}
        for u, of in one.units.items()
    ])  # fmt: skip
    put(con, "staging.stg_accounts", [
        {"account_id": a.id, "account_name": a.id, "unit_id": unit, "platform": a.platform,
         "valid_from": since or datetime(1, 1, 1), "valid_to": to or datetime(9999, 12, 31)}
        for a in one.accounts for unit, since, to in a.spans
    ])  # fmt: skip
    put(con, "staging.stg_posts", [
        {"post_id": p.id, "published_month": "2021-08", "platform": p.account.platform, "account_id": p.account.id,
         "unit_id": p.unit, "is_unowned": p.unit is None, "published_at_local": p.at, "published_precision": p.precision,
         "text": TEXTS[p.text][0], "topics": TOPICS[p.topics][0], "is_original_flag": p.flag, "is_repost": p.repost_of is not None,
         "is_deleted": False, "position": p.position, **columns(p.counts)}
        for p in one.posts
    ])  # fmt: skip
    put(con, "evidence.families", [
        {"post_id": p.id, "post_month": "2021-08", "family_id": p.family, "origin_post_id": p.family,
         "origin_unit_id": p.origin_unit, "is_origin": p.is_origin, "earlier_item_id": p.earlier_item, "month": "2021-08"}
        for p in one.posts
    ])  # fmt: skip
    put(con, "seeds.post_corrections", [
        {"post_id": p.id, "action": "withdraw", "guard": "", "valid_from": START.date()}
        for p in one.posts if p.is_withdrawn
    ])  # fmt: skip
    put(con, "staging.stg_channel_items", [
        {"item_id": i.id, "published_month": f"{i.at:%Y-%m}", "channel_type": i.channel, "outlet_id": i.outlet,
         "published_at": shanghai(i.at), "published_at_local": i.at, "published_precision": i.precision}
        for i in one.items
    ])  # fmt: skip
    put(con, "staging.stg_observations", [
        {"item_id": i.id, "published_month": f"{i.at:%Y-%m}", "channel_type": i.channel, "published_at": shanghai(i.at),
         "observed_at": shanghai(at), "export_sha256": "x", "source_row": n, **columns(said)}
        for i in one.items for n, (at, said) in enumerate(i.observations)
    ])  # fmt: skip
    put(con, "evidence.matches", [
        {"item_id": m.item.id, "post_id": m.post.id, "post_month": "2021-08", "month": "2021-08", "method": "text",
         "confidence": "A", "is_counted": m.is_counted, "reason": m.reason, "decided_by": "rule"}
        for m in one.matches
    ])  # fmt: skip


def columns(said: dict[str, tuple[int | None, str]]) -> dict[str, Any]:
    return {
        **{f"{name}_count": value for name, (value, _how) in said.items()},
        **{f"{name}_count_qualifier": how for name, (_value, how) in said.items()},
    }


def shanghai(at: datetime) -> datetime:
    return at.replace(tzinfo=timezone(timedelta(hours=8)))
