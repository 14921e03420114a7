"""Posts and items for the matcher's tests, with the truth: the synthetic city's texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from bangdan.core.months import SHANGHAI, Month
from bangdan.demo import items as demo_items
from bangdan.demo import posts as demo_posts
from bangdan.demo import world
from bangdan.matching import matcher, post_index
from bangdan.matching.aliases import Aliases
from bangdan.matching.parameters import Parameters, in_force
from bangdan.matching.query_files import ITEM_COLUMNS
from tests.support.homes import PROJECT

PARAMETERS: Parameters = in_force(PROJECT / "dbt_project" / "seeds", "2021-08-01")


@dataclass
class Set:
    """Tables of the matcher's contract; truth: item_id → (kind, post_id or None)."""

    posts: list[dict[str, Any]]
    items: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    truth: dict[str, tuple[str, str | None]]


def city(month: str = "2021-08", scale: float = 0.05) -> Set:
    """A month of the synthetic city."""
    plan = world.plan(Month.parse(month), scale)
    written = demo_posts.write(plan)
    ids = {id(post): f"{post.account.platform}:{post.account.key}:{post.record_id}" for post in written}
    posts = [
        {
            "post_id": ids[id(post)], "platform": post.account.platform, "account_id": post.account.account_id,
            "unit_id": post.account.unit.unit_id, "published_at": moment(post.at), "url": post.url,
            "title": post.title, "text": post.body,
        }
        for post in written
        if post.repost_of is None and post.repost_of_outside is None
    ]  # fmt: skip
    items, truth = [], {}
    for number, item in enumerate(demo_items.write(plan, written)):
        item_id = f"i{number:06d}"
        source = ids[id(item.source)] if item.source else None
        truth[item_id] = (item.kind, source)
        items.append(
            {
                "item_id": item_id, "channel_type": item.outlet.channel_type, "outlet_id": item.outlet.key,
                "published_at": moment(item.at), "url": None, "title": item.title, "text": item.body,
                "repost_of_post_id": source if item.is_forward else None, "source_name_raw": item.source_name or None,
                "source_url_raw": item.source_url or None, "unit_id": None,
            }
        )  # fmt: skip
    accounts = [
        {"account_id": entry.account_id, "name": entry.name, "aliases": list(getattr(entry, "aliases", ()) or ())}
        for entry in world.accounts()
    ]
    return Set(posts, items, accounts, truth)


def moment(at: datetime) -> datetime:
    return at.replace(tzinfo=SHANGHAI) if at.tzinfo is None else at


def match(
    posts: list[dict[str, Any]],
    items: list[dict[str, Any]],
    accounts: list[dict[str, Any]] | None = None,
    *,
    batch_rows: int = 500,
    threads: int = 1,
    parameters: Parameters = PARAMETERS,
    decisions: dict[tuple[str, str], dict[str, str]] | None = None,
) -> list[dict[str, Any]]:
    """Evidence rows, in the order of (item_id, post_id)."""
    index = post_index.build(pa.Table.from_pylist(posts, schema=POSTS), parameters)
    aliases = Aliases.of(pa.Table.from_pylist(accounts) if accounts else None, parameters.min_alias_chars)
    result = matcher.match(index, batches(items, batch_rows), aliases, parameters, decisions, threads=threads)
    return sorted(result.matches.table().to_pylist(), key=lambda row: (row["item_id"], row["post_id"]))


def batches(items: list[dict[str, Any]], rows: int) -> list[pa.RecordBatch]:
    result = []
    for begin in range(0, len(items), rows):
        chunk = [
            {
                **{name: item.get(name) for name in ITEM_COLUMNS},
                "earliest": int(item["published_at"].timestamp()) if item["published_at"] else None,
                "latest": int(item["published_at"].timestamp()) if item["published_at"] else None,
            }
            for item in items[begin : begin + rows]
        ]
        result.append(pa.RecordBatch.from_pylist(chunk, schema=ITEMS))
    return result


TEXT = pa.string()
POSTS = pa.schema(
    [(name, TEXT) for name in ("post_id", "platform", "account_id", "unit_id", "url", "title", "text")]
    + [("published_at", pa.timestamp("us", "Asia/Shanghai"))]
)
ITEMS = pa.schema([(name, TEXT) for name in ITEM_COLUMNS] + [("earliest", pa.int64()), ("latest", pa.int64())])
