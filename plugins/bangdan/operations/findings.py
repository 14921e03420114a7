"""The result of a check of the doctor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of a check. state: good, look (works, a person should look), fix (a run will fail or its figures will be
    wrong).
    """

    check: str
    state: str
    observed: str
    remedy: str = ""
