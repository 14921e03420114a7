"""What `explain` prints for a person."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bangdan.cli.common import out
from bangdan.cli.render.text import cell, line

if TYPE_CHECKING:
    from bangdan.operations.overtake import Way


def explanation(result: dict[str, Any]) -> None:
    """The scores of a unit, top down: indicators, accounts, posts, reprints, causes of change."""
    name = f"{result['unit_name']} {result['unit_name_en'] or ''}".strip()
    line(f"{name} ({result['unit_id']}), {result['month']} {result['release']}, method {result['method_version']}")
    for dimension in result["dimensions"]:
        _dimension(dimension)
    _table("bonus points by theme", result["bonus"], "name post_count cluster_count bonus_points")
    _table("published rival indices on the same facts", result["rivals"], "index_id name_en index_value")
    out.print("every row: bangdan explain --json, or bangdan sql on published.posts and published.reprints")


def ways_to_pass(ways: Sequence[Way]) -> None:
    """What it takes to pass another unit: one line a way, the fewest of one indicator or of all reprints together."""
    if not ways:
        out.print("no extra value is enough, or the unit is ahead already")
    for way in ways:
        extra = ", ".join(f"{count:,} more in {name}" for name, count in way.extra.items())
        outlets = f", by {way.least_outlets} outlet(s) at least" if way.least_outlets else ""
        stopped = f"; the ranking gate stops it {' or '.join(way.stopped_if)}" if way.stopped_if else ""
        out.print(f"{way.dimension}: {extra}{outlets}: score {way.score}, rank {way.rank}{stopped}")


def _dimension(row: dict[str, Any]) -> None:
    from bangdan.operations.explain import TOP_POSTS, TOP_REPRINTS  # with DuckDB, which no other command's start needs

    place = "no rank" if row["rank"] is None else f"rank {row['rank']}"
    if row["rank_low"] is not None:
        place += f" (interval {row['rank_low']} to {row['rank_high']}, tier {row['tier']})"
    change = "" if row["rank_change"] is None else f" ({row['rank_change']:+d} on the previous list)"
    out.print(
        f"\n{row['dimension']}: {place}{change} of {row['ranking_list']}; "
        f"{row['score']} = base {row['base_score']:.2f} + bonus {row['bonus_points']:.2f}"
    )
    _table("indicators", row["indicators"], "indicator_id value coverage weight goalpost term contribution")
    _table("accounts", row["accounts"], "account_id account_name post_count reprint_count contribution")
    _table(f"top {TOP_POSTS} posts", row["posts"], "post_id published_at title reprint_count contribution")
    for post in row["posts"][:1]:
        _table(
            f"its top {TOP_REPRINTS} reprints: {post['post_id']}",
            post["reprints"],
            "item_id channel_type outlet_name reprinted_at read_count method match_class confidence contribution",
        )
    _table("not counted", row["not_counted"], "reason item_count")
    _table("why the score changed on last month", row["causes_of_change"], "cause change_points")
    verdict = "equal" if row["adds_up"] else "NOT EQUAL: please report it"
    out.print(f"indicators {row['sum_of_indicators']}, posts {row['sum_of_posts']}: {verdict}")


def _table(title: str, rows: list[dict[str, Any]], columns: str) -> None:
    if not rows:
        return
    names = columns.split()
    table = Table(*(name.replace("_", " ") for name in names), title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_figure(row[name]) for name in names))
    out.print(table)


def _figure(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Decimal | float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return cell(value)[:60]
