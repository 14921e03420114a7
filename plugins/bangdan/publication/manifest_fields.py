"""The fields of a release's manifest: which there are, and of what kind each is."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bangdan.publication.imprint import Imprint


def _inside(name: str) -> str:
    """A path below the release's folder, in its shortest form; raises ValueError for any other."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.as_posix() != name or not path.parts or "\0" in name:
        raise ValueError("not a path below the release's folder")
    return name


def _moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


FileName = Annotated[str, AfterValidator(_inside)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MonthText = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Moment = Annotated[str, AfterValidator(_moment)]  # ISO 8601, with its zone
Day = Annotated[str, AfterValidator(_day)]  # 2021-09-15
ReleaseName = Annotated[str, StringConstraints(pattern=r"^r[1-9][0-9]*$")]


REQUIRED = {("files",)}


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class Previous(_Fields):
    """The release before: the link of the chain."""

    month: MonthText
    release: ReleaseName
    sha256: Sha256  # of its manifest.json


class ComparedWith(_Fields):
    """The data of the previous month that movement compares with."""

    month: MonthText
    data_digest: str


class RankDifference(_Fields):
    """A ranking row that a restatement changed."""

    ranking_list: str
    dimension: str
    unit_id: str
    unit_name: str
    rank_before: int | None
    rank: int | None
    score_before: str | None
    score: str | None
    points: str | None


class RankRestatement(_Fields):
    """What a restatement changed; see `movement.rank_restatement`."""

    units_changed: int
    rows: list[RankDifference]


class ImprintFields(_Fields):
    """The dates of a release and whom to write to; see `imprint.Imprint`."""

    published_on: Day | None
    next_due_on: Day | None
    contact: str
    appeal: str
    web_address: str


class Manifest(_Fields):
    """manifest.json of a release; what it holds besides these fields is of no kind in particular."""

    ranking_month: MonthText
    release: ReleaseName
    method_version: str
    data_digest: str
    reason: str | None
    note: str | None
    effect: RankRestatement | None
    previous: Previous | None
    gates: list[dict[str, Any]]
    files: dict[FileName, Sha256]
    inputs: list[dict[str, Any]]
    seeds: dict[str, str]
    knowledge_cut_off: Moment | None
    code_version: str
    approvals: list[dict[str, Any]]
    compared_with: ComparedWith | None
    imprint: ImprintFields = Field(default_factory=lambda: ImprintFields(**Imprint().to_json()))


def problem(fields: Any) -> str | None:
    """The first field of a manifest that is of another kind, or that no manifest lacks, in words; None where all are
    right.
    """
    errors = [error for error in _errors(fields) if error["type"] != "missing" or error["loc"] in REQUIRED]
    return _in_words(errors[0]) if errors else None


def missing(fields: Any) -> str | None:
    """The first field that this version's manifests have and this one lacks, in words; None where it has all."""
    errors = [error for error in _errors(fields) if error["type"] == "missing"]
    return _in_words(errors[0]) if errors else None


def _errors(fields: Any) -> list[Any]:
    try:
        Manifest.model_validate(fields)
    except ValidationError as error:
        return error.errors()
    return []


def _in_words(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))[:80]
    if not place:
        return "not an object"
    return f"it has no {place}" if error["type"] == "missing" else f"{place}: {error['msg']}"
