"""A page per unit and language: ranks, parts of the score, history, accounts, posts and reprints with their evidence, and
items that were compared and not counted, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa

from bangdan.core.months import Month
from bangdan.core.rendering import LANGUAGES, in_language, render
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.publication import ledger
from bangdan.publication.pages import charts
from bangdan.publication.pages.names import CHANNELS, DIMENSIONS, LISTS, localised, of_language, unit_file

TOP_POSTS, TOP_REPRINTS, NOT_COUNTED_EXAMPLES = 10, 5, 3
HIGHEST_SCORE = Decimal(105)  # 100 points of the base score and 5 of the bonus
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def render_all(
    settings: Settings, tables: dict[str, pa.Table], month: Month, release: str
) -> Iterator[tuple[str, str]]:
    """(path below the release, HTML) of every unit in both languages."""
    rows = _gather(settings, tables, month)
    total = tables["monthly_summary"].to_pylist()[0]
    neighbours = _neighbours(rows["ranking"])
    for unit_id in sorted(rows["ranking"]):
        for language in LANGUAGES:
            context = {
                "month": month,
                "release": release,
                "total": total,
                "unit": _unit(unit_id, rows, language),
                "neighbours": [row and _link(row, language) for row in neighbours[unit_id]],
                "dimension_names": of_language(DIMENSIONS, language),
                "channel_names": of_language(CHANNELS, language),
                "twin": _file(unit_id, in_language(("en", "zh"), language)),
            }
            yield unit_file(unit_id, language), render("unit.html", language, context)


def _neighbours(ranking: Rows) -> dict[str, tuple[Row | None, Row | None]]:
    """The units before and after each in the order of its list by dissemination."""
    neighbours: dict[str, tuple[Row | None, Row | None]] = {}
    for ranking_list in LISTS:
        rows = [rows[0] for rows in ranking.values() if rows[0]["ranking_list"] == ranking_list]
        rows.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["unit_id"]))
        for position, row in enumerate(rows):
            previous = rows[position - 1] if position else None
            following = rows[position + 1] if position + 1 < len(rows) else None
            neighbours[row["unit_id"]] = (previous, following)
    return neighbours


def _link(row: Row, language: str) -> Row:
    return {"name": localised(row, "unit_name", language), "page": _file(row["unit_id"], language)}


def _file(unit_id: str, language: str) -> str:
    """A unit's page as a link from another unit's page."""
    return unit_file(unit_id, language).removeprefix("units/")


def _unit(unit_id: str, rows: dict[str, Rows], language: str) -> Row:
    """What a unit's page shows."""
    ranks = rows["ranking"][unit_id]
    first = ranks[0]
    worst = rows["unit_counts"][first["ranking_list"]][0]["units"]
    not_counted = rows["not_counted_examples"].get(unit_id, [])
    return {
        "unit_id": unit_id,
        "name": localised(first, "unit_name", language),
        "list_title": in_language(LISTS[first["ranking_list"]], language),
        "note": first["note"],
        "activity": next(iter(rows["unit_activity"].get(unit_id, [])), None),
        "dimensions": [_dimension(row, rows, language, worst) for row in ranks],
        "accounts": rows["account_scores"].get(unit_id, []),
        "themes": _named(rows["themes"].get(unit_id, []), language),
        "subjects": _named(rows["subjects"].get(unit_id, []), language),
        "rivals": _named(rows["rivals"].get(unit_id, []), language),
        "reprint_days": _reprint_days(rows["reprint_days"].get(unit_id, [])),
        "posts": [
            {**post, "reprints": rows["reprints"].get(post["post_id"], [])} for post in rows["posts"].get(unit_id, [])
        ],
        "not_counted": [
            {**row, "examples": [item for item in not_counted if item["reason"] == row["reason"]]}
            for row in rows["not_counted"].get(unit_id, [])
        ],
    }


def _dimension(row: Row, rows: dict[str, Rows], language: str, worst: int) -> Row:
    """One dimension: rank, parts of the score, causes of its change, and the ranks of the months so far."""
    dimension, unit_id = row["dimension"], row["unit_id"]

    def of_dimension(name: str) -> list[Row]:
        return [other for other in rows[name].get(unit_id, []) if other["dimension"] == dimension]

    indicators = of_dimension("unit_indicators")
    causes = [cause for cause in of_dimension("score_changes") if cause["change_points"]]
    largest = max((abs(cause["change_points"]) for cause in causes), default=Decimal(0))
    history = of_dimension("history")
    parts = [(part["indicator_id"], part["contribution"]) for part in indicators] + [("bonus", row["bonus_points"])]
    return {
        **row,
        "dimension_name": in_language(DIMENSIONS[dimension], language),
        "parts": indicators,
        "bar": charts.segments(parts, HIGHEST_SCORE),
        "causes": [{**cause, "bar": charts.diverging(cause["change_points"], largest)} for cause in causes],
        "change": sum((cause["change_points"] for cause in causes), Decimal(0)),
        "history": history,
        "chart": charts.rank_history(history, worst) if len(history) > 1 else None,
    }


def _named(rows: list[Row], language: str) -> list[Row]:
    return [{**row, "name": in_language((row["name"], row["name_en"]), language)} for row in rows]


