"""From the candidate of a month to its release: preview, approval, publication, and an earlier release once more."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bangdan import lineage
from bangdan.core import warehouse
from bangdan.core.errors import GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline.results import Approval

if TYPE_CHECKING:
    from bangdan.publication.pages.preview import Preview
    from bangdan.publication.release import Published


def publish(
    settings: Settings,
    month: Month,
    reason: str | None = None,
    note: str | None = None,
    *,
    published_on: date | None = None,
    follows: bool = True,
) -> Published:
    """Write, verify and swap in the release; the same data again make no new one. Within a range, what follows the
    releases (`follow`) waits for the last of them. `published_on` is the day that the release names.
    """
    return lineage.recorded(
        settings, month, "publish", lambda: _publish(settings, month, reason, note, published_on, follows)
    )


def _publish(
    settings: Settings, month: Month, reason: str | None, note: str | None, published_on: date | None, follows: bool
) -> Published:
    from bangdan import gates
    from bangdan.publication import release

    with warehouse.writing(settings, f"publishing {month}"):
        verdicts = gates.passed_verdicts(settings, month)
        return release.publish(
            settings, month, reason=reason, note=note, published_on=published_on, gate_results=verdicts, follows=follows
        )


def follow(settings: Settings) -> None:
    """Bring `latest`, the analysts' database, the archive and the feed up to the releases."""
    from bangdan.publication import pointers

    with warehouse.writing(settings, "bringing the database up to the releases"):
        pointers.follow(settings)


def preview(settings: Settings, month: Month, reason: str | None = None) -> Preview:
    """The candidate of a month as a page to look at before it is signed off; `missing` names who still has to."""
    from bangdan import gates
    from bangdan.publication.pages import preview

    with warehouse.writing(settings, f"previewing {month}"):
        return preview.write(settings, month, reason, gates.passed_verdicts(settings, month))


def approve(settings: Settings, month: Month, issuer: str, by: str, digest: str | None = None) -> Approval:
    """Sign off the candidate of a month for one of its issuers; with `digest`, only while it is what was looked at."""
    from bangdan.publication import signing, tables

    # The lock is held to the end: of two issuers that sign at the same moment both approvals are kept.
    with warehouse.writing(settings, f"approving {month}"):
        candidate = tables.candidate(settings, month)
        issuers = [row["issuer_name"] for row in candidate["issuers"].to_pylist()]
        current = tables.digest(candidate)
        if digest and digest != current:
            raise GateRefused(
                f"{month}: {digest[:16]} was looked at, but the data are {current[:16]} by now",
                remedy="look at the new candidate and approve that one",
            )
        given = signing.approve(settings, month, current, issuers, issuer, by)
    return Approval(current, len(given), len(issuers))


def roll_back(settings: Settings, month: Month, to: str, note: str, published_on: date | None = None) -> Published:
    """Publish an earlier release's data again, with a note."""
    from bangdan.publication import release

    with warehouse.writing(settings, f"rolling back {month}"):
        return release.roll_back(settings, month, to, note, published_on)
