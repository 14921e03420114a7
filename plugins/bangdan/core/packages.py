"""The packages that a lock names, with their versions."""

from __future__ import annotations

import re
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def normalised(name: str) -> str:
    """A package's name as indexes compare it: lower case, one hyphen between words."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(project: Path, lock: str = "requirements.lock") -> dict[str, str]:
    """Normalised name → version of every package in a lock of a project, in the lock's order."""
    text = (project / lock).read_text("utf-8")
    return {normalised(name): version for name, version in PINNED.findall(text)}
