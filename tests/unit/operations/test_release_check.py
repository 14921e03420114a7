"""`bangdan verify`: what has not been published cannot be verified."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.operations import release_check
from bangdan.publication import pointers, verification

JULY, AUGUST = Month(2021, 7), Month(2021, 8)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, 1, "1GB")


@pytest.mark.parametrize(
    ("month", "message", "remedy"),
    [
        (None, "nothing has been published in ", "run `bangdan run --month YYYY-MM`, or correct BANGDAN_HOME"),
        (AUGUST, "nothing of 2021-08 has been published in ", "run `bangdan run --month 2021-08`, or correct BANGDAN_HOME"),
    ],
)  # fmt: skip
def test_without_a_release_there_is_an_error_and_not_zero_problems(
    settings: Settings, month: Month | None, message: str, remedy: str
) -> None:
    with pytest.raises(BangdanError) as failed:
        release_check.problems(settings, month)
    assert (failed.value.message, failed.value.remedy) == (f"{message}{settings.home}", remedy)


def test_a_month_that_is_not_published_is_an_error_where_another_is(settings: Settings) -> None:
    (settings.releases / "2021-07" / "r1").mkdir(parents=True)
    with pytest.raises(BangdanError, match="nothing of 2021-08"):
        release_check.problems(settings, AUGUST)
    assert release_check.problems(settings, JULY) == ["2021-07 r1: manifest.json is missing"]


@pytest.mark.parametrize(
    ("releases", "database", "reported"),
    [(["damaged"], ["behind"], ["damaged"]), ([], ["behind"], ["behind"]), ([], [], [])],
)
def test_the_database_is_looked_at_where_the_releases_are_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, releases: list[str], database: list[str], reported: list[str]
) -> None:
    (settings.releases / "2021-07" / "r1").mkdir(parents=True)
    monkeypatch.setattr(verification, "verify", lambda settings, month: releases)
    monkeypatch.setattr(pointers, "problems", lambda settings: database)
    assert release_check.problems(settings) == reported
