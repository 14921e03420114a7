"""The methodology says the numbers that the seeds hold."""

from __future__ import annotations

import csv
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest

from tests.support.homes import PROJECT

SEEDS = PROJECT / "dbt_project" / "seeds" / "methodology"
PAGES = {name: (PROJECT / "docs" / "methodology" / name).read_text("utf-8") for name in ("README.md", "README.en.md")}


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("page", PAGES)
def test_weights_and_goalposts_are_those_of_the_method_in_force(page: str) -> None:
    values = [
        (float(weight), int(goalpost.replace(",", "")))
        for weight, goalpost in re.findall(r"\| (0?\.\d\d) \| ([\d,]+) \|", PAGES[page])
    ]
    wanted = [
        (float(row["weight"]), int(row["goalpost"]))
        for row in rows("method_indicators.csv")
        if row["method_version"] == "2021-01"
    ]
    assert values == wanted


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


@pytest.mark.parametrize("page", PAGES)
def test_the_worked_example_is_right(page: str) -> None:
    """Every number of the example follows from the seeds, with forty digits of precision."""
    method = [row for row in rows("method_indicators.csv") if row["method_version"] == "2021-01"]
    result = re.findall(r"\| ([\d,]+) \| (0\.\d{12}) \| (\d+\.\d{12}) \|", PAGES[page])
    assert len(result) == len(method)
    values = [int(value.replace(",", "")) for value, _term, _points in result]
    for row, value, (_value, said_term, said_points) in zip(method, values, result, strict=True):
        assert (Decimal(said_term), Decimal(said_points)) == points(row, value)
    goldens = re.findall(r"(?<![\d.])(\d\d\.\d{6})(?!\d)", PAGES[page])
    assert [Decimal(golden) for golden in goldens] == [
        *bases(method, values),
        *bases(method, [value // 2 for value in values]),
    ]
    bonus = 2 * term(25, 200) + 2 * term(3, 200)
    assert f"{bonus:.4f}" in PAGES[page]
    for base in bases(method, values):
        assert str((base + bonus).quantize(Decimal("0.01"), ROUND_HALF_UP)) in PAGES[page]


def term(value: int, goalpost: int) -> Decimal:
    with localcontext() as context:
        context.prec = 40
        return ((1 + Decimal(value)).ln() / (1 + Decimal(goalpost)).ln()).quantize(Decimal("1e-12"), ROUND_HALF_UP)


def points(row: dict[str, str], value: int) -> tuple[Decimal, Decimal]:
    """Term, and contribution in points."""
    result = term(value, int(row["goalpost"]))
    return result, 100 * Decimal(row["weight"]) * result


def bases(method: list[dict[str, str]], values: list[int]) -> list[Decimal]:
    """Base dissemination and influence, six decimals."""
    result = []
    for dimension in ("dissemination", "influence"):
        parts = [points(row, value)[1] for row, value in zip(method, values) if row["dimension"] == dimension]
        result.append(sum(parts, Decimal(0)).quantize(Decimal("0.000001"), ROUND_HALF_UP))
    return result
