"""The stages of a month, in order, what each reads and writes, and the pool that they run in. Imports nothing of the program:
DAG, pipeline, backfills, lineage and tests read this one list.
"""

from __future__ import annotations

from typing import NamedTuple

# From loaded exports to the candidate of a release; a backfill runs each over its whole range.
BUILD = ("stage", "match", "score", "certainty", "present")

# The stages that stop a month, and the gate that each asks.
GATES = {"check_raw": "raw_exports", "check_facts": "post_facts", "check_ranking": "ranking"}

# What a month goes through once its exports are loaded. Then it is published, which is called by name.
MONTH = ("check_raw", *BUILD, "check_facts", "check_ranking")


class Step(NamedTuple):
    """What a step of a month does, for people, and the data sets that it reads and writes (data sets: see DATASETS)."""

    title: str  # in Chinese
    description: str
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()


# The layers of the data folder that steps hand on to each other.
DATASETS = {
    "inbox": "exports as they are delivered",
    "landing": "exports as received, each under its hash",
    "raw": "typed rows of the exports, with lineage and rejects",
    "staging": "posts, items and observations of a month's window",
    "evidence": "which item is a reprint of which post, and why",
    "marts": "facts, indicators and scores",
    "certainty": "intervals and tiers of the ranks",
    "candidate": "the ranking as it would be published, under contract",
    "release": "the published ranking of a month",
}

# Every step by its name, from the inbox to the release.
STEPS = {
    "land": Step("接收导出", "Copy new exports as received, each under its hash.", ("inbox",), ("landing",)),
    "load": Step("装载导出", "Read landed exports into typed rows; each row is accepted, rejected or a duplicate.", ("landing",), ("raw",)),
    "check_raw": Step("原始数据门", "First gate: the month's exports are there and plausible. Nothing is built where it refuses.", ("raw",)),
    "stage": Step("整理稿件", "Type, resolve and deduplicate posts and items of the month's window.", ("raw",), ("staging",)),
    "match": Step("匹配转载", "Decide which item is a reprint of which post, and keep the evidence.", ("staging",), ("evidence",)),
    "score": Step("计算得分", "From evidence to indicators and scores of accounts and units.", ("staging", "evidence"), ("marts",)),
    "certainty": Step("估计区间", "Intervals and tiers of each rank, by resampling the month's posts.", ("marts",), ("certainty",)),
    "present": Step("生成候选", "The ranking as it would be published, the review lists, the frames of the gates.", ("marts", "certainty"), ("candidate",)),
    "check_facts": Step("稿件事实门", "Second gate: the post facts are whole.", ("marts",)),
    "check_ranking": Step("榜单门", "Third gate: the ranking may be published.", ("candidate",)),
    "publish": Step("发布榜单", "Write, verify and swap in the release. The same data again make no new one.", ("candidate",), ("release",)),
}  # fmt: skip


def warehouse_pool(city: str) -> str:
    """Airflow's pool of the tasks that hold a city's warehouse, by the city's name; empty where there is one city only."""
    return f"warehouse_{city}" if city else "warehouse"
