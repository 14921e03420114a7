"""Columns of text → columns of typed values. What a value means is said once, in `values`; here it is asked once per
distinct text, and plain numbers and moments, of which there are many, are read by Arrow.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion.columns import values
from bangdan.ingestion.mapping import Column

MICROS = pa.timestamp("us", tz="UTC")
# An end that is neither ASCII print nor a Han sign may be a blank of some kind, or the text is empty.
_EDGE = r"^[^!-~\x{4E00}-\x{9FFF}]|[^!-~\x{4E00}-\x{9FFF}]$|^$"
_PLAIN_MOMENT = r"^(199[2-9]|2\d{3})-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$"
_SHANGHAI_MICROS = 8 * 3600 * 1_000_000  # since 1992; before, the city had summers of its own
_PRECISION = {10: "day", 16: "minute", 19: "second"}


def by_value(texts: pa.Array, work: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """work(text) for every text, asked once per distinct one; NULL stays NULL."""
    encoded = texts.dictionary_encode()
    told = pa.array([work(text) for text in encoded.dictionary.to_pylist()], kind)
    return told.take(encoded.indices)


def by_value_many(texts: pa.Array, work: Callable[[str], tuple], kinds: list[pa.DataType]) -> list[pa.Array]:
    """The same for a function with several results."""
    encoded = texts.dictionary_encode()
    told = [work(text) for text in encoded.dictionary.to_pylist()]
    columns = list(zip(*told, strict=True)) if told else [()] * len(kinds)
    return [pa.array(column, kind).take(encoded.indices) for column, kind in zip(columns, kinds, strict=True)]


def choose(mask: pa.Array, yes: Any, no: Any) -> pa.Array:
    """if_else where an unknown condition means no."""
    return pc.if_else(pc.fill_null(mask, False), yes, no)


def where(mask: pa.Array) -> list[int]:
    """Places at which the mask is true."""
    return np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False)).tolist()


def stripped(texts: pa.Array) -> pa.Array:
    """Without blanks around; nothing left is NULL. Most texts begin and end with a sign that is none: those stand."""
    has_edge = pc.fill_null(pc.match_substring_regex(texts, _EDGE), False)
    if not pc.any(has_edge).as_py():
        return texts
    bare = by_value(pc.if_else(has_edge, texts, None), lambda text: text.strip() or None, pa.string())
    return pc.if_else(has_edge, bare, texts)


def is_digits(texts: pa.Array) -> pa.Array:
    """ASCII digits only, at least one; NULL is not."""
    return pc.fill_null(pc.ascii_is_decimal(texts), False)


def counts(texts: pa.Array, spec: Column) -> tuple[pa.Array, pa.Array, pa.Array, int]:
    """(numbers, qualifiers, reason codes, texts that are no number) of a column of counts by the rules of its spec."""
    is_plain = pc.and_(is_digits(texts), pc.fill_null(pc.less_equal(pc.binary_length(texts), 15), False))
    if spec.factor != 1 or spec.floors or spec.missing:
        is_plain = pc.and_(is_plain, False)
    plain = pc.if_else(is_plain, texts, None).cast(pa.int64())
    other = pc.if_else(is_plain, None, texts)
    numbers, qualifiers, codes = by_value_many(
        other,
        lambda text: values.count(text, spec.factor, spec.floors, spec.missing),
        [pa.int64(), pa.string(), pa.string()],
    )
    numbers = pc.coalesce(plain, numbers)
    is_word = pc.and_(numbers.is_null(), pc.not_equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0))
    qualifiers = pc.if_else(is_plain, "exact", pc.fill_null(qualifiers, "missing"))
    if spec.zero != "exact":
        is_zero = pc.fill_null(pc.equal(numbers, 0), False)
        qualifiers = pc.if_else(is_zero, spec.zero, qualifiers)
        if spec.zero == "missing":
            numbers = pc.if_else(is_zero, None, numbers)
    return numbers, qualifiers, codes, len(where(is_word))


def moments(texts: pa.Array, spec: Column, captured: pa.Array | None = None) -> tuple[pa.Array, pa.Array, pa.Array]:
    """(moments UTC, precisions, reason codes). `captured`: microseconds at which each row was taken, for 5分钟前."""
    zone = spec.tzinfo
    is_plain = pa.array(np.zeros(len(texts), bool))
    if not spec.formats and zone is None and spec.epoch is None:
        is_plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN_MOMENT), False)
    try:
        local = pc.if_else(is_plain, texts, None).cast(pa.timestamp("us")).cast(pa.int64())
    except pa.ArrowInvalid:  # a day that does not exist: the careful way tells which
        is_plain = pa.array(np.zeros(len(texts), bool))
        local = pa.nulls(len(texts), pa.int64())
    plain = pc.subtract(local, _SHANGHAI_MICROS)
    lengths = pc.if_else(is_plain, pc.binary_length(texts), None)
    precision = by_value(lengths, _PRECISION.__getitem__, pa.string())
    other = pc.if_else(is_plain, None, texts)
    micros, precisions, codes = by_value_many(
        other, lambda text: _moment(text, spec, zone), [pa.int64(), pa.string(), pa.string()]
    )
    if captured is not None:
        micros, precisions, codes = _relative(other, micros, precisions, codes, captured, spec, zone)
    found = pc.coalesce(plain, micros).cast(pa.timestamp("us")).cast(MICROS)
    return found, pc.coalesce(precision, precisions), codes


def _moment(text: str, spec: Column, zone: tzinfo | None, captured: int | None = None) -> tuple:
    return values.moment(text, year=spec.year, epoch=spec.epoch, formats=spec.formats, zone=zone, captured=captured)


def _relative(
    texts: pa.Array,
    micros: pa.Array,
    precisions: pa.Array,
    codes: pa.Array,
    captured: pa.Array,
    spec: Column,
    zone: tzinfo | None,
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Those that need the moment of capture, row by row."""
    rows = where(pc.is_in(codes, pa.array(["DATE_RELATIVE", "DATE_NO_YEAR"])))
    if not rows:
        return micros, precisions, codes
    told = [list(column.to_pylist()) for column in (micros, precisions, codes)]
    for row in rows:
        for column, value in zip(told, _moment(texts[row].as_py(), spec, zone, captured[row].as_py()), strict=True):
            column[row] = value
    return pa.array(told[0], pa.int64()), pa.array(told[1], pa.string()), pa.array(told[2], pa.string())


