"""Why a score changed: Shapley values worked by hand, the effect of a restatement, ranks under today's method.

Goalposts are 10^k - 1 and values 10^j - 1, so that a term is j / k.
"""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.settings import Settings
from bangdan.publication import ledger
from bangdan.publication.movement import comparison, previous_ranks, rank_restatement, score_decomposition
from bangdan.publication.pages import comparison_page
from tests.support import small_city
from tests.support.small_city import AUGUST

Row = dict[str, Any]


def unit(
    rank: int | None, posts: int, reprints: int, values: dict[str, int | None], *, dimension: str, bonus: str = "0",
    weight: str = "1.00", goal: int = 99, transformation: str = "log", unit_id: str = "u",
) -> dict[str, list[Row]]:  # fmt: skip
    """The three tables of one unit whose indicators all have one weight, goalpost and transformation."""
    base = D(0)
    for value in values.values():
        if transformation == "linear":
            term = min(D(1), D(value or 0) / goal)
        else:
            term = min(D(1), D(small_city.POWERS[value or 0]) / small_city.POWERS[goal])
        base += (100 * D(weight) * term).quantize(D("1e-12"))
    return {
        "ranking": [
            {
                "ranking_list": "districts", "dimension": dimension, "unit_id": unit_id, "unit_name": unit_id.upper(),
                "unit_name_en": None, "rank": rank, "score": base + D(bonus), "base_score": base, "bonus_points": D(bonus),
            }
        ],
        "unit_activity": [{"unit_id": unit_id, "post_count": posts, "reprint_count": reprints}],
        "unit_indicators": [
            {
                "unit_id": unit_id, "dimension": dimension, "indicator_id": name, "value": value, "weight": D(weight),
                "goalpost": goal, "transformation": transformation,
            }
            for name, value in values.items()
        ],
    }  # fmt: skip


def causes(before: dict[str, list[Row]], now: dict[str, list[Row]]) -> dict[str, D]:
    rows = score_decomposition.table("2021-08", "2021-07", now, before).to_pylist()
    return {row["cause"]: row["change_points"] for row in rows}


def test_two_causes_that_multiply_share_what_they_do_together() -> None:
    """Linear, goal 100: 2 posts × 10 reprints = 20 became 4 × 15 = 60. Posts alone: 40 - 20 = 20, after the reach
    60 - 30 = 30, so 25; reach alone: 30 - 20 = 10, after the posts 60 - 40 = 20, so 15.
    """
    before = unit(1, 2, 20, {"weibo": 20}, dimension="dissemination", goal=100, transformation="linear")
    now = unit(1, 4, 60, {"weibo": 60}, dimension="dissemination", goal=100, transformation="linear")
    assert causes(before, now) == {"volume": 25, "reach": 15, "method": 0, "bonus": 0}


def test_three_causes_of_influence_worked_by_hand() -> None:
    """Linear, goal 1000: posts 1 → 2, reprints a post 1 → 2, reads a reprint 10 → 30; 10 became 120 reads, 1 → 12 points.
    Volume alone adds 1; with the reach 2; with the engagement 3; with both 6: 1/3 · 1 + 1/6 · (2 + 3) + 1/3 · 6 = 19/6. The
    reach is its equal. Engagement: alone 2, with one of them 4, with both 8: 1/3 · 2 + 1/6 · (4 + 4) + 1/3 · 8 = 28/6.
    """
    before = unit(1, 1, 1, {"read": 10}, dimension="influence", goal=1000, transformation="linear")
    now = unit(1, 2, 4, {"read": 120}, dimension="influence", goal=1000, transformation="linear")
    result = causes(before, now)
    assert result["volume"] == result["reach"] == D("3.166666666667")
    # Rounding leaves -0.000000000001, which goes to the largest cause: 4.666666666667 becomes …666.
    assert result["engagement"] == D("4.666666666666")
    assert sum(result.values()) == 11


