"""The hand-written small city, published once; a copy where a test changes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bangdan.core.settings import Settings
from tests.support import small_city


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Read only: three months of the small city, published."""
    return small_city.city(tmp_path_factory.mktemp("small"))


@pytest.fixture
def own_small(small: Settings, tmp_path: Path) -> Settings:
    """A copy of the small city that a test may change."""
    home = tmp_path / "small"
    shutil.copytree(small.home, home, symlinks=True)
    return small_city.settings_of(home)
