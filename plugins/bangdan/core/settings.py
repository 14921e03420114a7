"""The settings of a run: folders of the data home, limits of the machine, what Airflow alone reads.

`Settings.load()` reads them from variables of the environment; nothing else in the program reads a BANGDAN_ variable.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bangdan.core.errors import UsageError

PROJECT = Path(__file__).resolve().parents[3]
CITY_FILE = "city.yml"
DEFAULT_HOME = PROJECT / "data"
# Computed by the program for a trial, never set for a whole machine.
NOT_A_VARIABLE = {"method_version"}
READER_SECONDS, READER_MEMORY = 300, "3GB"


class ReaderLimits(NamedTuple):
    """What the process may take that reads one workbook: seconds of CPU, and bytes of memory."""

    seconds: int
    memory_bytes: int


MEMORY = re.compile(r" *([0-9]+(?:\.[0-9]+)?) *([KMGT])(i?)B? *", re.IGNORECASE | re.ASCII)
MOST_MEMORY = 1024**5  # bytes; DuckDB refuses what it cannot count


def _whole(value: Any) -> Any:
    """`2.9` threads are 2."""
    if not isinstance(value, str):
        return value
    try:
        return int(float(value))
    except OverflowError:  # inf
        raise ValueError(f"{value} is not finite") from None


def memory_bytes(text: str) -> float:
    """Bytes of an amount of memory as DuckDB reads it: 4GB = 4 × 1000³, 4GiB = 4 × 1024³; ValueError for other text."""
    match = MEMORY.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not an amount of memory")
    number, unit, binary = match.groups()
    return float(number) * (1024 if binary else 1000) ** (" KMGT".index(unit.upper()))


def share_of_memory(limit: str, share: float, least: float = 0) -> str:
    """A share of an amount of memory, as DuckDB reads it; at least `least` bytes, and no more than the amount."""
    whole = memory_bytes(limit)
    return f"{min(whole, max(whole * share, least)) / 1000:.0f}KB"


def _memory(text: str) -> str:
    if not 0 < memory_bytes(text) <= MOST_MEMORY:
        raise ValueError(f"{text!r} is out of range")
    return text


class Settings(BaseSettings):
    """Settings of one command. The constructor takes what it is given; `load` reads the environment."""

    model_config = SettingsConfigDict(env_prefix="BANGDAN_", env_ignore_empty=True, frozen=True, extra="forbid")

    home: Path = Field(DEFAULT_HOME, description="the data folder: everything that the program makes")
    city: Path = Field(
        DEFAULT_HOME,
        description="the [city's folder](city.md); without it the data folder or the current one, if it has a city.yml",
    )
    threads: Annotated[int, BeforeValidator(_whole)] = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=1024,
        description="threads of a query and processes that load exports; from 1 to 1024",
        json_schema_extra={"remedy": "set it to a number from 1 to 1024, or leave it out"},
    )
    memory_limit: Annotated[str, AfterValidator(_memory)] = Field(
        "4GB",
        description="memory of a stage, of which the database has a part; what does not fit is written to files below `warehouse`",
        json_schema_extra={"remedy": "write it as 4GB or 500MB, or leave it out"},
    )
    reader_seconds: int = Field(
        READER_SECONDS,
        ge=1,
        description="CPU seconds that reading one workbook may take; above, the file is refused",
        json_schema_extra={"remedy": "set it to a number from 1 up, or leave it out"},
    )
    reader_memory: Annotated[str, AfterValidator(_memory)] = Field(
        READER_MEMORY,
        description="memory that reading one workbook may take; above, the file is refused",
        json_schema_extra={"remedy": "write it as 3GB or 500MB, or leave it out"},
    )
    engine: Literal["duckdb", "spark"] = Field(
        "duckdb",
        description="what computes the layers and the matches of a month",
        json_schema_extra={"remedy": "set it to duckdb or spark, or leave it out"},
    )
    lake: str = Field(
        "",
        description="where Spark reads raw, evidence and seeds and keeps its tables; a folder",
    )
    spark_master: str = Field("local[*]", description="where Spark runs: `local[2]`, `spark://host:7077`, `yarn`")
    lock_wait: float = Field(
        60,
        ge=0,
        allow_inf_nan=False,
        description="seconds that a second writer waits for the first; 0 fails at once",
        json_schema_extra={"remedy": "set it to a number from 0 up, or leave it out"},
    )
    approval: Literal["", "one", "all"] = Field(
        "",
        description="a person signs off before publication: anybody, or one for each issuing body",
        json_schema_extra={"remedy": "set it to one or all, or leave it out"},
    )
    signing_key: str = Field("", description="PEM file of an Ed25519 key: releases are signed with it")
    verify_key: str = Field("", description="PEM file of its public key: `bangdan verify` checks signatures with it")
    privacy_key_file: str = Field("", description="the key of the pseudonyms")
    lineage: str = Field(
        "", description="file, or http(s) address, that [OpenLineage events](#lineage) of every step are sent to"
    )
    method_version: str = Field("", description="compute with this method; empty = the version in force in each month")
    schedule_from: str = Field(
        "",
        pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$",
        description="first month the schedule owes; earlier ones that are missing are caught up, one after the other",
        json_schema_extra={"remedy": "write it as YYYY-MM, for example 2021-08, or leave it out"},
    )
    approvers: str = Field("", description="which Airflow users may sign for the first, second … issuer")
    cities: str = Field("", description="cities' folders, separated by colons, each with a DAG of its own")
    inboxes: str = Field(
        "", description="folders and s3:// prefixes, separated by commas, that a run may name as its inbox"
    )
    mail_to: str = Field(
        "", description="mail failures, questions, and a month that is late; addresses separated by commas"
    )
    late_after_days: float | None = Field(
        None,
        ge=0,
        le=36_500,
        allow_inf_nan=False,
        description="days after the month's end until it counts as late",
        json_schema_extra={"remedy": "set it to a number from 0 up, or leave it out"},
    )

    def __init__(self, home: Path, threads: int, memory_limit: str, **more: Any) -> None:
        super().__init__(home=home, threads=threads, memory_limit=memory_limit, **{"city": home, **more})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The constructor reads nothing but its arguments."""
        return (init_settings,)

    @classmethod
    def load(cls, city: Path | None = None) -> Settings:
        """The settings of the environment, but for the folders of a `city` that is given.

        Raises UsageError that names the variable, its value and the remedy.
        """
        values = {name: value for name, value in EnvSettingsSource(cls)().items() if name not in NOT_A_VARIABLE}
        values |= _folders(str(city), None) if city else _folders(values.get("city"), values.get("home"))
        for name in ("threads", "memory_limit"):
            values.setdefault(name, cls.model_fields[name].get_default(call_default_factory=True))
        try:
            return cls(**values)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            raise UsageError(f"{variable(name)} is {values[name]!r}", remedy=_remedy(name)) from None

    def replaced(self, **changes: Any) -> Settings:
        """The same settings but for some values."""
        return type(self)(**{**self.model_dump(), **changes})

    @property
    def mail_addresses(self) -> list[str]:
        """The addresses of `mail_to`, which separates them by commas; none where it holds blanks only."""
        return [address for part in self.mail_to.split(",") if (address := part.strip())]

    @property
    def city_folders(self) -> list[Path]:
        """The folders of `cities`; none where one city is served."""
        return [Path(part.strip()).expanduser() for part in self.cities.split(os.pathsep) if part.strip()]

    @property
    def reader_limits(self) -> ReaderLimits:
        return ReaderLimits(self.reader_seconds, int(memory_bytes(self.reader_memory)))

    # what the program makes, left to right
    @property
    def inbox(self) -> Path:
        return self.city / "inbox"

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def raw(self) -> Path:
        return self.home / "raw"

    @property
    def evidence(self) -> Path:
        return self.home / "evidence"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse" / "bangdan.duckdb"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def published(self) -> Path:
        return self.home / "published" / "bangdan.duckdb"

    @property
    def runs(self) -> Path:
        """Reports of runs and gates: facts about work done, never an input of a later step."""
        return self.home / "runs"

    @property
    def privacy_key(self) -> Path:
        """The secret behind the pseudonyms of private persons: part of a backup, never of a release."""
        return Path(self.privacy_key_file).expanduser() if self.privacy_key_file else self.home / "secrets/privacy.key"

    @property
    def approval_key(self) -> Path:
        """The secret with which approvals are keyed: who has not got it cannot write one."""
        return self.home / "secrets" / "approvals.key"

    @property
    def lake_address(self) -> str:
        """The address of the lake: `lake`, or a folder of the home."""
        return self.lake or str(self.home / "lake")

    # what the checkout brings
    @property
    def dbt_project(self) -> Path:
        return PROJECT / "dbt_project"

    @property
    def seeds(self) -> Path:
        return self.dbt_project / "seeds"

    @property
    def expectations(self) -> Path:
        return PROJECT / "expectations"


