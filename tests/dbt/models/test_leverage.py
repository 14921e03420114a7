"""The rank without one part of a unit's reprints, what of it waits for a person, and what a decision takes out.

Goalposts are 10^k - 1 and values 10^j - 1, so that a normalised term ln(1+x) / ln(1+goal) is j / k.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.models_in_memory import Town

D = Decimal
MONTH = "2021-08"


def match(item: str, post: str, outlet: str, unit: str = "u", **more: Any) -> dict[str, Any]:
    """A counted match; the item's own columns stand with it."""
    return {
        "item_id": item, "post_id": post, "outlet_id": outlet, "unit_id": unit, "channel_type": "weibo", "method": "text",
        "read_count": None, "like_count": None, "comment_count": None, "day": 3, "is_mapped": True, "export": f"sha-{item}",
        **more,
    }  # fmt: skip


# 999,999 reads of u: all but 999 of them by one item. Half of its 60 points are those of the 999.
READS = [match("big", "p1", "weibo:a", read_count=999_000), match("small", "p2", "weibo:b", day=4, read_count=999)]


def leverage(
    town: Town, matches: list[dict[str, Any]], reads: dict[str, int], scores: dict[str, str], **more: Any
) -> dict[tuple[str, str], dict[str, Any]]:
    """(unit, kind) → its row in influence; each unit has so many reads, of which 999,999 are worth 60 points."""
    columns = {"day", "is_mapped", "export"}
    town.put(
        "marts.fct_reprints",
        *(
            {"ranking_month": MONTH, "is_counted": True, "reprinted_at_local": datetime(2021, 8, row["day"], 12),  # noqa: DTZ001
             **{name: value for name, value in row.items() if name not in columns}}
            for row in matches
        ),
    )  # fmt: skip
    town.put(
        "staging.stg_channel_items",
        *(
            {"item_id": row["item_id"], "is_mapped": row["is_mapped"], "export_sha256": row["export"]}
            for row in matches
        ),
    )
    town.put(
        "intermediate.int_quality_limits",
        *(
            {"ranking_month": MONTH, "scope": "", "measure": name, "value": value}
            for name, value in {"one_sided_share": 0.8, "one_sided_reprints": 3, **more}.items()
        ),
    )
    town.put(
        "marts.fct_unit_month_indicators",
        *(
            {"ranking_month": MONTH, "method_version": "2021-01", "unit_id": unit, "dimension": "influence", "indicator_id": "read",
             "transformation": "log", "weight": D("0.60"), "goalpost": 999_999, "value": value, "contribution": D(scores[unit])}
            for unit, value in reads.items()
        ),
    )  # fmt: skip
    ranks = {unit: 1 + sum(D(other) > D(score) for other in scores.values()) for unit, score in scores.items()}
    town.put(
        "marts.fct_unit_month_scores",
        *(
            {"ranking_month": MONTH, "method_version": "2021-01", "ranking_list": "districts", "dimension": "influence", "unit_id": unit,
             "base_score": D(score), "bonus_points": D(0), "score": D(score), "rank": ranks[unit], "is_ranked": True}
            for unit, score in scores.items()
        ),
    )  # fmt: skip
    town.make("fct_reprint_parts", "fct_part_values", "fct_rank_leverage")
    rows = town.table("select * from marts.fct_rank_leverage")
    return {(row["unit_id"], row["kind"]): row for row in rows}


SCORES = {"u": "60", "v": "45", "w": "20"}


@pytest.mark.parametrize(
    ("kind", "part"), [("largest_item", "big"), ("largest_outlet", "weibo:a"), ("busiest_day", "2021-08-03")]
)
def test_without_its_largest_part_a_unit_has_the_rank_of_the_rest(town: Town, kind: str, part: str) -> None:
    row = leverage(town, READS, {"u": 999_999}, SCORES)["u", kind]
    assert (row["part_id"], row["item_count"], row["outlet_count"], row["outlet_id"]) == (part, 1, 1, "weibo:a")
    assert (row["score"], row["score_without"], row["rank"], row["rank_without"]) == (D(60), D(30), 1, 2)
    assert row["points_share"] == D("0.999001")


