from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.backfill_homes import Home
from tests.support.backfill_stages import Stages


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


@pytest.fixture
def stages(home: Home, monkeypatch: pytest.MonkeyPatch) -> Stages:
    return Stages(home, monkeypatch)
