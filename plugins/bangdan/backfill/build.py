"""Build a range of months up to their candidates: one dbt call per layer for all months, not one per month.

Phases are named, so that a journal can keep which of them are done; each may be run again at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping

from bangdan import gates, pipeline
from bangdan.core.months import Month, each
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.ingestion import purge

Progress = Callable[[str], None]
Stopped = Callable[[], bool]
# Folders below evidence/ that a phase writes, a folder a month in each.
EVIDENCE = {"match": ("matches", "families", "rejected"), "certainty": ("certainty",)}


class Interrupted(Exception):
    """A person asked to stop; what is done is done."""


def build(
    settings: Settings,
    first: Month,
    last: Month,
    tell: Progress,
    *,
    done: Iterable[str] = (),
    finished: Callable[[str], None] = lambda phase: None,
    stopped: Stopped = lambda: False,
) -> None:
    """Run the phases that are not in `done`, calling `finished` after each; raises Interrupted when asked to stop."""
    purge.refuse(settings, first, last)
    for month in each(first, last):
        gates.void(settings, month)
    done = set(done)
    for number, (name, work) in enumerate(PHASES.items(), 1):
        if stopped():
            raise Interrupted
        if name in done:
            continue
        tell(f"[{number}/{len(PHASES)}] {name} of {first}..{last}")
        work(settings, first, last, tell, stopped)
        finished(name)


def is_built(settings: Settings, months: Iterable[Month]) -> bool:
    """Whether the warehouse holds a candidate of every month; what a journal says of a lost warehouse is void."""
    if not settings.warehouse.exists():
        return False
    with connect(settings, read_only=True) as con:
        if not con.execute("select 1 from duckdb_tables() where table_name = 'rpt_ranking'").fetchall():
            return False
        there = {m for (m,) in con.execute("select distinct ranking_month from published.rpt_ranking").fetchall()}
    return {str(month) for month in months} <= there


def evidence_of(settings: Settings, first: Month, last: Month, phase: str) -> str:
    """Hash of the names, sizes and times of the evidence that a phase leaves for a range; empty where it leaves none."""
    found = [
        f"{file.relative_to(settings.evidence).as_posix()} {file.stat().st_size} {file.stat().st_mtime_ns}"
        for kind in EVIDENCE.get(phase, ())
        for month in each(first, last)
        for file in sorted((settings.evidence / kind / f"month={month}").glob("*.parquet"))
    ]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:16] if phase in EVIDENCE else ""


def is_as_left(settings: Settings, first: Month, last: Month, evidence: Mapping[str, str]) -> bool:
    """Whether the warehouse was last built for this range, and the evidence of every phase done is still the same."""
    from bangdan import transform

    return transform.last_range(settings) == (str(first), str(last)) and all(
        evidence_of(settings, first, last, phase) == known for phase, known in evidence.items()
    )


def _register(settings: Settings, first: Month, last: Month, tell: Progress, stopped: Stopped) -> None:
    pipeline.register(settings, first, last)


def _stage(settings: Settings, first: Month, last: Month, tell: Progress, stopped: Stopped) -> None:
    _dbt(settings, first, last, "tag:staging")


def _match(settings: Settings, first: Month, last: Month, tell: Progress, stopped: Stopped) -> None:
    """Month by month: the own side of a month is what bounds memory. Known items are not judged again."""
    from bangdan.matching import stage

    for month in each(first, last):
        if stopped():
            raise Interrupted
        found = stage.run(settings, month)
        tell(f"  {month}: {found['matches']:,} matches of {found['items']:,} items ({found['newly_judged']:,} judged)")


def _score(settings: Settings, first: Month, last: Month, tell: Progress, stopped: Stopped) -> None:
    _dbt(settings, first, last, "tag:marts")


def _resample(settings: Settings, first: Month, last: Month, tell: Progress, stopped: Stopped) -> None:
    from bangdan.uncertainty import intervals

    for month in each(first, last):
        if stopped():
            raise Interrupted
        intervals.run(settings, month)


def _present(settings: Settings, first: Month, last: Month, tell: Progress, stopped: Stopped) -> None:
    _dbt(settings, first, last, "tag:published")


def _dbt(settings: Settings, first: Month, last: Month, select: str) -> None:
    from bangdan import transform

    transform.build(settings, first, last, [select])


PHASES: dict[str, Callable[[Settings, Month, Month, Progress, Stopped], None]] = {
    "register": _register,
    "stage": _stage,
    "match": _match,
    "score": _score,
    "certainty": _resample,
    "present": _present,
}
