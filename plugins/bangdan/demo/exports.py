"""The month written as real tools write it. Every file or folder says that it is synthetic."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bangdan.core.identifiers import bid_of_mid
from bangdan.core.months import SHANGHAI
from bangdan.demo.items import Item
from bangdan.demo.posts import Post
from bangdan.demo.world import MOVED_ACCOUNT, MOVED_AT, MOVED_TO, Plan, accounts, outlets, units

NOTE = "合成数据，仅供演示 / synthetic data, for demonstration only"
WEIBO_HEADER = [
    "id",
    "bid",
    "正文",
    "头条文章url",
    "原始图片url",
    "视频url",
    "位置",
    "日期",
    "工具",
    "点赞数",
    "评论数",
    "转发数",
    "话题",
    "@用户",
    "完整日期",
    "是否原创",
    "源用户id",
    "源用户昵称",
    "源微博id",
    "源微博bid",
    "源微博正文",
    "源微博头条文章url",
    "源微博原始图片url",
    "源微博视频url",
    "源微博位置",
    "源微博日期",
    "源微博工具",
    "源微博点赞数",
    "源微博评论数",
    "源微博转发数",
    "源微博话题",
    "源微博@用户",
    "源微博完整日期",
]
VENDOR_HEADER = [
    "序号",
    "渠道类型",
    "媒体名称",
    "媒体ID",
    "标题",
    "正文",
    "链接",
    "发布时间",
    "来源",
    "来源链接",
    "阅读数",
    "点赞数",
    "评论数",
    "转发数",
    "采集时间",
]
EXPORTER_HEADER = [
    "公众号",
    "ID",
    "链接",
    "标题",
    "封面",
    "摘要",
    "创建时间",
    "发布时间",
    "阅读",
    "点赞",
    "分享",
    "喜欢",
    "留言",
    "作者",
    "是否原创",
    "文章类型",
    "所属合集",
    "文章内容",
]


# A JSON document is read as a whole, so one of more articles would be refused for its size.
ARTICLES_OF_A_FILE = 100_000


def epoch(at: datetime) -> int:
    return int(at.replace(tzinfo=SHANGHAI).timestamp())


def deliver(folder: Path, received_at: datetime) -> Path:
    """A fresh delivery folder with its note."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    delivery_note = {"received_at": received_at.replace(tzinfo=SHANGHAI).isoformat(), "synthetic": True, "note": NOTE}
    (folder / "_delivery.json").write_text(json.dumps(delivery_note, ensure_ascii=False) + "\n", "utf-8")
    return folder


def write_csv(file: Path, header: list[str], rows: Iterable[Iterable[Any]], encoding: str = "utf-8-sig") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding=encoding, errors="replace", newline="") as stream:
        out = csv.writer(stream, lineterminator="\r\n")
        out.writerow(header)
        out.writerows(rows)


def registry(inbox: Path) -> None:
    """Units, accounts with dated ownership, outlets."""
    folder = deliver(inbox / "synthetic-registry", datetime(2018, 12, 1))  # noqa: DTZ001 - Shanghai local
    write_csv(
        folder / "synthetic_units.csv",
        ["unit_id", "unit_name", "unit_name_en", "unit_type", "ranking_list", "aliases", "valid_from", "valid_to"],
        (
            (u.unit_id, u.name, u.name_en, u.unit_type, u.ranking_list, f"上海{u.short}|{u.short}", "", "")
            for u in units()
        ),
    )
    rows = []
    for a in accounts():
        key_type = "wx_biz" if a.platform == "wechat" else "weibo_uid"
        spans = [(a.unit.unit_id, "", "")]
        if a.account_id == MOVED_ACCOUNT:
            spans = [(a.unit.unit_id, "", MOVED_AT), (MOVED_TO, MOVED_AT, "")]
        rows += [
            (a.account_id, unit, a.platform, key_type, a.key, a.name, f"{a.name}官方", "government", start, end)
            for unit, start, end in spans
        ]
    header = "account_id,unit_id,platform,account_key_type,account_key,account_name,aliases,verified_type,valid_from,valid_to"
    write_csv(folder / "synthetic_accounts.csv", header.split(","), rows)
    key_types = {"news_app": "app_id", "news_site": "domain", "wechat": "wx_biz", "weibo": "weibo_uid"}
    write_csv(
        folder / "synthetic_channels.csv",
        [
            "outlet_id",
            "channel_type",
            "account_key_type",
            "account_key",
            "outlet_name",
            "aliases",
            "is_organization",
            "valid_from",
            "valid_to",
        ],
        (
            (f"{o.channel_type}:{o.key}", o.channel_type, key_types[o.channel_type], o.key, o.name, "", "true", "", "")
            for group in outlets().values()
            for o in group
        ),
    )


