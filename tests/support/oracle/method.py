"""The method in plain Python: no SQL, no code of the program, no table but the world's. Written from the methodology."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cached_property, lru_cache
from typing import Any

from tests.support.oracle.worlds import (
    CHANNELS,
    ENDS,
    EVER,
    HASHTAGS,
    ISSUERS,
    PUBLISHED,
    STARTS,
    SUBJECTS,
    SUBTOPICS,
    TEXTS,
    THEMES,
    TOPICS,
    UNIT_WEIGHTS,
    Match,
    Method,
    Observation,
    Post,
    World,
)  # fmt: skip

METRICS = ("read", "like", "comment")
DIMENSIONS = {"dissemination": CHANNELS, "influence": METRICS}
LIST_NAMES = {
    "districts": ("区级榜单", "Districts", "区级"),
    "departments": ("委办局和人民团体榜单", "Commissions, bureaus and people's organizations", "委办局"),
}
LISTS = tuple(LIST_NAMES)
WINDOW, SKEW = timedelta(hours=168), timedelta(minutes=10)
LENGTH = {"second": timedelta(0), "minute": timedelta(seconds=59), "day": timedelta(seconds=86_399)}
PICO = Decimal("1e-12")
# Published formulas, by the names that the city's tables give them.
RIVALS = {
    "wci_v2": ("微信传播指数 WCI V2.0", "WeChat communication index V2.0"),
    "wci_v12": ("微信传播指数 WCI V12.0", "WeChat communication index V12.0"),
    "wci_v14_2": ("微信传播指数 WCI V14.2", "WeChat communication index V14.2"),
    "bci": ("微博传播指数 BCI（简式）", "Weibo communication index (simple form)"),
    "media_dissemination": ("媒体传播力（转载口径）", "Reprint-based media dissemination"),
}
Rows = list[dict[str, Any]]


class Near:
    """A real number that the database rounds to six decimals."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float | Decimal) and math.isclose(other, self.value, rel_tol=1e-9, abs_tol=1e-6)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"about {self.value:.7f}"


def near(value: float | None) -> Near | None:
    return None if value is None else Near(value)


@lru_cache(maxsize=200_000)
def term(value: int, goalpost: int, transformation: str) -> Decimal:
    with localcontext() as context:
        context.prec = 40
        if transformation == "log":
            share = (1 + Decimal(value)).ln() / (1 + Decimal(goalpost)).ln()
        else:
            share = Decimal(value) / Decimal(goalpost)
        return min(Decimal(1), share).quantize(PICO, ROUND_HALF_UP)


def rounded(value: Decimal, to: str) -> Decimal:
    return value.quantize(Decimal(to), ROUND_HALF_UP)


def share(part: int, whole: int) -> Decimal | None:
    return rounded(Decimal(part) / whole, "0.000001") if whole else None


def ranks(scores: dict[str, Any]) -> dict[str, int]:
    """1, 2, 2, 4."""
    return {key: 1 + sum(other > score for other in scores.values()) for key, score in scores.items()}


def metric(counts: dict[str, tuple[int | None, str]], name: str) -> tuple[int | None, bool]:
    """(value, is it a lower bound); a suspect zero is missing."""
    value, how = counts[name]
    return (None, False) if value is None or how == "zero_suspect" else (value, how == "floor")


def read_of(counts: dict[str, tuple[int | None, str]], name: str) -> tuple[int | None, bool]:
    """Reads, or views where there are none."""
    return metric(counts, name if counts[name][0] is not None else "view")


def larger(values: list[tuple[int | None, bool]]) -> tuple[int | None, bool]:
    """The largest value; it is a lower bound where all that equal it are."""
    most = max(known([value for value, _capped in values]), default=None)
    return (most, most is not None and all(capped for value, capped in values if value == most))


