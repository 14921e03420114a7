"""One small synthetic export per connector, in the shape that its tool writes, and how many records it holds as plain
csv and json count them. Texts and numbers are invented.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.loading import lines, put, table


def words(text: str) -> list[str]:
    return text.split(",")


MIDS = [str(4660000000000001 + 7 * i) for i in range(12)]
# Their short ids, written out: 46 = K, 6000000 = paSc, and the last seven digits in base 62.
BIDS = words(
    "KpaSc0001,KpaSc0008,KpaSc000f,KpaSc000m,KpaSc000t,KpaSc000A,KpaSc000H,KpaSc000O,KpaSc000V,KpaSc0012,KpaSc0019,KpaSc001g"
)
BID = dict(zip(MIDS, BIDS, strict=True))
BIZ = "MzAwMDAwMDAwMQ=="
ARTICLE = "http://mp.weixin.qq.com/s?__biz={biz}&mid={mid}&idx={idx}&sn=0f&chksm=1c#rd"


@dataclass(frozen=True)
class Made:
    """`connector` reads the file at `path`; `count` says how many records stand in it."""

    connector: str
    path: str
    write: Callable[[Path], None]
    count: Callable[[Path], int]


def csv_rows(file: Path) -> int:
    text = file.read_bytes().decode("utf-8-sig")
    return sum(any(row) for row in csv.reader(io.StringIO(text, newline=""))) - 1


def json_lines(file: Path) -> int:
    return sum(bool(line.strip()) for line in file.read_text("utf-8").split("\n"))


def of_json(key: str = "") -> Callable[[Path], int]:
    def count(file: Path) -> int:
        payload = json.loads(file.read_text("utf-8"))
        return len(payload[key] if key else payload)

    return count


def sheet_rows(skipped: int) -> Callable[[Path], int]:
    def count(file: Path) -> int:
        import openpyxl

        return openpyxl.load_workbook(file).worksheets[0].max_row - skipped

    return count


HEAD_14 = words("id,bid,正文,头条文章url,原始图片url,视频url,位置,日期,工具,点赞数,评论数,转发数,话题,@用户")
HEAD_33 = [
    *HEAD_14, "完整日期", "是否原创", *words("源用户id,源用户昵称,源微博id,源微博bid,源微博正文,源微博头条文章url,"
    "源微博原始图片url,源微博视频url,源微博位置,源微博日期,源微博工具,源微博点赞数,源微博评论数,源微博转发数,"
    "源微博话题,源微博@用户,源微博完整日期"),
]  # fmt: skip
HEAD_39 = [*HEAD_33[:6], "Live Photo视频url", *HEAD_33[6:16], "是否编辑过", "编辑次数", *HEAD_33[16:], "源微博Live Photo视频url", "源微博是否编辑过", "源微博编辑次数"]  # fmt: skip
HEAD_31 = [name for name in HEAD_33 if name not in ("完整日期", "源微博完整日期")]


def weibo_crawler(head: list[str], tab: str = "") -> Callable[[Path], None]:
    """Ragged: an original post's row ends where the source's columns begin."""

    def write(file: Path) -> None:
        short = len([name for name in head if not name.startswith("源")])
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(head)
        for i, mid in enumerate(MIDS):
            is_repost = "源微博id" in head and i % 3 == 0
            result = {
                "id": mid + tab, "bid": BID[mid], "正文": f"#开放#第{i}条\n第二行，有\"引号\"", "日期": "2021-08-02",
                "点赞数": i, "评论数": 0, "转发数": 1_000_000 if i == 1 else 3, "完整日期": f"2021-08-02 09:{i:02d}:00",
                "是否原创": str(not is_repost), "话题": "开放",
                **({"源微博id": "4650000000000001", "源用户id": "5200100001"} if is_repost else {}),
            }  # fmt: skip
            row = [result.get(name, "") for name in head]
            writer.writerow(row if is_repost or len(head) == 14 else row[:short])
        put(file, ("\ufeff" + out.getvalue()).encode())

    return write


def weibo_crawler_json(file: Path) -> None:
    posts = [
        {"id": int(mid), "bid": BID[mid], "user_id": 5200100000, "screen_name": "演示发布", "text": f"第{i}条",
         "created_at": "2021-08-02", "full_created_at": f"2021-08-02 09:{i:02d}:00", "attitudes_count": i,
         "comments_count": 1, "reposts_count": 2, "topics": "", **({"retweet": {"id": 4650000000000001, "user_id": 1}} if i % 2 else {})}
        for i, mid in enumerate(MIDS)
    ]  # fmt: skip
    put(file, json.dumps({"user": {"id": "5200100000", "screen_name": "演示发布"}, "weibo": posts}, ensure_ascii=False))


USERS = words(
    "用户id,昵称,性别,生日,所在地,学习经历,公司,注册时间,阳光信用,微博数,粉丝数,关注数,简介,主页,头像,高清头像,微博等级,会员等级,是否认证,认证类型,认证信息"
)


def weibo_users(columns: int) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        head = [*USERS, *["上次记录微博信息", "IP"][: columns - 21]]
        rows = [
            [f"520010000{i}", f"演示{i}", "f", *[""] * 6, 10, 20, 3, "", "", "", "", 1, 0, True, kind, "演示市政府"]
            for i, kind in enumerate((1, 3, 0, -1))
        ]
        put(file, "\ufeff" + table(head, rows) + "2021-08-25 01:06:53\r\n")

    return write


SEARCH = words(
    "id,bid,user_id,用户昵称,微博正文,头条文章url,发布位置,艾特用户,话题,转发数,评论数,点赞数,发布时间,发布工具,微博图片url,微博视频url,retweet_id,ip,user_authentication,会员类型,会员等级"
)


def weibo_search(columns: int) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        rows = [
            [mid, BID[mid], f"52001{i:05d}", f"用户{i}", f"搜到第{i}条", "", "", "", "", "1.2万" if i == 0 else i, 0, 5,
             f"2021-08-02 09:{i:02d}", "手机", "", "", MIDS[0] if i % 2 else "", "发布于 上海", "普通用户", "", ""][:columns]
            for i, mid in enumerate(MIDS)
        ]  # fmt: skip
        put(file, "\ufeff" + table(SEARCH[:columns], rows))

    return write


def weibo_spider(file: Path) -> None:
    put(file, lines(
        {"_id": mid, "mblogid": BID[mid], "created_at": f"2021-08-02 09:{i:02d}:00", "geo": None, "ip_location": "发布于 上海",
         "reposts_count": i, "comments_count": 1, "attitudes_count": 2, "source": "手机", "content": f"第{i}条", "pic_urls": [],
         "is_retweet": bool(i % 2), **({"retweet_id": MIDS[0]} if i % 2 else {}), "user": {"_id": "5200100000", "nick_name": "演示发布",
         "verified": True, "verified_type": 1}, "url": f"https://weibo.com/5200100000/{BID[mid]}", "reads_count": 100 + i, "crawl_time": 1628000000}
        for i, mid in enumerate(MIDS)
    ))  # fmt: skip


# All MIDS were made on 17 July 2021 at 17:27:21 in Shanghai.
PAGE = words("用户,链接,正文,时间,转发,评论,赞")


def weibo_page(file: Path) -> None:
    """A browser scraper's table: blank lines between the rows, the button's word where a count is 0."""
    rows: list[list[object]] = []
    for i, mid in enumerate(MIDS):
        at = "2021-07-17 17:27" if i % 3 == 0 else "7月17日 17:27 来自 微博 weibo.com"
        counts = ["转发", "评论", "赞"] if i == 0 else [i, f"评论 {i}", "1.2万"]
        rows += [["演示发布", f"https://weibo.com/5200100000/{BID[mid]}?refer_flag=1", f"第{i}条", at, *counts], []]
    put(file, "\ufeff" + table(PAGE, rows))


TOPIC = words("微博id,发布者,发布者id,微博正文,原始图片url,发布位置,发布时间,发布工具,点赞数,转发数,评论数")


def weibo_topic(file: Path) -> None:
    rows = [[BID[mid], f"用户{i}", f"52001{i:05d}", f"第{i}条", "无", "无", "07-17 17:27", "手机", "赞" if i == 0 else i, 2, 1] for i, mid in enumerate(MIDS)]  # fmt: skip
    put(file, "\ufeff" + table(TOPIC, rows))


SPIDER = words("微博id,微博正文,头条文章url,原始图片url,被转发微博原始图片url,是否为原创微博,微博视频url,发布位置,发布时间,发布工具,点赞数,转发数,评论数")  # fmt: skip


def weibo_spider_csv(file: Path) -> None:
    rows = [[BID[mid], f"第{i}条", "", "无", "无", str(i % 3 != 0), "无", "无", f"2021-08-02 09:{i:02d}", "手机", i, 2, 1] for i, mid in enumerate(MIDS)]  # fmt: skip
    put(file, "\ufeff" + table(SPIDER, rows))


def weibo_reposts(file: Path) -> None:
    """The reposts of the post in the file's name; every third repeats the repost before it."""
    put(file, json.dumps([
        {"mid": BID[mid], "uid": f"52001{i:05d}", "parent": BIDS[i - 1] if i % 3 == 2 else "", "kids": [], "text": "" if i % 2 else "转发微博",
         "date": "07月17日 17:27" if i % 4 == 0 else "2021-07-17 17:27:21"}
        for i, mid in enumerate(MIDS) if i
    ], ensure_ascii=False))  # fmt: skip


