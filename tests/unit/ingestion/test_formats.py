"""What a file is by its bytes: kinds, encodings, workbooks, JSON, feeds and the connectors' own steps."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bangdan.core.errors import ExportRefused
from bangdan.ingestion import archives, connectors, raw_writer, recognise
from bangdan.ingestion.readers import delimited, documents, encodings, file_types, plain_scan, text_table, workbooks
from tests.support import loading

HEAD = "id,bid,正文,点赞数,评论数,转发数,完整日期\n"
ROW = "4660000000000001,,今天开放接种点,3,1,0,2021-08-02 09:00:00\n"


def cells(table: text_table.TextTable) -> list[tuple]:
    """All rows of a table as tuples."""
    return [
        row for batch in table.batches for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ]


# ---- kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"PK\x03\x04rest", "a.csv", "xlsx"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "a.csv", "xls"),
        (b"a,b\n", "a.csv", "csv"), (b"a,b\n", "a.json", "csv"), (b"a,b\n", "a", "csv"),
        (b'{"a": 1}', "a.json", "json"), (b'{"a": 1}', "a.csv", "json"), (b'{"a": 1}', "a.jsonl", "jsonl"), (b'{"a": 1}', "A.NDJSON", "jsonl"),
        (b"\xef\xbb\xbf \n [1]", "a.txt", "json"), ('{"a": 1}'.encode("utf-16"), "a.json", "json"),
        (b"<?xml version='1.0'?><rss/>", "a.txt", "xml"), (b"<rss/>", "a", "xml"), (b"<feed/>", "a", "xml"), (b"<rdf:RDF/>", "a", "xml"),
        (b"<!-- c --><rss/>", "a", "xml"), (b"\n<RSS/>", "a", "xml"), ("<rss/>".encode("utf-16"), "a", "xml"),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_told_by_its_bytes(tmp_path: Path, data: bytes, name: str, kind: str) -> None:
    assert file_types.file_type(loading.put(tmp_path / "x", data), name) == kind


@pytest.mark.parametrize(
    ("data", "name", "code", "output"),
    [
        (b"", "a.csv", "FILE_EMPTY", ""),
        (b"WARC/1.0\r\n", "a", "FORMAT_USELESS", "web archive"), (b"7z\xbc\xaf\x27\x1c", "a", "FORMAT_USELESS", "7z"),
        (b"Rar!\x1a\x07", "a", "FORMAT_USELESS", "RAR"), (b"%PDF-1.7", "a", "FORMAT_USELESS", "PDF"),
        (b"SQLite format 3\0", "a", "FORMAT_USELESS", "SQLite"), (b"\x80\x04\x95", "a", "FORMAT_USELESS", "pickle"), (b"PAR1\x15", "a", "FORMAT_USELESS", "Parquet"),
        (b"\0" * 257 + b"ustar", "a", "FORMAT_USELESS", "tar"),
        (b"<?xml version='1.0'?><urlset/>", "a", "FORMAT_USELESS", "sitemap"), (b"<?xml version='1.0'?><sitemapindex/>", "a", "FORMAT_USELESS", "sitemap"),
        *[(f"<{tag}>".encode(), "a.csv", "FILE_NOT_TABULAR", "HTML") for tag in ("!DOCTYPE html", "html", "table", "head", "body")],
        (b"ARROW1\0\0", "a.csv", "FORMAT_USELESS", "Arrow"), (b"\xfd7zXZ\0", "a.csv", "FORMAT_USELESS", "xz"),
        (b"\x28\xb5\x2f\xfd", "a.csv", "FORMAT_USELESS", "zstd"), (b"BZh91AY&SY", "a.csv", "FORMAT_USELESS", "bzip2"),
        (b"\x89PNG\r\n", "a.csv", "FORMAT_USELESS", "picture"), (b"\xff\xd8\xff\xe0", "a.csv", "FORMAT_USELESS", "picture"),
        (b"<html>", "a.xls", "FILE_TYPE", "user growth"), (b"<html>", "a.xlsx", "FILE_TYPE", "user growth"),
        (b"a,b\n", "a.xlsx", "FILE_TYPE", ".xlsx in name"), (b"a,b\n", "a.xls", "FILE_TYPE", ".xls in name"),
    ],
)  # fmt: skip
def test_what_holds_no_records_is_refused_by_what_it_is(
    tmp_path: Path, data: bytes, name: str, code: str, output: str
) -> None:
    with pytest.raises(ExportRefused, match=code) as refused:
        file_types.file_type(loading.put(tmp_path / "x", data), name)
    assert output in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["城市", "人口"], "HDR_UNKNOWN"), (["466000", "x"], "HDR_MISSING"), (["46600", "x"], "HDR_UNKNOWN"),
        (["null", "null", "x"], "HDR_MISSING"), (["null", "x"], "HDR_UNKNOWN"), (["正文", "正文"], "HDR_DUPLICATE"), (["甲", "甲"], "HDR_UNKNOWN"),
    ],
)  # fmt: skip
def test_a_header_that_nobody_knows_is_told_by_what_is_wrong_with_it(names: list[str], code: str) -> None:
    with pytest.raises(ExportRefused, match=code):
        recognise.by_names(names)


def test_a_text_decoded_twice_is_named() -> None:
    twice = "标题,链接".encode().decode("latin-1").split(",")
    with pytest.raises(ExportRefused, match="decoded twice"):
        recognise.by_names(twice)


def test_a_file_of_another_encoding_says_what_it_looks_like(tmp_path: Path) -> None:
    text = "商店,人口\n" + "これはテストです,日本語の文章\n" * 30
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "a.csv", text.encode("shift_jis")))
    assert "read as gb18030; looks like" in (report.message or "")


# ---- encodings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_an_encoding_is_told_from_the_bytes_and_stands_in_the_report(tmp_path: Path, codec: str, name: str) -> None:
    file = loading.put(tmp_path / "in" / "演示" / "5200100000.csv", (HEAD + ROW).encode(codec))
    (report,) = loading.load(tmp_path / "home", file)
    assert (report.encoding, report.replaced_chars, report.reasons) == (name, 0, {})
    assert loading.rows(tmp_path / "home", "records", "text") == ["今天开放接种点"]


@pytest.mark.parametrize(("mark", "codec"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
def test_utf_16_is_told_by_either_mark(tmp_path: Path, mark: bytes, codec: str) -> None:
    file = loading.put(tmp_path / "a.csv", mark + "h1,h2\n上海,𠮷\n".encode(codec))
    assert cells(delimited.read(file)) == [("上海", "𠮷")]


def test_damage_is_counted_and_one_lost_sign_of_a_cell_is_no_other_encoding(tmp_path: Path) -> None:
    entry = "h1,h2\n价,".encode("gb18030") + b"\x80\nok,\x80 and\n" + "末,a\n".encode("gb18030")
    table = delimited.read(loading.put(tmp_path / "a.csv", entry))
    assert (table.encoding, table.replaced_chars, table.warnings["ENC_REPLACED"]) == ("gb18030", 2, 2)
    assert cells(table) == [("价", "\ufffd"), ("ok", "\ufffd and"), ("末", "a")]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("damage", "last"), [(b"\xff", ("三", "安\ufffd全")), (b"\xe5\xae", ("三", "安\ufffd全")), (b"\x80\x80", None)]
)
def test_a_damaged_byte_costs_a_utf_8_file_its_row_and_not_its_encoding(
    tmp_path: Path, mark: bytes, damage: bytes, last: tuple[str, str] | None
) -> None:
    """GB18030 decodes what is left to other characters, and an ASCII header and the ids would still be right."""
    rows = "h1,h2\n一,今天开放接种点\n二,上海发布\n".encode() + "三,安".encode() + damage + "全\n".encode()
    table = delimited.read(loading.put(tmp_path / "a.csv", mark + rows))
    assert table.encoding == "utf-8"
    assert table.replaced_chars == table.warnings["ENC_REPLACED"] == (1 if last else 2)
    batches = list(table.batches)
    read = [row for batch in batches for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]
    assert read[:2] == [("一", "今天开放接种点"), ("二", "上海发布")]
    if last:
        assert read[2] == last
    else:
        assert [problem.code for batch in batches for problem in batch.problems.values()] == ["ENC_MIXED"]


def test_json_lines_cut_in_the_middle_of_a_character_keep_their_texts(tmp_path: Path) -> None:
    """A crawler that was killed leaves half a line."""
    lines = "".join(
        json.dumps({"aid": f"1_{n}", "fakeid": "Mz", "title": f"标题{n}", "link": "x"}, ensure_ascii=False) + "\n"
        for n in range(3)
    ).encode()
    table, _ = documents.read(
        loading.put(tmp_path / "a.jsonl", lines[: lines.rindex("题".encode()) + 2]), "jsonl", None
    )
    assert (table.encoding, table.replaced_chars, table.warnings["ENC_REPLACED"]) == ("utf-8", 1, 1)
    (batch,) = table.batches
    assert batch.columns[table.header.index("title")].to_pylist() == ["标题0", "标题1", None]
    assert {place: problem.code for place, problem in batch.problems.items()} == {2: "JSON_BAD_LINE"}


def test_an_object_with_a_text_in_another_encoding_is_rejected(tmp_path: Path) -> None:
    good = '{"aid": "1_1", "fakeid": "Mz", "title": "标题", "link": "x"}\n' * 3
    bad = '{"aid": "1_2", "fakeid": "Mz", "title": "标题", "link": "x"}\n'
    table, _ = documents.read(loading.put(tmp_path / "a.jsonl", good.encode() + bad.encode("gbk")), "jsonl", None)
    (batch,) = table.batches
    assert {place: problem.code for place, problem in batch.problems.items()} == {3: "ENC_MIXED"}


def test_most_of_the_first_long_characters_decide_between_utf_8_and_gb18030(tmp_path: Path) -> None:
    """A line of UTF-8 in a file of GB18030 is a row in another encoding, and the other way round."""
    one, other = "甲,上海发布\n" * 9, "乙,今天开放接种点\n"
    for codecs_of, name in ((("utf-8", "gb18030"), "utf-8"), (("gb18030", "utf-8"), "gb18030")):
        data = b"h1,h2\n" + one.encode(codecs_of[0]) + other.encode(codecs_of[1])
        assert encodings.of_file(loading.put(tmp_path / name, data)).name == name


@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
def test_a_character_cut_by_a_chunk_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(encodings, "CHUNK", chunk)
    for codec, name in (("utf-8", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")):
        result = encodings.of_file(loading.put(tmp_path / codec, "上海发布𠮷".encode(codec)))
        assert (result.name, result.replaced) == (name, 0)


BIG5 = "臺北市政府公告疫苗接種站開放時間，請市民攜帶身分證明文件前往，並配戴口罩。"


@pytest.mark.parametrize("codec", ["cp950", "big5hkscs"])
def test_text_in_big5_under_an_english_header_is_read_as_it_is(tmp_path: Path, codec: str) -> None:
    own = "嘅啲" if codec == "big5hkscs" else "€"
    text = "h1,h2\n" + f"{BIG5},{own}\n" * 30
    table = delimited.read(loading.put(tmp_path / "a.csv", text.encode(codec)))
    assert (table.encoding, table.replaced_chars) == (codec, 0)
    assert set(cells(table)) == {(BIG5, own)}


def test_damaged_big5_stays_big5_and_the_damage_is_counted(tmp_path: Path) -> None:
    entry = f"h1,h2\n{BIG5},".encode("cp950") + b"\xff\n"
    table = delimited.read(loading.put(tmp_path / "a.csv", entry))
    assert (table.encoding, table.replaced_chars) == ("cp950", 1)


@pytest.mark.parametrize(
    "text",
    [
        BIG5,
        "今天开放接种点，请市民携带身份证件前往，并佩戴口罩，保持距离，错峰前往。",
        "臺北",
        "价" * 30,
        "囍淼焱鑫" * 9,
    ],
)
def test_gb18030_is_not_taken_for_big5_in_traditional_or_simplified_common_or_rare_characters(
    tmp_path: Path, text: str
) -> None:
    table = delimited.read(loading.put(tmp_path / "a.csv", f"h1,h2\n{text},x\n".encode("gb18030")))
    assert (table.encoding, cells(table)) == ("gb18030", [(text, "x")])


def test_json_in_gb18030_and_utf_16_reads_as_in_utf_8(tmp_path: Path) -> None:
    text = json.dumps([{"aid": "1_1", "fakeid": "Mz", "title": "标题", "link": "x"}], ensure_ascii=False)
    for codec in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        table, _ = documents.read(loading.put(tmp_path / codec, text.encode(codec)), "json", None)
        assert "标题" in cells(table)[0], codec


# ---- delimited text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_the_one_that_stands_most_often_in_the_header(tmp_path: Path, delimiter: str) -> None:
    file = loading.put(tmp_path / "a.csv", f"a{delimiter}b{delimiter}c d\n1{delimiter}2{delimiter}3,4\n" if delimiter != "," else "a,b,c\n1,2,3\n")  # fmt: skip
    table = delimited.read(file)
    assert (table.dialect, len(table.header)) == (f"delimiter={delimiter!r}", 3)
    assert cells(table)[0][:2] == ("1", "2")


def test_names_are_bare_short_rows_are_filled_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    file = loading.put(tmp_path / "a.csv", "\ufeff a , b,c \r\n1\r\n\r\n,,\r\n2,,x\r\n")
    table = delimited.read(file)
    assert table.header == ["a", "b", "c"]
    assert cells(table) == [("1", None, None), ("2", None, "x")]


@pytest.mark.parametrize("fast_from", [0, 10**9])
def test_blank_lines_above_the_header_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_from: int
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    table = delimited.read(loading.put(tmp_path / "a.csv", "\ufeff\r\n\r\na,b\r\n1,2\r\n"))
    assert (table.header, cells(table)) == (["a", "b"], [("1", "2")])


@pytest.mark.parametrize(
    ("above", "delimiter"),
    [
        ("舆情监测数据导出\r\n", ","), ("舆情监测数据导出,,\r\n导出时间：2021-09-01,,\r\n\r\n", ","),
        ("sep=,\r\n", ","), ('"sep=;"\r\n', ";"), ("sep=^\n", "^"), ("标题\r\n" * 50, ","),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fast_from", [0, 10**9])
def test_titles_and_a_spreadsheets_line_on_the_delimiter_are_above_the_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, above: str, delimiter: str, fast_from: int
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    rows = "a,b,c d\r\n1,2,x\r\n4,5,\r\n".replace(",", delimiter)
    table = delimited.read(loading.put(tmp_path / "a.csv", above + rows))
    assert (table.header, table.dialect) == (["a", "b", "c d"], f"delimiter={delimiter!r}")
    (batch,) = table.batches
    assert batch.numbers.to_pylist() == [1, 2]
    assert [column.to_pylist() for column in batch.columns] == [["1", "4"], ["2", "5"], ["x", None]]


def test_more_than_fifty_titles_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="FILE_NOT_TABULAR"):
        delimited.read(loading.put(tmp_path / "a.csv", "标题\n" * 51 + "a,b,c\n1,2,3\n"))


def test_a_first_line_of_two_names_is_the_header_also_above_rows_of_three(tmp_path: Path) -> None:
    assert delimited.read(loading.put(tmp_path / "a.csv", "a,b\n1,2,3\n")).header == ["a", "b"]


def test_a_quoted_header_is_read_and_one_that_is_not_closed_is_refused(tmp_path: Path) -> None:
    table = delimited.read(loading.put(tmp_path / "a.csv", '"a, ""x""","b\nc"\n1,2\n'))
    assert (table.header, cells(table)) == (['a, "x"', "b\nc"], [("1", "2")])
    with pytest.raises(ExportRefused, match="QUOTE_UNCLOSED"):
        delimited.read(loading.put(tmp_path / "b.csv", 'a,"b\n1,2\n'))


