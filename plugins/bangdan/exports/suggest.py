"""Propose a mapping for a table that no built-in one fits: names that are known from elsewhere, and what is left open."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bangdan.errors import BangdanError
from bangdan.exports import contract, delimited, documents, mapping, readers, workbooks
from bangdan.exports import values as parsing

# Which canonical column a header name means, beside the names that the built-in mappings know.
MEANINGS = {
    "account_name_raw": r"账号|公众号|博主|媒体|昵称|作者|用户名|screen_?name|nick|author|account|outlet|media",
    "account_key": r"(账号|媒体|用户|公众号)\s*id|uid|user_?id|__biz|biz|account_?id",
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
COUNTS = {name for name in MEANINGS if name.endswith("_count")}
MOMENTS = {"published_at", "observed_at"}
SHOWN = 40


def suggest(path: Path) -> str:
    """YAML of a mapping for a file: what each header seems to mean, with a sample, and what a person must decide.

    Raises BangdanError (or ExportRefused) for a file that holds no table.
    """
    if path.is_dir():
        raise BangdanError(f"{path.name} is a folder", remedy="name one file of the kind to be described")
    header, samples = _sample(path)
    chosen = _choose(header, samples)
    found = {
        "name": re.sub(r"[^a-z0-9_]+", "_", path.stem.lower()).strip("_0123456789") or "my_export",
        "table": "records",
        "recognise": [name for name in header if name in chosen.values()] or header[:3],
    }
    lines = [
        f"# Proposed from {path.name} ({len(header)} columns). Check every line, then:",
        "#   bangdan ingest FILE --mapping THIS.yml --dry-run",
        yaml.safe_dump(found, allow_unicode=True, sort_keys=False).rstrip(),
        "columns:",
    ]
    if "channel_type" not in chosen:
        lines.append(
            "  channel_type: {value: news_site}  # news_app, news_site, wechat or weibo: what does the file hold?"
        )
        lines.append(
            "  account_key_type: {value: name}  # what account_key holds: weibo_uid, wx_biz, domain, app_id or name"
        )
    for name, source in chosen.items():
        lines.append(f"  {name}: {_quoted(source)}  # {_example(samples[source])}")
    missing = [name for name in ("published_at", "url", "text", "account_name_raw") if name not in chosen]
    lines += [f"  # {name}: no column looks like it" for name in missing]
    unused = [name for name in header if name not in chosen.values()]
    if unused:
        lines.append("# Kept in `extra`, not read: " + ", ".join(unused))
    return "\n".join(lines) + "\n"


def _sample(file: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Header names (or dotted paths) and some filled values of each."""
    kind = readers.kind_of(file, file.name)
    if kind in ("json", "jsonl"):
        objects = documents.sample(file, kind)
        header = list(dict.fromkeys(path for one in objects[:SHOWN] for path in _paths(one)))
        rows = [[documents.pick(one, path.split(".")) for path in header] for one in objects[:SHOWN]]
    else:
        table = delimited.read(file) if kind == "csv" else workbooks.read(file, kind)
        header = table.header
        batch = next(table.batches, None)
        told = [column.slice(0, SHOWN).to_pylist() for column in batch.columns] if batch else []
        rows = [list(cells) for cells in zip(*told, strict=True)]
    samples: dict[str, list[str]] = {one: [] for one in header if one}
    for row in rows:
        for one, value in zip(header, row, strict=True):
            if one and value:
                samples[one].append(value)
    return list(samples), samples


def _paths(item: dict, before: str = "") -> list[str]:
    found: list[str] = []
    for key, value in item.items():
        found += _paths(value, f"{before}{key}.") if isinstance(value, dict) else [f"{before}{key}"]
    return found


def _choose(header: list[str], samples: dict[str, list[str]]) -> dict[str, str]:
    """Canonical column → header name: first by the built-in mappings' own names, then by meaning and values."""
    known: dict[str, str] = {}
    for one in mapping.built_in():
        if one.table == "records":
            for column, spec in one.columns.items():
                for source in spec.sources:
                    known.setdefault(source, column)
    columns = set(contract.TABLES["records"].names)
    chosen: dict[str, str] = {}
    for name in header:
        meant = known.get(name, "")
        if meant in columns and meant not in chosen and _fits(meant, samples[name]):
            chosen[meant] = name
    for column, meaning in MEANINGS.items():
        for name in header:
            if column in chosen:
                break
            if name not in chosen.values() and re.search(meaning, name, re.IGNORECASE) and _fits(column, samples[name]):
                chosen[column] = name
    return {column: chosen[column] for column in contract.TABLES["records"].names if column in chosen}


def _fits(column: str, values: list[str]) -> bool:
    """Do the values look like the column? One that is always empty fits nothing."""
    if not values:
        return False
    if column in COUNTS:
        return all(parsing.count(value)[2] is None for value in values)
    if column in MOMENTS:
        return all(parsing.moment(value)[2] in (None, "DATE_NO_YEAR", "DATE_RELATIVE") for value in values)
    if column in ("url", "source_url_raw"):
        return all("://" in value for value in values)
    return True


def _example(values: list[str]) -> str:
    return "e.g. " + re.sub(r"\s+", " ", values[0])[:SHOWN] if values else "always empty"


def _quoted(name: str) -> str:
    return yaml.safe_dump(name, allow_unicode=True).splitlines()[0]
