"""The tables of a release: the month's rows of the published models, and their comparison with the previous release."""

from __future__ import annotations

import hashlib
from importlib.resources import files as package_files

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect, in_memory
from bangdan.publication import contract, ledger
from bangdan.publication.movement import previous_ranks, score_decomposition

# Table → total order of its rows.
ORDER = {
    "ranking": "ranking_list, dimension, rank nulls last, unit_id",
    "unit_indicators": "unit_id, dimension, indicator_id",
    "account_scores": "unit_id, account_id",
    "unit_activity": "unit_id",
    "monthly_summary": "ranking_month",
    "posts": "post_id",
    "reprints": "post_id, item_id",
    "hot_topics": "post_count desc, theme_id",
    "hot_subtopics": "theme_id, post_count desc, subtopic_id",
    "topic_units": "theme_id, rank_in_theme, unit_id",
    "subjects": "unit_id, subject_id",
    "hosted_hashtags": "post_count desc, hashtag",
    "highlights": "ranking_list, theme_id nulls first, dimension, position",
    "rival_indices": "entity_kind, entity_id, unit_id, index_id",
    "rival_agreement": "ranking_list, dimension, index_id",
    "rank_leverage": "unit_id, dimension, kind",
    "leverage_decisions": "unit_id, dimension, kind, part_id",
    "coverage": "channel_type, day",
    "issuers": "position",
    "ranking_lists": "position",
    "channel_types": "channel_type",
    "score_changes": "unit_id, dimension, cause",
}
# Computed in Python from two releases; every other table is a model's rows of the month.
COMPUTED = {"score_changes"}
# What a comparison with the previous month reads of its release.
PREVIOUS = ("ranking", "unit_activity", "unit_indicators", "monthly_summary", "subjects")
RANK_KEY = ("ranking_list", "dimension", "unit_id")


def candidate(settings: Settings, month: Month) -> dict[str, pa.Table]:
    """All tables of the month, in their total order, compared with the last published previous month.

    Raises BangdanError where a table breaks its contract, so that nothing else is ever published.
    """
    built = _built(settings, month)
    if not len(built["ranking"]):
        raise BangdanError(
            f"no ranking has been built for {month}", remedy=f"run `bangdan run --month {month}` with its exports"
        )
    previous = _previous(settings, month)
    made = dict(built)
    with in_memory(settings) as con:
        _register(con, settings, month, built, previous)
        for query in sorted((package_files("bangdan.publication") / "queries").iterdir(), key=lambda file: file.name):
            name = query.name.removesuffix(".sql")
            columns = ", ".join(column.name for column in contract.tables()[name].columns)
            made[name] = con.sql(
                f"select {columns} from ({query.read_text('utf-8')}) order by {ORDER[name]}"
            ).to_arrow_table()
        made["score_changes"] = _changes(month, made, previous)
        for name, table in made.items():
            contract.check(con, name, table)
    return made


def _built(settings: Settings, month: Month) -> dict[str, pa.Table]:
    """The month's rows of every published model."""
    with connect(settings, read_only=True) as con:
        return {
            name: con.sql(
                f"select {', '.join(contract.model_columns(name))} from published.rpt_{name}"
                f" where ranking_month = $1 order by {order}",
                params=[str(month)],
            ).to_arrow_table()
            for name, order in ORDER.items()
            if name not in COMPUTED
        }


def _previous(settings: Settings, month: Month) -> dict[str, pa.Table] | None:
    """Tables of the previous month's newest release; None where there is none."""
    release = ledger.latest(settings, month - 1)
    if release is None:
        return None
    return {name: pq.read_table(release.path / "tables" / f"{name}.parquet") for name in PREVIOUS}


def _register(
    con: duckdb.DuckDBPyConnection, settings: Settings, month: Month, built: dict[str, pa.Table],
    previous: dict[str, pa.Table] | None,
) -> None:  # fmt: skip
    """What the queries of releases read: candidate_ and previous_ tables, earlier_units and restated_ranks."""
    for name, table in built.items():
        con.register(f"candidate_{name}", table)
    for name in PREVIOUS:
        con.register(f"previous_{name}", previous[name] if previous else built[name].schema.empty_table())
    con.register("earlier_units", _earlier_units(con, settings, month))
    con.register("restated_ranks", _restated_ranks(built, previous))


def _restated_ranks(built: dict[str, pa.Table], previous: dict[str, pa.Table] | None) -> pa.Table:
    """Ranks of the previous month by this month's method; no rows where the method is the same."""
    ranks = {}
    if previous:
        rows_of = {name: previous[name].to_pylist() for name in ("ranking", "unit_indicators")}
        ranks = previous_ranks.restated_previous_ranks(built["unit_indicators"].to_pylist(), rows_of)
    schema = pa.schema([*((name, pa.string()) for name in RANK_KEY), ("rank", pa.int32())])
    return pa.Table.from_pylist(
        [{**dict(zip(RANK_KEY, key, strict=True)), "rank": rank} for key, rank in ranks.items()], schema
    )


def _changes(month: Month, made: dict[str, pa.Table], previous: dict[str, pa.Table] | None) -> pa.Table:
    """Causes of each unit's change on the previous month's release; without one, no rows."""
    if previous is None:
        return score_decomposition.SCHEMA.empty_table()
    current_rows, previous_rows = (
        {name: tables[name].to_pylist() for name in score_decomposition.TABLES} for tables in (made, previous)
    )
    return score_decomposition.table(str(month), str(month - 1), current_rows, previous_rows)


def _earlier_units(con: duckdb.DuckDBPyConnection, settings: Settings, month: Month) -> pa.Table:
    """Units that the release of any earlier month ranks: these return, others enter for the first time."""
    folders = [release.path for release in ledger.latest_of_all(settings) if release.month < month]
    if not folders:
        return pa.table({"ranking_list": pa.array([], pa.string()), "unit_id": pa.array([], pa.string())})
    return con.sql(
        "select distinct ranking_list, unit_id from read_parquet($1) where rank is not null order by all",
        params=[[str(folder / "tables" / "ranking.parquet") for folder in folders]],
    ).to_arrow_table()


def with_release(tables: dict[str, pa.Table], release: str) -> dict[str, pa.Table]:
    """The same tables with the column `release` after the month."""
    return {
        name: table.add_column(1, "release", pa.array([release] * len(table), pa.string()))
        for name, table in tables.items()
    }


def digest(tables: dict[str, pa.Table]) -> str:
    """SHA-256 over all values of all tables, in their order."""
    values = hashlib.sha256()
    for name, table in tables.items():
        values.update(f"\n{name}:{','.join(table.schema.names)}\n".encode())
        for column in table.columns:
            values.update(repr(column.to_pylist()).encode())
    return values.hexdigest()
