"""`explain` on a published database of a few rows written by hand: what it takes, in which order, and what it adds up."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from bangdan.cli.render import explanation_tables, text
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.operations import explain as explaining

AUGUST = Month(2021, 8)
D = Decimal

SCHEMA = """
create schema published;
use published;
create table ranking (ranking_month varchar, release varchar, method_version varchar, ranking_list varchar, dimension varchar,
    unit_id varchar, unit_name varchar, unit_name_en varchar, rank integer, rank_change integer, rank_low integer,
    rank_high integer, tier integer, base_score decimal(18,12), bonus_points decimal(18,12), score decimal(9,2), note varchar);
create table unit_indicators (ranking_month varchar, unit_id varchar, dimension varchar, indicator_id varchar, value bigint,
    coverage decimal(9,4), capped_count bigint, weight decimal(9,4), goalpost bigint, term decimal(14,12),
    contribution decimal(18,12));
create table posts (ranking_month varchar, post_id varchar, unit_id varchar, account_id varchar, platform varchar,
    published_at varchar, title varchar, url varchar, reprint_count bigint, dissemination_contribution decimal(18,12),
    influence_contribution decimal(18,12));
create table account_scores (ranking_month varchar, account_id varchar, account_name varchar, unit_id varchar);
create table reprints (ranking_month varchar, post_id varchar, unit_id varchar, item_id varchar, channel_type varchar,
    outlet_id varchar, outlet_name varchar, reprinted_at varchar, read_count bigint, like_count bigint, comment_count bigint,
    method varchar, match_class varchar, confidence varchar, containment decimal(9,4), is_counted boolean,
    not_counted_reason varchar, dissemination_contribution decimal(18,12), influence_contribution decimal(18,12));
create table score_changes (ranking_month varchar, unit_id varchar, dimension varchar, cause varchar,
    change_points decimal(18,12), previous_month varchar);
create table rival_indices (ranking_month varchar, entity_kind varchar, entity_id varchar, index_id varchar, name varchar,
    name_en varchar, index_value double);
create table topic_units (ranking_month varchar, theme_id varchar, unit_id varchar, post_count bigint, cluster_count bigint,
    bonus_points decimal(18,12));
create table hot_topics (ranking_month varchar, theme_id varchar, name varchar, name_en varchar);

insert into ranking values
    ('2021-08','r2','2021-01','districts','influence','u1','杨浦区','Yangpu',1,null,null,null,null,1.5,0.5,2.00,null),
    ('2021-08','r2','2021-01','districts','dissemination','u1','杨浦区','Yangpu',2,-3,1,4,2,30.5,1.25,31.75,'一条'),
    ('2021-08','r2','2021-01','districts','dissemination','u2','黄浦区','Huangpu',1,0,1,1,1,40,0,40.00,null),
    ('2021-08','r2','2021-01','departments','dissemination','u3','卫健委',null,null,null,null,null,null,0,0,0.00,'不参评'),
    ('2021-07','r1','2021-01','districts','dissemination','u1','杨浦区','Yangpu',5,null,null,null,null,20,0,20.00,null);
insert into unit_indicators values
    ('2021-08','u1','dissemination','n_weibo',2500,0.5,1,0.15,50000,0.5,10.25),
    ('2021-08','u1','dissemination','n_news_app',120,1,0,0.3,2000,0.6,20.25),
    ('2021-08','u1','influence','x_read',9,1,0,0.6,20000000,0.1,1.5),
    ('2021-08','u2','dissemination','n_weibo',1,1,0,0.15,50000,0.1,40),
    ('2021-07','u1','dissemination','n_weibo',1,1,0,0.15,50000,0.1,20);
insert into account_scores values ('2021-08','a1','杨浦发布','u1'), ('2021-08','a2','杨浦在线','u1'), ('2021-07','a1','旧名','u1'),
    ('2021-08','a1','移出前','u2');
insert into posts select '2021-08', format('p{:02d}', i), 'u1', case when i <= 2 then 'a2' else 'a1' end, 'weibo',
    '2021-08-10', 'title ' || i, 'url', i, case when i in (5, 6) then 2 else i / 8.0 end, case when i = 1 then 1.5 else 0 end
    from range(1, 13) t(i);
