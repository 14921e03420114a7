"""The methodology says the numbers that the seeds hold."""

from __future__ import annotations

import csv
import re

import pytest

from tests.conftest import PROJECT

SEEDS = PROJECT / "dbt_project" / "seeds" / "methodology"
PAGES = {name: (PROJECT / "docs" / "methodology" / name).read_text("utf-8") for name in ("README.md", "README.en.md")}


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("page", PAGES)
def test_weights_and_goalposts_are_those_of_the_method_in_force(page: str) -> None:
    told = [
        (float(weight), int(goalpost.replace(",", "")))
        for weight, goalpost in re.findall(r"\| (0?\.\d\d) \| ([\d,]+) \|", PAGES[page])
    ]
    wanted = [
        (float(row["weight"]), int(row["goalpost"]))
        for row in rows("method_indicators.csv")
        if row["method_version"] == "2021-01"
    ]
    assert told == wanted


@pytest.mark.parametrize("page", PAGES)
def test_parameters_stand_in_the_text(page: str) -> None:
    text = PAGES[page].replace(",", "")
    method = {
        row["parameter"]: row["value"] for row in rows("method_parameters.csv") if row["method_version"] == "2021-01"
    }
    for name in ("window_hours", "skew_minutes", "bonus_reference_posts", "bootstrap_replicates"):
        assert re.search(rf"\b{method[name]}\b", text), name
    matching = {row["parameter"]: row["value"] for row in rows("matching_parameters.csv")}
    for name in ("min_matched_chars", "max_families_per_gram", "min_body_chars", "attribution_min_chars"):
        assert re.search(rf"(?<!\d){matching[name]}(?!\d)", text), name
    for name in ("min_numbers_equal", "many_numbers_equal", "min_density"):
        assert f"{round(float(matching[name]) * 100)}" in text, name
