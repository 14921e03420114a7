"""Which mapping fits a file: decided by its header or keys, never by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from bangdan.core.errors import ExportRefused
from bangdan.ingestion import built_in_mappings
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.reasons import refusal

SHOWN_CHARS = 40  # of the content of a refused file


def by_names(names: Iterable[str], hint: Callable[[], str] = str) -> Mapping:
    """The most specific mapping all of whose names are in the header.

    Raises ExportRefused when no mapping fits, or when the one that fits gives a reason why such files are useless.
    `hint` adds a detail to the message about an unknown header.
    """
    names = list(names)
    header = set(names)
    for mapping in built_in_mappings.most_specific_first():
        needed = set(mapping.recognise)
        is_match = header == needed if mapping.exact else header >= needed
        if needed and is_match and header.isdisjoint(mapping.unless):
            if mapping.refuse:
                raise refusal("FORMAT_USELESS", mapping.refuse)
            return mapping
    raise unknown(names, hint())


def check_recognised(names: Collection[str], mapping: Mapping) -> None:
    """Raise ExportRefused where a name is absent by which the mapping recognises its files."""
    absent = [name for name in mapping.recognise if name not in set(names)]
    if absent:
        raise refusal("HDR_MISSING", f"{mapping.name} needs {', '.join(absent)}")


def check_header(header: list[str], mapping: Mapping) -> None:
    """Raise ExportRefused where a needed column is there twice, or none of the needed columns is there at all."""
    needed = set(mapping.sources)
    repeated = _repeated(header, needed)
    if repeated:
        raise refusal("HDR_DUPLICATE", ", ".join(repeated))
    if not needed & set(header):
        raise refusal("HDR_UNKNOWN", _shown(header))


def unknown(names: list[str], hint: str = "") -> ExportRefused:
    """The refusal of a header that no mapping knows, with the likeliest cause."""
    text = "".join(names)
    known = {name for mapping in built_in_mappings.most_specific_first() for name in mapping.sources}
    repeated = _repeated(names, known)
    if repeated:
        return refusal("HDR_DUPLICATE", ", ".join(repeated))
    if any(name.strip().isdigit() and len(name.strip()) > 5 for name in names) or names.count("null") > 1:
        return refusal("HDR_MISSING", _shown(names))
    if any("\x80" <= char <= "\xff" for char in text) and not any("一" <= char <= "鿿" for char in text):
        return refusal("HDR_UNKNOWN", "looks decoded twice; export again as UTF-8")
    return refusal("HDR_UNKNOWN", _shown(names) + (f"; {hint}" if hint else ""))


def _repeated(names: list[str], relevant: set[str]) -> list[str]:
    return sorted(name for name, number in Counter(names).items() if number > 1 and name in relevant)


def _shown(names: list[str]) -> str:
    return ", ".join(names[:SHOWN_CHARS])[:SHOWN_CHARS].encode("utf-8", "replace").decode()