-- 1+2+3+4+7+…+12 = 67, eighths 8.375; and 2 · 2 for the fifth and sixth: 12.375; the thirteenth holds the rest of 30.5
insert into posts values ('2021-08','p13','u1','a3','wechat','2021-08-11','the largest','url',100,18.125,0),
    ('2021-08','p00','u1','a3','wechat','2021-08-11','none','url',0,0,0),
    ('2021-08','q1','u2','a9','wechat','2021-08-11','other unit','url',9,40,0),
    ('2021-07','p99','u1','a1','wechat','2021-07-11','other month','url',9,20,0);
insert into reprints select '2021-08','p13','u1', format('i{:d}', i), 'weibo', 'o', 'outlet', format('2021-08-{:02d}', 30 - i),
    1, 2, 3, 'text', 'full', 'A', 0.9, true, null, case when i = 7 then 5 else 1 end, 0 from range(1, 8) t(i);
insert into reprints values
    ('2021-08','p13','u1','x1','weibo','o','outlet','2021-08-01',1,2,3,'text','quote','C',0.9,false,'quote',9,0),
    ('2021-08','p13','u1','x2','weibo','o','outlet','2021-08-01',1,2,3,'text','quote','C',0.9,false,'self',0,0),
    ('2021-08','p12','u1','x3','weibo','o','outlet','2021-08-01',1,2,3,'text','quote','C',0.9,false,'self',0,0),
    ('2021-08','q1','u2','x4','weibo','o','outlet','2021-08-01',1,2,3,'text','quote','C',0.9,false,'sibling',0,0),
    ('2021-07','p13','u1','x5','weibo','o','outlet','2021-07-01',1,2,3,'text','quote','C',0.9,true,'old',99,0);
insert into score_changes values
    ('2021-08','u1','dissemination','reach',4,'2021-07'), ('2021-08','u1','dissemination','posts',-9,'2021-07'),
    ('2021-08','u1','dissemination','bonus',4,'2021-07'), ('2021-08','u1','influence','engagement',1,'2021-07'),
    ('2021-08','u2','dissemination','other',1,'2021-07'), ('2021-07','u1','dissemination','old',1,'2021-06');
insert into rival_indices values ('2021-08','unit','u1','wci_v12','WCI','WCI',812.0234), ('2021-08','unit','u1','bci','BCI','BCI',1),
    ('2021-08','account','u1','bci','BCI','BCI',2), ('2021-08','unit','u2','bci','BCI','BCI',3), ('2021-07','unit','u1','bci','B','B',4);
insert into topic_units values ('2021-08','t1','u1',10,8,0.25), ('2021-08','t2','u1',20,9,1), ('2021-08','t0','u1',20,9,0.25),
    ('2021-08','t1','u2',1,1,1), ('2021-07','t1','u1',1,1,1);
insert into hot_topics select m, t, '主题' || t, 'theme ' || t from (values ('2021-08'), ('2021-07')) a(m), (values ('t0'), ('t1'), ('t2')) b(t);
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(tmp_path_factory.mktemp("explain"), 1, "1GB")
    settings.published.parent.mkdir()
    with duckdb.connect(str(settings.published)) as con:
        con.execute(SCHEMA)
    return settings


@pytest.fixture
def dissemination(settings: Settings) -> dict:
    (entry,) = explaining.explain(settings, AUGUST, "u1", "dissemination")["dimensions"]
    return entry


def rendered(settings: Settings, *words: str) -> str:
    out = Console(file=io.StringIO(), width=200, soft_wrap=True, highlight=False)
    with pytest.MonkeyPatch.context() as patch:
        for module in (explanation_tables, text):
            patch.setattr(module, "out", out)
        explanation_tables.explanation(explaining.explain(settings, AUGUST, *words))
    return out.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["u1", "杨浦区", "Yangpu", "yangpu"])
def test_a_unit_is_found_by_id_and_by_either_name(settings: Settings, name: str) -> None:
    result = explaining.explain(settings, AUGUST, name)
    assert [result[key] for key in ("month", "release", "method_version", "unit_id", "unit_name", "unit_name_en", "ranking_list")] == [
        "2021-08", "r2", "2021-01", "u1", "杨浦区", "Yangpu", "districts",
    ]  # fmt: skip
    assert [dimension["dimension"] for dimension in result["dimensions"]] == ["dissemination", "influence"]