@pytest.mark.parametrize(
    ("line", "is_noise"),
    [
        ("2021-08-02 09:30:15,,,", True), ("2021-08-02 09:30:15", True), ("2021-08-02 09:30:15,x,,", False), ("2021-08-02,,,", False),
        ("h1,h2,h3,h4", True), ("h1, h2,h3,h4", True), ("h1,h2,h3,x", False), ("h1,,,", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fast_from", [0, 10**9])
def test_a_restarted_crawlers_moment_and_header_are_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_from: int, line: str, is_noise: bool
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    table = delimited.read(loading.put(tmp_path / "a.csv", f"h1,h2,h3,h4\na,b,c,d\n{line}\ne,f,g,h\n"))
    assert len(cells(table)) == (2 if is_noise else 3)
    assert table.warnings["HDR_REPEATED"] == (1 if is_noise and line.startswith("h1") else 0)


def test_a_moment_alone_is_a_row_where_the_table_is_narrow(tmp_path: Path) -> None:
    table = delimited.read(loading.put(tmp_path / "a.csv", "h1,h2,h3\n2021-08-02 09:30:15,,\n"))
    assert cells(table) == [("2021-08-02 09:30:15", None, None)]


@pytest.mark.parametrize(("signs", "code"), [(1, None), (2, "ENC_MIXED")])
def test_two_lost_signs_in_one_cell_are_another_encoding(tmp_path: Path, signs: int, code: str | None) -> None:
    data = "h1,h2\n好,".encode("gb18030") + b"\x80" * signs + b"\n"
    (batch,) = delimited.read(loading.put(tmp_path / "a.csv", data)).batches
    assert [problem[0] for problem in batch.problems.values()] == ([code] if code else [])


@pytest.mark.parametrize("fast_from", [0, 10**9])
@pytest.mark.parametrize(("chars", "is_long"), [(300_000, False), (300_001, True)])
def test_a_cell_may_hold_as_many_characters_as_the_limit_and_not_one_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_from: int, chars: int, is_long: bool
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    monkeypatch.setattr(plain_scan, "MAX_ROW", 2_000_000)
    (batch,) = delimited.read(loading.put(tmp_path / "a.csv", f"h1,h2\na,{'x' * chars}\n")).batches
    assert batch.problems == ({0: ("TXT_TOO_LONG", None, "x" * 200)} if is_long else {})


def test_a_row_at_the_scans_limit_is_plain_and_one_byte_more_is_not() -> None:
    def scanned(row: int) -> plain_scan.PlainShape | None:
        return plain_scan.plain_shape(io.BytesIO(b"a,b\n" + b"x" * (row - 3) + b",y\n"), ",", 2)

    assert scanned(plain_scan.MAX_ROW) == plain_scan.PlainShape(1, plain_scan.MAX_ROW)
    assert scanned(plain_scan.MAX_ROW + 1) is None


@pytest.mark.parametrize(
    ("text", "rows"), [("a,b\n", 0), ("a,b\n1,2\n", 1), ("a,b\n1,2", 1), ("a,b\n1,2\n\n", 1), ('a,b\n"x\ny",2\n', 1), ("a,b\n1\n2\n", 2)]
)  # fmt: skip
def test_the_scan_counts_rows_without_the_header_and_without_blank_lines_at_the_end(text: str, rows: int) -> None:
    result = plain_scan.plain_shape(io.BytesIO(text.encode()), ",", 2)
    assert result is not None
    assert result.rows == rows


# ---- batches -----------------------------------------------------------------------------------------------------


def test_batches_are_cut_by_rows_and_by_characters_and_keep_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[text_table.Row] = [text_table.Row(i, ["字" * 10, None], None) for i in range(1, 8)]
    monkeypatch.setattr(text_table, "BATCH_ROWS", 3)
    assert [batch.numbers.to_pylist() for batch in text_table.in_batches(rows, ["a", "b"])] == [
        [1, 2, 3],
        [4, 5, 6],
        [7],
    ]
    monkeypatch.setattr(text_table, "BATCH_ROWS", 100)
    monkeypatch.setattr(text_table, "CELL_CHARS", 1)  # a row counts for 12
    monkeypatch.setattr(text_table, "BATCH_CHARS", 24)
    assert [len(batch) for batch in text_table.in_batches(rows, ["a", "b"])] == [2, 2, 2, 1]


def test_a_row_with_a_problem_is_empty_and_keeps_its_place() -> None:
    rows: list[text_table.Row] = [
        text_table.Row(1, ["a"], None),
        text_table.Row(2, ["b"], text_table.Problem("CTRL_CHARS", None, "b")),
        text_table.Row(3, [""], None),
    ]
    (batch,) = text_table.in_batches(rows, ["x"])
    assert batch.columns[0].to_pylist() == ["a", None, None]
    assert batch.problems == {1: ("CTRL_CHARS", None, "b")}


# ---- JSON --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), ("", None), (True, "true"), (False, "false"), (3, "3"), (3.0, "3"), (3.5, "3.5"), ("3.0", "3.0"),
        ([], None), ({}, None), ([1, "甲"], '[1, "甲"]'), (0, "0"), (4660000000000001, "4660000000000001"),
    ],
)  # fmt: skip
def test_a_json_value_as_text(value: Any, text: str | None) -> None:
    assert documents.pick({"a": {"b": value}}, ["a", "b"]) == text


def test_a_path_that_leads_nowhere_is_blank() -> None:
    for path in (["x"], ["a", "x"], ["a", "b", "c"]):
        assert documents.pick({"a": {"b": 1}}, path) is None


def test_paths_of_an_object_are_dotted_and_lists_of_objects_have_brackets() -> None:
    item = {"a": 1, "b": {"c": {"d": 1}}, "e": [{"f": 1}, {"g": 1}], "h": [1], "i": [], "j": {}}
    assert documents.paths(item) == ["a", "b", "b.c", "b.c.d", "e", "e[].f", "h", "i", "j"]


def test_the_objects_under_a_path_are_those_of_its_list() -> None:
    item = {"a": {"b": [{"x": 1}, 7, {"x": 2}]}, "c": {"x": 3}}
    assert documents.objects_at(item, "a.b") == [{"x": 1}, {"x": 2}]
    assert (
        documents.objects_at(item, "c")
        == documents.objects_at(item, "a.x")
        == documents.objects_at(item, "a.b.c")
        == []
    )


NEWS = {"host": "a.example", "title": "标题", "content": "x", "publish_time": "2021-08-02"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json"])
def test_one_object_a_line_is_read_as_lines_and_a_row_has_the_number_of_its_line(tmp_path: Path, name: str) -> None:
    text = "\n".join(["", json.dumps({**NEWS, "url": "1"}), "", "oops", json.dumps({**NEWS, "url": "2"})]).lstrip("\n")
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / name, text))
    assert (report.rows_read, report.accepted, report.reasons, report.dialect) == (3, 2, {"JSON_BAD_LINE": 1}, "jsonl")
    assert loading.rows(tmp_path / "home", "records", "source_row") == [1, 4]
    assert report.rejects[0].row == 3


