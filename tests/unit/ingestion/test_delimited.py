"""Two readers of delimited text: on every file that the scan calls plain they give the same rows, and so does csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bangdan.core.errors import ExportRefused
from bangdan.ingestion.readers import delimited, encodings, plain_scan
from bangdan.ingestion.readers.text_table import TextTable
from tests.support import loading

pytestmark = pytest.mark.slow

HEADER = ["h1", "h2", "h3", "h4"]
CELL = st.text(alphabet="ab1 \t#'\\中\ufeff\u2028\x0b,;\"\n\r", max_size=6)
ROW = st.lists(CELL, max_size=5)
PIECE = st.sampled_from(
    ["a", "b", '""', ",", ",,", " ", "\n", "\r\n", "\t", "\ufeff", "中", '"a,b"', ',"x\ny"\n', '","', '"', "h1,h2,h3,h4\n",
     "2020-01-01 12:13:14\n", "\r", "\\", "#"]
)  # fmt: skip
ONE_FILE = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def content(table: TextTable) -> tuple[list[tuple], dict[str, int]]:
    """Numbers, cells and problems of all rows, and the warnings."""
    result = []
    for batch in table.batches:
        cells = [column.to_pylist() for column in batch.columns]
        result += [
            (batch.numbers[i].as_py(), row, batch.problems.get(i)) for i, row in enumerate(zip(*cells, strict=True))
        ]
    return result, dict(table.warnings)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast reader, however small the file."""
    monkeypatch.setattr(delimited, "FAST_BYTES", 0)


def both(file: Path) -> tuple[bool, list[tuple]]:
    """(was it plain?, rows), after checking that both readers agree where it was."""
    slow = content(delimited.read(file, fast=False))
    table = delimited.read(file)
    with patch.object(delimited, "_fast", wraps=delimited._fast) as fast:
        assert content(table) == slow
    return fast.called, slow[0]


@ONE_FILE
@given(st.lists(ROW, max_size=8), st.sampled_from(["\n", "\r\n"]), st.sampled_from(delimited.DELIMITERS))
def test_what_a_writer_wrote_is_read_back_by_both(
    tmp_path: Path, at_once: None, written: list[list[str]], eol: str, delimiter: str
) -> None:
    file = loading.put(tmp_path / "a.csv", loading.table(HEADER, written, delimiter, eol))
    _, result = both(file)
    wanted = list(csv.reader(io.StringIO(file.read_bytes().decode(), newline=""), delimiter=delimiter))[1:]
    rows = [(number, row) for number, row in enumerate(wanted, 1) if any(row) and row != HEADER]
    noise = [row for _, row in rows]
    cells = [tuple(cell or None for cell in row) + (None,) * (4 - len(row)) for row in noise if len(row) <= 4]
    assert [row for _, row, problem in result if problem is None] == cells
    assert [number for number, _, _ in result] == [number for number, _ in rows]  # blank ones count
    assert sum(problem is not None for _, _, problem in result) == sum(len(row) > 4 for row in noise)


@ONE_FILE
@given(st.lists(PIECE, max_size=14).map("".join), st.sampled_from(["\n", "\r\n"]))
@example('a,b,c,d\n"x', "\n")  # DuckDB drops this row in silence
@example("a,b,c,d,\n", "\n")  # and takes this one
@example('a,"b" ,c,d\n', "\n")
@example("a\r\nb\n", "\r\n")
def test_scraps_are_read_alike_or_not_by_the_fast_reader(tmp_path: Path, at_once: None, body: str, eol: str) -> None:
    file = loading.put(tmp_path / "a.csv", ",".join(HEADER) + eol + body)
    try:
        slow = content(delimited.read(file, fast=False))
    except ExportRefused:
        slow = None
    if slow is None:  # what the tolerant reader refuses, the scan must not call plain
        assert plain_scan.plain_shape(io.BytesIO(file.read_bytes()), ",", 4) is None
        return
    assert content(delimited.read(file)) == slow


