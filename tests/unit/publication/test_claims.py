"""Each sentence of the bulletin says what the rows say: largest is largest, new is new, first is first. The rows are
written by hand, so that what must be sentences can be read off them.
"""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from bangdan.core import formatting
from bangdan.core.months import Month
from bangdan.publication.movement import notable_moves
from bangdan.publication.pages import claims

Row = dict[str, Any]
AUGUST = Month.parse("2021-08")
EMPTY: claims.Tables = {
    name: []
    for name in (
        "ranking", "monthly_summary", "issuers", "subjects", "score_changes", "hot_topics", "hot_subtopics", "topic_units",
        "highlights", "hosted_hashtags",
    )
} | {
    "ranking_lists": [
        {"position": 1, "ranking_list": "districts", "list_name": "区级榜单", "list_name_en": "Districts"},
        {"position": 2, "ranking_list": "departments", "list_name": "委办局和人民团体榜单",
         "list_name_en": "Commissions, bureaus and people's organizations"},
    ],
    "channel_types": [
        {"channel_type": channel, "is_monitored": True} for channel in ("news_app", "news_site", "wechat", "weibo")
    ],
}  # fmt: skip


def ranked(unit: str, rank: int | None, **more: Any) -> Row:
    return {
        "ranking_list": "districts", "dimension": "dissemination", "unit_id": unit, "unit_name": f"{unit}区", "unit_name_en": f"{unit} District",
        "rank": rank, "score": D(100) - (rank or 100), "previous_rank": None, "rank_change": None, "tier": None, **more,
    }  # fmt: skip


def moved(unit: str, rank: int, previous: int, **more: Any) -> Row:
    return ranked(unit, rank, previous_rank=previous, rank_change=previous - rank, **more)


def change(unit: str, cause: str, points: str, dimension: str = "dissemination") -> Row:
    return {"unit_id": unit, "dimension": dimension, "cause": cause, "change_points": D(points)}


def sentences(made: list[claims.Claim], language: str = "zh") -> list[str]:
    return [claim.text(language) for claim in made]


# The first ten


def test_the_first_ten_are_ten_in_order_with_their_scores() -> None:
    rows = [ranked(f"u{rank:02d}", rank) for rank in range(1, 13)]
    [[first, tops]] = claims.leaders(EMPTY | {"ranking": rows}, "districts")
    assert first.text("zh") == "传播力方面，u01区以99.00分居首位。"
    assert first.text("en") == "Dissemination: u01 District leads with 99.00 points."
    assert tops.text("zh") == "前十位依次为" + "、".join(f"u{r:02d}区（{100 - r}.00）" for r in range(1, 11)) + "。"
    assert (
        tops.text("en")
        == "The first ten are " + ", ".join(f"u{r:02d} District ({100 - r}.00)" for r in range(1, 11)) + "."
    )
    assert [row["unit_id"] for _, row in tops.rows()] == [f"u{r:02d}" for r in range(1, 11)]


def test_a_tie_for_the_tenth_place_makes_eleven() -> None:
    rows = [ranked(f"u{rank:02d}", rank) for rank in range(1, 10)] + [ranked("x", 10), ranked("y", 10), ranked("z", 12)]
    [[_, tops]] = claims.leaders(EMPTY | {"ranking": rows}, "districts")
    assert [row["unit_id"] for _, row in tops.rows()][-2:] == ["x", "y"]
    assert len(tops.rows()) == 11


def test_nobody_leads_a_list_of_zeros_and_one_alone_has_no_first_ten() -> None:
    assert claims.leaders(EMPTY | {"ranking": [ranked("a", 1, score=D(0))]}, "districts") == []
    assert claims.leaders(EMPTY | {"ranking": [ranked("a", None)]}, "districts") == []
    [only] = claims.leaders(EMPTY | {"ranking": [ranked("a", 1)]}, "districts")
    assert len(only) == 1


def test_a_list_and_a_dimension_are_told_apart() -> None:
    rows = [
        ranked("a", 1), ranked("b", 1, dimension="influence"), ranked("c", 1, ranking_list="departments"),
        ranked("d", 1, ranking_list="departments", dimension="influence"),
    ]  # fmt: skip
    result = EMPTY | {"ranking": rows}
    assert [sentences(part) for part in claims.leaders(result, "departments")] == [
        ["传播力方面，c区以99.00分居首位。"], ["影响力方面，d区以99.00分居首位。"],
    ]  # fmt: skip


