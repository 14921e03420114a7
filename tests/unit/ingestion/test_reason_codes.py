"""Every reason code: a file that earns it, what becomes of the file, and the same list in code, tests and docs."""

from __future__ import annotations

import ast
import gzip
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from bangdan.ingestion import landing, raw, raw_writer
from bangdan.ingestion.connectors import feeds
from bangdan.ingestion.loading import prepare_privacy
from bangdan.ingestion.reasons import REASONS
from tests.support import loading
from tests.support.homes import PROJECT

CRAWLER = "演示/5200100000.csv"
HEAD = "id,bid,正文,点赞数,评论数,转发数,完整日期\n"
GOOD = "4660000000000001,,今天开放接种点,3,1,0,2021-08-02 09:00:00\n"
OLD_SEARCH = "id,bid,user_id,用户昵称,微博正文,头条文章url,发布位置,艾特用户,话题,转发数,评论数,点赞数,发布时间,发布工具,微博图片url,微博视频url,retweet_id\n"
SEARCH_ROW = "4660000000000001,,5200100000,甲,正文,,,,,1,2,3,2021-08-02 09:00,,,,\n"
NEWS = {
    "url": "https://www.news.example/a/1", "host": "news.example", "title": "标题", "content": "正文",
    "publish_time": "2021-08-02 09:00:00",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file and what becomes of it: refused; partial, with one rejected row; or loaded, the code only informing."""

    code: str
    becomes: str
    data: str | bytes
    name: str = CRAWLER
    column: str | None = None
    value: str = ""
    row: int = 2
    many: int = 1


def crawler(*more: str) -> str:
    return HEAD + GOOD + "".join(more)


def post(number: int = 2, text: str = "正文", likes: str = "3", at: str = "2021-08-02 09:00:00", bid: str = "") -> str:
    return f"466000000000000{number},{bid},{text},{likes},1,0,{at}\n"


def zipped(name: str | zipfile.ZipInfo = "a.csv", data: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("5200100000.csv")
    info.external_attr = 0o120777 << 16
    return info


def locked() -> bytes:
    data = bytearray(zipped())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    return bytes(data)


def jsonl(*objects: dict) -> str:
    return loading.lines(objects)


CASES = [
    Case("FILE_EMPTY", "refused", ""),
    Case("FILE_NO_ROWS", "loaded", HEAD),
    Case("FILE_NO_ROWS", "refused", "[]", "a.json"),
    Case("FILE_NO_ROWS", "refused", "<rss version='2.0'><channel><title>a</title></channel></rss>", "a.xml"),
    Case("FILE_NOT_TABULAR", "refused", "<!DOCTYPE html><html><body>log in</body></html>"),
    Case("FILE_NOT_TABULAR", "refused", "just one line of text\n"),
    Case("FILE_TYPE", "refused", "a,b\n1,2\n", "a.xlsx"),
    Case("FILE_TYPE", "refused", "<html><table></table></html>", "a.xls"),
    Case("FILE_TYPE", "refused", zipped(), "a.xlsx"),
    Case("FORMAT_UNKNOWN", "refused", "[1, 2]", "a.json"),
    Case("FORMAT_USELESS", "refused", "%PDF-1.4\n", "a.pdf"),
    Case("HDR_UNKNOWN", "refused", "城市,人口\n上海,2487\n"),
    Case("HDR_MISSING", "refused", "4660000000000001,正文,3\n4660000000000002,正文,4\n"),
    Case("HDR_DUPLICATE", "refused", "id,bid,正文,正文,点赞数,评论数,转发数,完整日期\n1,,a,b,1,1,1,2021-08-02\n"),
    Case("HDR_REPEATED", "loaded", crawler(HEAD, post(2), HEAD), many=2),
    Case("HDR_OLDER", "loaded", OLD_SEARCH + SEARCH_ROW + SEARCH_ROW.replace("0001,", "0002,").replace("\n", ",发布于 上海\n"), "词.csv"),
    Case("HDR_PRIVATE", "loaded", jsonl({**NEWS, "cookie": "x", "user_email": "y", "views": 1}), "a.jsonl", many=2),
    Case("HDR_DRIFT", "loaded", HEAD.replace("\n", ",新列\n") + GOOD),
    Case("ENC_REPLACED", "loaded", HEAD.encode("gb18030") + GOOD.encode("gb18030").replace("开".encode("gb18030"), b"\x80")),
    Case("ENC_MIXED", "partial", crawler().encode("gb18030") + post(2, "上 海 发 布").encode()),
    Case("ENC_MIXED", "refused", b"\xff\xfe" + HEAD.encode("utf-16-le") + b"x"),
    Case("ENC_TWICE", "refused", HEAD.encode().decode("latin-1") + GOOD.encode().decode("latin-1")),
    Case("ENC_TWICE", "refused", (HEAD + GOOD).encode().decode("gb18030", "replace")),
    Case("ENC_TWICE", "partial", jsonl(NEWS, {**NEWS, "url": "https://a.example/2", "title": "今天开放的接种点".encode().decode("latin-1")}), "a.jsonl", "title"),
    Case("ENC_SURROGATE", "partial", json.dumps([{**NEWS}, {**NEWS, "url": "https://a.example/2", "title": "半\ud800"}]), "a.json", "title", "半?"),
    Case("CTRL_CHARS", "partial", crawler(post(2, "a\0b")), value="ab"),
    Case("ROW_WIDTH", "partial", crawler(post(2).replace("\n", ",多\n")), value="8 cells for 7 names"),
    Case("ROW_CUT", "partial", crawler(post(2).rpartition(",")[0]), value="6 cells, and 7 in all other rows"),
    Case("QUOTE_UNCLOSED", "refused", crawler('4660000000000002,,"没有尽头\n')),
    Case("JSON_TRUNCATED", "refused", '[{"aid": "1_1", "title": ', "a.json"),
    Case("JSON_TRUNCATED", "refused", '{"aid": "1_1", "title": \n', "a.jsonl"),
    Case("JSON_BAD_LINE", "partial", jsonl(NEWS) + '{"url": \n', "a.jsonl", value='{"url": \n'),
    Case("JSON_BAD_LINE", "partial", jsonl(NEWS) + "[1]\n", "a.jsonl", value="[1]\n"),
    Case("JSON_KEY_TWICE", "partial", jsonl(NEWS) + '{"url": 1, "url": 2}\n', "a.jsonl", value='{"url": 1, "url": 2}\n'),
    Case("JSON_KEY_TWICE", "refused", '[{"url": 1, "host": {"a": 1, "\\u0061": 2}}]', "a.json"),
    Case("JSON_LIMIT", "refused", "[" * 200_000, "a.json"),
    Case("COUNT_NEGATIVE", "partial", crawler(post(2, likes="-3")), column="like_count", value="-3"),
    Case("COUNT_RANGE", "partial", crawler(post(2, likes="1000000000001")), column="like_count", value="1000000000001"),
    Case("COUNT_INVALID", "partial", crawler(post(2, likes="1.5")), column="like_count", value="1.5"),
    Case("COUNT_NA", "loaded", crawler(post(2, likes="暂无"), post(3, likes="-")), many=2),
    Case("ID_MISSING", "partial", jsonl(NEWS, {**NEWS, "url": "", "title": "", "content": ""}), "a.jsonl", "record_id"),
    Case("ID_MISSING", "partial", crawler(",,,3,1,0,2021-08-02 09:00:00\n"), column="record_id"),
    Case("ID_PRECISION", "partial", crawler("4.66E+15,,四舍五入,3,1,0,2021-08-02 09:00:00\n"), column="record_id", value="4.66E+15"),
    Case("ID_PRECISION", "loaded", HEAD + "4660000000000000,KpaSc0001,四舍五入,3,1,0,2021-08-02 09:00:00\n"),
    Case("ID_PRECISION", "loaded", HEAD + "4.66E+15,KpaSc0001,四舍五入,3,1,0,2021-08-02 09:00:00\n"),
    Case("ID_CONFLICT", "partial", crawler(post(2, bid="KpaSc0001")), column="record_id", value="4660000000000002 KpaSc0001"),
    Case("DATE_MISSING", "partial", jsonl(NEWS, {**NEWS, "url": "https://a.example/2", "publish_time": ""}), "a.jsonl", "published_at"),
    Case("DATE_MISSING", "partial", jsonl(NEWS, {**NEWS, "url": "https://a.example/2", "publish_time": "None"}), "a.jsonl", "published_at"),
    Case("DATE_EARLY", "partial", crawler(post(2, at="2008-12-31 23:59:59")), column="published_at", value="2008-12-31 23:59:59"),
    Case("ACCOUNT_NO_KEY", "partial", "account_id,unit_id,platform,account_key_type,account_key,account_name\na,1,wechat,wx_biz,Mz1,甲\nb,1,wechat,name,,乙\n", "accounts.csv", "account_key"),
    Case("DATE_SERIAL", "loaded", HEAD + post(1, at="44410") + post(2, at="44411"), many=2),
    Case("DATE_EPOCH", "loaded", HEAD + post(1, at="1627867815") + post(2, at="20210802093015"), many=1),
    Case("DATE_EPOCH", "loaded", HEAD + post(1, at="1627867815") + post(2, at="1627867815000"), many=2),
    Case("DATE_INVALID", "partial", crawler(post(2, at="2021-08-32")), column="published_at", value="2021-08-32"),
    Case("DATE_FUTURE", "partial", crawler(post(2, at="2021-09-11 07:00:00")), column="published_at", value="2021-09-11 07:00:00"),
    Case("DATE_RELATIVE", "partial", jsonl(NEWS, {**NEWS, "url": "https://a.example/2", "publish_time": "5分钟前"}), "a.jsonl", column="published_at", value="5分钟前"),
    Case("DATE_NO_YEAR", "partial", crawler(post(2, at="08-02 09:30")), column="published_at", value="08-02 09:30"),
    Case("VALUE_UNKNOWN", "partial", "渠道类型,媒体名称,媒体ID,标题,正文,链接,发布时间\n微信,甲,a,t,x,https://a.example/1,2021-08-02\n报纸,甲,a,t,x,https://a.example/2,2021-08-02\n", "v.csv", "channel_type", "报纸"),
    Case("CHANNEL_MISSING", "partial", "渠道类型,媒体名称,媒体ID,标题,正文,链接,发布时间\n微信,甲,a,t,x,https://a.example/1,2021-08-02\n,甲,a,t,x,https://a.example/2,2021-08-02\n", "v.csv", "channel_type"),
    Case("ID_PRECISION", "partial", "渠道类型,媒体名称,媒体ID,标题,正文,链接,发布时间\n微博,甲,5200100000,t,x,https://a.example/1,2021-08-02\n微博,甲,5.2001E+09,t,x,https://a.example/2,2021-08-02\n", "v.csv", "account_key", "5.2001E+09"),
    Case("TXT_TOO_LONG", "partial", crawler(post(2, "字" * 300_001)), value="字" * 200),
    Case("TXT_TOO_LONG", "partial", jsonl(NEWS, {**NEWS, "url": "https://a.example/2", "content": "字" * 300_001}), "a.jsonl", "text", "字" * 200),
    Case("DUP_ID", "loaded", crawler(GOOD, GOOD), many=2),
    Case("ARC_TRUNCATED", "refused", zipped()[:-20], "a.zip"),
    Case("ARC_TRUNCATED", "refused", gzip.compress(crawler().encode())[:-20], "a.csv.gz"),
    Case("ARC_TRUNCATED", "refused", b"PK\x03\x04 no archive", "a.xlsx"),
    Case("ARC_TRAVERSAL", "refused", zipped("../x.csv"), "a.zip"),
    Case("ARC_BOMB", "refused", zipped("a.csv", b"0" * 30_000_000), "a.zip"),
    Case("ARC_SYMLINK", "refused", zipped(link()), "a.zip"),
    Case("ARC_NESTED", "refused", zipped("b.zip", zipped()), "a.zip"),
    Case("ARC_NESTED", "refused", gzip.compress(gzip.compress(b"x")), "a.csv.gz"),
    Case("ARC_LOCKED", "refused", locked(), "a.zip"),
    Case("XML_ENTITY", "refused", "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'b'>]><rss><channel><item><title>&a;</title></item></channel></rss>", "a.xml"),
    Case("XML_BROKEN", "refused", "<?xml version='1.0'?><rss><channel><item", "a.xml"),
]  # fmt: skip
# Each has a test of its own below.
OTHERS = {"FILE_CHANGED", "FILE_LARGE", "PURGED", "DATE_SPREAD", "XML_LIMIT", "FILE_LINK", "FILE_NOTE", "FILE_READER", "FILE_UNREADABLE", "ROW_UNREADABLE", "SHEET_DIFFERS"}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.becomes}-{CASES.index(case)}")
def test_a_file_that_earns_a_code_gets_it(tmp_path: Path, case: Case) -> None:
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / case.name, case.data))
    assert (report.status, report.reasons.get(case.code)) == (case.becomes, case.many), report
    assert set(report.reasons) - {"COUNT_NA", "ENC_REPLACED"} <= {case.code}
    if case.becomes == "refused":
        assert (report.rows_read, report.accepted) == (0, 0)
        assert (report.message or "").startswith(f"{case.code}: ")
        assert loading.rows(tmp_path / "home") == []
    elif case.becomes == "partial":
        (reject,) = report.rejects
        assert (reject.code, reject.row, reject.column) == (case.code, case.row, case.column)
        assert reject.remedy == REASONS[case.code].remedy != ""
        if case.value:
            assert reject.value == case.value
        assert (report.accepted, report.rejected) == (1, 1)
        (stored,) = loading.rows(tmp_path / "home", "rejects")
        assert (stored["reason_code"], stored["source_row"], stored["value_raw"], stored["remedy"]) == (
            case.code, case.row, reject.value, reject.remedy,
        )  # fmt: skip
    else:
        assert (report.rejected, report.rejects) == (0, [])


def test_bytes_that_changed_after_landing_are_refused(tmp_path: Path) -> None:
    home = loading.settings(tmp_path / "home")
    (entry,) = landing.land([loading.put(tmp_path / "in" / CRAWLER, crawler())], home, loading.RECEIVED)
    prepare_privacy(home)
    entry.path.write_bytes(b"x")
    assert raw.load_export(entry, home).reasons == {"FILE_CHANGED": 1}
    entry.path.unlink()
    assert raw.load_export(entry, home).reasons == {"FILE_CHANGED": 1}


def test_bytes_that_were_purged_are_refused_and_not_kept(tmp_path: Path) -> None:
    home = loading.settings(tmp_path / "home")
    file = loading.put(tmp_path / "in" / CRAWLER, crawler())
    (entry,) = landing.land([file], home, loading.RECEIVED)
    entry.path.unlink()
    loading.put(home.landing / "purged" / f"{entry.sha256}.json", '{"months": ["2021-08"]}')
    (again,) = landing.land([file], home, loading.RECEIVED)
    assert again.problem == "PURGED"
    assert not again.path.exists()
    assert raw.load_export(again, home).reasons == {"PURGED": 1}
    assert loading.rows(tmp_path / "home", "export_manifest") == []  # its accounting of before is not written over


def test_a_file_may_hold_as_many_months_as_the_limit_and_not_one_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_writer, "MAX_MONTHS", 4)
    rows = [post(i, at=f"2021-0{i}-02") for i in range(1, 6)]
    four, five = (loading.put(tmp_path / name / CRAWLER, HEAD + "".join(rows[:n])) for name, n in (("a", 4), ("b", 5)))
    (report,) = loading.load(tmp_path / "home", four)
    assert (report.accepted, report.months) == (4, ["2021-01", "2021-02", "2021-03", "2021-04"])
    (report,) = loading.load(tmp_path / "home", five)
    assert report.reasons == {"DATE_SPREAD": 1}


def test_a_feed_may_be_as_large_as_the_limit_and_not_one_byte_larger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "<rss version='2.0'><channel><item><title>a</title><pubDate>Mon, 02 Aug 2021 01:30:15 GMT</pubDate></item></channel></rss>"
    for limit, codes in ((len(text), {}), (len(text) - 1, {"XML_LIMIT": 1})):
        monkeypatch.setattr(feeds, "MAX_FEED", limit)
        (report,) = loading.load(tmp_path / str(limit), loading.put(tmp_path / "in" / f"{limit}.xml", text))
        assert report.reasons == codes


@pytest.mark.parametrize(("hours", "codes"), [(23, {}), (24, {}), (25, {"DATE_FUTURE": 1})])
def test_a_day_of_grace_for_times_after_the_export_was_received(tmp_path: Path, hours: int, codes: dict) -> None:
    """The export was received on 10 September at 6."""
    at = f"2021-09-{10 + (6 + hours) // 24} {(6 + hours) % 24:02d}:00:00"
    (report,) = loading.load(tmp_path, loading.put(tmp_path / "in" / CRAWLER, HEAD + post(1, at=at)))
    assert report.reasons == codes


# ---- one list ----------------------------------------------------------------------------------------------------

CODE = re.compile(
    r"(?:FILE|SHEET|CHANNEL|FORMAT|HDR|ENC|CTRL|ROW|QUOTE|JSON|COUNT|ID|DATE|VALUE|TXT|DUP|ARC|XML|ACCOUNT)_[A-Z_]+|PURGED"
)


def test_every_code_has_a_file_that_earns_it() -> None:
    assert {case.code for case in CASES} | OTHERS == set(REASONS)


def test_every_code_that_the_program_gives_is_explained_and_none_is_explained_for_nothing() -> None:
    given: dict[str, int] = {}
    for file in (PROJECT / "plugins" / "bangdan").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                given[node.value] = given.get(node.value, 0) + 1
    assert set(given) == set(REASONS)
    # Once where it is explained, and once more where it is given.
    assert [code for code, times in given.items() if times < 2] == []


def test_the_documentation_lists_the_same_codes_meanings_and_remedies() -> None:
    page = (PROJECT / "docs" / "exports.md").read_text("utf-8")
    result = re.findall(r"^\| `([A-Z_]+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert {code: (meaning, remedy) for code, meaning, remedy in result} == REASONS
    assert len(result) == len(REASONS)


def test_a_file_without_one_accepted_row_is_refused_and_names_the_first_reason(tmp_path: Path) -> None:
    rows = [post(1, at="2021-02-30"), post(2, likes="x" * 50), post(3, likes="y")]
    (report,) = loading.load(tmp_path, loading.put(tmp_path / "in" / CRAWLER, HEAD + "".join(rows)))
    assert (report.status, report.reasons, report.rows_read) == ("refused", {"COUNT_INVALID": 1}, 0)
    assert "(none of 3 rows could be accepted; row 1, published_at: DATE_INVALID '2021-02-30')" in (
        report.message or ""
    )
    assert loading.rows(tmp_path) == loading.rows(tmp_path, "rejects") == []
