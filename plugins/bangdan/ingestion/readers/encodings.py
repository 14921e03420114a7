"""The encoding of a text file, from its bytes, in a stream."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import charset_normalizer
import numpy as np
import pyarrow as pa

from bangdan.ingestion.readers.text_table import REPLACEMENT
from bangdan.ingestion.reasons import refusal

CHUNK = 4 * 1024 * 1024
_LONG_CHARACTERS = re.compile(r"[\u0800-\ufffc\ufffe-\U0010ffff]+")  # of three or four bytes in UTF-8, except U+FFFD


_ASCII = bytes(range(128))
# First bytes of the punctuation and the common characters of Big5 and of GB2312, which sort characters by use.
_BIG5_COMMON, _GB2312_COMMON = range(0xA1, 0xC7), range(0xA1, 0xD8)
_SAMPLE_BYTES = 64 * 1024
_LEAST_CHARACTERS = 20  # to decide by
# Shares of common characters: at least the first in Big5, and less than the second in GB2312, where a text is Big5.
_BIG5_LEAST, _GB2312_MOST = 0.85, 0.8


@dataclass(frozen=True)
class Encoding:
    """`replaced`: number of characters that could not be decoded and are U+FFFD."""

    name: str  # utf-8 | utf-16 | gb18030 | cp950 | big5hkscs
    replaced: int = 0

    def opened(self, file: Path, newline: str = "") -> TextIOWrapper:
        """The file as text, row ends as they are, without a byte order mark."""
        codec = "utf-8-sig" if self.name == "utf-8" else self.name
        return TextIOWrapper(file.open("rb"), codec, errors="replace" if self.replaced else "strict", newline=newline)


def of_file(file: Path) -> Encoding:
    """UTF-16 by its mark, else UTF-8 when all of it is or most of it must be, else Big5 where its characters are common
    ones in Big5 only, else GB18030; damage is counted.

    A single damaged byte makes a UTF-8 file one that GB18030 may well decode, to other characters throughout; so is a
    file in Big5.
    """
    with file.open("rb") as stream:
        if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            stream.seek(0)
            if _damage(stream, "utf-16") is None:
                raise refusal("ENC_MIXED", "damaged UTF-16")
            return Encoding("utf-16")
        stream.seek(0)
        if is_utf8(stream):
            return Encoding("utf-8")
        stream.seek(0)
        if _is_damaged_utf8(stream):
            stream.seek(0)
            return Encoding("utf-8", _damage(stream, "utf-8-sig", "replace") or 0)
        stream.seek(0)
        if _is_big5(stream):
            return _big5(stream)
        stream.seek(0)
        if _damage(stream, "gb18030") is not None:
            return Encoding("gb18030")
        stream.seek(0)
        # 0x80 is the euro character of cp936; Python's GB codecs refuse it.
        return Encoding("gb18030", _damage(stream, "gb18030", "replace") or 0)


def is_utf8(stream: BinaryIO) -> bool:
    """Is every byte of the stream part of a character? Checked by Arrow, several times faster than decoding."""
    rest = b""
    while chunk := stream.read(CHUNK):
        data = rest + chunk
        cut = len(data)
        # A character that the chunk cuts begins within its last four bytes.
        for back in range(1, min(4, len(data)) + 1):
            if data[-back] & 0xC0 != 0x80:
                cut -= back if data[-back] >= 0xC0 else 0
                break
        whole, rest = data[:cut], data[cut:]
        ends = pa.py_buffer(np.array([0, len(whole)], np.int32).tobytes())
        try:
            pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(whole)]).cast(pa.string())
        except pa.ArrowInvalid:
            return False
    try:
        rest.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_damaged_utf8(stream: BinaryIO) -> bool:
    """Does a stream that is not all UTF-8 have its mark, or, in the first part with a byte above 127, more characters of
    three or four bytes than bytes that are part of none? In GB18030 few neighbouring bytes make such a character.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    is_start = True
    while chunk := stream.read(CHUNK):
        if is_start and chunk.startswith(codecs.BOM_UTF8):
            return True
        is_start = False
        text = decoder.decode(chunk)
        if not text.isascii():
            long = sum(map(len, _LONG_CHARACTERS.findall(text)))
            return long > text.count(REPLACEMENT)
    return False


def _is_big5(stream: BinaryIO) -> bool:
    """Are the first characters of a stream that is not UTF-8 common ones when they are read as Big5, and rare ones when they
    are read as GB18030?
    """
    while chunk := stream.read(CHUNK):
        if not chunk.isascii():
            break
    begin = len(chunk) - len(chunk.lstrip(_ASCII))
    sample = chunk[begin : begin + _SAMPLE_BYTES].decode("cp950", "replace")
    other = chunk[begin : begin + _SAMPLE_BYTES].decode("gb18030", "replace")
    pairs = [_common(sample, "cp950", _BIG5_COMMON), _common(other, "gb2312", _GB2312_COMMON)]
    (common, number), (others_common, others) = pairs
    return number >= _LEAST_CHARACTERS and common >= _BIG5_LEAST * number and others_common < _GB2312_MOST * others


def _common(text: str, codec: str, leads: range) -> tuple[int, int]:
    """How many characters beyond ASCII are common ones or punctuation of a codec, by their first byte; and how many there are."""
    wide = [character for character in text if not character.isascii()]
    encoded = (character.encode(codec, "ignore") for character in wide)
    return sum(len(pair) == 2 and pair[0] in leads for pair in encoded), len(wide)


def _big5(stream: BinaryIO) -> Encoding:
    for codec in ("cp950", "big5hkscs"):
        stream.seek(0)
        if _damage(stream, codec) is not None:
            return Encoding(codec)
    stream.seek(0)
    return Encoding("cp950", _damage(stream, "cp950", "replace") or 0)


def _damage(stream: BinaryIO, codec: str, errors: str = "strict") -> int | None:
    """Characters replaced while decoding all of the stream; None where a strict decoder gives up."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    replaced = 0
    try:
        while chunk := stream.read(CHUNK):
            replaced += decoder.decode(chunk).count(REPLACEMENT)
        replaced += decoder.decode(b"", final=True).count(REPLACEMENT)
    except UnicodeDecodeError:
        return None
    return replaced


def likely(file: Path) -> str:
    """The encoding that a detector guesses, for the message about an unknown header."""
    with file.open("rb") as stream:
        start = stream.read(64 * 1024)
    # Cut at a row end: half a character at the end misleads the detector.
    best = charset_normalizer.from_bytes(start[: start.rfind(b"\n") + 1] or start).best()
    return best.encoding if best else ""
