"""Who owned the accounts of released posts: evidence that the first gate compares the registry in force with."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import parquet
from bangdan.core.parquet import EMPTY_MONTH
from bangdan.core.settings import Settings
from bangdan.publication import ledger

# One row: a post of the newest release of a month.
RELEASED_OWNERS = pa.schema(
    [
        ("account_id", pa.string()),
        ("unit_id", pa.string()),
        ("published_at_local", pa.timestamp("us")),  # Shanghai time without zone
    ]
)
NAME = "released_owners"


def ensure_layout(settings: Settings) -> None:
    """A zero-row file in the folder: readers find the columns where nothing is released."""
    parquet.write_empty_tables(settings.evidence, {NAME: RELEASED_OWNERS}, by_month=True)


def write(settings: Settings) -> None:
    """Bring the evidence up to the newest release of every month: one file a month, named as the release.

    A release whose table of posts is missing has none: `bangdan verify` names it.
    """
    wanted = {
        settings.evidence / NAME / f"month={release.month}" / f"{release.name}.parquet": release
        for release in ledger.latest_of_all(settings)
        if (release.path / "tables" / "posts.parquet").exists()
    }
    for file, release in wanted.items():
        if not file.exists():
            posts = pq.read_table(
                release.path / "tables" / "posts.parquet", columns=["account_id", "unit_id", "published_at"]
            )
            parquet.write_table(posts.rename_columns(RELEASED_OWNERS.names).cast(RELEASED_OWNERS), file)
    for file in (settings.evidence / NAME).glob("*/*.parquet"):
        if file not in wanted and file.parent.name != f"month={EMPTY_MONTH}":
            file.unlink()
