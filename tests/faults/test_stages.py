"""The stages before publication under faults: nothing accepted is lost, a re-run gives the bytes of an undisturbed run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import harness
from tests.faults.promises import promise

MONTH = "2021-08"


def ingest() -> None:
    """Land and load the inbox, in this process."""
    from bangdan import pipeline
    from bangdan.settings import Settings

    settings = Settings.load()
    pipeline.ingest(settings, [settings.inbox])


def match() -> None:
    """Evidence and rank intervals of a month."""
    from bangdan import pipeline
    from bangdan.months import Month
    from bangdan.settings import Settings

    pipeline.match(Settings.load(), Month.parse(MONTH))
    pipeline.certainty(Settings.load(), Month.parse(MONTH))


@dataclass(frozen=True)
class Stage:
    """A step, the home it starts from, and what an undisturbed run makes in the folders it writes."""

    work: Callable[[], None]
    home: Path
    starts_with: tuple[str, ...]
    makes: tuple[str, ...]
    made: dict[str, str]


@pytest.fixture(scope="module")
def stages(city: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    import bangdan.certainty
    import bangdan.cli
    import bangdan.exports.parse
    import bangdan.landing
    import bangdan.matching.stage
    import bangdan.raw  # noqa: F401

    base = tmp_path_factory.mktemp("stages")
    small = base / "small"
    for name in ("synthetic-registry", "synthetic-2021-08-late"):
        shutil.copytree(city / "inbox" / name, small / "inbox" / name)
    built = harness.copy(city, base / "built", "warehouse", "evidence", "raw")
    for path in built.glob(f"evidence/*/*{MONTH}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = {}
    for name, work, home, starts_with, makes in (
        ("ingest", ingest, small, ("inbox",), ("landing", "raw")),
        ("match", match, built, ("warehouse", "evidence"), ("evidence",)),
    ):
        undisturbed = harness.copy(home, base / "undisturbed", *starts_with)
        done = harness.run(work, base / "said", BANGDAN_HOME=str(undisturbed), BANGDAN_THREADS="1")
        assert done.code == 0, done.said
        made = harness.tree(*(undisturbed / folder for folder in makes))
        assert made
        found[name] = Stage(work, home, starts_with, makes, made)
    return found


def disturbed(stage: Stage, folder: Path, fault: harness.Fault) -> bool:
    """The stage under a fault, then again, then compared. False when the fault no longer came to pass."""
    home = harness.copy(stage.home, folder / "home", *stage.starts_with)
    told = {"BANGDAN_HOME": str(home), "BANGDAN_THREADS": "1"}
    ended = harness.run(stage.work, folder / "first", fault, **told)
    assert "Traceback" not in ended.said, f"{fault}: {ended.said}"
    if ended.was_hit and fault.kind == "KILL":
        assert ended.code == -9, f"{fault}: {ended}"
    elif ended.code:
        assert ended.was_hit, f"{fault}: {ended}"
        assert ended.code == 1, f"{fault}: {ended}"
        assert "remedy" in ended.said, f"{fault}: {ended}"
        assert str(home) in ended.said, f"{fault}: the message names no file: {ended.said}"
    # Whatever stands under its final name is whole: what is there is what an undisturbed run makes.
    for name, sha256 in harness.tree(*(home / one for one in stage.makes if (home / one).exists())).items():
        assert name.endswith(".partial") or stage.made.get(name) == sha256, f"{fault}: {name}"
    again = harness.run(stage.work, folder / "second", **told)
    assert again.code == 0, f"{fault}: {again.said}"
    assert harness.tree(*(home / one for one in stage.makes)) == stage.made, fault
    return ended.was_hit


@promise(
    "Killed at any point of landing, loading, matching or resampling, what stands is whole, nothing accepted is lost, and"
    " a re-run makes the same bytes.",
    "KILL at rename, fsync, write, mkdir",
)
@pytest.mark.parametrize(("call", "some"), [("rename", 3), ("fsync", 2), ("write", 2), ("mkdir", 2)])
@pytest.mark.parametrize("name", ["ingest", "match"])
def test_killed_in_a_stage(stages: dict[str, Stage], tmp_path: Path, name: str, call: str, some: int) -> None:
    hits = 0
    for fault in harness.faults(call, "KILL", some):
        if not disturbed(stages[name], tmp_path, fault):
            break
        hits += 1
    assert hits or call == "mkdir"
    harness.report(f"{name}: {fault.kind} at {call}", hits)


@promise(
    "A full or failing disk in these stages ends with exit code 1, cause, file and remedy.",
    "ENOSPC and EIO at rename, fsync, write",
)
@pytest.mark.parametrize("kind", ["ENOSPC", "EIO"])
@pytest.mark.parametrize(("call", "some"), [("rename", 1), ("fsync", 1), ("write", 2)])
@pytest.mark.parametrize("name", ["ingest", "match"])
def test_disk_fails_in_a_stage(
    stages: dict[str, Stage], tmp_path: Path, name: str, call: str, some: int, kind: str
) -> None:
    hits = 0
    for fault in harness.faults(call, kind, some):
        if not disturbed(stages[name], tmp_path, fault):
            break
        hits += 1
    assert hits
    harness.report(f"{name}: {kind} at {call}", hits)
