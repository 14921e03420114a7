"""Arrow helpers for text columns: a Python function once per distinct text, masks, blanks, lists, JSON objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion.columns import values

# An end that is neither ASCII print nor a Han character may be a blank of some kind, or the text is empty.
_EDGE = r"^[^!-~\x{4E00}-\x{9FFF}]|[^!-~\x{4E00}-\x{9FFF}]$|^$"


def map_distinct(column: pa.Array, function: Callable[[Any], Any], result_type: pa.DataType) -> pa.Array:
    """function(value) for every value, called once per distinct one; NULL stays NULL."""
    encoded = column.dictionary_encode()
    results = pa.array([function(value) for value in encoded.dictionary.to_pylist()], result_type)
    return results.take(encoded.indices)


def map_distinct_many(
    column: pa.Array, function: Callable[[Any], tuple], result_types: Sequence[pa.DataType]
) -> list[pa.Array]:
    """The same for a function with several results: one array per result."""
    encoded = column.dictionary_encode()
    results = [function(value) for value in encoded.dictionary.to_pylist()]
    columns = list(zip(*results, strict=True)) if results else [()] * len(result_types)
    return [pa.array(result, kind).take(encoded.indices) for result, kind in zip(columns, result_types, strict=True)]


def choose(mask: pa.Array, if_true: Any, otherwise: Any) -> pa.Array:
    """if_else where an unknown condition counts as false."""
    return pc.if_else(pc.fill_null(mask, False), if_true, otherwise)


def places_where(mask: pa.Array) -> list[int]:
    """Places at which the mask is true."""
    return np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False)).tolist()


def replace_at(column: pa.Array, places: list[int], replacements: list[str | None]) -> pa.Array:
    """A text column with other values at some places, given in ascending order."""
    mask = np.zeros(len(column), bool)
    mask[places] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array(replacements, pa.string()))


def all_of(masks: Sequence[pa.Array]) -> pa.Array:
    """True where every one of the masks is."""
    result = masks[0]
    for mask in masks[1:]:
        result = pc.and_(result, mask)
    return result


def stripped(texts: pa.Array) -> pa.Array:
    """Without blanks at both ends; an empty text is NULL. Most texts begin and end with a visible character."""
    has_edge = pc.fill_null(pc.match_substring_regex(texts, _EDGE), False)
    if not pc.any(has_edge).as_py():
        return texts
    bare = map_distinct(pc.if_else(has_edge, texts, None), lambda text: text.strip() or None, pa.string())
    return pc.if_else(has_edge, bare, texts)


def is_digits(texts: pa.Array) -> pa.Array:
    """ASCII digits only, at least one; NULL is not."""
    return pc.fill_null(pc.ascii_is_decimal(texts), False)


def empty_for_null(lists: pa.Array) -> pa.Array:
    """A list column with an empty list where it is NULL."""
    if not lists.null_count:
        return lists
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), lists.flatten())


def json_objects(columns: dict[str, pa.Array], longest: int) -> pa.Array:
    """A JSON object of the filled columns per row, keys sorted, values cut to `longest` characters; NULL for none."""
    pieces = []
    rows = 0
    for name, column in sorted(columns.items()):
        rows = len(column)
        if column.null_count == rows:
            continue
        column = pc.utf8_slice_codeunits(column, 0, longest)
        if pc.any(pc.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py():
            column = map_distinct(column, lambda text: values.json_text(text)[1:-1], pa.string())
        pieces.append(pc.binary_join_element_wise(f', {values.json_text(name)}: "', column, '"', ""))
    if not pieces:
        return pa.nulls(rows, pa.string())
    # Not by null_handling="skip": it loses a row where all are NULL.
    joined = pc.binary_join_element_wise(*(pc.fill_null(piece, "") for piece in pieces), "")
    objects = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, 2), "}", "")
    return pc.if_else(pc.equal(pc.binary_length(joined), 0), None, objects)
