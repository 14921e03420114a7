"""Mapped text columns → canonical columns, batch by batch, and a reason for every row that cannot be one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion import contract
from bangdan.ingestion.columns import records, values, vectors
from bangdan.ingestion.mapping import Column, Mapping, compiled
from bangdan.ingestion.readers.tables import MAX_TEXT, Batch, Problem, Table, without_blanks

COUNTS = {f"{metric}_count" for metric in contract.METRICS}
MOMENTS = {"published_at", "observed_at"}
REGISTRY_MOMENTS = {"valid_from", "valid_to"}
BOOLEANS = {"is_original", "is_deleted", "is_organization"}
LISTS = {"topics", "aliases"}
TRUE, FALSE = {"true", "1", "yes", "是", "原创", "y"}, {"false", "0", "no", "否", "n", "非原创", "转载"}
# Without these a row of the registry names nothing.
REQUIRED = {
    "units": ["unit_id", "unit_name"],
    "accounts": ["account_id", "platform"],
    "channels": ["outlet_id", "channel_type"],
}
EXTRA_CHARS = 500
A_DAY = 86_400_000_000

Reject = tuple[int, str, str | None, str]  # row, reason code, column, raw value


@dataclass
class Rows:
    """Accepted rows of one batch as canonical columns, and those that were rejected. `numbers`: rows of the file."""

    columns: dict[str, pa.Array]
    numbers: pa.Array
    rejects: list[Reject]

    def __len__(self) -> int:
        return len(self.numbers)


def apply(mapping: Mapping, table: Table, batch: Batch, path_key: dict[str, str], received_at: datetime) -> Rows:
    """Fill the canonical columns of `mapping.table`; rows with an error go to `rejects` with the first one."""
    reader = Reader(mapping, table, batch, received_at)
    for name, spec in mapping.columns.items():
        reader.fill(name, spec)
    for name, text in path_key.items():
        if name not in reader.columns:
            reader.columns[name] = reader.constant(text)
        else:  # a column that the file leaves blank is told by its path
            reader.columns[name] = pc.coalesce(reader.columns[name], pa.scalar(text))
    reader.columns["extra"] = reader.extra()
    if mapping.table == "records":
        records.finish(reader)
    else:
        reader.demand(REQUIRED[mapping.table])
    numbers, bad = batch.numbers, reader.problems
    rejects = [(numbers[i].as_py(), *bad[i]) for i in sorted(bad)]
    columns = reader.columns
    if bad:
        keep = np.ones(len(batch), bool)
        keep[list(bad)] = False
        mask = pa.array(keep)
        columns = {name: column.filter(mask) for name, column in columns.items()}
        numbers = numbers.filter(mask)
    return Rows(columns, numbers, rejects)


class Reader:
    """Columns of one batch being filled; remembers the first problem of each row."""

    def __init__(self, mapping: Mapping, table: Table, batch: Batch, received_at: datetime) -> None:
        self.mapping, self.table, self.batch = mapping, table, batch
        self.at = {name: i for i, name in reversed(list(enumerate(table.header)))}
        self.columns: dict[str, pa.Array] = {}
        self.problems: dict[int, Problem] = dict(batch.problems)
        self.received = values.micros(received_at)

    def __len__(self) -> int:
        return len(self.batch)

    def problem(self, row: int, code: str, column: str, value: str | None) -> None:
        self.problems.setdefault(row, (code, column, (value or "")[:200]))

    def told(self, codes: pa.Array, column: str, raws: pa.Array, unless: str = "") -> None:
        """Every code is its row's problem, but the one that is none here."""
        if codes.null_count == len(codes):
            return
        for row in np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False)).tolist():
            if (code := codes[row].as_py()) != unless:
                self.problem(row, code, column, raws[row].as_py())

    def demand(self, names: list[str]) -> None:
        """Rows without one of these columns name nothing."""
        for name in names:
            for row in vectors.where(vectors.stripped(self.columns.get(name, self.nothing())).is_null()):
                self.problem(row, "ID_MISSING", name, "")

    def constant(self, text: str) -> pa.Array:
        return pa.repeat(pa.scalar(text, pa.string()), len(self))

    def nothing(self, kind: pa.DataType | None = None) -> pa.Array:
        return pa.nulls(len(self), kind or pa.string())

    def source(self, name: str) -> pa.Array:
        """The column under a header name; NULLs where the file has none."""
        return self.batch.columns[self.at[name]] if name in self.at else self.nothing()

    def texts(self, spec: Column) -> pa.Array:
        """First filled of the column's sources, row by row."""
        if spec.value is not None:
            return self.constant(spec.value)
        there = [self.source(name) for name in spec.sources if name in self.at]
        if not there:
            return self.nothing()
        found = pc.coalesce(*there) if len(there) > 1 else there[0]
        if spec.pattern:
            pattern = compiled(spec.pattern)
            found = without_blanks(vectors.by_value(found, lambda text: _groups(pattern.search(text)), pa.string()))
        if spec.prefix:
            found = pc.binary_join_element_wise(spec.prefix, found, "")
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
            if name == "is_original":
                evidence = "retweet_link" if spec.is_blank else "text_pattern" if spec.unlike else "flag"
                self.columns.setdefault("original_evidence", self.constant(evidence))
        elif name in LISTS:
            self.columns[name] = vectors.lists(self.texts(spec), spec.separator or "|")
        elif name == "position":
            texts = vectors.stripped(self.texts(spec))
            is_number = pc.and_(vectors.is_digits(texts), pc.less_equal(pc.binary_length(texts), 9))
            self.columns[name] = vectors.choose(is_number, texts, None).cast(pa.int64())
        else:
            self._texts(name, spec)

    def _texts(self, name: str, spec: Column) -> None:
        found = self.texts(spec)
        if spec.values is not None:
            known = spec.values
            mapped = vectors.by_value(found, lambda text: known.get(text.strip()), pa.string())
            for row in vectors.where(pc.and_(found.is_valid(), mapped.is_null())):
                self.problem(row, "VALUE_UNKNOWN", name, found[row].as_py())
            found = mapped
        if (pc.max(pc.binary_length(found)).as_py() or 0) > MAX_TEXT:
            is_long = pc.greater(pc.utf8_length(found), MAX_TEXT)
            for row in vectors.where(is_long):
                self.problem(row, "TXT_TOO_LONG", name, found[row].as_py()[:200])
            found = vectors.choose(is_long, None, found)
        self.columns[name] = found

    def _counts(self, name: str, spec: Column) -> None:
        raws = self.texts(spec)
        numbers, qualifiers, codes, words = vectors.counts(raws, spec)
        self.told(codes, name, raws)
        if words:
            self.table.warnings["COUNT_NA"] += words
        self.columns[name], self.columns[f"{name}_raw"] = numbers, raws
        self.columns[f"{name}_qualifier"] = qualifiers

    def _moments(self, name: str, spec: Column) -> None:
        raws = self.texts(spec)
        moments, precisions, codes = vectors.moments(raws, spec, self._captured(spec))
        self.told(codes, name, raws, unless="DATE_MISSING")
        if name == "published_at":
            # A day of grace: some tools stamp a file before the last rows are written.
            is_future = pc.greater(moments.cast(pa.int64()), self.received + A_DAY)
            for row in vectors.where(is_future):
                self.problem(row, "DATE_FUTURE", name, raws[row].as_py())
            self.columns["published_precision"] = precisions
        if not spec.epoch:
            bare = pc.utf8_trim_whitespace(raws)
            length = pc.binary_length(bare)
            is_number = pc.and_(pc.and_(vectors.is_digits(bare), moments.is_valid()), pc.not_equal(length, 8))
            for code, mask in (("DATE_SERIAL", pc.equal(length, 5)), ("DATE_EPOCH", pc.not_equal(length, 5))):
                if many := len(vectors.where(pc.and_(is_number, mask))):
                    self.table.warnings[code] += many
        self.columns[name] = moments

    def _captured(self, spec: Column) -> pa.Array | None:
        """When each row was taken, for times that are told from then."""
        if spec.relative_to is None:
            return None
        received = pa.repeat(pa.scalar(self.received, pa.int64()), len(self))
        if spec.relative_to == "received_at":
            return received
        return vectors.moments(self.source(spec.relative_to), Column(value=""))[0].cast(pa.int64())

    def _dates(self, name: str, spec: Column) -> None:
        raws = self.texts(spec)
        moments, _precisions, codes = vectors.moments(raws, spec)
        self.told(codes, name, raws, unless="DATE_MISSING")
        self.columns[name] = moments.cast(pa.timestamp("us", "Asia/Shanghai")).cast(pa.date32())

    def _booleans(self, spec: Column) -> pa.Array:
        if spec.all_equal:
            if any(name not in self.at for name in spec.all_equal):
                return self.nothing(pa.bool_())
            return _all(
                pc.equal(pc.fill_null(self.source(name), ""), wanted) for name, wanted in spec.all_equal.items()
            )
        if spec.is_blank:
            there = [name for name in spec.is_blank if name in self.at]
            if not there:
                return self.nothing(pa.bool_())
            return _all(vectors.stripped(self.source(name)).is_null() for name in there)
        if spec.unlike:
            there = [name for name in spec.unlike if name in self.at]
            if not there:
                return self.nothing(pa.bool_())
            return _all(self._unlike(name, spec.unlike[name]) for name in there)
        return vectors.by_value(self.texts(spec), lambda text: _boolean(text, spec.values), pa.bool_())

    def _unlike(self, name: str, expression: str) -> pa.Array:
        pattern = compiled(expression)
        found = vectors.by_value(self.source(name), lambda text: pattern.search(text) is None, pa.bool_())
        return pc.fill_null(found, True)

    def extra(self) -> pa.Array:
        """Columns the mapping does not name, as a JSON object per row; NULL where there are none."""
        known = set(self.mapping.wanted()) | set(self.mapping.known or ())
        others: dict[str, pa.Array] = {}
        for name, column in zip(self.table.header, self.batch.columns, strict=True):
            if name and name not in known:
                others[name] = pc.coalesce(column, others[name]) if name in others else column
        # Values are cut: `extra` is there to see what came, not to store it a second time.
        return vectors.objects(others, EXTRA_CHARS) if others else self.nothing()


