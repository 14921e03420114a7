"""No cell ends more than its row, and no file more than itself, whatever they hold and however the program breaks."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bangdan.core.settings import ReaderLimits
from bangdan.ingestion import raw
from bangdan.ingestion.columns import values
from bangdan.ingestion.readers import delimited, workbooks
from bangdan.pipeline import intake
from tests.support import loading, sample_exports

HEAD = "id,bid,正文,点赞数,评论数,转发数,完整日期\n"
NAME = "演示/5200100000.csv"
LIMITS = ReaderLimits(20, 2 * 10**9)


def post(number: int, likes: str = "3", at: str = "2021-08-02 09:00:00", text: str = "正文") -> str:
    return f"46600000000000{number:02d},,{text},{likes},1,0,{at}\n"


def load(tmp_path: Path, data: str | bytes, name: str = NAME) -> Any:
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / name, data))
    return report


# ---- cells -------------------------------------------------------------------------------------------------------

COUNTS = [
    "1e999999999", "1e999999", "9e28", "0e999999999", "-1e999999999", "1e-999999999", "9" * 5_000, "1" + "0" * 99_999, "1e", "e5", "1e+", "∞", "nan", "-nan",
    "inf", "1_000", "0x10", "１ｅ９９９９９９", "1.", ".5", "1,,,,", "万", "1万万", "1e3万", "+5", "1e5+", "\u0e51", "²", "½", "1\u0301" * 40,
]  # fmt: skip
TIMES = [
    "9" * 16, "9" * 400, "99999", "00000", "1e999999999", "0000000000", "9999999999", "9999999999999", "2021-08-02T09:00:00+99:99", "2021-08-02 09:00:00-2459",
    "0000-00-00", "9999-12-31 23:59:59-1200", "Xyz Abc 99 99:99:99 +9999 9999", "Mon Aug 02 09:30:15 +2500 2021", "999999天前", "1" * 99 + "年前", "２０２１-13-45",
    "2021-08-02 24:00:60", "20219999", "-1", "1627867815.9999999999999999999999", "\u0662\u0660\u0662\u0661-08-02", "12345.99999999999",
]  # fmt: skip


@pytest.mark.parametrize("fast_from", [0, 10**9])
def test_no_count_and_no_time_ends_more_than_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_from: int
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    rows = [post(1), *(post(10 + i, likes=text) for i, text in enumerate(COUNTS))]
    rows += [*(post(50 + i, at=text) for i, text in enumerate(TIMES)), post(99)]
    quoted = "".join(rows).replace("1,,,,", '"1,,,,"')
    report = load(tmp_path, HEAD + quoted)
    assert report.rows_read == len(rows)
    stored = loading.rows(tmp_path / "home", "records", "record_id")
    assert {"4660000000000001", "4660000000000099"} <= set(stored)
    assert set(report.reasons) <= {"COUNT_INVALID", "COUNT_RANGE", "COUNT_NEGATIVE", "COUNT_NA", "DATE_INVALID", "DATE_FUTURE", "DATE_EARLY", "DATE_SERIAL", "DATE_EPOCH", "DATE_RELATIVE"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [("1e999999999", "COUNT_RANGE"), ("1e9999", "COUNT_RANGE"), ("1e999", "COUNT_RANGE"), ("-1e99", "COUNT_NEGATIVE"),
     ("9" * 101, "COUNT_INVALID"), ("9" * 100, "COUNT_RANGE"), ("1e12", None), ("1e13", "COUNT_RANGE")],
)  # fmt: skip
def test_a_count_beyond_all_bounds_has_its_code(text: str, code: str | None) -> None:
    assert values.parse_count(text).code == code


@pytest.mark.parametrize("places", [[1], [5], [1, 2, 3], [8], [1, 8], list(range(1, 8))])
def test_a_value_on_which_the_program_breaks_rejects_its_row_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: list[int]
) -> None:
    whole = values.parse_count

    def breaking(raw: str | None, *rule: Any) -> values.Count:
        if raw == "破":
            raise ZeroDivisionError(raw)
        return whole(raw, *rule)

    monkeypatch.setattr(values, "parse_count", breaking)
    report = load(tmp_path, HEAD + "".join(post(i, likes="破" if i in places else "暂无") for i in range(1, 9)))
    assert [(reject.row, reject.code, reject.value) for reject in report.rejects] == [
        (place, "ROW_UNREADABLE", "ZeroDivisionError") for place in places
    ]
    others = [number for number in range(1, 9) if number not in places]
    assert loading.rows(tmp_path / "home", "records", "source_row") == others
    assert report.reasons.get("COUNT_NA", 0) == len(others)  # warnings are counted once


# ---- files -------------------------------------------------------------------------------------------------------


def test_a_file_on_which_the_program_breaks_is_refused_with_the_place_and_the_others_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = raw._write_rows

    def breaking(reader: Any, *rest: Any) -> Any:
        if reader.name.endswith("1.csv"):
            raise LookupError("what the file holds")
        return whole(reader, *rest)

    monkeypatch.setattr(raw, "_write_rows", breaking)
    for number in (0, 1, 2):
        loading.put(tmp_path / "in" / "演示" / f"520010000{number}.csv", HEAD + post(number))
    result = intake.ingest(loading.settings(tmp_path / "home"), [tmp_path / "in"], received_at=loading.RECEIVED)
    assert [(file.status, file.reasons) for file in result.files] == [
        ("loaded", {}), ("refused", {"FILE_UNREADABLE": 1}), ("loaded", {}),
    ]  # fmt: skip
    message = result.files[1].message
    assert "LookupError in raw.py:" in message
    assert "what the file holds" not in message


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()])
def test_an_error_of_the_machine_is_nobodys_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def failing(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(raw, "_write_rows", failing)
    with pytest.raises(type(error)):
        load(tmp_path, HEAD + post(1))
    assert loading.rows(tmp_path / "home", "export_manifest") == []


# ---- the process that reads a workbook ---------------------------------------------------------------------------


def sheet(tmp_path: Path) -> Path:
    file = tmp_path / "in" / "a.xlsx"
    sample_exports.exporter_xlsx(file)
    return file


def with_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let the reader's process run `body` where it would open a workbook."""
    package = tmp_path / "stub"
    loading.put(package / "python_calamine.py", f"import os, signal, time\nclass CalamineWorkbook:\n    @staticmethod\n    def from_path(path):\n        {body}\n")  # fmt: skip
    monkeypatch.setattr(workbooks, "PACKAGES", f"{package}{os.pathsep}{workbooks.PACKAGES}")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("os.abort()", "ended by SIGABRT"), ("os.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"), ("os._exit(9)", "ended with 9"),
        ("raise MemoryError", "MemoryError"), ("bytearray(10**10)", "MemoryError"), ("os._exit(0)", "it ended early"),
        ("raise type('PanicException', (BaseException,), {})('index out of bounds')", "PanicException"),
    ],
)  # fmt: skip
def test_a_workbook_whose_reader_dies_is_refused_and_the_others_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, why: str
) -> None:
    with_reader(tmp_path, monkeypatch, body)
    sheet(tmp_path)
    loading.put(tmp_path / "in" / NAME, HEAD + post(1))
    reports = {report.file: report for report in loading.load(tmp_path / "home", tmp_path / "in")}
    assert reports["a.xlsx"].reasons == {"FILE_READER": 1}
    assert why in (reports["a.xlsx"].message or "")
    assert reports[NAME].status == "loaded"


