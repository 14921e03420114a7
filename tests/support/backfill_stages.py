"""Stages that cost nothing and still depend on each other: each reads what the one before has left in the warehouse or
in the evidence, and a release holds what came out at the end. So that a range can be killed, robbed and gone on with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from bangdan import transform
from bangdan.core import files
from bangdan.core.errors import GateRefused
from bangdan.core.months import Month, each
from bangdan.core.settings import Settings
from bangdan.matching import stage as matching
from bangdan.pipeline import building, intake, publishing
from bangdan.pipeline.results import Counted
from bangdan.publication.release import Published
from bangdan.uncertainty import resampling
from tests.support.backfill_homes import Home

LAYERS = ("register", "stage", "score", "present")
PHASES = ["stage", "match", "score", "certainty", "present"]


GATES = {"check_raw": "raw_exports", "check_facts": "post_facts", "check_ranking": "ranking"}


class Killed(BaseException):
    """The process ends here; nobody catches it."""


class Stages:
    """`done` tells every step in order; `kill_before`, `stop_in` and `refuse` break one of them."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.done: list[str] = []
        self.kill_before = ""
        self.on_step: Callable[[str], None] = lambda step: None
        self.refuse: set[str] = set()
        self.words: dict[str, tuple[str | None, str | None]] = {}  # month → reason and note of its publication
        monkeypatch.setattr(files, "sync", lambda path: None)  # no test here pulls the plug
        monkeypatch.setattr(transform, "_invoke", self._dbt)
        monkeypatch.setattr(matching, "run", self._match)
        monkeypatch.setattr(resampling, "run", self._certainty)
        monkeypatch.setattr(intake, "load", self._load)
        monkeypatch.setattr(building, "check_gate", self._check_gate)
        monkeypatch.setattr(transform, "rows", lambda *words: {})
        monkeypatch.setattr(publishing, "publish", self._publish)
        monkeypatch.setattr(publishing, "follow", lambda settings: self._step("follow"))

    def _step(self, step: str) -> None:
        if step == self.kill_before:
            self.kill_before = ""
            raise Killed
        self.done.append(step)
        self.on_step(step)

    def _load(self, settings: Settings, exports: object = None, progress: object = None) -> Counted:
        self._step("load")
        return Counted({})

    def _dbt(self, settings: Settings, command: list[str], variables: str) -> transform.Built:
        first, last = re.findall(r"\d{4}-\d\d", variables)[:2]
        months = [str(month) for month in each(Month.parse(first), Month.parse(last))]
        layer = next(layer for layer in (*LAYERS, "registry") if f"selector:{layer}" in command)
        layer = "register" if layer == "registry" else layer  # without the seeds, which are loaded already
        self._step(f"{layer} {first}..{last}")
        with duckdb.connect(str(settings.warehouse)) as con:
            if layer == "register":
                con.execute("create or replace table registry as select unnest($1) as month", [months])
            elif layer == "stage":
                con.execute("create table if not exists staged (month varchar)")
                con.execute("select * from registry")
                con.execute("insert into staged select unnest($1)", [months])
            elif layer == "score":
                con.execute("select * from staged")
                evidence = {month: self._evidence(settings, month).read_text("utf-8") for month in months}
                con.execute("create or replace table scored (month varchar, figure varchar)")
                con.executemany("insert into scored values ($1, $2)", list(evidence.items()))
            else:
                con.execute("create schema if not exists published")
                con.execute("create table if not exists published.rpt_ranking (ranking_month varchar, figure varchar)")
                for month in months:
                    sure = (settings.evidence / "certainty" / f"month={month}" / "rank.parquet").read_text("utf-8")
                    con.execute("delete from published.rpt_ranking where ranking_month = $1", [month])
                    con.execute(
                        "insert into published.rpt_ranking select month, figure || $2 from scored where month = $1",
                        [month, sure],
                    )
        return transform.Built()

    def _evidence(self, settings: Settings, month: object) -> Path:
        return settings.evidence / "matches" / f"month={month}" / "part-0.parquet"

    def _match(self, settings: Settings, month: Month) -> dict:
        self._step(f"match {month}")
        file = self._evidence(settings, month)
        file.parent.mkdir(parents=True, exist_ok=True)
        letters = sorted(entry.stem[0] for entry in (settings.raw / "export_manifest").glob("?" * 64 + ".parquet"))
        file.write_text("".join(letters), "utf-8")
        return {"matches": 1, "items": 2, "newly_judged": 2}

    def _certainty(self, settings: Settings, month: Month) -> dict:
        self._step(f"certainty {month}")
        file = settings.evidence / "certainty" / f"month={month}" / "rank.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        figure = self._evidence(settings, month).read_text("utf-8")
        file.write_text(f"±{len(figure)}", "utf-8")
        return {}

    def _check_gate(
        self, settings: Settings, first: Month, last: Month, stage: str, progress: object = None
    ) -> Counted:
        assert first == last, "a backfill asks month by month: what one gate refuses keeps no other month back"
        gate = GATES[stage]
        self._step(f"{gate} {first}")
        if f"{gate} {first}" in self.refuse:
            raise GateRefused(f"{first}: {gate} refused", remedy="fix it")
        return Counted({})

    def _publish(
        self,
        settings: Settings,
        month: Month,
        reason: str | None = None,
        note: str | None = None,
        *,
        published_on: date | None = None,
        follows: bool = True,
    ) -> Published:
        assert follows is False, "latest and the database follow once, at the end of the range"
        self._step(f"publish {month}")
        self.words[str(month)] = (reason, note)
        with duckdb.connect(str(settings.warehouse), read_only=True) as con:
            [(figure,)] = con.execute(
                "select figure from published.rpt_ranking where ranking_month = $1", [str(month)]
            ).fetchall()
        folder = settings.releases / str(month)
        numbers = sorted(int(entry.name[1:]) for entry in folder.glob("r*"))
        if (
            numbers
            and json.loads((folder / f"r{numbers[-1]}" / "manifest.json").read_text("utf-8")).get("figure") == figure
        ):
            return Published(f"r{numbers[-1]}", folder, is_new=False, digest="")
        number = (numbers or [0])[-1] + 1
        inputs = [entry["export_sha256"][0] for entry in self._read(settings, month)]
        self.home.release(str(month), *inputs, number=number, figure=figure)
        (folder / "pending.json").unlink(missing_ok=True)
        return Published(f"r{number}", folder, is_new=True, digest="")

    def _read(self, settings: Settings, month: Month) -> list[dict]:
        import pyarrow.parquet as pq

        window = {str(month + step) for step in range(-3, 2)}
        rows = [
            pq.read_table(file).to_pylist()[0]
            for file in sorted(settings.raw.glob("export_manifest/?*.parquet"))
            if len(file.stem) == 64
        ]
        return [row for row in rows if window & set(row["months"])]

    def figures(self) -> dict[str, str]:
        """month/release → what it holds."""
        return {
            f"{file.parts[-3]}/{file.parts[-2]}": json.loads(file.read_text("utf-8"))["figure"]
            for file in sorted(self.home.settings.releases.glob("*/r*/manifest.json"))
        }
