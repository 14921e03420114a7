"""What a month's tables allow to be said. A claim is a sentence in both languages, the values it prints and the rows it
rests on: where the rows do not bear it out there is no claim, so nothing is printed that no longer holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bangdan.core.formatting import grouped, headline, percent, points, two_decimals, visible
from bangdan.core.months import Month
from bangdan.core.rendering import in_language
from bangdan.publication.pages.names import CHANNELS, DIMENSIONS, LISTS

TOP, MOVERS, STORIES, LEADERS = 10, 3, 3, 3
Row = dict[str, Any]
Tables = dict[str, list[Row]]
Both = tuple[str, str]

# What moved a score up, as a reader would say it.
CAUSES: dict[str, Both] = {
    "volume": ("发稿增加", "more posts"),
    "reach": ("篇均转载增加", "more reprints per post"),
    "engagement": ("每次转载获得的阅读和互动增加", "more reads and reactions per reprint"),
    "method": ("方法变更", "a change of method"),
    "bonus": ("主题参与增加", "more posts in the month's themes"),
}


@dataclass(frozen=True)
class Claim:
    """`zh` and `en` are templates for `values`: text, (zh, en), a whole number, or a list of texts and claims."""

    zh: str
    en: str
    rests_on: tuple[tuple[str, Row], ...]
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str, escape: Callable[[str], str] = str) -> str:
        """The sentence; what comes from data goes through `escape`, the claim's own words do not."""
        template = in_language((self.zh, self.en), language)
        return template.format(**{name: _said(value, language, escape) for name, value in self.values.items()})

    def rows(self) -> list[tuple[str, Row]]:
        """(table, row) of this claim and of the claims inside it."""
        found = list(self.rests_on)
        for value in self.values.values():
            for one in value if isinstance(value, list) else ():
                found += one.rows() if isinstance(one, Claim) else []
        return found


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs, each a list of claims."""

    title: Both
    paragraphs: list[list[Claim]]


def _said(value: Any, language: str, escape: Callable[[str], str]) -> str:
    if isinstance(value, Claim):
        return value.text(language, escape)
    if isinstance(value, list):
        return in_language(("、", ", "), language).join(_said(one, language, escape) for one in value)
    if isinstance(value, tuple):
        return escape(visible(in_language(value, language)))
    return grouped(value) if isinstance(value, int) else escape(visible(value))


def sections(found: Tables, month: Month) -> list[Section]:
    """All that is said of a month, in the order of a bulletin; a section without a claim is left out."""
    names = {row["unit_id"]: row for row in found["ranking"]}
    told = [
        Section(("总体情况", "The month as a whole"), [volumes(found, month), issuers(found)]),
        *(
            Section(title, [*leaders(found, one), top_of_both(found, one), *risen(found, one)])
            for one, title in LISTS.items()
        ),
        Section((f"{month.number}月热点", "Hot topics of the month"), topics(found, names)),
        Section(("主持话题", "Hosted hashtags"), [hashtags(found, names)]),
        Section(("名次的把握", "How sure the ranks are"), [certainty(found)]),
        Section(("关于榜单", "About the ranking"), [about(found)]),
    ]
    kept = [Section(one.title, [claims for claims in one.paragraphs if claims]) for one in told]
    return [one for one in kept if one.paragraphs]


def volumes(found: Tables, month: Month) -> list[Claim]:
    """Posts by platform, originality and its change, and how much was carried."""
    total = found["monthly_summary"][0]
    on = (("monthly_summary", total),)
    claims = [
        Claim(
            f"{month.year}年{month.number}月，全市政务新媒体两微共发稿{{posts}}篇，其中微信{{wechat}}篇，微博{{weibo}}篇。",
            f"In {month} the city's government accounts published {{posts}} posts, {{wechat}} on WeChat and {{weibo}} on Weibo.",
            on,
            {"posts": total["post_count"], "wechat": total["wechat_post_count"], "weibo": total["weibo_post_count"]},
        )
    ]
    if total["originality_rate"] is not None:
        values = {"originals": total["original_count"], "rate": percent(total["originality_rate"])}
        zh, en = "原创稿件{originals}篇，原创率{rate}%", "{originals} of them were originals, {rate} %"
        change = total["originality_rate_change_pp"]
        if change is not None and points(change) != "0.0":
            zh += "，比上个月提高{change}个百分点" if change > 0 else "，比上个月下降{change}个百分点"
            en += f", {{change}} percentage points {'more' if change > 0 else 'less'} than the month before"
            values["change"] = points(change) or ""
        claims.append(Claim(zh + "。", en + ".", on, values))
    if total["reprint_count"]:
        claims.append(
            Claim(
                "全部稿件中，{posts}篇被新闻客户端、新闻网站、微信、微博转载，共{reprints}次。",
                "Of all posts {posts} were carried, {reprints} times in all, by news apps, news sites, WeChat and Weibo.",
                on,
                {"posts": total["reprinted_post_count"], "reprints": total["reprint_count"]},
            )
        )
    return claims


def issuers(found: Tables) -> list[Claim]:
    rows = found["issuers"]
    names = [(row["issuer_name"], row["issuer_name_en"] or row["issuer_name"]) for row in rows]
    zh = "本榜单由{names}联合发布。" if len(rows) > 1 else "本榜单由{names}发布。"
    on = tuple(("issuers", row) for row in rows)
    return [Claim(zh, "The ranking is issued by {names}.", on, {"names": names})] if rows else []


def leaders(found: Tables, ranking_list: str) -> list[list[Claim]]:
    """Who leads each dimension, and the first ten."""
    told = []
    for dimension, (zh, en) in DIMENSIONS.items():
        rows = _list(found, ranking_list, dimension)
        first = [row for row in rows if row["rank"] == 1]
        tops = [row for row in rows if row["rank"] <= TOP]
        if not first or not first[0]["score"]:
            continue
        claims = [
            Claim(
                f"{zh}方面，{{names}}以{{score}}分居首位。",
                f"{en}: {{names}} {'leads' if len(first) == 1 else 'lead'} with {{score}} points.",
                tuple(("ranking", row) for row in first),
                {"names": [_name(row) for row in first], "score": two_decimals(first[0]["score"])},
            )
        ]
        if len(tops) > len(first):
            claims.append(
                Claim("前十位依次为{units}。", "The first ten are {units}.", (), {"units": [_scored(r) for r in tops]})
            )
        told.append(claims)
    return told


def top_of_both(found: Tables, ranking_list: str) -> list[Claim]:
    """Units in the first ten of both dimensions, and units that were not in a first ten the month before."""
    tops = {
        dimension: [row for row in _list(found, ranking_list, dimension) if row["rank"] <= TOP]
        for dimension in DIMENSIONS
    }
    here = {row["unit_id"]: row for row in tops["influence"]}
    pairs = [(row, here[row["unit_id"]]) for row in tops["dissemination"] if row["unit_id"] in here]
    claims = []
    if pairs and len(_list(found, ranking_list, "dissemination")) > TOP:
        claims.append(
            Claim(
                "{names}传播力、影响力双双进入前十。",
                "In the first ten of both dimensions: {names}.",
                tuple(("ranking", row) for pair in pairs for row in pair),
                {"names": [_name(row) for row, _ in pairs]},
            )
        )
    for dimension, (zh, en) in DIMENSIONS.items():
        new = [row for row in tops[dimension] if row["previous_rank"] is not None and row["previous_rank"] > TOP]
        if new:
            claims.append(
                Claim(
                    f"{{names}}新进入{zh}前十。",
                    f"New in the first ten of {en.lower()}: {{names}}.",
                    tuple(("ranking", row) for row in new),
                    {"names": [_name(row) for row in new]},
                )
            )
    return claims


def movers(found: Tables, ranking_list: str) -> list[list[Row]]:
    """Rows of the units with the largest rises, by unit: up to three per dimension, largest first."""
    chosen: list[Row] = []
    for dimension in DIMENSIONS:
        rows = [row for row in _list(found, ranking_list, dimension) if (row["rank_change"] or 0) > 0]
        chosen += sorted(rows, key=lambda row: (-row["rank_change"], row["rank"], row["unit_id"]))[:MOVERS]
    by_unit: dict[str, list[Row]] = {}
    for row in sorted(chosen, key=lambda row: (-row["rank_change"], row["rank"], row["unit_id"], row["dimension"])):
        by_unit.setdefault(row["unit_id"], []).append(row)
    return list(by_unit.values())


def risen(found: Tables, ranking_list: str) -> list[list[Claim]]:
    """A sentence per unit that rose most: from where, by what cause, and the subjects whose reprints grew most."""
    return [[rise(found, rows)] for rows in movers(found, ranking_list)]


def rise(found: Tables, rows: list[Row]) -> Claim:
    places = [
        Claim(
            f"{DIMENSIONS[row['dimension']][0]}上升{{places}}位至第{{rank}}位",
            f"{DIMENSIONS[row['dimension']][1].lower()} up {{places}} to rank {{rank}}",
            (("ranking", row),),
            {"places": row["rank_change"], "rank": row["rank"]},
        )
        for row in rows
    ]
    zh, en, values = "{name}{places}", "{name}: {places}", {"name": _name(rows[0]), "places": places}
    cause = main_cause(found, rows[0])
    on: tuple[tuple[str, Row], ...] = (("ranking", rows[0]),)
    if cause:
        zh, en = zh + "，主要由于{cause}", en + ", mainly by {cause}"
        values["cause"] = CAUSES[cause["cause"]]
        on += (("score_changes", cause),)
    grown = [
        row
        for row in found["subjects"]
        if row["unit_id"] == rows[0]["unit_id"] and (row["reprint_count_change"] or 0) > 0
    ]
    grown.sort(key=lambda row: (-row["reprint_count_change"], row["subject_id"]))
    if grown:
        zh += "；{subjects}类稿件转载增加较多"
        en += "; reprints grew most for {subjects}"
        values["subjects"] = [
            Claim("{name}", "{name} (+{count})", (("subjects", row),),
                  {"name": (row["name"], row["name_en"].lower()), "count": row["reprint_count_change"]})
            for row in grown[:3]
        ]  # fmt: skip
    return Claim(zh + "。", en + ".", on, values)


def main_cause(found: Tables, row: Row) -> Row | None:
    """The cause to which the exact split gives the largest gain; None where the score did not rise."""
    causes = [
        one
        for one in found["score_changes"]
        if one["unit_id"] == row["unit_id"] and one["dimension"] == row["dimension"]
    ]
    if sum((one["change_points"] for one in causes), Decimal(0)) <= 0:
        return None
    return max(causes, key=lambda one: (one["change_points"], one["cause"]))


def topics(found: Tables, names: dict[str, Row]) -> list[list[Claim]]:
    """A paragraph per theme: posts, sub-topics, the units that wrote most, and the stories that were carried most."""
    told = []
    for topic in found["hot_topics"]:
        if not topic["post_count"]:
            continue
        about = {"name": (topic["name"], topic["name_en"]), "posts": topic["post_count"], "units": topic["unit_count"]}
        over = topic["post_count"] // 100 * 100
        more = over >= 1000 and over != topic["post_count"]
        claims = [
            Claim(
                "{name}：{units}家单位发稿" + ("超过{over}篇（{posts}篇）" if more else "{posts}篇") + "，被转载{reprints}次。",
                "{name}: " + ("over {over} posts ({posts})" if more else "{posts} posts") + " by {units} units, carried {reprints} times.",
                (("hot_topics", topic),),
                about | {"reprints": topic["reprint_count"], "over": over},
            )
        ]  # fmt: skip
        parts = [row for row in found["hot_subtopics"] if row["theme_id"] == topic["theme_id"]]
        if parts:
            counted = [
                Claim("{name}（{posts}篇）", "{name} ({posts})", (("hot_subtopics", row),),
                      {"name": (row["name"], row["name_en"].lower()), "posts": row["post_count"]})
                for row in parts
            ]  # fmt: skip
            claims.append(Claim("涉及{parts}。", "Sub-topics: {parts}.", (), {"parts": counted}))
        wrote = [row for row in found["topic_units"] if row["theme_id"] == topic["theme_id"] and row["post_count"]]
        if wrote:
            counted = [
                Claim("{name}（{posts}篇）", "{name} ({posts})", (("topic_units", row),),
                      {"name": _name(names[row["unit_id"]]), "posts": row["post_count"]})
                for row in wrote[:LEADERS] if row["unit_id"] in names
            ]  # fmt: skip
            claims.append(Claim("发稿较多的是{units}。", "Most posts: {units}.", (), {"units": counted}))
        stories = [
            Claim("{unit}《{title}》", "“{title}” ({unit})", (("highlights", row),),
                  {"unit": _name(names[row["unit_id"]]), "title": headline(row["title"])})
            for row in stories_of(found, topic["theme_id"]) if row["unit_id"] in names
        ]  # fmt: skip
        if stories:
            claims.append(Claim("传播较好的有{stories}。", "Carried well: {stories}.", (), {"stories": stories}))
        told.append(claims)
    return told


def stories_of(found: Tables, theme_id: str | None) -> list[Row]:
    """A theme's stories with the largest contribution to dissemination, one per unit."""
    rows = [r for r in found["highlights"] if r["theme_id"] == theme_id and r["dimension"] == "dissemination"]
    rows.sort(key=lambda row: (-row["contribution"], row["unit_id"]))
    return rows[:STORIES]


