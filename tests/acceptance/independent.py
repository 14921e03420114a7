"""A month counted again, straight from the raw export files, with csv, json and openpyxl only.

Shares no code with the program: formats, rules and formulas are written here a second time, from the documents.
It reads only the demo's own export shapes; that is what it is compared on.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import openpyxl

CST = timezone(timedelta(hours=8))
WINDOW, SKEW = timedelta(hours=168), timedelta(minutes=10)


@dataclass
class Record:
    """One record of one channel, as the newest export tells it."""

    channel: str
    key: str  # account key
    id: str
    published: datetime
    title: str
    text: str
    original: bool | None = None
    repost_of: str = ""
    observations: list[tuple[datetime, dict[str, int | None]]] = field(default_factory=list)

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
        self.records: dict[str, Record] = {}
        self.bad_rows = 0
        for file in sorted(inbox.rglob("*")):
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
                    if any(n is not None and n < 0 for n in counts.values()):
                        raise ValueError("negative")
                    int(row["id"].strip())
                except (ValueError, KeyError, ArithmeticError):
                    self.bad_rows += 1
                    continue
                self._add(
                    Record(
                        "weibo", uid, row["id"].strip(), published, "", row["正文"],
                        original=row["是否原创"] == "True", repost_of=row.get("源微博id", "").strip(),
                        observations=[(received, counts)],
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
                    row["title"], row.get("content") or row.get("digest") or "",
                    original=row.get("copyright_stat") == 1 and row.get("copyright_type") == 1,
                    observations=[(received, counts)],
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
                    "wechat", biz, row["ID"], moment(str(row["发布时间"])), row["标题"], row.get("文章内容") or "",
                    original=row["是否原创"] == "原创",
                    observations=[(received, {"read": count(row["阅读"]), "like": count(row["点赞"]),
                                              "comment": count(row["留言"])})],
                )
            )  # fmt: skip

    def _jsonl(self, file: Path) -> None:
        for line in file.read_text("utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                self.bad_rows += 1
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
                        observations=[(datetime.fromtimestamp(row["crawl_time"], CST), counts)],
                    )
                )  # fmt: skip

    def _vendor(self, file: Path) -> None:
        """News apps: only the count of accepted records is compared, so only identity and time are read."""

    # ---- what the lists are made of -----------------------------------------------------------------------------

    def owner(self, record: Record) -> tuple[str, str] | None:
        """(account_id, unit_id) that owned the record's account at its own moment, or None."""
        for row in self._by_key().get((record.channel, record.key), []):
            start = moment(row["valid_from"]) if row["valid_from"] else None
            end = moment(row["valid_to"]) if row["valid_to"] else None
            if (start is None or start <= record.published) and (end is None or record.published < end):
                return row["account_id"], row["unit_id"]
        return None

    def _by_key(self) -> dict[tuple[str, str], list[dict[str, str]]]:
        if not hasattr(self, "_accounts_by_key"):
            self._accounts_by_key: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
            for row in self.accounts:
                self._accounts_by_key[row["platform"], row["account_key"]].append(row)
        return self._accounts_by_key

    def posts(self, month: str) -> dict[str, tuple[Record, str, str]]:
        """post_id → (record, account, unit) of the month's posts, by Shanghai time."""
        found = {}
        for record in self.records.values():
            if record.published.astimezone(CST).strftime("%Y-%m") == month and (owner := self.owner(record)):
                found[record.item_id] = (record, *owner)
        return found


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
