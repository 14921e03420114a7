"""Mappings: which columns of an export fill which canonical columns, and by which rules."""

from __future__ import annotations

import difflib
import hashlib
import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bangdan.core.errors import BangdanError
from bangdan.ingestion import contract
from bangdan.ingestion.connectors import EXPANSIONS

SHOWN_ERRORS = 5


class Strict(BaseModel):
    """A part of a mapping: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnRule(Strict):
    """How one canonical column is filled. `from`: header names or dotted JSON paths; the first that is there wins."""

    sources: list[str] = Field(default=[], alias="from")
    value: str | None = None  # a constant
    pattern: str | None = None  # regular expression on the value; its groups are taken, joined by _
    prefix: str | None = None  # put before the value
    values: dict[str, str] | None = None  # value → value; others are VALUE_UNKNOWN
    # times
    formats: list[str] = []  # strptime formats, tried before the known ones
    year: int | None = Field(default=None, ge=1990, le=2100)  # for dates without one
    zone: str | None = None  # of times without one: an IANA name or +09:00; Shanghai if not given
    epoch: Literal["s", "ms"] | None = None  # unit of numbers
    relative_to: str | None = None  # 5分钟前 counts from this: a column, or `received_at` of the export
    # counts
    factor: int = Field(default=1, ge=1)  # 10000 for a column in 万
    floors: dict[str, int] = {}  # raw texts that mean "at least"
    missing: list[str] = []  # further raw texts that mean nothing was counted
    zero: Literal["exact", "missing", "zero_suspect"] = "exact"  # what a zero means
    # booleans: all these columns have these values / are blank / do not match these expressions
    all_equal: dict[str, str] | None = None
    is_blank: list[str] | None = None
    unlike: dict[str, str] | None = None
    separator: str | None = None  # of lists

    @model_validator(mode="after")
    def _has_a_source(self) -> ColumnRule:
        if not (self.sources or self.value is not None or self.all_equal or self.is_blank or self.unlike):
            raise ValueError("needs one of: from, value, all_equal, is_blank, unlike")
        return self

    @field_validator("sources", mode="before")
    @classmethod
    def _single_source(cls, names: Any) -> Any:
        return [names] if isinstance(names, str) else names

    @field_validator("pattern")
    @classmethod
    def _pattern_with_group(cls, text: str | None) -> str | None:
        if text is not None and compiled(text).groups < 1:
            raise ValueError("needs a group in brackets: what it matches is the value")
        return text

    @field_validator("unlike")
    @classmethod
    def _valid_expressions(cls, expressions: dict[str, str] | None) -> dict[str, str] | None:
        for text in (expressions or {}).values():
            compiled(text)
        return expressions

    @field_validator("zone")
    @classmethod
    def _valid_zone(cls, name: str | None) -> str | None:
        zone_of(name)
        return name

    @property
    def tzinfo(self) -> tzinfo | None:
        """The declared zone; None for Shanghai."""
        return zone_of(self.zone)

    def all_sources(self) -> list[str]:
        """Every header name or path that the rule reads."""
        capture = [self.relative_to] if self.relative_to and self.relative_to != "received_at" else []
        return [*self.sources, *(self.all_equal or ()), *(self.is_blank or ()), *(self.unlike or ()), *capture]


@lru_cache(maxsize=256)
def compiled(text: str) -> re.Pattern[str]:
    """A regular expression of a mapping; raises ValueError where it is none."""
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None


@lru_cache(maxsize=64)
def zone_of(name: str | None) -> tzinfo | None:
    """The zone of a name or offset; None for Shanghai, ValueError for what is neither."""
    if name is None or name == "Asia/Shanghai":
        return None
    if match := re.fullmatch(r"([+-])(\d{2}):(\d{2})", name):
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(offset if sign == "+" else -offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no zone: write an IANA name like Asia/Tokyo, or +09:00") from None


class PathRule(Strict):
    """Columns taken from the file's path: a regular expression on the stem, or the parent folder's name."""

    account_key: str | None = None
    account_name_raw: Literal["parent", "stem"] | None = None

    @field_validator("account_key")
    @classmethod
    def _valid_expression(cls, text: str | None) -> str | None:
        if text is not None:
            compiled(text)
        return text


class Mapping(Strict):
    """A whole mapping. See docs/exports.md for a worked example."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = "1"
    table: Literal["records", "units", "accounts", "channels"] = "records"
    recognise: list[str] = []  # header names or paths that must all be there
    unless: list[str] = []  # and none of these
    exact: bool = False  # and no others
    refuse: str | None = None  # why files of this kind cannot be used
    known: list[str] | None = None  # columns the tool writes that are not used; others are HDR_DRIFT
    keep: list[str] = []  # columns that are kept in `extra` and are no surprise either
    items: str | None = None  # JSON: dotted path of the array of records
    expand: str | None = None  # name of a code step that turns one JSON object into many
    path: PathRule = PathRule()
    columns: dict[str, ColumnRule] = {}

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: Any) -> Any:
        if not isinstance(columns, dict):
            return columns
        return {
            name: {"from": [spec]} if isinstance(spec, str) else {"from": spec} if isinstance(spec, list) else spec
            for name, spec in columns.items()
        }

    @model_validator(mode="after")
    def _known_columns(self) -> Mapping:
        known = contract.COLUMNS[self.table].keys() - contract.LINEAGE_NAMES
        for name in self.columns:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise PydanticCustomError(
                    "unknown_column",
                    "no such column in {table}{hint}",
                    {"table": self.table, "hint": hint, "place": ["columns", name]},
                )
        if not self.columns and self.refuse is None:
            raise ValueError("needs columns")
        return self

    @field_validator("expand")
    @classmethod
    def _known_step(cls, name: str | None) -> str | None:
        if name is not None and name not in EXPANSIONS:
            raise ValueError(f"no such step; one of: {', '.join(sorted(EXPANSIONS))}")
        return name

    @model_validator(mode="after")
    def _gives_times(self) -> Mapping:
        is_needed = self.table == "records" and self.refuse is None and not self._reads_weibo_ids()
        if is_needed and "published_at" not in self.columns:
            raise PydanticCustomError(
                "no_time",
                "needs published_at: a record without a time belongs to no month",
                {"place": ["columns"]},
            )
        return self

    def _reads_weibo_ids(self) -> bool:
        """The id of a Weibo post holds its time."""
        channel = self.columns.get("channel_type")
        channels = {channel.value, *(channel.values or {}).values()} if channel else set()
        return "weibo" in channels and not {"record_id", "alt_id"}.isdisjoint(self.columns)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()

    @property
    def reads_path(self) -> bool:
        return bool(self.path.account_key or self.path.account_name_raw)

    @property
    def sources(self) -> list[str]:
        """Every header name or path that a column reads."""
        return list(dict.fromkeys(name for rule in self.columns.values() for name in rule.all_sources()))


