"""A Chinese name is found by its pinyin and its initials, in every reading that names of places have."""

from __future__ import annotations

import pytest
from text_unidecode import unidecode

from bangdan.core import pinyin


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("杨浦区", ["yangpuqu", "ypq"]),
        ("闵行区", ["minxingqu", "mxq", "minhangqu", "mhq"]),
        ("厦门", ["shamen", "sm", "xiamen", "xm"]),
        ("市总工会", ["shizonggonghui", "szgh"]),
        ("浦东 New", ["pudongnew", "pdnew"]),
        ("12345热线", ["12345rexian", "12345rx"]),
        ("Xuhui District", []),
        ("", []),
    ],
)
def test_pinyin_and_initials_of_each_reading(name: str, spellings: list[str]) -> None:
    assert pinyin.spellings(name) == spellings


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("长宁区", "changningqu"), ("重庆市", "chongqingshi"), ("都江堰", "dujiangyan"), ("莘庄镇", "xinzhuangzhen"),
        ("朝阳区", "chaoyangqu"), ("市绿化局", "shilvhuaju"), ("市绿化局", "shiluhuaju"), ("六安", "luan"),
    ],
)  # fmt: skip
def test_readings_of_places_are_known(name: str, reading: str) -> None:
    assert reading in pinyin.spellings(name)


def test_every_other_reading_is_one_that_the_library_does_not_have() -> None:
    same = [
        character
        for character, reading in pinyin.OTHER_READINGS.items()
        if unidecode(character).strip().lower() == reading
    ]
    assert same == []


def test_a_name_of_many_readings_has_at_most_eight_spellings_of_each_kind() -> None:
    assert len(pinyin.spellings("长宁行重厦朝乐单")) <= 2 * pinyin.MOST
