"""One row per shipped mapping, every column's value written by hand; a column that is not named must be empty."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bangdan.core.errors import ExportRefused
from bangdan.ingestion import built_in_mappings, contract, recognise
from tests.support import loading

NINE = datetime(2021, 8, 2, 1, 30, 15, tzinfo=UTC)  # 09:30:15 in Shanghai
OF_ID = datetime(2021, 7, 17, 9, 27, 21, tzinfo=UTC)  # the second that the id 4660000000000001 holds
MIDNIGHT = datetime(2021, 8, 1, 16, tzinfo=UTC)
OBSERVED = datetime(2021, 8, 8, 16, tzinfo=UTC)
# Of account, title and microseconds: what tells a record apart that has no id of its own.
HASHED = "h" + hashlib.sha256("MzAwMDAwMDAwMQ==\n标题\n1627867815000000".encode()).hexdigest()[:24]
ARTICLE = "http://mp.weixin.qq.com/s?__biz=MzAwMDAwMDAwMQ==&mid=2650000001&idx=3&sn=0f#rd"
WEIBO = {"channel_type": "weibo", "platform": "weibo", "account_key_type": "weibo_uid"}
WECHAT = {"channel_type": "wechat", "platform": "wechat", "account_key_type": "wx_biz"}
SITE = {"channel_type": "news_site", "account_key_type": "domain"}


def count(metric: str, number: int | None, raw: str | None, qualifier: str = "exact") -> dict[str, Any]:
    return {
        f"{metric}_count": number,
        f"{metric}_count_raw": raw,
        f"{metric}_count_qualifier": qualifier,
    }


def counts(**numbers: int) -> dict[str, Any]:
    return {name: value for metric, n in numbers.items() for name, value in count(metric, n, str(n)).items()}


@dataclass(frozen=True)
class Golden:
    connector: str
    path: str
    data: str | bytes | Callable[[Path], None]
    row: dict[str, Any]


def csv(result: dict[str, Any], encoding: str = "utf-8") -> bytes:
    return loading.table(list(result), [list(result.values())]).encode(encoding)


def doc(result: Any) -> str:
    return json.dumps(result, ensure_ascii=False)


def workbook(*rows: list[Any]) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        import xlsxwriter

        file.parent.mkdir(parents=True, exist_ok=True)
        book = xlsxwriter.Workbook(str(file), {"strings_to_urls": False})
        sheet = book.add_worksheet()
        for at, cells in enumerate(rows):
            sheet.write_row(at, 0, cells)
        book.close()

    return write


CRAWLER_CSV = {
    "id": "4660000000000001", "bid": "KpaSc0001", "正文": "今天#a#", "头条文章url": "u1", "原始图片url": "u2", "视频url": "u3", "Live Photo视频url": "u4",
    "位置": "上海", "日期": "2021-08-01", "工具": "手机", "点赞数": "1000000", "评论数": "1000000", "转发数": "1000000", "话题": "开放, 接种", "@用户": "甲",
    "完整日期": "2021-08-02 09:30:15", "是否原创": "False", "是否编辑过": "False", "编辑次数": "0", "源用户id": "5200100009", "源用户昵称": "乙",
    "源微博id": "4650000000000001", "源微博bid": "b", "源微博正文": "t", "源微博头条文章url": "u", "源微博原始图片url": "u", "源微博视频url": "u",
    "源微博Live Photo视频url": "u", "源微博位置": "x", "源微博日期": "2021-07-01", "源微博工具": "x", "源微博点赞数": "1", "源微博评论数": "2", "源微博转发数": "3",
    "源微博话题": "x", "源微博@用户": "x", "源微博完整日期": "2021-07-01 00:00:00", "源微博是否编辑过": "False", "源微博编辑次数": "0",
}  # fmt: skip
CAPPED = {
    name: value
    for metric in ("like", "comment", "repost")
    for name, value in count(metric, 1_000_001, "1000000", "floor").items()
}
SEARCH_CSV = {
    "id": "4660000000000001", "bid": "KpaSc0001", "user_id": "5200100000", "用户昵称": "演示发布", "微博正文": "正文", "头条文章url": "u", "发布位置": "x",
    "艾特用户": "x", "话题": "开放,接种", "转发数": "1.2万", "评论数": "0", "点赞数": "10万+", "发布时间": "2021-08-02 09:30", "发布工具": "手机",
    "微博图片url": "u", "微博视频url": "u", "retweet_id": "4650000000000001", "ip": "发布于 上海", "user_authentication": "蓝V", "会员类型": "x", "会员等级": "1",
}  # fmt: skip
BACKEND = {
    "内容标题": "标题", "发表时间": "20210802", "总阅读人数": 90, "总阅读次数": 123, "总分享人数": 8, "总分享次数": 9, "阅读后关注人数": 1, "送达人数": 1000,
    "公众号消息阅读次数": 5, "送达阅读率": 0.5, "首次分享次数": 1, "分享产生阅读次数": 1, "首次分享率": 0.1, "每次分享带来阅读次数": 1, "阅读完成率": 0.4, "内容url": ARTICLE,
}  # fmt: skip
BACKEND_TOTAL = {
    "内容标题": "标题", "发表时间": "20210802", "总阅读人数": 90, "总分享人数": 8, "阅读后关注人数": 1, "送达人数": 1000, "送达阅读率": 0.5, "阅读完成率": 0.4, "内容url": ARTICLE,
}  # fmt: skip
ARTICLE_COLUMNS = {
    "account_key": "MzAwMDAwMDAwMQ==", "record_id": "2650000001_3", "alt_id": ARTICLE, "position": 3, "url": ARTICLE, "title": "标题",
}  # fmt: skip
USERS = {
    "用户id": "5200100000", "昵称": "演示", "性别": "f", "生日": "x", "所在地": "上海", "学习经历": "x", "公司": "x", "注册时间": "2010-01-01", "阳光信用": "x",
    "微博数": "10", "粉丝数": "20", "关注数": "3", "简介": "x", "主页": "x", "头像": "x", "高清头像": "x", "微博等级": "1", "会员等级": "0", "是否认证": "True",
    "认证类型": "1", "认证信息": "演示市政府", "上次记录微博信息": "x", "IP": "x",
}  # fmt: skip
PAGE = "https://www.news.example/a/1?utm_source=x"
FEED = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>演示网</title><link>https://news.example/</link>'
    "<item><guid>urn:1</guid><title>标题</title><link>https://www.news.example/a/1</link><description>正文</description>"
    "<pubDate>Mon, 02 Aug 2021 01:30:15 GMT</pubDate></item></channel></rss>"
)

GOLDEN = [
    Golden("weibo_crawler_csv", "weibo/演示发布/5200100000.csv", csv(CRAWLER_CSV), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "alt_id": "KpaSc0001",
        "text": "今天#a#", "topics": ["开放", "接种"], "published_at": NINE, "published_precision": "second", "is_original": False,
        "original_evidence": "flag", "repost_of_id": "4650000000000001", "repost_of_account_key": "5200100009", "parent_id": "4650000000000001", **CAPPED,
    }),
    Golden("weibo_crawler_json", "x/y.json", doc({"user": {"id": "5200100000", "screen_name": "演示发布"}, "weibo": [{
        "id": 4660000000000001, "bid": "KpaSc0001", "text": "正文", "topics": "开放,接种", "created_at": "2021-08-01", "full_created_at": "2021-08-02 09:30:15",
        "attitudes_count": 1000000, "comments_count": 1000000, "reposts_count": 1000000, "retweet": {"id": 4650000000000001, "user_id": 5200100009},
    }]}), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "alt_id": "KpaSc0001", "text": "正文",
        "topics": ["开放", "接种"], "published_at": NINE, "published_precision": "second", "is_original": False, "original_evidence": "retweet_link",
        "repost_of_id": "4650000000000001", "repost_of_account_key": "5200100009", "parent_id": "4650000000000001", **CAPPED,
    }),
    Golden("weibo_search_csv", "x/词.csv", csv(SEARCH_CSV), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "alt_id": "KpaSc0001", "text": "正文",
        "topics": ["开放", "接种"], "published_at": datetime(2021, 8, 2, 1, 30, tzinfo=UTC), "published_precision": "minute", "is_original": False,
        "original_evidence": "retweet_link", "repost_of_id": "4650000000000001", "parent_id": "4650000000000001",
        **count("like", 100_001, "10万+", "floor"), **count("comment", 0, "0"), **count("repost", 12_000, "1.2万", "rounded"),
        "extra": {"ip": "发布于 上海", "user_authentication": "蓝V"},
    }),
    Golden("weibo_spider_jsonl", "t.jsonl", loading.lines([{
        "_id": "4660000000000001", "mblogid": "KpaSc0001", "created_at": "2021-08-02 09:30:15", "content": "正文#开放##接种#", "is_retweet": True,
        "retweet_id": "4650000000000001", "reposts_count": 1, "comments_count": 2, "attitudes_count": 3, "reads_count": 4, "url": "https://weibo.com/5200100000/KpaSc0001",
        "user": {"_id": "5200100000", "nick_name": "演示发布"}, "crawl_time": 1628438400,
    }]), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "alt_id": "KpaSc0001",
        "url": "https://weibo.com/5200100000/KpaSc0001", "text": "正文#开放##接种#", "topics": ["开放", "接种"], "published_at": NINE, "published_precision": "second",
        "is_original": False, "original_evidence": "flag", "repost_of_id": "4650000000000001", "parent_id": "4650000000000001",
        **counts(view=4, like=3, comment=2, repost=1), "observed_at": OBSERVED,
    }),
    Golden("weibo_page_csv", "a.csv", csv({
        "用户": "演示发布", "正文": "好//@甲:原文", "时间": "7月17日 17:27 来自 微博 weibo.com", "链接": "https://weibo.com/5200100000/KpaSc0001?x=1",
        "转发": "转发", "评论": "评论 2", "赞": "1.2万",
    }), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "alt_id": "KpaSc0001",
        "url": "https://weibo.com/5200100000/KpaSc0001?x=1", "text": "好//@甲:原文", "published_at": OF_ID, "published_precision": "second",
        "is_original": False, "original_evidence": "text_pattern", **count("repost", 0, "转发"), **count("comment", 2, "2"),
        **count("like", 12_000, "1.2万", "rounded"),
    }),
    Golden("weibo_topic_csv", "a.csv", csv({
        "微博id": "KpaSc0001", "发布者": "演示发布", "发布者id": "5200100000", "微博正文": "正文", "发布时间": "2021-08-02 09:30:15", "话题": "开放,接种",
        "是否为原创微博": "False", "点赞数": "赞", "转发数": "1", "评论数": "2", "微博链接": "https://weibo.com/5200100000/KpaSc0001",
    }), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "alt_id": "KpaSc0001", "text": "正文",
        "url": "https://weibo.com/5200100000/KpaSc0001", "topics": ["开放", "接种"], "published_at": NINE, "published_precision": "second",
        "is_original": False, "original_evidence": "flag", **count("like", 0, "赞"), **counts(repost=1, comment=2),
    }),
    Golden("weibo_spider_csv", "演示发布/5200100000.csv", csv({
        "微博id": "KpaSc0001", "微博正文": "正文", "是否为原创微博": "True", "发布时间": "2021-08-02 09:30", "点赞数": "3", "转发数": "1", "评论数": "2",
    }), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "alt_id": "KpaSc0001", "text": "正文",
        "published_at": NINE.replace(second=0), "published_precision": "minute", "is_original": True, "original_evidence": "flag",
        **counts(like=3, repost=1, comment=2),
    }),
    Golden("weibo_reposts_json", "7_KpaSc0008_5200100009.json", doc([{
        "mid": "KpaSc0001", "uid": "5200100000", "parent": "KpaSc000f", "kids": [], "text": "转发", "date": "07月17日 17:27",
    }]), {
        **WEIBO, "account_key": "5200100000", "record_id": "4660000000000001", "alt_id": "KpaSc0001", "text": "转发", "published_at": OF_ID,
        "published_precision": "second", "is_original": False, "original_evidence": "flag", "parent_id": "4660000000000015",
        "repost_of_id": "4660000000000008", "root_id": "4660000000000008", "repost_of_account_key": "5200100009",
    }),
    Golden("wechat_history_json", "a.jsonl", loading.lines([{
        "comm_msg_info": {"id": 1000000001, "datetime": 1627867815},
        "app_msg_ext_info": {"title": "标题", "digest": "摘要", "content_url": ARTICLE, "source_url": "https://a.example/1", "copyright_stat": 11},
    }]), {
        **WECHAT, **ARTICLE_COLUMNS, "text": "摘要", "published_at": NINE, "published_precision": "second", "is_original": True,
        "original_evidence": "flag", "source_url_raw": "https://a.example/1",
    }),
    Golden("wechat_backup_json", "a.json", doc({"accounts": [{"biz": "x"}], "parameters": [{"key": "k"}], "articles": [{
        "title": "标题", "url": ARTICLE, "digest": "摘要", "nickname": "演示发布", "publish_time": "2021-08-02 09:30:15", "read_num": 0, "comment_num": 2,
    }]}), {
        **WECHAT, **ARTICLE_COLUMNS, "account_name_raw": "演示发布", "text": "摘要", "published_at": NINE, "published_precision": "second",
        "read_unit": "views", "original_evidence": "unknown", **count("read", 0, "0", "zero_suspect"), **counts(comment=2),
    }),
    Golden("media_cloud_stories", "a.csv", csv({
        "media_name": "演示网", "media_url": "https://www.news.example/x", "publish_date": "2021-08-02", "title": "标题", "url": PAGE,
    }), {
        **SITE, "account_key": "news.example", "account_name_raw": "演示网", "record_id": "news.example/a/1", "url": PAGE, "title": "标题",
        "published_at": MIDNIGHT, "published_precision": "day", "original_evidence": "unknown",
    }),
    Golden("media_crawler", "c.csv", csv({
        "note_id": "4660000000000001", "content": "说得好//@甲:原文", "create_time": "1627867815", "create_date_time": "x", "liked_count": "3", "comments_count": "2",
        "shared_count": "1", "last_modify_ts": "1628438400000", "note_url": "https://m.weibo.cn/detail/1", "ip_location": "x", "user_id": "5200100000",
        "nickname": "演示发布", "gender": "f", "profile_url": "x", "avatar": "x", "source_keyword": "词",
    }), {
        **WEIBO, "account_key": "5200100000", "account_name_raw": "演示发布", "record_id": "4660000000000001", "url": "https://m.weibo.cn/detail/1",
        "text": "说得好//@甲:原文", "published_at": NINE, "published_precision": "second", "is_original": False, "original_evidence": "text_pattern",
        **counts(like=3, comment=2, repost=1), "observed_at": OBSERVED,
    }),
    Golden("wechat_exporter_xlsx", "a.xlsx", workbook(
        ["公众号", "ID", "链接", "标题", "摘要", "创建时间", "发布时间", "阅读", "点赞", "分享", "喜欢", "留言", "是否原创", "文章内容"],
        ["演示发布", "2650000001_3", ARTICLE, "标题", "摘要", "2021-08-01 00:00:00", "2021-08-02 09:30:15", 100001, 3, 2, 1, 0, "原创", "正文"],
    ), {
        **WECHAT, **ARTICLE_COLUMNS, "account_name_raw": "演示发布", "text": "正文", "published_at": NINE, "published_precision": "second",
        "is_original": True, "original_evidence": "flag", "read_unit": "views", **count("read", 100_001, "100001", "floor"),
        **counts(like=3, share=2, recommend=1, comment=0),
    }),
    Golden("wechat_exporter_json", "a.json", doc([{
        "aid": "2650000001_3", "fakeid": "MzAwMDAwMDAwMQ==", "itemidx": 3, "title": "标题", "digest": "摘要", "content": "正文", "link": ARTICLE,
        "create_time": 1627860000, "update_time": 1627867815, "is_deleted": True, "copyright_stat": 1, "copyright_type": 1, "_accountName": "演示发布",
        "source_url": "https://a.example/1", "readNum": 0, "oldLikeNum": 3, "shareNum": 2, "likeNum": 1, "commentNum": 0,
    }]), {
        **WECHAT, **ARTICLE_COLUMNS, "account_name_raw": "演示发布", "text": "正文", "published_at": NINE, "published_precision": "second",
        "is_original": True, "original_evidence": "flag", "is_deleted": True, "source_url_raw": "https://a.example/1", "read_unit": "views",
        **count("read", 0, "0", "zero_suspect"), **counts(like=3, share=2, recommend=1, comment=0),
    }),
    Golden("wechat_download_csv", "a.csv", csv({
        "title": "标题", "url": ARTICLE.replace("&", "&amp;"), "time": "2021-08-02 09:30:15", "like_num": "0", "read_num": "100001", "share_num": "0", "comment_count": "{}",
    }), {
        **WECHAT, **ARTICLE_COLUMNS, "alt_id": ARTICLE.replace("&", "&amp;"), "url": ARTICLE.replace("&", "&amp;"),
        "published_at": NINE, "published_precision": "second", "original_evidence": "unknown", "read_unit": "views",
        **count("read", 100_001, "100001", "floor"), **count("like", 0, "0", "zero_suspect"), **count("share", 0, "0", "zero_suspect"),
        "comment_count_raw": "{}",
    }),
    Golden("wechat_backend_content", "演示发布/已通知内容.xlsx", workbook(list(BACKEND), list(BACKEND.values())), {
        **WECHAT, **ARTICLE_COLUMNS, "account_name_raw": "演示发布", "published_at": MIDNIGHT, "published_precision": "day", "original_evidence": "unknown",
        "read_unit": "views", **counts(read=123, share=9), "extra": {"总阅读人数": "90", "总分享人数": "8", "送达人数": "1000"},
    }),
    Golden("wechat_backend_total", "演示发布/total_1.xlsx", workbook(list(BACKEND_TOTAL), list(BACKEND_TOTAL.values())), {
        **WECHAT, **ARTICLE_COLUMNS, "account_name_raw": "演示发布", "published_at": MIDNIGHT, "published_precision": "day", "original_evidence": "unknown",
        "read_unit": "people", **counts(read=90, share=8), "extra": {"送达人数": "1000"},
    }),
    Golden("wechat_article_total", "演示发布/d.json", doc({"list": [{
        "ref_date": "2021-08-02", "msgid": "2650000001_3", "title": "标题", "content_url": "https://mp.weixin.qq.com/s/x", "detail_list": [
            {"stat_date": "2021-08-09", "read_user": 30, "share_user": 2, "zaikan_user": 3, "like_user": 4, "comment_count": 5},
            {"stat_date": "2021-08-03", "read_user": 99, "share_user": 99, "zaikan_user": 99, "like_user": 99, "comment_count": 99},
        ]}]}), {
        "channel_type": "wechat", "platform": "wechat", "account_key_type": "name", "account_key": "演示发布", "account_name_raw": "演示发布",
        "record_id": "2650000001_3", "position": 3, "alt_id": "https://mp.weixin.qq.com/s/x", "url": "https://mp.weixin.qq.com/s/x", "title": "标题",
        "published_at": MIDNIGHT, "published_precision": "day", "original_evidence": "unknown", "read_unit": "people",
        **counts(read=30, share=2, recommend=3, like=4, comment=5), "observed_at": OBSERVED,
    }),
    Golden("monitoring_vendor", "v.csv", csv({
        "渠道类型": "微信", "媒体名称": "演示发布", "媒体ID": "MzAwMDAwMDAwMQ==", "标题": "标题", "正文": "正文", "链接": ARTICLE, "发布时间": "2021/8/2 9:30:15",
        "来源": "晨报", "来源链接": "https://a.example/1", "阅读数": "1,234", "点赞数": "3", "评论数": "2", "转发数": "1", "采集时间": "2021-08-09 00:00:00",
    }, "gb18030"), {
        "channel_type": "wechat", "account_key_type": "wx_biz", "account_key": "MzAwMDAwMDAwMQ==", "account_name_raw": "演示发布", "url": ARTICLE,
        "record_id": HASHED, "title": "标题", "text": "正文", "published_at": NINE, "published_precision": "second", "original_evidence": "unknown",
        "source_name_raw": "晨报", "source_url_raw": "https://a.example/1", "read_unit": "views", **count("read", 1_234, "1,234"),
        **counts(like=3, comment=2, repost=1), "observed_at": OBSERVED,
    }),
    Golden("news_crawler", "c.jsonl", loading.lines([{
        "url": PAGE, "host": "www.News.example", "site_name": "演示网", "title": "标题", "content": "正文", "publish_time": "2021-08-02 09:30:15", "source": "晨报",
        "source_url": "https://a.example/1", "read_num": 5, "like_num": 4, "comment_num": 3, "crawl_time": "2021-08-09 00:00:00",
    }]), {
        **SITE, "account_key": "news.example", "account_name_raw": "演示网", "record_id": "news.example/a/1", "url": PAGE, "title": "标题", "text": "正文",
        "published_at": NINE, "published_precision": "second", "original_evidence": "unknown", "source_name_raw": "晨报",
        "source_url_raw": "https://a.example/1", "read_unit": "views", **counts(read=5, like=4, comment=3), "observed_at": OBSERVED,
    }),
    Golden("news_please", "n.jsonl", loading.lines([{"url": PAGE, "title": "标题", "maintext": "正文", "date_publish": "2021-08-02 09:30:15", "source_domain": "www.news.example"}]), {
        **SITE, "account_key": "news.example", "record_id": "news.example/a/1", "url": PAGE, "title": "标题", "text": "正文", "published_at": NINE,
        "published_precision": "second", "original_evidence": "unknown",
    }),
    Golden("newspaper4k_jsonl", "4.jsonl", loading.lines([{"url": PAGE, "source_url": "https://b.example", "title": "标题", "text": "正文", "publish_date": "2021-08-02 09:30:15"}]), {
        **SITE, "account_key": "news.example", "record_id": "news.example/a/1", "url": PAGE, "title": "标题", "text": "正文", "published_at": NINE,
        "published_precision": "second", "original_evidence": "unknown",
    }),
    Golden("trafilatura_jsonl", "t.jsonl", loading.lines([{"source": PAGE, "hostname": "www.news.example", "source-hostname": "演示网", "title": "标题", "text": "正文", "date": "2021-08-02", "fingerprint": "f"}]), {
        **SITE, "account_key": "news.example", "account_name_raw": "演示网", "record_id": "news.example/a/1", "url": PAGE, "title": "标题", "text": "正文",
        "published_at": MIDNIGHT, "published_precision": "day", "original_evidence": "unknown",
    }),
    Golden("gne_jsonl", "g.jsonl", loading.lines([{"title": "标题", "author": "编", "publish_time": "2021年8月2日 09:30", "content": "正文", "meta": {"og:url": PAGE, "og:site_name": "演示网", "source": "晨报"}}]), {
        **SITE, "account_key": "news.example", "account_name_raw": "演示网", "record_id": "news.example/a/1", "url": PAGE, "title": "标题", "text": "正文",
        "published_at": datetime(2021, 8, 2, 1, 30, tzinfo=UTC), "published_precision": "minute", "original_evidence": "unknown", "source_name_raw": "晨报",
    }),
    Golden("feed", "f.xml", FEED, {
        **SITE, "account_key": "news.example", "account_name_raw": "演示网", "record_id": "urn:1", "url": "https://www.news.example/a/1", "title": "标题",
        "text": "正文", "published_at": NINE, "published_precision": "second", "original_evidence": "unknown",
    }),
    Golden("json_feed", "f.json", doc({"version": "https://jsonfeed.org/version/1", "title": "演示网", "home_page_url": "https://home.example/", "items": [
        {"id": "1", "url": "https://www.news.example/a/1", "title": "标题", "content_text": "正文", "content_html": "<p>x</p>", "summary": "摘要",
         "date_published": "2021-08-02T09:30:15+08:00", "date_modified": "2021-08-03T00:00:00+08:00"}]}), {
        **SITE, "account_key": "news.example", "account_name_raw": "演示网", "record_id": "1", "url": "https://www.news.example/a/1", "title": "标题",
        "text": "正文", "published_at": NINE, "published_precision": "second", "original_evidence": "unknown",
    }),
    Golden("weibo_crawler_users", "weibo/users.csv", csv(USERS), {
        "outlet_id": "weibo:5200100000", "channel_type": "weibo", "account_key_type": "weibo_uid", "account_key": "5200100000", "outlet_name": "演示",
        "is_organization": True, "extra": {"所在地": "上海", "注册时间": "2010-01-01", "微博数": "10", "粉丝数": "20", "是否认证": "True", "认证信息": "演示市政府"},
    }),
    Golden("registry_units", "units.csv", csv({
        "unit_id": "310110", "unit_name": "演示区", "unit_name_en": "Demo", "unit_type": "district", "ranking_list": "districts", "aliases": "演示| 示范 ||",
        "valid_from": "2021-01-01", "valid_to": "2021-09-01",
    }), {
        "unit_id": "310110", "unit_name": "演示区", "unit_name_en": "Demo", "unit_type": "district", "ranking_list": "districts", "aliases": ["演示", "示范"],
        "valid_from": date(2021, 1, 1), "valid_to": date(2021, 9, 1),
    }),
    Golden("registry_accounts", "accounts.csv", csv({
        "account_id": "wb-1", "unit_id": "310110", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "5200100000", "account_name": "演示发布",
        "aliases": "演示|示范", "verified_type": "government", "valid_from": "2021-08-02", "valid_to": "2021-08-02 09:30:15",
    }), {
        "account_id": "wb-1", "unit_id": "310110", "platform": "weibo", "account_key_type": "weibo_uid", "account_key": "5200100000", "account_name": "演示发布",
        "aliases": ["演示", "示范"], "verified_type": "government", "valid_from": MIDNIGHT, "valid_to": NINE,
    }),
    Golden("registry_channels", "channels.csv", csv({
        "outlet_id": "weibo:1", "channel_type": "weibo", "account_key_type": "weibo_uid", "account_key": "5550000001", "outlet_name": "晨报", "aliases": "早报",
        "is_organization": "true", "valid_from": "2021-01-01", "valid_to": "2021-12-31",
    }), {
        "outlet_id": "weibo:1", "channel_type": "weibo", "account_key_type": "weibo_uid", "account_key": "5550000001", "outlet_name": "晨报", "aliases": ["早报"],
        "is_organization": True, "valid_from": date(2021, 1, 1), "valid_to": date(2021, 12, 31),
    }),
]  # fmt: skip
LINEAGE = {"load_key", "connector", "connector_version", "export_sha256", "source_file", "source_row"}


def filled(row: dict[str, Any]) -> dict[str, Any]:
    """What a row holds besides its lineage and keyed hashes; `missing` is what an empty count says of itself."""
    result = {name: value for name, value in row.items() if value not in (None, [], "missing")}
    if "extra" in result:
        result["extra"] = json.loads(result["extra"])
    return {name: result[name] for name in result if name not in {*LINEAGE, "account_pseudonym", "item_salt"}}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.connector)
def test_every_column_of_a_golden_row(tmp_path: Path, golden: Golden) -> None:
    file = tmp_path / "in" / golden.path
    if callable(golden.data):
        golden.data(file)
    else:
        loading.put(file, golden.data)
    (report,) = loading.load(tmp_path / "home", file)
    assert (report.status, report.connector, report.accepted) == ("loaded", golden.connector, 1), report
    assert set(report.reasons) <= {"COUNT_NA"}
    table = built_in_mappings.named(golden.connector).table
    (row,) = loading.rows(tmp_path / "home", table)
    assert filled(row) == golden.row
    assert list(row) == contract.SCHEMAS[table].names
    if table == "records":
        assert report.metric_sums == {metric: golden.row.get(f"{metric}_count", 0) for metric in contract.METRICS}
        empty = {metric for metric in contract.METRICS if f"{metric}_count" not in golden.row}
        assert {row[f"{metric}_count_qualifier"] for metric in empty} <= {"missing"}


def test_every_shipped_mapping_that_loads_has_a_golden_row() -> None:
    assert {golden.connector for golden in GOLDEN} == {
        entry.name for entry in built_in_mappings.most_specific_first() if not entry.refuse
    }


# ---- how a mapping is recognised -----------------------------------------------------------------------------------

# The names that must all be there; after a slash, one that must not be.
RECOGNISED = {
    "gne_jsonl": "title author publish_time content / host",
    "json_feed": "version title items[].id",
    "media_cloud_stories": "media_name media_url publish_date title url",
    "media_crawler": "note_id content create_time liked_count shared_count user_id",
    "monitoring_vendor": "渠道类型 媒体名称 媒体ID 标题 正文 链接 发布时间",
    "news_crawler": "url host title content publish_time",
    "news_please": "title maintext date_publish source_domain",
    "newspaper4k_jsonl": "title text publish_date",
    "refused_datacube": "list[].ref_date / list[].msgid",
    "refused_gdelt": "globaleventid mentionidentifier",
    "refused_hot_search": "热搜内容 搜索量",
    "refused_media_crawler": "note_id content liked_count creator_hash / user_id",
    "refused_weibo_comments": "评论内容 评论时间",
    "refused_weibo_spider_users": "_id crawl_time nick_name followers_count",
    "registry_accounts": "account_id unit_id platform account_key",
    "registry_channels": "outlet_id channel_type outlet_name",
    "registry_units": "unit_id unit_name unit_type ranking_list",
    "trafilatura_jsonl": "title hostname date fingerprint text",
    "wechat_article_total": "list[].ref_date list[].msgid",
    "wechat_backend_content": "内容标题 发表时间 总阅读人数 总阅读次数 内容url",
    "wechat_backend_total": "内容标题 发表时间 总阅读人数 总分享人数 内容url / 总阅读次数",
    "wechat_backup_json": "accounts articles[].title articles[].link",
    "wechat_history_json": "comm_msg_info.datetime app_msg_ext_info.title app_msg_ext_info.content_url",
    "wechat_download_csv": "title url time like_num read_num share_num",
    "wechat_exporter_json": "aid fakeid title link",
    "wechat_exporter_xlsx": "公众号 ID 链接 标题 发布时间 阅读",
    "weibo_crawler_csv": "id bid 正文 点赞数 评论数 转发数",
    "weibo_crawler_json": "user weibo",
    "weibo_crawler_users": "用户id 昵称 粉丝数 认证类型",
    "weibo_page_csv": "用户 正文 时间 转发 评论 赞 / bid",
    "weibo_reposts_json": "mid uid parent kids text date",
    "weibo_search_csv": "id bid user_id 用户昵称 微博正文 发布时间",
    "weibo_spider_csv": "微博id 微博正文 发布时间 点赞数 转发数 评论数 / 发布者",
    "weibo_topic_csv": "微博id 发布者 微博正文 发布时间 转发数",
    "weibo_spider_jsonl": "_id mblogid content attitudes_count user._id",
}
REFUSALS = {
    "refused_datacube": "these WeChat statistics name no article",
    "refused_gdelt": "GDELT",
    "refused_hot_search": "a hot list names topics",
    "refused_media_crawler": "names no account",
    "refused_weibo_comments": "comments on posts",
    "refused_weibo_spider_users": "names accounts and their fans",
}


def recognised(names: list[str]) -> str:
    """The mapping's name, or why the file cannot be used, or nothing."""
    try:
        return recognise.by_names(names).name
    except ExportRefused as error:
        return str(error) if error.reason_code == "FORMAT_USELESS" else ""


