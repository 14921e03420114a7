"""The warehouse: opened with the same settings everywhere, held by one writer who is named, let go however work ends."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from bangdan.core import warehouse
from bangdan.core.errors import BangdanError, WriterBusy
from bangdan.core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "it's a home", 3, "300MB", lock_wait=0)


def setting(con: duckdb.DuckDBPyConnection, name: str) -> object:
    return con.execute(f"select current_setting('{name}')").fetchall()[0][0]


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


# ---- connections -------------------------------------------------------------------------------------------------


@contextmanager
def opened(settings: Settings, how: str) -> Iterator[duckdb.DuckDBPyConnection]:
    if how == "in memory":
        with warehouse.in_memory(settings) as con:
            yield con
    else:
        with warehouse.connect(settings):
            pass
        with warehouse.connect(settings, read_only=how == "read only") as con:
            yield con


@pytest.mark.parametrize("how", ["for writing", "read only", "in memory"])
def test_every_connection_is_independent_of_machine_zone_and_network(settings: Settings, how: str) -> None:
    with opened(settings, how) as con:
        assert setting(con, "TimeZone") == "Asia/Shanghai"
        assert setting(con, "threads") == 3
        assert setting(con, "memory_limit") == "286.1 MiB"  # 300 million bytes
        assert setting(con, "autoinstall_known_extensions") is False
        assert setting(con, "autoload_known_extensions") is False
        assert setting(con, "enable_progress_bar") is False
        spill = settings.home / "warehouse" / f"spill-{os.getpid()}"
        assert setting(con, "temp_directory") == str(spill)
        [(local,)] = con.execute("select strftime(timestamptz '2021-08-31 16:00:00+00', '%Y-%m-%d %H')").fetchall()
        assert local == "2021-09-01 00"


def test_settings_that_a_library_or_a_person_left_otherwise_are_set_right(settings: Settings) -> None:
    con = duckdb.connect()
    for name in ("enable_progress_bar", "autoinstall_known_extensions", "autoload_known_extensions"):
        con.execute(f"set {name} = true")
    warehouse.configure(con, settings)
    assert not setting(con, "enable_progress_bar")
    assert not setting(con, "autoinstall_known_extensions")
    assert not setting(con, "autoload_known_extensions")
    con.close()


def test_what_is_opened_to_read_cannot_be_written_and_what_is_opened_to_write_can(settings: Settings) -> None:
    with warehouse.connect(settings) as con:
        con.execute("create table t as select 1 as one")
    with warehouse.connect(settings, read_only=True) as con:
        assert con.execute("select one from t").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute("insert into t values (2)")


def test_a_connection_is_closed_however_its_block_ends(settings: Settings) -> None:
    with warehouse.connect(settings) as kept:
        pass
    with pytest.raises(duckdb.ConnectionException):
        kept.execute("select 1")
    with pytest.raises(ZeroDivisionError), warehouse.connect(settings) as kept:
        raise ZeroDivisionError
    with pytest.raises(duckdb.ConnectionException):
        kept.execute("select 1")


def test_reading_before_anything_was_built_says_what_to_run_and_makes_no_file(settings: Settings) -> None:
    with (
        pytest.raises(BangdanError, match=r"nothing has been built yet\n  remedy: run `bangdan run --month YYYY-MM`"),
        warehouse.connect(settings, read_only=True),
    ):
        pytest.fail("it was opened")
    assert not settings.warehouse.exists()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_damaged_warehouse_is_named_with_what_to_do(settings: Settings, read_only: bool) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    settings.warehouse.write_bytes(b"x" * 20_000)
    with pytest.raises(BangdanError) as raised, warehouse.connect(settings, read_only=read_only):
        pytest.fail("it was opened")
    assert str(settings.warehouse) in raised.value.message
    assert "cannot be opened" in raised.value.message
    assert raised.value.remedy is not None
    assert raised.value.remedy.startswith("remove ")
    assert "run the month again" in raised.value.remedy


def test_a_warehouse_that_another_program_has_open_is_no_damaged_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_words: object, **_more: object) -> None:
        raise duckdb.IOException("Could not set lock on file")

    monkeypatch.setattr(duckdb, "connect", fails)
    with pytest.raises(BangdanError, match="Could not set lock") as raised, warehouse.connect(settings):
        pytest.fail("it was opened")
    assert raised.value.remedy == "end the program that has the file open, and run the same command again"


def test_an_error_that_is_not_known_gets_the_remedy_of_a_damaged_warehouse(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_words: object, **_more: object) -> None:
        raise duckdb.IOException("something new")

    monkeypatch.setattr(duckdb, "connect", fails)
    with pytest.raises(BangdanError, match="something new") as raised, warehouse.connect(settings):
        pytest.fail("it was opened")
    assert raised.value.remedy == "remove it (with its .wal, if any) and run the month again: it is made anew from raw"


# ---- one writer --------------------------------------------------------------------------------------------------


def holder(settings: Settings) -> dict:
    return json.loads((settings.warehouse.parent / "holder.json").read_text("utf-8"))


def refused(settings: Settings) -> str:
    """What another process is told that wants to write."""
    script = (
        "from bangdan.core import warehouse; from bangdan.core.settings import Settings; from pathlib import Path\n"
        f"with warehouse.writing(Settings(Path({str(settings.home)!r}), 1, '1GB', lock_wait={settings.lock_wait}), 'x'): print('held')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout in ("", "held\n")
    return done.stdout or done.stderr


def test_the_holder_is_written_down_while_the_work_goes_on_and_no_longer(settings: Settings) -> None:
    with warehouse.writing(settings, "run of 2021-08"):
        recorded = holder(settings)
        assert (recorded["pid"], recorded["host"], recorded["what"]) == (
            os.getpid(),
            socket.gethostname(),
            "run of 2021-08",
        )
        stat = Path("/proc/self/stat").read_text("utf-8").rpartition(")")[2].split()
        assert recorded["born"] == stat[19]
        assert recorded["since"].endswith("+00:00")
    assert sorted(file.name for file in settings.warehouse.parent.iterdir()) == ["writer.lock"]


def test_a_stage_inside_a_run_keeps_the_note_and_the_lock_of_the_run(settings: Settings) -> None:
    with warehouse.writing(settings, "run of 2021-08"):
        first = holder(settings)
        with warehouse.writing(settings, "building"):
            assert holder(settings) == first
        assert holder(settings) == first
        assert "(run of 2021-08, since " in refused(settings)
    assert refused(settings) == "held\n"


@pytest.mark.parametrize("depth", [1, 2])
def test_the_lock_is_let_go_when_the_work_raises(settings: Settings, depth: int) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_inside(settings, depth)
    assert not (settings.warehouse.parent / "holder.json").exists()
    with warehouse_lock(settings):
        pass


def fail_inside(settings: Settings, depth: int) -> None:
    with warehouse.writing(settings, "fails"):
        if depth > 1:
            fail_inside(settings, depth - 1)
        raise ZeroDivisionError


def test_the_lock_is_let_go_and_not_only_forgotten(settings: Settings) -> None:
    """A lock that is only forgotten stays held for as long as anything, a traceback perhaps, remembers it."""
    settings.warehouse.parent.mkdir(parents=True)
    lock = FileLock(settings.warehouse.with_name("writer.lock"), is_singleton=True)
    with warehouse.writing(settings, "run"):
        with warehouse.writing(settings, "stage"):
            assert lock.is_locked
        assert lock.is_locked
    assert not lock.is_locked
    with pytest.raises(ZeroDivisionError):
        fail_inside(settings, 2)
    assert not lock.is_locked


@contextmanager
def warehouse_lock(settings: Settings) -> Iterator[None]:
    """The writer's lock with an object of its own, as another process takes it."""
    with FileLock(settings.warehouse.with_name("writer.lock")).acquire(timeout=0):
        yield


