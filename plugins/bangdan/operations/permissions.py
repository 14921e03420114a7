"""Who may read and write what is in the data folder: modes and owners that let others in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bangdan.core.settings import Settings

# Others may read these, never write them.
PUBLIC = ("", "inbox", "approvals", "releases", "published", "warehouse", "evidence", "runs")


@dataclass(frozen=True)
class Opening:
    """A folder or file that others may enter, read or write, and the command that closes it."""

    path: Path
    problem: str
    remedy: str


def openings(settings: Settings) -> Iterator[Opening]:
    """Private folders and keys that anyone but their owner may read, and folders that everybody may write."""
    for folder in (settings.landing, settings.raw, settings.home / "secrets"):
        if folder.is_dir() and folder.stat().st_mode & 0o077:
            yield Opening(folder, "others may enter it", f"chmod 700 {folder}")
    for key in _keys(settings):
        if key.is_file() and key.stat().st_mode & 0o077:
            yield Opening(key, "others may read this key", f"chmod 600 {key}")
    for folder in (settings.home / name for name in PUBLIC):
        if folder.is_dir() and folder.stat().st_mode & 0o002:
            yield Opening(folder, "everybody may write in it", f"chmod o-w {folder}")


def of_other_owners(settings: Settings) -> list[Path]:
    """Folders of the data folder, and keys, that belong to another user than the one who looks."""
    paths = [
        settings.home,
        *(settings.home / name for name in (*PUBLIC[1:], "landing", "raw", "secrets")),
        *_keys(settings),
    ]
    return [path for path in paths if path.exists() and path.stat().st_uid != os.geteuid()]


def _keys(settings: Settings) -> list[Path]:
    signing_key = [Path(settings.signing_key)] if settings.signing_key else []
    return [settings.privacy_key, settings.approval_key, *signing_key]
