"""Landing and loading under faults: nothing accepted is lost, a re-run gives the bytes of an undisturbed run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.faults import Fault
from tests.support.loading import ingest_inbox
from tests.support.promises import promise

MAKES = ("landing", "raw")


def run(home: Path, scratch: Path, fault: Fault | None = None) -> faults.Ended:
    return faults.run(ingest_inbox, scratch, fault, BANGDAN_HOME=str(home), BANGDAN_THREADS="1")


@pytest.fixture(scope="module")
def delivered(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a few exports in its inbox, nothing landed."""

    home = tmp_path_factory.mktemp("loading") / "delivered"
    for name in ("synthetic-registry", "synthetic-2021-08-late"):
        shutil.copytree(city / "inbox" / name, home / "inbox" / name)
    return home


@pytest.fixture(scope="module")
def made(delivered: Path) -> dict[str, str]:
    """What an undisturbed run makes of them."""
    home = faults.copy(delivered, delivered.parent / "undisturbed", "inbox")
    ended = run(home, delivered.parent / "printed")
    assert ended.code == 0, ended.output
    result = faults.tree(*(home / folder for folder in MAKES))
    assert result
    return result


def disturbed(delivered: Path, made: dict[str, str], folder: Path, fault: Fault) -> bool:
    """Loading under a fault, then again, then compared. False when the fault no longer came to pass."""
    home = faults.copy(delivered, folder / "home", "inbox")
    ended = run(home, folder / "first", fault)
    faults.check_message(ended, fault, home)
    # Whatever has its final name is whole: what is there is what an undisturbed run makes.
    for name, sha256 in faults.tree(*(home / entry for entry in MAKES if (home / entry).exists())).items():
        assert name.endswith(".partial") or made.get(name) == sha256, f"{fault}: {name}"
    again = run(home, folder / "second")
    assert again.code == 0, f"{fault}: {again.output}"
    assert faults.tree(*(home / entry for entry in MAKES)) == made, fault
    return ended.was_hit


@promise(
    "Killed at any point of landing or loading, what is there is whole, nothing accepted is lost, and a re-run makes the"
    " same bytes.",
    "KILL at rename, fsync, write, mkdir",
)
@pytest.mark.parametrize(
    ("call", "at"), [("rename", (1, 9, 20)), ("fsync", (2, 40)), ("write", (2, 25)), ("mkdir", (2, 12))]
)
def test_killed_while_loading(
    delivered: Path, made: dict[str, str], tmp_path: Path, call: str, at: tuple[int, ...]
) -> None:
    places = faults.faults(call, "KILL", at)
    assert faults.series(f"load: KILL at {call}", places, lambda fault: disturbed(delivered, made, tmp_path, fault))


@promise(
    "A full or failing disk while landing or loading ends with exit code 1, cause, file and remedy.",
    "ENOSPC and EIO at rename, fsync, write",
)
@pytest.mark.parametrize("kind", ["ENOSPC", "EIO"])
@pytest.mark.parametrize(("call", "at"), [("rename", (9,)), ("fsync", (40,)), ("write", (2, 25))])
def test_disk_fails_while_loading(
    delivered: Path, made: dict[str, str], tmp_path: Path, call: str, at: tuple[int, ...], kind: str
) -> None:
    places = faults.faults(call, kind, at)
    assert faults.series(f"load: {kind} at {call}", places, lambda fault: disturbed(delivered, made, tmp_path, fault))
