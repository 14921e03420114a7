"""Which stages of a month are done: all of one that is new or has changed, none of one that is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan import month_inputs, stages, transform
from bangdan.core import reports, warehouse
from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline import building, runs
from bangdan.pipeline.results import Counted, Unchanged

AUGUST = Month(2021, 8)


class Stages:
    """A pipeline whose stages do nothing but note their names, in a home whose inputs a test sets."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.inputs, self.refused = settings, "a", ""
        self.done: list[str] = []
        for name in stages.MONTH:
            monkeypatch.setitem(building.STAGES, name, lambda *_words, name=name: self._do(name))
        monkeypatch.setattr(month_inputs, "inputs_hash", lambda settings, month: self.inputs)

    def _do(self, name: str) -> Counted:
        if name == self.refused:
            raise GateRefused(name)
        self.done.append(name)
        return Counted({"rows": 1})

    def run(self, *names: str, month: Month = AUGUST, full: bool = False) -> list[str]:
        """The stages that were done when these were called."""
        self.done = []
        for name in names or stages.MONTH:
            runs.run_stage(self.settings, month, name, full=full)
        return self.done


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stages:
    return Stages(Settings(tmp_path, 1, "300MB", lock_wait=0), monkeypatch)


MONTH = list(stages.MONTH)


def test_a_month_is_built_once_as_long_as_its_inputs_stay(month: Stages) -> None:
    assert month.run() == MONTH
    assert month.run() == []
    month.inputs = "b"
    assert month.run() == MONTH
    assert month.run() == []


def test_each_month_is_built_for_itself(month: Stages) -> None:
    month.run()
    assert month.run(month=AUGUST + 1) == MONTH
    assert (month.run(), month.run(month=AUGUST + 1)) == ([], [])


def test_a_stage_that_is_left_out_says_so_in_the_report(month: Stages) -> None:
    month.run()
    assert runs.run_stage(month.settings, AUGUST, "match") == Unchanged()
    row = reports.read(month.settings, AUGUST)["stages"][-1]
    assert (row["stage"], row["unchanged"]) == ("match", True)
    assert runs.run_stage(month.settings, AUGUST, "match", full=True) == Counted({"rows": 1})


def test_a_full_run_does_every_stage(month: Stages) -> None:
    month.run()
    assert month.run(full=True) == MONTH
    assert month.run() == []


def test_a_month_that_a_gate_refused_is_built_again(month: Stages) -> None:
    month.refused = "check_ranking"
    with pytest.raises(GateRefused):
        month.run()
    month.refused = ""
    assert month.run() == MONTH


def test_a_stage_that_failed_may_be_tried_again_by_itself(month: Stages) -> None:
    month.refused = "score"
    with pytest.raises(GateRefused):
        month.run()
    month.refused = ""
    assert month.run("score", *MONTH[4:]) == MONTH[3:]
    assert month.run() == []


def test_stages_without_the_first_or_out_of_order_make_no_month(month: Stages) -> None:
    month.run(*MONTH[1:])
    assert month.run() == MONTH
    month.inputs = "b"
    month.run("check_raw", "match", "stage", *MONTH[3:])
    assert month.run("check_raw") == ["check_raw"]


def test_exports_that_come_between_two_stages_are_not_passed_over(month: Stages) -> None:
    """Each stage is a task of its own in Airflow: the first two were left out when the export came."""
    month.run()
    assert month.run("check_raw", "stage") == []
    month.inputs = "b"
    assert month.run("match") == ["check_raw", "stage", "match"]
    assert month.run(*MONTH[3:]) == MONTH[3:]
    assert month.run() == []


def test_exports_that_come_while_a_month_is_built_build_it_again(month: Stages) -> None:
    month.run("check_raw", "stage")
    month.inputs = "b"
    month.run(*MONTH[2:])
    assert month.run() == MONTH


# ---- seeds ----------------------------------------------------------------------------------------------------------


class Registering:
    """The first gate's build, in which dbt does nothing but note whether it was to load seeds."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.seeds, self.fails = settings, "a", False
        self.with_seeds: list[bool] = []
        monkeypatch.setattr(transform, "register", self._register)
        monkeypatch.setattr(month_inputs, "seeds_hash", lambda settings: self.seeds)

    def _register(self, settings: Settings, first: Month, last: Month, *, with_seeds: bool = True) -> None:
        self.with_seeds.append(with_seeds)
        if self.fails:
            raise BangdanError("a seed failed")

    def run(self) -> bool:
        """Whether seeds were to be loaded."""
        with warehouse.writing(self.settings, "register"):
            building.register(self.settings, AUGUST, AUGUST)
        return self.with_seeds[-1]


@pytest.fixture
def registering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registering:
    return Registering(Settings(tmp_path, 1, "300MB", lock_wait=0), monkeypatch)


def test_seeds_are_loaded_when_they_are_new_or_have_changed(registering: Registering) -> None:
    assert (registering.run(), registering.run()) == (True, False)
    registering.seeds = "b"
    assert (registering.run(), registering.run()) == (True, False)


def test_seeds_are_loaded_again_after_a_build_that_failed_though_they_are_the_old_ones_by_then(
    registering: Registering,
) -> None:
    registering.run()
    registering.seeds, registering.fails = "b", True
    with pytest.raises(BangdanError, match="a seed failed"):
        registering.run()
    registering.seeds, registering.fails = "a", False
    assert registering.run()


def test_a_full_run_loads_seeds_again(registering: Registering, month: Stages) -> None:
    registering.run()
    month.run(full=True)
    assert registering.run()