def known(values: list[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def total(values: list[int]) -> int | None:
    return sum(values) if values else None


class Reading:
    """Everything the method says about one month of a world."""

    def __init__(self, world: World, month: str) -> None:
        self.world, self.month = world, month
        self.start, self.end = STARTS[month], ENDS[month]
        self.days = (self.end - self.start).days
        self.method: Method = PUBLISHED if month == "2021-08" else world.september
        self.all_posts = [p for p in world.posts if p.month == month]
        self.posts = [p for p in self.all_posts if p.unit is not None and not p.is_withdrawn]
        self.by_id = {p.id: p for p in self.posts}
        self.matches = [m for m in world.matches if m.post.month == month]
        self.reasons = {(m.item.id, m.post.id): self._reason(m) for m in self.matches}
        self.outlets = self._outlets()
        self.themes = {theme: (name, english) for theme, name, english, since, to in THEMES if self.holds(since, to)}
        self.units = self._units()
        self.parts = {unit: self.contributions(unit) for unit in self.units}

    def holds(self, since: date, to: date | None) -> bool:
        """A dated row is in force in a month when it is on the month's first day."""
        return since <= self.start.date() and (to is None or self.start.date() < to)

    def _units(self) -> dict[str, tuple[str, str]]:
        """Unit → (name, list) of those that are in a list at any moment of the month, by their latest span."""
        result = {}
        for unit in self.world.units:
            spans = [s for s in unit.spans if s[1] and s[2] < self.end.date() and self.start.date() < s[3]]
            if spans:
                name, of, _since, _to = max(spans, key=lambda span: span[2])
                result[unit.id] = (name, of or "")
        return result

    def of_list(self, ranking_list: str) -> list[str]:
        """The units of a list that are ranked: those with an account."""
        return [unit for unit, (_name, of) in self.units.items() if of == ranking_list and self.spans(unit)]

    # ---- reprints ------------------------------------------------------------------------------------------------

    def _reason(self, match: Match) -> str | None:
        """Why a match is not counted; None when it is."""
        if match.post.id not in self.by_id:
            return "post_not_counted"
        if not match.is_counted:
            return match.reason
        item, post = match.item, match.post
        if not (
            item.at + LENGTH[item.precision] >= post.at - SKEW and item.at <= post.at + LENGTH[post.precision] + WINDOW
        ):
            return "outside_window"
        if item.outlet is None:
            return "no_outlet"
        is_closed = item.channel in ("news_app", "news_site")
        return "unregistered_outlet" if is_closed and not item.is_registered and not item.account_id else None

    @staticmethod
    def engagement(match: Match) -> dict[str, tuple[int | None, bool]]:
        """Of each of the strongest sources the last observation within the window after the item appeared, else the
        earliest later one; of these the larger value of each metric.
        """
        item = match.item
        known_ones = [
            entry for entry in item.observations
            if any(entry.counts[name][0] is not None for name in ("read", "view", "like", "comment"))
        ] or item.observations  # fmt: skip
        within = [entry for entry in known_ones if entry.at <= item.at + WINDOW]
        strongest = max((entry.strength for entry in within or known_ones), default=0)
        chosen: dict[str, Observation] = {}
        for entry in sorted(within or known_ones, key=lambda entry: entry.at, reverse=not within):
            if entry.strength == strongest:
                chosen[entry.source] = entry
        return {
            name: larger([(read_of if name == "read" else metric)(entry.counts, name) for entry in chosen.values()])
            for name in METRICS
        }

    def _outlets(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(post, outlet) → channel, the largest value per metric, and whether that value is a lower bound."""
        result: dict[tuple[str, str], dict[str, Any]] = {}
        for match in self.matches:
            if self.reasons[match.item.id, match.post.id] is None:
                key = (match.post.id, match.item.outlet or "")
                entry = result.setdefault(key, {"channel": match.item.channel, "items": [], **{m: [] for m in METRICS}})
                entry["items"].append((match.item.at, match.item.id))
                for name, value in self.engagement(match).items():
                    entry[name].append(value)
        for entry in result.values():
            for name in METRICS:
                values = known([value for value, _capped in entry[name]])
                floors = [value for value, capped in entry[name] if capped]
                entry[name] = (max(values, default=None), bool(floors) and max(floors) == max(values))
        return result

    def mine(self, unit: str, account: str | None = None) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            key: entry for key, entry in self.outlets.items()
            if self.by_id[key[0]].unit == unit and account in (None, self.by_id[key[0]].account.id)
        }  # fmt: skip

    # ---- indicators and scores -----------------------------------------------------------------------------------

    def rules(self) -> dict[str, tuple[str, int, int]]:
        """Indicator → dimension, weight in hundredths, goalpost."""
        return {name: ("dissemination", *rule) for name, rule in self.method.channels.items()} | {
            name: ("influence", *rule) for name, rule in self.method.metrics.items()
        }

    def term(self, value: int | None, goalpost: int) -> Decimal:
        return Decimal(0) if value is None else term(value, goalpost, self.method.transformation)

    def indicators(self, unit: str, account: str | None = None) -> dict[str, tuple[int | None, int, Decimal]]:
        """Indicator → value, number of capped values, contribution in points."""
        mine = list(self.mine(unit, account).values())
        result: dict[str, tuple[int | None, int, Decimal]] = {}
        for name, (_dimension, weight, goalpost) in self.rules().items():
            capped, value = 0, None
            if name in CHANNELS:
                value = sum(entry["channel"] == name for entry in mine)
            else:
                value = total(known([entry[name][0] for entry in mine])) if mine else 0
                capped = sum(entry[name][1] for entry in mine)
            result[name] = (value, capped, weight * self.term(value, goalpost))
        return result

    def coverage(self, unit: str, name: str) -> Decimal | None:
        """Share of the days with items, or of the reprints whose metric is known."""
        if name in CHANNELS:
            return share(sum(n > 0 for (channel, _day), n in self.seen.items() if channel == name), self.days)
        mine = list(self.mine(unit).values())
        return share(sum(entry[name][0] is not None for entry in mine), len(mine))

    @cached_property
    def seen(self) -> dict[tuple[str, date], int]:
        """(channel, day) → items of outlets that are no registered account."""
        days = [(self.start + timedelta(days=n)).date() for n in range(self.days)]
        result = {(channel, day): 0 for channel in CHANNELS for day in days}
        for item in self.world.items:
            if item.month == self.month and item.account_id is None:
                result[item.channel, item.at.date()] += 1
        return result

    def themes_of(self, post: Post) -> set[str]:
        text, by_text, _subtopics, _subjects = TEXTS[post.text] if post.text is not None else ("", set(), set(), set())
        result = (by_text | TOPICS[post.topics][1]) & self.themes.keys()
        return result - {"epidemic"} if "非洲猪瘟" in text else result

    def subtopics_of(self, post: Post) -> set[tuple[str, str]]:
        """A sub-topic is looked for in every post of its theme, however the theme was recognised."""
        if post.text is None:
            return set()
        named = TEXTS[post.text][2] | ({("epidemic", "vaccine")} if "疫苗" in TEXTS[post.text][0] else set())
        return {(theme, sub) for theme, sub in named if theme in self.themes_of(post)}

    def clusters(self, unit: str, theme: str) -> int:
        """Posts of a unit in a theme, near-identical ones once."""
        return len({p.family for p in self.posts if p.unit == unit and theme in self.themes_of(p)})

    def bonus_of(self, unit: str, theme: str) -> Decimal:
        points = Decimal(self.method.per_theme) * self.term(self.clusters(unit, theme), self.method.reference)
        return rounded(points, "1e-12")

    def bonus(self, unit: str) -> Decimal:
        return min(Decimal(self.method.ceiling), sum((self.bonus_of(unit, theme) for theme in self.themes), Decimal(0)))

    def spans(self, unit: str) -> list[tuple[str, str]]:
        """(account, platform) that a unit owned at any moment of the month."""
        return [(a.id, a.platform) for a in self.world.accounts for owner in self.owners(a) if owner == unit]

    def owners(self, account: Any) -> set[str]:
        return {
            owner for owner, _name, since, to in account.spans
            if (since or datetime.min) < self.end and self.start < (to or datetime.max)  # noqa: DTZ901
        }  # fmt: skip

    @cached_property
    def scores(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(unit, dimension) → base, bonus, score, rank, rank without bonus, bounds by caps, note."""
        result: dict[tuple[str, str], dict[str, Any]] = {}
        for dimension in DIMENSIONS:
            rules = {name: rule for name, rule in self.rules().items() if rule[0] == dimension}
            for unit in self.units:
                parts = self.indicators(unit)
                base = sum((parts[name][2] for name in rules), Decimal(0))
                most = sum(
                    (Decimal(weight) if parts[name][1] else parts[name][2] for name, (_d, weight, _g) in rules.items()),
                    Decimal(0),
                )
                bonus = self.bonus(unit)
                result[unit, dimension] = {
                    "base": base, "bonus": bonus, "score": rounded(base + bonus, "0.01"), "without": rounded(base, "0.01"),
                    "most": rounded(most + bonus, "0.01"), "highest_base": most, "note": self.note(unit),
                    "rank": None, "rank_without": None, "cap_low": None, "cap_high": None,
                }  # fmt: skip
            for ranking_list in LISTS:
                ranked = self.of_list(ranking_list)
                by_score = ranks({u: result[u, dimension]["score"] for u in ranked})
                by_base = ranks({u: result[u, dimension]["without"] for u in ranked})
                for unit in ranked:
                    mine, others = result[unit, dimension], [result[u, dimension] for u in ranked if u != unit]
                    mine |= {
                        "rank": by_score[unit], "rank_without": by_base[unit],
                        "cap_low": 1 + sum(other["score"] > mine["most"] for other in others),
                        "cap_high": 1 + sum(other["most"] > mine["score"] for other in others),
                    }  # fmt: skip
        return result

    def note(self, unit: str) -> str:
        spans = self.spans(unit)
        if not spans:
            return "不参评"
        platforms = {platform for _account, platform in spans}
        moved = {a.id for a in self.world.accounts if len(self.owners(a)) > 1}
        notes = [
            "无活动" if not any(p.unit == unit for p in self.posts) else "",
            {("wechat",): "仅微信", ("weibo",): "仅微博"}.get(tuple(sorted(platforms)), ""),
            "账号划转" if moved & {account for account, _platform in spans} else "",
        ]
        return "；".join(note for note in notes if note)

    def contributions(self, unit: str) -> dict[tuple[str, str, str], int]:
        """(indicator, post, outlet) → whole units of 10^-12 points; remainders go to the first in key order."""
        result: dict[tuple[str, str, str], int] = {}
        mine = self.mine(unit)
        for name, (value, _capped, points) in self.indicators(unit).items():
            if name in CHANNELS:
                parts = {key: 1 for key, entry in mine.items() if entry["channel"] == name}
            else:
                parts = {key: entry[name][0] for key, entry in mine.items() if entry[name][0]}
            whole = int(points * 10**12)
            shares = {key: whole * part // (value or 1) for key, part in sorted(parts.items())}
            for at, (key, part) in enumerate(shares.items()):
                result[name, *key] = part + (whole - sum(shares.values()) if at == 0 else 0)
        return result

    def points(self, dimension: str, posts: set[str], outlet: str | None = None) -> Decimal:
        """What reprints of these posts (in one outlet) contribute to a dimension of their units."""
        pico = sum(
            part for parts in self.parts.values() for (name, post, of), part in parts.items()
            if name in DIMENSIONS[dimension] and post in posts and outlet in (None, of)
        )  # fmt: skip
        return Decimal(pico) * PICO

    # ---- originality, rivals, agreement --------------------------------------------------------------------------

    @staticmethod
    def originality(post: Post) -> tuple[bool, bool, bool]:
        """By the headline definition, by link, by text."""
        by_link = post.repost_of is None
        by_text = by_link and post.earlier_item is None and (post.is_origin or post.origin_unit == post.unit)
        return (by_text if post.flag is None else post.flag), by_link, by_text

    def rivals(self, posts: list[Post], unit: str) -> dict[str, float | None]:
        """Published indices over some posts of one unit; None where a variable is unknown."""
        result: dict[str, float | None] = {}
        L = lambda x: math.log(1 + x)  # noqa: E731

        def numbers(of: list[Post], name: str) -> list[int]:
            return known([metric(p.counts, name)[0] for p in of])

        wechat = [p for p in posts if p.account.platform == "wechat"]
        weibo = [p for p in posts if p.account.platform == "weibo"]
        d = self.days
        if wechat:
            n, parts = len(wechat), {name: numbers(wechat, name) for name in ("read", "recommend", "like", "share")}
            sums = {name: total(v) for name, v in parts.items()}
            top = {name: max(v, default=None) for name, v in parts.items()}
            is_known = sums["read"] is not None and sums["recommend"] is not None
            R, Z = sums["read"] or 0, sums["recommend"] or 0
            entry = lambda x: math.floor(x * 10 + 0.5) / 10  # noqa: E731
            v2 = 0.8 * (0.4 * L(R) + 0.45 * L(R / n) + 0.15 * L(top["read"] or 0)) + 0.2 * (
                0.4 * L(Z) + 0.45 * L(Z / n) + 0.15 * L(top["recommend"] or 0)
            )
            v12 = 0.8 * (0.4 * L(entry(R / d)) + 0.45 * L(entry(R / n)) + 0.15 * L(top["read"] or 0)) + 0.2 * (
                0.4 * L(10 * entry(Z / d)) + 0.45 * L(10 * entry(Z / n)) + 0.15 * L(10 * (top["recommend"] or 0))
            )
            result["wci_v2"], result["wci_v12"] = (v2 * v2 * 10, v12 * v12 * 10) if is_known else (None, None)
            lead = [p for p in wechat if p.position == 1]
            head = {name: sum(numbers(lead, name)) for name in parts}
            f = lambda by: (  # noqa: E731
                0.7 * L(by["read"])
                + 0.09 * L(10 * by["recommend"])
                + 0.06 * L(10 * by["like"])
                + 0.15 * L(10 * by["share"])
            )
            has_positions = any(p.position is not None for p in wechat)
            if has_positions and all(value is not None for value in sums.values()):
                score = 0.6 * f({k: (v or 0) / d for k, v in sums.items()})
                score += 0.2 * f({k: (v or 0) / n for k, v in sums.items()})
                score += 0.1 * f({k: v / d for k, v in head.items()}) + 0.1 * f(top)
                result["wci_v14_2"] = score * score * 12
            else:
                result["wci_v14_2"] = None
        if weibo:
            parts = {name: numbers(weibo, name) for name in ("repost", "comment", "like")}
            result["bci"] = None
            if all(parts.values()):
                a, b, c = (sum(parts[name]) for name in ("repost", "comment", "like"))
                result["bci"] = (0.2 * L(len(weibo)) + 0.8 * (0.4 * L(a) + 0.4 * L(b) + 0.2 * L(c))) * 160
        if posts:
            ids = {p.id for p in posts}
            per_post: dict[str, int] = defaultdict(int)
            per_outlet: dict[str, int] = defaultdict(int)
            for post_id, outlet in self.outlets:
                if post_id in ids:
                    per_post[post_id] += 1
                    per_outlet[outlet] += 1
            originals = sum(self.originality(p)[0] for p in posts)
            weight = next((w for u, w, since, to in UNIT_WEIGHTS if u == unit and self.holds(since, to)), 1)
            result["media_dissemination"] = (
                0.25 * (0.4 * L(sum(per_post.values())) + 0.45 * L(originals) + 0.15 * L(max(per_post.values(), default=0)))
                + 0.25 * (0.7 * L(len(per_post)) + 0.3 * L(max(per_outlet.values(), default=0)))
                + 0.4 * L(weight) * (originals > 0) + 0.1 * L(len(posts))
            )  # fmt: skip
        return result

    def by_account(self) -> dict[tuple[str, str], list[Post]]:
        result: dict[tuple[str, str], list[Post]] = defaultdict(list)
        for p in self.posts:
            result[p.account.id, p.unit or ""].append(p)
        return result

    def by_unit(self) -> dict[str, list[Post]]:
        result: dict[str, list[Post]] = defaultdict(list)
        for p in self.posts:
            result[p.unit or ""].append(p)
        return result

    # ---- certainty -----------------------------------------------------------------------------------------------

    def certainty(self) -> dict[tuple[str, str, str], tuple[int, int, int]]:
        """(list, dimension, unit) → best rank, worst rank, tier; each replicate weighs every post by Poisson(1)."""
        draws: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
        replicates, method = self.method.replicates, self.method
        firsts = self.first_of_clusters()
        mine = {unit: list(self.mine(unit).items()) for unit in self.units}
        for replicate in range(replicates):
            weight = {p.id: poisson(replicate, self.month, p.id) for p in self.posts}
            for unit in self.units:
                bonus = Decimal(0)
                for theme in self.themes:
                    n = sum(weight[post] for post in firsts[unit, theme])
                    bonus += Decimal(method.per_theme) * self.term(n, method.reference)
                base = dict.fromkeys(DIMENSIONS, Decimal(0))
                for name, (dimension, w, goalpost) in self.rules().items():
                    if name in CHANNELS:
                        value = sum(weight[post] for (post, _o), entry in mine[unit] if entry["channel"] == name)
                    else:
                        value = sum(weight[post] * (entry[name][0] or 0) for (post, _o), entry in mine[unit])
                    base[dimension] += w * self.term(value, goalpost)
                for dimension in DIMENSIONS:
                    draws[unit, dimension].append(
                        rounded(base[dimension] + min(Decimal(method.ceiling), bonus), "0.01")
                    )
        result: dict[tuple[str, str, str], tuple[int, int, int]] = {}
        low_at = math.ceil(Decimal(method.interval_low) * replicates)
        high_at = math.ceil((1 - Decimal(method.interval_low)) * replicates)
        for dimension in DIMENSIONS:
            for ranking_list in LISTS:
                ranked = self.of_list(ranking_list)
                each = [ranks({u: draws[u, dimension][r] for u in ranked}) for r in range(replicates)]
                tier, first = 0, ""
                for unit in sorted(ranked, key=lambda u: (self.scores[u, dimension]["rank"], u)):
                    reached = sum(a >= b for a, b in zip(draws[unit, dimension], draws.get((first, dimension), [])))
                    if tier == 0 or reached < Decimal(method.tier_level) * replicates:
                        tier, first = tier + 1, unit
                    seen, now = sorted(entry[unit] for entry in each), self.scores[unit, dimension]["rank"]
                    low, high = seen[low_at - 1], seen[high_at - 1]
                    result[ranking_list, dimension, unit] = (min(low, now), max(high, now), tier)
        return result

    def resampled(self) -> dict[tuple[str, str], list[int]]:
        """(unit, md5 of the post's id) → its reprints by channel, engagement by metric, and 1 for each theme of which it
        is the first in its cluster; posts of ranked units that have any of these.
        """
        ranked = [unit for of in LISTS for unit in self.of_list(of)]
        firsts = self.first_of_clusters()
        themes = [theme for theme in sorted(self.themes) if any(theme in self.themes_of(p) for p in self.posts)]
        result = {}
        for post in self.posts:
            mine = [entry for (post_id, _outlet), entry in self.outlets.items() if post_id == post.id]
            row = [sum(entry["channel"] == name for entry in mine) for name in CHANNELS]
            row += [sum(entry[name][0] or 0 for entry in mine) for name in METRICS]
            row += [int(post.id in firsts[post.unit or "", theme]) for theme in themes]
            if post.unit in ranked and (mine or any(row)):
                result[post.unit or "", hashlib.md5(post.id.encode()).hexdigest()] = row
        return result

    def first_of_clusters(self) -> dict[tuple[str, str], list[str]]:
        """(unit, theme) → the first post of each cluster of near-identical ones."""
        result: dict[tuple[str, str], list[str]] = defaultdict(list)
        for unit in self.by_unit():
            for theme in self.themes:
                firsts: dict[str, Post] = {}
                for p in self.posts:
                    if p.unit == unit and theme in self.themes_of(p):
                        first = firsts.setdefault(p.family, p)
                        firsts[p.family] = min(first, p, key=lambda entry: (entry.at, entry.id))
                result[unit, theme] = [p.id for p in firsts.values()]
        return result


def poisson(replicate: int, month: str, post_id: str) -> int:
    """Poisson(1) by inversion of the first 15 hex digits of an md5."""
    key = hashlib.md5(post_id.encode()).hexdigest()
    u = int(hashlib.md5(f"{replicate:04d}|{month}|{key}".encode()).hexdigest()[:15], 16)
    with localcontext() as context:
        context.prec = 40
        part = total = Decimal(1) / Decimal(1).exp()
        k = 0
        while u >= int(total * 2**60):
            k += 1
            part /= k
            total += part
        return k


def kendall(pairs: list[tuple[Any, Any]]) -> float | None:
    """Tau-b."""
    concordant = discordant = here = there = 0
    for i, (a, x) in enumerate(pairs):
        for b, y in pairs[:i]:
            here += a != b
            there += x != y
            concordant += (a - b) * (x - y) > 0
            discordant += (a - b) * (x - y) < 0
    return (concordant - discordant) / math.sqrt(here * there) if here and there else None


# ---- the tables, row by row ------------------------------------------------------------------------------------------


def title_of(post: Post) -> str | None:
    return post.title or (None if post.text is None else TEXTS[post.text][0][:60])


def joined(names: Any) -> str | None:
    return ",".join(sorted(names)) or None


def unit_months(r: Reading) -> Rows:
    result = []
    for unit, (name, of) in r.units.items():
        mine, spans = r.mine(unit), r.spans(unit)
        posts = [p for p in r.posts if p.unit == unit]
        per_post = [sum(post == p.id for post, _outlet in mine) for p in posts]
        moved = {a.id for a in r.world.accounts if len(r.owners(a)) > 1 and unit in r.owners(a)}
        siblings = {
            (m.post.id, m.item.outlet) for m in r.matches if m.reason == "sibling" and m.post.unit == unit and m.item.outlet
        }  # fmt: skip
        result.append(
            {
                "ranking_month": r.month, "unit_id": unit, "unit_name": name, "unit_name_en": f"{name} en", "unit_type": f"type of {unit}",
                "ranking_list": of, "account_count": len(spans), "platform_count": len({p for _a, p in spans}),
                "first_platform": min((p for _a, p in spans), default=None), "moved_account_count": len(moved),
                **post_counts(r, posts),
                "reprint_count": len(mine), "outlet_count": len({outlet for _post, outlet in mine}),
                "reprinted_post_count": sum(n > 0 for n in per_post), "max_reprints_of_one_post": max(per_post, default=0),
                "sibling_reprint_count": len(siblings),
            }
        )  # fmt: skip
    return result


def post_counts(r: Reading, posts: list[Post]) -> dict[str, int]:
    originality = [r.originality(p) for p in posts]
    return {
        "post_count": len(posts), "wechat_post_count": sum(p.account.platform == "wechat" for p in posts),
        "weibo_post_count": sum(p.account.platform == "weibo" for p in posts),
        "original_count": sum(entry[0] for entry in originality), "original_by_link_count": sum(entry[1] for entry in originality),
        "original_by_text_count": sum(entry[2] for entry in originality),
    }  # fmt: skip


def rpt_unit_activity(r: Reading) -> Rows:
    left_out = {"unit_name", "unit_name_en", "unit_type", "ranking_list", "platform_count", "first_platform", "moved_account_count"}  # fmt: skip
    return [
        {name: value for name, value in row.items() if name not in left_out}
        | {"originality_rate": share(row["original_count"], row["post_count"])}
        for row in unit_months(r)
    ]


def rpt_ranking(r: Reading) -> Rows:
    result = []
    for (unit, dimension), entry in r.scores.items():
        name, of = r.units[unit]
        (sure,) = [
            row for row in r.world.certainty
            if (row["ranking_month"], row["method_version"], row["ranking_list"], row["dimension"], row["unit_id"])
            == (r.month, r.method.name, of, dimension, unit)
        ] or [{}]  # fmt: skip
        result.append(
            {
                "ranking_month": r.month, "method_version": r.method.name, "ranking_list": of, "dimension": dimension, "unit_id": unit,
                "unit_name": name, "unit_name_en": f"{name} en", "unit_type": f"type of {unit}", "rank": entry["rank"],
                "base_score": entry["base"], "bonus_points": entry["bonus"], "score": entry["score"], "rank_without_bonus": entry["rank_without"],
                "rank_low": sure.get("rank_low"), "rank_high": sure.get("rank_high"), "tier": sure.get("tier"),
                "cap_rank_low": entry["cap_low"], "cap_rank_high": entry["cap_high"], "note": entry["note"],
            }
        )  # fmt: skip
    return result


def unit_month_scores(r: Reading) -> Rows:
    return [
        {
            "ranking_month": r.month, "method_version": r.method.name, "ranking_list": r.units[unit][1], "dimension": dimension,
            "unit_id": unit, "base_score": entry["base"], "bonus_points": entry["bonus"], "score": entry["score"], "highest_score": entry["most"],
            "is_ranked": bool(r.spans(unit)), "rank": entry["rank"], "rank_without_bonus": entry["rank_without"], "note": entry["note"],
            "cap_rank_low": entry["cap_low"], "cap_rank_high": entry["cap_high"],
        }
        for (unit, dimension), entry in r.scores.items()
    ]  # fmt: skip


def rpt_unit_indicators(r: Reading) -> Rows:
    result = []
    for unit in r.units:
        for name, (value, capped, points) in r.indicators(unit).items():
            dimension, weight, goalpost = r.rules()[name]
            result.append(
                {
                    "ranking_month": r.month, "unit_id": unit, "dimension": dimension, "indicator_id": name, "value": value,
                    "coverage": r.coverage(unit, name), "capped_count": capped, "weight": Decimal(weight) / 100, "goalpost": goalpost,
                    "transformation": r.method.transformation, "term": r.term(value, goalpost), "contribution": points,
                }
            )  # fmt: skip
    return result


def month_indicators(r: Reading) -> Rows:
    """Units and accounts alike, without coverage (which is of the unit)."""
    entities = [("unit", unit, unit, None) for unit in r.units]
    entities += [("account", account, unit, account) for account, unit in r.by_account()]
    result = []
    for kind, entity, unit, account in entities:
        for at, (name, (value, capped, points)) in enumerate(r.indicators(unit, account).items()):
            dimension, weight, goalpost = r.rules()[name]
            result.append(
                {
                    "ranking_month": r.month, "method_version": r.method.name, "entity_kind": kind, "entity_id": entity, "unit_id": unit,
                    "dimension": dimension, "indicator_id": name, "position": at + 1 if at < 4 else at - 3,
                    "weight": Decimal(weight) / 100, "goalpost": goalpost, "transformation": r.method.transformation, "value": value,
                    "capped_count": capped, "term": r.term(value, goalpost), "contribution": points,
                }
            )  # fmt: skip
    return result


def account_months(r: Reading) -> Rows:
    result = []
    for (account, unit), posts in r.by_account().items():
        values = {name: known([metric(p.counts, name)[0] for p in posts]) for name in ("read", "like", "recommend", "comment", "share", "repost")}  # fmt: skip
        originality = [r.originality(p) for p in posts]
        result.append(
            {
                "ranking_month": r.month, "account_id": account, "unit_id": unit, "platform": posts[0].account.platform,
                "post_count": len(posts), "original_count": sum(entry[0] for entry in originality),
                "original_by_link_count": sum(entry[1] for entry in originality), "original_by_text_count": sum(entry[2] for entry in originality),
                **{f"own_{name}_count": total(numbers) for name, numbers in values.items()},
                **{f"own_{name}_max": max(values[name], default=None) for name in ("read", "like", "recommend")},
            }
        )  # fmt: skip
    return result


def rpt_account_scores(r: Reading) -> Rows:
    result = []
    for (account, unit), posts in r.by_account().items():
        parts = r.indicators(unit, account)
        score = {d: sum((parts[name][2] for name in names), Decimal(0)) for d, names in DIMENSIONS.items()}
        (spans,) = [a.spans for a in r.world.accounts if a.id == account]
        rivals = dict.fromkeys(RIVALS) | r.rivals(posts, unit)
        result.append(
            {
                "ranking_month": r.month, "account_id": account,
                "account_name": max(spans, key=lambda span: span[2] or datetime.min)[1],  # noqa: DTZ901
                "unit_id": unit, "platform": posts[0].account.platform, "post_count": len(posts),
                "original_count": sum(r.originality(p)[0] for p in posts), "reprint_count": sum(parts[c][0] or 0 for c in CHANNELS),
                "read_count": parts["read"][0], "like_count": parts["like"][0], "comment_count": parts["comment"][0],
                "dissemination_score": rounded(score["dissemination"], "0.000001"),
                "influence_score": rounded(score["influence"], "0.000001"),
                **{name: near(value) for name, value in rivals.items()},
            }
        )  # fmt: skip
    return result


def posts(r: Reading) -> Rows:
    result = []
    for p in r.all_posts:
        text = None if p.text is None else TEXTS[p.text][0]
        headline, by_link, by_text = r.originality(p)
        result.append(
            {
                "ranking_month": r.month, "post_id": p.id, "platform": p.account.platform, "account_id": p.account.id, "unit_id": p.unit,
                "is_quarantined": p.unit is None, "is_withdrawn": p.is_withdrawn, "is_counted": p.id in r.by_id,
                "published_at_local": p.at, "published_precision": p.precision, "url": f"https://{p.id}", "title": p.title,
                "lead": None if text is None else text[:60], "text_chars": len(text or ""), "is_original": headline,
                "is_original_flag": p.flag, "is_original_by_link": by_link, "is_original_by_text": by_text,
                "original_evidence": f"how {p.id}", "family_id": p.family, "is_family_origin": p.is_origin, "position": p.position,
                "theme_ids": joined(r.themes_of(p)), "subtopic_ids": joined(f"{theme}/{sub}" for theme, sub in r.subtopics_of(p)),
                "subject_ids": None if p.text is None else joined(TEXTS[p.text][3]),
                "hashtags": ",".join(sorted(set(TOPICS[p.topics][0]))), "is_deleted": p.is_deleted,
                **{f"{name}_count": metric(p.counts, name)[0] for name in p.counts},
                **{f"{name}_count_qualifier": how for name, (_value, how) in p.counts.items()},
                "export_sha256": f"sha {p.id}", "source_row": len(p.id),
            }
        )  # fmt: skip
    return result


def rpt_posts(r: Reading) -> Rows:
    return [
        {
            "ranking_month": r.month, "post_id": p.id, "unit_id": p.unit, "account_id": p.account.id, "platform": p.account.platform,
            "published_at": p.at, "url": f"https://{p.id}", "title": title_of(p), "is_original": r.originality(p)[0],
            "theme_ids": joined(r.themes_of(p)), "subject_ids": None if p.text is None else joined(TEXTS[p.text][3]),
            "hashtags": ",".join(sorted(set(TOPICS[p.topics][0]))), "reprint_count": sum(post == p.id for post, _o in r.outlets),
            "dissemination_contribution": r.points("dissemination", {p.id}), "influence_contribution": r.points("influence", {p.id}),
        }
        for p in r.posts
    ]  # fmt: skip


def post_outlets(r: Reading) -> Rows:
    result = []
    for (post, outlet), entry in r.outlets.items():
        p = r.by_id[post]
        result.append(
            {
                "ranking_month": r.month, "post_id": post, "outlet_id": outlet, "unit_id": p.unit, "account_id": p.account.id,
                "channel_type": entry["channel"], "reprinted_at_local": min(entry["items"])[0], "item_id": min(entry["items"])[1],
                "item_count": len(entry["items"]), **{f"{name}_count": entry[name][0] for name in METRICS},
                **{f"is_{name}_capped": entry[name][1] for name in METRICS},
            }
        )  # fmt: skip
    return result


def reprint_contributions(r: Reading) -> Rows:
    return [
        {
            "ranking_month": r.month, "method_version": r.method.name, "dimension": r.rules()[name][0], "indicator_id": name, "unit_id": unit,
            "account_id": r.by_id[post].account.id, "post_id": post, "outlet_id": outlet, "picopoints": pico,
        }
        for unit, parts in r.parts.items() for (name, post, outlet), pico in parts.items()
    ]  # fmt: skip


def rpt_reprints(r: Reading) -> Rows:
    result = []
    for m in r.matches:
        item, reason = m.item, r.reasons[m.item.id, m.post.id]
        first = min(r.outlets[m.post.id, item.outlet or ""]["items"])[1] if reason is None else None
        engagement = {name: value for name, (value, _capped) in r.engagement(m).items()}
        of = [name for outlet, _c, name, _since, to in r.world.outlets if outlet == item.outlet and to == EVER]
        result.append(
            {
                "ranking_month": r.month, "post_id": m.post.id, "unit_id": m.post.unit, "account_id": m.post.account.id,
                "channel_type": item.channel, "outlet_id": item.outlet, "outlet_name": of[0] if of else None, "item_id": item.id,
                "url": f"https://{item.id}", "title": f"题{item.id}", "reprinted_at": item.at,
                **{f"{name}_count": engagement[name] for name in METRICS},
                **{name: m.decision[name] for name in ("method", "match_class", "containment", "matched_chars", "confidence", "decided_by", "evidence")},
                "is_counted": reason is None, "not_counted_reason": reason,
                **{
                    f"{dimension}_contribution": r.points(dimension, {m.post.id}, item.outlet) if first == item.id else Decimal(0)
                    for dimension in DIMENSIONS
                },
            }
        )  # fmt: skip
    return result


def unit_month_bonus(r: Reading) -> Rows:
    return [
        {
            "ranking_month": r.month, "method_version": r.method.name, "unit_id": unit, "theme_id": theme,
            "post_count": sum(theme in r.themes_of(p) for p in mine), "cluster_count": r.clusters(unit, theme),
            "bonus_points": r.bonus_of(unit, theme),
        }
        for unit, mine in r.by_unit().items() for theme in r.themes if any(theme in r.themes_of(p) for p in mine)
    ]  # fmt: skip


def post_values(r: Reading) -> Rows:
    def row(post: Post, kind: str, component: str, value: int) -> dict[str, Any]:
        return {
            "ranking_month": r.month, "method_version": r.method.name, "unit_id": post.unit, "post_id": post.id,
            "component_kind": kind, "component_id": component, "value": value,
        }  # fmt: skip

    rows, firsts = [], r.first_of_clusters()
    for post in r.posts:
        outlets = [outlet for (post_id, _outlet), outlet in r.outlets.items() if post_id == post.id]
        if outlets:
            rows += [row(post, "indicator", name, sum(of["channel"] == name for of in outlets)) for name in CHANNELS]
            rows += [row(post, "indicator", name, sum(of[name][0] or 0 for of in outlets)) for name in METRICS]
        rows += [row(post, "theme", theme, 1) for theme in r.themes if post.id in firsts[post.unit or "", theme]]
    return rows


def rpt_topic_units(r: Reading) -> Rows:
    rows = unit_month_bonus(r)
    return [
        {name: value for name, value in row.items() if name != "method_version"}
        | {
            "rank_in_theme": 1
            + sum(o["theme_id"] == row["theme_id"] and o["post_count"] > row["post_count"] for o in rows)
        }
        for row in rows
    ]


def rpt_hot_topics(r: Reading) -> Rows:
    result = []
    for theme, (name, english) in r.themes.items():
        posts = {p.id: p.unit for p in r.posts if theme in r.themes_of(p)}
        result.append(
            {
                "ranking_month": r.month, "theme_id": theme, "name": name, "name_en": english, "post_count": len(posts),
                "unit_count": len(set(posts.values())), "reprint_count": sum(post in posts for post, _outlet in r.outlets),
            }
        )  # fmt: skip
    return result


def rpt_hot_subtopics(r: Reading) -> Rows:
    return [
        {
            "ranking_month": r.month,
            "theme_id": theme,
            "subtopic_id": sub,
            "name": name,
            "name_en": english,
            "post_count": n,
        }
        for theme, sub, name, english in SUBTOPICS
        if (n := sum((theme, sub) in r.subtopics_of(p) for p in r.posts))
    ]


def rpt_subjects(r: Reading) -> Rows:
    result = []
    for unit, mine in r.by_unit().items():
        for subject, name, english in SUBJECTS:
            ids = {p.id for p in mine if p.text is not None and subject in TEXTS[p.text][3]}
            if ids:
                result.append(
                    {
                        "ranking_month": r.month, "unit_id": unit, "subject_id": subject, "name": name, "name_en": english,
                        "post_count": len(ids), "reprint_count": sum(post in ids for post, _outlet in r.outlets),
                        "dissemination_contribution": r.points("dissemination", ids),
                    }
                )  # fmt: skip
    return result


def rpt_hosted_hashtags(r: Reading) -> Rows:
    result = []
    for hashtag, host, unit, since, to in HASHTAGS:
        ids = {p.id for p in r.posts if hashtag in TOPICS[p.topics][0]} if r.holds(since, to) else set()
        if ids:
            mine = [entry for (post, _outlet), entry in r.outlets.items() if post in ids]
            result.append(
                {
                    "ranking_month": r.month, "hashtag": hashtag, "host_account_id": host, "unit_id": unit, "post_count": len(ids),
                    "reprint_count": len(mine), **{f"{name}_count": total(known([entry[name][0] for entry in mine])) for name in METRICS},
                }
            )  # fmt: skip
    return result


def rpt_highlights(r: Reading) -> Rows:
    """Of each unit its largest, of these the five largest; of equal ones the post, the unit, that comes first."""
    result = []
    for of in LISTS:
        for theme in (None, *r.themes):
            for dimension, names in DIMENSIONS.items():
                best = []
                for unit, (_name, unit_list) in r.units.items():
                    earned = {
                        post: sum(v for (name, p, _o), v in r.parts[unit].items() if p == post and name in names)
                        for (indicator, post, _outlet) in r.parts[unit]
                        if indicator in names and (theme is None or theme in r.themes_of(r.by_id[post]))
                    }
                    if earned and unit_list == of:
                        post = min(earned, key=lambda post: (-earned[post], post))
                        best.append((-earned[post], unit, post))
                for position, (pico, unit, post) in enumerate(sorted(best)[:5], 1):
                    result.append(
                        {
                            "ranking_month": r.month, "ranking_list": of, "theme_id": theme, "dimension": dimension, "position": position,
                            "unit_id": unit, "post_id": post, "title": title_of(r.by_id[post]), "url": f"https://{post}",
                            "contribution": Decimal(-pico) * PICO,
                        }
                    )  # fmt: skip
    return result


def rpt_monthly_summary(r: Reading) -> Rows:
    counts = post_counts(r, r.posts)
    return [
        {
            "ranking_month": r.month, "method_version": r.method.name, **counts,
            "originality_rate": share(counts["original_count"], counts["post_count"]),
            "account_count": len({p.account.id for p in r.posts}), "unit_count": len({p.unit for p in r.posts}),
            "reprint_count": len(r.outlets), "reprinted_post_count": len({post for post, _outlet in r.outlets}),
            "sibling_reprint_count": sum(row["sibling_reprint_count"] for row in unit_months(r)),
            "quarantined_post_count": sum(p.unit is None for p in r.all_posts),
            "capped_count": sum(any(value[name][1] for name in METRICS) for value in r.outlets.values()),
            "could_cap_change_rank": any(
                value["rank"] is not None and {value["cap_low"], value["cap_high"]} != {value["rank"]} for value in r.scores.values()
            ),
            "item_count": sum(r.seen.values()), "is_synthetic": any(r.world.synthetic),
        }
    ]  # fmt: skip


def rpt_coverage(r: Reading) -> Rows:
    return [
        {"ranking_month": r.month, "channel_type": channel, "day": day, "item_count": n}
        for (channel, day), n in r.seen.items()
    ]


def rpt_issuers(r: Reading) -> Rows:
    return [
        {"ranking_month": r.month, "position": position, "issuer_name": name, "issuer_name_en": english, "data_licence": licence}
        for position, name, english, licence, since, to in ISSUERS
        if r.holds(since, to)
    ]  # fmt: skip


def rpt_ranking_lists(r: Reading) -> Rows:
    return [
        {
            "ranking_month": r.month, "position": position, "ranking_list": of, "list_name": name, "list_name_en": english,
            "short_name": short,
        }
        for position, (of, (name, english, short)) in enumerate(LIST_NAMES.items(), 1)
    ]  # fmt: skip


def rpt_channel_types(r: Reading) -> Rows:
    return [{"ranking_month": r.month, "channel_type": channel, "is_monitored": True} for channel in CHANNELS]


def rpt_rival_indices(r: Reading) -> Rows:
    result = []
    entities = [("unit", unit, unit, mine) for unit, mine in r.by_unit().items()]
    entities += [("account", account, unit, mine) for (account, unit), mine in r.by_account().items()]
    for kind, entity, unit, mine in entities:
        for index, value in r.rivals(mine, unit).items():
            name, english = RIVALS[index]
            result.append(
                {
                    "ranking_month": r.month, "entity_kind": kind, "entity_id": entity, "unit_id": unit, "index_id": index,
                    "name": name, "name_en": english, "index_value": near(value),
                }
            )  # fmt: skip
    return result


def rpt_rival_agreement(r: Reading) -> Rows:
    values: dict[str, dict[str, float | None]] = {unit: r.rivals(mine, unit) for unit, mine in r.by_unit().items()}
    result = []
    for of in LISTS:
        for dimension in DIMENSIONS:
            for index, (name, english) in RIVALS.items():
                pairs = [
                    (r.scores[unit, dimension]["score"], round(value, 6))
                    for unit in r.of_list(of)
                    if (value := values.get(unit, {}).get(index)) is not None
                ]
                if pairs:
                    result.append(
                        {
                            "ranking_month": r.month, "ranking_list": of, "dimension": dimension, "index_id": index, "name": name,
                            "name_en": english, "unit_count": len(pairs), "kendall_tau": near(kendall([(float(a), b) for a, b in pairs])),
                        }
                    )  # fmt: skip
    return result


# Table → what its rows are by plain Python, and the columns that tell one row from another.
TABLES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "marts.fct_posts": (posts, ("post_id",)),
    "marts.fct_post_outlets": (post_outlets, ("post_id", "outlet_id")),
    "marts.fct_reprint_contributions": (reprint_contributions, ("indicator_id", "post_id", "outlet_id")),
    "marts.fct_unit_months": (unit_months, ("unit_id",)),
    "marts.fct_unit_month_bonus": (unit_month_bonus, ("unit_id", "theme_id")),
    "marts.fct_post_values": (post_values, ("unit_id", "post_id", "component_kind", "component_id")),
    "marts.fct_account_months": (account_months, ("account_id", "unit_id")),
    "marts.fct_month_indicators": (month_indicators, ("entity_kind", "entity_id", "unit_id", "indicator_id")),
    "marts.fct_unit_month_scores": (unit_month_scores, ("unit_id", "dimension")),
    "marts.fct_channel_days": (rpt_coverage, ("channel_type", "day")),
    "published.rpt_ranking": (rpt_ranking, ("unit_id", "dimension")),
    "published.rpt_unit_indicators": (rpt_unit_indicators, ("unit_id", "indicator_id")),
    "published.rpt_unit_activity": (rpt_unit_activity, ("unit_id",)),
    "published.rpt_account_scores": (rpt_account_scores, ("account_id", "unit_id")),
    "published.rpt_posts": (rpt_posts, ("post_id",)),
    "published.rpt_reprints": (rpt_reprints, ("post_id", "item_id")),
    "published.rpt_topic_units": (rpt_topic_units, ("unit_id", "theme_id")),
    "published.rpt_hot_topics": (rpt_hot_topics, ("theme_id",)),
    "published.rpt_hot_subtopics": (rpt_hot_subtopics, ("theme_id", "subtopic_id")),
    "published.rpt_subjects": (rpt_subjects, ("unit_id", "subject_id")),
    "published.rpt_hosted_hashtags": (rpt_hosted_hashtags, ("hashtag",)),
    "published.rpt_highlights": (rpt_highlights, ("ranking_list", "theme_id", "dimension", "position")),
    "published.rpt_monthly_summary": (rpt_monthly_summary, ()),
    "published.rpt_coverage": (rpt_coverage, ("channel_type", "day")),
    "published.rpt_issuers": (rpt_issuers, ("position",)),
    "published.rpt_ranking_lists": (rpt_ranking_lists, ("ranking_list",)),
    "published.rpt_channel_types": (rpt_channel_types, ("channel_type",)),
    "published.rpt_rival_indices": (rpt_rival_indices, ("entity_kind", "entity_id", "unit_id", "index_id")),
    "published.rpt_rival_agreement": (rpt_rival_agreement, ("ranking_list", "dimension", "index_id")),
}
