"""Publishing under faults: the old or the new release stands whole, and a re-run gives the bytes of an undisturbed run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import harness
from tests.faults.harness import Fault
from tests.faults.promises import promise

MONTH = "2021-08"
FOLDERS = ("warehouse", "releases", "published", "runs")


def publish() -> None:
    from bangdan import pipeline
    from bangdan.core.months import Month
    from bangdan.core.settings import Settings

    print(pipeline.publish(Settings.load(), Month.parse(MONTH)))


@dataclass(frozen=True)
class Ready:
    """A home with 2021-07 released and the candidate of 2021-08 built, and what an undisturbed publication makes of it."""

    home: Path
    releases: dict[str, str]
    database: str


@pytest.fixture(scope="module")
def ready(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    # Bytecode and lazy imports belong to no case: the forked children find all this done.

    base = tmp_path_factory.mktemp("publishing")
    home = harness.copy(city, base / "ready", *FOLDERS)
    shutil.rmtree(home / "releases" / MONTH)

    def follow() -> None:
        from bangdan.core.settings import Settings
        from bangdan.publication import pointers

        pointers.follow(Settings.load())

    done = harness.run(follow, base / "said", BANGDAN_HOME=str(home))
    assert done.code == 0, done.said
    undisturbed = harness.copy(home, base / "undisturbed", *FOLDERS)
    done = harness.run(publish, base / "said", BANGDAN_HOME=str(undisturbed))
    assert done.code == 0, done.said
    return Ready(home, harness.tree(undisturbed / "releases"), database_of(undisturbed, base / "said"))


def database_of(home: Path, scratch: Path) -> str:
    done = harness.run(lambda: print(harness.database_digest(home)), scratch, BANGDAN_HOME=str(home))
    assert done.code == 0, done.said
    return done.said


def problems(home: Path, scratch: Path) -> str:
    done = harness.run(
        lambda: print("\n".join(harness.wrong_with_what_is_published(home)), end=""), scratch, BANGDAN_HOME=str(home)
    )
    assert done.code == 0, done.said
    return done.said


def verified(home: Path, scratch: Path) -> str:
    """What `bangdan verify` finds wrong."""

    def verify() -> None:
        from bangdan.core.settings import Settings
        from bangdan.publication import manifest, pointers

        settings = Settings.load()
        print("\n".join([*manifest.verify(settings), *pointers.problems(settings)]), end="")

    done = harness.run(verify, scratch, BANGDAN_HOME=str(home))
    assert done.code == 0, done.said
    return done.said


def disturbed(ready: Ready, folder: Path, fault: Fault) -> bool:
    """Publish under a fault, look, publish again, compare. False when the fault no longer came to pass."""
    home = harness.copy(ready.home, folder / "home", *FOLDERS)
    told = {"BANGDAN_HOME": str(home)}
    ended = harness.run(publish, folder / "first", fault, **told)
    harness.check_message(ended, fault, home)
    assert problems(home, folder / "look") == "", fault
    again = harness.run(publish, folder / "second", **told)
    assert again.code == 0, f"{fault}: {again.said}"
    assert harness.tree(home / "releases") == ready.releases, fault
    assert database_of(home, folder / "look") == ready.database, fault
    assert verified(home, folder / "look") == "", fault
    assert harness.leftovers(home) == [], fault
    return ended.was_hit


@promise(
    "Killed at any point of publishing, the old or the new release stands whole; a re-run makes the same bytes.",
    "KILL at each rename, mkdir, symlink; at fsync, unlink, write",
)
@pytest.mark.parametrize(
    ("call", "some"),
    [("rename", 12), ("mkdir", 3), ("symlink", 2), ("unlink", 1), ("fsync", 3), ("fdatasync", 2), ("write", 3)],
)
def test_killed_while_publishing(ready: Ready, tmp_path: Path, call: str, some: int) -> None:
    places = harness.faults(call, "KILL", some)
    assert harness.series(f"publish: KILL at {call}", places, lambda fault: disturbed(ready, tmp_path, fault))


@promise(
    "A full or failing disk while publishing ends with exit code 1 and a message that names cause, file and remedy;"
    " nothing half-made stands.",
    "ENOSPC and EIO at each rename, mkdir, symlink; at fsync, write",
)
@pytest.mark.parametrize("kind", ["ENOSPC", "EIO"])
@pytest.mark.parametrize(
    ("call", "some"), [("rename", 2), ("mkdir", 1), ("symlink", 1), ("fsync", 1), ("fdatasync", 1), ("write", 2)]
)
def test_disk_fails_while_publishing(ready: Ready, tmp_path: Path, call: str, kind: str, some: int) -> None:
    places = harness.faults(call, kind, some)
    assert harness.series(f"publish: {kind} at {call}", places, lambda fault: disturbed(ready, tmp_path, fault))
