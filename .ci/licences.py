"""Licences of everything in the lock, as its packages declare them, read from the installed environment.

python .ci/licences.py > docs/supply-chain/licences.md
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def locked() -> dict[str, str]:
    """Package → version, as the lock names them."""
    text = (PROJECT / "requirements.lock").read_text("utf-8")
    return {name_of(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)}


def licences() -> str:
    """A Markdown table, one row a package; raises where a locked package is not installed as locked."""
    done = subprocess.run(
        ["pip-licenses", "--format", "json", "--with-system", "--python", sys.executable],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    there = {name_of(one["Name"]): one for one in json.loads(done.stdout)}
    rows = []
    for name, version in sorted(locked().items()):
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
