"""Exports with seeded damage through every reader and mapping: none may break the program, hang, or lose a row.

    python -m tests.fuzz.run [--mutations 100000] [--seed 1]

Of fifty mutations one is landed and loaded whole, the others are read as loading does without being written. Prints what
became of them, and fails with every finding; a finding names the seed that makes it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.support import mutations
from tests.support.mutations import Outcome

WHOLE = 50  # one of so many is loaded whole
WORKBOOKS = 10  # of these one of so many is read: each takes a process
SHOWN = 20


def run(count: int, seed: int, *, tells: bool = False) -> Outcome:
    """Examine `count` mutations; the same seed makes the same ones."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="bangdan-fuzz-") as scratch:
        folder = Path(scratch)
        originals = mutations.originals(folder / "originals")
        names = sorted(originals)
        for number in range(count):
            chance = random.Random(f"{seed}/{number}")
            findings = len(outcome.findings)
            _examine(chance, number, folder, names, originals, outcome)
            for place in range(findings, len(outcome.findings)):
                outcome.findings[place] = f"seed {seed}, mutation {number}: {outcome.findings[place]}"
            if tells and number % 1_000 == 999:
                print(f"{number + 1:,} mutations, {len(outcome.findings)} findings", file=sys.stderr, flush=True)
    return outcome


def _examine(
    chance: random.Random, number: int, folder: Path, names: list[str], originals: dict[str, bytes], outcome: Outcome
) -> None:
    if number % 4 == 0:
        mapping, data = mutations.own_mapping(chance), mutations.table_of_cells(chance)
        mutations.examine("x/cells.csv", data, folder / "export", mapping, outcome)
        return
    name = chance.choice(names)
    if name.endswith(".xlsx") and chance.randrange(WORKBOOKS):
        name = chance.choice([other for other in names if not other.endswith(".xlsx")])
    data = mutations.mutated(name, originals[name], chance)
    if number % WHOLE == 1:
        mutations.load(folder / "home" / str(number // 1_000), name, data, outcome)
    else:
        mutations.examine(name, data, folder / "export", None, outcome)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--mutations", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    outcome = run(options.mutations, options.seed, tells=True)
    rows, refused = outcome.rows, outcome.refused
    print(f"{outcome.mutations:,} mutations: {rows['read']:,} rows read, {rows['accepted']:,} accepted, {rows['rejected']:,} rejected")  # fmt: skip
    print(f"{refused.total():,} files refused: " + ", ".join(f"{code} {n:,}" for code, n in sorted(refused.items())))
    for finding in outcome.findings[:SHOWN]:
        print(finding)
    if outcome.findings:
        sys.exit(f"{len(outcome.findings):,} findings")


if __name__ == "__main__":
    main()
