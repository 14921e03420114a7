"""What the tables of a month prove. A claim is a sentence in both languages, its values and the rows that prove them: where
the rows do not prove it there is no claim, so nothing is printed that does not hold. Sentences: templates/sentences.yml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bangdan.core.formatting import grouped, headline, percent, points, two_decimals, visible
from bangdan.core.months import Month
from bangdan.core.rendering import in_language, word_pairs
from bangdan.publication.movement import notable_moves
from bangdan.publication.pages.names import DIMENSIONS, lists_of, monitored

TOP, STORIES, LEADERS, SUBJECTS = 10, 3, 3, 3
OVER = 1000  # from here on a topic's posts are also given as "over n", in full hundreds
Row = dict[str, Any]
Tables = dict[str, list[Row]]
Both = tuple[str, str]
Rows = tuple[tuple[str, Row], ...]


@dataclass(frozen=True)
class Claim:
    """`sentence` is a template (Chinese, English) for `values`: text, (zh, en), a whole number, a claim, or a list of
    texts and claims. `rests_on` holds (table, row) of each row that proves it.
    """

    sentence: Both
    rests_on: Rows
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str, escape: Callable[[str], str] = str) -> str:
        """The sentence; values from data go through `escape`, the claim's own words do not."""
        values = {name: _written(value, language, escape) for name, value in self.values.items()}
        return in_language(self.sentence, language).format(**values)

    def rows(self) -> list[tuple[str, Row]]:
        """(table, row) of this claim and of the claims inside it."""
        rows = list(self.rests_on)
        for value in self.values.values():
            for part in value if isinstance(value, list) else [value]:
                rows += part.rows() if isinstance(part, Claim) else []
        return rows


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs, each a list of claims."""

    title: Both
    paragraphs: list[list[Claim]]


def claim(key: str, rests_on: Rows = (), **values: Any) -> Claim:
    """The claim with the sentence `claim_<key>`."""
    return Claim(word_pairs()[f"claim_{key}"], rests_on, values)


def plain(claims: Iterable[Claim], language: str) -> str:
    """Claims as one paragraph without markup."""
    return in_language(("", " "), language).join(claim.text(language) for claim in claims)


def _written(value: Any, language: str, escape: Callable[[str], str]) -> str:
    if isinstance(value, Claim):
        return value.text(language, escape)
    if isinstance(value, list):
        return in_language(word_pairs()["comma"], language).join(_written(part, language, escape) for part in value)
    if isinstance(value, tuple):
        return escape(visible(in_language(value, language)))
    return grouped(value) if isinstance(value, int) else escape(visible(value))


def sections(tables: Tables, month: Month) -> list[Section]:
    """All claims of a month, in the order of a bulletin; a section without a claim is left out."""
    units = {row["unit_id"]: row for row in tables["ranking"]}
    all_sections = [
        _section("section_month", [volumes(tables, month), issuers(tables)]),
        *(
            Section(title, _list_paragraphs(tables, ranking_list))
            for ranking_list, title in lists_of(tables["ranking_lists"]).items()
        ),
        _section("section_topics", topics(tables, units), number=month.number),
        _section("section_hashtags", [hashtags(tables, units)]),
        _section("section_certainty", [certainty(tables)]),
        _section("section_about", [about(tables)]),
    ]
    kept = [Section(section.title, [claims for claims in section.paragraphs if claims]) for section in all_sections]
    return [section for section in kept if section.paragraphs]


def _section(key: str, paragraphs: list[list[Claim]], **values: Any) -> Section:
    title = claim(key, **values)
    return Section((title.text("zh"), title.text("en")), paragraphs)


def _list_paragraphs(tables: Tables, ranking_list: str) -> list[list[Claim]]:
    return [*leaders(tables, ranking_list), top_of_both(tables, ranking_list), *moves(tables, ranking_list)]


def volumes(tables: Tables, month: Month) -> list[Claim]:
    """Posts by platform, originality and its change, and reprints."""
    total = tables["monthly_summary"][0]
    rests_on = (("monthly_summary", total),)
    claims = [
        claim(
            "posts", rests_on, year=str(month.year), number=month.number, month=str(month), posts=total["post_count"],
            wechat=total["wechat_post_count"], weibo=total["weibo_post_count"],
        )
    ]  # fmt: skip
    if total["originality_rate"] is not None:
        rate = percent(total["originality_rate"])
        change = _originality_change(total["originality_rate_change_pp"])
        claims.append(claim("originals", rests_on, originals=total["original_count"], rate=rate, change=change))
    if total["reprint_count"]:
        counts = {"posts": total["reprinted_post_count"], "reprints": total["reprint_count"]}
        claims.append(claim("reprints", rests_on, **counts))
    return claims


def _originality_change(change: Decimal | None) -> Claim | str:
    """The clause on the change in percentage points; empty where it is not known or rounds to zero."""
    if change is None or points(change) == "0.0":
        return ""
    return claim("originality_rose" if change > 0 else "originality_fell", change=points(change))


def issuers(tables: Tables) -> list[Claim]:
    """The issuing bodies, one or several."""
    rows = tables["issuers"]
    names = [(row["issuer_name"], row["issuer_name_en"] or row["issuer_name"]) for row in rows]
    rests_on = tuple(("issuers", row) for row in rows)
    return [claim("issuers" if len(rows) > 1 else "issuer", rests_on, names=names)] if rows else []


def leaders(tables: Tables, ranking_list: str) -> list[list[Claim]]:
    """A paragraph per dimension: the units of rank 1, and the first ten."""
    paragraphs = []
    for dimension, name in DIMENSIONS.items():
        rows = _ranked(tables, ranking_list, dimension)
        first = [row for row in rows if row["rank"] == 1]
        top = [row for row in rows if row["rank"] <= TOP]
        if not first or not first[0]["score"]:
            continue
        claims = [
            claim(
                "leader" if len(first) == 1 else "leaders", tuple(("ranking", row) for row in first), dimension=name,
                names=[_name(row) for row in first], score=two_decimals(first[0]["score"]),
            )
        ]  # fmt: skip
        if len(top) > len(first):
            claims.append(claim("first_ten", units=[_scored(row) for row in top]))
        paragraphs.append(claims)
    return paragraphs


def top_of_both(tables: Tables, ranking_list: str) -> list[Claim]:
    """Units in the first ten of both dimensions, and units that were not in a first ten the month before."""
    tops = {
        dimension: [row for row in _ranked(tables, ranking_list, dimension) if row["rank"] <= TOP]
        for dimension in DIMENSIONS
    }
    influence = {row["unit_id"]: row for row in tops["influence"]}
    pairs = [(row, influence[row["unit_id"]]) for row in tops["dissemination"] if row["unit_id"] in influence]
    claims = []
    if pairs and len(_ranked(tables, ranking_list, "dissemination")) > TOP:
        rests_on = tuple(("ranking", row) for pair in pairs for row in pair)
        claims.append(claim("top_of_both", rests_on, names=[_name(row) for row, _ in pairs]))
    for dimension, name in DIMENSIONS.items():
        new = [row for row in tops[dimension] if row["previous_rank"] is not None and row["previous_rank"] > TOP]
        if new:
            rests_on = tuple(("ranking", row) for row in new)
            names = [_name(row) for row in new]
            claims.append(claim("new_in_first_ten", rests_on, names=names, dimension=_lower(name)))
    return claims


def moves(tables: Tables, ranking_list: str) -> list[list[Claim]]:
    """A paragraph per unit with a notable rise, then per unit with a notable fall; or that nothing moved. A list without
    ranks of the month before has none.
    """
    notable = notable_moves.of_list(tables["ranking"], ranking_list)
    paragraphs = [[move(tables, rows)] for rows in (*notable.rises, *notable.falls)]
    return paragraphs or [_nothing_moved(tables, ranking_list)]


def moves_in_short(tables: Tables, ranking_list: str, title: Both) -> list[Claim]:
    """The units of a list with a notable rise, and those with a notable fall, by name; or that nothing moved."""
    notable = notable_moves.of_list(tables["ranking"], ranking_list)
    short = [
        claim(key, tuple(("ranking", of_unit[0]) for of_unit in moved), list=title, names=[_name(of_unit[0]) for of_unit in moved])
        for key, moved in (("rises_in_short", notable.rises), ("falls_in_short", notable.falls))
        if moved
    ]  # fmt: skip
    nothing = _nothing_moved(tables, ranking_list)
    return short or ([claim("no_moves_in_short", nothing[0].rests_on, list=title)] if nothing else [])


def _nothing_moved(tables: Tables, ranking_list: str) -> list[Claim]:
    """That no unit of a list moved notably, where the list has ranks of the month before."""
    compared = notable_moves.compared(tables["ranking"], ranking_list)
    if not compared or any(map(notable_moves.is_notable, compared)):
        return []
    return [claim("no_moves", tuple(("ranking", row) for row in compared))]


def move(tables: Tables, rows: list[Row]) -> Claim:
    """A unit's rise or fall by dimension, its main cause, and the subjects whose reprints changed most."""
    first = rows[0]
    direction = "rise" if first["rank_change"] > 0 else "fall"
    ranks = [
        claim(
            f"{direction}_rank", (("ranking", row),), dimension=_lower(DIMENSIONS[row["dimension"]]),
            places=abs(row["rank_change"]), rank=row["rank"],
        )
        for row in rows
    ]  # fmt: skip
    subjects = _changed_subjects(tables, first["unit_id"], direction)
    return claim(
        "move",
        (("ranking", first),),
        name=_name(first),
        ranks=ranks,
        cause=_cause(tables, first) or "",
        subjects=claim(f"{direction}_subjects", subjects=subjects) if subjects else "",
    )


