"""Posts of a ranking month: method in force, corrections, originality, themes and subjects."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.models_in_memory import METRICS, Town

AUGUST = {"ranking_month": "2021-08", "month_start": "2021-08-01", "month_end": "2021-09-01"}


def post(post_id: str = "p", **more: Any) -> dict[str, Any]:
    """A post as staging leaves it."""
    return {
        "post_id": post_id, "published_month": "2021-08", "platform": "wechat", "account_id": "a", "unit_id": "u", "is_unowned": False,
        "is_repost": False, "is_deleted": False, "published_at_local": "2021-08-10 12:00:00", "published_precision": "second", **more,
    }  # fmt: skip


def attributed(town: Town, *posts: dict[str, Any]) -> list[dict[str, Any]]:
    town.put("staging.stg_posts", *posts)
    town.make("int_months", "int_posts__attributed")
    return town.table("select * from intermediate.int_posts__attributed order by ranking_month, post_id")


# ---- the months in hand and their method ----------------------------------------------------------------------------


def test_each_month_in_hand_has_its_days_and_its_method(town: Town) -> None:
    town.first, town.last = "2020-11", "2021-02"
    town.build("int_months")
    rows = town.ask(
        "select ranking_month, month_start::date::varchar, month_end::date::varchar from intermediate.int_months order by 1"
    )
    assert rows == [
        ("2020-11", "2020-11-01", "2020-12-01"), ("2020-12", "2020-12-01", "2021-01-01"),
        ("2021-01", "2021-01-01", "2021-02-01"), ("2021-02", "2021-02-01", "2021-03-01"),
    ]  # fmt: skip
    columns = "method_version, window_hours, skew_minutes, bonus_per_theme, bonus_reference_posts, bonus_transformation, bonus_ceiling"
    rows = town.ask(f"select distinct {columns}, count_self, count_sibling from intermediate.int_months")
    assert rows == [("2021-01", 168, 10, Decimal(2), 200, "log", Decimal(5), 0, 0)]


VERSIONS = [
    (None, None, False), ("2021-08-01", None, True), ("2021-08-02", None, False), ("2021-01-01", "2021-08-01", False),
    ("2021-01-01", "2021-08-02", True), ("2021-01-01", None, True), ("2021-09-01", None, False),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "end", "is_in_force"), VERSIONS)
def test_a_method_is_in_force_in_a_month_whose_first_day_it_holds(
    town: Town, begin: str | None, end: str | None, is_in_force: bool
) -> None:
    town.con.execute("delete from seeds.method_versions where method_version = '2021-01'")
    town.add("seeds.method_versions", {"method_version": "2021-01", "valid_from": begin, "valid_to": end})
    town.build("int_months")
    assert town.ask("select method_version from intermediate.int_months") == ([("2021-01",)] if is_in_force else [])


def test_a_method_on_trial_holds_in_every_month_that_is_asked_for(town: Town) -> None:
    town.build("int_months", method_version="trial-even")
    assert town.ask("select ranking_month, method_version from intermediate.int_months") == [("2021-08", "trial-even")]


# ---- corrections ----------------------------------------------------------------------------------------------------

CORRECTIONS = {
    "on the month's first day": ("2021-08-01", None, True),
    "on its last day": ("2021-08-31", None, True),
    "on the first day after it": ("2021-09-01", None, False),
    "long before, for good": ("2021-01-01", None, True),
    "long before, until the month's first day": ("2021-01-01", "2021-08-01", False),
    "long before, until the month's second day": ("2021-01-01", "2021-08-02", True),
    "in the month, until its end": ("2021-08-05", "2021-09-01", True),
    "nobody knows when, until the first day": (None, "2021-08-01", False),
    "nobody knows when": (None, None, True),
}


@pytest.mark.parametrize("begun", CORRECTIONS)
def test_a_correction_is_in_force_in_every_month_that_it_touches(town: Town, begun: str) -> None:
    """Its begin is its first day, its end the first day on which it no longer holds."""
    begin, end, is_in_force = CORRECTIONS[begun]
    town.put("seeds.post_corrections", {"post_id": "p", "action": "withdraw", "valid_from": begin, "valid_to": end})
    result = attributed(town, post("p"), post("q"))
    assert [(row["post_id"], row["is_withdrawn"], row["is_counted"]) for row in result] == [
        ("p", is_in_force, not is_in_force), ("q", False, True),
    ]  # fmt: skip


def test_a_correction_holds_in_its_own_months_only(town: Town) -> None:
    town.first, town.last = "2021-07", "2021-09"
    town.put(
        "seeds.post_corrections",
        {"post_id": "p8", "action": "withdraw", "valid_from": "2021-07-01", "valid_to": "2021-08-01"},
    )
    town.add(
        "seeds.post_corrections",
        {"post_id": "p7", "action": "withdraw", "valid_from": "2021-07-01", "valid_to": "2021-08-01"},
    )
    result = attributed(town, post("p7", published_month="2021-07"), post("p8"), post("p9", published_month="2021-09"))
    assert [(row["ranking_month"], row["is_withdrawn"]) for row in result] == [
        ("2021-07", True),
        ("2021-08", False),
        ("2021-09", False),
    ]


@pytest.mark.parametrize(("is_unowned", "is_withdrawn", "is_counted"), [(0, 0, 1), (1, 0, 0), (0, 1, 0), (1, 1, 0)])
def test_a_post_counts_that_is_owned_and_not_withdrawn(
    town: Town, is_unowned: int, is_withdrawn: int, is_counted: int
) -> None:
    if is_withdrawn:
        town.put("seeds.post_corrections", {"post_id": "p", "action": "withdraw", "valid_from": "2021-08-01"})
    (row,) = attributed(town, post(is_unowned=bool(is_unowned), unit_id=None if is_unowned else "u"))
    result = (row["is_quarantined"], row["is_withdrawn"], row["is_counted"])
    assert result == (bool(is_unowned), bool(is_withdrawn), bool(is_counted))


def test_only_posts_of_the_months_in_hand_are_there(town: Town) -> None:
    months = ("2021-07", "2021-08", "2021-09")
    result = attributed(town, *(post(month, published_month=month) for month in months))
    assert [row["post_id"] for row in result] == ["2021-08"]


# ---- families and originality ---------------------------------------------------------------------------------------

ORIGINALITY: dict[str, tuple[dict[str, Any], dict[str, Any] | None, tuple[bool, bool, bool]]] = {
    # post, its row among the families → is_original, by link, by text
    "a post that nothing resembles": ({}, None, (True, True, True)),
    "a repost": ({"is_repost": True}, None, (False, False, False)),
    "the earliest of a family": ({}, {"is_origin": True, "origin_unit_id": "u"}, (True, True, True)),
    "a later one of another unit's family": ({}, {"is_origin": False, "origin_unit_id": "w"}, (False, True, False)),
    "a later one of the own unit's family": ({}, {"is_origin": False, "origin_unit_id": "u"}, (True, True, True)),
    "a later one of nobody's family": ({}, {"is_origin": False, "origin_unit_id": None}, (False, True, False)),
    "nobody's later one of nobody's family": ({"unit_id": None}, {"is_origin": False, "origin_unit_id": None}, (True, True, True)),
    "a copy of an outlet's earlier text": (
        {}, {"is_origin": True, "origin_unit_id": "u", "earlier_item_id": "i"}, (False, True, False),
    ),
    "a copy that the platform calls original": (
        {"is_original_flag": True}, {"is_origin": False, "origin_unit_id": "w", "earlier_item_id": "i"}, (True, True, False),
    ),
    "a repost that the platform calls original": ({"is_original_flag": True, "is_repost": True}, None, (True, False, False)),
    "a text of its own that the platform does not call original": ({"is_original_flag": False}, None, (False, True, True)),
}  # fmt: skip


@pytest.mark.parametrize("case", ORIGINALITY)
def test_the_platforms_flag_decides_originality_and_else_link_and_text_do(town: Town, case: str) -> None:
    more, family, wanted = ORIGINALITY[case]
    if family is not None:
        town.put("evidence.families", {"post_id": "p", "month": "2021-08", "family_id": "f", **family})
    (row,) = attributed(town, post(**more))
    assert (row["is_original"], row["is_original_by_link"], row["is_original_by_text"]) == wanted
    assert row["is_original_flag"] == more.get("is_original_flag")


def test_a_post_without_family_is_its_own_and_families_of_another_month_are_not_its(town: Town) -> None:
    town.put(
        "evidence.families",
        {
            "post_id": "p",
            "month": "2021-08",
            "family_id": "f",
            "is_origin": False,
            "origin_unit_id": "w",
            "earlier_item_id": "i",
        },
        {"post_id": "q", "month": "2021-09", "family_id": "g", "is_origin": False, "origin_unit_id": "w"},
    )
    result = attributed(town, post("p"), post("q"))
    columns = ("family_id", "is_family_origin", "origin_unit_id", "earlier_item_id")
    assert [tuple(row[name] for name in columns) for row in result] == [("f", False, "w", "i"), ("q", True, None, None)]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("value", "qualifier", "counted"),
    [(0, "zero_suspect", None), (0, "exact", 0), (100_001, "floor", 100_001), (None, "missing", None)],
)
def test_a_suspect_zero_is_missing_and_a_zero_is_zero(
    town: Town, metric: str, value: int | None, qualifier: str, counted: int | None
) -> None:
    others = {f"{name}_count": n for n, name in enumerate(METRICS, 1)} | {
        f"{name}_count_qualifier": "exact" for name in METRICS
    }
    (row,) = attributed(town, post(**others | {f"{metric}_count": value, f"{metric}_count_qualifier": qualifier}))
    assert (row[f"{metric}_count"], row[f"{metric}_count_qualifier"]) == (counted, qualifier)
    assert {name: row[name] for name in others if not name.startswith(metric)} == {
        name: result for name, result in others.items() if not name.startswith(metric)
    }


def test_a_post_keeps_what_staging_says_of_it(town: Town) -> None:
    given = {
        "platform": "weibo", "account_id": "b", "unit_id": "w", "published_precision": "minute", "url": "https://x/", "title": "题",
        "text": "文", "topics": ["话题"], "is_repost": True, "is_deleted": True, "position": 3, "original_evidence": "flag",
        "export_sha256": "s", "source_row": 7,
    }  # fmt: skip
    (row,) = attributed(town, post(**given))
    assert {name: row[name] for name in given} == given
    assert row["published_at_local"] == datetime(2021, 8, 10, 12)  # noqa: DTZ001


# ---- themes, sub-topics, subjects -----------------------------------------------------------------------------------


@pytest.fixture
def themes(town: Town) -> Town:
    """Theme `t` with terms 疫情防控, 健康码 (ABC is one too), the hashtag 科学防疫, and 非洲猪瘟 to exclude."""
    long = {"valid_from": "2020-01-01"}
    town.put("seeds.themes", {"theme_id": "t", **long}, {"theme_id": "t2", **long})
    town.put(
        "seeds.theme_terms",
        *(
            {"theme_id": "t", "term": term, "kind": kind, **long}
            for term, kind in (
                ("疫情防控", "include"), ("健康码", "include"), ("ABC", "include"), ("科学防疫", "hashtag"), ("非洲猪瘟", "exclude"),
            )
        ),
        {"theme_id": "t2", "term": "健康码", "kind": "include", **long},
    )  # fmt: skip
    town.put(
        "seeds.subtopic_terms", {"theme_id": "t", "subtopic_id": "s1", "term": "接种点", **long},
        {"theme_id": "t", "subtopic_id": "s1", "term": "接种车", **long}, {"theme_id": "t", "subtopic_id": "s2", "term": "辟谣", **long},
        {"theme_id": "t2", "subtopic_id": "s3", "term": "消杀", **long},
    )  # fmt: skip
    town.put(
        "seeds.subject_terms", {"subject_id": "medical", "term": "门诊", "kind": "include", **long},
        {"subject_id": "medical", "term": "就医", "kind": "include", **long}, {"subject_id": "medical", "term": "动物门诊", "kind": "exclude", **long},
        {"subject_id": "school", "term": "学校", "kind": "include", **long},
    )  # fmt: skip
    return town


def themed(town: Town, *posts: dict[str, Any]) -> set[tuple[Any, ...]]:
    attributed(town, *posts)
    town.make("int_posts__words", "int_posts__themed", "int_posts__subjects")
    rows = town.ask("select post_id, theme_id, subtopic_id from intermediate.int_posts__themed")
    assert len(rows) == len(set(rows))
    return {row[1:] for row in rows} if len(posts) == 1 else set(rows)


THEMED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a term in the text": ({"text": "做好疫情防控工作"}, {"t"}),
    "a term in the title": ({"title": "疫情防控"}, {"t"}),
    "no term": ({"title": "天气", "text": "晴"}, set()),
    "no text at all": ({"title": None, "text": None, "topics": None}, set()),
    "a term in traditional characters": ({"text": "做好疫情防控，出示健康碼"}, {"t", "t2"}),
    "a term in letters of either case": ({"text": "the abc of it"}, {"t"}),
    "half in the title, half in the text": ({"title": "疫情", "text": "防控"}, set()),
    "a term that excludes, in the text": ({"text": "疫情防控与非洲猪瘟"}, set()),
    "a term that excludes, in the title": ({"title": "非洲豬瘟", "text": "疫情防控"}, set()),
    "only a term that excludes": ({"text": "非洲猪瘟"}, set()),
    "a term that excludes excludes its own theme only": ({"text": "非洲猪瘟，健康码"}, {"t2"}),
    "the hashtag": ({"topics": ["美食", "科学防疫"]}, {"t"}),
    "the hashtag in traditional characters": ({"topics": ["科學防疫"]}, {"t"}),
    "a longer hashtag": ({"topics": ["科学防疫小课堂"]}, set()),
    "a hashtag that ends so": ({"topics": ["上海科学防疫"]}, set()),
    "the hashtag's words in the text": ({"text": "科学防疫"}, set()),
    "a term as hashtag": ({"topics": ["健康码"]}, set()),
    "the hashtag, and a term that excludes": ({"text": "非洲猪瘟", "topics": ["科学防疫"]}, set()),
    "signs that patterns are made of": ({"text": "疫情%防控 疫情.防控"}, set()),
}


@pytest.mark.parametrize("case", THEMED)
def test_a_post_is_under_a_theme_whose_term_it_holds_literally(themes: Town, case: str) -> None:
    more, wanted = THEMED[case]
    assert {theme for theme, _subtopic in themed(themes, post(**more))} == wanted


def test_a_post_is_once_under_each_sub_topic_that_it_names_and_else_under_none(themes: Town) -> None:
    result = themed(
        themes,
        post("both", text="疫情防控：接种点与接種車，辟谣"),
        post("one", text="疫情防控", title="闢謠"),
        post("none", text="疫情防控，消杀"),
        post("no theme", text="接种点辟谣"),
        post("two themes", text="健康码，消杀，辟谣"),
    )
    assert result == {
        ("both", "t", "s1"), ("both", "t", "s2"), ("one", "t", "s2"), ("none", "t", None), ("two themes", "t", "s2"),
        ("two themes", "t2", "s3"),
    }  # fmt: skip


SPANS = [
    ("2021-08-01", None, True), ("2021-08-02", None, False), ("2021-07-01", "2021-08-01", False), ("2021-07-01", "2021-08-02", True),
    ("2021-07-01", "2021-09-01", True), ("2021-09-01", None, False),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "end", "is_in_force"), SPANS)
@pytest.mark.parametrize("seed", ["themes", "theme_terms", "subtopic_terms", "subject_terms"])
def test_what_is_declared_holds_in_a_month_whose_first_day_it_holds(
    themes: Town, seed: str, begin: str, end: str | None, is_in_force: bool
) -> None:
    themes.con.execute(f"update seeds.{seed} set valid_from = $1, valid_to = $2", [begin, end])
    result = themed(themes, post(text="疫情防控，接种点，门诊"))
    subjects = themes.ask("select subject_id from intermediate.int_posts__subjects")
    under_theme = {"t"} if is_in_force or seed not in ("themes", "theme_terms") else set()
    under_subtopic = (
        {"s1"} if under_theme and (is_in_force or seed != "subtopic_terms") else {None} if under_theme else set()
    )
    assert {theme for theme, _subtopic in result} == under_theme
    assert {subtopic for _theme, subtopic in result} == under_subtopic
    assert subjects == ([("medical",)] if is_in_force or seed != "subject_terms" else [])


def test_each_month_has_the_themes_of_its_own(themes: Town) -> None:
    themes.first, themes.last = "2021-07", "2021-08"
    themes.put(
        "seeds.themes", {"theme_id": "t", "valid_from": "2021-07-01", "valid_to": "2021-08-01"},
        {"theme_id": "t2", "valid_from": "2021-08-01", "valid_to": "2021-09-01"},
    )  # fmt: skip
    result = themed(themes, post("july", published_month="2021-07", text="健康码"), post("august", text="健康码"))
    assert result == {("july", "t", None), ("august", "t2", None)}


SUBJECTS: dict[str, tuple[str, set[str]]] = {
    "one": ("专家门诊", {"medical"}),
    "two": ("学校门诊，就医", {"medical", "school"}),
    "in traditional characters": ("專家門診與學校", {"medical", "school"}),
    "none": ("天气", set()),
    "one whose word means something else here": ("动物门诊开诊", set()),
    "one, and words that exclude another": ("动物门诊与学校", {"school"}),
    "only words that exclude it": ("動物門診", set()),
}


@pytest.mark.parametrize("case", SUBJECTS)
def test_a_post_is_about_each_subject_that_it_names_unless_a_term_excludes_it(themes: Town, case: str) -> None:
    text, wanted = SUBJECTS[case]
    for more in ({"text": text}, {"title": text}):
        themed(themes, post(**more))
        rows = themes.ask("select ranking_month, post_id, subject_id from intermediate.int_posts__subjects")
        assert sorted(rows) == [("2021-08", "p", subject) for subject in sorted(wanted)]


def test_words_are_of_posts_of_the_months_in_hand_only(themes: Town) -> None:
    themed(themes, post("now", text="疫情防控 门诊"))
    for table in ("int_posts__attributed", "int_posts__words"):
        themes.con.execute(
            f"insert into intermediate.{table} by name select * replace ('2021-07' as ranking_month) from intermediate.{table}"
        )
    themes.make("int_posts__themed", "int_posts__subjects")
    for model in ("int_posts__themed", "int_posts__subjects"):
        assert themes.ask(f"select distinct ranking_month from intermediate.{model}") == [("2021-08",)]


PAIRS = [
    "雙減 双减",
    "課後服務 课后服务",
    "丟 丢",
    "並 并",
    "門診 门诊",
    "體 体",
    "臺灣 台湾",
    "國 国",
    "龍 龙",
    "龜 龟",
    "齊 齐",
    "龢 龢",
    "㑇 㑇",
    "ABC abc",
]


@pytest.mark.parametrize("pair", PAIRS)
def test_terms_are_looked_for_in_simplified_characters_and_small_letters(town: Town, pair: str) -> None:
    given, wanted = pair.split()
    attributed(town, post(title=given, text=f"文{given}", topics=[given]))
    town.make("int_posts__words")
    rows = town.ask("select words, hashtags from intermediate.int_posts__words")
    assert rows == [(f"{wanted}\n文{wanted}", f",{wanted},")]


def test_every_traditional_character_has_the_simplified_one_of_opencc(town: Town) -> None:
    """Characters that OpenCC turns into exactly one other."""
    import opencc

    convert = opencc.OpenCC("t2s").convert
    characters = [chr(code) for code in range(0x4E00, 0x9FFF)]
    pairs = {character: simple for character in characters if len(simple := convert(character)) == 1}
    attributed(town, post(text="".join(pairs)))
    town.make("int_posts__words")
    (result,) = town.ask("select words from intermediate.int_posts__words")[0]
    assert result.strip() == "".join(pairs.values())
