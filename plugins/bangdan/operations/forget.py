"""Take a wrong delivery out of a home, and write down that it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bangdan.core import files, warehouse
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.ingestion import removal
from bangdan.publication import ledger


@dataclass(frozen=True)
class Forgotten:
    """An export that was taken out: its paths as delivered, the files that were removed, the releases made from it."""

    sha256: str
    paths: list[str]
    files: list[str]  # paths within the data home
    releases: list[str]
    reason: str | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def forget(settings: Settings, name: str, *, force: bool = False, reason: str | None = None) -> Forgotten:
    """Remove an export from landing, raw layer and manifest; `landing/forgotten/` keeps a record of it.

    Raises BangdanError where a release was made from it, unless `force` is given with a reason.
    """
    if force and not (reason or "").strip():
        raise UsageError("--force needs a reason", remedy="add --reason 'what was wrong with the delivery'")
    sha256, paths = removal.find(name, settings)
    with warehouse.writing(settings, f"forgetting {sha256[:12]}"):
        releases = _releases_made_from(sha256, settings)
        if releases and not force:
            raise BangdanError(
                f"{', '.join(paths)}: {', '.join(releases)} was made from it",
                remedy="deliver a corrected export instead; or add --force --reason '…' and restate the month",
            )
        _record(settings, sha256, {"paths": paths, "releases": releases, "reason": reason})
        removed = removal.remove(sha256, settings)
    names = sorted(path.relative_to(settings.home).as_posix() for path in removed)
    return Forgotten(sha256, paths, names, releases, reason)


def _releases_made_from(sha256: str, settings: Settings) -> list[str]:
    """Releases whose manifest names the bytes among its inputs."""
    return [
        f"{release.month} {release.name}"
        for release in ledger.all_releases(settings)
        if any(export["export_sha256"] == sha256 for export in release.manifest.get("inputs", []))
    ]


def _record(settings: Settings, sha256: str, values: dict[str, Any]) -> None:
    """Add to the record of these bytes, which may be delivered and forgotten more than once."""
    file = settings.landing / "forgotten" / f"{sha256}.json"
    times = json.loads(file.read_text("utf-8")) if file.exists() else []
    times.append({"at": datetime.now(SHANGHAI).isoformat(timespec="seconds"), **values})
    files.write_text(file, json.dumps(times, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
