"""Identifiers: Weibo's short and numeric ids, each computed from the other; short hashes of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGIT62 = {character: value for value, character in enumerate(_BASE62)}


def mid_of_bid(bid: str) -> str | None:
    """Weibo's short id → the numeric one: groups of four base-62 characters from the right are seven digits each."""
    if not bid or any(character not in _DIGIT62 for character in bid):
        return None
    groups = [bid[max(0, end - 4) : end] for end in range(len(bid), 0, -4)][::-1]
    numbers = []
    for group in groups:
        value = 0
        for character in group:
            value = value * 62 + _DIGIT62[character]
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


def short_hash(parts: Iterable[str]) -> str:
    """First 16 hex digits of the SHA-256 of the parts, one a line."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
