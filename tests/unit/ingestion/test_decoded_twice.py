"""Text that was decoded in a wrong encoding before it was saved is noticed; text of other languages is not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bangdan.ingestion.columns import decoded_twice

CHINESE = ["今天，全市开放的接种点增至三十二个。", "临海发布：明天有雨", "“十四五”规划的重点任务是什么"]
NO_CHARACTER = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
OTHERS = [
    "", "plain text", "今天开放接种点", "锛是一种元素的旧名", "Müller fährt nach Köln", "L’été à Genève, ça va", "联通", "価格の見直し", "涓涓细流，汇成江海",
    "🎉 今天", "naïve café – déjà vu",
]  # fmt: skip


def as_windows(data: bytes) -> str:
    """Bytes as Windows reads them; five that it has no character for stay what they are."""
    return "".join(bytes([byte]).decode("cp1252" if byte not in NO_CHARACTER else "latin-1") for byte in data)


@pytest.mark.parametrize("text", CHINESE)
@pytest.mark.parametrize("codec", ["latin-1", "gb18030", "windows"])
def test_utf8_that_was_read_in_another_encoding_is_noticed(text: str, codec: str) -> None:
    wrong = as_windows(text.encode()) if codec == "windows" else text.encode().decode(codec, "ignore")
    assert decoded_twice.is_decoded_twice(wrong)
    assert decoded_twice.mask(pa.array([text, wrong, None])).to_pylist() == [False, True, False]


@pytest.mark.parametrize("text", OTHERS + CHINESE)
def test_text_as_people_write_it_is_not(text: str) -> None:
    assert not decoded_twice.is_decoded_twice(text)
    assert decoded_twice.mask(pa.array([text])).to_pylist() == [False]


def test_only_the_first_characters_are_looked_at() -> None:
    wrong = CHINESE[0].encode().decode("latin-1")
    assert decoded_twice.mask(pa.array([wrong * 1000, "好" * 60 + wrong])).to_pylist() == [True, False]