def test_a_large_plain_file_goes_to_the_fast_reader_from_any_folder(tmp_path: Path) -> None:
    body = [[str(i), "多行\n文字,有逗号", f'引"{i}"号', ""] for i in range(90_000)]
    file = loading.put(tmp_path / "it's [a] *?{x}" / "a.csv", "\ufeff" + loading.table(HEADER, body))
    assert file.stat().st_size > delimited.FAST_BYTES
    is_plain, result = both(file)
    assert is_plain
    assert [row for _, row, _ in result] == [(a, b, c, None) for a, b, c, _ in body]


@pytest.mark.parametrize(
    "body",
    [
        'a,b,c,d\n"open',
        "a,b,c,d,e\n",
        "a,b,c,d,\n",
        'a,b"c,d\n',
        'a,"b"c,d\n',
        "a,b\rc,d\n",
        "a,b\0c,d\n",
        'a, "b",c\n',
        "a\r\nb\n",
        "a\r",
        "\na,b\n",
        "a,b\n\n\nc,d",
    ],
)
def test_the_scan_lets_nothing_through_that_is_not_plain(body: str) -> None:
    assert plain_scan.plain_shape(io.BytesIO(f"h1,h2,h3,h4\n{body}".encode()), ",", 4) is None


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_the_scan_does_not_depend_on_where_chunks_end(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(plain_scan, "CHUNK", chunk)
    data = 'h1,h2,h3,h4\r\n"a ""q"" b",中,"x\r\ny",\r\n,,,"z"\r\nlast\r\n\r\n'.encode()
    assert plain_scan.plain_shape(io.BytesIO(data), ",", 4) == plain_scan.PlainShape(3, 25)


@pytest.mark.parametrize("chunk", [1, 2, 5, 64])
@pytest.mark.parametrize(
    ("body", "is_plain"), [("a\n\nb\n", False), ("a\n\nb", False), ("\nb\n", False), ("a\n\n", True), ("a\n\n\n", True)]
)
def test_a_blank_line_is_plain_only_at_the_end(
    monkeypatch: pytest.MonkeyPatch, chunk: int, body: str, is_plain: bool
) -> None:
    """DuckDB skips blank lines without counting them, and a row is known by its number in the file."""
    monkeypatch.setattr(plain_scan, "CHUNK", chunk)
    shape = plain_scan.plain_shape(io.BytesIO(f"h1,h2\n{body}".encode()), ",", 2)
    assert (shape is not None) is is_plain


@pytest.mark.parametrize("fast_from", [0, 10**9])
def test_a_row_has_the_number_at_which_a_person_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_from: int
) -> None:
    """Counted below the header: blank lines, rows without text and a header that is repeated take a number each."""
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    body = "a,b,c,d\n,,,\nh1,h2,h3,h4\ne,f,g,h\n"
    for blank, numbers in (("", [1, 4]), ("\n\n", [3, 6])):
        table = delimited.read(loading.put(tmp_path / "a.csv", f"h1,h2,h3,h4\n{blank}{body}"))
        assert [number for number, _, _ in content(table)[0]] == numbers


GOOD = "".join(f"46600000000000{i:02d},,第{i}条,1,2,3,2021-08-02 09:00:00\n" for i in range(1, 9))


def eight_posts(tmp_path: Path) -> Path:
    return loading.put(
        tmp_path / "in" / "演示" / "5200100000.csv", "id,bid,正文,点赞数,评论数,转发数,完整日期\n" + GOOD
    )


