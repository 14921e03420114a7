"""How files land: whose time counts, what they are called, what an archive may hold, and that names follow synced bytes."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import os
import random
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bangdan.core import files
from bangdan.core.errors import ExportRefused
from bangdan.ingestion import archives, landing, raw
from bangdan.ingestion.landing import LandedExport
from tests.support import loading

SHANGHAI = timezone(timedelta(hours=8))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def land(tmp_path: Path, *paths: Path, received: str | None = None) -> list[LandedExport]:
    home = loading.settings(tmp_path / "home")
    return landing.land(list(paths), home, at(received) if received else None)


def note(folder: Path, **result: Any) -> None:
    loading.put(folder / "_delivery.json", json.dumps(result))


# ---- when --------------------------------------------------------------------------------------------------------


def test_a_given_time_wins_over_a_note_and_a_note_over_the_files_own(tmp_path: Path) -> None:
    file = loading.put(tmp_path / "in" / "a.csv", "x")
    os.utime(file, (1627867815, 1627867815))
    (entry,) = land(tmp_path / "1", tmp_path / "in")
    assert entry.received_at == at("2021-08-02T09:30:15")
    note(tmp_path / "in", received_at="2021-08-03T01:00:00+00:00")
    (entry,) = land(tmp_path / "2", tmp_path / "in")
    assert entry.received_at == at("2021-08-03T09:00")
    (entry,) = land(tmp_path / "3", tmp_path / "in", received="2021-08-04T00:00")
    assert entry.received_at == at("2021-08-04T00:00")


def test_the_nearest_note_counts_and_none_above_what_was_named(tmp_path: Path) -> None:
    for name in ("in/deep/er/a.csv", "in/b.csv"):
        loading.put(tmp_path / name, name)
    note(tmp_path, received_at="2021-01-01T00:00:00")
    note(tmp_path / "in", received_at="2021-02-01T00:00:00")
    note(tmp_path / "in" / "deep", received_at="2021-03-01T00:00:00")
    times = {entry.source_file: entry.received_at for entry in land(tmp_path / "1", tmp_path / "in")}
    assert times == {"deep/er/a.csv": at("2021-03-01"), "b.csv": at("2021-02-01")}
    (tmp_path / "in" / "_delivery.json").unlink()
    os.utime(tmp_path / "in" / "b.csv", (1627867815, 1627867815))
    times = {entry.source_file: entry.received_at for entry in land(tmp_path / "2", tmp_path / "in")}
    assert times["b.csv"] == at("2021-08-02T09:30:15")


@pytest.mark.parametrize("times", [["2021-08-02", "2021-08-03"], ["2021-08-03", "2021-08-02"], ["2021-08-02", "2021-08-02"]])  # fmt: skip
def test_the_same_bytes_under_the_same_name_are_one_export_with_the_earliest_time(
    tmp_path: Path, times: list[str]
) -> None:
    file = loading.put(tmp_path / "in" / "a.csv", "x")
    for time in times:
        (entry,) = land(tmp_path, file, received=time)
    assert entry.received_at == at("2021-08-02")
    assert [result.received_at for result in landing.landed_exports(loading.settings(tmp_path / "home"))] == [
        at("2021-08-02")
    ]


def test_the_earliest_delivery_names_an_export_and_of_one_moment_the_first_name(tmp_path: Path) -> None:
    for name, time in (("in/c.csv", "2021-08-02"), ("in/b.csv", "2021-08-02"), ("in/a.csv", "2021-08-03")):
        land(tmp_path, loading.put(tmp_path / name, "x"), received=time)
    land(tmp_path, loading.put(tmp_path / "in" / "z.csv", "other"), received="2021-08-09")
    home = loading.settings(tmp_path / "home")
    sha256 = hashlib.sha256(b"x").hexdigest()
    assert landing.earliest_delivery(sha256, home).source_file == "in/b.csv"
    first = landing.first_deliveries(home)
    assert {key: export.source_file for key, export in first.items()} == {
        sha256: "in/b.csv",
        hashlib.sha256(b"other").hexdigest(): "in/z.csv",
    }


# ---- names -------------------------------------------------------------------------------------------------------


def test_a_file_of_a_folder_is_named_within_it_and_one_named_alone_keeps_its_folder(tmp_path: Path) -> None:
    file = loading.put(tmp_path / "in" / "演示" / "5200100000.csv", "x")
    assert [entry.source_file for entry in land(tmp_path / "1", tmp_path / "in")] == ["演示/5200100000.csv"]
    assert [entry.source_file for entry in land(tmp_path / "2", file)] == ["演示/5200100000.csv"]
    assert [entry.source_file for entry in land(tmp_path / "3", file.parent)] == ["5200100000.csv"]


def test_hidden_files_and_folders_half_written_ones_and_notes_are_left(tmp_path: Path) -> None:
    for name in (
        "a.csv", ".b.csv", ".git/c.csv", "d.csv.partial", "e.csv.crdownload", "f.xlsx.part", "~$g.xlsx", "Thumbs.db",
        "desktop.ini", "e/f.csv", "_delivery.json",
    ):  # fmt: skip
        loading.put(tmp_path / "in" / name, "{}" if name.endswith("json") else name)
    assert sorted(entry.source_file for entry in land(tmp_path, tmp_path / "in")) == ["a.csv", "e/f.csv"]


def test_an_export_is_its_bytes_and_what_of_its_path_may_mean_something(tmp_path: Path) -> None:
    names = ["x/甲/1.csv", "y/甲/1.csv", "y/甲/1.txt", "y/甲/2.csv", "y/乙/1.csv"]
    ids = {}
    for name in names:
        (entry,) = land(tmp_path, loading.put(tmp_path / name, "x"), received="2021-08-02")
        ids[name] = entry.export_id
    assert ids[names[0]] == ids[names[1]] == ids[names[2]]
    assert len(set(ids.values())) == 3
    sha256 = hashlib.sha256(b"x").hexdigest()
    assert ids[names[0]] == f"{sha256}.{hashlib.sha256('甲/1'.encode()).hexdigest()[:12]}"


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.CSV", ".csv"), ("a.c'sv", ".bin"), ("a", ".bin"), ("a.表", ".bin"), ("a.tar.xz", ".xz"), ("a.", ".bin")]
)  # fmt: skip
def test_landed_bytes_are_named_by_their_hash_and_a_plain_suffix(tmp_path: Path, name: str, suffix: str) -> None:
    (entry,) = land(tmp_path, loading.put(tmp_path / "in" / name, "x"), received="2021-08-02")
    assert entry.path == tmp_path / "home" / "landing" / (hashlib.sha256(b"x").hexdigest() + suffix)
    assert entry.path.read_bytes() == b"x"


@pytest.mark.parametrize(
    ("folder", "result", "is_synthetic"),
    [("in", {}, False), ("in", {"synthetic": True}, True), ("in", {"synthetic": False}, False), ("Synthetic-1", {}, False), ("合成", {}, False)],
)  # fmt: skip
def test_an_export_is_synthetic_where_its_note_says_so_whatever_its_name(
    tmp_path: Path, folder: str, result: dict, is_synthetic: bool
) -> None:
    loading.put(tmp_path / "top" / folder / "a.csv", "x")
    if result:
        note(tmp_path / "top" / folder, **result)
    (entry,) = land(tmp_path, tmp_path / "top")
    assert entry.is_synthetic is is_synthetic
    (stored,) = landing.landed_exports(loading.settings(tmp_path / "home"))
    assert stored == entry


def test_a_delivery_is_written_down_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    (entry,) = land(tmp_path, loading.put(tmp_path / "in" / "a.csv", "x"), received="2021-08-02T09:30:15")
    sha256 = hashlib.sha256(b"x").hexdigest()
    payload = json.loads(
        (tmp_path / "home/landing/deliveries" / sha256[:2] / f"{entry.export_id}.json").read_text("utf-8")
    )
    assert payload == {
        "export_id": entry.export_id, "sha256": sha256, "file": f"{sha256}.csv", "source_file": "in/a.csv",
        "received_at": "2021-08-02T09:30:15+08:00", "is_synthetic": False, "problem": None, "problem_detail": "",
    }  # fmt: skip


# ---- archives ----------------------------------------------------------------------------------------------------


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def problem(tmp_path: Path, name: str, data: bytes) -> str | None:
    result = land(tmp_path, loading.put(tmp_path / "in" / name, data), received="2021-08-02")
    codes = {entry.problem for entry in result}
    assert len(codes) == 1
    return codes.pop()


def test_members_are_exports_named_within_their_archive(tmp_path: Path) -> None:
    file = loading.put(
        tmp_path / "in" / "a.zip", zipped(**{"甲/1.csv": b"x", "b.csv": b"y", "甲/": b"", ".hidden/c.csv": b"z"})
    )
    result = land(tmp_path, file, received="2021-08-02")
    assert {entry.source_file: entry.path.read_bytes() for entry in result} == {
        "in/a.zip/甲/1.csv": b"x",
        "in/a.zip/b.csv": b"y",
    }
    assert {entry.received_at for entry in result} == {at("2021-08-02")}


@pytest.mark.parametrize(("name", "inner"), [("a.csv.gz", "in/a.csv"), ("a.GZ", "in/a"), ("a.csv", "in/a.csv")])
def test_a_gzip_is_told_by_its_bytes_and_loses_its_suffix(tmp_path: Path, name: str, inner: str) -> None:
    (entry,) = land(tmp_path, loading.put(tmp_path / "in" / name, gzip.compress(b"x")), received="2021-08-02")
    assert (entry.source_file, entry.path.read_bytes()) == (inner, b"x")


@pytest.mark.parametrize(("size", "code"), [(1_000_000, None), (1_000_001, "ARC_BOMB")])
def test_a_hundredfold_is_allowed_of_ten_thousand_bytes_at_least(tmp_path: Path, size: int, code: str | None) -> None:
    assert problem(tmp_path / "gz", "a.csv.gz", gzip.compress(b"0" * size)) == code
    assert problem(tmp_path / "zip", "a.zip", zipped(**{"a.csv": b"0" * size})) == code


def test_a_hundredfold_is_of_what_is_packed_where_that_is_more(tmp_path: Path) -> None:
    """20,000 bytes that do not pack may stand for two million."""
    data = random.Random(1).randbytes(20_000) + b"0" * 1_500_000
    assert problem(tmp_path / "gz", "a.csv.gz", gzip.compress(data)) is None
    assert problem(tmp_path / "zip", "a.zip", zipped(**{"a.csv": data})) is None
    more = data + b"0" * 900_000
    assert problem(tmp_path / "gz", "b.csv.gz", gzip.compress(more)) == "ARC_BOMB"
    assert problem(tmp_path / "zip", "b.zip", zipped(**{"a.csv": more})) == "ARC_BOMB"


def test_an_archive_may_hold_as_many_members_and_bytes_as_the_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zipped(a=b"12345", b=b"12345")
    for name, limit, code in (
        ("MAX_MEMBERS", 2, None),
        ("MAX_MEMBERS", 1, "ARC_BOMB"),
        ("MAX_BYTES", 10, None),
        ("MAX_BYTES", 9, "ARC_BOMB"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(archives, name, limit)
            assert problem(tmp_path / f"{name}{limit}", "a.zip", data) == code
    monkeypatch.setattr(archives, "MAX_BYTES", 9)
    assert problem(tmp_path / "gz", "a.gz", gzip.compress(b"1234567890")) == "ARC_BOMB"
    assert problem(tmp_path / "gz9", "a.gz", gzip.compress(b"123456789")) is None


@pytest.mark.parametrize("name", ["a.zip", "a.gz"])
def test_a_full_disk_while_an_archive_is_unpacked_is_no_fault_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    data = zipped(**{"b.csv": b"x"}) if name == "a.zip" else gzip.compress(b"x")
    file = loading.put(tmp_path / "in" / name, data)
    monkeypatch.setattr(files, "sync", full)
    with pytest.raises(OSError, match="No space left"):
        land(tmp_path, file)
    assert landing.landed_exports(loading.settings(tmp_path / "home")) == []


def test_a_damaged_lzma_member_is_a_truncated_archive(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", os.urandom(5_000))
    data = bytearray(stream.getvalue())
    data[44:48] = b"\xff" * 4  # the properties of the compressor
    assert problem(tmp_path, "a.zip", bytes(data)) == "ARC_TRUNCATED"


@pytest.mark.parametrize("suffix", [".zip", ".gz", ".7z", ".rar", ".tar", ".ZIP"])
def test_an_archive_in_an_archive_is_refused_by_its_name(tmp_path: Path, suffix: str) -> None:
    assert problem(tmp_path, "a.zip", zipped(**{f"b{suffix}": b"x", "a.csv": b"y"})) == "ARC_NESTED"


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"])
def test_an_archive_in_a_gzip_is_refused_by_its_bytes(tmp_path: Path, start: bytes) -> None:
    assert problem(tmp_path, "a.gz", gzip.compress(start + b"rest")) == "ARC_NESTED"


@pytest.mark.parametrize("name", ["../a.csv", "a/../../b.csv", "/a.csv", "..\\a.csv", "C:/a.csv", "C:\\a.csv"])
def test_a_member_that_leaves_its_archive_is_refused(tmp_path: Path, name: str) -> None:
    assert problem(tmp_path, "a.zip", zipped(**{"ok.csv": b"y", name: b"x"})) == "ARC_TRAVERSAL"


def test_of_an_archive_that_breaks_off_no_member_is_an_export(tmp_path: Path) -> None:
    data = bytearray(zipped(**{"a.csv": b"first", "b.csv": random.Random(1).randbytes(500)}))
    data[data.index(b"b.csv") + 200] ^= 0xFF
    result = land(tmp_path, loading.put(tmp_path / "in" / "a.zip", bytes(data)), received="2021-08-02")
    assert [(entry.source_file, entry.problem) for entry in result] == [("in/a.zip", "ARC_TRUNCATED")]


def test_a_workbook_is_a_zip_and_no_archive(tmp_path: Path) -> None:
    (entry,) = land(tmp_path, loading.put(tmp_path / "in" / "a.xlsx", zipped(a=b"x")), received="2021-08-02")
    assert (entry.source_file, entry.problem) == ("in/a.xlsx", None)


# ---- bytes -------------------------------------------------------------------------------------------------------


def test_bytes_above_the_limit_are_not_kept_and_at_it_they_are(tmp_path: Path) -> None:
    home = loading.settings(tmp_path)
    assert landing.keep(io.BytesIO(b"12345"), "a.csv", home, 5) == hashlib.sha256(b"12345").hexdigest()
    with pytest.raises(ExportRefused, match="ARC_BOMB"):
        landing.keep(io.BytesIO(b"123456"), "a.csv", home, 5)
    assert [path.name for path in home.landing.iterdir()] == [f"{hashlib.sha256(b'12345').hexdigest()}.csv"]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Every fsync and rename of this process, in order, by path."""
    done: list[tuple[str, ...]] = []
    fsync, replace, link = os.fsync, os.replace, os.link
    monkeypatch.setattr(
        os, "fsync", lambda handle: (done.append(("sync", os.readlink(f"/proc/self/fd/{handle}"))), fsync(handle))[1]
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append(("name", str(a), str(b))), replace(a, b))[1])
    monkeypatch.setattr(os, "link", lambda a, b: (done.append(("name", str(a), str(b))), link(a, b))[1])
    return done