def test_a_reprint_remains_while_another_item_of_the_outlet_carries_it(town: Town) -> None:
    leverage(town, [*READS, match("again", "p1", "weibo:a", read_count=998_001)], {"u": 999_999}, SCORES)
    values = town.ask(
        "select part_id, source_name, value from marts.fct_part_values"
        " where kind = 'largest_item' and source_name in ('weibo', 'read') order by all"
    )
    assert values == [
        ("again", "read", 0), ("again", "weibo", 0), ("big", "read", 999), ("big", "weibo", 0), ("small", "read", 999), ("small", "weibo", 1),
    ]  # fmt: skip


def test_an_item_counts_once_for_each_post_it_carries(town: Town) -> None:
    rows = [match("round-up", post, "weibo:a", read_count=5) for post in ("p1", "p2")]
    leverage(town, rows, {"u": 10}, SCORES)
    known = "select value from marts.fct_part_values where part_id = 'round-up' and source_name = 'weibo'"
    assert town.ask(known) == [(2,)]


def test_a_unit_without_reprints_keeps_its_rank(town: Town) -> None:
    rows = leverage(town, READS, {"u": 999_999}, SCORES)
    assert {
        (row["part_id"], row["item_count"], row["rank"], row["rank_without"], row["points_share"])
        for (unit, _kind), row in rows.items()
        if unit == "w"
    } == {(None, 0, 3, 3, D(0))}
    assert len([kind for unit, kind in rows if unit == "w"]) == 7


def test_reprints_by_link_are_left_out_for_every_unit(town: Town) -> None:
    rows = [
        match("big", "p1", "weibo:a", method="link", read_count=999_000), match("small", "p2", "weibo:b", read_count=999),
        match("theirs", "p3", "weibo:c", "v", method="link", read_count=31_621),
    ]  # fmt: skip
    result = leverage(town, rows, {"u": 999_999, "v": 31_621}, SCORES)
    assert (result["u", "link_only"]["score_without"], result["u", "link_only"]["rank_without"]) == (D(30), 1)
    assert (result["v", "link_only"]["score_without"], result["v", "link_only"]["rank_without"]) == (D(0), 3)
    assert result["u", "unregistered"]["part_id"] is None


def test_outlets_that_no_registry_has_are_left_out_together(town: Town) -> None:
    rows = [{**READS[0], "is_mapped": False}, READS[1]]
    row = leverage(town, rows, {"u": 999_999}, SCORES)["u", "unregistered"]
    assert (row["part_id"], row["item_count"], row["score_without"]) == ("unregistered", 1, D(30))


@pytest.mark.parametrize(
    ("kind", "outlets"), [("largest_group", ["a", "a", "a", "a"]), ("one_sided_exports", ["a", "b", "c", "d"])]
)
@pytest.mark.parametrize(("own", "others", "is_group"), [(4, 1, True), (3, 0, True), (2, 0, False), (3, 1, False)])
def test_who_carries_one_unit_and_hardly_any_other_is_a_group(
    town: Town, kind: str, outlets: list[str], own: int, others: int, is_group: bool
) -> None:
    def carried(number: int, unit: str) -> dict[str, Any]:
        outlet = outlets[number % 4] if unit == "u" else outlets[0]
        return match(f"{unit}{number}", f"p{unit}{number}", f"weibo:{outlet}", unit, read_count=9, export="sha-1")

    rows = [*(carried(number, "u") for number in range(own)), *(carried(number, "v") for number in range(others))]
    row = leverage(town, rows, {"u": 9 * own, "v": 9 * others}, SCORES)["u", kind]
    assert (row["item_count"], row["part_id"] is not None) == ((own, True) if is_group else (0, False))


