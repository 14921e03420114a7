"""Exports on their way in: those that are named are loaded, once, and nothing lands under a wrong connector."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.pipeline import intake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", 1, "300MB")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Two files that no connector knows."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.csv").write_text(f"{name},x\n1,2\n", "utf-8")
    return folder


def test_the_exports_that_are_named_are_loaded_and_each_once(settings: Settings, inbox: Path) -> None:
    landed = intake.land(settings, inbox).exports
    assert len(landed) == 2
    first = intake.load(settings, landed[:1])
    assert (first.exports, first.already_loaded, len(first.refused)) == (1, 0, 1)
    rest = intake.load(settings)
    assert (rest.exports, rest.already_loaded, len(rest.refused)) == (2, 1, 1)
    assert not set(first.refused) & set(rest.refused)


def test_an_unknown_connector_is_refused_before_anything_lands(settings: Settings, inbox: Path) -> None:
    with pytest.raises(UsageError, match="no-such-connector"):
        intake.ingest(settings, [inbox], connector="no-such-connector")
    assert intake.land(settings).exports == []
