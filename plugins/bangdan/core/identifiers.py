"""Identifiers: Weibo's short and numeric ids, each computed from the other, and the second in them; short hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

# A Weibo id holds seconds since this moment (1970-01-01 UTC + 515,483,463 s) in the bits above the lower 22.
WEIBO_EPOCH_SECONDS = 515_483_463
WEIBO_SERIAL_BITS = 22
MID_DIGITS = 16  # of the ids that hold their second
FIRST_TIMED_SECONDS = 1_293_811_200  # 2011-01-01 in Shanghai: earlier ids were given out in another way
MAX_BID_CHARS = 12  # of a short id; those of today have nine
_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGIT62 = {character: value for value, character in enumerate(_BASE62)}
GROUP = 10_000_000  # four base-62 characters are seven decimal digits


def digit62(character: str) -> int:
    """The value of a base-62 digit; -1 for any other character."""
    return _DIGIT62.get(character, -1)


def mid_of_bid(bid: str) -> str | None:
    """Weibo's short id → the numeric one: groups of four base-62 characters from the right are seven digits each.

    None for a text that is no short id.
    """
    if not 0 < len(bid) <= MAX_BID_CHARS or any(character not in _DIGIT62 for character in bid):
        return None
    groups = [bid[max(0, end - 4) : end] for end in range(len(bid), 0, -4)][::-1]
    numbers = []
    for group in groups:
        value = 0
        for character in group:
            value = value * 62 + _DIGIT62[character]
        if value >= GROUP:
            return None
        numbers.append(value)
    return str(numbers[0]) + "".join(f"{number:07d}" for number in numbers[1:])


def bid_of_mid(mid: str) -> str:
    """The reverse of mid_of_bid."""
    groups = [mid[max(0, end - 7) : end] for end in range(len(mid), 0, -7)][::-1]
    texts = []
    for group in groups:
        value, text = int(group), ""
        while value:
            value, rest = divmod(value, 62)
            text = _BASE62[rest] + text
        texts.append(text or "0")
    return texts[0] + "".join(text.rjust(4, "0") for text in texts[1:])


def seconds_of_mid(mid: str) -> int | None:
    """Seconds since 1970 UTC at which a Weibo post was made, from its numeric id; None for an id that holds none."""
    if len(mid) != MID_DIGITS or not (mid.isascii() and mid.isdigit()):
        return None
    seconds = (int(mid) >> WEIBO_SERIAL_BITS) + WEIBO_EPOCH_SECONDS
    return seconds if seconds >= FIRST_TIMED_SECONDS else None


def short_hash(parts: Iterable[str]) -> str:
    """First 16 hex digits of the SHA-256 of the parts, one a line."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