def _changed_subjects(tables: Tables, unit_id: str, direction: str) -> list[Claim]:
    """The subjects of a unit whose reprints grew (direction rise) or fell most on the previous month."""
    sign = 1 if direction == "rise" else -1
    rows = [
        row for row in tables["subjects"] if row["unit_id"] == unit_id and sign * (row["reprint_count_change"] or 0) > 0
    ]
    rows.sort(key=lambda row: (-abs(row["reprint_count_change"]), row["subject_id"]))
    return [
        claim(
            f"{direction}_subject", (("subjects", row),), name=_lower_name(row), count=abs(row["reprint_count_change"])
        )
        for row in rows[:SUBJECTS]
    ]


def _cause(tables: Tables, row: Row) -> Claim | None:
    """Why a rank moved: the main cause of the score's change; that the others' scores changed more, where this one did not
    change in the same direction; None where nothing is known of it.
    """
    causes = _causes(tables, row)
    if not causes:
        return None
    direction = "rise" if row["rank_change"] > 0 else "fall"
    if (cause := main_cause(tables, row)) is None:
        return claim(f"{direction}_of_others", tuple(("score_changes", cause) for cause in causes))
    return claim("move_cause", (("score_changes", cause),), cause=claim(f"{direction}_{cause['cause']}"))


