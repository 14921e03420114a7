"""What follows for a record from its other columns: identifiers, hashtags, evidence, and which of equal rows counts."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core.normal_forms import normal_key
from bangdan.ingestion import contract
from bangdan.ingestion.columns import account_keys, decoded_twice, values, vectors, weibo
from bangdan.ingestion.columns.problems import BatchProblems
from bangdan.ingestion.columns.typed import UnreadTimes

HASHTAG = re.compile(r"#([^#\s][^#\n]{0,38}?)#")
ROUNDED_KEY = r"^\s*\d(\.\d+)?[eE]\+\d{1,2}\s*$"
OBSERVATION = ["channel_type", "account_key", "record_id", "observed_at"]
NEWS = pa.array(["news_app", "news_site"])


def complete(
    columns: dict[str, pa.Array],
    unread: UnreadTimes,
    problems: BatchProblems,
    warnings: Counter[str],
    *,
    find_topics: bool,
) -> None:
    """Complete the canonical columns of a batch of records in place.

    `unread`: times of publication that the file leaves open; an id of Weibo may hold them. `find_topics`: take hashtags
    from the text, because the mapping has no column for them.
    """
    rows = len(unread.texts)
    for column in contract.RECORDS:
        if column.name not in contract.LINEAGE_NAMES and column.name not in columns:
            columns[column.name] = pa.nulls(rows, column.type)
    default_unit = vectors.choose(columns["read_count"].is_valid(), "views", None)
    columns["read_unit"] = pc.coalesce(columns["read_unit"], default_unit)
    for metric in contract.METRICS:
        columns[f"{metric}_count_qualifier"] = pc.fill_null(columns[f"{metric}_count_qualifier"], "missing")
    for name in ("title", "text"):
        problems.add_where(decoded_twice.mask(columns[name]), "ENC_TWICE", name, columns[name])
    if find_topics:
        columns["topics"] = _hashtags(columns["text"])
    evidence = pc.fill_null(columns["original_evidence"], "flag")
    columns["original_evidence"] = pc.if_else(columns["is_original"].is_null(), "unknown", evidence)
    problems.add_where(vectors.stripped(columns["channel_type"]).is_null(), "CHANNEL_MISSING", "channel_type")
    _identify_accounts(columns, problems)
    weibo.identify(columns, problems, warnings)
    weibo.fill_times(columns, unread)
    codes = pc.if_else(columns["published_at"].is_null(), unread.codes, None)
    problems.add_codes(codes, "published_at", unread.texts, ignored="DATE_MISSING")
    _identify_other_records(columns, problems)


def _hashtags(texts: pa.Array) -> pa.Array:
    with_mark = vectors.choose(pc.match_substring(texts, "#"), texts, None)
    return vectors.empty_for_null(vectors.map_distinct(with_mark, HASHTAG.findall, pa.list_(pa.string())))


def _identify_accounts(columns: dict[str, pa.Array], problems: BatchProblems) -> None:
    """Keys in normal form; where there is no key, the name is one. A key that a spreadsheet rounded is nobody's."""
    is_rounded = pc.fill_null(pc.match_substring_regex(columns["account_key"], ROUNDED_KEY), False)
    problems.add_where(is_rounded, "ID_PRECISION", "account_key", columns["account_key"])
    keys = account_keys.normal(columns["account_key"], columns["account_key_type"], columns["channel_type"])
    names = vectors.map_distinct(vectors.stripped(columns["account_name_raw"]), _name_as_key, pa.string())
    is_known_by_name = pc.and_(keys.is_null(), names.is_valid())
    columns["account_key"] = pc.coalesce(keys, names)
    columns["account_key_type"] = pc.if_else(is_known_by_name, "name", columns["account_key_type"])


def _name_as_key(name: str) -> str | None:
    return normal_key(name, "name")


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