def month(inbox: Path, plan: Plan, posts: list[Post], items: list[Item]) -> None:
    """All exports of one month's delivery, a late one, and a file that comes twice."""
    received = plan.month.end + timedelta(days=9, hours=6)
    folder = deliver(inbox / f"synthetic-{plan.month}", received)
    _own_weibo(folder, posts)
    _own_wechat(folder, posts)
    late = deliver(inbox / f"synthetic-{plan.month}-late", received + timedelta(days=5))
    r = Random(f"{plan.month}/late")
    kept: dict[tuple[str, int], list[Item]] = defaultdict(list)
    came_late: list[Item] = []
    for item in items:
        if item.outlet.channel_type == "news_app" and r.random() < 0.015:
            came_late.append(item)
        else:
            kept[item.outlet.channel_type, (item.at - plan.month.start).days // 7].append(item)
    writers: dict[str, Callable[[Path, list[Item]], None]] = {
        "news_app": lambda f, part: _vendor(f / "monitoring_vendor", part),
        "news_site": lambda f, part: _news(f / "news_crawler", part),
        "wechat": lambda f, part: _wechat(f / "wechat_exporter_outlets", part),
        "weibo": lambda f, part: _weibo(f / "weibo_spider", part),
    }
    for (channel, week), part in sorted(kept.items()):
        writers[channel](folder / f"week{week + 1}", part)
    writers["news_app"](late, came_late)
    again = folder / "week2" / "weibo_spider"
    for file in sorted(again.glob("*.jsonl")):
        shutil.copyfile(file, late / f"{file.stem}_again.jsonl")


def _own_weibo(folder: Path, posts: list[Post]) -> None:
    """weibo-crawler CSV: 16 cells for an original, 33 for a forward; the account stands in the path only."""
    by_account = defaultdict(list)
    for post in posts:
        if post.account.platform == "weibo":
            by_account[post.account].append(post)
    for number, (account, own) in enumerate(by_account.items()):
        rows = [_weibo_row(post) for post in reversed(own)]
        if number == 3 and rows:
            # A row that a crawler damaged: a count below zero. It is rejected and counted as such.
            bad = list(rows[0])
            bad[0], bad[1], bad[9] = f"{int(bad[0].strip()) - 1}\t", "", "-1"
            rows.append(bad)
        write_csv(folder / "weibo_crawler" / account.name / f"synthetic_{account.key}.csv", WEIBO_HEADER, rows)


def _weibo_row(post: Post) -> list[Any]:
    at, c = post.at, post.counts
    topics = post.body[1 : post.body.find("#", 1)] if post.body.startswith("#") else ""
    row = [f"{post.record_id}\t", bid_of_mid(post.record_id), post.body, "", "", "", "", at.isoformat(), "微博 weibo.com",
           c["like"], c["comment"], c["repost"], topics, "", f"{at:%Y-%m-%d %H:%M:%S}"]  # fmt: skip
    source = post.repost_of
    if source is not None:
        mid, uid, name = source.record_id, source.account.key, source.account.name
    elif post.repost_of_outside is not None:
        mid, uid, name = post.repost_of_outside
    else:
        return [*row, str(post.is_original)]
    return [*row, "False", uid, name, mid, bid_of_mid(mid), "", *[""] * 12]


def _article(title: str, url: str, record: str, key: str, name: str, body: str, at: datetime) -> dict[str, Any]:
    """The fields of wechat-article-exporter's JSON that matter, under its names."""
    msgid, idx = record.split("_")
    return {
        "aid": record, "appmsgid": int(msgid), "itemidx": int(idx), "title": title, "link": url, "digest": body[:60],
        "content": body, "create_time": epoch(at), "update_time": epoch(at), "is_deleted": False, "fakeid": key,
        "_accountName": name,
    }  # fmt: skip


def _own_wechat(folder: Path, posts: list[Post]) -> None:
    """wechat-article-exporter: JSON for most accounts, XLSX for every tenth."""
    by_account = defaultdict(list)
    for post in posts:
        if post.account.platform == "wechat":
            by_account[post.account].append(post)
    for number, (account, own) in enumerate(by_account.items()):
        file = folder / "wechat_exporter" / f"synthetic_{account.name}"
        if number % 10 == 0:
            _workbook(file.with_suffix(".xlsx"), own)
            continue
        rows = []
        for post in own:
            row = _article(post.title, post.url, post.record_id, account.key, account.name, post.body, post.at)
            flag = int(post.is_original)
            row |= {"copyright_stat": flag, "copyright_type": flag}
            names = {
                "read": "readNum",
                "like": "oldLikeNum",
                "recommend": "likeNum",
                "comment": "commentNum",
                "share": "shareNum",
            }
            row |= {names[metric]: value for metric, value in post.counts.items() if value is not None}
            rows.append(row)
        _json(file.with_suffix(".json"), rows)


def _workbook(file: Path, posts: list[Post]) -> None:
    import xlsxwriter

    file.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    book.set_properties({"created": datetime(2021, 1, 1), "comments": NOTE})  # noqa: DTZ001 - fixed for equal bytes
    sheet = book.add_worksheet("Sheet1")
    sheet.write_row(0, 0, EXPORTER_HEADER)
    for i, post in enumerate(posts, start=1):
        c, at = post.counts, f"{post.at:%Y-%m-%d %H:%M:%S}"
        sheet.write_row(i, 0, [post.account.name, post.record_id, post.url, post.title, "", post.body[:60], at, at,
                               c["read"], c["like"], c["share"], c["recommend"], c["comment"], "",
                               "原创" if post.is_original else "", "普通图文", "", post.body])  # fmt: skip
    book.close()


def _json(file: Path, rows: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _vendor(folder: Path, items: list[Item]) -> None:
    """A monitoring vendor's CSV in GB18030: 10万+ for more than a hundred thousand, blanks where nothing was read."""
    r = Random(f"vendor/{len(items)}")

    def rows() -> Iterable[list[Any]]:
        for n, item in enumerate(items, start=1):
            assert item.reads is not None, "the vendor's channels count reads"
            reads: str | int = item.reads
            if item.reads > 100_000:
                reads = "10万+"
            elif item.reads >= 10_000:
                reads = f"{item.reads / 10_000:.1f}万"
            url = f"https://{item.outlet.key}.example.com/a/{item.record_id}.html"
            yield [n, "新闻客户端", item.outlet.name, item.outlet.key, item.title, item.body, url, f"{item.at:%Y-%m-%d %H:%M:%S}",
                   item.source_name, item.source_url, "" if r.random() < 0.1 else reads, item.likes,
                   "" if r.random() < 0.05 else item.comments, "", f"{item.at + timedelta(hours=160):%Y-%m-%d %H:%M:%S}"]  # fmt: skip

    write_csv(folder / "synthetic_news_apps.csv", VENDOR_HEADER, rows(), "gb18030")


def _news(folder: Path, items: list[Item]) -> None:
    """A news crawler's JSON lines; the last line of the file is cut off, as a killed crawler leaves it."""
    r = Random(f"news/{len(items)}")
    lines = []
    for item in items:
        row = {
            "url": f"https://www.{item.outlet.key}/{item.at:%Y%m}/{item.record_id}.html?from=app", "host": item.outlet.key,
            "site_name": item.outlet.name, "title": item.title, "content": item.body,
            "publish_time": f"{item.at:%Y-%m-%d %H:%M:%S}", "source": item.source_name, "source_url": item.source_url,
            "read_num": None if r.random() < 0.25 else item.reads, "like_num": None if r.random() < 0.25 else item.likes,
            "comment_num": item.comments, "crawl_time": f"{item.at + timedelta(hours=150):%Y-%m-%d %H:%M:%S}",
        }  # fmt: skip
        lines.append(json.dumps(row, ensure_ascii=False))
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*lines, '{"url": "https://www.news001.example.cn/cut'])
    (folder / "synthetic_news_sites.jsonl").write_text(text, "utf-8")


