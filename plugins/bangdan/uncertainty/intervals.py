"""Rank intervals and tiers: a seeded Poisson bootstrap over posts.

Each replicate gives every post of the month a weight drawn from Poisson(1) by a hash of post, replicate and month, and
recomputes scores and ranks with reprints, engagement and theme counts weighted. No random generator, no floating sums:
the same facts give the same bits for any thread count, row order or load split. Method: docs/methodology.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import files, parquet
from bangdan.core.months import Month
from bangdan.core.processes import in_threads
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect

CERTAINTY = pa.schema(
    [
        ("ranking_month", pa.string()),
        ("method_version", pa.string()),
        ("ranking_list", pa.string()),
        ("dimension", pa.string()),
        ("unit_id", pa.string()),
        ("rank_low", pa.int32()),
        ("rank_high", pa.int32()),
        ("tier", pa.int32()),
    ]
)
# Points are counted in units of 10^-12, scores in hundredths of a point.
UNIT, HUNDREDTH = 10**12, 10**10


def ensure_layout(settings: Settings) -> None:
    """A zero-row file in the folder, so that no reader has to treat an empty layer apart."""
    parquet.write_empty_tables(settings.evidence, {"certainty": CERTAINTY}, by_month=True)


# ---- the month's facts -------------------------------------------------------------------------------------------


@dataclass
class Indicator:
    """One column of the facts: `weight` in hundredths, `goalpost` a count, `transformation` as in the seed."""

    dimension: str
    column: int
    weight: int
    goalpost: int
    transformation: str


@dataclass
class Facts:
    """What is resampled. Rows of `values` are posts in the order of units, columns indicators and then themes."""

    post_key: list[str]  # md5 of the post id, hex
    values: np.ndarray  # int64, posts × (indicators + themes)
    starts: np.ndarray  # int64: first post of each unit that has any
    owners: np.ndarray  # int64: row in `units` of each of those
    units: list[tuple[str, str]]  # (ranking_list, unit_id), all that are ranked
    indicators: list[Indicator]
    themes: int
    bonus_per_theme: int  # in 10^-12 points
    bonus_reference: int  # posts
    bonus_transformation: str
    bonus_ceiling: int  # in 10^-12 points


def read(con: duckdb.DuckDBPyConnection, month: Month) -> tuple[Facts, dict[str, Any], dict[tuple[str, str], int]]:
    """Facts of a month from the marts, the method's parameters, and published rank by (dimension, unit)."""
    method = con.execute(
        """
        select m.method_version, m.bonus_per_theme, m.bonus_reference_posts, m.bonus_transformation,
            m.bonus_ceiling,
            max(case when p.parameter = 'bootstrap_replicates' then p.value end)::integer as replicates,
            max(case when p.parameter = 'interval_low' then p.value end)::decimal(9, 6) as interval_low,
            max(case when p.parameter = 'tier_level' then p.value end)::decimal(9, 6) as tier_level
        from intermediate.int_months m join seeds.method_parameters p using (method_version)
        where m.ranking_month = $1 group by all
        """,
        [str(month)],
    )
    names = [column[0] for column in method.description or ()]
    parameters = dict(zip(names, method.fetchall()[0], strict=True))
    ranked = con.execute(
        """
        select dimension, ranking_list, unit_id, rank from marts.fct_unit_month_scores
        where ranking_month = $1 and rank is not null order by ranking_list, unit_id, dimension
        """,
        [str(month)],
    ).fetchall()
    units = sorted({(row[1], row[2]) for row in ranked})
    measures = con.execute(
        """
        select dimension, source_kind, source_name, (weight::decimal(4, 2) * 100)::integer, goalpost::bigint,
            transformation
        from seeds.method_indicators where method_version = $1 order by dimension, position
        """,
        [parameters["method_version"]],
    ).fetchall()
    indicators = [Indicator(row[0], column, *row[3:]) for column, row in enumerate(measures)]
    themes = [
        theme
        for (theme,) in con.execute(
            "select distinct theme_id from marts.fct_unit_month_bonus where ranking_month = $1 order by all",
            [str(month)],
        ).fetchall()
    ]
    columns = [
        f"count(*) filter (channel_type = '{name}')" if kind == "channel" else f"coalesce(sum({name}_count), 0)"
        for _dimension, kind, name, *_ in measures
    ]
    # A theme counts a cluster of near-identical posts once: its first post carries it.
    clusters = ["count(*) filter (theme_id = '{}')".format(theme.replace("'", "''")) for theme in themes]
    table = con.execute(
        f"""
        with earned as (
            select unit_id, post_id, {", ".join(f"({sql})::bigint as c{i}" for i, sql in enumerate(columns))}
            from marts.fct_post_outlets where ranking_month = $1 group by unit_id, post_id
        ),
        firsts as (
            select p.unit_id, t.theme_id, arg_min(p.post_id, (p.published_at_local, p.post_id)) as post_id
            from (select distinct post_id, theme_id from intermediate.int_posts__themed where ranking_month = $1) t
            join marts.fct_posts p on p.post_id = t.post_id and p.ranking_month = $1
            where p.is_counted group by p.unit_id, t.theme_id, p.family_id
        ),
        themed as (
            select unit_id, post_id {"".join(f", ({sql})::bigint as t{i}" for i, sql in enumerate(clusters))}
            from firsts group by unit_id, post_id
        )
        select coalesce(e.unit_id, t.unit_id) as unit_id, md5(coalesce(e.post_id, t.post_id)) as post_key
            {"".join(f", coalesce(c{i}, 0) as c{i}" for i in range(len(columns)))}
            {"".join(f", coalesce(t{i}, 0) as t{i}" for i in range(len(clusters)))}
        from earned e full join themed t on e.post_id = t.post_id and e.unit_id = t.unit_id
        order by unit_id, post_key
        """,
        [str(month)],
    ).fetchnumpy()
    row_of = {unit_id: row for row, (_list, unit_id) in enumerate(units)}
    is_ranked = np.array([unit_id in row_of for unit_id in table["unit_id"]], bool)
    owner = np.array([row_of.get(unit_id, -1) for unit_id in table["unit_id"]], np.int64)[is_ranked]
    # Units in the order of `units`, so that each is one stretch of rows.
    order = np.argsort(owner, kind="stable")
    names = [f"c{i}" for i in range(len(columns))] + [f"t{i}" for i in range(len(clusters))]
    if len(owner):
        values = np.stack([np.asarray(table[name], np.int64)[is_ranked][order] for name in names], axis=1)
    else:
        values = np.zeros((0, len(names)), np.int64)
    starts = np.flatnonzero(np.diff(owner[order], prepend=-1))
    facts = Facts(
        post_key=list(np.asarray(table["post_key"], object)[is_ranked][order]),
        values=values,
        starts=starts,
        owners=owner[order][starts],
        units=units,
        indicators=indicators,
        themes=len(themes),
        bonus_per_theme=int(parameters["bonus_per_theme"] * UNIT),
        bonus_reference=int(parameters["bonus_reference_posts"]),
        bonus_transformation=parameters["bonus_transformation"],
        bonus_ceiling=int(parameters["bonus_ceiling"] * UNIT),
    )
    return facts, parameters, {(row[0], row[2]): row[3] for row in ranked}


