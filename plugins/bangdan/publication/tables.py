"""The tables of a release: the month's candidate from the warehouse, and what only the previous release can tell."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files as package_files
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect, in_memory
from bangdan.publication import ledger
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
    "coverage": "channel_type, day",
    "issuers": "position",
    "score_changes": "unit_id, dimension, cause",
}
# What only the previous release can tell; all else is the month's candidate in the warehouse.
FROM_RELEASES = {"score_changes"}


@lru_cache(maxsize=1)
def dictionary() -> dict[str, Any]:
    """Chinese and English names of every published table and column; definitions of the metrics."""
    return yaml.safe_load((package_files("bangdan.publication") / "dictionary.yml").read_text("utf-8"))


def candidate(settings: Settings, month: Month) -> dict[str, pa.Table]:
    """All tables of the month, in their total order, with movement against the last published previous month."""
    found: dict[str, pa.Table] = {}
    contracts = _contracts(settings)
    with connect(settings, read_only=True) as con:
        for name, order in ORDER.items():
            if name in FROM_RELEASES:
                continue
            columns = ", ".join(contracts[f"rpt_{name}"])
            found[name] = con.sql(
                f"select {columns} from published.rpt_{name} where ranking_month = $1 order by {order}",
                params=[str(month)],
            ).to_arrow_table()
    if not len(found["ranking"]):
        raise BangdanError(
            f"no ranking has been built for {month}", remedy=f"run `bangdan run --month {month}` with its exports"
        )
    previous = ledger.latest(settings, month - 1)
    with in_memory(settings) as con:
        con.register("current", found["ranking"])
        con.register("summary", found["monthly_summary"])
        con.register("listed", _listed(settings, month))
        path = previous.path / "tables" if previous else None
        con.execute(
            f"create view before as from read_parquet('{path}/ranking.parquet')"
            if path
            else "create view before as select null::varchar ranking_list, null::varchar dimension, null::varchar unit_id,"
            " null::integer rank where false"
        )
        con.execute(
            f"create view summary_before as from read_parquet('{path}/monthly_summary.parquet')"
            if path
            else "create view summary_before as select null::decimal(9, 6) originality_rate where false"
        )
        found["ranking"] = con.sql(
            f"""
            select c.ranking_month, c.method_version, c.ranking_list, c.dimension, c.unit_id, c.unit_name, c.unit_name_en,
                c.unit_type, c.rank, b.rank as previous_rank, b.rank - c.rank as rank_change,
                case
                    when c.rank is null or not exists (select 1 from before) or b.rank is not null then ''
                    when l.unit_id is not null then 'RE'
                    else 'NEW'
                end as movement,
                c.base_score, c.bonus_points, c.score, c.rank_without_bonus, c.rank_low, c.rank_high, c.tier,
                c.cap_rank_low, c.cap_rank_high, c.note
            from current c
            left join before b using (ranking_list, dimension, unit_id)
            left join listed l on c.ranking_list = l.ranking_list and c.unit_id = l.unit_id
            order by {ORDER["ranking"].replace("rank ", "c.rank ")}
            """
        ).to_arrow_table()
        found["monthly_summary"] = con.sql(
            """
            select s.* exclude (account_count, unit_count, reprint_count, reprinted_post_count, sibling_reprint_count,
                    quarantined_post_count, capped_count, could_cap_change_rank, item_count, is_synthetic),
                (round((s.originality_rate - b.originality_rate) * 100, 4))::decimal(9, 4) as originality_rate_change_pp,
                s.account_count, s.unit_count, s.reprint_count, s.reprinted_post_count, s.sibling_reprint_count,
                s.quarantined_post_count, s.capped_count, s.could_cap_change_rank, s.item_count, s.is_synthetic
            from summary s left join summary_before b on true
            """
        ).to_arrow_table()
    before = _before(previous)
    found["ranking"] = _with_restated(found, before)
    found["subjects"] = _with_change(settings, found["subjects"], previous)
    found["score_changes"] = _changes(month, found, before)
    return found


def _before(previous: ledger.Release | None) -> dict[str, list[dict[str, Any]]] | None:
    """What the previous month's release says of its units."""
    names = ("ranking", "unit_activity", "unit_indicators")
    if previous is None:
        return None
    return {name: pq.read_table(previous.path / "tables" / f"{name}.parquet").to_pylist() for name in names}