def wechat_history(file: Path) -> None:
    """Three messages with a head article and three more each, and one message that is a text."""

    def article(n: int) -> dict[str, object]:
        url = ARTICLE.format(biz=BIZ, mid=2650000001 + n // 4, idx=n % 4 + 1).replace("&", "&amp;").replace("/", r"\/")
        return {"title": f"标题{n}", "digest": "摘要", "content_url": url, "source_url": "", "author": "编", "copyright_stat": 11 if n % 2 else 100}  # fmt: skip

    messages: list[dict[str, object]] = [
        {"comm_msg_info": {"id": 1, "type": 1, "datetime": 1627866000, "content": "你好"}}
    ]
    for message in range(3):
        head, *others = (article(message * 4 + n) for n in range(4))
        info = {"id": 1000000000 + message, "type": 49, "datetime": 1627866000 + message * 3600, "fakeid": "3000000001"}
        messages.append({"comm_msg_info": info, "app_msg_ext_info": {**head, "is_multi": 1, "multi_app_msg_item_list": others}})  # fmt: skip
    put(file, json.dumps(messages, ensure_ascii=False))


def articles_of_history(file: Path) -> int:
    messages = [message["app_msg_ext_info"] for message in json.loads(file.read_text("utf-8"))[1:]]
    return sum(1 + len(message["multi_app_msg_item_list"]) for message in messages)


def wechat_backup(file: Path) -> None:
    articles = [{"title": f"标题{i}", "link": ARTICLE.format(biz=BIZ, mid=2650000001, idx=i + 1), "publish_time": f"2021-08-02 09:{i:02d}:00", "read_num": 100001 if i == 0 else i, "comment_num": 2} for i in range(12)]  # fmt: skip
    put(file, json.dumps({"accounts": [{"biz": BIZ, "nickname": "演示发布"}], "parameters": [{"key": "k3y", "pass_ticket": "t1cket"}], "articles": articles}, ensure_ascii=False))  # fmt: skip


STORIES = words("guid,media_name,media_url,publish_date,title,url,language")


def media_cloud(file: Path) -> None:
    rows = [[f"https://www.news.example/a/{i}", "演示网", "https://www.news.example/", f"2021-08-02 09:{i:02d}:00", f"标题{i}", f"https://www.news.example/a/{i}", "zh"] for i in range(12)]  # fmt: skip
    if file.suffix == ".csv":
        put(file, table(STORIES, rows))
    else:
        put(file, lines(dict(zip(STORIES, row, strict=True)) for row in rows))


def media_crawler(file: Path) -> None:
    head = words(
        "note_id,content,create_time,create_date_time,liked_count,comments_count,shared_count,last_modify_ts,note_url,ip_location,user_id,nickname,gender,profile_url,avatar,source_keyword"
    )
    rows = [[mid, "转发微博" if i % 2 else f"第{i}条", 1627870000 + i, "", i, 0, 1, 1628000000000, f"https://m.weibo.cn/detail/{mid}", "", "5200100000", "演示发布", "f", "", "", "词"] for i, mid in enumerate(MIDS)]  # fmt: skip
    put(file, "\ufeff" + table(head, rows))


EXPORTER = words(
    "公众号,ID,链接,标题,封面,摘要,创建时间,发布时间,阅读,点赞,分享,喜欢,留言,作者,是否原创,文章类型,所属合集,文章内容"
)


def exporter_xlsx(file: Path) -> None:
    import xlsxwriter

    file.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Sheet1")
    sheet.write_row(0, 0, EXPORTER)
    for i in range(12):
        url = ARTICLE.format(biz=BIZ, mid=2650000001, idx=i + 1)
        cells = [
            "演示发布",
            f"2650000001_{i + 1}",
            url,
            f"标题{i}",
            "",
            f"=1+{i}",
            "2021-08-02 09:00:00",
            f"2021-08-02 09:{i:02d}:00",
        ]
        sheet.write_row(
            i + 1,
            0,
            [
                *cells,
                100001 if i == 0 else 0 if i == 1 else 500 + i,
                3,
                2,
                1,
                0,
                "编",
                "原创" if i % 2 else "",
                "图文",
                "",
                "正文",
            ],
        )
    book.close()


def exporter_json(file: Path) -> None:
    put(file, json.dumps([
        {"aid": f"2650000001_{i + 1}", "appmsgid": 2650000001, "itemidx": i + 1, "title": f"标题{i}", "digest": "摘要", "fakeid": BIZ,
         "link": ARTICLE.format(biz=BIZ, mid=2650000001, idx=i + 1), "create_time": 1627866000, "update_time": 1627866000 + i, "is_deleted": False,
         "copyright_stat": i % 2, "copyright_type": 1, "_accountName": "演示发布", "readNum": 100001 if i == 0 else 10 + i,
         "oldLikeNum": 3, "shareNum": 2, "likeNum": 1, "commentNum": 0}
        for i in range(12)
    ], ensure_ascii=False))  # fmt: skip


def wechat_download(file: Path) -> None:
    rows = [
        [
            f"标题{i}",
            ARTICLE.format(biz=BIZ, mid=2650000001, idx=i + 1).replace("&", "&amp;" if i % 2 else "&"),
            f"2021-08-02 09:{i:02d}:00",
            0,
            0 if i else 100001,
            0,
            "{}",
        ]
        for i in range(12)
    ]
    put(file, table(words("title,url,time,like_num,read_num,share_num,comment_count"), rows))


def backend(head: str, titles: int) -> Callable[[Path], None]:
    """The back end writes BIFF; the sheet is the same, so XLSX stands for it here. Column A is empty."""

    def write(file: Path) -> None:
        import xlsxwriter

        file.parent.mkdir(parents=True, exist_ok=True)
        book = xlsxwriter.Workbook(str(file), {"strings_to_urls": False})
        sheet = book.add_worksheet("New Sheet1")
        for row in range(titles):
            sheet.write(row, 1, "数据来源：微信公众平台")
        names = head.split(",")
        sheet.write_row(titles, 1, names)
        for i in range(12):
            url = (
                "http://mp.weixin.qq.com/s/abcdEFGH" if i == 11 else ARTICLE.format(biz=BIZ, mid=2650000001, idx=i + 1)
            )
            result = {
                "内容标题": f"标题{i}",
                "发表时间": "20210802",
                "内容url": url,
                "送达阅读率": 0.03,
                "阅读完成率": 0.4,
            }
            sheet.write_row(titles + 1 + i, 1, [result.get(name, 100 + i) for name in names])
        book.close()

    return write


TMPL_19 = "内容标题,发表时间,总阅读人数,总阅读次数,总分享人数,总分享次数,阅读后关注人数,送达人数,公众号消息阅读次数,送达阅读率,首次分享次数,分享产生阅读次数,首次分享率,每次分享带来阅读次数,阅读完成率,内容url"
TMPL_20 = ",".join(name for name in TMPL_19.split(",") if name not in ("送达人数", "送达阅读率"))
TOTAL_9 = "内容标题,发表时间,总阅读人数,总分享人数,阅读后关注人数,送达人数,送达阅读率,阅读完成率,内容url"


def total_detail(file: Path) -> None:
    """Cumulative per day; the last day stands first to show that order does not decide."""
    put(file, json.dumps({"is_delay": False, "list": [
        {"ref_date": "2021-08-02", "msgid": f"2650000001_{i + 1}", "publish_type": 0, "title": f"标题{i}", "content_url": "",
         "detail_list": [
             {"stat_date": "2021-08-04", "read_user": 300 + i, "share_user": 30, "zaikan_user": 3, "like_user": 4, "comment_count": 5},
             {"stat_date": "2021-08-02", "read_user": 100, "share_user": 10, "zaikan_user": 1, "like_user": 2, "comment_count": 3},
         ]}
        for i in range(12)
    ]}, ensure_ascii=False))  # fmt: skip


def total_old(file: Path) -> None:
    put(file, json.dumps({"list": [
        {"ref_date": "2021-08-02", "msgid": f"2650000001_{i + 1}", "title": f"标题{i}",
         "details": [{"stat_date": "2021-08-03", "target_user": 1, "int_page_read_user": 70 + i, "share_user": 7}]}
        for i in range(12)
    ]}, ensure_ascii=False))  # fmt: skip


def rss(file: Path) -> None:
    items = "".join(
        f"<item><title>标题{i}</title><link>https://www.news.example/a/{i}</link><pubDate>Mon, 02 Aug 2021 01:{i:02d}:00 GMT</pubDate><description>正文</description></item>"
        for i in range(12)
    )
    put(
        file,
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>演示网</title><link>https://www.news.example/</link>{items}</channel></rss>',
    )


def atom(file: Path) -> None:
    items = "".join(
        f"<entry><id>urn:{i}</id><title>标题{i}</title><link href='https://news.example/a/{i}'/><updated>2021-08-02T09:{i:02d}:00+08:00</updated></entry>"
        for i in range(12)
    )
    put(file, f'<feed xmlns="http://www.w3.org/2005/Atom"><title>演示网</title>{items}</feed>')


def json_feed(file: Path) -> None:
    items = [
        {
            "id": str(i),
            "url": f"https://www.news.example/a/{i}",
            "title": f"标题{i}",
            "content_html": "<p>正文</p>",
            "date_published": f"2021-08-02T09:{i:02d}:00+08:00",
        }
        for i in range(12)
    ]
    put(
        file,
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1",
                "title": "演示网",
                "home_page_url": "https://news.example/",
                "items": items,
            },
            ensure_ascii=False,
        ),
    )


