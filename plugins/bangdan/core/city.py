"""A city's folder: `city.yml`, and the rules, corrections and method that the city brings in place of the shipped seeds."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bangdan.core import files
from bangdan.core.errors import UsageError
from bangdan.core.seeds import Row
from bangdan.core.settings import CITY_FILE as FILE
from bangdan.core.settings import Settings

# Folder of a city → the seeds that it may bring there, by their path below the shipped seeds.
FOLDERS = {
    "rules": (
        "methodology/themes", "methodology/theme_terms", "methodology/subtopics", "methodology/subtopic_terms",
        "methodology/subjects", "methodology/subject_terms", "methodology/hosted_hashtags",
        "methodology/quality_floors", "methodology/closed_registries", "methodology/source_authority", "methodology/rival_unit_weights",
    ),
    "method": ("methodology/method_versions", "methodology/method_indicators", "methodology/method_parameters"),
    "corrections": (
        "corrections/match_decisions", "corrections/post_corrections", "corrections/leverage_decisions",
        "corrections/unit_aliases", "corrections/registry_confirmations",
        "corrections/owner_confirmations",
    ),
}  # fmt: skip
COMMENT = "# "  # a line of a city's table that begins so is left out
# Seeds that are made of city.yml.
ISSUERS = "methodology/issuers.csv"
LISTS = "reference/ranking_lists.csv"
CHANNELS = "reference/monitored_channels.csv"
CHANNEL_TYPES = "reference/channel_types.csv"
CODE = r"^[a-z][a-z0-9_]{0,39}$"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Issuer(_Part):
    """A body that issues the ranking, and the days for which it does; `valid_to` is the first day of which it no longer is."""

    name: str = Field(min_length=1)
    name_en: str = ""
    valid_from: date = date.min
    valid_to: date | None = None


class RankingList(_Part):
    """A list of units that are ranked together; `id` is the `ranking_list` of the registry of units."""

    id: str = Field(pattern=CODE)
    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    short_name: str = Field(min_length=1, max_length=12)  # of the workbook's sheets


class City(_Part):
    """What city.yml holds."""

    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    time_zone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    issuers: tuple[Issuer, ...] = ()
    licence: str = ""
    contact: str = ""
    appeal: str = ""
    platforms: tuple[Annotated[str, Field(pattern=CODE)], ...] = ()  # channel types of the city's own
    web_address: str = Field(default="", pattern=r"^(https?://\S+/)?$")  # of the folder of releases
    channels: tuple[str, ...] = Field(min_length=1)
    ranking_lists: tuple[RankingList, ...] = Field(min_length=1)

    @field_validator("platforms")
    @classmethod
    def _platforms_differ(cls, platforms: tuple[str, ...]) -> tuple[str, ...]:
        return _each_once(platforms)

    @field_validator("channels")
    @classmethod
    def _channels_differ(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        return _each_once(channels)

    @field_validator("ranking_lists")
    @classmethod
    def _lists_differ(cls, lists: tuple[RankingList, ...]) -> tuple[RankingList, ...]:
        _each_once([ranking_list.id for ranking_list in lists])
        _each_once([ranking_list.short_name for ranking_list in lists])
        return lists


def _each_once(values: Any) -> Any:
    repeated = sorted({value for value in values if list(values).count(value) > 1})
    if repeated:
        raise ValueError(f"{', '.join(repeated)} is there twice")
    return values


def exists(settings: Settings) -> bool:
    """Whether the city's folder has a city.yml."""
    return (settings.city / FILE).is_file()


def load(settings: Settings) -> City:
    """The city.yml of the city's folder. Raises UsageError that names the file, the key, the value and the remedy."""
    file = settings.city / FILE
    if not file.is_file():
        raise UsageError(
            f"{settings.city} is no city folder: it has no {FILE}",
            remedy="make one with `bangdan init DIR`, or name yours with --city DIR or BANGDAN_CITY",
        )
    try:
        city = City.model_validate(yaml.safe_load(file.read_text("utf-8-sig")))
    except ValidationError as error:
        raise UsageError(f"{file}: {_first_problem(error)}", remedy="correct it; docs/city.md lists the keys") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} is no YAML in UTF-8: {error}", remedy="correct it; docs/city.md lists the keys"
        ) from None
    _check_channels(settings, city, file)
    return city