def test_what_rounding_leaves_goes_to_the_first_of_equal_causes() -> None:
    """Linear, goal 3: 1 × 1 became 2 × 2, 100/3 to 100 points at the ceiling. Both causes are worth 100/3 · (1 + 1) / 2."""
    before = unit(1, 1, 1, {"weibo": 1}, dimension="dissemination", goal=3, transformation="linear")
    before["ranking"][0]["base_score"] = D("33.333333333333")
    now = unit(1, 2, 4, {"weibo": 4}, dimension="dissemination", goal=3, transformation="linear")
    result = causes(before, now)
    assert result["reach"] == D("33.333333333333")
    assert result["volume"] == D("33.333333333334")


def test_all_of_a_change_of_method_is_the_methods() -> None:
    """9 reprints of a goal of 99 are half of the way, of a goal of 999 a third."""
    before = unit(1, 3, 9, {"weibo": 9}, dimension="dissemination")
    now = unit(1, 3, 9, {"weibo": 9}, dimension="dissemination", goal=999)
    now["ranking"][0]["base_score"] = D("33.333333333333")
    assert causes(before, now) == {"volume": 0, "reach": 0, "method": D("-16.666666666667"), "bonus": 0}
    linear = unit(1, 3, 9, {"weibo": 9}, dimension="dissemination", goal=90, transformation="linear")
    assert causes(before, linear)["method"] == 10 - 50
    heavier = unit(1, 3, 9, {"weibo": 9}, dimension="dissemination", weight="1.50")
    assert causes(before, heavier)["method"] == 25


def test_the_bonus_is_a_cause_of_its_own() -> None:
    before = unit(1, 3, 9, {"weibo": 9}, dimension="dissemination", bonus="4")
    now = unit(1, 3, 9, {"weibo": 9}, dimension="dissemination", bonus="1.5")
    assert causes(before, now) == {"volume": 0, "reach": 0, "method": 0, "bonus": D("-2.5")}


def test_a_value_above_its_goalpost_earns_no_more() -> None:
    before = unit(1, 1, 99, {"weibo": 99}, dimension="dissemination")
    now = unit(1, 1, 999, {"weibo": 999}, dimension="dissemination")
    assert set(causes(before, now).values()) == {0}


def test_an_indicator_that_a_month_did_not_have_earned_nothing_then() -> None:
    before = unit(1, 2, 9, {"weibo": 9}, dimension="dissemination")
    now = unit(1, 2, 18, {"weibo": 9, "wechat": 9}, dimension="dissemination")
    result = causes(before, now)
    assert sum(result.values()) == 50
    assert result["reach"] == result["method"] == 25


def test_a_missing_value_counts_as_nothing_earned() -> None:
    before = unit(1, 1, 1, {"read": None}, dimension="influence")
    now = unit(1, 1, 1, {"read": 9}, dimension="influence")
    assert causes(before, now) == {"volume": 0, "reach": 0, "engagement": 50, "method": 0, "bonus": 0}


@pytest.mark.parametrize(("first", "second"), [(0, 3), (3, 0)])
@pytest.mark.parametrize("dimension", ["dissemination", "influence"])
def test_a_month_without_posts_or_reprints_divides_by_nothing(first: int, second: int, dimension: str) -> None:
    name = "weibo" if dimension == "dissemination" else "read"
    sides = [unit(1, n, n, {name: 9 if n else 0}, dimension=dimension) for n in (first, second)]
    assert sum(causes(*sides).values()) == (50 if second else -50)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("lacks", ["rank", "ranking", "unit_activity"])
def test_only_units_that_both_months_rank_have_causes(side: int, lacks: str) -> None:
    sides = [unit(1, 3, 9, {"weibo": 9}, dimension="dissemination", bonus=bonus) for bonus in ("1", "2")]
    if lacks == "rank":
        sides[side]["ranking"][0]["rank"] = None
    else:
        sides[side][lacks] = []
    assert score_decomposition.table("2021-08", "2021-07", sides[1], sides[0]).num_rows == 0