@pytest.mark.parametrize("name", RECOGNISED)
def test_a_mapping_is_recognised_by_its_names_and_by_no_fewer(name: str) -> None:
    wanted, _, unwanted = RECOGNISED[name].partition(" / ")
    names = wanted.split()
    means = REFUSALS.get(name, name)
    assert means in recognised(names)
    assert means in recognised([*names, "别的"])
    for left in names:
        assert means not in recognised([entry for entry in names if entry != left]), left
    if unwanted:
        assert means not in recognised([*names, unwanted])


def test_every_mapping_that_goes_by_names_is_in_the_table() -> None:
    assert set(RECOGNISED) | {"refused_hot_list"} == {
        entry.name for entry in built_in_mappings.most_specific_first() if entry.recognise
    }


def test_of_alternative_names_one_is_enough() -> None:
    assert recognised(["博主", "微博正文", "发布时间", "转发数", "评论数", "点赞数", "别的"]) == "weibo_page_csv"
    assert recognised(["accounts", "articles", "articles[].title", "articles[].content_url"]) == "wechat_backup_json"
    assert "comments on posts" in recognised(["评论者昵称", "评论正文"])


def test_a_hot_list_has_an_address_and_a_title_and_nothing_else() -> None:
    assert "hot list" in recognised(["title", "url"])
    assert recognised(["title", "url", "x"]) == ""
    assert recognised(["url"]) == ""