def test_a_reader_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = sheet(tmp_path)
    with_reader(tmp_path, monkeypatch, "while True: pass")
    with pytest.raises(Exception, match=r"FILE_READER: .*more than 1 s"):
        workbooks.read(file, "xlsx", ReaderLimits(1, LIMITS.memory_bytes))
    with_reader(tmp_path, monkeypatch, "assert signal.alarm(1) > 1; time.sleep(600)")
    with pytest.raises(Exception, match=r"FILE_READER: .*no end within its time"):
        workbooks.read(file, "xlsx", ReaderLimits(1, LIMITS.memory_bytes))


def test_a_workbook_that_needs_more_memory_than_the_setting_gives_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="FILE_READER"):
        workbooks.read(sheet(tmp_path), "xlsx", ReaderLimits(20, 20 * 10**6))


def test_cells_of_every_kind_come_through_the_process_as_they_are(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["文字", "数", "真", "空", "行"])
    page.append(["\u2028引\"号'\\", 1.5, True, None, "一\n二"])
    page.append(["=1+1", 3.0, False, "", "\t"])
    file = tmp_path / "a.xlsx"
    book.save(file)
    (batch,) = workbooks.read(file, "xlsx", LIMITS).batches
    assert [column.to_pylist() for column in batch.columns][1:] == [
        ["1.5", "3"],
        ["true", "false"],
        [None, None],
        ["一\n二", "\t"],
    ]
    assert batch.columns[0].to_pylist() == ["\u2028引\"号'\\", "=1+1"]