@pytest.mark.parametrize("dimension", ["dissemination", "influence"])
def test_one_dimension_is_told_where_it_is_named(settings: Settings, dimension: str) -> None:
    result = explaining.explain(settings, AUGUST, "u1", dimension)
    assert [entry["dimension"] for entry in result["dimensions"]] == [dimension]


def test_rank_and_score_are_those_of_the_month_s_row(dissemination: dict) -> None:
    assert (dissemination["rank"], dissemination["rank_change"], dissemination["rank_low"], dissemination["tier"]) == (
        2,
        -3,
        1,
        2,
    )
    assert (dissemination["base_score"], dissemination["bonus_points"], dissemination["score"]) == (
        D("30.5"), D("1.25"), D("31.75"),
    )  # fmt: skip
    assert not {"ranking_month", "release", "method_version"} & dissemination.keys()


def test_indicators_are_those_of_unit_month_and_dimension_and_add_up_to_the_base_score(dissemination: dict) -> None:
    assert [(indicator["indicator_id"], indicator["contribution"]) for indicator in dissemination["indicators"]] == [
        ("n_news_app", D("20.25")), ("n_weibo", D("10.25")),
    ]  # fmt: skip
    assert dissemination["sum_of_indicators"] == D("30.5")


def test_accounts_are_told_by_contribution_with_the_name_they_had_in_the_month(dissemination: dict) -> None:
    # a1 has posts 3 to 12: 3+4+7+…+12 = 64 eighths, 8, and twice 2; a2 has posts 1 and 2, a3 the largest and one of none
    assert [
        (
            account["account_id"],
            account["account_name"],
            account["post_count"],
            account["reprint_count"],
            account["contribution"],
        )
        for account in dissemination["accounts"]
    ] == [
        ("a3", None, 2, 100, D("18.125")),
        ("a1", "杨浦发布", 10, 75, D("12")),
        ("a2", "杨浦在线", 2, 3, D("0.375")),
    ]
    assert dissemination["sum_of_posts"] == D("30.5")
    assert dissemination["adds_up"] is True


def test_accounts_add_up_per_dimension(settings: Settings) -> None:
    (influence,) = explaining.explain(settings, AUGUST, "u1", "influence")["dimensions"]
    assert influence["sum_of_posts"] == influence["sum_of_indicators"] == D("1.5")
    assert [post["post_id"] for post in influence["posts"]] == ["p01"]


def test_a_residue_is_not_hidden(settings: Settings, tmp_path: Path) -> None:
    other = Settings(tmp_path, 1, "1GB")
    other.published.parent.mkdir()
    with duckdb.connect(str(other.published)) as con:
        con.execute(SCHEMA)
        con.execute("update posts set dissemination_contribution = 18.124999999999 where post_id = 'p13'")
    (entry,) = explaining.explain(other, AUGUST, "u1", "dissemination")["dimensions"]
    assert entry["adds_up"] is False
    assert "NOT EQUAL" in rendered(other, "u1", "dissemination")


def test_the_ten_posts_with_the_largest_contribution_are_told_and_of_equals_the_first_by_id(
    dissemination: dict,
) -> None:
    # 18.125; then 2, 2 (fifth and sixth); 12/8, 11/8, 10/8, 9/8, 8/8, 7/8, 4/8
    assert [post["post_id"] for post in dissemination["posts"]] == [
        "p13", "p05", "p06", "p12", "p11", "p10", "p09", "p08", "p07", "p04",
    ]  # fmt: skip


def test_the_five_largest_counted_reprints_of_a_post_are_told_and_of_equals_the_earliest(dissemination: dict) -> None:
    # the seventh is worth most; the others are worth the same, and the later their number the earlier they came
    assert [reprint["item_id"] for reprint in dissemination["posts"][0]["reprints"]] == ["i7", "i6", "i5", "i4", "i3"]
    assert dissemination["posts"][1]["reprints"] == []


def test_what_is_not_counted_is_told_by_reason_most_first(dissemination: dict) -> None:
    assert [(entry["reason"], entry["item_count"]) for entry in dissemination["not_counted"]] == [
        ("self", 2),
        ("quote", 1),
    ]


