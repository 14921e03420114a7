"""Which months have loaded records, and which channel types the registry declares for a month."""

from __future__ import annotations

from bangdan.core import city
from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.ingestion import catalogue, registries


def has_records(settings: Settings, month: Month) -> bool:
    """Whether any export was loaded with records of a month. Reads no file: which of them count, the first gate knows."""
    return any((settings.raw / "records" / f"month={month}").glob("*.parquet"))


def require_records(settings: Settings, month: Month) -> None:
    """Raise GateRefused, naming the missing channels, where no loaded export holds records of a month."""
    if has_records(settings, month):
        return
    exports = [row for row in catalogue.loaded(settings) if row.table_name == "records"]
    with_records = sorted({name for row in exports for name in row.dated_months})
    months = f"; months with exports: {', '.join(with_records)}" if with_records else ""
    raise GateRefused(
        f"{month}: no loaded export holds records of it; missing are the exports of {_channel_names(settings, month)}",
        remedy=f"`bangdan run --month {month} --inbox FOLDER` with its exports{months}",
    )


def declared_channel_types(settings: Settings, month: Month) -> list[str]:
    """Codes of the channel types of which the registry in force declares a channel in a month, in the order of the codes.

    Raises BangdanError where no registry of channels is in force.
    """
    files = registries.files_of("channels", settings)
    with in_memory(settings) as con:
        rows = con.execute(
            """
            select distinct channel_type from read_parquet($1, union_by_name = true, hive_partitioning = false)
            where coalesce(valid_from, date '0001-01-01') < $3 and $2 < coalesce(valid_to, date '9999-12-31')
            order by all
            """,
            [files, month.start, month.end],
        ).fetchall()
    return [channel_type for (channel_type,) in rows]


def _channel_names(settings: Settings, month: Month) -> str:
    """The declared channel types; without a registry all that there are."""
    try:
        declared = declared_channel_types(settings, month)
    except BangdanError:
        declared = []
    return ", ".join(declared or city.channel_types(settings))