# ---- weights -----------------------------------------------------------------------------------------------------

# MD5 (RFC 1321): shifts per round, and constants floor(2^32 · |sin(i)|).
SHIFTS = (7, 12, 17, 22) * 4 + (5, 9, 14, 20) * 4 + (4, 11, 16, 23) * 4 + (6, 10, 15, 21) * 4
SINES = [int(abs(np.sin(i + 1)) * 2**32) for i in range(64)]
START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)


def message(replicate: int, month: str, post_key: str) -> bytes:
    """What is hashed for one post and replicate: 45 bytes, so that one block of MD5 holds it."""
    return f"{replicate:04d}|{month}|{post_key}".encode()


def first_60_bits(replicate: int, month: str, post_keys: list[str]) -> np.ndarray:
    """uint64 per post: the first 15 hex digits of md5(message). Many messages at once: hashlib takes them singly, and
    a month has 30 million (a test holds the two equal).
    """
    return _first_60_bits(replicate, month, _blocks(month, post_keys))


def _blocks(month: str, post_keys: list[str]) -> np.ndarray:
    """uint32[16, n]: the padded block of each message, for replicate 0."""
    n = len(post_keys)
    padded = b"".join(message(0, month, key).ljust(64, b"\0") for key in post_keys)
    blocks = np.frombuffer(padded, np.uint8).reshape(n, 64).copy()
    size = len(message(0, month, "0" * 32))
    blocks[:, size] = 0x80
    words = np.ascontiguousarray(blocks.view("<u4").T)
    words[14] = size * 8
    return words