def test_causes_of_change_are_told_by_size_whichever_way_they_go(dissemination: dict) -> None:
    assert [(entry["cause"], entry["change_points"]) for entry in dissemination["causes_of_change"]] == [
        ("posts", D(-9)), ("bonus", D(4)), ("reach", D(4)),
    ]  # fmt: skip


def test_rival_indices_are_those_of_the_unit_in_the_month(settings: Settings) -> None:
    result = explaining.explain(settings, AUGUST, "u1")
    assert [(rival["index_id"], rival["index_value"]) for rival in result["rivals"]] == [
        ("bci", 1),
        ("wci_v12", 812.0234),
    ]


def test_bonus_points_are_told_by_theme_most_first_and_of_equals_by_id(settings: Settings) -> None:
    result = explaining.explain(settings, AUGUST, "u1")
    assert [(bonu["theme_id"], bonu["name"], bonu["post_count"], bonu["bonus_points"]) for bonu in result["bonus"]] == [
        ("t2", "主题t2", 20, D(1)), ("t0", "主题t0", 20, D("0.25")), ("t1", "主题t1", 10, D("0.25")),
    ]  # fmt: skip


def test_an_unknown_unit_is_refused_with_the_units_of_the_month(settings: Settings) -> None:
    with pytest.raises(UsageError) as refused:
        explaining.explain(settings, AUGUST, "浦西区")
    assert refused.value.message == "'浦西区' is in no list of 2021-08"
    assert refused.value.remedy == "did you mean 杨浦区 or 黄浦区? one of: 卫健委、杨浦区、黄浦区"


def test_a_month_without_release_says_how_to_get_one(settings: Settings) -> None:
    with pytest.raises(UsageError, match="nothing has been published for 2021-09: run `bangdan run --month 2021-09`"):
        explaining.explain(settings, Month(2021, 9), "u1")


def test_before_the_first_release_there_is_nothing_to_explain(tmp_path: Path) -> None:
    with pytest.raises(BangdanError, match="nothing has been published yet"):
        explaining.explain(Settings(tmp_path, 1, "1GB"), AUGUST, "u1")


# ---- in words ----------------------------------------------------------------------------------------------------


def test_it_is_printed_from_the_rank_down_to_reprints(settings: Settings) -> None:
    text = rendered(settings, "u1")
    assert "杨浦区 Yangpu (u1), 2021-08 r2, method 2021-01" in text
    assert (
        "dissemination: rank 2 (interval 1 to 4, tier 2) (-3 on the previous list) of districts; 31.75 = base 30.50 + bonus 1.25"
        in text
    )
    assert "influence: rank 1 of districts; 2.00 = base 1.50 + bonus 0.50" in text
    titles = [
        "indicators", "accounts", "top 10 posts", "its top 5 reprints: p13", "not counted",
        "why the score changed on last month", "bonus points by theme", "published rival indices on the same facts",
    ]  # fmt: skip
    at = [text.index(title) for title in titles]
    assert at == sorted(at)
    assert "indicators 30.500000000000, posts 30.500000000000: equal" in text
    assert "2,500" in text
    assert "20.2500" in text
    assert "–" in text


def test_a_unit_without_rank_and_english_name_is_printed_so(settings: Settings) -> None:
    text = rendered(settings, "u3")
    assert "卫健委 (u3), 2021-08" in text
    assert "dissemination: no rank of departments" in text
    assert "indicators 0, posts 0: equal" in text


def test_a_rank_that_did_not_move_says_so(settings: Settings) -> None:
    assert "rank 1 (interval 1 to 1, tier 1) (+0 on the previous list)" in rendered(settings, "u2")


def test_brackets_in_a_text_are_no_markup_and_a_long_one_is_cut(settings: Settings, tmp_path: Path) -> None:
    other = Settings(tmp_path, 1, "1GB")
    other.published.parent.mkdir()
    with duckdb.connect(str(other.published)) as con:
        con.execute(SCHEMA)
        con.execute("update posts set title = '[red]通知[/red]' where post_id = 'p13'")
        con.execute("update posts set title = repeat('长', 80) where post_id = 'p12'")
    text = rendered(other, "u1")
    assert "[red]通知[/red]" in text
    assert "长" * 61 not in text.replace("\n", "")
