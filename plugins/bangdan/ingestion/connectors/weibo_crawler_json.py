"""weibo-crawler's JSON: one document with the account and its posts."""

from __future__ import annotations

from typing import Any


def posts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """One object per post, with the account's id and name on each."""
    user, posts_of_user = _object(document.get("user")), document.get("weibo")
    objects = []
    for post in posts_of_user if isinstance(posts_of_user, list) else []:
        if not isinstance(post, dict):
            continue
        source = _object(post.get("retweet"))
        objects.append(
            {
                **post,
                "account_id": post.get("user_id") or user.get("id"),
                "account_name": post.get("screen_name") or user.get("screen_name"),
                "retweet_id": source.get("id"),
                "retweet_user_id": source.get("user_id"),
            }
        )
    return objects


def _object(value: Any) -> dict[str, Any]:
    """The object, or an empty one: some tools write a word where an object belongs."""
    return value if isinstance(value, dict) else {}
