"""The matcher's parameters: the values the method names, the day they hold, and a hash of all of them."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bangdan.core.errors import BangdanError
from bangdan.matching.parameters import Parameters, in_force
from tests.support.homes import PROJECT

SEED = PROJECT / "dbt_project" / "seeds" / "methodology" / "matching_parameters.csv"
# Method version 2021-01, as docs/methodology words it.
VALUES = {
    "gram_length": 16, "sketch_scale": 4, "short_text_chars": 300, "short_sketch_scale": 2,
    "max_families_per_gram": 20, "max_candidates": 16, "min_post_chars": 24, "min_run": 4, "family_containment": 0.8,
    "family_numbers_equal": 0.9, "min_matched_chars": 24, "min_containment": 0.5, "review_containment": 0.3,
    "min_body_chars": 8, "min_density": 0.4, "min_numbers_equal": 0.6, "many_numbers": 10, "many_numbers_equal": 0.75,
    "second_look_containment": 0.2, "second_look_gram": 8, "attribution_min_chars": 60, "a_containment": 0.6,
    "a_matched_chars": 60, "a_numbers_equal": 0.9, "b_matched_chars": 40, "digest_item_containment": 0.6,
    "skew_minutes": 10, "one_vote_chars": 150, "min_votes": 2, "long_run_chars": 48, "number_edge_chars": 16,
    "family_sketch_scale": 8, "max_posts_per_family_gram": 64, "family_shared_grams": 0.4, "family_length_share": 0.9,
    "rejected_containment": 0.1, "full_containment": 0.9, "summary_containment": 0.5, "min_alias_chars": 2,
}  # fmt: skip


def test_the_shipped_values_are_the_methods_and_hold_from_the_beginning_of_time() -> None:
    with SEED.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["parameter"]: float(row["value"]) for row in rows} == VALUES
    assert len(rows) == len(VALUES)
    assert {(row["valid_from"], row["valid_to"]) for row in rows} == {("0001-01-01", "")}
    assert all(row["reason"] for row in rows)


def test_each_value_is_read_into_the_field_of_its_name() -> None:
    result = in_force(PROJECT / "dbt_project" / "seeds", "2021-08-01")
    assert {field.name: getattr(result, field.name) for field in fields(result)} == VALUES


def seeds(folder: Path, **other: list[tuple[str, str, str]]) -> Path:
    """A seed folder; `other`: rows (value, valid_from, valid_to) of a parameter in place of the shipped one."""
    rows = [
        (name, value, begin, end)
        for name, whole in VALUES.items()
        for value, begin, end in other.get(name, [(str(whole), "0001-01-01", "")])
    ]
    file = folder / "methodology" / "matching_parameters.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ["parameter,value,valid_from,valid_to,reason", *(",".join((*row, "why")) for row in rows)]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize(
    ("on", "value"),
    [("2021-07-31", 10), ("2021-08-01", 20), ("2021-08-31", 20), ("2021-09-01", 30), ("9999-01-01", 30)],
)
def test_a_row_holds_from_its_first_day_to_the_day_before_its_last(tmp_path: Path, on: str, value: int) -> None:
    dated = [("10", "0001-01-01", "2021-08-01"), ("20", "2021-08-01", "2021-09-01"), ("30", "2021-09-01", "")]
    assert in_force(seeds(tmp_path, skew_minutes=dated), on).skew_minutes == value


@pytest.mark.parametrize(
    "rows", [[], [("ten", "0001-01-01", "")], [("", "0001-01-01", "")], [("10", "2021-09-01", "")]]
)
def test_a_missing_or_unreadable_value_is_named_with_its_day(tmp_path: Path, rows: list) -> None:
    with pytest.raises(BangdanError, match=r"skew_minutes on 2021-08-01") as error:
        in_force(seeds(tmp_path, skew_minutes=rows), "2021-08-01")
    assert error.value.remedy == "add a row for it, valid on that day"


@pytest.mark.parametrize("name", ["gram_length", "second_look_gram"])
def test_a_gram_has_4_8_16_or_32_characters(tmp_path: Path, name: str) -> None:
    for value in (4, 8, 16, 32):
        assert (
            getattr(in_force(seeds(tmp_path, **{name: [(str(value), "0001-01-01", "")]}), "2021-08-01"), name) == value
        )
    for value in (2, 12, 64):
        with pytest.raises(BangdanError, match=f"{name} {value}"):
            in_force(seeds(tmp_path, **{name: [(str(value), "0001-01-01", "")]}), "2021-08-01")


def test_the_hash_is_16_hex_digits_over_every_name_and_value() -> None:
    entry = in_force(PROJECT / "dbt_project" / "seeds", "2021-08-01")
    assert len(entry.hash) == 16
    assert int(entry.hash, 16) >= 0
    changed = [replace(entry, **{name.name: getattr(entry, name.name) * 2}).hash for name in fields(Parameters)]
    assert len({entry.hash, *changed}) == len(changed) + 1
    assert replace(entry).hash == entry.hash
