"""The export manifest: what is written is read again, and rows are found by export, month and status."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, contract
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.ingestion.loading import ensure_layout
from tests.support import loading

ROW = ManifestRow(
    export_id="b", load_key="key-b", export_sha256="b", source_file="in/b.csv", path_key="in/b", connector="c",
    connector_version="1", mapping_sha256="m", privacy_key="p", table_name="records", status="partial",
    is_synthetic=True, received_at=datetime(2021, 9, 1, tzinfo=UTC), encoding="utf-8", replaced_chars=1,
    dialect="d", header_fingerprint="h", rows_read=10, accepted=7, rejected=2, duplicate=1,
    reasons={"COUNT_INVALID": 2}, metric_sums={"read": 5}, months=["2021-08", "unknown"], files={"rejects/x": "y"},
)  # fmt: skip
REGISTRY = replace(ROW, export_id="a", export_sha256="a", table_name="units", status="loaded", months=[])
REFUSED = replace(ROW, export_id="c", export_sha256="c", table_name=None, status="refused", files={})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = loading.settings(tmp_path / "home")
    for row in (ROW, REGISTRY, REFUSED):
        catalogue.write(row, made)
    return made


def test_a_row_has_the_columns_of_the_contract() -> None:
    assert [field.name for field in fields(ManifestRow)] == contract.EXPORT_MANIFEST.names


def test_a_row_is_read_as_it_was_written(settings: Settings) -> None:
    assert catalogue.find("b", settings) == ROW
    assert catalogue.find("d", settings) is None
    ensure_layout(settings)  # the zero-row file is no export
    assert catalogue.rows(settings) == [REGISTRY, ROW, REFUSED]


def test_rows_are_chosen_by_status_and_month(settings: Settings) -> None:
    assert catalogue.loaded(settings) == [REGISTRY, ROW]
    assert catalogue.with_records_of(Month.parse("2021-08"), settings) == [ROW]
    assert catalogue.with_records_of(Month.parse("2021-07"), settings) == []


def test_a_registry_is_read_by_every_month_and_a_row_without_a_time_by_none() -> None:
    assert [row.is_registry for row in (ROW, REGISTRY, REFUSED)] == [False, True, False]
    assert [row.dated_months for row in (ROW, REGISTRY)] == [["2021-08"], []]


def test_a_home_without_exports_has_an_empty_manifest(tmp_path: Path) -> None:
    empty = loading.settings(tmp_path / "empty")
    assert catalogue.rows(empty) == []
    assert catalogue.table(empty).schema.equals(contract.EXPORT_MANIFEST)


def test_columns_that_an_older_file_does_not_hold_are_empty(settings: Settings) -> None:
    pq.write_table(pa.table({"export_id": ["b"], "status": ["loaded"]}), catalogue.file_of("b", settings))
    row = catalogue.rows(settings)[1]
    assert (row.export_id, row.months, row.files, row.reasons, row.connector) == ("b", [], {}, {}, None)
