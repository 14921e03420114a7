"""Identifiers of the channels: Weibo's short and numeric ids, each proven by the other."""

from __future__ import annotations

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGIT62 = {sign: value for value, sign in enumerate(_BASE62)}


def mid_of_bid(bid: str) -> str | None:
    """Weibo's short id → the numeric one: groups of four base-62 signs from the right are seven digits each."""
    if not bid or any(sign not in _DIGIT62 for sign in bid):
        return None
    groups = [bid[max(0, end - 4) : end] for end in range(len(bid), 0, -4)][::-1]
    numbers = []
    for group in groups:
        value = 0
        for sign in group:
            value = value * 62 + _DIGIT62[sign]
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
