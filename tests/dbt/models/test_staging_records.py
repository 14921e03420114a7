"""Records as staged: whose each is, which observation and which text stand for it, and what of a person is left out."""

# Staging holds Shanghai wall-clock times without a zone.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import datetime
from hashlib import md5
from typing import Any

import pytest

from tests.support.models_in_memory import METRICS, Town, shanghai

AT = "2021-08-10 12:00:00"


def post(record_id: str = "1", **more: Any) -> dict[str, Any]:
    """A record of the registered account `a`, whose key is `ka`."""
    return {"account_key": "ka", "record_id": record_id, "at": AT, "account_pseudonym": "pa", "item_salt": "s", **more}


def item(record_id: str = "1", **more: Any) -> dict[str, Any]:
    """A record of an account that is in no registry."""
    return {
        "account_key": "stranger", "account_name_raw": "路人", "record_id": record_id, "at": AT, "account_pseudonym": "f1",
        "item_salt": "s", **more,
    }  # fmt: skip


@pytest.fixture
def place(town: Town) -> Town:
    town.units({"unit_id": "u", "unit_name": "甲局"}, {"unit_id": "w", "unit_name": "乙局"})
    town.accounts(
        {"account_id": "a", "unit_id": "u", "account_key": "ka", "account_name": "甲发布", "aliases": ["旧名"]}
    )
    town.channels(
        {"outlet_id": "wechat:paper", "channel_type": "wechat", "account_key_type": "wx_biz", "account_key": "kp",
         "outlet_name": "日报", "aliases": ["老报"]},
        {"outlet_id": "wechat:f9", "channel_type": "wechat", "account_key_type": "wx_biz", "account_key": "kx",
         "outlet_name": "某人", "account_pseudonym": "f9", "is_organization": False},
    )  # fmt: skip
    return town


