"""What `bangdan verify` reports: problems of the releases and of what is derived from them."""

from __future__ import annotations

from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import pointers, verification


def problems(settings: Settings, month: Month | None = None) -> list[str]:
    """One sentence a problem, of all months or of one; `latest` and the database are checked where releases are whole.

    Raises BangdanError where nothing has been published, or nothing of the month.
    """
    folder = settings.releases / str(month) if month else settings.releases
    if not any(folder.glob("r*" if month else "????-??/r*")):
        of_month = f" of {month}" if month else ""
        raise BangdanError(
            f"nothing{of_month} has been published in {settings.home}",
            remedy=f"run `bangdan run --month {month or 'YYYY-MM'}`, or correct BANGDAN_HOME",
        )
    return verification.verify(settings, month) or pointers.problems(settings)
