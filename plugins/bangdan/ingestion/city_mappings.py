"""The mappings of the city's folder, `mappings/*.yml`: they are tried before those of the program."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.ingestion import built_in_mappings
from bangdan.ingestion.mapping import Mapping, read_mapping


def most_specific_first(settings: Settings) -> tuple[Mapping, ...]:
    """All of them; those that recognise more names come first. Raises BangdanError, naming the file and the line, for one
    that is wrong, has the name of another or of one of the program's, or has nothing to recognise its files by.
    """
    files = sorted((settings.city / "mappings").glob("*.yml"))
    return _read(tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files))


def named(name: str, settings: Settings) -> Mapping:
    """The mapping of that name, of the city or of the program; raises UsageError, listing the program's, where there is none."""
    own = (mapping for mapping in most_specific_first(settings) if mapping.name == name)
    return next(own, None) or built_in_mappings.named(name)


def fingerprint(settings: Settings) -> str:
    """Hash of all of them; empty where the city has none. Another one may read what was refused."""
    hashes = sorted(mapping.sha256 for mapping in most_specific_first(settings))
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest() if hashes else ""


@lru_cache(maxsize=4)
def _read(versions: tuple[tuple[Path, int, int], ...]) -> tuple[Mapping, ...]:
    """The mappings of files, each with its time of change and its size: a changed file is read again."""
    mappings: dict[str, Mapping] = {}
    built_in = {mapping.name for mapping in built_in_mappings.most_specific_first()}
    for file, _changed_at, _size in versions:
        mapping = read_mapping(file)
        if mapping.name in mappings or mapping.name in built_in:
            raise BangdanError(
                f"mappings/{file.name}: name: {mapping.name} is the name of another mapping", remedy="name it otherwise"
            )
        if not mapping.recognise:
            raise BangdanError(
                f"mappings/{file.name}: recognise: it names no column, so no file is ever read by it",
                remedy="name the columns that its files always have",
            )
        mappings[mapping.name] = mapping
    return tuple(sorted(mappings.values(), key=lambda mapping: (-len(mapping.recognise), mapping.name)))