def test_a_writer_that_waits_in_vain_says_how_long_and_what_to_do(settings: Settings) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    patient = settings.replaced(lock_wait=0.25)
    with warehouse_lock(settings), pytest.raises(WriterBusy) as raised, warehouse.writing(patient, "second"):
        pytest.fail("two writers at once")
    assert raised.value.message == "the warehouse is held by another process; waited 0.25 s"
    assert raised.value.remedy == "wait for it to end, or end it if it hangs, and run the same command again"
    assert not (settings.warehouse.parent / "holder.json").exists()


def test_a_writer_waits_until_the_first_lets_go(settings: Settings) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    lock = FileLock(settings.warehouse.with_name("writer.lock"), thread_local=False)
    lock.acquire()
    threading.Timer(0.2, lock.release).start()
    with warehouse.writing(settings.replaced(lock_wait=20), "second"):
        assert holder(settings)["what"] == "second"


def test_two_homes_are_written_at_once(settings: Settings, tmp_path: Path) -> None:
    other = settings.replaced(home=tmp_path / "other")
    with warehouse.writing(settings, "one"), warehouse.writing(other, "two"):
        assert (holder(settings)["what"], holder(other)["what"]) == ("one", "two")


@contextmanager
def note(settings: Settings, **recorded: object) -> Iterator[None]:
    """The lock is held by a process that left this note."""
    settings.warehouse.parent.mkdir(parents=True)
    file = settings.warehouse.with_name("holder.json")
    content = {
        "pid": os.getpid(),
        "born": "",
        "host": socket.gethostname(),
        "what": "run",
        "since": "2021-09-16T00:00:00",
    }
    stat = Path("/proc/self/stat").read_text("utf-8").rpartition(")")[2].split()
    file.write_text(json.dumps(content | {"born": stat[19]} | recorded), "utf-8")
    with warehouse_lock(settings):
        yield


