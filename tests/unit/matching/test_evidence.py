"""The evidence on disk: where it lies, its columns in their order, and that it is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.settings import Settings
from bangdan.matching import evidence

COLUMNS = {
    "matches": [
        ("item_id", "string"), ("post_id", "string"), ("post_month", "string"), ("method", "string"),
        ("match_class", "string"), ("containment", "double"), ("item_containment", "double"), ("matched_chars", "int32"),
        ("distinctive_chars", "int32"), ("longest_run", "int32"), ("numbers_aligned", "int32"),
        ("numbers_equal", "int32"), ("lag_seconds", "int64"), ("confidence", "string"), ("is_counted", "bool"),
        ("is_credited", "bool"), ("reason", "string"), ("credit_rule", "string"), ("decided_by", "string"),
        ("parameters_hash", "string"), ("evidence", "string"),
    ],
    "families": [
        ("post_id", "string"), ("post_month", "string"), ("family_id", "string"), ("origin_post_id", "string"),
        ("origin_unit_id", "string"), ("is_origin", "bool"), ("earlier_item_id", "string"),
        ("parameters_hash", "string"),
    ],
    "rejected": [
        ("item_id", "string"), ("post_id", "string"), ("reason", "string"), ("containment", "double"),
        ("matched_chars", "int32"), ("numbers_aligned", "int32"), ("numbers_equal", "int32"),
        ("parameters_hash", "string"),
    ],
}  # fmt: skip


def test_an_empty_layer_has_a_file_of_no_rows_and_all_columns_for_each_table(tmp_path: Path) -> None:
    settings = Settings(tmp_path, threads=1, memory_limit="500MB")
    evidence.ensure_layout(settings)
    files = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.*"))
    assert files == [f"evidence/{name}/month=0000-00/schema.parquet" for name in ("families", "matches", "rejected")]
    for name, columns in COLUMNS.items():
        file = tmp_path / "evidence" / name / "month=0000-00" / "schema.parquet"
        table = pq.ParquetFile(file).read()
        assert [(field.name, str(field.type)) for field in table.schema] == columns
        assert len(table) == 0
        file.write_bytes(b"as it was")
    evidence.ensure_layout(settings)
    assert {file.read_bytes() for file in tmp_path.rglob("*.parquet")} == {b"as it was"}


@pytest.mark.parametrize("table", ["matches", "families", "rejected"])
def test_a_month_of_a_table_has_one_file(tmp_path: Path, table: str) -> None:
    settings = Settings(tmp_path, threads=1, memory_limit="500MB")
    wanted = tmp_path / "evidence" / table / "month=2021-08" / "part-0.parquet"
    assert evidence.path(settings, table, "2021-08") == wanted


def test_evidence_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path, threads=1, memory_limit="500MB")
    rows = evidence.REJECTED.empty_table()
    evidence.write(settings, "rejected", "2021-08", rows)
    target = evidence.path(settings, "rejected", "2021-08")
    kept = target.read_bytes()

    def breaks(_writer: pq.ParquetWriter, _table: pa.Table) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", breaks)
    with pytest.raises(OSError, match="no space left"):
        evidence.write(settings, "rejected", "2021-08", rows)
    assert target.read_bytes() == kept
    assert [file.name for file in target.parent.iterdir()] == ["part-0.parquet"]
