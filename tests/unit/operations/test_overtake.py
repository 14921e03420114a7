"""What it would cost a unit to pass another: exactly the fewest, and what would stop it."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from bangdan.cli import cli
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.operations import overtake
from bangdan.operations.overtake import Way
from tests.support import small_city
from tests.support.small_city import AUGUST


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = small_city.build(tmp_path_factory.mktemp("overtake") / "home", "2021-08")
    small_city.publish(settings)
    return settings


def ways(settings: Settings, unit: str, other: str, dimension: str) -> dict[tuple[str, ...], Way]:
    """Indicators of the way → the way."""
    return {tuple(way.extra): way for way in overtake.ways_to_pass(settings, AUGUST, unit, other, dimension)}


def indicators(unit: str, dimension: str) -> list[overtake.Indicator]:
    rows = [row for row in small_city.indicators("2021-08") if row["unit_id"] == unit and row["dimension"] == dimension]
    return [
        overtake.Indicator(
            row["indicator_id"], row["value"] or 0, row["weight"], row["goalpost"], row["transformation"]
        )
        for row in rows
    ]


def score(unit: str, dimension: str, bonus: str, extra: dict[str, int]) -> Decimal:
    points = sum(indicator.points(extra.get(indicator.indicator_id, 0)) for indicator in indicators(unit, dimension))
    return (points + Decimal(bonus)).quantize(Decimal("0.01"))


def test_one_fewer_of_an_indicator_would_not_pass(city: Settings) -> None:
    result = ways(city, "310110", "310101", "dissemination")  # 34.25 against 35.25
    assert {("news_app",), ("news_site",), ("wechat",), ("weibo",)} <= result.keys()
    for names, way in result.items():
        assert way.score > Decimal("35.25")
        assert way.score == score("310110", "dissemination", "0.5", way.extra)
        for name in names:
            fewer = {**way.extra, name: way.extra[name] - 1}
            assert score("310110", "dissemination", "0.5", fewer) <= Decimal("35.25")


def test_reprints_of_all_channels_together_are_the_fewest_of_any_mixture(city: Settings) -> None:
    result = ways(city, "310110", "310101", "dissemination")
    fewest = min(sum(way.extra.values()) for way in result.values())
    names = [indicator.indicator_id for indicator in indicators("310110", "dissemination")]
    mixtures = (
        dict(zip(names, counts, strict=True)) for counts in product(range(fewest), repeat=4) if sum(counts) < fewest
    )
    assert [extra for extra in mixtures if score("310110", "dissemination", "0.5", extra) > Decimal("35.25")] == []


def test_an_indicator_whose_whole_weight_is_not_enough_is_no_way(city: Settings) -> None:
    assert set(ways(city, "310110", "310104", "influence")) == {("read",)}  # 50.5 against 70: only reads hold 19.5


def test_reprints_need_outlets_as_each_counts_once_a_post(city: Settings) -> None:
    result = ways(city, "310110", "310101", "dissemination")
    posts = 1_500  # of 310110 in August
    assert {way.least_outlets for way in result.values()} == {
        -(-max(way.extra.values()) // posts) for way in result.values()
    }
    assert {way.least_outlets for way in ways(city, "310110", "310104", "influence").values()} == {None}


def test_a_unit_that_is_ahead_needs_nothing(city: Settings) -> None:
    assert ways(city, "310104", "310101", "dissemination") == {}


@pytest.mark.parametrize(
    ("unit", "other", "message"),
    [
        ("310110", "d-wjw", "杨浦区 and 市卫健委 are in different lists"),
        ("310110", "nobody", "'nobody' has no rank in 2021-08"),
        ("p-zgh", "d-wjw", "'p-zgh' has no rank in 2021-08"),
    ],
)
def test_units_that_cannot_be_compared_are_wrong_usage(city: Settings, unit: str, other: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        overtake.ways_to_pass(city, AUGUST, unit, other)


@pytest.mark.parametrize(("allowed", "stopped"), [(1, []), (0, ["by one item", "by one outlet", "on one day"])])
def test_what_lifts_a_unit_beyond_its_interval_is_stopped_by_the_limits_of_the_city(
    city: Settings, tmp_path: Path, allowed: int, stopped: list[str]
) -> None:
    # From the third place to the first, where intervals are one rank wide.
    limits = tmp_path / "rules" / "quality_floors.csv"
    limits.parent.mkdir()
    header = "gate,measure,scope,value,valid_from,valid_to,declared_by,declared_on,reason"
    rows = [
        f"ranking,{measure},,{allowed},2019-01-01,,评议组,2021-01-04,限额"
        for measure in ("leverage_ranks", "one_sided_share")
    ]
    limits.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    (way,) = ways(city.replaced(city=tmp_path), "310101", "310104", "influence").values()
    assert (way.rank, way.stopped_if) == (1, stopped)


def test_the_command_prints_a_line_for_each_way(city: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(city.home))
    words = ["explain", "--month", "2021-08", "--unit", "杨浦区", "--to-pass", "徐汇区", "--dimension", "influence"]
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert "influence: " in done.output
    assert "more in read" in done.output
