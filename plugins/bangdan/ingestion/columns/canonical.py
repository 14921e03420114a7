"""Mapped text columns → canonical columns, batch by batch, and a reason for every row that cannot be one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core.months import FIRST_MOMENT
from bangdan.ingestion import contract
from bangdan.ingestion.columns import account_keys, records, typed, values, vectors
from bangdan.ingestion.columns.private_names import looks_private
from bangdan.ingestion.columns.problems import BatchProblems
from bangdan.ingestion.columns.typed import UnreadTimes
from bangdan.ingestion.contract import Kind
from bangdan.ingestion.file_report import RejectedRow
from bangdan.ingestion.mapping import ColumnRule, Mapping, compiled
from bangdan.ingestion.readers.text_table import MAX_TEXT, TextBatch, TextTable, without_blanks

EXTRA_CHARS = 500
A_DAY = 86_400_000_000  # microseconds
# Days after the receipt that a time may lie. Some tools stamp a file before the last rows are written; counts may be
# added to a file that keeps the time of its first delivery.
GRACE_DAYS = {"published_at": 1, "observed_at": 31}
EARLIEST = values.micros(FIRST_MOMENT)


@dataclass(frozen=True)
class Lineage:
    """The columns that every row of an export has in common."""

    load_key: str
    connector: str
    connector_version: str
    export_sha256: str
    source_file: str


@dataclass
class CanonicalBatch:
    """Accepted rows of a batch as canonical columns, and the rejected ones. `numbers`: row numbers in the file."""

    columns: dict[str, pa.Array]
    numbers: pa.Array
    rejects: list[RejectedRow]

    def __len__(self) -> int:
        return len(self.numbers)


def canonical_batch(
    mapping: Mapping, table: TextTable, batch: TextBatch, path_columns: dict[str, str], received_at: datetime
) -> CanonicalBatch:
    """Fill the canonical columns of `mapping.table`; a row with problems is rejected with the first of them.

    `path_columns`: columns whose value the file's path gives, for rows that leave them blank.
    """
    reader = BatchReader(mapping, table, batch, received_at)
    for name, rule in mapping.columns.items():
        reader.fill(contract.COLUMNS[mapping.table][name], rule)
    reader.fill_from_path(path_columns)
    reader.columns["extra"] = reader.extra()
    if mapping.table == "records":
        has_topics = "topics" in mapping.columns
        records.complete(reader.columns, reader.unread, reader.problems, table.warnings, find_topics=not has_topics)
        reader.reject_outside("published_at", reader.columns["published_at"], reader.unread.texts)
        reader.problems.add_where(reader.columns["published_at"].is_null(), "DATE_MISSING", "published_at")
    else:
        reader.require_columns()
        reader.normalise_keys()
    return _without_rejects(reader.columns, batch.numbers, reader.problems)


def to_arrow(batch: CanonicalBatch, table: str, lineage: Lineage) -> pa.Table:
    """The batch as an Arrow table, in the contract's columns and order."""
    constants, schema = asdict(lineage), contract.SCHEMAS[table]
    arrays = []
    for column in schema:
        if column.name == "source_row":
            array = batch.numbers
        elif column.name in constants:
            array = pa.repeat(pa.scalar(constants[column.name], pa.string()), len(batch))
        elif column.name in batch.columns:
            array = batch.columns[column.name]
        else:
            array = pa.nulls(len(batch), column.type)
        arrays.append(array if array.type == column.type else array.cast(column.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def drift(mapping: Mapping, table: TextTable) -> Counter[str]:
    """Warnings of columns that the mapping does not name: of all where it lists those it knows, and of private ones."""
    others = set(table.header) - set(mapping.known or ()) - set(mapping.sources)
    is_drift = mapping.known is not None and others - set(mapping.keep)
    return +Counter({"HDR_DRIFT": 1 if is_drift else 0, "HDR_PRIVATE": sum(map(looks_private, others))})


def _without_rejects(columns: dict[str, pa.Array], numbers: pa.Array, problems: BatchProblems) -> CanonicalBatch:
    rejects = [RejectedRow(numbers[place].as_py(), *problem) for place, problem in problems]
    if problems:
        keep = np.ones(len(numbers), bool)
        keep[[place for place, _problem in problems]] = False
        mask = pa.array(keep)
        columns = {name: column.filter(mask) for name, column in columns.items()}
        numbers = numbers.filter(mask)
    return CanonicalBatch(columns, numbers, rejects)


class BatchReader:
    """The canonical columns of one batch while they are filled, and the problems of its rows."""

    def __init__(self, mapping: Mapping, table: TextTable, batch: TextBatch, received_at: datetime) -> None:
        self.mapping, self.table, self.batch = mapping, table, batch
        self.columns: dict[str, pa.Array] = {}
        self.problems = BatchProblems(batch.problems)
        self._place = {name: place for place, name in reversed(list(enumerate(table.header)))}
        self._received = values.micros(received_at)
        nothing = self._nulls()
        self.unread = UnreadTimes(nothing, pc.fill_null(nothing, "DATE_MISSING"), nothing)

    def __len__(self) -> int:
        return len(self.batch)

    def fill(self, column: contract.Column, rule: ColumnRule) -> None:
        """Read a column by its kind in the contract and by the mapping's rule."""
        match column.kind:
            case Kind.TEXT:
                self._fill_text(column.name, rule)
            case Kind.COUNT:
                self._fill_count(column.name, rule)
            case Kind.TIME:
                self._fill_time(column.name, rule)
            case Kind.DATE:
                self._fill_date(column.name, rule)
            case Kind.BOOLEAN:
                self._fill_boolean(column.name, rule)
            case Kind.LIST:
                self.columns[column.name] = typed.list_column(self._texts(rule), rule.separator or "|")
            case Kind.NUMBER:
                self.columns[column.name] = typed.number_column(self._texts(rule))

    def fill_from_path(self, path_columns: dict[str, str]) -> None:
        """Columns that the file's path gives, in rows where the file itself leaves them blank."""
        for name, text in path_columns.items():
            if name in self.columns:
                self.columns[name] = pc.coalesce(self.columns[name], pa.scalar(text))
            else:
                self.fill(contract.COLUMNS[self.mapping.table][name], ColumnRule(value=text))

    def reject_outside(self, name: str, times: pa.Array, texts: pa.Array) -> None:
        """Reject rows with a moment before the first channel, or after the export was received and some days of grace."""
        micros = times.cast(pa.int64())
        latest = self._received + GRACE_DAYS.get(name, 1) * A_DAY
        self.problems.add_where(pc.greater(micros, latest), "DATE_FUTURE", name, texts)
        self.problems.add_where(pc.less(micros, EARLIEST), "DATE_EARLY", name, texts)

    def require_columns(self) -> None:
        """Reject rows without a value in a column that the contract requires."""
        for column in contract.COLUMNS[self.mapping.table].values():
            if column.is_required:
                bare = vectors.stripped(self.columns.get(column.name, self._nulls()))
                self.problems.add_where(bare.is_null(), "ID_MISSING", column.name)
        if self.mapping.table == "accounts":
            self._require_a_key()

    def _require_a_key(self) -> None:
        """Reject accounts that no record could be of: a kind of key without the key, or neither key nor name."""
        kind, key, name = (
            vectors.stripped(self.columns.get(column, self._nulls()))
            for column in ("account_key_type", "account_key", "account_name")
        )
        has_no_key = pc.and_(key.is_null(), pc.or_(kind.is_valid(), name.is_null()))
        self.problems.add_where(has_no_key, "ACCOUNT_NO_KEY", "account_key")

    def normalise_keys(self) -> None:
        """Keys of the registry's accounts and outlets in the form in which the records have them."""
        if "account_key" in self.columns:
            kinds = self.columns.get("account_key_type", self._nulls())
            channel_types = self.columns.get("platform", self.columns.get("channel_type", self._nulls()))
            self.columns["account_key"] = account_keys.normal(self.columns["account_key"], kinds, channel_types)

    def extra(self) -> pa.Array:
        """Columns that the mapping keeps, but private ones, as a JSON object per row; NULL where there are none."""
        kept: dict[str, pa.Array] = {}
        for name, column in zip(self.table.header, self.batch.columns, strict=True):
            if name in self.mapping.keep and not looks_private(name):
                kept[name] = pc.coalesce(column, kept[name]) if name in kept else column
        # Values are cut: `extra` shows what came, it is no second copy of it.
        return vectors.json_objects(kept, EXTRA_CHARS) if kept else self._nulls()

    def _nulls(self, arrow_type: pa.DataType | None = None) -> pa.Array:
        return pa.nulls(len(self), arrow_type or pa.string())

    def _constant(self, text: str) -> pa.Array:
        return pa.repeat(pa.scalar(text, pa.string()), len(self))

    def _source(self, name: str) -> pa.Array:
        """The column under a header name; NULLs where the file has none."""
        return self.batch.columns[self._place[name]] if name in self._place else self._nulls()

    def _texts(self, rule: ColumnRule) -> pa.Array:
        """The text of a canonical column: a constant, or the first filled of its sources row by row."""
        if rule.value is not None:
            return self._constant(rule.value)
        sources = [self._source(name) for name in rule.sources if name in self._place]
        if not sources:
            return self._nulls()
        if rule.pattern:
            sources = [_by_pattern(source, compiled(rule.pattern)) for source in sources]
        texts = pc.coalesce(*sources) if len(sources) > 1 else sources[0]
        if rule.prefix:
            texts = pc.binary_join_element_wise(rule.prefix, texts, "")
        return texts

    def _fill_text(self, name: str, rule: ColumnRule) -> None:
        texts = self._texts(rule)
        if (meanings := rule.values) is not None:
            mapped = vectors.map_distinct(texts, lambda text: meanings.get(text.strip()), pa.string())
            self.problems.add_where(pc.and_(texts.is_valid(), mapped.is_null()), "VALUE_UNKNOWN", name, texts)
            texts = mapped
        if (pc.max(pc.binary_length(texts)).as_py() or 0) > MAX_TEXT:
            is_long = pc.greater(pc.utf8_length(texts), MAX_TEXT)
            self.problems.add_where(is_long, "TXT_TOO_LONG", name, texts)
            texts = vectors.choose(is_long, None, texts)
        self.columns[name] = texts

    def _fill_count(self, name: str, rule: ColumnRule) -> None:
        texts = self._texts(rule)
        counts = typed.count_column(texts, rule)
        self.problems.add_codes(counts.codes, name, texts)
        if counts.words:
            self.table.warnings["COUNT_NA"] += counts.words
        self.columns[name] = counts.numbers
        self.columns[f"{name}_raw"] = texts
        self.columns[f"{name}_qualifier"] = counts.qualifiers

    def _fill_time(self, name: str, rule: ColumnRule) -> None:
        texts = self._texts(rule)
        column = typed.time_column(texts, rule, self._captured(rule))
        codes = column.codes
        if self.mapping.table == "records":
            self.reject_outside(name, column.times, texts)
        if name == "published_at":
            self.unread = typed.unread_times(texts, column, rule)
            codes = pc.if_else(self.unread.lacks.is_valid(), None, codes)
            self.columns["published_precision"] = column.precisions
        self.problems.add_codes(codes, name, texts, ignored="DATE_MISSING")
        if not rule.epoch:
            self._warn_of_converted_numbers(texts, column.times)
        self.columns[name] = column.times

    def _warn_of_converted_numbers(self, texts: pa.Array, times: pa.Array) -> None:
        """Count times that were written as a spreadsheet's day number or as seconds of an epoch."""
        bare = pc.utf8_trim_whitespace(texts)
        length = pc.binary_length(bare)
        is_written_as_date = pc.is_in(length, pa.array([8, 14], length.type))
        is_number = pc.and_(pc.and_(vectors.is_digits(bare), times.is_valid()), pc.invert(is_written_as_date))
        for code, is_of_length in (("DATE_SERIAL", pc.equal(length, 5)), ("DATE_EPOCH", pc.not_equal(length, 5))):
            if converted := len(vectors.places_where(pc.and_(is_number, is_of_length))):
                self.table.warnings[code] += converted

    def _captured(self, rule: ColumnRule) -> pa.Array | None:
        """When each row was taken, in microseconds (UTC), for times that count back from then."""
        if rule.relative_to is None:
            return None
        if rule.relative_to == "received_at":
            return pa.repeat(pa.scalar(self._received, pa.int64()), len(self))
        return typed.time_column(self._source(rule.relative_to), ColumnRule(value="")).times.cast(pa.int64())

    def _fill_date(self, name: str, rule: ColumnRule) -> None:
        texts = self._texts(rule)
        column = typed.date_column(texts, rule)
        self.problems.add_codes(column.codes, name, texts, ignored="DATE_MISSING")
        self.columns[name] = column.dates

    def _fill_boolean(self, name: str, rule: ColumnRule) -> None:
        self.columns[name] = self._booleans(rule)
        if name == "is_original" and "original_evidence" not in self.mapping.columns:
            evidence = "retweet_link" if rule.is_blank else "text_pattern" if rule.unlike else "flag"
            self.columns["original_evidence"] = self._constant(evidence)

    def _booleans(self, rule: ColumnRule) -> pa.Array:
        if rule.all_equal:
            if any(name not in self._place for name in rule.all_equal):
                return self._nulls(pa.bool_())
            return vectors.all_of(
                [pc.equal(pc.fill_null(self._source(name), ""), wanted) for name, wanted in rule.all_equal.items()]
            )
        if names := rule.is_blank:
            masks = [vectors.stripped(self._source(name)).is_null() for name in names if name in self._place]
        elif expressions := rule.unlike:
            masks = [self._is_unlike(name, text) for name, text in expressions.items() if name in self._place]
        else:
            return typed.boolean_column(self._texts(rule), rule.values)
        return vectors.all_of(masks) if masks else self._nulls(pa.bool_())

    def _is_unlike(self, name: str, expression: str) -> pa.Array:
        pattern = compiled(expression)
        matches = vectors.map_distinct(self._source(name), lambda text: pattern.search(text) is None, pa.bool_())
        return pc.fill_null(matches, True)


def _by_pattern(texts: pa.Array, pattern: re.Pattern[str]) -> pa.Array:
    return without_blanks(vectors.map_distinct(texts, lambda text: _joined_groups(pattern.search(text)), pa.string()))


def _joined_groups(match: re.Match[str] | None) -> str | None:
    return "_".join(text or "" for text in match.groups()) if match else None
