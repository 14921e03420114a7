"""The matching stage on a warehouse of a few rows: which posts and items of which months, and what is judged again."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core import parquet, warehouse
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.matching import growing_rows, judged_items, matcher, post_index, stage
from bangdan.matching.aliases import Aliases
from bangdan.matching.growing_rows import GrowingRows
from tests.support.matching_sets import PARAMETERS, POSTS, batches
from tests.support.matching_texts import item, letters, post
from tests.support.matching_warehouse import Home, World, local, make

pytestmark = pytest.mark.slow

TEXT = letters(0, 100)
OTHER = letters(200, 300)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse without rows, to be copied."""
    home = tmp_path_factory.mktemp("empty") / "home"
    make(home)
    return home


@pytest.fixture
def world(empty: Path, tmp_path: Path) -> World:
    home = tmp_path / "home"
    shutil.copytree(empty, home)
    return World(home)


def spaced(text: str) -> str:
    return "，".join(text[at : at + 10] for at in range(0, len(text), 10))


# What an outlet makes of a post's text, and the class that the evidence gives it.
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "whole": ({"text": TEXT}, "full"),
    "punctuated": ({"text": f"<p>{spaced(TEXT)}。</p>"}, "full"),
    "retitled": ({"text": TEXT, "title": letters(900, 920)}, "full"),
    "moved into the title": ({"text": letters(40, 100), "title": letters(0, 40)}, "full"),
    "wrapped": ({"text": letters(1_000, 1_100) + TEXT + letters(1_200, 1_300)}, "full"),
    "cut": ({"text": letters(0, 70) + letters(1_000, 1_060)}, "partial"),
    "shortened": ({"text": letters(0, 40)}, "summary"),
    "edited": ({"text": letters(0, 30) + letters(1_000, 1_009) + letters(33, 100)}, "full"),
    "forwarded": ({"text": "转发微博", "channel_type": "weibo", "repost_of_id": "1"}, "link"),
    "commented": ({"text": "赞", "channel_type": "weibo", "root_id": "1", "parent_id": "77"}, "link"),
    "answered": ({"text": "赞", "channel_type": "weibo", "parent_id": "1"}, "link"),
    "linked": ({"text": "", "source_url_raw": "https://example.cn/p/1"}, "link"),
    "read at its own address": ({"text": "", "url": "https://example.cn/p/1"}, "link"),
}


def test_every_kind_of_reprint_is_found_on_every_day_of_its_week(world: World) -> None:
    last = datetime(2021, 8, 31, 23, 59, 59)  # noqa: DTZ001 - Shanghai local
    world.post("weibo:1", local(last), TEXT, url="https://example.cn/p/1")
    # To the second of the 168th hour; the last of them lies in the next month's eighth day.
    lags = [timedelta(0), timedelta(minutes=-10), *(timedelta(days=n) for n in range(1, 8)), timedelta(hours=167)]
    wanted = {}
    for number, lag in enumerate(lags):
        for kind, (copy, match_class) in KINDS.items():
            item_id = f"{kind}, {number}"
            columns = dict(copy)
            world.item(item_id, local(last + lag), columns.pop("text"), **columns)
            wanted[item_id] = ("weibo:1", match_class, int(lag.total_seconds()), True)
    world.item("unrelated", local(last), OTHER)
    counts = world.run()
    result = {
        row["item_id"]: (row["post_id"], row["match_class"], row["lag_seconds"], row["is_counted"])
        for row in world.rows()
    }
    assert result == wanted
    assert counts == {
        "posts": 1, "items": len(wanted) + 1, "newly_judged": len(wanted) + 1, "matches": len(wanted),
        "counted_before_window": len(wanted),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "is_read"),
    [
        ("2021-07-31 23:59:59", False),
        ("2021-08-01 00:00:00", True),
        ("2021-08-31 23:59:59", True),
        ("2021-09-06 12:00:00", True),
        ("2021-09-07 23:59:59", True),
        ("2021-09-08 00:00:00", True),  # 168 hours
        ("2021-09-08 01:00:00", False),
        ("2021-09-09 00:00:00", False),
        ("2021-10-01 00:00:00", False),
        ("2020-08-15 00:00:00", False),
    ],
)
def test_items_of_the_month_and_of_168_hours_after_it_are_matched(world: World, at: str, is_read: bool) -> None:
    world.post("p1", "2021-07-20 12:00:00", TEXT)
    world.item("i1", at, TEXT)
    assert world.run()["items"] == int(is_read)
    assert [row["item_id"] for row in world.rows()] == (["i1"] if is_read and at > "2021-07" else [])


