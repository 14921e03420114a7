"""Links from an item to a post: what two addresses have in common, and which reference is believed first."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.matching_texts import AT, item, judge, letters, match_of, post

ARTICLE = "https://mp.weixin.qq.com/s?__biz=MzA1&mid=2650&idx=1&sn=abc&chksm=def&scene=27#wechat_redirect"


def linked(post_url: str | None, item_url: str | None, column: str = "url") -> bool:
    """Does an item of other words lead to the post by its address?"""
    entry = post(letters(0, 100), url=post_url)
    rows = judge([entry], [item("转发", **{column: item_url})])[0]
    return [row["post_id"] for row in rows] == ["p1"]


@pytest.mark.parametrize("column", ["url", "source_url_raw"])
@pytest.mark.parametrize(
    ("post_url", "item_url"),
    [
        (ARTICLE, ARTICLE),
        (ARTICLE, "http://mp.weixin.qq.com/s?idx=1&mid=2650&__biz=MzA1"),
        (ARTICLE, "https://mp.weixin.qq.com/s?__biz=MzA1&mid=2650&idx=1&from=timeline"),
        (
            "https://mp.weixin.qq.com/s?__biz=MzA1%3D%3D&mid=1&idx=1",
            "https://mp.weixin.qq.com/s?__biz=MzA1==&mid=1&idx=1",
        ),
        ("https://mp.weixin.qq.com/s/Ab_9-x", "https://mp.weixin.qq.com/s/Ab_9-x?from=groupmessage"),
        ("https://weibo.com/1001/M1abc", "https://m.weibo.cn/status/M1abc"),
        ("https://weibo.com/1001/M1abc", "https://www.weibo.com/1001/M1abc/?type=comment"),
        ("https://weibo.cn/1001/M1abc", "http://WEIBO.com/9/M1abc#top"),
        ("https://www.example.cn/a/1.html", "http://example.cn/a/1.html"),
        ("https://m.example.cn/a/1.html", "https://example.cn/a/1.html/"),
        ("https://example.cn/a?id=7&page=2", "https://EXAMPLE.cn/a?page=2&id=7"),
        ("https://example.cn/a?id=7", "https://example.cn/a?id=7&utm_source=x&from=app&fromapp=1&share_id=3&spm=1.2#c"),
        ("https://example.cn/a?id=7", "https://example.cn/a?id=7&UTM_Medium=x&Share=1"),
        ("https://example.cn/?id=7", "https://example.cn?id=7"),
        ("https://example.cn/a/1", " https://example.cn/a/1"),
        ("https://example.cn/a/1", "https://example.cn/a/1 "),
    ],
)
def test_these_addresses_name_one_post(post_url: str, item_url: str, column: str) -> None:
    assert linked(post_url, item_url, column)


@pytest.mark.parametrize(
    ("post_url", "item_url"),
    [
        (ARTICLE, ARTICLE.replace("idx=1", "idx=2")),
        (ARTICLE, ARTICLE.replace("mid=2650", "mid=2651")),
        (ARTICLE, ARTICLE.replace("MzA1", "MzA2")),
        ("https://mp.weixin.qq.com/s?__biz=MzA1&mid=2650", "https://mp.weixin.qq.com/s?__biz=MzA1&mid=2650"),
        ("https://mp.weixin.qq.com/mp/profile", "https://mp.weixin.qq.com/mp/profile"),
        ("https://mp.weixin.qq.com/s/Ab", "https://mp.weixin.qq.com/s/Ac"),
        ("https://mp.weixin.qq.com/s/Ab", "https://mp.weixin.qq.com/s/ab"),
        ("https://weibo.com/1001/M1abc", "https://weibo.com/1001/M1abd"),
        ("https://weibo.com/1001", "https://weibo.com/1001"),  # an account, not a post
        ("https://weibo.com/1001/M1abc", "https://example.cn/1001/M1abc"),
        ("https://example.cn/a?id=7", "https://example.cn/a?id=8"),
        ("https://example.cn/a?id=7", "https://example.cn/a"),
        ("https://example.cn/a?id=7&id=8", "https://example.cn/a?id=7"),
        ("https://example.cn/a", "https://example.com/a"),
        ("https://example.cn/", "https://example.cn/"),  # a front page is no post
        ("https://example.cn/?from=x", "https://example.cn/?from=y"),
        ("example.cn/a", "example.cn/a"),
        ("http://[::1/a", "http://[::1/a"),
        ("", ""),
        (None, None),
        (None, "https://example.cn/a"),
    ],
)
def test_these_addresses_name_no_common_post(post_url: str | None, item_url: str | None) -> None:
    assert not linked(post_url, item_url)
    assert not linked(post_url, item_url, "source_url_raw")


REFERENCES = ["root_item_id", "repost_of_post_id", "parent_item_id", "origin_item_id", "source_url_raw", "url"]


def own(count: int = 5) -> list[dict[str, Any]]:
    return [
        post(letters(100 * n, 100 * n + 100), post_id=f"weibo:{n}", unit_id=f"u{n}", url=f"https://weibo.com/7/M{n}")
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("strongest", range(6))
def test_root_then_repost_then_parent_then_origin_then_source_then_own_address(strongest: int) -> None:
    references = {
        name: f"https://weibo.com/7/M{n + 1}" if "url" in name else f"weibo:{n + 1}"
        for n, name in enumerate(REFERENCES)
        if n >= strongest
    }
    row = match_of(own(6), [item("转发微博", **references)])
    assert row["post_id"] == f"weibo:{strongest + 1}"
    assert json.loads(row["evidence"]) == {"link": REFERENCES[strongest]}


def test_a_reference_to_no_own_post_leaves_the_next_one_to_say() -> None:
    references = {
        "root_item_id": "weibo:99",
        "repost_of_post_id": "weibo:2",
        "source_url_raw": "https://weibo.com/7/M3",
    }
    assert match_of(own(), [item("转发微博", **references)])["post_id"] == "weibo:2"
    references = {
        "parent_item_id": "weibo:99",
        "source_url_raw": "https://weibo.com/7/M99",
        "url": "https://weibo.com/7/M4",
    }
    assert match_of(own(), [item("转发微博", **references)])["post_id"] == "weibo:4"


def test_an_item_without_a_reference_beside_one_with_is_not_linked() -> None:
    items = [item("转发微博", item_id="i1"), item("转发微博", item_id="i2", root_item_id="weibo:2")]
    assert [(row["item_id"], row["post_id"]) for row in judge(own(), items)[0]] == [("i2", "weibo:2")]


@pytest.mark.parametrize("references", [{"root_item_id": "weibo:1"}, {"url": "https://weibo.com/7/M1"}])
@pytest.mark.parametrize(("seconds", "matches"), [(-600, True), (-601, False), (-660, False), (0, True)])
def test_a_linking_item_may_be_ten_minutes_older_and_no_more(references: dict, seconds: int, matches: bool) -> None:
    rows = judge(own(), [item("转发微博", published_at=AT + timedelta(seconds=seconds), **references)])[0]
    assert [row["lag_seconds"] for row in rows] == ([seconds] if matches else [])


def test_a_link_to_a_forward_passes_on_to_where_it_began() -> None:
    chain = {"weibo:3": "weibo:2", "weibo:2": "weibo:1"}
    assert match_of(own(), [item("转发微博", root_item_id="weibo:3")], forwards=chain)["post_id"] == "weibo:1"
    # A forward of a post that is not the city's keeps its links.
    chain = {"weibo:3": "weibo:2", "weibo:2": "weibo:99"}
    assert match_of(own(), [item("转发微博", root_item_id="weibo:3")], forwards=chain)["post_id"] == "weibo:2"


def test_eight_forwards_are_followed_and_a_circle_ends() -> None:
    many = own(10)
    chain = {f"weibo:{n}": f"weibo:{n - 1}" for n in range(2, 11)}
    assert match_of(many, [item("转发微博", root_item_id="weibo:9")], forwards=chain)["post_id"] == "weibo:1"
    itself = {"weibo:1": "weibo:1"}
    assert match_of(many, [item("转发微博", root_item_id="weibo:1")], forwards=itself)["post_id"] == "weibo:1"


def test_the_skew_is_told_against_the_post_that_is_credited() -> None:
    two = own(2)
    two[1]["published_at"] = AT + timedelta(days=1)  # forwards the first a day later
    row = match_of(two, [item("转发微博", root_item_id="weibo:2")], forwards={"weibo:2": "weibo:1"})
    assert (row["post_id"], row["lag_seconds"]) == ("weibo:1", 3 * 3600)
    assert judge(two, [item("转发微博", root_item_id="weibo:2")])[0] == []


def test_of_two_posts_with_one_address_the_earlier_is_meant() -> None:
    two = own(2)
    two[0]["url"] = two[1]["url"]
    two[0]["published_at"] = AT + timedelta(hours=1)
    assert match_of(two, [item("转发微博", url="https://weibo.com/7/M2")])["post_id"] == "weibo:2"