def test_causes_are_rows_by_unit_dimension_and_cause_of_the_two_months() -> None:
    sides = []
    for bonus in ("1", "2"):
        made = [
            unit(1, 3, 9, {"weibo": 9}, dimension="dissemination", bonus=bonus, unit_id=name) for name in ("b", "a")
        ]
        made.append(unit(1, 3, 9, {"read": 9}, dimension="influence", bonus=bonus, unit_id="a"))
        sides.append({name: [row for part in made for row in part[name]] for name in made[0]})
    table = score_decomposition.table("2021-08", "2021-07", sides[1], sides[0])
    assert [(row["unit_id"], row["dimension"], row["cause"]) for row in table.to_pylist()] == [
        ("a", "dissemination", "volume"), ("a", "dissemination", "reach"), ("a", "dissemination", "method"),
        ("a", "dissemination", "bonus"), ("a", "influence", "volume"), ("a", "influence", "reach"),
        ("a", "influence", "engagement"), ("a", "influence", "method"), ("a", "influence", "bonus"),
        ("b", "dissemination", "volume"), ("b", "dissemination", "reach"), ("b", "dissemination", "method"),
        ("b", "dissemination", "bonus"),
    ]  # fmt: skip
    assert set(table["ranking_month"].to_pylist()) == {"2021-08"}
    assert set(table["previous_month"].to_pylist()) == {"2021-07"}
    assert table.schema.field("change_points").type == pa.decimal128(20, 12)


@pytest.mark.parametrize(
    ("value", "goal", "kind", "term"),
    [("9", 99, "log", "0.5"), ("99", 99, "log", "1"), ("999", 99, "log", "1"), ("0", 99, "log", "0"), ("30", 120, "linear", "0.25"), ("300", 120, "linear", "1")],
)  # fmt: skip
def test_a_normalised_term_lies_between_nothing_and_one(value: str, goal: int, kind: str, term: str) -> None:
    assert score_decomposition.term(D(value), goal, kind).quantize(D("1e-20")) == D(term)


# A release's own table: against the release of the month before


def test_a_releases_causes_add_up_to_the_change_of_base_and_bonus(small: Settings) -> None:
    rows = pq.read_table(small.releases / "2021-08/r1/tables/score_changes.parquet").to_pylist()
    result: dict[tuple[str, str], D] = {}
    for row in rows:
        assert (row["ranking_month"], row["previous_month"]) == ("2021-08", "2021-07")
        key = (row["unit_id"], row["dimension"])
        result[key] = result.get(key, D(0)) + row["change_points"]
    # On paper: 100 × Σ weight × j / k + bonus, August less July.
    assert result == {
        ("310101", "dissemination"): D("35.25") - D("77.25"), ("310101", "influence"): D(44) - D(81),
        ("310104", "dissemination"): D("57.5") - D(30), ("310104", "influence"): D(70) - D(30),
        ("310110", "dissemination"): D("34.25") - D("42.5"), ("310110", "influence"): D("50.5") - D(30),
    }  # fmt: skip
    assert pq.read_table(small.releases / "2021-06/r1/tables/score_changes.parquet").num_rows == 0


# Ranks of the month before under today's method


def month_of(
    units: dict[str, tuple[int | None, str, int | None]], goal: int = 999_999, **more: Any
) -> dict[str, list[Row]]:
    """unit → (rank, bonus, reads): one list and dimension."""
    made = [
        unit(rank, 1, 1, {"read": value}, dimension="influence", bonus=bonus, goal=goal, unit_id=name, **more)
        for name, (rank, bonus, value) in units.items()
    ]
    return {name: [row for part in made for row in part[name]] for name in made[0]}


def test_ranks_under_todays_method_share_a_place_on_the_rounded_score() -> None:
    """Today's goalpost is 999: 9 reads are 33.33, 99 reads 66.67, 999 and more 100."""
    before = month_of({"a": (1, "0", 999_999), "b": (2, "0", 999), "c": (3, "33.34", 99), "d": (4, "0", 99), "e": (None, "9", 999), "f": (5, "0", None)})  # fmt: skip
    today = month_of({"x": (1, "0", 9)}, goal=999)["unit_indicators"]
    key = ("districts", "influence")
    assert previous_ranks.restated_previous_ranks(today, before) == {
        (*key, "a"): 2, (*key, "b"): 2, (*key, "c"): 1, (*key, "d"): 4, (*key, "f"): 5,
    }  # fmt: skip


def test_lists_and_dimensions_are_restated_apart() -> None:
    before = month_of({"a": (1, "0", 999), "b": (2, "0", 99)})
    before["ranking"][1]["ranking_list"] = "departments"
    today = month_of({"x": (1, "0", 9)}, goal=9_999)["unit_indicators"]
    assert previous_ranks.restated_previous_ranks(today, before) == {
        ("districts", "influence", "a"): 1,
        ("departments", "influence", "b"): 1,
    }


