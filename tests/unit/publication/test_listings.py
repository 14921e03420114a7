"""Accounts within their platform, posts and outlets of hot topics, who carries whom: rows by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core.settings import Settings
from bangdan.publication.pages import listings

D = Decimal
Row = dict[str, Any]


def read(listed: listings.Listings, name: str, *columns: str) -> list[tuple]:
    return [tuple(row[column] for column in columns) for row in getattr(listed, name).to_pylist()]


def account(account_id: str, platform: str, posts: int, dissemination: str | None, influence: str | None) -> Row:
    return {
        "account_id": account_id, "unit_id": "u", "account_name": account_id, "platform": platform, "post_count": posts,
        "original_count": 0, "reprint_count": 0, "read_count": 0, "like_count": 0, "comment_count": 0,
        "dissemination_score": D(dissemination) if dissemination else None,
        "influence_score": D(influence) if influence else None,
    }  # fmt: skip


def reprint(post: str, outlet: str, name: str | None, unit: str = "u", is_counted: bool = True) -> Row:
    return {
        "post_id": post, "unit_id": unit, "channel_type": outlet.split(":")[0], "outlet_id": outlet, "outlet_name": name,
        "is_counted": is_counted,
    }  # fmt: skip


def made(settings: Settings, **rows: list[Row]) -> listings.Listings:
    """The listings of these rows; tables that are not given have the small city's columns and no row."""
    folder = settings.releases / "2021-08/r1/tables"
    tables = {}
    for name in listings.READ:
        schema = pq.read_schema(folder / f"{name}.parquet")
        tables[name] = pa.Table.from_pylist(
            [{**dict.fromkeys(schema.names), **row} for row in rows.get(name, [])], schema
        )
    return listings.of(settings, tables)


UNITS = [
    {"unit_id": unit, "unit_name": unit.upper(), "unit_name_en": None, "dimension": dimension}
    for unit in ("u", "v")
    for dimension in ("dissemination", "influence")
]


def test_accounts_are_ranked_within_their_platform_on_rounded_scores(small: Settings) -> None:
    """3.014999 and 3.005 are 3.01 both, 3.004999 is 3.00; an account without posts or without a score has no rank."""
    listed = made(
        small,
        ranking=UNITS,
        account_scores=[
            account("a", "wechat", 1, "3.014999", "1"), account("b", "wechat", 1, "3.005", "2"),
            account("c", "wechat", 1, "3.004999", None), account("d", "wechat", 0, "0", "0"),
            account("e", "weibo", 1, "1", "5"),
        ],
    )  # fmt: skip
    assert read(listed, "account_list", "account_id", "dissemination_rank", "influence_rank", "dissemination_score") == [
        ("b", 1, 1, D("3.01")), ("a", 1, 2, D("3.01")), ("c", 3, None, D("3.00")), ("d", None, None, D("0.00")), ("e", 1, 1, D("1.00")),
    ]  # fmt: skip


def test_a_post_is_on_each_of_its_topics(small: Settings) -> None:
    post = {"unit_id": "u", "account_id": "a", "title": "标题", "url": "javascript:alert(1)"}
    listed = made(
        small,
        ranking=UNITS,
        hot_topics=[{"theme_id": "s", "name": "甲"}, {"theme_id": "t", "name": "乙"}],
        posts=[
            {**post, "post_id": "p", "theme_ids": "s,t", "reprint_count": 1},
            {**post, "post_id": "q", "theme_ids": "t", "reprint_count": 2},
            {**post, "post_id": "r", "theme_ids": "st", "reprint_count": 3},
            {**post, "post_id": "x", "theme_ids": None, "reprint_count": 4},
        ],
    )
    assert read(listed, "topic_posts", "theme_id", "post_id", "url") == [
        ("s", "p", None), ("t", "q", None), ("t", "p", None),
    ]  # fmt: skip


def test_an_outlet_that_carried_a_post_twice_counts_once_and_private_persons_are_not_named(small: Settings) -> None:
    listed = made(
        small,
        ranking=UNITS,
        hot_topics=[{"theme_id": "t", "name": "乙"}],
        posts=[
            {"post_id": "p", "unit_id": "u", "theme_ids": "t"},
            {"post_id": "q", "unit_id": "v", "theme_ids": "t"},
            {"post_id": "x", "unit_id": "v"},
        ],
        reprints=[
            reprint("p", "weibo:1", "一"), reprint("p", "weibo:1", "一"), reprint("q", "weibo:1", "一", "v"),
            reprint("x", "weibo:1", "一", "v"), reprint("p", "weibo:2", None), reprint("p", "wechat:3", "三", is_counted=False),
        ],
    )  # fmt: skip
    assert read(listed, "topic_outlets", "theme_id", "outlet_id", "reprint_count", "unit_count") == [
        ("t", "weibo:1", 2, 2)
    ]
    assert read(listed, "outlet_units", "outlet_id", "unit_id", "unit_name", "reprint_count") == [
        ("weibo:1", "v", "V", 2), ("weibo:1", "u", "U", 1),
    ]  # fmt: skip