def test_a_name_that_has_no_english_stays_chinese() -> None:
    [[first]] = claims.leaders(EMPTY | {"ranking": [ranked("a", 1, unit_name_en=None)]}, "districts")
    assert first.text("en") == "Dissemination: a区 leads with 99.00 points."


def both(unit: str, dissemination: int, influence: int) -> list[Row]:
    return [ranked(unit, dissemination), ranked(unit, influence, dimension="influence")]


def test_in_both_first_tens_are_those_that_are_tenth_or_better_in_both() -> None:
    rows = [*both("a", 10, 10), *both("b", 1, 11), *both("c", 11, 1), *both("d", 2, 3)]
    rows += [ranked(f"f{rank}", rank) for rank in (3, 4, 5, 6, 7, 8, 9)]
    [claim] = claims.top_of_both(EMPTY | {"ranking": rows}, "districts")
    assert claim.text("zh") == "a区、d区传播力、影响力双双进入前十。"
    assert claim.text("en") == "In the first ten of both dimensions: a District, d District."
    assert len(claim.rows()) == 4


@pytest.mark.parametrize(("units", "is_said"), [(10, False), (11, True)])
def test_a_list_of_ten_has_everybody_in_both_first_tens_and_says_nothing(units: int, is_said: bool) -> None:
    rows = [row for rank in range(1, units + 1) for row in both(f"u{rank:02d}", rank, rank)]
    assert bool(claims.top_of_both(EMPTY | {"ranking": rows}, "districts")) is is_said


@pytest.mark.parametrize(
    ("rank", "previous", "is_new"), [(10, 11, True), (10, 10, False), (11, 12, False), (1, 44, True), (9, None, False), (1, 2, False)]
)  # fmt: skip
def test_new_in_the_first_ten_is_who_was_eleventh_or_lower(rank: int, previous: int | None, is_new: bool) -> None:
    row = ranked("a", rank, previous_rank=previous, dimension="influence")
    wanted = ["a区新进入影响力前十。"] if is_new else []
    assert sentences(claims.top_of_both(EMPTY | {"ranking": [row]}, "districts")) == wanted
    if is_new:
        assert sentences(claims.top_of_both(EMPTY | {"ranking": [row]}, "districts"), "en") == [
            "New in the first ten of influence: a District."
        ]


# Rises and falls


def units_of(moved: list[list[Row]]) -> list[str]:
    return [rows[0]["unit_id"] for rows in moved]


def of_districts(*rows: Row) -> notable_moves.NotableMoves:
    return notable_moves.of_list(rows, "districts")


def test_the_three_largest_rises_and_falls_of_a_dimension_come_largest_first() -> None:
    rises = [moved("b", 6, 11), moved("c", 7, 9), moved("d", 8, 11), moved("e", 9, 13)]
    falls = [moved("f", 12, 3), moved("g", 11, 9), moved("h", 13, 10), moved("i", 10, 6)]
    result = of_districts(*rises, *falls, moved("a", 1, 1))
    assert units_of(result.rises) == ["b", "e", "d"]
    assert units_of(result.falls) == ["f", "i", "h"]


@pytest.mark.parametrize(
    ("rank", "previous", "interval", "is_notable"),
    [
        (5, 6, (4, 8), False), (6, 5, (4, 8), False), (5, 7, (4, 8), True), (7, 5, (4, 8), True),
        (5, 6, (6, 8), True), (6, 5, (4, 5), True), (5, 6, (5, 6), False), (5, 6, (None, None), False),
        (5, 5, (6, 8), False), (5, 7, (None, None), True),
    ],
)  # fmt: skip
def test_a_move_is_notable_from_two_places_on_or_out_of_the_earlier_interval(
    rank: int, previous: int, interval: tuple[int | None, int | None], is_notable: bool
) -> None:
    row = moved("a", rank, previous, previous_rank_low=interval[0], previous_rank_high=interval[1])
    assert notable_moves.is_notable(row) is is_notable


