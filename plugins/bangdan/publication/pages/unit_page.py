"""A page per unit and language: standing, what the score is made of, history, accounts, and the posts and reprints
behind the number with their evidence; also what was compared and not counted, and why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory
from bangdan.publication import ledger
from bangdan.publication.pages import charts
from bangdan.publication.pages.figures import CHANNELS, DIMENSIONS, LISTS
from bangdan.publication.pages.rendering import asset, environment, unit_file, words

TOP_POSTS, TOP_REPRINTS, TOP_REFUSED = 10, 5, 3
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def render_all(
    settings: Settings, tables: dict[str, pa.Table], month: Month, release: str
) -> Iterator[tuple[str, str]]:
    """(path below the release, HTML) of every unit in both languages."""
    found = _gather(settings, tables, month)
    style, style_hash = asset("page.css")
    template = environment().get_template("unit.html")
    total = tables["monthly_summary"].to_pylist()[0]
    around = _neighbours(found["ranking"])
    for unit_id in sorted(found["ranking"]):
        for at, language in enumerate(("zh", "en")):
            yield (
                unit_file(unit_id, language),
                template.render(
                    w=words(language),
                    at=at,
                    language=language,
                    month=month,
                    release=release,
                    total=total,
                    unit=_unit(unit_id, found, at),
                    neighbours=[
                        {"name": _name(row, at), "page": unit_file(row["unit_id"], language).removeprefix("units/")}
                        if row
                        else None
                        for row in around[unit_id]
                    ],
                    dimension_names={key: both[at] for key, both in DIMENSIONS.items()},
                    channel_names={key: both[at] for key, both in CHANNELS.items()},
                    twin=unit_file(unit_id, "en" if language == "zh" else "zh").removeprefix("units/"),
                    style=style,
                    style_hash=style_hash,
                ),
            )


def _neighbours(ranking: Rows) -> dict[str, tuple[Row | None, Row | None]]:
    """The units before and after each in the order of its list by dissemination."""
    found: dict[str, tuple[Row | None, Row | None]] = {}
    for ranking_list in LISTS:
        rows = [rows[0] for rows in ranking.values() if rows[0]["ranking_list"] == ranking_list]
        rows.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["unit_id"]))
        for at, row in enumerate(rows):
            found[row["unit_id"]] = (rows[at - 1] if at else None, rows[at + 1] if at + 1 < len(rows) else None)
    return found


def _name(row: Row, at: int) -> str:
    return row["unit_name"] if at == 0 else row["unit_name_en"] or row["unit_name"]


def _unit(unit_id: str, found: dict[str, Rows], at: int) -> Row:
    """What a unit's page shows, in the language `at` (0 zh, 1 en)."""
    standing = found["ranking"][unit_id]
    first = standing[0]
    worst = found["worst"][first["ranking_list"]][0]["units"]
    return {
        "unit_id": unit_id,
        "name": _name(first, at),
        "list_title": LISTS[first["ranking_list"]][at],
        "note": first["note"],
        "activity": next(iter(found["unit_activity"].get(unit_id, [])), None),
        "standing": [_standing(row, found, at, worst) for row in standing],
        "accounts": found["account_scores"].get(unit_id, []),
        "themes": _named(found["themes"].get(unit_id, []), at),
        "subjects": _named(found["subjects"].get(unit_id, []), at),
        "rivals": _named(found["rivals"].get(unit_id, []), at),
        "when": _when(found["days"].get(unit_id, [])),
        "posts": [
            {**post, "reprints": found["reprints"].get(post["post_id"], [])} for post in found["posts"].get(unit_id, [])
        ],
        "not_counted": [
            {**row, "examples": [one for one in found["refused"].get(unit_id, []) if one["reason"] == row["reason"]]}
            for row in found["not_counted"].get(unit_id, [])
        ],
    }


def _standing(row: Row, found: dict[str, Rows], at: int, worst: int) -> Row:
    """One dimension: place, parts of the score, causes of its change, and the ranks of the months so far."""
    dimension, unit_id = row["dimension"], row["unit_id"]
    parts = [one for one in found["unit_indicators"].get(unit_id, []) if one["dimension"] == dimension]
    causes = [
        one for one in found["score_changes"].get(unit_id, []) if one["dimension"] == dimension and one["change_points"]
    ]
    most = max((abs(one["change_points"]) for one in causes), default=Decimal(0))
    history = [one for one in found["history"].get(unit_id, []) if one["dimension"] == dimension]
    bonus = [("bonus", row["bonus_points"])]
    return {
        **row,
        "dimension_name": DIMENSIONS[dimension][at],
        "parts": parts,
        "bar": charts.segments([(one["indicator_id"], one["contribution"]) for one in parts] + bonus, Decimal(105)),
        "causes": [{**one, "bar": charts.diverging(one["change_points"], most)} for one in causes],
        "change": sum((one["change_points"] for one in causes), Decimal(0)),
        "history": history,
        "chart": charts.rank_history(history, worst) if len(history) > 1 else None,
    }


def _named(rows: list[Row], at: int) -> list[Row]:
    return [{**row, "name": row["name"] if at == 0 else row["name_en"]} for row in rows]


def _when(rows: list[Row]) -> Row | None:
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
    "worst": ("select ranking_list, count(distinct unit_id)::integer as units from ranking group by all", "ranking_list"),
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
    "refused": (
        f"""
        select r.unit_id, r.not_counted_reason as reason, r.outlet_name, r.channel_type, p.title, r.containment,
            strftime(r.reprinted_at, '%m-%d %H:%M') as reprinted_at
        from reprints r join posts p using (post_id)
        where not r.is_counted
        qualify row_number() over (
            partition by r.unit_id, r.not_counted_reason order by r.containment desc nulls last, r.matched_chars desc, r.item_id
        ) <= {TOP_REFUSED}
        order by r.containment desc nulls last, r.matched_chars desc, r.item_id
        """,
        "unit_id",
    ),
    "days": (
        "select unit_id, strftime(reprinted_at, '%Y-%m-%d') as day, channel_type, count(*) as n from reprints"
        " where is_counted and reprinted_at is not null group by all order by day, channel_type",
        "unit_id",
    ),
}  # fmt: skip


def _gather(settings: Settings, tables: dict[str, pa.Table], month: Month) -> dict[str, Rows]:
    """Rows by unit (reprints by post), each in its order."""
    con = in_memory(settings)
    try:
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
    finally:
        con.close()  # fmt: skip


def _by(found: Any, key: str) -> Rows:
    rows: Rows = defaultdict(list)
    for row in found.to_arrow_table().to_pylist():
        rows[row[key]].append(row)
    return dict(rows)
