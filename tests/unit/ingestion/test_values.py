"""Texts → counts and moments: what is read is exact, what cannot be read is told, and columns read as single values do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bangdan.core.months import SHANGHAI
from bangdan.ingestion.columns import typed, values, vectors
from bangdan.ingestion.mapping import ColumnRule

EARLY, FIXED, LATE = (datetime(year, 1, 1) for year in (1980, 1992, 2099))  # noqa: DTZ001 (hypothesis wants them so)
NOON = values.micros(datetime(2021, 8, 15, 12, 30, 45, tzinfo=SHANGHAI))
SIGNS = st.text(alphabet="0123456789１９.,+-万亿wkeE %一 {}nan", max_size=8)
TIMES = st.one_of(
    st.datetimes(EARLY, LATE).map(str),
    st.text(alphabet="0123456789-/:. TZ年月日+", max_size=19),
    st.sampled_from(["2021-02-30", "2021-13-01 00:00", "2021-08-02T24:00:00", "1991-04-14 00:30:00", "44046", "1627866000", "昨天 08:30"]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number", "qualifier", "code"),
    [
        ("0", 0, "exact", None), ("１，２３４", 1234, "exact", None), ("1,234,567", 1234567, "exact", None),
        ("1.2万", 12_000, "rounded", None), ("3亿", 300_000_000, "rounded", None), ("1.2W", 12_000, "rounded", None), ("1.2萬", 12_000, "rounded", None), ("3億", 300_000_000, "rounded", None),
        ("10万+", 100_001, "floor", None), ("1.2万+", 12_000, "floor", None), ("8039.0", 8039, "exact", None),
        ("", None, "missing", None), ("None", None, "missing", None), ("{}", None, "missing", None), ("暂无", None, "missing", None),
        ("-3", None, "missing", "COUNT_NEGATIVE"), ("99999999999999999999", None, "missing", "COUNT_RANGE"),
        ("1.5", None, "missing", "COUNT_INVALID"),
        ("1,23", None, "missing", "COUNT_INVALID"), ("1,2345", None, "missing", "COUNT_INVALID"),
        ("10²", None, "missing", "COUNT_INVALID"), ("①", None, "missing", "COUNT_INVALID"), ("很多", None, "missing", "COUNT_INVALID"), ("1e400", None, "missing", "COUNT_RANGE"),
    ],
)  # fmt: skip
def test_counts(text: str, number: int | None, qualifier: str, code: str | None) -> None:
    assert values.parse_count(text) == (number, qualifier, code)


@given(st.integers(0, values.MAX_COUNT))
def test_every_whole_number_is_read_back_however_it_is_written(number: int) -> None:
    full_width = str(number).translate({ord(str(i)): ord("０") + i for i in range(10)})
    for text in (str(number), f"{number:,}", f" {number} ", full_width):
        assert values.parse_count(text) == (number, "exact", None)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.none(), SIGNS, st.integers(0, 10**18).map(str)), max_size=8),
    st.sampled_from(["exact", "missing", "zero_suspect"]),
)
def test_a_column_of_counts_reads_as_its_values_do(texts: list[str | None], zero: str) -> None:
    spec = ColumnRule.model_validate({"from": ["x"], "zero": zero})
    numbers, qualifiers, codes, words = typed.count_column(pa.array(texts, pa.string()), spec)
    wanted = [values.parse_count(text) for text in texts]
    assert words == sum(
        number is None and bool((text or "").strip()) for text, (number, _, _) in zip(texts, wanted, strict=True)
    )
    if zero != "exact":
        wanted = [(None if zero == "missing" else 0, zero, c) if n == 0 else (n, q, c) for n, q, c in wanted]
    assert list(zip(numbers.to_pylist(), qualifiers.to_pylist(), codes.to_pylist(), strict=True)) == wanted


def test_rules_of_a_mapping_for_counts() -> None:
    spec = ColumnRule.model_validate(
        {"from": ["x"], "factor": 10_000, "missing": ["未采集"], "floors": {"10": 100_001}}
    )
    numbers, qualifiers, codes, _ = typed.count_column(pa.array(["1.5", "10", "未采集", None]), spec)
    assert numbers.to_pylist() == [15_000, 100_001, None, None]
    assert qualifiers.to_pylist() == ["rounded", "floor", "missing", "missing"]
    assert codes.null_count == 4


@pytest.mark.parametrize(
    ("text", "options", "at", "precision"),
    [
        ("2021-08-02 09:30:15", {}, "2021-08-02T09:30:15+08:00", "second"),
        ("2021/8/2 9:30", {}, "2021-08-02T09:30+08:00", "minute"), ("2021年08月02日", {}, "2021-08-02T00:00+08:00", "day"),
        ("2021-08-02T01:30:15Z", {}, "2021-08-02T09:30:15+08:00", "second"), ("2021-08-01 23:30:00-0200", {}, "2021-08-02T09:30:00+08:00", "second"),
        ("1627867815", {}, "2021-08-02T09:30:15+08:00", "second"), ("1627867815000", {}, "2021-08-02T09:30:15+08:00", "second"),
        ("2021年8月2日 9时30分", {}, "2021-08-02T09:30+08:00", "minute"), ("2021年08月02日09:30:15", {}, "2021-08-02T09:30:15+08:00", "second"),
        ("2021年8月2日 9点30分15秒", {}, "2021-08-02T09:30:15+08:00", "second"), ("20210802093015", {}, "2021-08-02T09:30:15+08:00", "second"),
        ("20210802", {}, "2021-08-02T00:00+08:00", "day"), ("44410", {}, "2021-08-02T00:00+08:00", "day"),
        ("Mon Aug 02 09:30:15 +0800 2021", {}, "2021-08-02T09:30:15+08:00", "second"),
        ("08-02 09:30", {"year": 2021}, "2021-08-02T09:30+08:00", "minute"), ("8月2日", {"captured": NOON}, "2021-08-02T00:00+08:00", "day"),
        ("12-31 23:00", {"captured": NOON}, "2020-12-31T23:00+08:00", "minute"),  # the last one that had passed
        ("5分钟前", {"captured": NOON}, "2021-08-15T12:25+08:00", "minute"), ("刚刚", {"captured": NOON}, "2021-08-15T12:30+08:00", "minute"),
        ("3小时前", {"captured": NOON}, "2021-08-15T00:00+08:00", "day"), ("2天前", {"captured": NOON}, "2021-08-13T00:00+08:00", "day"),
        ("昨天 08:30", {"captured": NOON}, "2021-08-14T08:30+08:00", "minute"),
        ("2021-08-02 10:30:15", {"zone": timezone(timedelta(hours=9))}, "2021-08-02T09:30:15+08:00", "second"),
        ("02.08.2021 09h30", {"formats": ["%d.%m.%Y %Hh%M"]}, "2021-08-02T09:30+08:00", "minute"),
        ("2021/8/2 下午 3:05:00", {}, "2021-08-02T15:05+08:00", "second"), ("2021年8月2日 下午3时5分", {}, "2021-08-02T15:05+08:00", "minute"),
        ("2021/8/2 上午12:05", {}, "2021-08-02T00:05+08:00", "minute"), ("2021/8/2 下午12:05", {}, "2021-08-02T12:05+08:00", "minute"),
        ("2021年8月2日上午9:30", {}, "2021-08-02T09:30+08:00", "minute"), ("2021-08-02 下午15:05", {}, "2021-08-02T15:05+08:00", "minute"),
        ("2021-08-02 中午1:05", {}, "2021-08-02T13:05+08:00", "minute"), ("2021-08-02 凌晨12:05", {}, "2021-08-02T00:05+08:00", "minute"),
        ("2021-08-02 早上6:05", {}, "2021-08-02T06:05+08:00", "minute"), ("2021-08-02 傍晚6:05", {}, "2021-08-02T18:05+08:00", "minute"),
        ("2021-08-02 晚上11:05", {}, "2021-08-02T23:05+08:00", "minute"), ("2021-08-02 晚上20:05", {}, "2021-08-02T20:05+08:00", "minute"),
        ("2021-08-02 3:05:07 PM", {}, "2021-08-02T15:05:07+08:00", "second"), ("2021-08-02 12:05 a.m.", {}, "2021-08-02T00:05+08:00", "minute"),
        ("8月2日 下午3:05", {"year": 2021}, "2021-08-02T15:05+08:00", "minute"), ("昨天 下午3:05", {"captured": NOON}, "2021-08-14T15:05+08:00", "minute"),
        ("1991-07-01 12:00:00", {}, "1991-07-01T11:00+08:00", "second"),  # Shanghai had summer time then
    ],
)  # fmt: skip
def test_moments(text: str, options: dict, at: str, precision: str) -> None:
    assert values.parse_time(text, **options) == (values.micros(datetime.fromisoformat(at)), precision, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "DATE_MISSING"), ("None", "DATE_MISSING"), ("2021-02-30 09:00", "DATE_INVALID"), ("08-02 09:30", "DATE_NO_YEAR"),
        ("5分钟前", "DATE_RELATIVE"), ("昨天 08:30", "DATE_RELATIVE"), ("去年", "DATE_INVALID"), ("20210802246015", "DATE_INVALID"), ("2021年8月2日 25时00分", "DATE_INVALID"), ("9" * 40, "DATE_INVALID"),
        ("2021-08-02 晚上12:00", "DATE_INVALID"), ("2021-08-02 上午13:00", "DATE_INVALID"), ("2021-08-02 早上1:00", "DATE_INVALID"), ("2021-08-02 下午24:00", "DATE_INVALID"),
        ("2021-08-02 下午", "DATE_INVALID"), ("下午3:05", "DATE_INVALID"), ("2021-08-02 下午3点", "DATE_INVALID"), ("2021-08-02 上午 下午3:05", "DATE_INVALID"),
        ("1000-01-01 00:00:00", None), ("9999-12-31 23:59:59", None), ("0999-12-31 23:59:59", "DATE_INVALID"), ("9999-12-31 23:59:59-1200", "DATE_INVALID"),
        ("9999999999999999", "DATE_INVALID"), ("Xyz Abc 99 99:99:99 +9999 9999", "DATE_INVALID"), ("2021-08-02" + " " * 200 + "9", "DATE_INVALID"),
    ],
)  # fmt: skip
def test_moments_that_cannot_be_told(text: str, code: str | None) -> None:
    at, precision, result = values.parse_time(text)
    assert result == code
    assert (at is None) is (precision is None) is (code is not None)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), TIMES), max_size=8))
@example(["2021-08-02 09:00:00", "2021-02-30 09:00:00"])
@example(["1991-07-01 12:00:00", "1992-07-01 12:00:00"])
def test_a_column_of_moments_reads_as_its_values_do(texts: list[str | None]) -> None:
    result, precisions, codes = typed.time_column(
        pa.array(texts, pa.string()), ColumnRule.model_validate({"from": ["x"]})
    )
    wanted = [values.parse_time(text) if text is not None else (None, None, None) for text in texts]
    # What is no moment of Parquet's range is no moment at all; both ways know the same.
    assert (
        list(zip(result.cast(pa.int64()).to_pylist(), precisions.to_pylist(), codes.to_pylist(), strict=True)) == wanted
    )


@given(st.datetimes(FIXED, LATE, timezones=st.just(UTC)))
def test_a_moment_is_the_same_in_every_writing(at: datetime) -> None:
    at = at.replace(microsecond=0)
    local = at.astimezone(SHANGHAI)
    wanted = values.micros(at)
    for text in (
        f"{local:%Y-%m-%d %H:%M:%S}",
        at.isoformat(),
        local.isoformat(),
        f"{local:%Y年%m月%d日 %H:%M:%S}",
        f"{at:%Y-%m-%dT%H:%M:%SZ}",
    ):
        assert values.parse_time(text)[0] == wanted, text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.text(max_size=8)), st.one_of(st.none(), st.text(max_size=8))), max_size=6
    )
)
def test_extra_is_json_as_pythons_writer_makes_it(rows: list[tuple[str | None, str | None]]) -> None:
    import json

    columns = {"乙": pa.array([b for _, b in rows], pa.string()), 'a"': pa.array([a for a, _ in rows], pa.string())}
    result = vectors.json_objects(columns, 5).to_pylist() if rows else []
    wanted = []
    for a, b in rows:
        message = {name: text[:5] for name, text in (('a"', a), ("乙", b)) if text is not None}
        wanted.append(json.dumps(message, ensure_ascii=False, sort_keys=True) if message else None)
    assert result == wanted