def test_of_equal_moves_the_better_rank_and_then_the_smaller_id_comes_first() -> None:
    rows = [moved("d", 9, 11), moved("c", 8, 10), moved("b", 7, 9), moved("a", 7, 9), moved("z", 1, 2)]
    assert units_of(of_districts(*rows).rises) == ["a", "b", "c"]


def test_a_unit_that_rose_in_both_dimensions_has_one_sentence_larger_rise_first() -> None:
    rows = [moved("a", 5, 7), moved("b", 8, 10), moved("a", 2, 12, dimension="influence")]
    assert [[(row["unit_id"], row["dimension"]) for row in part] for part in of_districts(*rows).rises] == [
        [("a", "influence"), ("a", "dissemination")], [("b", "dissemination")],
    ]  # fmt: skip
    [first, _] = claims.moves(EMPTY | {"ranking": rows}, "districts")
    assert sentences(first) == ["a区影响力上升10位至第2位、传播力上升2位至第5位。"]
    assert sentences(first, "en") == ["a District: influence up 10 to rank 2, dissemination up 2 to rank 5."]


def test_a_unit_that_rose_in_one_dimension_and_fell_in_the_other_has_two_sentences() -> None:
    rows = [moved("a", 5, 7), moved("a", 9, 4, dimension="influence")]
    paragraphs = claims.moves(EMPTY | {"ranking": rows}, "districts")
    assert [sentences(part) for part in paragraphs] == [["a区传播力上升2位至第5位。"], ["a区影响力下降5位至第9位。"]]
    assert sentences(paragraphs[1], "en") == ["a District: influence down 5 to rank 9."]


@pytest.mark.parametrize(
    "row", [moved("a", 2, 2), moved("a", 3, 2), moved("a", 2, 3), ranked("a", 1), ranked("a", None, rank_change=3)]
)
def test_who_did_not_move_by_two_places_is_not_reported(row: Row) -> None:
    assert of_districts(row) == ([], [])


def test_moves_are_those_of_the_list() -> None:
    rows = [moved("a", 2, 4), moved("b", 2, 4, ranking_list="departments")]
    assert units_of(notable_moves.of_list(rows, "departments").rises) == ["b"]


NAMES = ("区级榜单", "Districts")


def test_where_nothing_moved_the_bulletin_says_so() -> None:
    tables = EMPTY | {"ranking": [moved("a", 2, 1), moved("b", 1, 2)]}
    [[nothing]] = claims.moves(tables, "districts")
    assert nothing.text("zh") == "与上月相比，没有单位升降两位以上或离开上月的名次区间。"
    assert nothing.text("en") == (
        "On the month before no unit moved by two places or more, or out of its rank interval of then."
    )
    assert [row["unit_id"] for _, row in nothing.rows()] == ["a", "b"]
    assert sentences(claims.moves_in_short(tables, "districts", NAMES)) == ["区级榜单名次没有明显升降。"]
    assert sentences(claims.moves_in_short(tables, "districts", NAMES), "en") == ["Districts: no notable move."]


def test_without_ranks_of_the_month_before_no_move_is_spoken_of() -> None:
    tables = EMPTY | {"ranking": [ranked("a", 1), ranked("b", 2)]}
    assert claims.moves(tables, "districts") == [[]]
    assert claims.moves_in_short(tables, "districts", NAMES) == []


def test_in_short_the_units_that_rose_and_fell_are_named() -> None:
    tables = EMPTY | {"ranking": [moved("a", 1, 3), moved("b", 3, 1), moved("c", 2, 2)]}
    made = claims.moves_in_short(tables, "districts", NAMES)
    assert sentences(made) == ["区级榜单名次上升：a区。", "区级榜单名次下降：b区。"]
    assert sentences(made, "en") == ["Districts, up: a District.", "Districts, down: b District."]


# Causes of a move


