"""Shared fixtures: one small synthetic city, run once through the command line and kept for all tests of a worker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

PROJECT = Path(__file__).resolve().parents[1]
BANGDAN = [sys.executable, "-m", "bangdan.cli"]


def bangdan(home: Path, *words: object, code: int = 0) -> subprocess.CompletedProcess:
    """Run the command line in a data home of its own and check its exit code."""
    done = subprocess.run(
        [*BANGDAN, *map(str, words)],
        env={**os.environ, "BANGDAN_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == code, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home in which 2021-07 and 2021-08 of a city at scale 0.02 have been published. Read only; all workers
    share the one that the first of them makes. BANGDAN_TEST_CITY names one that is ready, for work on single tests.
    """
    if ready := os.environ.get("BANGDAN_TEST_CITY"):
        return Path(ready)
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "city"
    with FileLock(home.with_suffix(".lock")):
        if not (home / ".whole").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            bangdan(home, "demo", "--scale", "0.02")
            bangdan(home, "run", "--month", "2021-07", "--inbox", home / "inbox")
            bangdan(home, "run", "--month", "2021-08")
            (home / ".whole").touch()
    return home


@pytest.fixture
def copy_of_city(city: Path, tmp_path: Path) -> Path:
    """A copy of the city that a test may change."""
    home = tmp_path / "home"
    shutil.copytree(city, home, symlinks=True)
    return home


def ranking(home: Path, month: str, release: str = "latest") -> list[dict]:
    return json.loads((home / "releases" / month / release / "ranking.json").read_text("utf-8"))["rows"]


def published(home: Path, query: str) -> list[tuple]:
    """Rows of a query on the analysts' database."""
    con = duckdb.connect(str(home / "published" / "bangdan.duckdb"), read_only=True)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def late_export(home: Path, folder: Path, unit_id: str = "310110") -> Path:
    """An export that came late: one outlet's forward of a Weibo post that the unit published in 2021-08."""
    con = duckdb.connect(str(home / "published" / "bangdan.duckdb"), read_only=True)
    post_id, at = con.execute(
        "select post_id, published_at from published.posts where ranking_month = '2021-08' and unit_id = $1"
        " and platform = 'weibo' and is_original and published_at between '2021-08-05' and '2021-08-20'"
        " order by post_id limit 1",
        [unit_id],
    ).fetchall()[0]
    con.close()
    header = "id,bid,正文,完整日期,点赞数,评论数,转发数,是否原创,源用户id,源微博id,日期,工具,话题,@用户\r\n"
    row = f"4900000000000001,,转发微博,{at:%Y-%m-%d} 23:50:00,5000,300,9,False,,{post_id[6:]},{at:%Y-%m-%d},,,\r\n"
    target = folder / "synthetic-late" / "weibo" / "合成转发" / "6999999999.csv"
    target.parent.mkdir(parents=True)
    target.write_bytes((header + row).encode("utf-8-sig"))
    return folder / "synthetic-late"
