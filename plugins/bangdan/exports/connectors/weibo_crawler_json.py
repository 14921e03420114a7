"""weibo-crawler's JSON: one document with the account and its posts."""

from __future__ import annotations

from typing import Any


def posts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """One object per post, with the account's id and name on each."""
    user = document.get("user") or {}
    return [
        {
            **post,
            "account_id": post.get("user_id") or user.get("id"),
            "account_name": post.get("screen_name") or user.get("screen_name"),
            "retweet_id": (post.get("retweet") or {}).get("id"),
            "retweet_user_id": (post.get("retweet") or {}).get("user_id"),
        }
        for post in document.get("weibo", [])
    ]
