"""Shared fixtures: one small synthetic city, run once through the command line and kept for all tests of a worker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
BANGDAN = [sys.executable, "-m", "bangdan.cli"]


def bangdan(home: Path, *words: object, code: int = 0) -> subprocess.CompletedProcess:
    """Run the command line in a data home of its own and check its exit code."""
    done = subprocess.run(
        [*BANGDAN, *map(str, words)],
        env={**os.environ, "BANGDAN_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == code, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home in which 2021-07 and 2021-08 of a city at scale 0.02 have been published. Read only."""
    home = tmp_path_factory.mktemp("city")
    bangdan(home, "demo", "--scale", "0.02")
    bangdan(home, "run", "--month", "2021-07", "--inbox", home / "inbox")
    bangdan(home, "run", "--month", "2021-08")
    return home


@pytest.fixture
def copy_of_city(city: Path, tmp_path: Path) -> Path:
    """A copy of the city that a test may change."""
    home = tmp_path / "home"
    shutil.copytree(city, home, symlinks=True)
    return home


def ranking(home: Path, month: str, release: str = "latest") -> list[dict]:
    return json.loads((home / "releases" / month / release / "ranking.json").read_text("utf-8"))["rows"]
