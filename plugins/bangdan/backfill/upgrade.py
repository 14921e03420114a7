"""What the installed version of the program changes for a city: read from hashes and manifests, nothing is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from bangdan import __version__
from bangdan.backfill.plan import MonthPlan, plan
from bangdan.core import city, methods
from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, landing, loading
from bangdan.publication import ledger
from bangdan.publication.code_version import code_version
from bangdan.publication.formats import database


@dataclass(frozen=True)
class ContractChange:
    """The contract with analysts: the version of the city's database, that of the program, what has changed between."""

    of_database: str | None  # None where there is no database yet
    of_program: str
    changes: list[str]


@dataclass(frozen=True)
class MethodChange:
    """Whose method is in force, and versions that the program ships and the city's own method/ has not."""

    is_own: bool
    not_taken: list[str]


@dataclass(frozen=True)
class FormatChange:
    """Loaded exports that the program reads otherwise now, by connector; refused ones that it tries again; their months."""

    load_again: dict[str, int]
    tried_again: int
    months: list[str]


@dataclass(frozen=True)
class Upgrade:
    """What a person should know before the next run. months: those that would come out otherwise, by the backfill's plan."""

    version: str
    code: str
    made_by: dict[str, int]  # code version → newest releases that it made
    problems: list[str]  # files of the city's folder that the program does not take
    contract: ContractChange
    method: MethodChange
    formats: FormatChange
    months: list[MonthPlan]

    @property
    def to_change(self) -> int:
        """How many published months would come out otherwise."""
        return len(self.months)

    def to_json(self) -> dict[str, Any]:
        parts = {name: asdict(getattr(self, name)) for name in ("contract", "method", "formats")}
        months = [row.to_json() for row in self.months]
        return {**vars(self), **parts, "months": months, "to_change": self.to_change}


def examine(settings: Settings) -> Upgrade:
    """Compare the program with what the city's releases, database and raw layer were made by; writes nothing."""
    releases = ledger.latest_of_all(settings)
    problems, months = _problems(settings), []
    if releases and not problems:
        try:
            planned = plan(settings, releases[0].month, releases[-1].month)
            months = [row for row in planned.months if row.action == "restate"]
        except BangdanError as error:
            problems.append(str(error))
    return Upgrade(
        version=__version__,
        code=code_version(),
        made_by=dict(sorted(Counter(release.manifest["code_version"] for release in releases).items())),
        problems=problems,
        contract=_contract(settings),
        method=_method(settings),
        formats=_formats(settings),
        months=months,
    )


def _problems(settings: Settings) -> list[str]:
    """The first file of the folder that is not as the program reads it: city.yml, a table, a mapping."""
    try:
        city.load(settings)
        city.seeds(settings)
        loading.check_mappings(settings)
    except BangdanError as error:
        return [str(error)]
    return []


def _contract(settings: Settings) -> ContractChange:
    version = database.schema_version_of(settings)
    changes = database.schema_changes_since(version) if version else []
    return ContractChange(version, database.schema_version(), changes)


def _method(settings: Settings) -> MethodChange:
    """Versions are compared by their names: a city's own version of a shipped name is the city's."""
    is_own = (settings.city / "method" / "method_versions.csv").is_file()
    shipped = {row["method_version"] for row in methods.shipped_versions(settings)}
    own = {row["method_version"] for row in methods.versions(settings)} if is_own else shipped
    return MethodChange(is_own, sorted(shipped - own))


def _formats(settings: Settings) -> FormatChange:
    waiting = loading.exports_to_load(landing.landed_exports(settings), settings)
    rows = {row.export_id: row for row in catalogue.rows(settings)}
    known = {row.export_id: row for export in waiting if (row := rows.get(export.export_id) or rows.get(export.sha256))}
    read = [row for row in known.values() if not row.is_refused]
    return FormatChange(
        load_again=dict(sorted(Counter(row.connector or "" for row in read).items())),
        tried_again=len(known) - len(read),
        months=sorted({month for row in read for month in row.dated_months}),
    )
