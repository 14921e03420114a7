"""A mistyped name brings the ones that may have been meant."""

from __future__ import annotations

import pytest

from bangdan.core import suggestions

UNITS = [
    ("杨浦区", "Yangpu District"), ("黄浦区", "Huangpu District"), ("徐汇区", "Xuhui District"), ("市教委", "Education Commission"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("扬浦区", ["杨浦区", "黄浦区"]), ("yangpuqu", ["杨浦区"]), ("ypq", ["杨浦区"]), ("yangpo", ["杨浦区"]),
        ("徐会区", ["徐汇区"]), ("XH Q", ["徐汇区"]), ("Huangpu", ["黄浦区"]), ("教育委", ["市教委"]), ("Edukation Commission", ["市教委"]),
        ("qqq", []), ("", []),
    ],
)  # fmt: skip
def test_the_most_alike_come_first(wanted: str, meant: list[str]) -> None:
    result = suggestions.nearest(wanted, UNITS)
    assert result[: len(meant)] == meant
    assert bool(result) is bool(meant)


def test_at_most_three_are_named_and_nothing_where_none_is_alike() -> None:
    assert suggestions.nearest("甲乙", [(f"甲{letter}",) for letter in "abcde"]) == ["甲a", "甲b", "甲c"]
    assert suggestions.did_you_mean("甲c", [("甲a",), ("甲b",)]) == "did you mean 甲a or 甲b? "
    assert suggestions.did_you_mean("x", [("甲a",)]) == ""