def _causes(tables: Tables, row: Row) -> list[Row]:
    return [
        cause
        for cause in tables["score_changes"]
        if cause["unit_id"] == row["unit_id"] and cause["dimension"] == row["dimension"]
    ]


def main_cause(tables: Tables, row: Row) -> Row | None:
    """The cause with the largest share in a score's gain, for a unit that rose, or in its loss, for one that fell; None
    where the score did not change in that direction.
    """
    sign = 1 if row["rank_change"] > 0 else -1
    causes = _causes(tables, row)
    if sign * sum((cause["change_points"] for cause in causes), Decimal(0)) <= 0:
        return None
    return max(causes, key=lambda cause: (sign * cause["change_points"], cause["cause"]))


def topics(tables: Tables, units: dict[str, Row]) -> list[list[Claim]]:
    """A paragraph per theme: posts, sub-topics, the units with most posts, and the posts that were carried most."""
    return [_topic(tables, topic, units) for topic in tables["hot_topics"] if topic["post_count"]]


def _topic(tables: Tables, topic: Row, units: dict[str, Row]) -> list[Claim]:
    posts, theme_id = topic["post_count"], topic["theme_id"]
    over = posts // 100 * 100
    claims = [
        claim(
            "topic_over" if over >= OVER and over != posts else "topic", (("hot_topics", topic),),
            name=(topic["name"], topic["name_en"]), posts=posts, units=topic["unit_count"], over=over,
            reprints=topic["reprint_count"],
        )
    ]  # fmt: skip
    subtopics = [
        claim("counted", (("hot_subtopics", row),), name=_lower_name(row), posts=row["post_count"])
        for row in tables["hot_subtopics"]
        if row["theme_id"] == theme_id
    ]
    if subtopics:
        claims.append(claim("subtopics", subtopics=subtopics))
    wrote = [row for row in tables["topic_units"] if row["theme_id"] == theme_id and row["post_count"]]
    if wrote:
        counted = [
            claim("counted", (("topic_units", row),), name=_name(units[row["unit_id"]]), posts=row["post_count"])
            for row in wrote[:LEADERS]
            if row["unit_id"] in units
        ]
        claims.append(claim("most_posts", units=counted))
    stories = [
        claim("story", (("highlights", row),), unit=_name(units[row["unit_id"]]), title=headline(row["title"]))
        for row in stories_of(tables, theme_id)
        if row["unit_id"] in units
    ]
    if stories:
        claims.append(claim("stories", stories=stories))
    return claims


