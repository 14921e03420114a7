"""Inputs that are there in part: the door refuses and names what is missing."""

from __future__ import annotations

from pathlib import Path

from tests.faults import harness
from tests.faults.promises import promise
from tests.faults.test_publishing import FOLDERS, MONTH


@promise(
    "Half a registry is refused (exit code 3), the units named; nothing is published.",
    "units gone from the registry, their accounts still there",
)
def test_half_a_registry(city: Path, tmp_path: Path) -> None:
    home = harness.copy(city, tmp_path / "home", *FOLDERS)
    before = harness.tree(home / "releases")

    def check() -> None:
        import duckdb

        from bangdan import quality
        from bangdan.months import Month
        from bangdan.settings import Settings

        settings = Settings.load()
        with duckdb.connect(str(settings.warehouse)) as con:
            con.execute("delete from staging.stg_units where unit_id in ('310110', '310115', 'd-mzj')")
        quality.check(settings, Month.parse(MONTH), "raw_exports")

    done = harness.run(check, tmp_path / "said", BANGDAN_HOME=str(home))
    assert done.code == 3, done.said
    assert "raw_exports.owners" in done.said
    assert all(unit in done.said for unit in ("310110", "310115", "d-mzj"))
    assert harness.tree(home / "releases") == before
