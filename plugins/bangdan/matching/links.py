"""Links from an item to a post: Weibo parents and roots, and URLs without their tracking parameters."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pyarrow as pa

from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex

# The parameters that identify a WeChat article in its address.
WECHAT_KEYS = tuple(re.compile(rf"(?:^|&){key}=([^&]+)") for key in ("__biz", "mid", "idx"))
# Parameters that only say where a reader came from begin so.
TRACKING = ("utm_", "from", "share", "spm")
PLAIN = re.compile(r"https?://([a-z0-9.-]+)(/[!-\"$->@-~]*)?(?:\?([!-\"$-~]*))?")
HOST = re.compile(r"://(?:www\.)?(?:m\.)?([^/?#:]*)", re.IGNORECASE)
# Columns in which an item may refer to a post, strongest first.
ID_COLUMNS = ("root_item_id", "repost_of_post_id", "parent_item_id", "origin_item_id")
URL_COLUMNS = ("source_url_raw", "url")
COLUMNS = (*ID_COLUMNS, *URL_COLUMNS)
# Forwards of forwards that are followed back.
MAX_FORWARDS = 8


def address(url: str | None) -> str | None:
    """The page that a URL leads to, without scheme, tracking or fragment; None where it is the front page of a site."""
    if not url or "://" not in url:
        return None
    try:
        hostname, path, query_part = _parts(url.strip())
    except ValueError:
        return None
    host = hostname.removeprefix("www.").removeprefix("m.")
    if host == "mp.weixin.qq.com":
        # Only these three of the many parameters identify the article: parsing all of them costs ten times as much.
        keys = [pattern.search(query_part) for pattern in WECHAT_KEYS]
        if all(keys):
            return "wechat:" + "/".join(unquote(key[1]) for key in keys if key)
        return f"wechat:{path}" if path.startswith("/s/") else None
    if host in ("weibo.com", "weibo.cn"):
        steps = [step for step in path.split("/") if step]
        return f"weibo:{steps[-1]}" if len(steps) >= 2 else None
    path = path.rstrip("/")
    parameters = {key: values for key, values in parse_qs(query_part).items() if not key.lower().startswith(TRACKING)}
    if not path and not parameters:
        return None
    query = "&".join(f"{key}={value}" for key in sorted(parameters) for value in parameters[key])
    return f"{host}{path}?{query}" if query else f"{host}{path}"


def _parts(url: str) -> tuple[str, str, str]:
    """Host in lower case, path and query of a URL, as urlsplit reads them. Raises ValueError where it reads none."""
    # Most URLs have nothing but these three: a pattern costs a ninth of urlsplit.
    if plain := PLAIN.fullmatch(url):
        return plain[1], plain[2] or "", plain[3] or ""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.path, parts.query


def _host(url: str | None) -> str:
    """The host in the address of a URL, quickly: only to leave out URLs that cannot lead to a post."""
    match = HOST.search(url or "")
    host = match[1].lower() if match else ""
    return "weibo.com" if host == "weibo.cn" else host  # a post has the same path on both hosts


class Links(NamedTuple):
    """One row per item: the post (row of the index) that it links to, -1 for none, and the column of the item that says
    so (number in COLUMNS).
    """

    post: np.ndarray  # int64
    column: np.ndarray  # int64


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
        self._forwarded = self._followed(posts)

    @staticmethod
    def _followed(posts: PostIndex) -> np.ndarray:
        """The post that each post forwards, followed back: the credit of a forward is the forwarded post's."""
        rows = np.arange(len(posts))
        forwarded = np.array(
            [posts.row_of.get(post_id or "", row) for row, post_id in enumerate(posts.forward_of)], int
        )
        for _ in range(MAX_FORWARDS):
            rows = forwarded[rows]
        return rows

    def find(self, items: pa.RecordBatch, latest: np.ndarray) -> Links:
        """The post that each item links to; none where it links to none of the index, or is older than the post, or is the
        post itself. The strongest column that refers to a post decides.
        """
        post, column = np.full(items.num_rows, -1), np.full(items.num_rows, -1)
        for number, name in enumerate(COLUMNS):
            if items[name].null_count == items.num_rows:
                continue
            find = self._of_url if name in URL_COLUMNS else self._posts.row_of.get
            for row, value in enumerate(items[name].to_pylist()):
                if value and post[row] < 0 and (referred := find(value)) is not None:
                    post[row], column[row] = referred, number
        linked = np.flatnonzero(post >= 0)
        post[linked] = self._forwarded[post[linked]]
        own = self._posts.rows_of(items["item_id"].take(pa.array(linked)))
        second = self._posts.published_second[post[linked]]
        post[linked[(own == post[linked]) | (latest[linked] < second - self._skew)]] = -1
        return Links(post, column)

    def _of_url(self, url: str) -> int | None:
        page = address(url) if _host(url) in self._hosts else None
        return self._by_address.get(page) if page else None
