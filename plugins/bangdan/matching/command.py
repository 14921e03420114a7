"""`bangdan match`: the matcher alone, Parquet in and Parquet out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangdan.core import parquet
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.matching import matcher, post_index
from bangdan.matching.aliases import Aliases
from bangdan.matching.parameters import in_force
from bangdan.matching.query_files import ITEM_COLUMNS

POSTS = ["post_id", "platform", "account_id", "unit_id", "published_at", "url", "title", "text"]
ITEMS = [
    "item_id", "channel_type", "outlet_id", "published_at", "url", "title", "text", "repost_of_post_id",
    "source_name_raw", "source_url_raw",
]  # fmt: skip


@dataclass
class Counts:
    """What a match did."""

    posts: int
    items: int
    matches: int
    counted: int


def run(posts: Path, items: Path, out: Path, accounts: Path | None, window_hours: int | None) -> dict[str, int]:
    """Match; write evidence.MATCHES as Parquet in the order of (item_id, post_id). Returns Counts."""
    settings = Settings.load()
    parameters = in_force(settings.seeds, "9999-01-01")
    table = _posts(posts)
    index = post_index.build(table, parameters)
    aliases = Aliases.of(pq.read_table(accounts) if accounts else _names(table), parameters.min_alias_chars)
    result = matcher.match(index, _items(items), aliases, parameters, threads=settings.threads)
    matches = result.matches.table()
    if window_hours:
        matches = _within(matches, window_hours)
    parquet.write_table(matches.sort_by([("item_id", "ascending"), ("post_id", "ascending")]), out)
    counted = pc.sum(matches["is_counted"].cast(pa.int64())).as_py() or 0
    return asdict(Counts(len(index), result.items, len(matches), counted))


def _within(matches: pa.Table, window_hours: int) -> pa.Table:
    """Matches of which only those within the window count. An item without a time cannot be shown to be within it."""
    lag, none = matches["lag_seconds"], pa.scalar(None, pa.string())
    reason = pc.if_else(pc.greater(lag, window_hours * 3600), "outside_window", none)
    reason = pc.if_else(matches["is_counted"], pc.if_else(pc.is_null(lag), "no_time", reason), matches["reason"])
    for name, column in (("is_counted", pc.is_null(reason)), ("reason", reason)):
        at = matches.schema.get_field_index(name)
        matches = matches.set_column(at, matches.schema.field(name), column)
    return matches


def _posts(file: Path) -> pa.Table:
    table = _checked(pq.read_table(file), POSTS, file)
    if pc.any(pc.is_null(table["published_at"])).as_py():
        raise UsageError(f"{file.name}: posts without published_at", remedy="give every post its moment")
    repeated = len(table) - pc.count_distinct(table["post_id"]).as_py()
    if repeated:
        raise UsageError(f"{file.name}: {repeated} post_id twice", remedy="give each post one row")
    # These come from the warehouse only; a column of a user's file that is called so means something else.
    return table.drop_columns([name for name in ("forward_of",) if name in table.schema.names])


def _names(posts: pa.Table) -> pa.Table | None:
    """Accounts with the names that the posts carry; None where they carry none."""
    if "account_name" not in posts.schema.names:
        return None
    return posts.group_by(["account_id", "account_name"]).aggregate([]).rename_columns(["account_id", "name"])


def _items(file: Path) -> Iterator[pa.RecordBatch]:
    for batch in pq.ParquetFile(file).iter_batches(matcher.BATCH_ROWS):
        table = _checked(pa.Table.from_batches([batch]), ITEMS, file)
        seconds = table["published_at"].cast(pa.timestamp("s"), safe=False).cast(pa.int64())
        for name in ITEM_COLUMNS:
            if name not in table.schema.names:
                table = table.append_column(name, pa.nulls(len(table), pa.string()))
        table = table.select(ITEM_COLUMNS).append_column("earliest", seconds).append_column("latest", seconds)
        yield from table.combine_chunks().to_batches()


def _checked(table: pa.Table, columns: list[str], file: Path) -> pa.Table:
    missing = [name for name in columns if name not in table.schema.names]
    if missing:
        raise UsageError(
            f"{file.name} lacks {', '.join(missing)}; it has {', '.join(table.schema.names)}",
            remedy="rename its columns to the matcher's contract (docs/architecture.md)",
        )
    if pc.any(pc.is_null(table[columns[0]])).as_py():
        raise UsageError(f"{file.name}: rows without {columns[0]}", remedy="give every row its id")
    return table
