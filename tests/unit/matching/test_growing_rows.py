"""Rows that a stage finds batch by batch: all of them come out in order, however many are held in memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from bangdan.core.settings import Settings
from bangdan.matching.growing_rows import GrowingRows, Scratch

SCHEMA = pa.schema([("item_id", pa.string()), ("post_id", pa.string()), ("count", pa.int32())])
KEYS = ["item_id", "post_id"]


def batch(*ids: str) -> pa.Table:
    return pa.table({"item_id": ids, "post_id": [item[::-1] for item in ids], "count": range(len(ids))}, schema=SCHEMA)


BATCHES = [batch("i2", "I9"), batch("号3"), batch(), batch("i10", "𠀀", ""), batch("i1", "�", "i3")]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "warehouse").mkdir()
    return Settings(tmp_path, threads=2, memory_limit="500MB")


@pytest.mark.parametrize("most_bytes", [0, 40, 100, 10_000])
def test_rows_come_out_in_the_order_of_their_keys_whatever_is_held_in_memory(
    settings: Settings, most_bytes: int
) -> None:
    rows = GrowingRows("x", SCHEMA, Scratch(settings.home / "scratch", most_bytes))
    for part in BATCHES:
        rows.append(part)
    wanted = pa.concat_tables(BATCHES).sort_by([(key, "ascending") for key in KEYS])
    assert rows.rows == len(wanted)
    assert pa.concat_tables(rows.in_order(settings, KEYS)).equals(wanted)


def test_rows_that_fit_are_written_nowhere(settings: Settings) -> None:
    rows = GrowingRows("x", SCHEMA, Scratch(settings.home / "scratch", 10_000))
    for part in BATCHES:
        rows.append(part)
    assert len(list(rows.in_order(settings, KEYS))) == 1
    assert not (settings.home / "scratch").exists()


def test_no_rows_are_one_empty_table(settings: Settings) -> None:
    rows = GrowingRows("x", SCHEMA)
    assert [table.num_rows for table in rows.in_order(settings, KEYS)] == [0]
    assert rows.table().schema == SCHEMA
