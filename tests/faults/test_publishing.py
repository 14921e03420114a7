"""Publishing under faults: the old or the new release is whole, and a re-run gives the bytes of an undisturbed run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import faults
from tests.support.faults import Fault
from tests.support.promises import promise
from tests.support.publishing import FOLDERS, LookedAt, Ready, publish, published_again


def disturbed(ready: Ready, folder: Path, fault: Fault) -> bool:
    """Publish under a fault, look, publish again, compare. False when the fault no longer came to pass."""
    home = faults.copy(ready.home, folder / "home", *FOLDERS)
    ended = faults.run(publish, folder / "first", fault, BANGDAN_HOME=str(home))
    faults.check_message(ended, fault, home)
    assert published_again(home, folder / "second") == LookedAt("", ready.database, ""), fault
    assert faults.tree(home / "releases") == ready.releases, fault
    assert faults.leftovers(home) == [], fault
    return ended.was_hit


# The suite takes the steps of a publication that a re-run has to continue differently: the release half-written (mkdir,
# write, fsync), in its place (rename 2), without its pointer (symlink, rename 3), the database half-written (fdatasync), in
# its place (rename 4), and the pages of the archive (rename 8). `make faults` takes all.
KILLED = [
    ("rename", (2, 3, 4, 8)), ("mkdir", (3,)), ("symlink", (1,)), ("unlink", (1,)), ("fsync", (60, 150)),
    ("fdatasync", (30,)), ("write", (9, 40)),
]  # fmt: skip
FAILING = [
    ("rename", "ENOSPC", (2,)), ("rename", "EIO", (4,)), ("mkdir", "ENOSPC", (3,)), ("symlink", "EIO", (1,)),
    ("fsync", "EIO", (60,)), ("fdatasync", "ENOSPC", (30,)), ("write", "ENOSPC", (40,)), ("write", "EIO", (9,)),
]  # fmt: skip
CALLS = ("rename", "mkdir", "symlink", "fsync", "fdatasync", "write")
EVERY_FAILURE = [(call, kind, ()) for kind in ("ENOSPC", "EIO") for call in CALLS]


@promise(
    "Killed at any point of publishing, the old or the new release is whole; a re-run makes the same bytes.",
    "KILL at rename, mkdir, symlink, fsync, fdatasync, unlink, write",
)
@pytest.mark.parametrize(("call", "at"), KILLED)
def test_killed_while_publishing(ready: Ready, tmp_path: Path, call: str, at: tuple[int, ...]) -> None:
    places = faults.faults(call, "KILL", at)
    assert faults.series(f"publish: KILL at {call}", places, lambda fault: disturbed(ready, tmp_path, fault))


@promise(
    "A full or failing disk while publishing ends with exit code 1 and a message that names cause, file and remedy;"
    " nothing half-made is left.",
    "ENOSPC and EIO at rename, mkdir, symlink, fsync, fdatasync, write: in the suite each call under one of the two",
)
@pytest.mark.parametrize(("call", "kind", "at"), EVERY_FAILURE if faults.EVERY else FAILING)
def test_disk_fails_while_publishing(ready: Ready, tmp_path: Path, call: str, kind: str, at: tuple[int, ...]) -> None:
    places = faults.faults(call, kind, at)
    assert faults.series(f"publish: {kind} at {call}", places, lambda fault: disturbed(ready, tmp_path, fault))
