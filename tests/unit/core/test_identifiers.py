"""Weibo's short and numeric ids: groups of four base-62 characters are seven digits each, from the right."""

from __future__ import annotations

import pytest

from bangdan.core.identifiers import bid_of_mid, mid_of_bid, seconds_of_mid

# A published pair, and pairs worked by hand: 0-9 are 0-9, a-z are 10-35, A-Z are 36-61.
PAIRS = [
    ("z0JH2lOMb", "3501756485200075"),
    ("N00000001", "4900000000000001"),
    ("0", "0"),
    ("1", "1"),
    ("Z", "61"),
    ("10", "62"),
    ("ZZ", "3843"),
    ("FXsj", "9999999"),
    ("10000", "10000000"),
    ("1000Z", "10000061"),
    ("100000000", "100000000000000"),
]


@pytest.mark.parametrize(("bid", "mid"), PAIRS)
def test_each_id_proves_the_other(bid: str, mid: str) -> None:
    assert mid_of_bid(bid) == mid
    assert bid_of_mid(mid) == bid


@pytest.mark.parametrize("bid", ["", "-", "z0JH2lOM_", "z0 H2lOMb", "微博", "z0JH2lOMb\n", "GAk8"])
def test_what_holds_another_character_is_no_short_id(bid: str) -> None:
    assert mid_of_bid(bid) is None


def test_no_short_id_is_none() -> None:
    assert mid_of_bid("") is None


@pytest.mark.parametrize("digit", ["0", "9", "a", "z", "A", "Z"])
def test_a_character_has_its_place_in_the_alphabet(digit: str) -> None:
    alphabet = "0123456789" + "abcdefghijklmnopqrstuvwxyz" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert mid_of_bid(digit) == str(alphabet.index(digit))


@pytest.mark.parametrize(
    ("mid", "seconds"),
    # 4588888888888888 >> 22 = 1,094,076,368, and 515,483,463 s more
    [("4588888888888888", 1_609_559_831), ("3264543140610048", 1_293_811_200), ("3264543140610047", None),
     ("458888888888888", None), ("45888888888888880", None), ("４588888888888888", None), ("458888888888888x", None), ("", None)],
)  # fmt: skip
def test_an_id_of_sixteen_digits_holds_its_second_since_2011(mid: str, seconds: int | None) -> None:
    assert seconds_of_mid(mid) == seconds
