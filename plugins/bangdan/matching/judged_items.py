"""Which items of a month have been judged, and against what: late items then cost their own rows only.

A judgement depends on the item, the posts, the names of accounts, the parameters and persons' decisions. Where all but
the items are as they were, the evidence of judged items is kept and only new ones are judged; the result is the same
rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import files, parquet
from bangdan.core.settings import Settings
from bangdan.matching import evidence

SCHEMA = pa.schema([("item_id", pa.string()), ("fingerprint", pa.string())])
# One row: an item that carried the text of a family before the family did.
EARLIER = pa.schema([("post_id", pa.string()), ("at", pa.int64()), ("item_id", pa.string())])
# Rows that are hashed at a time: bounds memory.
ROWS_AT_A_TIME = 10_000
INPUTS_HASH = b"inputs_hash"


@dataclass
class JudgedItems:
    """Items that have been judged, and their evidence."""

    items: pa.Table
    earlier: pa.Table
    matches: Path  # files of evidence
    rejected: Path


def inputs_hash(*parts: pa.Table | str) -> str:
    """SHA-256 over everything but the items that a judgement depends on."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            sha.update(part.encode())
            continue
        for name, column in zip(part.schema.names, part.columns, strict=True):
            sha.update(f"{name} {len(column)} ".encode())
            for at in range(0, len(column), ROWS_AT_A_TIME):
                values = "\x1f".join(
                    "\x00" if v is None else str(v) for v in column[at : at + ROWS_AT_A_TIME].to_pylist()
                )
                sha.update(("\x1f" + values if at else values).encode("utf-8", "surrogatepass"))
    return sha.hexdigest()


def read(settings: Settings, month: str, inputs: str) -> JudgedItems | None:
    """What has been judged of a month against these inputs; None where there is nothing, or the evidence has changed."""
    items, earlier = _items_file(settings, month), _earlier_file(settings, month)
    if not (items.exists() and earlier.exists()):
        return None
    recorded: dict[bytes, bytes] = pq.read_schema(items).metadata or {}
    if recorded.get(INPUTS_HASH) != inputs.encode():
        return None
    for name in evidence.TABLES:
        file = evidence.path(settings, name, month)
        if not file.exists() or recorded.get(name.encode()) != files.sha256_of(file).encode():
            return None
    return JudgedItems(
        pq.read_table(items).replace_schema_metadata(None),
        pq.read_table(earlier),
        evidence.path(settings, "matches", month),
        evidence.path(settings, "rejected", month),
    )


def remove(settings: Settings, month: str) -> None:
    """Before evidence is written: a run that breaks off must leave nothing that counts as judged."""
    _items_file(settings, month).unlink(missing_ok=True)


def write(
    settings: Settings, month: str, inputs: str, items: Iterable[pa.Table], earlier: list[dict[str, Any]]
) -> None:
    """Record what has been judged, after the evidence is written. `items`: rows of SCHEMA in the order of their ids."""
    metadata: dict[bytes | str, bytes | str] = {INPUTS_HASH: inputs}
    metadata |= {name: files.sha256_of(evidence.path(settings, name, month)) for name in evidence.TABLES}
    parquet.write_table(pa.Table.from_pylist(earlier, schema=EARLIER), _earlier_file(settings, month))
    recorded = SCHEMA.with_metadata(metadata)
    parquet.write_tables((rows.cast(recorded) for rows in items), recorded, _items_file(settings, month))


def _items_file(settings: Settings, month: str) -> Path:
    return settings.evidence / "judged" / f"{month}.parquet"


def _earlier_file(settings: Settings, month: str) -> Path:
    return settings.evidence / "judged" / f"{month}-earlier.parquet"
