"""What outlets carried in a month: reprints of every sort, and far more that has nothing to do with the units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random

from bangdan.core.months import Month
from bangdan.demo.news_days import NewsDays
from bangdan.demo.posts import Post, mid_at, msgid
from bangdan.demo.texts import Writer, case_bulletin, weather_bulletin
from bangdan.demo.world import ITEMS, Outlet, Plan, outlets, units

# Reprints of a unit of strength 1, by channel type.
REPRINTS = {"news_app": 62, "news_site": 46, "wechat": 360, "weibo": 920}
EDITORS = ["责任编辑：王敏", "编辑：小沈", "值班编审 李闻", "来源整理：新媒体中心", "监制：周明"]
COMMENTS = ["学习了", "收藏备用", "这个办法好", "给工作人员点赞", "希望全市推广", "已转给爸妈", "说得明白", "期待后续"]

HOUR = 3600
# Which of the many months that these rules may draw. In this one no rank of a small city rests on a single reprint, as no
# rank of a whole city does: the ranking gate passes at every scale that tests and tutorials use.
DRAW = 82


@dataclass
class Item:
    """One record of an outlet."""

    outlet: Outlet
    at: datetime
    title: str
    body: str
    kind: str  # what was done to the text; in no export, for those who read this code
    source: Post | None = None
    source_name: str = ""
    source_url: str = ""
    is_forward: bool = False
    record_id: str = ""
    reads: int | None = None
    likes: int | None = None
    comments: int | None = None


@lru_cache(maxsize=1)
def _to_traditional():
    import opencc

    return opencc.OpenCC("s2t")


def write(plan: Plan, posts: list[Post]) -> list[Item]:
    """All items of the month's delivery, ascending in time: the month's unrelated ones, and the reprints of its
    posts, of which some fall into the first week of the next month and a few lie outside every window.
    """
    found = list(_reprints(plan, posts)) + list(_unrelated(plan))
    found.sort(key=lambda item: (item.at, item.outlet.channel_type, item.outlet.key, item.title))
    _finish(found, plan)
    return found


def _reprints(plan: Plan, posts: list[Post]) -> Iterator[Item]:
    by_unit: dict[tuple[str, str], list[Post]] = {}
    for post in posts:
        if post.repost_of is None and post.repost_of_outside is None:
            by_unit.setdefault((post.account.unit.unit_id, post.account.platform), []).append(post)
    latest, days = plan.month.end + timedelta(hours=168), NewsDays(plan.month)
    for unit in units():
        r = Random(f"{plan.month}/{unit.unit_id}/reprints/{DRAW}")
        strength = plan.strength(unit)
        by_heat = {
            platform: _HeatedPosts(own, r, days)
            for platform in ("wechat", "weibo")
            if (own := by_unit.get((unit.unit_id, platform)))
        }
        for channel, number in REPRINTS.items():
            wanted = max(1, round(number * strength * r.uniform(0.85, 1.15)))
            wechat, weibo = by_heat.get("wechat"), by_heat.get("weibo")
            taken: set[tuple[str, str]] = set()
            for _ in range(wanted):
                # Long posts travel to news and WeChat; on Weibo mostly Weibo posts are forwarded.
                sources = (weibo or wechat) if channel == "weibo" and r.random() < 0.9 else (wechat or weibo)
                if sources is None:
                    continue
                post = sources.draw(r)
                channel_outlets = outlets()[channel]
                outlet = channel_outlets[int(len(channel_outlets) * r.random() ** 1.5)]
                if (post.record_id, outlet.key) in taken:
                    continue
                taken.add((post.record_id, outlet.key))
                late = r.random() < 0.015
                lag = r.uniform(169, 230) * HOUR if late else min(r.expovariate(1 / 26), 166) * HOUR + r.randrange(60)
                at = post.at + timedelta(seconds=int(lag))
                if at < latest:
                    yield _reprint(r, post, outlet, at)


class _HeatedPosts:
    """Posts of a unit, drawn as often as their heat says; a unit's main account has more readers than its others."""

    def __init__(self, posts: list[Post], r: Random, days: NewsDays) -> None:
        self._posts = posts
        self._cumulative_heat = list(accumulate(days.heat(r, post.at) * post.account.weight**0.5 for post in posts))

    def draw(self, r: Random) -> Post:
        return r.choices(self._posts, cum_weights=self._cumulative_heat)[0]