@pytest.mark.parametrize(
    ("at", "origin"),
    [
        ("2021-05-01 00:00:00", "earlier"),
        ("2021-04-30 23:59:59", "august"),
        ("2021-07-31 10:00:00", "earlier"),
        ("2021-09-01 00:00:00", "august"),
    ],
)
def test_a_copy_of_a_post_of_the_three_months_before_is_credited_to_it(world: World, at: str, origin: str) -> None:
    world.post("earlier", at, TEXT, unit_id="u2")
    world.post("august", "2021-08-05 10:00:00", TEXT)
    world.item("i1", "2021-08-20 10:00:00", TEXT)
    assert world.credited() == {"i1": origin}
    (row,) = world.rows()
    assert row["post_month"] == (at[:7] if origin == "earlier" else "2021-08")
    # A post of the month after is not compared with.
    assert {row["post_id"] for row in world.rows("families")} == {"august", origin}


def test_phrases_of_the_three_months_before_are_boilerplate(world: World) -> None:
    phrase = letters(9_000, 9_060)
    for number in range(21):
        at = f"2021-0{5 + number % 4}-1{number % 10} 10:00:00"
        world.post(f"p{number:02}", at, letters(200 * number, 200 * number + 60) + phrase)
    world.item("i1", "2021-08-20 10:00:00", phrase)
    world.run()
    assert (world.rows(), world.rows("rejected")) == ([], [])


@pytest.mark.parametrize(
    ("precision", "at", "matches"),
    [
        # The post is of 09:10:30. With ten minutes of skew an item may be of 09:00:30.
        ("second", "2021-08-10 09:00:30", True),
        ("second", "2021-08-10 09:00:29", False),
        ("minute", "2021-08-10 09:00:00", True),  # until 09:00:59
        ("minute", "2021-08-10 08:59:00", False),
        ("day", "2021-08-10 00:00:00", True),  # until 23:59:59
        ("day", "2021-08-09 00:00:00", False),
    ],
)
def test_a_time_known_to_the_minute_or_day_is_taken_at_its_end(
    world: World, precision: str, at: str, matches: bool
) -> None:
    world.post("p1", "2021-08-10 09:10:30", TEXT)
    world.item("i1", at, TEXT, published_precision=precision)
    world.run()
    assert [row["item_id"] for row in world.rows()] == (["i1"] if matches else [])
    assert [row["reason"] for row in world.rows("rejected")] == ([] if matches else ["item_older_than_post"])
    if matches:
        began = datetime.fromisoformat(at) - datetime(2021, 8, 10, 9, 10, 30)  # noqa: DTZ001
        assert world.rows()[0]["lag_seconds"] == began.total_seconds()


@pytest.mark.parametrize(
    ("precision", "at", "posted", "matches"),
    [
        ("day", "2021-08-09 00:00:00", "2021-08-10 00:09:59", True),  # ten minutes after 23:59:59
        ("day", "2021-08-09 00:00:00", "2021-08-10 00:10:00", False),
        ("minute", "2021-08-10 09:00:00", "2021-08-10 09:10:59", True),  # ten minutes after 09:00:59
        ("minute", "2021-08-10 09:00:00", "2021-08-10 09:11:00", False),
        ("second", "2021-08-10 09:00:00", "2021-08-10 09:10:00", True),
        ("second", "2021-08-10 09:00:00", "2021-08-10 09:10:01", False),
    ],
)
def test_a_day_or_minute_ends_with_its_last_second(
    world: World, precision: str, at: str, posted: str, matches: bool
) -> None:
    world.post("p1", posted, TEXT)
    world.item("i1", at, TEXT, published_precision=precision)
    world.run()
    assert len(world.rows()) == int(matches)


@pytest.mark.parametrize("column", ["repost_of_id", "parent_id", "root_id"])
def test_only_weibos_references_lead_to_a_post(world: World, column: str) -> None:
    world.post("weibo:1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", "转发", channel_type="weibo", **{column: "1"})
    world.item("i2", "2021-08-10 12:00:00", "转发", channel_type="wechat", **{column: "1"})
    assert world.credited() == {"i1": "weibo:1"}
    reference = {"repost_of_id": "repost_of_post_id", "parent_id": "parent_item_id", "root_id": "root_item_id"}[column]
    assert world.rows()[0]["evidence"] == f'{{"link":"{reference}"}}'


