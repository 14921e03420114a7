"""Names as they are typed without Chinese characters: pinyin without tones, and initials."""

from __future__ import annotations

from itertools import islice, product

from text_unidecode import unidecode

# Readings that names of places and offices have besides the library's, which has one of each character.
OTHER_READINGS = {
    "长": "zhang", "宁": "ning", "行": "hang", "重": "chong", "厦": "xia", "朝": "chao", "乐": "yue", "单": "shan", "解": "xie",
    "六": "lu", "藏": "zang", "莘": "shen", "浒": "xu", "蚌": "beng", "涡": "guo", "蔚": "yu", "查": "zha",
    "绿": "lv", "旅": "lv", "吕": "lv", "女": "nv",
}  # fmt: skip
MOST = 8  # spellings of one name


def spellings(name: str) -> list[str]:
    """The pinyin of a name and its initials, in lower case without spaces, for each of its readings: 闵行区 →
    minxingqu, mxq, minhangqu, mhq. Other characters stay; a name without Chinese characters has none.
    """
    if not any("\u3400" <= character <= "\u9fff" for character in name):
        return []
    of_each = [readings(character) for character in name.lower() if not character.isspace()]
    found = []
    for syllables in islice(product(*of_each), MOST):
        found += ["".join(syllables), "".join(syllable[:1] for syllable in syllables)]
    return list(dict.fromkeys(found))


def readings(character: str) -> list[str]:
    """The syllables that a Chinese character is read as; any other character is read as itself."""
    if not "\u3400" <= character <= "\u9fff":
        return [character]
    syllable = unidecode(character).strip().lower()
    return list(dict.fromkeys([syllable or character, OTHER_READINGS.get(character, syllable) or character]))
