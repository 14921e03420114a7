"""Restatements: pending until there is a reason, never lost, their effect exact to the last digit."""

from __future__ import annotations

import json
import os
import signal
from decimal import Decimal
from pathlib import Path

from tests.support import faults
from tests.support.promises import promise
from tests.support.publishing import FOLDERS, MONTH, verified


def restate_july(reason: str | None = "C", dies_before_telling: bool = False) -> None:
    """Publish 2021-07 with the ranks of its first two units exchanged."""
    import pyarrow as pa

    from bangdan.core.months import Month
    from bangdan.core.settings import Settings
    from bangdan.publication import release, tables

    made_by = tables.candidate

    def candidate(settings: Settings, month: Month) -> dict[str, pa.Table]:
        made = made_by(settings, month)
        if str(month) == "2021-07":
            ranking = made["ranking"]
            ranks = ranking["rank"].to_pylist()
            ranks[:2] = ranks[1::-1]
            at = ranking.schema.names.index("rank")
            made["ranking"] = ranking.set_column(at, ranking.schema.field("rank"), pa.array(ranks, pa.int32()))
        return made

    tables.candidate = candidate
    if dies_before_telling:
        release._remember_successor = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    print(release.publish(Settings.load(), Month.parse("2021-07"), reason=reason, note="更正", gate_results=[]))


@promise(
    "Changed figures of a released month wait as pending until a reason is given; the release is unchanged.",
    "a candidate with two ranks exchanged is published without and with a reason",
)
def test_pending_until_there_is_a_reason(city: Path, tmp_path: Path) -> None:
    home = faults.copy(city, tmp_path / "home", *FOLDERS)
    before = faults.tree(home / "releases" / "2021-07" / "r1")
    done = faults.run(lambda: restate_july(None), tmp_path / "printed", BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    assert "is_pending=True" in done.output
    assert (home / "releases/2021-07/pending.json").exists()
    assert faults.tree(home / "releases" / "2021-07" / "r1") == before
    assert not (home / "releases/2021-07/r2").exists()
    done = faults.run(restate_july, tmp_path / "printed", BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    assert not (home / "releases/2021-07/pending.json").exists()
    report = json.loads((home / "releases/2021-07/r2/manifest.json").read_text("utf-8"))
    assert (report["reason"], report["note"]) == ("C", "更正")
    assert [(row["rank_before"], row["rank"], row["points"], row["parts"]) for row in report["effect"]["rows"]] == [
        (1, 2, "0E-12", {}), (2, 1, "0E-12", {}),
    ]  # fmt: skip
    assert (report["effect"]["units_changed"], report["effect"]["ranks_changed"]) == (2, 2)
    assert faults.tree(home / "releases" / "2021-07" / "r1") == before


@promise(
    "A restated month makes its successor pending, also when the run is killed before it says so.",
    "kill after the swap of 2021-07 r2, then the same command again",
)
def test_successor_is_told_after_a_kill(city: Path, tmp_path: Path) -> None:
    home = faults.copy(city, tmp_path / "home", *FOLDERS)
    pending = home / "releases" / MONTH / "pending.json"
    done = faults.run(lambda: restate_july("C", True), tmp_path / "printed", BANGDAN_HOME=str(home))
    assert done.code == -signal.SIGKILL
    assert (home / "releases/2021-07/r2").exists()
    assert not pending.exists()
    done = faults.run(restate_july, tmp_path / "printed", BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    assert pending.exists()
    assert verified(home, tmp_path / "look") == ""


@promise(
    "The effect of a restatement is exact: its rows are all that changed, came or went, and the parts of each add up.",
    "two months set against each other as if one restated the other, with a unit taken away",
)
def test_effect_adds_up(city: Path, tmp_path: Path) -> None:
    def report() -> None:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        from bangdan.core.months import Month
        from bangdan.core.settings import Settings
        from bangdan.publication import ledger
        from bangdan.publication.movement import rank_restatement

        settings = Settings.load()
        before, now = (ledger.latest(settings, Month.parse(month)) for month in ("2021-07", MONTH))
        assert before
        assert now
        full = {
            name: pq.read_table(now.path / "tables" / f"{name}.parquet")
            for name in ("ranking", "unit_activity", "unit_indicators")
        }
        full["ranking"] = full["ranking"].filter(pc.not_equal(full["ranking"]["unit_id"], "310110"))
        print(json.dumps(rank_restatement.rank_restatement(before, full)))

    done = faults.run(report, tmp_path / "printed", BANGDAN_HOME=str(city))
    assert done.code == 0, done.output
    result = json.loads(done.output)
    gone = [row for row in result["rows"] if row["unit_id"] == "310110"]
    assert [(row["rank"], row["score"], row["parts"]) for row in gone] == [(None, None, None)] * 2
    assert all(row["rank_before"] for row in gone)
    both = [row for row in result["rows"] if row["parts"] is not None]
    assert len(both) > 60
    for row in both:
        assert sum(map(Decimal, row["parts"].values()), Decimal(0)) == Decimal(row["points"]), row
        rounded = Decimal(row["score"]) - Decimal(row["score_before"])
        assert abs(rounded - Decimal(row["points"])) <= Decimal("0.01"), row
