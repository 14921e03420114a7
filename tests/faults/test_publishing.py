"""Publishing under faults: the old or the new release stands whole, and a re-run gives the bytes of an undisturbed run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import faults
from tests.support.faults import Fault
from tests.support.promises import promise
from tests.support.publishing import FOLDERS, Ready, problems, publish, published_again


def disturbed(ready: Ready, folder: Path, fault: Fault) -> bool:
    """Publish under a fault, look, publish again, compare. False when the fault no longer came to pass."""
    home = faults.copy(ready.home, folder / "home", *FOLDERS)
    ended = faults.run(publish, folder / "first", fault, BANGDAN_HOME=str(home))
    faults.check_message(ended, fault, home)
    assert problems(home, folder / "look") == "", fault
    assert published_again(home, folder / "second") == (ready.database, ""), fault
    assert faults.tree(home / "releases") == ready.releases, fault
    assert faults.leftovers(home) == [], fault
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
    places = faults.faults(call, "KILL", some)
    assert faults.series(f"publish: KILL at {call}", places, lambda fault: disturbed(ready, tmp_path, fault))


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
    places = faults.faults(call, kind, some)
    assert faults.series(f"publish: {kind} at {call}", places, lambda fault: disturbed(ready, tmp_path, fault))
