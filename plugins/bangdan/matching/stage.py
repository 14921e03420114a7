"""The matching stage: posts and items of a month from staging, streamed through the matcher, evidence as Parquet.

The same function serves `bangdan match` (command.py) and the dbt run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core import seeds
from bangdan.core.errors import BangdanError
from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK, Month
from bangdan.core.processes import in_threads
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.matching import cache, candidates, credit, evidence, own
from bangdan.matching.items import ITEM_COLUMNS, WITH_TEXTS
from bangdan.matching.links import LinkIndex
from bangdan.matching.parameters import Parameters, in_force

BATCH_ROWS = 2048


@dataclass
class Result:
    """All evidence of one call, in no order yet."""

    matches: list[pa.Table] = field(default_factory=list)
    rejected: list[pa.Table] = field(default_factory=list)
    earlier: dict[int, tuple[int, str]] = field(default_factory=dict)
    items: int = 0


def match(
    own_side: own.Own,
    urls: list[str | None],
    forwards: list[str | None],
    batches: Iterable[pa.RecordBatch],
    aliases: credit.Aliases,
    parameters: Parameters,
    decisions: dict[tuple[str, str], dict[str, str]] | None = None,
    progress: Callable[[int], None] | None = None,
    threads: int = 1,
) -> Result:
    """Match batches of items (ITEM_COLUMNS, and `earliest` and `latest` in seconds) against the own side.

    Memory is bounded by the own side and one batch; evidence is the only thing that grows.
    """
    links = LinkIndex(own_side, urls, forwards, parameters)
    result = Result()

    def judged_batch(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, np.ndarray, candidates.Judged]:
        latest = batch["latest"].fill_null(np.iinfo(np.int64).max // 2).to_numpy(zero_copy_only=False)
        return batch, latest, candidates.judge(batch["title"], batch["text"], latest, own_side, parameters)

    for batch, latest, found in in_threads(judged_batch, batches, threads):
        matches, rejected = credit.rows(batch, latest, found, own_side, links, aliases, parameters)
        if decisions:
            matches = _decided(matches, decisions, batch, own_side, parameters)
        result.matches.append(pa.Table.from_pylist(matches, schema=evidence.MATCHES))
        result.rejected.append(rejected)
        for family, at, item_id in credit.earlier_items(batch, latest, found, own_side, parameters):
            result.earlier[family] = min(result.earlier.get(family, (at, item_id)), (at, item_id))
        result.items += batch.num_rows
        if progress:
            progress(result.items)
    return result


def _decided(
    matches: list[dict[str, Any]],
    decisions: dict[tuple[str, str], dict[str, str]],
    batch: pa.RecordBatch,
    own_side: own.Own,
    parameters: Parameters,
) -> list[dict[str, Any]]:
    """A person's decision overrides the rule, and says so; one on a pair that no rule found makes a row of its own."""
    for row in matches:
        said = decisions.get((row["item_id"], row["post_id"]))
        if said:
            row["decided_by"] = "person"
            row["is_counted"] = said["decision"] == "reprint"
            row["reason"] = None if row["is_counted"] else "person"
            row["confidence"] = "A" if row["is_counted"] else "review"
    have = {(row["item_id"], row["post_id"]) for row in matches}
    wanted = {key for key, said in decisions.items() if said["decision"] == "reprint"} - have
    for item_id, post_id in sorted(wanted & _pairs_of(batch, wanted, own_side)):
        at = pc.index(batch["item_id"], item_id).as_py()
        matches.append(
            credit.by_person(batch.slice(at, 1).to_pylist()[0], own_side.row_of[post_id], own_side, parameters)
        )
    return matches


def _pairs_of(batch: pa.RecordBatch, wanted: set[tuple[str, str]], own_side: own.Own) -> set[tuple[str, str]]:
    """Of the wanted pairs, those whose item is in the batch and whose post is known."""
    items = set(
        pc.filter(
            batch["item_id"],
            pc.is_in(batch["item_id"], value_set=pa.array(sorted({item_id for item_id, _post in wanted}), pa.string())),
        ).to_pylist()
    )
    return {(item_id, post_id) for item_id, post_id in wanted if item_id in items and post_id in own_side.row_of}


def families(own_side: own.Own, earlier: dict[int, tuple[int, str]], parameters: Parameters) -> pa.Table:
    """One row per own post, in the order of post ids."""
    origin = own_side.origin
    return pa.table(
        {
            "post_id": pa.array(own_side.post_id, pa.string()),
            "post_month": pa.array(own_side.month, pa.string()),
            "family_id": pa.array(own_side.post_id[origin], pa.string()),
            "origin_post_id": pa.array(own_side.post_id[origin], pa.string()),
            "origin_unit_id": pa.array(own_side.unit_id[origin], pa.string()),
            "is_origin": pa.array(origin == np.arange(len(origin))),
            "earlier_item_id": pa.array([earlier.get(int(o), (0, None))[1] for o in origin], pa.string()),
            "parameters_hash": pa.array([parameters.hash] * len(origin), pa.string()),
        },
        schema=evidence.FAMILIES,
    ).sort_by("post_id")


