"""Samples of a file for a proposal: its names and some filled values of each, and where a document keeps its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bangdan.core.errors import BangdanError
from bangdan.ingestion import recognise
from bangdan.ingestion.readers import delimited, documents, workbooks
from bangdan.ingestion.readers.file_types import file_type
from bangdan.ingestion.readers.nested import PARENT, records_in

SAMPLED = 40
WORTH_READING = 2  # of time, words, account and identity
MAX_PARENTS = 2  # objects around a record whose keys are looked at


@dataclass(frozen=True)
class Sample:
    """`values`: filled texts of the first rows by name, in the order of the file. `items`: path of the records.

    `header`: the names by which a mapping recognises the file; of a document its dotted paths. `other_lists`: paths of
    lists of a document that may hold further records.
    """

    path: Path
    values: dict[str, list[str]]
    header: list[str]
    items: str = ""
    other_lists: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return list(self.values)


def of_file(path: Path, rating: Callable[[dict[str, list[str]]], int]) -> Sample:
    """The sample of a file. `rating`: how many of the columns that a record needs a set of values offers.

    Raises BangdanError, or ExportRefused where the file holds no table or one that is known to be of no use.
    """
    with path.open("rb") as stream:
        if stream.read(2) == b"\x1f\x8b":
            raise BangdanError(f"{path.name} is compressed", remedy="unpack it, then name the file that was in it")
    kind = file_type(path, path.name)
    if kind == "xml":
        raise BangdanError(f"{path.name} is XML: a feed needs no mapping", remedy="ingest it as it is")
    if kind in ("json", "jsonl"):
        objects = documents.sample(path, kind)
        header = list(dict.fromkeys(name for item in objects[:SAMPLED] for name in documents.paths(item)))
        lists = dict.fromkeys(name.rpartition("[].")[0].replace("[]", "") for name in header if "[]." in name)
        samples = [Sample(path, _values(objects, items), header, items) for items in ["", *lists]]
        best = max(samples, key=lambda sample: (rating(sample.values), not sample.items, _rows(sample)))
        others = [other.items for other in samples if other is not best and rating(other.values) >= WORTH_READING]
        return replace(best, other_lists=tuple(filter(None, others)))
    table = delimited.read(path) if kind == "csv" else workbooks.read(path, kind)
    missing = recognise.unknown(table.header)
    if missing.reason_code in ("HDR_MISSING", "HDR_DUPLICATE", "ENC_TWICE"):
        raise missing
    batch = next(table.batches, None)
    columns = (
        [column.slice(0, SAMPLED).to_pylist() for column in batch.columns] if batch else [[] for _ in table.header]
    )
    pairs = zip(table.header, columns, strict=True)
    return Sample(path, {name: [cell for cell in cells if cell] for name, cells in pairs if name}, table.header)


def _values(objects: list[dict[str, Any]], items: str) -> dict[str, list[str]]:
    """Filled texts by path, of the first objects or of the records under a path in them."""
    records = [record for item in objects[:SAMPLED] for record in (records_in(item, [items]) if items else [item])]
    values: dict[str, list[str]] = {}
    for record in records[:SAMPLED]:
        for name in _paths(record):
            if text := documents.pick(record, name.split(".")):
                values.setdefault(name, []).append(text)
    return values


def _paths(item: dict[str, Any], prefix: str = "", parents: int = MAX_PARENTS) -> list[str]:
    """Dotted paths of the plain values of a record, then of those of the objects that hold it."""
    paths: list[str] = []
    for key, value in item.items():
        if key == PARENT and isinstance(value, dict):
            continue
        if isinstance(value, dict):
            paths += _paths(value, f"{prefix}{key}.", 0)
        elif not (isinstance(value, list) and value and isinstance(value[0], dict)):
            paths.append(f"{prefix}{key}")
    outer = item.get(PARENT)
    return paths + (_paths(outer, f"{prefix}{PARENT}.", parents - 1) if parents and isinstance(outer, dict) else [])


def _rows(sample: Sample) -> int:
    return max(map(len, sample.values.values()), default=0)
