"""The commands of a page of the documents, run as they are written; what the page says they print, they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.homes import PROJECT

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = f'bangdan() {{ "{sys.executable}" -m bangdan.cli "$@"; }}\npython() {{ "{sys.executable}" "$@"; }}\nset -e\n'


def run(page: Path, home: Path) -> list[str]:
    """Run every block of commands in the project's folder, with `home` as the user's; returns what each printed.

    Each line of a block of text has to be in what the block of commands before it printed.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BANGDAN_")}
    printed: list[str] = []
    for kind, text in BLOCK.findall(page.read_text("utf-8")):
        if kind == "text":
            assert [line for line in text.splitlines() if line not in printed[-1]] == []
            continue
        done = subprocess.run(
            ["bash", "-c", COMMANDS + text], cwd=PROJECT, env={**environment, "HOME": str(home)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        printed.append(done.stdout + done.stderr)
        assert done.returncode == 0, f"{text}\n{printed[-1][-3000:]}"
    return printed
