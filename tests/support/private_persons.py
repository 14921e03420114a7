"""A small month with private persons planted in it: every word that may not leave the raw layer is listed here."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

HEADER = [
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
NOTICE = (
    "为进一步做好社区服务工作，即日起在各街道设立便民服务点，居民可凭有效证件办理老年卡补换、居住证签注和医保账户查询，"
    "服务时间为上午九点到下午四点，双休日照常开放，具体地址请向所在居委会了解，并请佩戴口罩、保持距离、错峰前往。"
)
OWN_UID, PERSON_UID, SECOND_UID, LISTED_UID, FORMER_UID, NAMESAKE_UID = (
    "1990000001", "6712345001", "6712345002", "6712345003", "6712345004", "6712345005",
)  # fmt: skip
# What the register of outlets itself lists of a person: it may be shown.
LISTED = ["真名登记人", LISTED_UID]
# Names, keys, identifiers and words of private persons.
PLANTED = [
    "甄实名", "贾一鸣", "真名登记人", "无主公号小屋", "路人乙的源头", PERSON_UID, SECOND_UID, LISTED_UID,
    NAMESAKE_UID, "MzPERSONALBIZ==", "4470358564405449", "4470373663899850", "4470388763394251", "4470403862888652",
    "4470418962383053", "4471415529013454", "mid=2247000099", "私人感想：楼下大爷终于不用跑腿了", "又一句私房话不宜外传", "登记个人的闲话",
    "旧机构的碎语", "归档人", "夹中人", "卷中人", "坏卷人", "空卷人", "小屋主人手记其实写给自己看", "冒名者的话", "p.example/u/6712345001", "话题里的私事",
]  # fmt: skip


def row(channel: str, name: str, key: str, title: str, text: str, url: str, at: str, **more: str) -> dict[str, str]:
    cells = [channel, name, key, title, text, url, at, "", "", "12", "3", "1", "0", "2020-02-25 08:00:00"]
    return dict(zip(HEADER, cells)) | more


def vendor_rows() -> list[dict[str, str]]:
    """News of organizations, and articles of a WeChat account that nobody registered."""
    rows = [
        row("新闻网站", "晨报网", "morning.example", "便民服务点设立", NOTICE, "https://morning.example/a1", "2020-02-11 09:00:00"),
        row("新闻网站", "晨报网", "morning.example", "街谈", "另有他事" * 9, "https://morning.example/a2", "2020-02-11 10:00:00", 来源="路人乙的源头", 来源链接="https://p.example/u/6712345001"),
        row("微信", "路人乙的源头", "MzPERSONALBIZ2==", "无关", "与此无关的短文" * 4, "https://mp.weixin.qq.com/s/zz", "2020-02-11 11:00:00"),
        row("微信", "无主公号小屋", "MzPERSONALBIZ==", "小屋主人手记其实写给自己看", NOTICE + "小屋主人手记其实写给自己看",
            "https://mp.weixin.qq.com/s?__biz=MzPERSONALBIZ==&mid=2247000099&idx=1", "2020-02-12 09:00:00"),
    ]  # fmt: skip
    for channel, name, key in (
        ("新闻网站", "晨报网", "morning.example"), ("新闻客户端", "晨报客户端", "app-morning"),
        ("微信", "晨报微信", "MzORG=="), ("微博", "晨报微博", "5550000001"),
    ):  # fmt: skip
        for day in range(1, 30):
            at = f"2020-02-{day:02d} 12:00:00"
            address = f"https://org.example/{key}/{day}".replace("=", "")
            rows.append(row(channel, name, key, f"{name}{day}日要闻", f"{channel}要闻第{day}期", address, at))
    return rows


def weibo_search_rows() -> tuple[list[str], list[list[str]]]:
    """The unit's post and forwards of it by persons, with what they said."""
    header = [
        "id",
        "bid",
        "user_id",
        "用户昵称",
        "微博正文",
        "话题",
        "转发数",
        "评论数",
        "点赞数",
        "发布时间",
        "retweet_id",
    ]
    post = "4470343464910948"
    message = [
        (post, OWN_UID, "一局发布", NOTICE, "", "2020-02-10 09:00:00", ""),
        ("4470358564405449", PERSON_UID, "甄实名", "私人感想：楼下大爷终于不用跑腿了//@一局发布: " + NOTICE, "话题里的私事", "2020-02-10 10:00:00", post),
        ("4470373663899850", SECOND_UID, "贾一鸣", "又一句私房话不宜外传", "", "2020-02-10 11:00:00", post),
        ("4470388763394251", LISTED_UID, "真名登记人", "登记个人的闲话", "", "2020-02-10 12:00:00", post),
        ("4470403862888652", FORMER_UID, "旧日机构号", "旧机构的碎语", "", "2020-02-10 13:00:00", post),
        ("4470418962383053", NAMESAKE_UID, "晨报微博", "冒名者的话", "", "2020-02-10 14:00:00", post),
        ("4470434061877549", "5550000001", "晨报微博", "转发微博", "", "2020-02-10 15:00:00", post),
        # The unit forwards a person's words: its own post, the person's identifier.
        ("4471430628507749", OWN_UID, "一局发布", "谢谢市民的建议，我们将认真研究并尽快答复", "", "2020-02-13 09:00:00", "4471415529013454"),
        ("4471415529013454", PERSON_UID, "甄实名", "又一句私房话不宜外传", "", "2020-02-13 08:00:00", ""),
    ]  # fmt: skip
    return header, [
        [i, "", uid, name, text, tags, "0", "2", "5", at, of] for i, uid, name, text, tags, at, of in message
    ]


