"""Rank intervals and tiers."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan import files
from bangdan.settings import Settings

CERTAINTY = pa.schema(
    [
        ("ranking_month", pa.string()),
        ("method_version", pa.string()),
        ("ranking_list", pa.string()),
        ("dimension", pa.string()),
        ("unit_id", pa.string()),
        ("rank_low", pa.int32()),
        ("rank_high", pa.int32()),
        ("tier", pa.int32()),
    ]
)
EMPTY_MONTH = "0000-00"


def ensure_layout(settings: Settings) -> None:
    """A zero-row file in the folder, so that no reader has to treat an empty layer apart."""
    target = settings.evidence / "certainty" / f"month={EMPTY_MONTH}" / "schema.parquet"
    if not target.exists():
        with files.replacing(target) as beside:
            pq.write_table(CERTAINTY.empty_table(), beside)