def hashtags(found: Tables, names: dict[str, Row]) -> list[Claim]:
    return [
        Claim(
            "{host}主持的#{tag}#，{posts}篇稿件被转载{reprints}次" + ("，阅读{reads}次" if row["read_count"] is not None else "") + "。",
            "{host} hosted #{tag}#: {posts} posts, carried {reprints} times" + (", {reads} reads" if row["read_count"] is not None else "") + ".",
            (("hosted_hashtags", row),),
            {"host": _name(names[row["unit_id"]]), "tag": row["hashtag"], "posts": row["post_count"],
             "reprints": row["reprint_count"], "reads": row["read_count"] or 0},
        )
        for row in found["hosted_hashtags"]
        if row["unit_id"] in names
    ]  # fmt: skip


def certainty(found: Tables) -> list[Claim]:
    """How many tiers each list falls into: within one the order means little."""
    told = []
    for ranking_list, (zh, en) in LISTS.items():
        for dimension, (name_zh, name_en) in DIMENSIONS.items():
            rows = [row for row in _list(found, ranking_list, dimension) if row["tier"] is not None]
            if rows:
                last = max(rows, key=lambda row: (row["tier"], row["unit_id"]))
                told.append(
                    Claim(f"{zh}{name_zh}{{tiers}}档", f"{en}, {name_en.lower()}: {{tiers}}",
                          (("ranking", last),), {"tiers": last["tier"]})
                )  # fmt: skip
    if not told:
        return []
    return [
        Claim(
            "名次由稿件抽样检验分档，同档单位之间先后差别不大：{lists}。",
            "Resampling the posts sorts the units into tiers; within a tier the order means little. Tiers: {lists}.",
            (),
            {"lists": told},
        )
    ]


