"""Which folders and object stores a run in Airflow may land: those that the settings name, and what is below them."""

from __future__ import annotations

from pathlib import Path

from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings


def permitted(settings: Settings, source: str | None) -> Path | str:
    """The folder or address that a run lands: the data folder's inbox where `source` is empty.

    Raises UsageError for any that is neither below the inbox nor below one of BANGDAN_INBOXES. Links count as where they
    lead, so that none leads out.
    """
    from bangdan.ingestion.inbox import checked, is_remote

    if not source:
        return settings.inbox
    allowed = [one.strip() for one in settings.inboxes.split(",") if one.strip()]
    if is_remote(source):
        address = checked(source)
        stores = [checked(one) for one in allowed if is_remote(one)]
        is_permitted = ".." not in address.split("/") and any(f"{address}/".startswith(f"{one}/") for one in stores)
    else:
        folders = [settings.inbox, *(Path(one) for one in allowed if not is_remote(one))]
        is_permitted = "\0" not in source and any(
            Path(source).resolve().is_relative_to(one.resolve()) for one in folders
        )
    if not is_permitted:
        raise UsageError(
            f"inbox {source[:200]!r} is not one that a run may land",
            remedy=f"name a folder below {settings.inbox}, or add it to BANGDAN_INBOXES (folders and s3:// prefixes, "
            "separated by commas) for every process of Airflow",
        )
    return address if is_remote(source) else Path(source)
