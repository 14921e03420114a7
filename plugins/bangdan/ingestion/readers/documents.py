"""JSON and JSONL as tables. Lines stream; a single document is read whole, or in parts where it is large."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from bangdan.ingestion import recognise
from bangdan.ingestion.connectors import EXPANSIONS
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.readers import encodings, json_text, large_documents, nested
from bangdan.ingestion.readers.encodings import Encoding
from bangdan.ingestion.readers.json_text import KeyTwice, object_of
from bangdan.ingestion.readers.text_table import (
    MAX_NAMES,
    Problem,
    Row,
    TextTable,
    in_batches,
    is_encodable,
    problem_of_encoding,
)
from bangdan.ingestion.readers.workbooks import text_of
from bangdan.ingestion.reasons import refusal

WHOLE_DOCUMENT = 32 * 1024 * 1024  # bytes: parsed, it takes several times as much memory
MAX_DOCUMENT = 200 * 1024 * 1024  # bytes of a document that is one record: it can be read in no parts
MAX_LINE = 16 * 1024 * 1024  # characters
MAX_DEPTH = 8
HEAD = 4096  # characters in which a document begins
RECOGNISED = 20  # objects whose keys decide which mapping fits
PEEKED, PEEKED_CHARS = 200, 32 * 1024 * 1024  # objects looked at for the names of columns


class JsonObject(NamedTuple):
    """An object of a file: its number (1-based; of lines, that of its line), and what is wrong with it where it is none."""

    number: int
    value: dict | None
    problem: Problem | None = None
    slice_of: tuple[str, ...] | None = None  # of a part of a large document: the list that it has a slice of


def read(file: Path, kind: str, forced: Mapping | None, own: Iterable[Mapping] = ()) -> tuple[TextTable, Mapping]:
    """Objects as rows of dotted paths. A file of one object a line may carry either name. `own`: the city's mappings."""
    encoding = encodings.of_file(file)
    if kind == "json" and _is_lines(file, encoding):
        kind = "jsonl"
    if kind == "json" and (large := _large_object(file, encoding)):
        mapping = _mapping([JsonObject(1, large)], kind, forced, own)
        objects = _large_document(file, encoding, large, mapping)
        begin = _peek(objects)
    else:
        objects = _lines(file, encoding) if kind == "jsonl" else _document(file, encoding)
        begin = _peek(objects)
        mapping = _mapping(begin, kind, forced, own)
    objects = chain(begin, objects)
    if mapping.items or mapping.expand:
        objects = _parts(objects, mapping)
        begin = _peek(objects)
        objects = chain(begin, objects)
    table = TextTable(
        _names([item.value for item in begin if item.value is not None], mapping),
        iter(()),
        encoding.name,
        encoding.replaced,
        kind,
    )
    if encoding.replaced:
        table.warnings["ENC_REPLACED"] = encoding.replaced
    table.batches = in_batches(_rows(objects, table.header, encoding.replaced > 0), table.header)
    return table, mapping


def _mapping(begin: list[JsonObject], kind: str, forced: Mapping | None, own: Iterable[Mapping]) -> Mapping:
    """The mapping of a file by its first objects; raises ExportRefused where none fits, or not the forced one."""
    if all(item.value is None for item in begin):
        is_twice = any(item.problem and item.problem.code == "JSON_KEY_TWICE" for item in begin)
        code = "JSON_KEY_TWICE" if is_twice else "JSON_TRUNCATED" if kind == "jsonl" else "FORMAT_UNKNOWN"
        raise refusal(code, "no whole object")
    if forced:
        names = [name for item in begin if item.value is not None for name in paths(item.value)]
        recognise.check_recognised(set(names), forced)
        return forced
    if len(names := _paths_of(begin)) > MAX_NAMES:
        raise refusal("FILE_NOT_TABULAR", f"more than {MAX_NAMES:,} different keys")
    return recognise.by_names(names, own=own)


