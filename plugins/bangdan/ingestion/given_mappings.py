"""The mapping or connector that a person named for an export, kept with its bytes: it loads again without them.

`landing/mappings/<SHA-256 of the bytes>.yml` holds the mapping as it was given, or the connector's name.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bangdan.core import files
from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.ingestion import city_mappings
from bangdan.ingestion.mapping import Mapping, parse_mapping
from bangdan.ingestion.reasons import refusal

CONNECTOR = "connector: "


def file_of(sha256: str, settings: Settings) -> Path:
    return settings.landing / "mappings" / f"{sha256}.yml"


def keep(sha256: str, settings: Settings, connector: str | None, mapping_file: Path | None) -> None:
    """Keep what a person named for these bytes; nothing changes where nothing was named."""
    if mapping_file:
        files.write_text(file_of(sha256, settings), mapping_file.read_text("utf-8"))
    elif connector:
        files.write_text(file_of(sha256, settings), f"{CONNECTOR}{connector}\n")


def find(sha256: str, settings: Settings) -> Mapping | None:
    """The mapping that was named for these bytes, or None; raises ExportRefused where it is no longer valid."""
    file = file_of(sha256, settings)
    if not file.exists():
        return None
    text = file.read_text("utf-8")
    try:
        if text.startswith(CONNECTOR):
            return city_mappings.named(text.removeprefix(CONNECTOR).strip(), settings)
        return _parsed(text)
    except BangdanError as error:
        raise refusal("FORMAT_UNKNOWN", error.message.splitlines()[0]) from None


@lru_cache(maxsize=64)
def _parsed(text: str) -> Mapping:
    return parse_mapping(text, "the mapping that was given")
