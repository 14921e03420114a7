"""The method in plain Python: no SQL, no code of the program, no table but the world's. Written from the methodology."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any

from tests.oracle.worlds import TEXTS, TOPICS, Match, Post, World

CHANNELS = {"news_app": ("0.30", 2_000), "news_site": ("0.30", 1_500), "wechat": ("0.25", 20_000), "weibo": ("0.15", 50_000)}  # fmt: skip
METRICS = {"read": ("0.60", 20_000_000), "like": ("0.20", 200_000), "comment": ("0.20", 40_000)}
DIMENSIONS = {"dissemination": CHANNELS, "influence": METRICS}
THEMES = ("double_reduction", "epidemic_control", "yangtze_delta")
WINDOW, SKEW = timedelta(hours=168), timedelta(minutes=10)
LENGTH = {"second": timedelta(0), "minute": timedelta(seconds=59), "day": timedelta(seconds=86_399)}
DAYS = 31


@lru_cache(maxsize=100_000)
def term(value: int, goalpost: int) -> Decimal:
    with localcontext() as context:
        context.prec = 40
        share = min(Decimal(1), (1 + Decimal(value)).ln() / (1 + Decimal(goalpost)).ln())
        return share.quantize(Decimal("1e-12"), ROUND_HALF_UP)


def cents(points: Decimal) -> Decimal:
    return points.quantize(Decimal("0.01"), ROUND_HALF_UP)


def ranks(scores: dict[str, Any]) -> dict[str, int]:
    """1, 2, 2, 4."""
    return {key: 1 + sum(other > score for other in scores.values()) for key, score in scores.items()}


def metric(said: dict[str, tuple[int | None, str]], name: str) -> tuple[int | None, bool]:
    """(value, is it a lower bound); a suspect zero is missing."""
    value, how = said[name]
    return (None, False) if value is None or how == "zero_suspect" else (value, how == "floor")


def themes_of(post: Post) -> set[str]:
    text, by_text = TEXTS[post.text]
    _topics, by_topic = TOPICS[post.topics]
    found = set(by_text) | set(by_topic)
    return found - {"epidemic_control"} if "非洲猪瘟" in text else found


class Reading:
    """Everything the method says about one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.posts = [p for p in world.posts if p.unit is not None and not p.is_withdrawn]
        self.by_id = {p.id: p for p in self.posts}
        self.reasons = {(m.item.id, m.post.id): self._reason(m) for m in world.matches}
        self.outlets = self._outlets()

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
        return "no_outlet" if item.outlet is None else None

    @staticmethod
    def engagement(match: Match) -> dict[str, tuple[int | None, bool]]:
        """The last observation within the window after the item appeared, else the earliest later one."""
        item = match.item
        told = [
            (at, said) for at, said in item.observations
            if any(said[name][0] is not None for name in ("read", "view", "like", "comment"))
        ] or item.observations  # fmt: skip
        within = [one for one in told if one[0] <= item.at + WINDOW]
        chosen = max(within, key=lambda one: one[0]) if within else min(told, key=lambda one: one[0], default=None)
        if chosen is None:
            return dict.fromkeys(METRICS, (None, False))
        said = chosen[1]
        if said["read"][1] == "zero_suspect":
            read: tuple[int | None, bool] = (None, False)
        elif said["read"][0] is not None:
            read = (said["read"][0], said["read"][1] == "floor")
        else:
            read = metric(said, "view")
        return {"read": read, "like": metric(said, "like"), "comment": metric(said, "comment")}

    def _outlets(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(post, outlet) → channel, the largest value per metric, and whether that value is a lower bound."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for match in self.world.matches:
            if self.reasons[match.item.id, match.post.id] is None:
                key = (match.post.id, match.item.outlet or "")
                one = found.setdefault(key, {"channel": match.item.channel, "items": [], **{m: [] for m in METRICS}})
                one["items"].append((match.item.at, match.item.id))
                for name, value in self.engagement(match).items():
                    one[name].append(value)
        for one in found.values():
            for name in METRICS:
                known = [value for value, _capped in one[name] if value is not None]
                floors = [value for value, capped in one[name] if capped]
                one[name] = (max(known, default=None), bool(floors) and max(floors) == max(known))
        return found

    # ---- indicators and scores -----------------------------------------------------------------------------------

    def mine(self, unit: str, account: str | None = None) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            key: one for key, one in self.outlets.items()
            if self.by_id[key[0]].unit == unit and account in (None, self.by_id[key[0]].account.id)
        }  # fmt: skip

    def indicators(self, unit: str, account: str | None = None) -> dict[str, tuple[int | None, int, Decimal]]:
        """Indicator → value, number of capped values, contribution in points."""
        mine = list(self.mine(unit, account).values())
        found: dict[str, tuple[int | None, int, Decimal]] = {}
        for name, (weight, goalpost) in CHANNELS.items():
            value = sum(one["channel"] == name for one in mine)
            found[name] = (value, 0, 100 * Decimal(weight) * term(value, goalpost))
        for name, (weight, goalpost) in METRICS.items():
            known = [one[name][0] for one in mine if one[name][0] is not None]
            total = sum(known) if known or not mine else None
            capped = sum(one[name][1] for one in mine)
            found[name] = (total, capped, 100 * Decimal(weight) * term(total or 0, goalpost))
        return found

    def coverage(self, unit: str, name: str) -> tuple[int, int]:
        """Known and all."""
        if name in CHANNELS:
            days = {i.at.date() for i in self.world.items if i.channel == name and i.at.month == 8}
            return len(days), DAYS
        mine = list(self.mine(unit).values())
        return sum(one[name][0] is not None for one in mine), len(mine)

    def bonus(self, unit: str) -> Decimal:
        total = Decimal(0)
        for theme in THEMES:
            clusters = {p.family for p in self.posts if p.unit == unit and theme in themes_of(p)}
            total += 2 * term(len(clusters), 200)
        return min(Decimal(5), total)

    def spans(self, unit: str) -> list[tuple[str, str]]:
        """(account, platform) that a unit owned at any moment of the month."""
        return [(a.id, a.platform) for a in self.world.accounts for owner, _since, _to in a.spans if owner == unit]

    def scores(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(unit, dimension) → base, bonus, score, rank, rank without bonus, bounds by caps, note."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for dimension, names in DIMENSIONS.items():
            for unit in self.world.units:
                told = self.indicators(unit)
                base = sum((told[name][2] for name in names), Decimal(0))
                most = sum(
                    (100 * Decimal(w) if told[name][1] else told[name][2] for name, (w, _g) in names.items()),
                    Decimal(0),
                )
                bonus = self.bonus(unit)
                found[unit, dimension] = {
                    "base": base, "bonus": bonus, "score": cents(base + bonus), "without": cents(base),
                    "most": cents(most + bonus), "note": self.note(unit),
                }  # fmt: skip
            for ranking_list in ("districts", "departments"):
                ranked = [u for u, of in self.world.units.items() if of == ranking_list and self.spans(u)]
                by_score = ranks({u: found[u, dimension]["score"] for u in ranked})
                by_base = ranks({u: found[u, dimension]["without"] for u in ranked})
                for unit in ranked:
                    mine, others = found[unit, dimension], [found[u, dimension] for u in ranked if u != unit]
                    mine |= {
                        "rank": by_score[unit], "rank_without": by_base[unit],
                        "cap_low": 1 + sum(other["score"] > mine["most"] for other in others),
                        "cap_high": 1 + sum(other["most"] > mine["score"] for other in others),
                    }  # fmt: skip
        return found

    def note(self, unit: str) -> str:
        spans = self.spans(unit)
        if not spans:
            return "不参评"
        platforms = {platform for _account, platform in spans}
        moved = {a.id for a in self.world.accounts if len(a.spans) > 1}
        notes = [
            "无活动" if not any(p.unit == unit for p in self.posts) else "",
            {("wechat",): "仅微信", ("weibo",): "仅微博"}.get(tuple(sorted(platforms)), ""),
            "账号划转" if moved & {account for account, _platform in spans} else "",
        ]
        return "；".join(note for note in notes if note)

    def contributions(self, unit: str) -> dict[tuple[str, str, str], int]:
        """(indicator, post, outlet) → whole units of 10^-12 points; remainders go to the first in key order."""
        found: dict[tuple[str, str, str], int] = {}
        mine = self.mine(unit)
        for name, (value, _capped, points) in self.indicators(unit).items():
            if name in CHANNELS:
                parts = {key: 1 for key, one in mine.items() if one["channel"] == name}
            else:
                parts = {key: one[name][0] for key, one in mine.items() if one[name][0]}
            whole = int(points * 10**12)
            shares = {key: whole * part // (value or 1) for key, part in sorted(parts.items())}
            for at, (key, share) in enumerate(shares.items()):
                found[name, *key] = share + (whole - sum(shares.values()) if at == 0 else 0)
        return found

    # ---- originality, rivals, agreement --------------------------------------------------------------------------

    @staticmethod
    def originality(post: Post) -> tuple[bool, bool, bool]:
        """By the headline definition, by link, by text."""
        by_link = post.repost_of is None
        by_text = by_link and post.earlier_item is None and (post.is_origin or post.origin_unit == post.unit)
        return (by_text if post.flag is None else post.flag), by_link, by_text

    def rivals(self, posts: list[Post]) -> dict[str, float | None]:
        """Published indices over some posts; None where a variable is unknown."""
        found: dict[str, float | None] = {}
        L = lambda x: math.log(1 + x)  # noqa: E731

        def numbers(of: list[Post], name: str) -> list[int]:
            return [v for p in of if (v := metric(p.counts, name)[0]) is not None]

        wechat = [p for p in posts if p.account.platform == "wechat"]
        weibo = [p for p in posts if p.account.platform == "weibo"]
        if wechat:
            n, told = len(wechat), {name: numbers(wechat, name) for name in ("read", "recommend", "like", "share")}
            total = {name: sum(v) if v else None for name, v in told.items()}
            top = {name: max(v, default=None) for name, v in told.items()}
            is_known = total["read"] is not None and total["recommend"] is not None
            R, Z = total["read"] or 0, total["recommend"] or 0
            one = lambda x: math.floor(x * 10 + 0.5) / 10  # noqa: E731
            v2 = 0.8 * (0.4 * L(R) + 0.45 * L(R / n) + 0.15 * L(top["read"] or 0)) + 0.2 * (
                0.4 * L(Z) + 0.45 * L(Z / n) + 0.15 * L(top["recommend"] or 0)
            )
            v12 = 0.8 * (0.4 * L(one(R / DAYS)) + 0.45 * L(one(R / n)) + 0.15 * L(top["read"] or 0)) + 0.2 * (
                0.4 * L(10 * one(Z / DAYS)) + 0.45 * L(10 * one(Z / n)) + 0.15 * L(10 * (top["recommend"] or 0))
            )
            found["wci_v2"], found["wci_v12"] = (v2 * v2 * 10, v12 * v12 * 10) if is_known else (None, None)
            lead = [p for p in wechat if p.position == 1]
            head = {name: sum(numbers(lead, name)) for name in told}
            f = lambda by: (  # noqa: E731
                0.7 * L(by["read"])
                + 0.09 * L(10 * by["recommend"])
                + 0.06 * L(10 * by["like"])
                + 0.15 * L(10 * by["share"])
            )
            has_positions = any(p.position is not None for p in wechat)
            if has_positions and all(value is not None for value in total.values()):
                score = 0.6 * f({k: v / DAYS for k, v in total.items()}) + 0.2 * f({k: v / n for k, v in total.items()})
                score += 0.1 * f({k: v / DAYS for k, v in head.items()}) + 0.1 * f(top)
                found["wci_v14_2"] = score * score * 12
            else:
                found["wci_v14_2"] = None
        if weibo:
            told = {name: numbers(weibo, name) for name in ("repost", "comment", "like")}
            found["bci"] = None
            if all(told.values()):
                a, b, c = (sum(told[name]) for name in ("repost", "comment", "like"))
                found["bci"] = (0.2 * L(len(weibo)) + 0.8 * (0.4 * L(a) + 0.4 * L(b) + 0.2 * L(c))) * 160
        if posts:
            ids = {p.id for p in posts}
            per_post: dict[str, int] = defaultdict(int)
            per_outlet: dict[str, int] = defaultdict(int)
            for post_id, outlet in self.outlets:
                if post_id in ids:
                    per_post[post_id] += 1
                    per_outlet[outlet] += 1
            originals = sum(self.originality(p)[0] for p in posts)
            found["media_dissemination"] = (
                0.25 * (0.4 * L(sum(per_post.values())) + 0.45 * L(originals) + 0.15 * L(max(per_post.values(), default=0)))
                + 0.25 * (0.7 * L(len(per_post)) + 0.3 * L(max(per_outlet.values(), default=0)))
                + 0.4 * L(1) * (originals > 0) + 0.1 * L(len(posts))
            )  # fmt: skip
        return found

    # ---- certainty -----------------------------------------------------------------------------------------------

    def certainty(self, replicates: int = 1000) -> dict[tuple[str, str], tuple[int, int, int]]:
        """(unit, dimension) → best rank, worst rank, tier; each replicate weighs every post by Poisson(1)."""
        draws: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
        firsts = self._first_of_clusters()
        mine = {unit: list(self.mine(unit).items()) for unit in self.world.units}
        for replicate in range(replicates):
            weight = {p.id: poisson(replicate, p.id) for p in self.posts}
            for unit in self.world.units:
                bonus = sum(
                    (2 * term(sum(weight[post] for post in firsts[unit, theme]), 200) for theme in THEMES), Decimal(0)
                )
                for dimension, names in DIMENSIONS.items():
                    base = Decimal(0)
                    for name, (w, goalpost) in names.items():
                        if name in CHANNELS:
                            value = sum(weight[post] for (post, _o), one in mine[unit] if one["channel"] == name)
                        else:
                            value = sum(weight[post] * (one[name][0] or 0) for (post, _o), one in mine[unit])
                        base += 100 * Decimal(w) * term(value, goalpost)
                    draws[unit, dimension].append(cents(base + min(Decimal(5), bonus)))
        found: dict[tuple[str, str], tuple[int, int, int]] = {}
        scores = self.scores()
        for dimension in DIMENSIONS:
            for ranking_list in ("districts", "departments"):
                ranked = [u for u, of in self.world.units.items() if of == ranking_list and self.spans(u)]
                each = [ranks({u: draws[u, dimension][r] for u in ranked}) for r in range(replicates)]
                order = sorted(ranked, key=lambda u: (scores[u, dimension]["rank"], u))
                tier, first = 0, ""
                for unit in order:
                    reached = sum(a >= b for a, b in zip(draws[unit, dimension], draws.get((first, dimension), [])))
                    if tier == 0 or reached < 0.025 * replicates:
                        tier, first = tier + 1, unit
                    seen, published = sorted(one[unit] for one in each), scores[unit, dimension]["rank"]
                    low, high = seen[math.ceil(0.025 * replicates) - 1], seen[math.ceil(0.975 * replicates) - 1]
                    found[unit, dimension] = (min(low, published), max(high, published), tier)
        return found

    def _first_of_clusters(self) -> dict[tuple[str, str], list[str]]:
        """(unit, theme) → the first post of each cluster of near-identical ones."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for unit in self.world.units:
            for theme in THEMES:
                firsts: dict[str, Post] = {}
                for p in self.posts:
                    if p.unit == unit and theme in themes_of(p):
                        first = firsts.setdefault(p.family, p)
                        firsts[p.family] = min(first, p, key=lambda one: (one.at, one.id))
                found[unit, theme] = [p.id for p in firsts.values()]
        return found


def poisson(replicate: int, post_id: str) -> int:
    """Poisson(1) by inversion of the first 15 hex digits of an md5."""
    key = hashlib.md5(post_id.encode()).hexdigest()
    u = int(hashlib.md5(f"{replicate:04d}|2021-08|{key}".encode()).hexdigest()[:15], 16)
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