def _wechat(folder: Path, items: list[Item]) -> None:
    """WeChat outlets in wechat-article-exporter's JSON, many accounts in one file."""
    r = Random(f"wechat/{len(items)}")
    rows = []
    for item in items:
        url = f"http://mp.weixin.qq.com/s?__biz={item.outlet.key}&mid={item.record_id[:-2]}&idx=1&sn={item.record_id[:10]}#rd"
        row = _article(item.title, url, item.record_id, item.outlet.key, item.outlet.name, item.body, item.at)
        row |= {"copyright_stat": 0, "copyright_type": 0, "source_url": item.source_url}
        row["readNum"] = 0 if r.random() < 0.005 else min(item.reads or 0, 100_001)
        if r.random() > 0.08:
            row |= {"oldLikeNum": item.likes, "likeNum": (item.likes or 0) // 3, "commentNum": item.comments}
        rows.append(row)
    for number, begin in enumerate(range(0, max(len(rows), 1), ARTICLES_OF_A_FILE), 1):
        name = "synthetic_articles" if number == 1 else f"synthetic_articles_{number}"
        _json(folder / f"{name}.json", rows[begin : begin + ARTICLES_OF_A_FILE])


def _weibo(folder: Path, items: list[Item]) -> None:
    """Weibo outlets as WeiboSpider's JSON lines."""
    r = Random(f"weibo/{len(items)}")
    lines = []
    for item in items:
        row: dict[str, Any] = {
            "_id": item.record_id, "mblogid": bid_of_mid(item.record_id), "created_at": f"{item.at:%Y-%m-%d %H:%M:%S}",
            "geo": None, "reposts_count": (item.likes or 0) // 4, "comments_count": item.comments,
            "attitudes_count": item.likes, "source": "微博网页版", "content": item.body, "pic_urls": [], "pic_num": 0,
            "isLongText": False, "is_retweet": item.is_forward,
            "user": {"_id": item.outlet.key, "nick_name": item.outlet.name, "verified": True, "verified_type": 3},
            "url": f"https://weibo.com/{item.outlet.key}/{bid_of_mid(item.record_id)}",
            "crawl_time": epoch(item.at + timedelta(hours=155)),
        }  # fmt: skip
        if item.is_forward and item.source is not None:
            row["retweet_id"] = item.source.record_id
        if r.random() < 0.7:
            row["reads_count"] = item.reads
        lines.append(json.dumps(row, ensure_ascii=False))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "synthetic_tweets.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
