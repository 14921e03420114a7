"""A month in one process, and one of its stages by name: left out where nothing of the month has changed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bangdan import engines, lineage, stages
from bangdan.core import build_record, city, methods, reports, warehouse
from bangdan.core.logs import Progress, silent
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline import building, intake, publishing
from bangdan.pipeline.results import MonthRun, StageResult, Unchanged

if TYPE_CHECKING:
    from bangdan.ingestion.inbox import Source


def run(
    settings: Settings,
    month: Month,
    *,
    inbox: Source | None = None,
    reason: str | None = None,
    note: str | None = None,
    full: bool = False,
    published_on: date | None = None,
    progress: Progress | None = None,
) -> MonthRun:
    """The whole month in this process: land, load, every stage, publish; writes runs/<month>/run_report.json. Stages of
    a month that was built from the same inputs are left out, unless `full`.

    Raises UsageError where there is no city.yml, no method is in force or the engine is not installed, GateRefused where a gate refuses or the month has no exports.
    """
    city.load(settings)
    methods.require(settings, month, month)
    engines.require(settings)
    with warehouse.writing(settings, f"run of {month}"), reports.run(settings, month) as run_id:
        if inbox or city.registry(settings):
            lineage.recorded(settings, month, "land", lambda: intake.land(settings, inbox))
        if not inbox:
            _require_exports(settings, month)
        lineage.recorded(settings, month, "load", lambda: intake.load(settings, progress=progress))
        for name in stages.MONTH:
            run_stage(settings, month, name, full=full)
        published = publishing.publish(settings, month, reason, note, published_on=published_on)
    return MonthRun(str(month), run_id, published, reports.read(settings, month)["stages"])


def _require_exports(settings: Settings, month: Month) -> None:
    """Refuse a month that has no records where nothing is landed that could hold them."""
    from bangdan.ingestion import landing, loading, presence

    if not presence.has_records(settings, month) and not loading.exports_to_load(
        landing.landed_exports(settings), settings
    ):
        presence.require_records(settings, month)


def run_stage(settings: Settings, month: Month, name: str, *, full: bool = False) -> StageResult:
    """One stage of one month, by its name in `stages.MONTH`, recorded in the report of the month's run. Where the month
    was built from the same inputs and nothing of it has been changed since, the stage is left out and the result is
    Unchanged, unless `full`.
    """
    return lineage.recorded(settings, month, name, lambda: _stage_unless_unchanged(settings, month, name, full))


def _stage_unless_unchanged(settings: Settings, month: Month, name: str, full: bool) -> StageResult:
    from bangdan.month_inputs import inputs_hash

    with warehouse.writing(settings, f"{name} of {month}"):
        inputs = inputs_hash(settings, month)
        if full and name == stages.MONTH[0]:
            build_record.record_seeds(settings, "")
        if not full and build_record.is_current(settings, month, inputs):
            return Unchanged()
        # The stages before this one were left out for what has changed since: they are made up for.
        is_left_out = build_record.is_recorded(settings, month)
        for stage_name in stages.MONTH[: stages.MONTH.index(name)] if is_left_out else ():
            _do_stage(settings, month, stage_name, inputs)
        return _do_stage(settings, month, name, inputs)


def _do_stage(settings: Settings, month: Month, name: str, inputs: str) -> StageResult:
    """A stage of a month, put on record: after the last of them the month is built."""
    if name == stages.MONTH[0]:
        build_record.begin(settings, month, inputs)
    result = building.STAGES[name](settings, month, month, silent)
    if build_record.stage_done(settings, month, name) == list(stages.MONTH):
        from bangdan.month_inputs import inputs_hash

        build_record.finish(settings, month, inputs_hash(settings, month))
    return result
