"""Normal forms of the names and keys of accounts and outlets: spellings of one name or key have one form."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from functools import lru_cache
from html import unescape
from urllib.parse import unquote

# Not shown, though Unicode does not file them under format characters: fillers, joiners, variation selectors, tags.
_NOT_SHOWN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_NOT_COMPARED = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})  # control, format, separators
_AT_ENDS = ".。·・"
# Characters in normal form that look like others: of other scripts than Latin, then of Han and kana. The macros
# `lookalike_characters` and `usual_characters` of dbt hold the same pairs.
_LOOKALIKES = "аеорсухіјѕһԁԛԝѵԍոսցօαοιυνκρτχϲϳɡɩʏᴏᴜᴠᴡᴢꜱɑвнкмтβημτζエカニハタトロー囗曰巳已士末戍戌"
_USUAL = "aeopcyxijshdqwvgnugoaoiuvkptxcjgiyouvwzsabhkmtbhmtz工力二八夕卜口一口日己己土未戊戊"
_TO_USUAL = str.maketrans(_LOOKALIKES, _USUAL)
_DEFAULT_PORT = re.compile(r":0*(80|443)?$")
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_AROUND = "\"'“”‘’<>()[]{}（）《》【】「」,;|\\"  # characters that no id or host begins or ends with
_UID = re.compile(r"(?:^|.*[/:])\+?([0-9]+)(?:\.0+)?")  # of a Weibo account, also as an address or a number in a table
_DECODINGS = 3  # a key that was encoded more often is nobody's
KEY_KINDS = {"weibo": "weibo_uid", "wechat": "wx_biz", "news_app": "app_id", "news_site": "domain"}


def normal_name(name: str) -> str:
    """The form in which names are compared.

    Each character by its single compatibility equivalent (NFKC), case folded; without blanks, control, format and
    other characters that are not shown; composed (NFC); without dots at the ends. The macro `normal_name` of dbt is the
    same function.
    """
    return unicodedata.normalize("NFC", "".join(map(_normal_character, name))).strip(_AT_ENDS)


def without_lookalikes(name: str) -> str:
    """A normal form with one character for all that look like it: names that look alike have one such form."""
    return name.translate(_TO_USUAL)


@lru_cache(maxsize=131_072)  # the accounts of a large export come again in every batch of it
def normal_key(key: str, kind: str | None) -> str | None:
    """The form of an account's key of a kind (`weibo_uid`, `wx_biz`, `domain`, `app_id`, `name`); None is a `name`.

    Keys are compared as names are, and: a WeChat key keeps its case and has its padding; a host loses scheme, path,
    www. and default port and is in IDNA; ids and hosts are decoded (percent signs, HTML entities), lose query, fragment
    and quotes or brackets around them, and letters that only look Latin are Latin where nothing but ASCII is left; a Weibo
    uid is digits without zeros in front. None for a host without a name; any other key of which nothing would be left
    stays as it is.
    """
    match kind:
        case "wx_biz":
            normal = _normal_biz(_decoded(key))
        case "domain":
            return _normal_host(_decoded(key)) or None
        case "app_id":
            normal = _normal_app_id(_decoded(key))
        case "weibo_uid":
            normal = _normal_uid(_decoded(key))
        case _:
            normal = normal_name(key)
    return normal or key


@lru_cache(maxsize=65_536)
def _normal_character(character: str) -> str:
    if unicodedata.category(character) in _NOT_COMPARED or _NOT_SHOWN.match(character):
        return ""
    equivalent = unicodedata.normalize("NFKC", character)
    character = equivalent if len(equivalent) == 1 else character
    folded = character.casefold()
    return folded if len(folded) == 1 else character.lower()[0]  # İ alone has a lower case of two characters


def _decoded(key: str) -> str:
    """The key without percent encoding and HTML entities, however often it was encoded."""
    for _time in range(_DECODINGS):
        plain = unquote(_ENTITY.sub(lambda entity: unescape(entity[0]), key))
        if plain == key:
            break
        key = plain
    return key


def _without_query(key: str) -> str:
    return re.split(r"[?#&]", key, maxsplit=1)[0]


def _latin_where_whole(key: str) -> str:
    """Latin letters for look-alikes, if the key is then ASCII; a name in another script stays what it is."""
    latin = without_lookalikes(key)
    return latin if latin.isascii() else key


def _normal_biz(key: str) -> str:
    """Base 64 of a number: case matters."""
    shown = "".join(character for character in key if _normal_character(character))
    bare = _without_query(unicodedata.normalize("NFKC", shown)).strip(_AROUND).rstrip(_AT_ENDS)
    try:
        number = b64decode(bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % 4), validate=True)
    except (Base64Error, ValueError):
        return bare
    return b64encode(number).decode("ascii") if number.isdigit() else bare


def _normal_app_id(key: str) -> str:
    return _without_query(_latin_where_whole(normal_name(key))).lstrip(_AROUND).rstrip("/" + _AT_ENDS + _AROUND)


def _normal_uid(key: str) -> str:
    uid = _normal_app_id(key)
    digits = _UID.fullmatch(uid)
    return (digits[1] if digits else uid).lstrip("0")


def _normal_host(key: str) -> str:
    name = normal_name(key).replace("。", ".").strip(_AROUND).split("://", 1)[-1]
    host = re.split(r"[/?#&\\]", re.sub(r"^(https?:)?/*", "", name), maxsplit=1)[0].rsplit("@", 1)[-1]
    host = re.sub(r"\.{2,}", ".", _DEFAULT_PORT.sub("", host).strip(_AT_ENDS + _AROUND))
    host = re.sub(r"^(www\.)+", "", _latin_where_whole(f"{host}.")).rstrip(".")
    try:
        return host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return host