def sample(file: Path, kind: str) -> list[dict]:
    """The first objects of a file, for a proposal."""
    encoding = encodings.of_file(file)
    is_lines = kind == "jsonl" or _is_lines(file, encoding)
    if not is_lines and (large := _large_object(file, encoding)):
        return [large]
    objects = _lines(file, encoding) if is_lines else _document(file, encoding)
    return [item.value for item in _peek(objects) if item.value is not None]


def _is_lines(file: Path, encoding: Encoding) -> bool:
    """Does the file hold an object on its first line and another after it?"""
    with encoding.opened(file, newline="\n") as stream:
        first = stream.readline(MAX_LINE)
        if not first.lstrip("\ufeff ").startswith("{"):
            return False
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            return False
        return any(line.strip() for line in iter(lambda: stream.readline(1024), ""))


def _lines(file: Path, encoding: Encoding) -> Iterator[JsonObject]:
    with encoding.opened(file, newline="\n") as stream:
        number = 0
        while line := stream.readline(MAX_LINE):
            number += 1
            is_long = len(line) == MAX_LINE
            while is_long and not line.endswith("\n"):
                # The rest of a line that is too long is passed over, piece by piece.
                if not (more := stream.readline(MAX_LINE)):
                    break
                line = line[:200] + more[-1:]
            if not line.strip():
                continue
            if is_long:
                yield JsonObject(number, None, Problem("TXT_TOO_LONG", None, line[:200]))
                continue
            value, code = None, "JSON_BAD_LINE"
            try:
                # A mark of UTF-8 before a line is left where files were joined.
                value = json.loads(line.lstrip("\ufeff"), object_pairs_hook=object_of)
            except KeyTwice:
                code = "JSON_KEY_TWICE"
            except (ValueError, RecursionError):
                pass
            if isinstance(value, dict):
                yield JsonObject(number, value)
            else:
                yield JsonObject(number, None, Problem(code, None, line[:200]))


def _large_object(file: Path, encoding: Encoding) -> dict | None:
    """The outline of a document that is an object and too large to be read whole; None for any other file."""
    if file.stat().st_size <= WHOLE_DOCUMENT:
        return None
    with encoding.opened(file) as stream:
        if not stream.read(HEAD).lstrip().startswith("{"):
            return None
    with encoding.opened(file) as stream:
        return large_documents.outline(stream)


def _large_document(file: Path, encoding: Encoding, outline: dict, mapping: Mapping) -> Iterator[JsonObject]:
    """The parts of a large object; all of it where the mapping takes it, or an object around a list, as a record."""
    lists = list(large_documents.list_paths(outline))
    records = [[] if path == nested.WHOLE else path.split(".") for path in mapping.items] or [[]]
    is_around_list = any(
        record == list(path[: len(record)]) and len(record) < len(path) for record in records for path in lists
    )
    if not lists or (is_around_list and not mapping.expand):
        yield from _document(file, encoding)
        return
    for part in large_documents.parts(lambda: encoding.opened(file)):
        yield JsonObject(1, part.document, None, part.path)


def _document(file: Path, encoding: Encoding) -> Iterator[JsonObject]:
    size = file.stat().st_size
    if size > WHOLE_DOCUMENT:
        with encoding.opened(file) as stream:
            if stream.read(HEAD).lstrip().startswith("["):
                stream.seek(0)
                yield from _numbered(large_documents.elements(stream))
                return
    if size > MAX_DOCUMENT:
        raise refusal("JSON_LIMIT", f"{size // 1024**2} MB")
    with encoding.opened(file) as stream:
        document = json_text.whole(stream.read())
    yield from _numbered(document if isinstance(document, list) else [document])


def _numbered(values: Iterable[Any]) -> Iterator[JsonObject]:
    number = 0
    for number, value in enumerate(values, start=1):
        if isinstance(value, dict):
            yield JsonObject(number, value)
        else:
            shown = str(value)[:200].encode("utf-8", "replace").decode()
            yield JsonObject(number, None, Problem("JSON_BAD_LINE", None, shown))
    if not number:
        raise refusal("FILE_NO_ROWS", "no objects")