@pytest.mark.parametrize("field", ["weight", "goalpost", "transformation"])
def test_each_part_of_the_method_is_a_reason_to_restate(field: str) -> None:
    before = month_of({"a": (1, "0", 999)}, goal=9_999)
    today = [{**row} for row in before["unit_indicators"]]
    assert previous_ranks.restated_previous_ranks(today, before) == {}
    today[0][field] = {"weight": D("0.50"), "goalpost": 99, "transformation": "linear"}[field]
    assert previous_ranks.restated_previous_ranks(today, before) == {("districts", "influence", "a"): 1}


def test_an_indicator_that_todays_method_does_not_have_counts_nothing() -> None:
    before = month_of({"a": (1, "0", 999), "b": (2, "10", 9)}, goal=9_999)
    today = [{**before["unit_indicators"][0], "indicator_id": "like"}]
    key = ("districts", "influence")
    assert previous_ranks.restated_previous_ranks(today, before) == {(*key, "a"): 2, (*key, "b"): 1}


def test_a_restated_score_is_rounded_half_up_before_it_is_ranked() -> None:
    """Linear, goal 100 000: 10 005 reads are 10.005, which is 10.01, as good as 10 points and a bonus of 0.01."""
    before = month_of({"a": (1, "0", None), "b": (2, "0.01", None), "c": (3, "0", None)})
    for row, value in zip(before["unit_indicators"], (10_005, 10_000, 10_004), strict=True):
        row["value"] = value
    today = [{**before["unit_indicators"][0], "transformation": "linear", "goalpost": 100_000}]
    key = ("districts", "influence")
    assert previous_ranks.restated_previous_ranks(today, before) == {(*key, "a"): 1, (*key, "b"): 1, (*key, "c"): 3}


# The effect of a restatement


@pytest.fixture
def last(tmp_path: Path) -> ledger.Release:
    """A release of August of four units."""
    made = month_of(
        {"same": (1, "0", 999_999), "up": (3, "0", 9), "gone": (2, "0", 99_999), "unranked": (None, "0", 9)}
    )
    (tmp_path / "tables").mkdir()
    for name, rows in made.items():
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "tables" / f"{name}.parquet")
    return ledger.Release(AUGUST, 4, tmp_path)


def test_the_effect_names_every_row_that_is_not_as_it_was(last: ledger.Release) -> None:
    now = month_of({"same": (1, "0", 999_999), "new": (2, "1", 999), "up": (2, "2", 999), "unranked": (4, "1", 9)})
    result = rank_restatement.rank_restatement(last, {name: pa.Table.from_pylist(rows) for name, rows in now.items()})
    assert (result["against"], result["units_changed"], result["ranks_changed"]) == ("r4", 4, 4)
    rows = {row["unit_id"]: row for row in result["rows"]}
    assert list(rows) == ["new", "up", "unranked", "gone"]
    up = rows["up"]
    assert {name: up[name] for name in ("ranking_list", "dimension", "unit_name", "rank_before", "rank")} == {
        "ranking_list": "districts", "dimension": "influence", "unit_name": "UP", "rank_before": 3, "rank": 2,
    }  # fmt: skip
    # 9 reads of a goal of 999 999 are a sixth, 999 a half; two points of bonus.
    assert (D(up["score_before"]).quantize(D("0.01")), D(up["score"])) == (D("16.67"), D(52))
    assert D(up["points"]).quantize(D("1e-9")) == D("35.333333333")
    assert set(up["parts"]) == {"engagement", "bonus"}
    assert sum(map(D, up["parts"].values())).quantize(D("1e-9")) == D("35.333333333")
    assert D(up["parts"]["bonus"]) == 2
    assert (rows["new"]["rank_before"], rows["new"]["score_before"], rows["new"]["points"], rows["new"]["parts"]) == (
        None,
    ) * 4
    assert (rows["gone"]["rank"], rows["gone"]["score"], rows["gone"]["points"], rows["gone"]["parts"]) == (None,) * 4
    assert (rows["gone"]["rank_before"], rows["gone"]["unit_name"]) == (2, "GONE")
    assert (rows["unranked"]["points"], rows["unranked"]["parts"]) == (None, None)