def write(folder: Path) -> Path:
    """The deliveries of February 2020 below `folder`: nothing in them says that they are made up."""
    _csv(
        folder / "registry" / "units.csv",
        ["unit_id", "unit_name", "unit_type", "ranking_list"],
        [
            *[[f"u-{n}", f"{n}局", "commission_or_bureau", "departments"] for n in "一二三"],
            ["u-区", "一区", "district", "districts"],
        ],
    )
    _csv(
        folder / "registry" / "accounts.csv",
        ["account_id", "unit_id", "platform", "account_key_type", "account_key", "account_name"],
        [["wb-one", "u-一", "weibo", "weibo_uid", OWN_UID, "一局发布"], ["wx-two", "u-二", "wechat", "wx_biz", "MzTWO==", "二局发布"]],
    )  # fmt: skip
    _csv(
        folder / "registry" / "channels.csv",
        ["outlet_id", "channel_type", "account_key_type", "account_key", "outlet_name", "is_organization", "valid_from", "valid_to"],
        [
            ["news_site:morning", "news_site", "domain", "morning.example", "晨报网", "true", "", ""],
            ["news_app:morning", "news_app", "app_id", "app-morning", "晨报客户端", "true", "", ""],
            ["wechat:morning", "wechat", "wx_biz", "MzORG==", "晨报微信", "true", "", ""],
            ["weibo:morning", "weibo", "weibo_uid", "5550000001", "晨报微博", "true", "", ""],
            # A person whom the register lists, and an organization whose entry has ended: the register itself may be shown.
            [f"weibo:{LISTED_UID}", "weibo", "weibo_uid", LISTED_UID, "真名登记人", "false", "", ""],
            [f"weibo:{FORMER_UID}", "weibo", "weibo_uid", FORMER_UID, "旧日机构号", "true", "", "2019-12-31"],
        ],
    )  # fmt: skip
    _csv(folder / "monitor" / "table.csv", HEADER, [list(vendor_row.values()) for vendor_row in vendor_rows()])
    header, rows = weibo_search_rows()
    _csv(folder / "search" / "word.csv", header, rows)
    # weibo-crawler names folder and file after the account.
    crawler = [
        "id",
        "bid",
        "正文",
        "完整日期",
        "日期",
        "点赞数",
        "评论数",
        "转发数",
        "是否原创",
        "源用户id",
        "源微博id",
        "工具",
        "话题",
        "@用户",
    ]
    _csv(
        folder / "crawler" / "甄实名" / f"{PERSON_UID}.csv",
        crawler,
        [["4470358564405449", "", "私人感想：楼下大爷终于不用跑腿了", "2020-02-10 10:00:00", "2020-02-10", "9", "2", "0", "False", OWN_UID,
          "4470343464910948", "", "", ""]],
    )  # fmt: skip
    # One post that two exports give to two persons.
    _csv(
        folder / "crawler" / "甄实名" / f"{PERSON_UID}-2.csv",
        crawler,
        [["4470373663899850", "", "又一句私房话不宜外传", "2020-02-10 11:00:00", "2020-02-10", "9", "2", "0", "False", OWN_UID,
          "4470343464910948", "", "", ""]],
    )  # fmt: skip
    (folder / "crawler" / "甄实名" / "broken.csv").write_bytes(b"\x00\x01 no table")
    # Names of an archive, of a folder and a file in it, of a damaged and of an empty file.
    with zipfile.ZipFile(folder / "crawler" / "归档人.zip", "w") as archive:
        archive.write(folder / "crawler" / "甄实名" / f"{PERSON_UID}.csv", "夹中人/卷中人.csv")
        archive.writestr("坏卷人.csv", b"\x00\x01 no table")
    (folder / "crawler" / "空卷人.csv").write_bytes(b"")
    (folder / "_delivery.json").write_text(json.dumps({"received_at": "2020-03-10T06:00:00+08:00"}), "utf-8")
    return folder


def _csv(file: Path, header: list[str], rows: list[Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


def texts(home: Path, without: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Everything in a data home as text, (where, text): names, bytes, and rows of Parquet and databases. Folders of
    `without` are left out, and the raw layer where a database shows it.
    """
    for file in sorted(home.rglob("*")):
        if not file.is_file() or file.relative_to(home).parts[0] in without:
            continue
        where = file.relative_to(home).as_posix()
        yield where, where
        yield where, file.read_bytes().decode("utf-8", "replace")
        if file.suffix == ".parquet":
            yield where, repr(pq.read_table(file, partitioning=None).to_pylist())
        elif file.suffix == ".duckdb":
            with duckdb.connect(str(file), read_only=True) as con:
                for schema, name in con.execute(
                    "select table_schema, table_name from information_schema.tables where table_schema <> 'raw'"
                ).fetchall():
                    yield f"{where}: {schema}.{name}", repr(con.execute(f'from "{schema}"."{name}"').fetchall())
