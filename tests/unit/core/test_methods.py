"""Which version of the method is in force in a month, and its parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core import methods
from bangdan.core.errors import BangdanError, UsageError
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


GAP = "method_version,valid_from,valid_to\none,2019-01-01,2019-07-01\ntwo,2020-01-01,\n"
DECLARED = (
    "method_versions.csv declares one from 2019-01-01 until before 2019-07-01, two from 2020-01-01 on:"
    " choose other months, or add a row there"
)


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [("2018-11", "2019-02", "2018-11"), ("2019-05", "2020-03", "2019-07"), ("2019-12", "2019-12", "2019-12")],
)
def test_the_first_month_without_a_method_is_named_with_the_methods_that_are_declared(
    settings: Elsewhere, first: str, last: str, named: str
) -> None:
    (settings.seeds / "methodology" / "method_versions.csv").write_text(GAP, "utf-8")
    with pytest.raises(UsageError) as refused:
        methods.require(settings, Month.parse(first), Month.parse(last))
    assert (refused.value.message, refused.value.remedy) == (f"no method is in force in {named}", DECLARED)


def test_months_with_a_method_and_any_month_of_a_trial_are_taken(settings: Elsewhere) -> None:
    (settings.seeds / "methodology" / "method_versions.csv").write_text(GAP, "utf-8")
    methods.require(settings, Month.parse("2019-01"), Month.parse("2019-06"))
    methods.require(settings, Month.parse("2020-01"), Month.parse("2031-12"))
    methods.require(settings.replaced(method_version="two"), Month.parse("2018-01"), Month.parse("2018-12"))


def test_a_parameter_of_a_month_without_a_method_is_refused_with_the_month(settings: Elsewhere) -> None:
    (settings.seeds / "methodology" / "method_versions.csv").write_text(GAP, "utf-8")
    with pytest.raises(UsageError, match="no method is in force in 2019-07"):
        methods.parameter(settings, Month.parse("2019-07"), "due_day")


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