@pytest.mark.parametrize("column", ["rank", "score", "base_score", "bonus_points"])
def test_each_figure_of_a_row_is_looked_at(last: ledger.Release, column: str) -> None:
    now = month_of({"same": (1, "0", 999_999), "up": (3, "0", 9), "gone": (2, "0", 99_999), "unranked": (None, "0", 9)})
    tables = {name: pa.Table.from_pylist(rows) for name, rows in now.items()}
    assert rank_restatement.rank_restatement(last, tables)["rows"] == []
    now["ranking"][1][column] += 1
    result = rank_restatement.rank_restatement(last, tables | {"ranking": pa.Table.from_pylist(now["ranking"])})
    assert [row["unit_id"] for row in result["rows"]] == ["up"]
    assert result["ranks_changed"] == (column == "rank")
    assert result["units_changed"] == 1


# A month built anew in a scratch area, set beside its release


@pytest.fixture
def scratch(tmp_path: Path) -> Settings:
    return small_city.build(tmp_path / "scratch", "2021-06", "2021-07", "2021-08")


def test_a_month_built_anew_from_the_same_data_differs_in_nothing(small: Settings, scratch: Settings) -> None:
    assert comparison.compare(scratch, small, AUGUST) == {
        "is_new": False, "units_changed": 0, "ranks_changed": 0, "scores_changed": 0, "by_cause": {}, "rows_changed": {},
        "largest": [],
    }  # fmt: skip


def test_what_differs_is_counted_by_unit_rank_score_table_and_cause(small: Settings, scratch: Settings) -> None:
    small_city.change(
        scratch,
        "update published.rpt_ranking set bonus_points = bonus_points + 2, score = score + 2 where ranking_month = '2021-08'"
        " and unit_id in ('310101', '310110') and dimension = 'dissemination'",
    )
    small_city.change(
        scratch,
        "update published.rpt_ranking set rank = rank + 5 where ranking_month = '2021-08' and unit_id = '310110' and dimension = 'influence'",
    )
    small_city.change(
        scratch,
        "update published.rpt_ranking set bonus_points = bonus_points - 3, score = score - 3, rank = rank + 1"
        " where ranking_month = '2021-08' and unit_id = '310110' and dimension = 'dissemination'",
    )
    small_city.change(scratch, "delete from published.rpt_posts where post_id = 'p13'")
    small_city.change(scratch, "update published.rpt_coverage set item_count = 11 where item_count = 10")
    result = comparison.compare(scratch, small, AUGUST)
    assert (result["units_changed"], result["ranks_changed"], result["scores_changed"]) == (2, 2, 2)
    assert result["by_cause"] == {"bonus": 3}
    # A changed row is one row gone and one row new.
    assert result["rows_changed"] == {"ranking": 6, "posts": 1, "coverage": 2}
    assert [(r["unit_id"], r["dimension"], r["published_rank"], r["rank"]) for r in result["largest"]] == [
        ("310110", "influence", 2, 7), ("310110", "dissemination", 3, 4), ("310101", "dissemination", 2, 2),
    ]  # fmt: skip
    first = result["largest"][-1]
    assert (first["published_score"], first["score"], first["causes"]) == (D("35.25"), D("37.25"), {"bonus": D(2)})
    assert (first["unit_name"], first["unit_name_en"], first["ranking_list"]) == (
        "黄浦区",
        "Huangpu District",
        "districts",
    )


def test_units_that_came_or_went_are_moves(small: Settings, scratch: Settings) -> None:
    where = "where ranking_month = '2021-08' and dimension = 'influence' and unit_id ="
    small_city.change(scratch, f"update published.rpt_ranking set unit_id = 'd-new' {where} 'd-jyw'")
    result = comparison.compare(scratch, small, AUGUST)
    moves = {row["unit_id"]: row for row in result["largest"]}
    assert (moves["d-new"]["published_rank"], moves["d-new"]["rank"], moves["d-new"]["score"]) == (None, 1, D(20))
    assert (moves["d-jyw"]["published_rank"], moves["d-jyw"]["rank"], moves["d-jyw"]["score"]) == (1, None, None)
    assert (result["units_changed"], result["ranks_changed"], result["scores_changed"]) == (2, 2, 2)


