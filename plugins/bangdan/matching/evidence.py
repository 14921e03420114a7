"""The evidence as Parquet: one folder per ranking month, columns fixed here; dbt reads it as a source."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangdan.core import parquet
from bangdan.core.settings import Settings

TEXT = pa.string()

# One row: a pair of item and post that was judged a match, or is left to a person.
MATCHES = pa.schema(
    [
        ("item_id", TEXT),
        ("post_id", TEXT),
        ("post_month", TEXT),
        ("method", TEXT),  # link | text | attribution_text
        ("match_class", TEXT),  # full | partial | summary | digest | quote | link
        ("containment", pa.float64()),  # share of the post's distinctive text that the item holds
        ("item_containment", pa.float64()),  # share of the item that the post explains
        ("matched_chars", pa.int32()),
        ("distinctive_chars", pa.int32()),
        ("longest_run", pa.int32()),
        ("numbers_aligned", pa.int32()),
        ("numbers_equal", pa.int32()),
        ("lag_seconds", pa.int64()),
        ("confidence", TEXT),  # A | B | C | review
        ("is_counted", pa.bool_()),  # before the window, which belongs to the method
        ("is_credited", pa.bool_()),
        ("reason", TEXT),  # why it is not counted; NULL when it is
        ("credit_rule", TEXT),  # link | attribution | in_text | earliest | only | person
        ("decided_by", TEXT),  # rule | person
        ("parameters_hash", TEXT),
        ("evidence", TEXT),  # JSON: offsets, competing posts, attribution string
    ]
)
# One row: an own post, and the family of near-identical own posts it belongs to.
FAMILIES = pa.schema(
    [
        ("post_id", TEXT),
        ("post_month", TEXT),
        ("family_id", TEXT),
        ("origin_post_id", TEXT),
        ("origin_unit_id", TEXT),
        ("is_origin", pa.bool_()),
        ("earlier_item_id", TEXT),  # an outlet's item with the same text, more than the skew older
        ("parameters_hash", TEXT),
    ]
)
# One row: a pair that was compared and is no reprint.
REJECTED = pa.schema(
    [
        ("item_id", TEXT),
        ("post_id", TEXT),
        ("reason", TEXT),
        ("containment", pa.float64()),
        ("matched_chars", pa.int32()),
        ("numbers_aligned", pa.int32()),
        ("numbers_equal", pa.int32()),
        ("parameters_hash", TEXT),
    ]
)
TABLES = {"matches": MATCHES, "families": FAMILIES, "rejected": REJECTED}


def ensure_layout(settings: Settings) -> None:
    """A zero-row file in each table's folder: readers find the columns in an empty layer too."""
    parquet.write_empty_tables(settings.evidence, TABLES, by_month=True)


def path(settings: Settings, table: str, month: str) -> Path:
    """The file of a month's evidence of one table."""
    return settings.evidence / table / f"month={month}" / "part-0.parquet"


def count_matches(settings: Settings, month: str) -> tuple[int, int]:
    """The matches of a month, and those of them that are counted before the window."""
    file = path(settings, "matches", month)
    is_counted = pq.read_table(file, columns=["is_counted"], partitioning=None)["is_counted"]
    return len(is_counted), pc.sum(is_counted).as_py() or 0


def keys(table: str) -> list[str]:
    """The columns of a table that identify a row, which are its order."""
    return [name for name in ("item_id", "post_id") if name in TABLES[table].names]


def write(settings: Settings, table: str, month: str, rows: pa.Table) -> None:
    """Write a month's evidence of one table in the order of its keys, whole or not at all."""
    in_order = rows.sort_by([(name, "ascending") for name in keys(table)])
    write_slices(settings, table, month, [in_order])


def write_slices(settings: Settings, table: str, month: str, slices: Iterable[pa.Table]) -> None:
    """Write a month's evidence of one table, given in slices in the order of its keys, whole or not at all."""
    parquet.write_tables(slices, TABLES[table], path(settings, table, month))
