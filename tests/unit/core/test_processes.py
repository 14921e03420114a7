"""Work in parallel: who is alive, that results and errors come back, and in which order."""

from __future__ import annotations

import operator
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bangdan.core import processes


@pytest.fixture
def zombie() -> Iterator[int]:
    """A process that has ended, which nobody has waited for yet."""
    process = subprocess.Popen(["true"])
    for _ in range(1000):
        if Path(f"/proc/{process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.005)
    yield process.pid
    process.wait()


def test_a_process_that_has_ended_is_not_alive_though_its_number_is_still_taken(zombie: int) -> None:
    assert Path(f"/proc/{zombie}").exists()
    assert processes.born(zombie) == ""
    assert not processes.is_alive(zombie)


def test_this_process_is_alive_and_began_when_the_kernel_says(tmp_path: Path) -> None:
    assert processes.is_alive(os.getpid())
    # Field 22 of /proc/<pid>/stat; field 2 is the name in brackets, which may itself hold blanks and brackets.
    stat = Path("/proc/self/stat").read_text("utf-8")
    fields = [
        *stat.partition(" ")[:1],
        stat[stat.index("(") : stat.rindex(")") + 1],
        *stat[stat.rindex(")") + 2 :].split(),
    ]
    assert processes.born(os.getpid()) == fields[22 - 1]


def test_a_process_with_blanks_and_brackets_in_its_name_is_alive(tmp_path: Path) -> None:
    program = tmp_path / "a) b) Z 1"
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([str(program), "60"])
    try:
        assert processes.is_alive(process.pid)
        assert int(processes.born(process.pid)) >= int(processes.born(os.getpid()))
    finally:
        process.kill()
        process.wait()


def test_a_number_that_no_process_has_is_not_alive() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert not processes.is_alive(process.pid)
    assert processes.born(process.pid) == ""


# ---- processes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 1])
def test_one_worker_works_in_this_process_and_in_order(workers: int) -> None:
    actual = list(processes.each_in_processes(operator.add, [(1, 1), (2, 2), (3, 3)], workers))
    assert actual == [2, 4, 6]
    assert list(processes.each_in_processes(os.getpid, [(), ()], workers)) == [os.getpid()] * 2


def test_one_task_is_done_in_this_process_and_none_in_none() -> None:
    assert list(processes.each_in_processes(os.getpid, [()], 8)) == [os.getpid()]
    assert list(processes.each_in_processes(os.getpid, [], 8)) == []


def test_every_task_is_done_once_by_processes_that_are_not_this_one() -> None:
    main = sys.modules["__main__"]
    actual = list(processes.each_in_processes(operator.add, ((number, 100) for number in range(5)), 2))
    assert sorted(actual) == [100, 101, 102, 103, 104]
    assert sys.modules["__main__"] is main
    workers = set(processes.each_in_processes(os.getpid, [()] * 4, 2))
    assert os.getpid() not in workers
    assert 1 <= len(workers) <= 2


def test_there_are_no_more_processes_than_tasks() -> None:
    asked: list[int | None] = []
    with pytest.MonkeyPatch.context() as patch:

        class Pool:
            def __init__(self, workers: int | None = None, **more: object) -> None:
                asked.append(workers)
                # A worker ends with the one that started it, and is spawned: a fork copies locks as they are.
                assert more["initargs"] == (os.getpid(),)
                assert more["initializer"] is processes.die_with_parent
                assert more["mp_context"].get_start_method() == "spawn"  # type: ignore[attr-defined]
                raise InterruptedError

        patch.setattr(processes, "ProcessPoolExecutor", Pool)
        for workers, tasks in ((8, 3), (2, 3), (2, 2)):
            with pytest.raises(InterruptedError):
                list(processes.each_in_processes(os.getpid, [()] * tasks, workers))
    assert asked == [3, 2, 2]


def test_the_error_of_a_worker_comes_back_with_its_message() -> None:
    with pytest.raises(FileNotFoundError, match=r"no-such-folder"):
        list(processes.each_in_processes(os.listdir, [("/no-such-folder",), ("/",)], 2))
    with pytest.raises(FileNotFoundError, match=r"no-such-folder"):
        list(processes.each_in_processes(os.listdir, [("/no-such-folder",), ("/",)], 1))


def test_a_worker_does_not_run_the_calling_program_again(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os\nfrom bangdan.core.processes import each_in_processes\nprint('runs', flush=True)\n"
        "print(len(list(each_in_processes(os.getpid, [(), ()], 2))))\n",
        "utf-8",
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "runs\n2\n"), done.stderr


def make(path: str) -> None:
    """A worker's task that takes a moment, so that many of them take long."""
    time.sleep(0.05)
    Path(path).mkdir()


def test_the_first_error_ends_the_rest(tmp_path: Path) -> None:
    """Of many tasks after the failing one only what was in hand is still done."""
    tasks = [("/no-such-folder/x",), *((str(tmp_path / f"{number:03d}"),) for number in range(80))]
    with pytest.raises(FileNotFoundError):
        list(processes.each_in_processes(make, tasks, 2))
    assert len(list(tmp_path.iterdir())) < 80


# ---- threads -----------------------------------------------------------------------------------------------------


def test_threads_give_their_results_in_the_order_of_the_tasks() -> None:
    first_may_end = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            first_may_end.wait(20)
        else:
            first_may_end.set()
        return number * number

    assert list(processes.in_threads(work, range(6), 2)) == [0, 1, 4, 9, 16, 25]


def test_no_more_tasks_are_taken_than_there_are_threads_and_one() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    results = processes.in_threads(lambda number: number, tasks(), 3)
    most = []
    for number in results:
        most.append(len(taken) - number)
    assert max(most) == 4
    assert len(taken) == 20


@pytest.mark.parametrize("workers", [0, 1])
def test_one_thread_is_the_callers(workers: int) -> None:
    actual = list(processes.in_threads(lambda _: threading.get_ident(), range(3), workers))
    assert actual == [threading.get_ident()] * 3


def test_two_threads_are_not_the_callers() -> None:
    actual = set(processes.in_threads(lambda _: threading.get_ident(), range(8), 2))
    assert threading.get_ident() not in actual
    assert 1 <= len(actual) <= 2


@pytest.mark.parametrize("workers", [1, 3])
def test_the_error_of_a_thread_comes_in_its_turn(workers: int) -> None:
    results = processes.in_threads(lambda number: 6 // number, [1, 2, 0, 3], workers)
    assert [next(results), next(results)] == [6, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_process_whose_parent_is_gone_already_ends_at_once() -> None:
    script = "import os; from bangdan.core.processes import die_with_parent; die_with_parent({}); print('lives')"
    orphan, child = (
        subprocess.run([sys.executable, "-c", script.format(parent)], capture_output=True, text=True, check=False)
        for parent in ("0", "os.getppid()")
    )
    assert (orphan.returncode, orphan.stdout) == (-9, "")
    assert (child.returncode, child.stdout) == (0, "lives\n")
