"""Write a small made-up city into its folder: registry, and exports of one month as real tools write them.

    python docs/examples/first_city.py DIR [YYYY-MM]

Five units with eight accounts (weibo-crawler's CSV, one folder an account; one workbook of wechat-article-exporter), and
three outlets that reprint them: a news site (JSON lines), a WeChat account (workbook), a Weibo account (CSV).
"""

from __future__ import annotations

import calendar
import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

POSTS_PER_ACCOUNT = 12
WEIBO = [
    "id",
    "bid",
    "正文",
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
    "源微博id",
]
WECHAT = ["公众号", "ID", "链接", "标题", "封面", "摘要", "创建时间", "发布时间", "阅读", "点赞", "分享", "喜欢", "留言", "作者",
          "是否原创", "文章类型", "所属合集", "文章内容"]  # fmt: skip
UNITS = {
    "bay-health": (
        "湾城卫健委",
        "Bay City Health Commission",
        "commission_or_bureau",
        "夜间门诊 家庭医生 疫苗接种 体检套餐",
    ),
    "bay-police": ("湾城公安局", "Bay City Police", "commission_or_bureau", "居住证办理 反诈宣传 夜间巡逻 电动车上牌"),
    "bay-school": (
        "湾城教育局",
        "Bay City Education Bureau",
        "commission_or_bureau",
        "课后服务 招生日程 校车线路 体育场地开放",
    ),
    "bay-work": (
        "湾城人社局",
        "Bay City Labour Bureau",
        "commission_or_bureau",
        "招聘会 职业技能补贴 社保卡换发 创业贷款",
    ),
    "bay-tour": (
        "湾城文旅局",
        "Bay City Culture Bureau",
        "commission_or_bureau",
        "滨海夜市 博物馆夜场 露天音乐会 古镇免票",
    ),
}
WEIBO_UIDS = {unit: f"60000000{number}1" for number, unit in enumerate(UNITS, 1)}
WECHAT_KEYS = {"bay-health": "MzA4MDAwMDAwMQ==", "bay-police": "MzA4MDAwMDAwMg==", "bay-tour": "MzA4MDAwMDAwMw=="}
SITE, PAPER, FORWARDER = "news.bay.example.cn", "MzA4MDAwMDAwOQ==", "6999999999"
PLACES = [
    "东港路",
    "西浦街",
    "南塘村",
    "北桥镇",
    "中山里",
    "学院路",
    "渔人码头",
    "老城厢",
    "新港区",
    "科技园",
    "松林湾",
    "白沙滩",
]


class Post(NamedTuple):
    """A post of an account."""

    unit: str
    key: str  # of its account
    record: str  # its id on the platform
    at: str
    title: str
    text: str
    number: int


def main(folder: Path, month: str) -> None:
    """Write registry/ and inbox/ of the city."""
    registry(folder / "registry")
    inbox = folder / "inbox" / month
    weibo = {unit: posts(unit, "weibo", uid, month) for unit, uid in WEIBO_UIDS.items()}
    wechat = {unit: posts(unit, "wechat", key, month) for unit, key in WECHAT_KEYS.items()}
    for unit, own in weibo.items():
        write_csv(
            inbox / "weibo-crawler" / f"{UNITS[unit][0]}发布" / f"{WEIBO_UIDS[unit]}.csv", WEIBO, map(weibo_row, own)
        )
    articles = [
        article(post, f"{UNITS[post.unit][0]}发布", post.key, post.record) for own in wechat.values() for post in own
    ]
    workbook(inbox / "own-articles.xlsx", articles)
    everything = [post for own in [*weibo.values(), *wechat.values()] for post in own]
    news(inbox / "news.jsonl", [post for post in everything if post.number % 2])
    carried = [post for own in wechat.values() for post in own if post.number % 3 == 0]
    workbook(inbox / "outlet-articles.xlsx", [article(post, "湾城晚报", PAPER, f"9{post.record}") for post in carried])
    forwarded = [post for own in weibo.values() for post in own if post.number % 4 == 1]
    write_csv(inbox / "weibo-crawler" / "湾城早知道" / f"{FORWARDER}.csv", WEIBO, map(forward_row, forwarded))


