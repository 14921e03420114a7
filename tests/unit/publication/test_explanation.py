"""Why a unit stands where it stands: every sum is that of the rows below it, on a published database of a few rows."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from bangdan.cli.render import explanation_tables, text
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.operations.explain import explain

AUGUST = Month.parse("2021-08")
DIMENSIONS = ("dissemination", "influence")
D = Decimal
POINTS = "decimal(20, 12)"
TABLES = f"""
create schema published; use published;
create table ranking (ranking_month text, release text, method_version text, ranking_list text, dimension text, unit_id text,
    unit_name text, unit_name_en text, unit_type text, rank integer, previous_rank integer, rank_change integer,
    movement text, base_score {POINTS}, bonus_points {POINTS}, score decimal(6, 2), rank_low integer, rank_high integer,
    tier integer, note text);
create table unit_indicators (ranking_month text, unit_id text, dimension text, indicator_id text, value bigint,
    coverage decimal(9, 6), capped_count bigint, weight decimal(4, 2), goalpost bigint, term decimal(14, 12),
    contribution {POINTS});
create table posts (ranking_month text, post_id text, unit_id text, account_id text, platform text, published_at timestamp,
    url text, title text, reprint_count bigint, dissemination_contribution {POINTS}, influence_contribution {POINTS});
create table account_scores (ranking_month text, account_id text, account_name text, unit_id text);
create table reprints (ranking_month text, post_id text, unit_id text, item_id text, channel_type text, outlet_id text,
    outlet_name text, reprinted_at timestamp, read_count bigint, like_count bigint, comment_count bigint, method text,
    match_class text, confidence text, containment double, is_counted boolean, not_counted_reason text,
    dissemination_contribution {POINTS}, influence_contribution {POINTS});
create table score_changes (ranking_month text, unit_id text, dimension text, cause text, change_points {POINTS},
    previous_month text);
create table rival_indices (ranking_month text, entity_kind text, entity_id text, index_id text, name text, name_en text,
    index_value decimal(18, 6));
create table topic_units (ranking_month text, theme_id text, unit_id text, post_count bigint, cluster_count bigint,
    bonus_points {POINTS});
create table hot_topics (ranking_month text, theme_id text, name text, name_en text);
"""
# Unit u: two accounts, 12 posts that earned something, one that did not. Post p01 has seven counted reprints.
# Unit n has no account. What other months and units hold must not be in any sum.
ROWS = """
insert into ranking values
    ('2021-08', 'r2', '2021-01', 'districts', 'influence', 'u', '杨浦区', 'Yangpu', 'district', 3, null, null, 'NEW', 24, 1.5, 25.5, 2, 5, 1, ''),
    ('2021-08', 'r2', '2021-01', 'districts', 'dissemination', 'u', '杨浦区', 'Yangpu', 'district', 2, 5, 3, '', 78, 1.5, 79.5, 1, 4, 1, ''),
    ('2021-08', 'r2', '2021-01', 'districts', 'dissemination', 'n', '无号区', null, 'district', null, null, null, '', 0, 0, 0, null, null, null, '不参评'),
    ('2021-08', 'r2', '2021-01', 'districts', 'dissemination', 'few', '少稿区', null, 'district', 3, null, null, '', 0, 0, 0, 3, 3, 1, ''),
    ('2021-07', 'r1', '2021-01', 'districts', 'dissemination', 'u', '杨浦区', 'Yangpu', 'district', 5, null, null, '', 1, 0, 1, 5, 5, 1, ''),
    ('2021-07', 'r1', '2021-01', 'districts', 'dissemination', 'old', '旧区', 'Old', 'district', 6, null, null, '', 1, 0, 1, 5, 5, 1, '');
insert into unit_indicators values
    ('2021-08', 'u', 'dissemination', 'weibo', 9, null, 0, .15, 50000, .5, 28), ('2021-08', 'u', 'dissemination', 'news_app', 9, null, 0, .30, 2000, .5, 50),
    ('2021-08', 'u', 'influence', 'read', 100, .75, 2, .60, 20000000, .4, 24), ('2021-07', 'u', 'influence', 'like', 1, 1, 0, .2, 9, .1, 999),
    ('2021-08', 'v', 'influence', 'like', 1, 1, 0, .2, 9, .1, 999);
-- p01 12 points, p02 11, ... p12 1: 78; influence is two points each: 24.
insert into posts select '2021-08', format('p{:02d}', i), 'u', if(i % 2 = 0, 'wb-u', 'wx-u'), if(i % 2 = 0, 'weibo', 'wechat'),
    timestamp '2021-08-01 08:00:00' + to_days(i::int), 'https://u.example/' || i, '标题' || i, 13 - i, 13 - i, 2 from range(1, 13) t(i);
