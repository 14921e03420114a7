"""Each check of the doctor, with the state of a machine or folder that triggers each of its findings."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections import namedtuple
from datetime import datetime
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import duckdb
import pytest

from bangdan.core import files
from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.operations import doctor

GIB = 1024**3


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(metadata, "distributions", list)  # reading hundreds of packages is for the test of them
    return Settings(tmp_path / "data", 1, "1GB")


def finding_of(settings: Settings, name: str) -> dict[str, str]:
    (finding,) = (finding for finding in doctor.examine(settings).to_json()["findings"] if finding["check"] == name)
    return finding


def test_the_findings_and_their_order_are_these(home: Settings) -> None:
    assert [finding["check"] for finding in doctor.examine(home).to_json()["findings"]] == [
        "python", "packages", "memory", "clock", "time zones", "locale", "chromium", "fonts", "disk", "file system",
        "writing", "permissions", "writer", "published database", "landed exports", "left by a killed run", "airflow", "city",
    ]  # fmt: skip
    home.warehouse.parent.mkdir(parents=True)
    assert "warehouse" in [finding["check"] for finding in doctor.examine(home).to_json()["findings"]]


def test_findings_are_counted_by_state_and_every_one_that_is_not_good_has_a_remedy(home: Settings) -> None:
    report = doctor.examine(home).to_json()
    for state in ("good", "look", "fix"):
        assert report[state] == sum(finding["state"] == state for finding in report["findings"])
    assert report["good"] + report["look"] + report["fix"] == len(report["findings"])
    assert all(finding["remedy"] for finding in report["findings"] if finding["state"] != "good")
    assert not any(finding["remedy"] for finding in report["findings"] if finding["state"] == "good")
    assert report["home"] == str(home.home)


@pytest.mark.parametrize("error", [OSError("no disk"), BangdanError("no file"), ValueError("no number")])
def test_a_check_that_fails_is_a_finding_to_fix_and_the_others_go_on(
    home: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def _broken(settings: Settings):
        raise error

    def _whole(settings: Settings):
        yield doctor.Finding("whole", "good", "yes")

    monkeypatch.setattr(doctor, "CHECKS", (_broken, _whole))
    report = doctor.examine(home).to_json()
    assert [(finding["check"], finding["state"], finding["observed"]) for finding in report["findings"]] == [
        ("broken", "fix", str(error)), ("whole", "good", "yes"),
    ]  # fmt: skip


# ---- the machine -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 9), "fix"), ((3, 11, 2), "good"), ((3, 12, 0), "fix"), ((4, 11, 0), "fix")]
)
def test_python_is_3_11_and_no_other(
    home: Settings, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], state: str
) -> None:
    monkeypatch.setattr(doctor.sys, "version_info", version)
    finding = finding_of(home, "python")
    assert finding["state"] == state
    assert finding["remedy"] == ("" if state == "good" else "make a Python 3.11 available and run `make env`")


def locked(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str, there: dict[str, str]) -> None:
    One = namedtuple("One", ["name", "version"])
    folder.mkdir(exist_ok=True)
    (folder / "requirements.lock").write_text(text, "utf-8")
    monkeypatch.setattr(doctor, "PROJECT", folder)
    monkeypatch.setattr(metadata, "distributions", lambda: [One(*pair) for pair in there.items()])


def test_packages_are_compared_with_the_lock_by_normal_name_and_version(
    home: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "Some_Package==1.0 \\\n    --hash=sha256:aa\nplain==2.0 ; python_version > '3'\nwith-extra[s3]==3.0\n"
    there = {"some.package": "1.0", "Plain": "2.0", "with_extra": "3.0", "not-locked": "9"}
    locked(monkeypatch, tmp_path / "project", text, there)
    assert finding_of(home, "packages") == {
        "check": "packages",
        "state": "good",
        "observed": "3 as locked",
        "remedy": "",
    }
    locked(monkeypatch, tmp_path / "project", text, {"some-package": "1.0", "plain": "2.1"})
    finding = finding_of(home, "packages")
    assert (finding["state"], finding["remedy"]) == ("fix", "run `make env`")
    assert finding["observed"] == "plain 2.1 (wanted 2.0), with-extra missing (wanted 3.0)"


def test_five_wrong_packages_are_named_and_the_rest_counted(
    home: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "".join(f"p{number}==1\n" for number in range(7))
    locked(monkeypatch, tmp_path / "project", text, {})
    assert finding_of(home, "packages")["observed"].endswith("p4 missing (wanted 1) and 2 more")
    locked(monkeypatch, tmp_path / "project", "".join(f"p{number}==1\n" for number in range(5)), {})
    assert finding_of(home, "packages")["observed"].endswith("p4 missing (wanted 1)")


@pytest.mark.parametrize(
    ("gib", "limit", "state"),
    [
        (8, "4GB", "good"),
        (10, "8.6GB", "fix"),
        (10, "8GiB", "good"),  # exactly eight tenths
        (10, "8193MiB", "fix"),
        (4, "1GB", "good"),
        (3.9, "1GB", "look"),
        (3.9, "3.2GB", "look"),
        (3.9, "3.2GiB", "fix"),
        (8, "7GiB", "fix"),
        (8, "0.006TB", "good"),
        (8, "6291456 KB", "good"),
    ],
)
def test_a_run_may_take_eight_tenths_of_a_machine_with_4_gib(
    home: Settings, monkeypatch: pytest.MonkeyPatch, gib: float, limit: str, state: str
) -> None:
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": int(gib * GIB) // 4096}
    monkeypatch.setattr(doctor.os, "sysconf", pages.__getitem__)
    finding = finding_of(Settings(home.home, 1, limit), "memory")
    assert finding["state"] == state
    assert finding["observed"].startswith(f"{gib:.1f} GiB")
    if state == "fix":
        assert finding["remedy"] == f"set BANGDAN_MEMORY_LIMIT below {int(gib * 0.8)}GB"
        assert limit in finding["observed"]


@pytest.mark.parametrize("ahead", [60, 900])
def test_a_clock_behind_the_files_it_wrote_is_wrong(home: Settings, ahead: int) -> None:
    home.home.mkdir()
    os.utime(home.home, (time.time() + ahead,) * 2)
    finding = finding_of(home, "clock")
    assert finding["state"] == ("fix" if ahead > 300 else "good")
    assert finding["observed"].endswith(" UTC")
    os.utime(home.home)


@pytest.mark.parametrize(("year", "state"), [(1970, "fix"), (2023, "fix"), (2024, "good"), (2026, "good")])
def test_a_clock_before_the_project_s_first_year_is_wrong(
    home: Settings, monkeypatch: pytest.MonkeyPatch, year: int, state: str
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(year, 6, 1, tzinfo=tz)

    monkeypatch.setattr(doctor, "datetime", Clock)
    finding = finding_of(home, "clock")
    assert (finding["state"], finding["observed"]) == (state, f"{year}-06-01 00:00 UTC")
    assert (finding["remedy"] == "set it (timedatectl)") is (state == "fix")


def test_a_machine_that_does_not_know_shanghai_is_told(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding_of(home, "time zones")["state"] == "good"
    zone = doctor.ZoneInfo

    def missing(name: str):
        if name != "UTC":
            raise ZoneInfoNotFoundError(name)
        return zone(name)

    monkeypatch.setattr(doctor, "ZoneInfo", missing)
    finding = finding_of(home, "time zones")
    assert (finding["state"], finding["remedy"]) == ("fix", "install tzdata")


@pytest.mark.parametrize(
    ("preferred", "of_files", "state"),
    [
        ("UTF-8", "utf-8", "good"),
        ("utf8", "utf-8", "good"),
        ("ANSI_X3.4-1968", "utf-8", "look"),
        ("UTF-8", "ascii", "look"),
    ],
)
def test_a_locale_that_is_not_utf_8_is_told(
    home: Settings, monkeypatch: pytest.MonkeyPatch, preferred: str, of_files: str, state: str
) -> None:
    monkeypatch.setattr(doctor.locale, "getpreferredencoding", lambda ask: preferred)
    monkeypatch.setattr(doctor.sys, "getfilesystemencoding", lambda: of_files)
    finding = finding_of(home, "locale")
    assert (finding["state"], finding["observed"]) == (state, preferred)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_browser_and_fonts_are_only_looked_at(
    home: Settings, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}" if is_there else None)
    monkeypatch.setattr(doctor.Path, "rglob", lambda self, pattern: iter([self] if is_there else []))
    for kind in ("chromium", "fonts"):
        assert finding_of(home, kind)["state"] == ("good" if is_there else "look")


# ---- the data folder ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "state"),
    [(5 * GIB, "good"), (5 * GIB - 1, "look"), (GIB + 1, "look"), (GIB, "fix"), (0, "fix")],
)
def test_free_disk_below_5_gib_is_looked_at_and_from_1_gib_down_has_to_be_fixed(
    home: Settings, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    Usage = namedtuple("Usage", ["total", "used", "free"])
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(10 * GIB, 0, free))
    for name, size in (("scratch", 3), ("dbt", 1)):
        (home.home / name / "below").mkdir(parents=True)
        (home.home / name / "below" / "file").write_bytes(b"0" * size * 2**20)
    finding = finding_of(home, "disk")
    assert (finding["state"], finding["observed"]) == (state, f"{free / GIB:.1f} GiB free")
    if state != "good":
        assert f"may go: {home.home}/scratch 3 MiB, {home.home}/dbt 1 MiB, {home.home}/logs 0 MiB" in finding["remedy"]


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.s3fs",
                                  "fuse.glusterfs", "afs", "ceph"])  # fmt: skip
def test_a_data_folder_on_a_network_file_system_has_to_be_moved(
    home: Settings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounts(monkeypatch, f"disk / ext4 rw 0 0\nserver {home.home.parent} {kind} rw 0 0\n")
    finding = finding_of(home, "file system")
    assert (finding["state"], finding["observed"]) == ("fix", kind)
    assert "local disk" in finding["remedy"]


def mounts(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    read = Path.read_text

    def report(self: Path, *words: str, **more: str) -> str:
        return text if str(self) == "/proc/mounts" else read(self, *words, **more)

    monkeypatch.setattr(Path, "read_text", report)


def test_the_file_system_is_that_of_the_nearest_mount_point_above(
    home: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spaced = tmp_path / "a disk"
    spaced.mkdir()
    text = (
        f"server {tmp_path}-other nfs rw 0 0\nhere {tmp_path} xfs rw 0 0\ndisk / ext4 rw 0 0\n"
        f"there {tmp_path}/a\\040disk btrfs rw 0 0\n"
    )
    mounts(monkeypatch, text)
    assert finding_of(home, "file system") == {"check": "file system", "state": "good", "observed": "xfs", "remedy": ""}
    assert finding_of(Settings(spaced / "data", 1, "1GB"), "file system")["observed"] == "btrfs"
    mounts(monkeypatch, f"server {tmp_path}-other nfs rw 0 0\n")
    assert finding_of(home, "file system")["observed"] == "unknown"


@pytest.mark.parametrize(("seconds", "state"), [(0.5, "good"), (0.51, "look")])
def test_a_disk_that_needs_over_half_a_second_to_flush_is_slow(
    home: Settings, monkeypatch: pytest.MonkeyPatch, seconds: float, state: str
) -> None:
    clock = iter([100.0, 100.0 + seconds])
    monkeypatch.setattr(doctor.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(doctor, "CHECKS", (doctor._writing,))
    finding = finding_of(home, "writing")
    assert (finding["state"], finding["observed"]) == (state, f"written and flushed in {seconds * 1000:.0f} ms")


def test_writing_is_tried_with_a_file_that_is_flushed_and_removed(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(files, "sync", flushed.append)
    home.home.mkdir()
    assert finding_of(home, "writing")["state"] == "good"
    assert [path.parent for path in flushed] == [home.home, home.home.parent]
    assert list(home.home.iterdir()) == []


def test_a_folder_that_cannot_be_written_has_to_be_fixed(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "sync", fails)
    home.home.mkdir()
    finding = finding_of(home, "writing")
    assert (finding["state"], finding["observed"]) == ("fix", f"{home.home}: No space left on device")
    assert list(home.home.iterdir()) == []


def test_a_warehouse_and_a_published_database_that_open_are_good_with_what_they_hold(home: Settings) -> None:
    home.warehouse.parent.mkdir(parents=True)
    assert finding_of(home, "warehouse")["observed"] == "not made yet"
    assert finding_of(home, "published database")["observed"] == "not made yet"
    assert finding_of(home, "writer") == {"check": "writer", "state": "good", "observed": "nobody", "remedy": ""}
    home.published.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("create table one (x int); create table two (x int)")
    with duckdb.connect(str(home.published)) as con:
        con.execute("create schema published; create table published.about as select 7 as releases")
    assert finding_of(home, "warehouse")["observed"] == "opens, 2 tables"
    assert finding_of(home, "published database")["observed"] == "opens, 7 releases"


def test_a_published_database_that_tells_nothing_of_releases_has_to_be_made_again(home: Settings) -> None:
    home.published.parent.mkdir(parents=True)
    duckdb.connect(str(home.published)).close()
    finding = finding_of(home, "published database")
    assert finding["state"] == "fix"
    assert finding["remedy"] == f"remove {home.published}; the next run of any month makes it from the releases"


def land(home: Settings, data: bytes, name: str | None = None) -> Path:
    home.landing.mkdir(parents=True, exist_ok=True)
    file = home.landing / f"{name or hashlib.sha256(data).hexdigest()}.csv"
    file.write_bytes(data)
    return file


def test_landed_files_are_sampled_evenly_and_compared_with_their_names(home: Settings) -> None:
    for number in range(50):
        land(home, str(number).encode())
    (home.landing / "deliveries").mkdir()
    (home.landing / ".half.1.partial").write_bytes(b"half")
    assert finding_of(home, "landed exports")["observed"] == "50, 20 of them read and as received"
    names = sorted(path for path in home.landing.iterdir() if path.is_file() and not path.name.startswith("."))
    # Every second file, 20 in all: the first, and the 39th; the second and the 41st are not read.
    for at, is_seen in ((1, False), (40, False), (0, True), (38, True)):
        data = names[at].read_bytes()
        names[at].write_bytes(b"other")
        finding = finding_of(home, "landed exports")
        assert (finding["state"] == "fix") is is_seen
        if is_seen:
            assert (finding["observed"], finding["remedy"]) == (
                f"changed on disk: {names[at].name}",
                "restore them from a backup",
            )
        names[at].write_bytes(data)


def test_all_of_a_few_landed_files_are_read(home: Settings) -> None:
    for number in range(3):
        land(home, str(number).encode())
    assert finding_of(home, "landed exports")["observed"] == "3, 3 of them read and as received"


@pytest.mark.parametrize("layer", ["landing", "raw", "evidence", "releases", "published"])
def test_a_partial_file_of_over_an_hour_is_a_leftover_of_each_layer(home: Settings, layer: str) -> None:
    partial = home.home / layer / "below" / ".a.1.partial"
    partial.parent.mkdir(parents=True)
    partial.touch()
    os.utime(partial, (time.time() - 3500,) * 2)
    assert finding_of(home, "left by a killed run")["state"] == "good"
    os.utime(partial, (time.time() - 3700,) * 2)
    finding = finding_of(home, "left by a killed run")
    assert (finding["state"], finding["observed"]) == ("look", f"1, such as {partial}")


# ---- Airflow -----------------------------------------------------------------------------------------------------


def airflow(folder: Path, slots: int | None, revision: str = "abc") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "airflow.db"
    with sqlite3.connect(file) as con:
        con.execute("create table slot_pool (pool text, slots int)")
        con.execute("insert into slot_pool values ('default_pool', 128)")
        if slots is not None:
            con.execute("insert into slot_pool values ('warehouse', ?)", [slots])
        con.execute("create table alembic_version (version_num text)")
        con.execute("insert into alembic_version values (?)", [revision])
    con.close()
    return file


@pytest.mark.parametrize(("slots", "state"), [(1, "good"), (2, "fix"), (0, "fix"), (None, "fix")])
def test_airflow_s_pool_of_writers_has_one_slot(home: Settings, slots: int | None, state: str) -> None:
    airflow(home.home / "airflow", slots)
    finding = finding_of(home, "airflow")
    assert finding["state"] == state
    if state == "good":
        assert finding["observed"] == "database at abc, pool warehouse has 1 slot"
    else:
        assert finding["observed"] == f"pool warehouse has {slots or 'no'} slots, wanted 1"
        assert finding["remedy"].startswith("airflow pools set warehouse 1")


def test_each_city_of_one_airflow_needs_a_pool_of_its_own(home: Settings) -> None:
    file = airflow(home.home / "airflow", 1)
    settings = home.replaced(cities="/srv/bay:/srv/harbour")
    with sqlite3.connect(file) as con:
        con.execute("insert into slot_pool values ('warehouse_bay', 1)")
    con.close()
    pool = finding_of(settings, "airflow")
    assert (pool["state"], pool["observed"]) == ("fix", "pool warehouse_harbour has no slots, wanted 1")
    assert pool["remedy"].startswith("airflow pools set warehouse_harbour 1")
    with sqlite3.connect(file) as con:
        con.execute("insert into slot_pool values ('warehouse_harbour', 1)")
    con.close()
    assert (
        finding_of(settings, "airflow")["observed"]
        == "database at abc, pool warehouse_bay, warehouse_harbour have 1 slot each"
    )


def test_airflow_s_own_home_is_looked_into_where_it_is_set(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow(home.home / "airflow", 2)
    airflow(tmp_path / "elsewhere", 1)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "elsewhere"))
    assert finding_of(home, "airflow")["state"] == "good"


def test_no_airflow_is_looked_at_and_a_torn_database_has_to_be_fixed(home: Settings) -> None:
    finding = finding_of(home, "airflow")
    assert (finding["state"], finding["observed"]) == ("look", f"no database in {home.home / 'airflow'}")
    (home.home / "airflow").mkdir(parents=True)
    (home.home / "airflow/airflow.db").write_bytes(b"torn" * 500)
    finding = finding_of(home, "airflow")
    assert (finding["state"], finding["remedy"]) == ("fix", "airflow db migrate")


@pytest.mark.parametrize(("address", "is_asked"), [("postgresql://host/db", True), ("sqlite:////x/airflow.db", False)])
def test_another_database_of_airflow_is_asked_by_its_own_commands(
    home: Settings, monkeypatch: pytest.MonkeyPatch, address: str, is_asked: bool
) -> None:
    airflow(home.home / "airflow", 1)
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", address)
    finding = finding_of(home, "airflow")
    assert (finding["state"] == "look", finding["remedy"] == "airflow db check && airflow pools list") == (
        is_asked,
        is_asked,
    )
