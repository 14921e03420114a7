"""What follows for a record from its other columns: identifiers, hashtags, evidence, and which of equal rows counts."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core.normal_forms import normal_key
from bangdan.ingestion import contract
from bangdan.ingestion.columns import account_keys, values, vectors
from bangdan.ingestion.columns.problems import BatchProblems

HASHTAG = re.compile(r"#([^#\s][^#\n]{0,38}?)#")
OBSERVATION = ["channel_type", "account_key", "record_id", "observed_at"]
NEWS = pa.array(["news_app", "news_site"])


def complete(
    columns: dict[str, pa.Array], rows: int, problems: BatchProblems, warnings: Counter[str], *, find_topics: bool
) -> None:
    """Complete the canonical columns of a batch of records in place.

    `find_topics`: take hashtags from the text, because the mapping has no column for them.
    """
    for column in contract.RECORDS:
        if column.name not in contract.LINEAGE_NAMES and column.name not in columns:
            columns[column.name] = pa.nulls(rows, column.type)
    default_unit = vectors.choose(columns["read_count"].is_valid(), "views", None)
    columns["read_unit"] = pc.coalesce(columns["read_unit"], default_unit)
    for metric in contract.METRICS:
        columns[f"{metric}_count_qualifier"] = pc.fill_null(columns[f"{metric}_count_qualifier"], "missing")
    if find_topics:
        columns["topics"] = _hashtags(columns["text"])
    evidence = pc.fill_null(columns["original_evidence"], "flag")
    columns["original_evidence"] = pc.if_else(columns["is_original"].is_null(), "unknown", evidence)
    _identify_accounts(columns)
    _identify_weibo_posts(columns, problems, warnings)
    _identify_other_records(columns, problems)


def _hashtags(texts: pa.Array) -> pa.Array:
    with_mark = vectors.choose(pc.match_substring(texts, "#"), texts, None)
    return vectors.empty_for_null(vectors.map_distinct(with_mark, HASHTAG.findall, pa.list_(pa.string())))


def _identify_accounts(columns: dict[str, pa.Array]) -> None:
    """Keys in normal form; where there is no key, the name is one."""
    keys = account_keys.normal(columns["account_key"], columns["account_key_type"], columns["channel_type"])
    names = vectors.map_distinct(vectors.stripped(columns["account_name_raw"]), _name_as_key, pa.string())
    is_known_by_name = pc.and_(keys.is_null(), names.is_valid())
    columns["account_key"] = pc.coalesce(keys, names)
    columns["account_key_type"] = pc.if_else(is_known_by_name, "name", columns["account_key_type"])


def _name_as_key(name: str) -> str | None:
    return normal_key(name, "name")


def _identify_weibo_posts(columns: dict[str, pa.Array], problems: BatchProblems, warnings: Counter[str]) -> None:
    """Numeric ids; one that a spreadsheet has rounded is proven by the short id or rejected."""
    short_ids = columns["alt_id"]
    bare = pc.utf8_trim_whitespace(columns["record_id"])
    is_number = vectors.is_digits(bare)
    is_weibo = pc.equal(columns["channel_type"], "weibo")
    is_concerned = pc.and_(is_weibo, pc.or_(short_ids.is_valid(), is_number))
    # Rounding leaves zeros at the end: a number that ends otherwise is exact.
    is_exact = pc.and_(is_number, pc.invert(pc.fill_null(pc.ends_with(bare, "0"), False)))
    doubtful = vectors.places_where(pc.and_(is_concerned, pc.invert(is_exact)))
    ids = bare
    if doubtful:
        proven: list[str | None] = []
        for place in doubtful:
            raw = columns["record_id"][place].as_py()
            mid, code, is_repaired = values.weibo_id(raw, short_ids[place].as_py())
            proven.append(mid)
            if code:
                problems.add(place, code, "record_id", raw)
            if is_repaired:
                warnings["ID_PRECISION"] += 1
        ids = vectors.replace_at(bare, doubtful, proven)
    columns["record_id"] = vectors.choose(is_concerned, ids, bare)
    for name in ("repost_of_id", "parent_id", "root_id"):
        if columns[name].null_count < len(columns[name]):
            columns[name] = vectors.choose(is_concerned, _post_ids(columns[name]), columns[name])


def _post_ids(texts: pa.Array) -> pa.Array:
    """Numeric ids of other posts; 0 and anything else is NULL."""
    is_plain = pc.and_(vectors.is_digits(texts), pc.fill_null(pc.not_equal(texts, "0"), False))
    others = vectors.map_distinct(pc.if_else(is_plain, None, texts), _post_id, pa.string())
    return pc.if_else(is_plain, texts, others)


def _post_id(text: str) -> str | None:
    bare = text.strip()
    return bare if bare.isdigit() and bare != "0" else None


def _identify_other_records(columns: dict[str, pa.Array], problems: BatchProblems) -> None:
    """A record id that is the channel's own, else its address, else a hash of account, title and time."""
    ids = vectors.stripped(columns["record_id"])
    is_news = pc.and_(pc.is_in(columns["channel_type"], NEWS), ids.is_null())
    if pc.any(is_news).as_py():
        addresses = vectors.choose(is_news, columns["url"], None)
        ids = pc.coalesce(ids, vectors.map_distinct(addresses, values.canonical_url, pa.string()))
    places = [place for place in vectors.places_where(ids.is_null()) if place not in problems]
    if places:
        micros = columns["published_at"].cast(pa.timestamp("us")).cast(pa.int64())
        hashes = [
            _hashed_id(
                columns["account_key"][place].as_py(),
                columns["title"][place].as_py() or columns["text"][place].as_py(),
                micros[place].as_py(),
            )
            for place in places
        ]
        for place, hashed in zip(places, hashes, strict=True):
            if hashed is None:
                problems.add(place, "ID_MISSING", "record_id", "")
        ids = vectors.replace_at(ids, places, hashes)
    columns["record_id"] = ids


