"""The own posts of a month: who posts what when, which are originals, and what they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bangdan.core import identifiers
from bangdan.core.months import SHANGHAI
from bangdan.demo import texts
from bangdan.demo.news_days import EVENT_TOPIC_SHARE, NewsDays
from bangdan.demo.texts import Writer
from bangdan.demo.world import Account, Plan, Unit, accounts, outlets, share_out

EPIDEMIC = ["epidemic_measures", "epidemic_science", "epidemic_vaccine", "epidemic_reminder", "epidemic_rumour"]
HOSTED = {"wb-d-rsj-1": "申城就业服务周", "wb-310110-1": "滨江幸福里", "wb-d-wjw-1": "健康申城问一问", "wb-d-gaj-1": "平安申城每一天"}  # fmt: skip
REMARKS = ["转发微博", "转给需要的人", "一起来看", "请扩散", "实用", "提醒大家留意", "为他们点赞", "转发周知"]


@dataclass
class Post:
    """One own post, before it is written in a tool's shape."""

    account: Account
    at: datetime  # Shanghai local, no zone
    record_id: str
    title: str
    body: str
    is_original: bool = True
    position: int = 1
    repost_of: Post | None = None
    repost_of_outside: tuple[str, str, str] | None = None  # mid, uid, name
    counts: dict[str, int | None] = field(default_factory=dict)

    @property
    def url(self) -> str:
        if self.account.platform == "weibo":
            return f"https://weibo.com/{self.account.key}/{self.record_id}"
        mid, idx = self.record_id.split("_")
        return f"http://mp.weixin.qq.com/s?__biz={self.account.key}&mid={mid}&idx={idx}&sn={int(mid) * 7919 % 10**10:010d}#rd"


def mid_at(at: datetime, serial: int) -> str:
    """A Weibo id: seconds since the service's own epoch in the upper bits, a serial in the lower 22."""
    seconds = int(at.replace(tzinfo=SHANGHAI).timestamp()) - identifiers.WEIBO_EPOCH_SECONDS
    return str((seconds << identifiers.WEIBO_SERIAL_BITS) + serial)


def msgid(at: datetime, serial: int) -> int:
    """A WeChat push's id: unlike in every month, whatever the serial (below a million)."""
    return 2_000_000_000 + ((at.year - 2015) * 12 + at.month) * 1_000_000 + serial


def moments(r: Random, days: NewsDays, number: int) -> list[datetime]:
    """Ascending seconds of the month: more of a working day than of a weekend, by day more than by night."""
    hours = [8, 9, 9, 10, 10, 11, 12, 14, 15, 15, 16, 17, 17, 18, 19, 20, 21, 22, 7, 6, 23, 0]
    drawn = r.choices(range(days.month.days), cum_weights=days.cumulative_posts, k=number)
    return sorted(
        days.month.start + timedelta(days=day, hours=r.choice(hours), minutes=r.randrange(60), seconds=r.randrange(60))
        for day in drawn
    )


def write(plan: Plan) -> list[Post]:
    """All own posts of the month, in account order, ascending in time within an account."""
    r, days = Random(f"{plan.month}/posts"), NewsDays(plan.month)
    slots: list[tuple[Account, datetime]] = []
    for platform, total in (("wechat", plan.wechat), ("weibo", plan.weibo)):
        own = [account for account in accounts() if account.platform == platform]
        weights = [account.weight * (0.4 + account.unit.strength) ** 0.5 for account in own]
        for account, number in zip(own, share_out(total, weights, least=1 if total > 2 * len(own) else 0)):
            times = moments(Random(f"{plan.month}/{account.account_id}/times"), days, number)
            slots += [(account, at) for at in times]
    is_original = [True] * plan.originals + [False] * (len(slots) - plan.originals)
    r.shuffle(is_original)
    is_epidemic = [True] * plan.epidemic + [False] * (len(slots) - plan.epidemic)
    r.shuffle(is_epidemic)
    found: list[Post] = []
    writers: dict[str, Writer] = {}
    for serial, ((account, at), original, epidemic) in enumerate(zip(slots, is_original, is_epidemic)):
        if account.account_id not in writers:
            writers[account.account_id] = Writer(f"{plan.month}/{account.account_id}")
        writer = writers[account.account_id]
        topic = _topic(writer, account.unit, at, epidemic, days)
        found.append(_post(writer, account, at, serial, original, topic))
    _share_texts(found, plan)
    _repost(found, plan)
    _count(found, plan)
    return found


def _topic(writer: Writer, unit: Unit, at: datetime, epidemic: bool, days: NewsDays) -> str:
    """What a post is about: the epidemic, the event of the day, or what its unit or the city usually writes about."""
    topics = writer.topics
    if epidemic:
        return writer.random.choices(EPIDEMIC, [topics[t]["share"] for t in EPIDEMIC])[0]
    if at.day == days.event_day and writer.random.random() < EVENT_TOPIC_SHARE:
        return days.event_topic
    if unit.topics and writer.random.random() < 0.7:
        calm = [t for t in unit.topics if t not in EPIDEMIC]
        return writer.pick(calm) if calm else "medical"
    calm = [t for t in topics if t not in EPIDEMIC]
    return writer.random.choices(calm, [topics[t]["share"] for t in calm])[0]