def _check_channels(settings: Settings, city: City, file: Path) -> None:
    """Raise UsageError for a platform that the program knows already, and for a channel that neither knows."""
    shipped = [row["channel_type"] for row in _parsed((settings.seeds / CHANNEL_TYPES).read_text("utf-8"))]
    for platform in city.platforms:
        if platform in shipped:
            raise UsageError(
                f"{file}: platforms: {platform!r} is a channel type of the program", remedy="name it in channels only"
            )
    for channel in city.channels:
        if channel not in (*shipped, *city.platforms):
            raise UsageError(
                f"{file}: channels: {channel!r} is no channel type",
                remedy=f"choose of {', '.join((*shipped, *city.platforms))}, or declare it under platforms",
            )


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    shown = "" if problem["type"] == "missing" else f" {problem['input']!r}"
    return f"{place}{shown[:80]}: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def seeds(settings: Settings) -> dict[str, bytes]:
    """Every seed in force by its path below the shipped seeds, in the order of the paths: what the city brings, else
    what is shipped. A table that a city does not bring has the shipped rows; for its rules and corrections these are none.

    Raises UsageError where a file of the city has another header, or is no seed.
    """
    for folder, names in FOLDERS.items():
        known = sorted(f"{name.rpartition('/')[2]}.csv" for name in names)
        for file in sorted((settings.city / folder).glob("*.csv")):
            if file.name not in known:
                raise UsageError(f"{file} is no table of a city", remedy=f"{folder}/ takes {', '.join(known)}")
    shipped = sorted(settings.seeds.rglob("*.csv"))
    names_of_seeds = [file.relative_to(settings.seeds).with_suffix("").as_posix() for file in shipped]
    tables = {f"{name}.csv": _content(settings, name) for name in names_of_seeds}
    if exists(settings):
        city = load(settings)
        tables[ISSUERS] = _table(tables[ISSUERS], _issuers(city))
        tables[LISTS] = _table(tables[LISTS], _lists(city))
        tables[CHANNELS] = _table(tables[CHANNELS], ((channel,) for channel in city.channels))
        tables[CHANNEL_TYPES] += _rows_of((platform,) for platform in city.platforms)
    return tables


def channel_types(settings: Settings) -> list[str]:
    """Codes of the program's channel types and of the city's own."""
    return [row["channel_type"] for row in _parsed(seeds(settings)[CHANNEL_TYPES].decode())]


def registry(settings: Settings) -> list[Path]:
    """The files of registry/ that hold rows: workbooks, and CSV files with a line below the header."""
    found = sorted(file for file in (settings.city / "registry").glob("*.*") if file.suffix in (".csv", ".xlsx"))
    return [file for file in found if file.suffix == ".xlsx" or len(file.read_bytes().splitlines()) > 1]


def rows(settings: Settings, name: str) -> list[Row]:
    """The rows in force of a method, rule or correction, every value as text. `name`: methodology/method_versions."""
    return _parsed(_content(settings, name).decode())


def _content(settings: Settings, name: str) -> bytes:
    """A table as the city brings it, else as it is shipped."""
    shipped = (settings.seeds / f"{name}.csv").read_bytes()
    folder = next((folder for folder, names in FOLDERS.items() if name in names), None)
    file = settings.city / f"{folder}/{name.rpartition('/')[2]}.csv"
    if folder is None or not file.is_file():
        return shipped
    return _brought(file, shipped.decode().partition("\n")[0].strip())


def hashes(settings: Settings) -> dict[str, str]:
    """SHA-256 of every seed in force by its path, of city.yml, and of the city's mappings."""
    own = {FILE: (settings.city / FILE).read_bytes()} if exists(settings) else {}
    own |= {f"mappings/{file.name}": file.read_bytes() for file in (settings.city / "mappings").glob("*.yml")}
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted((own | seeds(settings)).items())}


def write_seeds(settings: Settings, target: Path) -> None:
    """Write the seeds in force below `target`, where dbt reads them, and remove others; an equal file is left alone."""
    tables = seeds(settings)
    for name, content in tables.items():
        files.write_bytes(target / name, content)
    for file in sorted(target.rglob("*.csv")):
        if file.relative_to(target).as_posix() not in tables:
            file.unlink()


def _brought(file: Path, header: str) -> bytes:
    """A table of the city without its comments; its header has to be that of the shipped table."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not in UTF-8", remedy="save it as CSV UTF-8") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(COMMENT)]
    if not lines or lines[0].strip() != header:
        raise UsageError(
            f"{file}: its header is {lines[0] if lines else ''!r}", remedy=f"the first line has to be {header}"
        )
    columns = header.count(",") + 1
    for number, cells in enumerate(csv.reader(lines), 1):
        if len(cells) != columns:
            raise UsageError(
                f"{file}: row {number} {','.join(cells)!r} has {len(cells)} columns",
                remedy=f"write {columns}: {header}; put a value with a comma in quotes",
            )
    return ("\n".join(lines) + "\n").encode()


def _issuers(city: City) -> Iterable[tuple[Any, ...]]:
    for position, issuer in enumerate(city.issuers, 1):
        yield position, issuer.name, issuer.name_en, city.licence, issuer.valid_from, issuer.valid_to or ""


def _lists(city: City) -> Iterable[tuple[Any, ...]]:
    for position, each in enumerate(city.ranking_lists, 1):
        yield position, each.id, each.name, each.name_en, each.short_name


def _table(shipped: bytes, rows: Iterable[tuple[Any, ...]]) -> bytes:
    """The header of a shipped seed with these rows."""
    return shipped.splitlines()[0] + b"\n" + _rows_of(rows)


def _rows_of(rows: Iterable[tuple[Any, ...]]) -> bytes:
    """Rows of a seed without its header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _parsed(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text, newline="")))
