"""Readers while releases are published: no error, no mixture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support import faults
from tests.support.promises import promise
from tests.support.publishing import FOLDERS, MONTH

READ = """
import json, os, sys
from pathlib import Path
import duckdb
home, parent, rounds, seen = Path(sys.argv[1]), os.getppid(), 0, set()
while not (home / "stop").exists() and os.getppid() == parent:
    con = duckdb.connect(str(home / "published" / "bangdan.duckdb"), read_only=True)
    rows = con.execute(
        "select release, count(*) from published.ranking where ranking_month = '2021-08' group by release").fetchall()
    ledger = con.execute("select release from history.releases where ranking_month = '2021-08' and is_latest").fetchall()
    con.close()
    assert [rows[0][:1]] == ledger and len(rows) == 1 and rows[0][1] == 120, (rows, ledger)
    listed = json.loads((home / "releases/2021-08/latest/ranking.json").read_text("utf-8"))["rows"]
    releases = {row["release"] for row in listed}
    assert len(releases) == 1 and len(listed) == 120, releases
    seen |= releases | {rows[0][0]}
    rounds += 1
    if rounds == 1:
        print("reading", flush=True)
print(json.dumps([rounds, sorted(seen)]))
"""


@promise(
    "Who reads the database or `latest` while months are published sees no error and rows of one release only.",
    "a process that opens both again and again during three publications",
)
def test_readers_see_one_release(city: Path, tmp_path: Path) -> None:
    home = faults.copy(city, tmp_path / "home", *FOLDERS)

    def three_releases() -> None:
        from bangdan.core.months import Month
        from bangdan.core.settings import Settings
        from bangdan.publication import release, tables

        for number in range(3):
            # The same figures under another digest: a restatement each time.
            tables.digest = lambda made, number=number: f"{number:064d}"
            release.publish(Settings.load(), Month.parse(MONTH), reason="C", note=f"{number}", gate_results=[])

    reader = subprocess.Popen([sys.executable, "-c", READ, str(home)], stdout=subprocess.PIPE, text=True)
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        done = faults.run(three_releases, tmp_path / "printed", BANGDAN_HOME=str(home))
        assert done.code == 0, done.output
    finally:
        (home / "stop").touch()
        result = reader.communicate(timeout=60)[0]
    assert reader.returncode == 0
    rounds, seen = json.loads(result)
    assert rounds > 3
    assert len(seen) >= 2, "the reader has seen too few of the releases to prove anything"
    assert os.readlink(home / "releases" / MONTH / "latest") == "r4"
