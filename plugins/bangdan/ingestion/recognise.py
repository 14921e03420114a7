"""Which mapping fits a file: decided by its header or keys, never by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bangdan.core.errors import ExportRefused
from bangdan.ingestion import mapping as mappings
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.readers.tables import refuse


def by_names(names: Iterable[str], hint: Callable[[], str] = str) -> Mapping:
    """The most specific mapping whose names all stand in the header; raises ExportRefused when none does, or when that
    one says why such a file cannot be used. `hint` tells more about a file that nobody knows.
    """
    names = list(names)
    there = set(names)
    for mapping in mappings.built_in():
        wanted = set(mapping.recognise)
        if wanted and (there == wanted if mapping.exact else there >= wanted) and there.isdisjoint(mapping.unless):
            if mapping.refuse:
                raise refuse("FORMAT_USELESS", mapping.refuse)
            return mapping
    raise unknown(names, hint())


def check_header(header: list[str], mapping: Mapping) -> None:
    """A needed column must stand once, and at least one of its columns must be there at all."""
    wanted = set(mapping.wanted())
    doubled = sorted({name for name in header if header.count(name) > 1 and name in wanted})
    if doubled:
        raise refuse("HDR_DUPLICATE", ", ".join(doubled))
    if not wanted & set(header):
        raise refuse("HDR_UNKNOWN", _shown(header))


def unknown(names: list[str], hint: str = "") -> ExportRefused:
    """What is to be said of a header that no mapping knows."""
    text = "".join(names)
    known = {name for mapping in mappings.built_in() for name in mapping.wanted()}
    doubled = sorted({name for name in names if names.count(name) > 1 and name in known})
    if doubled:
        return refuse("HDR_DUPLICATE", ", ".join(doubled))
    if any(name.strip().isdigit() and len(name.strip()) > 5 for name in names) or names.count("null") > 1:
        return refuse("HDR_MISSING", _shown(names))
    if any("\x80" <= sign <= "\xff" for sign in text) and not any("一" <= sign <= "鿿" for sign in text):
        return refuse("HDR_UNKNOWN", "looks decoded twice; export again as UTF-8")
    return refuse("HDR_UNKNOWN", _shown(names) + (f"; {hint}" if hint else ""))


def _shown(names: list[str]) -> str:
    return ", ".join(names)[:80].encode("utf-8", "replace").decode()
