"""What follows for a record from its other columns: identifiers, hashtags, evidence, and which of equals counts."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion import contract
from bangdan.ingestion.columns import values, vectors

if TYPE_CHECKING:
    from bangdan.ingestion.columns.rows import Reader

HASHTAG = re.compile(r"#([^#\s][^#\n]{0,38}?)#")
KEY = ["channel_type", "account_key", "record_id", "observed_at"]


def finish(reader: Reader) -> None:
    """Complete the canonical columns of a batch of records."""
    c = reader.columns
    lineage = {name for name, _ in contract.LINEAGE}
    for column in contract.RECORDS:
        if column.name not in lineage and column.name not in c:
            c[column.name] = pa.nulls(len(reader), column.type)
    views = vectors.choose(c["read_count"].is_valid(), "views", None)
    c["read_unit"] = pc.coalesce(c["read_unit"], views)
    for metric in contract.METRICS:
        c[f"{metric}_count_qualifier"] = pc.fill_null(c[f"{metric}_count_qualifier"], "missing")
    if "topics" not in reader.mapping.columns:
        c["topics"] = _hashtags(c["text"])
    evidence = pc.fill_null(c["original_evidence"], "flag")
    c["original_evidence"] = pc.if_else(c["is_original"].is_null(), "unknown", evidence)
    _identify_account(c)
    _identify_weibo(reader)
    _identify_others(reader)


def _hashtags(texts: pa.Array) -> pa.Array:
    marked = vectors.choose(pc.match_substring(texts, "#"), texts, None)
    return vectors.no_list_is_null(vectors.by_value(marked, HASHTAG.findall, pa.list_(pa.string())))


def _identify_account(c: dict[str, pa.Array]) -> None:
    """Keys without blanks; a site's host without www.; where there is no key, the name is one."""
    keys = vectors.stripped(c["account_key"])
    is_site = pc.equal(c["channel_type"], "news_site")
    if vectors.where(is_site):
        hosts = vectors.by_value(keys, lambda key: key.lower().removeprefix("www.") or None, pa.string())
        keys = vectors.choose(is_site, hosts, keys)
    names = vectors.stripped(c["account_name_raw"])
    is_named = pc.and_(keys.is_null(), names.is_valid())
    c["account_key"] = pc.coalesce(keys, names)
    c["account_key_type"] = pc.if_else(is_named, "name", c["account_key_type"])


def _identify_weibo(reader: Reader) -> None:
    """Numeric ids; what a spreadsheet has rounded is proven by the short id or rejected."""
    c = reader.columns
    raws, bids = c["record_id"], c["alt_id"]
    bare = pc.utf8_trim_whitespace(raws)
    is_number = vectors.is_digits(bare)
    is_weibo = pc.equal(c["channel_type"], "weibo")
    is_asked = pc.and_(is_weibo, pc.or_(bids.is_valid(), is_number))
    # Rounding leaves zeros at the end: an id of digits that ends otherwise stands as it is.
    is_clear = pc.and_(is_number, pc.invert(pc.fill_null(pc.ends_with(bare, "0"), False)))
    doubtful = vectors.where(pc.and_(is_asked, pc.invert(is_clear)))
    found = bare
    if doubtful:
        told: list[str | None] = []
        for row in doubtful:
            raw = raws[row].as_py()
            mid, code, is_repaired = values.weibo_id(raw, bids[row].as_py())
            told.append(mid)
            if code:
                reader.problem(row, code, "record_id", raw)
            if is_repaired:
                reader.table.warnings["ID_PRECISION"] += 1
        mask = pc.is_in(pa.array(range(len(raws))), pa.array(doubtful))
        found = pc.replace_with_mask(bare, mask, pa.array(told, pa.string()))
    c["record_id"] = vectors.choose(is_asked, found, bare)
    for name in ("repost_of_id", "parent_id", "root_id"):
        if c[name].null_count < len(c[name]):
            is_plain = pc.and_(vectors.is_digits(c[name]), pc.fill_null(pc.not_equal(c[name], "0"), False))
            others = vectors.by_value(pc.if_else(is_plain, None, c[name]), _post_id, pa.string())
            c[name] = vectors.choose(is_asked, pc.if_else(is_plain, c[name], others), c[name])


def _post_id(text: str) -> str | None:
    bare = text.strip()
    return bare if bare.isdigit() and bare != "0" else None


def _identify_others(reader: Reader) -> None:
    """A record id that is the channel's own, else its address, else a hash of account, title and time."""
    c = reader.columns
    ids = vectors.stripped(c["record_id"])
    is_news = pc.and_(pc.is_in(c["channel_type"], pa.array(["news_app", "news_site"])), ids.is_null())
    if vectors.where(is_news):
        addresses = vectors.by_value(vectors.choose(is_news, c["url"], None), values.canonical_url, pa.string())
        ids = pc.coalesce(ids, addresses)
    rows = [row for row in vectors.where(ids.is_null()) if row not in reader.problems]
    if rows:
        at = c["published_at"].cast(pa.timestamp("us")).cast(pa.int64())
        told = [
            _hashed(c["account_key"][row].as_py(), c["title"][row].as_py() or c["text"][row].as_py(), at[row].as_py())
            for row in rows
        ]
        for row, found in zip(rows, told, strict=True):
            if found is None:
                reader.problem(row, "ID_MISSING", "record_id", "")
        mask = pc.is_in(pa.array(range(len(ids))), pa.array(rows))
        ids = pc.replace_with_mask(ids, mask, pa.array(told, pa.string()))
    c["record_id"] = ids


def _hashed(account_key: str | None, title: str | None, at: int | None) -> str | None:
    """An id from what tells a record apart where nothing else does."""
    if not title:
        return None
    return "h" + hashlib.sha256(f"{account_key}\n{title}\n{at}".encode()).hexdigest()[:24]


def weights(columns: dict[str, pa.Array]) -> pa.Array:
    """Sum of all counts of each row: of equal observations the one with more stands."""
    total = pa.repeat(pa.scalar(0, pa.int64()), len(columns["record_id"]))
    for metric in contract.METRICS:
        total = pc.add(total, pc.fill_null(columns[f"{metric}_count"], 0))
    return total


def superseded(keys: pa.Table) -> list[int]:
    """Row numbers of a file that another row of it replaces. `keys`: KEY, `source_row` and `weight`.

    One row per record and observation stays: that with the larger counts, then the later.
    """
    ids = keys["record_id"]
    if pc.count_distinct(ids).as_py() == len(ids):
        return []
    seen = pa.chunked_array(ids.chunks, pa.string()).combine_chunks().dictionary_encode()
    many = pc.value_counts(seen.indices)
    repeated = many.field("values").filter(pc.greater(many.field("counts"), 1))
    again = keys.filter(pc.is_in(seen.indices, repeated))
    best: dict[tuple, tuple[int, int]] = {}
    lost = []
    columns = [again[name].to_pylist() for name in KEY]
    for *key, weight, row in zip(*columns, again["weight"].to_pylist(), again["source_row"].to_pylist(), strict=True):
        known = best.get(tuple(key))
        if known is None or (weight, row) > known:
            best[tuple(key)] = (weight, row)
            if known is not None:
                lost.append(known[1])
        else:
            lost.append(row)
    return sorted(lost)
