"""A month counted again, straight from the raw export files, with csv, json, openpyxl and OpenCC only.

Shares no code with the program: formats, rules and formulas are written here a second time, from the documents.
It reads only the demo's own export shapes; that is what it is compared on.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

import opencc
import openpyxl

CST = timezone(timedelta(hours=8))
WINDOW, SKEW = timedelta(hours=168), timedelta(minutes=10)


Values = tuple[int | None, int | None, int | None]  # reads (on Weibo views), likes, comments


class Observation(NamedTuple):
    """What a tool counted of a record at a moment."""

    at: datetime
    counts: dict[str, int | None]
    tool: str


@dataclass
class Record:
    """One record of one channel, as the first export that has it gives it."""

    channel: str
    key: str  # account key
    id: str
    published: datetime
    title: str
    text: str
    original: bool | None = None
    repost_of: str = ""
    source: str = ""  # whom it names
    source_url: str = ""
    url: str = ""
    observations: list[Observation] = field(default_factory=list)

    @property
    def item_id(self) -> str:
        return f"weibo:{self.id}" if self.channel == "weibo" else f"{self.channel}:{self.key}:{self.id}"


def count(text: object) -> int | None:
    """A count as a person reads it: 1.2万, 10万+ (at least 100,001), blank is unknown."""
    text = str(text if text is not None else "").strip().replace(",", "")
    if text in ("", "None", "null", "nan", "-"):
        return None
    capped, text = text.endswith("+"), text.rstrip("+")
    scale = {"万": 10_000, "亿": 100_000_000}.get(text[-1:], 1)
    number = int(Decimal(text.rstrip("万亿")) * scale)
    return number + 1 if capped and number in (100_000, 1_000_000) else number


def moment(text: str) -> datetime:
    """Shanghai local text → moment."""
    return datetime.fromisoformat(text.strip()).replace(tzinfo=CST)


class World:
    """Everything the inbox holds: the registry, and all records by item id."""

    def __init__(self, inbox: Path) -> None:
        self.units = self._table(inbox, "units")
        self.accounts = self._table(inbox, "accounts")
        self.outlets = {(row["channel_type"], row["account_key"]) for row in self._table(inbox, "channels")}
        self.records: dict[str, Record] = {}
        self.bad_rows: Counter[str] = Counter()  # by what is wrong with them
        self.rows = 0  # rows of records, good and bad
        seen: set[bytes] = set()
        for file in sorted(inbox.rglob("*")):
            # The same bytes delivered twice are one export.
            if not file.is_file() or file.read_bytes() in seen:
                continue
            seen.add(file.read_bytes())
            received = self._received(file, inbox)
            if file.parent.name != "" and "weibo_crawler" in file.parts and file.suffix == ".csv":
                self._weibo_crawler(file, received)
            elif file.suffix == ".xlsx" and "wechat" in str(file):
                self._exporter_xlsx(file, received)
            elif file.suffix == ".json" and file.name != "_delivery.json" and "wechat" in str(file):
                self._exporter_json(file, received)
            elif file.suffix == ".jsonl":
                self._jsonl(file)
            elif file.suffix == ".csv" and "registry" not in str(file):
                self._vendor(file)
        self._own: dict[str, tuple[str, str] | None] = {}

    @staticmethod
    def _table(inbox: Path, name: str) -> list[dict[str, str]]:
        (file,) = [f for f in inbox.rglob("*.csv") if "registry" in str(f) and name in f.name]
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    @staticmethod
    def _received(file: Path, inbox: Path) -> datetime | None:
        for folder in file.parents:
            note = folder / "_delivery.json"
            if note.exists():
                return datetime.fromisoformat(json.loads(note.read_text("utf-8"))["received_at"])
            if folder == inbox:
                return None
        return None

    def _add(self, new: Record) -> None:
        self.rows += 1
        known = self.records.setdefault(new.item_id, new)
        if known is not new:
            known.observations += new.observations

    def _weibo_crawler(self, file: Path, received: datetime | None) -> None:
        uid = re.findall(r"\d{5,12}", file.stem)[-1]
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            header = next(rows)
            for cells in rows:
                row = dict(zip(header, cells))
                try:
                    published = moment(row["完整日期"])
                    counts = {"like": count(row["点赞数"]), "comment": count(row["评论数"]), "read": None}
                    reposts = count(row["转发数"])
                    if any(n is not None and n < 0 for n in (*counts.values(), reposts)):
                        raise ValueError("COUNT_NEGATIVE")
                    int(row["id"].strip())
                except (ValueError, KeyError, ArithmeticError) as error:
                    self.bad_rows[str(error)] += 1
                    self.rows += 1
                    continue
                self._add(
                    Record(
                        "weibo", uid, row["id"].strip(), published, "", row["正文"],
                        original=row["是否原创"] == "True", repost_of=row.get("源微博id", "").strip(),
                        observations=[Observation(received, counts, "weibo_crawler")],
                    )
                )  # fmt: skip

    def _exporter_json(self, file: Path, received: datetime | None) -> None:
        for row in json.loads(file.read_text("utf-8")):
            counts = {
                "read": count(row.get("readNum")),
                "like": count(row.get("oldLikeNum")),
                "comment": count(row.get("commentNum")),
            }
            if counts["read"] == 0:  # the tool writes 0 where reading the metrics failed
                counts["read"] = None
            self._add(
                Record(
                    "wechat", row["fakeid"], row["aid"], datetime.fromtimestamp(row["update_time"], CST),
                    row["title"], row.get("content") or row.get("digest") or "", url=row["link"],
                    source_url=row.get("source_url") or "",
                    original=row.get("copyright_stat") == 1 and row.get("copyright_type") == 1,
                    observations=[Observation(received, counts, "exporter_json")],
                )
            )  # fmt: skip

    def _exporter_xlsx(self, file: Path, received: datetime | None) -> None:
        rows = openpyxl.load_workbook(file, read_only=True).worksheets[0].iter_rows(values_only=True)
        header = next(rows)
        for cells in rows:
            row = dict(zip(header, cells))
            biz = re.search(r"__biz=([^&#]+)", row["链接"])[1]
            self._add(
                Record(
                    "wechat", biz, row["ID"], moment(str(row["发布时间"])), row["标题"], row.get("文章内容") or "", url=row["链接"],
                    original=row["是否原创"] == "原创",
                    observations=[Observation(received, {"read": count(row["阅读"]), "like": count(row["点赞"]),
                                                         "comment": count(row["留言"])}, "exporter_xlsx")],
                )
            )  # fmt: skip

    def _jsonl(self, file: Path) -> None:
        for line in file.read_text("utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                self.bad_rows["JSON_BAD_LINE"] += 1
                self.rows += 1
                continue
            if "mblogid" in row:
                counts = {
                    "read": count(row.get("reads_count")),
                    "like": count(row["attitudes_count"]),
                    "comment": count(row["comments_count"]),
                }
                self._add(
                    Record(
                        "weibo", str(row["user"]["_id"]), str(row["_id"]), moment(row["created_at"]), "",
                        row["content"], original=not row["is_retweet"], repost_of=str(row.get("retweet_id") or ""),
                        observations=[Observation(datetime.fromtimestamp(row["crawl_time"], CST), counts, "weibo_spider")],
                    )
                )  # fmt: skip

            else:
                counts = {
                    "read": count(row["read_num"]),
                    "like": count(row["like_num"]),
                    "comment": count(row["comment_num"]),
                }
                self._add(
                    Record(
                        "news_site", row["host"], row["url"], moment(row["publish_time"]), row["title"], row["content"],
                        source=row["source"], source_url=row["source_url"], url=row["url"],
                        observations=[Observation(moment(row["crawl_time"]), counts, "news_crawler")],
                    )
                )  # fmt: skip

    def _vendor(self, file: Path) -> None:
        for row in csv.DictReader(io.StringIO(file.read_bytes().decode("gb18030"))):
            counts = {"read": count(row["阅读数"]), "like": count(row["点赞数"]), "comment": count(row["评论数"])}
            self._add(
                Record(
                    "news_app", row["媒体ID"], row["链接"], moment(row["发布时间"]), row["标题"], row["正文"],
                    source=row["来源"], source_url=row["来源链接"], url=row["链接"],
                    observations=[Observation(moment(row["采集时间"]), counts, "vendor")],
                )
            )  # fmt: skip

    # ---- what the lists are made of -----------------------------------------------------------------------------

    def owner(self, record: Record) -> tuple[str, str] | None:
        """(account_id, unit_id) that owned the record's account at its own moment, or None."""
        for row in self._by_key().get((record.channel, record.key), []):
            start = moment(row["valid_from"]) if row["valid_from"] else None
            end = moment(row["valid_to"]) if row["valid_to"] else None
            if (start is None or start <= record.published) and (end is None or record.published < end):
                return row["account_id"], row["unit_id"]
        return None

    def unit_of(self, record: Record) -> str | None:
        """The ranked unit that owned the record's account at its moment."""
        if record.item_id not in self._own:
            self._own[record.item_id] = self.owner(record)
        own = self._own[record.item_id]
        return own[1] if own and own[1] in {row["unit_id"] for row in self.units if row["ranking_list"]} else None

    def _by_key(self) -> dict[tuple[str, str], list[dict[str, str]]]:
        if not hasattr(self, "_accounts_by_key"):
            self._accounts_by_key: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
            for row in self.accounts:
                self._accounts_by_key[row["platform"], row["account_key"]].append(row)
        return self._accounts_by_key

    def posts(self, month: str) -> dict[str, tuple[Record, str, str]]:
        """post_id → (record, account, unit) of the month's posts, by Shanghai time."""
        result = {}
        for record in self.records.values():
            if record.published.astimezone(CST).strftime("%Y-%m") == month and (owner := self.owner(record)):
                result[record.item_id] = (record, *owner)
        return result


