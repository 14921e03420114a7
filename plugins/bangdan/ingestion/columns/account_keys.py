"""Keys of accounts and outlets in normal form, column by column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core.normal_forms import KEY_KINDS, normal_key
from bangdan.ingestion.columns import vectors

_SEPARATOR = "\x1f"


def normal(keys: pa.Array, kinds: pa.Array, channel_types: pa.Array) -> pa.Array:
    """The normal form of every key; NULL and blank ones are NULL.

    A key whose kind the export leaves open is of the kind that its channel type uses.
    """
    usual = vectors.map_distinct(channel_types, KEY_KINDS.get, pa.string())
    of_kind = pc.binary_join_element_wise(pc.coalesce(kinds, usual, pa.scalar("")), vectors.stripped(keys), _SEPARATOR)
    return vectors.map_distinct(of_kind, _normal, pa.string())


def _normal(kind_and_key: str) -> str | None:
    kind, _separator, key = kind_and_key.partition(_SEPARATOR)
    return normal_key(key, kind or None)