def registry(folder: Path) -> None:
    """Units, accounts and outlets, with the headers that `bangdan init` wrote."""
    write_csv(
        folder / "units.csv", ["unit_id", "unit_name", "unit_name_en", "unit_type", "ranking_list", "aliases", "valid_from", "valid_to"],
        ([unit, name, english, kind, "departments", "", "", ""] for unit, (name, english, kind, _) in UNITS.items()),
    )  # fmt: skip
    accounts = [
        [f"wb-{unit}", unit, "weibo", "weibo_uid", uid, f"{UNITS[unit][0]}发布", "", "government", "", ""]
        for unit, uid in WEIBO_UIDS.items()
    ] + [
        [f"wx-{unit}", unit, "wechat", "wx_biz", key, f"{UNITS[unit][0]}发布", "", "government", "", ""]
        for unit, key in WECHAT_KEYS.items()
    ]
    header = "account_id,unit_id,platform,account_key_type,account_key,account_name,aliases,verified_type,valid_from,valid_to"
    write_csv(folder / "accounts.csv", header.split(","), accounts)
    outlets = [
        ["news_site", "domain", SITE, "湾城新闻网"], ["wechat", "wx_biz", PAPER, "湾城晚报"],
        ["weibo", "weibo_uid", FORWARDER, "湾城早知道"],
    ]  # fmt: skip
    header = (
        "outlet_id,channel_type,account_key_type,account_key,outlet_name,aliases,is_organization,valid_from,valid_to"
    )
    write_csv(
        folder / "outlets.csv", header.split(","),
        ([f"{kind}:{key}", kind, key_type, key, name, "", "true", "", ""] for kind, key_type, key, name in outlets),
    )  # fmt: skip


def posts(unit: str, platform: str, key: str, month: str) -> list[Post]:
    """The posts of an account, spread over the month; no two have the same words."""
    name, subjects = UNITS[unit][0], UNITS[unit][3].split()
    account = [*WEIBO_UIDS.values(), *WECHAT_KEYS.values()].index(key)
    days = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
    own = []
    for number in range(POSTS_PER_ACCOUNT):
        subject, place = subjects[number % len(subjects)], PLACES[(number + account) % len(PLACES)]
        day, cases = 1 + number * (days - 1) // POSTS_PER_ACCOUNT, 120 + 37 * number + 11 * account
        title = f"{place}{subject}第{number + 1}批安排公布"
        text = (
            f"{name}介绍，{place}的{subject}从本月{day}日起推出第{number + 1}批，共安排{cases}个名额，市民可在{place}服务站或"
            f"通过随申办预约。工作人员提醒，{subject}需携带本人证件，{place}现场设{2 + number}个窗口，午间不休息，预计办理时间"
            f"{15 + number}分钟。{name}还在{PLACES[(number + account + 5) % len(PLACES)]}增设{number + 3}处咨询点，"
            f"方便老年人就近了解{subject}的最新政策。"
        )
        record = (
            f"48{account + 1}0{int(month[:4]) % 100}{month[5:]}{number:02}00001"
            if platform == "weibo"
            else f"26500{account}{month[5:]}{number:02}_1"
        )
        own.append(Post(unit, key, record, f"{month}-{day:02}T09:{10 + number}:00", title, text, number))
    return own


def weibo_row(post: Post) -> list[Any]:
    at = post.at.replace("T", " ")
    return [
        post.record,
        "",
        f"【{post.title}】{post.text}",
        post.at,
        "微博 weibo.com",
        30 + post.number,
        5,
        3,
        "",
        "",
        at,
        "True",
        "",
        "",
    ]


def forward_row(post: Post) -> list[Any]:
    at = post.at.replace("T09", " 18")
    return [
        f"{int(post.record) + 7}",
        "",
        "转发微博",
        post.at.replace("T09", "T18"),
        "微博 weibo.com",
        200,
        20,
        9,
        "",
        "",
        at,
        "False",
        post.key,
        post.record,
    ]


def article(post: Post, name: str, key: str, record: str) -> list[Any]:
    """A row of the exporter's workbook; an outlet's article has another id and comes later in the day."""
    is_own = record == post.record
    at = post.at.replace("T", " ") if is_own else post.at.replace("T09", " 20")
    link = f"http://mp.weixin.qq.com/s?__biz={key}&mid={record[:-2]}&idx=1&sn={record[:8]}#rd"
    source = "" if is_own else f"来源：{UNITS[post.unit][0]}发布。"
    return [
        name,
        record,
        link,
        post.title,
        "",
        "",
        at,
        at,
        900 + 10 * post.number,
        20,
        12,
        9,
        4,
        "",
        "原创" if is_own else "",
        "普通图文",
        "",
        source + post.text,
    ]


def news(file: Path, carried: list[Post]) -> None:
    """The news site's pages, as JSON lines of a news crawler."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as stream:
        for post in carried:
            page = f"https://{SITE}/{post.at[:7].replace('-', '')}/{post.record}.html"
            row = {
                "url": page, "host": SITE, "site_name": "湾城新闻网", "title": post.title, "content": post.text,
                "publish_time": post.at.replace("T09", " 15"), "source": f"{UNITS[post.unit][0]}发布", "source_url": "",
                "read_num": 4000 + 100 * post.number, "like_num": 40, "comment_num": 6,
                "crawl_time": f"{post.at[:7]}-28 23:00:00",
            }  # fmt: skip
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_csv(file: Path, header: list[str], rows: Iterable[list[Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def workbook(file: Path, rows: list[list[Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(file), {"strings_to_urls": False, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    for number, row in enumerate([WECHAT, *rows]):
        sheet.write_row(number, 0, row)
    book.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "2021-08")
