"""Stages as Airflow runs them: one task each, with other months' tasks in between."""

from __future__ import annotations

from pathlib import Path

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline import publishing, runs

JULY, AUGUST = Month.parse("2021-07"), Month.parse("2021-08")


def test_another_months_stages_in_between_change_nothing(copy_of_city: Path) -> None:
    """Two runs in flight at once: the pool lets one task at a time in, of either month."""
    settings = Settings.load().replaced(home=copy_of_city)
    for month, name in [
        (JULY, "score"),
        (AUGUST, "score"),
        (JULY, "certainty"),
        (AUGUST, "present"),
        (JULY, "present"),
        (AUGUST, "check_facts"),
        (JULY, "check_facts"),
        (JULY, "check_ranking"),
        (AUGUST, "check_ranking"),
    ]:
        runs.run_stage(settings, month, name)
    for month in (JULY, AUGUST):
        made = publishing.publish(settings, month)
        assert (made.release, made.is_new, made.is_pending) == ("r1", False, False)