# ---- which item is a reprint, read a second time: links, and long passages in common -----------------------------------

CLOSED = ("news_app", "news_site")
PASSAGE, LEAST, SHARE = 16, 40, 0.5  # characters of a passage, characters in common, share of post or item
_t2s = opencc.OpenCC("t2s")


@dataclass
class Reprint:
    """One item that carries one post."""

    post_id: str
    unit: str
    channel: str
    outlet: str
    at: datetime
    read: int | None
    like: int | None
    comment: int | None


def plain(text: str) -> str:
    """Letters and digits, simplified and small."""
    return "".join(c for c in _t2s.convert(unicodedata.normalize("NFKC", text).lower()) if c.isalnum())


def numbers(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+", text))


class Matcher:
    """Posts of a month and the three before, found again in items by link or by passages of 16 characters."""

    def __init__(self, world: World, months: list[str]) -> None:
        self.world = world
        self.posts = {post_id: post for month in months for post_id, post in world.posts(month).items()}
        self.texts = {i: plain(r.title + r.text) for i, (r, _a, _u) in self.posts.items() if not r.repost_of}
        self.by_url = {r.url: i for i, (r, _a, _u) in self.posts.items() if r.url}
        self.passages: dict[str, set[str]] = defaultdict(set)
        for post_id, text in self.texts.items():
            for at in range(len(text) - PASSAGE + 1):
                self.passages[text[at : at + PASSAGE]].add(post_id)
        self.names: dict[str, set[str]] = defaultdict(set)
        for row in world.accounts:
            self.names[row["account_name"]].add(row["account_id"])

    def post_of(self, item: Record) -> str | None:
        """The post that an item carries: by link; else of those whose text it shares the one it names; else the earliest."""
        if item.repost_of and f"weibo:{item.repost_of}" in self.posts:
            return f"weibo:{item.repost_of}"
        if item.source_url in self.by_url:
            return self.by_url[item.source_url]
        alike = [post_id for post_id in self._alike(item) if self.posts[post_id][0].published - SKEW <= item.published]
        named = set(self.names.get(item.source, ())).union(
            *(self.names.get(name, ()) for name in re.findall(r"来源[：:]\s*@?([^\s）)]+)", _t2s.convert(item.text)))
        )
        message = [post_id for post_id in alike if self.posts[post_id][1] in named]
        return min(message or alike, key=lambda post_id: (self.posts[post_id][0].published, post_id), default=None)

    def _alike(self, item: Record) -> list[str]:
        text = plain(item.title + item.text)
        covered: dict[str, set[int]] = defaultdict(set)
        for at in range(len(text) - PASSAGE + 1):
            for post_id in self.passages.get(text[at : at + PASSAGE], ()):
                covered[post_id].update(range(at, at + PASSAGE))
        result = []
        for post_id, places in covered.items():
            ours, theirs = numbers(self.texts[post_id]), numbers(text)
            fewer = min(ours.total(), theirs.total())
            # Two days of one bulletin differ in their numbers alone.
            is_another_day = fewer > 0 and (ours & theirs).total() < (0.75 if fewer >= 10 else 0.6) * fewer
            share = max(len(places) / len(self.texts[post_id]), len(places) / len(text))
            if len(places) >= LEAST and share >= SHARE and not is_another_day:
                result.append(post_id)
        return result


def values_of(item: Record) -> Values:
    """METHOD: of each tool the latest observation not later than 168 h after the item, else the earliest later one; of
    tools that are equally strong, as all are that the demo has of one record, the larger count.
    """
    known = [
        entry for entry in item.observations if any(value is not None for value in entry.counts.values())
    ] or item.observations
    within = [entry for entry in known if entry.at <= item.published + WINDOW]
    newest: dict[str, Observation] = {}
    for entry in sorted(within or known, key=lambda entry: entry.at, reverse=not within):
        newest[entry.tool] = entry
    values = {name: [entry.counts[name] for entry in newest.values()] for name in ("read", "like", "comment")}
    read, like, comment = (max((v for v in values[name] if v is not None), default=None) for name in values)
    return read, like, comment


def reprints(world: World, month: str, before: list[str]) -> list[Reprint]:
    """The month's counted reprints from nothing but the files; `before`: months whose posts may be the origin."""
    matcher, own = Matcher(world, [*before, month]), world.posts(month)
    times = [post.published for post, _account, _unit in own.values()]
    first, last = min(times) - SKEW, max(times) + WINDOW
    result = []
    for item in world.records.values():
        if not first <= item.published <= last:
            continue
        # Where the registry is closed, an outlet that nobody registered counts nowhere.
        if item.channel in CLOSED and (item.channel, item.key) not in world.outlets:
            continue
        # Own accounts and other ranked units are shown beside, not counted.
        if world.unit_of(item) is None and (post_id := matcher.post_of(item)) in own:
            post, _account, unit = own[post_id]
            if post.published - SKEW <= item.published <= post.published + WINDOW:
                result.append(Reprint(post_id, unit, item.channel, item.key, item.published, *values_of(item)))
    return result


def indicators(result: list[Reprint]) -> dict[str, Counter[str]]:
    """Per unit: distinct (post, outlet) by channel, and per metric the sum of each pair's largest value."""
    pairs: dict[tuple[str, str, str, str], list[Reprint]] = defaultdict(list)
    for entry in result:
        pairs[entry.unit, entry.post_id, entry.channel, entry.outlet].append(entry)
    units: dict[str, Counter[str]] = defaultdict(Counter)
    for (unit, _post, channel, _outlet), items in pairs.items():
        units[unit][channel] += 1
        for metric in ("read", "like", "comment"):
            units[unit][metric] += max(
                (value for entry in items if (value := getattr(entry, metric)) is not None), default=0
            )
    return units


def L(x: float) -> float:
    return math.log(1 + x)


DISSEMINATION = {"news_app": (".30", 2_000), "news_site": (".30", 1_500), "wechat": (".25", 20_000), "weibo": (".15", 50_000)}  # fmt: skip
INFLUENCE = {"read": (".60", 20_000_000), "like": (".20", 200_000), "comment": (".20", 40_000)}


def base_score(values: dict[str, int], index: dict[str, tuple[str, int]]) -> Decimal:
    """METHOD: 100 · Σ w · min(1, L(x)/L(goal)), each term rounded to 12 decimals."""
    total = Decimal(0)
    for name, (weight, goal) in index.items():
        term = Decimal(min(1.0, L(values.get(name) or 0) / L(goal))).quantize(Decimal("1e-12"), ROUND_HALF_UP)
        total += Decimal(weight) * term
    return 100 * total


def ranks(scores: dict[str, Decimal]) -> dict[str, int]:
    """1, 2, 2, 4."""
    return {unit: 1 + sum(other > score for other in scores.values()) for unit, score in scores.items()}