def test_lines_of_joined_files_may_begin_with_a_mark_of_utf8(tmp_path: Path) -> None:
    text = "\n".join("\ufeff" + json.dumps({**NEWS, "url": str(number)}) for number in range(3))
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / "a.jsonl", text))
    assert (report.rows_read, report.accepted, report.dialect) == (3, 3, "jsonl")


def test_one_object_alone_is_a_document(tmp_path: Path) -> None:
    for i, text in enumerate((json.dumps({**NEWS, "url": "1"}), json.dumps({**NEWS, "url": "1"}, indent=1))):
        (report,) = loading.load(tmp_path / f"home{i}", loading.put(tmp_path / "in" / f"{i}.json", text))
        assert (report.rows_read, report.accepted, report.dialect) == (1, 1, "json")


def test_what_is_no_object_in_a_list_is_a_rejected_row(tmp_path: Path) -> None:
    text = json.dumps([{**NEWS, "url": "1"}, 7, {**NEWS, "url": "2"}, None])
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / "a.json", text))
    assert (report.rows_read, report.accepted, report.reasons) == (4, 2, {"JSON_BAD_LINE": 2})
    assert [(reject.row, reject.value) for reject in report.rejects] == [(2, "7"), (4, "None")]


def test_a_key_that_only_later_objects_have_is_read_too(tmp_path: Path) -> None:
    objects = [{**NEWS, "url": str(i), **({"read_num": 5} if i else {})} for i in range(3)]
    loading.load(tmp_path, loading.put(tmp_path / "in" / "a.jsonl", loading.lines(objects)))
    assert loading.rows(tmp_path, "records", "read_count") == [None, 5, 5]