def _folders(city: str | None, home: str | None) -> dict[str, Path]:
    """The city's folder and the data folder. A city holds its data in data/, the demo is one with its data folder."""
    if city:
        folder = Path(city).expanduser().resolve()
        if not (folder / CITY_FILE).is_file():
            raise UsageError(
                f"{folder} is no city folder: it has no {CITY_FILE}",
                remedy="correct --city or BANGDAN_CITY, or make the folder with `bangdan init DIR`",
            )
        return {"city": folder, "home": Path(home).expanduser().resolve() if home else folder / "data"}
    data = Path(home or Settings.model_fields["home"].default).expanduser().resolve()
    current = Path.cwd()
    if (current / CITY_FILE).is_file() and not (data / CITY_FILE).is_file():
        return {"city": current, "home": data if home else current / "data"}
    return {"city": data, "home": data}


def variable(name: str) -> str:
    """The environment's variable of a setting."""
    return f"BANGDAN_{name.upper()}"


def _remedy(name: str) -> str:
    extra = Settings.model_fields[name].json_schema_extra
    return str(extra["remedy"]) if isinstance(extra, dict) else "leave it out"


def variables() -> set[str]:
    """Every variable that `Settings.load` reads."""
    return {variable(name) for name in Settings.model_fields if name not in NOT_A_VARIABLE}
