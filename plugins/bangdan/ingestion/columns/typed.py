"""A column of text → a column of typed values: one function per kind of the contract.

`values` defines what a text means. It is called once per distinct text here; plain numbers and times, which most
columns consist of, are read by Arrow with the same result.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core.months import SHANGHAI
from bangdan.ingestion.columns import values, vectors
from bangdan.ingestion.columns.values import Time
from bangdan.ingestion.contract import ARROW_TYPES, Kind
from bangdan.ingestion.mapping import ColumnRule

_PLAIN_TIME = r"^(199[2-9]|2\d{3})-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$"
_SHANGHAI_MICROS = 8 * 3600 * 1_000_000  # since 1992; before, the city had summer time
_PRECISION_OF_LENGTH = {10: "day", 16: "minute", 19: "second"}
_NEEDS_CAPTURE = pa.array(["DATE_RELATIVE", "DATE_NO_YEAR"])
_LACKS_SOMETHING = pa.array(["DATE_MISSING", "DATE_RELATIVE", "DATE_NO_YEAR"])
MAX_POSITION_DIGITS = 9
PLAIN_DIGITS = 12  # a count of so many digits is in the limit of counts


class CountColumn(NamedTuple):
    """Counts of a batch. `codes`: reason codes, NULL for a good value; `words`: number of texts that mean "missing"."""

    numbers: pa.Array
    qualifiers: pa.Array
    codes: pa.Array
    words: int


class TimeColumn(NamedTuple):
    """Times of a batch (UTC), their precision (second, minute, day), and reason codes, NULL for a good value."""

    times: pa.Array
    precisions: pa.Array
    codes: pa.Array


class UnreadTimes(NamedTuple):
    """Texts that give no time by themselves: why (DATE_MISSING, DATE_NO_YEAR, DATE_RELATIVE; NULL for other texts), and
    the reason code that is left once the moment of capture has been taken into account.

    `zone` is that of the mapping; None for Shanghai.
    """

    texts: pa.Array
    lacks: pa.Array
    codes: pa.Array
    zone: tzinfo | None = None


class DateColumn(NamedTuple):
    """Days in Shanghai, and reason codes, NULL for a good value."""

    dates: pa.Array
    codes: pa.Array


def count_column(texts: pa.Array, rule: ColumnRule) -> CountColumn:
    """Texts as counts, by `values.parse_count` and the rule's factor, floors, words for missing, and zero."""
    has_plain = rule.factor == 1 and not rule.floors and not rule.missing
    is_short = pc.fill_null(pc.less_equal(pc.binary_length(texts), PLAIN_DIGITS), False)
    is_plain = pc.and_(vectors.is_digits(texts), is_short) if has_plain else _all_false(texts)
    numbers, qualifiers, codes = vectors.map_distinct_many(
        pc.if_else(is_plain, None, texts),
        lambda text: values.parse_count(text, rule.factor, rule.floors, rule.missing, rule.zeros),
        [pa.int64(), pa.string(), pa.string()],
    )
    numbers = pc.coalesce(pc.if_else(is_plain, texts, None).cast(pa.int64()), numbers)
    has_text = pc.not_equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0)
    words = len(vectors.places_where(pc.and_(numbers.is_null(), has_text)))
    qualifiers = pc.if_else(is_plain, "exact", pc.fill_null(qualifiers, "missing"))
    if rule.zero != "exact":
        is_zero = pc.fill_null(pc.equal(numbers, 0), False)
        qualifiers = pc.if_else(is_zero, rule.zero, qualifiers)
        if rule.zero == "missing":
            numbers = pc.if_else(is_zero, None, numbers)
    return CountColumn(numbers, qualifiers, codes, words)


def time_column(texts: pa.Array, rule: ColumnRule, captured: pa.Array | None = None) -> TimeColumn:
    """Texts as times, by `values.parse_time` and the rule's formats, zone, epoch and year.

    `captured`: microseconds (UTC) at which each row was taken, for texts like 5分钟前.
    """
    is_plain, plain = _plain_times(texts, rule)
    lengths = pc.if_else(is_plain, pc.binary_length(texts), None)
    plain_precisions = vectors.map_distinct(lengths, _PRECISION_OF_LENGTH.__getitem__, pa.string())
    others = pc.if_else(is_plain, None, texts)
    micros, precisions, codes = vectors.map_distinct_many(
        others, lambda text: _parse_time(text, rule), [pa.int64(), pa.string(), pa.string()]
    )
    if captured is not None:
        micros, precisions, codes = _with_relative_times(others, micros, precisions, codes, captured, rule)
    times = pc.coalesce(plain, micros).cast(pa.timestamp("us")).cast(ARROW_TYPES[Kind.TIME])
    return TimeColumn(times, pc.coalesce(plain_precisions, precisions), codes)