def test_objects_may_have_as_many_keys_as_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = loading.put(tmp_path / "in" / "a.json", json.dumps([{**NEWS, "url": "1", "more": "x"}]))
    for limit, codes in ((6, {}), (5, {"FILE_NOT_TABULAR": 1})):
        monkeypatch.setattr(documents, "MAX_NAMES", limit)
        assert loading.load(tmp_path / str(limit), file)[0].reasons == codes


def test_a_document_may_be_as_large_as_the_limit_and_not_one_byte_larger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps([{**NEWS, "url": "1"}])
    file = loading.put(tmp_path / "in" / "a.json", text)
    for limit, codes in ((len(text), {}), (len(text) - 1, {"JSON_LIMIT": 1})):
        monkeypatch.setattr(documents, "MAX_DOCUMENT", limit)
        assert loading.load(tmp_path / str(limit), file)[0].reasons == codes


def test_a_line_that_is_too_long_is_one_rejected_row_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_LINE", 200)
    lines = [{**NEWS, "url": "1"}, {**NEWS, "url": "2", "content": "长" * 900}, {**NEWS, "url": "3"}]
    (report,) = loading.load(tmp_path, loading.put(tmp_path / "in" / "a.jsonl", loading.lines(lines)))
    assert (report.rows_read, report.accepted, report.reasons) == (3, 2, {"TXT_TOO_LONG": 1})
    assert loading.rows(tmp_path, "records", "source_row") == [1, 3]


