"""JSON: read without what the standard reader lets pass, written without characters that a reader cannot see."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bangdan.core.files import is_regular
from bangdan.core.formatting import INVISIBLE


def parse(text: str) -> Any:
    """The value of a JSON text. Raises ValueError for text that is no JSON, a key that is written twice in one object,
    NaN and Infinity, a number of thousands of digits, and nesting that no document of ours has.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_whole_number)
    except RecursionError:
        raise ValueError("nested too deep") from None


def read(file: Path) -> Any:
    """The value of a UTF-8 JSON file. Raises ValueError as `parse` does and for anything that is not a regular file;
    OSError where the file cannot be read.
    """
    if file.exists() and not is_regular(file):
        raise ValueError("not a regular file")
    return parse(file.read_text("utf-8"))


def dump(value: Any, **options: Any) -> str:
    """The JSON text of a value (`options` as `json.dumps` takes them). Characters that show nothing are escaped, so that
    the text holds none and the value keeps them.
    """
    return INVISIBLE.sub(_escaped, json.dumps(value, ensure_ascii=False, **options))


def _escaped(character: re.Match[str]) -> str:
    return json.dumps(character[0])[1:-1]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with each key once: the standard reader takes the last of two without a word."""
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"the key {key[:40]!r} is there twice")
        values[key] = value
    return values


def _whole_number(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError("a number of too many digits") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
