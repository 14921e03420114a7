"""Listings of accounts, outlets and topics of a release of the synthetic city, counted again from its tables."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangdan.publication.pages import listings
from tests.support import html_tables

D = Decimal
Row = dict[str, Any]


@pytest.fixture(scope="module")
def folder(city: Path) -> Path:
    return city / "releases/2021-08/r1"


def table(folder: Path, name: str) -> list[Row]:
    return pq.read_table(folder / "tables" / f"{name}.parquet").to_pylist()


def lines(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / name).read_text("utf-8-sig"))))


def test_ranks_of_accounts_are_those_of_an_independent_count(folder: Path) -> None:
    scores: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    rounded = {}
    for row in table(folder, "account_scores"):
        for dimension in ("dissemination", "influence"):
            score = row[f"{dimension}_score"]
            if row["post_count"] and score is not None:
                value = score.quantize(D("0.01"), ROUND_HALF_UP)
                scores[row["platform"], dimension].append(value)
                rounded[row["account_id"], row["unit_id"], dimension] = value
    listed = lines(folder, "accounts.csv")
    assert len(listed) == len(table(folder, "account_scores")) > 300
    for row in listed:
        for dimension in ("dissemination", "influence"):
            value = rounded.get((row["account_id"], row["unit_id"], dimension))
            above = [score for score in scores[row["platform"], dimension] if value is not None and score > value]
            assert row[f"{dimension}_rank"] == ("" if value is None else str(1 + len(above)))


def test_reprints_of_outlets_add_up_to_those_of_the_units(folder: Path) -> None:
    pairs = {
        (row["outlet_id"], row["unit_id"], row["post_id"])
        for row in table(folder, "reprints")
        if row["is_counted"] and row["outlet_name"]
    }
    counted = Counter((outlet, unit) for outlet, unit, _ in pairs)
    assert {
        (row["outlet_id"], row["unit_id"]): int(row["reprint_count"]) for row in lines(folder, "outlets.csv")
    } == counted


def test_posts_of_a_topic_are_as_many_as_its_row_says(folder: Path) -> None:
    posts = Counter(row["theme_id"] for row in lines(folder, "topic_posts.csv"))
    assert posts == {row["theme_id"]: row["post_count"] for row in table(folder, "hot_topics")}


@pytest.mark.parametrize("language", ["", ".en"])
def test_pages_show_the_first_rows_of_their_files(folder: Path, language: str) -> None:
    name = {"": "unit_name", ".en": "unit_name_en"}[language]
    first = lines(folder, "accounts.csv")[0]
    [top, *_] = html_tables.read(folder / f"accounts{language}.html").rows("wechat")[1:]
    assert top[:6] == [
        first["dissemination_rank"], first["account_name"], first[name], first["influence_rank"],
        first["dissemination_score"], first["influence_score"],
    ]  # fmt: skip
    outlets = html_tables.read(folder / f"outlets{language}.html").rows("weibo")[1:]
    assert len(outlets) == 40
    assert [int(row[1]) for row in outlets] == sorted((int(row[1]) for row in outlets), reverse=True)
    topics = html_tables.read(folder / f"topics{language}.html")
    for topic in table(folder, "hot_topics"):
        assert len(topics.rows(topic["theme_id"], 0)) - 1 == topic["unit_count"]


def test_the_data_package_describes_the_listings(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    resources = {resource["path"]: resource for resource in package["resources"]}
    for name in listings.FILES:
        header = (folder / name).read_text("utf-8-sig").splitlines()[0]
        assert [field["name"] for field in resources[name]["schema"]["fields"]] == header.split(",")
        rows = lines(folder, name)
        keys = [tuple(row[column] for column in resources[name]["schema"]["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(keys) > 0