# ---- workbooks ---------------------------------------------------------------------------------------------------

NAMES = ["公众号", "ID", "链接", "标题", "发布时间", "阅读"]
CELLS = ["甲", "2650000001_1", "https://mp.weixin.qq.com/s?__biz=Mz&mid=1&idx=1", "标题", "2021-08-02", 5.0]


def workbook(file: Path, *rows: list[Any]) -> Path:
    import xlsxwriter

    file.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(file), {"strings_to_urls": False})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    other = book.add_worksheet()
    other.write_row(0, 0, ["another", "sheet"])
    book.close()
    return file


def test_the_header_of_a_workbook_is_its_first_row_of_three_texts_and_blank_rows_are_none(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "a.xlsx",
        ["数据来源"],
        ["从", "到"],
        [1, 2, 3, 4],
        [" ", *NAMES],
        ["", *CELLS],
        [],
        ["x"],
        ["", "乙"],
    )
    table = workbooks.read(file, "xlsx")
    assert table.header == NAMES
    (batch,) = table.batches
    assert batch.numbers.to_pylist() == [1, 4]
    assert batch.columns[0].to_pylist() == ["甲", "乙"]
    assert batch.columns[5].to_pylist() == ["5", None]


@pytest.mark.parametrize(("titles", "is_found"), [(49, True), (50, True), (51, False)])
def test_the_header_of_a_workbook_stands_below_fifty_titles_at_most(
    tmp_path: Path, titles: int, is_found: bool
) -> None:
    file = workbook(tmp_path / "a.xlsx", *([["t"]] * titles), NAMES, CELLS)
    if is_found:
        assert workbooks.read(file, "xlsx").header == NAMES
    else:
        with pytest.raises(ExportRefused, match="FILE_NOT_TABULAR"):
            workbooks.read(file, "xlsx")


