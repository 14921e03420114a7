"""The matching stage: a month's posts and items from the warehouse, through the matcher, to evidence as Parquet."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core import city, seeds
from bangdan.core.errors import BangdanError
from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK, Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.matching import evidence, judged_items, matcher, post_index
from bangdan.matching.aliases import Aliases
from bangdan.matching.judged_items import JudgedItems
from bangdan.matching.matcher import Result
from bangdan.matching.parameters import Parameters, in_force
from bangdan.matching.post_index import PostIndex
from bangdan.matching.query_files import query

# Items are read to the end of the widest window of a method, 168 hours after the month, and an hour more for clocks; the
# window itself is applied in the marts.
READ_AHEAD = timedelta(hours=169)

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
    items: pa.Table  # judged_items.SCHEMA
    hash: str  # of all but the items
    judged: JudgedItems | None
    kept: pa.Array  # ids of the items that have been judged as they are now

    @property
    def is_unchanged(self) -> bool:
        """Has every item been judged, and is none gone?"""
        return self.judged is not None and len(self.kept) == len(self.items) == len(self.judged.items)


def run(settings: Settings, month: Month) -> dict[str, int]:
    """Match the items from the month's start to 168 hours after its end with the posts of the month and of MONTHS_BACK
    months before; write the evidence. Items that were judged against the same inputs keep their evidence. Returns
    Counts.
    """
    with connect(settings, read_only=True) as con:
        inputs = _load(con, settings, month)
        if inputs.judged and inputs.is_unchanged:
            return _counts(inputs, inputs.judged.matches, newly_judged=0)
        posts = post_index.build(inputs.posts, inputs.parameters)
        new_items = con.sql(query("items_to_judge"), params=_span_of_items(con, month)).to_arrow_reader(
            matcher.BATCH_ROWS
        )
        aliases = Aliases.of(inputs.account_names, inputs.parameters.min_alias_chars)
        result = matcher.match(posts, new_items, aliases, inputs.parameters, inputs.decisions, threads=settings.threads)
    newly_judged = result.items
    if inputs.judged:
        _add_kept(inputs.judged, inputs.kept, result, posts)
    _write(settings, inputs, posts, result)
    return _counts(inputs, result.all_matches(), newly_judged)


def _load(con: duckdb.DuckDBPyConnection, settings: Settings, month: Month) -> Inputs:
    parameters = in_force(settings.seeds, f"{month}-01")
    decisions_in_force = decisions(settings, f"{month}-01")
    posts = con.sql(query("posts"), params=[str(month - MONTHS_BACK), str(month)]).to_arrow_table()
    names = con.sql(query("account_names"), params=[month.start, month.end]).to_arrow_table()
    inputs_hash = judged_items.inputs_hash(posts, names, parameters.hash, repr(sorted(decisions_in_force.items())))
    judged = judged_items.read(settings, str(month), inputs_hash)

    span_of_reposts = [str(month - MONTHS_BACK), str(month + MONTHS_AHEAD)]
    con.execute(f"create temp table origins_of_reposts as {query('reposts_through_reposts')}", span_of_reposts)
    con.execute(f"create temp view items_with_texts as {query('items_with_texts')}")
    con.execute(f"create temp table items_of_month as {query('fingerprints')}", _span_of_items(con, month))
    con.register("judged_items", judged.items if judged else judged_items.SCHEMA.empty_table())
    items = con.sql("select item_id, fingerprint from items_of_month order by item_id").to_arrow_table()
    kept = con.sql(
        "select item_id from items_of_month semi join judged_items using (item_id, fingerprint) order by item_id"
    ).to_arrow_table()
    return Inputs(
        month,
        parameters,
        decisions_in_force,
        posts,
        names,
        items,
        inputs_hash,
        judged,
        kept["item_id"].combine_chunks(),
    )


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


def _add_kept(judged: JudgedItems, kept: pa.Array, result: Result, posts: PostIndex) -> None:
    """Add the evidence of items that were judged before and have not changed."""
    for before, tables, schema in (
        (judged.matches, result.matches, evidence.MATCHES),
        (judged.rejected, result.rejected, evidence.REJECTED),
    ):
        tables.append(before.filter(pc.is_in(before["item_id"], value_set=kept)).cast(schema))
    earlier = judged.earlier.filter(pc.is_in(judged.earlier["item_id"], value_set=kept))
    for row in earlier.to_pylist():
        result.add_earlier(posts.row_of[row["post_id"]], row["at"], row["item_id"])


def _write(settings: Settings, inputs: Inputs, posts: PostIndex, result: Result) -> None:
    month = str(inputs.month)
    judged_items.remove(settings, month)
    evidence.write(settings, "matches", month, result.all_matches())
    evidence.write(settings, "rejected", month, result.all_rejected())
    evidence.write(settings, "families", month, matcher.families(posts, result.earlier, inputs.parameters))
    earlier = [
        {"post_id": posts.post_id[row], "at": second, "item_id": item_id}
        for row, (second, item_id) in sorted(result.earlier.items())
    ]
    judged_items.write(settings, month, inputs.hash, inputs.items, earlier)


def _counts(inputs: Inputs, matches: pa.Table, newly_judged: int) -> dict[str, int]:
    counted = pc.sum(matches["is_counted"].cast(pa.int64())).as_py() or 0
    return asdict(Counts(len(inputs.posts), len(inputs.items), newly_judged, len(matches), counted))
