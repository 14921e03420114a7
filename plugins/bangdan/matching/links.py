"""Links from an item to a post: Weibo parents and roots, and URLs once what only tracks is taken off."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pyarrow as pa

from bangdan.matching.own import Own
from bangdan.matching.parameters import Parameters

# What names a WeChat article in its address.
WECHAT_KEYS = tuple(re.compile(rf"(?:^|&){key}=([^&]+)") for key in ("__biz", "mid", "idx"))
HOST = re.compile(r"://(?:www\.)?(?:m\.)?([^/?#:]*)", re.IGNORECASE)
# Where an item may name a post, strongest first.
ID_COLUMNS = ("root_item_id", "repost_of_post_id", "parent_item_id")
URL_COLUMNS = ("source_url_raw", "url")


def address(url: str | None) -> str | None:
    """What an URL names, without scheme, tracking or fragment; None where it names nothing in particular."""
    if not url or "://" not in url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower().removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    if host == "mp.weixin.qq.com":
        # Only these three of the many parameters name the article: parsing all of them costs ten times as much.
        named = [pattern.search(parts.query) for pattern in WECHAT_KEYS]
        if all(named):
            return "wechat:" + "/".join(unquote(one[1]) for one in named if one)
        return f"wechat:{parts.path}" if parts.path.startswith("/s/") else None
    if host in ("weibo.com", "weibo.cn"):
        steps = [step for step in parts.path.split("/") if step]
        return f"weibo:{steps[-1]}" if len(steps) >= 2 else None
    path = parts.path.rstrip("/")
    asked = {
        k: v for k, v in parse_qs(parts.query).items() if not k.lower().startswith(("utm_", "from", "share", "spm"))
    }
    if not path and not asked:
        return None
    query = "&".join(f"{key}={value}" for key in sorted(asked) for value in asked[key])
    return f"{host}{path}?{query}" if query else f"{host}{path}"


def _host(url: str | None) -> str:
    """The host by which `address` knows an URL, quickly: only to leave out addresses that can't be an own one."""
    found = HOST.search(url or "")
    host = found[1].lower() if found else ""
    return "weibo.com" if host == "weibo.cn" else host  # two hosts, one name for a post


class LinkIndex:
    """Own posts by id and by address. A post that is itself a forward of another own post passes its links on."""

    def __init__(self, own: Own, urls: list[str | None], forwards: list[str | None], parameters: Parameters) -> None:
        self._own = own
        self._skew = parameters.skew_minutes * 60
        self._by_id = own.row_of
        self._by_address: dict[str, int] = {}
        self._hosts: set[str] = set()
        for row, url in enumerate(urls):
            named = address(url)
            if named:
                self._by_address.setdefault(named, row)
                self._hosts.add(_host(url))
        self._forwards = forwards

    def possible(self, items: pa.RecordBatch) -> np.ndarray:
        """bool per item: has it a link that may lead to an own post? What `find` is worth calling for."""
        found = np.zeros(items.num_rows, bool)
        for column in ID_COLUMNS:
            if items[column].null_count < items.num_rows:
                found |= np.fromiter((one in self._by_id for one in items[column].to_pylist()), bool, items.num_rows)
        for column in URL_COLUMNS:
            for row, url in enumerate(items[column].to_pylist()):
                if url and not found[row] and _host(url) in self._hosts and address(url) in self._by_address:
                    found[row] = True
        return found

    def find(self, item: dict[str, Any]) -> tuple[int, str] | None:
        """The own post that the item links to and how; None where it links to none, or was there before it."""
        for column in ID_COLUMNS:
            row = self._by_id.get(item.get(column) or "")
            if row is not None:
                return self._checked(item, row, column)
        for column in URL_COLUMNS:
            named = address(item.get(column)) if item.get(column) else None
            row = self._by_address.get(named) if named else None
            if row is not None:
                return self._checked(item, row, column)
        return None

    def _checked(self, item: dict[str, Any], row: int, how: str) -> tuple[int, str] | None:
        for _ in range(8):  # a forward of a forward: credit goes to where it began
            earlier = self._by_id.get(self._forwards[row] or "")
            if earlier is None or earlier == row:
                break
            row = earlier
        own = self._own
        if own.post_id[row] == item["item_id"] or item["latest"] < own.at[row] - self._skew:
            return None
        return row, how
