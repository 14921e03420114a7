"""Which version of the method is in force in a month, and its parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core import methods
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings


class Elsewhere(Settings):
    """Settings of a project whose seeds lie in the data home."""

    @property
    def seeds(self) -> Path:
        return self.home / "seeds"


@pytest.fixture
def settings(tmp_path: Path) -> Elsewhere:
    """Method `one` until the end of 2020, `two` from 2021 on, `trial` beyond all months."""
    folder = tmp_path / "seeds" / "methodology"
    folder.mkdir(parents=True)
    (folder / "method_versions.csv").write_text(
        "method_version,valid_from,valid_to\none,0001-01-01,2021-01-01\ntwo,2021-01-01,\ntrial,9999-12-01,9999-12-02\n",
        "utf-8",
    )
    (folder / "method_parameters.csv").write_text(
        "method_version,parameter,value\none,due_day,16\ntwo,due_day,10\ntwo,window_hours,168\ntrial,due_day,1\n",
        "utf-8",
    )
    return Elsewhere(tmp_path, threads=1, memory_limit="1GB")


@pytest.mark.parametrize(
    ("month", "version"),
    [("2020-12", "one"), ("2021-01", "two"), ("2021-02", "two"), ("0001-01", "one"), ("9998-12", "two")],
)
def test_a_method_is_in_force_from_its_first_month_until_the_month_its_end_begins(
    settings: Elsewhere, month: str, version: str
) -> None:
    assert methods.in_force(methods.versions(settings), Month.parse(month)) == version


def test_the_first_day_of_the_month_decides() -> None:
    rows = [{"method_version": "late", "valid_from": "2021-08-02", "valid_to": ""}]
    assert methods.in_force(rows, Month.parse("2021-08")) is None
    assert methods.in_force(rows, Month.parse("2021-09")) == "late"
    rows = [{"method_version": "short", "valid_from": "2021-07-01", "valid_to": "2021-08-02"}]
    assert methods.in_force(rows, Month.parse("2021-08")) == "short"
    assert methods.in_force(rows, Month.parse("2021-09")) is None


def test_a_parameter_is_the_methods_in_force(settings: Elsewhere) -> None:
    assert methods.parameter(settings, Month.parse("2020-12"), "due_day") == "16"
    assert methods.parameter(settings, Month.parse("2021-01"), "due_day") == "10"


def test_a_method_on_trial_gives_its_own_parameters_in_every_month(settings: Elsewhere) -> None:
    trial = Elsewhere(settings.home, threads=1, memory_limit="1GB", method_version="trial")
    assert methods.parameter(trial, Month.parse("2021-01"), "due_day") == "1"


def test_a_parameter_that_the_method_lacks_is_told_by_name_with_the_file_to_mend(settings: Elsewhere) -> None:
    with pytest.raises(BangdanError, match="method one of 2020-12 has no window_hours") as refused:
        methods.parameter(settings, Month.parse("2020-12"), "window_hours")
    assert "method_parameters.csv" in str(refused.value)
