"""A month without records is refused at once, with the channels whose exports are missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.demo import write_city
from bangdan.ingestion import contract, loading, presence, registries
from bangdan.pipeline import building, intake, runs
from bangdan.pipeline.results import Counted

AUGUST = Month(2021, 8)


class Home:
    """A raw layer of manifest rows and channels."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(folder, 1, "1GB")

    def export(self, name: str, *months: str, table: str = "records", status: str = "loaded") -> None:
        row = {
            "export_id": name,
            "load_key": name,
            "export_sha256": name,
            "table_name": table,
            "status": status,
            "months": list(months),
        }
        self._write("export_manifest", name, [row], contract.EXPORT_MANIFEST)

    def records(self, name: str, *months: str) -> None:
        for month in months:
            self._write(f"records/month={month}", name, [], pa.schema([("title", pa.string())]))

    def channels(self, *rows: tuple[str, date | None, date | None]) -> None:
        columns = [("channel_type", pa.string()), ("valid_from", pa.date32()), ("valid_to", pa.date32())]
        names = [name for name, _kind in columns]
        values = [dict(zip(names, row, strict=True)) for row in rows]
        self._write("channels", "channels", values, pa.schema(columns))
        self.export("channels", table="channels")
        registries.mark("channels", Path("outlets.csv"), self.settings)

    def _write(self, table: str, name: str, rows: list[dict], schema: pa.Schema) -> None:
        file = self.settings.raw / table / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def refusal(home: Home) -> GateRefused:
    with pytest.raises(GateRefused) as refused:
        presence.require_records(home.settings, AUGUST)
    return refused.value


def test_a_month_with_records_of_one_export_is_taken(home: Home) -> None:
    home.export("a", "2021-07", "2021-08")
    home.records("a", "2021-07", "2021-08")
    presence.require_records(home.settings, AUGUST)


def test_before_any_export_every_channel_that_the_program_knows_is_missing(home: Home) -> None:
    refused = refusal(home)
    assert refused.message == (
        "2021-08: no loaded export holds records of it; missing are the exports of news_app, news_site, wechat, weibo"
    )
    assert refused.remedy == "`bangdan run --month 2021-08 --inbox FOLDER` with its exports"


def test_the_channels_of_the_registry_are_named_and_the_months_that_have_exports(home: Home) -> None:
    home.channels(("weibo", None, None), ("wechat", date(2021, 9, 1), None), ("news_app", None, date(2021, 8, 1)))
    home.export("a", "2021-06", "unknown")
    home.export("b", "2021-08", status="refused")
    home.export("c", "2021-08", table="accounts")
    refused = refusal(home)
    assert refused.message.endswith("missing are the exports of weibo")
    assert refused.remedy.endswith("with its exports; months with exports: 2021-06")


def test_the_registry_declares_each_channel_type_once_for_the_months_of_its_span(home: Home) -> None:
    home.channels(("weibo", None, None), ("weibo", None, None), ("wechat", date(2021, 8, 31), date(2021, 9, 1)))
    assert presence.declared_channel_types(home.settings, AUGUST) == ["wechat", "weibo"]
    assert presence.declared_channel_types(home.settings, AUGUST + 1) == ["weibo"]


def test_without_a_registry_no_channel_is_declared(home: Home) -> None:
    with pytest.raises(BangdanError, match="no channels have been loaded"):
        presence.declared_channel_types(home.settings, AUGUST)


def test_the_first_stage_of_a_month_without_records_builds_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def register(*words: object) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(building, "register", register)
    with pytest.raises(GateRefused, match="no loaded export holds records of it"):
        building.check_raw(home.settings, AUGUST, AUGUST)
    assert not home.settings.warehouse.parent.exists()


@pytest.mark.parametrize("is_waiting", [False, True])
def test_a_run_without_records_loads_first_only_where_something_waits_to_be_loaded(
    home: Home, monkeypatch: pytest.MonkeyPatch, is_waiting: bool
) -> None:
    calls: list[str] = []
    write_city(home.settings.city)
    monkeypatch.setattr(loading, "exports_to_load", lambda landed, settings: ["export"] * is_waiting)
    monkeypatch.setattr(intake, "load", lambda settings, progress: calls.append("load") or Counted({}))
    with pytest.raises(GateRefused, match="no loaded export holds records of it"):
        runs.run(home.settings, AUGUST)
    assert calls == ["load"] * is_waiting
