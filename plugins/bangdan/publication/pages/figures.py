"""How figures and names are written, in pages and text alike: percent, points, thousands; text that others wrote."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

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
# Signs that show nothing but change how their neighbours read: controls, zero-width signs, direction marks. The joiner
# of emoji (U+200D) stays.
UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def visible(text: str | None) -> str:
    """Text that others wrote, without the signs that nobody sees. Data files keep it as it came."""
    return UNSEEN.sub("", text or "")


def percent(share: Decimal | None) -> str:
    """0.592615 → 59.3."""
    return "–" if share is None else str((share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP))


def points(change: Decimal | None) -> str | None:
    """Percentage points without sign, one decimal."""
    return None if change is None else str(abs(change).quantize(Decimal("0.1"), ROUND_HALF_UP))


def grouped(count: int | None) -> str:
    """50586 → 50,586."""
    return "–" if count is None else f"{count:,}"


def two(value: Decimal | None) -> str:
    return "–" if value is None else str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def signed(value: Decimal | None) -> str:
    """Two decimals with a sign; what rounds to nothing has none."""
    text = two(value)
    return text if value is None or value <= 0 or text == "0.00" else f"+{text}"


def file_size(count: int) -> str:
    """Bytes as a reader says them."""
    return (
        f"{count} B" if count < 1000 else f"{count / 1000:,.0f} kB" if count < 1_000_000 else f"{count / 1e6:,.1f} MB"
    )