def test_of_two_mappings_that_fit_the_more_specific_one_reads_the_file() -> None:
    both = ["title", "hostname", "date", "fingerprint", "text", "publish_date"]
    assert recognised(both) == "trafilatura_jsonl"
    assert recognised([*["title", "text", "publish_date"], "x"]) == "newspaper4k_jsonl"
    assert recognised(["url", "host", "title", "content", "publish_time", "author"]) == "news_crawler"


@pytest.mark.parametrize(
    ("kind", "is_organization"),
    [("-1", False), ("0", False), ("200", False), ("220", False), *[(str(kind), True) for kind in range(1, 8)]],
)
def test_verification_types_one_to_seven_are_organizations(tmp_path: Path, kind: str, is_organization: bool) -> None:
    loading.load(tmp_path, loading.put(tmp_path / "in" / "users.csv", csv({**USERS, "认证类型": kind})))
    assert loading.rows(tmp_path, "channels", "is_organization") == [is_organization]


@pytest.mark.parametrize(
    ("word", "channel", "key_type"),
    [("新闻客户端", "news_app", "app_id"), ("新闻网站", "news_site", "domain"), ("微信", "wechat", "wx_biz"), ("微博", "weibo", "weibo_uid")],
)  # fmt: skip
def test_a_vendors_words_for_channels(tmp_path: Path, word: str, channel: str, key_type: str) -> None:
    head = {"渠道类型": word, "媒体名称": "甲", "媒体ID": "5", "标题": "t", "正文": "x", "链接": "https://a.example/1", "发布时间": "2021-08-02"}  # fmt: skip
    loading.load(tmp_path, loading.put(tmp_path / "in" / "v.csv", csv(head)))
    assert loading.rows(tmp_path, "records", "channel_type", "account_key_type") == [(channel, key_type)]