insert into posts values ('2021-08', 'f', 'few', 'wx-few', 'wechat', '2021-08-01', '', '', 0, 0, 0), ('2021-08', 'p00', 'u', 'wx-u', 'wechat', '2021-08-01', '', '无人转载', 0, 0, 0),
    ('2021-07', 'p01', 'u', 'wx-u', 'wechat', '2021-07-01', '', '', 1, 999, 999), ('2021-08', 'q', 'v', 'wx-u', 'wechat', '2021-08-01', '', '', 1, 999, 999);
insert into account_scores values ('2021-08', 'wx-u', '杨浦微信', 'u'), ('2021-08', 'wx-u', '别人时', 'v'), ('2021-07', 'wx-u', '七月名', 'u');
-- Reprints i1 to i7 earn 1, 1, 2, 2, 2, 2, 2 points, i6 before i5; influence the other way round.
insert into reprints select '2021-08', 'p01', 'u', 'i' || i, 'news_app', 'o' || i, '端' || i,
    timestamp '2021-08-02 00:00:00' + to_days(if(i = 6, 0, i)::int), i, null, 0, 'text', 'full', 'A', 1, true, null, if(i < 3, 1, 2), if(i < 3, 1, 0)
    from range(1, 8) t(i);
insert into reprints select '2021-08', 'p01', 'u', reason || i, 'wechat', 'o', '号', timestamp '2021-08-01', 1, 1, 1, 'text', 'full', 'A', 1, false, reason, 0, 0
    from (values ('self', 2), ('late', 3), ('quote', 2)) r(reason, n), range(9) t(i) where i < n;
insert into reprints values
    ('2021-08', 'p02', 'u', 'k1', 'wechat', 'o', '', '2021-08-03', 1, 1, 1, 'text', 'full', 'A', 1, true, null, 11, 2),
    ('2021-07', 'p01', 'u', 'x', 'wechat', 'o', '', '2021-07-01', 1, 1, 1, 'text', 'full', 'A', 1, true, null, 99, 99),
    ('2021-07', 'p01', 'u', 'y', 'wechat', 'o', '', '2021-07-01', 1, 1, 1, 'text', 'full', 'A', 1, false, 'july', 0, 0),
    ('2021-08', 'q', 'v', 'z', 'wechat', 'o', '', '2021-08-01', 1, 1, 1, 'text', 'full', 'A', 1, false, 'other', 0, 0);
insert into score_changes values ('2021-08', 'u', 'dissemination', 'engagement', 2, '2021-07'), ('2021-08', 'u', 'dissemination', 'reprints', -9, '2021-07'),
    ('2021-08', 'u', 'dissemination', 'bonus', 2, '2021-07'), ('2021-08', 'u', 'influence', 'bonus', 4, '2021-07'), ('2021-07', 'u', 'influence', 'old', 7, '2021-06'),
    ('2021-08', 'v', 'influence', 'other', 7, '2021-07');
insert into rival_indices values ('2021-08', 'unit', 'u', 'wci', '指数', 'WCI', 300), ('2021-08', 'unit', 'u', 'bci', '微博', 'BCI', 200),
    ('2021-08', 'account', 'u', 'aci', '', '', 1), ('2021-07', 'unit', 'u', 'zci', '', '', 1), ('2021-08', 'unit', 'v', 'yci', '', '', 1);
insert into hot_topics select m, t, upper(t), 'Theme ' || t || m from (values ('2021-07'), ('2021-08')) x(m), (values ('a'), ('b'), ('c')) y(t);
insert into topic_units values ('2021-08', 'a', 'u', 3, 2, .25), ('2021-08', 'c', 'u', 9, 8, 1), ('2021-08', 'b', 'u', 3, 3, .25),
    ('2021-07', 'a', 'u', 7, 7, 2), ('2021-08', 'a', 'v', 7, 7, 2);
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(tmp_path_factory.mktemp("explain"), 1, "1GB")
    settings.published.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.published)) as con:
        con.execute(TABLES)
        con.execute("begin")
        con.execute(ROWS)
        con.execute("commit")
    return settings


Explain = Callable[[str], dict[str, Any]]


@pytest.fixture
def explained(settings: Settings) -> Explain:
    return lambda dimension: explain(settings, AUGUST, "u", dimension)["dimensions"][0]


def test_a_unit_has_both_dimensions_with_release_and_method(settings: Settings) -> None:
    result = explain(settings, AUGUST, "u")
    head = {key: value for key, value in result.items() if key not in ("dimensions", "rivals", "bonus")}
    assert head == {
        "month": "2021-08", "release": "r2", "method_version": "2021-01", "unit_id": "u", "unit_name": "杨浦区",
        "unit_name_en": "Yangpu", "ranking_list": "districts",
    }  # fmt: skip
    assert [dimension["dimension"] for dimension in result["dimensions"]] == list(DIMENSIONS)
    row = result["dimensions"][0]
    assert (row["rank"], row["previous_rank"], row["rank_change"], row["score"]) == (2, 5, 3, D("79.50"))
    assert not {"ranking_month", "release", "method_version"} & row.keys()