def _post(writer: Writer, account: Account, at: datetime, serial: int, original: bool, topic: str) -> Post:
    unit = account.unit
    if account.platform == "wechat":
        text = writer.article(topic, unit.actor, unit.district, 180 + int(writer.random.random() * 360))
        position = 1 + int(writer.random.random() * 4)
        return Post(account, at, f"{msgid(at, serial)}_{position}", text.title, text.body, original, position)
    text = writer.article(topic, unit.actor, unit.district, 40 + int(writer.random.random() * 70))
    tag = HOSTED.get(account.account_id)
    head = f"#{tag}#" if tag and writer.random.random() < 0.35 else ""
    body = f"{head}【{text.title}】{text.body}".replace("\n", "")
    return Post(account, at, mid_at(at, serial), "", body, original)


def _is_epidemic(post: Post) -> bool:
    """Would the theme's terms find it? Keeps the month's count on the epidemic where the plan put it."""
    return any(word in post.title + post.body for word in ("疫情", "新冠", "疫苗", "核酸", "防疫"))


def _share_texts(posts: list[Post], plan: Plan) -> None:
    """City texts that many units post, and daily bulletins that differ in numbers only, take the place of some
    non-originals (and of originals for whoever posts first).
    """
    by_unit: dict[str, list[Post]] = {}
    for post in posts:
        if post.account.platform == "wechat":
            by_unit.setdefault(post.account.unit.unit_id, []).append(post)
    r = Random(f"{plan.month}/shared")
    writer = Writer(f"{plan.month}/shared/texts")
    for pattern in texts.CITY_TEXTS:
        text = writer.article("digital" if "随申办" in pattern else "safety", "上海市", None, 420)
        title = pattern.format(m=plan.month.number)
        for unit_id in r.sample(sorted(by_unit), 12):
            copies = [post for post in by_unit[unit_id] if not post.is_original and not _is_epidemic(post)]
            if copies:
                copy = r.choice(copies)
                copy.title, copy.body = title, text.body
    bulletins = (("d-qxj", texts.weather_bulletin, "天气预报"), ("d-sthj", texts.air_bulletin, "空气质量日报"))
    for unit_id, bulletin, title in bulletins:
        for post in by_unit.get(unit_id, [])[:: max(1, len(by_unit.get(unit_id, [])) // plan.month.days)]:
            if not _is_epidemic(post):
                post.title = f"{post.at.month}月{post.at.day}日{title}"
                post.body = bulletin(r, post.at.month, post.at.day)
    for post in by_unit.get("d-wjw", []):
        if post.is_original and "疫情" in post.title and r.random() < 0.25:
            post.title = f"{post.at.month}月{post.at.day}日疫情防控通报"
            post.body = texts.case_bulletin(r, post.at.month, post.at.day)


def _repost(posts: list[Post], plan: Plan) -> None:
    """Weibo posts that are no originals forward something: another unit's, an own, or an outlet's post."""
    r = Random(f"{plan.month}/reposts")
    weibo = sorted((p for p in posts if p.account.platform == "weibo"), key=lambda p: (p.at, p.record_id))
    originals: list[Post] = []
    media = outlets()["weibo"]
    for serial, post in enumerate(weibo):
        if post.is_original:
            originals.append(post)
            continue
        remark = r.choice(REMARKS)
        source = originals[-1 - int(r.random() * min(400, len(originals)))] if originals and r.random() < 0.45 else None
        if source is not None and not _is_epidemic(post) and not _is_epidemic(source):
            post.repost_of, post.body = source, f"{remark}//@{source.account.name}：{source.body}"
        else:
            outlet = media[int(r.random() * len(media))]
            post.repost_of_outside = (mid_at(post.at - timedelta(hours=2), 2_000_000 + serial), outlet.key, outlet.name)
            post.body = f"{remark}//@{outlet.name}：{post.body}"


def _count(posts: list[Post], plan: Plan) -> None:
    """Engagement with long tails; a WeChat read above 100,000 is a cap, a failed reading is 0, some are missing."""
    r = Random(f"{plan.month}/counts")
    for post in posts:
        reads = int(10 ** r.gauss(2.9, 0.6) * (0.5 + post.account.unit.strength))
        likes, comments, shares = int(reads * r.random() * 0.02), int(reads * r.random() * 0.006), int(reads * r.random() * 0.03)  # fmt: skip
        if post.account.platform == "wechat":
            shown = 0 if r.random() < 0.01 else min(reads, 100_001)
            post.counts = {"read": None if r.random() < 0.03 else shown, "like": likes, "recommend": likes // 3, "comment": comments, "share": shares}  # fmt: skip
        else:
            post.counts = {"like": min(likes, 1_000_000), "comment": comments, "repost": shares}
