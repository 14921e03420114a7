"""The official WeChat article totals. Counts are cumulative per statistics day: the last day is taken, never a sum."""

from __future__ import annotations

from typing import Any


def article_total(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """One object per article with the numbers of its last statistics day, of the old answer and of the new."""
    objects = []
    articles = answer.get("list")
    for article in articles if isinstance(articles, list) else []:
        if not isinstance(article, dict):
            continue
        details = article.get("detail_list") or article.get("details") or []
        days = [day for day in details if isinstance(day, dict)] if isinstance(details, list) else []
        last: dict[str, Any] = max(days, key=lambda day: str(day.get("stat_date", "")), default={})
        objects.append({**{k: v for k, v in article.items() if k not in ("detail_list", "details")}, **last})
    return objects