def _reprint_days(rows: list[Row]) -> Row | None:
    """Counted reprints by day and channel: the chart, its table, and the busiest day."""
    if not rows:
        return None
    counts = {(row["day"], row["channel_type"]): row["n"] for row in rows}
    days = sorted({row["day"] for row in rows})
    by_day = {day: [counts.get((day, channel), 0) for channel in CHANNELS] for day in days}
    busiest = max(days, key=lambda day: (sum(by_day[day]), day))
    return {
        "chart": charts.stacked_days([day[5:] for day in days], list(CHANNELS), {
            (day[5:], channel): n for (day, channel), n in counts.items()
        }),
        "by_day": by_day,
        "busiest": busiest[5:],
        "most": sum(by_day[busiest]),
        "by_channel": {channel: sum(n for (_, c), n in counts.items() if c == channel) for channel in CHANNELS},
    }  # fmt: skip


# Name → (query, key by which its rows are found).
QUERIES = {
    "ranking": ("select * from ranking order by dimension", "unit_id"),
    "unit_counts": ("select ranking_list, count(distinct unit_id)::integer as units from ranking group by all", "ranking_list"),
    "unit_activity": ("select * from unit_activity", "unit_id"),
    "unit_indicators": ("select * from unit_indicators order by dimension, indicator_id", "unit_id"),
    "score_changes": ("select * from score_changes order by dimension, abs(change_points) desc, cause", "unit_id"),
    "account_scores": ("select * from account_scores order by dissemination_score desc nulls last, account_id", "unit_id"),
    "themes": (
        "select t.*, h.name, h.name_en from topic_units t join hot_topics h using (theme_id)"
        " order by t.bonus_points desc, theme_id",
        "unit_id",
    ),
    "subjects": (
        "select * from subjects where reprint_count > 0 order by dissemination_contribution desc, subject_id", "unit_id",
    ),
    "rivals": (
        """
        select v.entity_id as unit_id, v.index_id, v.name, v.name_en, v.index_value,
            (rank() over (partition by v.index_id, u.ranking_list order by v.index_value desc))::integer as place
        from rival_indices v join (select distinct unit_id, ranking_list from ranking) u on v.entity_id = u.unit_id
        where v.entity_kind = 'unit' and v.index_value is not null order by v.index_id
        """,
        "unit_id",
    ),
    "posts": (
        f"""
        select p.post_id, p.unit_id, p.title, strftime(p.published_at, '%Y-%m-%d %H:%M') as published_at,
            a.account_name, p.reprint_count, p.dissemination_contribution, p.influence_contribution,
            case when p.url like 'http%' then p.url end as link
        from posts p left join account_scores a using (account_id, unit_id)
        where p.reprint_count > 0
        qualify row_number() over (
            partition by p.unit_id order by p.dissemination_contribution + p.influence_contribution desc, p.post_id
        ) <= {TOP_POSTS}
        order by p.dissemination_contribution + p.influence_contribution desc, p.post_id
        """,
        "unit_id",
    ),
    "reprints": (
        f"""
        select post_id, outlet_name, channel_type, strftime(reprinted_at, '%m-%d %H:%M') as reprinted_at,
            confidence, method, match_class, containment, read_count,
            case when outlet_name is not null and url like 'http%' then url end as link
        from reprints where is_counted
        qualify row_number() over (
            partition by post_id order by dissemination_contribution + influence_contribution desc, item_id
        ) <= {TOP_REPRINTS}
        order by dissemination_contribution + influence_contribution desc, item_id
        """,
        "post_id",
    ),
    "not_counted": (
        "select unit_id, not_counted_reason as reason, count(*) as n from reprints where not is_counted"
        " group by all order by n desc, reason",
        "unit_id",
    ),
    "not_counted_examples": (
        f"""
        select r.unit_id, r.not_counted_reason as reason, r.outlet_name, r.channel_type, p.title, r.containment,
            strftime(r.reprinted_at, '%m-%d %H:%M') as reprinted_at
        from reprints r join posts p using (post_id)
        where not r.is_counted
        qualify row_number() over (
            partition by r.unit_id, r.not_counted_reason order by r.containment desc nulls last, r.matched_chars desc, r.item_id
        ) <= {NOT_COUNTED_EXAMPLES}
        order by r.containment desc nulls last, r.matched_chars desc, r.item_id
        """,
        "unit_id",
    ),
    "reprint_days": (
        "select unit_id, strftime(reprinted_at, '%Y-%m-%d') as day, channel_type, count(*) as n from reprints"
        " where is_counted and reprinted_at is not null group by all order by day, channel_type",
        "unit_id",
    ),
}  # fmt: skip


def _gather(settings: Settings, tables: dict[str, pa.Table], month: Month) -> dict[str, Rows]:
    """Rows by unit (reprints by post), each in its order."""
    with in_memory(settings) as con:
        for name, table in tables.items():
            con.register(name, table)
        found = {name: _by(con.sql(query), key) for name, (query, key) in QUERIES.items()}
        before = [
            str(one.path / "tables" / "ranking.parquet") for one in ledger.latest_of_all(settings) if one.month < month
        ]
        columns = "ranking_month as month, unit_id, dimension, rank, rank_low, rank_high, score"
        earlier = f"union all select {columns} from read_parquet($1)" if before else ""
        history = f"select * from (select {columns} from ranking {earlier}) order by month, dimension"
        return found | {"history": _by(con.sql(history, params=[before] if before else []), "unit_id")}


def _by(found: Any, key: str) -> Rows:
    rows: Rows = defaultdict(list)
    for row in found.to_arrow_table().to_pylist():
        rows[row[key]].append(row)
    return dict(rows)