def test_the_main_cause_is_the_one_with_the_largest_gain() -> None:
    """+1 and +5: five is named; a loss of nine is larger and no cause of a rise."""
    row = moved("a", 5, 9)
    causes = [
        change("a", "volume", "1"), change("a", "reach", "5"), change("a", "bonus", "3.5"), change("a", "method", "-9"),
        change("a", "engagement", "7", "influence"), change("b", "volume", "8"),
    ]  # fmt: skip
    result = EMPTY | {"ranking": [row], "score_changes": causes}
    assert claims.main_cause(result, row) == causes[1]
    assert sentences(claims.moves(result, "districts")[0]) == ["a区传播力上升4位至第5位，主要由于篇均转载增加。"]
    assert sentences(claims.moves(result, "districts")[0], "en") == [
        "a District: dissemination up 4 to rank 5, mainly by more reprints per post."
    ]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        (["5", "-5"], None), (["5", "-5.000000000001"], None), (["5", "-4.999999999999"], "volume"), (["-1", "2"], "reach"), ([], None),
    ],
)  # fmt: skip
def test_a_score_that_did_not_rise_has_no_main_cause(changes: list[str], cause: str | None) -> None:
    rows = [change("a", name, points) for name, points in zip(("volume", "reach"), changes, strict=False)]
    result = claims.main_cause(EMPTY | {"score_changes": rows}, moved("a", 1, 3))
    assert (result and result["cause"]) == cause


@pytest.mark.parametrize(
    ("changes", "cause"), [(["-5", "5"], None), (["-5", "4"], "volume"), (["-1", "-2"], "reach"), (["1", "2"], None)]
)
def test_the_main_cause_of_a_fall_is_the_largest_loss(changes: list[str], cause: str | None) -> None:
    rows = [change("a", name, points) for name, points in zip(("volume", "reach"), changes, strict=True)]
    result = claims.main_cause(EMPTY | {"score_changes": rows}, moved("a", 3, 1))
    assert (result and result["cause"]) == cause


@pytest.mark.parametrize(
    ("row", "points", "zh", "en"),
    [
        (
            moved("a", 1, 3), "-2", "a区传播力上升2位至第1位，自身得分没有提高，其他单位得分下降更多。",
            "a District: dissemination up 2 to rank 1, though its own score did not rise: others lost more.",
        ),
        (
            moved("a", 3, 1), "0", "a区传播力下降2位至第3位，自身得分没有下降，其他单位得分提高更多。",
            "a District: dissemination down 2 to rank 3, though its own score did not fall: others gained more.",
        ),
    ],
)  # fmt: skip
def test_a_move_against_the_units_own_score_is_due_to_the_others(row: Row, points: str, zh: str, en: str) -> None:
    claim = claims.move(EMPTY | {"score_changes": [change("a", "volume", points)]}, [row])
    assert (claim.text("zh"), claim.text("en")) == (zh, en)


@pytest.mark.parametrize(
    ("cause", "zh", "en"),
    [
        ("volume", "发稿增加", "more posts"), ("reach", "篇均转载增加", "more reprints per post"),
        ("engagement", "每次转载获得的阅读和互动增加", "more reads and reactions per reprint"), ("method", "方法变更", "a change of method"),
        ("bonus", "主题参与增加", "more posts in the month's themes"),
    ],
)  # fmt: skip
def test_each_cause_has_its_words(cause: str, zh: str, en: str) -> None:
    result = EMPTY | {"score_changes": [change("a", cause, "2")]}
    claim = claims.move(result, [moved("a", 5, 9)])
    assert (claim.text("zh"), claim.text("en")) == (
        f"a区传播力上升4位至第5位，主要由于{zh}。", f"a District: dissemination up 4 to rank 5, mainly by {en}.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "zh", "en"),
    [
        ("volume", "发稿减少", "fewer posts"), ("reach", "篇均转载减少", "fewer reprints per post"),
        ("engagement", "每次转载获得的阅读和互动减少", "fewer reads and reactions per reprint"), ("method", "方法变更", "a change of method"),
        ("bonus", "主题参与减少", "fewer posts in the month's themes"),
    ],
)  # fmt: skip
def test_each_cause_of_a_fall_has_its_words(cause: str, zh: str, en: str) -> None:
    claim = claims.move(EMPTY | {"score_changes": [change("a", cause, "-2")]}, [moved("a", 9, 5)])
    assert (claim.text("zh"), claim.text("en")) == (
        f"a区传播力下降4位至第9位，主要由于{zh}。", f"a District: dissemination down 4 to rank 9, mainly by {en}.",
    )  # fmt: skip


def subject(unit: str, name: str, grown: int | None) -> Row:
    return {
        "unit_id": unit,
        "subject_id": name,
        "name": f"{name}题",
        "name_en": name.upper(),
        "reprint_count_change": grown,
    }


