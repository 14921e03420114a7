"""The matching stage: a month's posts and items from the warehouse, through the matcher, to evidence as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangdan.core import city, seeds
from bangdan.core.errors import BangdanError
from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK, Month
from bangdan.core.settings import Settings, memory_bytes, share_of_memory
from bangdan.core.warehouse import connect, scratch
from bangdan.matching import evidence, judged_items, matcher, post_index
from bangdan.matching.aliases import Aliases
from bangdan.matching.growing_rows import GrowingRows, Scratch
from bangdan.matching.judged_items import JudgedItems
from bangdan.matching.matcher import Result
from bangdan.matching.parameters import Parameters, in_force
from bangdan.matching.post_index import PostIndex
from bangdan.matching.query_files import query

# Items are read to the end of the widest window of a method, 168 hours after the month, and an hour more for clocks; the
# window itself is applied in the marts.
READ_AHEAD = timedelta(hours=169)

# Share of the memory limit that the database may take while posts, their index and the evidence are in memory beside it, and
# the least that it works with.
DATABASE_SHARE, LEAST_DATABASE_BYTES = 0.2, 500_000_000
# Share of the memory limit that each of three may take before it is written to files: matches, rejected pairs, ids of items.
ROWS_SHARE = 0.03

Decisions = dict[tuple[str, str], dict[str, str]]


@dataclass
class Counts:
    """What a run of the stage did."""

    posts: int
    items: int
    newly_judged: int
    matches: int
    counted_before_window: int


@dataclass
class Inputs:
    """What a month's matching depends on, but for the items that are to be judged: they are streamed."""

    month: Month
    parameters: Parameters
    decisions: Decisions
    posts: pa.Table
    account_names: pa.Table
    hash: str  # of all but the items

    def take_posts(self) -> pa.Table:
        """The posts, of which only the ids stay here: memory holds their texts once."""
        posts, self.posts = self.posts, self.posts.select(["post_id"])
        return posts


@dataclass
class Kept:
    """What was judged against the same inputs before."""

    judged: JudgedItems
    items: pa.Table  # judged_items.SCHEMA: all items as they are now
    ids: pa.Array  # of the items that have been judged as they are now

    @property
    def is_all(self) -> bool:
        """Has every item been judged, and is none gone?"""
        return len(self.ids) == len(self.items) == len(self.judged.items)


@dataclass
class Judged:
    """What the matcher has found for the items of a month, those kept included."""

    result: Result
    items: GrowingRows  # judged_items.SCHEMA
    earlier: list[dict[str, Any]]  # rows of judged_items.EARLIER
    families: pa.Table
    newly_judged: int


def run(settings: Settings, month: Month) -> dict[str, int]:
    """Match the items from the month's start to 168 hours after its end with the posts of the month and of MONTHS_BACK
    months before; write the evidence. Items that were judged against the same inputs keep their evidence. Returns
    Counts.
    """
    database = _beside_the_matcher(settings)
    with scratch(settings) as folder:
        with connect(database, read_only=True) as con:
            inputs = _load(con, settings, month)
        # What reading the posts took is not held while their index is built.
        with connect(database, read_only=True) as con:
            kept = _kept(con, settings, inputs)
            if kept and kept.is_all:
                return _counts(settings, inputs, len(kept.items), newly_judged=0)
            judged = _judge(con, settings, inputs, kept, _scratch(settings, folder))
        _write(database, inputs, judged)
    return _counts(settings, inputs, judged.items.rows, judged.newly_judged)


def _beside_the_matcher(settings: Settings) -> Settings:
    """Settings with the share of the memory limit that is the database's."""
    share = share_of_memory(settings.memory_limit, DATABASE_SHARE, LEAST_DATABASE_BYTES)
    return settings.replaced(memory_limit=share)


def _scratch(settings: Settings, folder: Path) -> Scratch:
    return Scratch(folder, int(memory_bytes(settings.memory_limit) * ROWS_SHARE))


def _load(con: duckdb.DuckDBPyConnection, settings: Settings, month: Month) -> Inputs:
    parameters = in_force(settings.seeds, f"{month}-01")
    decisions_in_force = decisions(settings, f"{month}-01")
    posts = con.sql(query("posts"), params=[str(month - MONTHS_BACK), str(month)]).to_arrow_table()
    names = con.sql(query("account_names"), params=[month.start, month.end]).to_arrow_table()
    inputs_hash = judged_items.inputs_hash(posts, names, parameters.hash, repr(sorted(decisions_in_force.items())))
    return Inputs(month, parameters, decisions_in_force, posts, names, inputs_hash)