@pytest.mark.parametrize("name", ["u", "杨浦区", "Yangpu", "YANGPU", "yangpu"])
def test_a_unit_is_found_by_id_and_by_name_in_either_language(settings: Settings, name: str) -> None:
    assert explain(settings, AUGUST, name)["unit_id"] == "u"


def test_one_dimension_can_be_asked_for(settings: Settings) -> None:
    for dimension in DIMENSIONS:
        assert [entry["dimension"] for entry in explain(settings, AUGUST, "u", dimension)["dimensions"]] == [dimension]


@pytest.mark.parametrize(("dimension", "points"), [("dissemination", 78), ("influence", 24)])
def test_indicators_and_posts_each_add_up_to_the_base_score(explained: Explain, dimension: str, points: int) -> None:
    result = explained(dimension)
    assert (result["sum_of_indicators"], result["sum_of_posts"], result["base_score"]) == (points,) * 3
    assert result["adds_up"] is True


def test_what_does_not_add_up_says_so(settings: Settings, tmp_path: Path) -> None:
    """A trillionth is enough."""
    other = Settings(tmp_path, 1, "1GB")
    other.published.parent.mkdir(parents=True)
    other.published.write_bytes(settings.published.read_bytes())
    with duckdb.connect(str(other.published)) as con:
        con.execute("update published.posts set influence_contribution = 2.000000000001 where post_id = 'p07'")
    result = explain(other, AUGUST, "u")["dimensions"]
    assert [entry["adds_up"] for entry in result] == [True, False]
    assert result[1]["sum_of_posts"] - result[1]["sum_of_indicators"] == D("0.000000000001")
    assert "NOT EQUAL: please report it" in printed(explain(other, AUGUST, "u"))


def test_indicators_come_in_the_order_of_their_ids_with_all_that_makes_them(explained: Explain) -> None:
    assert [(indicator["indicator_id"], indicator["contribution"]) for indicator in explained("dissemination")["indicators"]] == [
        ("news_app", 50), ("weibo", 28),
    ]  # fmt: skip
    assert explained("influence")["indicators"] == [
        {"indicator_id": "read", "value": 100, "coverage": D("0.75"), "capped_count": 2, "weight": D("0.60"),
         "goalpost": 20_000_000, "term": D("0.4"), "contribution": D(24)}
    ]  # fmt: skip


def test_accounts_sum_their_posts_the_largest_first_and_one_without_scores_is_told_as_well(explained: Explain) -> None:
    """wx-u has p01, p03 … p11 (12 + 10 + … + 2) and p00, wb-u has p02 … p12."""
    assert explained("dissemination")["accounts"] == [
        {"account_id": "wx-u", "account_name": "杨浦微信", "platform": "wechat", "post_count": 7, "reprint_count": 42, "contribution": D(42)},
        {"account_id": "wb-u", "account_name": None, "platform": "weibo", "post_count": 6, "reprint_count": 36, "contribution": D(36)},
    ]  # fmt: skip
    influence = explained("influence")["accounts"]
    assert [(entry["account_id"], entry["contribution"]) for entry in influence] == [("wb-u", 12), ("wx-u", 12)]


def test_the_ten_posts_with_most_points_are_shown_ties_by_id_and_none_without_points(explained: Explain) -> None:
    result = explained("dissemination")["posts"]
    assert [(entry["post_id"], entry["contribution"]) for entry in result] == [
        (f"p{i:02d}", 13 - i) for i in range(1, 11)
    ]
    assert [entry["post_id"] for entry in explained("influence")["posts"]] == [f"p{i:02d}" for i in range(1, 11)]
    assert (result[0]["account_id"], result[0]["reprint_count"], result[0]["title"]) == ("wx-u", 12, "标题1")


def test_a_post_that_earned_nothing_is_counted_with_its_account_and_not_shown(settings: Settings) -> None:
    (entry,) = explain(settings, AUGUST, "few")["dimensions"]
    assert ([row["post_count"] for row in entry["accounts"]], entry["posts"]) == ([1], [])


def test_a_post_shows_its_five_counted_reprints_with_most_points_the_earlier_first(explained: Explain) -> None:
    first = {dimension: explained(dimension)["posts"][0]["reprints"] for dimension in DIMENSIONS}
    assert [(entry["item_id"], entry["contribution"]) for entry in first["dissemination"]] == [
        ("i6", 2), ("i3", 2), ("i4", 2), ("i5", 2), ("i7", 2),
    ]  # fmt: skip
    assert [entry["item_id"] for entry in first["influence"]] == ["i1", "i2", "i6", "i3", "i4"]
    second, third = explained("dissemination")["posts"][1:3]
    assert ([entry["item_id"] for entry in second["reprints"]], third["reprints"]) == (["k1"], [])


