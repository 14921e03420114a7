"""`bangdan match`: the matcher alone, Parquet in and Parquet out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.matching import credit, evidence, own, stage
from bangdan.matching.parameters import in_force

POSTS = ["post_id", "platform", "account_id", "unit_id", "published_at", "url", "title", "text"]
ITEMS = [
    "item_id", "channel_type", "outlet_id", "published_at", "url", "title", "text", "repost_of_post_id",
    "source_name_raw", "source_url_raw",
]  # fmt: skip


def run(posts: Path, items: Path, out: Path, accounts: Path | None, window_hours: int | None) -> dict[str, Any]:
    """Match; write MATCHES as Parquet in the order of (item_id, post_id); return counts."""
    settings = Settings.load()
    parameters = in_force(settings.seeds, "9999-01-01")
    table = _posts(posts)
    own_side = own.build(table, parameters)
    aliases = credit.Aliases.of(pq.read_table(accounts) if accounts else _names(table))
    urls = own_side.column(table, "url")
    result = stage.match(
        own_side, urls, [None] * len(own_side), _items(items), aliases, parameters, threads=settings.threads
    )
    found = pa.concat_tables([evidence.MATCHES.empty_table(), *result.matches])
    if window_hours:
        lag, none = found["lag_seconds"], pa.scalar(None, pa.string())
        # An item without a time can't be shown to lie within the window.
        why = pc.if_else(pc.greater(lag, window_hours * 3600), "outside_window", none)
        why = pc.if_else(found["is_counted"], pc.if_else(pc.is_null(lag), "no_time", why), found["reason"])
        for name, column in (("is_counted", pc.is_null(why)), ("reason", why)):
            found = found.set_column(found.schema.get_field_index(name), found.schema.field(name), column)
    evidence.write(found.sort_by([("item_id", "ascending"), ("post_id", "ascending")]), out)
    counted = pc.sum(found["is_counted"].cast(pa.int64())).as_py() or 0
    return {"posts": len(own_side), "items": result.items, "matches": len(found), "counted": counted}


def _posts(file: Path) -> pa.Table:
    table = _checked(pq.read_table(file), POSTS, file)
    if pc.any(pc.is_null(table["published_at"])).as_py():
        raise UsageError(f"{file.name}: posts without published_at", remedy="give every post its moment")
    twice = len(table) - pc.count_distinct(table["post_id"]).as_py()
    if twice:
        raise UsageError(f"{file.name}: {twice} post_id twice", remedy="give each post one row")
    return table


def _names(posts: pa.Table) -> pa.Table | None:
    """Where posts carry their account's name, it serves as alias."""
    if "account_name" not in posts.schema.names:
        return None
    found = posts.group_by(["account_id", "account_name"]).aggregate([]).rename_columns(["account_id", "name"])
    return found.append_column("aliases", pa.nulls(len(found), pa.list_(pa.string())))


def _items(file: Path) -> Iterator[pa.RecordBatch]:
    for batch in pq.ParquetFile(file).iter_batches(stage.BATCH_ROWS):
        table = _checked(pa.Table.from_batches([batch]), ITEMS, file)
        seconds = table["published_at"].cast(pa.timestamp("s"), safe=False).cast(pa.int64())
        for name in stage.ITEM_COLUMNS:
            if name not in table.schema.names:
                table = table.append_column(name, pa.nulls(len(table), pa.string()))
        table = table.select(stage.ITEM_COLUMNS).append_column("earliest", seconds).append_column("latest", seconds)
        yield from table.combine_chunks().to_batches()


def _checked(table: pa.Table, wanted: list[str], file: Path) -> pa.Table:
    missing = [name for name in wanted if name not in table.schema.names]
    if missing:
        raise UsageError(
            f"{file.name} lacks {', '.join(missing)}; it has {', '.join(table.schema.names)}",
            remedy="rename its columns to the matcher's contract (docs/architecture.md)",
        )
    if pc.any(pc.is_null(table[wanted[0]])).as_py():
        raise UsageError(f"{file.name}: rows without {wanted[0]}", remedy="give every row its id")
    return table
