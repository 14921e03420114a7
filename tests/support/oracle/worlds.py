"""Random months for the oracle: a registry, posts, items, observations and matches, as staging and matcher leave them.

Two months, one after the other, under one registry. Times crowd the edges of month and window; counts are missing,
suspect, capped; texts hold terms of themes in both scripts; what is declared begins and ends on the edges of months.
"""

# Staging holds Shanghai wall-clock times without a zone, and so do the worlds.
# ruff: noqa: DTZ001

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Any, NamedTuple

from tests.support.oracle.compiled import METRICS, MONTHS, Warehouse

STARTS = {"2021-08": datetime(2021, 8, 1), "2021-09": datetime(2021, 9, 1)}
ENDS = {"2021-08": datetime(2021, 9, 1), "2021-09": datetime(2021, 10, 1)}
CHANNELS = ("news_app", "news_site", "wechat", "weibo")
AUGUST, SEPTEMBER, OCTOBER = date(2021, 8, 1), date(2021, 9, 1), date(2021, 10, 1)
ALWAYS, EVER = date(1, 1, 1), date(9999, 12, 31)

# ---- what is declared: id, names, from, to ---------------------------------------------------------------------------

THEMES = [
    ("epidemic", "疫情防控", "Epidemic control", date(2020, 1, 1), date(2022, 1, 1)),
    ("school", "“双减”", "Double reduction", AUGUST, None),
    ("delta", "长三角一体化", "Yangtze Delta", AUGUST, SEPTEMBER),
    ("autumn", "秋季", "Autumn", date(2021, 8, 2), OCTOBER),
    ("summer", "夏季", "Summer", date(2021, 7, 1), AUGUST),
    ("quiet", "无人提及", "Quiet", date(2021, 1, 1), None),
]
TERMS = [
    ("epidemic", "疫情防控", "include"), ("epidemic", "新冠", "include"), ("epidemic", "非洲猪瘟", "exclude"),
    ("epidemic", "科学防疫", "hashtag"), ("school", "双减", "include"), ("delta", "长三角", "include"),
    ("autumn", "今日", "include"), ("summer", "今日", "include"), ("quiet", "没有人会写的话", "include"),
]  # fmt: skip
SUBTOPICS = [("epidemic", "vaccine", "疫苗", "Vaccines"), ("epidemic", "rules", "措施", "Rules"), ("school", "after", "课后", "After school")]  # fmt: skip
SUBTOPIC_TERMS = [
    ("epidemic", "vaccine", "接种点"), ("epidemic", "vaccine", "疫苗"), ("epidemic", "rules", "不放松"), ("school", "after", "课后服务"),
]  # fmt: skip
SUBJECTS = [("medical", "医疗", "Medical care"), ("weather", "天气", "Weather"), ("schooling", "教育", "Education")]
SUBJECT_TERMS = [("medical", "疫苗"), ("medical", "疫情"), ("weather", "天气晴"), ("schooling", "课后")]
HASHTAGS = [
    ("美食", "a0", "u0", ALWAYS, None), ("科学防疫", "a1", "u1", AUGUST, SEPTEMBER), ("申城", "a0", "u2", date(2021, 8, 2), None),
    ("滨江", "a2", "u0", date(2021, 7, 1), AUGUST),
]  # fmt: skip
ISSUERS = [
    (1, "甲所", "First", "CC BY 4.0", ALWAYS, None), (2, "乙院", "Second", None, AUGUST, SEPTEMBER), (2, "丙会", "Third", None, SEPTEMBER, None),
    (3, "丁社", "Fourth", None, date(2021, 8, 2), None), (4, "戊馆", "Fifth", None, date(2020, 1, 1), AUGUST),
]  # fmt: skip
# The reprint-based rival weighs media: dated rows, 1 where there is none.
UNIT_WEIGHTS = [("u0", 10, AUGUST, SEPTEMBER), ("u1", 3, date(2021, 8, 2), None), ("u2", 7, ALWAYS, AUGUST)]