def test_what_was_not_counted_is_told_by_reason_the_most_frequent_first(explained: Explain) -> None:
    assert [(entry["reason"], entry["item_count"]) for entry in explained("influence")["not_counted"]] == [
        ("late", 3), ("quote", 2), ("self", 2),
    ]  # fmt: skip


def test_causes_of_the_change_come_the_largest_first_whatever_its_sign(explained: Explain) -> None:
    assert [(entry["cause"], entry["change_points"]) for entry in explained("dissemination")["causes_of_change"]] == [
        ("reprints", -9), ("bonus", 2), ("engagement", 2),
    ]  # fmt: skip
    assert [entry["cause"] for entry in explained("influence")["causes_of_change"]] == ["bonus"]


def test_bonus_by_theme_and_rival_indices_are_those_of_the_unit_and_month(settings: Settings) -> None:
    result = explain(settings, AUGUST, "u")
    assert [(bonu["theme_id"], bonu["name_en"], bonu["post_count"], bonu["cluster_count"], bonu["bonus_points"]) for bonu in result["bonus"]] == [
        ("c", "Theme c2021-08", 9, 8, 1), ("a", "Theme a2021-08", 3, 2, D("0.25")), ("b", "Theme b2021-08", 3, 3, D("0.25")),
    ]  # fmt: skip
    assert [(bonu["index_id"], bonu["index_value"]) for bonu in result["rivals"]] == [("bci", 200), ("wci", 300)]


def test_a_unit_without_an_account_has_no_rank_and_sums_of_nothing(settings: Settings) -> None:
    result = explain(settings, AUGUST, "无号区")
    (entry,) = result["dimensions"]
    assert (entry["rank"], entry["note"], entry["accounts"], entry["posts"], entry["indicators"]) == (
        None,
        "不参评",
        [],
        [],
        [],
    )
    assert (entry["sum_of_indicators"], entry["sum_of_posts"], entry["adds_up"]) == (0, 0, True)
    text = printed(result)
    assert "无号区 (n), 2021-08 r2, method 2021-01" in text
    assert "dissemination: no rank of districts; 0.00 = base 0.00 + bonus 0.00" in text
    assert "interval" not in text


def test_an_unknown_unit_is_told_the_units_of_that_month(settings: Settings) -> None:
    with pytest.raises(UsageError, match="'旧区' is in no list of 2021-08") as failed:
        explain(settings, AUGUST, "旧区")
    assert failed.value.remedy == "one of: 少稿区、无号区、杨浦区"
    assert failed.value.exit_code == 2


def test_a_month_that_is_not_published_says_what_to_run(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as failed:
        explain(settings, AUGUST + 1, "u")
    assert failed.value.remedy == "nothing has been published for 2021-09: run `bangdan run --month 2021-09`"
    with pytest.raises(BangdanError, match="nothing has been published yet"):
        explain(Settings(tmp_path, 1, "1GB"), AUGUST, "u")


def printed(result: dict[str, Any]) -> str:
    out = Console(file=io.StringIO(), width=200, highlight=False)
    with pytest.MonkeyPatch.context() as patch:
        for module in (explanation_tables, text):
            patch.setattr(module, "out", out)
        explanation_tables.explanation(result)
    # Titles are broken to the width of their table.
    return " ".join(out.file.getvalue().split())  # type: ignore[attr-defined]


def test_it_is_printed_top_down(settings: Settings) -> None:
    text = printed(explain(settings, AUGUST, "u"))
    heads = [
        "杨浦区 Yangpu (u), 2021-08 r2, method 2021-01",
        "dissemination: rank 2 (interval 1 to 4, tier 1) (+3 on the previous list) of districts; 79.50 = base 78.00 + bonus 1.50",
        "indicators", "accounts", "top 10 posts", "its top 5 reprints: p01", "not counted",
        "why the score changed on last month",
        "indicators 78.000000000000, posts 78.000000000000: equal",
        "influence: rank 3 (interval 2 to 5, tier 1) of districts; 25.50 = base 24.00 + bonus 1.50",
        "indicators 24.000000000000, posts 24.000000000000: equal",
        "bonus points by theme", "published rival indices on the same facts",
        "every row: bangdan explain --json, or bangdan sql on published.posts and published.reprints",
    ]  # fmt: skip
    at = 0
    for head in heads:
        at = text.index(head, at) + len(head)
    assert text.count("its top 5 reprints") == 2  # of the first post of each dimension only
    assert "20,000,000" in text  # whole numbers with thousands, parts with four places, nothing for what is not known
    assert "28.0000" in text
    assert "–" in text
