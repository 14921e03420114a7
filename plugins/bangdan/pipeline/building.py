"""The stages of a range of months, from raw to the candidates of its releases, with the gates between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from bangdan import engines, stages
from bangdan.core import build_record, warehouse
from bangdan.core.logs import Progress, silent
from bangdan.core.months import Month, each, span
from bangdan.core.settings import Settings
from bangdan.pipeline.results import Checked, Counted, LayerBuilt, StageResult


def register(settings: Settings, first: Month, last: Month) -> None:
    """Empty layers where there are none yet, the seeds where they are not loaded yet, and the registry in force in the range."""
    from bangdan import transform
    from bangdan.ingestion import loading, registries
    from bangdan.matching import evidence
    from bangdan.month_inputs import seeds_hash
    from bangdan.publication import released_owners
    from bangdan.uncertainty import resampling

    for layer in (loading, evidence, resampling, released_owners):
        layer.ensure_layout(settings)
    registries.write_marks(settings)
    released_owners.write(settings)
    seeds = seeds_hash(settings)
    if build_record.are_seeds_current(settings, seeds):
        transform.register(settings, first, last, with_seeds=False)
        return
    build_record.record_seeds(settings, "")  # until all are loaded and tested
    transform.register(settings, first, last)
    build_record.record_seeds(settings, seeds)


def check_raw(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Checked:
    """First gate: the exports of the months are loaded and plausible. Raises GateRefused, also for a month without any."""
    from bangdan.ingestion import presence, purge

    purge.refuse(settings, first, last)
    for month in each(first, last):
        presence.require_records(settings, month)
    with warehouse.writing(settings, f"reading the raw layer of {span(first, last)}"):
        register(settings, first, last)
        result = check_gate(settings, first, last, "check_raw", progress)
    missing = sorted({earlier for month in each(first, last) for earlier in purge.history_of(settings, month)})
    return replace(result, history_purged=tuple(missing))


def stage(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> LayerBuilt:
    """Type, resolve and deduplicate: posts, channel items and the registry of the months' windows."""
    return _build(settings, first, last, "selector:stage")


def match(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Counted:
    """Decide which channel item is a reprint of which post, and keep the evidence. Month by month: the posts of a
    month and the three before it are what bounds memory. Items judged before are not judged again.
    """
    with _building(settings, first, last, "matching"):
        return _each_month(settings, first, last, "match", engines.match, progress)


def score(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> LayerBuilt:
    """From evidence to indicators and scores, of accounts and units."""
    return _build(settings, first, last, "selector:score")


def certainty(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Counted:
    """Intervals and tiers of each rank, by resampling each month's posts."""
    from bangdan.uncertainty import resampling

    with _building(settings, first, last, "resampling"):
        return _each_month(settings, first, last, "certainty", resampling.run, progress)


def present(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> LayerBuilt:
    """The candidates of the months' releases, under contract, the review lists, and the frames of the gates."""
    return _build(settings, first, last, "selector:present")


def check_facts(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Checked:
    """Second gate: the post facts are whole."""
    return check_gate(settings, first, last, "check_facts", progress)


def check_ranking(settings: Settings, first: Month, last: Month, progress: Progress = silent) -> Checked:
    """Third gate: the rankings may be published."""
    return check_gate(settings, first, last, "check_ranking", progress)


@contextmanager
def _building(settings: Settings, first: Month, last: Month, work: str) -> Iterator[None]:
    """Hold the warehouse while months are built; the gates after the build have to be passed again."""
    from bangdan import gates

    with warehouse.writing(settings, f"{work} {span(first, last)}"):
        for month in each(first, last):
            gates.withdraw(settings, month)
        yield


def _build(settings: Settings, first: Month, last: Month, layer: str) -> LayerBuilt:
    from bangdan import transform

    with _building(settings, first, last, f"building {layer.partition(':')[2]} of"):
        built = engines.build(settings, first, last, layer)
        return LayerBuilt(built, transform.rows(settings, first, last, [layer]))


def _each_month(
    settings: Settings,
    first: Month,
    last: Month,
    name: str,
    work: Callable[[Settings, Month], dict[str, int]],
    progress: Progress,
) -> Counted:
    """Do a stage's work month by month; the counts of all months, added up."""
    total: Counter[str] = Counter()
    for month in each(first, last):
        progress(f"  {name} {month}")
        total.update(work(settings, month))
    return Counted(total)


def check_gate(settings: Settings, first: Month, last: Month, stage: str, progress: Progress = silent) -> Checked:
    """The gate of a stage (`stages.GATES`), month by month; raises GateRefused at the first month that it refuses."""
    from bangdan import gates

    gate = stages.GATES[stage]
    with warehouse.writing(settings, f"gate {gate} of {span(first, last)}"):
        verdicts = []
        for month in each(first, last):
            progress(f"  {stage} {month}")
            verdicts.append(gates.check(settings, month, gate))
    return Checked(
        gate, sum(verdict.checked for verdict in verdicts), sum(len(verdict.warnings) for verdict in verdicts)
    )


Stage = Callable[[Settings, Month, Month, Progress], StageResult]
STAGES: dict[str, Stage] = {name: globals()[name] for name in stages.MONTH}
