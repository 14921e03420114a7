"""Licences of everything in the lock, as its packages declare them, read from the installed environment.

python .ci/licences.py > docs/supply-chain/licences.md
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from bangdan.core import packages

PROJECT = Path(__file__).resolve().parents[1]


def licences() -> str:
    """A Markdown table, one row a package; raises where a locked package is not installed as locked."""
    done = subprocess.run(
        ["pip-licenses", "--format", "json", "--with-system", "--python", sys.executable],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    there = {packages.normalised(one["Name"]): one for one in json.loads(done.stdout)}
    rows = []
    for name, version in sorted(packages.locked(PROJECT).items()):
        one = there.get(name)
        if one is None or one["Version"] != version:
            raise SystemExit(f"{name} is not installed as locked ({version}): run `make env`")
        # Some declare the whole text: its first line names it.
        said = one["License"].strip().splitlines()[0][:80]
        rows.append((name, version, said))
    counts = Counter(said for _name, _version, said in rows)
    lines = [
        "# Licences",
        "",
        "What the packages in `requirements.lock` declare; `make licences` writes this page. Bangdan itself is Apache-2.0.",
        "",
        "| licence | packages |",
        "|---|---|",
        *(f"| {said} | {n} |" for said, n in sorted(counts.items(), key=lambda one: (-one[1], one[0]))),
        "",
        "| package | version | licence |",
        "|---|---|---|",
        *(f"| {name} | {version} | {said} |" for name, version, said in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(licences())