def staged(town: Town, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Each record: whose it is, with the counts of its newest observation and what is kept of its words."""
    town.records(*rows)
    town.build("stg_posts", "stg_channel_items", "stg_observations")
    return town.table(
        f"""
        select
            owned.*,
            attributed.is_repost,
            attributed.repost_of_post_id,
            posts.record_id,
            posts.is_deleted,
            items.published_precision,
            {", ".join(f"observations.{name}_count" for name in METRICS)}
        from intermediate.int_records__owned as owned
        left join intermediate.int_records__attributed as attributed using (item_id)
        left join staging.stg_posts as posts on owned.item_id = posts.post_id
        left join staging.stg_channel_items as items using (item_id)
        left join staging.stg_observations as observations
            on owned.counts_load_key = observations.load_key and owned.counts_source_row = observations.source_row
        order by owned.item_id
        """
    )


# ---- whose it is ----------------------------------------------------------------------------------------------------

WHOSE: dict[str, tuple[dict[str, Any], str | None]] = {
    "its key": ({"account_key": "ka"}, "a"),
    "a key of another channel": ({"account_key": "ka", "channel_type": "weibo"}, None),
    "its name where there is no key": ({"account_key": None, "account_name_raw": "甲发布"}, "a"),
    "its alias where there is no key": ({"account_key": None, "account_name_raw": "旧名"}, "a"),
    "its name where the name is the key": ({"account_key": "甲发布", "account_key_type": "name"}, "a"),
    "its name beside a key that is not its": ({"account_key": "other", "account_name_raw": "甲发布"}, None),
    "its name in place of a key of another kind": ({"account_key": "甲发布", "account_key_type": "wx_biz"}, None),
    "its key in place of a name": ({"account_key": None, "account_name_raw": "ka"}, None),
    "another name where the key is a name": (
        {"account_key": "别人", "account_key_type": "name", "account_name_raw": "甲发布"}, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("known_by", WHOSE)
def test_a_record_is_the_registered_accounts_only_by_what_the_account_is_known_by(place: Town, known_by: str) -> None:
    given, wanted = WHOSE[known_by]
    (row,) = staged(place, item(**given))
    assert (row["account_id"], row["unit_id"]) == (wanted, "u" if wanted else None)
    assert row["is_private"] is (wanted is None)
    posts = place.ask("select account_id from staging.stg_posts")
    assert posts == ([("a",)] if wanted else [])


def test_a_record_under_a_name_that_two_accounts_share_is_nobodys_and_is_listed(place: Town) -> None:
    place.accounts(
        {"account_id": "b", "unit_id": "w", "account_key": "kb", "account_name": "乙发布", "aliases": ["旧名"]}
    )
    (row,) = staged(place, item(account_key=None, account_name_raw="旧名"))
    assert (row["account_id"], row["unit_id"]) == (None, None)
    place.build("qc_unmapped_channels")
    assert place.ask("select outlet_id, item_count from review.qc_unmapped_channels") == [("wechat:f1", 1)]


OUTLETS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "its key": ({"account_key": "kp"}, "wechat:paper", True),
    "its name in an export that keys accounts otherwise": (
        {"account_key": "9", "account_key_type": "app_id", "account_name_raw": "日报"}, "wechat:paper", True,
    ),
    "its alias in an export of names": (
        {"account_key": "老报", "account_key_type": "name", "account_name_raw": "老报"}, "wechat:paper", True,
    ),
    "its name in an export without a kind of key": (
        {"account_key": None, "account_key_type": None, "account_name_raw": "日报"}, "wechat:paper", True,
    ),
    # Anyone may call himself after a newspaper.
    "its name beside another key of the same kind": (
        {"account_key": "9", "account_key_type": "wx_biz", "account_name_raw": "日报"}, "wechat:f1", False,
    ),
    "its name on another channel": (
        {"account_key": "9", "account_key_type": "name", "account_name_raw": "日报", "channel_type": "news_app"}, "news_app:f1", False,
    ),
    "its key and the name of another": ({"account_key": "kp", "account_name_raw": "晚报"}, "wechat:paper", True),
    "a person's pseudonym": ({"account_pseudonym": "f9"}, "wechat:f9", True),
    "a person's key": ({"account_key": "kx"}, "wechat:f1", False),
    "a person's name": ({"account_key": None, "account_key_type": "name", "account_name_raw": "某人"}, "wechat:f1", False),
    "nothing": ({}, "wechat:f1", False),
}  # fmt: skip


@pytest.mark.parametrize("known_by", OUTLETS)
def test_an_item_is_the_outlets_only_by_what_the_outlet_is_known_by(place: Town, known_by: str) -> None:
    given, outlet_id, is_mapped = OUTLETS[known_by]
    place.channels(
        {
            "outlet_id": "wechat:evening",
            "channel_type": "wechat",
            "account_key_type": "name",
            "account_key": "晚报",
            "outlet_name": "晚报",
        }
    )
    (row,) = staged(place, item(**given))
    assert (row["outlet_id"], row["is_mapped"]) == (outlet_id, is_mapped)
    assert row["is_private"] is (outlet_id[-2:] in ("f1", "f9"))


def test_an_item_under_a_name_that_two_outlets_share_is_neithers_and_is_listed(place: Town) -> None:
    place.channels(
        {
            "outlet_id": "wechat:b",
            "channel_type": "wechat",
            "account_key_type": "wx_biz",
            "account_key": "kb",
            "outlet_name": "日报",
        }
    )
    staged(place, item(account_key="日报", account_key_type="name", account_name_raw="日报"))
    place.build("qc_unmapped_channels")
    assert place.ask("select channel_type, outlet_id, item_count from review.qc_unmapped_channels") == [
        ("wechat", "wechat:f1", 1)
    ]


def test_a_registered_accounts_outlet_without_registry_row_is_its_channel_and_key(place: Town) -> None:
    (row,) = staged(place, post())
    assert (row["outlet_id"], row["is_mapped"], row["is_private"]) == ("wechat:ka", False, False)


SPAN = [
    ("2021-08-09 23:59:59", True),
    ("2021-08-10 00:00:00", False),
    ("2021-08-19 23:59:59", False),
    ("2021-08-20 00:00:00", True),
]


@pytest.mark.parametrize(("at", "is_private"), SPAN)
def test_an_organization_is_one_from_its_first_day_until_the_day_its_span_ends(
    town: Town, at: str, is_private: bool
) -> None:
    town.channels(
        {
            "outlet_id": "wechat:o",
            "channel_type": "wechat",
            "account_key": "ko",
            "valid_from": "2021-08-10",
            "valid_to": "2021-08-20",
        }
    )
    (row,) = staged(town, item(account_key="ko", at=at))
    assert row["is_private"] is is_private


def test_of_overlapping_spans_of_an_outlet_a_record_meets_one(town: Town) -> None:
    outlet = {"outlet_id": "wechat:o", "channel_type": "wechat", "account_key": "ko"}
    town.channels(
        {**outlet, "valid_from": "2021-01-01"}, {**outlet, "valid_from": "2021-08-05", "valid_to": "2021-08-20"}
    )
    town.records(item("1", account_key="ko"), item("2", account_key="ko", at="2021-08-25 12:00:00"))
    town.build("int_observations__ranked")
    rows = town.ask(
        "select published_at_local::date::varchar, is_private from intermediate.int_observations__ranked order by 1"
    )
    assert rows == [("2021-08-10", False), ("2021-08-25", True)]


OWNERS = [
    ("2021-08-14 23:59:59", "u"), ("2021-08-15 00:00:00", "w"), ("2021-08-19 23:59:59", "w"), ("2021-08-20 00:00:00", None),
    ("2021-07-31 23:59:59", None), ("2021-08-01 00:00:00", "u"),
]  # fmt: skip


@pytest.mark.parametrize(("at", "unit"), OWNERS)
def test_a_post_is_the_units_that_owned_the_account_at_its_second_and_else_nobodys(
    town: Town, at: str, unit: str | None
) -> None:
    """u from the 1st, w from the 15th until the 20th: a span holds its begin and not its end."""
    account = {"account_id": "a", "account_key": "ka"}
    town.accounts(
        {
            **account,
            "unit_id": "u",
            "valid_from": shanghai("2021-08-01 00:00:00"),
            "valid_to": shanghai("2021-08-15 00:00:00"),
        },
        {
            **account,
            "unit_id": "w",
            "valid_from": shanghai("2021-08-15 00:00:00"),
            "valid_to": shanghai("2021-08-20 00:00:00"),
        },
    )
    staged(town, post(at=at))
    assert town.ask("select account_id, unit_id, is_unowned from staging.stg_posts") == [("a", unit, unit is None)]


def test_under_two_units_at_a_time_a_post_is_one_row_of_the_first_by_id(town: Town) -> None:
    account = {"account_id": "a", "account_key": "ka"}
    town.accounts(
        {**account, "unit_id": "w"}, {**account, "unit_id": "u", "valid_from": shanghai("2021-08-01 00:00:00")}
    )
    staged(town, post())
    assert town.ask("select unit_id from staging.stg_posts") == [("u",)]


def test_the_owner_of_an_item_is_named_only_where_its_unit_is_ranked(town: Town) -> None:
    town.units({"unit_id": "ranked"}, {"unit_id": "city", "ranking_list": None})
    town.accounts(
        {"account_id": "a", "unit_id": "ranked", "account_key": "ka"},
        {"account_id": "c", "unit_id": "city", "account_key": "kc"},
    )
    staged(town, post("1"), post("2", account_key="kc"))
    assert town.ask("select account_id, unit_id from staging.stg_channel_items order by 1") == [
        ("a", "ranked"),
        ("c", None),
    ]
    assert town.ask("select account_id, unit_id from staging.stg_posts order by 1") == [("a", "ranked"), ("c", "city")]


def test_where_two_exports_disagree_whose_a_record_is_the_registered_account_has_it(town: Town) -> None:
    town.accounts(
        {"account_id": "a", "unit_id": "u", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "1"}
    )
    (row,) = staged(
        town,
        post("77", channel_type="weibo", account_key="1", seen="2021-08-11 08:00:00"),
        item("77", channel_type="weibo", account_key="2", seen="2021-08-12 08:00:00"),
    )
    assert (row["item_id"], row["account_id"]) == ("weibo:77", "a")
    assert town.ask("select distinct item_id from staging.stg_observations") == [("weibo:77",)]


# ---- identity -------------------------------------------------------------------------------------------------------


def test_weibo_numbers_are_unique_and_other_numbers_are_so_only_within_their_account(place: Town) -> None:
    place.accounts({"account_id": "b", "unit_id": "u", "account_key": "kb"})
    place.accounts({"account_id": "wb", "unit_id": "u", "platform": "weibo", "account_key": "1"})
    place.accounts({"account_id": "by name", "unit_id": "u", "account_name": "只有名"})
    result = staged(
        place, post("1"), post("1", account_key="kb"), post("1", account_key=None, account_name_raw="只有名"),
        post("1", channel_type="weibo", account_key="1"),
    )  # fmt: skip
    assert [(row["item_id"], row["account_id"]) for row in result] == [
        ("wechat::1", "by name"), ("wechat:ka:1", "a"), ("wechat:kb:1", "b"), ("weibo:1", "wb"),
    ]  # fmt: skip


def test_of_a_person_only_hashes_and_counts_are_staged(place: Town) -> None:
    place.build("stg_exports")
    (row,) = staged(
        place,
        item(
            "rec-77",
            url="https://x/rec-77",
            title="题目",
            text="正文",
            topics=["话题"],
            alt_id="alt",
            source_name_raw="某地发布",
            like_count=4,
        ),
    )
    hashed = "wechat:p" + md5(b"s:rec-77").hexdigest()[:24]
    assert (row["item_id"], row["outlet_id"], row["like_count"]) == (hashed, "wechat:f1", 4)
    stored = [table for table in place.made if not table.startswith("raw.")]
    assert {"intermediate.int_observations__ranked", "intermediate.int_records__attributed"} <= set(stored)
    rows = {table: repr(place.ask(f"select * from {table}")) for table in stored}
    words = ("rec-77", "题目", "正文", "话题", "alt", "某地发布", "路人", "stranger")
    assert [(table, word) for table, text in rows.items() for word in words if word in text] == []
    assert place.ask("select item_id, url, title, is_private from staging.stg_channel_items") == [
        (hashed, None, None, True)
    ]


def test_of_an_organization_its_words_stay(place: Town) -> None:
    staged(place, item("77", account_key="kp", url="https://x/77", title="题目", source_name_raw="无名"))
    assert place.ask("select source_name_raw from staging.stg_channel_items") == [("无名",)]
    assert place.ask("select item_id, url, title, is_private from staging.stg_channel_items") == [
        ("wechat:kp:77", "https://x/77", "题目", False)
    ]


# ---- which observation, which text ----------------------------------------------------------------------------------


def test_the_newest_observation_has_the_counts_and_lends_no_older_number(place: Town) -> None:
    (row,) = staged(
        place, post(seen="2021-08-12 08:00:00", like_count=7, is_deleted=True),
        post(seen="2021-08-13 08:00:00", like_count=None, read_count=9),
    )  # fmt: skip
    assert (row["like_count"], row["read_count"], row["is_deleted"]) == (None, 9, False)
    assert row["observed_at"].strftime("%m-%d %H:%M") == "08-13 08:00"


def test_an_observation_without_a_time_was_made_when_its_export_was_received(place: Town) -> None:
    place.export("late", "2021-09-25 09:00:00")
    (row,) = staged(
        place, post(load_key="late", like_count=2), post(seen="2021-09-24 09:00:00", like_count=1), post(like_count=0)
    )
    assert (row["like_count"], row["observed_at"].strftime("%m-%d %H:%M")) == (2, "09-25 09:00")


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("larger", ["b", "zz"])
def test_of_two_observations_of_one_moment_the_larger_counts_stand_whatever_their_export(
    place: Town, metric: str, larger: str
) -> None:
    for key in ("b", "zz"):
        place.export(key, "2021-09-20 09:00:00")
    larger_counts = {"like_count": 4, f"{metric}_count": 5}
    rows = [post(load_key=key, **(larger_counts if key == larger else {"like_count": 4})) for key in ("b", "zz")]
    (row,) = staged(place, *rows)
    assert (row["counts_load_key"], row[f"{metric}_count"]) == (larger, 5)


def test_observations_of_one_moment_with_the_same_counts_are_ordered_by_export_and_then_by_row(place: Town) -> None:
    place.export("b", "2021-09-20 09:00:00")
    place.export("zz", "2021-09-20 09:00:00")
    seen = "2021-08-12 08:00:00"
    rows = [post(load_key=key, seen=seen, like_count=1) for key in ("zz", "zz", "b", "one")]
    (row,) = staged(place, *rows)
    assert (row["counts_load_key"], row["counts_source_row"]) == ("zz", 2)
    assert (row["load_key"], row["source_row"]) == ("b", 3)  # of equals that were first seen together, the other end


TEXTS: dict[str, tuple[list[tuple[str | None, str | None]], tuple[str | None, str | None]]] = {
    # (title, text) of the observations from old to new → of the post
    "a later export without body changes nothing": ([("旧题", "旧文"), ("新题", None)], ("旧题", "旧文")),
    "a body that comes later": ([("旧题", None), ("新题", "新文")], ("新题", "新文")),
    "an empty body is none": ([("旧题", ""), ("新题", "新文")], ("新题", "新文")),
    "of two bodies the first seen": ([("旧题", "旧文"), ("新题", "新文")], ("旧题", "旧文")),
    "of two bodies the one with a title": ([(None, "旧文"), ("新题", "新文")], ("新题", "新文")),
    "a body goes before a title": ([(None, "旧文"), ("新题", None)], (None, "旧文")),
    "without any body the first title": ([("旧题", None), ("新题", None)], ("旧题", None)),
    "an empty title is none": ([("", None), ("新题", None)], ("新题", None)),
    "the first of three bodies": ([("一", "一"), ("二", "二"), ("三", "三")], ("一", "一")),
}


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("is_reversed", [False, True], ids=["old row first", "new row first"])
def test_the_text_is_the_first_observations_that_has_one_and_the_counts_are_the_newest(
    place: Town, case: str, is_reversed: bool
) -> None:
    given, wanted = TEXTS[case]
    rows = [
        post(title=title, text=text, like_count=day, seen=f"2021-08-{day:02d} 08:00:00")
        for day, (title, text) in enumerate(given, 12)
    ]
    staged(place, *(rows[::-1] if is_reversed else rows))
    assert place.ask("select title, text, like_count from staging.stg_posts") == [(*wanted, 11 + len(given))]
    assert place.ask("select title from staging.stg_channel_items") == [(wanted[0],)]


def test_a_text_is_fetched_from_the_month_and_export_where_it_stands(place: Town) -> None:
    """A time changed over the month's end: the first holds, the text that came later is in the other month's folder."""
    place.export("two", "2021-09-21 09:00:00")
    place.put("raw.records")
    place.records(
        post(at="2021-08-31 23:50:00", title="旧题", source_row=5, seen="2021-09-01 08:00:00"),
        post(at="2021-09-01 00:10:00", title="新题", text="新文", source_row=5, load_key="two", seen="2021-09-02 08:00:00", like_count=3),
        post("2", at="2021-09-01 00:10:00", title="别题", text="别文", source_row=5, seen="2021-09-02 08:00:00"),
    )  # fmt: skip
    place.build("stg_channel_items", "stg_posts")
    rows = place.ask("select item_id, published_month, title, text_month from staging.stg_channel_items order by 1")
    assert rows == [("wechat:ka:1", "2021-08", "新题", "2021-09"), ("wechat:ka:2", "2021-09", "别题", "2021-09")]
    assert place.ask("select published_month, text, like_count from staging.stg_posts") == [("2021-08", "新文", 3)]


def test_every_observation_is_kept_with_its_own_counts(place: Town) -> None:
    counts = {f"{name}_count": n for n, name in enumerate(METRICS, 1)} | {
        f"{name}_count_qualifier": name for name in METRICS
    }
    staged(
        place,
        post(seen="2021-08-12 08:00:00", read_unit="people", **counts),
        post(seen="2021-08-13 08:00:00", like_count=50),
    )
    rows = place.table("select * from staging.stg_observations order by source_row")
    assert [row["like_count"] for row in rows] == [3, 50]
    assert {name: rows[0][name] for name in counts} == counts
    assert (rows[0]["item_id"], rows[0]["read_unit"], rows[0]["published_month"]) == (
        "wechat:ka:1",
        "people",
        "2021-08",
    )
    ranked = "select item_id, is_first_seen, source_row, counts_source_row from intermediate.int_observations__ranked order by 3"
    assert place.ask(ranked) == [("wechat:ka:1", True, 1, 2), ("wechat:ka:1", False, 2, 2)]


def test_a_post_has_all_counts_of_its_newest_observation(place: Town) -> None:
    counts = {f"{name}_count": n for n, name in enumerate(METRICS, 1)} | {
        f"{name}_count_qualifier": name for name in METRICS
    }
    flags = {
        "is_original": True,
        "original_evidence": "flag",
        "is_deleted": True,
        "position": 2,
        "alt_id": "alt",
        "topics": ["话题"],
        "url": "u",
    }
    staged(place, post(seen="2021-08-12 08:00:00", read_unit="people", **counts, **flags))
    (row,) = place.table("select * from staging.stg_posts")
    wanted = {
        **counts,
        **flags,
        "read_unit": "people",
        "platform": "wechat",
        "record_id": "1",
        "post_id": "wechat:ka:1",
    }
    wanted["is_original_flag"] = wanted.pop("is_original")
    assert {name: row[name] for name in wanted} == wanted
    assert row["published_at_local"] == datetime(2021, 8, 10, 12)


@pytest.mark.parametrize(("given", "staged_as"), [(None, "second"), ("minute", "minute"), ("day", "day")])
def test_a_time_of_unsaid_precision_is_known_to_the_second(place: Town, given: str | None, staged_as: str) -> None:
    (row,) = staged(place, post(published_precision=given))
    assert row["published_precision"] == staged_as


# ---- reposts and attributions ---------------------------------------------------------------------------------------


def test_a_repost_names_the_own_weibo_post_that_it_carries(town: Town) -> None:
    town.accounts(
        {"account_id": "wb", "unit_id": "u", "platform": "weibo", "account_key": "1"},
        {"account_id": "wx", "unit_id": "u", "platform": "wechat", "account_key": "2"},
    )
    weibo = {"channel_type": "weibo", "account_key": "1"}
    result = staged(
        town, post("10", **weibo), post("11", repost_of_id="10", **weibo), post("12", repost_of_id="999", **weibo),
        post("13", account_key="2", repost_of_id="10"), item("14", channel_type="weibo"), post("15", repost_of_id="14", **weibo),
    )  # fmt: skip
    assert {row["record_id"]: (row["is_repost"], row["repost_of_post_id"]) for row in result if row["record_id"]} == {
        "10": (False, None), "11": (True, "weibo:10"), "12": (True, None), "13": (True, None), "15": (True, None),
    }  # fmt: skip


SOURCES: dict[str, tuple[dict[str, Any], str | None]] = {
    "a medium names a registered account": ({"account_key": "kp", "source_name_raw": "甲发布"}, "甲发布"),
    "a medium names a unit": ({"account_key": "kp", "source_name_raw": "甲局"}, "甲局"),
    "a medium names somebody unknown": ({"account_key": "kp", "source_name_raw": "无名"}, "无名"),
    "a medium names a person": ({"account_key": "kp", "source_name_raw": "某甲"}, None),
    "a person names a registered account": ({"source_name_raw": "旧名"}, "旧名"),
    "a person names somebody unknown": ({"source_name_raw": "无名"}, None),
    "an own account names somebody unknown": ({"account_key": "ka", "source_name_raw": "无名"}, "无名"),
    "on weibo somebody unknown is a person": (
        {"channel_type": "weibo", "account_key": "w", "source_name_raw": "无名"}, None,
    ),
    "on weibo a registered account": ({"channel_type": "weibo", "account_key": "w", "source_name_raw": "甲发布"}, "甲发布"),
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCES)
def test_an_attribution_is_kept_where_it_is_a_registered_name_or_what_a_medium_prints(place: Town, case: str) -> None:
    given, wanted = SOURCES[case]
    place.channels(
        {"outlet_id": "weibo:w", "channel_type": "weibo", "account_key_type": "weibo_uid", "account_key": "w"}
    )
    staged(place, item("1", **given), item("2", account_key="k2", account_name_raw="某甲"))
    rows = place.ask("select source_name_raw from staging.stg_channel_items where source_row = 1")
    assert rows == [(wanted,)]


# ---- months ---------------------------------------------------------------------------------------------------------

MONTHS = ["2021-04", "2021-05", "2021-06", "2021-07", "2021-08", "2021-09", "2021-10"]


def test_posts_of_three_months_back_and_items_of_the_month_and_the_next_are_staged(place: Town) -> None:
    place.records(*(post(month, at=f"{month}-15 12:00:00") for month in MONTHS))
    place.records(*(item(month, at=f"{month}-15 12:00:00", account_key="kp") for month in MONTHS))
    place.build("stg_posts", "stg_channel_items", "stg_observations")
    assert [m for (m,) in place.ask("select published_month from staging.stg_posts order by 1")] == MONTHS[1:5]
    for model in ("stg_channel_items", "stg_observations"):
        rows = place.ask(f"select published_month, count(*) from staging.{model} group by 1 order by 1")
        assert rows == [("2021-08", 2), ("2021-09", 2)]
    of_outlets = "select published_month from intermediate.int_records__owned where account_id is null order by 1"
    assert [m for (m,) in place.ask(of_outlets)] == MONTHS[4:6]
    of_accounts = "select published_month from intermediate.int_records__owned where account_id is not null order by 1"
    assert [m for (m,) in place.ask(of_accounts)] == MONTHS[1:6]


def test_a_time_given_with_a_zone_is_staged_by_the_clock_of_shanghai(place: Town) -> None:
    (row,) = staged(place, post(at=None, month="2021-09", published_at="2021-08-31 16:00:00+00"))
    assert row["published_at_local"] == datetime(2021, 9, 1)


def test_records_of_an_export_that_is_not_in_the_manifest_are_not_staged(place: Town) -> None:
    assert staged(place, post(load_key="not in the manifest")) == []
