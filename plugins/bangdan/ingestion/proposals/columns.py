"""Which column of a file fills which canonical column, by names and by what the values hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangdan.core.identifiers import mid_of_bid, seconds_of_mid
from bangdan.ingestion import built_in_mappings, contract
from bangdan.ingestion.columns.values import parse_count, parse_time
from bangdan.ingestion.columns.weibo import BID_CHARACTERS
from bangdan.ingestion.contract import Kind
from bangdan.ingestion.proposals import names
from bangdan.ingestion.proposals.samples import Sample

COLUMNS = contract.COLUMNS["records"]
NEEDS_CAPTURE = ("DATE_NO_YEAR", "DATE_RELATIVE")
KEY_TYPES = {"news_app": "app_id", "news_site": "domain", "wechat": "wx_biz", "weibo": "weibo_uid"}
CHANNEL_WORDS = {
    "微信": "wechat", "微信公众号": "wechat", "公众号": "wechat", "微博": "weibo", "新浪微博": "weibo", "客户端": "news_app", "新闻客户端": "news_app",
    "app": "news_app", "APP": "news_app", "网站": "news_site", "新闻网站": "news_site", "网媒": "news_site", "网页": "news_site",
    "wechat": "wechat", "weibo": "weibo",
}  # fmt: skip
ADDRESSES = {"wechat": r"mp\.weixin\.qq\.com", "weibo": r"weibo\.c(?:om|n)/"}
# Headers that only one channel has.
CHANNEL_NAMES = {
    "wechat": r"公众号.*|在看.*|biz|fakeid|msg_?id|(content_url)|recommend.*|zaikan.*",
    "weibo": r".*微博.*|超话.*|bid|mblogid|(attitudes|reposts)_count|博主.*|uid|mid",
}
DATE_IN_TEXT = r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\s*\d{1,2}:\d{2}(?::\d{2})?)?)"
DATE_BEFORE_CLIENT = r"^\s*(.*?)\s*(?:来自|$)"
WEIBO_UID = r"weibo\.c(?:om|n)/(?:u/)?(\d{5,12})(?:[/?#]|$)"
WEIBO_POST = r"weibo\.c(?:om|n)/(?:(?:u/)?\d+|status|detail)/([0-9A-Za-z]{9,16})(?:[/?#]|$)"
WECHAT_BIZ = r"__biz=([^&#]+)"
WECHAT_ARTICLE = r"[?&;]mid=(\d+)&(?:amp;)?idx=(\d+)"
WECHAT_POSITION = r"[?&;]idx=(\d+)"
SITE = r"://(?:www\.)?([^/:?#]+)"
ZONES = {".jp": "Asia/Tokyo", ".kr": "Asia/Seoul", ".sg": "Asia/Singapore", ".uk": "Europe/London", ".de": "Europe/Berlin", ".fr": "Europe/Paris"}  # fmt: skip


@dataclass
class Choice:
    """The rules of a proposal: canonical column → rule, as a mapping writes it; `path` likewise; the channel."""

    channel: str
    rules: dict[str, Any] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)
    channel_rule: Any = None

    @property
    def sources(self) -> list[str]:
        """Names of the file that the rules read, in the order of the rules."""
        return self.sources_of(tuple(self.rules))

    def sources_of(self, columns: Sequence[str]) -> list[str]:
        """Names of the file that the channel and some of the columns are read from."""
        rules = [self.channel_rule, *(self.rules[name] for name in columns if name in self.rules)]
        return list(dict.fromkeys(source for rule in rules if rule is not None and (source := source_of(rule))))


def source_of(rule: Any) -> str:
    """The name that a rule reads; an empty text for one that reads none."""
    return rule if isinstance(rule, str) else rule.get("from", "")


def rating(values: dict[str, list[str]]) -> int:
    """How many of time, words, account and identity the values offer: 0 to 4."""
    chosen = _named(values)
    groups = (("published_at",), ("title", "text"), ("account_key", "account_name_raw"), ("record_id", "alt_id", "url"))
    return sum(any(name in chosen for name in group) for group in groups)


def choose(sample: Sample) -> Choice:
    """The rules for a file, from its names, values, addresses and path."""
    named = _named(sample.values)
    choice = Choice(_channel(sample, named))
    choice.channel_rule = _channel_rule(sample)
    if choice.channel == "weibo":
        named.pop("source_name_raw", None)  # the client that it was written with
        if "repost_count" not in named and "share_count" in named:
            named["repost_count"] = named.pop("share_count")
    if choice.channel == "news_site" and names.is_author(named.get("account_name_raw", "")):
        named.pop("account_name_raw")  # a person who wrote, not the outlet
    for column, name in named.items():
        choice.rules[column] = _rule(column, name, sample.values[name])
    if "published_at" not in choice.rules:
        _find_dates(sample, choice)
    _read_addresses(sample, named, choice)
    _read_path(sample.path, choice)
    _set_zone(sample, named, choice)
    return choice


def _named(values: dict[str, list[str]]) -> dict[str, str]:
    """Canonical column → name: first by the names that the built-in mappings know, then by whole names."""
    known = _known_names()
    usable = [name for name in values if values[name] and not names.is_private(name)]
    chosen: dict[str, str] = {}
    for name in usable:
        meant = known.get(name, "")
        if meant and meant not in chosen and fits(meant, values[name]):
            chosen[meant] = name
    for column in names.MEANINGS:
        for name in usable:
            if column not in chosen and name not in chosen.values() and names.means(column, name) and fits(column, values[name]):  # fmt: skip
                chosen[column] = name
    return {column: chosen[column] for column in COLUMNS if column in chosen}


def _known_names() -> dict[str, str]:
    """Header names of the built-in mappings that mean one column wherever they are used."""
    meant: dict[str, set[str]] = {}
    for mapping in built_in_mappings.most_specific_first():
        if mapping.table == "records":
            for column, rule in mapping.columns.items():
                for source in rule.sources if not rule.pattern else []:
                    meant.setdefault(source, set()).add(column)
    return {name: columns.copy().pop() for name, columns in meant.items() if len(columns) == 1 and columns <= set(names.MEANINGS)}  # fmt: skip


def fits(column: str, values: list[str]) -> bool:
    """Do the values look like the column? One that is always empty fits nothing."""
    if not values:
        return False
    if COLUMNS[column].kind is Kind.COUNT:
        return all(parse_count(value, zeros=_button_words(values)).code is None for value in values)
    if COLUMNS[column].kind is Kind.TIME:
        return time_rule(values) is not None
    if column == "url":
        return all("://" in value or value.startswith("//") for value in values)
    if column in ("title", "text"):
        return not all(value.strip().isdigit() for value in values)
    if column in ("account_name_raw", "source_name_raw"):
        return not all("://" in value or value.strip().isdigit() for value in values)
    if column == "account_key":
        return not any(re.search(r"[一-鿿\s]", value.strip()) for value in values)
    return True


def _button_words(values: list[str]) -> list[str]:
    """The words of buttons that tools write where a count is 0."""
    return [
        word for word in ("转发", "评论", "赞", "点赞", "分享", "收藏") if word in {value.strip() for value in values}
    ]


def time_rule(values: list[str]) -> dict[str, Any] | None:
    """What a rule for these times needs besides `from`; None where they are no times."""
    patterns: tuple[str | None, ...] = (None, DATE_BEFORE_CLIENT, DATE_IN_TEXT)
    for pattern in patterns:
        texts = values
        if pattern:
            matches = [re.search(pattern, value) for value in values]
            texts = [match[1] if match else "" for match in matches]
        codes = {parse_time(text).code for text in texts}
        if codes <= {None, *NEEDS_CAPTURE}:
            rule = {"pattern": pattern} if pattern else {}
            return {**rule, "relative_to": "received_at"} if codes - {None} else rule
    return None


def _rule(column: str, name: str, values: list[str]) -> Any:
    """The short form, or with what the values need."""
    if COLUMNS[column].kind is Kind.TIME and (more := time_rule(values)):
        return {"from": name, **more}
    if COLUMNS[column].kind is Kind.COUNT and (zeros := _button_words(values)):
        return {"from": name, "zeros": zeros}
    return name


def _channel(sample: Sample, named: dict[str, str]) -> str:
    """By the addresses, by ids that prove themselves, then by names that only one channel has."""
    for values in [sample.values[named["url"]]] if "url" in named else sample.values.values():
        for channel, host in ADDRESSES.items():
            if values and sum(bool(re.search(host, value)) for value in values) * 2 > len(values):
                return channel
    ids = [
        value.strip() for column in ("record_id", "alt_id") if column in named for value in sample.values[named[column]]
    ]
    if ids and all(_is_weibo_id(value) for value in ids):
        return "weibo"
    heads = [names.words(part) for name in sample.names for part in name.split(".")]
    hits = {channel: sum(bool(re.fullmatch(expression, head)) for head in heads) for channel, expression in CHANNEL_NAMES.items()}  # fmt: skip
    best = max(hits, key=lambda channel: hits[channel])
    if hits[best]:
        return best
    return "weibo" if {"转发", "评论", "赞"} <= {head[:2].rstrip("数量") for head in heads} else "news_site"


def _is_weibo_id(text: str) -> bool:
    """Is a text a numeric id that holds a plausible second, or a short id of one?"""
    is_short = len(text) == BID_CHARACTERS and not text.isdigit()
    return seconds_of_mid(mid_of_bid(text) or "" if is_short else text) is not None


def _channel_rule(sample: Sample) -> dict[str, Any] | None:
    """A column whose values are words for channels."""
    for name, values in sample.values.items():
        words = list(dict.fromkeys(value.strip() for value in values))
        if names.is_channel(name) and words and all(word in CHANNEL_WORDS for word in words):
            return {"from": name, "values": {word: CHANNEL_WORDS[word] for word in words}}
    return None


def _find_dates(sample: Sample, choice: Choice) -> None:
    """A time inside another column's text, where no column is one."""
    for name, values in sample.values.items():
        if names.is_private(name) or name in choice.sources:
            continue
        if values and all(re.search(DATE_IN_TEXT, value) for value in values):
            choice.rules["published_at"] = {"from": name, "pattern": DATE_IN_TEXT}
            return


