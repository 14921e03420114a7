"""A home in which 2021-08 is ready to be published, made once for all fault tests of a worker."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.publishing import FOLDERS, MONTH, Ready, database_of, publish


@pytest.fixture(scope="session")
def ready(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """Read only."""
    base = tmp_path_factory.mktemp("publishing")
    home = faults.copy(city, base / "ready", *FOLDERS)
    shutil.rmtree(home / "releases" / MONTH)

    def follow() -> None:
        from bangdan.core.settings import Settings
        from bangdan.publication import pointers

        pointers.follow(Settings.load())

    done = faults.run(follow, base / "scratch", BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    undisturbed = faults.copy(home, base / "undisturbed", *FOLDERS)
    done = faults.run(publish, base / "scratch", BANGDAN_HOME=str(undisturbed))
    assert done.code == 0, done.output
    return Ready(home, faults.tree(undisturbed / "releases"), database_of(undisturbed, base / "scratch"))
