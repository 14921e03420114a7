"""Examine a machine and its data folder: what has to be fixed before a run, what a person should look at.

Each check is a function that returns findings; nothing is changed, but for a file of a few bytes that is written,
flushed and removed to see that this works.
"""

from __future__ import annotations

import hashlib
import locale
import os
import platform
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from bangdan import stages
from bangdan.core import city, files, packages
from bangdan.core.errors import BangdanError
from bangdan.core.settings import PROJECT, Settings, memory_bytes
from bangdan.operations import first_steps, permissions
from bangdan.operations.findings import Finding

STATES = ("good", "look", "fix")
GIB = 1024**3
LEAST_DISK, LEAST_MEMORY = 5 * GIB, 4 * GIB
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.s3fs", "fuse.glusterfs", "afs", "ceph"}
SAMPLE = 20  # landed files whose hash is taken
OLD_SECONDS = 3600  # a partial file this old belongs to nobody
Check = Callable[[Settings], Iterator[Finding]]
# The project's first lines were written in this year: a clock before it is wrong.
FIRST_YEAR = 2024


@dataclass(frozen=True)
class Examination:
    """All findings on a machine and a data folder, in the order of the checks."""

    home: Path
    findings: list[Finding]

    def count(self, state: str) -> int:
        """How many findings have a state."""
        return sum(finding.state == state for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        counts = {state: self.count(state) for state in STATES}
        return {"home": str(self.home), "findings": [asdict(finding) for finding in self.findings], **counts}


def examine(settings: Settings) -> Examination:
    """Run every check, those of Spark where it is the engine; a check that raises is a finding to fix."""
    findings: list[Finding] = []
    of_engine: tuple[Check, ...] = (_spark,) if settings.engine == "spark" else ()
    for check in (*CHECKS, *of_engine):
        try:
            findings += check(settings)
        except (OSError, BangdanError, ValueError) as error:
            findings.append(Finding(check.__name__.strip("_"), "fix", f"{error}", "see that the file may be read"))
    return Examination(settings.home, findings)


# ---- the machine -------------------------------------------------------------------------------------------------


def _python(settings: Settings) -> Iterator[Finding]:
    is_right = sys.version_info[:2] == (3, 11)
    remedy = "" if is_right else "make a Python 3.11 available and run `make env`"
    yield Finding("python", "good" if is_right else "fix", platform.python_version(), remedy)


def _versions(settings: Settings) -> Iterator[Finding]:
    wanted = packages.locked(PROJECT)
    installed = {packages.normalised(package.name): package.version for package in metadata.distributions()}
    wrong = [
        f"{name} {installed.get(name, 'missing')} (wanted {version})"
        for name, version in wanted.items()
        if installed.get(name) != version
    ]
    if wrong:
        shown = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        yield Finding("packages", "fix", shown, "run `make env`")
    else:
        yield Finding("packages", "good", f"{len(wanted)} as locked")


def _memory(settings: Settings) -> Iterator[Finding]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = memory_bytes(settings.memory_limit)
    if limit > total * 0.8:
        remedy = f"set BANGDAN_MEMORY_LIMIT below {int(total * 0.8 / GIB)}GB"
        yield Finding(
            "memory", "fix", f"{total / GIB:.1f} GiB, of which a run may take {settings.memory_limit}", remedy
        )
    elif total < LEAST_MEMORY:
        yield Finding("memory", "look", f"{total / GIB:.1f} GiB", "a city's month wants 4 GiB")
    else:
        yield Finding("memory", "good", f"{total / GIB:.1f} GiB, a run may take {settings.memory_limit}")


def _clock(settings: Settings) -> Iterator[Finding]:
    year = datetime.now(ZoneInfo("UTC")).year
    newest = max((path.stat().st_mtime for path in (settings.home, PROJECT) if path.exists()), default=0)
    if year < FIRST_YEAR or newest > time.time() + 300:
        yield Finding("clock", "fix", f"{datetime.now(ZoneInfo('UTC')):%Y-%m-%d %H:%M} UTC", "set it (timedatectl)")
    else:
        yield Finding("clock", "good", f"{datetime.now(ZoneInfo('UTC')):%Y-%m-%d %H:%M} UTC")
    try:
        ZoneInfo("Asia/Shanghai")
        yield Finding("time zones", "good", "Asia/Shanghai is known; the machine's own zone does not matter")
    except ZoneInfoNotFoundError:
        yield Finding("time zones", "fix", "Asia/Shanghai is not known", "install tzdata")
    encoding = locale.getpreferredencoding(False)
    is_utf8 = encoding.upper().replace("-", "") == "UTF8" and sys.getfilesystemencoding().lower() == "utf-8"
    yield Finding(
        "locale",
        "good" if is_utf8 else "look",
        encoding,
        "" if is_utf8 else "set LANG=C.UTF-8: names of files are Chinese",
    )


def _for_tests(settings: Settings) -> Iterator[Finding]:
    if shutil.which("chromium"):
        yield Finding("chromium", "good", "for the page's tests")
    else:
        yield Finding("chromium", "look", "not there; only the page's tests want it", "`make browser`, or leave it")
    if any(Path("/usr/share/fonts").rglob("NotoSansCJK*")):
        yield Finding("fonts", "good", "Noto CJK, for the page's tests")
    else:
        yield Finding("fonts", "look", "no Noto CJK; only the page's tests want it", "`make browser`, or leave it")


# ---- the data folder ---------------------------------------------------------------------------------------------


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = _nearest(settings.home)
    free = shutil.disk_usage(folder).free
    remedy = "" if free >= LEAST_DISK else f"free some ({_spare(settings)}), or move BANGDAN_HOME"
    yield Finding(
        "disk", "good" if free >= LEAST_DISK else "look" if free > GIB else "fix", f"{free / GIB:.1f} GiB free", remedy
    )
    kind = _file_system(folder)
    if kind in NETWORK:
        remedy = "put BANGDAN_HOME on a local disk: locks, rename and fsync are not safe on a network file system"
        yield Finding("file system", "fix", kind, remedy)
    else:
        yield Finding("file system", "good", kind)


def _spare(settings: Settings) -> str:
    """Folders of the data folder that may be removed at any time, with their sizes."""
    sizes = {
        name: sum(file.stat().st_size for file in (settings.home / name).rglob("*") if file.is_file())
        for name in ("scratch", "dbt", "logs")
    }
    return "may go: " + ", ".join(f"{settings.home / name} {size / 2**20:,.0f} MiB" for name, size in sizes.items())


def _writing(settings: Settings) -> Iterator[Finding]:
    probe = _nearest(settings.home) / f".doctor.{os.getpid()}.partial"
    try:
        started = time.monotonic()
        probe.write_bytes(b"x")
        files.sync(probe)
        files.sync(probe.parent)
        took = 1000 * (time.monotonic() - started)
        slow = took > 500
        yield Finding(
            "writing", "look" if slow else "good", f"written and flushed in {took:.0f} ms",
            "a slow disk: a release is hundreds of flushed files" if slow else "",
        )  # fmt: skip
    except OSError as error:
        yield Finding(
            "writing", "fix", f"{settings.home}: {error.strerror}", "let this user write there, or free space"
        )
    finally:
        probe.unlink(missing_ok=True)


def _permissions(settings: Settings) -> Iterator[Finding]:
    openings = list(permissions.openings(settings))
    for opening in openings:
        yield Finding("permissions", "fix", f"{opening.path}: {opening.problem}", opening.remedy)
    others = permissions.of_other_owners(settings)
    if others:
        remedy = f"run as the owner of {settings.home}, or chown -R it to the user that runs the months"
        yield Finding("permissions", "look", f"{others[0]} belongs to another user", remedy)
    if not openings and not others:
        yield Finding("permissions", "good", "landing, raw, secrets and keys are their owner's only")


def _lock(settings: Settings) -> Iterator[Finding]:
    from bangdan.core import warehouse
    from bangdan.core.errors import WriterBusy

    if not settings.warehouse.parent.exists():
        yield Finding("writer", "good", "nobody")
        return
    try:
        with warehouse.writing(settings.replaced(lock_wait=0), "an examination"):
            yield Finding("writer", "good", "nobody")
            yield from _warehouse(settings)
    except WriterBusy as error:
        yield Finding("writer", "look", error.message.partition(";")[0], "wait for it before a run of your own")


def _warehouse(settings: Settings) -> Iterator[Finding]:
    """Only while nobody writes: an open reader would keep the writer out."""
    if not settings.warehouse.exists():
        yield Finding("warehouse", "good", "not made yet")
        return
    remedy = f"remove {settings.warehouse}* and run the month again: it is made from landing and checkout"
    yield _opens("warehouse", settings.warehouse, "select count(*) from duckdb_tables()", "tables", remedy)


def _published(settings: Settings) -> Iterator[Finding]:
    if not settings.published.exists():
        yield Finding("published database", "good", "not made yet")
        return
    remedy = f"remove {settings.published}; the next run of any month makes it from the releases"
    yield _opens("published database", settings.published, "select releases from published.about", "releases", remedy)


def _opens(check: str, file: Path, query: str, counted: str, remedy: str) -> Finding:
    try:
        con = duckdb.connect(str(file), read_only=True)
        try:
            return Finding(check, "good", f"opens, {con.execute(query).fetchall()[0][0]} {counted}")
        finally:
            con.close()
    except duckdb.Error as error:
        return Finding(check, "fix", str(error).splitlines()[0], remedy)


def _landing(settings: Settings) -> Iterator[Finding]:
    """A sample, evenly over all landed files: `backup --verify` and loading read every one."""
    landed = sorted(path for path in settings.landing.glob("*") if path.is_file() and not path.name.startswith("."))
    chosen = landed[:: max(1, len(landed) // SAMPLE)][:SAMPLE]
    wrong = [
        path.name for path in chosen if hashlib.sha256(path.read_bytes()).hexdigest() != path.name.partition(".")[0]
    ]
    if wrong:
        yield Finding("landed exports", "fix", f"changed on disk: {wrong[0]}", "restore them from a backup")
    else:
        yield Finding("landed exports", "good", f"{len(landed):,}, {len(chosen)} of them read and as received")


def _leftovers(settings: Settings) -> Iterator[Finding]:
    old = [
        path
        for layer in ("landing", "raw", "evidence", "releases", "published")
        for path in (settings.home / layer).rglob(".*.partial")
        if time.time() - path.lstat().st_mtime > OLD_SECONDS
    ]
    if old:
        yield Finding(
            "left by a killed run", "look", f"{len(old)}, such as {old[0]}", "may be removed; nothing reads them"
        )
    else:
        yield Finding("left by a killed run", "good", "nothing")


def _airflow(settings: Settings) -> Iterator[Finding]:
    """The default SQLite database; another one is checked by `airflow db check` and `airflow pools list`."""
    address = os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") or ""
    home = Path(os.environ.get("AIRFLOW_HOME") or settings.home / "airflow")
    if address and not address.startswith("sqlite"):
        yield Finding("airflow", "look", "its database is not SQLite", "airflow db check && airflow pools list")
        return
    database = home / "airflow.db"
    if not database.exists():
        yield Finding("airflow", "look", f"no database in {home}", "`make airflowdb`, if Airflow is to run the months")
        return
    con = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        slots = dict(con.execute("select pool, slots from slot_pool").fetchall())
        [(revision,)] = con.execute("select version_num from alembic_version").fetchall()
    except sqlite3.Error as error:
        yield Finding("airflow", "fix", f"its database: {error}", "airflow db migrate")
        return
    finally:
        con.close()
    pools = [stages.warehouse_pool(folder.name) for folder in settings.city_folders] or [stages.warehouse_pool("")]
    wrong = [pool for pool in pools if slots.get(pool) != 1]
    for pool in wrong:
        remedy = f'airflow pools set {pool} 1 "one writer of the warehouse"'
        yield Finding("airflow", "fix", f"pool {pool} has {slots.get(pool) or 'no'} slots, wanted 1", remedy)
    if not wrong:
        has_slots = "has 1 slot" if len(pools) == 1 else "have 1 slot each"
        yield Finding("airflow", "good", f"database at {revision}, pool {', '.join(pools)} {has_slots}")


def _city(settings: Settings) -> Iterator[Finding]:
    """The city's folder: whether its files are right, and until the first release what it lacks."""
    if not city.exists(settings):
        yield Finding(
            "city", "look", f"{settings.city} has no {city.FILE}", "make a city's folder with `bangdan init DIR`, or name it with --city"
        )  # fmt: skip
        return
    try:
        name = city.load(settings).name
        city.seeds(settings)
        is_published = any(settings.releases.glob("*/latest"))
        steps = [] if is_published else list(first_steps.steps(settings))
    except BangdanError as error:
        yield Finding("city", "fix", error.message, error.remedy or "correct the file")
        return
    for step in steps:
        yield Finding("city", "look", step.missing, step.command)
    if not steps:
        yield Finding("city", "good", f"{name}, {'published' if is_published else 'ready to be run'}")


def _spark(settings: Settings) -> Iterator[Finding]:
    from bangdan.operations import spark_checks

    return spark_checks.findings(settings)


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def _file_system(folder: Path) -> str:
    """Kind of the file system that holds a folder (Linux), by the longest mount point above it."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown"
    rows = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    above = [(len(row[1]), row[2]) for row in rows if folder.resolve().is_relative_to(row[1].replace("\\040", " "))]
    return max(above)[1] if above else "unknown"


CHECKS: tuple[Check, ...] = (
    _python, _versions, _memory, _clock, _for_tests, _disk, _writing, _permissions, _lock, _published, _landing, _leftovers, _airflow, _city,
)  # fmt: skip