def _peek(objects: Iterator[JsonObject]) -> list[JsonObject]:
    """The first objects, up to a number and a size; the iterator goes on behind them."""
    begin, chars = [], 0
    for item in objects:
        begin.append(item)
        chars += _chars_of(item.value)
        if len(begin) == PEEKED or chars > PEEKED_CHARS:
            break
    return begin


def _chars_of(value: dict | None) -> int:
    """About how many characters an object has; of one that is nested too deep, as many as may be looked at."""
    try:
        return len(str(value)) if value else 0
    except RecursionError:
        return PEEKED_CHARS


def _parts(objects: Iterator[JsonObject], mapping: Mapping) -> Iterator[JsonObject]:
    """The records inside each object, numbered anew; a line that is no object keeps its place."""
    number = 0
    for item in objects:
        if item.value is None:
            number += 1
            yield item._replace(number=number)
            continue
        items = _items_in(item, mapping)
        parts = nested.records_in(item.value, items) if mapping.items else [item.value]
        if mapping.expand:
            parts = [inner for part in parts for inner in EXPANSIONS[mapping.expand](part)]
        for part in parts:
            number += 1
            yield JsonObject(number, part)


def _items_in(item: JsonObject, mapping: Mapping) -> list[str]:
    """The paths of a mapping under which an object has records: of a part, those that its slice is of or lies in."""
    if item.slice_of is None:
        return mapping.items
    shares = ((path, zip(path.split("."), item.slice_of, strict=False)) for path in mapping.items)
    return [path for path, steps in shares if all(step == key for step, key in steps)]


def _names(begin: list[dict], mapping: Mapping) -> list[str]:
    """Header of the table: the paths that the mapping reads, where the objects have them, and their other keys."""
    wanted = mapping.sources
    others = {key for item in begin[:50] for key in item} - set(wanted)
    if mapping.items:
        others.discard(nested.PARENT)
    if not mapping.items and not mapping.expand:
        known = {path for item in begin for path in paths(item)}
        wanted = [name for name in wanted if name in known]
    names = wanted + sorted(name for name in others if is_encodable(name))
    if len(names) > MAX_NAMES:
        raise refusal("FILE_NOT_TABULAR", f"more than {MAX_NAMES:,} different keys")
    return names


def _rows(objects: Iterator[JsonObject], names: list[str], is_damaged: bool) -> Iterator[Row]:
    split_paths = [name.split(".") for name in names]
    for number, value, problem, _ in objects:
        try:
            cells = [] if value is None else [pick(value, path) for path in split_paths]
        except RecursionError:
            cells, problem = [], Problem("JSON_LIMIT", None, "nested too deep")
        if is_damaged and problem is None:
            problem = problem_of_encoding(cells)
        yield Row(number, cells, problem)


def pick(item: dict, path: list[str]) -> str | None:
    """A dotted path of a JSON object as text; lists and objects become JSON text."""
    value: Any = item
    for part in path:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False) if value else None
    return text_of(value)


def paths(item: dict, depth: int = MAX_DEPTH) -> list[str]:
    """Keys of an object, dotted keys of the objects in it, and `list[].key` for lists of objects, in their order."""
    names = []
    for key, value in item.items():
        names.append(key)
        inner, join = (value, ".") if isinstance(value, dict) else (None, "")
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner, join = value[0], "[]."
        if inner and depth:
            names += [f"{key}{join}{name}" for name in paths(inner, depth - 1)]
    return names


def _paths_of(begin: list[JsonObject]) -> list[str]:
    """The paths of the first objects together: not every object has every key."""
    objects = [item.value for item in begin if item.value is not None][:RECOGNISED]
    return list(dict.fromkeys(name for value in objects for name in paths(value)))


def objects_at(item: dict, path: str) -> list[dict]:
    """The objects of the list under a dotted path; none where there is no list."""
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