def _with_restated(found: dict[str, pa.Table], before: dict[str, list[dict[str, Any]]] | None) -> pa.Table:
    """The ranking with the previous rank under today's method after the one that was published, NULL where the method
    is the same.
    """
    ranking = found["ranking"]
    known = previous_ranks.restated_previous_ranks(found["unit_indicators"].to_pylist(), before) if before else {}
    keys = zip(*(ranking[name].to_pylist() for name in ("ranking_list", "dimension", "unit_id")), strict=True)
    column = pa.array([known.get(key) for key in keys], pa.int32())
    at = ranking.schema.get_field_index("movement") + 1
    return ranking.add_column(at, "restated_previous_rank", column)


def _contracts(settings: Settings) -> dict[str, list[str]]:
    """Columns of each published model in the order of its contract: a warehouse that has grown with the project holds
    newer columns last, and a release must not show its age.
    """
    told = yaml.safe_load((settings.dbt_project / "models" / "published" / "_published.yml").read_text("utf-8"))
    return {model["name"]: [column["name"] for column in model["columns"]] for model in told["models"]}


def _with_change(settings: Settings, subjects: pa.Table, previous: ledger.Release | None) -> pa.Table:
    """Subjects with the change of their reprints on the previous month's release, NULL where there is none."""
    with in_memory(settings) as con:
        con.register("current", subjects)
        before = (
            "select unit_id, subject_id, reprint_count from read_parquet($1)"
            if previous
            else "select null::varchar unit_id, null::varchar subject_id, null::bigint reprint_count where false"
        )
        return con.sql(
            f"""
            select c.*, (case when {bool(previous)} then c.reprint_count - coalesce(b.reprint_count, 0) end)::bigint
                as reprint_count_change
            from current c left join ({before}) b using (unit_id, subject_id) order by c.unit_id, c.subject_id
            """,
            params=[str(previous.path / "tables" / "subjects.parquet")] if previous else [],
        ).to_arrow_table()


def _changes(month: Month, found: dict[str, pa.Table], before: dict[str, list[dict[str, Any]]] | None) -> pa.Table:
    """Causes of each unit's change on the previous month's release; without one, no rows."""
    if before is None:
        return score_decomposition.SCHEMA.empty_table()
    return score_decomposition.table(
        str(month), str(month - 1), {name: found[name].to_pylist() for name in before}, before
    )


def _listed(settings: Settings, month: Month) -> pa.Table:
    """Units that any earlier release ranked: a return is told from a first entry by it."""
    with in_memory(settings) as con:
        folders = [one.path for one in ledger.latest_of_all(settings) if one.month < month]
        if not folders:
            return pa.table({"ranking_list": pa.array([], pa.string()), "unit_id": pa.array([], pa.string())})
        paths = [str(folder / "tables" / "ranking.parquet") for folder in folders]
        return con.sql(
            "select distinct ranking_list, unit_id from read_parquet($1) where rank is not null order by all",
            params=[paths],
        ).to_arrow_table()


def beside_published(aside: Settings, settings: Settings, month: Month) -> list[dict[str, Any]]:
    """The ranking that a scratch area holds for a month, each row with rank and score as published (or None)."""
    with connect(aside, read_only=True) as con:
        mine = con.sql(
            f"select * from published.rpt_ranking where ranking_month = $1 order by {ORDER['ranking']}",
            params=[str(month)],
        ).to_arrow_table()
    last = ledger.latest(settings, month)
    there = pq.read_table(last.path / "tables" / "ranking.parquet").to_pylist() if last else []
    known = {(row["ranking_list"], row["dimension"], row["unit_id"]): row for row in there}
    found = []
    for row in mine.to_pylist():
        before = known.get((row["ranking_list"], row["dimension"], row["unit_id"]), {})
        found.append({**row, "published_rank": before.get("rank"), "published_score": before.get("score")})
    return found


def with_release(tables: dict[str, pa.Table], release: str) -> dict[str, pa.Table]:
    """The same tables with the release beside the month."""
    return {
        name: table.add_column(1, "release", pa.array([release] * len(table), pa.string()))
        for name, table in tables.items()
    }


def digest(tables: dict[str, pa.Table]) -> str:
    """SHA-256 over all values of all tables, in their order: what tells two candidates apart."""
    told = hashlib.sha256()
    for name, table in tables.items():
        told.update(f"\n{name}:{','.join(table.schema.names)}\n".encode())
        for column in table.columns:
            told.update(repr(column.to_pylist()).encode())
    return told.hexdigest()


def rows(table: pa.Table) -> list[dict[str, Any]]:
    """A table as dicts, for templates."""
    return table.to_pylist()
