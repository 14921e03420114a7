"""The method on random worlds: the models' SQL against a plain Python reading of the method, which shares no code.

Each world is a ranking month of its own with invented units, accounts, posts, themes and reprints; one dbt run scores all.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from bangdan import transform
from bangdan.months import Month, each
from bangdan.settings import Settings
from tests.acceptance.independent import DISSEMINATION as CHANNELS
from tests.acceptance.independent import INFLUENCE as METRICS

FIRST, LAST = Month.parse("2015-01"), Month.parse("2016-12")
MODELS = [
    "int_months", "int_indicator_values", "fct_month_indicators", "fct_unit_month_indicators", "fct_unit_month_bonus",
    "fct_unit_month_scores", "fct_reprint_contributions",
]  # fmt: skip


@dataclass
class World:
    """One month."""

    month: str
    units: dict[str, tuple[str, int]] = field(default_factory=dict)  # id → list, accounts
    accounts: dict[str, str] = field(default_factory=dict)  # account → unit
    posts: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # post → account, unit, family
    themed: list[tuple[str, str]] = field(default_factory=list)  # post, theme
    reprints: list[tuple[str, str, str, dict[str, int | None], bool]] = field(default_factory=list)


def world(month: str) -> World:
    """post, outlet, channel, counts, is read capped: with gaps, zeros, ties and giants."""
    r = random.Random(f"world {month}")
    one = World(month)
    for i in range(r.randint(2, 14)):
        one.units[f"u{i:02d}"] = (r.choice(["districts", "departments"]), r.choice([0, 1, 1, 2, 3]))
    for unit, (_list, number) in one.units.items():
        for i in range(number):
            one.accounts[f"{unit}-{i}"] = unit
    for account, unit in one.accounts.items():
        for i in range(r.choice([0, 1, 5, 30])):
            post = f"{month}/{account}/{i}"
            one.posts[post] = (account, unit, f"{unit}/{r.randrange(1 + i)}" if r.random() < 0.3 else post)
            one.themed += [(post, f"t{t}") for t in range(4) if r.random() < 0.3]
            for outlet in range(r.choice([0, 0, 1, 4, 60])):
                channel = r.choice([*CHANNELS])
                size = r.choice([0, 3, 900, 100_001, 40_000_000])
                counts = {m: None if r.random() < 0.3 else int(size * r.random()) for m in METRICS}
                one.reprints.append((post, f"{channel}:{outlet}", channel, counts, r.random() < 0.05))
    return one


def term(value: int, goalpost: int) -> Decimal:
    with localcontext() as context:
        context.prec = 40
        share = min(Decimal(1), (1 + Decimal(value)).ln() / (1 + Decimal(goalpost)).ln())
        return share.quantize(Decimal("1e-12"), ROUND_HALF_UP)


def expected(one: World) -> dict[tuple[str, str], tuple[Decimal, Decimal, Decimal, int | None]]:
    """(unit, dimension) → base, bonus, score, rank."""
    found: dict[tuple[str, str], tuple[Decimal, Decimal, Decimal, int | None]] = {}
    clusters: dict[tuple[str, str], set[str]] = defaultdict(set)
    for post, theme in one.themed:
        clusters[one.posts[post][1], theme].add(one.posts[post][2])
    for dimension, method in (("dissemination", CHANNELS), ("influence", METRICS)):
        for unit in one.units:
            mine = [reprint for reprint in one.reprints if one.posts[reprint[0]][1] == unit]
            base = Decimal(0)
            for name, (weight, goalpost) in method.items():
                if dimension == "dissemination":
                    value = sum(channel == name for _post, _outlet, channel, _counts, _capped in mine)
                else:
                    value = sum(counts[name] or 0 for *_others, counts, _capped in mine)
                base += 100 * Decimal(weight) * term(value, goalpost)
            bonus = min(Decimal(5), sum((2 * term(len(clusters[unit, f"t{t}"]), 200) for t in range(4)), Decimal(0)))
            score = (base + bonus).quantize(Decimal("0.01"), ROUND_HALF_UP)
            found[unit, dimension] = (base, bonus, score, None)
    for (unit, dimension), (base, bonus, score, _none) in list(found.items()):
        if one.units[unit][1]:
            rivals = [
                found[other, dimension][2]
                for other in one.units
                if one.units[other][0] == one.units[unit][0] and one.units[other][1]
            ]
            found[unit, dimension] = (base, bonus, score, 1 + sum(rival > score for rival in rivals))
    return found


def insert(con: duckdb.DuckDBPyConnection, one: World) -> None:
    """The world's facts as the marts hold them; columns that no score reads stay NULL."""
    owned = [
        (post, *one.posts[post][:2], outlet, channel, counts, capped)
        for post, outlet, channel, counts, capped in one.reprints
    ]
    put(
        con,
        one.month,
        "marts.fct_unit_months",
        (
            "unit_id",
            "ranking_list",
            "account_count",
            "unit_name",
            "post_count",
            "platform_count",
            "moved_account_count",
        ),
        [(u, *of, u, 1, 2, 0) for u, of in one.units.items()],
    )
    put(con, one.month, "marts.fct_account_months", ("account_id", "unit_id"), list(one.accounts.items()))
    put(
        con,
        one.month,
        "marts.fct_posts",
        ("post_id", "account_id", "unit_id", "family_id", "is_counted"),
        [(post, *owner, True) for post, owner in one.posts.items()],
    )
    put(con, one.month, "intermediate.int_posts__themed", ("post_id", "theme_id"), one.themed)
    put(con, one.month, "marts.fct_post_outlets", ("post_id", "account_id", "unit_id", "outlet_id", "channel_type",
        "read_count", "like_count", "comment_count", "is_read_capped", "is_like_capped", "is_comment_capped"),
        [(*key, *(counts[m] for m in METRICS), capped, False, False) for *key, counts, capped in owned])  # fmt: skip


