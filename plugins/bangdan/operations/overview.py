"""The page of months for Airflow's plugin, and which files of the data folder it may serve."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from bangdan.core.rendering import render
from bangdan.core.settings import Settings
from bangdan.gates import page_address
from bangdan.ingestion import rejected
from bangdan.ingestion.reasons import REASONS
from bangdan.operations import revisions, status

# What may be served of the data folder, by the first part of an address, as a name for each part that follows: of the
# reports of runs and of comparisons only what people are sent to. Releases are public, with all that is in them.
SERVED: dict[str, list[tuple[str, ...]]] = {
    "runs": [("*", "quality", "*"), ("*", "candidate", "*")],
    "scratch": [("backfill", "diff-*.html")],
}
PUBLIC = "releases"
SHOWN_REFUSED = 50  # refused exports on the page; `bangdan status --json` lists all


def page(settings: Settings, language: str = "zh", runs_at: str = "") -> str:
    """All months that have exports, a release or a run, the newest first; what was refused and how lists were revised.

    `runs_at` is the address of Airflow's page of a run without the run's id; empty where there is none.
    """
    months = status.months(settings)
    with_candidate = {
        month.month for month in months if (settings.runs / month.month / "candidate" / "index.html").exists()
    }
    context = {
        "months": months[::-1],
        "with_candidate": with_candidate,
        "page_address": page_address,
        "refused": rejected.refused_exports(settings)[:SHOWN_REFUSED],
        "reason_meanings": {code: meaning for code, (meaning, _remedy) in REASONS.items()},
        "revisions": revisions.of(settings),
        "next_list": status.next_list(settings),
        "runs_at": runs_at,
    }
    return render("overview.html", language, context)


def login_page(address: str) -> str:
    """Where to log in, for a person who is not; `address` is that of Airflow, without a slash at its end."""
    return render("login.html", "zh", {"address": address})


def served(settings: Settings, folder: str, path: str) -> Path | None:
    """The file that an address names, or None where it names none that may be served."""
    if folder != PUBLIC and folder not in SERVED:
        return None
    root = (settings.home / folder).resolve()
    try:
        file = (root / path).resolve()
        is_file = file.is_relative_to(root) and file.is_file()
    except (OSError, ValueError):  # no name that a file can have: too long, or with a NUL
        return None
    if not is_file:
        return None
    parts = file.relative_to(root).parts
    is_allowed = folder == PUBLIC or any(
        len(parts) == len(names) and all(map(fnmatchcase, parts, names)) for names in SERVED[folder]
    )
    return file if is_allowed and not any(part.startswith(".") for part in parts) else None