def sheets(file: Path, **rows: list[list[Any]]) -> Path:
    """A workbook with these sheets, in this order; one whose name begins with `hidden` is not shown."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(file))
    book.add_worksheet("首页").activate()
    for name, content in rows.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(content):
            sheet.write_row(at, 0, row)
        if name.startswith("hidden"):
            sheet.hide()
    book.close()
    return file


def test_all_sheets_of_one_header_are_read_and_their_rows_numbered_on(tmp_path: Path) -> None:
    table = workbooks.read(
        sheets(
            tmp_path / "a.xlsx",
            说明=[["本表由系统导出"]],
            a=[["标题"], ["x", "y", "z"], ["1", "2", "3"], []],
            b=[["z", "y", "x"], ["6", "5", "4"]],
            empty=[["other", "header", "here"]],
            hidden=[["x", "y", "z"], ["7", "8", "9"]],
            hidden_lists=[["省", "市", "区"], ["1", "2", "3"]],
        ),
        "xlsx",
    )
    assert table.header == ["x", "y", "z"]
    (batch,) = table.batches
    assert batch.numbers.to_pylist() == [1, 2, 3]
    assert [column.to_pylist() for column in batch.columns] == [["1", "4", "7"], ["2", "5", "8"], ["3", "6", "9"]]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_the_sheets_of_a_workbook_may_span_as_many_cells_together_as_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Two sheets of six cells, and the first page without any; an XLS is counted while it is read."""
    table = [["x", "y", "z"], ["1", "2", "3"]]
    file = sheets(tmp_path / "a.xlsx", a=table, b=table)
    monkeypatch.setattr(workbooks, "MAX_CELLS", 13)
    (batch,) = workbooks.read(file, kind).batches
    assert len(batch) == 2
    monkeypatch.setattr(workbooks, "MAX_CELLS", 11)
    with pytest.raises(ExportRefused, match="ARC_BOMB"):
        list(workbooks.read(file, kind).batches)


