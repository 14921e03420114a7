"""Cell text → typed values, with what was wrong. Nothing is guessed: a value that cannot be read is an error code."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from bangdan.core.identifiers import mid_of_bid
from bangdan.core.months import SHANGHAI

MAX_COUNT = 9_000_000_000_000_000
MISSING = frozenset({"", "-", "--", "—", "nan", "none", "null", "n/a", "暂无", "无", "{}"})
_UNITS = {"万": 10_000, "亿": 100_000_000, "w": 10_000, "k": 1_000}
_COUNT = re.compile(r"(-?\d+(?:\.\d+)?(?:e\+?\d+)?)([万亿wk]?)(\+?)\Z")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=SHANGHAI)


def count(
    raw: str | None,
    factor: int = 1,
    floors: Mapping[str, int] | None = None,
    missing: Collection[str] = (),
) -> tuple[int | None, str, str | None]:
    """Text of a count → (value, qualifier, error code).

    `10万+` is the lower bound 100,001 (the platform stops counting above 100,000); `1.2万` is rounded; blank and
    words for nothing are missing, never 0. By a mapping's rules: `factor` multiplies (a column in 万), `floors` are
    texts that mean "at least", `missing` further words for nothing.
    """
    bare = (raw or "").strip()
    text = unicodedata.normalize("NFKC", bare).strip().lower().replace(",", "")
    if text in MISSING or bare in missing:
        return None, "missing", None
    found = _COUNT.match(text)
    if not found:
        return None, "missing", "COUNT_INVALID"
    try:
        value = Decimal(found[1]) * _UNITS.get(found[2], 1) * factor
    except InvalidOperation:
        return None, "missing", "COUNT_INVALID"
    if value < 0:
        return None, "missing", "COUNT_NEGATIVE"
    if value > MAX_COUNT:
        return None, "missing", "COUNT_RANGE"
    if value != value.to_integral_value():
        return None, "missing", "COUNT_INVALID"
    if floors and bare in floors:
        return floors[bare], "floor", None
    if found[3]:
        # A bare cap means "above": its lower bound is one more. 1.2万+ is itself already a lower bound.
        return int(value) + (1 if "." not in found[1] else 0), "floor", None
    return int(value), "rounded" if found[2] or factor != 1 else "exact", None


def micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


_FULL = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?\Z")  # fmt: skip
_NO_YEAR = re.compile(r"(\d{1,2})[-/月](\d{1,2})日?(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_RELATIVE = re.compile(r"(刚刚|今天|昨天|前天|\d+\s*(秒|分钟|小时|天|周|月|年)前)")
_AGO = re.compile(r"(\d+)\s*(秒|分钟|小时|天)前")
_AGO_UNITS = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
_DAY_WORD = re.compile(r"(今天|昨天|前天)\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_WEIBO_API = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d{2} \d{2}:\d{2}:\d{2} [+-]\d{4} \d{4}\Z")
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")


def moment(
    raw: str | None,
    *,
    year: int | None = None,
    epoch: str | None = None,
    formats: Sequence[str] = (),
    zone: tzinfo | None = None,
    captured: int | None = None,
) -> tuple[int | None, str | None, str | None]:
    """Text of a time → (microseconds UTC, precision second|minute|day, error code).

    A text without a zone is Shanghai time, or `zone`. Numbers: `epoch` = s or ms where the format declares it; else
    10 digits are seconds and 13 milliseconds of 1970 UTC, and 5 digits a spreadsheet's day number. `formats` are
    strptime formats, tried first. `captured` (microseconds UTC) is when the row was taken: with it 5分钟前 is a moment
    and 8月2日 the last one that had passed.
    """
    text = unicodedata.normalize("NFKC", raw or "").strip()
    if not text or text.lower() in MISSING:
        return None, None, "DATE_MISSING"
    local = zone or SHANGHAI
    for form in formats:
        if found := _by_format(text, form, local):
            return *found, None
    if _NUMBER.match(text):
        return _numeric_moment(text, epoch, local)
    if full := _FULL.match(text):
        return _civil(full.groups(), local)
    if _RELATIVE.match(text):
        return (None, None, "DATE_RELATIVE") if captured is None else _back_from(text, captured, local)
    if short := _NO_YEAR.match(text):
        if year or captured is None:
            return _civil((year, *short.groups(), None), local) if year else (None, None, "DATE_NO_YEAR")
        return _last_passed(short.groups(), captured, local)
    if _WEIBO_API.match(text):
        return micros(datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")), "second", None
    return None, None, "DATE_INVALID"


def _by_format(text: str, form: str, local: tzinfo) -> tuple[int, str] | None:
    try:
        at = datetime.strptime(text, form)  # noqa: DTZ007 (the zone is put on below)
    except ValueError:
        return None
    precision = "second" if "%S" in form or "%T" in form else "minute" if "%M" in form or "%R" in form else "day"
    return micros(at if at.tzinfo else at.replace(tzinfo=local)), precision


def _back_from(text: str, captured: int, local: tzinfo) -> tuple[int | None, str | None, str | None]:
    """A time told from the moment of capture. Hours and days are known to the day only; weeks and more are not known."""
    at = (EPOCH + timedelta(microseconds=captured)).astimezone(local)
    if text.startswith("刚刚"):
        return micros(at.replace(second=0, microsecond=0)), "minute", None
    if found := _AGO.match(text):
        back = timedelta(**{_AGO_UNITS[found[2]]: int(found[1][:6])})
        at -= back
        if back.days == 0 and found[2] in "秒分钟":
            return micros(at.replace(second=0, microsecond=0)), "minute", None
        return micros(at.replace(hour=0, minute=0, second=0, microsecond=0)), "day", None
    if found := _DAY_WORD.match(text):
        day = at - timedelta(days=("今天", "昨天", "前天").index(found[1]))
        return _civil((day.year, day.month, day.day, found[2], found[3], found[4], None), local)
    return None, None, "DATE_RELATIVE"


def _last_passed(parts: tuple, captured: int, local: tzinfo) -> tuple[int | None, str | None, str | None]:
    """The date without a year, in the last year in which it had passed at the moment of capture."""
    latest = (EPOCH + timedelta(microseconds=captured)).astimezone(local).year
    # 29 February may be eight years back.
    for year in range(latest, latest - 9, -1):
        found = _civil((year, *parts, None), local)
        if found[0] is not None and found[0] <= captured:
            return found
    return None, None, "DATE_INVALID"


def _numeric_moment(text: str, epoch: str | None, local: tzinfo) -> tuple[int | None, str | None, str | None]:
    digits = text.partition(".")[0]
    if len(digits) > 16:
        return None, None, "DATE_INVALID"
    if epoch == "ms" or (epoch is None and len(digits) == 13):
        return int(Decimal(text) * 1_000), "second", None
    if epoch == "s" or (epoch is None and len(digits) == 10):
        return int(Decimal(text) * 1_000_000), "second", None
    if found := _COMPACT.match(text):
        return _civil((found[1], found[2], found[3], None, None, None, None), local)
    if len(digits) == 5:  # a spreadsheet's serial day number, local time
        day, fraction = divmod(Decimal(text), 1)
        at = EXCEL_EPOCH.replace(tzinfo=local) + timedelta(
            days=int(day), seconds=int((fraction * 86_400).to_integral_value())
        )
        return micros(at), "second" if fraction else "day", None
    return None, None, "DATE_INVALID"


@lru_cache(maxsize=65_536)
def _civil(parts: tuple, local: tzinfo) -> tuple[int | None, str | None, str | None]:
    year, month, day, hour, minute, second, zone = parts
    try:
        at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=local)
        if zone:
            text = "+00:00" if zone == "Z" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
            at = datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{text}")
        return micros(at), "second" if second else "minute" if hour else "day", None
    except (ValueError, OverflowError):
        return None, None, "DATE_INVALID"


def weibo_id(raw: str | None, bid: str | None) -> tuple[str | None, str | None, bool]:
    """(mid, error code, was it repaired). A spreadsheet keeps 15 digits and writes zeros behind them; only a bid
    whose mid has the same 15 digits proves what was there, nothing else does.
    """
    mid = (raw or "").strip().strip('="')
    proven = mid_of_bid((bid or "").strip())
    if mid.isdigit():
        is_rounded = proven is not None and proven != mid and len(proven) == len(mid) and proven[:15] == mid[:15]
        if is_rounded and not mid[15:].strip("0"):
            return proven, None, True
        return mid, None, False
    if not mid and proven:
        return proven, None, True
    return None, "ID_PRECISION" if mid else "ID_MISSING", False


_TRACKING = re.compile(
    r"(^|&)(utm_[a-z]+|from|spm|share[a-z_]*|isappinstalled|scene|chksm|wxshare_count|timestamp)=[^&]*"
)


def canonical_url(raw: str | None) -> str | None:
    """The address without what only tells how a reader came: scheme, www., fragment, tracking parameters, last /."""
    text = (raw or "").strip().replace("&amp;", "&")
    if not text.lower().startswith(("http://", "https://")):
        return text or None
    rest = text.split("://", 1)[1].split("#", 1)[0]
    host, slash, path = rest.partition("/")
    host = host.lower().removeprefix("www.")
    path, mark, query = path.partition("?")
    query = _TRACKING.sub("", query).strip("&")
    return f"{host}{slash}{path.rstrip('/')}" + (f"?{query}" if mark and query else "")


def json_text(text: str) -> str:
    """A text as JSON writes it, Chinese as it is."""
    return json.dumps(text, ensure_ascii=False)