def test_nothing_takes_its_name_before_its_bytes_are_on_disk_nor_without_its_folder(
    tmp_path: Path, steps: list[tuple[str, ...]]
) -> None:
    """Landed bytes, the note of the delivery, the key, rows and manifest: each is synced, renamed, and its folder synced."""
    text = "id,bid,正文,点赞数,评论数,转发数,完整日期\n4660000000000001,,x,1,1,1,2021-08-02\n4660000000000002,,x,-1,1,1,2021-08-02\n"
    for account in ("5200100000", "5200100001"):  # the second finds all folders there: none is synced for its own sake
        (report,) = loading.load(
            tmp_path / "home",
            loading.put(tmp_path / "in" / "演示" / f"{account}.csv", text + f"{account},,y,1,1,1,2021-08-03\n"),
        )
        assert (report.accepted, report.rejected) == (2, 1)
    named = [(i, step[1], Path(step[2])) for i, step in enumerate(steps) if step[0] == "name"]
    kinds = {target.relative_to(tmp_path / "home").parts[:2] for _, _, target in named}
    for kind in (
        ("raw", "records"),
        ("raw", "rejects"),
        ("raw", "export_manifest"),
        ("landing", "deliveries"),
        ("secrets", "privacy.key"),
    ):
        assert kind in kinds, kind
    assert len([kind for kind in kinds if kind[0] == "landing"]) == 3
    for i, source, target in named:
        assert ("sync", source) in steps[:i], target
        assert steps[i + 1] == ("sync", str(target.parent)), target
    # The row that makes the export count is the last to be named.
    last = [target for _, _, target in named][-1]
    assert last.parent.name == "export_manifest"


def test_an_error_in_the_middle_leaves_nothing_beside(tmp_path: Path) -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise OSError(5, "the wire was cut")

    home = loading.settings(tmp_path)
    with pytest.raises(OSError, match="wire"):
        landing.keep(Broken(), "a.csv", home)
    assert list(home.landing.iterdir()) == []


def test_bytes_are_checked_before_they_are_read(tmp_path: Path) -> None:
    (entry,) = land(tmp_path, loading.put(tmp_path / "in" / "a.csv", "x"), received="2021-08-02")
    landing.check_bytes(entry)
    entry.path.write_bytes(b"y")
    with pytest.raises(ExportRefused, match=r"in/a\.csv"):
        landing.check_bytes(entry)
    assert raw.load_export(entry, loading.settings(tmp_path / "home")).reasons == {"FILE_CHANGED": 1}
