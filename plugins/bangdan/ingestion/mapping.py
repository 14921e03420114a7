"""Mappings: which columns of an export fill which canonical columns, and by which rules."""

from __future__ import annotations

import difflib
import hashlib
import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bangdan.core.errors import BangdanError
from bangdan.ingestion import contract
from bangdan.ingestion.connectors import EXPANSIONS

SHOWN_ERRORS = 5


class Strict(BaseModel):
    """A part of a mapping: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def written(value: Any) -> Any:
    """A number or a boolean of a YAML file as its text; anything else unchanged."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _written_inside(value: Any) -> Any:
    """The same for the parts of a list, and for the keys and values of a table."""
    if isinstance(value, list):
        return [written(part) for part in value]
    if isinstance(value, dict):
        return {written(key): written(part) for key, part in value.items()}
    return written(value)


def _with_written_keys(value: Any) -> Any:
    return {written(key): part for key, part in value.items()} if isinstance(value, dict) else value


Text = Annotated[str, BeforeValidator(written)]
Texts = Annotated[list[str], BeforeValidator(_written_inside)]
TextByText = Annotated[dict[str, str], BeforeValidator(_written_inside)]


class ColumnRule(Strict):
    """How one canonical column is filled. `from`: header names or dotted JSON paths; the first that is there wins."""

    sources: Texts = Field(default=[], alias="from")
    value: Text | None = None  # a constant: a text, a number or a boolean
    pattern: str | None = None  # regular expression on the value; its groups are taken, joined by _
    prefix: str | None = None  # put before the value
    values: TextByText | None = None  # value → value; others are VALUE_UNKNOWN
    # times
    formats: list[str] = []  # strptime formats, tried before the known ones
    year: int | None = Field(default=None, ge=1990, le=2100)  # for dates without one
    zone: str | None = None  # of times without one: an IANA name or +09:00; Shanghai if not given
    epoch: Literal["s", "ms"] | None = None  # unit of numbers
    weibo_id: bool = False  # the second that a Weibo post's own id holds
    relative_to: str | None = None  # 5分钟前 counts from this: a column, or `received_at` of the export
    # counts
    factor: int = Field(default=1, ge=1)  # 10000 for a column in 万
    floors: Annotated[dict[str, int], BeforeValidator(_with_written_keys)] = {}  # raw texts that mean "at least"
    missing: Texts = []  # further raw texts that mean nothing was counted
    zeros: Texts = []  # raw texts that mean 0: the word on a button without a number
    zero: Literal["exact", "missing", "zero_suspect"] = "exact"  # what a zero means
    # booleans: all these columns have these values / are blank / do not match these expressions
    all_equal: TextByText | None = None
    is_blank: Texts | None = None
    unlike: TextByText | None = None
    separator: str | None = None  # of lists

    @model_validator(mode="after")
    def _has_a_source(self) -> ColumnRule:
        has_constant = self.value is not None or self.weibo_id
        if not (self.sources or has_constant or self.all_equal or self.is_blank or self.unlike):
            raise ValueError("needs one of: from, value, weibo_id, all_equal, is_blank, unlike")
        return self

    @field_validator("sources", mode="before")
    @classmethod
    def _single_source(cls, names: Any) -> Any:
        return names if isinstance(names, list) else [names]

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


PATH_PARTS = ("parent", "stem")  # of a file's path: the name of its folder, its own name without suffix


class Version(Strict):
    """What a version of a tool writes: the names of its columns, and how many cells its rows may have."""

    columns: Texts
    rows: list[int]

    @model_validator(mode="after")
    def _rows_fit(self) -> Version:
        if not all(0 < cells <= len(self.columns) for cells in self.rows):
            raise ValueError("a row has between 1 cell and as many as there are columns")
        return self


class Mapping(Strict):
    """A whole mapping. See docs/exports.md for a worked example."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = "1"
    table: Literal["records", "units", "accounts", "channels"] = "records"
    recognise: Texts = []  # header names or paths that must all be there
    unless: Texts = []  # and none of these
    exact: bool = False  # and no others
    refuse: str | None = None  # why files of this kind cannot be used
    known: Texts | None = None  # columns the tool writes that are not used; others are HDR_DRIFT
    versions: list[Version] = []  # CSV: rows of a later version of the tool may follow an older header
    keep: Texts = []  # columns that are kept in `extra` and are no surprise either
    items: Texts = []  # JSON: dotted paths of the records, `.` for the document itself
    expand: str | None = None  # name of a code step that turns one JSON object into many
    path: dict[str, str] = {}  # column → parent, stem, or a regular expression on either
    columns: dict[str, ColumnRule] = {}

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: Any) -> Any:
        if not isinstance(columns, dict):
            return columns
        return {
            name: {"from": spec} if isinstance(spec, (str, list, int, float)) else spec
            for name, spec in columns.items()
        }

    @field_validator("items", mode="before")
    @classmethod
    def _single_path(cls, paths: Any) -> Any:
        return [paths] if isinstance(paths, str) else paths

    @model_validator(mode="after")
    def _known_columns(self) -> Mapping:
        known = contract.COLUMNS[self.table].keys() - contract.LINEAGE_NAMES
        for part, name in [*(("columns", name) for name in self.columns), *(("path", name) for name in self.path)]:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise PydanticCustomError(
                    "unknown_column",
                    "no such column in {table}{hint}",
                    {"table": self.table, "hint": hint, "place": [part, name]},
                )
        if not self.columns and self.refuse is None:
            raise ValueError("needs columns")
        return self

    @model_validator(mode="after")
    def _paths_fill_columns(self) -> Mapping:
        for name, text in self.path.items():
            problem = None
            if text not in PATH_PARTS and re.fullmatch(r"\w*", text):
                problem = "write parent, stem or a regular expression"
            elif name in self.columns and contract.COLUMNS[self.table][name].kind is not contract.Kind.TEXT:
                problem = "is in columns too, and holds no text"
            if problem:
                raise PydanticCustomError("path", "{problem}", {"problem": problem, "place": ["path", name]})
            if text not in PATH_PARTS:
                compiled(text)
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
        if is_needed and "published_at" not in {*self.columns, *self.path}:
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
        return bool(self.path)

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
