"""Where the marks of a chart stand, worked by hand: the box is 640 wide with 44 free on the left and 16 on the right."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bangdan.publication.pages import charts


def month(name: str, rank: int | None, low: int | None, high: int | None) -> dict:
    return {"month": name, "rank": rank, "rank_low": low, "rank_high": high}


def test_ranks_over_months_best_on_top_and_gaps_left_out() -> None:
    """Three columns at 44, 334, 624; rank 1 at 16, rank 16 of 16 at 16 + 180, one rank is 12 units."""
    made = charts.rank_history(
        [month("2021-06", 1, 1, 3), month("2021-07", None, None, None), month("2021-08", 16, 14, 16)], 16
    )
    assert (made["width"], made["height"], made["left"], made["right"]) == (640, 230, 44, 624)
    assert made["line"] == "44.0,16.0 624.0,196.0"
    assert made["band"] == "44.0,16.0 624.0,172.0 624.0,196.0 44.0,40.0"
    assert made["whiskers"] == [{"x": 44.0, "low": 16.0, "high": 40.0}, {"x": 624.0, "low": 172.0, "high": 196.0}]
    assert made["dots"] == [
        {"x": 44.0, "y": 16.0, "rank": 1, "month": "2021-06"},
        {"x": 624.0, "y": 196.0, "rank": 16, "month": "2021-08"},
    ]
    assert made["columns"] == [
        {"x": 44.0, "text": "2021-06", "anchor": "start"},
        {"x": 334.0, "text": "2021-07", "anchor": "middle"},
        {"x": 624.0, "text": "2021-08", "anchor": "end"},
    ]
    assert made["rows"] == [
        {"y": 16.0, "rank": 1},
        {"y": 64.0, "rank": 5},
        {"y": 124.0, "rank": 10},
        {"y": 196.0, "rank": 16},
    ]


def test_a_rank_without_an_interval_has_a_dot_and_no_whisker() -> None:
    made = charts.rank_history([month("2021-07", 2, None, 3), month("2021-08", 2, 1, None)], 3)
    assert (made["band"], made["whiskers"], len(made["dots"])) == ("", [], 2)


def test_a_single_month_stands_in_the_middle() -> None:
    made = charts.rank_history([month("2021-08", 1, 1, 1)], 1)
    assert made["dots"][0]["x"] == 334.0
    assert made["dots"][0]["y"] == 16.0
    assert made["columns"] == [{"x": 334.0, "text": "2021-08", "anchor": "middle"}]
    assert made["rows"] == [{"y": 16.0, "rank": 1}]


@pytest.mark.parametrize(("months", "named"), [(8, 8), (9, 5), (16, 8), (17, 6), (24, 8), (25, 7)])
def test_at_most_eight_months_are_named(months: int, named: int) -> None:
    made = charts.rank_history([month(f"m{at}", 1, 1, 1) for at in range(months)], 3)
    assert len(made["columns"]) == named
    assert made["columns"][0]["text"] == "m0"


@pytest.mark.parametrize(
    ("worst", "ranks"),
    [
        (1, [1]), (4, [1, 4]), (6, [1, 6]), (7, [1, 7]), (8, [1, 5, 8]), (12, [1, 5, 12]), (13, [1, 5, 10, 13]), (20, [1, 5, 10, 15, 20]),
        (21, [1, 10, 21]), (25, [1, 10, 20, 25]), (24, [1, 10, 24]), (44, [1, 10, 20, 30, 44]), (45, [1, 10, 20, 30, 40, 45]),
    ],
)  # fmt: skip
def test_the_axis_names_the_first_the_last_and_round_ranks_that_do_not_crowd_it(worst: int, ranks: list[int]) -> None:
    assert [row["rank"] for row in charts.rank_history([month("2021-08", 1, 1, 1)], worst)["rows"]] == ranks


def test_days_are_stacked_in_the_order_of_the_channels() -> None:
    """Two days of 290 units each; 100 is the top of the axis, 150 units tall, its foot at 166."""
    counts = {("08-01", "app"): 20, ("08-01", "site"): 40, ("08-02", "site"): 100}
    made = charts.stacked_days(["08-01", "08-02"], ["app", "site"], counts)
    assert (made["width"], made["height"], made["left"], made["right"]) == (640, 200, 44, 624)
    assert made["bars"] == [
        {"kind": "app", "x": 78.8, "width": 220.4, "y": 136.0, "height": 30.0},
        {"kind": "site", "x": 78.8, "width": 220.4, "y": 76.0, "height": 60.0},
        {"kind": "site", "x": 368.8, "width": 220.4, "y": 16.0, "height": 150.0},
    ]
    assert made["rows"] == [{"y": 166.0, "value": 0}, {"y": 91.0, "value": 50}, {"y": 16.0, "value": 100}]
    assert made["columns"] == [{"x": 189.0, "text": "08-01", "anchor": "middle"}]


def test_every_seventh_day_is_named() -> None:
    made = charts.stacked_days([f"{day:02d}" for day in range(1, 32)], ["a"], {})
    assert [column["text"] for column in made["columns"]] == ["01", "08", "15", "22", "29"]
    assert made["bars"] == []


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 20), (21, 30), (41, 50), (61, 80), (81, 100), (101, 200), (999, 1000)]
)  # fmt: skip
def test_the_axis_ends_at_the_next_round_number_of_which_the_half_is_whole(most: int, top: int) -> None:
    made = charts.stacked_days(["08-01"], ["a"], {("08-01", "a"): most})
    assert [row["value"] for row in made["rows"]] == [0, top // 2, top]


def test_parts_of_a_bar_stand_side_by_side_in_percent_of_the_whole() -> None:
    parts = [("base", D(42)), ("nothing", D(0)), ("minus", D(-3)), ("bonus", D("10.5"))]
    assert charts.segments(parts, D(105)) == [
        {"name": "base", "x": 0.0, "width": 40.0},
        {"name": "bonus", "x": 40.0, "width": 10.0},
    ]
    assert charts.segments([("base", D(1))], D(0)) == [{"name": "base", "x": 0.0, "width": 0.0}]


def test_an_interval_keeps_four_percent_free_at_each_side() -> None:
    assert charts.interval(3, 1, 5, 5) == {"low": 4.0, "high": 96.0, "dot": 50.0}
    assert charts.interval(2, 2, 4, 5) == {"low": 27.0, "high": 73.0, "dot": 27.0}
    assert charts.interval(1, 1, 1, 1) == {"low": 4.0, "high": 4.0, "dot": 4.0}


@pytest.mark.parametrize(("rank", "low", "high"), [(None, 1, 2), (1, None, 2), (1, 1, None)])
def test_without_rank_or_interval_there_is_no_whisker(rank: int | None, low: int | None, high: int | None) -> None:
    assert charts.interval(rank, low, high, 5) is None


@pytest.mark.parametrize(
    ("value", "most", "x", "width", "kind"),
    [(5, 10, 50.0, 25.0, "more"), (-5, 10, 25.0, 25.0, "less"), (-10, 10, 0.0, 50.0, "less"), (0, 10, 50.0, 0.0, "more"), (0, 0, 50.0, 0.0, "more")],
)  # fmt: skip
def test_less_goes_left_of_the_middle_and_more_goes_right(
    value: int, most: int, x: float, width: float, kind: str
) -> None:
    assert charts.diverging(D(value), D(most)) == {"x": x, "width": width, "kind": kind}


def unit(name: str, dissemination: tuple[str, int], influence: tuple[str, int]) -> dict:
    """A unit with (score, tier) in both dimensions."""
    return {
        "id": name,
        "name": name,
        **{
            dimension: {"score": D(score), "rank": 1, "tier": tier}
            for dimension, (score, tier) in (("dissemination", dissemination), ("influence", influence))
        },
    }


def test_a_dot_lies_by_its_scores_between_round_ones() -> None:
    """The axes run from 20 to 40 and from 50 to 60, over 572 by 458 pixels."""
    made = charts.scatter(
        [unit("甲", ("20", 2), ("60", 1)), unit("乙", ("40", 1), ("55", 1)), unit("丙", ("30", 2), ("52", 2))]
    )
    assert [(dot["x"], dot["y"]) for dot in made["dots"]] == [(52.0, 30.0), (624.0, 259.0), (338.0, 396.4)]
    assert [(column["score"], column["x"]) for column in made["columns"]] == [
        (20, 52.0), (25, 195.0), (30, 338.0), (35, 481.0), (40, 624.0),
    ]  # fmt: skip
    assert [row["score"] for row in made["rows"]] == [50, 55, 60]


def test_a_line_parts_two_tiers_halfway_between_their_scores() -> None:
    made = charts.scatter(
        [unit("甲", ("20", 2), ("60", 1)), unit("乙", ("40", 1), ("55", 1)), unit("丙", ("30", 2), ("52", 2))]
    )
    assert made["tiers"] == {"dissemination": [481.0], "influence": [327.7]}  # at 35 and at 53.5


def test_a_unit_without_a_rank_has_no_dot() -> None:
    silent = unit("甲", ("0", 1), ("0", 1))
    silent["influence"]["rank"] = None
    assert charts.scatter([silent])["dots"] == []


def test_a_name_stands_where_it_covers_no_dot_and_no_other_name() -> None:
    close = [unit(f"单位{at}", (str(50 + at), 1), ("50", 1)) for at in range(3)]
    labels = [dot["label"] for dot in charts.scatter(close)["dots"]]
    assert all(labels)
    same = [unit(f"单位{at}", ("55.5", 1), ("55.5", 1)) for at in range(9)]
    shown = [dot["label"] for dot in charts.scatter(same)["dots"] if dot["label"]]
    assert len({(label["x"], label["y"]) for label in shown}) == len(shown) == 4


@pytest.mark.parametrize(
    ("scores", "span"),
    [(["23.1", "71.9"], (20, 80)), (["30", "30"], (30, 40)), ([], (0, 10)), (["0", "104.99"], (0, 110))],
)
def test_axes_begin_and_end_at_round_scores(scores: list[str], span: tuple[int, int]) -> None:
    rows = [{"id": "a", "name": "a", "rank": 1, "tier": 1, "score": D(score)} for score in scores]
    ticks = [column["score"] for column in charts.strip(rows)["columns"]]
    assert (ticks[0], ticks[-1]) == span or (ticks[0] == span[0] and span[1] - ticks[-1] < ticks[1] - ticks[0])
    assert len(ticks) <= 6


def test_scores_of_a_list_lie_on_one_axis_and_the_ground_changes_with_the_tier() -> None:
    """Scores 20 to 40 over 612 pixels from 12 on; tiers part at 27.5."""
    rows = [
        {"id": name, "name": name, "rank": rank, "tier": tier, "score": D(score)}
        for name, rank, tier, score in (
            ("a", 1, 1, "40"),
            ("b", 2, 1, "30"),
            ("c", 3, 2, "25"),
            ("d", None, None, "20"),
        )
    ]
    made = charts.strip(rows)
    assert [(tick["id"], tick["x"]) for tick in made["ticks"]] == [("a", 624.0), ("b", 318.0), ("c", 165.0)]
    assert made["shades"] == [{"x": 241.5, "width": 382.5}]


def test_a_day_of_the_stacked_chart_says_its_total_and_its_parts() -> None:
    made = charts.stacked_days(["08-01", "08-02"], ["app", "site"], {("08-01", "app"): 2, ("08-01", "site"): 1})
    assert [(day["day"], day["total"], day["counts"]) for day in made["days"]] == [
        ("08-01", 3, [("app", 2), ("site", 1)]), ("08-02", 0, []),
    ]  # fmt: skip