def _kept(con: duckdb.DuckDBPyConnection, settings: Settings, inputs: Inputs) -> Kept | None:
    """What was judged before, None where nothing was; makes the view new_items of those that are to be judged."""
    span_of_reposts = [str(inputs.month - MONTHS_BACK), str(inputs.month + MONTHS_AHEAD)]
    con.execute(f"create temp table origins_of_reposts as {query('reposts_through_reposts')}", span_of_reposts)
    for view in ("items_with_texts", "items_with_fingerprints"):
        con.execute(f"create temp view {view} as {query(view)}")
    judged = judged_items.read(settings, str(inputs.month), inputs.hash)
    if not judged:
        con.execute("create temp view new_items as select * from items_with_fingerprints")
        return None
    con.execute(f"create temp table items_of_month as {query('fingerprints')}", _span_of_items(con, inputs.month))
    con.register("judged_items", judged.items)
    con.execute(f"create temp view new_items as {query('new_items')}")
    items = con.sql("select item_id, fingerprint from items_of_month order by item_id").to_arrow_table()
    kept = con.sql(
        "select item_id from items_of_month semi join judged_items using (item_id, fingerprint) order by item_id"
    ).to_arrow_table()
    return Kept(judged, items, kept["item_id"].combine_chunks())


def _judge(
    con: duckdb.DuckDBPyConnection, settings: Settings, inputs: Inputs, kept: Kept | None, limits: Scratch
) -> Judged:
    """Judge the new items, and add what is kept. The index of the posts is gone when this returns."""
    posts = post_index.build(inputs.take_posts(), inputs.parameters)
    new_items = con.sql(query("items_to_judge"), params=_span_of_items(con, inputs.month))
    result = Result(
        GrowingRows("matches", evidence.MATCHES, limits), GrowingRows("rejected", evidence.REJECTED, limits)
    )
    seen = GrowingRows("items", judged_items.SCHEMA, limits)
    aliases = Aliases.of(inputs.account_names, inputs.parameters.min_alias_chars)
    matcher.match(
        posts,
        _noted(new_items.to_arrow_reader(matcher.BATCH_ROWS), seen),
        aliases,
        inputs.parameters,
        inputs.decisions,
        threads=settings.threads,
        result=result,
    )
    newly_judged = result.items
    if kept:
        _add_kept(kept, result, posts)
        seen = GrowingRows("items", judged_items.SCHEMA)
        seen.append(kept.items)
    earlier = [
        {"post_id": posts.post_id[row], "at": second, "item_id": item_id}
        for row, (second, item_id) in sorted(result.earlier.items())
    ]
    families = matcher.families(posts, result.earlier, inputs.parameters)
    return Judged(result, seen, earlier, families, newly_judged)


def _noted(batches: Iterable[pa.RecordBatch], seen: GrowingRows) -> Iterator[pa.RecordBatch]:
    """The batches; ids and fingerprints of their items are added to `seen`."""
    for batch in batches:
        # A copy: a column of a batch that the database hands over keeps all of it in memory, texts too.
        ids = batch.select(judged_items.SCHEMA.names).take(pa.array(np.arange(batch.num_rows)))
        seen.append(pa.Table.from_batches([ids]))
        yield batch


def _span_of_items(con: duckdb.DuckDBPyConnection, month: Month) -> list[str | datetime]:
    """Parameters of the queries of items: first and last month, the time before which they were published, and the first
    and last month of the records that hold their texts.
    """
    months = [str(month), str(month + MONTHS_AHEAD)]
    [months_of_texts] = con.execute(
        "select min(text_month), max(text_month) from staging.stg_channel_items where published_month between $1 and $2",
        months,
    ).fetchall()
    return [*months, month.end + READ_AHEAD, *months_of_texts]


def decisions(settings: Settings, day: str) -> Decisions:
    """Decisions of persons that are in force on a day (YYYY-MM-DD), by item and post."""
    rows = city.rows(settings, "corrections/match_decisions")
    for line, row in enumerate(rows, 2):
        if row["decision"] not in ("reprint", "not_reprint"):
            raise BangdanError(
                f"match_decisions.csv, line {line}: decision {row['decision']!r}",
                remedy="write reprint or not_reprint",
            )
    return {(row["item_id"], row["post_id"]): row for row in seeds.in_force(rows, day)}


def _add_kept(kept: Kept, result: Result, posts: PostIndex) -> None:
    """Add the evidence of items that were judged before and have not changed."""
    for file, rows in ((kept.judged.matches, result.matches), (kept.judged.rejected, result.rejected)):
        for batch in pq.ParquetFile(file).iter_batches():
            before = pa.Table.from_batches([batch])
            rows.append(before.filter(pc.is_in(before["item_id"], value_set=kept.ids)).cast(rows.schema))
    earlier = kept.judged.earlier.filter(pc.is_in(kept.judged.earlier["item_id"], value_set=kept.ids))
    for row in earlier.to_pylist():
        result.add_earlier(posts.row_of[row["post_id"]], row["at"], row["item_id"])


def _write(settings: Settings, inputs: Inputs, judged: Judged) -> None:
    """Write the evidence, and then what has been judged."""
    month = str(inputs.month)
    judged_items.remove(settings, month)
    for table, rows in (("matches", judged.result.matches), ("rejected", judged.result.rejected)):
        evidence.write_slices(settings, table, month, rows.in_order(settings, evidence.keys(table)))
    evidence.write(settings, "families", month, judged.families)
    judged_items.write(settings, month, inputs.hash, judged.items.in_order(settings, ["item_id"]), judged.earlier)


def _counts(settings: Settings, inputs: Inputs, items: int, newly_judged: int) -> dict[str, int]:
    matches, counted = evidence.count_matches(settings, str(inputs.month))
    return asdict(Counts(len(inputs.posts), items, newly_judged, matches, counted))
