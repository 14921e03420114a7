"""Which items have been judged against which own side: late items then cost their own rows only.

An item's judgement depends on the item, the own side, the aliases, the parameters and people's decisions. Where all but
the items are as they were, evidence of known items stands and only new ones are judged; the result is the same rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.settings import Settings
from bangdan.matching import evidence

SCHEMA = pa.schema([("item_id", pa.string()), ("fingerprint", pa.string())])
EARLIER = pa.schema([("post_id", pa.string()), ("at", pa.int64()), ("item_id", pa.string())])
NAMES = ("matches", "rejected", "families")


@dataclass
class Known:
    """Items judged before, and the evidence of them."""

    items: pa.Table
    earlier: pa.Table
    matches: pa.Table
    rejected: pa.Table


def own_key(*parts: pa.Table | str) -> str:
    """SHA-256 over everything but the items that a judgement depends on."""
    told = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            told.update(part.encode())
            continue
        for name, column in zip(part.schema.names, part.columns, strict=True):
            values = "\x1f".join("\x00" if value is None else str(value) for value in column.to_pylist())
            told.update(f"{name} {len(column)} ".encode() + values.encode("utf-8", "surrogatepass"))
    return told.hexdigest()


def _file(settings: Settings, month: str) -> Path:
    return settings.evidence / "judged" / f"{month}.parquet"


def read(settings: Settings, month: str, key: str) -> Known | None:
    """What is known of a month, if the own side is the same and the evidence is what was written then."""
    file, beside = _file(settings, month), _file(settings, f"{month}-earlier")
    if not (file.exists() and beside.exists()):
        return None
    said: dict[bytes, bytes] = pq.read_schema(file).metadata or {}
    if said.get(b"own_key") != key.encode():
        return None
    for name in NAMES:
        written = evidence.file_of(settings, name, month)
        if not written.exists() or said.get(name.encode()) != files.sha256_of(written).encode():
            return None
    return Known(
        pq.read_table(file).replace_schema_metadata(None),
        pq.read_table(beside),
        pq.read_table(evidence.file_of(settings, "matches", month), partitioning=None),
        pq.read_table(evidence.file_of(settings, "rejected", month), partitioning=None),
    )


def forget(settings: Settings, month: str) -> None:
    """To be called before evidence is written: a run that breaks off leaves nothing that looks known."""
    _file(settings, month).unlink(missing_ok=True)


def remember(settings: Settings, month: str, key: str, items: pa.Table, earlier: list[dict[str, Any]]) -> None:
    """Write what has been judged, last of all."""
    told: dict[bytes | str, bytes | str] = {"own_key": key}
    told |= {name: files.sha256_of(evidence.file_of(settings, name, month)) for name in NAMES}
    with files.replacing(_file(settings, f"{month}-earlier")) as target:
        pq.write_table(pa.Table.from_pylist(earlier, schema=EARLIER), target)
    with files.replacing(_file(settings, month)) as target:
        pq.write_table(items.cast(SCHEMA).replace_schema_metadata(told), target, compression="zstd")
