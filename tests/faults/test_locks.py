"""One writer: the second waits or fails at once and names the first; what has died blocks nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bangdan.core import warehouse
from bangdan.core.errors import UsageError, WriterBusy
from bangdan.core.processes import is_alive
from bangdan.core.settings import Settings
from tests.support.homes import PYTHON_PATH, SCRIPTS
from tests.support.promises import promise

HOLD = SCRIPTS / "hold_the_lock.py"


@contextmanager
def holder(home: Path) -> Iterator[subprocess.Popen]:
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, HOLD], env={**os.environ, "BANGDAN_HOME": str(home)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    monkeypatch.setenv("BANGDAN_LOCK_WAIT", "0")
    return Settings.load()


def until(is_so: Callable[[], bool]) -> bool:
    """Whether something comes to be so within 20 s."""
    for _ in range(400):
        if is_so():
            return True
        time.sleep(0.05)
    return False


@promise(
    "A second writer waits 60 s, or as long as BANGDAN_LOCK_WAIT says (0: fails at once), and names the holder.",
    "a second process asks while the first holds",
)
def test_second_writer_names_the_first(settings: Settings) -> None:
    with holder(settings.home) as first:
        with pytest.raises(WriterBusy) as result, warehouse.writing(settings, "second"):
            pytest.fail("two writers at once")
        assert f"process {first.pid} on " in str(result.value)
        assert "run of 2021-08" in str(result.value)
        assert "waited 0 s" in str(result.value)


def test_the_setting_is_a_number_of_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BANGDAN_LOCK_WAIT", raising=False)
    assert Settings.load().lock_wait == 60
    for wrong in ("soon", "-1", "nan"):
        monkeypatch.setenv("BANGDAN_LOCK_WAIT", wrong)
        with pytest.raises(UsageError, match="BANGDAN_LOCK_WAIT"):
            Settings.load()


@promise("A waiting writer goes on as soon as the first has ended.", "the first ends while the second waits")
def test_waiting_writer_goes_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGDAN_LOCK_WAIT", "60")
    with holder(settings.home) as first:
        second = subprocess.Popen(
            [sys.executable, HOLD], env={**os.environ, "BANGDAN_HOME": str(settings.home)}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert first.stdin is not None
        first.stdin.close()
        assert second.communicate(timeout=60)[0] == "held\n"
        assert second.returncode == 0


@promise("A dead holder's lock is taken over at once.", "kill -9 of the holder")
def test_dead_holder_blocks_nobody(settings: Settings) -> None:
    with holder(settings.home) as first:
        first.kill()
        first.wait()
        assert (settings.warehouse.parent / "holder.json").exists()
        with warehouse.writing(settings, "after it"):
            text = json.loads((settings.warehouse.parent / "holder.json").read_text("utf-8"))
            assert (text["pid"], text["what"]) == (os.getpid(), "after it")
        assert not (settings.warehouse.parent / "holder.json").exists()


@promise(
    "What a dead holder left behind is never told as if it lived.",
    "a holder's note of a process that has ended, and of another with the same number",
)
@pytest.mark.parametrize("is_reused", [False, True])
def test_stale_note_never_lies(settings: Settings, is_reused: bool) -> None:
    note = settings.warehouse.parent / "holder.json"
    with holder(settings.home):
        payload = json.loads(note.read_text("utf-8"))
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        payload |= {"pid": os.getpid(), "born": "1"} if is_reused else {"pid": ended.pid}
        note.write_text(json.dumps(payload), "utf-8")
        with (
            pytest.raises(WriterBusy, match=r"is not recorded yet .* has ended"),
            warehouse.writing(settings, "x"),
        ):
            pytest.fail("two writers at once")


@promise("Child processes die with their parent, however it dies.", "kill -9 of a parent with two workers at work")
def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, SCRIPTS / "work_in_processes.py", tmp_path], env={**os.environ, "PYTHONPATH": PYTHON_PATH}
    )
    try:
        assert until(lambda: len(list(tmp_path.glob("*.worker"))) == 2)
        workers = [int(file.stem) for file in tmp_path.glob("*.worker")]
        assert all(is_alive(pid) for pid in workers)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert until(lambda: not any(is_alive(pid) for pid in workers))
    finally:
        parent.kill()