def test_the_three_subjects_that_grew_most_are_named_largest_first() -> None:
    rows = [
        subject("a", "w", 2), subject("a", "v", 9), subject("b", "x", 50), subject("a", "u", 2), subject("a", "t", 1),
        subject("a", "s", -20), subject("a", "r", None), subject("a", "q", 0),
    ]  # fmt: skip
    claim = claims.move(EMPTY | {"subjects": rows}, [moved("a", 5, 9)])
    assert claim.text("zh") == "a区传播力上升4位至第5位；v题、u题、w题类稿件转载增加较多。"
    assert (
        claim.text("en") == "a District: dissemination up 4 to rank 5; reprints grew most for v (+9), u (+2), w (+2)."
    )


def test_the_subjects_that_fell_most_are_named_with_a_fall() -> None:
    rows = [subject("a", "w", -2), subject("a", "v", -9), subject("b", "x", -50), subject("a", "u", 3)]
    claim = claims.move(EMPTY | {"subjects": rows}, [moved("a", 9, 5)])
    assert claim.text("zh") == "a区传播力下降4位至第9位；v题、w题类稿件转载减少较多。"
    assert claim.text("en") == "a District: dissemination down 4 to rank 9; reprints fell most for v (−9), w (−2)."


# The month as a whole


def total(**more: Any) -> claims.Tables:
    row = {
        "post_count": 50_586, "wechat_post_count": 16_734, "weibo_post_count": 33_852, "original_count": 29_978,
        "originality_rate": D("0.592615"), "originality_rate_change_pp": D("7.2"), "reprint_count": 1_567,
        "reprinted_post_count": 120, "method_version": "2021-01", **more,
    }  # fmt: skip
    return EMPTY | {"monthly_summary": [row]}


def test_the_volumes_are_those_of_the_bulletin() -> None:
    assert sentences(claims.volumes(total(), AUGUST)) == [
        "2021年8月，全市政务新媒体两微共发稿50,586篇，其中微信16,734篇，微博33,852篇。",
        "原创稿件29,978篇，原创率59.3%，比上个月提高7.2个百分点。",
        "全部稿件中，120篇被所监测的渠道转载，共1,567次。",
    ]
    assert sentences(claims.volumes(total(originality_rate_change_pp=D("-0.05")), AUGUST), "en") == [
        "In 2021-08 the city's government accounts published 50,586 posts, 16,734 on WeChat and 33,852 on Weibo.",
        "29,978 of them were originals, 59.3 %, 0.1 percentage points less than the month before.",
        "Of all posts 120 were carried by the monitored channels, 1,567 times in all.",
    ]


@pytest.mark.parametrize("change_pp", ["0.0499", "-0.0499", "0"])
def test_a_change_that_rounds_to_nothing_is_not_told(change_pp: str) -> None:
    assert (
        sentences(claims.volumes(total(originality_rate_change_pp=D(change_pp)), AUGUST))[1]
        == "原创稿件29,978篇，原创率59.3%。"
    )


@pytest.mark.parametrize(
    ("count", "zh", "en"),
    [(1, "本榜单由甲0发布。", "The ranking is issued by A0."), (2, "本榜单由甲0、甲1联合发布。", "The ranking is issued by A0, A1.")],
)  # fmt: skip
def test_issuers_are_named_in_their_order(count: int, zh: str, en: str) -> None:
    rows = [{"issuer_name": f"甲{at}", "issuer_name_en": f"A{at}"} for at in range(count)]
    [claim] = claims.issuers(EMPTY | {"issuers": rows})
    assert (claim.text("zh"), claim.text("en")) == (zh, en)
    assert claims.issuers(EMPTY) == []


# Topics


def topic(posts: int, units: int = 5) -> Row:
    return {"theme_id": "t", "name": "疫情防控", "name_en": "Epidemic control", "post_count": posts, "unit_count": units, "reprint_count": 1_234}  # fmt: skip


