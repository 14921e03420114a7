"""Build a range of months up to their candidates: each stage once for all months, not once per month."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping

from bangdan import gates, lineage, stages, transform
from bangdan.core.identifiers import short_hash
from bangdan.core.logs import Progress
from bangdan.core.months import Month, each, span
from bangdan.core.settings import Settings
from bangdan.ingestion import purge
from bangdan.pipeline import building

Stopped = Callable[[], bool]
# Folders below evidence/ that a phase writes, a folder a month in each.
EVIDENCE = {"match": ("matches", "families", "rejected"), "certainty": ("certainty",)}


class Interrupted(Exception):
    """A person asked for a stop; the finished steps are on record."""


def build(
    settings: Settings,
    first: Month,
    last: Month,
    progress: Progress,
    *,
    done: Iterable[str] = (),
    finished: Callable[[str], None] = lambda stage: None,
    stopped: Stopped = lambda: False,
) -> None:
    """Run the stages of `stages.BUILD` that are not in `done`, calling `finished` after each.

    Raises Interrupted between two steps when `stopped` returns True.
    """

    def step(line: str) -> None:
        if stopped():
            raise Interrupted
        progress(line)

    done = set(done)
    purge.refuse(settings, first, last)
    for month in each(first, last):
        gates.withdraw(settings, month)
    if not done >= set(stages.BUILD):
        step(f"register {span(first, last)}")
        building.register(settings, first, last)
    for number, name in enumerate(stages.BUILD, 1):
        if name not in done:
            step(f"[{number}/{len(stages.BUILD)}] {name} of {span(first, last)}")
            work = functools.partial(building.STAGES[name], settings, first, last, step)
            result = lineage.traced(settings, first, last, name, work)
            finished(name)
            counts = [f"{value:,} {key}" for key, value in result.to_json().items() if isinstance(value, int)]
            if counts:
                progress(f"  {name}: {', '.join(counts)}")


def is_built(settings: Settings, months: Iterable[Month]) -> bool:
    """Whether the warehouse holds a candidate of every month: it may have been removed since a journal was written."""
    return {str(month) for month in months} <= transform.built_months(settings)


def evidence_of(settings: Settings, first: Month, last: Month, phase: str) -> str:
    """Hash of the names, sizes and times of the evidence that a phase leaves for a range; empty where it leaves none."""
    lines = [
        f"{file.relative_to(settings.evidence).as_posix()} {file.stat().st_size} {file.stat().st_mtime_ns}"
        for kind in EVIDENCE.get(phase, ())
        for month in each(first, last)
        for file in sorted((settings.evidence / kind / f"month={month}").glob("*.parquet"))
    ]
    return short_hash(lines) if phase in EVIDENCE else ""


def is_as_left(settings: Settings, first: Month, last: Month, evidence: Mapping[str, str]) -> bool:
    """Whether the warehouse was last built for this range, and the evidence of every phase done is still the same."""
    return transform.last_range(settings) == (str(first), str(last)) and all(
        evidence_of(settings, first, last, phase) == known for phase, known in evidence.items()
    )
