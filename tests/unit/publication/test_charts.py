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
