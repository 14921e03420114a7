"""One landed export → canonical rows: container, header, mapping, values. Raises ExportRefused for a whole file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from bangdan.exports import mapping as mappings
from bangdan.exports import readers, recognise, rows
from bangdan.exports.connectors import EXPANSIONS, feeds
from bangdan.exports.mapping import Mapping
from bangdan.exports.readers import Table
from bangdan.exports.rows import Rows


@dataclass
class Parsed:
    """What a file holds, and how it was read."""

    mapping: Mapping
    rows: Rows
    rows_read: int
    encoding: str | None
    replaced_chars: int
    dialect: str | None
    header_fingerprint: str


def parse(data: bytes, name: str, received_at: datetime, forced: Mapping | None = None) -> Parsed:
    """Read the bytes of one export. `name` is its path within the delivery: some tools put the account there."""
    kind = readers.kind_of(data, name)
    if kind == "csv":
        table, mapping = _delimited(data, forced)
    elif kind in ("xlsx", "xls"):
        table = readers.read_workbook(data)
        mapping = forced or recognise.by_names(table.header)
    elif kind == "xml":
        table, mapping = feeds.read(data), forced or mappings.named("feed")
    else:
        table, mapping = _objects(data, kind, forced)
    recognise.check_header(table.header, mapping)
    if not table.rows and not table.rejects:
        table.warn("FILE_NO_ROWS")
    read = len(table.rows) + len(table.rejects)
    return Parsed(
        mapping,
        rows.apply(mapping, table, path_columns(mapping, name), received_at),
        read,
        table.encoding,
        table.replaced_chars,
        table.dialect,
        hashlib.sha256("\x1f".join(table.header).encode("utf-8", "replace")).hexdigest()[:16],
    )


def path_columns(mapping: Mapping, name: str) -> dict[str, str]:
    """Columns that the file's path tells, by the mapping's rule."""
    path, found = PurePosixPath(name), {}
    rule = mapping.path
    if rule.account_key:
        import re

        digits = re.findall(rule.account_key, path.stem) or re.findall(rule.account_key, path.parent.name)
        if digits:
            found["account_key"] = digits[-1]
    if rule.account_name_raw:
        found["account_name_raw"] = path.parent.name if rule.account_name_raw == "parent" else path.stem
    return found


def _delimited(data: bytes, forced: Mapping | None) -> tuple[Table, Mapping]:
    table = readers.read_csv(data)
    return table, forced or recognise.by_names(table.header)


def _objects(data: bytes, kind: str, forced: Mapping | None) -> tuple[Table, Mapping]:
    """JSON and JSONL; a file of one object per line may carry either name."""
    numbers: list[int] = []
    rejects: list = []
    encoding = "utf-8"
    if kind == "json":
        try:
            objects = readers.read_json(data, kind)
        except readers.NotOneDocument:
            kind = "jsonl"
    if kind == "jsonl":
        objects, numbers, rejects, encoding = readers.read_jsonl(data)
        if not objects:
            raise readers.refuse("JSON_TRUNCATED", "no whole line")
    first = next((item for item in objects if isinstance(item, dict)), None)
    if first is None:
        raise readers.refuse("FILE_NO_ROWS" if not objects else "FORMAT_UNKNOWN", "no objects")
    mapping = forced or recognise.by_names(_paths(first))
    if mapping.items:
        objects = [part for item in objects for part in _at(item, mapping.items)]
    if mapping.expand:
        objects = [part for item in objects for part in EXPANSIONS[mapping.expand](item)]
    names = mapping.wanted() + sorted({key for item in objects[:50] for key in item} - set(mapping.wanted()))
    if not mapping.items and not mapping.expand:
        there = {path for item in objects[:200] for path in _paths(item)}
        names = [name for name in names if name in there]
    table = Table(names, list(readers.flatten(objects, names)), numbers or list(range(1, len(objects) + 1)))
    table.rejects, table.encoding, table.dialect = rejects, encoding, kind
    return table, mapping


def _paths(item: dict) -> set[str]:
    """Keys of an object, and dotted keys of the objects in it."""
    found = set(item)
    for key, value in item.items():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}" for inner in _paths(value)}
    return found


def _at(item: dict, path: str) -> list[dict]:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, dict) else None  # type: ignore[assignment]
    return [part for part in item if isinstance(part, dict)] if isinstance(item, list) else []


def path_key(name: str) -> str:
    """What of a path may give a file its meaning: stem and parent folder."""
    path = Path(name)
    return f"{path.parent.name}/{path.stem}"
