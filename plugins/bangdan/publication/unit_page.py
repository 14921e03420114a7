"""A page per unit and language: standing, what the score is made of, history, accounts, and the posts and reprints
behind the number with their evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from bangdan.months import Month
from bangdan.publication import ledger
from bangdan.publication.bulletin import DIMENSIONS, LISTS
from bangdan.publication.rendering import asset, environment, unit_file, words
from bangdan.settings import Settings
from bangdan.warehouse import in_memory

TOP_POSTS, TOP_REPRINTS = 10, 5
Rows = dict[str, list[dict[str, Any]]]


def render_all(
    settings: Settings, tables: dict[str, pa.Table], month: Month, release: str
) -> Iterator[tuple[str, str]]:
    """(path below the release, HTML) of every unit in both languages."""
    found = _gather(settings, tables, month)
    style, style_hash = asset("page.css")
    template = environment().get_template("unit.html")
    total = tables["monthly_summary"].to_pylist()[0]
    units = sorted({row["unit_id"] for row in tables["ranking"].select(["unit_id"]).to_pylist()})
    for unit_id in units:
        for at, language in enumerate(("zh", "en")):
            names = {key: both[at] for key, both in DIMENSIONS.items()}
            yield (
                unit_file(unit_id, language),
                template.render(
                    w=words(language),
                    language=language,
                    month=month,
                    release=release,
                    total=total,
                    unit=_unit(unit_id, found, at, names),
                    dimension_names=names,
                    twin=unit_file(unit_id, "en" if language == "zh" else "zh").removeprefix("units/"),
                    style=style,
                    style_hash=style_hash,
                ),
            )


def _unit(unit_id: str, found: dict[str, Rows], at: int, names: dict[str, str]) -> dict[str, Any]:
    """What a unit's page shows, in the language `at` (0 zh, 1 en)."""
    standing = found["ranking"][unit_id]
    first = standing[0]
    causes = found["score_changes"].get(unit_id, [])
    days = found["days"].get(unit_id, [])
    return {
        "unit_id": unit_id,
        "name": first["unit_name"] if at == 0 else first["unit_name_en"] or first["unit_name"],
        "list_title": LISTS[first["ranking_list"]][at],
        "note": first["note"],
        "standing": [
            {
                **row,
                "dimension_name": names[row["dimension"]],
                "causes": [one for one in causes if one["dimension"] == row["dimension"] and one["change_points"]],
            }
            for row in standing
        ],
        "indicators": found["unit_indicators"].get(unit_id, []),
        "history": found["history"].get(unit_id, []),
        "lines": {name: _line(found["history"].get(unit_id, []), name) for name in names},
        "accounts": found["account_scores"].get(unit_id, []),
        "themes": [
            {**row, "name": row["name"] if at == 0 else row["name_en"]} for row in found["themes"].get(unit_id, [])
        ],
        "days": days,
        "busiest": max(days, key=lambda day: day["n"], default=None),
        "channels": found["channels"].get(unit_id, []),
        "posts": [
            {**post, "reprints": found["reprints"].get(post["post_id"], [])} for post in found["posts"].get(unit_id, [])
        ],
        "not_counted": found["not_counted"].get(unit_id, []),
    }


def _line(history: list[dict[str, Any]], dimension: str) -> str:
    """Points of the rank history, the best rank on top, for a box of 600 × 120."""
    ranks = [(i, row[dimension]) for i, row in enumerate(history) if row[dimension]]
    if not ranks:
        return ""
    worst = max(rank for _i, rank in ranks)
    step = 580 / max(1, len(history) - 1)
    return " ".join(f"{10 + i * step:.1f},{10 + (rank - 1) / max(1, worst - 1) * 100:.1f}" for i, rank in ranks)


def _gather(settings: Settings, tables: dict[str, pa.Table], month: Month) -> dict[str, Rows]:
    """Rows by unit (reprints by post), each in its order."""
    con = in_memory(settings)
    try:
        for name in ("ranking", "unit_indicators", "account_scores", "posts", "reprints", "topic_units", "hot_topics",
                     "score_changes"):  # fmt: skip
            con.register(name, tables[name])
        return {
            "ranking": _by(con, "select * from ranking order by dimension"),
            "unit_indicators": _by(con, "select * from unit_indicators order by dimension, indicator_id"),
            "score_changes": _by(con, "select * from score_changes order by dimension, abs(change_points) desc, cause"),
            "account_scores": _by(
                con, "select * from account_scores order by dissemination_score desc nulls last, account_id"
            ),
            "themes": _by(
                con,
                "select t.*, h.name, h.name_en from topic_units t join hot_topics h using (theme_id)"
                " order by t.bonus_points desc, theme_id",
            ),
            "posts": _by(
                con,
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
            ),
            "reprints": _by(
                con,
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
            "not_counted": _by(
                con,
                "select unit_id, not_counted_reason as reason, count(*) as n from reprints where not is_counted"
                " group by all order by n desc, reason",
            ),
            "days": _by(
                con,
                "select unit_id, strftime(reprinted_at, '%m-%d') as day, count(*) as n from reprints"
                " where is_counted group by all order by day",
            ),
            "channels": _by(
                con,
                "select unit_id, channel_type, count(*) as n from reprints where is_counted group by all"
                " order by n desc, channel_type",
            ),
            "history": _history(settings, tables, month),
        }
    finally:
        con.close()


def _by(con: Any, query: str, key: str = "unit_id") -> Rows:
    found: Rows = defaultdict(list)
    for row in con.sql(query).to_arrow_table().to_pylist():
        found[row[key]].append(row)
    return dict(found)


def _history(settings: Settings, tables: dict[str, pa.Table], month: Month) -> Rows:
    """Ranks of every month released so far, and of this one."""
    con = in_memory(settings)
    try:
        con.register("now", tables["ranking"].select(["ranking_month", "unit_id", "dimension", "rank"]))
        paths = [
            str(one.path / "tables" / "ranking.parquet") for one in ledger.latest_of_all(settings) if one.month < month
        ]
        before = "union all select ranking_month, unit_id, dimension, rank from read_parquet($1)" if paths else ""
        rows = con.sql(
            f"""
            select unit_id, ranking_month as month, max(case when dimension = 'dissemination' then rank end) as dissemination,
                max(case when dimension = 'influence' then rank end) as influence
            from (from now {before}) group by all order by month
            """,
            params=[paths] if paths else [],
        ).to_arrow_table()
    finally:
        con.close()
    found: Rows = defaultdict(list)
    for row in rows.to_pylist():
        found[row["unit_id"]].append(row)
    return dict(found)
