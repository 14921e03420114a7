"""Values that engines are known to treat differently: each a table with a number for each row."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

SHANGHAI_BORDERS = (
    "1970-01-01 00:00:00", "2021-07-31 15:59:59", "2021-07-31 16:00:00", "2021-08-31 15:59:59.999999", "2021-08-31 16:00:00",
    "2021-12-31 16:00:00", "2024-02-28 23:59:59", "1986-05-04 00:00:00", "1991-09-14 16:30:00", "1901-01-01 00:00:00",
    "9999-12-30 00:00:00", "2000-01-01 00:00:00.000001",
)  # fmt: skip
TEXTS = (
    None, "", " ", "\t\r\n\x0b", "a", "A", "ß", "İ", "ı", "Σ", "ΑΣ", "ΑΣΑ", "ǅ", "ﬁ", "Ａ１", "ｱｲｳﾞ", "上海发布", "上海發布", "憑證龜鬱籲",
    "..上海。·・", "·", "a\u0301", "e\u0301\u0323", "e\u0323\u0301", "\u1100\u1161\u11a8", "が", "か\u3099", "A\u030a", "\u212b",
    "\u200b上\u200d海\ufeff", "上\u3000海", "a\u00adb", "\U0001f600👍🏽", "\U00020000\U0002f800", "'", "''", "\\", "\\n", "%_", "{{", "[a-z]",
    "1", "12345678901234567890", "4712345678901234", "0471234567890123", "99999999999999999999999999999999999999", "-1", "1e3", " 7 ",
    "上海" * 200_000, "x" * 1_000_000, "#" + "é" * 3000, "2021-08-31", "9" * 16, "1" + "0" * 15,
)  # fmt: skip


def texts() -> pa.Table:
    """Texts by themselves: empty, huge, of many scripts, numbers of 20 digits and more."""
    return _numbered(value=pa.array(TEXTS, pa.string()))


def code_points() -> pa.Table:
    """Every code point but the surrogates, each a text between two others, so that nothing stands at an end."""
    values = [f"a{chr(point)}b" for point in range(1, sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]
    return _numbered(value=pa.array(values, pa.string()))


def moments() -> pa.Table:
    """Moments around the borders of months and days in Shanghai, its summer times among them, as UTC and without a zone;
    the second column is the day after.
    """
    result: list[datetime | None] = [datetime.fromisoformat(text) for text in SHANGHAI_BORDERS] + [None]
    days = [value.date() + timedelta(days=1) if value else None for value in result]
    return _numbered(
        moment=pa.array([value and value.replace(tzinfo=UTC) for value in result], pa.timestamp("us", "UTC")),
        local=pa.array(result, pa.timestamp("us")),
        day=pa.array([value and value.date() for value in result], pa.date32()),
        next_day=pa.array(days, pa.date32()),
        first_day=pa.array([date(2021, 8, 1)] * len(result), pa.date32()),
        seconds=pa.array([value and int(value.replace(tzinfo=UTC).timestamp()) for value in result], pa.int64()),
    )


def numbers() -> pa.Table:
    """Whole numbers, decimals and floating numbers: zero, halves, large and negative ones, NULL."""
    whole = [0, 1, -1, 2, 3, 7, 10, 999, 2**31, -(2**31), 10**15, 10**18, None]
    pairs = [(a, b) for a in whole for b in whole]
    decimals = ["0", "0.5", "1.5", "2.5", "-2.5", "0.000000000001", "99.999999999999", "33.333333333333", None]
    values = [Decimal(text) if text else None for text in decimals]
    return _numbered(
        a=pa.array([a for a, _b in pairs], pa.int64()),
        b=pa.array([b for _a, b in pairs], pa.int64()),
        points=pa.array([values[row % len(values)] for row in range(len(pairs))], pa.decimal128(20, 12)),
        share=pa.array([a / b if a is not None and b else None for a, b in pairs], pa.float64()),
    )


def groups() -> pa.Table:
    """Groups of texts, with repeated ones, NULLs, groups of nothing but NULL, and a column to order by."""
    rows = [(group, text, place) for group, words in enumerate((
        ["b", "a", "b"], ["b", None, "a"], [None, None], ["z"], ["é", "e", "上", "\U00020000", "Z", ""], [""], ["，", ",", "a,b"],
    )) for place, text in enumerate(words)]  # fmt: skip
    return _numbered(
        of=pa.array([row[0] for row in rows], pa.int64()),
        word=pa.array([row[1] for row in rows], pa.string()),
        place=pa.array([row[2] for row in rows], pa.int64()),
    )


def lists() -> pa.Table:
    """Lists of texts: NULL, empty, with NULLs, repeated and empty texts."""
    values = [None, [], [None], ["b", "a", "b"], ["b", None, "a"], [""], ["上海", "上", "é", "Z", "z"], ["a,b", "a"]]
    return _numbered(words=pa.array(values, pa.list_(pa.string())))


def _numbered(**columns: pa.Array) -> pa.Table:
    size = len(next(iter(columns.values())))
    return pa.table({"number": pa.array(range(size), pa.int64()), **columns})
