"""The rows of the pages beside the ranking: accounts within their platform, posts and outlets of hot topics, and which
outlet carries which unit. Each also is a CSV file of the release.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from bangdan.core.settings import Settings
from bangdan.core.warehouse import in_memory

Row = dict[str, Any]
READ = ("ranking", "account_scores", "posts", "reprints", "hot_topics")


class ListingFile(NamedTuple):
    """A CSV file of the release: the field of Listings that it holds, its titles, and the columns of its key."""

    field: str
    title: str
    title_en: str
    key: tuple[str, ...]


FILES = {
    "accounts.csv": ListingFile(
        "account_list", "账号榜：各平台账号的名次", "Accounts ranked within their platform", ("account_id", "unit_id")
    ),
    "topic_posts.csv": ListingFile("topic_posts", "热点话题的稿件", "Posts on hot topics", ("theme_id", "post_id")),
    "topic_outlets.csv": ListingFile(
        "topic_outlets", "转载热点话题的渠道", "Outlets that carried posts on hot topics", ("theme_id", "outlet_id")
    ),
    "outlets.csv": ListingFile(
        "outlet_units", "渠道转载各单位的次数", "Which outlet carried which unit", ("outlet_id", "unit_id")
    ),
}
# Columns that no published table has: Chinese, English.
LABELS = {
    "dissemination_rank": (
        "传播力名次（同一平台的账号之间）",
        "rank by dissemination among the accounts of the platform",
    ),
    "influence_rank": ("影响力名次（同一平台的账号之间）", "rank by influence among the accounts of the platform"),
    "theme_name": ("主题名称", "name of the theme"),
    "theme_name_en": ("主题英文名称", "name of the theme in English"),
}


class Listings(NamedTuple):
    """A table each, in its order; the queries of the same names say what a row is."""

    account_list: pa.Table
    topic_posts: pa.Table
    topic_outlets: pa.Table
    outlet_units: pa.Table


def of(settings: Settings, tables: Mapping[str, pa.Table]) -> Listings:
    """The listings of a release, from its tables."""
    folder = Path(__file__).with_name("queries")
    with in_memory(settings) as con:
        for name in READ:
            con.register(name, tables[name])
        return Listings(
            *(con.sql((folder / f"{name}.sql").read_text("utf-8")).to_arrow_table() for name in Listings._fields)
        )


def tables(listings: Listings) -> dict[str, pa.Table]:
    """File of the release → its rows."""
    return {name: getattr(listings, file.field) for name, file in FILES.items()}