def news(**more: object) -> Callable[[Path], None]:
    """One article a line, with the keys of one extractor."""

    def write(file: Path) -> None:
        put(
            file,
            lines(
                {key: value.format(i) if isinstance(value, str) else value for key, value in more.items()}
                for i in range(12)
            ),
        )

    return write


def vendor(file: Path) -> None:
    head = words("渠道类型,媒体名称,媒体ID,标题,正文,链接,发布时间,来源,来源链接,阅读数,点赞数,评论数,转发数,采集时间")
    rows = [
        [
            "新闻客户端",
            "演示客户端",
            "app-1",
            f"标题{i}",
            "正文",
            f"https://app.example/{i}",
            f"2021/8/2 9:{i:02d}",
            "演示发布",
            "",
            "10万+",
            "１,２３４",
            "",
            "无",
            "2021-08-09 00:00:00",
        ]
        for i in range(12)
    ]
    put(file, table(head, rows).encode("gb18030"))


def csv_rows_gb(file: Path) -> int:
    return sum(1 for _ in csv.reader(io.StringIO(file.read_bytes().decode("gb18030"), newline=""))) - 1


NEWS = {"url": "https://www.news.example/a/{0}", "title": "标题{0}"}
ALL = [
    *[Made("weibo_crawler_csv", "weibo/演示发布/5200100000.csv", weibo_crawler(head, tab), csv_rows)
      for head, tab in ((HEAD_14, ""), (HEAD_31, ""), (HEAD_33, "\t"), (HEAD_39, "\t"))],
    Made("weibo_crawler_json", "weibo/演示发布/5200100000.json", weibo_crawler_json, of_json("weibo")),
    *[Made("weibo_crawler_users", "weibo/users.csv", weibo_users(many), lambda file: csv_rows(file) - 1) for many in (21, 22, 23)],
    *[Made("weibo_search_csv", "结果文件/词/词.csv", weibo_search(many), csv_rows) for many in (17, 21)],
    Made("weibo_spider_jsonl", "tweet_20210803.jsonl", weibo_spider, json_lines),
    Made("weibo_page_csv", "搜索.csv", weibo_page, csv_rows),
    Made("weibo_topic_csv", "topic/词_hot_20210802.csv", weibo_topic, csv_rows),
    Made("weibo_spider_csv", "weibo/演示发布/5200100000.csv", weibo_spider_csv, csv_rows),
    Made("weibo_reposts_json", f"7_{BIDS[0]}_5200100000.json", weibo_reposts, of_json()),
    Made("wechat_history_json", "演示发布.json", wechat_history, articles_of_history),
    Made("wechat_backup_json", "backup.json", wechat_backup, of_json("articles")),
    Made("media_cloud_stories", "stories.csv", media_cloud, csv_rows),
    Made("media_cloud_stories", "stories.jsonl", media_cloud, json_lines),
    Made("media_crawler", "search_contents.csv", media_crawler, csv_rows),
    Made("wechat_exporter_xlsx", "微信公众号文章.xlsx", exporter_xlsx, sheet_rows(1)),
    Made("wechat_exporter_json", "微信公众号文章.json", exporter_json, of_json()),
    Made("wechat_download_csv", "2021-09-06.csv", wechat_download, csv_rows),
    Made("wechat_backend_content", "演示发布/已通知内容.xlsx", backend(TMPL_19, 3), sheet_rows(4)),
    Made("wechat_backend_content", "演示发布/未通知内容.xlsx", backend(TMPL_20, 3), sheet_rows(4)),
    Made("wechat_backend_total", "演示发布/total_1.xlsx", backend(TOTAL_9, 0), sheet_rows(1)),
    Made("wechat_article_total", "演示发布/2021-08-02.json", total_detail, of_json("list")),
    Made("wechat_article_total", "演示发布/2021-08-02.json", total_old, of_json("list")),
    Made("feed", "rss.xml", rss, lambda file: file.read_text("utf-8").count("<item>")),
    Made("feed", "atom.xml", atom, lambda file: file.read_text("utf-8").count("<entry>")),
    Made("json_feed", "feed.json", json_feed, of_json("items")),
    Made("trafilatura_jsonl", "t.jsonl", news(**NEWS, source=NEWS["url"], hostname="news.example", date="2021-08-02", fingerprint="f", text="正文", author=None, **{"source-hostname": "演示网"}), json_lines),
    Made("gne_jsonl", "g.jsonl", news(**NEWS, author="", publish_time="2021年08月02日 09:00", content="正文", images=[], meta={"source": "演示发布"}), json_lines),
    Made("news_please", "n.jsonl", news(**NEWS, maintext="正文", date_publish="2021-08-02 09:00:00", source_domain="news.example", authors=[]), json_lines),
    Made("newspaper4k_jsonl", "4k.jsonl", news(**NEWS, text="正文", publish_date="2021-08-02 09:00:00"), json_lines),
    Made("news_crawler", "c.jsonl", news(**NEWS, host="news.example", site_name="演示网", content="正文", publish_time="2021-08-02 09:00:00", read_num=5), json_lines),
    Made("monitoring_vendor", "监测.csv", vendor, csv_rows_gb),
]  # fmt: skip
