"""What a backfill has done is on disk after every step, and is read again only for the same range from the same inputs."""

from __future__ import annotations

import json

import pytest

from bangdan.backfill import journal
from bangdan.core.months import Month
from bangdan.core.settings import Settings

JULY, AUGUST = Month(2021, 7), Month(2021, 8)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(tmp_path, 1, "1GB")


def summaries(settings: Settings) -> list[dict]:
    return [summary.to_json() for summary in journal.summaries(settings)]


def broken_off(settings: Settings, key: str = "key", ended: bool = False) -> None:
    state = journal.opened(settings, JULY, AUGUST, key, [JULY, AUGUST])
    state.phases, state.months, state.seconds, state.ended = (
        ["stage", "match"],
        {"2021-07": "published"},
        12.5,
        ended,
    )
    state.write()


def test_a_range_that_broke_off_goes_on_with_what_it_had_done(settings: Settings) -> None:
    broken_off(settings)
    state = journal.opened(settings, JULY, AUGUST, "key", [AUGUST])
    assert (state.phases, state.months, state.seconds, state.ended) == (
        ["stage", "match"], {"2021-07": "published"}, 12.5, False,
    )  # fmt: skip
    assert state.wanted == ["2021-07", "2021-08"]


def test_a_month_that_is_wanted_now_joins_those_that_were(settings: Settings) -> None:
    state = journal.opened(settings, JULY, AUGUST, "key", [AUGUST])
    state.write()
    assert journal.opened(settings, JULY, AUGUST, "key", [JULY]).wanted == ["2021-07", "2021-08"]


@pytest.mark.parametrize(("key", "ended"), [("other", False), ("key", True)])
def test_another_key_or_an_end_begins_a_new_journal(settings: Settings, key: str, ended: bool) -> None:
    broken_off(settings, ended=ended)
    state = journal.opened(settings, JULY, AUGUST, key, [AUGUST])
    assert (state.key, state.phases, state.months, state.wanted, state.seconds, state.ended) == (
        key, [], {}, ["2021-08"], 0, False,
    )  # fmt: skip


def test_another_range_has_a_journal_of_its_own(settings: Settings) -> None:
    broken_off(settings)
    assert journal.opened(settings, AUGUST, AUGUST, "key", [AUGUST]).phases == []


def test_opening_writes_nothing(settings: Settings) -> None:
    journal.opened(settings, JULY, AUGUST, "key", [JULY])
    assert list(settings.home.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "key"}', '{"unknown": 1}'])
def test_a_journal_that_cannot_be_read_is_none(settings: Settings, text: str) -> None:
    broken_off(settings)
    (settings.runs / "backfill" / "2021-07..2021-08.json").write_text(text, "utf-8")
    assert summaries(settings) == []
    assert journal.opened(settings, JULY, AUGUST, "key", [JULY, AUGUST]).phases == []


@pytest.mark.parametrize(
    ("result", "is_left"),
    [("published", False), ("unchanged", False), ("pending", False), ("refused", True), (None, True)],
)
def test_a_month_is_left_until_it_is_published_or_needs_no_release(
    settings: Settings, result: str | None, is_left: bool
) -> None:
    state = journal.opened(settings, JULY, AUGUST, "key", [JULY])
    state.months = {"2021-07": result} if result else {}
    state.write()
    (report,) = summaries(settings)
    assert report["left"] == (["2021-07"] if is_left else [])
    assert (report["range"], report["wanted"], report["ended"], report["phases"]) == (
        "2021-07..2021-08",
        ["2021-07"],
        False,
        [],
    )


def test_every_range_on_record_is_told_by_its_name(settings: Settings) -> None:
    for first in (AUGUST, JULY):
        journal.opened(settings, first, AUGUST, "key", [first]).write()
    assert [result["range"] for result in summaries(settings)] == ["2021-07..2021-08", "2021-08..2021-08"]


def test_a_month_that_another_command_has_published_since_is_not_left(settings: Settings) -> None:
    def release(month: str, name: str) -> None:
        folder = settings.releases / month / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", "utf-8")

    release("2021-08", "r1")  # to be restated: its first release does not count
    journal.opened(settings, JULY, AUGUST, "key", [JULY, AUGUST]).write()
    assert [result["left"] for result in summaries(settings)] == [["2021-07", "2021-08"]]
    release("2021-07", "r1")
    assert [result["left"] for result in summaries(settings)] == [["2021-08"]]
    release("2021-08", "r2")
    assert [(result["left"], result["ended"]) for result in summaries(settings)] == [([], False)]
    # The next run of the same range sees what is published as it is then.
    assert journal.opened(settings, JULY, AUGUST, "other", [AUGUST]).left(settings) == ["2021-08"]


@pytest.mark.parametrize("key", ["key", "of other inputs"])
def test_a_range_of_which_nothing_is_left_is_ended_whatever_it_was_made_from(settings: Settings, key: str) -> None:
    broken_off(settings, key)
    journal.mark_ended(settings, JULY, AUGUST)
    assert [result["ended"] for result in summaries(settings)] == [True]


def test_a_range_without_a_journal_is_not_written_by_ending_it(settings: Settings) -> None:
    journal.mark_ended(settings, JULY, AUGUST)
    assert summaries(settings) == []


def test_a_journal_is_plain_json_for_people(settings: Settings) -> None:
    broken_off(settings)
    payload = json.loads((settings.runs / "backfill" / "2021-07..2021-08.json").read_text("utf-8"))
    assert "file" not in payload
    assert (payload["key"], payload["range"], payload["months"]) == (
        "key",
        "2021-07..2021-08",
        {"2021-07": "published"},
    )
