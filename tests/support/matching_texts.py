"""Small sets of posts and items whose measures can be worked by hand: every letter occurs once.

`letters(a, b)` are Hangul syllables a to b of one long text in which no letter repeats: each counts as one character,
folds to nothing else, and two stretches agree exactly where their ranges overlap.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from bangdan.core.months import SHANGHAI
from bangdan.matching import matcher, post_index
from bangdan.matching.aliases import Aliases
from bangdan.matching.growing_rows import GrowingRows
from bangdan.matching.parameters import Parameters
from tests.support.matching_sets import PARAMETERS, POSTS, batches

AT = datetime(2021, 8, 10, 9, 0, tzinfo=SHANGHAI)
LATER = AT + timedelta(hours=3)
# Of the rolling hash, as published for splitmix64; WRAP: hashes are modulo 2^64.
SPREAD, BASE, MIX, WRAP = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xBF58476D1CE4E5B9, 2**64


def letters(begin: int, end: int) -> str:
    assert 0 <= begin <= end <= 11_172
    return "".join(chr(0xAC00 + at) for at in range(begin, end))


def plain_hash(gram: str) -> int:
    """The hash of a gram in plain integers: halves folded by a base that is squared at each level."""

    def fold(part: str) -> int:
        if len(part) == 1:
            return (ord(part) + 1) * SPREAD % WRAP
        half = len(part) // 2
        return (fold(part[:half]) * pow(BASE, half, WRAP) + fold(part[half:])) % WRAP

    result = fold(gram)
    result ^= result >> 31
    result = result * MIX % WRAP
    return result ^ (result >> 29)


def post(text: str | None, **other: Any) -> dict[str, Any]:
    """A post of account a1 of unit u1."""
    return {
        "post_id": "p1", "platform": "wechat", "account_id": "a1", "unit_id": "u1", "published_at": AT, "url": None,
        "title": "", "text": text, **other,
    }  # fmt: skip


def item(text: str | None, **other: Any) -> dict[str, Any]:
    """An item of an outlet of no ranked unit, three hours later."""
    return {"item_id": "i1", "published_at": LATER, "title": "", "text": text, **other}


def judge(
    posts: list[dict[str, Any]],
    items: list[dict[str, Any]],
    accounts: list[dict[str, Any]] | None = None,
    *,
    forwards: dict[str, str] | None = None,
    parameters: Parameters = PARAMETERS,
    decisions: dict[tuple[str, str], dict[str, str]] | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Matches, rejected pairs and families; `forwards`: post_id → the own post it forwards."""
    table = pa.Table.from_pylist(posts, schema=POSTS)
    forward_of = pa.array([(forwards or {}).get(row["post_id"]) for row in posts], pa.string())
    index = post_index.build(table.append_column("forward_of", forward_of), parameters)
    names = pa.Table.from_pylist(accounts) if accounts else None
    aliases = Aliases.of(names, parameters.min_alias_chars)
    result = matcher.match(index, batches(items, 500), aliases, parameters, decisions)

    def in_order(rows: GrowingRows) -> list[dict[str, Any]]:
        return sorted(rows.table().to_pylist(), key=lambda row: (row["item_id"], row["post_id"]))

    families = matcher.families(index, result.earlier, parameters).to_pylist()
    return in_order(result.matches), in_order(result.rejected), families


def match_of(posts: list[dict[str, Any]], items: list[dict[str, Any]], *rest: Any, **named: Any) -> dict[str, Any]:
    """The one row of evidence."""
    (row,) = judge(posts, items, *rest, **named)[0]
    return row