# ---- names -------------------------------------------------------------------------------------------------------

GBK = "上海发布".encode("gb18030")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (GBK, "上海发布"),
        ("上海发布".encode(), "上海发布"),
        (b"\xff\xfe\x80", "\\xff\\xfe\\x80"),
        (b"a\x80.csv", "a\\x80.csv"),
    ],
)
def test_a_name_that_is_no_utf_8_is_shown_readably(tmp_path: Path, name: bytes, shown: str) -> None:
    folder = os.fsencode(tmp_path) + b"/in/" + name
    os.makedirs(folder)
    with open(folder + b"/5200100000.csv", "wb") as file:
        file.write((HEAD + post(1)).encode())
    (report,) = loading.load(tmp_path / "home", tmp_path / "in")
    assert (report.status, report.file) == ("loaded", f"{shown}/5200100000.csv")
    assert loading.rows(tmp_path / "home", "records", "account_name_raw") == [shown]
    json.dumps(report.to_json()).encode()


def test_a_file_with_such_a_name_may_be_named_alone(tmp_path: Path) -> None:
    os.makedirs(os.fsencode(tmp_path) + b"/" + GBK)
    path = os.fsencode(tmp_path) + b"/" + GBK + b"/" + GBK + b"5200100000.csv"
    with open(path, "wb") as file:
        file.write((HEAD + post(1)).encode())
    (report,) = loading.load(tmp_path / "home", Path(os.fsdecode(path)))
    assert (report.status, report.file) == ("loaded", "上海发布/上海发布5200100000.csv")


def test_the_command_reports_such_names_in_both_forms(tmp_path: Path) -> None:
    from tests.support.homes import bangdan

    os.makedirs(os.fsencode(tmp_path) + b"/in/" + GBK)
    with open(os.fsencode(tmp_path) + b"/in/" + GBK + b"/5200100000.csv", "wb") as file:
        file.write((HEAD + post(1)).encode())
    assert "上海发布/5200100000.csv" in bangdan(tmp_path / "home", "ingest", tmp_path / "in").stdout


def archive_with(name: bytes, is_marked_utf8: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "中" * 8 + "/5200100000.csv" if is_marked_utf8 else "x" * 8 + "/5200100000.csv", HEAD + post(1)
        )
    written = ("中" * 8).encode() if is_marked_utf8 else b"x" * 8
    return out.getvalue().replace(written, name.ljust(len(written), b"x"))


def test_a_member_whose_name_is_no_utf_8_loads_and_one_that_claims_to_be_utf_8_is_refused(tmp_path: Path) -> None:
    report = load(tmp_path / "a", archive_with(GBK, is_marked_utf8=False), "a.zip")
    assert (report.status, report.file) == ("loaded", "in/a.zip/上海发布/5200100000.csv")
    report = load(tmp_path / "b", archive_with(b"\xff\xfe" * 12, is_marked_utf8=True), "a.zip")
    assert report.reasons == {"ARC_TRUNCATED": 1}


# ---- what a refusal shows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "秘" * 50 + ",b\n1,2\n"), ("a.csv", "秘" * 200 + "\n"), ("a.csv", "466000000000," + "秘" * 50 + "\n"), ("a.csv", "秘" * 50 + "," + "秘" * 50 + "\n"),
        ("a.json", json.dumps({"秘" * 50: 1})), ("a.json", json.dumps(["秘" * 50])), ("a.json", '{"' + "秘" * 50), ("a.jsonl", '{"' + "秘" * 50 + "\n"),
        ("a.xml", "<rss>" + "秘" * 50), ("a.csv", 'id,"' + "秘" * 50),
    ],
)  # fmt: skip
def test_a_refusal_shows_no_more_than_forty_characters_of_a_file(tmp_path: Path, name: str, data: str) -> None:
    report = load(tmp_path, data, name)
    assert report.status == "refused"
    assert (report.message or "").count("秘") <= 40


@pytest.mark.parametrize("encoding", [b"u\x90f-8", b"no-such-codec", b"rot13", b"hex", b"\x00", b"utf-7"])
def test_a_feed_whose_encoding_is_damaged_ends_itself_only(tmp_path: Path, encoding: bytes) -> None:
    text = (
        b'<?xml version="1.0" encoding="' + encoding + b'"?><rss version="2.0"><channel><item><title>a</title></item>'
    )
    report = load(tmp_path, text, "a.xml")
    assert report.status in ("refused", "partial")
    assert set(report.reasons) <= {"XML_BROKEN", "DATE_MISSING", "FILE_NO_ROWS"}
