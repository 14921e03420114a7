"""Seeds read as files: rows, the rows in force on a day, hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core import seeds


def row(name: str, valid_from: str, valid_to: str = "") -> dict[str, str]:
    return {"name": name, "valid_from": valid_from, "valid_to": valid_to}


def test_rows_are_text_in_the_order_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "methodology").mkdir()
    (tmp_path / "methodology" / "themes.csv").write_text('theme,weight\nb,1\n"a,一",\n', "utf-8")
    assert seeds.rows(tmp_path, "methodology/themes") == [
        {"theme": "b", "weight": "1"},
        {"theme": "a,一", "weight": ""},
    ]


@pytest.mark.parametrize(
    ("day", "names"),
    [
        ("2020-12-31", ["always"]),
        ("2021-01-01", ["always", "january"]),
        ("2021-01-31", ["always", "january"]),
        ("2021-02-01", ["always"]),
        ("2021-03-01", ["always", "march"]),
    ],
)
def test_a_row_is_in_force_from_its_first_day_until_the_day_before_its_end(day: str, names: list[str]) -> None:
    rows = [row("march", "2021-03-01"), row("january", "2021-01-01", "2021-02-01"), row("always", "")]
    assert [entry["name"] for entry in seeds.in_force(rows, day)] == names


def test_the_later_begun_of_the_rows_in_force_is_the_last_and_equals_keep_their_order() -> None:
    rows = [row("new", "2021-05-01"), row("old b", "2020-01-01"), row("old a", "2020-01-01")]
    assert [entry["name"] for entry in seeds.in_force(rows, "2021-08-01")] == ["old b", "old a", "new"]