@pytest.mark.parametrize(
    ("stat", "kind", "is_original"), [(1, 1, True), (1, 0, False), (0, 1, False), (1, None, False)]
)
def test_a_wechat_article_is_original_where_both_flags_are_set(
    tmp_path: Path, stat: int, kind: int | None, is_original: bool
) -> None:
    article = {
        "aid": "1_1",
        "fakeid": "Mz",
        "title": "t",
        "link": "x",
        "create_time": 1627867815,
        "copyright_stat": stat,
        "copyright_type": kind,
    }
    loading.load(tmp_path, loading.put(tmp_path / "in" / "a.json", doc([article])))
    assert loading.rows(tmp_path, "records", "is_original") == [is_original]


@pytest.mark.parametrize(
    ("text", "is_original"),
    [
        ("转发微博", False),
        ("好//@甲:原文", False),
        ("转发微博了", True),
        ("请转发微博", True),
        ("@甲 你好", True),
        ("", True),
    ],
)
def test_a_repost_of_media_crawler_is_told_by_its_text(tmp_path: Path, text: str, is_original: bool) -> None:
    row = {"note_id": "4660000000000001", "content": text, "create_time": "1627867815", "liked_count": "1", "shared_count": "1", "user_id": "5200100000"}  # fmt: skip
    loading.load(tmp_path, loading.put(tmp_path / "in" / "c.csv", csv(row)))
    assert loading.rows(tmp_path, "records", "is_original") == [is_original]


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [
        ("演示发布/5200100000.csv", "5200100000", "演示发布"),
        ("演示发布/5200100000_2021.csv", "5200100000", "演示发布"),
        ("演示发布/20210801_5200100000.csv", "5200100000", "演示发布"),  # the last number of the name
        ("演示发布 5200100000/posts.csv", "5200100000", "演示发布 5200100000"),
        ("演示发布/1234.csv", "演示发布", "演示发布"),  # four digits are no account
        ("演示发布/12345.csv", "12345", "演示发布"),
    ],
)
def test_the_account_of_weibo_crawler_stands_in_the_path(tmp_path: Path, path: str, key: str, name: str) -> None:
    row = {"id": "4660000000000001", "bid": "", "正文": "x", "点赞数": "1", "评论数": "1", "转发数": "1", "日期": "2021-08-02"}  # fmt: skip
    loading.load(tmp_path, loading.put(tmp_path / "in" / path, csv(row)))
    assert loading.rows(tmp_path, "records", "account_key", "account_name_raw") == [(key, name)]
    kind = "name" if key == name else "weibo_uid"
    assert loading.rows(tmp_path, "records", "account_key_type") == [kind]