def unread_times(texts: pa.Array, column: TimeColumn, rule: ColumnRule) -> UnreadTimes:
    """The texts of a column of times that lack something. `column`: as `time_column` reads them."""
    alone = time_column(texts, rule).codes if rule.relative_to else column.codes
    named = pc.if_else(texts.is_null(), "DATE_MISSING", alone)
    lacks = pc.if_else(pc.is_in(named, _LACKS_SOMETHING), named, None)
    return UnreadTimes(texts, lacks, pc.if_else(lacks.is_valid(), column.codes, None), rule.tzinfo)


def date_column(texts: pa.Array, rule: ColumnRule) -> DateColumn:
    """Texts as days in Shanghai."""
    column = time_column(texts, rule)
    local = column.times.cast(pa.timestamp("us", str(SHANGHAI)))
    return DateColumn(local.cast(ARROW_TYPES[Kind.DATE]), column.codes)


def number_column(texts: pa.Array) -> pa.Array:
    """Texts of digits as numbers; anything else is NULL."""
    bare = vectors.stripped(texts)
    is_number = pc.and_(vectors.is_digits(bare), pc.less_equal(pc.binary_length(bare), MAX_POSITION_DIGITS))
    return vectors.choose(is_number, bare, None).cast(ARROW_TYPES[Kind.NUMBER])


def boolean_column(texts: pa.Array, meanings: dict[str, str] | None = None) -> pa.Array:
    """Texts as booleans, by `values.parse_boolean`; a text that means neither is NULL."""
    return vectors.map_distinct(texts, lambda text: values.parse_boolean(text, meanings), ARROW_TYPES[Kind.BOOLEAN])


def list_column(texts: pa.Array, separator: str) -> pa.Array:
    """The parts of each text, without blanks; NULL gives an empty list."""
    lists = vectors.map_distinct(texts, lambda text: values.split_list(text, separator), ARROW_TYPES[Kind.LIST])
    return vectors.empty_for_null(lists)


def _all_false(column: pa.Array) -> pa.Array:
    return pa.array(np.zeros(len(column), bool))


def _plain_times(texts: pa.Array, rule: ColumnRule) -> tuple[pa.Array, pa.Array]:
    """(mask, microseconds UTC) of the texts that are plain Shanghai times; a rule of its own leaves none."""
    none = _all_false(texts), pa.nulls(len(texts), pa.int64())
    if rule.formats or rule.tzinfo is not None or rule.epoch is not None:
        return none
    is_plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN_TIME), False)
    try:
        local = pc.if_else(is_plain, texts, None).cast(pa.timestamp("us")).cast(pa.int64())
    except pa.ArrowInvalid:  # a day that does not exist: read one by one, the bad row gets its code
        return none
    return is_plain, pc.subtract(local, _SHANGHAI_MICROS)


def _parse_time(text: str, rule: ColumnRule, captured: int | None = None) -> Time:
    return values.parse_time(
        text, year=rule.year, epoch=rule.epoch, formats=rule.formats, zone=rule.tzinfo, captured=captured
    )


def _with_relative_times(
    texts: pa.Array, micros: pa.Array, precisions: pa.Array, codes: pa.Array, captured: pa.Array, rule: ColumnRule
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """The same columns, with the texts that need the moment of capture read row by row."""
    places = vectors.places_where(pc.is_in(codes, _NEEDS_CAPTURE))
    if not places:
        return micros, precisions, codes
    micros_list, precision_list, code_list = micros.to_pylist(), precisions.to_pylist(), codes.to_pylist()
    for place in places:
        time = _parse_time(texts[place].as_py(), rule, captured[place].as_py())
        micros_list[place], precision_list[place], code_list[place] = time
    return (
        pa.array(micros_list, pa.int64()),
        pa.array(precision_list, pa.string()),
        pa.array(code_list, pa.string()),
    )
