"""The synthetic city: units, accounts with dated ownership, outlets, and how much each month holds."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import yaml

from bangdan.core.months import Month
from bangdan.demo.texts import DATA

# The bulletin's own size for its month, and a July that its change of +7.2 points implies; (WeChat posts, Weibo posts,
# originals, posts on the epidemic). Other months get sizes near these from their own seed.
SIZES = {"2021-08": (16_734, 33_852, 29_978, 4_440), "2021-07": (16_120, 33_014, 25_579, 2_870)}
ITEMS = {"news_app": 45_000, "news_site": 45_000, "wechat": 55_000, "weibo": 70_000}  # unrelated ones, at scale 1
NEWS_APPS, NEWS_SITES, WECHAT_OUTLETS, WEIBO_OUTLETS = 276, 251, 1_200, 4_000
MOVED_ACCOUNT, MOVED_TO, MOVED_AT = "wb-d-mzj-3", "p-tsw", "2021-08-15 00:00:00"


@dataclass(frozen=True)
class Unit:
    unit_id: str
    name: str
    name_en: str
    short: str
    unit_type: str
    strength: float  # how widely its posts are reprinted; 1 = average
    topics: tuple[str, ...]  # lexicon topics it prefers

    @property
    def ranking_list(self) -> str:
        return "districts" if self.unit_type == "district" else "departments"

    @property
    def actor(self) -> str:
        """What its texts call it."""
        return self.name

    @property
    def district(self) -> str | None:
        return self.name if self.unit_type == "district" else None


@dataclass(frozen=True)
class Account:
    account_id: str
    unit: Unit
    platform: str  # wechat | weibo
    key: str
    name: str
    weight: float


@dataclass(frozen=True)
class Outlet:
    channel_type: str
    key: str
    name: str


@lru_cache(maxsize=1)
def units() -> tuple[Unit, ...]:
    units_of_groups = yaml.safe_load((DATA / "units.yml").read_text("utf-8"))
    kinds = {
        "districts": "district",
        "commissions_and_bureaus": "commission_or_bureau",
        "peoples_organizations": "peoples_organization",
    }
    return tuple(
        Unit(row[0], row[1], row[2], row[3], kind, row[4], tuple(row[5]) if len(row) > 5 else ())
        for group, kind in kinds.items()
        for row in units_of_groups[group]
    )


def biz(number: int) -> str:
    """WeChat's account key: a number in base 64."""
    return base64.b64encode(str(number).encode()).decode()


@lru_cache(maxsize=1)
def accounts() -> tuple[Account, ...]:
    """Four and four accounts for a district, two and three for a department."""
    found = []
    parts = {"wechat": ["发布", "微服务", "在线", "之声"], "weibo": ["", "发布", "在线", "快讯"]}
    for index, unit in enumerate(units()):
        for platform, prefix in (("wechat", "wx"), ("weibo", "wb")):
            number = 4 if unit.ranking_list == "districts" else 2 if platform == "wechat" else 3
            for i in range(number):
                key = (
                    biz(3_200_000_000 + index * 10 + i) if platform == "wechat" else str(5_200_100_000 + index * 10 + i)
                )
                name = f"上海{unit.short}{parts[platform][i]}"
                found.append(Account(f"{prefix}-{unit.unit_id}-{i + 1}", unit, platform, key, name, 1 / (i + 1.2)))
    return tuple(found)


@lru_cache(maxsize=1)
def outlets() -> dict[str, tuple[Outlet, ...]]:
    """Invented news apps, sites, WeChat and Weibo outlets, by channel type."""
    r = Random("outlets")
    heads = [
        "江畔",
        "海潮",
        "申城",
        "浦东岸",
        "东方塔",
        "弄堂",
        "晨光",
        "城际",
        "大江",
        "华亭",
        "云间",
        "沪上",
        "望江",
        "新潮",
        "南风",
        "北岸",
        "星河",
        "金桥",
        "长桥",
        "远洋",
        "青松",
        "白鹭",
        "银杏",
        "梧桐",
        "石库门",
        "外滩边",
        "百川",
        "四季",
        "听涛",
        "明珠",
    ]
    tails = "新闻 日报 晚报 观察 头条 快报 资讯 在线 时讯 周刊 都市报 財经 视点 民生 早茶 夜话".replace(
        "財", "财"
    ).split()
    cities = [
        "苏州",
        "杭州",
        "南京",
        "宁波",
        "无锡",
        "合肥",
        "嘉兴",
        "南通",
        "绍兴",
        "常州",
        "扬州",
        "湖州",
        "台州",
        "金华",
        "芜湖",
        "徐州",
        "温州",
        "镇江",
        "泰州",
        "盐城",
    ]

    def names(number: int, suffix: str) -> list[str]:
        pool = [f"{c}{h}{t}{suffix}" for c in ["", *cities] for h in heads for t in tails]
        return r.sample(pool, number)

    apps = [Outlet("news_app", f"app-{i + 1:04d}", n) for i, n in enumerate(names(NEWS_APPS, "客户端"))]
    sites = [Outlet("news_site", f"news{i + 1:03d}.example.cn", n) for i, n in enumerate(names(NEWS_SITES, "网"))]
    wechat = [Outlet("wechat", biz(3_900_000_000 + i), n) for i, n in enumerate(names(WECHAT_OUTLETS, ""))]
    weibo = [Outlet("weibo", str(6_300_000_000 + i * 7), n) for i, n in enumerate(names(WEIBO_OUTLETS, "微博"))]
    return {"news_app": tuple(apps), "news_site": tuple(sites), "wechat": tuple(wechat), "weibo": tuple(weibo)}


@dataclass(frozen=True)
class Plan:
    """What a month holds at one scale."""

    month: Month
    scale: float
    wechat: int
    weibo: int
    originals: int
    epidemic: int

    def strength(self, unit: Unit) -> float:
        """How widely the unit is reprinted this month."""
        jitter = 0.93 + 0.14 * Random(f"{self.month}/{unit.unit_id}/strength").random()
        # A summer of job fairs and settlement rules: the human resources bureau is read more in August 2021.
        risen = 1.55 if unit.unit_id == "d-rsj" and str(self.month) == "2021-08" else 1.0
        return unit.strength * jitter * risen * self.scale


def plan(month: Month, scale: float) -> Plan:
    if str(month) in SIZES:
        wechat, weibo, originals, epidemic = SIZES[str(month)]
    else:
        r = Random(f"{month}/size")
        wechat, weibo = r.randint(13_500, 16_500), r.randint(27_000, 33_500)
        originals = int((wechat + weibo) * r.uniform(0.47, 0.6))
        epidemic = r.randint(1_800, 6_000) if month.year >= 2020 else 0
    return Plan(month, scale, *(round(n * scale) for n in (wechat, weibo, originals, epidemic)))


def share_out(total: int, weights: list[float], least: int = 0) -> list[int]:
    """Whole numbers that add up to `total`, by weight (largest remainder), none below `least`."""
    rest = total - least * len(weights)
    if rest < 0:
        raise ValueError(f"{total} cannot give {least} to each of {len(weights)}")
    whole = sum(weights)
    exact = [rest * weight / whole for weight in weights]
    found = [int(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda i: (found[i] - exact[i], i))
    for i in order[: rest - sum(found)]:
        found[i] += 1
    return [part + least for part in found]
