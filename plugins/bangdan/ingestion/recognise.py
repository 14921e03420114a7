"""Which mapping fits a file: decided by its header or keys, never by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet

from bangdan.core.errors import ExportRefused
from bangdan.ingestion import built_in_mappings
from bangdan.ingestion.columns.decoded_twice import is_decoded_twice
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.reasons import refusal

SHOWN_CHARS = 40  # of the content of a refused file


def by_names(names: Iterable[str], hint: Callable[[], str] = str, own: Iterable[Mapping] = ()) -> Mapping:
    """The most specific mapping all of whose names are in the header; the city's `own` come first.

    Raises ExportRefused when no mapping fits, or when the one that fits gives a reason why such files are useless.
    `hint` adds a detail to the message about an unknown header.
    """
    names = list(names)
    header = set(names)
    # A name that excludes a mapping does so in capitals too: another mapping would read the file without its ids.
    folded = {name.casefold() for name in names}
    for mapping in (*own, *built_in_mappings.most_specific_first()):
        is_match = bool(mapping.recognise) and not absent_names(header, mapping)
        if is_match and mapping.exact:
            is_match = len(header) == len(mapping.recognise)
        if is_match and folded.isdisjoint(name.casefold() for name in mapping.unless):
            if mapping.refuse:
                raise refusal("FORMAT_USELESS", mapping.refuse)
            return mapping
    raise unknown(names, hint())


def absent_names(header: AbstractSet[str], mapping: Mapping) -> list[str]:
    """The names by which the mapping recognises its files and that are not there; of `a|b` one is enough."""
    return [name for name in mapping.recognise if name not in header and header.isdisjoint(name.split("|"))]


def check_recognised(names: AbstractSet[str], mapping: Mapping) -> None:
    """Raise ExportRefused where a name is absent by which the mapping recognises its files."""
    if absent := absent_names(names, mapping):
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
    known = {name for mapping in built_in_mappings.most_specific_first() for name in mapping.sources}
    repeated = _repeated(names, known)
    if repeated:
        return refusal("HDR_DUPLICATE", ", ".join(repeated))
    if any(name.strip().isdigit() and len(name.strip()) > 5 for name in names) or names.count("null") > 1:
        return refusal("HDR_MISSING", _shown(names))
    detail = _shown(names) + (f"; {hint}" if hint else "")
    if any(is_decoded_twice(name) for name in names):
        return refusal("ENC_TWICE", detail)
    return refusal("HDR_UNKNOWN", detail)


def _repeated(names: list[str], relevant: set[str]) -> list[str]:
    return sorted(name for name, number in Counter(names).items() if number > 1 and name in relevant)


def _shown(names: list[str]) -> str:
    """The first names, in the order of the file and whole, up to a number of characters."""
    kept: list[str] = []
    chars = 0
    for name in names:
        chars += len(name) + 2
        if chars > SHOWN_CHARS and kept:
            kept.append("…")
            break
        kept.append(name[:SHOWN_CHARS])
    return ", ".join(kept).encode("utf-8", "replace").decode()