def _first_60_bits(replicate: int, month: str, words: np.ndarray) -> np.ndarray:
    n = words.shape[1]
    first = np.frombuffer(f"{replicate:04d}".encode(), "<u4")[0]
    a, b, c, d = (np.full(n, value, np.uint32) for value in START)
    f, turned = np.empty(n, np.uint32), np.empty(n, np.uint32)
    for i in range(64):
        if i < 16:  # d ^ (b & (c ^ d))
            np.bitwise_xor(c, d, out=f)
            f &= b
            f ^= d
            g = i
        elif i < 32:  # c ^ (d & (b ^ c))
            np.bitwise_xor(b, c, out=f)
            f &= d
            f ^= c
            g = (5 * i + 1) % 16
        elif i < 48:
            np.bitwise_xor(b, c, out=f)
            f ^= d
            g = (3 * i + 5) % 16
        else:  # c ^ (b | ~d)
            np.invert(d, out=f)
            f |= b
            f ^= c
            g = (7 * i) % 16
        f += a
        f += np.uint32(SINES[i])
        f += first if g == 0 else words[g]
        np.left_shift(f, np.uint32(SHIFTS[i]), out=turned)
        np.right_shift(f, np.uint32(32 - SHIFTS[i]), out=f)
        f |= turned
        f += b
        a, d, c, b, f = d, c, b, f, a
    a += np.uint32(START[0])
    b += np.uint32(START[1])
    return (a.byteswap().astype(np.uint64) << np.uint64(32) | b.byteswap()) >> np.uint64(4)


def poisson_steps() -> np.ndarray:
    """uint64: where the distribution function of Poisson(1) steps from k to k + 1, in units of 2^-60."""
    with localcontext() as context:
        context.prec = 40
        part = Decimal(1) / Decimal(1).exp()
        steps, total = [], Decimal(0)
        for k in range(1, 20):
            total += part
            steps.append(int(total * 2**60))
            part /= k
    return np.array(steps, np.uint64)


def weights(bits: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """int64 per post: Poisson(1) by inversion."""
    found = np.zeros(len(bits), np.int64)
    for step in steps:
        above = bits >= step
        if not above.any():
            break
        found += above
    return found


# ---- scores and ranks of replicates ------------------------------------------------------------------------------


TRANSFORMATIONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "log": lambda values, goalpost: np.log(1.0 + values) / np.log(1.0 + goalpost),
    "linear": lambda values, goalpost: values / goalpost,
}


def terms(values: np.ndarray, goalpost: int, transformation: str) -> np.ndarray:
    """Values against their goalpost, 1 at most, in units of 10^-12, as int64 (the macro `term` in SQL)."""
    share = TRANSFORMATIONS[transformation](values.astype(np.float64), float(goalpost))
    return np.round(np.minimum(1.0, share) * UNIT).astype(np.int64)


