"""Files are whole or not there: written beside, flushed, renamed, the folder flushed; leftovers of the dead are swept."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from bangdan.core import files


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, ...]]:
    """What is flushed and renamed, in order, by name below the test's folder."""
    recorded: list[tuple[str, ...]] = []
    fsync, replace, mkdir = os.fsync, os.replace, os.mkdir

    def named(path: str | os.PathLike) -> str:
        name = Path(path).relative_to(tmp_path).as_posix()
        return "(partial)" if name.endswith(".partial") else name

    def recorded_fsync(handle: int) -> None:
        recorded.append(("fsync", named(os.readlink(f"/proc/self/fd/{handle}"))))
        fsync(handle)

    def recorded_replace(source: str, target: str) -> None:
        assert Path(source).parent == Path(target).parent, "a rename across folders may be a copy"
        recorded.append(("rename", named(source), named(target)))
        replace(source, target)

    def recorded_mkdir(path: str, mode: int = 0o777) -> None:
        recorded.append(("mkdir", named(path)))
        mkdir(path, mode)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    monkeypatch.setattr(os, "mkdir", recorded_mkdir)
    return recorded


WHOLE = [("fsync", "(partial)"), ("rename", "(partial)", "a.txt"), ("fsync", ".")]


def test_a_text_is_on_disk_before_it_takes_its_name_and_its_name_is_on_disk_after_it(
    calls: list[tuple[str, ...]], tmp_path: Path
) -> None:
    files.write_text(tmp_path / "a.txt", "榜单\r\n")
    assert calls == WHOLE
    assert (tmp_path / "a.txt").read_bytes() == "榜单\r\n".encode()


def test_whatever_is_replaced_is_flushed_renamed_and_flushed(calls: list[tuple[str, ...]], tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old", "utf-8")
    with files.replacing(target) as path:
        path.write_text("new", "utf-8")
        assert target.read_text("utf-8") == "old"
        assert calls == []
    assert calls == WHOLE
    assert target.read_text("utf-8") == "new"


def test_a_text_that_is_there_already_is_left_alone(calls: list[tuple[str, ...]], tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("same", "utf-8")
    initial = target.stat().st_ino
    files.write_text(target, "same")
    assert (calls, target.stat().st_ino) == ([], initial)
    files.write_text(target, "same\n")
    assert calls == WHOLE
    assert target.read_text("utf-8") == "same\n"


def test_folders_that_are_made_are_on_disk_from_the_top_before_anything_is_put_in(
    calls: list[tuple[str, ...]], tmp_path: Path
) -> None:
    files.write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert calls == [
        ("mkdir", "a"), ("fsync", "."), ("mkdir", "a/b"), ("fsync", "a"),
        ("fsync", "(partial)"), ("rename", "(partial)", "a/b/c.txt"), ("fsync", "a/b"),
    ]  # fmt: skip


def test_a_folder_that_is_there_is_not_made_again(calls: list[tuple[str, ...]], tmp_path: Path) -> None:
    files.make_folder(tmp_path)
    assert calls == []


def test_what_is_written_stands_beside_its_target_under_a_hidden_name_of_this_process(tmp_path: Path) -> None:
    with files.replacing(tmp_path / "a.txt") as path:
        assert path == tmp_path / f".a.txt.{os.getpid()}.partial"
        path.touch()


def break_off(path: Path) -> None:
    path.write_text("half", "utf-8")
    raise ZeroDivisionError


def test_a_block_that_raises_leaves_the_target_as_it_was_and_nothing_beside_it(
    calls: list[tuple[str, ...]], tmp_path: Path
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old", "utf-8")
    with pytest.raises(ZeroDivisionError), files.replacing(target) as path:
        break_off(path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert (target.read_text("utf-8"), calls) == ("old", [])


def test_a_block_that_writes_nothing_fails_and_leaves_the_target(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old", "utf-8")
    with pytest.raises(FileNotFoundError), files.replacing(target):
        pass
    assert target.read_text("utf-8") == "old"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_of_the_disk_names_the_file_keeps_the_old_one_and_leaves_nothing_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old", "utf-8")

    def fails(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(OSError, match="No space left") as raised:
        files.write_text(target, "new")
    assert Path(raised.value.filename).name in ("a.txt", f".a.txt.{os.getpid()}.partial")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text("utf-8") == "old"


def test_an_error_keeps_the_name_that_it_bears(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broken") as raised, files.naming(tmp_path / "target"):
        raise OSError(5, "broken", "another file")
    assert raised.value.filename == "another file"
    with pytest.raises(OSError, match="broken") as raised, files.naming(tmp_path / "target"):
        raise OSError(5, "broken")
    assert raised.value.filename == str(tmp_path / "target")


def test_a_file_is_flushed_under_its_name_and_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_before = len(os.listdir("/proc/self/fd"))
    files.sync(tmp_path)

    def fails(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output") as raised:
        files.sync(tmp_path)
    assert raised.value.filename == str(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_only_what_dead_processes_left_half_written_is_swept(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    gone = [tmp_path / f".x.csv.{ended.pid}.partial", deep / f".y.{ended.pid}.partial"]
    kept = [
        tmp_path / f".x.csv.{os.getpid()}.partial",  # a live process's own
        tmp_path / f"x.csv.{ended.pid}.partial",  # not hidden: not ours
        tmp_path / ".x.csv.partial",  # nobody's number
        tmp_path / f".x.csv.{ended.pid}",
        tmp_path / "x.csv",
    ]
    for file in (*gone, *kept):
        file.write_text("x", "utf-8")
    folder = tmp_path / f".folder.{ended.pid}.partial"
    folder.mkdir()
    files.sweep(tmp_path)
    assert [file.name for file in gone if file.exists()] == []
    assert [file.name for file in kept if not file.exists()] == []
    assert folder.is_dir()


def test_sweeping_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    files.sweep(tmp_path / "nowhere")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc\r\n" * 100_000)
    assert files.sha256_of(tmp_path / "a") == hashlib.sha256(b"abc\r\n" * 100_000).hexdigest()
    (tmp_path / "empty").touch()
    assert files.sha256_of(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
