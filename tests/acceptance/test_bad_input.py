"""Files broken the ways files are: each gets a reason code, and nothing of it is half loaded."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.support.homes import bangdan, published

HEADER = "id,bid,正文,日期,工具,点赞数,评论数,转发数,话题,@用户,完整日期,是否原创\r\n"
GOOD = "4660000000000001,,今天开放接种点,2021-08-02,,3,1,0,,,2021-08-02 09:00:00,True\r\n"


def ingest(tmp_path: Path, name: str, data: bytes, code: int = 0) -> dict:
    file = tmp_path / "in" / "演示发布" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    words = ("ingest", tmp_path / "in", "--received-at", "2021-09-10T06:00:00+08:00", "--json")
    return json.loads(bangdan(tmp_path / "home", *words, code=code).stdout)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("5200100000.csv", b"", "FILE_EMPTY"),
        ("5200100000.csv", b"<!doctype html><html><body>login</body></html>", "FILE_NOT_TABULAR"),
        ("x.csv", "城市,人口\r\n上海,2487\r\n".encode(), "HDR_UNKNOWN"),
        ("a.json", b'[{"aid": "1_1", "title": ', "JSON_TRUNCATED"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason_and_loads_nothing(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    report = ingest(tmp_path, name, data, code=1)
    (file,) = report["files"]
    assert file["status"] == "refused"
    assert reason in file["reasons"] or (reason == "HDR_UNKNOWN" and "FORMAT_UNKNOWN" in file["reasons"])
    assert file["accepted"] == 0
    assert not list((tmp_path / "home/raw/records").glob("month=20*/*.parquet"))


def test_a_header_without_rows_is_told_and_refuses_nothing(tmp_path: Path) -> None:
    (file,) = ingest(tmp_path, "5200100000.csv", HEADER.encode())["files"]
    assert (file["status"], file["rows_read"], file["accepted"]) == ("loaded", 0, 0)
    assert "FILE_NO_ROWS" in file["reasons"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("4660000000000002,,负数,2021-08-02,,-3,1,0,,,2021-08-02 09:00:00,True\r\n", "COUNT_NEGATIVE"),
        ("4660000000000002,,无此日,2021-08-32,,3,1,0,,,2021-08-32 09:00:00,True\r\n", "DATE_INVALID"),
        ("4660000000000002,,将来,2031-08-02,,3,1,0,,,2031-08-02 09:00:00,True\r\n", "DATE_FUTURE"),
    ],
)
def test_a_bad_row_is_rejected_with_row_and_remedy_and_the_rest_loads(tmp_path: Path, row: str, reason: str) -> None:
    report = ingest(tmp_path, "5200100000.csv", ("\ufeff" + HEADER + GOOD + row).encode())
    (file,) = report["files"]
    assert (file["status"], file["rows_read"], file["accepted"], file["rejected"]) == ("partial", 2, 1, 1)
    assert file["rejects"][0]["row"] == 2
    assert file["rejects"][0]["code"] == reason
    assert file["rejects"][0]["remedy"]


def test_the_same_file_twice_is_counted_once(tmp_path: Path) -> None:
    data = ("\ufeff" + HEADER + GOOD).encode()
    ingest(tmp_path, "5200100000.csv", data)
    words = ("ingest", tmp_path / "in", "--received-at", "2021-09-11T06:00:00+08:00", "--json")
    again = json.loads(bangdan(tmp_path / "home", *words).stdout)
    assert (again["rows_read"], again["accepted"], again["duplicate"]) == (1, 0, 1)


def test_an_archive_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "in" / "a.zip"
    file.parent.mkdir()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../5200100000.csv", HEADER + GOOD)
    report = json.loads(bangdan(tmp_path / "home", "ingest", file, "--json", code=1).stdout)
    assert report["files"][0]["reasons"] == {"ARC_TRAVERSAL": 1}


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "演示发布" / "5200100000.csv"
    file.parent.mkdir()
    file.write_text("\ufeff" + HEADER + GOOD, "utf-8")
    bangdan(tmp_path / "home", "ingest", file.parent, "--dry-run")
    assert not (tmp_path / "home" / "landing").exists()


def test_a_source_that_rejects_more_than_it_may_stops_the_month(copy_of_city: Path, tmp_path: Path) -> None:
    """The source has a limit of its own or the general one; a post that two accounts claim is told beside it."""
    ((post_id,),) = published(
        copy_of_city,
        "select post_id from published.posts where ranking_month = '2021-08' and platform = 'weibo' order by 1 limit 1",
    )
    header = "note_id,content,create_time,liked_count,comments_count,shared_count,user_id,nickname\n"
    rows = "".join(
        f"466999900000000{i},第{i}条,1628{i}00000,{'很多' if i > 4 else 3},0,0,6999999999,合成\n" for i in range(1, 9)
    )
    file = tmp_path / "synthetic" / "contents.csv"
    file.parent.mkdir()
    (file.parent / "_delivery.json").write_text('{"synthetic": true}', "utf-8")
    file.write_text(f"{header}{post_id[6:]},抄来的,1628000000,1,0,0,6999999999,合成\n{rows}", "utf-8")
    payload = json.loads(bangdan(copy_of_city, "ingest", file, "--json").stdout)
    assert (payload["rows_read"], payload["accepted"], payload["rejected"]) == (9, 5, 4)
    before = sorted((copy_of_city / "releases").rglob("*"))
    assert "raw_exports.sources" in bangdan(copy_of_city, "run", "--month", "2021-08", code=3).stderr
    assert sorted((copy_of_city / "releases").rglob("*")) == before
    report = json.loads((copy_of_city / "runs/2021-08/quality/raw_exports.json").read_text("utf-8"))
    (failure,) = report["failures"]
    (row,) = failure["rows"]
    assert (row["connector"], row["rows_read"], row["rejected"]) == ("media_crawler", "9", "4")
    assert [warning["frame"] for warning in report["warnings"]].count("contested") == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "--month", "2021-13"), 2, "YYYY-MM"),
        (("run", "--month", "2021-08"), 3, "no loaded export holds records of it"),
        (("explain", "--month", "2021-08"), 2, "--unit"),
        (("sql", "select 1"), 1, "nothing has been published"),
    ],
)
def test_wrong_words_and_an_empty_house_are_told_with_a_remedy(
    tmp_path: Path, words: tuple, code: int, message: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = bangdan(home, *words, code=code)
    assert message in done.stderr
    assert "remedy" in done.stderr