def scores(facts: Facts, sums: np.ndarray) -> dict[str, np.ndarray]:
    """Rounded scores, in hundredths, by dimension; `sums` is replicates × units × columns."""
    first_theme = len(facts.indicators)
    bonus = np.zeros(sums.shape[:2], np.int64)
    for theme in range(facts.themes):
        part = terms(sums[:, :, first_theme + theme], facts.bonus_reference, facts.bonus_transformation)
        # Points of a theme have four decimals: in ten-thousandths of a point the product fits 64 bits.
        bonus += (facts.bonus_per_theme // (UNIT // 10_000) * part + 5_000) // 10_000
    bonus = np.minimum(bonus, facts.bonus_ceiling)
    found: dict[str, np.ndarray] = {}
    for one in facts.indicators:
        points = one.weight * terms(sums[:, :, one.column], one.goalpost, one.transformation)
        found[one.dimension] = found.get(one.dimension, 0) + points
    return {dimension: (base + bonus + HUNDREDTH // 2) // HUNDREDTH for dimension, base in found.items()}


def ranks(score: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, ties share the best: 1, 2, 2, 4."""
    return 1 + (score[..., None, :] > score[..., :, None]).sum(axis=-1)


def replicate_sums(facts: Facts, month: str, replicates: int, threads: int) -> np.ndarray:
    """int64[replicates, units, columns]: the weighted sums of every replicate."""
    words, steps = _blocks(month, facts.post_key), poisson_steps()
    found = np.zeros((replicates, len(facts.units), facts.values.shape[1]), np.int64)
    if not len(facts.post_key):
        return found

    def one(replicate: int) -> tuple[int, np.ndarray]:
        weight = weights(_first_60_bits(replicate, month, words), steps)
        return replicate, np.add.reduceat(facts.values * weight[:, None], facts.starts, axis=0)

    for replicate, sums in in_threads(one, range(replicates), threads):
        found[replicate, facts.owners] = sums
    return found


def intervals(rank: np.ndarray, level: Decimal, published: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best and worst rank per unit, nearest rank at `level` and 1 − level, widened to hold the published one."""
    ordered, n = np.sort(rank, axis=0), len(rank)
    low = -(-int(level * n * 10**6) // 10**6)  # ceil of an exact product
    high = -(-int((1 - level) * n * 10**6) // 10**6)
    return np.minimum(ordered[max(low, 1) - 1], published), np.maximum(ordered[max(high, 1) - 1], published)


def tiers(score: np.ndarray, order: list[int], level: Decimal) -> dict[int, int]:
    """Tier by unit row, walking down the list `order`: a unit stays in the tier while it reaches the tier's first
    unit in at least `level` of the replicates.
    """
    found: dict[int, int] = {}
    first, tier = -1, 0
    for unit in order:
        if tier == 0 or int((score[:, unit] >= score[:, first]).sum()) < level * len(score):
            first, tier = unit, tier + 1
        found[unit] = tier
    return found


# ---- the stage ---------------------------------------------------------------------------------------------------


def run(settings: Settings, month: Month) -> dict[str, Any]:
    """Read the month's scores from the marts, write intervals and tiers as evidence."""
    with connect(settings, read_only=True) as con:
        facts, parameters, published = read(con, month)
    sums = replicate_sums(facts, str(month), parameters["replicates"], settings.threads)
    rows = list(_rows(facts, sums, parameters, published, month))
    table = pa.Table.from_pylist(rows, schema=CERTAINTY)
    _write(settings, str(month), table, "part-0.parquet")
    return {"replicates": parameters["replicates"], "posts": len(facts.post_key), "rows": len(rows)}


def _rows(
    facts: Facts, sums: np.ndarray, parameters: dict[str, Any], published: dict[tuple[str, str], int], month: Month
) -> Iterator[dict[str, Any]]:
    by_dimension = scores(facts, sums) if facts.units else {}
    for dimension, score in sorted(by_dimension.items()):
        for ranking_list in sorted({one for one, _unit in facts.units}):
            mine = [row for row, (one, _unit) in enumerate(facts.units) if one == ranking_list]
            ids = [facts.units[row][1] for row in mine]
            rank_now = np.array([published[dimension, unit_id] for unit_id in ids])
            low, high = intervals(ranks(score[:, mine]), parameters["interval_low"], rank_now)
            order = sorted(range(len(mine)), key=lambda i: (rank_now[i], ids[i]))
            tier = tiers(score[:, mine], order, parameters["tier_level"])
            for i, unit_id in enumerate(ids):
                yield {
                    "ranking_month": str(month),
                    "method_version": parameters["method_version"],
                    "ranking_list": ranking_list,
                    "dimension": dimension,
                    "unit_id": unit_id,
                    "rank_low": int(low[i]),
                    "rank_high": int(high[i]),
                    "tier": tier[i],
                }


def _write(settings: Settings, month: str, table: pa.Table, name: str) -> None:
    with files.replacing(settings.evidence / "certainty" / f"month={month}" / name) as beside:
        pq.write_table(table, beside)
