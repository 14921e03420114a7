"""Backfill: a plan that writes nothing, a comparison that publishes nothing, the same bytes as month by month, a run
that is killed and goes on.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.homes import BANGDAN, bangdan, late_export, payload, published, ranking, touched, tree


@pytest.mark.timeout(600)
def test_a_range_gives_the_bytes_of_months_one_by_one(copy_of_city: Path, city: Path) -> None:
    for name in ("releases", "published", "warehouse", "evidence", "dbt"):
        shutil.rmtree(copy_of_city / name)
    before = touched(copy_of_city)
    plan = payload(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--json", code=4))
    assert [row["action"] for row in plan["months"]] == ["publish", "publish"]
    assert touched(copy_of_city) == before
    done = payload(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--apply", "--json"))
    assert [row["result"] for row in done["months"]] == ["published", "published"]
    for month in ("2021-07", "2021-08"):
        assert tree(copy_of_city / "releases" / month / "r1") == tree(city / "releases" / month / "r1")
    plan = payload(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--json"))
    assert [row["action"] for row in plan["months"]] == ["keep", "keep"]
    assert published(copy_of_city, "select count(*) from published.ranking") == [(240,)]
    status = payload(bangdan(copy_of_city, "status", "--json"))
    assert [(one["range"], one["ended"], one["left"]) for one in status["backfills"]] == [
        ("2021-07..2021-08", True, [])
    ]
    assert status["to_do"] == []


@pytest.mark.timeout(600)
def test_a_late_export_is_planned_compared_and_applied_with_a_reason(copy_of_city: Path, tmp_path: Path) -> None:
    bangdan(copy_of_city, "ingest", late_export(copy_of_city, tmp_path))
    plan = payload(bangdan(copy_of_city, "backfill", "2021-08..2021-08", "--json", code=4))
    assert plan["months"][0]["changes"] == ["inputs: 1 new, 0 gone"]
    assert plan["months"][0]["causes"]["inputs"]["new_files"] == ["weibo/合成转发/6999999999.csv"]
    # The month before does not read what was forwarded in August, nor does the plan say so.
    assert payload(bangdan(copy_of_city, "backfill", "2021-07", "--json", code=4))["downstream"] == ["2021-08"]
    before = tree(copy_of_city / "releases")
    diff = payload(bangdan(copy_of_city, "backfill", "2021-08..2021-08", "--diff", "--json", code=4))
    assert diff["months"][0]["units_changed"] >= 1
    assert diff["months"][0]["due_to"] == "inputs"
    # One more forward of one post: more reach and what it earned, no other post, method or bonus.
    assert set(diff["months"][0]["by_cause"]) <= {"reach", "engagement"}
    pages = [Path(diff["report"]).with_name(diff["pages"][language]).read_text("utf-8") for language in ("zh", "en")]
    assert "杨浦区" in pages[0]
    assert "Yangpu" in pages[1]
    assert all("Content-Security-Policy" in page for page in pages)
    assert tree(copy_of_city / "releases") == before
    refused = bangdan(copy_of_city, "backfill", "2021-08..2021-08", "--apply", code=2)
    assert "--reason" in refused.stderr
    bangdan(copy_of_city, "backfill", "2021-08..2021-08", "--apply", "--reason", "R1", "--note", "迟到的导出")
    manifest = json.loads((copy_of_city / "releases/2021-08/r2/manifest.json").read_text("utf-8"))
    assert (manifest["reason"], manifest["note"]) == ("R1", "迟到的导出")


@pytest.mark.timeout(600)
def test_a_predecessor_filled_in_later_makes_its_successor_pending(copy_of_city: Path, city: Path) -> None:
    shutil.rmtree(copy_of_city / "releases")
    bangdan(copy_of_city, "run", "--month", "2021-08")
    assert {row["movement"] for row in ranking(copy_of_city, "2021-08")} == {""}
    bangdan(copy_of_city, "run", "--month", "2021-07")
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


@pytest.mark.timeout(600)
def test_a_range_that_is_killed_goes_on_and_an_interrupted_one_ends_after_the_month(
    copy_of_city: Path, city: Path
) -> None:
    """Ended by a person after the first phase, then killed when July is out and August is not: the database lags behind.
    The same command goes on, builds nothing twice, and mends all of it.
    """
    for name in ("releases", "published", "runs"):
        shutil.rmtree(copy_of_city / name)
    command = [*BANGDAN, "backfill", "2021-07..2021-08", "--apply"]
    _signal_once_seen(copy_of_city, command, "[1/5]", signal.SIGINT, ends_with=130)
    assert not list((copy_of_city / "releases").glob("*/r*"))
    _signal_once_seen(copy_of_city, command, "1/2 2021-07: published", signal.SIGKILL, ends_with=-9)
    status = payload(bangdan(copy_of_city, "status", "--json"))
    assert [(one["ended"], one["left"]) for one in status["backfills"]] == [(False, ["2021-08"])]
    assert status["to_do"][0]["command"].startswith("bangdan backfill 2021-07..2021-08 --apply")
    assert not (copy_of_city / "published").exists()
    done = payload(bangdan(copy_of_city, *command[3:], "--json"))
    assert [row["month"] for row in done["months"]] == ["2021-08"]
    for month in ("2021-07", "2021-08"):
        assert tree(copy_of_city / "releases" / month / "r1") == tree(city / "releases" / month / "r1")
    assert published(copy_of_city, "select count(*) from published.ranking") == [(240,)]


def _signal_once_seen(home: Path, command: list[str], line: str, what: int, ends_with: int) -> None:
    """Start a command, send it a signal once it has said a line, wait for its end, and check its exit code."""
    env = {**os.environ, "BANGDAN_HOME": str(home)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        assert running.stderr
        for said in running.stderr:
            if line in said:
                running.send_signal(what)
                break
        rest = running.stderr.read()
        assert running.wait(300) == ends_with, rest[-3000:]
