"""Which mapping fits a file: decided by its header or keys, never by its name."""

from __future__ import annotations

from collections.abc import Iterable

from bangdan.errors import ExportRefused
from bangdan.exports import mapping as mappings
from bangdan.exports.mapping import Mapping
from bangdan.exports.readers import refuse


def by_names(names: Iterable[str], candidates: Iterable[Mapping] | None = None) -> Mapping:
    """The most specific mapping whose names all stand in the header; raises ExportRefused when none does."""
    there = set(names)
    for mapping in candidates or mappings.built_in():
        if mapping.recognise and there.issuperset(mapping.recognise) and there.isdisjoint(mapping.unless):
            return mapping
    raise _unknown(list(names))


def check_header(header: list[str], mapping: Mapping) -> None:
    """A needed column must stand once, and at least one of its columns must be there at all."""
    wanted = set(mapping.wanted())
    doubled = sorted({name for name in header if header.count(name) > 1 and name in wanted})
    if doubled:
        raise refuse("HDR_DUPLICATE", ", ".join(doubled))
    if not wanted & set(header):
        raise refuse("HDR_UNKNOWN", ", ".join(header)[:80])


def _unknown(names: list[str]) -> ExportRefused:
    text = "".join(names)
    known = {name for mapping in mappings.built_in() for name in mapping.wanted()}
    doubled = sorted({name for name in names if names.count(name) > 1 and name in known})
    if doubled:
        return refuse("HDR_DUPLICATE", ", ".join(doubled))
    if any(name.strip().isdigit() and len(name.strip()) > 5 for name in names):
        return refuse("HDR_MISSING", ", ".join(names)[:60])
    if any("\x80" <= sign <= "\xff" for sign in text) and not any("一" <= sign <= "鿿" for sign in text):
        return refuse("HDR_UNKNOWN", "looks decoded twice")
    return refuse("HDR_UNKNOWN", ", ".join(names)[:80])