def _read_addresses(sample: Sample, named: dict[str, str], choice: Choice) -> None:
    """Accounts and ids that only addresses hold, and the time that a Weibo id holds where nothing else gives one."""
    url = named.get("url", "")
    values = sample.values.get(url, [])
    inside = {
        "weibo": {"account_key": WEIBO_UID, "record_id": WEIBO_POST},
        "wechat": {"account_key": WECHAT_BIZ, "record_id": WECHAT_ARTICLE, "position": WECHAT_POSITION},
        "news_site": {"account_key": SITE},
    }
    for column, pattern in inside.get(choice.channel, {}).items():
        has_own = column in choice.rules or (column == "record_id" and "alt_id" in choice.rules)
        if not has_own and values and sum(bool(re.search(pattern, value)) for value in values) * 2 > len(values):
            choice.rules[column] = {"from": url, "pattern": pattern}
    has_id = choice.rules.keys() & {"record_id", "alt_id"}
    if choice.channel == "weibo" and has_id and "published_at" not in choice.rules:
        choice.rules["published_at"] = {"weibo_id": True}


def _read_path(path: Path, choice: Choice) -> None:
    """The account in the file's path, where neither column nor address names one."""
    if "account_key" in choice.rules:
        return
    places = (path.stem, path.parent.name)
    if choice.channel == "weibo" and any(re.search(r"(?<!\d)\d{9,11}(?!\d)", place) for place in places):
        choice.path["account_key"] = r"(?<!\d)\d{9,11}(?!\d)"
    elif choice.channel == "wechat" and any(re.search(r"M[\w+/]{9,}==", place) for place in places):
        choice.path["account_key"] = r"M[\w+/]{9,}=="
    if "account_name_raw" not in choice.rules and re.search(r"[一-鿿]", path.parent.name):
        choice.path["account_name_raw"] = "parent"


def _set_zone(sample: Sample, named: dict[str, str], choice: Choice) -> None:
    """A zone that the column's name or most addresses give, for times without one."""
    rule = choice.rules.get("published_at")
    if rule is None:
        return
    source = source_of(rule)
    hosts = [match[1] for value in sample.values.get(named.get("url", ""), []) if (match := re.search(SITE, value))]
    zone = next(
        (zone for ending, zone in ZONES.items() if hosts and all(host.endswith(ending) for host in hosts)), None
    )
    if {"utc", "gmt"} & set(names.words(source).split("_")):
        zone = "+00:00"
    if zone:
        choice.rules["published_at"] = {**({"from": rule} if isinstance(rule, str) else rule), "zone": zone}
