"""What a month, and what the seeds are built from, as one hash: where it is the same, building again would give the same rows."""

from __future__ import annotations

from bangdan.core import city, files, methods
from bangdan.core.identifiers import short_hash
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, registries
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.publication import ledger
from bangdan.publication.code_version import code_version


def inputs_hash(settings: Settings, month: Month) -> str:
    """Hash of the code, the packages, the method, the seeds and registries in force, every export that a month reads, with
    the files of its rows as they are, and the releases of earlier months, which the first gate compares with; of the data
    folder too, because views of the warehouse name its path.
    """
    exports = catalogue.read_by_month(catalogue.rows(settings), month)
    return short_hash(
        [
            f"home {settings.home.resolve()}",
            f"code {code_version()}",
            f"packages {files.sha256_of(settings.dbt_project.parent / 'requirements.lock')}",
            f"method {settings.method_version} {methods.in_force(methods.versions(settings), month)}",
            *(f"seed {name} {sha256}" for name, sha256 in sorted(city.hashes(settings).items())),
            *(f"registry {export.export_id}" for export in registries.in_force(settings)),
            *(line for export in exports for line in _lines(export, settings)),
            *(
                f"release {release.month} {release.name}"
                for release in ledger.latest_of_all(settings)
                if release.month < month
            ),
        ]
    )


def seeds_hash(settings: Settings) -> str:
    """Hash of the seeds in force with the city's tables, and of the code, packages and declarations that load and test them."""
    declared = [path for name in ("seeds", "tests") for path in sorted((settings.dbt_project / name).rglob("*.*"))]
    return short_hash(
        [
            f"code {code_version()}",
            f"packages {files.sha256_of(settings.dbt_project.parent / 'requirements.lock')}",
            *(f"declared {path.name} {files.sha256_of(path)}" for path in declared if path.suffix in (".yml", ".sql")),
            *(f"seed {name} {sha256}" for name, sha256 in sorted(city.hashes(settings).items())),
        ]
    )


def _lines(export: ManifestRow, settings: Settings) -> list[str]:
    """The manifest row of an export, and name, size and time of change of each of its files."""
    lines = [f"export {export}"]
    for name in sorted(export.files):
        file = settings.raw / name
        status = file.stat() if file.exists() else None
        lines.append(f"file {name} {status.st_size} {status.st_mtime_ns}" if status else f"file {name} is missing")
    return lines
