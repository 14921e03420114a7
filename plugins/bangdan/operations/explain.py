"""The parts of a unit's scores: score → indicators → accounts → posts → reprints, from the published database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb

from bangdan.core.errors import UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.suggestions import did_you_mean
from bangdan.operations.sql_shell import open_published

TOP_POSTS, TOP_REPRINTS = 10, 5


def explain(settings: Settings, month: Month, unit: str, dimension: str | None = None) -> dict[str, Any]:
    """Everything that adds up to a unit's scores in the latest release of a month.

    `unit` is an id or a name, Chinese or English. Contributions are points of the base score: those of the indicators
    add up to it, and those of all posts add up to the same; `adds_up` says so. Raises UsageError for an unknown unit.
    """
    con = open_published(settings)
    try:
        rankings = _rows(
            con,
            """
            select * from ranking where ranking_month = $1
                and (unit_id = $2 or unit_name = $2 or lower(unit_name_en) = lower($2))
                and ($3 is null or dimension = $3)
            order by dimension
            """,
            [str(month), unit, dimension],
        )
        if not rankings:
            raise UsageError(f"{unit!r} is in no list of {month}", remedy=_known_units(con, month, unit))
        first = rankings[0]
        return {
            "month": str(month),
            "release": first["release"],
            "method_version": first["method_version"],
            "unit_id": first["unit_id"],
            "unit_name": first["unit_name"],
            "unit_name_en": first["unit_name_en"],
            "ranking_list": first["ranking_list"],
            "dimensions": [_dimension(con, month, row) for row in rankings],
            "rivals": _rows(
                con,
                """
                select index_id, name, name_en, index_value from rival_indices
                where ranking_month = $1 and entity_kind = 'unit' and entity_id = $2 order by index_id
                """,
                [str(month), first["unit_id"]],
            ),
            "bonus": _rows(
                con,
                """
                select t.theme_id, h.name, h.name_en, t.post_count, t.cluster_count, t.bonus_points
                from topic_units t join hot_topics h using (ranking_month, theme_id)
                where t.ranking_month = $1 and t.unit_id = $2 order by t.bonus_points desc, t.theme_id
                """,
                [str(month), first["unit_id"]],
            ),
        }
    finally:
        con.close()


def _dimension(con: duckdb.DuckDBPyConnection, month: Month, ranking: dict[str, Any]) -> dict[str, Any]:
    """One dimension of a unit: `ranking` is its row of the ranking list."""
    dimension, key = ranking["dimension"], [str(month), ranking["unit_id"]]
    share = f"{dimension}_contribution"
    indicators = _rows(
        con,
        """
        select indicator_id, value, coverage, capped_count, weight, goalpost, term, contribution from unit_indicators
        where ranking_month = $1 and unit_id = $2 and dimension = $3 order by indicator_id
        """,
        [*key, dimension],
    )
    accounts = _rows(
        con,
        f"""
        select p.account_id, any_value(a.account_name) as account_name, any_value(p.platform) as platform,
            count(*) as post_count, sum(p.reprint_count)::bigint as reprint_count, sum(p.{share}) as contribution
        from posts p left join account_scores a using (ranking_month, account_id, unit_id)
        where p.ranking_month = $1 and p.unit_id = $2
        group by p.account_id order by contribution desc, p.account_id
        """,
        key,
    )
    posts = _rows(
        con,
        f"""
        select post_id, account_id, platform, published_at, title, url, reprint_count, {share} as contribution
        from posts where ranking_month = $1 and unit_id = $2 and {share} > 0
        order by {share} desc, post_id limit {TOP_POSTS}
        """,
        key,
    )
    for post in posts:
        post["reprints"] = _rows(
            con,
            f"""
            select item_id, channel_type, outlet_id, outlet_name, reprinted_at, read_count, like_count, comment_count,
                method, match_class, confidence, containment, {share} as contribution
            from reprints where ranking_month = $1 and post_id = $2 and is_counted
            order by {share} desc, reprinted_at, item_id limit {TOP_REPRINTS}
            """,
            [str(month), post["post_id"]],
        )
    not_counted = _rows(
        con,
        """
        select not_counted_reason as reason, count(*) as item_count from reprints
        where ranking_month = $1 and unit_id = $2 and not is_counted
        group by not_counted_reason order by item_count desc, reason
        """,
        key,
    )
    causes = _rows(
        con,
        """
        select cause, change_points, previous_month from score_changes
        where ranking_month = $1 and unit_id = $2 and dimension = $3 order by abs(change_points) desc, cause
        """,
        [*key, dimension],
    )
    by_indicator = sum((row["contribution"] for row in indicators), Decimal(0))
    by_account = sum((row["contribution"] for row in accounts), Decimal(0))
    return {
        **{name: ranking[name] for name in ranking if name not in ("ranking_month", "release", "method_version")},
        "indicators": indicators,
        "accounts": accounts,
        "posts": posts,
        "not_counted": not_counted,
        "causes_of_change": causes,
        "sum_of_indicators": by_indicator,
        "sum_of_posts": by_account,
        "adds_up": by_indicator == by_account,
    }


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    cursor = con.execute(query, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _known_units(con: duckdb.DuckDBPyConnection, month: Month, wanted: str) -> str:
    """The remedy for an unknown unit: the published ones that are most like it, and the names of all."""
    units = con.execute(
        "select distinct unit_name, unit_name_en from ranking where ranking_month = $1 order by all", [str(month)]
    ).fetchall()
    if not units:
        return f"nothing has been published for {month}: run `bangdan run --month {month}`"
    return did_you_mean(wanted, units) + "one of: " + "、".join(name for name, _ in units)