def test_a_link_to_an_own_forward_is_credited_where_it_began(world: World) -> None:
    world.post("weibo:1", "2021-08-10 09:00:00", TEXT)
    world.post("weibo:2", "2021-08-10 10:00:00", "转发微博", unit_id="u2", repost_of_post_id="weibo:1")
    world.item("i1", "2021-08-10 12:00:00", "转发", channel_type="weibo", repost_of_id="2")
    assert world.credited() == {"i1": "weibo:1"}


def reposts(
    world: World, *references: tuple[str, str], at: str = "2021-08-10 12:00:00", column: str = "parent_id"
) -> None:
    """Weibo items of persons: (id, id of what it repeats)."""
    for record_id, reference_id in references:
        world.item(f"weibo:{record_id}", at, "转发", channel_type="weibo", **{column: reference_id})


@pytest.mark.parametrize("column", ["repost_of_id", "parent_id", "root_id"])
def test_a_repost_of_a_repost_leads_to_the_post_where_it_began(world: World, column: str) -> None:
    world.post("weibo:1", "2021-08-10 09:00:00", TEXT)
    reposts(world, ("11", "1"), ("12", "11"), ("13", "12"), ("14", "99"), column=column)
    assert world.credited() == {"weibo:11": "weibo:1", "weibo:12": "weibo:1", "weibo:13": "weibo:1"}
    links = {row["item_id"]: row["evidence"] for row in world.rows()}
    assert links["weibo:13"] == '{"link":"origin_item_id"}'


def test_a_repost_is_followed_to_the_nearest_own_post(world: World) -> None:
    world.post("weibo:1", "2021-08-10 09:00:00", TEXT)
    world.post("weibo:2", "2021-08-10 10:00:00", "转发微博，" + TEXT[::-1], unit_id="u2")
    reposts(world, ("2", "1"), ("11", "2"), ("12", "11"))
    credited = world.credited()
    assert (credited["weibo:11"], credited["weibo:12"]) == ("weibo:2", "weibo:2")


def test_eight_reposts_are_followed_and_a_circle_ends(world: World) -> None:
    world.post("weibo:1", "2021-08-10 09:00:00", TEXT)
    reposts(world, *((str(n + 1), str(n)) for n in range(1, 12)), ("21", "22"), ("22", "21"))
    assert set(world.credited()) == {f"weibo:{n}" for n in range(2, 11)}


def test_the_repost_in_between_may_be_of_an_earlier_month(world: World) -> None:
    world.post("weibo:1", "2021-07-31 09:00:00", TEXT)
    reposts(world, ("11", "1"), at="2021-07-31 12:00:00")
    reposts(world, ("12", "11"), at="2021-08-01 12:00:00")
    assert world.credited() == {"weibo:12": "weibo:1"}


