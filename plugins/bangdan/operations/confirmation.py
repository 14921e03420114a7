"""Put a registry that was delivered in force: a dated row of the city's corrections, in the name of a person."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bangdan.core import city, files
from bangdan.core.errors import UsageError
from bangdan.core.formatting import one_line
from bangdan.core.months import SHANGHAI
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, registries, removal

HEADER = "export_sha256,decided_by,decided_on,reason"


@dataclass(frozen=True)
class Confirmed:
    """A registry that is in force from now on: its bytes, its paths as delivered, its rows, and the file with the decision."""

    sha256: str
    paths: list[str]
    rows: int
    file: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def confirm(settings: Settings, name: str, by: str, reason: str) -> Confirmed:
    """Add a row to corrections/registry_confirmations.csv of the city's folder.

    `name`: a file, its path as delivered, or its SHA-256 or the first digits. Raises UsageError where it names no
    registry that waits, or where person or reason is empty.
    """
    if not by.strip() or not reason.strip():
        raise UsageError(
            "a confirmation needs a person and a reason",
            remedy="add --by PERSON --reason 'who sent it, and what changed'",
        )
    sha256, paths = removal.find(name, settings)
    loaded = [row for row in catalogue.loaded(settings) if row.export_sha256 == sha256]
    if not any(row.is_registry for row in loaded):
        raise UsageError(f"{name} holds no registry", remedy="`bangdan status` names the registries that wait")
    if sha256 in registries.current(settings) | registries.confirmed(settings):
        raise UsageError(f"{name} is in force already", remedy="nothing needs to be done")
    file = settings.city / f"{registries.CONFIRMATIONS}.csv"
    text = file.read_text("utf-8-sig") if file.is_file() else HEADER + "\n"
    files.write_text(file, text.rstrip("\n") + "\n" + _row(sha256, by, reason))
    city.rows(settings, registries.CONFIRMATIONS)  # raises where the file has another header
    return Confirmed(sha256, paths, sum(row.accepted for row in loaded), str(file))


def _row(sha256: str, by: str, reason: str) -> str:
    line = io.StringIO()
    today = f"{datetime.now(SHANGHAI):%Y-%m-%d}"
    csv.writer(line, lineterminator="\n").writerow([sha256, one_line(by), today, one_line(reason)])
    return line.getvalue()
