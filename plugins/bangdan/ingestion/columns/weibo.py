"""Weibo posts: numeric ids proven by short ones, references to other posts, and the times that ids hold."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core import identifiers
from bangdan.core.months import SHANGHAI
from bangdan.ingestion.columns import values, vectors
from bangdan.ingestion.columns.problems import BatchProblems
from bangdan.ingestion.columns.typed import UnreadTimes
from bangdan.ingestion.contract import ARROW_TYPES, Kind

REFERENCES = ("repost_of_id", "parent_id", "root_id")
BID_CHARACTERS = 9  # of the short id of a numeric one of 16 digits
_DIGITS = np.array([identifiers.digit62(chr(code)) for code in range(256)])
_SCIENTIFIC = r"^\d(\.\d+)?[eE]\+?\d+$"
_PLACE_VALUES = 62 ** np.arange(3, -1, -1)


def identify(columns: dict[str, pa.Array], problems: BatchProblems, warnings: Counter[str]) -> None:
    """Numeric ids, in place. One that a spreadsheet has rounded is proven by the short id or rejected; one that names
    another post than the short id does is rejected.
    """
    is_weibo = pc.equal(columns["channel_type"], "weibo")
    _move_short_ids(columns, is_weibo)
    short_ids = pc.utf8_trim_whitespace(columns["alt_id"])
    bare = pc.utf8_trim_whitespace(columns["record_id"])
    is_number = vectors.is_digits(bare)
    is_id = pc.or_(is_number, pc.fill_null(pc.match_substring_regex(bare, _SCIENTIFIC), False))
    is_concerned = pc.and_(is_weibo, pc.or_(short_ids.is_valid(), is_id))
    is_sound = pc.and_(is_number, pc.invert(_contradict(bare, short_ids)))
    doubtful = vectors.places_where(pc.and_(is_concerned, pc.invert(is_sound)))
    ids = bare
    if doubtful:
        proven: list[str | None] = []
        for place in doubtful:
            raw, short_id = columns["record_id"][place].as_py(), short_ids[place].as_py()
            mid, code, is_repaired = values.weibo_id(raw, short_id)
            proven.append(mid)
            if code:
                problems.add(place, code, "record_id", f"{raw} {short_id}" if code == "ID_CONFLICT" else raw)
            if is_repaired:
                warnings["ID_PRECISION"] += 1
        ids = vectors.replace_at(bare, doubtful, proven)
    columns["record_id"] = vectors.choose(is_concerned, ids, bare)
    for name in REFERENCES:
        if columns[name].null_count < len(columns[name]):
            columns[name] = vectors.choose(is_weibo, _post_ids(columns[name]), columns[name])


def _move_short_ids(columns: dict[str, pa.Array], is_weibo: pa.Array) -> None:
    """Some tools write the short id where the numeric one belongs: it becomes the other id, in place."""
    ids = pc.utf8_trim_whitespace(columns["record_id"])
    has_one_id = pc.and_(is_weibo, columns["alt_id"].is_null())
    is_short = pc.and_(has_one_id, pc.invert(vectors.is_digits(ids)))
    if not pc.any(is_short).as_py():
        return
    first = (identifiers.FIRST_TIMED_SECONDS - identifiers.WEIBO_EPOCH_SECONDS) << identifiers.WEIBO_SERIAL_BITS
    is_short = pc.and_(is_short, pc.fill_null(pc.greater_equal(_numbers_of(ids), first), False))
    columns["alt_id"] = vectors.choose(is_short, ids, columns["alt_id"])
    columns["record_id"] = vectors.choose(is_short, None, columns["record_id"])


def fill_times(columns: dict[str, pa.Array], unread: UnreadTimes) -> None:
    """Times of publication that the text leaves open (none, no year, 5分钟前), from the post's id, in place.

    A date without its year must be the day that the id holds; where it is another, the time stays unknown.
    """
    is_open = pc.and_(pc.equal(columns["channel_type"], "weibo"), unread.lacks.is_valid())
    if not pc.any(is_open).as_py():
        return
    seconds = vectors.map_distinct(
        pc.if_else(is_open, columns["record_id"], None), identifiers.seconds_of_mid, pa.int64()
    )
    for place in vectors.places_where(pc.and_(seconds.is_valid(), pc.equal(unread.lacks, "DATE_NO_YEAR"))):
        if not _is_on_day(unread.texts[place].as_py(), seconds[place].as_py(), unread):
            is_open = pc.if_else(pa.array(np.arange(len(is_open)) == place), False, is_open)
    micros = pc.multiply(pc.if_else(is_open, seconds, None), 1_000_000)
    times = micros.cast(pa.timestamp("us")).cast(ARROW_TYPES[Kind.TIME])
    columns["published_at"] = pc.coalesce(times, columns["published_at"])
    columns["published_precision"] = pc.if_else(times.is_valid(), "second", columns["published_precision"])


def _is_on_day(text: str, seconds: int, unread: UnreadTimes) -> bool:
    """Is a date without its year the local day of a moment (seconds since 1970 UTC)?"""
    zone = unread.zone or SHANGHAI
    moment = (values.EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    shown = values.parse_time(text, year=moment.year, zone=zone).micros
    if shown is None:
        return False
    return (values.EPOCH + timedelta(microseconds=shown)).astimezone(zone).date() == moment.date()


def _contradict(ids: pa.Array, short_ids: pa.Array) -> pa.Array:
    """Where an id of 16 digits is not the one that a short id of nine characters proves."""
    has_digits = pc.and_(vectors.is_digits(ids), pc.equal(pc.binary_length(ids), identifiers.MID_DIGITS))
    numbers = pc.if_else(has_digits, ids, None).cast(pa.int64())
    return pc.fill_null(pc.not_equal(numbers, _numbers_of(short_ids)), False)


def _numbers_of(short_ids: pa.Array) -> pa.Array:
    """The numeric ids of short ids of nine characters, as `identifiers.mid_of_bid` gives them; NULL for other texts."""
    is_long_enough = pc.fill_null(pc.equal(pc.binary_length(short_ids), BID_CHARACTERS), False)
    places = is_long_enough.to_numpy(zero_copy_only=False)
    text = "".join(short_ids.filter(is_long_enough).to_pylist()).encode()
    digits = _DIGITS[np.frombuffer(text, np.uint8)].reshape(-1, BID_CHARACTERS)
    groups = digits[:, 1:].reshape(-1, 2, 4) @ _PLACE_VALUES
    is_bid = (digits >= 0).all(axis=1) & (groups < identifiers.GROUP).all(axis=1)
    numbers, is_known = np.zeros(len(places), np.int64), np.zeros(len(places), bool)
    numbers[places] = (digits[:, 0] * identifiers.GROUP + groups[:, 0]) * identifiers.GROUP + groups[:, 1]
    is_known[places] = is_bid
    return pa.array(numbers, pa.int64(), mask=~is_known)


def _post_ids(texts: pa.Array) -> pa.Array:
    """Numeric ids of other posts, also of short ids; 0 and anything else is NULL."""
    is_plain = pc.and_(vectors.is_digits(texts), pc.fill_null(pc.not_equal(texts, "0"), False))
    others = vectors.map_distinct(pc.if_else(is_plain, None, texts), _post_id, pa.string())
    return pc.if_else(is_plain, texts, others)


def _post_id(text: str) -> str | None:
    """The numeric id that a text holds. A short id must prove one of today's, for any word could be a short id."""
    bare = text.strip()
    if bare.isdigit():
        return bare if bare != "0" else None
    mid = identifiers.mid_of_bid(bare)
    return mid if mid and identifiers.seconds_of_mid(mid) else None
