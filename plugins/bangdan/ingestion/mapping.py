"""A table's description: which of its columns hold what. The way in for every tool without a connector of its own."""

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

SHOWN_ERRORS = 5
BUILT_IN = Path(__file__).with_name("mappings")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Strict):
    """How one canonical column is filled. `from`: header names or dotted JSON paths; the first that is there wins."""

    sources: list[str] = Field(default=[], alias="from")
    value: str | None = None  # a constant
    pattern: str | None = None  # regular expression on the value; its groups are taken, joined by _
    prefix: str | None = None  # put before the value
    values: dict[str, str] | None = None  # value → value; others are VALUE_UNKNOWN
    # times
    formats: list[str] = []  # strptime formats, tried before the known ones
    year: int | None = Field(default=None, ge=1990, le=2100)  # for dates without one
    zone: str | None = None  # of times without one: an IANA name or +09:00; Shanghai where nothing is said
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
    def _says_something(self) -> Column:
        if not (self.sources or self.value is not None or self.all_equal or self.is_blank or self.unlike):
            raise ValueError("needs one of: from, value, all_equal, is_blank, unlike")
        return self

    @field_validator("sources", mode="before")
    @classmethod
    def _one_source(cls, names: Any) -> Any:
        return [names] if isinstance(names, str) else names

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, text: str | None) -> str | None:
        if text is not None and compiled(text).groups < 1:
            raise ValueError("needs a group in brackets: what it matches is the value")
        return text

    @field_validator("unlike")
    @classmethod
    def _expressions(cls, told: dict[str, str] | None) -> dict[str, str] | None:
        for text in (told or {}).values():
            compiled(text)
        return told

    @field_validator("zone")
    @classmethod
    def _a_zone(cls, name: str | None) -> str | None:
        zone_of(name)
        return name

    @property
    def tzinfo(self) -> tzinfo | None:
        """The declared zone; None for Shanghai."""
        return zone_of(self.zone)

    def reads(self) -> list[str]:
        """Header names or paths that this column looks at."""
        beside = [self.relative_to] if self.relative_to and self.relative_to != "received_at" else []
        return [*self.sources, *(self.all_equal or ()), *(self.is_blank or ()), *(self.unlike or ()), *beside]


@lru_cache(maxsize=256)
def compiled(text: str) -> re.Pattern[str]:
    """A regular expression of a mapping; ValueError says what is wrong with it."""
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None


@lru_cache(maxsize=64)
def zone_of(name: str | None) -> tzinfo | None:
    """The zone of a name or offset; None for Shanghai, ValueError for what is neither."""
    if name is None or name == "Asia/Shanghai":
        return None
    if found := re.fullmatch(r"([+-])(\d{2}):(\d{2})", name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(offset if found[1] == "+" else -offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no zone: write an IANA name like Asia/Tokyo, or +09:00") from None


class PathRule(Strict):
    """What the file's path tells: regular expressions on the file's stem, or the parent folder's name."""

    account_key: str | None = None
    account_name_raw: Literal["parent", "stem"] | None = None

    @field_validator("account_key")
    @classmethod
    def _expression(cls, text: str | None) -> str | None:
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
    columns: dict[str, Column] = {}

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
        known = set(contract.TABLES[self.table].names) - {name for name, _ in contract.LINEAGE}
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

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()

    @property
    def reads_path(self) -> bool:
        return bool(self.path.account_key or self.path.account_name_raw)

    def wanted(self) -> list[str]:
        """Every header name or path that a column reads."""
        names: list[str] = []
        for column in self.columns.values():
            names += column.reads()
        return list(dict.fromkeys(names))


def read(file: Path) -> Mapping:
    """Read and check a mapping; an error names every line that is wrong, and the remedy."""
    try:
        text = file.read_text("utf-8")
        _no_doubled_keys(file.name, yaml.compose(text))
        return Mapping.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise BangdanError(f"{file.name}{where}: no valid YAML", remedy="see docs/exports.md for an example") from None
    except ValidationError as error:
        told = []
        for one in error.errors()[:SHOWN_ERRORS]:
            place = [str(part) for part in one.get("ctx", {}).get("place", one["loc"])]
            told.append(f"{file.name}, line {_line_of(text, place)}: {'.'.join(place) or 'mapping'}: {one['msg']}")
        raise BangdanError("\n".join(told), remedy="see docs/exports.md for every key a mapping may have") from None


def _no_doubled_keys(name: str, node: yaml.Node | None) -> None:
    """YAML takes the last of two equal keys in silence."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key.value, str) and key.value in seen:
                raise BangdanError(
                    f"{name}, line {key.start_mark.line + 1}: {key.value} stands twice", remedy="keep one of the two"
                )
            seen.add(str(key.value))
            _no_doubled_keys(name, value)


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
        found = next(((key, value) for key, value in node.value if key.value == part), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


@lru_cache(maxsize=1)
def built_in() -> tuple[Mapping, ...]:
    """All mappings that come with the program, most specific first."""
    found = [read(file) for file in sorted(BUILT_IN.glob("*.yml"))]
    return tuple(sorted(found, key=lambda mapping: (-len(mapping.recognise), mapping.name)))


def named(name: str) -> Mapping:
    for mapping in built_in():
        if mapping.name == name:
            return mapping
    raise BangdanError(
        f"no connector is called {name!r}", remedy=f"one of: {', '.join(sorted(m.name for m in built_in()))}"
    )