@pytest.mark.parametrize("lost", [0, 7])
def test_a_row_that_the_fast_reader_drops_is_noticed_and_the_tolerant_reader_reads_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: None, lost: int
) -> None:
    """The engine is stubbed to lose one row in silence, as DuckDB has been seen to do."""
    ahead = delimited._ahead

    def losing(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in ahead(batches):
            kept = [row for row in range(batch.num_rows) if row != lost]
            yield batch.take(pa.array(kept))

    monkeypatch.setattr(delimited, "_ahead", losing)
    table = delimited.read(eight_posts(tmp_path))
    with pytest.raises(delimited.NotPlain, match="7 rows read, 8 counted"):
        content(table)
    (report,) = loading.load(tmp_path / "home", eight_posts(tmp_path))
    assert (report.status, report.accepted) == ("loaded", 8)
    assert loading.rows(tmp_path / "home", "records", "source_row") == list(range(1, 9))
    assert len(list((tmp_path / "home/raw/records").rglob("[0-9a-f]*.parquet"))) == 1


def test_an_error_of_the_engine_sends_the_file_to_the_tolerant_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    def failing(_: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        raise duckdb.InvalidInputException("maximum line size exceeded")

    monkeypatch.setattr(delimited, "_ahead", failing)
    (report,) = loading.load(tmp_path / "home", eight_posts(tmp_path))
    assert (report.status, report.accepted) == ("loaded", 8)


def test_the_engine_reads_every_row_that_the_scan_has_counted(tmp_path: Path, at_once: None) -> None:
    is_plain, result = both(eight_posts(tmp_path))
    assert is_plain
    assert [row[0] for _, row, _ in result] == [f"46600000000000{i:02d}" for i in range(1, 9)]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)), st.integers(1, 9))
def test_the_check_for_utf8_is_pythons(data: bytes, chunk: int) -> None:
    whole = encodings.CHUNK
    try:
        encodings.CHUNK = chunk
        result = encodings.is_utf8(io.BytesIO(data))
    finally:
        encodings.CHUNK = whole
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        assert not result
    else:
        assert result


@pytest.mark.parametrize(
    ("codec", "name", "replaced"),
    [("utf-8", "utf-8", 0), ("utf-8-sig", "utf-8", 0), ("gb18030", "gb18030", 0), ("utf-16", "utf-16", 0)],
)
def test_encodings_are_told_from_the_bytes(tmp_path: Path, codec: str, name: str, replaced: int) -> None:
    file = loading.put(tmp_path / "a.csv", "h1,h2\n上海发布,㐀𠮷\n".encode(codec))
    table = delimited.read(file)
    assert (table.encoding, table.replaced_chars) == (name, replaced)
    assert content(table)[0] == [(1, ("上海发布", "㐀𠮷"), None)]


def test_the_euro_sign_of_windows_is_one_lost_character_and_two_encodings_are_a_rejected_row(tmp_path: Path) -> None:
    data = b"h1,h2\n" + "价,".encode("gbk") + b"\x80\n" + "好,".encode("gbk") + "上 海 发 布".encode() + b"\n"
    table = delimited.read(loading.put(tmp_path / "a.csv", data))
    result, warnings = content(table)
    assert table.encoding == "gb18030"
    assert result[0][1:] == (("价", "\ufffd"), None)
    assert result[1][2] is not None
    assert result[1][2][0] == "ENC_MIXED"
    assert warnings["ENC_REPLACED"] == table.replaced_chars > 1


@pytest.mark.parametrize("fast_from", [0, 10**9])
@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("a,b,c\n1,2,3\n4,5", True), ("a,b,c\n1,2,3\n4,5\n", False), ("a,b,c\n1,2\n4,5", False), ("a,b,c\n1,2,3\n4,5,6", False),
        ("a,b,c\n1", False), ("a,b,c\n1,2\n4", True), ("a,b,c\r1,2,3\r4,5\r", False), ("a,b,c\n1,2,3\n4,5\n\n", False),
    ],
)  # fmt: skip
def test_a_last_row_without_an_end_that_is_shorter_than_all_others_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, is_cut: bool, fast_from: int
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    for encoding in ("utf-8", "utf-16"):
        file = tmp_path / f"{encoding}.csv"
        file.write_bytes(text.encode(encoding))
        problems = [problem.code for batch in delimited.read(file).batches for problem in batch.problems.values()]
        assert problems == (["ROW_CUT"] if is_cut else [])
