"""One text → one typed value. Nothing is guessed: a text that cannot be read gives a reason code."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

from bangdan.core.identifiers import MID_DIGITS, mid_of_bid
from bangdan.core.months import SHANGHAI

MAX_COUNT = 10**12  # a hundred readings by everybody; sums of millions of such counts are whole numbers of 64 bits
MAX_CHARS = 100  # of a count or a time; a longer text is neither, and is not looked at
MISSING = frozenset({"", "-", "--", "—", "nan", "none", "null", "n/a", "暂无", "无", "{}"})
_UNITS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000, "w": 10_000, "k": 1_000}
_COUNT = re.compile(r"(-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:e\+?(\d+))?)([万萬亿億wk]?)(\+?)\Z")
MAX_EXPONENT_DIGITS = 3
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS = range(1000, 10_000)  # of a time in Shanghai; others are typing errors, and some are no timestamps of the engine
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=SHANGHAI)


TRUE = frozenset({"true", "1", "yes", "是", "原创", "y"})
FALSE = frozenset({"false", "0", "no", "否", "n", "非原创", "转载"})


class Count(NamedTuple):
    """A count, its qualifier (exact, rounded, floor, missing), and a reason code where the text is no count."""

    number: int | None
    qualifier: str
    code: str | None = None


class Time(NamedTuple):
    """Microseconds UTC, the precision (second, minute, day), and a reason code where the text is no time."""

    micros: int | None
    precision: str | None
    code: str | None = None


class WeiboId(NamedTuple):
    """A numeric post id, a reason code where it is not known, and whether the short id repaired it."""

    mid: str | None
    code: str | None
    is_repaired: bool


def parse_count(
    raw: str | None,
    factor: int = 1,
    floors: Mapping[str, int] | None = None,
    missing: Collection[str] = (),
    zeros: Collection[str] = (),
) -> Count:
    """The count that a text holds.

    `10万+` is the lower bound 100,001 (the platform stops counting above 100,000); `1.2万` is rounded; blank and
    words for nothing are missing, never 0. By a mapping's rules: `factor` multiplies (a column in 万), `floors` are
    texts that mean "at least", `missing` further words for nothing, `zeros` words that mean 0.
    """
    bare = (raw or "").strip()
    if len(bare) > MAX_CHARS:
        return Count(None, "missing", "COUNT_INVALID")
    text = unicodedata.normalize("NFKC", bare).strip().lower()
    if text in MISSING or bare in missing:
        return Count(None, "missing")
    if bare in zeros:
        return Count(0, "exact")
    match = _COUNT.match(text)
    if not match or any(unicodedata.category(character) == "No" for character in bare):  # 10² is not 102
        return Count(None, "missing", "COUNT_INVALID")
    number, exponent, unit, plus = match.groups()
    digits = number.replace(",", "")
    if exponent and len(exponent) > MAX_EXPONENT_DIGITS:
        return Count(None, "missing", "COUNT_RANGE")
    value = Decimal(digits) * _UNITS.get(unit, 1) * factor
    if value < 0:
        return Count(None, "missing", "COUNT_NEGATIVE")
    if value > MAX_COUNT:
        return Count(None, "missing", "COUNT_RANGE")
    if value != value.to_integral_value():
        return Count(None, "missing", "COUNT_INVALID")
    if floors and bare in floors:
        return Count(floors[bare], "floor")
    if plus:
        # A bare cap means "above": its lower bound is one more. 1.2万+ is itself already a lower bound.
        return Count(int(value) + (1 if "." not in digits else 0), "floor")
    return Count(int(value), "rounded" if unit or factor != 1 else "exact")


def parse_boolean(text: str, meanings: Mapping[str, str] | None = None) -> bool | None:
    """True, False, or None for a word that means neither. `meanings` replaces words before they are looked up."""
    word = text.strip().lower()
    if meanings is not None:
        word = meanings.get(word, meanings.get(text, ""))
    return True if word in TRUE else False if word in FALSE else None


def split_list(text: str, separator: str) -> list[str]:
    """The parts of a text, without blanks and empty ones."""
    return [part for part in (piece.strip() for piece in text.split(separator)) if part]


def micros(time: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (time - EPOCH) // timedelta(microseconds=1)


_EARLIEST = micros(datetime(YEARS.start, 1, 1, tzinfo=SHANGHAI))
_LATEST = micros(datetime(YEARS.stop - 1, 12, 31, tzinfo=SHANGHAI)) + 86_400_000_000

_FULL = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?\Z")  # fmt: skip
_NO_YEAR = re.compile(r"(\d{1,2})[-/月](\d{1,2})日?(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\Z")
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日\s*(\d{1,2})[时点:](\d{1,2})(?:[分:](?:(\d{1,2})秒?)?)?\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?\Z")
_RELATIVE = re.compile(r"(刚刚|今天|昨天|前天|\d+\s*(秒|分钟|小时|天|周|月|年)前)")
_AGO = re.compile(r"(\d+)\s*(秒|分钟|小时|天)前")
_AGO_UNITS = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
_DAY_WORD = re.compile(r"(今天|昨天|前天)\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_WEIBO_API = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d{2} \d{2}:\d{2}:\d{2} [+-]\d{4} \d{4}\Z")
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
_HALF_DAY = re.compile(r"(.*?)\s*(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上)\s*(\d{1,2})(?=[:时点])(.*)\Z")
_AM_PM = re.compile(r"(.*\s)(\d{1,2})((?::\d{2}){1,2})\s*([AP])\.?M\.?\Z", re.IGNORECASE)
# The hour of the day by the word and the hour that is written with it. An hour that a word does not go with is no time: at
# 12 in the evening a day ends or begins.
_AFTERNOON = {0: 12, 12: 12, **{hour: hour + 12 for hour in range(1, 12)}, **{hour: hour for hour in range(13, 24)}}
_MORNING = {**{hour: hour for hour in range(12)}, 12: 0}
_EARLY = {hour: hour for hour in range(4, 12)}
_HOURS = {
    "上午": _MORNING,
    "下午": _AFTERNOON,
    "凌晨": {hour: hour % 12 for hour in (*range(7), 12)},
    "清晨": _EARLY,
    "早上": _EARLY,
    "早晨": _EARLY,
    "中午": {11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14},
    "傍晚": {**{hour: hour + 12 for hour in range(4, 8)}, **{hour: hour for hour in range(16, 20)}},
    "晚上": {**{hour: hour + 12 for hour in range(6, 12)}, **{hour: hour for hour in range(18, 24)}},
}


def parse_time(
    raw: str | None,
    *,
    year: int | None = None,
    epoch: str | None = None,
    formats: Sequence[str] = (),
    zone: tzinfo | None = None,
    captured: int | None = None,
) -> Time:
    """The time that a text holds.

    A text without a zone is Shanghai time, or `zone`; 下午3:05, or 3:05 PM, is 15:05. Numbers: `epoch` = s or ms where the format declares it; else
    10 digits are seconds and 13 milliseconds of 1970 UTC, 8 and 14 digits a date without separators and with its time of
    day, and 5 digits a spreadsheet's day number. `formats` are
    strptime formats, tried first. `captured` (microseconds UTC) is when the row was taken: with it 5分钟前 is a time
    and 8月2日 the last one that had passed. Years outside YEARS are DATE_INVALID.
    """
    bare = (raw or "").strip()
    if len(bare) > MAX_CHARS:
        return Time(None, None, "DATE_INVALID")
    text = unicodedata.normalize("NFKC", bare).strip()
    if not text or text.lower() in MISSING:
        return Time(None, None, "DATE_MISSING")
    try:
        time = _read_time(text, year, epoch, formats, zone or SHANGHAI, captured)
    except (ValueError, OverflowError):  # no day of the calendar, or further away than the calendar goes
        return Time(None, None, "DATE_INVALID")
    if time.micros is not None and not _EARLIEST <= time.micros < _LATEST:
        return Time(None, None, "DATE_INVALID")
    return time


def _read_time(
    text: str, year: int | None, epoch: str | None, formats: Sequence[str], local: tzinfo, captured: int | None
) -> Time:
    """The time of a text that is not blank; raises ValueError or OverflowError for one that no calendar has."""
    for form in formats:
        if time := _by_format(text, form, local):
            return time
    text = _in_24_hours(text)
    if _NUMBER.match(text):
        return _from_number(text, epoch, local)
    if full := _FULL.match(text):
        return _civil(full.groups(), local)
    if chinese := _CHINESE.match(text):
        return _civil((*chinese.groups(), None), local)
    if _RELATIVE.match(text):
        return Time(None, None, "DATE_RELATIVE") if captured is None else _before_capture(text, captured, local)
    if short := _NO_YEAR.match(text):
        if year:
            return _civil((year, *short.groups(), None), local)
        return Time(None, None, "DATE_NO_YEAR") if captured is None else _last_passed(short.groups(), captured, local)
    if _WEIBO_API.match(text):
        return Time(micros(datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")), "second")
    return Time(None, None, "DATE_INVALID")


def _in_24_hours(text: str) -> str:
    """The text with 下午3:05 as 15:05; raises ValueError where word and hour contradict each other."""
    if half := _HALF_DAY.match(text):
        date, word, hour, rest = half.groups()
    elif half := _AM_PM.match(text):
        date, hour, rest, letter = half.groups()
        word = "上午" if letter in "aA" else "下午"
    else:
        return text
    if int(hour) not in _HOURS[word]:
        raise ValueError(f"no hour of {word}")
    return f"{date.rstrip()} {_HOURS[word][int(hour)]:02d}{rest}"


def _by_format(text: str, form: str, local: tzinfo) -> Time | None:
    try:
        at = datetime.strptime(text, form)  # noqa: DTZ007 (the zone is put on below)
    except ValueError:
        return None
    precision = "second" if "%S" in form or "%T" in form else "minute" if "%M" in form or "%R" in form else "day"
    return Time(micros(at if at.tzinfo else at.replace(tzinfo=local)), precision)


def _before_capture(text: str, captured: int, local: tzinfo) -> Time:
    """A time counted back from the capture. Hours and days give the day only; weeks and longer give nothing."""
    at = (EPOCH + timedelta(microseconds=captured)).astimezone(local)
    minute = at.replace(second=0, microsecond=0)
    if text.startswith("刚刚"):
        return Time(micros(minute), "minute")
    if ago := _AGO.match(text):
        number, unit = ago.groups()
        back = timedelta(**{_AGO_UNITS[unit]: int(number[:6])})
        at -= back
        if back.days == 0 and unit in "秒分钟":
            return Time(micros(at.replace(second=0, microsecond=0)), "minute")
        return Time(micros(at.replace(hour=0, minute=0, second=0, microsecond=0)), "day")
    if day_word := _DAY_WORD.match(text):
        word, *clock = day_word.groups()
        day = at - timedelta(days=("今天", "昨天", "前天").index(word))
        return _civil((day.year, day.month, day.day, *clock, None), local)
    return Time(None, None, "DATE_RELATIVE")


def _last_passed(parts: tuple, captured: int, local: tzinfo) -> Time:
    """The date without a year, in the last year in which it had passed when the row was taken."""
    latest = (EPOCH + timedelta(microseconds=captured)).astimezone(local).year
    # 29 February may be eight years back.
    for year in range(latest, latest - 9, -1):
        time = _civil((year, *parts, None), local)
        if time.micros is not None and time.micros <= captured:
            return time
    return Time(None, None, "DATE_INVALID")


def _from_number(text: str, epoch: str | None, local: tzinfo) -> Time:
    digits = text.partition(".")[0]
    if len(digits) > 16:
        return Time(None, None, "DATE_INVALID")
    if epoch == "ms" or (epoch is None and len(digits) == 13):
        return Time(int(Decimal(text) * 1_000), "second")
    if epoch == "s" or (epoch is None and len(digits) == 10):
        return Time(int(Decimal(text) * 1_000_000), "second")
    if compact := _COMPACT.match(text):
        return _civil((*compact.groups(), None), local)
    if len(digits) == 5:  # a spreadsheet's serial day number, local time
        day, fraction = divmod(Decimal(text), 1)
        at = EXCEL_EPOCH.replace(tzinfo=local) + timedelta(
            days=int(day), seconds=int((fraction * 86_400).to_integral_value())
        )
        return Time(micros(at), "second" if fraction else "day")
    return Time(None, None, "DATE_INVALID")


@lru_cache(maxsize=65_536)
def _civil(parts: tuple, local: tzinfo) -> Time:
    """A time from year, month, day, hour, minute, second and zone, of which the last four may be None."""
    year, month, day, hour, minute, second, zone = parts
    try:
        at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=local)
        if zone:
            offset = "+00:00" if zone == "Z" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
            at = datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{offset}")
        return Time(micros(at), "second" if second else "minute" if hour else "day")
    except (ValueError, OverflowError):
        return Time(None, None, "DATE_INVALID")


_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d{1,14}))?[eE]\+?(\d{1,2})\Z")


def weibo_id(raw: str | None, bid: str | None) -> WeiboId:
    """The numeric id of a Weibo post, from the number and the short id (bid) of the export.

    A spreadsheet keeps 15 digits and writes zeros behind them, or shows 4.75E+15. Only a bid whose number begins with
    the same digits proves what the others were; two ids of different posts are a conflict.
    """
    mid = (raw or "").strip().strip('="')
    proven = mid_of_bid((bid or "").strip())
    if not mid:
        return WeiboId(proven, None if proven else "ID_MISSING", False)
    if mid.isdigit():
        if proven is None or proven == mid or len(proven) != len(mid):
            return WeiboId(mid, None, False)
        if proven[:15] == mid[:15] and not mid[15:].strip("0"):
            return WeiboId(proven, None, True)
        return WeiboId(None, "ID_CONFLICT", False) if len(mid) == MID_DIGITS else WeiboId(mid, None, False)
    scientific = _SCIENTIFIC.match(mid)
    if scientific is None or proven is None:
        return WeiboId(None, "ID_PRECISION", False)
    return WeiboId(proven, None, True) if _rounds_to(proven, scientific) else WeiboId(None, "ID_CONFLICT", False)


def _rounds_to(mid: str, scientific: re.Match[str]) -> bool:
    """Is a number in scientific notation the id, rounded to as many digits or cut to them?"""
    first, others, exponent = scientific.groups()
    shown = Decimal(first + (others or ""))
    with localcontext(prec=MAX_CHARS):
        value = Decimal(mid).scaleb(len(others or "") - int(exponent))
        return shown in (value.quantize(1, rounding) for rounding in (ROUND_HALF_UP, ROUND_DOWN))


_TRACKING = re.compile(
    r"(^|&)(utm_[a-z]+|from|spm|share[a-z_]*|isappinstalled|scene|chksm|wxshare_count|timestamp)=[^&]*"
)


def canonical_url(raw: str | None) -> str | None:
    """An address without scheme, www., fragment, tracking parameters and the last /: equal for the same page."""
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