def read_mapping(file: Path) -> Mapping:
    """Read and check a mapping; the error names the lines that are wrong, and the remedy."""
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise BangdanError(f"{file.name}: no valid YAML", remedy="see docs/exports.md for an example") from None
    return parse_mapping(text, file.name)


def parse_mapping(text: str, name: str) -> Mapping:
    """The mapping that a YAML text holds; `name` is what errors call it."""
    try:
        _check_unique_keys(name, yaml.compose(text))
        return Mapping.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise BangdanError(f"{name}{where}: no valid YAML", remedy="see docs/exports.md for an example") from None
    except ValidationError as error:
        lines = []
        for problem in error.errors()[:SHOWN_ERRORS]:
            place = [str(part) for part in problem.get("ctx", {}).get("place", problem["loc"])]
            where = f"{name}, line {_line_of(text, place)}"
            lines.append(f"{where}: {'.'.join(place) or 'mapping'}: {problem['msg']}")
        raise BangdanError("\n".join(lines), remedy="see docs/exports.md for every key a mapping may have") from None


def _check_unique_keys(name: str, node: yaml.Node | None) -> None:
    """Raise BangdanError for a key that is written twice: YAML takes the last one without a word."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key.value, str) and key.value in seen:
                raise BangdanError(
                    f"{name}, line {key.start_mark.line + 1}: {key.value} is there twice", remedy="keep one of the two"
                )
            seen.add(str(key.value))
            _check_unique_keys(name, value)


def _line_of(text: str, place: list[str]) -> int:
    """Line of the deepest key of `place` that the YAML holds."""
    node, line = yaml.compose(text), 1
    for part in place:
        if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
            continue
        if not isinstance(node, yaml.MappingNode):
            break
        key, value = next(((key, value) for key, value in node.value if key.value == part), (None, None))
        if key is None:
            break
        line, node = key.start_mark.line + 1, value
    return line
