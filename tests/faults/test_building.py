"""The stages between loading and publication under faults: no table is half-built, a re-run builds the same."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.faults import Fault
from tests.support.promises import promise

MONTH = "2021-08"
STAGES = ("check_raw", "stage", "match", "score", "certainty", "present", "check_facts", "check_ranking")
CHANGED = ("warehouse", "evidence", "runs")  # what stages may write
# fdatasync ends each transaction of the warehouse.
CALLS = ("rename", "mkdir", "unlink", "fsync", "fdatasync", "write", "pwrite64")
# The suite takes every stage at a place in its middle: rows and tables half-written (pwrite64, write), transactions
# committed in part (fdatasync), evidence and verdicts not yet under their name (rename). `make faults` takes all places.
KILLED = [
    ("check_raw", "fdatasync", 60),
    ("stage", "pwrite64", 12),
    ("match", "rename", 1),
    ("score", "fdatasync", 20),
    ("score", "write", 60),
    ("certainty", "rename", 2),
    ("present", "pwrite64", 30),
    ("check_facts", "rename", 3),
    ("check_ranking", "rename", 1),
]
FAILING = [("stage", "pwrite64", 12, "ENOSPC"), ("score", "fdatasync", 20, "EIO"), ("certainty", "rename", 2, "ENOSPC")]
PLACES = [(name, call, 1) for name in STAGES for call in CALLS]
EVERY_FAILURE = [(*place, kind) for kind in ("ENOSPC", "EIO") for place in PLACES]


def run_stages(month: str, *names: str) -> None:
    from bangdan.core.months import Month
    from bangdan.core.settings import Settings
    from bangdan.pipeline import runs

    for name in names:
        runs.run_stage(Settings.load(), Month.parse(month), name)


@dataclass(frozen=True)
class Home:
    """The one home of all cases: the warehouse's views say where raw lies, dbt's parsed project where it was parsed."""

    path: Path
    scratch: Path

    def run(self, month: str, *names: str, fault: Fault | None = None) -> faults.Ended:
        """Some stages of a month, in one child."""
        return self.call(lambda: run_stages(month, *names), fault)

    def call(self, work: Callable[[], None], fault: Fault | None = None) -> faults.Ended:
        ended = faults.run(work, self.scratch, fault, BANGDAN_HOME=str(self.path), BANGDAN_THREADS="1")
        assert fault or ended.code == 0, ended.output
        return ended

    def keep(self, target: Path) -> Path:
        return faults.copy(self.path, target, *CHANGED)

    def put_back(self, kept: Path) -> None:
        for name in CHANGED:
            shutil.rmtree(self.path / name, ignore_errors=True)
            if (kept / name).exists():
                shutil.copytree(kept / name, self.path / name)

    def state(self, month: str = MONTH, *names: str) -> dict[str, str]:
        """Rows of every table, bytes of the evidence and of the gates' verdicts, after some stages of a month."""
        warehouse = self.path / "warehouse" / "bangdan.duckdb"

        def work() -> None:
            run_stages(month, *names)
            print(faults.tables(warehouse))

        rows = self.call(work).output.splitlines()[-1]
        folders = (self.path / "evidence", self.path / "runs" / MONTH / "quality")
        return {**ast.literal_eval(rows), **faults.tree(*(folder for folder in folders if folder.exists()))}


@dataclass(frozen=True)
class Step:
    """What a stage finds, and what is there before it and, undisturbed, after it."""

    finds: Path
    before: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="module")
def home(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Everything loaded, 2021-07 built. What each case would parse anew is done here for all of them."""
    from bangdan import transform
    from bangdan.core.settings import Settings

    base = tmp_path_factory.mktemp("building")
    made = Home(faults.copy(city, base / "home", "landing", "raw", "secrets"), base / "scratch")
    made.run("2021-07", *STAGES)
    transform.parse(Settings.load().replaced(home=made.path, threads=1))
    return made


@pytest.fixture(scope="module")
def steps(home: Home) -> dict[str, Step]:
    """2021-08 built once, undisturbed, and looked at before and after each stage."""
    result, before = {}, home.state()
    for name in STAGES:
        finds = home.keep(home.scratch.parent / name)
        after = home.state(MONTH, name)
        result[name] = Step(finds, before, after)
        before = after
    return result


def disturbed(home: Home, name: str, step: Step, fault: Fault) -> bool:
    """A stage under a fault, then again, then compared. False when the fault no longer came to pass."""
    home.put_back(step.finds)
    ended = home.run(MONTH, name, fault=fault)
    faults.check_message(ended, fault, home.path)
    for entry, result in home.state().items():
        is_whole = result in (step.before.get(entry), step.after.get(entry))
        assert is_whole or "__dbt_" in entry or entry.endswith(".partial"), f"{fault}: {entry} is half-built"
    assert home.state(MONTH, name) == step.after, fault
    return ended.was_hit


@promise(
    "Killed at any point of building, matching, scoring, resampling, presenting or of a gate, no table and no file is"
    " half-built, and a re-run builds the same rows.",
    "KILL at rename, fdatasync (the end of each transaction), write, pwrite64; in `make faults` at mkdir, unlink, fsync too",
)
@pytest.mark.parametrize(("name", "call", "nth"), PLACES if faults.EVERY else KILLED)
def test_killed_in_a_stage(home: Home, steps: dict[str, Step], name: str, call: str, nth: int) -> None:
    places = faults.faults(call, "KILL", (nth,))
    hits = faults.series(f"{name}: KILL at {call}", places, lambda fault: disturbed(home, name, steps[name], fault))
    assert hits or faults.EVERY


@promise(
    "A full or failing disk in these stages ends with exit code 1, cause, file and remedy.",
    "ENOSPC at rename, pwrite64, EIO at fdatasync; in `make faults` both at all calls",
)
@pytest.mark.parametrize(("name", "call", "nth", "kind"), EVERY_FAILURE if faults.EVERY else FAILING)
def test_disk_fails_in_a_stage(home: Home, steps: dict[str, Step], name: str, call: str, nth: int, kind: str) -> None:
    places = faults.faults(call, kind, (nth,))
    hits = faults.series(f"{name}: {kind} at {call}", places, lambda fault: disturbed(home, name, steps[name], fault))
    assert hits or faults.EVERY