def test_the_carrying_unit_comes_from_staging(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    for item_id, unit_id in (("i1", "u1"), ("i2", "u2"), ("i3", None)):
        world.item(item_id, "2021-08-10 12:00:00", TEXT, unit_id=unit_id)
    world.run()
    assert [(row["item_id"], row["reason"]) for row in world.rows()] == [
        ("i1", "self"),
        ("i2", "sibling"),
        ("i3", None),
    ]


def test_references_are_of_the_newest_observation_and_words_of_the_newest_text(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT, url="https://example.cn/p/1")
    world.post("p2", "2021-08-10 09:00:00", OTHER, url="https://example.cn/p/2")
    world.item("i1", "2021-08-31 12:00:00", "", url="https://example.cn/p/2")
    # Its text is in a record of another load, row and month; so does a record that means nothing to it.
    world.insert(
        "raw.records", load_key="k0", source_row=7, month="2021-09", title="", text=TEXT, url="https://example.cn/p/1"
    )
    world.insert("raw.records", load_key="k0", source_row=7, month="2021-08", title="", text=letters(700, 800))
    world.insert("raw.records", load_key="k1", source_row=1, month="2021-09", title="", text=letters(700, 800))
    world.insert("raw.records", load_key="k0", source_row=1, month="2021-08", title="", text=letters(700, 800))
    world.sql("update staging.stg_channel_items set text_load_key = 'k0', text_source_row = 7, text_month = '2021-09'")
    assert world.run()["items"] == 1
    assert {(row["post_id"], row["method"]) for row in world.rows()} == {("p1", "text"), ("p2", "link")}


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [
        ("0001-01-01", "9999-12-31", True),
        ("2021-08-31", "9999-12-31", True),
        ("2021-09-01", "9999-12-31", False),
        ("0001-01-01", "2021-08-02", True),
        ("0001-01-01", "2021-08-01", False),
    ],
)
def test_a_name_that_was_used_in_the_month_can_be_attributed(
    world: World, valid_from: str, valid_to: str, holds: bool
) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.post("p2", "2021-08-10 10:00:00", TEXT, account_id="a2", unit_id="u2")
    world.name("a2", "河畔发布", valid_from, valid_to)
    world.name("a1", "滨江发布")
    world.item("i1", "2021-08-10 12:00:00", TEXT, source_name_raw="河畔发布")
    assert world.credited() == {"i1": "p2" if holds else "p1"}


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [
        ("2021-08-01", "", True),
        ("2021-08-02", "", False),
        ("2021-09-01", "", False),
        ("2021-07-01", "2021-08-01", False),  # ends on the first of the month
        ("2021-07-01", "2021-08-02", True),  # spans it
        ("2021-07-01", "2021-09-01", True),
        ("2021-07-01", "2021-07-31", False),
    ],
)
@pytest.mark.parametrize("decision", ["reprint", "not_reprint"])
def test_a_decision_holds_where_the_first_of_the_month_is_within_its_dates(
    world: World, decision: str, valid_from: str, valid_to: str, holds: bool
) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", TEXT if decision == "not_reprint" else letters(0, 40) + letters(900, 1_100))
    world.decide(("i1", "p1", decision, valid_from, valid_to))
    world.run()
    (row,) = world.rows()
    outcome = (row["decided_by"], row["is_counted"], row["reason"], row["confidence"])
    if decision == "reprint":
        assert outcome == (("person", True, None, "A") if holds else ("rule", False, "review", "review"))
    else:
        assert outcome == (("person", False, "person", "review") if holds else ("rule", True, None, "A"))


