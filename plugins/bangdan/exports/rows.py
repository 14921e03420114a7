"""Mapped text cells → canonical columns, and a reason for every row that cannot be one."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from bangdan.exports import contract, values
from bangdan.exports.mapping import Column, Mapping
from bangdan.exports.readers import MAX_TEXT, Table
from bangdan.months import SHANGHAI

COUNTS = {f"{metric}_count" for metric in contract.METRICS}
MOMENTS = {"published_at", "observed_at"}
REGISTRY_MOMENTS = {"valid_from", "valid_to"}
BOOLEANS = {"is_original", "is_deleted", "is_organization"}
LISTS = {"topics", "aliases"}
TRUE, FALSE = {"true", "1", "yes", "是", "原创", "y"}, {"false", "0", "no", "否", "n", "非原创", "转载"}
HASHTAG = re.compile(r"#([^#\s][^#\n]{0,38}?)#")


@dataclass
class Rows:
    """Accepted rows as columns (lists of one length), with their numbers in the file."""

    columns: dict[str, list[Any]]
    numbers: list[int]
    extra: list[str | None]
    rejects: list[tuple[int, str, str | None, str]] = field(default_factory=list)
    warnings: dict[str, int] = field(default_factory=dict)
    duplicate: int = 0

    def __len__(self) -> int:
        return len(self.numbers)

    def keep(self, wanted: list[bool]) -> None:
        """Drop the rows that are not wanted."""
        if all(wanted):
            return
        at = [i for i, is_wanted in enumerate(wanted) if is_wanted]
        self.columns = {name: [column[i] for i in at] for name, column in self.columns.items()}
        self.numbers = [self.numbers[i] for i in at]
        self.extra = [self.extra[i] for i in at]


def apply(mapping: Mapping, table: Table, path_key: dict[str, str], received_at: datetime) -> Rows:
    """Fill the canonical columns of `mapping.table`; rows with an error go to `rejects` with the first one."""
    reader = _Reader(mapping, table, received_at)
    for name, spec in mapping.columns.items():
        reader.fill(name, spec)
    for name, text in path_key.items():
        if name not in reader.columns:
            reader.columns[name] = [text] * len(table.rows)
    rows = Rows(reader.columns, list(table.numbers), reader.extra(), list(table.rejects), table.warnings)
    if mapping.table == "records":
        _finish_records(rows, reader)
    if mapping.known is not None and set(table.header) - set(mapping.known) - set(mapping.wanted()):
        table.warn("HDR_DRIFT")
    bad = reader.problems
    rows.rejects += [(table.numbers[i], *bad[i]) for i in sorted(bad)]
    rows.keep([i not in bad for i in range(len(table.rows))])
    if mapping.table == "records":
        _drop_duplicates(rows)
    return rows


class _Reader:
    """Columns of one table being filled; remembers the first problem of each row."""

    def __init__(self, mapping: Mapping, table: Table, received_at: datetime) -> None:
        self.mapping, self.table = mapping, table
        self.at = {name: i for i, name in reversed(list(enumerate(table.header)))}
        self.columns: dict[str, list[Any]] = {}
        self.problems: dict[int, tuple[str, str | None, str]] = {}
        # A day of grace: some tools stamp a file before the last rows are written.
        self.latest = values.micros(received_at) + 86_400_000_000

    def problem(self, row: int, code: str, column: str, value: str | None) -> None:
        self.problems.setdefault(row, (code, column, (value or "")[:200]))

    def texts(self, spec: Column) -> list[str | None]:
        """First non-blank of the column's sources, row by row."""
        if spec.value is not None:
            return [spec.value] * len(self.table.rows)
        at = [self.at[name] for name in spec.sources if name in self.at]
        if not at:
            return [None] * len(self.table.rows)
        if len(at) == 1:
            only = at[0]
            found = [row[only] for row in self.table.rows]
        else:
            found = [next((row[i] for i in at if row[i]), None) for row in self.table.rows]
        if spec.pattern:
            pattern = re.compile(spec.pattern)
            found = [(m[1] if (m := pattern.search(text or "")) else None) for text in found]
        return found

    def fill(self, name: str, spec: Column) -> None:
        if name in COUNTS:
            self._counts(name, spec)
        elif name in MOMENTS or (name in REGISTRY_MOMENTS and self.mapping.table == "accounts"):
            self._moments(name, spec)
        elif name in REGISTRY_MOMENTS:
            self._dates(name, spec)
        elif name in BOOLEANS:
            self.columns[name] = self._booleans(spec)
        elif name in LISTS:
            separator = spec.separator or "|"
            self.columns[name] = [
                [part for part in (p.strip() for p in text.split(separator)) if part] if text else []
                for text in self.texts(spec)
            ]
        elif name == "position":
            self.columns[name] = [int(t) if t and t.strip().isdigit() else None for t in self.texts(spec)]
        else:
            self._texts(name, spec)

    def _texts(self, name: str, spec: Column) -> None:
        found = self.texts(spec)
        if spec.values is not None:
            for row, text in enumerate(found):
                if text is not None and text.strip() not in spec.values:
                    self.problem(row, "VALUE_UNKNOWN", name, text)
            found = [spec.values.get(text.strip()) if text is not None else None for text in found]
        for row, text in enumerate(found):
            if text is None:
                continue
            if len(text) > MAX_TEXT:
                self.problem(row, "TXT_TOO_LONG", name, text)
                found[row] = None
            elif not text.isascii() and not _encodes(text):
                self.problem(row, "ENC_SURROGATE", name, text.encode("utf-8", "replace").decode())
                found[row] = None
        self.columns[name] = found

    def _counts(self, name: str, spec: Column) -> None:
        numbers, raws, qualifiers = [], [], []
        for row, raw in enumerate(self.texts(spec)):
            number, qualifier, code = values.count(raw)
            if code:
                self.problem(row, code, name, raw)
            if number is None and raw and raw.strip():
                self.table.warn("COUNT_NA")
            if number is not None and raw is not None and raw.strip() in spec.floors:
                number, qualifier = spec.floors[raw.strip()], "floor"
            if number == 0 and spec.zero != "exact":
                number, qualifier = (None, "missing") if spec.zero == "missing" else (0, "zero_suspect")
            numbers.append(number)
            raws.append(raw)
            qualifiers.append(qualifier)
        self.columns[name] = numbers
        self.columns[f"{name}_raw"], self.columns[f"{name}_qualifier"] = raws, qualifiers

    def _moments(self, name: str, spec: Column) -> None:
        at, precisions = [], []
        is_required = name == "published_at"
        for row, raw in enumerate(self.texts(spec)):
            micros, precision, code = values.moment(raw, year=spec.year, epoch=spec.epoch)
            if code and code != "DATE_MISSING":
                self.problem(row, code, name, raw)
            elif micros is not None and is_required and micros > self.latest:
                self.problem(row, "DATE_FUTURE", name, raw)
            if micros is not None and not spec.epoch and raw and raw.strip().isdigit() and len(raw.strip()) != 8:
                self.table.warn("DATE_SERIAL" if len(raw.strip()) == 5 else "DATE_EPOCH")
            at.append(micros)
            precisions.append(precision)
        self.columns[name] = at
        if is_required:
            self.columns["published_precision"] = precisions

    def _dates(self, name: str, spec: Column) -> None:
        found = []
        for row, raw in enumerate(self.texts(spec)):
            micros, _precision, code = values.moment(raw)
            if code and code != "DATE_MISSING":
                self.problem(row, code, name, raw)
            day = None if micros is None else datetime.fromtimestamp(micros // 1_000_000, SHANGHAI).date()
            found.append(day)
        self.columns[name] = found

    def _booleans(self, spec: Column) -> list[bool | None]:
        if spec.all_equal:
            at = [(self.at.get(name), wanted) for name, wanted in spec.all_equal.items()]
            if any(i is None for i, _ in at):
                return [None] * len(self.table.rows)
            return [all((row[i] or "") == wanted for i, wanted in at) for row in self.table.rows]  # type: ignore[index]
        if spec.is_blank:
            at_blank = [self.at[name] for name in spec.is_blank if name in self.at]
            return [all(not (row[i] or "").strip() for i in at_blank) if at_blank else None for row in self.table.rows]
        found: list[bool | None] = []
        for text in self.texts(spec):
            word = (text or "").strip().lower()
            if spec.values is not None:
                word = spec.values.get(word, spec.values.get(text or "", ""))
            found.append(True if word in TRUE else False if word in FALSE else None)
        return found

    def extra(self) -> list[str | None]:
        """Columns the mapping does not name, as a JSON object per row; NULL where there are none."""
        known = set(self.mapping.wanted()) | set(self.mapping.known or ())
        others = [(i, name) for i, name in enumerate(self.table.header) if name and name not in known]
        if not others:
            return [None] * len(self.table.rows)
        found = []
        for row in self.table.rows:
            # Values are cut: `extra` is there to see what came, not to store it a second time.
            said = {name: value[:500] for i, name in others if (value := row[i])}
            found.append(json.dumps(said, ensure_ascii=False, sort_keys=True) if said else None)
        return [text if text is None or _encodes(text) else None for text in found]


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _finish_records(rows: Rows, reader: _Reader) -> None:
    """Identifiers, hashtags and evidence that follow from the other columns."""
    c, n = rows.columns, len(rows)
    blank: list[Any] = [None] * n
    for name in contract.RECORDS.names:
        if name not in {lineage for lineage, _ in contract.LINEAGE}:
            c.setdefault(name, list(blank))
    c["read_unit"] = [u or ("views" if r is not None else None) for u, r in zip(c["read_unit"], c["read_count"])]
    for metric in contract.METRICS:
        c[f"{metric}_count_qualifier"] = [q or "missing" for q in c[f"{metric}_count_qualifier"]]
    if "topics" not in reader.mapping.columns:
        c["topics"] = [HASHTAG.findall(text) if text and "#" in text else [] for text in c["text"]]
    c["original_evidence"] = [
        "unknown" if o is None else e or "flag" for o, e in zip(c["is_original"], c["original_evidence"])
    ]
    for i in range(n):
        _identify(c, i, reader)


def _identify(c: dict[str, list[Any]], i: int, reader: _Reader) -> None:
    """A record id that is the channel's own, else its address, else a hash of account, title and time."""
    channel = c["channel_type"][i]
    if channel == "weibo" and (c["alt_id"][i] or (c["record_id"][i] or "").strip().isdigit()):
        raw = c["record_id"][i]
        c["record_id"][i], code, is_repaired = values.weibo_id(raw, c["alt_id"][i])
        if code:
            reader.problem(i, code, "record_id", raw)
        if is_repaired:
            reader.table.warn("ID_PRECISION")
        for name in ("repost_of_id", "parent_id", "root_id"):
            text = (c[name][i] or "").strip()
            c[name][i] = text if text.isdigit() and text != "0" else None
    elif c["record_id"][i]:
        c["record_id"][i] = c["record_id"][i].strip()
    if channel in ("news_app", "news_site") and c["record_id"][i] is None:
        c["record_id"][i] = values.canonical_url(c["url"][i])
    if c["account_key"][i]:
        c["account_key"][i] = c["account_key"][i].strip()
        if channel == "news_site":
            c["account_key"][i] = c["account_key"][i].lower().removeprefix("www.")
    elif c["account_name_raw"][i]:
        c["account_key"][i], c["account_key_type"][i] = c["account_name_raw"][i].strip(), "name"
    if not c["record_id"][i] and i not in reader.problems:
        title, at = c["title"][i] or c["text"][i], c["published_at"][i]
        if not title:
            reader.problem(i, "ID_MISSING", "record_id", "")
        else:
            told = f"{c['account_key'][i]}\n{title}\n{at}"
            c["record_id"][i] = "h" + hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:24]


