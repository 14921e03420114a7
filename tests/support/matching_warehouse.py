"""A warehouse of a few posts and items: staging and raw with the columns the matching stage reads, and seeds to edit."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.matching import stage
from tests.support.homes import PROJECT

SCHEMA = """
create schema staging;
create schema registry;
create schema raw;
create table staging.stg_posts (
    post_id varchar, published_month varchar, account_id varchar, unit_id varchar, published_at timestamptz,
    published_at_local timestamp, url varchar, title varchar, text varchar, repost_of_post_id varchar
);
create table staging.stg_channel_items (
    item_id varchar, published_month varchar, channel_type varchar, outlet_id varchar, is_private boolean,
    unit_id varchar, published_at timestamptz, published_at_local timestamp, published_precision varchar,
    load_key varchar, source_row bigint, text_load_key varchar, text_source_row bigint, text_month varchar
);
create table registry.int_registry__source_names (account_id varchar, name varchar, valid_from date, valid_to date);
create table raw.records (
    load_key varchar, source_row bigint, month varchar, title varchar, text varchar, url varchar, repost_of_id varchar,
    source_name_raw varchar, source_url_raw varchar, parent_id varchar, root_id varchar, record_id varchar,
    channel_type varchar
);
"""
DECISIONS = "item_id,post_id,decision,guard,valid_from,valid_to,decided_by,decided_on,reason"


class Home(Settings):
    """A data home that brings seeds of its own."""

    @property
    def seeds(self) -> Path:
        return self.home / "seeds"


def make(home: Path) -> None:
    """A home with an empty warehouse and the shipped seeds."""
    world = World(home)
    world.settings.warehouse.parent.mkdir(parents=True)
    shutil.copytree(PROJECT / "dbt_project" / "seeds" / "methodology", world.settings.seeds / "methodology")
    world.decide()
    world.sql(SCHEMA)
    world.flush()


class World:
    """A warehouse that a test fills, and the evidence that the stage makes of it."""

    def __init__(self, home: Path) -> None:
        self.settings = Home(home, threads=1, memory_limit="500MB")
        self._rows = 0
        self._waiting: list[tuple[str, list | None]] = []

    def sql(self, statement: str, params: list | None = None) -> None:
        """Execute before the next run; opening a database costs more than what is done in it."""
        self._waiting.append((statement, params))

    def flush(self) -> None:
        if not self._waiting:
            return
        with duckdb.connect(str(self.settings.warehouse)) as con:
            con.execute("set TimeZone = 'Asia/Shanghai'")
            con.execute("set threads = 1")
            con.execute("begin")
            for statement, params in self._waiting:
                con.execute(statement, params)
            con.execute("commit")
        self._waiting = []

    def insert(self, table: str, **values: Any) -> None:
        places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        self.sql(f"insert into {table} ({', '.join(values)}) values ({places})", params=list(values.values()))

    def post(self, post_id: str, at: str, text: str, **other: Any) -> None:
        """A post at a Shanghai time."""
        values = {"account_id": "a1", "unit_id": "u1", "title": "", **other}
        self.insert(
            "staging.stg_posts", post_id=post_id, published_month=at[:7], published_at=f"{at}+08:00",
            published_at_local=at, text=text, **values,
        )  # fmt: skip

    def item(self, item_id: str, at: str | None, text: str, *, month: str | None = None, **other: Any) -> None:
        """An item at a Shanghai time, with its record in raw."""
        self._rows += 1
        here = {"channel_type", "outlet_id", "is_private", "unit_id", "published_precision"}
        month = month or (at or "")[:7]
        staged = {
            "channel_type": "news_app", "outlet_id": "news_app:o1", "is_private": False, "published_precision": "second",
            **{name: value for name, value in other.items() if name in here},
        }  # fmt: skip
        self.insert(
            "staging.stg_channel_items", item_id=item_id, published_month=month,
            published_at=f"{at}+08:00" if at else None, published_at_local=at, load_key="k1", source_row=self._rows,
            text_load_key="k1", text_source_row=self._rows, text_month=month, **staged,
        )  # fmt: skip
        identity = {"channel_type": staged["channel_type"], "record_id": item_id.removeprefix("weibo:")}
        recorded = {"title": "", **identity, **{name: value for name, value in other.items() if name not in here}}
        self.insert("raw.records", load_key="k1", source_row=self._rows, month=month, text=text, **recorded)

    def name(self, account_id: str, name: str, valid_from: str = "0001-01-01", valid_to: str = "9999-12-31") -> None:
        self.insert(
            "registry.int_registry__source_names",
            account_id=account_id,
            name=name,
            valid_from=valid_from,
            valid_to=valid_to,
        )

    def decide(self, *rows: tuple[str, str, str, str, str]) -> None:
        """Decisions of persons: (item_id, post_id, decision, valid_from, valid_to)."""
        file = self.settings.seeds / "corrections" / "match_decisions.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(DECISIONS.split(","))
            for item_id, post_id, decision, begin, end in rows:
                writer.writerow([item_id, post_id, decision, "guard", begin, end, "person", "2021-09-10", "reason"])

    def run(self, month: str = "2021-08") -> dict[str, Any]:
        self.flush()
        return stage.run(self.settings, Month.parse(month))

    def file(self, table: str, month: str = "2021-08") -> Path:
        return self.settings.evidence / table / f"month={month}" / "part-0.parquet"

    def rows(self, table: str = "matches", month: str = "2021-08") -> list[dict[str, Any]]:
        return pq.read_table(self.file(table, month), partitioning=None).to_pylist()

    def bytes(self, month: str = "2021-08") -> dict[str, bytes]:
        return {name: self.file(name, month).read_bytes() for name in ("matches", "rejected", "families")}

    def credited(self, month: str = "2021-08") -> dict[str, str]:
        """item_id → post_id of what counts."""
        self.run(month)
        return {row["item_id"]: row["post_id"] for row in self.rows(month=month) if row["is_counted"]}


def local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
