"""Spellings of one name or key have one normal form, and other names and keys keep theirs."""

from __future__ import annotations

import sys
import unicodedata

import duckdb
import pytest

from bangdan.core.normal_forms import normal_key, normal_name, without_lookalikes
from tests.support.models_in_memory import Project

KEYS = [
    ("app_id", "app-0001", ["App-0001", "ａｐｐ－０００１", "аpp-0001", "ap\u200bp-0001", "app-0001?a=1", "app-0001#top", " app-0001. ", "app-0001/", "app%2D0001", "app%252d0001", "app&#45;0001", "&#x61;pp-0001", "'app-0001'", "app-0001;", "app-0001%20", "(app-0001)"]),
    ("domain", "news.example.cn", ["https://WWW.News.Example.cn:443/a?b=1", "news.example.cn.", "ｎews。example。cn", "nеws.example.cn", "me@news.example.cn:80", "news%2Eexample.cn", "&#110;ews.example.cn", "http:news.example.cn", "http:///news.example.cn", "www.www.news.example.cn:0443", "news.example.cn:", "news..example.cn", "“news.example.cn”,", "//me:pw@news.example.cn/a"]),
    ("domain", "xn--efvy88h.cn", ["新闻.cn", "新\u00ad闻.CN", "www.新闻.cn."]),
    ("wx_biz", "MzAwMDAwMDAwMQ==", ["MzAwMDAwMDAwMQ", "MzAwMDAwMDAwMQ%3D%3D", "Mz\ufeffAwMDAwMDAwMQ==", "MzAwMDAwMDAwMQ==&scene=1", "MzAwMDAwMDAwMQ%253D%253D", "MzAwMDAwMDAwMQ&#61;&#61;"]),
    ("weibo_uid", "5200100000", ["５２００１０００００", "005200100000", "5200100000?from=feed", "5200100000.0", "+5200100000", "u/5200100000", "https://weibo.com/u/5200100000", "5200100000;"]),
    ("name", "甲发布", ["甲发布.", "甲\u00ad发布", "甲发\u200b布", "甲 发布", "\u202e甲发布", "甲发布\u0007"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "key", "spellings"), KEYS)
def test_spellings_of_a_key_are_one_key(kind: str, key: str, spellings: list[str]) -> None:
    assert {normal_key(spelling, kind) for spelling in [key, *spellings]} == {key}


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("app_id", ["app-0001", "app-0002", "app0001", "100%app", "a&b"]), ("domain", ["a.example.cn", "b.example.cn", "a.example.cn:8080", "россия.рф"]),
        ("wx_biz", ["MzAwMDAwMDAwMQ==", "MzAwMDAwMDAwMg==", "gh_Abc", "gh_abc"]), ("weibo_uid", ["1", "10", "100"]), ("name", ["甲发布", "乙发布", "甲发布2"]),
    ],
)  # fmt: skip
def test_different_keys_stay_different(kind: str, keys: list[str]) -> None:
    assert len({normal_key(key, kind) for key in keys}) == len(keys)


def test_a_host_without_a_name_is_no_key_and_another_key_is_kept_where_nothing_would_be_left() -> None:
    assert normal_key("www.", "domain") is None
    assert normal_key("...", "name") == "..."


def test_names_that_look_alike_have_one_form_without_lookalikes() -> None:
    assert without_lookalikes(normal_name("ВСоре 未来")) == without_lookalikes(normal_name("bcope末来"))
    assert without_lookalikes("甲发布") == "甲发布"


def test_the_macros_of_names_are_the_functions_of_names_for_every_character() -> None:
    project = Project()
    con = duckdb.connect()
    characters = [
        chr(code)
        for code in range(1, sys.maxunicode + 1)
        if not 0xD800 <= code <= 0xDFFF and unicodedata.category(chr(code)) != "Cn"
    ]
    con.execute("create table names as select unnest($1::varchar[]) as name", [characters])
    normal, alike = project.macro("normal_name", "name"), project.macro("without_lookalikes", "name")
    rows = con.execute(f"select name, {normal}, {alike} from names").fetchall()
    assert [row for row in rows if row[1:] != (normal_name(row[0]), without_lookalikes(row[0]))] == []


def test_the_macro_takes_names_of_several_characters_as_the_function_does() -> None:
    names = ["上海Ｎews（演示）.", "e\u0301cole", "ｶﾞｽ", "甲\u200b 发\u00ad布。", "", "Straße", "K\u212b"]
    con = duckdb.connect()
    con.execute("create table names as select unnest($1::varchar[]) as name", [names])
    rows = con.execute(f"select name, {Project().macro('normal_name', 'name')} from names").fetchall()
    assert rows == [(name, normal_name(name)) for name in names]
