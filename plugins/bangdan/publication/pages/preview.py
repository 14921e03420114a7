"""The preview of a month's candidate before sign-off: its page, its digest, the issuers whose approval is missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from bangdan.core import files
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger, signing, tables
from bangdan.publication.pages import ranking_page
from bangdan.publication.pages.names import DIMENSIONS, lists_of

TOP = 3


@dataclass(frozen=True)
class Preview:
    """What a sign-off is bound to: the digest of the candidate's data, its page, its issuers, and the first units of each
    list and dimension. `missing` are the issuers whose approval is missing; empty where the setting asks for nobody, where
    enough have signed these very data, and where nothing would be published: the data are those of the last release, or
    differ from it without a reason.
    """

    data_digest: str
    page: Path
    issuers: list[str]
    missing: list[str]
    top: dict[str, list[str]]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "page": str(self.page)}


def write(settings: Settings, month: Month, reason: str | None, gates: list[dict[str, Any]]) -> Preview:
    """Write the page of a month's candidate below runs/<month>/candidate/."""
    made = tables.candidate(settings, month)
    digest = tables.digest(made)
    last = ledger.latest(settings, month)
    is_release = last is None or (last.manifest["data_digest"] != digest and bool(reason))
    target = settings.runs / str(month) / "candidate" / "index.html"
    full = tables.with_release(made, "candidate")
    files.write_text(target, ranking_page.page(full, month, "candidate", "zh", ranking_page.ReleaseFacts(gates)))
    issuers = [row["issuer_name"] for row in made["issuers"].to_pylist()]
    return Preview(
        data_digest=digest,
        page=target,
        issuers=issuers,
        missing=signing.lacking(settings, month, digest, issuers) if is_release else [],
        top=_top(made["ranking"], lists_of(made["ranking_lists"].to_pylist())),
    )


def _top(ranking: pa.Table, lists: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
    """The first units of each list and dimension, with their scores, as words."""
    rows = ranking.to_pylist()
    return {
        f"{titles[0]} · {names[0]}": [
            f"{row['rank']} {row['unit_name']} {row['score']}"
            for row in rows
            if (row["ranking_list"], row["dimension"]) == (ranking_list, dimension) and row["rank"]
        ][:TOP]
        for ranking_list, titles in lists.items()
        for dimension, names in DIMENSIONS.items()
    }
