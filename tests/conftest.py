"""Fixtures of all tests: one small synthetic city, published once through the command line."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.homes import bangdan

# Files that take longest, the longest first, so that the workers end together; the second worker has files that need no
# city while the first makes it.
LONG_FILES = (
    "faults/test_publishing.py",
    "acceptance/test_new_platform.py",
    "acceptance/test_first_city.py",
    "acceptance/test_two_cities.py",
    "faults/test_building.py",
    "acceptance/test_commands.py",
    "acceptance/test_backfill.py",
    "acceptance/test_release.py",
    "acceptance/test_month.py",
    "acceptance/test_purge.py",
    "browser/test_page.py",
    "faults/test_machine.py",
    "dags/test_ranking_monthly.py",
    "acceptance/test_backup.py",
    "acceptance/test_persons.py",
    "dbt/oracle/test_oracle.py",
    "acceptance/test_inbox.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the long files first, unless the order is to be a random one."""
    if config.pluginmanager.hasplugin("randomly"):
        return
    tests = Path(__file__).parent
    order = {tests / name: at for at, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home in which 2021-07 and 2021-08 of a city at scale 0.02 have been published. Read only; all workers
    share the one that the first of them makes. BANGDAN_TEST_CITY names one that is ready, for work on single tests.
    """
    if ready := os.environ.get("BANGDAN_TEST_CITY"):
        return Path(ready)
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "city"
    with FileLock(home.with_suffix(".lock")):
        if not (home / ".whole").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            bangdan(home, "demo", "--scale", "0.02")
            bangdan(home, "run", "--month", "2021-07", "--inbox", home / "inbox")
            bangdan(home, "run", "--month", "2021-08")
            (home / ".whole").touch()
    return home


@pytest.fixture
def copy_of_city(city: Path, tmp_path: Path) -> Path:
    """A copy of the city that a test may change."""
    home = tmp_path / "home"
    shutil.copytree(city, home, symlinks=True)
    return home
