"""Proposes a mapping for a table that no built-in one fits, from its header names and values."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bangdan.core.errors import BangdanError
from bangdan.core.identifiers import mid_of_bid
from bangdan.core.months import SHANGHAI
from bangdan.ingestion import built_in_mappings, contract, recognise
from bangdan.ingestion.columns.values import parse_count, parse_time
from bangdan.ingestion.contract import Kind
from bangdan.ingestion.export_reader import open_export
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.readers import delimited, documents, workbooks
from bangdan.ingestion.readers.file_types import file_type

# Which canonical column a header name means, in addition to the names that the built-in mappings know.
MEANINGS = {
    "account_key": r"(账号|媒体|用户|公众号)\s*id|uid|user_?id|__biz|biz|account_?id",
    "account_name_raw": r"账号|公众号|博主|媒体|昵称|作者|用户名|screen_?name|nick|author|account|outlet|media",
    "record_id": r"^(文章|微博|稿件|内容)?\s*id$|mid|bid|article_?id|post_?id|msg_?id",
    "url": r"链接|网址|地址|url|link",
    "title": r"标题|题目|title",
    "text": r"正文|内容|全文|text|content|body",
    "published_at": r"发布时间|发布日期|发表时间|日期|时间|publish|created?_?at|pub_?date|date|time",
    "source_name_raw": r"来源|出处|转自|source",
    "read_count": r"阅读|浏览|播放|read|view|pv",
    "like_count": r"点赞|赞|like|attitude",
    "comment_count": r"评论|回复|comment|reply",
    "share_count": r"分享|share",
    "repost_count": r"转发|repost|forward|retweet",
    "recommend_count": r"在看|推荐|recommend|old_?like",
    "observed_at": r"采集时间|抓取时间|更新时间|crawl|fetch|scraped|observed",
}
COLUMNS = contract.COLUMNS["records"]
NEEDS_CAPTURE = ("DATE_NO_YEAR", "DATE_RELATIVE")
# Pictures, people who comment, authors: their names contain the words above and mean something else.
OTHERS = r"图片|视频|封面|头像|image|video|avatar|cover|pic|comment_?user|author\."
KEY_TYPES = {"news_app": "app_id", "news_site": "domain", "wechat": "wx_biz", "weibo": "weibo_uid"}
SHOWN = 40


def propose_mapping(path: Path) -> str:
    """YAML of a mapping for a file: what each header seems to mean, with a sample, and what a person must decide.

    It is tried on the file; its last line is the result for the first rows. Raises BangdanError (or
    ExportRefused) for a file that holds no table.
    """
    if path.is_dir():
        raise BangdanError(f"{path.name} is a folder", remedy="name one file of the kind to be described")
    items, header, samples = _sample(path)
    chosen = _choose(header, samples)
    head: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9_]+", "_", path.stem.lower()).strip("_0123456789") or "my_export",
        "table": "records",
        "recognise": [f"{items}[].{name}" if items else name for name in header if name in chosen.values()]
        or header[:3],
        **({"items": items} if items else {}),
    }
    comments = [
        f"# Proposed from {path.name!r} ({len(header)} columns). Check every line, then:",
        "#   bangdan ingest FILE --mapping THIS.yml --dry-run",
    ]
    lines = [yaml.safe_dump(head, allow_unicode=True, sort_keys=False).rstrip(), "columns:"]
    channel = _channel(chosen, samples)
    key_type = _key_type(samples.get(chosen.get("account_key", ""), []), channel)
    lines.append(
        f"  channel_type: {{value: {channel}}}  # news_app, news_site, wechat or weibo: what does the file hold?"
    )
    lines.append(f"  account_key_type: {{value: {key_type}}}  # weibo_uid, wx_biz, domain, app_id or name")
    if channel in ("wechat", "weibo"):
        lines.append(f"  platform: {{value: {channel}}}")
    for name, source in chosen.items():
        lines.append(f"  {name}: {_rule(name, source, samples[source])}  # {_example(samples[source])}")
    missing = [name for name in ("published_at", "url", "text", "account_name_raw") if name not in chosen]
    lines += [f"  # {name}: no column looks like it" for name in missing]
    unused = [name for name in header if name not in chosen.values()]
    if unused:
        lines.append("# Kept in `extra`, not read: " + re.sub(r"\s+", " ", ", ".join(unused)))
    return "\n".join([*comments, *lines, _tried(path, "\n".join(lines))]) + "\n"


def _channel(chosen: dict[str, str], samples: dict[str, list[str]]) -> str:
    """The channel that most addresses are of; a short id that proves a numeric one is Weibo's."""
    pairs = list(zip(samples.get(chosen.get("alt_id", ""), []), samples.get(chosen.get("record_id", ""), [])))
    if pairs and all(mid_of_bid(bid) == mid for bid, mid in pairs):
        return "weibo"
    addresses = samples.get(chosen.get("url", ""), [])
    for channel, host in (("wechat", "mp.weixin.qq.com"), ("weibo", "weibo.c")):
        if addresses and sum(host in address for address in addresses) * 2 > len(addresses):
            return channel
    return "news_site"


def _key_type(keys: list[str], channel: str) -> str:
    """What the keys look like, else what the channel's keys are; a name where there is no key."""
    if keys and all(re.fullmatch(r"M[\w+/]+={0,2}", key) for key in keys):
        return "wx_biz"
    return KEY_TYPES[channel] if keys else "name"