def put(con: duckdb.DuckDBPyConnection, month: str, table: str, names: tuple[str, ...], rows: list[tuple]) -> None:
    if rows:
        con.register("given", pa.table({n: [row[i] for row in rows] for i, n in enumerate(names)}))
        con.execute(f"insert into {table} by name select '{month}' as ranking_month, * from given")


@pytest.mark.timeout(300)
def test_scores_ranks_and_contributions_equal_plain_python(copy_of_city: Path) -> None:
    settings = Settings(copy_of_city, threads=2, memory_limit="2GB")
    worlds = [world(str(month)) for month in each(FIRST, LAST)]
    con = duckdb.connect(str(settings.warehouse))
    for one in worlds:
        insert(con, one)
    con.close()
    transform.build(settings, FIRST, LAST, MODELS)
    con = duckdb.connect(str(settings.warehouse), read_only=True)
    rows = con.execute(
        "select ranking_month, unit_id, dimension, base_score, bonus_points, score, rank"
        " from marts.fct_unit_month_scores where ranking_month between '2015-01' and '2016-12'"
    ).fetchall()
    told = {(month, unit, dimension): tuple(values) for month, unit, dimension, *values in rows}
    wanted = {(one.month, *key): values for one in worlds for key, values in expected(one).items()}
    assert told == wanted
    assert len(told) > 250
    # Every point of every indicator is shared out to reprints, to the last of its twelve decimals.
    residual = con.execute(
        """
        select count(*) from (
            select ranking_month, unit_id, indicator_id, sum(picopoints) as parts from marts.fct_reprint_contributions
            where ranking_month between '2015-01' and '2016-12' group by all
        ) c
        full join (
            select * from marts.fct_unit_month_indicators
            where ranking_month between '2015-01' and '2016-12' and value > 0
        ) i using (ranking_month, unit_id, indicator_id)
        where c.parts is distinct from (i.contribution * 1000000000000)::hugeint
        """
    ).fetchone()
    assert residual == (0,)
    con.close()