# Text; the themes it is about when they are declared; its sub-topics; its subjects. `exclude` outweighs, patterns mean
# nothing, traditional characters are read as simplified ones.
LONG = "，请广大市民朋友合理安排出行时间，注意交通安全，文明礼让，遵守秩序，共同维护良好的城市环境与公共秩序，祝大家生活愉快、身体健康"
TEXTS: list[tuple[str, set[str], set[tuple[str, str]], set[str]]] = [
    ("今日天气晴", {"autumn", "summer"}, set(), {"weather"}),
    ("疫情防控不放松" + LONG, {"epidemic"}, {("epidemic", "rules")}, {"medical"}),
    ("新冠疫苗接種點公布", {"epidemic"}, {("epidemic", "vaccine")}, {"medical"}),
    ("雙減之後的課後服務", {"school"}, {("school", "after")}, {"schooling"}),
    ("長三角一體化，疫情防控联动", {"epidemic", "delta"}, set(), {"medical"}),
    ("动物疫情防控与非洲猪瘟", set(), set(), {"medical"}),
    ("新冠%_.*疫苗不放松", {"epidemic"}, {("epidemic", "vaccine"), ("epidemic", "rules")}, {"medical"}),
    ("新%冠 双.减", set(), set(), set()),
    ("课后服务也讲疫苗", set(), set(), {"medical", "schooling"}),
]
TOPICS: list[tuple[list[str], set[str]]] = [
    ([], set()), (["科学防疫"], {"epidemic"}), (["美食", "科學防疫"], {"epidemic"}), (["科学防疫小课堂"], set()), (["美食街", "老美食"], set()),
    (["申城", "滨江", "美食", "申城"], set()),
]  # fmt: skip

# ---- the method of September, by world: August is under the method of the seed files -----------------------------------

SEED_METHOD = "2021-01"


@dataclass(frozen=True)
class Method:
    """A version of the method: weights in hundredths with goalposts by indicator, and the parameters."""

    name: str
    channels: dict[str, tuple[int, int]]
    metrics: dict[str, tuple[int, int]]
    per_theme: str
    reference: int
    ceiling: str
    transformation: str
    replicates: int
    interval_low: str
    tier_level: str


PUBLISHED = Method(
    SEED_METHOD,
    {"news_app": (30, 2_000), "news_site": (30, 1_500), "wechat": (25, 20_000), "weibo": (15, 50_000)},
    {"read": (60, 20_000_000), "like": (20, 200_000), "comment": (20, 40_000)},
    "2", 200, "5", "log", 1000, "0.025", "0.025",
)  # fmt: skip
METHODS = [
    PUBLISHED,
    # Goals that a small month reaches, and a ceiling that its themes pass.
    Method(
        "small", {"news_app": (40, 2), "news_site": (10, 3), "wechat": (25, 1), "weibo": (25, 4)},
        {"read": (34, 100), "like": (33, 1_000), "comment": (33, 200_000)}, "2.5", 3, "4.25", "log", 40, "0.1", "0.2",
    ),
    Method(
        "linear", {"news_app": (25, 6), "news_site": (25, 5), "wechat": (25, 7), "weibo": (25, 9)},
        {"read": (50, 70_000_000), "like": (30, 100_000), "comment": (20, 300_000)}, "1.5", 7, "2", "linear", 33, "0.05", "0.5",
    ),
]  # fmt: skip


@dataclass
class Unit:
    id: str
    spans: list[tuple[str, str | None, date, date]]  # name, list, from, to


@dataclass
class Account:
    id: str
    platform: str
    spans: list[tuple[str, str, datetime | None, datetime | None]]  # unit, name, from, to


@dataclass
class Post:
    id: str
    account: Account
    unit: str | None
    at: datetime
    precision: str
    title: str | None
    text: int | None
    topics: int
    flag: bool | None
    repost_of: str | None
    family: str
    is_origin: bool
    origin_unit: str | None
    earlier_item: str | None
    position: int | None
    counts: dict[str, tuple[int | None, str]]
    is_withdrawn: bool = False
    is_deleted: bool = False

    @property
    def month(self) -> str:
        return f"{self.at:%Y-%m}"


class Observation(NamedTuple):
    """What a source gives of an item at a moment."""

    at: datetime
    counts: dict[str, tuple[int | None, str]]
    source: str
    strength: int


