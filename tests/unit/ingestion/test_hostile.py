"""Files that mean harm: each kind is refused or kept as it is, in bounded memory and time, and nothing leaves its place."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from bangdan.ingestion import archives
from bangdan.ingestion.readers import delimited, documents, workbooks
from tests.support import loading, sample_exports

pytestmark = pytest.mark.slow

HEADER = ["id", "bid", "正文", "日期", "点赞数", "评论数", "转发数", "完整日期"]
GOOD = ["4660000000000001", "", "今天开放接种点", "2021-08-02", "3", "1", "0", "2021-08-02 09:00:00"]


def row(text: str, number: int = 2) -> list[str]:
    return [f"466000000000000{number}", "", text, *GOOD[3:]]


def crawler(*texts: str) -> bytes:
    return ("\ufeff" + loading.table(HEADER, [GOOD, *(row(text, i) for i, text in enumerate(texts, start=2))])).encode()


def loaded(tmp_path: Path, data: bytes, name: str = "演示/5200100000.csv"):  # type: ignore[no-untyped-def]
    return loading.load(tmp_path / "home", loading.put(tmp_path / "in" / name, data))


def codes(reports: list) -> set[str]:
    return {code for report in reports for code in report.reasons}


# ---- archives ----------------------------------------------------------------------------------------------------


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("5200100000.csv")
    info.external_attr = 0o120777 << 16
    return info


def locked() -> bytes:
    """The mark of encryption in both headers is enough: nobody has the password."""
    data = bytearray(zipped(("a.csv", crawler())))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    return bytes(data)


def lying() -> bytes:
    """A member that says it is small and is not."""
    data = bytearray(zipped(("a.csv", b"x" * 200_000)))
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + at
        data[place : place + 4] = (100).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.zip", zipped(("../../5200100000.csv", crawler())), "ARC_TRAVERSAL"),
        ("a.zip", zipped(("/etc/cron.d/x.csv", crawler())), "ARC_TRAVERSAL"),
        ("a.zip", zipped(("..\\..\\x.csv", crawler())), "ARC_TRAVERSAL"),
        ("a.zip", zipped(("C:\\x.csv", crawler())), "ARC_TRAVERSAL"),
        ("a.zip", zipped((link(), b"/etc/passwd")), "ARC_SYMLINK"),
        ("a.zip", zipped(("a.csv", b"0" * 30_000_000)), "ARC_BOMB"),
        ("a.zip", zipped(*((f"{i}.csv", b"") for i in range(archives.MAX_MEMBERS + 1))), "ARC_BOMB"),
        ("a.zip", zipped(("b.zip", zipped(("a.csv", crawler())))), "ARC_NESTED"),
        ("a.zip", zipped(("a.csv", crawler()))[:-40], "ARC_TRUNCATED"),
        ("a.zip", locked(), "ARC_LOCKED"),
        ("a.zip", lying(), "ARC_TRUNCATED"),
        ("a.csv.gz", gzip.compress(b"0" * 300_000_000, 9), "ARC_BOMB"),
        ("a.csv.gz", gzip.compress(crawler())[:-20], "ARC_TRUNCATED"),
        ("a.csv.gz", gzip.compress(gzip.compress(crawler())), "ARC_NESTED"),
        ("a.csv.gz", gzip.compress(zipped(("a.csv", crawler()))), "ARC_NESTED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_archive_that_means_harm_is_refused_whole(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    (report,) = loaded(tmp_path, data, name)
    assert (report.status, report.reasons) == ("refused", {code: 1})
    # Nothing but the archive itself was kept, and nothing half written is left.
    kept = sorted(file.name for file in (tmp_path / "home" / "landing").iterdir() if file.is_file())
    assert kept == [f"{report.sha256}{Path(name).suffix}"]
    assert loading.rows(tmp_path / "home") == []
    assert {file.name for file in tmp_path.iterdir()} == {"in", "home"}


def test_an_archive_of_an_old_windows_keeps_its_names_and_its_clutter_is_left(tmp_path: Path) -> None:
    data = zipped(("GBKGBKGB/5200100000.csv", crawler()), ("__MACOSX/._x.csv", b"\0"), ("GBKGBKGB/.DS_Store", b"\0"))
    name = "演示发布".encode("gb18030")
    (report,) = loaded(tmp_path, data.replace(b"GBKGBKGB", name), "a.zip")
    assert (report.status, report.accepted, report.file) == ("loaded", 1, "in/a.zip/演示发布/5200100000.csv")
    assert loading.rows(tmp_path / "home", "records", "account_name_raw") == ["演示发布"]


def test_a_tar_is_named_and_not_opened(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../x.csv"), io.BytesIO())
    (report,) = loaded(tmp_path, gzip.compress(out.getvalue()), "a.tar.gz")
    assert "tar archive" in (report.message or "")


# ---- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["it's.csv", "*.csv", "[a]?.csv", "a;drop table x--.csv", "..csv", "$(x).csv", "a\nb.csv", "x.c'sv", "{{ 1 }}.csv", "read_csv('x').csv"])  # fmt: skip
def test_a_name_is_a_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", 0)
    loading.put(tmp_path / "in" / "other.csv", "城市,人口\n上海,2487\n")
    file = loading.put(tmp_path / "in" / "演示 5200100000" / name, crawler("多行\n文字"))
    (report,) = loading.load(tmp_path / "home", file)
    assert (report.status, report.accepted) == ("loaded", 2)
    assert report.file == f"演示 5200100000/{name}"
    assert all(
        entry.name.replace(".", "").isalnum() for entry in (tmp_path / "home/landing").iterdir() if entry.is_file()
    )


def test_a_data_folder_may_be_called_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", 0)
    file = loading.put(tmp_path / "in" / "演示" / "5200100000.csv", crawler())
    (report,) = loading.load(tmp_path / "it's [a] *home?", file)
    assert (report.status, report.accepted) == ("loaded", 1)


def test_links_in_the_inbox_are_refused_and_not_followed(tmp_path: Path) -> None:
    loading.put(tmp_path / "far" / "5200100000.csv", crawler())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "5200100000.csv").symlink_to(tmp_path / "far" / "5200100000.csv")
    (tmp_path / "in" / "gone.csv").symlink_to(tmp_path / "nowhere")
    loading.put(tmp_path / "in" / "演示" / "5200100001.csv", crawler())
    reports = {report.file: report for report in loading.load(tmp_path / "home", tmp_path / "in")}
    assert reports.pop("演示/5200100001.csv").accepted == 1
    assert {file: (report.status, report.reasons) for file, report in reports.items()} == dict.fromkeys(
        ["5200100000.csv", "gone.csv", "loop"], ("refused", {"FILE_LINK": 1})
    )
    linked = tmp_path / "in" / "5200100000.csv"  # a link that a person names is followed
    assert [report.status for report in loading.load(tmp_path / "home", linked)] == ["loaded"]


# ---- cells and texts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "@SUM(1+1)*cmd", "+1", "-1", "<script>alert(1)</script>", "[x](javascript:alert(1))", "'; drop table raw.records; --",
     "{{ env_var('HOME') }}{% raw %}", "\u202e反向\u2066", "零\u200b宽\ufeff", "\x07铃\x1b[31m", "转发微博", "#话题#", "U+2028\u2028行"],
)  # fmt: skip
def test_a_text_is_kept_as_it_is(tmp_path: Path, text: str) -> None:
    (report,) = loaded(tmp_path, crawler(text))
    assert (report.status, report.accepted) == ("loaded", 2)
    assert loading.rows(tmp_path / "home", "records", "text")[1] == text


def test_nul_signs_and_texts_without_end_are_rejected_rows(tmp_path: Path) -> None:
    (report,) = loaded(tmp_path, crawler("a\0b", "字" * 300_001, "字" * 300_000))
    assert (report.accepted, report.reasons) == (2, {"CTRL_CHARS": 1, "TXT_TOO_LONG": 1})
    assert [len(reject.value) for reject in report.rejects] == [2, 200]


@pytest.mark.parametrize("is_quoted", [True, False])
def test_a_file_that_is_one_endless_cell_is_refused(tmp_path: Path, is_quoted: bool) -> None:
    text = ("行\n" if is_quoted else "字") * (delimited.MAX_CELL + 10)
    reports = loaded(tmp_path, (",".join(HEADER) + ('\n"' if is_quoted else "\n") + text).encode())
    assert codes(reports) == {"QUOTE_UNCLOSED" if is_quoted else "TXT_TOO_LONG"}
    assert loading.rows(tmp_path / "home") == []


def test_a_header_without_end_is_no_table(tmp_path: Path) -> None:
    assert codes(loaded(tmp_path, b"a," * 100_000)) == {"FILE_NOT_TABULAR"}


# ---- JSON, XML, workbooks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.json", b"[" * 200_000, "JSON_LIMIT"),
        ("a.json", b'[{"aid": ' + b"9" * 5_000 + b"}]", "JSON_LIMIT"),
        ("a.jsonl", b'{"aid": 1, "aid": 2}\n' * 2, "JSON_KEY_TWICE"),
        ("a.json", b"[]", "FILE_NO_ROWS"),
        ("a.json", b"[1, 2]", "FORMAT_UNKNOWN"),
        ("a.jsonl", b'{"aid": ' + b"[" * 100_000 + b"\n", "JSON_TRUNCATED"),
        ("a.json", json.dumps([{f"k{i}": 1 for i in range(3_000)} | {"aid": "1_1", "fakeid": "a", "title": "t", "link": "x"}]).encode(), "FILE_NOT_TABULAR"),
        ("a.xml", b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><rss><channel><item><title>&c;</title></item></channel></rss>', "XML_ENTITY"),
        ("a.xml", b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>', "XML_ENTITY"),
        ("a.xml", '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r [<!ENTITY a "b">]><rss><channel><item><title>&a;</title></item></channel></rss>'.encode("utf-16"), "XML_ENTITY"),
    ],
)  # fmt: skip
def test_documents_that_mean_harm_are_refused(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    reports = loaded(tmp_path, data, name)
    assert codes(reports) == {code}
    assert "root:" not in str(reports)


def test_words_where_objects_belong_are_rejected_rows_not_crashes(tmp_path: Path) -> None:
    result = {"user": "empty", "weibo": ["x", None, {"id": 1, "retweet": "gone", "user_id": [], "text": {"a": 1}}]}
    (report,) = loaded(tmp_path, json.dumps(result).encode(), "a.json")
    assert report.reasons == {"DATE_MISSING": 1}  # the only row has no time: nothing of the file loads
    result = {"list": [{"ref_date": "2021-08-02", "msgid": "1_1", "title": "t", "details": "none"}, 7]}
    (report,) = loaded(tmp_path / "b", json.dumps(result).encode(), "a.json")
    assert (report.rows_read, report.accepted) == (1, 1)


def test_a_document_and_a_line_have_limits_and_lines_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample_exports.exporter_json(tmp_path / "in" / "a.json")
    monkeypatch.setattr(documents, "MAX_DOCUMENT", 1_000)
    assert codes(loading.load(tmp_path / "home", tmp_path / "in" / "a.json")) == {"JSON_LIMIT"}
    sample_exports.weibo_spider(tmp_path / "in" / "b.json")  # JSON Lines by another name: no limit
    monkeypatch.setattr(documents, "MAX_LINE", 1_000)
    (report,) = loading.load(tmp_path / "home", tmp_path / "in" / "b.json")
    assert report.accepted == 12
    line = json.loads((tmp_path / "in" / "b.json").read_text("utf-8").split("\n")[0])
    long = loading.lines(
        [line, {**line, "content": "字" * 5_000, "_id": "1"}, {**line, "_id": "4660000000000009", "mblogid": ""}]
    )
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / "c.jsonl", long))
    assert (report.rows_read, report.accepted, report.reasons) == (3, 2, {"TXT_TOO_LONG": 1})


def sheet_of(*cells: str, parts: dict[str, bytes] | None = None) -> bytes:
    """A workbook by hand: cells are `<c>` elements of its only sheet."""
    kind = "http://schemas.openxmlformats.org"
    sheet = f'<worksheet xmlns="{kind}/spreadsheetml/2006/main"><sheetData><row>{"".join(cells)}</row></sheetData></worksheet>'
    relation = f"{kind}/officeDocument/2006/relationships"
    return zipped(
        ("[Content_Types].xml", f'<Types xmlns="{kind}/package/2006/content-types"/>'.encode()),
        ("_rels/.rels", f'<Relationships xmlns="{kind}/package/2006/relationships"><Relationship Id="r1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode()),
        ("xl/workbook.xml", f'<workbook xmlns="{kind}/spreadsheetml/2006/main" xmlns:r="{relation}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'.encode()),
        ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{kind}/package/2006/relationships"><Relationship Id="r1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'.encode()),
        ("xl/worksheets/sheet1.xml", sheet.encode()),
        *(parts or {}).items(),
    )  # fmt: skip


def test_two_cells_that_span_a_world_are_not_opened(tmp_path: Path) -> None:
    cell = '<c r="{}" t="inlineStr"><is><t>标题</t></is></c>'
    (report,) = loaded(tmp_path, sheet_of(cell.format("A1"), cell.format("XFD1048576")), "a.xlsx")
    assert report.reasons == {"ARC_BOMB": 1}
    assert "1,048,576 rows" in (report.message or "")


def test_a_workbook_that_expands_too_far_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_EXPANDED", 1_000_000)
    data = sheet_of(parts={"xl/media/a.bin": b"0" * 2_000_000})
    assert codes(loaded(tmp_path, data, "a.xlsx")) == {"ARC_BOMB"}


def test_a_zip_that_is_no_workbook_and_a_workbook_by_another_name(tmp_path: Path) -> None:
    assert codes(loaded(tmp_path / "a", zipped(("a.csv", crawler())), "a.xlsx")) == {"FILE_TYPE"}
    sample_exports.exporter_xlsx(tmp_path / "b" / "in" / "a.csv")
    (report,) = loading.load(tmp_path / "home", tmp_path / "b" / "in" / "a.csv")
    assert (report.connector, report.accepted) == ("wechat_exporter_xlsx", 12)


# ---- memory ------------------------------------------------------------------------------------------------------


CHILD = """
import resource, sys
from pathlib import Path
from tests.support import loading
limit = int(sys.argv[3]) * 1024**2
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(report,) = loading.load(Path(sys.argv[1]), Path(sys.argv[2]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, report.rows_read, *report.reasons)
"""


def grown(tmp_path: Path, file: Path) -> tuple[int, int, list[str]]:
    """(megabytes that loading added in a process of its own, rows read, reasons)."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "home"), str(file), "0"],
        capture_output=True,
        text=True,
        check=True,
    )
    added, read, *reasons = done.stdout.split()
    return int(added), int(read), reasons


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """60 MB of lines and 60 MB of large cells take no more than a few batches do."""
    line = json.dumps(
        {
            "_id": "{}",
            "mblogid": "",
            "content": "字" * 600,
            "created_at": "2021-08-02 09:00:00",
            "attitudes_count": 1,
            "user": {"_id": "5200100000"},
        },
        ensure_ascii=False,
    )
    file = tmp_path / "in" / "a.jsonl"
    file.parent.mkdir()
    with file.open("w", encoding="utf-8") as out:
        out.writelines(line.replace('"{}"', f'"{4660000000000001 + 3 * i}"') + "\n" for i in range(30_000))
    added, read, _ = grown(tmp_path, file)
    assert read == 30_000
    assert added < 450
    cells = tmp_path / "in" / "演示" / "5200100000.csv"
    loading.put(cells, crawler(*("字" * 2_500_000 for _ in range(8))))
    added, read, reasons = grown(tmp_path, cells)
    assert (read, reasons) == (9, ["TXT_TOO_LONG"])
    assert added < 450
