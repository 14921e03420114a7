"""The month's text as a press office would send it. Every sentence is made from a table; what no longer holds is left out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from bangdan.months import Month

LISTS = {
    "districts": ("区级榜单", "Districts"),
    "departments": ("委办局和人民团体榜单", "Commissions, bureaus and people's organizations"),
}
DIMENSIONS = {"dissemination": ("传播力", "Dissemination"), "influence": ("影响力", "Influence")}


def percent(share: Decimal | None) -> str:
    """0.592615 → 59.3."""
    return "–" if share is None else str((share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP))


def points(change: Decimal | None) -> str | None:
    return None if change is None else str(abs(change).quantize(Decimal("0.1"), ROUND_HALF_UP))


def write(tables: dict[str, pa.Table], month: Month, is_synthetic: bool) -> str:
    """Markdown, Chinese first, English after it."""
    found = {name: table.to_pylist() for name, table in tables.items() if name not in ("posts", "reprints")}
    notice = ["> 合成数据，仅供演示 / Synthetic data, for demonstration only", ""] if is_synthetic else []
    lines = [*notice, *_chinese(found, month), "", "---", "", *_english(found, month), ""]
    return "\n".join(lines)


def _totals(found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return found["monthly_summary"][0]


def _in_both(found: dict[str, list[dict[str, Any]]], ranking_list: str, top: int = 10) -> list[dict[str, Any]]:
    """Units in the top of both dimensions, in the order of dissemination."""
    rows = [
        row for row in found["ranking"] if row["ranking_list"] == ranking_list and row["rank"] and row["rank"] <= top
    ]
    influence = {row["unit_id"] for row in rows if row["dimension"] == "influence"}
    return [row for row in rows if row["dimension"] == "dissemination" and row["unit_id"] in influence]


def _risen(found: dict[str, list[dict[str, Any]]], ranking_list: str, dimension: str) -> list[dict[str, Any]]:
    rows = [
        row for row in found["ranking"]
        if row["ranking_list"] == ranking_list and row["dimension"] == dimension and (row["rank_change"] or 0) > 0
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["rank_change"], row["rank"], row["unit_id"]))[:3]


# What moved a score up, as a reader would say it. The bonus is told by the lists themselves.
CAUSES = {
    "volume": ("发稿增加", "more posts"),
    "reach": ("篇均转载增加", "more reprints per post"),
    "engagement": ("转载获得的阅读互动增加", "more engagement per reprint"),
    "method": ("方法变更", "a change of method"),
    "bonus": ("主题参与增加", "more posts in the month's themes"),
}


def _cause(found: dict[str, list[dict[str, Any]]], row: dict[str, Any]) -> str | None:
    """The cause that the exact split gives the largest gain; None where the score did not rise."""
    causes = [
        one for one in found["score_changes"]
        if one["unit_id"] == row["unit_id"] and one["dimension"] == row["dimension"]
    ]  # fmt: skip
    if not causes or sum(one["change_points"] for one in causes) <= 0:
        return None
    best = max(causes, key=lambda one: (one["change_points"], one["cause"]))
    return best["cause"] if best["change_points"] > 0 else None


def _subjects_of(found: dict[str, list[dict[str, Any]]], unit_id: str, key: str) -> list[str]:
    """The subjects whose reprints brought the unit most, up to three."""
    rows = [row for row in found["subjects"] if row["unit_id"] == unit_id and row["dissemination_contribution"] > 0]
    rows.sort(key=lambda row: (-row["dissemination_contribution"], row["subject_id"]))
    return [row[key] for row in rows[:3]]


def _chinese(found: dict[str, list[dict[str, Any]]], month: Month) -> list[str]:
    total = _totals(found)
    text = (
        f"{month.year}年{month.number}月，全市政务新媒体两微共发稿{total['post_count']:,}篇，其中微信{total['wechat_post_count']:,}篇，"
        f"微博{total['weibo_post_count']:,}篇；原创{total['original_count']:,}篇，原创率{percent(total['originality_rate'])}%"
    )
    change = total["originality_rate_change_pp"]
    if change is not None and points(change) != "0.0":
        text += f"，比上个月{'提高' if change > 0 else '下降'}{points(change)}个百分点"
    lines = [f"# {month.year}年{month.number}月政务新媒体榜单", "", text + "。", ""]
    issuers = "、".join(row["issuer_name"] for row in found["issuers"])
    if issuers:
        lines += [f"本榜单由{issuers}联合发布。" if len(found["issuers"]) > 1 else f"本榜单由{issuers}发布。", ""]
    for ranking_list, (title, _) in LISTS.items():
        lines += [f"## {title}", ""]
        for dimension, (name, _) in DIMENSIONS.items():
            tops = [
                r
                for r in found["ranking"]
                if r["ranking_list"] == ranking_list and r["dimension"] == dimension and r["rank"]
            ][:10]
            lines.append(f"- {name}前十：" + "、".join(f"{row['unit_name']}（{row['score']}）" for row in tops) + "。")
        both = _in_both(found, ranking_list)
        if both:
            lines.append("- 传播力、影响力双双进入前十：" + "、".join(row["unit_name"] for row in both) + "。")
        for dimension, (name, _) in DIMENSIONS.items():
            for row in _risen(found, ranking_list, dimension):
                subjects = _subjects_of(found, row["unit_id"], "name")
                by = f"，{'、'.join(subjects)}类稿件转载贡献居前" if subjects else ""
                cause = _cause(found, row)
                if cause:
                    by = f"，主要由于{CAUSES[cause][0]}{by}"
                lines.append(f"- {row['unit_name']}{name}比上月上升{row['rank_change']}位，列第{row['rank']}位{by}。")
        lines.append("")
    if found["hot_topics"]:
        lines += [f"## {month.number}月热点", ""]
        for topic in found["hot_topics"]:
            sub = [row["name"] for row in found["hot_subtopics"] if row["theme_id"] == topic["theme_id"]]
            text = f"- {topic['name']}：{topic['unit_count']}家单位发稿{topic['post_count']:,}篇，被转载{topic['reprint_count']:,}次"
            lines.append(text + (f"；涉及{'、'.join(sub)}" if sub else "") + "。")
            stories = [
                row
                for row in found["highlights"]
                if row["theme_id"] == topic["theme_id"] and row["dimension"] == "dissemination"
            ]
            names = {row["unit_id"]: row["unit_name"] for row in found["ranking"]}
            for row in sorted(stories, key=lambda row: (-row["contribution"], row["unit_id"]))[:3]:
                lines.append(f"  - {names[row['unit_id']]}：{_escaped(row['title'])}")
        lines.append("")
    lines += [
        "## 关于榜单", "",
        "传播力看稿件在新闻客户端、新闻网站、微信、微博的转载，影响力看这些转载获得的阅读、点赞、评论；附加分看本月主题的参与。权重为本项目自定，见方法说明。",
    ]  # fmt: skip
    return lines


def _english(found: dict[str, list[dict[str, Any]]], month: Month) -> list[str]:
    total = _totals(found)
    text = (
        f"In {month} the government accounts of the city published {total['post_count']:,} posts, "
        f"{total['wechat_post_count']:,} on WeChat and {total['weibo_post_count']:,} on Weibo; "
        f"{total['original_count']:,} were originals, {percent(total['originality_rate'])} %"
    )
    change = total["originality_rate_change_pp"]
    if change is not None and points(change) != "0.0":
        text += f", {points(change)} points {'more' if change > 0 else 'less'} than the month before"
    lines = [f"# Government new media ranking, {month}", "", text + ".", ""]
    for ranking_list, (_, title) in LISTS.items():
        lines += [f"## {title}", ""]
        for dimension, (_, name) in DIMENSIONS.items():
            tops = [
                r
                for r in found["ranking"]
                if r["ranking_list"] == ranking_list and r["dimension"] == dimension and r["rank"]
            ][:10]
            lines.append(
                f"- {name}, first ten: "
                + ", ".join(f"{row['unit_name_en'] or row['unit_name']} ({row['score']})" for row in tops)
                + "."
            )
        lines.append("")
    for topic in found["hot_topics"]:
        lines.append(
            f"- {topic['name_en']}: {topic['post_count']:,} posts of {topic['unit_count']} units, reprinted {topic['reprint_count']:,} times."
        )
    return lines


def _escaped(text: str) -> str:
    """A title is text, never Markdown or HTML."""
    flat = " ".join((text or "").split())[:60]
    for sign in "\\`*_{}[]<>()#|!":
        flat = flat.replace(sign, "\\" + sign)
    return flat