def test_a_sheet_with_a_table_of_another_header_refuses_the_workbook(tmp_path: Path) -> None:
    file = sheets(
        tmp_path / "a.xlsx", a=[["x", "y", "z"], ["1", "2", "3"]], 汇总=[["单位", "合计", "名次"], ["甲", 1, 2]]
    )
    with pytest.raises(ExportRefused, match=r"SHEET_DIFFERS.*汇总: 单位, 合计, 名次"):
        list(workbooks.read(file, "xlsx").batches)


def with_formula(file: Path, cell: str) -> Path:
    """A workbook whose cell C2 is written as given."""
    sheets(file, a=[["x", "y", "z"], ["1", "2", "3"]])
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet2.xml"  # the first is the cover
    parts[sheet] = re.sub(rb'<c r="C2".*?</c>', cell.encode(), parts[sheet])
    assert cell.encode() in parts[sheet]
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="C2"><f>50+50</f><v/></c>', "=50+50"),
        ('<c r="C2"><f>IF(A1&lt;2,"好")</f><v></v></c>', '=IF(A1<2,"好")'),
        ('<c r="C2" s="1" t="n"><f>50+50</f></c>', "=50+50"),
        ('<c r="C2" s="1"><f t="shared" si="0"/><v /></c>', "="),
        (f'<c r="C2"><f>{"&#26631;" * 32_000}</f><v/></c>', f"={'标' * 32_000}"),
    ],
    ids=["no value", "empty value", "number", "shared", "long text"],
)
@pytest.mark.parametrize("chunk", [4099, 1024 * 1024])
def test_a_formula_that_was_never_calculated_is_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, value: str, chunk: int
) -> None:
    """Some tools write a text that begins with = so. A count is none then, and its row is rejected."""
    monkeypatch.setattr(workbooks, "CHUNK", chunk)
    (batch,) = workbooks.read(with_formula(tmp_path / "a.xlsx", cell), "xlsx").batches
    assert [column.to_pylist()[0] for column in batch.columns] == ["1", "2", value]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="C2"><f>50+50</f><v>100</v></c>', "100"),
        ('<c r="C2" t="str"><f>IF(A2="","","")</f><v></v></c>', None),
        ('<c r="C2" s="1"><f t="shared" si="0"/><v>7</v></c>', "7"),
    ],
)
def test_the_value_of_a_formula_is_read(tmp_path: Path, cell: str, value: str | None) -> None:
    (batch,) = workbooks.read(with_formula(tmp_path / "a.xlsx", cell), "xlsx").batches
    assert [column.to_pylist()[0] for column in batch.columns] == ["1", "2", value]


def test_a_workbook_without_a_header_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="no header row"):
        workbooks.read(workbook(tmp_path / "a.xlsx", ["a", "b"], [1, 2, 3]), "xlsx")