def test_a_kind_may_have_a_share_of_its_own(town: Town) -> None:
    rows = [match(f"u{n}", f"p{n}", f"weibo:{n}", read_count=9, export="sha-1") for n in range(4)]
    rows += [match(f"v{n}", f"q{n}", "weibo:x", "v", read_count=9, export="sha-1") for n in range(6)]
    reads = {"u": 36, "v": 54}
    assert leverage(town, rows, reads, SCORES)["u", "one_sided_exports"]["part_id"] is None
    town.add("intermediate.int_quality_limits", {"ranking_month": MONTH, "scope": "one_sided_exports", "measure": "one_sided_share", "value": 0.4})  # fmt: skip
    town.make("fct_reprint_parts")
    counts = "select unit_id, kind, count(*) from marts.fct_reprint_parts where part_id <> '' and kind in ('largest_group', 'one_sided_exports') group by all order by all"
    assert town.ask(counts) == [("u", "one_sided_exports", 4), ("v", "largest_group", 6), ("v", "one_sided_exports", 6)]


def test_a_group_goes_by_its_outlets(town: Town) -> None:
    rows = [match(f"{outlet}{n}", f"p{n}", f"weibo:{outlet}", read_count=9) for outlet in "ab" for n in range(3)]
    first = leverage(town, rows[:3], {"u": 27}, SCORES)["u", "largest_group"]["part_id"]
    assert leverage(town, rows, {"u": 54}, SCORES)["u", "largest_group"]["part_id"] != first
    assert leverage(town, rows[:3], {"u": 27}, SCORES)["u", "largest_group"]["part_id"] == first


# ---- what waits for a person -------------------------------------------------------------------------------------------


def listed(
    town: Town,
    rank_without: int,
    *,
    rank_high: int = 30,
    kind: str = "largest_item",
    reprints: Sequence[int] = (99, 20, 0),
) -> list[dict[str, Any]]:
    """Review rows of a unit on rank 1; its list's other intervals end 4 ranks below their units."""
    ranks = [{"unit_id": "u", "rank": 1, "rank_high": rank_high}]
    ranks += [{"unit_id": f"v{n}", "rank": n, "rank_high": n + 4} for n in range(2, 9)]
    town.put(
        "published.rpt_ranking",
        *({"ranking_month": MONTH, "ranking_list": "districts", "dimension": "influence", **row} for row in ranks),
    )
    town.put(
        "published.rpt_rank_leverage",
        {"ranking_month": MONTH, "unit_id": "u", "dimension": "influence", "kind": kind, "part_id": "big", "rank": 1,
         "rank_without": rank_without, "points_share": D("0.9")},
    )  # fmt: skip
    town.put(
        "intermediate.int_quality_limits",
        *(
            {"ranking_month": MONTH, "measure": "leverage_ranks", "scope": scope, "value": value}
            for scope, value in (("", 3), ("largest_item", 7))
        ),
        {"ranking_month": MONTH, "measure": "leverage_reprints_least", "scope": "", "value": 15},
    )
    town.put(
        "marts.fct_unit_months",
        *(
            {"ranking_month": MONTH, "ranking_list": "districts", "unit_id": unit, "reprint_count": count}
            for unit, count in zip("uvw", reprints, strict=True)
        ),
    )
    town.make("qc_rank_leverage")
    return town.table("select * from review.qc_rank_leverage")


@pytest.mark.parametrize(
    ("rank_without", "rank_high", "kind", "is_listed"),
    [
        (12, 30, "largest_item", False), (13, 30, "largest_item", True),  # 1 + the usual 4 + 7
        (8, 30, "busiest_day", False), (9, 30, "busiest_day", True),  # the limit of all kinds
        (10, 3, "largest_item", False), (11, 3, "largest_item", True),  # its own interval is narrower
    ],
)  # fmt: skip
def test_a_rank_further_below_its_interval_than_the_limit_is_listed(
    town: Town, rank_without: int, rank_high: int, kind: str, is_listed: bool
) -> None:
    assert [row["unit_id"] for row in listed(town, rank_without, rank_high=rank_high, kind=kind)] == ["u"] * is_listed


@pytest.mark.parametrize(("reprints", "is_small"), [((99, 15, 0), False), ((99, 14, 0), True)])
def test_a_list_is_small_where_its_median_unit_has_few_reprints(
    town: Town, reprints: Sequence[int], is_small: bool
) -> None:
    assert [row["is_list_small"] for row in listed(town, 30, reprints=reprints)] == [is_small]


