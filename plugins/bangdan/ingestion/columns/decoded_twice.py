"""Texts that were decoded in a wrong encoding before they were saved: é˜¿ or 锛岀殑 where Chinese was."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion.columns import vectors

SHOWN_CHARS = 60  # of a text, looked at: it is wrong throughout or nowhere
# What the commonest characters of Chinese (的 ， 。 是 中 “) become; only texts with one of them are tried.
_MARKS = r"[锛銆鐨鏄涓鈥]|[äåæçèéï][^\x00-\x7f]"
_WRONG_CODECS = ("latin-1", "gb18030")
# Windows reads the bytes 0x80 to 0x9F as other characters than Latin-1 does; five of them as Latin-1.
_WINDOWS = {ord(bytes([byte]).decode("cp1252")): byte for byte in {*range(0x80, 0xA0)} - {0x81, 0x8D, 0x8F, 0x90, 0x9D}}


def is_decoded_twice(text: str) -> bool:
    """Is a text UTF-8 that was read in another encoding: does undoing that give Chinese?"""
    begin = text[:SHOWN_CHARS]
    for codec in _WRONG_CODECS:
        try:
            data = (begin.translate(_WINDOWS) if codec == "latin-1" else begin).encode(codec)
        except UnicodeEncodeError:
            continue
        original = _whole_characters(data)
        if original is not None and original != begin and sum("一" <= char <= "鿿" for char in original) >= 2:
            return True
    return False


def mask(texts: pa.Array) -> pa.Array:
    """is_decoded_twice of every text of a column; False for NULL."""
    is_suspect = pc.fill_null(pc.match_substring_regex(texts, _MARKS), False)
    if not pc.any(is_suspect).as_py():
        return is_suspect
    suspects = pc.if_else(is_suspect, texts, None)
    return pc.fill_null(vectors.map_distinct(suspects, is_decoded_twice, pa.bool_()), False)


def _whole_characters(data: bytes) -> str | None:
    """The bytes as UTF-8, without a character that is cut at the end; None where they are none."""
    for cut in range(4):
        try:
            return data[: len(data) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
    return None
