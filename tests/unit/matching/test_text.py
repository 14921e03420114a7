"""What two texts are compared by: letters and digits in one form, each text in its own stretch of one array."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from bangdan.matching.text import normalise


def compared(title: str | None, text: str | None) -> tuple[str, int]:
    result = normalise(pa.array([title]), pa.array([text]))
    return "".join(map(chr, result.chars)), int(result.title_chars[0])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("上海发布", "上海发布"),
        ("ABCxyz", "abcxyz"),
        ("ＡＢ１２", "ab12"),  # full width
        ("①²", "12"),  # one character for one
        ("㈱㍿", ""),  # signs (So), not letters
        ("ﬁ", "ﬁ"),  # a ligature would be two characters: it stays itself
        ("İ", "İ"),  # and so does a letter whose small form would be two
        ("臺灣總統", "台湾总统"),
        ("發佈會", "发布会"),
        ("8月10日，报告3例。", "8月10日报告3例"),
        ("一 二\n三\t四\u3000五", "一二三四五"),
        ("“一”、（二）！？—…·%￥+=", "一二"),
        ("一😀二❤️三", "一二三"),
        ("<p>一</p><br/>二<!-- 三 -->四", "一二四"),
        ('<a href="https://x.cn/abc">一</a>', "一"),
        ("一&nbsp;二&amp;三&lt;四&gt;五&quot;六&#8203;七", "一二三四五六七"),
        ("&copy", "copy"),
        ("1<2且3>2", "12且32"),  # no markup
        ("<" + "长" * 3 + ">", "长" * 3),
        ("<a" + "x" * 500 + ">一", "一"),
        ("<a" + "x" * 501 + ">一", "a" + "x" * 501 + "一"),
        ("é" + "ñ", "éñ"),
        ("가힣", "가힣"),
        ("𠀀", "𠀀"),  # beyond the basic plane
        ("\x00\x01\ud7ff", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_letters_and_digits_in_one_form_are_compared(text: str | None, wanted: str) -> None:
    assert compared("", text) == (wanted, 0)
    assert compared(text, None) == (wanted, len(wanted))


def test_the_title_stands_before_the_text_and_its_length_counts_comparable_characters() -> None:
    assert compared("标 题：1", "正文。") == ("标题1正文", 3)


def test_texts_lie_one_after_another_whatever_is_empty() -> None:
    result = normalise(pa.array(["甲", None, "", "丁！"]), pa.array(["乙丙", "", None, "戊"]))
    assert len(result) == 4
    assert result.starts.tolist() == [0, 3, 3, 3, 5]
    assert result.lengths.tolist() == [3, 0, 0, 2]
    assert result.title_chars.tolist() == [1, 0, 0, 1]
    assert result.owner.tolist() == [0, 0, 0, 3, 3]
    some = result.take(np.array([3, 1, 0]))
    assert "".join(map(chr, some.chars)) == "丁戊甲乙丙"
    assert (some.starts.tolist(), some.title_chars.tolist()) == ([0, 2, 2, 5], [1, 0, 1])


def test_slices_and_chunks_of_columns_read_like_whole_ones() -> None:
    titles, texts = pa.array(["略", "甲", "丙"]), pa.array(["去", "乙", "<b>丁"])
    wanted = normalise(pa.array(["甲", "丙"]), pa.array(["乙", "<b>丁"]))
    for entry in (
        normalise(titles.slice(1), texts.slice(1)),
        normalise(pa.chunked_array([["甲"], ["丙"]]), pa.chunked_array([["乙"], ["<b>丁"]])),
    ):
        assert entry.chars.tolist() == wanted.chars.tolist() == [ord(char) for char in "甲乙丙丁"]
        assert entry.starts.tolist() == wanted.starts.tolist() == [0, 2, 4]


def test_a_text_is_cut_at_200_000_characters() -> None:
    assert len(compared("", "长" * 200_000)[0]) == 200_000
    assert len(compared("", "长" * 200_001)[0]) == 200_000
    assert len(compared("", "a" * 200_003)[0]) == 200_000
    result = normalise(pa.array(["", ""]), pa.array(["长" * 200_005, "短"]))
    assert result.lengths.tolist() == [200_000, 1]


def test_no_texts_at_all() -> None:
    result = normalise(pa.array([], pa.string()), pa.array([], pa.string()))
    assert (len(result), result.starts.tolist()) == (0, [0])