def _drop_duplicates(rows: Rows) -> None:
    """One row per record and observation; of equals the one with the larger counts, then the later row, stays."""
    c = rows.columns
    best: dict[tuple, int] = {}
    for i in range(len(rows)):
        key = (c["channel_type"][i], c["account_key"][i], c["record_id"][i], c["observed_at"][i])
        j = best.setdefault(key, i)
        if j != i and _weight(c, i) >= _weight(c, j):
            best[key] = i
    rows.duplicate = len(rows) - len(best)
    if rows.duplicate:
        rows.warnings["DUP_ID"] = rows.duplicate
        kept = set(best.values())
        rows.keep([i in kept for i in range(len(rows))])


def _weight(c: dict[str, list[Any]], i: int) -> int:
    return sum(c[f"{metric}_count"][i] or 0 for metric in contract.METRICS)


def to_arrow(rows: Rows, mapping: Mapping, lineage: dict[str, str]) -> pa.Table:
    """Canonical Arrow table, in the contract's columns and order."""
    schema, n = contract.TABLES[mapping.table], len(rows)
    arrays = []
    for column in schema:
        if column.name == "source_row":
            arrays.append(pa.array(rows.numbers, column.type))
        elif column.name == "extra":
            arrays.append(pa.array(rows.extra, column.type))
        elif column.name in lineage:
            arrays.append(pa.array([lineage[column.name]] * n, column.type))
        else:
            arrays.append(pa.array(rows.columns.get(column.name, [None] * n), column.type))
    return pa.Table.from_arrays(arrays, schema=schema)
