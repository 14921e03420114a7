"""How figures are written: percent, points, thousands, half up; and what nobody sees is not printed."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bangdan.core import formatting, rendering
from bangdan.publication.pages.names import unit_file


@pytest.mark.parametrize(
    ("share", "text"),
    [("0.592615", "59.3"), ("0.5925", "59.3"), ("0.59249", "59.2"), ("0.0005", "0.1"), ("0.00049", "0.0"), ("1", "100.0"), ("0", "0.0")],
)  # fmt: skip
def test_a_share_is_a_percentage_with_one_decimal_rounded_half_up(share: str, text: str) -> None:
    assert formatting.percent(D(share)) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [("7.2012", "7.2"), ("-7.2012", "7.2"), ("0.05", "0.1"), ("-0.05", "0.1"), ("0.0499", "0.0"), ("-3.25", "3.3"), ("0.25", "0.3")],
)  # fmt: skip
def test_percentage_points_have_one_decimal_and_no_sign(change: str, text: str) -> None:
    assert formatting.points(D(change)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("64.974183", "64.97"), ("1.005", "1.01"), ("1.015", "1.02"), ("0", "0.00"), ("-0.005", "-0.01"), ("7", "7.00")]
)  # fmt: skip
def test_a_score_has_two_decimals_rounded_half_up(value: str, text: str) -> None:
    assert formatting.two_decimals(D(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.005", "+1.01"), ("-1.005", "-1.01"), ("0.005", "+0.01"), ("0.0049", "0.00"), ("-0.005", "-0.01"), ("0", "0.00")],
)  # fmt: skip
def test_a_change_has_its_sign_unless_it_rounds_to_nothing(value: str, text: str) -> None:
    assert formatting.signed(D(value)) == text


@pytest.mark.parametrize(
    ("count", "text"), [(50586, "50,586"), (999, "999"), (1000, "1,000"), (0, "0"), (-1234, "-1,234")]
)
def test_counts_are_grouped_by_thousands(count: int, text: str) -> None:
    assert formatting.grouped(count) == text


def test_what_is_not_known_is_a_dash_and_not_zero() -> None:
    assert [
        formatting.percent(None),
        formatting.grouped(None),
        formatting.two_decimals(None),
        formatting.signed(None),
    ] == ["–"] * 4
    assert formatting.points(None) is None


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1499, "1 kB"), (999_499, "999 kB"), (1_000_000, "1.0 MB"), (12_340_000, "12.3 MB")],
)  # fmt: skip
def test_sizes_of_files(count: int, text: str) -> None:
    assert formatting.file_size(count) == text


UNSEEN = (
    0x00, 0x08, 0x0B, 0x0C, 0x0D, 0x1F, 0x7F, 0x80, 0x9F, 0xAD, 0x061C, 0x200B, 0x200C, 0x200E, 0x200F, 0x202A, 0x202E,
    0x2060, 0x2066, 0x2069, 0xFEFF, 0x034F, 0x1160, 0x180E, 0x200D, 0x2028, 0x2029, 0x206A, 0x3164, 0xFFA0, 0xFFF9, 0xE0041,
)  # fmt: skip
SEEN = (0x09, 0x0A, 0x20, 0x7E, 0xA0, 0xA9, 0x200A, 0x2010, 0x202F, 0x205F, 0x2070, 0xFE0F, 0x4E00)


@pytest.mark.parametrize("code", UNSEEN, ids=hex)
def test_characters_that_show_nothing_are_taken_out(code: int) -> None:
    assert formatting.visible(f"甲{chr(code)}乙") == "甲乙"


@pytest.mark.parametrize("code", SEEN, ids=hex)
def test_characters_that_show_or_join_stay(code: int) -> None:
    assert formatting.visible(f"甲{chr(code)}乙") == f"甲{chr(code)}乙"


def test_a_joiner_stays_between_emoji() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert formatting.visible(f"甲{family}\u200d乙") == f"甲{family}乙"


def test_no_text_is_an_empty_text() -> None:
    assert formatting.visible(None) == ""


@pytest.mark.parametrize(
    ("unit_id", "language", "page"),
    [
        ("310110", "zh", "units/310110.html"),
        ("310110", "en", "units/310110.en.html"),
        ("d-rsj_2", "zh", "units/d-rsj_2.html"),
        ("x" * 60, "zh", f"units/{'x' * 60}.html"),
        # printf '../x' | sha256sum; printf '市教委' | sha256sum
        ("../x", "zh", "units/u-d6b96a97d147daaa.html"),
        ("市教委", "en", "units/u-47c1b608dbf48847.en.html"),
    ],
)
def test_a_page_of_a_unit_has_a_safe_name(unit_id: str, language: str, page: str) -> None:
    assert unit_file(unit_id, language) == page


def test_names_that_are_too_long_are_hashed() -> None:
    assert unit_file("x" * 61, "zh").startswith("units/u-")


@pytest.mark.parametrize(
    ("template", "html"),
    [
        ("{{ markup }}", "&lt;b&gt;"),
        ("{{ turned }}", "甲乙"),
        ("{{ share | percent }} {{ n | grouped }} {{ x | two_decimals }} {{ x | signed }} {{ x | points }} {{ n | file_size }}", "50.0 1,234 1.50 +1.50 1.5 1 kB"),
        ("{{ '1.005' | signed_text }} {{ none | signed_text }}", "+1.01 –"),
        ("{{ '【人才资格互认】针对群众' | headline }}", "人才资格互认"),
    ],
)  # fmt: skip
def test_pages_escape_round_and_clean_every_value(template: str, html: str) -> None:
    made = rendering.environment().from_string(template)
    assert made.render(share=D("0.5"), n=1234, x=D("1.5"), none=None, markup="<b>", turned="甲\u202e\u200b乙") == html


def test_a_value_that_is_missing_in_a_page_is_an_error() -> None:
    with pytest.raises(Exception, match="is undefined"):
        rendering.environment().from_string("{{ forgotten }}").render()


def test_words_come_in_two_languages() -> None:
    assert (rendering.words("zh")["rank"], rendering.words("en")["rank"]) == ("名次", "Rank")
    assert (rendering.words("zh")["up"], rendering.words("en")["down"]) == ("上升", "down")