def test_a_new_decision_a_changed_one_and_one_taken_back_judge_known_items_again(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", TEXT)
    world.item("i2", "2021-08-10 12:00:00", OTHER)
    world.run()
    undecided = world.bytes()
    assert world.run()["newly_judged"] == 0

    def judged(*rows: tuple[str, str, str, str, str]) -> list[tuple]:
        world.decide(*rows)
        assert world.run()["newly_judged"] == 2
        assert world.run()["newly_judged"] == 0
        return [(row["item_id"], row["is_counted"], row["decided_by"]) for row in world.rows()]

    assert judged(("i1", "p1", "not_reprint", "2021-08-01", "")) == [("i1", False, "person")]
    assert judged(("i1", "p1", "reprint", "2021-08-01", "")) == [("i1", True, "person")]
    assert judged(("i1", "p1", "reprint", "2021-08-01", ""), ("i2", "p1", "reprint", "2021-08-01", "")) == [
        ("i1", True, "person"),
        ("i2", True, "person"),
    ]
    assert judged() == [("i1", True, "rule")]
    assert world.bytes() == undecided


def test_a_person_can_declare_a_pair_that_no_rule_found_even_an_owners_copy(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", OTHER, unit_id="u1")
    world.decide(
        ("i1", "p1", "reprint", "2021-08-01", ""),
        ("i1", "p9", "reprint", "2021-08-01", ""),  # no such post
        ("i9", "p1", "reprint", "2021-08-01", ""),  # no such item
        ("i1", "p8", "not_reprint", "2021-08-01", ""),
        ("i1", "p2", "not_reprint", "2021-08-01", ""),  # nothing to take back
    )
    world.post("p2", "2021-08-10 09:00:00", letters(400, 500))
    world.run()
    (row,) = world.rows()
    assert {name: row[name] for name in ("item_id", "post_id", "method", "match_class", "credit_rule", "decided_by",
                                         "is_counted", "reason", "confidence", "lag_seconds", "matched_chars")} == {
        "item_id": "i1", "post_id": "p1", "method": "text", "match_class": "partial", "credit_rule": "person",
        "decided_by": "person", "is_counted": True, "reason": None, "confidence": "A", "lag_seconds": 10_800,
        "matched_chars": 0,
    }  # fmt: skip


@pytest.mark.parametrize("decision", ["", "yes", "Reprint"])
def test_a_decision_of_another_word_is_an_error_that_names_the_line(world: World, decision: str) -> None:
    world.decide(("i1", "p1", "reprint", "2021-08-01", ""), ("i2", "p1", decision, "2021-08-01", ""))
    with pytest.raises(BangdanError, match=r"match_decisions.csv, line 3") as error:
        world.run()
    assert error.value.remedy == "write reprint or not_reprint"


def filled(world: World) -> None:
    """Posts of two families, three items that match, one that is rejected, one that came before the family."""
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.post("p2", "2021-08-10 10:00:00", TEXT, account_id="a2", unit_id="u2")
    world.post("p3", "2021-08-11 09:00:00", OTHER, account_id="a2", unit_id="u2")
    world.name("a1", "滨江发布")
    world.item("i1", "2021-08-10 12:00:00", TEXT)
    world.item("i2", "2021-08-12 12:00:00", OTHER)
    world.item("i3", "2021-08-12 12:00:00", letters(0, 23))
    world.item("i4", "2021-08-09 12:00:00", TEXT)
    world.item("i5", "2021-09-05 12:00:00", TEXT + OTHER)


def test_a_late_item_costs_its_own_row_and_makes_the_bytes_of_all_at_once(world: World) -> None:
    filled(world)
    world.item("i0", "2021-08-08 12:00:00", TEXT)  # before the family too, and earlier than i4
    world.item("i6", "2021-08-13 12:00:00", letters(0, 22))
    assert world.run()["newly_judged"] == 7
    wanted = world.bytes()
    assert {row["earlier_item_id"] for row in world.rows("families") if row["origin_post_id"] == "p1"} == {"i0"}
    shutil.rmtree(world.settings.evidence)
    world.sql("create table late as select * from staging.stg_channel_items where item_id in ('i0', 'i5', 'i6')")
    world.sql("delete from staging.stg_channel_items where item_id in ('i0', 'i5', 'i6')")
    assert world.run()["newly_judged"] == 4
    assert {row["earlier_item_id"] for row in world.rows("families") if row["origin_post_id"] == "p1"} == {"i4"}
    world.sql("insert into staging.stg_channel_items select * from late")
    assert world.run() == {"posts": 3, "items": 7, "newly_judged": 3, "matches": 4, "counted_before_window": 4}
    assert world.bytes() == wanted
    # And nothing is judged where nothing has come: the counts are of the whole all the same.
    assert world.run() == {"posts": 3, "items": 7, "newly_judged": 0, "matches": 4, "counted_before_window": 4}
    assert world.bytes() == wanted


def test_evidence_of_an_item_that_is_gone_goes_with_it(world: World) -> None:
    filled(world)
    world.run()
    world.sql("delete from staging.stg_channel_items where item_id in ('i1', 'i3', 'i4')")
    assert world.run() == {"posts": 3, "items": 2, "newly_judged": 0, "matches": 3, "counted_before_window": 3}
    assert {row["item_id"] for row in world.rows()} == {"i2", "i5"}
    assert world.rows("rejected") == []
    assert {row["earlier_item_id"] for row in world.rows("families")} == {None}


@pytest.mark.parametrize(
    "change",
    [
        "update raw.records set text = text || '尾' where source_row = 1",
        "update raw.records set title = '题' where source_row = 1",
        "update raw.records set url = 'https://example.cn/1' where source_row = 1",
        "update raw.records set source_name_raw = '某' where source_row = 1",
        "update raw.records set source_url_raw = 'https://example.cn/1' where source_row = 1",
        "update raw.records set title = null where source_row = 1",
        "update raw.records set title = left(text, 30), text = substr(text, 31) where source_row = 1",
        "update staging.stg_channel_items set unit_id = 'u2' where item_id = 'i1'",
        "update staging.stg_channel_items set published_precision = 'day' where item_id = 'i1'",
        "update staging.stg_channel_items set published_at = published_at + interval 1 second where item_id = 'i1'",
        "update raw.records set root_id = '1' where source_row = 1",
        "update raw.records set parent_id = '1' where source_row = 1",
        "update raw.records set repost_of_id = '1' where source_row = 1",
    ],
)
def test_an_item_that_has_changed_is_judged_again_and_no_other(world: World, change: str) -> None:
    filled(world)
    world.sql("update staging.stg_channel_items set channel_type = 'weibo'")
    world.run()
    world.sql(change)
    assert world.run()["newly_judged"] == 1
    after = world.bytes()
    shutil.rmtree(world.settings.evidence)
    world.run()
    assert world.bytes() == after


@pytest.mark.parametrize(
    "change",
    [
        "update staging.stg_posts set text = text || '尾' where post_id = 'p3'",
        "update staging.stg_posts set title = '题' where post_id = 'p3'",
        "update staging.stg_posts set url = 'https://example.cn/1' where post_id = 'p3'",
        "update staging.stg_posts set unit_id = 'u3' where post_id = 'p3'",
        "update staging.stg_posts set account_id = 'a3' where post_id = 'p3'",
        "update staging.stg_posts set published_at = published_at + interval 1 second where post_id = 'p3'",
        "update staging.stg_posts set repost_of_post_id = 'p1' where post_id = 'p3'",
        "delete from staging.stg_posts where post_id = 'p3'",
        "insert into registry.int_registry__source_names values ('a2', '河畔发布', '2021-01-01', '9999-12-31')",
        "update registry.int_registry__source_names set name = '又一发布'",
    ],
)
def test_other_posts_or_names_judge_every_item_again(world: World, change: str) -> None:
    filled(world)
    world.run()
    world.sql(change)
    assert world.run()["newly_judged"] == 5
    assert world.run()["newly_judged"] == 0


def test_other_parameters_judge_every_item_again(world: World) -> None:
    filled(world)
    world.run()
    (before,) = {row["parameters_hash"] for row in world.rows()}
    file = world.settings.seeds / "methodology" / "matching_parameters.csv"
    file.write_text(file.read_text("utf-8").replace("skew_minutes,10,", "skew_minutes,11,"), "utf-8")
    assert world.run()["newly_judged"] == 5
    (after,) = {row["parameters_hash"] for row in world.rows()}
    assert before != after


def test_parameters_of_the_months_first_day_are_used(world: World) -> None:
    filled(world)
    file = world.settings.seeds / "methodology" / "matching_parameters.csv"
    lines = file.read_text("utf-8").splitlines()
    old, new = "skew_minutes,10,0001-01-01,2021-08-01,x", "skew_minutes,5000,2021-08-01,2021-09-01,x"
    file.write_text("\n".join([*(line for line in lines if "skew" not in line), old, new]) + "\n", "utf-8")
    assert world.credited()["i4"] == "p1"  # 21 hours before the post


@pytest.mark.parametrize("table", ["matches", "rejected", "families"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damaged_evidence_is_made_again(world: World, table: str, damage: str) -> None:
    filled(world)
    world.run()
    wanted = world.bytes()
    file = world.file(table)
    if damage == "gone":
        file.unlink()
    else:
        pq.write_table(pq.read_table(file, partitioning=None).slice(0, 1), file)
    assert world.run()["newly_judged"] == 5
    assert world.bytes() == wanted


@pytest.mark.parametrize("name", ["2021-08", "2021-08-earlier"])
def test_without_the_record_of_what_was_judged_all_is_judged_again(world: World, name: str) -> None:
    filled(world)
    world.run()
    wanted = world.bytes()
    (world.settings.evidence / "judged" / f"{name}.parquet").unlink()
    assert world.run()["newly_judged"] == 5
    assert world.bytes() == wanted


def test_rows_are_in_the_order_of_items_and_posts_and_families_in_that_of_posts(world: World) -> None:
    filled(world)
    world.item("i0", "2021-08-12 12:00:00", letters(0, 22))
    world.item("i9", "2021-08-09 12:00:00", OTHER)
    world.run()
    assert [(row["item_id"], row["post_id"]) for row in world.rows()] == [
        ("i1", "p1"), ("i2", "p3"), ("i5", "p1"), ("i5", "p3"),
    ]  # fmt: skip
    assert [(row["item_id"], row["post_id"]) for row in world.rows("rejected")] == [
        ("i0", "p1"), ("i3", "p1"), ("i4", "p1"), ("i9", "p3"),
    ]  # fmt: skip
    assert [row["post_id"] for row in world.rows("families")] == ["p1", "p2", "p3"]


def test_the_hash_of_inputs_differs_by_column_by_row_and_for_nothing_and_an_empty_text() -> None:
    tables = [
        {"a": ["x", "yz"]}, {"a": ["xy", "z"]}, {"b": ["x", "yz"]}, {"a": ["x", "yz", ""]}, {"a": ["x", "yz", None]},
        {"a": ["x"], "b": ["yz"]}, {"a": ["yz", "x"]}, {"a": []},
    ]  # fmt: skip
    keys = [judged_items.inputs_hash(pa.table(entry), "parameters") for entry in tables]
    keys += [
        judged_items.inputs_hash(pa.table(tables[0]), "others"),
        judged_items.inputs_hash("parameters", pa.table(tables[0])),
    ]
    assert len(set(keys)) == len(keys)
    assert judged_items.inputs_hash(pa.table(tables[0]), "parameters") == keys[0]


def test_a_run_that_breaks_off_while_it_writes_leaves_nothing_that_counts_as_judged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(world)
    world.run()
    wanted = world.bytes()
    world.sql("delete from staging.stg_channel_items where item_id = 'i1'")

    def breaks(*_words: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(parquet, "write_table", breaks)
        with pytest.raises(OSError, match="no space left"):
            world.run()
    world.sql("insert into staging.stg_channel_items select * replace ('i1' as item_id, 1 as source_row, 1 as text_source_row, "
              "'2021-08-10 12:00:00+08:00'::timestamptz as published_at) from staging.stg_channel_items where item_id = 'i2'")  # fmt: skip
    assert world.run()["newly_judged"] == 5
    assert world.bytes() == wanted


def test_months_keep_evidence_of_their_own(world: World) -> None:
    world.post("p1", "2021-08-31 20:00:00", TEXT)
    world.item("i1", "2021-09-01 09:00:00", TEXT)
    world.item("i2", "2021-09-20 09:00:00", TEXT)
    world.run("2021-08")
    world.run("2021-09")
    assert [row["item_id"] for row in world.rows(month="2021-08")] == ["i1"]
    assert [row["item_id"] for row in world.rows(month="2021-09")] == ["i1", "i2"]
    assert world.run("2021-08")["newly_judged"] == 0


def test_the_turn_of_the_year(world: World) -> None:
    world.post("p1", "2021-11-02 20:00:00", TEXT)
    world.post("p2", "2022-01-02 20:00:00", TEXT, unit_id="u2")
    world.post("p3", "2021-12-31 20:00:00", OTHER)
    world.item("i1", "2022-01-03 09:00:00", TEXT)
    world.item("i2", "2022-01-07 19:00:00", OTHER)
    assert world.credited("2022-01") == {"i1": "p1", "i2": "p3"}
    assert world.credited("2021-12") == {"i1": "p1", "i2": "p3"}


def test_threads_and_the_order_of_rows_change_no_byte(world: World) -> None:
    filled(world)
    for number in range(30):
        at = f"2021-08-2{number % 10} 1{number % 7}:00:00"
        world.item(f"j{number * 7 % 30:02}", at, letters(number, 90) if number % 3 else OTHER)
    world.run()
    wanted = world.bytes()
    for table in ("staging.stg_posts", "staging.stg_channel_items", "raw.records"):
        world.sql(
            f"create or replace table {table} as select * from {table} order by hash({table.split('.')[1]}::varchar)"
        )
    assert world.run()["newly_judged"] == 0
    shutil.rmtree(world.settings.evidence)
    world.settings = Home(world.settings.home, threads=3, memory_limit="500MB")
    world.run()
    assert world.bytes() == wanted


def test_no_posts_and_no_items_make_empty_evidence(world: World) -> None:
    assert world.run() == {"posts": 0, "items": 0, "newly_judged": 0, "matches": 0, "counted_before_window": 0}
    assert [world.rows(name) for name in ("matches", "rejected", "families")] == [[], [], []]
    assert world.run()["items"] == 0


def test_only_what_counts_is_counted(world: World) -> None:
    filled(world)
    world.item("i7", "2021-08-12 12:00:00", TEXT, unit_id="u1")
    counts = world.run()
    assert (counts["matches"], counts["counted_before_window"]) == (5, 4)
    assert world.run() == {**counts, "newly_judged": 0}


def test_progress_reports_the_items_so_far_after_each_batch() -> None:
    reported: list[int] = []
    index = post_index.build(pa.Table.from_pylist([post(TEXT)], schema=POSTS), PARAMETERS)
    items = [item(TEXT, item_id=f"i{n}") for n in range(7)]
    nobody = Aliases.of(None, PARAMETERS.min_alias_chars)
    result = matcher.match(index, batches(items, 3), nobody, PARAMETERS, progress=reported.append, threads=2)
    assert reported == [3, 6, 7]
    assert result.items == 7


# ---- memory ---------------------------------------------------------------------------------------------------------


def test_the_hash_of_inputs_does_not_depend_on_the_rows_that_are_hashed_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = pa.table({"id": ["a", "b", None, "d", "e"], "count": [1, None, 3, 4, 5]})
    whole = judged_items.inputs_hash(table, "x")
    monkeypatch.setattr(judged_items, "ROWS_AT_A_TIME", 2)
    assert judged_items.inputs_hash(table, "x") == whole
    assert judged_items.inputs_hash(table.slice(1), "x") != whole


@pytest.mark.parametrize(
    ("limit", "share"), [("4GB", "800000KB"), ("1GB", "500000KB"), ("600MB", "500000KB"), ("300MB", "300000KB")]
)
def test_the_database_leaves_memory_to_the_matcher(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: str, share: str
) -> None:
    limits = []

    def connected(settings: Settings, **words: Any) -> Any:
        limits.append(settings.memory_limit)
        return warehouse.connect(settings, **words)

    monkeypatch.setattr(stage, "connect", connected)
    world.post("p1", "2021-08-02 12:00:00", TEXT)
    world.flush()
    stage.run(world.settings.replaced(memory_limit=limit), Month(2021, 8))
    assert set(limits) == {share}


@pytest.mark.parametrize("is_judged_before", [False, True])
def test_evidence_that_outgrows_memory_is_the_same_rows_in_the_same_order(
    world: World, monkeypatch: pytest.MonkeyPatch, is_judged_before: bool
) -> None:
    filled(world)
    if is_judged_before:
        world.run()
    world.item("i0", "2021-08-12 12:00:00", letters(0, 22))
    world.item("i9", "2021-08-09 12:00:00", OTHER)
    world.run()
    wanted = {table: world.rows(table) for table in ("matches", "rejected", "families")}
    judged = pq.read_table(world.settings.evidence / "judged" / "2021-08.parquet")
    shutil.rmtree(world.settings.evidence)
    written, write_table = set[str](), parquet.write_table

    def noted(rows: pa.Table, file: Path) -> None:
        written.add(file.name.partition("-")[0])
        write_table(rows, file)

    monkeypatch.setattr(parquet, "write_table", noted)
    monkeypatch.setattr(stage, "ROWS_SHARE", 0)
    monkeypatch.setattr(matcher, "BATCH_ROWS", 2)
    monkeypatch.setattr(growing_rows, "ROWS_AT_A_TIME", 2)
    world.run()
    assert written >= {"matches", "rejected", "items"}
    assert {table: world.rows(table) for table in wanted} == wanted
    assert pq.read_table(world.settings.evidence / "judged" / "2021-08.parquet").equals(judged)
    assert not list(world.settings.warehouse.parent.glob("*.scratch"))


def test_ids_of_judged_items_are_copies_and_do_not_keep_the_texts_of_their_batch() -> None:
    """A column of a batch that the database hands over keeps the whole batch in memory."""
    batch = pa.RecordBatch.from_pydict({"item_id": ["i1", "i2"], "fingerprint": ["f1", "f2"], "text": ["x", "y"]})
    seen = GrowingRows("items", judged_items.SCHEMA)
    assert list(stage._noted([batch], seen)) == [batch]
    copied = seen.table().to_batches()[-1]  # after one of no rows
    assert copied == batch.select(["item_id", "fingerprint"])
    assert not addresses(batch) & addresses(copied)


def addresses(batch: pa.RecordBatch) -> set[int]:
    """Where the data of a batch lie in memory."""
    return {buffer.address for column in batch.columns for buffer in column.buffers() if buffer}
