"""A machine that is not as it should be: disk full, no network, no memory, wrong clock, wrong place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.homes import PYTHON_PATH, SCRIPTS
from tests.support.promises import promise
from tests.support.publishing import FOLDERS, MONTH, Ready, problems, publish

PUBLISH = SCRIPTS / "publish.py"


def namespace(*words: str) -> list[str]:
    """unshare, as its user may call it; the test fails where it may not."""
    command = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), *words]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.fail(f"this test needs `{' '.join(command)}`, which is refused here: {tried.stderr.strip()}")
    return command


@promise(
    "On a full disk publishing ends with exit code 1, cause, file and remedy, and leaves nothing half-made; with space"
    " again the same command makes the same bytes.",
    "a real file system with 1 MB left (tmpfs in a mount namespace)",
)
def test_full_disk(ready: Ready, tmp_path: Path) -> None:
    shutil.copytree(ready.home, tmp_path / "ready", symlinks=True)
    used = int(
        subprocess.run(["du", "-sk", tmp_path / "ready"], capture_output=True, text=True, check=True).stdout.split()[0]
    )
    spare = 32 * 1024
    script = ["bash", SCRIPTS / "full_disk.sh", tmp_path, used + spare, (spare - 1024) * 1024, sys.executable, PUBLISH]
    done = subprocess.run(
        [*namespace("-m"), *map(str, script)],
        env={**os.environ, "PYTHONPATH": PYTHON_PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = (tmp_path / "full.txt").read_text("utf-8")
    assert (tmp_path / "full.code").read_text("utf-8").strip() == "1", printed
    assert "No space left on device" in printed
    assert "disk/home/" in printed
    assert "remedy: free space" in printed
    assert "Traceback" not in printed
    assert (tmp_path / "left.txt").read_text("utf-8") == ""
    assert (tmp_path / "free.code").read_text("utf-8").strip() == "0", (tmp_path / "free.txt").read_text("utf-8")
    assert faults.tree(tmp_path / "releases") == ready.releases


@promise(
    "Where the memory limit is too small a step ends with exit code 1 and says what to give it.",
    "BANGDAN_MEMORY_LIMIT of 1 MB",
)
def test_memory_limit(ready: Ready, tmp_path: Path) -> None:
    home = faults.copy(ready.home, tmp_path / "home", *FOLDERS)
    done = faults.run(publish, tmp_path / "printed", BANGDAN_HOME=str(home), BANGDAN_MEMORY_LIMIT="1MB")
    assert "Traceback" not in done.output
    assert done.code == 1, done.output
    assert "memory" in done.output
    assert "BANGDAN_MEMORY_LIMIT" in done.output
    assert problems(home, tmp_path / "look") == ""


def publish_in(megabytes: int) -> None:
    """Publish in an address space that is so many megabytes larger than what the program has taken already."""
    import resource

    taken = int(Path("/proc/self/statm").read_text("utf-8").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + megabytes * 1024**2,) * 2)
    publish()


@promise(
    "Where the system has no memory left a step may be killed by it; nothing half-made is left, a re-run makes the same bytes.",
    "10 to 400 MB of address space beyond the imported program, too little to begin with or to end with",
)
def test_no_memory(ready: Ready, tmp_path: Path) -> None:
    home = faults.copy(ready.home, tmp_path / "home", *FOLDERS)

    # From not enough to begin with to nearly enough: somewhere in between it fails in the middle.
    codes = []
    for megabytes in (10, 100, 200, 400):
        starved = faults.run(
            lambda megabytes=megabytes: publish_in(megabytes),
            tmp_path / "printed",
            BANGDAN_HOME=str(home),
            BANGDAN_THREADS="1",
        )
        codes.append(starved.code)
        assert problems(home, tmp_path / "look") == ""
    assert codes[0] != 0
    done = faults.run(publish, tmp_path / "printed", BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    assert faults.tree(home / "releases") == ready.releases


ELSEWHERE = {
    "west of here in 1999": {"TZ": "America/New_York", "LANG": "C", "LC_ALL": "C", "FAKETIME": "@1999-12-31 23:30:00"},
    "in Turkish in 2099": {"TZ": "Asia/Istanbul", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "FAKETIME": "@2099-07-01 03:00:00"},
}  # fmt: skip


@promise(
    "No network, another time zone, another locale, a wrong clock, another folder, one thread: the same bytes.",
    "the whole month from landed bytes, in a namespace without network, at 1999 in New York with LANG=C (`make faults`:"
    " and at 2099 with a Turkish locale)",
)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("where", list(ELSEWHERE)[: 2 if faults.EVERY else 1])
def test_elsewhere(city: Path, tmp_path: Path, where: str) -> None:
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
    if library is None:
        pytest.fail("libfaketime is missing: apt-get install faketime (`make tools` does it)")
    home = faults.copy(city, tmp_path / "home", "landing")
    settings = {
        **ELSEWHERE[where], "LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "BANGDAN_THREADS": "1",
        "BANGDAN_HOME": str(home),
    }  # fmt: skip
    done = subprocess.run(
        [*namespace("-n"), sys.executable, "-m", "bangdan.cli", "run", "--month", "2021-07"],
        env={**os.environ, **settings}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert faults.tree(home / "releases" / "2021-07") == faults.tree(city / "releases" / "2021-07")
    folders = ("raw", "evidence/matches/month=2021-07", "evidence/certainty/month=2021-07")
    assert faults.tree(*(home / name for name in folders)) == faults.tree(*(city / name for name in folders))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"], "something was written beside the home"
    assert MONTH not in {path.name for path in (home / "releases").iterdir()}
