"""Backfill: a plan that writes nothing, a run that is killed and goes on to the bytes of months one by one. What a late
export changes is compared and applied in test_commands.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.homes import BANGDAN, bangdan, payload, published, ranking, touched, tree
from tests.support.publishing import publish


@pytest.mark.timeout(600)
def test_a_range_that_is_interrupted_and_killed_goes_on_to_the_bytes_of_months_one_by_one(
    copy_of_city: Path, city: Path
) -> None:
    """Ended by a person after the first phase, then killed when July is out and August is not: the database lags behind.
    The same command goes on, builds nothing twice, and completes all of it.
    """
    for name in ("releases", "published", "warehouse", "evidence", "dbt", "runs"):
        shutil.rmtree(copy_of_city / name)
    before = touched(copy_of_city)
    plan = payload(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--json", code=4))
    assert [row["action"] for row in plan["months"]] == ["publish", "publish"]
    assert touched(copy_of_city) == before
    command = [*BANGDAN, "backfill", "2021-07..2021-08", "--apply"]
    _signal_once_seen(copy_of_city, command, "[1/5]", signal.SIGINT, ends_with=130)
    assert not list((copy_of_city / "releases").glob("*/r*"))
    _signal_once_seen(copy_of_city, command, "1/2 2021-07: published", signal.SIGKILL, ends_with=-9)
    status = payload(bangdan(copy_of_city, "status", "--json"))
    assert [(row["ended"], row["left"]) for row in status["backfills"]] == [(False, ["2021-08"])]
    assert status["to_do"][0]["command"].startswith("bangdan backfill 2021-07..2021-08 --apply")
    assert not (copy_of_city / "published").exists()
    done = payload(bangdan(copy_of_city, *command[3:], "--json"))
    assert [(row["month"], row["result"]) for row in done["months"]] == [("2021-08", "published")]
    for month in ("2021-07", "2021-08"):
        assert tree(copy_of_city / "releases" / month / "r1") == tree(city / "releases" / month / "r1")
    assert published(copy_of_city, "select count(*) from published.ranking") == [(240,)]
    plan = payload(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--json"))
    assert [row["action"] for row in plan["months"]] == ["keep", "keep"]
    status = payload(bangdan(copy_of_city, "status", "--json"))
    assert [(row["range"], row["ended"], row["left"]) for row in status["backfills"]] == [
        ("2021-07..2021-08", True, [])
    ]
    assert status["to_do"] == []


@pytest.mark.timeout(600)
def test_a_predecessor_filled_in_later_makes_its_successor_pending(
    copy_of_city: Path, city: Path, tmp_path: Path
) -> None:
    shutil.rmtree(copy_of_city / "releases")
    for month in ("2021-08", "2021-07"):
        done = faults.run(lambda month=month: publish(month), tmp_path / "printed", BANGDAN_HOME=str(copy_of_city))
        assert done.code == 0, done.output
    assert {row["movement"] for row in ranking(copy_of_city, "2021-08")} == {""}
    assert (copy_of_city / "releases" / "2021-08" / "pending.json").exists()
    done = payload(
        bangdan(
            copy_of_city, "backfill", "2021-08..2021-08", "--apply", "--reason", "R2", "--note", "七月补发", "--json"
        )
    )
    assert [row["result"] for row in done["months"]] == ["published"]
    strip = ("ranking_month", "release")
    assert [{k: v for k, v in row.items() if k not in strip} for row in ranking(copy_of_city, "2021-08", "r2")] == [
        {k: v for k, v in row.items() if k not in strip} for row in ranking(city, "2021-08", "r1")
    ]


def _signal_once_seen(home: Path, command: list[str], line: str, name: int, ends_with: int) -> None:
    """Start a command, send it a signal once it has printed a line, wait for its end, and check its exit code."""
    env = {**os.environ, "BANGDAN_HOME": str(home)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        assert running.stderr
        for printed in running.stderr:
            if line in printed:
                running.send_signal(name)
                break
        rest = running.stderr.read()
        assert running.wait(300) == ends_with, rest[-3000:]
