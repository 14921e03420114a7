"""Inputs that are there in part: the gate refuses and names what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

from bangdan.demo import write_city
from tests.support import faults
from tests.support.homes import bangdan
from tests.support.promises import promise
from tests.support.publishing import FOLDERS, MONTH


@promise(
    "Half a registry is refused (exit code 3), the units named; nothing is published.",
    "units gone from the registry, their accounts still there",
)
def test_half_a_registry(city: Path, tmp_path: Path) -> None:
    home = faults.copy(city, tmp_path / "home", *FOLDERS)
    before = faults.tree(home / "releases")

    def check() -> None:
        import duckdb

        from bangdan import gates
        from bangdan.core.months import Month
        from bangdan.core.settings import Settings

        settings = Settings.load()
        with duckdb.connect(str(settings.warehouse)) as con:
            con.execute("delete from registry.int_registry__units where unit_id in ('310110', '310115', 'd-mzj')")
        gates.check(settings, Month.parse(MONTH), "raw_exports")

    done = faults.run(check, tmp_path / "printed", BANGDAN_HOME=str(home))
    assert done.code == 3, done.output
    assert "raw_exports.owners" in done.output
    assert all(unit in done.output for unit in ("310110", "310115", "d-mzj"))
    assert faults.tree(home / "releases") == before


@promise(
    "A registry that gives an account to two units at a time is refused (exit code 3), both rows named.",
    "a second row for an account, without an end of the first",
)
def test_torn_registry(city: Path, tmp_path: Path) -> None:
    home = faults.copy(
        city, tmp_path / "home", "landing", "raw", "warehouse", "evidence", "runs", "releases", "secrets"
    )
    registry = tmp_path / "registry"
    shutil.copytree(city / "inbox" / "synthetic-registry", registry)
    accounts = registry / "synthetic_accounts.csv"
    lines = accounts.read_text("utf-8").splitlines(keepends=True)
    at, row = next((at, line) for at, line in enumerate(lines, 1) if line.startswith("wx-310110-4,310110,"))
    accounts.write_text("".join([*lines, row.replace(",310110,", ",310115,")]), "utf-8")
    (registry / "_delivery.json").write_text('{"received_at": "2021-09-02T00:00:00+08:00", "synthetic": true}', "utf-8")
    write_city(home)
    bangdan(home, "ingest", registry)
    bangdan(home, "confirm", accounts, "--by", "王", "--reason", "账号变更")
    done = bangdan(home, "run", "--month", MONTH, code=3)
    assert "raw_exports.conflicts" in done.stderr
    assert f"'source_row': '{at}'" in done.stderr or f"'source_row': '{at - 1}'" in done.stderr
    assert all(sign in done.stderr for sign in ("'declared': '310110'", "'other_declared': '310115'"))
    assert faults.tree(home / "releases") == faults.tree(city / "releases")