@dataclass
class Item:
    id: str
    channel: str
    outlet: str | None
    account_id: str | None
    at: datetime
    precision: str
    observations: list[Observation]

    @property
    def month(self) -> str:
        return f"{self.at:%Y-%m}"

    @property
    def export(self) -> str:
        """The file that the item came in: each holds some of all channels."""
        return f"file {self.id[-1]}"

    @property
    def is_registered(self) -> bool:
        """Outlets 0 and 1 of each channel are in the registry, the third is not."""
        return self.outlet is not None and not self.outlet.endswith(":2")


@dataclass
class Match:
    item: Item
    post: Post
    is_counted: bool
    reason: str | None
    decision: dict[str, Any]


@dataclass
class World:
    units: list[Unit] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    outlets: list[tuple[str, str, str | None, date, date]] = field(default_factory=list)  # id, channel, name, from, to
    posts: list[Post] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    synthetic: list[bool | None] = field(default_factory=list)
    certainty: list[dict[str, Any]] = field(default_factory=list)
    september: Method = PUBLISHED


SOURCES = [("strong", 2), ("weak", 1), ("as strong", 2)]  # (connector, its strength)
LAGS = [-86_400, -601, -600, -1, 0, 1, 3_600, 7 * 86_400 - 1, 7 * 86_400, 7 * 86_400 + 1, 9 * 86_400]
PRECISIONS = ["second", "second", "minute", "day"]
SIZES = [0, 1, 7, 7, 250, 19_999, 20_000, 100_001, 30_000_000]


def known_to(at: datetime, how: str) -> datetime:
    return at.replace(second=0) if how == "minute" else at.replace(hour=0, minute=0, second=0) if how == "day" else at


def unit_spans(r: Random, unit: str) -> list[tuple[str, str | None, date, date]]:
    of = r.choice(["districts", "districts", "districts", "departments"])
    name, other = f"{unit}局", f"{unit}新局"
    return r.choice(
        [
            *[[(name, of, ALWAYS, EVER)]] * 6,
            [(name, of, ALWAYS, date(2021, 8, 16)), (other, of, date(2021, 8, 16), EVER)],
            [(other, of, SEPTEMBER, EVER), (name, "departments", ALWAYS, SEPTEMBER)],
            [(name, of, ALWAYS, AUGUST)],
            [(name, of, SEPTEMBER, EVER)],
            [(name, of, AUGUST, SEPTEMBER)],
            [(name, None, ALWAYS, EVER)],
        ]
    )


def account_spans(r: Random, account: str, units: list[str]) -> list[tuple[str, str, datetime | None, datetime | None]]:
    first, second, name = r.choice(units), r.choice(units), f"{account}发布"
    at = STARTS["2021-08"] + timedelta(days=r.randint(1, 29))
    edge = ENDS["2021-08"]
    return r.choice(
        [
            *[[(first, name, None, None)]] * 6,
            [(first, name, at, None)],
            [(first, name, None, at), (second, f"{account}新发布", at, None)],
            [(first, name, None, edge), (second, f"{account}新发布", edge, None)],
            [(first, f"{account}新发布", edge, None), (first, name, None, edge)],
            [(first, name, None, STARTS["2021-08"])],
            [(first, name, None, at)],
        ]
    )


def world_of(seed: int, size: int) -> World:
    """Two months with up to `size` posts each and up to thrice as many items. A seed, so that worlds differ in
    everything at once.
    """
    r, entry = Random(f"{seed}"), World()
    entry.september = METHODS[seed % len(METHODS)]
    # Enough units, now and then, that a list of five highlights leaves one out.
    units = [f"u{i}" for i in range(r.choice([1, 2, 3, 4, 9]))]
    entry.units = [Unit(unit, unit_spans(r, unit)) for unit in units]
    entry.accounts = [
        Account(f"a{i}", r.choice(["wechat", "weibo"]), account_spans(r, f"a{i}", units))
        for i in range(r.randint(1, 6) + 2 * (len(units) > 5))
    ]
    for channel in CHANNELS:
        entry.outlets += [(f"{channel}:0", channel, "旧名", ALWAYS, date(2021, 3, 1)), (f"{channel}:0", channel, f"{channel}报", date(2021, 3, 1), EVER)]  # fmt: skip
        entry.outlets.append((f"{channel}:1", channel, None, ALWAYS, EVER))
    for month in MONTHS:
        fill(r, entry, month, size)
    entry.synthetic = r.choice([[], [False], [False, True], [None, False]])
    entry.certainty = [
        {"ranking_month": month, "method_version": version, "ranking_list": of, "dimension": dimension, "unit_id": unit,
         "rank_low": r.randint(1, 9), "rank_high": r.randint(10, 20), "tier": r.randint(1, 5), "month": month}
        for month in MONTHS for version in dict.fromkeys((SEED_METHOD, entry.september.name)) for of in ("districts", "departments")
        for dimension in ("dissemination", "influence") for unit in units if r.random() < 0.8
    ]  # fmt: skip
    return entry


