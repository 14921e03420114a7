"""The page of months for Airflow's plugin, and which files of the data folder it may serve."""

from __future__ import annotations

from pathlib import Path

from bangdan.core.rendering import render
from bangdan.core.settings import Settings
from bangdan.gates import page_address
from bangdan.operations import status

# What may be served of the data folder, by the first part of an address: releases are public; of the reports of runs
# only what people are sent to.
SERVED = {"releases": ("*",), "runs": ("quality", "candidate")}


def page(settings: Settings) -> str:
    """All months that have exports or a release, the newest first."""
    months = list(reversed(status.months(settings)))
    with_candidate = {
        month.month for month in months if (settings.runs / month.month / "candidate" / "index.html").exists()
    }
    context = {"months": months, "with_candidate": with_candidate, "page_address": page_address}
    return render("overview.html", "zh", context)


def login_page(address: str) -> str:
    """Where to log in, for a person who is not; `address` is that of Airflow, without a slash at its end."""
    return render("login.html", "zh", {"address": address})


def served(settings: Settings, folder: str, path: str) -> Path | None:
    """The file that an address names, or None where it names none that may be served."""
    if folder not in SERVED:
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
    allowed = SERVED[folder] == ("*",) or (len(parts) == 3 and parts[1] in SERVED[folder])
    return file if allowed and not any(part.startswith(".") for part in parts) else None
