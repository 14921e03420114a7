"""Names of lists, dimensions and channels, (Chinese, English), in the order in which pages show them; files of units.

Names of lists are the city's and come with the release; those of dimensions and channels are the program's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from bangdan.core.months import Month
from bangdan.core.rendering import in_language, words

DIMENSIONS = {"dissemination": ("传播力", "Dissemination"), "influence": ("影响力", "Influence")}
CHANNELS = {
    "news_app": ("新闻客户端", "News apps"),
    "news_site": ("新闻网站", "News sites"),
    "wechat": ("微信", "WeChat"),
    "weibo": ("微博", "Weibo"),
}
# Names of platforms that a city may declare; any other goes by its code.
PLATFORMS = {
    "bilibili": ("哔哩哔哩", "Bilibili"),
    "douyin": ("抖音", "Douyin"),
    "kuaishou": ("快手", "Kuaishou"),
    "toutiao": ("今日头条", "Toutiao"),
    "wechat_channels": ("微信视频号", "WeChat Channels"),
    "xiaohongshu": ("小红书", "Xiaohongshu"),
}


def month_title(month: Month, language: str) -> str:
    """The title of a month's ranking."""
    return words(language)["month_title"].format(year=month.year, number=month.number, month=month)


def licences_of(issuers: Iterable[dict[str, Any]]) -> list[str]:
    """Under which licences the data may be used, each once; `issuers` are rows of the published table of that name."""
    return sorted({row["data_licence"] for row in issuers if row.get("data_licence")})


def lists_of(rows: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Code → names of the ranking lists, in their order; `rows` of the published table ranking_lists."""
    ordered = sorted(rows, key=lambda row: row["position"])
    return {row["ranking_list"]: (row["list_name"], row["list_name_en"]) for row in ordered}


def channels_of(rows: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Code → names of the channel types, the program's before the city's own; `rows` of the published channel_types."""
    own = sorted({row["channel_type"] for row in rows} - CHANNELS.keys())
    return CHANNELS | {code: PLATFORMS.get(code, (code, code)) for code in own}


def monitored(rows: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """The same of those that are monitored."""
    rows = list(rows)
    codes = {row["channel_type"] for row in rows if row["is_monitored"]}
    return {code: names for code, names in channels_of(rows).items() if code in codes}


def of_language(names: dict[str, tuple[str, str]], language: str) -> dict[str, str]:
    """Code → name in a language, of lists, dimensions or channels."""
    return {code: in_language(pair, language) for code, pair in names.items()}


def indicator_name(indicator_id: str, language: str) -> str:
    """The name of an indicator; its code where the pages have no name for it."""
    w = words(language)
    return w.get(f"{indicator_id}_reprints") or w.get(indicator_id, indicator_id)


def localised(row: dict[str, Any], column: str, language: str) -> str:
    """`column` of a row in a language; the Chinese value where the English column `<column>_en` is empty."""
    return in_language((row[column], row[f"{column}_en"] or row[column]), language)


def unit_file(unit_id: str, language: str) -> str:
    """Path of a unit's page below the release, whatever characters its id has."""
    is_safe = re.fullmatch(r"[0-9A-Za-z_-]{1,60}", unit_id)
    name = unit_id if is_safe else "u-" + hashlib.sha256(unit_id.encode()).hexdigest()[:16]
    return f"units/{name}{in_language(('', '.en'), language)}.html"