def fill(r: Random, world: World, month: str, size: int) -> None:
    start, end, begun = STARTS[month], ENDS[month], len(world.posts)
    length = int((end - start).total_seconds())
    count = lambda: r.choice(  # noqa: E731
        [
            (r.choice(SIZES), "exact"),
            (r.choice(SIZES), "exact"),
            (100_001, "floor"),
            (None, "missing"),
            (0, "zero_suspect"),
            (0, "zero_suspect"),
        ]
    )
    counts = lambda: {name: count() for name in METRICS}  # noqa: E731
    for i in range(begun, begun + r.randint(size // 2, size)):
        account, how = r.choice(world.accounts), r.choice(PRECISIONS)
        at = known_to(start + timedelta(seconds=r.choice([0, length - 1, *(r.randrange(length) for _ in "abc")])), how)
        owners = (
            u for u, _name, since, to in account.spans if (since is None or since <= at) and (to is None or at < to)
        )
        owner = next(owners, None)
        origin = r.choice(world.posts) if world.posts and r.random() < 0.4 else None
        world.posts.append(
            Post(
                id=f"p{r.randrange(100):02d}{i:02d}", account=account, unit=owner, at=at, precision=how,
                title=r.choice([None, "", f"标题{i}"]), text=r.choice([None, *range(len(TEXTS)), *range(1, 4)]),
                topics=r.randrange(len(TOPICS)), flag=r.choice([None, True, False]), repost_of=r.choice([None, None, "9"]),
                family=origin.family if origin else f"f{i:02d}", is_origin=origin is None,
                origin_unit=origin.unit if origin else owner, earlier_item=r.choice([None, None, None, "e"]),
                position=r.choice([None, 1, 2]), counts=counts(), is_withdrawn=r.random() < 0.08,
                is_deleted=r.random() < 0.1,
            )
        )  # fmt: skip
    mine = world.posts[begun:]
    for i in range(r.randint(size, 3 * size) if mine else 0):
        post, how = r.choice(mine), r.choice(PRECISIONS)
        at = known_to(post.at + timedelta(seconds=r.choice([*LAGS, *(r.randrange(600_000) for _ in range(30))])), how)
        if not start <= at < end + timedelta(days=8):
            continue
        channel = r.choice(CHANNELS)
        outlet = f"{channel}:{r.randint(0, 2)}" if r.random() < 0.9 else None
        hours = r.sample([1, 24, 167, 168, 169, 400], r.randint(0, 3))
        item = Item(
            f"i{r.randrange(100):02d}{month[-1]}{i:02d}", channel, outlet, r.choice([None, None, None, world.accounts[0].id]), at, how,
            [Observation(at + timedelta(hours=h), counts(), *SOURCES[h % len(SOURCES)]) for h in hours],
        )  # fmt: skip
        world.items.append(item)
        other = r.choice(mine)
        for to in {post.id: post, other.id: other}.values():
            reason = r.choice([*[None] * 14, "self", "sibling", "sibling", "quote", "review"])
            decision = {
                "method": r.choice(["link", "text"]), "match_class": r.choice(["exact", "partial"]),
                "containment": r.random(), "item_containment": r.random(), "matched_chars": r.randrange(500),
                "lag_seconds": r.randrange(10**6), "confidence": r.choice(["A", "B", "C"]), "credit_rule": r.choice([None, "link"]),
                "decided_by": r.choice(["rule", "person"]), "evidence": f'{{"n": {i}}}', "parameters_hash": f"h{i}",
            }  # fmt: skip
            world.matches.append(Match(item, to, reason is None, reason, decision))


# ---- into the inputs of the models -----------------------------------------------------------------------------------


def declare(warehouse: Warehouse, september: Method) -> None:
    """What is declared, and the method of September."""
    names = ("theme_id", "theme_name", "theme_name_en", "valid_from", "valid_to")
    warehouse.put("seeds.themes", [dict(zip(names, row, strict=True)) for row in THEMES])
    warehouse.put("seeds.theme_terms", [
        {"theme_id": theme, "term": term, "kind": kind, "valid_from": ALWAYS} for theme, term, kind in TERMS
    ])  # fmt: skip
    warehouse.put("seeds.subtopics", [
        {"theme_id": theme, "subtopic_id": sub, "subtopic_name": name, "subtopic_name_en": english, "valid_from": ALWAYS}
        for theme, sub, name, english in SUBTOPICS
    ])  # fmt: skip
    warehouse.put("seeds.subtopic_terms", [
        {"theme_id": theme, "subtopic_id": sub, "term": term, "valid_from": ALWAYS} for theme, sub, term in SUBTOPIC_TERMS
    ])  # fmt: skip
    warehouse.put("seeds.subjects", [
        {"subject_id": subject, "subject_name": name, "subject_name_en": english, "valid_from": ALWAYS}
        for subject, name, english in SUBJECTS
    ])  # fmt: skip
    warehouse.put("seeds.subject_terms", [
        {"subject_id": subject, "term": term, "kind": "include", "valid_from": ALWAYS} for subject, term in SUBJECT_TERMS
    ])  # fmt: skip
    names = ("hashtag", "host_account_id", "unit_id", "valid_from", "valid_to")
    warehouse.put("seeds.hosted_hashtags", [dict(zip(names, row, strict=True)) for row in HASHTAGS])
    names = ("position", "issuer_name", "issuer_name_en", "data_licence", "valid_from", "valid_to")
    warehouse.put("seeds.issuers", [dict(zip(names, row, strict=True)) for row in ISSUERS])
    names = ("unit_id", "weight", "valid_from", "valid_to")
    warehouse.put("seeds.rival_unit_weights", [dict(zip(names, row, strict=True)) for row in UNIT_WEIGHTS])
    enact(warehouse, september)


def enact(warehouse: Warehouse, september: Method) -> None:
    """The seed's method until September, and this one from then on; the seed's alone where it is that."""
    con = warehouse.con
    for table in ("method_versions", "method_indicators", "method_parameters"):
        con.execute(f"delete from seeds.{table} where method_version in ('small', 'linear')")
    is_other = september.name != SEED_METHOD
    con.execute(
        f"update seeds.method_versions set valid_to = {chr(39) + str(SEPTEMBER) + chr(39) if is_other else 'null'}"
        f" where method_version = '{SEED_METHOD}'"
    )
    if not is_other:
        return
    con.execute(
        "insert into seeds.method_versions (method_version, valid_from) values ($1, $2)", [september.name, SEPTEMBER]
    )
    for kind, dimension, names in (
        ("channel", "dissemination", september.channels),
        ("metric", "influence", september.metrics),
    ):
        for position, (name, (weight, goalpost)) in enumerate(names.items(), 1):
            con.execute(
                "insert into seeds.method_indicators (method_version, dimension, position, indicator_id, source_kind,"
                " source_name, transformation, weight, goalpost) values ($1, $2, $3, $4, $5, $4, $6, $7 / 100, $8)",
                [september.name, dimension, position, name, kind, september.transformation, weight, goalpost],
            )
    parameters = {
        "window_hours": 168, "skew_minutes": 10, "bonus_per_theme": september.per_theme, "bonus_reference_posts": september.reference,
        "bonus_ceiling": september.ceiling, "bonus_transformation": september.transformation, "count_self": 0, "count_sibling": 0,
        "bootstrap_replicates": september.replicates, "interval_low": september.interval_low, "tier_level": september.tier_level,
    }  # fmt: skip
    for name, value in parameters.items():
        con.execute(
            "insert into seeds.method_parameters (method_version, parameter, value) values ($1, $2, $3)",
            [september.name, name, str(value)],
        )


def settle(warehouse: Warehouse, world: World) -> None:
    """Write the world into the inputs of the models. Shanghai time has no zone in staging."""
    declare(warehouse, world.september)
    put = warehouse.put
    put("registry.int_registry__units", [
        {"unit_id": u.id, "unit_name": name, "unit_name_en": f"{name} en", "unit_type": f"type of {u.id}", "ranking_list": of,
         "valid_from": since, "valid_to": to}
        for u in world.units for name, of, since, to in u.spans
    ])  # fmt: skip
    put("registry.int_registry__accounts", [
        {"account_id": a.id, "account_name": name, "unit_id": unit, "platform": a.platform, "account_key_type": "k", "account_key": a.id,
         "verified_type": "v", "aliases": [f"{name}别名"],
         "valid_from": since or datetime(1, 1, 1), "valid_to": to or datetime(9999, 12, 31)}
        for a in world.accounts for unit, name, since, to in a.spans
    ])  # fmt: skip
    put("registry.int_registry__channels", [
        {"outlet_id": outlet, "channel_type": channel, "account_key_type": "k", "account_key": outlet, "outlet_name": name,
         "is_organization": name is not None, "valid_from": since, "valid_to": to}
        for outlet, channel, name, since, to in world.outlets
    ])  # fmt: skip
    put(
        "staging.stg_exports",
        [{"export_id": f"{n}", "is_synthetic": result} for n, result in enumerate(world.synthetic)],
    )
    put("staging.stg_posts", [
        {"post_id": p.id, "published_month": p.month, "platform": p.account.platform, "account_id": p.account.id,
         "unit_id": p.unit, "is_unowned": p.unit is None, "published_at_local": p.at, "published_precision": p.precision,
         "url": f"https://{p.id}", "title": p.title, "text": None if p.text is None else TEXTS[p.text][0], "topics": TOPICS[p.topics][0],
         "is_original_flag": p.flag, "original_evidence": f"how {p.id}", "is_repost": p.repost_of is not None,
         "is_deleted": p.is_deleted, "position": p.position, "export_sha256": f"sha {p.id}", "source_row": len(p.id), **columns(p.counts)}
        for p in world.posts
    ])  # fmt: skip
    put("evidence.families", [
        {"post_id": p.id, "post_month": p.month, "family_id": p.family, "origin_post_id": p.family,
         "origin_unit_id": p.origin_unit, "is_origin": p.is_origin, "earlier_item_id": p.earlier_item, "month": p.month}
        for p in world.posts
    ])  # fmt: skip
    put("seeds.post_corrections", [
        {"post_id": p.id, "action": "withdraw", "guard": "", "valid_from": AUGUST} for p in world.posts if p.is_withdrawn
    ])  # fmt: skip
    put("staging.stg_channel_items", [
        {"item_id": i.id, "published_month": i.month, "channel_type": i.channel, "outlet_id": i.outlet, "account_id": i.account_id,
         "unit_id": "carrier" if i.account_id else None, "is_mapped": i.is_registered, "url": f"https://{i.id}", "title": f"题{i.id}", "source_name_raw": f"来源{i.id}",
         "published_at": shanghai(i.at), "published_at_local": i.at, "published_precision": i.precision, "export_sha256": i.export}
        for i in world.items
    ])  # fmt: skip
    put("staging.stg_observations", [
        {"item_id": i.id, "published_month": i.month, "channel_type": i.channel, "published_at": shanghai(i.at),
         "observed_at": shanghai(o.at), "export_sha256": "x", "source_row": n, "read_unit": "people", "connector": o.source,
         "source_strength": o.strength, **columns(o.counts)}
        for i in world.items for n, o in enumerate(i.observations)
    ])  # fmt: skip
    put("evidence.matches", [
        {"item_id": m.item.id, "post_id": m.post.id, "post_month": m.post.month, "month": m.post.month,
         "is_counted": m.is_counted, "reason": m.reason, **m.decision}
        for m in world.matches
    ])  # fmt: skip
    put("evidence.certainty", world.certainty)


def columns(counts: dict[str, tuple[int | None, str]]) -> dict[str, Any]:
    return {
        **{f"{name}_count": value for name, (value, _how) in counts.items()},
        **{f"{name}_count_qualifier": how for name, (_value, how) in counts.items()},
    }


def shanghai(at: datetime) -> datetime:
    return at.replace(tzinfo=timezone(timedelta(hours=8)))
