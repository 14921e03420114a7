"""A synthetic month looks like a month: quiet weekends, one day that everybody writes about, no slide from first to last."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from bangdan.core.months import Month
from bangdan.demo import items, posts, world
from bangdan.demo.news_days import NewsDays
from bangdan.demo.posts import Post

AUGUST = Month(2021, 8)
MONTHS = [Month(year, number) for year in range(2018, 2024) for number in range(1, 13)]


@pytest.fixture(scope="module")
def own() -> list[Post]:
    return posts.write(world.plan(AUGUST, 0.1))


@pytest.fixture(scope="module")
def sources(own: list[Post]) -> list[Post]:
    """The source post of every reprint."""
    return [item.source for item in items.write(world.plan(AUGUST, 0.1), own) if item.source]


def is_weekend(at: datetime) -> bool:
    return at.weekday() >= 5


def test_the_event_is_on_a_working_day_away_from_both_ends_of_the_month() -> None:
    for month in MONTHS:
        day = NewsDays(month).event_day
        assert 6 <= day <= month.days - 7
        assert not is_weekend(datetime(month.year, month.number, day))  # noqa: DTZ001
    assert len({NewsDays(month).event_day for month in MONTHS}) > 10


def test_a_working_day_has_more_posts_than_a_day_of_a_weekend(own: list[Post]) -> None:
    by_day = Counter(post.at.date() for post in own)
    working = [count for day, count in by_day.items() if day.weekday() < 5]
    free = [count for day, count in by_day.items() if day.weekday() >= 5]
    assert len(by_day) == 31
    assert 0.45 < (sum(free) / len(free)) / (sum(working) / len(working)) < 0.75


def test_the_day_of_the_event_has_most_posts_and_most_reprints(own: list[Post], sources: list[Post]) -> None:
    event_day = NewsDays(AUGUST).event_day
    for written in (own, sources):
        [(day, count), (_, second), *_] = Counter(post.at.day for post in written).most_common()
        assert day == event_day
        assert count > 1.2 * second
    assert sum(source.at.day == event_day for source in sources) < 0.2 * len(sources)


def test_many_posts_of_that_day_are_about_the_event(own: list[Post]) -> None:
    event_day = NewsDays(AUGUST).event_day
    of_day, others = ([post for post in own if (post.at.day == event_day) is is_event] for is_event in (True, False))
    words = ("台风", "暴雨", "防汛")

    def share(written: list[Post]) -> float:
        return sum(any(word in post.title + post.body for word in words) for post in written) / len(written)

    assert share(of_day) > 0.2
    assert share(others) < 0.12


def test_reprints_do_not_slide_down_through_the_month(sources: list[Post]) -> None:
    """Of equal shares for each ten days, none is far off; the event lifts the third that holds it."""
    thirds = Counter(min(2, (source.at.day - 1) // 10) for source in sources)
    assert all(0.22 < thirds[third] / len(sources) < 0.52 for third in range(3))
    assert sum(source.at.day == 1 for source in sources) < 0.06 * len(sources)


def test_few_posts_are_carried_by_many(own: list[Post], sources: list[Post]) -> None:
    counts = [count for _, count in Counter(source.record_id for source in sources).most_common()]
    tenth = sum(counts[: len(own) // 10]) / len(sources)
    assert 0.3 < tenth < 0.8
    assert len(counts) > 0.3 * len(own)


@pytest.mark.parametrize(("month", "topic"), [("2021-07", "flood"), ("2021-12", "transport"), ("2022-02", "transport")])
def test_typhoons_come_in_summer(month: str, topic: str) -> None:
    assert NewsDays(Month.parse(month)).event_topic == topic
