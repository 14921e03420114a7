"""Rows of one export by month of Shanghai, whole or not at all, and sums that follow what stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.ingestion import contract, raw_writer


def rows(*result: tuple[int, str | None, int | None]) -> pa.Table:
    """Records by row number, time of publication (UTC) and likes."""
    return pa.Table.from_pylist(
        [{"source_row": n, "published_at": at and datetime.fromisoformat(at).replace(tzinfo=UTC), "like_count": likes, "view_count": 1} for n, at, likes in result],
        schema=contract.RECORDS,
    )  # fmt: skip


def stored(folder: Path) -> dict[str, list[int]]:
    return {
        file.parent.name: pq.read_table(file, partitioning=None)["source_row"].to_pylist() for file in sorted(folder.rglob("*.parquet"))
    }  # fmt: skip


def written(folder: Path, *parts: pa.Table, drop: list[int] | None = None) -> raw_writer.RawWriter:
    with raw_writer.RawWriter(folder, "key", "records") as writer:
        for part in parts:
            writer.add(part)
        writer.drop(drop or [])
        writer.close()
    return writer


JULY, AUGUST = "2021-07-31T15:59:59", "2021-07-31T16:00:00"  # the last second of July in Shanghai, the first of August


def test_a_row_goes_by_its_month_in_shanghai_and_one_without_a_time_into_none(tmp_path: Path) -> None:
    writer = written(tmp_path, rows((1, JULY, 2), (2, AUGUST, 3), (3, None, None)), rows((4, AUGUST, 4)))
    assert stored(tmp_path) == {"month=2021-07": [1], "month=2021-08": [2, 4], "month=unknown": [3]}
    assert (writer.rows, writer.months) == (4, ["2021-07", "2021-08", "unknown"])
    assert writer.sums == {**dict.fromkeys(contract.METRICS, 0), "like": 9, "view": 4}


@pytest.mark.parametrize("limits", [{}, {"HELD_BYTES": 0}, {"GROUP_ROWS": 1}])
def test_dropped_rows_are_gone_from_files_sums_and_months_also_where_they_were_written_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(raw_writer, name, value)
    writer = written(tmp_path, rows((1, JULY, 2), (2, AUGUST, 3)), rows((3, AUGUST, 4), (4, AUGUST, 5)), drop=[1, 3])
    assert {month: result for month, result in stored(tmp_path).items() if result} == {"month=2021-08": [2, 4]}
    assert (writer.rows, writer.months, writer.sums["like"], writer.sums["view"]) == (2, ["2021-08"], 8, 2)


@pytest.mark.parametrize("group_rows", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dropped", [[1], [4], [7], [1, 4, 7], [2, 3]])
def test_rows_that_still_wait_when_the_file_is_written_again_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_rows: int, dropped: list[int]
) -> None:
    """Some rows of a month are in its file, some wait, and a repeated row makes the file be written again."""
    monkeypatch.setattr(raw_writer, "GROUP_ROWS", group_rows)
    parts = [rows((number, JULY if number % 3 == 0 else AUGUST, number)) for number in range(1, 8)]
    writer = written(tmp_path, *parts, drop=dropped)
    kept = [number for number in range(1, 8) if number not in dropped]
    assert sorted(number for numbers in stored(tmp_path).values() for number in numbers) == kept
    assert (writer.rows, writer.sums["like"]) == (len(kept), sum(kept))


def test_no_file_takes_its_place_when_the_block_raises(tmp_path: Path) -> None:
    written(tmp_path, rows((1, AUGUST, 1)))

    def broken() -> None:
        with raw_writer.RawWriter(tmp_path, "key", "records") as writer:
            writer.add(rows((2, AUGUST, 1), (3, JULY, 1)))
            writer.close()
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        broken()
    assert stored(tmp_path) == {"month=2021-08": [1]}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "month=2021-08" / "key.parquet"]


def test_other_tables_are_one_file_without_months_or_sums_and_none_where_there_are_no_rows(tmp_path: Path) -> None:
    with raw_writer.RawWriter(tmp_path / "units", "key", "units") as writer:
        writer.add(pa.Table.from_pylist([{"unit_id": "1"}], schema=contract.SCHEMAS["units"]))
        writer.add(pa.Table.from_pylist([{"unit_id": "2"}], schema=contract.SCHEMAS["units"]))
        writer.close()
    assert (writer.rows, writer.months, writer.sums) == (2, [], {})
    assert pq.read_table(tmp_path / "units" / "key.parquet")["unit_id"].to_pylist() == ["1", "2"]
    with raw_writer.RawWriter(tmp_path / "rejects", "key", "rejects") as writer:
        writer.close()
    assert (writer.rows, list(tmp_path.glob("rejects/*"))) == (0, [])
