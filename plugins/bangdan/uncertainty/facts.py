"""What is resampled: the month's posts with their values, the method that scores them, and the published ranks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from bangdan.core.months import Month

# Points are counted in units of 10^-12.
UNIT = 10**12


class Indicator(NamedTuple):
    """One column of the values: `weight` in hundredths, `goalpost` a count, `transformation` as in the seed."""

    dimension: str
    column: int
    weight: int
    goalpost: int
    transformation: str


@dataclass
class Facts:
    """Rows of `values` are posts in the order of units, its columns indicators and then themes."""

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


class Sampling(NamedTuple):
    """What the method says of resampling; levels are shares of the replicates."""

    method_version: str
    replicates: int
    interval_low: Decimal
    tier_level: Decimal


class MonthFacts(NamedTuple):
    """All that the intervals of a month depend on."""

    facts: Facts
    sampling: Sampling
    ranks: dict[tuple[str, str], int]  # published rank by (dimension, unit_id)


def read(con: duckdb.DuckDBPyConnection, month: Month) -> MonthFacts:
    """Read a month from the marts of the warehouse."""
    (method,) = _rows(con, "method", str(month))
    ranked = _rows(con, "ranks", str(month))
    units = sorted({(row["ranking_list"], row["unit_id"]) for row in ranked})
    indicators = _rows(con, "indicators", method["method_version"])
    themes = _rows(con, "themes", str(month))
    components = [f"indicator:{row['indicator_id']}" for row in indicators]
    components += [f"theme:{row['theme_id']}" for row in themes]
    unit_ids = [unit_id for _list, unit_id in units]
    table = con.sql(_query("post_values"), params=[str(month), unit_ids, components]).to_arrow_table()
    post = table["post_number"].to_numpy()
    first = np.flatnonzero(np.diff(post, prepend=-1))  # row of the first value of each post
    values = np.zeros((len(first), len(components)), np.int64)
    values[post, table["component_number"].to_numpy()] = table["value"].to_numpy()
    owner = table["unit_number"].to_numpy()[first]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    facts = Facts(
        post_key=table["post_key"].take(first).to_pylist(),
        values=values,
        starts=starts,
        owners=owner[starts],
        units=units,
        indicators=[
            Indicator(row["dimension"], column, row["weight"], row["goalpost"], row["transformation"])
            for column, row in enumerate(indicators)
        ],
        themes=len(themes),
        bonus_per_theme=int(method["bonus_per_theme"] * UNIT),
        bonus_reference=int(method["bonus_reference_posts"]),
        bonus_transformation=method["bonus_transformation"],
        bonus_ceiling=int(method["bonus_ceiling"] * UNIT),
    )
    sampling = Sampling(method["method_version"], method["replicates"], method["interval_low"], method["tier_level"])
    return MonthFacts(facts, sampling, {(row["dimension"], row["unit_id"]): row["rank"] for row in ranked})


def _query(name: str) -> str:
    return (Path(__file__).with_name("queries") / f"{name}.sql").read_text("utf-8")


def _rows(con: duckdb.DuckDBPyConnection, name: str, key: str) -> list[dict[str, Any]]:
    return con.sql(_query(name), params=[key]).to_arrow_table().to_pylist()