def test_a_workbook_may_span_as_many_cells_as_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows of 28 columns, the last of which is AB, and two cells of another sheet."""
    file = workbook(tmp_path / "a.xlsx", [*NAMES, *[f"n{i}" for i in range(22)]], CELLS, CELLS)
    monkeypatch.setattr(workbooks, "MAX_CELLS", 86)
    assert len(workbooks.read(file, "xlsx").header) == 28
    for limit, refused in ((85, "86 cells.* 1 rows and 2 columns"), (83, "84 cells.* 3 rows and 28 columns")):
        monkeypatch.setattr(workbooks, "MAX_CELLS", limit)
        with pytest.raises(ExportRefused, match=refused):
            workbooks.read(file, "xlsx")


def test_a_cell_of_a_workbook_over_the_limit_is_a_rejected_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_TEXT", 5)
    file = workbook(tmp_path / "a.xlsx", NAMES, ["六个字的文字", "1"], ["五个字文字", "2"])
    (batch,) = workbooks.read(file, "xlsx").batches
    assert batch.problems == {0: ("TXT_TOO_LONG", None, "六个字的文字")}


# ---- feeds and the connectors' steps -------------------------------------------------------------------------------


DATED = "<title>t</title><pubDate>Mon, 02 Aug 2021 01:30:15 GMT</pubDate>"


def feed(tmp_path: Path, item: str, channel: str = "<title>演示网</title><link>https://home.example/</link>") -> dict:
    text = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:c="http://purl.org/rss/1.0/modules/content/"><channel>{channel}<item>{item}</item></channel></rss>'
    loading.load(tmp_path / "home", loading.put(tmp_path / "in" / "f.xml", text))
    (row,) = loading.rows(tmp_path / "home")
    return row


def test_a_feeds_content_comes_before_its_summary(tmp_path: Path) -> None:
    row = feed(tmp_path, f"{DATED}<description>摘要</description><c:encoded>全文</c:encoded>")
    assert row["text"] == "全文"
    assert feed(tmp_path / "b", f"{DATED}<description>摘要</description>")["text"] == "摘要"


def test_an_entry_without_an_address_is_of_the_feeds_own_site(tmp_path: Path) -> None:
    row = feed(tmp_path, DATED)
    assert (row["account_key"], row["url"], row["account_name_raw"]) == ("home.example", None, "演示网")
    row = feed(tmp_path / "b", f"{DATED}<link>https://www.other.example/1</link>")
    assert (row["account_key"], row["url"]) == ("other.example", "https://www.other.example/1")


def test_an_entry_is_published_when_it_says_else_when_it_was_changed_else_never(tmp_path: Path) -> None:
    def atom(times: str, name: str) -> Any:
        text = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title><entry><id>1</id><title>t</title>{times}</entry></feed>"
        (report,) = loading.load(tmp_path / name, loading.put(tmp_path / "in" / f"{name}.xml", text))
        return loading.rows(tmp_path / name, "records", "published_at") or list(report.reasons)

    changed = "<updated>2021-08-03T09:00:00+08:00</updated>"
    assert atom(f"<published>2021-08-02T09:30:15+08:00</published>{changed}", "both") == [
        datetime(2021, 8, 2, 1, 30, 15, tzinfo=UTC)
    ]
    assert atom(changed, "changed") == [datetime(2021, 8, 3, 1, tzinfo=UTC)]
    assert atom("", "none") == ["DATE_MISSING"]


EXPAND = connectors.EXPANSIONS


def test_items_of_a_json_feed_are_of_their_own_host_else_the_linked_one_else_the_feeds() -> None:
    document = {"title": "站", "home_page_url": "https://home.example/x", "items": [
        {"id": 1, "url": "https://a.example/1", "external_url": "https://b.example/1"}, {"id": 2, "external_url": "https://b.example/1"}, {"id": 3}, 7,
    ]}  # fmt: skip
    result = EXPAND["json_feed"](document)
    assert [(entry["id"], entry["url"], entry["host"], entry["site_name"]) for entry in result] == [
        (1, "https://a.example/1", "a.example", "站"), (2, None, "b.example", "站"), (3, None, "home.example", "站"),
    ]  # fmt: skip
    assert EXPAND["json_feed"]({"items": "x"}) == EXPAND["json_feed"]({}) == []
    assert EXPAND["json_feed"]({"items": [{"url": 7}]})[0]["host"] is None


def test_posts_of_weibo_crawler_are_their_own_accounts_else_the_documents() -> None:
    document = {"user": {"id": "5", "screen_name": "甲"}, "weibo": [
        {"id": 1}, {"id": 2, "user_id": 6, "screen_name": "乙", "retweet": {"id": 8, "user_id": 9}}, "x",
    ]}  # fmt: skip
    result = EXPAND["weibo_crawler"](document)
    assert [[entry[key] for key in ("id", "account_id", "account_name", "retweet_id", "retweet_user_id")] for entry in result] == [
        [1, "5", "甲", None, None], [2, 6, "乙", 8, 9],
    ]  # fmt: skip
    assert EXPAND["weibo_crawler"]({"user": "empty", "weibo": [{"id": 1, "retweet": "gone"}]})[0]["account_id"] is None
    assert EXPAND["weibo_crawler"]({"user": {}, "weibo": None}) == []


@pytest.mark.parametrize("key", ["detail_list", "details"])
def test_article_totals_take_the_last_day_whatever_its_place_and_nothing_of_the_others(key: str) -> None:
    days = [
        {"stat_date": "2021-08-03", "read_user": 5},
        {"stat_date": "2021-08-10", "read_user": 9},
        {"stat_date": "2021-08-04", "x": 1},
        7,
    ]
    (result,) = EXPAND["datacube_article_total"]({"list": [{"msgid": "1_1", key: days}, "x"]})
    assert result == {"msgid": "1_1", "stat_date": "2021-08-10", "read_user": 9}


def test_an_article_without_days_stands_with_no_numbers() -> None:
    total = EXPAND["datacube_article_total"]
    assert total({"list": [{"msgid": "1_1"}, {"msgid": "2_1", "details": "none"}]}) == [
        {"msgid": "1_1"},
        {"msgid": "2_1"},
    ]
    assert total({"list": 7}) == total({}) == []


# ---- limits ------------------------------------------------------------------------------------------------------


def test_the_limits_are_those_of_the_documentation() -> None:
    """docs/exports.md, Limits."""

    assert (archives.MAX_RATIO, archives.MAX_BYTES, archives.MAX_MEMBERS) == (100, 2 * 1024**3, 10_000)
    assert (workbooks.MAX_EXPANDED, workbooks.MAX_CELLS) == (512 * 1024**2, 40_000_000)
    assert (documents.MAX_DOCUMENT, documents.MAX_LINE, delimited.MAX_CELL) == (
        200 * 1024**2,
        16 * 1024**2,
        16 * 1024**2,
    )
    assert (text_table.MAX_TEXT, connectors.feeds.MAX_FEED, raw_writer.MAX_MONTHS) == (300_000, 32 * 1024**2, 500)
