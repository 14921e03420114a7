"""The mappings that come with the program, one file each in `mappings/`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bangdan.core.errors import UsageError
from bangdan.ingestion.mapping import Mapping, read_mapping

FOLDER = Path(__file__).with_name("mappings")


@lru_cache(maxsize=1)
def most_specific_first() -> tuple[Mapping, ...]:
    """All of them; those that recognise more header names come first."""
    mappings = [read_mapping(file) for file in sorted(FOLDER.glob("*.yml"))]
    return tuple(sorted(mappings, key=lambda mapping: (-len(mapping.recognise), mapping.name)))


def named(name: str) -> Mapping:
    """The mapping of that name; raises UsageError, listing all names, where there is none."""
    for mapping in most_specific_first():
        if mapping.name == name:
            return mapping
    names = sorted(mapping.name for mapping in most_specific_first())
    raise UsageError(f"no connector is called {name!r}", remedy=f"one of: {', '.join(names)}")