def lists(texts: pa.Array, separator: str) -> pa.Array:
    """Parts of each text, without blanks; NULL gives an empty list."""
    told = by_value(
        texts,
        lambda text: [part for part in (piece.strip() for piece in text.split(separator)) if part],
        pa.list_(pa.string()),
    )
    return no_list_is_null(told)


def no_list_is_null(told: pa.Array) -> pa.Array:
    """An empty list where there is none."""
    if not told.null_count:
        return told
    ends = np.concatenate([[0], np.cumsum(pc.fill_null(pc.list_value_length(told), 0).to_numpy(zero_copy_only=False))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), told.flatten())


def objects(columns: dict[str, pa.Array], longest: int) -> pa.Array:
    """A JSON object of the filled columns per row, keys sorted, values cut to `longest` characters; NULL for none."""
    pieces = []
    rows = 0
    for name, column in sorted(columns.items()):
        rows = len(column)
        if column.null_count == rows:
            continue
        column = pc.utf8_slice_codeunits(column, 0, longest)
        if pc.any(pc.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py():
            column = by_value(column, lambda text: values.json_text(text)[1:-1], pa.string())
        pieces.append(pc.binary_join_element_wise(f', {values.json_text(name)}: "', column, '"', ""))
    if not pieces:
        return pa.nulls(rows, pa.string())
    # Not by null_handling="skip": it loses a row where all are NULL.
    joined = pc.binary_join_element_wise(*(pc.fill_null(piece, "") for piece in pieces), "")
    told = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, 2), "}", "")
    return pc.if_else(pc.equal(pc.binary_length(joined), 0), None, told)
