"""A proposal for a table that nobody knows: which header means what, what it is worth, and what stays open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bangdan.core.errors import BangdanError, ExportRefused
from bangdan.ingestion import suggest
from tests.support import loading


def proposed(tmp_path: Path, header: list[str], *rows: list[str], name: str = "a.csv") -> str:
    return suggest.propose_mapping(loading.put(tmp_path / name, loading.table(header, rows)))


def columns(text: str) -> dict[str, object]:
    return yaml.safe_load(text)["columns"]


WORDS = {
    "account_name_raw": ["账号", "公众号名", "博主", "媒体", "昵称", "作者", "screen_name", "nick", "outlet"],
    "account_key": ["账号ID", "媒体 id", "uid", "user_id", "__biz", "account_id"],
    "record_id": ["文章ID", "mid", "article_id", "post_id", "msgid"],
    "title": ["标题x", "题目", "Title2"],
    "text": ["正文x", "全文", "body"],
    "source_name_raw": ["来源x", "出处", "转自"],
    "read_count": ["阅读", "浏览数", "播放量", "pv"],
    "like_count": ["点赞", "赞", "likes"],
    "comment_count": ["评论", "回复", "reply_num"],
    "share_count": ["分享", "shares"],
    "repost_count": ["转发", "forward"],
    "recommend_count": ["在看", "推荐"],
}


@pytest.mark.parametrize(("column", "name"), [(column, name) for column, names in WORDS.items() for name in names])
def test_a_header_means_what_its_words_say(tmp_path: Path, column: str, name: str) -> None:
    value = "12" if column.endswith("_count") else "文字"
    found = columns(proposed(tmp_path, ["链接", name], ["https://a.example/1", value]))
    assert found.get(column) == name
    assert found["url"] == "链接"


@pytest.mark.parametrize(("column", "names"), [("published_at", ["发布", "发布时间x", "日期x", "pub_date"]), ("observed_at", ["采集时间x", "crawled"])])  # fmt: skip
def test_a_header_of_a_time_means_one(tmp_path: Path, column: str, names: list[str]) -> None:
    for name in names[1:]:
        found = columns(proposed(tmp_path, ["链接", "发布时间", name] if column == "observed_at" else ["链接", name], ["https://a.example/1", *["2021-08-02"] * (2 if column == "observed_at" else 1)]))  # fmt: skip
        assert found.get(column) == name, name


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [
        ("阅读", "很多", "read_count"), ("发布时间", "很久", "published_at"), ("链接", "here", "url"), ("标题", "123", "title"), ("正文", "", "text"),
        ("图片链接", "https://a.example/p.jpg", "url"), ("封面标题", "x", "title"), ("comment_user", "5", "comment_count"),
    ],
)  # fmt: skip
def test_a_header_whose_values_do_not_fit_or_that_means_something_else_is_not_taken(
    tmp_path: Path, name: str, value: str, column: str
) -> None:
    text = proposed(tmp_path, ["内容", name, "乙"], ["一段不短的文字，可以是正文", value, "x"])
    assert columns(text).get(column) != name
    assert "# Kept in `extra`, not read:" in text


def test_what_no_column_looks_like_is_named(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["标题", "乙"], ["t", "x"])
    for name in ("published_at", "url", "text", "account_name_raw"):
        assert f"# {name}: no column looks like it" in text
    assert "# title" not in text


def test_a_relative_time_counts_from_when_the_export_was_received(tmp_path: Path) -> None:
    for value in ("5分钟前", "08-02"):
        found = columns(proposed(tmp_path, ["标题", "时间"], ["t", "2021-08-02"], ["u", value]))
        assert found["published_at"] == {"from": ["时间"], "relative_to": "received_at"}
    assert columns(proposed(tmp_path, ["标题", "时间"], ["t", "2021-08-02"]))["published_at"] == "时间"


@pytest.mark.parametrize(
    ("addresses", "channel"),
    [
        (["https://mp.weixin.qq.com/s/1", "https://mp.weixin.qq.com/s/2", "https://a.example/"], "wechat"),
        (["https://weibo.com/1", "https://m.weibo.cn/2"], "weibo"),
        (["https://mp.weixin.qq.com/s/1", "https://a.example/"], "news_site"),  # half is not most
        (["https://a.example/"], "news_site"),
    ],
)
def test_the_channel_is_that_of_most_addresses(tmp_path: Path, addresses: list[str], channel: str) -> None:
    text = proposed(tmp_path, ["标题", "链接"], *(["t", one] for one in addresses))
    found = columns(text)
    assert found["channel_type"] == {"value": channel}
    assert found.get("platform") == ({"value": channel} if channel != "news_site" else None)


def test_short_ids_that_prove_the_numeric_ones_are_weibos(tmp_path: Path) -> None:
    head = ["id", "bid", "内容"]
    proven = proposed(tmp_path, head, ["4660000000000001", "KpaSc0001", "x"], ["4660000000000002", "KpaSc0002", "y"])
    assert columns(proven)["channel_type"] == {"value": "weibo"}
    not_all = proposed(tmp_path, head, ["4660000000000001", "KpaSc0001", "x"], ["4660000000000002", "KpaSc0009", "y"])
    assert columns(not_all)["channel_type"] == {"value": "news_site"}


@pytest.mark.parametrize(
    ("address", "key", "kind"),
    [("https://a.example/1", "MzAwMDAwMDAwMQ==", "wx_biz"), ("https://a.example/1", "a.example", "domain"), ("https://weibo.com/1", "5200100000", "weibo_uid"),
     ("https://mp.weixin.qq.com/s/1", "gh_1", "wx_biz"), ("https://a.example/1", "", "name")],
)  # fmt: skip
def test_the_kind_of_key_is_what_the_keys_look_like_else_the_channels(
    tmp_path: Path, address: str, key: str, kind: str
) -> None:
    found = columns(proposed(tmp_path, ["标题", "链接", "账号ID"], ["t", address, key]))
    assert found["account_key_type"] == {"value": kind}


def test_something_tells_a_record_the_column_of_the_longest_texts_where_no_name_says_so(tmp_path: Path) -> None:
    found = columns(
        proposed(tmp_path, ["甲", "乙", "丙"], ["短", "一段比较长的文字", "中等长"], ["短", "又一段长文字", ""])
    )
    assert found["text"] == "乙"


def test_a_proposal_says_what_became_of_the_first_rows(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["标题", "时间", "阅读"], ["t", "2021-08-02", "5"], ["u", "2021-08-02", "6"])
    assert text.endswith("# Of the first 2 rows 2 load.\n")
    bad = proposed(tmp_path, ["标题", "时间"], *(["t", "2021-08-02"] for _ in range(40)), ["t", "2021-13-02"])
    assert bad.endswith("# Of the first 41 rows 40 load, DATE_INVALID 1.\n")


def test_samples_are_the_first_forty_rows(tmp_path: Path) -> None:
    head, good = ["标题", "阅读"], ["t", "5"]
    assert columns(proposed(tmp_path, head, *[good] * 40, ["t", "很多"]))["read_count"] == "阅读"
    assert "read_count" not in columns(proposed(tmp_path, head, *[good] * 39, ["t", "很多"]))


def test_names_of_the_file_and_samples_are_shown(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["标题", "链接"], ["长" * 60, "https://a.example/1"], name="My Export-3.csv")
    told = yaml.safe_load(text)
    assert (told["name"], told["table"], told["recognise"]) == ("my_export", "records", ["标题", "链接"])
    assert f"# e.g. {'长' * 40}\n" in text
    assert "# Proposed from 'My Export-3.csv' (2 columns)" in text
    assert (
        yaml.safe_load(proposed(tmp_path, ["标题", "链接"], ["t", "https://a.example/1"], name="甲.csv"))["name"]
        == "my_export"
    )


def test_records_of_a_document_are_looked_for_in_its_longest_list(tmp_path: Path) -> None:
    rows = [{"title": f"标题{i}", "link": f"https://a.example/{i}", "date": "2021-08-02"} for i in range(3)]
    told = {"tags": [{"x": 1}], "data": {"list": rows}}
    text = suggest.propose_mapping(loading.put(tmp_path / "a.json", json.dumps(told, ensure_ascii=False)))
    made = yaml.safe_load(text)
    assert (made["items"], sorted(made["recognise"])) == (
        "data.list",
        ["data.list[].date", "data.list[].link", "data.list[].title"],
    )
    assert text.endswith("# Of the first 3 rows 3 load.\n")


def test_a_folder_a_feed_and_a_table_without_names_have_no_proposal(tmp_path: Path) -> None:
    with pytest.raises(BangdanError, match="is a folder"):
        suggest.propose_mapping(tmp_path)
    with pytest.raises(BangdanError, match="is a feed"):
        suggest.propose_mapping(loading.put(tmp_path / "a.xml", "<rss/>"))
    with pytest.raises(ExportRefused, match="HDR_DUPLICATE"):
        suggest.propose_mapping(loading.put(tmp_path / "a.csv", "正文,正文\na,b\n"))
