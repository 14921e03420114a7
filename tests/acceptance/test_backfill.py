"""Backfill: a plan that writes nothing, a comparison that publishes nothing, the same bytes as month by month."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import bangdan, late_export, ranking


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def told(done) -> dict:
    return json.loads(done.stdout)


@pytest.mark.timeout(600)
def test_a_range_gives_the_bytes_of_months_one_by_one(copy_of_city: Path, city: Path) -> None:
    for name in ("releases", "published", "warehouse", "evidence", "dbt"):
        shutil.rmtree(copy_of_city / name)
    before = tree(copy_of_city)
    plan = told(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--json", code=4))
    assert [row["action"] for row in plan["months"]] == ["publish", "publish"]
    assert tree(copy_of_city) == before
    done = told(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--apply", "--json"))
    assert [row["result"] for row in done["months"]] == ["published", "published"]
    for month in ("2021-07", "2021-08"):
        assert tree(copy_of_city / "releases" / month / "r1") == tree(city / "releases" / month / "r1")
    plan = told(bangdan(copy_of_city, "backfill", "2021-07..2021-08", "--json"))
    assert [row["action"] for row in plan["months"]] == ["keep", "keep"]


@pytest.mark.timeout(600)
def test_a_late_export_is_planned_compared_and_applied_with_a_reason(copy_of_city: Path, tmp_path: Path) -> None:
    bangdan(copy_of_city, "ingest", late_export(copy_of_city, tmp_path))
    plan = told(bangdan(copy_of_city, "backfill", "2021-08..2021-08", "--json", code=4))
    assert plan["months"][0]["changes"] == ["inputs: 1 new, 0 gone"]
    before = tree(copy_of_city / "releases")
    diff = told(bangdan(copy_of_city, "backfill", "2021-08..2021-08", "--diff", "--json", code=4))
    assert diff["months"][0]["units_changed"] >= 1
    assert "杨浦区" in Path(diff["report"]).read_text("utf-8")
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
    done = told(
        bangdan(
            copy_of_city, "backfill", "2021-08..2021-08", "--apply", "--reason", "R2", "--note", "七月补发", "--json"
        )
    )
    assert [row["result"] for row in done["months"]] == ["published"]
    strip = ("ranking_month", "release")
    assert [{k: v for k, v in row.items() if k not in strip} for row in ranking(copy_of_city, "2021-08", "r2")] == [
        {k: v for k, v in row.items() if k not in strip} for row in ranking(city, "2021-08", "r1")
    ]