def said_of(settings: Settings) -> str:
    with pytest.raises(WriterBusy) as raised, warehouse.writing(settings, "second"):
        pytest.fail("two writers at once")
    return raised.value.message


def test_a_holder_that_works_is_named(settings: Settings) -> None:
    with note(settings):
        assert f"held by process {os.getpid()} on {socket.gethostname()} (run, since 2021-09-16T00:00:00);" in said_of(
            settings
        )


def test_the_note_of_a_dead_process_is_told_as_such(settings: Settings, dead: int) -> None:
    with note(settings, pid=dead, born=""):
        assert f"is not recorded yet (the last on record, process {dead} on " in said_of(settings)


def test_the_note_of_an_earlier_process_of_the_same_number_is_told_as_such(settings: Settings) -> None:
    with note(settings, born="1"):
        assert "has ended" in said_of(settings)


def test_of_another_machine_only_the_note_is_known(settings: Settings, dead: int) -> None:
    with note(settings, pid=dead, host="elsewhere"):
        assert f"held by process {dead} on elsewhere (run, since" in said_of(settings)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": 1}'])
def test_a_note_that_cannot_be_read_makes_no_new_trouble(settings: Settings, text: str) -> None:
    with note(settings):
        settings.warehouse.with_name("holder.json").write_text(text, "utf-8")
        assert "held by another process;" in said_of(settings)


def test_a_note_that_cannot_be_written_stops_no_work_and_leaves_no_older_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    settings.warehouse.with_name("holder.json").write_text("{}", "utf-8")

    def fails(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with warehouse.writing(settings, "work"):
        assert sorted(file.name for file in settings.warehouse.parent.iterdir()) == ["writer.lock"]


# ---- leftovers ---------------------------------------------------------------------------------------------------


def test_a_new_writer_clears_up_after_dead_ones_and_touches_nothing_of_the_living(
    settings: Settings, dead: int
) -> None:
    gone, kept = [], []
    for folder in ("evidence/matches/month=2021-08", "runs/2021-08"):
        gone.append(settings.home / folder / f".x.parquet.{dead}.partial")
        kept.append(settings.home / folder / f".x.parquet.{os.getpid()}.partial")
        kept.append(settings.home / folder / "x.parquet")
    kept.append(settings.home / "landing" / f".x.{dead}.partial")  # landing and raw are written without this lock
    gone.append(settings.home / "warehouse" / f"spill-{dead}" / "x.tmp")
    gone.append(settings.home / "warehouse" / f"spill-{dead}.scratch" / "matches-0.parquet")
    gone.append(settings.home / "warehouse" / "bangdan.duckdb.tmp" / "x.tmp")
    kept.append(settings.home / "warehouse" / f"spill-{os.getpid()}" / "x.tmp")
    kept.append(settings.home / "warehouse" / "spill-notes" / "x")
    for file in (*gone, *kept):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x", "utf-8")
    with warehouse.writing(settings, "work"):
        assert [str(file) for file in gone if file.exists()] == []
        assert not (settings.home / "warehouse" / f"spill-{dead}").exists()
        assert [str(file) for file in kept if not file.exists()] == []


def test_nothing_is_cleared_up_inside_a_run(settings: Settings, dead: int) -> None:
    with warehouse.writing(settings, "run"):
        left = settings.home / "warehouse" / f"spill-{dead}"
        left.mkdir(parents=True)
        with warehouse.writing(settings, "stage"):
            assert left.exists()
