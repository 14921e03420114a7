"""What the name of a column or a JSON path means. Whole names only: `guid` holds no `uid`, `duration` no name."""

from __future__ import annotations

import re
import unicodedata

from bangdan.ingestion.columns.private_names import looks_private

# Canonical column → whole names in Chinese and in English, the words of an English name joined by `_`.
MEANINGS = {
    "account_key": r"(账号|媒体|用户|公众号|博主|发布者|作者)_?(id|编号)|(weibo_)?uid|(user|account|author|blogger|owner|media)_?(uid|id)|(user_?name_)?biz|fakeid|fake_id",
    "account_name_raw": r"(账号|公众号|博主|媒体|用户|发布者|作者|微博|站点|网站)(名|名称|昵称|账号)?|昵称|screen_?name|nick(_?name)?|author(_name)?|user_?name|account(_name)?|outlet(_name)?|media(_name)?|site_?name",
    "record_id": r"(文章|微博|稿件|内容|帖子|博文|新闻)?_?(id|编号)|mid|aid|idstr|(article|post|msg|message|weibo|note|status|item|news|story)_?id",
    "alt_id": r"bid|mblogid|mblog_id",
    "url": r"(文章|微博|原文|详情|页面|帖子|新闻|内容|博文|标题)?_?(链接|网址|地址|url)|(article|post|page|content|news|original|note|web)?_?(url|link|href|permalink)",
    "title": r"(文章|新闻|内容|稿件)?(标题|题目|题名)|(article|news|post)?_?(title|headline|subject)",
    "text": r"(微博|文章|新闻|稿件|帖子)?(正文|内容|全文|文本)|博文|(raw_|full_|main|article_|post_)?(text|content|body)|text_raw",
    "published_at": r"(发布|发表|发文|发送|创建|推送|刊发|微博)?(时间|日期)|发布于?|(publish(ed)?|pub|post(ed)?|creat(e|ed|ion)|release|sent)_?(at|time|date|on|datetime|timestamp|utc)?|date|time|datetime|timestamp|(date|time)_(published|posted|created)",
    "observed_at": r"(采集|抓取|爬取|更新|入库)(时间|日期)|(crawl|crawled|fetch|fetched|scrape|scraped|collect|collected|observed|capture|captured)_?(at|time|date|on|ts)?",
    "source_name_raw": r"(稿件|文章|新闻)?来源(媒体)?|出处|转自|(news_|original_)?source(_name)?",
    "read_count": r"(总)?(阅读|浏览|播放|点击)(数|量|次数|人数)?|(read|view|play|click|pv)s?_?(num|count|cnt|number|total)?",
    "like_count": r"(点?赞|喜欢)(数|量)?|(like|liked|attitude|praise|digg|up|up_?vote)s?_?(num|count|cnt|number)?",
    "comment_count": r"(评论|留言|回复|跟帖)(数|量)?|(comment|repl(y|ie))s?_?(num|count|cnt|number)?",
    "share_count": r"分享(数|量)?|(share|shared)s?_?(num|count|cnt|number)?",
    "repost_count": r"转发(数|量)?|(repost|forward|retweet)s?_?(num|count|cnt|number)?",
    "recommend_count": r"(在看|推荐)(数|量)?|(recommend|wow|zaikan)s?_?(num|count|cnt|number)?",
    "repost_of_id": r"(源|原|被转发)微博_?id|(retweet|repost_of|retweeted|root)_?(id|mid)",
}  # fmt: skip
CHANNEL = r"渠道(类型)?|媒体类型|平台(类型)?|信息来源类型|channel(_type)?|platform|media_type"
# Objects whose keys are not the record's own: somebody else's texts, accounts and counts.
_OTHERS = {"comment", "comments", "reply", "replies", "retweet", "retweeted_status", "retweeted", "page_info", "geo", "pics", "pic", "images", "image", "video"}  # fmt: skip
_PERSONS = {"user", "author", "owner", "account", "blogger", "publisher", "mblog_user"}
# Besides what is private in every export: names that are harmless there and no field of a record.
_SECRET = re.compile(
    r"(^|_)(cookies?|ticket|key|uin|sign(ature)?|open_?id|union_?id|auth|tel|mobile|ip(_address)?)(_|$)|令牌|住址"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words(name: str) -> str:
    """A name in lower case, its words joined by one `_`."""
    text = _CAMEL.sub("_", unicodedata.normalize("NFKC", name)).lower()
    return re.sub(r"[\W_]+", "_", text).strip("_")


def is_private(name: str) -> bool:
    """Does a name look like a secret or data of a person?"""
    return any(_SECRET.search(words(part)) or looks_private(words(part)) for part in name.split("."))


def means(column: str, name: str) -> bool:
    """Is the name, or the last part of a JSON path, a whole name of the canonical column?"""
    *parents, last = [words(part) for part in name.split(".")]
    if _OTHERS & set(parents) or is_private(name):
        return False
    if _PERSONS & set(parents):
        if column == "account_key":
            return last in ("id", "uid", "idstr", "biz")
        return column == "account_name_raw" and bool(re.fullmatch(f"name|{MEANINGS[column]}", last))
    return bool(re.fullmatch(MEANINGS[column], last))


def is_author(name: str) -> bool:
    """Does a name mean the person who wrote?"""
    return "author" in words(name).split("_") or bool(
        {"author", "作者", "编辑", "记者"} & {words(part) for part in name.split(".")}
    )


def is_channel(name: str) -> bool:
    return bool(re.fullmatch(CHANNEL, words(name.split(".")[-1])))