def stories_of(tables: Tables, theme_id: str | None) -> list[Row]:
    """A theme's posts with the largest contribution to dissemination, one per unit."""
    rows = [r for r in tables["highlights"] if r["theme_id"] == theme_id and r["dimension"] == "dissemination"]
    rows.sort(key=lambda row: (-row["contribution"], row["unit_id"]))
    return rows[:STORIES]


def hashtags(tables: Tables, units: dict[str, Row]) -> list[Claim]:
    """Hashtags with their host, posts, reprints and, where known, reads."""
    return [
        claim(
            "hashtag", (("hosted_hashtags", row),), host=_name(units[row["unit_id"]]), tag=row["hashtag"],
            posts=row["post_count"], reprints=row["reprint_count"],
            reads=claim("hashtag_reads", reads=row["read_count"]) if row["read_count"] is not None else "",
        )
        for row in tables["hosted_hashtags"]
        if row["unit_id"] in units
    ]  # fmt: skip


def certainty(tables: Tables) -> list[Claim]:
    """How many tiers each list has: within a tier the order means little."""
    lists = []
    for ranking_list, title in lists_of(tables["ranking_lists"]).items():
        for dimension, name in DIMENSIONS.items():
            rows = [row for row in _ranked(tables, ranking_list, dimension) if row["tier"] is not None]
            if rows:
                last = max(rows, key=lambda row: (row["tier"], row["unit_id"]))
                values = {"list": title, "dimension": _lower(name), "tiers": last["tier"]}
                lists.append(claim("tiers", (("ranking", last),), **values))
    return [claim("certainty", lists=lists)] if lists else []


def about(tables: Tables) -> list[Claim]:
    """What the ranking measures."""
    total = tables["monthly_summary"][0]
    channels = [
        (zh, en[0].lower() + en[1:] if en.startswith("News") else en)
        for zh, en in monitored(tables["channel_types"]).values()
    ]
    return [claim("about", (("monthly_summary", total),), channels=channels, version=total["method_version"])]


def _ranked(tables: Tables, ranking_list: str, dimension: str) -> list[Row]:
    """Ranked rows of one list, in its order."""
    return [
        row
        for row in tables["ranking"]
        if row["ranking_list"] == ranking_list and row["dimension"] == dimension and row["rank"] is not None
    ]


def _name(row: Row) -> Both:
    return row["unit_name"], row["unit_name_en"] or row["unit_name"]


def _lower(name: Both) -> Both:
    """A name as it is written within a sentence."""
    return name[0], name[1].lower()


def _lower_name(row: Row) -> Both:
    return _lower((row["name"], row["name_en"]))


def _scored(row: Row) -> Claim:
    return claim("scored_unit", (("ranking", row),), name=_name(row), score=two_decimals(row["score"]))
