"""Names of lists, dimensions and channels, (Chinese, English), in the order in which pages show them; files of units."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from bangdan.core.rendering import in_language

LISTS = {
    "districts": ("区级榜单", "Districts"),
    "departments": ("委办局和人民团体榜单", "Commissions, bureaus and people's organizations"),
}
DIMENSIONS = {"dissemination": ("传播力", "Dissemination"), "influence": ("影响力", "Influence")}
CHANNELS = {
    "news_app": ("新闻客户端", "News apps"),
    "news_site": ("新闻网站", "News sites"),
    "wechat": ("微信", "WeChat"),
    "weibo": ("微博", "Weibo"),
}


def of_language(names: dict[str, tuple[str, str]], language: str) -> dict[str, str]:
    """Code → name in a language, of LISTS, DIMENSIONS or CHANNELS."""
    return {code: in_language(pair, language) for code, pair in names.items()}


def localised(row: dict[str, Any], column: str, language: str) -> str:
    """`column` of a row in a language; the Chinese value where the English column `<column>_en` is empty."""
    return in_language((row[column], row[f"{column}_en"] or row[column]), language)


def unit_file(unit_id: str, language: str) -> str:
    """Path of a unit's page below the release, whatever characters its id has."""
    is_safe = re.fullmatch(r"[0-9A-Za-z_-]{1,60}", unit_id)
    name = unit_id if is_safe else "u-" + hashlib.sha256(unit_id.encode()).hexdigest()[:16]
    return f"units/{name}{in_language(('', '.en'), language)}.html"
