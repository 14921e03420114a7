"""The hand-written small city: published and signed once, and copied where a test attacks it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bangdan.core.settings import Settings
from tests.support import keys, small_city
from tests.support.small_city import AUGUST, JULY, JUNE


@pytest.fixture(scope="session")
def signed_city(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Read only: three months of the small city, published with signatures."""
    home = tmp_path_factory.mktemp("signed-city")
    secret, public = keys.ed25519_pair(home.parent, "ours")
    small_city.build(home, "2021-06", "2021-07", "2021-08")
    settings = small_city.settings_of(home, signing_key=secret, verify_key=public)
    for month in (JUNE, JULY, AUGUST):
        small_city.publish(settings, month, follows=month == AUGUST)
    return settings


@pytest.fixture
def attacked(signed_city: Settings, tmp_path: Path) -> Settings:
    """A copy of the signed city for whoever can write to the disk and has only the public key."""
    home = tmp_path / "home"
    shutil.copytree(signed_city.home, home, symlinks=True)
    return signed_city.replaced(home=home, signing_key="")
