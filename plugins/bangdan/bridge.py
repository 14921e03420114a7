"""What Airflow calls: the pipeline's stages as task bodies, and the month of a run. The only module that knows both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from bangdan import pipeline
from bangdan.errors import BangdanError, GateRefused, UsageError
from bangdan.months import Month
from bangdan.settings import Settings

POOL = "warehouse"
BATCHES = 8


def month_of(context: dict[str, Any]) -> str:
    """The run's month: the parameter or conf `month`, else the partition key. A run without any fails at once."""
    run = context["dag_run"]
    said = (context.get("params") or {}).get("month") or (run.conf or {}).get("month")
    said = said or getattr(run, "partition_key", None)
    if not said:
        raise AirflowFailException(
            'this run has no month: trigger it with {"month": "2021-08"} or let the schedule give its partition'
        )
    return str(_permanent(lambda: Month.parse(said)))


def land(inbox: str | None) -> list[list[str]]:
    """Land the inbox; export ids in batches for mapped loading."""
    settings = Settings.load()
    folder = Path(inbox) if inbox else settings.inbox
    found = _permanent(lambda: pipeline.land(settings, folder if folder.exists() else None))["exports"]
    size = max(1, -(-len(found) // BATCHES))
    return [found[at : at + size] for at in range(0, len(found), size)]


def load(exports: list[str]) -> dict[str, Any]:
    """Load a batch of exports; returns what was read, accepted, rejected and duplicate."""
    return _permanent(lambda: pipeline.load(Settings.load(), exports))


def stage(name: str, month: str) -> dict[str, Any]:
    """One stage of pipeline.STAGES for a month."""
    return _permanent(lambda: pipeline.STAGES[name](Settings.load(), Month.parse(month)))


def _permanent(work: Callable[[], Any]) -> Any:
    """A refused gate or a wrong word will not mend itself: fail without retries, with the message and the remedy."""
    try:
        return work()
    except (GateRefused, UsageError) as error:
        raise AirflowFailException(str(error)) from None
    except BangdanError as error:
        raise RuntimeError(str(error)) from None