def _rule(column: str, source: str, values: list[str]) -> str:
    """The short form, or with what the values need."""
    if COLUMNS[column].kind is Kind.TIME and any(parse_time(value).code in NEEDS_CAPTURE for value in values):
        return f"{{from: [{_quoted(source)}], relative_to: received_at}}"
    return _quoted(source)


def _tried(path: Path, text: str) -> str:
    """A comment: how many of the first rows load by the proposal."""
    try:
        proposed = Mapping.model_validate(yaml.safe_load(text))
        at = datetime.fromtimestamp(path.stat().st_mtime, SHANGHAI)
        batch = next(open_export(path, path.name, at, proposed).batches(), None)
    except (BangdanError, ValueError, yaml.YAMLError) as error:
        return f"# Does not load yet: {str(error).splitlines()[0]}"
    accepted, rejects = (len(batch), batch.rejects) if batch else (0, [])
    codes = Counter(reject.code for reject in rejects)
    reasons = "".join(f", {code} {number}" for code, number in sorted(codes.items()))
    return f"# Of the first {accepted + len(rejects)} rows {accepted} load{reasons}."


def _sample(file: Path) -> tuple[str, list[str], dict[str, list[str]]]:
    """(path of the records in a JSON document, header names or dotted paths, some filled values of each)."""
    kind = file_type(file, file.name)
    items = ""
    if kind == "xml":
        raise BangdanError(f"{file.name} is a feed", remedy="feeds need no mapping: ingest it as it is")
    if kind in ("json", "jsonl"):
        objects = documents.sample(file, kind)
        items = _items(objects)
        if items:
            objects = documents.objects_at(objects[0], items)
        header = list(dict.fromkeys(path for item in objects[:SHOWN] for path in _paths(item)))
        rows = [[documents.pick(item, path.split(".")) for path in header] for item in objects[:SHOWN]]
    else:
        table = delimited.read(file) if kind == "csv" else workbooks.read(file, kind)
        header = table.header
        if (missing := recognise.unknown(header)).reason_code in ("HDR_MISSING", "HDR_DUPLICATE"):
            raise missing
        batch = next(table.batches, None)
        columns = [column.slice(0, SHOWN).to_pylist() for column in batch.columns] if batch else []
        rows = [list(cells) for cells in zip(*columns, strict=True)]
    samples: dict[str, list[str]] = {name: [] for name in header if name}
    for row in rows:
        for name, value in zip(header, row, strict=True):
            if name and value:
                samples[name].append(value)
    return items, list(samples), samples


def _items(objects: list[dict]) -> str:
    """Where the only object of a document keeps a list of objects."""
    if len(objects) != 1:
        return ""
    lists = {path.split("[]")[0] for path in documents.paths(objects[0]) if "[]." in path}
    return max(lists, key=lambda path: len(documents.objects_at(objects[0], path)), default="")


def _paths(item: dict, prefix: str = "") -> list[str]:
    """Dotted paths of all values of an object that are no objects themselves."""
    paths: list[str] = []
    for key, value in item.items():
        paths += _paths(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"]
    return paths


def _choose(header: list[str], samples: dict[str, list[str]]) -> dict[str, str]:
    """Canonical column → header name: first by the built-in mappings' own names, then by meaning and values."""
    built_in = [mapping for mapping in built_in_mappings.most_specific_first() if mapping.table == "records"]
    rules = [item for mapping in built_in for item in mapping.columns.items()]
    known: dict[str, str] = {}
    # An address may also serve as the other id: as an address first.
    for column, rule in sorted(rules, key=lambda item: item[0] == "alt_id"):
        for source in rule.sources if not rule.pattern else []:
            known.setdefault(source, column)
    chosen: dict[str, str] = {}
    for name in header:
        meant = known.get(name, "")
        if meant in COLUMNS and meant not in chosen and _fits(meant, samples[name]):
            chosen[meant] = name
    for column, meaning in MEANINGS.items():
        for name in header:
            if column in chosen:
                break
            is_meant = re.search(meaning, name, re.IGNORECASE) and not re.search(OTHERS, name, re.IGNORECASE)
            if is_meant and name not in chosen.values() and _fits(column, samples[name]):
                chosen[column] = name
    if not chosen.keys() & {"record_id", "url", "title", "text"}:
        # A record needs something that identifies it: the column with the longest texts.
        left = [name for name in header if name not in chosen.values() and samples[name]]
        if left:
            chosen["text"] = max(left, key=lambda name: sum(map(len, samples[name])) / len(samples[name]))
    order = [name for name in COLUMNS if name in chosen]
    return {
        column: chosen[column] for column in order if column not in ("channel_type", "account_key_type", "platform")
    }


def _fits(column: str, values: list[str]) -> bool:
    """Do the values look like the column? One that is always empty fits nothing."""
    if not values:
        return False
    if COLUMNS[column].kind is Kind.COUNT:
        return all(parse_count(value).code is None for value in values)
    if COLUMNS[column].kind is Kind.TIME:
        return all(parse_time(value).code in (None, *NEEDS_CAPTURE) for value in values)
    if column in ("url", "source_url_raw"):
        return all("://" in value for value in values)
    if column in ("title", "text"):
        return not all(value.strip().isdigit() for value in values)
    return True


def _example(values: list[str]) -> str:
    return "e.g. " + re.sub(r"\s+", " ", values[0])[:SHOWN] if values else "always empty"


def _quoted(name: str) -> str:
    """A name as YAML on one line, whatever is in it."""
    lines = yaml.safe_dump(name, allow_unicode=True, width=10_000).splitlines()
    return lines[0] if lines[1:] in ([], ["..."]) else json.dumps(name, ensure_ascii=False)
