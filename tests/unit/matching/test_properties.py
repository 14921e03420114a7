"""What must hold for any texts: written down as properties, tried on texts nobody chose."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangdan.core.months import SHANGHAI
from bangdan.matching import sketch as sketching
from bangdan.matching.text import normalise
from tests.support.matching_sets import PARAMETERS, city, match

AT = datetime(2021, 8, 10, 9, 0, tzinfo=SHANGHAI)


def passage(seed: int, length: int) -> str:
    """Running text of no meaning: 2,000 different characters, a number or a sign now and then."""
    r = random.Random(seed)
    return "".join(
        r.choice("0123456789") if r.random() < 0.05 else r.choice("，。！ \n") if r.random() < 0.06
        else chr(0x4E00 + r.randrange(2000))
        for _ in range(length)
    )  # fmt: skip


PASSAGE = st.builds(passage, st.integers(0, 2**32), st.integers(80, 400))
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def post(text: str, **other: object) -> dict:
    return {"post_id": "p1", "platform": "wechat", "account_id": "a1", "unit_id": "u1", "published_at": AT,
            "url": None, "title": "", "text": text, **other}  # fmt: skip


def item(text: str, **other: object) -> dict:
    return {"item_id": "i1", "published_at": AT + timedelta(hours=3), "title": "", "text": text, **other}


@FEW
@given(PASSAGE)
def test_an_identical_text_matches(text: str) -> None:
    (row,) = match([post(text)], [item(text)])
    assert (row["post_id"], row["match_class"], row["is_counted"]) == ("p1", "full", True)
    assert row["containment"] == 1.0


@FEW
@given(PASSAGE, st.integers(11, 10_000))
def test_an_item_older_than_the_post_is_never_its_reprint(text: str, minutes: int) -> None:
    assert match([post(text)], [item(text, published_at=AT - timedelta(minutes=minutes))]) == []


@FEW
@given(PASSAGE, PASSAGE, PASSAGE)
def test_what_stands_around_a_reprint_does_not_undo_it(text: str, before: str, after: str) -> None:
    rows = match([post(text)], [item(before[:60] + "\n" + text + "\n" + after[:60])])
    assert [row["post_id"] for row in rows if row["is_counted"]] == ["p1"]


@FEW
@given(PASSAGE)
def test_the_owners_own_copy_is_kept_and_not_counted(text: str) -> None:
    (row,) = match([post(text)], [item(text, unit_id="u1")])
    assert (row["is_counted"], row["reason"]) == (False, "self")
    (row,) = match([post(text)], [item(text, unit_id="u2")])
    assert (row["is_counted"], row["reason"]) == (False, "sibling")


def test_order_batches_and_threads_change_nothing() -> None:
    entry = city(scale=0.01)
    wanted = match(entry.posts, entry.items, entry.accounts)
    assert wanted
    shuffled_posts, shuffled_items = list(entry.posts), list(entry.items)
    random.Random(7).shuffle(shuffled_posts)
    random.Random(8).shuffle(shuffled_items)
    assert match(shuffled_posts, shuffled_items, entry.accounts, batch_rows=97, threads=2) == wanted


def test_more_unrelated_items_change_nothing() -> None:
    entry = city(scale=0.01)
    related = [one_item for one_item in entry.items if entry.truth[one_item["item_id"]][1]]
    assert match(entry.posts, related, entry.accounts) == [
        row for row in match(entry.posts, entry.items, entry.accounts) if entry.truth[row["item_id"]][1]
    ]


def test_a_family_credits_link_then_attribution_then_the_earliest() -> None:
    text = (
        "全市将于本周六起开放十二处滨江驿站，市民可在驿站内休息、饮水、借用雨具，也可以预约参加导览活动，具体名单见下。"
        * 2
    )
    posts = [post(text, post_id=f"p{n}", account_id=f"a{n}", unit_id=f"u{n}", published_at=AT + timedelta(hours=n),
                  url=f"https://weibo.com/100{n}/M{n}abc") for n in (1, 2, 3)]  # fmt: skip
    accounts = [{"account_id": f"a{n}", "name": f"滨江发布{n}", "aliases": []} for n in (1, 2, 3)]
    at = AT + timedelta(hours=9)
    rows = match(
        posts,
        [
            item(text, item_id="by_link", published_at=at, source_url_raw="https://weibo.com/1003/M3abc?from=x"),
            item(text, item_id="by_field", published_at=at, source_name_raw="滨江发布2"),
            item(text + "（来源：滨江发布3）", item_id="by_text", published_at=at),
            item(text, item_id="by_nobody", published_at=at),
        ],
        accounts,
    )
    outcomes = {row["item_id"]: (row["post_id"], row["credit_rule"]) for row in rows}
    assert outcomes == {
        "by_link": ("p3", "link"),
        "by_field": ("p2", "attribution"),
        "by_text": ("p3", "in_text"),
        "by_nobody": ("p1", "earliest"),
    }


def test_numbers_tell_two_days_of_one_bulletin_apart() -> None:
    day = "8月{0}日0至24时，全市报告新增确诊病例{1}例，治愈出院{2}例，截至8月{0}日24时累计报告{3}例，累计治愈{4}例，在院治疗{5}例。"
    own = day.format(9, 3, 6, 2257, 2163, 87) + "市卫生健康委提醒市民做好个人防护，注意手部卫生，外出请佩戴口罩。"
    other = day.format(10, 5, 2, 2262, 2165, 90) + "市卫生健康委提醒市民做好个人防护，注意手部卫生，外出请佩戴口罩。"
    assert [row for row in match([post(own)], [item(other)]) if row["is_counted"]] == []
    assert [row["is_counted"] for row in match([post(own)], [item(own)])] == [True]


@pytest.mark.parametrize(
    "text", ["", " ", "😀" * 500, "\x00\x01", "<p></p>", "短", None, "a" * 5_000_000, "，。" * 9000]
)
def test_texts_of_nothing_or_of_too_much_give_a_clean_result(text: str | None) -> None:
    plain = "本市今年计划新增公共停车泊位一万五千个，重点用于缓解老旧小区停车难，具体点位将于月底前在政府网站公布。" * 2
    rows = match([post(plain), post(text or "", post_id="p2")], [item(plain), item(text, item_id="i2")])
    assert ("i1", "p1", True) in {(row["item_id"], row["post_id"], row["is_counted"]) for row in rows}
    assert not any(row["is_counted"] for row in rows if row["item_id"] == "i2" and row["post_id"] == "p1")


def test_a_persons_decision_outweighs_the_rule_and_says_so() -> None:
    text, other = passage(1, 300), passage(2, 300)
    posts = [post(text), post(other, post_id="p2")]
    decisions = {("i1", "p1"): {"decision": "not_reprint"}, ("i1", "p2"): {"decision": "reprint"}}
    rows = match(posts, [item(text)], decisions=decisions)
    outcomes = {row["post_id"]: (row["is_counted"], row["reason"], row["decided_by"]) for row in rows}
    assert outcomes == {"p1": (False, "person", "person"), "p2": (True, None, "person")}


@pytest.mark.parametrize("text", ["", "转发微博", None, "一段没有人发布过的文字，讲述的是与本市无关的事情。" * 5])
def test_a_batch_that_matches_nothing(text: str | None) -> None:
    assert match([post(passage(1, 300))], [item(text)]) == []


def test_no_posts_and_no_items() -> None:
    assert match([], [item("一段没有人发布过的文字，讲述的是与本市无关的事情。" * 5)]) == []
    assert match([post("一段发布过的文字。" * 20)], []) == []


def test_parameters_stand_in_the_evidence_by_their_hash() -> None:
    text = "市民服务热线今日起开通夜间专席，受理供水供电供气等紧急求助，平均接通时间控制在十五秒以内。" * 3
    (first,) = match([post(text)], [item(text)])
    (second,) = match([post(text)], [item(text)], parameters=replace(PARAMETERS, min_containment=0.6))
    assert first["parameters_hash"] != second["parameters_hash"]


def test_one_sketch_function_serves_record_batches_and_duckdb() -> None:
    texts = ["市民服务热线今日起开通夜间专席，受理供水供电供气等紧急求助。" * 3, "", "短"]
    batch = pa.RecordBatch.from_pydict({"id": ["a", "b", "c"], "title": [""] * 3, "text": texts})
    (result,) = sketching.sketch_batches([batch])
    wanted = sketching.sketch(normalise(batch["title"], batch["text"]), 16, 4, 2, 300)
    assert result["hash"].to_pylist() == wanted.hash.view(np.int64).tolist()

    def grams(column: pa.ChunkedArray) -> pa.Array:
        empty = pa.array([""] * len(column))
        entry = sketching.sketch(normalise(empty, column), 16, 4, 2, 300)
        ends = np.searchsorted(entry.text, np.arange(len(column) + 1)).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(entry.hash.view(np.int64)))

    con = duckdb.connect()
    con.create_function("sketch", grams, ["VARCHAR"], "BIGINT[]", type="arrow")
    rows = con.execute("select unnest(sketch(t)) from (select unnest($1::varchar[]) as t)", [texts]).fetchall()
    assert sorted(value for (value,) in rows) == sorted(result["hash"].to_pylist())