@pytest.mark.parametrize(
    ("posts", "zh", "en"),
    [
        (4_231, "发稿超过4,200篇（4,231篇）", "over 4,200 posts (4,231)"), (4_200, "发稿4,200篇", "4,200 posts"),
        (999, "发稿999篇", "999 posts"), (1_000, "发稿1,000篇", "1,000 posts"), (1_001, "发稿超过1,000篇（1,001篇）", "over 1,000 posts (1,001)"),
        (1_099, "发稿超过1,000篇（1,099篇）", "over 1,000 posts (1,099)"), (1, "发稿1篇", "1 posts"),
    ],
)  # fmt: skip
def test_over_a_round_number_is_said_from_a_thousand_up_and_only_when_it_is_more(posts: int, zh: str, en: str) -> None:
    [[claim]] = claims.topics(EMPTY | {"hot_topics": [topic(posts)]}, {})
    assert claim.text("zh") == f"疫情防控：5家单位{zh}，被转载1,234次。"
    assert claim.text("en") == f"Epidemic control: {en} by 5 units, carried 1,234 times."


def test_a_topic_names_its_own_parts_units_and_stories() -> None:
    names = {unit: ranked(unit, 1) for unit in ("a", "b", "c", "d")}
    wrote = [("b", 9), ("a", 7), ("c", 7), ("d", 1)]
    result = EMPTY | {
        "hot_topics": [topic(20), topic(0) | {"theme_id": "empty"}],
        "hot_subtopics": [
            {"theme_id": theme, "name": name, "name_en": name.upper(), "post_count": n}
            for theme, name, n in (("t", "x", 1_200), ("other", "y", 5), ("t", "z", 0))
        ],
        "topic_units": [{"theme_id": "t", "unit_id": unit, "post_count": n} for unit, n in wrote]
        + [{"theme_id": "other", "unit_id": "d", "post_count": 99}, {"theme_id": "t", "unit_id": "d", "post_count": 0}],
        "highlights": [
            {"theme_id": theme, "dimension": dimension, "unit_id": unit, "title": f"文{points}", "contribution": D(points)}
            for theme, dimension, unit, points in (
                ("t", "dissemination", "a", 1), ("t", "dissemination", "b", 4), ("t", "dissemination", "c", 3),
                ("t", "dissemination", "d", 2), ("t", "influence", "d", 9), (None, "dissemination", "d", 8),
            )
        ],
    }  # fmt: skip
    [part] = claims.topics(result, names)
    assert sentences(part)[1:] == [
        "涉及x（1,200篇）、z（0篇）。",
        "发稿较多的是b区（9篇）、a区（7篇）、c区（7篇）。",
        "传播较好的有b区《文4》、c区《文3》、d区《文2》。",
    ]
    assert sentences(part, "en")[1:] == [
        "Sub-topics: x (1,200), z (0).",
        "Most posts: b District (9), a District (7), c District (7).",
        "Carried well: “文4” (b District), “文3” (c District), “文2” (d District).",
    ]
    only = claims.topics(result, {unit: names[unit] for unit in ("a", "c")})[0]
    assert sentences(only)[2:] == ["发稿较多的是a区（7篇）、c区（7篇）。", "传播较好的有c区《文3》。"]


def test_of_equal_contributions_the_smaller_unit_id_comes_first() -> None:
    rows = [
        {"theme_id": None, "dimension": "dissemination", "unit_id": unit, "contribution": D(1)}
        for unit in ("d", "b", "c", "a")
    ]
    assert [row["unit_id"] for row in claims.stories_of(EMPTY | {"highlights": rows}, None)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("reads", "zh", "en"), [(8_919, "，阅读8,919次。", ", 8,919 reads."), (0, "，阅读0次。", ", 0 reads."), (None, "。", ".")]
)  # fmt: skip
def test_a_hosted_hashtag_tells_its_reads_where_they_are_known(reads: int | None, zh: str, en: str) -> None:
    row = {"unit_id": "a", "hashtag": "滨江", "post_count": 1_002, "reprint_count": 8, "read_count": reads}
    [claim] = claims.hashtags(EMPTY | {"hosted_hashtags": [row, row | {"unit_id": "gone"}]}, {"a": ranked("a", 1)})
    assert claim.text("zh") == f"a区主持的#滨江#，1,002篇稿件被转载8次{zh}"
    assert claim.text("en") == f"a District hosted #滨江#: 1,002 posts, carried 8 times{en}"


# Certainty and method


