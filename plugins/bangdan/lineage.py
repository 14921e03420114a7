"""OpenLineage events of the steps of a month or of a range of months, from export files to releases, where BANGDAN_LINEAGE
names a file or an endpoint; the names in them are those of data sets and hold no path of the machine.
"""

from __future__ import annotations

import functools
import os
import re
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from bangdan import __version__, stages
from bangdan.core import city, documents, logs, reports
from bangdan.core.errors import BangdanError
from bangdan.core.months import SHANGHAI, Month, each
from bangdan.core.settings import Settings

Values = dict[str, Any]
R = TypeVar("R", bound=reports.Result)
PRODUCER = f"urn:bangdan:{__version__}"
SPEC = "https://openlineage.io/spec"
EVENT_SCHEMA = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
# Facet → the version of its schema, and its name there.
FACETS = {
    "nominalTime": ("1-0-1", "NominalTimeRunFacet"),
    "parent": ("1-2-0", "ParentRunFacet"),
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "jobType": ("2-0-4", "JobTypeJobFacet"),
    "documentation": ("1-1-0", "DocumentationJobFacet"),
    "version": ("1-0-1", "DatasetVersionDatasetFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
    "dataQualityAssertions": ("1-1-0", "DataQualityAssertionsDatasetFacet"),
}
SECONDS = 10  # for an endpoint to answer
# The run that events belong to where it is not the run of their month: the name of its job, and its id.
_parent_run: ContextVar[tuple[str, str] | None] = ContextVar("parent_run", default=None)


@contextmanager
def run(job: str) -> Iterator[None]:
    """Every event inside belongs to one new run of a job, such as a backfill."""
    token = _parent_run.set((job, str(uuid.uuid4())))
    try:
        yield
    finally:
        _parent_run.reset(token)


def recorded(settings: Settings, month: Month, step: str, work: Callable[[], R]) -> R:
    """Do a step of a month as `reports.record` does, with the events of its start and end around it."""
    return traced(settings, month, month, step, lambda: reports.record(settings, month, step, work))


def traced(settings: Settings, first: Month, last: Month, step: str, work: Callable[[], R]) -> R:
    """Do a step of the months first..last, with the events of its start and end around it.

    A file that cannot be written, an endpoint that does not answer, or a manifest of exports that cannot be read is a warning
    in the log and stops no month.
    """
    if not settings.lineage:
        return work()
    run_id = str(uuid.uuid4())
    event = functools.partial(_event, settings, first, last, step, run_id)
    _emit(settings, functools.partial(event, "START"))
    try:
        result = work()
    except BaseException as error:
        _emit(settings, functools.partial(event, "FAIL", error=error))
        raise
    _emit(settings, functools.partial(event, "COMPLETE", result=result.to_json()))
    return result


def _event(
    settings: Settings,
    first: Month,
    last: Month,
    step: str,
    run_id: str,
    kind: str,
    *,
    result: Values | None = None,
    error: BaseException | None = None,
) -> Values:
    """One RunEvent: `kind` is START, COMPLETE (with the result of the step) or FAIL (with its error)."""
    namespace = _namespace(settings)
    parent_job, parent_id = _parent_run.get() or ("month", _run_of_month(settings, namespace, first))
    run_facets = {
        "nominalTime": _facet(
            "nominalTime",
            nominalStartTime=first.start.replace(tzinfo=SHANGHAI).isoformat(),
            nominalEndTime=last.end.replace(tzinfo=SHANGHAI).isoformat(),
        ),
        "parent": _facet("parent", run={"runId": parent_id}, job={"namespace": namespace, "name": parent_job}),
    }
    if error is not None:
        run_facets["errorMessage"] = _facet(
            "errorMessage", message=_without_paths(settings, str(error)), programmingLanguage="PYTHON"
        )
    described = stages.STEPS[step]
    return {
        "eventType": kind,
        "eventTime": datetime.now(UTC).isoformat(),
        "producer": PRODUCER,
        "schemaURL": EVENT_SCHEMA,
        "run": {"runId": run_id, "facets": run_facets},
        "job": {
            "namespace": namespace,
            "name": step,
            "facets": {
                "jobType": _facet("jobType", processingType="BATCH", integration="BANGDAN", jobType="TASK"),
                "documentation": _facet("documentation", description=described.description),
            },
        },
        "inputs": _inputs(settings, namespace, first, last, step, result),
        "outputs": [_output(namespace, last, dataset, result or {}) for dataset in described.writes],
    }


def _run_of_month(settings: Settings, namespace: str, month: Month) -> str:
    """The id of the current run of a month, the same in each of its processes."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{namespace}/{month}/{reports.run_id(settings, month)}"))


def _inputs(
    settings: Settings, namespace: str, first: Month, last: Month, step: str, result: Values | None
) -> list[Values]:
    """What a step reads: data sets; once exports are loaded, also each export file that the months read, by its hash."""
    from bangdan.ingestion import catalogue

    inputs: list[Values] = [{"namespace": namespace, "name": dataset} for dataset in stages.STEPS[step].reads]
    if step == "load" and result is not None:
        exports = catalogue.rows(settings)
        hashes = {row.export_sha256 for month in each(first, last) for row in catalogue.read_by_month(exports, month)}
        inputs += [{"namespace": namespace, "name": f"landing/{sha256}"} for sha256 in sorted(hashes)]
    if step in stages.GATES and result and "passed" in result:
        assertion = {"assertion": stages.GATES[step], "success": bool(result["passed"])}
        for dataset in inputs:
            dataset["inputFacets"] = {"dataQualityAssertions": _facet("dataQualityAssertions", assertions=[assertion])}
    return inputs


def _output(namespace: str, month: Month, dataset: str, result: Values) -> Values:
    """A data set that a step writes, with the rows that it has put there, and the release where it has made one."""
    output: Values = {"namespace": namespace, "name": dataset}
    rows = result.get("accepted", sum(result["rows"].values()) if isinstance(result.get("rows"), dict) else None)
    if rows is not None:
        output["outputFacets"] = {"outputStatistics": _facet("outputStatistics", rowCount=rows)}
    if "release" in result:
        version = f"{month}/{result['release']}"
        output["facets"] = {"version": _facet("version", datasetVersion=version)}
    return output


def _facet(name: str, **values: Any) -> Values:
    version, title = FACETS[name]
    return {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/facets/{version}/{title}.json#/$defs/{title}", **values}


def _namespace(settings: Settings) -> str:
    """By the city's name in English; `bangdan://city` where it has no city.yml that can be read."""
    try:
        name = city.load(settings).name_en
    except BangdanError:
        name = "city"
    return "bangdan://" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _without_paths(settings: Settings, text: str) -> str:
    """A message in which the data folder and the city's folder have no place on the machine."""
    return text.replace(str(settings.home), "data").replace(str(settings.city), "city")


def _emit(settings: Settings, event: Callable[[], Values]) -> None:
    """Make an event and send it to the endpoint, or append it to the file as one line."""
    try:
        line = documents.dump(event())
        if settings.lineage.startswith(("http://", "https://")):
            request = urllib.request.Request(
                settings.lineage, line.encode("utf-8"), {"Content-Type": "application/json"}, method="POST"
            )
            urllib.request.urlopen(request, timeout=SECONDS).close()
        else:
            _append(Path(settings.lineage).expanduser(), line)
    except (OSError, ValueError, BangdanError) as error:
        logs.logger(settings).warning("lineage", failed=f"{settings.lineage}: {error}")


def _append(file: Path, line: str) -> None:
    """One write a line, so that processes do not cut into each other's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, (line + "\n").encode("utf-8", "surrogatepass"))
    finally:
        os.close(handle)