def _hashed_id(account_key: str | None, title: str | None, micros: int | None) -> str | None:
    """An id from account, title and time, for a record that has no other; None without a title."""
    if not title:
        return None
    return "h" + hashlib.sha256(f"{account_key}\n{title}\n{micros}".encode()).hexdigest()[:24]


def observation_keys(table: pa.Table) -> pa.Table:
    """The columns that `superseded` reads: OBSERVATION, `source_row` and `weight`, the sum of all counts of a row."""
    weight = pa.repeat(pa.scalar(0, pa.int64()), len(table))
    for metric in contract.METRICS:
        weight = pc.add(weight, pc.fill_null(table[f"{metric}_count"], 0))
    return table.select([*OBSERVATION, "source_row"]).append_column("weight", weight)


def superseded(keys: pa.Table) -> list[int]:
    """Row numbers of a file that another row of it replaces, ascending. `keys`: as `observation_keys` gives them.

    One row per record and observation stays: that with the larger counts, then the later.
    """
    ids = keys["record_id"]
    if pc.count_distinct(ids).as_py() == len(ids):
        return []
    encoded = pa.chunked_array(ids.chunks, pa.string()).combine_chunks().dictionary_encode()
    occurrences = pc.value_counts(encoded.indices)
    repeated = occurrences.field("values").filter(pc.greater(occurrences.field("counts"), 1))
    candidates = keys.filter(pc.is_in(encoded.indices, repeated))
    best: dict[tuple, tuple[int, int]] = {}
    replaced = []
    rows = zip(*(candidates[name].to_pylist() for name in [*OBSERVATION, "weight", "source_row"]), strict=True)
    for *key, weight, row in rows:
        known = best.get(tuple(key))
        if known is None or (weight, row) > known:
            best[tuple(key)] = (weight, row)
            if known is not None:
                replaced.append(known[1])
        else:
            replaced.append(row)
    return sorted(replaced)