def run(settings: Settings, month: Month) -> dict[str, Any]:
    """Match the items of [month, month + 168 h) against the posts of the month and of MONTHS_BACK months before; write
    the evidence of both.

    Items that were judged before against the same own side keep their evidence (judged.py).
    """
    parameters = in_force(settings.seeds, f"{month}-01")
    decisions = _decisions(settings, f"{month}-01")
    with connect(settings, read_only=True) as con:
        posts = con.sql(
            """
            select post_id, published_month, account_id, unit_id, published_at, url, title, text,
                repost_of_post_id as forward_of
            from staging.stg_posts
            where published_month between $1 and $2 order by published_at, post_id
            """,
            params=[str(month - MONTHS_BACK), str(month)],
        ).to_arrow_table()
        accounts = con.sql(
            """
            select distinct account_id, name from registry.int_registry__source_names
            where valid_from < $2 and $1 < valid_to order by account_id, name
            """,
            params=[month.start, month.end],
        ).to_arrow_table()
        key = cache.own_key(posts, accounts, parameters.hash, repr(sorted(decisions.items())))
        known = cache.read(settings, str(month), key)
        window = "i.published_month between $1 and $2 and i.published_at_local < $3::timestamp + interval 169 hour"
        months = [str(month), str(month + MONTHS_AHEAD), month.end]
        con.register("known", known.items if known else cache.SCHEMA.empty_table())
        con.execute(
            f"""
            create temp table current_items as
            select item_id, md5(concat_ws(chr(31), {", ".join(f"coalesce({name}, chr(30))" for name in ITEM_COLUMNS)},
                published_at::varchar, published_precision)) as fingerprint
            from ({WITH_TEXTS} where {window})
            """,
            months,
        )
        present = con.sql("select item_id, fingerprint from current_items order by item_id").to_arrow_table()
        kept = con.sql(
            "select c.item_id from current_items c join known k using (item_id, fingerprint) order by c.item_id"
        ).to_arrow_table()["item_id"]
        if known and len(kept) == len(present) == len(known.items):
            counted = pc.sum(known.matches["is_counted"].cast(pa.int64())).as_py() or 0
            return _told(len(posts), len(present), 0, len(known.matches), counted)
        own_side = own.build(posts, parameters)
        batches = con.sql(
            f"""
            select {", ".join(ITEM_COLUMNS)}, epoch(published_at)::bigint as earliest,
                (epoch(published_at)
                    + case published_precision when 'day' then 86399 when 'minute' then 59 else 0 end)::bigint as latest
            from ({WITH_TEXTS}
                where {window} and i.item_id in (
                    select item_id from current_items anti join known using (item_id, fingerprint)
                )
            )
            """,
            params=months,
        ).to_arrow_reader(BATCH_ROWS)
        urls, forwards = (own_side.column(posts, name) for name in ("url", "forward_of"))
        aliases = credit.Aliases.of(accounts)
        result = match(own_side, urls, forwards, batches, aliases, parameters, decisions, threads=settings.threads)
    if known:
        _take_over(known, kept, result, own_side)
    found = pa.concat_tables([evidence.MATCHES.empty_table(), *result.matches])
    refused = pa.concat_tables([evidence.REJECTED.empty_table(), *result.rejected])
    cache.forget(settings, str(month))
    for name, table, keys in (
        ("matches", found, ("item_id", "post_id")),
        ("rejected", refused, ("item_id", "post_id")),
        ("families", families(own_side, result.earlier, parameters), ("post_id",)),
    ):
        table = table.sort_by([(key, "ascending") for key in keys])
        evidence.write(table, evidence.file_of(settings, name, str(month)))
    earlier = [
        {"post_id": own_side.post_id[row], "at": at, "item_id": item_id}
        for row, (at, item_id) in sorted(result.earlier.items())
    ]
    cache.remember(settings, str(month), key, present, earlier)
    counted = pc.sum(found["is_counted"].cast(pa.int64())).as_py() or 0
    return _told(len(own_side), len(present), result.items, len(found), counted)


def _told(posts: int, items: int, newly: int, matches: int, counted: int) -> dict[str, Any]:
    return {
        "posts": posts, "items": items, "newly_judged": newly, "matches": matches, "counted_before_window": counted
    }  # fmt: skip


def _take_over(known: cache.Known, kept: pa.ChunkedArray, result: Result, own_side: own.Own) -> None:
    """Add the evidence of items that were judged before and are still the same."""
    for old, new, schema in (
        (known.matches, result.matches, evidence.MATCHES),
        (known.rejected, result.rejected, evidence.REJECTED),
    ):
        new.append(old.filter(pc.is_in(old["item_id"], value_set=pa.array(kept.to_pylist(), pa.string()))).cast(schema))
    still = set(kept.to_pylist())
    for row in known.earlier.to_pylist():
        if row["item_id"] in still:
            origin, first = own_side.row_of[row["post_id"]], (row["at"], row["item_id"])
            result.earlier[origin] = min(result.earlier.get(origin, first), first)


def _decisions(settings: Settings, on: str) -> dict[tuple[str, str], dict[str, str]]:
    """Decisions of persons that are valid on a day (YYYY-MM-DD), by item and post."""
    rows = seeds.rows(settings.seeds, "corrections/match_decisions")
    for number, row in enumerate(rows, 2):
        if row["decision"] not in ("reprint", "not_reprint"):
            raise BangdanError(
                f"match_decisions.csv, line {number}: decision {row['decision']!r}",
                remedy="write reprint or not_reprint",
            )
    return {(row["item_id"], row["post_id"]): row for row in seeds.in_force(rows, on)}
