"""A proposal for a table that nobody knows: which name means what, what it is worth, and what was not found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bangdan.core.errors import BangdanError, ExportRefused
from bangdan.ingestion import suggest
from tests.support import loading, sample_exports
from tests.support.sample_exports import BID, BIZ, MIDS


def proposed(tmp_path: Path, header: list[str], *rows: list[str], name: str = "a.csv") -> str:
    return suggest.propose_mapping(loading.put(tmp_path / name, loading.table(header, rows)))


def proposed_json(tmp_path: Path, content: object, name: str = "a.json") -> str:
    return suggest.propose_mapping(loading.put(tmp_path / name, json.dumps(content, ensure_ascii=False)))


def columns(text: str) -> dict[str, object]:
    return yaml.safe_load(text)["columns"]


def last_line(text: str) -> str:
    return text.rstrip("\n").splitlines()[-1]


# ---- names -------------------------------------------------------------------------------------------------------

WORDS = {
    "account_name_raw": [
        "账号",
        "公众号名",
        "博主",
        "媒体",
        "昵称",
        "用户名",
        "screen_name",
        "nick",
        "outlet",
        "siteName",
    ],
    "account_key": ["账号ID", "媒体 id", "uid", "user_id", "userId", "__biz", "account_id"],
    "record_id": ["文章ID", "mid", "article_id", "post_id", "msgid"],
    "title": ["标题", "题目", "文章标题", "Title", "newsTitle"],
    "text": ["正文", "全文", "微博内容", "body", "full_text"],
    "source_name_raw": ["来源", "出处", "转自"],
    "read_count": ["阅读", "浏览数", "播放量", "pv", "readNum"],
    "like_count": ["点赞", "赞", "likes"],
    "comment_count": ["评论", "回复", "reply_num"],
    "share_count": ["分享", "shares"],
    "repost_count": ["转发", "forward"],
    "recommend_count": ["在看", "推荐"],
}
VALUES = {"account_key": "a1", "record_id": "7"}


@pytest.mark.parametrize(("column", "name"), [(column, name) for column, names in WORDS.items() for name in names])
def test_a_whole_name_means_a_column(tmp_path: Path, column: str, name: str) -> None:
    value = "12" if column.endswith("_count") else VALUES.get(column, "文字")
    result = columns(proposed(tmp_path, ["链接", name], ["https://a.example/1", value]))
    assert result.get(column) == name
    assert result["url"] == "链接"


@pytest.mark.parametrize("name", ["发布时间", "发布日期", "时间", "pub_date", "createdAt", "publish_time", "date"])
def test_a_name_of_a_time_means_one(tmp_path: Path, name: str) -> None:
    result = columns(proposed(tmp_path, ["链接", name], ["https://a.example/1", "2021-08-02"]))
    assert result["published_at"] == name


@pytest.mark.parametrize("name", ["采集时间", "抓取时间", "crawled", "fetched_at"])
def test_the_time_of_capture_is_another_than_that_of_publication(tmp_path: Path, name: str) -> None:
    result = columns(
        proposed(tmp_path, [name, "链接", "发布时间"], ["2021-08-09", "https://a.example/1", "2021-08-02"])
    )
    assert (result["observed_at"], result["published_at"]) == (name, "发布时间")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("guid", "7"), ("duration", "文字"), ("comment_user", "5"), ("comments.user.id", "5"), ("author_followers_count", "5"), ("图片链接", "https://a.example/p.jpg"),
        ("封面标题", "x"), ("updated_by", "文字"), ("readme", "5"), ("like_list", "3"), ("unlike", "3"), ("评论者", "甲"), ("来源链接", "x"), ("nickel", "文字"),
    ],
)  # fmt: skip
def test_a_part_of_a_name_means_nothing(tmp_path: Path, name: str, value: str) -> None:
    text = proposed(tmp_path, ["内容", "链接", name], ["一段不短的文字", "https://a.example/1", value])
    assert name not in [rule for rule in columns(text).values() if isinstance(rule, str)]
    assert f"# Not read: {name}" in text


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [("阅读", "很多", "read_count"), ("发布时间", "很久", "published_at"), ("链接", "here", "url"), ("标题", "123", "title"), ("正文", "", "text"),
     ("昵称", "https://a.example/", "account_name_raw"), ("uid", "某人", "account_key")],
)  # fmt: skip
def test_a_name_whose_values_do_not_fit_is_not_taken(tmp_path: Path, name: str, value: str, column: str) -> None:
    text = proposed(tmp_path, ["内容", name, "乙"], ["一段不短的文字，可以是正文", value, "x"])
    assert columns(text).get(column) != name


def test_comments_have_authors_and_counts_of_their_own(tmp_path: Path) -> None:
    content = [
        {"id": int(mid), "text": "正文", "created_at": "2021-08-02 09:00:00", "user": {"id": 5200100000, "screen_name": "演示", "followers_count": 9},
         "comments": [{"user": {"id": 1, "screen_name": "路人"}, "comments_count": 99}], "comments_count": 3}
        for mid in MIDS[:3]
    ]  # fmt: skip
    result = columns(proposed_json(tmp_path, content))
    assert (result["account_key"], result["account_name_raw"]) == ("user.id", "user.screen_name")
    assert result["comment_count"] == "comments_count"


def test_secrets_are_neither_proposed_nor_shown(tmp_path: Path) -> None:
    head = ["标题", "发布时间", "账号", "cookie", "pass_ticket", "key", "手机号", "email"]
    text = proposed(tmp_path, head, ["t", "2021-08-02", "甲", "c00kie", "t1cket", "k3y", "13800000000", "a@a.example"])
    for secret in ("c00kie", "t1cket", "k3y", "13800000000", "a@a.example"):
        assert secret not in text
    assert "never read: cookie, pass_ticket, key, 手机号, email" in text
    assert set(yaml.safe_load(text)["recognise"]) == {"标题", "发布时间", "账号"}


# ---- values ------------------------------------------------------------------------------------------------------


def test_a_relative_time_counts_from_when_the_export_was_received(tmp_path: Path) -> None:
    for value in ("5分钟前", "08-02"):
        result = columns(proposed(tmp_path, ["标题", "时间"], ["t", "2021-08-02"], ["u", value]))
        assert result["published_at"] == {"from": "时间", "relative_to": "received_at"}
    assert columns(proposed(tmp_path, ["标题", "时间"], ["t", "2021-08-02"]))["published_at"] == "时间"


def test_a_date_inside_a_text_is_taken_out_of_it(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["标题", "账号", "附注"], *(["t", "甲", f"发布于 2021年8月{n}日 | 3 条"] for n in (2, 3)))
    assert columns(text)["published_at"]["from"] == "附注"  # type: ignore[index]
    assert last_line(text) == "# Of the first 2 rows 2 load."


def test_a_client_behind_the_time_and_words_of_buttons_are_known(tmp_path: Path) -> None:
    rows = [[f"https://weibo.com/5200100000/{BID[mid]}", "文字", "7月17日 17:27 来自 微博", "赞" if n else "3"] for n, mid in enumerate(MIDS[:4])]  # fmt: skip
    text = proposed(tmp_path, ["地址", "正文", "时间", "赞"], *rows)
    result = columns(text)
    assert result["like_count"] == {"from": "赞", "zeros": ["赞"]}
    assert result["account_key"]["from"] == result["record_id"]["from"] == "地址"  # type: ignore[index]
    assert last_line(text) == "# Of the first 4 rows 4 load."


def test_accounts_and_ids_are_found_in_addresses_of_wechat(tmp_path: Path) -> None:
    urls = [sample_exports.ARTICLE.format(biz=BIZ, mid=2650000001, idx=n) for n in (1, 2, 3)]
    text = proposed(tmp_path, ["标题", "链接", "时间"], *(["t", url, "2021-08-02"] for url in urls))
    file = loading.put(tmp_path / "own.yml", text)
    (report,) = loading.load(tmp_path / "home", tmp_path / "a.csv", mapping=file)
    assert report.accepted == 3
    assert loading.rows(tmp_path / "home", "records", "account_key", "record_id", "position") == [
        (BIZ, f"2650000001_{n}", n) for n in (1, 2, 3)
    ]


def test_a_table_of_ids_only_takes_its_times_from_them(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["mid", "uid", "text"], *([mid, "5200100000", "文字"] for mid in MIDS[:3]))
    result = columns(text)
    assert (result["channel_type"], result["published_at"]) == ({"value": "weibo"}, {"weibo_id": True})
    assert last_line(text) == "# Of the first 3 rows 3 load."


@pytest.mark.parametrize(
    ("name", "folder", "key"),
    [
        ("posts_5200100000.csv", "x", "5200100000"),
        ("posts.csv", "演示发布_5200100000", "5200100000"),
        ("posts.csv", "演示发布", "演示发布"),
    ],
)
def test_the_account_may_be_in_the_path(tmp_path: Path, name: str, folder: str, key: str) -> None:
    text = proposed(tmp_path, ["微博正文", "mid"], *(["文字", mid] for mid in MIDS[:2]), name=f"{folder}/{name}")
    assert last_line(text) == "# Of the first 2 rows 2 load."
    loading.load(tmp_path / "home", tmp_path / folder / name, mapping=loading.put(tmp_path / "own.yml", text))
    assert loading.rows(tmp_path / "home", "records", "account_key") == [key, key]


@pytest.mark.parametrize(
    ("name", "url", "zone"),
    [("created_utc", "https://a.example/1", "+00:00"), ("date", "https://news.example.jp/1", "Asia/Tokyo"), ("date", "https://a.example/1", None)],
)  # fmt: skip
def test_a_zone_is_that_of_the_name_or_of_the_addresses(tmp_path: Path, name: str, url: str, zone: str | None) -> None:
    text = proposed(tmp_path, ["title", "url", name], ["t", url, "2021-08-02 09:00:00"])
    rule = columns(text)["published_at"]
    assert (rule.get("zone") if isinstance(rule, dict) else None) == zone
    assert ("# Times without a zone are read as Shanghai's" in text) is (zone is None)


# ---- the channel -------------------------------------------------------------------------------------------------


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
    text = proposed(tmp_path, ["标题", "链接"], *(["t", address] for address in addresses))
    result = columns(text)
    assert result["channel_type"] == {"value": channel}
    assert result.get("platform") == ({"value": channel} if channel != "news_site" else None)


@pytest.mark.parametrize(
    ("head", "channel"),
    [(["公众号", "标题", "在看数"], "wechat"), (["博主", "内容", "转发数"], "weibo"), (["微博内容", "时间"], "weibo"), (["媒体", "标题", "时间"], "news_site"),
     (["作者", "内容", "转发", "评论", "赞"], "weibo")],
)  # fmt: skip
def test_the_channel_is_known_by_chinese_names(tmp_path: Path, head: list[str], channel: str) -> None:
    values = {"时间": "2021-08-02", "在看数": "1", "转发数": "1", "转发": "1", "评论": "1", "赞": "1"}
    assert columns(proposed(tmp_path, head, [values.get(name, "文字") for name in head]))["channel_type"] == {"value": channel}  # fmt: skip


def test_ids_that_hold_a_second_are_weibos(tmp_path: Path) -> None:
    head = ["id", "标题"]
    assert columns(proposed(tmp_path, head, [MIDS[0], "x"], [MIDS[1], "y"]))["channel_type"] == {"value": "weibo"}
    for other in ("1050315385", "105031538", "7"):
        assert columns(proposed(tmp_path, head, [MIDS[0], "x"], [other, "y"]))["channel_type"] == {"value": "news_site"}


def test_a_column_of_words_for_channels_is_read_row_by_row(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["渠道", "媒体", "标题", "时间"], ["客户端", "甲", "t", "2021-08-02"], ["微博", "乙", "u", "2021-08-02"])  # fmt: skip
    result = columns(text)
    assert result["channel_type"] == {"from": "渠道", "values": {"客户端": "news_app", "微博": "weibo"}}
    assert result["account_key_type"] == {"from": "渠道", "values": {"客户端": "app_id", "微博": "weibo_uid"}}
    assert last_line(text) == "# Of the first 2 rows 2 load."


@pytest.mark.parametrize(
    ("address", "key", "kind"),
    [("https://a.example/1", "MzAwMDAwMDAwMQ==", "wx_biz"), ("https://a.example/1", "a.example", "domain"), ("https://weibo.com/1", "5200100000", "weibo_uid"),
     ("https://mp.weixin.qq.com/s/1", "gh_1", "wx_biz"), ("https://mp.weixin.qq.com/s/1", "", "name")],
)  # fmt: skip
def test_the_kind_of_key_is_what_the_keys_look_like_else_the_channels(
    tmp_path: Path, address: str, key: str, kind: str
) -> None:
    result = columns(proposed(tmp_path, ["标题", "链接", "账号ID"], ["t", address, key]))
    assert result["account_key_type"] == {"value": kind}


# ---- documents ---------------------------------------------------------------------------------------------------


def test_records_of_a_document_are_in_the_list_that_offers_most(tmp_path: Path) -> None:
    rows = [{"title": f"标题{i}", "link": f"https://a.example/{i}", "date": "2021-08-02"} for i in range(3)]
    text = proposed_json(tmp_path, {"tags": [{"x": 1}] * 9, "data": {"list": rows}})
    made = yaml.safe_load(text)
    assert (made["items"], sorted(made["recognise"])) == (
        "data.list", ["data.list[].date", "data.list[].link", "data.list[].title"],
    )  # fmt: skip
    assert last_line(text) == "# Of the first 3 rows 3 load."


def test_the_object_around_a_list_may_hold_time_and_account(tmp_path: Path) -> None:
    content = {"nickname": "演示发布", "pushes": [{"publish_time": "2021-08-02 09:00:00", "articles": [{"title": f"标题{n}", "url": f"https://mp.weixin.qq.com/s/{n}"} for n in range(2)]}]}  # fmt: skip
    text = proposed_json(tmp_path, content)
    made = yaml.safe_load(text)
    assert made["items"] == "pushes.articles"
    assert made["columns"]["published_at"] == "parent.publish_time"
    assert made["columns"]["account_name_raw"] == "parent.parent.nickname"
    assert last_line(text) == "# Of the first 2 rows 2 load."


def test_lists_of_further_records_are_named(tmp_path: Path) -> None:
    sample_exports.wechat_history(tmp_path / "a.json")
    text = suggest.propose_mapping(tmp_path / "a.json")
    assert "# May hold further records, which are not read: app_msg_ext_info.multi_app_msg_item_list;" in text


# ---- what it says ------------------------------------------------------------------------------------------------


def test_what_was_not_found_is_named_with_what_it_costs(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["标题", "乙"], ["t", "x"])
    for name in ("published_at; without it no row loads", "account; without it no row counts", "identity;", "counts;"):
        assert f"# Not found: {name}" in text
    assert "# Not found: words" not in text


def test_rows_load_that_have_time_words_and_account(tmp_path: Path) -> None:
    head = ["标题", "时间", "账号", "阅读"]
    good = ["t", "2021-08-02", "甲", "5"]
    assert last_line(proposed(tmp_path, head, good, ["u", *good[1:]])) == "# Of the first 2 rows 2 load."
    bad = proposed(tmp_path, head, *[good] * 40, ["t", "2021-13-02", "甲", "5"], ["t", "2021-08-02", "", "5"])
    assert last_line(bad) == "# Of the first 42 rows 40 load, 1 have no time, no words or no account, DATE_INVALID 1."


def test_samples_are_the_first_forty_rows(tmp_path: Path) -> None:
    head, good = ["标题", "阅读"], ["t", "5"]
    assert columns(proposed(tmp_path, head, *[good] * 40, ["t", "很多"]))["read_count"] == "阅读"
    assert "read_count" not in columns(proposed(tmp_path, head, *[good] * 39, ["t", "很多"]))


def test_the_name_of_the_file_and_values_are_shown(tmp_path: Path) -> None:
    text = proposed(tmp_path, ["标题", "链接"], ["长" * 60, "https://a.example/1"], name="My Export-3.csv")
    made = yaml.safe_load(text)
    assert (made["name"], made["table"], made["recognise"]) == ("my_export", "records", ["标题", "链接"])
    assert f"# e.g. {'长' * 40}\n" in text
    assert "# Proposed from 'My Export-3.csv' (2 columns)" in text
    other = proposed(tmp_path, ["标题", "链接"], ["t", "https://a.example/1"], name="甲.csv")
    assert yaml.safe_load(other)["name"] == "my_export"


def test_a_file_that_a_built_in_mapping_reads_needs_no_other(tmp_path: Path) -> None:
    sample_exports.weibo_search(21)(tmp_path / "weibo.csv")
    assert "# The built-in mapping weibo_search_csv reads this file" in suggest.propose_mapping(tmp_path / "weibo.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xml", "<rss/>", "a feed needs no mapping"), ("a.csv", "正文,正文\na,b\n", "HDR_DUPLICATE"), ("a.csv", "国,人口\n甲,7\n", "seems to hold no records"),
        ("hot.json", '[{"url": "/weibo?q=1", "title": "热"}]', "hot list"), ("a.csv.gz", b"\x1f\x8b\x08", "compressed"),
        ("days.csv", "日期,渠道,阅读次数\n2021-08-01,全部,9\n", "totals, not records"),
        ("users.csv", "_id,crawl_time,nick_name,followers_count\n1,2,甲,3\n", "not posts"),
    ],
)  # fmt: skip
def test_what_holds_no_records_has_no_proposal(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises((BangdanError, ExportRefused), match=message):
        suggest.propose_mapping(loading.put(tmp_path / name, content))
    with pytest.raises(BangdanError, match="is a folder"):
        suggest.propose_mapping(tmp_path)
