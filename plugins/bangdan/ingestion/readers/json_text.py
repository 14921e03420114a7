"""JSON text: each key of an object once, and a text that is read value by value, so that it need not fit in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from bangdan.ingestion.reasons import refusal

MAX_VALUE = 200 * 1024 * 1024  # characters of a value that is parsed at once
READ_CHARS = 1024 * 1024
_BLANKS = re.compile(r"[ \t\n\r]*")
_CUT_OFF = 16  # a value that the end of the buffer cuts fails so many characters before it at most


class KeyTwice(ValueError):
    """An object has a key twice."""


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with each key once: the standard reader takes the last of two without a word."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise KeyTwice
    return values


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse a file for what the decoder breaks on, but for JSONDecodeError, which is raised as it is."""
    try:
        yield
    except json.JSONDecodeError:
        raise
    except KeyTwice:
        raise refusal("JSON_KEY_TWICE") from None
    except RecursionError:
        raise refusal("JSON_LIMIT", "nested too deep") from None
    except ValueError as error:  # a number of more digits than Python reads
        raise refusal("JSON_LIMIT", str(error)[:60]) from None


def whole(text: str) -> Any:
    """The value of a whole text; raises ExportRefused where it is none."""
    try:
        with refusing():
            return json.loads(text, object_pairs_hook=object_of)
    except json.JSONDecodeError as error:
        raise refusal("JSON_TRUNCATED", f"line {error.lineno}") from None


class JsonText:
    """JSON that is read value by value. Raises ExportRefused where it is none, ends early, or a value is too large."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._decoder = stream, json.JSONDecoder(object_pairs_hook=object_of)
        self._buffer, self._at, self._lines, self._is_end = "", 0, 1, False

    def _read_more(self) -> bool:
        """Read on, at least as much as is held already; False at the end of the stream."""
        more = "" if self._is_end else self._stream.read(max(READ_CHARS, len(self._buffer) - self._at))
        self._is_end = not more
        if more:
            self._lines += self._buffer.count("\n", 0, self._at)
            self._buffer, self._at = self._buffer[self._at :] + more, 0
        return bool(more)

    def next(self, behind: int = 0) -> str:
        """The next character that is no blank, `behind` characters from here; empty at the end. It is not taken."""
        while True:
            blanks = _BLANKS.match(self._buffer, self._at + behind)
            end = blanks.end() if blanks else len(self._buffer)
            if end < len(self._buffer):
                self._at = end if not behind else self._at
                return self._buffer[end]
            if len(self._buffer) - self._at > MAX_VALUE or not self._read_more():
                return ""

    def take(self, characters: str) -> str:
        """Take the next character, one of these."""
        character = self.next()
        if not character or character not in characters:
            raise self._truncated()
        self._at += 1
        return character

    def value(self) -> tuple[Any, int]:
        """Take the next value; how many characters it has."""
        self.next()
        while True:
            try:
                with refusing():
                    value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated string") or error.pos >= len(self._buffer) - _CUT_OFF
                if not is_cut or not self._has_more():
                    raise self._truncated() from None
                continue
            # A number may go on: at the end of the buffer `1.` and `1e+` are read as 1.
            if not isinstance(value, (str, dict, list)) and end + 3 > len(self._buffer) and self._has_more():
                continue
            chars, self._at = end - self._at, end
            return value, chars

    def _has_more(self) -> bool:
        if len(self._buffer) - self._at > MAX_VALUE:
            raise refusal(
                "JSON_LIMIT", f"line {self._line()}: a value of over {MAX_VALUE // 1024**2} million characters"
            )
        return self._read_more()

    def _line(self) -> int:
        return self._lines + self._buffer.count("\n", 0, self._at)

    def _truncated(self) -> Exception:
        return refusal("JSON_TRUNCATED", f"line {self._line()}")

    def close(self) -> None:
        """Refuse whatever follows the document."""
        if self.next():
            raise self._truncated()
