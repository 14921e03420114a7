"""Which wrong changes the tests notice: `python -m tests.mutants.run [--seed 1] [--scale 1.0] [--area NAME]`.

A sample of wrong changes is made, one at a time, in copies of the tree; the tests of the area must fail. The result goes to
docs/testing.md, between its two marks.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from tests.mutants.areas import AREAS, Area
from tests.mutants.changes import Mutant, mutants_of
from tests.support.homes import PROJECT

PAGE = PROJECT / "docs" / "testing.md"
BEGIN, END = "<!-- mutants: begin -->", "<!-- mutants: end -->"
PYTEST = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]


class Outcome(NamedTuple):
    """What became of one change; `result` is noticed, timed out or survived."""

    area: Area
    mutant: Mutant
    result: str


class Tree:
    """A copy of the checkout in which one file at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode("utf-8").split("\0")):
            if (PROJECT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(PROJECT / name, folder / name)

    def passes(self, tests: Sequence[str], seconds: float) -> bool | None:
        """Whether the tests pass; None where they take longer than that."""
        environment = {
            **os.environ, "PYTHONPATH": str(self.folder / "plugins"), "PYTHONDONTWRITEBYTECODE": "1",
            "BANGDAN_HOME": str(self.folder / "data"),
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, *PYTEST, *tests], cwd=self.folder, env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None

    def outcome(self, mutant: Mutant, tests: Sequence[str], seconds: float) -> str:
        file = self.folder / mutant.file
        original = file.read_text("utf-8")
        file.write_text(mutant.change(original), "utf-8")
        try:
            return {True: "survived", False: "noticed", None: "timed out"}[self.passes(tests, seconds)]
        finally:
            file.write_text(original, "utf-8")


def sample(area: Area, seed: int, scale: float) -> tuple[int, list[Mutant]]:
    """(places that can be changed, the sample): each place is as likely as any other, and is changed in one way."""
    places: dict[tuple[str, int, int], list[Mutant]] = {}
    for glob in area.files:
        for file in sorted(PROJECT.glob(glob)):
            name = file.relative_to(PROJECT).as_posix()
            for mutant in mutants_of(name, file.read_text("utf-8")):
                places.setdefault((name, mutant.line, mutant.column), []).append(mutant)
    chance = random.Random(f"{seed} {area.name}")
    chosen = chance.sample(sorted(places), min(len(places), max(1, round(area.sample * scale))))
    return len(places), [chance.choice(places[place]) for place in chosen]


def judge(areas: Sequence[Area], seed: int, scale: float, workers: int) -> tuple[dict[str, int], list[Outcome]]:
    """Places by area, and what became of each change of the sample. Ends where tests fail without any change."""
    samples = {area: sample(area, seed, scale) for area in areas}
    with tempfile.TemporaryDirectory(prefix="bangdan-mutants-") as folder, ThreadPoolExecutor(workers) as pool:
        trees: SimpleQueue[Tree] = SimpleQueue()
        for number in range(workers):
            trees.put(Tree(Path(folder) / str(number)))
        limits = dict(zip(areas, pool.map(lambda area: _limit(trees, area), areas)))

        def try_one(area: Area, mutant: Mutant) -> Outcome:
            with _taken(trees) as tree:
                outcome = Outcome(area, mutant, tree.outcome(mutant, area.tests, limits[area]))
            print(f"{outcome.result:9} {mutant.file}:{mutant.line} {mutant.rule}", flush=True)
            return outcome

        waiting = [
            pool.submit(try_one, area, mutant) for area, (_places, mutants) in samples.items() for mutant in mutants
        ]
        return {area.name: places for area, (places, _) in samples.items()}, [done.result() for done in waiting]


@contextmanager
def _taken(trees: SimpleQueue[Tree]) -> Iterator[Tree]:
    tree = trees.get()
    try:
        yield tree
    finally:
        trees.put(tree)


def _limit(trees: SimpleQueue[Tree], area: Area) -> float:
    """Seconds after which a change counts as noticed: a minute more than five times what the tests take without it."""
    begin = time.monotonic()
    with _taken(trees) as tree:
        if not tree.passes(area.tests, 1800):
            raise SystemExit(f"without any change these tests of {area.name} fail: {' '.join(area.tests)}")
    seconds = time.monotonic() - begin
    print(f"{area.name}: the tests take {seconds:.0f} s", flush=True)
    return 60 + 5 * seconds


def report(places: dict[str, int], outcomes: Sequence[Outcome], command: str, minutes: float) -> str:
    """The table and the survivors, as Markdown."""
    lines = [
        f"Printed by `{command}` in {minutes:.0f} minutes.",
        "",
        "| area | places | tried | noticed | timed out | survived | score |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]

    def row(name: str, total: int, results: list[str]) -> str:
        noticed, late, survived = (results.count(kind) for kind in ("noticed", "timed out", "survived"))
        score = f"{(noticed + late) / len(results):.0%}" if results else "–"
        return f"| {name} | {total:,} | {len(results)} | {noticed} | {late} | {survived} | {score} |"

    for name, total in places.items():
        lines.append(row(name, total, [outcome.result for outcome in outcomes if outcome.area.name == name]))
    lines += [row("all", sum(places.values()), [outcome.result for outcome in outcomes]), ""]
    survivors = sorted((o.mutant for o in outcomes if o.result == "survived"), key=lambda m: (m.file, m.line))
    lines += ["Changes that no test noticed:", ""] if survivors else ["Every change was noticed."]
    for mutant in survivors:
        original = (PROJECT / mutant.file).read_text("utf-8")
        lines.append(f"- {mutant.file}:{mutant.line} ({mutant.rule}): {mutant.describe(original)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="of the sample; 1.0 ends within an hour on two cores")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--area", action="append", help="areas by the beginning of their name; all where none is given")
    given = parser.parse_args()
    areas = [entry for entry in AREAS if not given.area or entry.name.startswith(tuple(given.area))]
    begin = time.monotonic()
    command = f"python -m tests.mutants.run --seed {given.seed} --scale {given.scale}"
    places, outcomes = judge(areas, given.seed, given.scale, given.workers)
    text = report(places, outcomes, command, (time.monotonic() - begin) / 60)
    print(text)
    if not given.area:
        page = PAGE.read_text("utf-8")
        head, tail = page.partition(BEGIN)[0], page.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
