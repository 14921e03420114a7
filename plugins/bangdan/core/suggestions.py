"""The names that a person may have meant: by characters, pinyin and initials."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from bangdan.core import pinyin

MOST = 3
LEAST = 0.5  # likeness of two texts, 0 to 1 (Ratcliff and Obershelp, as difflib computes it)


def nearest(wanted: str, names: Iterable[tuple[str, ...]]) -> list[str]:
    """The first of the names of each thing that is most like what was typed, the most like first, at most three. A
    homophone, pinyin and initials are as good as the name itself.
    """
    likeness = {of_one[0]: max(_likeness(wanted, name) for name in of_one if name) for of_one in names}
    ordered = sorted(likeness, key=lambda name: (-likeness[name], name))
    return [name for name in ordered if likeness[name] >= LEAST][:MOST]


def did_you_mean(wanted: str, names: Iterable[tuple[str, ...]]) -> str:
    """`did you mean 杨浦区 or 黄浦区? `, to be followed by the whole choice; empty where no name is like it."""
    found = nearest(wanted, names)
    return f"did you mean {' or '.join(found)}? " if found else ""


def _likeness(wanted: str, name: str) -> float:
    typed, known = _squeezed(wanted), _squeezed(name)
    spelt = pinyin.spellings(known)
    if typed in spelt or {*pinyin.spellings(typed)[::2]} & {*spelt[::2]}:  # every other one is the whole pinyin
        return 1.0
    return max(SequenceMatcher(None, typed, form).ratio() for form in (known, *spelt[::2]))


def _squeezed(text: str) -> str:
    return "".join(text.lower().split())