def test_a_month_without_a_release_is_new_with_all_its_units(tmp_path: Path, scratch: Settings) -> None:
    assert comparison.compare(scratch, small_city.settings_of(tmp_path), AUGUST) == {"is_new": True, "units_changed": 6}


def test_the_ten_largest_moves_come_first_by_ranks_then_by_score(small: Settings, scratch: Settings) -> None:
    small_city.change(
        scratch,
        "update published.rpt_ranking set score = score + case when unit_id = '310101' then 3 else 1 end where ranking_month = '2021-08'",
    )
    small_city.change(scratch, "update published.rpt_ranking set rank = 9 where ranking_month = '2021-08' and unit_id = 'p-zgh' and dimension = 'influence'")  # fmt: skip
    result = comparison.compare(scratch, small, AUGUST)
    assert result["scores_changed"] == 12
    assert [(row["unit_id"], row["dimension"]) for row in result["largest"]] == [
        ("p-zgh", "influence"), ("310101", "dissemination"), ("310101", "influence"), ("d-jyw", "dissemination"),
        ("d-wjw", "dissemination"), ("p-zgh", "dissemination"), ("d-jyw", "influence"), ("d-wjw", "influence"),
        ("310104", "dissemination"), ("310110", "dissemination"),
    ]  # fmt: skip


COMPARED: Row = {
    "first": "2021-07",
    "last": "2021-08",
    "pages": {"zh": "c.html", "en": "c.en.html"},
    "lists": {"districts": ("区级榜单", "Districts"), "departments": ("委办局榜单", "Departments")},
    "months": [
        {"month": "2021-07", "is_new": True, "units_changed": 6, "causes": {}, "largest": [], "by_cause": {}, "rows_changed": {}},
        {
            "month": "2021-08", "is_new": False, "units_changed": 2, "ranks_changed": 3, "scores_changed": 4,
            "rows_changed": {"ranking": 1_200, "posts": 34}, "by_cause": {"bonus": D("2.5"), "volume": D("0.125")},
            "causes": {
                "inputs": {"new": 1, "gone": 2, "new_files": ["new<b>.csv"], "gone_files": ["old.csv"]},
                "method": {"before": "2021-01", "now": "2022-01"}, "seeds": ["issuers.csv", "themes.csv"],
                "code": {"before": "0.1", "now": "0.2"}, "previous": "2021-07",
            },
            "largest": [
                {
                    "ranking_list": "districts", "dimension": "influence", "unit_id": "310110", "unit_name": "杨浦区",
                    "unit_name_en": None, "published_rank": 2, "rank": None, "published_score": D("50.505"), "score": None,
                    "causes": {"bonus": D("2.005"), "volume": D("-0.125")},
                }
            ],
        },
        {"month": "2021-09", "is_new": False, "units_changed": 0, "ranks_changed": 0, "scores_changed": 0, "rows_changed": {}, "by_cause": {}, "causes": {}, "largest": []},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "message"),
    [
        (
            "zh",
            [
                'href="c.en.html" lang="en"', "重算对比 2021-07..2021-08", "未发布任何内容", "尚未发布", "无变化", ">1,234<",
                "导出文件 +1 −2", "方法版本 2021-01 → 2022-01", "方法与更正数据 issuers.csv, themes.csv", "程序版本 0.1 → 0.2",
                "上月榜单有变 2021-07", "<code>+ new&lt;b&gt;.csv</code>", "<code>− old.csv</code>",
                "各原因合计变动分（绝对值）: 附加分 2.50 · 发稿量 0.13", "ranking 1,200 · posts 34", "<td>区级榜单</td><td>影响力</td>",
                ">2 → –<", ">50.51 → –<", "附加分 +2.01 · 发稿量 -0.13",
            ],
        ),
        ("en", ['href="c.html" lang="zh-CN"', "Comparison 2021-07..2021-08", "杨浦区", "Districts", "Influence", "not published yet"]),
    ],
)  # fmt: skip
def test_the_page_of_a_comparison_says_what_differs(language: str, message: list[str]) -> None:
    html = comparison_page.page(COMPARED, language)
    assert [text for text in message if text not in html] == []
    assert html.count("<h2") == 1
