"""The imprint of a release: its dates, whom to write to, and how it is cited."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from bangdan.core import calendars, city
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings


@dataclass(frozen=True)
class Imprint:
    """Dates as 2021-09-15, in Shanghai; None or empty where nothing is known."""

    published_on: str | None = None  # as the run was asked to record it
    data_cut_off: str | None = None  # the day of the latest export
    next_due_on: str | None = None  # the day by which the list of the next month is due
    contact: str = ""
    appeal: str = ""  # how a unit objects to its rank
    web_address: str = ""  # of the folder of all releases, ending in a slash

    def to_json(self) -> dict[str, Any]:
        """The field `imprint` of a manifest; the data cut-off is in its `knowledge_cut_off`."""
        return {name: value for name, value in asdict(self).items() if name != "data_cut_off"}

    def address_of(self, month: Month, release: str) -> str:
        """The address of a release by month and number; empty where the city names no web address."""
        return f"{self.web_address}{month}/{release}/" if self.web_address else ""

    def permanent_address_of(self, digest: str) -> str:
        """The address by the digest of the data, which does not change; empty where the city names no web address."""
        return f"{self.web_address}id/{digest}/" if self.web_address else ""


def name_of(month: Month | str, release: str, digest: str) -> str:
    """The name of a release that needs no address: its month, number and the first digits of its data digest."""
    return f"urn:bangdan:{month}:{release}:{digest[:16]}"


def of(settings: Settings, month: Month, published_on: date | None, knowledge_cut_off: str | None) -> Imprint:
    """The imprint of a release that is made now. Raises UsageError where it would be published before its data were
    known.
    """
    data_cut_off = _day(knowledge_cut_off)
    earliest = max(f"{month.end:%Y-%m-%d}", data_cut_off or "")
    if published_on and str(published_on) < earliest:
        raise UsageError(
            f"--published-on {published_on}: the data of {month} go up to {earliest}",
            remedy="name the day on which the list is published, or leave it out",
        )
    answers = city.load(settings) if city.exists(settings) else None
    return Imprint(
        published_on=str(published_on) if published_on else None,
        data_cut_off=data_cut_off,
        next_due_on=_next_due_on(settings, month),
        contact=answers.contact if answers else "",
        appeal=answers.appeal if answers else "",
        web_address=answers.web_address if answers else "",
    )


def of_manifest(fields: dict[str, Any]) -> Imprint:
    """The imprint that a manifest records; releases of version 0.2 and before have none."""
    return Imprint(data_cut_off=_day(fields["knowledge_cut_off"]), **fields.get("imprint", {}))


def _day(moment: str | None) -> str | None:
    return str(datetime.fromisoformat(moment).astimezone(SHANGHAI).date()) if moment else None


def _next_due_on(settings: Settings, month: Month) -> str | None:
    try:
        return str(calendars.of(settings, month + 1).due_at.date())
    except BangdanError:  # no method is in force in the next month
        return None
