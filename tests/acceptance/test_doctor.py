"""The doctor finds what it says it finds, with a remedy, and changes nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bangdan.core import warehouse
from bangdan.core.settings import Settings
from bangdan.operations import doctor
from tests.support.homes import bangdan, payload


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "data", 1, "1GB")


def findings_of(settings: Settings) -> dict[str, dict]:
    return {finding["check"]: finding for finding in doctor.examine(settings).to_json()["findings"]}


def test_a_month_that_is_out_leaves_nothing_to_fix(city: Path) -> None:
    findings = {finding["check"]: finding for finding in payload(bangdan(city, "doctor", "--json"))["findings"]}
    for name in ("warehouse", "published database", "landed exports", "writer", "writing"):
        assert findings[name]["state"] == "good", findings[name]


def test_an_empty_machine_is_no_trouble_and_stays_empty(home: Settings) -> None:
    assert {entry["state"] for entry in findings_of(home).values() if entry["check"] != "packages"} <= {"good", "look"}
    assert not home.home.exists()


def test_changed_bytes_a_torn_database_and_old_leftovers_are_told_with_a_remedy(home: Settings) -> None:
    home.landing.mkdir(parents=True)
    (home.landing / f"{'0' * 64}.csv").write_bytes(b"other bytes")
    for database in (home.warehouse, home.published):
        database.parent.mkdir(parents=True)
        database.write_bytes(b"torn" * 5000)
    old = home.landing / ".a.csv.1.partial"
    old.touch()
    os.utime(old, (time.time() - 7200,) * 2)
    findings = findings_of(home)
    for name in ("landed exports", "warehouse", "published database"):
        assert findings[name]["state"] == "fix"
        assert findings[name]["remedy"]
    assert findings["left by a killed run"]["state"] == "look"
    assert "0000" in bangdan(home.home, "doctor", code=1).stdout


def test_a_writer_is_named_and_left_alone(home: Settings) -> None:
    """Another process holds the lock: the doctor says who, and does not open what that one writes."""
    import subprocess
    import sys

    hold = (
        "import sys; from bangdan.core import warehouse; from bangdan.core.settings import Settings\n"
        "with warehouse.writing(Settings.load(), 'a long month'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    env = {**os.environ, "BANGDAN_HOME": str(home.home)}
    with subprocess.Popen(
        [sys.executable, "-c", hold], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        findings = findings_of(home)
        holder.communicate("")
    assert findings["writer"]["state"] == "look"
    assert "a long month" in findings["writer"]["observed"]
    assert "warehouse" not in findings
    with warehouse.writing(home, "the next"):
        pass


def test_a_network_file_system_and_a_greedy_limit_are_told(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_file_system", lambda folder: "nfs4")
    greedy = Settings(home.home, 1, "9000GB")
    findings = findings_of(greedy)
    assert findings["file system"]["state"] == "fix"
    assert "BANGDAN_MEMORY_LIMIT" in findings["memory"]["remedy"]