@pytest.mark.parametrize("is_small", [False, True])
@pytest.mark.parametrize(("decision", "is_undecided"), [(None, 1), ("exclude", 1), ("confirm", 0)])
def test_only_a_confirmed_part_passes_the_gate(
    town: Town, decision: str | None, is_undecided: int, is_small: bool
) -> None:
    town.put(
        "review.qc_rank_leverage",
        {"ranking_month": MONTH, "unit_id": "u", "decision": decision, "is_list_small": is_small},
    )
    town.make("gate_ranking__leverage")
    assert town.ask("select is_undecided, is_undecided_in_small_list from gates.gate_ranking__leverage") == [
        (0, is_undecided) if is_small else (is_undecided, 0)
    ]


# ---- what a decision does ----------------------------------------------------------------------------------------------

DECISION = {
    "ranking_month": MONTH, "unit_id": "u", "dimension": "influence", "decided_by": "甲", "decided_on": "2021-09-12", "reason": "刷量",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "part", "decision", "excluded"),
    [
        ("largest_item", "i1", "exclude", ["i1"]), ("largest_outlet", "weibo:a", "exclude", ["i1", "i2"]),
        ("busiest_day", "2021-08-04", "exclude", ["i3"]), ("link_only", "link_only", "exclude", ["i2"]),
        ("unregistered", "unregistered", "exclude", ["i3"]), ("largest_item", "i1", "confirm", []),
        ("largest_item", "weibo:a", "exclude", []),
    ],
)  # fmt: skip
def test_what_a_person_excludes_is_not_counted(
    town: Town, kind: str, part: str, decision: str, excluded: list[str]
) -> None:
    town.put("seeds.leverage_decisions", {**DECISION, "kind": kind, "part_id": part, "decision": decision})
    items = [("i1", "weibo:a", "u", "text", 3), ("i2", "weibo:a", "u", "link", 3), ("i3", "weibo:b", "u", "text", 4), ("i4", "weibo:b", "v", "link", 5)]  # fmt: skip
    town.put(
        "intermediate.int_reprints__matched",
        *(
            {"ranking_month": MONTH, "item_id": item, "post_id": "p", "unit_id": unit, "outlet_id": outlet, "method": method,
             "is_post_counted": True, "is_match_counted": True, "is_in_window": True, "is_outlet_admitted": True, "reprinted_at_local": datetime(2021, 8, day, 12)}  # noqa: DTZ001
            for item, outlet, unit, method, day in items
        ),
    )  # fmt: skip
    town.put("staging.stg_channel_items", *({"item_id": item, "is_mapped": item != "i3"} for item, *_more in items))
    town.make("int_reprints__excluded", "fct_reprints")
    rows = town.ask("select item_id, is_counted, not_counted_reason from marts.fct_reprints order by item_id")
    assert [item for item, is_counted, _reason in rows if not is_counted] == excluded
    assert {reason for item, _is_counted, reason in rows if item in excluded} == ({"excluded"} if excluded else set())


def test_a_decision_stands_with_the_part_it_is_about(town: Town) -> None:
    town.put(
        "marts.fct_rank_leverage",
        *(
            {"ranking_month": MONTH, "unit_id": "u", "dimension": "influence", "kind": kind, "part_id": part}
            for kind, part in (("largest_item", "i1"), ("largest_outlet", "i1"))
        ),
    )
    town.put("seeds.leverage_decisions", {**DECISION, "kind": "largest_item", "part_id": "i1", "decision": "confirm"})
    town.make("rpt_rank_leverage", "rpt_leverage_decisions")
    assert town.ask("select kind, decision from published.rpt_rank_leverage order by kind") == [
        ("largest_item", "confirm"), ("largest_outlet", None),
    ]  # fmt: skip
    assert town.ask("select decision_by, decision_reason from published.rpt_leverage_decisions") == [("甲", "刷量")]
