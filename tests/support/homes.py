"""Data homes in tests: the command line run in one, and what its releases and its published database hold."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from bangdan.core.months import SHANGHAI
from bangdan.demo import write_city
from tests.support import children

PROJECT = Path(__file__).resolve().parents[2]
SCRIPTS = PROJECT / "tests" / "support" / "scripts"
# Programs that tests start find the modules of tests, whatever folder they run in.
PYTHON_PATH = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
BANGDAN = [sys.executable, "-m", "bangdan.cli"]


def bangdan(home: Path, *words: object, code: int = 0, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a data home, as a process of its own with further variables of the environment, and check
    its exit code. A home whose first month is run without a city is the demo city's.
    """
    if words[0] == "run":
        home.mkdir(parents=True, exist_ok=True)
        write_city(home)
    environment = {**os.environ, "BANGDAN_HOME": str(home), **settings}
    done = children.run_command([str(word) for word in words], environment)
    assert done.returncode == code, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def confirm_registries(city: Path, *folders: Path) -> None:
    """Write the confirmations of the registries below folders into a city's folder, in the place of those that are there."""
    files = [file for folder in folders for file in sorted(folder.rglob("*.csv"))]
    rows = [f"{hashlib.sha256(file.read_bytes()).hexdigest()},王,2021-09-01,{file.name}\n" for file in files]
    target = city / "corrections" / "registry_confirmations.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("export_sha256,decided_by,decided_on,reason\n" + "".join(rows), "utf-8")


def ranking(home: Path, month: str, release: str = "latest") -> list[dict]:
    """The rows of a release's ranking.json."""
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
    forwarded = datetime(at.year, at.month, at.day, 23, 50, tzinfo=SHANGHAI)
    mid = ((int(forwarded.timestamp()) - 515_483_463) << 22) + 1  # an id of Weibo holds its second
    row = f"{mid},,转发微博,{forwarded:%Y-%m-%d %H:%M:%S},5000,300,9,False,,{post_id[6:]},{at:%Y-%m-%d},,,\r\n"
    target = folder / "synthetic-late" / "weibo" / "合成转发" / "6999999999.csv"
    target.parent.mkdir(parents=True)
    target.write_bytes((header + row).encode("utf-8-sig"))
    (folder / "synthetic-late" / "_delivery.json").write_text('{"synthetic": true}', "utf-8")
    return folder / "synthetic-late"


def tree(folder: Path) -> dict[str, str]:
    """Relative path → SHA-256 of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def touched(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of everything, folders among them: what nothing at all may alter."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def payload(done: subprocess.CompletedProcess) -> Any:
    """What a command printed with --json."""
    return json.loads(done.stdout)


def flip_a_byte(path: Path) -> None:
    """Change one bit of the byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