def _reprint(r: Random, post: Post, outlet: Outlet, at: datetime) -> Item:
    """One reprint, changed the way reprints are."""
    name = post.account.name
    if outlet.channel_type == "weibo":
        if post.account.platform == "weibo":
            roll = r.random()
            if roll < 0.62:
                return Item(outlet, at, "", "转发微博", "forward", post, is_forward=True)
            if roll < 0.86:
                return Item(
                    outlet, at, "", f"{r.choice(COMMENTS)}//@{name}：{post.body}", "comment", post, is_forward=True
                )
            return Item(outlet, at, "", f"{post.body} （来源：@{name}）", "copy", post, source_name=name)
        lead = post.body.replace("\n", "")[: 100 + r.randrange(40)]
        return Item(outlet, at, "", f"【{post.title}】{lead}……全文见链接", "shortened", post, source_name=name)
    title = post.title or post.body[: post.body.find("】") + 1].strip("#【】") or post.body[:24]
    body, roll = post.body, r.random()
    source_name = name if r.random() < 0.65 else r.choice(["", "综合", "本网"])
    source_url = post.url if r.random() < 0.08 else ""
    if roll < 0.40:
        kind = "full"
    elif roll < 0.55:
        kind, title = "retitled", f"{title[: max(6, len(title) - 5)]}，市民这样看"
    elif roll < 0.72:
        kind = "wrapped"
        body = f"{outlet.name}{at.month}月{at.day}日讯 {body}\n来源：{name} {r.choice(EDITORS)}"
    elif roll < 0.86:
        # Cut at a sentence end past the middle.
        cut = body.find("。", int(len(body) * 0.6))
        kind, body = "cut", body[: cut + 1] if cut > 0 else body
    elif roll < 0.90:
        kind = "traditional"
        title, body = _to_traditional().convert(title), _to_traditional().convert(body)
    else:
        kind = "edited"
        sentences = body.split("。")
        for _ in range(max(1, len(sentences) // 8)):
            at_index = r.randrange(len(sentences))
            sentences[at_index] = sentences[at_index].replace("，", "、").replace("介绍", "说").replace("目前", "眼下")
        body = "。".join(sentences)
    return Item(outlet, at, title, body, kind, post, source_name, source_url)


def _unrelated(plan: Plan) -> Iterator[Item]:
    """Articles of other places, and other outlets' versions of daily bulletins."""
    month: Month = plan.month
    cities = [
        "苏州市",
        "杭州市",
        "南京市",
        "宁波市",
        "合肥市",
        "无锡市",
        "嘉兴市",
        "武汉市",
        "广州市",
        "成都市",
        "厦门市",
        "青岛市",
    ]
    for channel, number in ITEMS.items():
        writer = Writer(f"{month}/unrelated/{channel}")
        r, topics = writer.random, list(writer.topics)
        channel_outlets = outlets()[channel]
        for serial in range(max(month.days, round(number * plan.scale))):
            outlet = channel_outlets[int(len(channel_outlets) * r.random() ** 1.5)]
            # A day in turn, so that no day of any channel type is empty at any scale.
            at = month.start + timedelta(days=serial % month.days, seconds=int(6 * HOUR + r.random() * 17.9 * HOUR))
            if r.random() < 0.02:
                body = (case_bulletin if r.random() < 0.5 else weather_bulletin)(r, at.month, at.day)
                yield Item(outlet, at, "" if channel == "weibo" else f"{at.month}月{at.day}日通报", body, "bulletin")
                continue
            topic = topics[int(len(topics) * r.random())]
            if month.year < 2020 and topic.startswith("epidemic"):
                topic = "medical"
            length = 50 + int(r.random() * 60) if channel == "weibo" else 160 + int(r.random() * 320)
            text = writer.article(topic, cities[int(len(cities) * r.random())], None, length)
            if channel == "weibo":
                yield Item(outlet, at, "", f"【{text.title}】{text.body}".replace("\n", ""), "unrelated")
            else:
                yield Item(
                    outlet, at, text.title, text.body, "unrelated", source_name=outlet.name if r.random() < 0.3 else ""
                )


def _finish(items: list[Item], plan: Plan) -> None:
    """Identifiers, and engagement with long tails: caps and missing metrics are the exports' business."""
    r = Random(f"{plan.month}/items/counts/{DRAW}")
    level = {"news_app": 3.0, "news_site": 2.6, "wechat": 2.85, "weibo": 2.6}
    for serial, item in enumerate(items):
        strength = 0.6 + (item.source.account.unit.strength if item.source else 0.5)
        reads = int(10 ** r.gauss(level[item.outlet.channel_type], 0.48) * strength)
        item.reads, item.likes, item.comments = reads, int(reads * r.random() * 0.02), int(reads * r.random() * 0.005)
        if item.outlet.channel_type == "weibo":
            item.record_id = mid_at(item.at, 1_000_000 + serial % 1_000_000)
        elif item.outlet.channel_type == "wechat":
            item.record_id = f"{msgid(plan.month.start, 200_000 + serial)}_1"
        else:
            item.record_id = f"{plan.month}-{serial:06d}".replace("-", "")