def about(found: Tables) -> list[Claim]:
    total = found["monthly_summary"][0]
    return [
        Claim(
            "传播力看稿件在{channels}的转载，影响力看这些转载获得的阅读、点赞、评论，附加分看本月主题的参与。"
            "权重为本项目自定（方法版本{version}），两个维度不合并为一个总分。",
            "Dissemination is how posts were carried by {channels}; influence is the reads, likes and comments of those"
            " reprints; bonus points are for the month's themes. The weights are this project's own (method {version});"
            " the two dimensions are never merged into one number.",
            (("monthly_summary", total),),
            {"channels": [(zh, en[0].lower() + en[1:] if en.startswith("News") else en) for zh, en in CHANNELS.values()],
             "version": total["method_version"]},
        )
    ]  # fmt: skip


def _list(found: Tables, ranking_list: str, dimension: str) -> list[Row]:
    """Ranked rows of one list, in its order."""
    return [
        row
        for row in found["ranking"]
        if row["ranking_list"] == ranking_list and row["dimension"] == dimension and row["rank"] is not None
    ]


def _name(row: Row) -> Both:
    return row["unit_name"], row["unit_name_en"] or row["unit_name"]


def _scored(row: Row) -> Claim:
    return Claim(
        "{name}（{score}）",
        "{name} ({score})",
        (("ranking", row),),
        {"name": _name(row), "score": two_decimals(row["score"])},
    )


def plain(claims: Iterable[Claim], language: str) -> str:
    """Claims as one paragraph without markup."""
    return in_language(("", " "), language).join(claim.text(language) for claim in claims)