def test_the_number_of_tiers_is_the_last_tier_of_each_list() -> None:
    rows = [
        ranked("a", 1, tier=1), ranked("b", 2, tier=2), ranked("c", 3, tier=2), ranked("x", None, tier=9),
        ranked("d", 1, tier=1, ranking_list="departments", dimension="influence"),
    ]  # fmt: skip
    [claim] = claims.certainty(EMPTY | {"ranking": rows})
    assert claim.text("zh") == (
        "名次由稿件抽样检验分档，同档单位之间先后差别不大：区级榜单传播力2档、委办局和人民团体榜单影响力1档。"
    )
    assert claim.text("en").endswith(
        "Tiers: Districts, dissemination: 2, Commissions, bureaus and people's organizations, influence: 1."
    )
    assert [row["unit_id"] for _, row in claim.rows()] == ["c", "d"]
    assert claims.certainty(EMPTY | {"ranking": [ranked("a", 1)]}) == []


def test_the_method_is_named_with_its_version() -> None:
    [claim] = claims.about(total())
    assert "权重为本项目自定（方法版本2021-01）" in claim.text("zh")
    assert "新闻客户端、新闻网站、微信、微博的转载" in claim.text("zh")
    assert "carried by news apps, news sites, WeChat, Weibo;" in claim.text("en")


def test_sections_come_in_the_order_of_a_bulletin_and_empty_ones_are_left_out() -> None:
    rows = [row for rank in range(1, 13) for row in both(f"u{rank:02d}", rank, rank)]
    rows[0] |= {"tier": 1, "previous_rank": 3, "rank_change": 2}
    result = total() | {
        "ranking": rows,
        "issuers": [{"issuer_name": "甲", "issuer_name_en": None}],
        "hot_topics": [topic(3)],
    }
    made = claims.sections(result, AUGUST)
    assert [entry.title[0] for entry in made] == ["总体情况", "区级榜单", "8月热点", "名次的把握", "关于榜单"]
    assert [len(entry.paragraphs) for entry in made] == [2, 4, 1, 1, 1]
    assert [part[0].text("zh")[:3] for part in made[1].paragraphs] == ["传播力", "影响力", "u01", "u01"]


# Titles


@pytest.mark.parametrize(
    ("title", "most", "headline"),
    [
        ("【人才资格互认】针对群众反映的问题", 60, "人才资格互认"),
        ("#话题#  #另一个# 【人才资格】后文", 60, "人才资格"),
        ("前文【人才资格互认】后文", 60, "前文【人才资格互认】后文"),
        ("【三字的】余", 60, "【三字的】余"),
        ("【四个字了】余", 60, "四个字了"),
        ("【" + "长" * 60 + "】余", 60, "长" * 60),
        ("【" + "长" * 61 + "】", 80, "【" + "长" * 61 + "】"),
        ("第一句。第二句", 60, "第一句。第二句"),
        ("第一句！" + "余" * 60, 60, "第一句"),
        ("第一句？" + "余" * 60, 60, "第一句"),
        ("第一句。" + "余" * 56, 60, "第一句。" + "余" * 56),
        ("字" * 60, 60, "字" * 60),
        ("字" * 61, 60, "字" * 59 + "…"),
        ("字" * 81, 80, "字" * 79 + "…"),
        ("  两行\n 标题 ", 60, "两行 标题"),
        (None, 60, ""),
    ],
)  # fmt: skip
def test_a_title_is_its_headline_else_its_first_sentence_else_its_beginning(
    title: str | None, most: int, headline: str
) -> None:
    assert formatting.headline(title, most) == headline


def test_what_comes_from_data_is_escaped_and_the_claims_own_words_are_not() -> None:
    inner = claims.Claim(("《{t}》", "“{t}”"), (("b", {"x": 2}),), {"t": ("甲*", "A*")})
    claim = claims.Claim(
        ("*{n}篇{a}：{all}", "*{n} {a}: {all}"), (("a", {"x": 1}),), {"n": 1_234, "a": "z*", "all": ["y*", inner]}
    )
    assert claim.text("zh", lambda text: text.replace("*", "\\*")) == "*1,234篇z\\*：y\\*、《甲\\*》"
    assert claim.text("en") == "*1,234 z*: y*, “A*”"
    assert claim.rows() == [("a", {"x": 1}), ("b", {"x": 2})]
    assert (claims.plain([inner, inner], "zh"), claims.plain([inner, inner], "en")) == ("《甲*》《甲*》", "“A*” “A*”")
