"""One row a rule: words for nothing, units, caps, relative days, dates without a year, numbers as times, ids, addresses.

Every expected value is worked by hand from docs/exports.md or the platforms' own rules.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from bangdan.core import identifiers
from bangdan.ingestion.columns import typed, values
from bangdan.ingestion.mapping import ColumnRule

SHANGHAI = timezone(timedelta(hours=8))
TOKYO = ZoneInfo("Asia/Tokyo")


def micros(text: str) -> int:
    """Microseconds since 1970 of an ISO time, by plain arithmetic."""
    gap = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


# ---- counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    ["", " ", "-", "--", "—", "nan", "NaN", "none", "None", "null", "NULL", "n/a", "N/A", "暂无", "无", "{}", "－"],
)
def test_a_word_for_nothing_is_missing_and_never_zero(word: str) -> None:
    assert values.parse_count(word) == (None, "missing", None)
    assert values.parse_time(word) == (None, None, "DATE_MISSING")


def test_no_text_at_all_is_missing() -> None:
    assert values.parse_count(None) == (None, "missing", None)
    assert values.parse_time(None) == (None, None, "DATE_MISSING")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1万", 10_000), ("1w", 10_000), ("1W", 10_000), ("3亿", 300_000_000), ("1.5亿", 150_000_000),
        ("1k", 1_000), ("2K", 2_000), ("1.5k", 1_500), ("1.2345万", 12_345), ("１．２万", 12_000),
    ],
)  # fmt: skip
def test_a_unit_multiplies_and_the_count_is_rounded(text: str, number: int) -> None:
    assert values.parse_count(text) == (number, "rounded", None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10万+", 100_001), ("10w+", 100_001), ("100000+", 100_001), ("1亿+", 100_000_001), ("3k+", 3_001), ("10万＋", 100_001),
        ("1.2万+", 12_000), ("2.0k+", 2_000),
    ],
)  # fmt: skip
def test_a_bare_cap_is_one_more_and_a_rounded_cap_is_its_own_lower_bound(text: str, number: int) -> None:
    assert values.parse_count(text) == (number, "floor", None)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("7", 7), ("1,234", 1_234), ("１２", 12), ("1e5", 100_000), ("1.5E+3", 1_500), ("8.0", 8), (" 9 ", 9), ("00012", 12)]
)  # fmt: skip
def test_a_plain_number_is_exact(text: str, number: int) -> None:
    assert values.parse_count(text) == (number, "exact", None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1000000000001", "COUNT_RANGE"), ("9001万亿", "COUNT_INVALID"), ("1e13", "COUNT_RANGE"), ("10000.1亿", "COUNT_RANGE"),
        ("-1", "COUNT_NEGATIVE"), ("-0.5", "COUNT_NEGATIVE"), ("-3万", "COUNT_NEGATIVE"),
        ("0.5", "COUNT_INVALID"), ("1.23456万", "COUNT_INVALID"), ("1.2345k", "COUNT_INVALID"), ("12 万", "COUNT_INVALID"),
        ("万", "COUNT_INVALID"), ("约5", "COUNT_INVALID"), ("5次", "COUNT_INVALID"), ("5%", "COUNT_INVALID"), ("+5", "COUNT_INVALID"),
        ("1e-3", "COUNT_INVALID"), ("5++", "COUNT_INVALID"), ("1.5m", "COUNT_INVALID"), ("true", "COUNT_INVALID"),
    ],
)  # fmt: skip
def test_what_is_no_count_has_a_code_and_no_value(text: str, code: str) -> None:
    assert values.parse_count(text) == (None, "missing", code)


def test_the_largest_count_is_a_million_million_and_included() -> None:
    assert values.parse_count("1000000000000") == (10**12, "exact", None)
    numbers, _, codes, _ = counts(["1000000000000", "1000000000001", "999999999999"])
    assert numbers == [10**12, None, 10**12 - 1]
    assert codes == [None, "COUNT_RANGE", None]


def counts(texts: list[str | None], **spec: object) -> tuple[list, list, list, int]:
    numbers, qualifiers, codes, words = typed.count_column(
        pa.array(texts, pa.string()), ColumnRule.model_validate({"from": ["x"], **spec})
    )
    return numbers.to_pylist(), qualifiers.to_pylist(), codes.to_pylist(), words


@pytest.mark.parametrize(
    ("zero", "number", "qualifier"), [("exact", 0, "exact"), ("missing", None, "missing"), ("zero_suspect", 0, "zero_suspect")]
)  # fmt: skip
def test_what_a_zero_means_is_the_mappings_word(zero: str, number: int | None, qualifier: str) -> None:
    numbers, qualifiers, codes, _ = counts(["0", "0.0", "1", None], zero=zero)
    assert numbers == [number, number, 1, None]
    assert qualifiers == [qualifier, qualifier, "exact", "missing"]
    assert codes == [None] * 4


def test_a_zero_is_exact_where_the_mapping_is_silent() -> None:
    assert counts(["0"]) == ([0], ["exact"], [None], 0)


def test_a_factor_multiplies_and_its_counts_are_rounded_also_whole_ones() -> None:
    numbers, qualifiers, codes, _ = counts(["1.5", "2", "0.00001", "1万"], factor=10_000)
    assert numbers == [15_000, 20_000, None, 100_000_000]
    assert qualifiers == ["rounded", "rounded", "missing", "rounded"]
    assert codes == [None, None, "COUNT_INVALID", None]


def test_a_text_that_the_mapping_calls_a_floor_is_one_and_its_neighbour_is_exact() -> None:
    assert counts(["1000000", "999999", "1000001"], floors={"1000000": 1_000_001})[:2] == (
        [1_000_001, 999_999, 1_000_001], ["floor", "exact", "exact"],
    )  # fmt: skip


def test_a_mappings_own_word_for_nothing_is_missing_and_without_it_no_number() -> None:
    assert counts(["未采", "3"], missing=["未采"])[:3] == ([None, 3], ["missing", "exact"], [None, None])
    assert counts(["未采"])[2] == ["COUNT_INVALID"]


def test_a_number_that_stands_for_nothing_is_missing_too() -> None:
    """Some tools write -1 or 9999 where nothing was counted."""
    assert counts(["9999", "9998", "-1"], missing=["9999", "-1"])[:3] == (
        [None, 9_998, None], ["missing", "exact", "missing"], [None, None, None],
    )  # fmt: skip


def test_words_where_counts_belong_are_told_and_blanks_are_not() -> None:
    assert counts(["暂无", "", "  ", None, "-", "5", "很多"])[3] == 3


# ---- times -------------------------------------------------------------------------------------------------------

# A Sunday, 12:30:45 in Shanghai.
NOON = micros("2021-08-15T12:30:45+08:00")
EARLY = micros("2021-08-15T00:03:20+08:00")  # still the 14th in UTC


@pytest.mark.parametrize(
    ("text", "captured", "at", "precision"),
    [
        ("刚刚", NOON, "2021-08-15T12:30", "minute"),
        ("50秒前", NOON, "2021-08-15T12:29", "minute"),
        ("1分钟前", NOON, "2021-08-15T12:29", "minute"),
        ("5 分钟前", NOON, "2021-08-15T12:25", "minute"),
        ("5分钟前", EARLY, "2021-08-14T23:58", "minute"),
        ("1439分钟前", NOON, "2021-08-14T12:31", "minute"),
        ("1440分钟前", NOON, "2021-08-14T00:00", "day"),
        ("86399秒前", NOON, "2021-08-14T12:30", "minute"),
        ("86400秒前", NOON, "2021-08-14T00:00", "day"),
        ("1小时前", NOON, "2021-08-15T00:00", "day"),
        ("1小时前", EARLY, "2021-08-14T00:00", "day"),
        ("23小时前", NOON, "2021-08-14T00:00", "day"),
        ("1天前", NOON, "2021-08-14T00:00", "day"),
        ("3天前", NOON, "2021-08-12T00:00", "day"),
        ("今天", NOON, "2021-08-15T00:00", "day"),
        ("今天", EARLY, "2021-08-15T00:00", "day"),
        ("今天 08:30", NOON, "2021-08-15T08:30", "minute"),
        ("今天08:30:15", NOON, "2021-08-15T08:30:15", "second"),
        ("昨天", NOON, "2021-08-14T00:00", "day"),
        ("昨天 23:59", EARLY, "2021-08-14T23:59", "minute"),
        ("前天", NOON, "2021-08-13T00:00", "day"),
        ("前天 00:01", NOON, "2021-08-13T00:01", "minute"),
        ("8月2日", NOON, "2021-08-02T00:00", "day"),
        ("08-02 09:30:15", NOON, "2021-08-02T09:30:15", "second"),
        ("8月15日 12:30:45", NOON, "2021-08-15T12:30:45", "second"),  # this very second has come
        ("8月15日 12:30:46", NOON, "2020-08-15T12:30:46", "second"),  # this one has not
        ("12月31日", NOON, "2020-12-31T00:00", "day"),
        ("2月29日", NOON, "2020-02-29T00:00", "day"),
        ("2月29日", micros("2024-02-29T00:00:00+08:00"), "2024-02-29T00:00", "day"),
        ("2月29日", micros("2024-02-28T23:59:59+08:00"), "2020-02-29T00:00", "day"),
        ("2月29日", micros("2104-02-28T12:00:00+08:00"), "2096-02-29T00:00", "day"),  # 2100 is no leap year
    ],
)  # fmt: skip
def test_a_relative_time_counts_from_the_moment_of_capture(text: str, captured: int, at: str, precision: str) -> None:
    assert values.parse_time(text, captured=captured) == (micros(f"{at}+08:00"), precision, None)


@pytest.mark.parametrize("text", ["1周前", "2月前", "1年前"])
def test_weeks_months_and_years_ago_are_not_known_to_the_day(text: str) -> None:
    assert values.parse_time(text, captured=NOON) == (None, None, "DATE_RELATIVE")


@pytest.mark.parametrize(
    "text", ["刚刚", "5秒前", "5分钟前", "1小时前", "1天前", "1周前", "1月前", "1年前", "今天", "昨天", "前天 08:30"]
)
def test_a_relative_time_without_the_moment_of_capture_is_no_time(text: str) -> None:
    assert values.parse_time(text) == (None, None, "DATE_RELATIVE")


def test_today_is_the_day_of_the_declared_zone() -> None:
    late = micros("2021-08-15T23:30:00+08:00")  # past midnight in Tokyo
    assert values.parse_time("今天", captured=late, zone=TOKYO) == (micros("2021-08-16T00:00+09:00"), "day", None)
    assert values.parse_time("昨天 10:00", captured=late, zone=TOKYO) == (
        micros("2021-08-15T10:00+09:00"),
        "minute",
        None,
    )


@pytest.mark.parametrize("text", ["13-01", "2月30日", "0月1日"])
def test_a_day_that_is_in_no_year_is_invalid(text: str) -> None:
    assert values.parse_time(text, captured=NOON)[2] == "DATE_INVALID"


def test_a_declared_year_comes_before_the_moment_of_capture() -> None:
    assert values.parse_time("8月2日", year=2019, captured=NOON) == (micros("2019-08-02T00:00+08:00"), "day", None)
    assert values.parse_time("8月2日") == (None, None, "DATE_NO_YEAR")
    assert values.parse_time("2月29日", year=2021)[2] == "DATE_INVALID"


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2021-08-02", "2021-08-02T00:00+08:00", "day"), ("2021/8/2", "2021-08-02T00:00+08:00", "day"),
        ("2021.08.02", "2021-08-02T00:00+08:00", "day"), ("2021年8月2日", "2021-08-02T00:00+08:00", "day"),
        ("2021-08-02 00:00", "2021-08-02T00:00+08:00", "minute"), ("2021年8月2日 9:05", "2021-08-02T09:05+08:00", "minute"),
        ("2021-08-02 00:00:00", "2021-08-02T00:00+08:00", "second"), ("2021-08-02T09:30:15.789", "2021-08-02T09:30:15+08:00", "second"),
        ("2021-08-02T09:30:15+09:00", "2021-08-02T08:30:15+08:00", "second"), ("2021-08-02 09:30 +0000", "2021-08-02T17:30+08:00", "minute"),
        ("2021-08-02 09:30:15 -0530", "2021-08-02T15:00:15+00:00", "second"), ("2021-08-02T09:30:15Z", "2021-08-02T17:30:15+08:00", "second"),
        ("２０２１－０８－０２　０９：３０", "2021-08-02T09:30+08:00", "minute"),
        ("Mon Aug 02 09:30:15 +0000 2021", "2021-08-02T17:30:15+08:00", "second"),
        ("20210802", "2021-08-02T00:00+08:00", "day"),
        ("1627867815", "2021-08-02T01:30:15+00:00", "second"), ("1627867815.5", "2021-08-02T01:30:15.500000+00:00", "second"),
        ("1627867815123", "2021-08-02T01:30:15.123000+00:00", "second"),
        ("44410", "2021-08-02T00:00+08:00", "day"), ("44410.25", "2021-08-02T06:00+08:00", "second"),
    ],
)  # fmt: skip
def test_a_time_of_each_kind(text: str, at: str, precision: str) -> None:
    assert values.parse_time(text) == (micros(at), precision, None)


@pytest.mark.parametrize(
    "text",
    ["2021-13-01", "2021-00-10", "2021-08-32", "2021-02-29", "2021-08-02 24:00", "2021-08-02 09:60", "20211302", "0", "1", "1234",
     "123456", "123456789", "12345678901", "1627867815123456", "12345678901234567", "21-08-02", "二〇二一年八月", "2021-08-02 9", "Aug 2 2021"],
)  # fmt: skip
def test_what_is_no_time_is_invalid(text: str) -> None:
    assert values.parse_time(text) == (None, None, "DATE_INVALID")


@pytest.mark.parametrize(
    ("text", "epoch", "at"),
    [
        ("1627867815", "s", "2021-08-02T01:30:15+00:00"), ("1627867815", "ms", "1970-01-19T20:11:07.815000+00:00"),
        ("44410", "s", "1970-01-01T12:20:10+00:00"), ("44410", "ms", "1970-01-01T00:00:44.410000+00:00"),
        ("1627867815000", "ms", "2021-08-02T01:30:15+00:00"), ("20210802", "s", "1970-08-22T22:06:42+00:00"),
    ],
)  # fmt: skip
def test_a_declared_unit_of_numbers_is_believed(text: str, epoch: str, at: str) -> None:
    assert values.parse_time(text, epoch=epoch) == (micros(at), "second", None)


@pytest.mark.parametrize(
    ("form", "text", "at", "precision"),
    [
        ("%d/%m/%Y", "02/08/2021", "2021-08-02T00:00+08:00", "day"),
        ("%d/%m/%Y %H:%M", "02/08/2021 09:30", "2021-08-02T09:30+08:00", "minute"),
        ("%d/%m/%Y %H:%M:%S", "02/08/2021 09:30:15", "2021-08-02T09:30:15+08:00", "second"),
        ("%Y%m%d%H%M%S", "20210802093015", "2021-08-02T09:30:15+08:00", "second"),
        ("%d %b %Y %H:%M %z", "02 Aug 2021 09:30 +0000", "2021-08-02T17:30+08:00", "minute"),
    ],
)
def test_a_declared_format_comes_first_and_gives_its_own_precision(
    form: str, text: str, at: str, precision: str
) -> None:
    assert values.parse_time(text, formats=[form]) == (micros(at), precision, None)


def test_formats_are_tried_in_order_and_the_known_ones_after_them() -> None:
    both = ["%d/%m/%Y", "%m/%d/%Y"]
    assert values.parse_time("02/08/2021", formats=both)[0] == micros("2021-08-02T00:00+08:00")
    assert values.parse_time("08/22/2021", formats=both)[0] == micros("2021-08-22T00:00+08:00")
    assert values.parse_time("2021-08-02 09:30", formats=both)[0] == micros("2021-08-02T09:30+08:00")


def test_a_declared_zone_is_for_times_without_one_of_their_own() -> None:
    for text, at in (
        ("2021-08-02 09:30", "2021-08-02T09:30+09:00"), ("2021-08-02 09:30+08:00", "2021-08-02T09:30+08:00"),
        ("44410", "2021-08-02T00:00+09:00"), ("20210802", "2021-08-02T00:00+09:00"), ("1627867815", "2021-08-02T10:30:15+09:00"),
    ):  # fmt: skip
        assert values.parse_time(text, zone=TOKYO)[0] == micros(at), text
    assert values.parse_time("02/08/2021", formats=["%d/%m/%Y"], zone=TOKYO)[0] == micros("2021-08-02T00:00+09:00")


def test_a_column_takes_each_row_from_its_own_moment_of_capture() -> None:
    spec = ColumnRule.model_validate({"from": ["x"], "relative_to": "y"})
    captured = pa.array([NOON, EARLY, None, NOON, NOON], pa.int64())
    texts = pa.array(["5分钟前", "5分钟前", "5分钟前", "2021-08-02 09:30:15", "8月2日"], pa.string())
    result, precisions, codes = typed.time_column(texts, spec, captured)
    assert result.cast(pa.int64()).to_pylist() == [
        micros("2021-08-15T12:25+08:00"), micros("2021-08-14T23:58+08:00"), None, micros("2021-08-02T09:30:15+08:00"),
        micros("2021-08-02T00:00+08:00"),
    ]  # fmt: skip
    assert precisions.to_pylist() == ["minute", "minute", None, "second", "day"]
    assert codes.to_pylist() == [None, None, "DATE_RELATIVE", None, None]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1991-07-01 12:00:00", "1991-07-01T03:00:00+00:00"),  # Shanghai's last summer time
        ("1992-07-01 12:00:00", "1992-07-01T04:00:00+00:00"),
        ("1999-12-31 23:59:59", "1999-12-31T15:59:59+00:00"),
        ("2021-08-02T09:30", "2021-08-02T01:30:00+00:00"),
    ],
)
def test_a_column_of_plain_times_is_shanghai_time(text: str, at: str) -> None:
    result, _, codes = typed.time_column(pa.array([text]), ColumnRule.model_validate({"from": ["x"]}))
    assert (result.cast(pa.int64()).to_pylist(), codes.to_pylist()) == ([micros(at)], [None])


def test_one_day_that_does_not_exist_spoils_no_other_of_the_column() -> None:
    texts = pa.array(["2021-08-02 09:00:00", "2021-02-30 09:00:00", None])
    result, precisions, codes = typed.time_column(texts, ColumnRule.model_validate({"from": ["x"]}))
    assert result.cast(pa.int64()).to_pylist() == [micros("2021-08-02T09:00+08:00"), None, None]
    assert precisions.to_pylist() == ["second", None, None]
    assert codes.to_pylist() == [None, "DATE_INVALID", None]


# ---- identifiers -------------------------------------------------------------------------------------------------

# Weibo's pairs, worked by hand: 46 = K; 6000000 = p·62³ + a·62² + S·62 + c; 0000001 = 0001.
PAIRS = [
    ("4660000000000001", "KpaSc0001"),
    ("3501756485200075", "z0JH2lOMb"),  # the example that is printed everywhere
    ("4660000000000064", "KpaSc0012"),
]


def base62(mid: str) -> str:
    """Weibo's short id by repeated division, seven digits a group from the right."""
    signs = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    out = ""
    while mid:
        mid, group = mid[:-7], int(mid[-7:])
        text = "".join(signs[group // 62**power % 62] for power in (3, 2, 1, 0))
        out = (text if mid else text.lstrip("0") or "0") + out
    return out


@pytest.mark.parametrize(("mid", "bid"), PAIRS)
def test_a_short_id_and_its_numeric_one_prove_each_other(mid: str, bid: str) -> None:
    assert base62(mid) == bid
    assert (identifiers.mid_of_bid(bid), identifiers.bid_of_mid(mid)) == (mid, bid)
    assert values.weibo_id("", bid) == (mid, None, False)
    assert values.weibo_id(mid, bid) == (mid, None, False)


@pytest.mark.parametrize(
    "mid", ["4660000000000001", "4680000000000100", "1000000", "9999999", "10000000", "40009999999", "4660000000061999"]
)
def test_any_short_id_is_told_by_plain_division(mid: str) -> None:
    assert values.weibo_id(None, base62(mid)) == (mid, None, False)
    assert identifiers.bid_of_mid(mid) == base62(mid)


@pytest.mark.parametrize(
    ("raw", "bid", "result"),
    [
        ("4660000000000000", "KpaSc0001", ("4660000000000001", None, True)),  # the 16th digit became 0
        ("4660000000000000", "", ("4660000000000000", None, False)),
        ("4660000000000000", None, ("4660000000000000", None, False)),
        ("4.66E+15", "9" * 3_000, (None, "ID_PRECISION", False)),  # no short id
        ("4.66E+00", "KpaSc0001", (None, "ID_CONFLICT", False)),
        ("4.66000000000001E+0", "KpaSc0001", (None, "ID_CONFLICT", False)),
        ("4.66E+99", "KpaSc0001", (None, "ID_CONFLICT", False)),
        ("4660000000000005", "KpaSc0001", (None, "ID_CONFLICT", False)),  # rounding leaves zeros
        ("4660000000000010", "KpaSc0001", (None, "ID_CONFLICT", False)),  # the 15th digit differs
        ("466000000000000", "KpaSc0001", ("466000000000000", None, False)),  # another length
        ('="4660000000000001"', "", ("4660000000000001", None, False)),
        (" 4660000000000001 ", "", ("4660000000000001", None, False)),
        ("4.66E+15", "KpaSc0001", ("4660000000000001", None, True)),
        ("4.66e15", "KpaSc0001", ("4660000000000001", None, True)),
        ("4.7E+15", "KpaSc0001", ("4660000000000001", None, True)),  # rounded up
        ("4.6E+15", "KpaSc0001", ("4660000000000001", None, True)),  # cut
        ("5E+15", "KpaSc0001", ("4660000000000001", None, True)),
        ("4.65E+15", "KpaSc0001", (None, "ID_CONFLICT", False)),
        ("4.66E+14", "KpaSc0001", (None, "ID_CONFLICT", False)),
        ("4.66", "KpaSc0001", (None, "ID_PRECISION", False)),
        ("4.66E+15", "", (None, "ID_PRECISION", False)),
        ("", "Kp!Sc0001", (None, "ID_MISSING", False)),
        ("", "", (None, "ID_MISSING", False)),
        (None, None, (None, "ID_MISSING", False)),
        ("", " KpaSc0001 ", ("4660000000000001", None, False)),
    ],
)  # fmt: skip
def test_a_rounded_id_is_repaired_only_by_a_short_id_of_the_same_fifteen_digits(
    raw: str | None, bid: str | None, result: tuple
) -> None:
    assert values.weibo_id(raw, bid) == result


# ---- addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("https://www.news.example/a/1", "news.example/a/1"), ("http://news.example/a/1", "news.example/a/1"),
        ("HTTPS://WWW.News.Example/A/1", "news.example/A/1"), ("https://news.example/a/1#top", "news.example/a/1"),
        ("https://news.example/a/1/", "news.example/a/1"), ("https://news.example/a/?id=2", "news.example/a?id=2"),
        ("https://news.example/a?id=2&amp;p=3", "news.example/a?id=2&p=3"), ("https://news.example/a?", "news.example/a"),
        *[(f"https://news.example/a?id=2&{key}=z&p=3", "news.example/a?id=2&p=3") for key in (
            "utm_source", "utm_campaign", "from", "spm", "share", "share_token", "isappinstalled", "scene", "chksm", "wxshare_count", "timestamp")],
        ("https://news.example/a?from=app", "news.example/a"), ("https://news.example/a?from=app&id=2", "news.example/a?id=2"),
        ("https://news.example/a?utm_source=x&utm_medium=y&id=2", "news.example/a?id=2"),
        ("https://news.example/a?platform=1&xfrom=2", "news.example/a?platform=1&xfrom=2"),
        ("https://m.news.example/a", "m.news.example/a"), ("app://open/1#x", "app://open/1#x"), (" 12345 ", "12345"),
        ("", None), ("  ", None), (None, None),
    ],
)  # fmt: skip
def test_an_address_is_told_by_what_it_names_not_by_how_a_reader_came(address: str | None, bare: str | None) -> None:
    assert values.canonical_url(address) == bare
