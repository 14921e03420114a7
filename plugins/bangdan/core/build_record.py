"""Which months and seeds the warehouse and the evidence hold as a whole, and from which inputs: they need not be built again.

The record is `warehouse/built.json`. It holds only as long as nobody but the program has changed the warehouse: whoever
takes the writer's lock compares the database file with the record (`take_over`) and brings the record up to it when
done (`hand_over`). After a writer that was killed, a table that was changed by hand or a file that was replaced, no month
counts as built.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bangdan.core.identifiers import short_hash
from bangdan.core.months import Month, each
from bangdan.core.settings import Settings


@dataclass
class Build:
    """A month that is being built: the hash of its inputs when it began, and the stages that are done, in order."""

    inputs: str
    stages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Built:
    """A month that is built: the hash of its inputs, and of the evidence and reports that its stages left."""

    inputs: str
    left: str


@dataclass
class Record:
    """The content of built.json; `warehouse` identifies the database file that it is about."""

    warehouse: str
    building: dict[str, Build] = field(default_factory=dict)
    built: dict[str, Built] = field(default_factory=dict)
    seeds: str = ""  # hash of the seeds that are loaded and tested, empty for none


def are_seeds_current(settings: Settings, seeds: str) -> bool:
    """Whether the seeds with this hash are in the warehouse. Call inside `warehouse.writing`."""
    return _read(settings).seeds == seeds


def record_seeds(settings: Settings, seeds: str) -> None:
    """Record the seeds with this hash as loaded; an empty hash says that none can be relied on."""
    record = _read(settings)
    record.seeds = seeds
    _write(settings, record)


def is_recorded(settings: Settings, month: Month) -> bool:
    """Whether a month is on record as built, from whatever inputs."""
    return str(month) in _read(settings).built


def is_current(settings: Settings, month: Month, inputs: str) -> bool:
    """Whether a month was built from these inputs and its tables, evidence and reports are as they were left. Call
    inside `warehouse.writing`.
    """
    built = _read(settings).built.get(str(month))
    return built is not None and built == Built(inputs, _left(settings, month))


def begin(settings: Settings, month: Month, inputs: str) -> None:
    """Record that a month is built anew, from its first stage on."""
    record = _read(settings)
    record.built.pop(str(month), None)
    record.building[str(month)] = Build(inputs)
    _write(settings, record)


def stage_done(settings: Settings, month: Month, name: str) -> list[str]:
    """Record a stage of a month that was begun; the stages done since, in order. Empty for a month that was not."""
    record = _read(settings)
    build = record.building.get(str(month))
    if build is None:
        return []
    build.stages.append(name)
    _write(settings, record)
    return build.stages


def finish(settings: Settings, month: Month, inputs: str) -> None:
    """Record a month whose stages are all done as built, where its inputs are still those it was begun with."""
    record = _read(settings)
    build = record.building.pop(str(month), None)
    if build and build.inputs == inputs:
        record.built[str(month)] = Built(inputs, _left(settings, month))
    _write(settings, record)


def withdraw(settings: Settings, first: Month, last: Month) -> None:
    """Record that tables of these months are written again."""
    record = _read(settings)
    months = {str(month) for month in each(first, last)} & record.built.keys()
    if months:
        for month in months:
            del record.built[month]
        _write(settings, record)


def take_over(settings: Settings) -> None:
    """Forget the record where the warehouse is not the one that the last writer left."""
    file = _file(settings)
    if file.exists() and _read(settings).warehouse != _identity(settings):
        file.unlink(missing_ok=True)


def hand_over(settings: Settings) -> None:
    """Bring the record up to the warehouse that this writer leaves. Until then the record names an earlier one, so that
    nothing of it holds where the writer is killed.
    """
    if _file(settings).exists():
        record, identity = _read(settings), _identity(settings)
        if record.warehouse != identity:
            record.warehouse = identity
            _write(settings, record)


def _file(settings: Settings) -> Path:
    return settings.warehouse.with_name("built.json")


def _read(settings: Settings) -> Record:
    """The record; an empty one where there is none that can be read."""
    try:
        values = json.loads(_file(settings).read_text("utf-8"))
        return Record(
            values["warehouse"],
            {month: Build(**build) for month, build in values["building"].items()},
            {month: Built(**built) for month, built in values["built"].items()},
            values["seeds"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Record("")


def _write(settings: Settings, record: Record) -> None:
    """Write the record. Where it can't be written there is none, and the months are built again."""
    file = _file(settings)
    partial = file.with_name(f".{file.name}.partial")  # one name: only the lock's holder writes it
    with suppress(OSError):
        file.unlink(missing_ok=True)
        partial.write_text(json.dumps(asdict(record), indent=1) + "\n", "utf-8")
        os.replace(partial, file)
    with suppress(OSError):
        partial.unlink(missing_ok=True)


def _identity(settings: Settings) -> str:
    """Which file the warehouse is, its size and time of change, and those of its log; a copy is another file."""
    paths = (settings.warehouse, settings.warehouse.with_name(f"{settings.warehouse.name}.wal"))
    return "; ".join(_status(path) for path in paths)


def _left(settings: Settings, month: Month) -> str:
    """Hash of the names, sizes and times of a month's evidence and of the reports of its gates."""
    folders = [*sorted(settings.evidence.glob(f"*/month={month}")), settings.runs / str(month) / "quality"]
    paths = [path for folder in folders for path in sorted(folder.glob("*")) if not path.name.startswith(".")]
    return short_hash([f"{path.relative_to(settings.home).as_posix()} {_status(path)}" for path in paths])


def _status(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "none"
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"