def _all(masks) -> pa.Array:  # type: ignore[no-untyped-def]
    found = None
    for mask in masks:
        found = mask if found is None else pc.and_(found, mask)
    return found


def _groups(found: re.Match[str] | None) -> str | None:
    return "_".join(text or "" for text in found.groups()) if found else None


def _boolean(text: str, meanings: dict[str, str] | None) -> bool | None:
    word = text.strip().lower()
    if meanings is not None:
        word = meanings.get(word, meanings.get(text, ""))
    return True if word in TRUE else False if word in FALSE else None


def drift(mapping: Mapping, table: Table) -> Counter[str]:
    """A warning where a tool writes columns that its connector does not know."""
    if mapping.known is not None and set(table.header) - set(mapping.known) - set(mapping.keep) - set(mapping.wanted()):
        return Counter({"HDR_DRIFT": 1})
    return Counter()


def to_arrow(rows: Rows, mapping: Mapping, lineage: dict[str, str]) -> pa.Table:
    """Canonical Arrow table, in the contract's columns and order."""
    schema, n = contract.TABLES[mapping.table], len(rows)
    arrays = []
    for column in schema:
        if column.name == "source_row":
            found = rows.numbers
        elif column.name in lineage:
            found = pa.repeat(pa.scalar(lineage[column.name], pa.string()), n)
        elif column.name in rows.columns:
            found = rows.columns[column.name]
        else:
            found = pa.nulls(n, column.type)
        arrays.append(found if found.type == column.type else found.cast(column.type))
    return pa.Table.from_arrays(arrays, schema=schema)
