"""Links from an item to a post: Weibo parents and roots, and URLs without their tracking parameters."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pyarrow as pa

from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex

# The parameters that identify a WeChat article in its address.
WECHAT_KEYS = tuple(re.compile(rf"(?:^|&){key}=([^&]+)") for key in ("__biz", "mid", "idx"))
# Parameters that only say where a reader came from begin so.
TRACKING = ("utm_", "from", "share", "spm")
HOST = re.compile(r"://(?:www\.)?(?:m\.)?([^/?#:]*)", re.IGNORECASE)
# Columns in which an item may refer to a post, strongest first.
ID_COLUMNS = ("root_item_id", "repost_of_post_id", "parent_item_id", "origin_item_id")
URL_COLUMNS = ("source_url_raw", "url")
# Forwards of forwards that are followed back.
MAX_FORWARDS = 8


def address(url: str | None) -> str | None:
    """The page that a URL leads to, without scheme, tracking or fragment; None where it is the front page of a site."""
    if not url or "://" not in url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower().removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    if host == "mp.weixin.qq.com":
        # Only these three of the many parameters identify the article: parsing all of them costs ten times as much.
        keys = [pattern.search(parts.query) for pattern in WECHAT_KEYS]
        if all(keys):
            return "wechat:" + "/".join(unquote(key[1]) for key in keys if key)
        return f"wechat:{parts.path}" if parts.path.startswith("/s/") else None
    if host in ("weibo.com", "weibo.cn"):
        steps = [step for step in parts.path.split("/") if step]
        return f"weibo:{steps[-1]}" if len(steps) >= 2 else None
    path = parts.path.rstrip("/")
    parameters = {key: values for key, values in parse_qs(parts.query).items() if not key.lower().startswith(TRACKING)}
    if not path and not parameters:
        return None
    query = "&".join(f"{key}={value}" for key in sorted(parameters) for value in parameters[key])
    return f"{host}{path}?{query}" if query else f"{host}{path}"


def _host(url: str | None) -> str:
    """The host in the address of a URL, quickly: only to leave out URLs that cannot lead to a post."""
    match = HOST.search(url or "")
    host = match[1].lower() if match else ""
    return "weibo.com" if host == "weibo.cn" else host  # a post has the same path on both hosts


class Link(NamedTuple):
    """The post (row of the index) that an item links to, and the column of the item that says so."""

    post: int
    column: str


class LinkIndex:
    """Posts by id and by address. A post that forwards another post of the index passes its links on to that."""

    def __init__(self, posts: PostIndex, parameters: Parameters) -> None:
        self._posts = posts
        self._skew = parameters.skew_minutes * 60
        self._by_address: dict[str, int] = {}
        self._hosts: set[str] = set()
        for row, url in enumerate(posts.url):
            page = address(url)
            if page:
                self._by_address.setdefault(page, row)
                self._hosts.add(_host(url))

    def is_possible(self, items: pa.RecordBatch) -> np.ndarray:
        """bool per item: does it refer to a post of the index? Of all others `find` is None."""
        refers = np.zeros(items.num_rows, bool)
        for column in ID_COLUMNS:
            if items[column].null_count < items.num_rows:
                known = (post_id in self._posts.row_of for post_id in items[column].to_pylist())
                refers |= np.fromiter(known, bool, items.num_rows)
        for column in URL_COLUMNS:
            for row, url in enumerate(items[column].to_pylist()):
                if url and not refers[row] and _host(url) in self._hosts and address(url) in self._by_address:
                    refers[row] = True
        return refers

    def find(self, item: dict[str, Any]) -> Link | None:
        """The post that an item links to; None where it links to none, or is older than the post it links to."""
        for column in ID_COLUMNS:
            row = self._posts.row_of.get(item.get(column) or "")
            if row is not None:
                return self._checked(item, row, column)
        for column in URL_COLUMNS:
            page = address(item.get(column)) if item.get(column) else None
            row = self._by_address.get(page) if page else None
            if row is not None:
                return self._checked(item, row, column)
        return None

    def _checked(self, item: dict[str, Any], row: int, column: str) -> Link | None:
        posts = self._posts
        for _ in range(MAX_FORWARDS):  # the credit of a forward is the forwarded post's
            forwarded = posts.row_of.get(posts.forward_of[row] or "")
            if forwarded is None or forwarded == row:
                break
            row = forwarded
        if posts.post_id[row] == item["item_id"] or item["latest"] < posts.published_second[row] - self._skew:
            return None
        return Link(row, column)
