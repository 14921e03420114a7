"""Who gets the credit: links first, then, within a family of near-identical posts, attribution, then the earliest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.matching import evidence, match_rows
from bangdan.matching.aliases import Aliases
from bangdan.matching.judgement import Judgements
from bangdan.matching.links import COLUMNS, LinkIndex, Links
from bangdan.matching.match_rows import Matched
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex


class Evidence(NamedTuple):
    """Evidence of a batch of items: evidence.MATCHES and evidence.REJECTED."""

    matches: pa.Table
    rejected: pa.Table


class Names:
    """The accounts that the items of a batch name as their sources, looked up once for each item."""

    def __init__(self, batch: pa.RecordBatch, aliases: Aliases) -> None:
        self._batch, self._aliases = batch, aliases
        self._in_field: dict[int, set[str]] = {}
        self._in_text: dict[int, set[str]] = {}

    def in_field(self, item: int) -> set[str]:
        if item not in self._in_field:
            self._in_field[item] = self._aliases.in_field(self._batch["source_name_raw"][item].as_py())
        return self._in_field[item]

    def in_text(self, item: int) -> set[str]:
        if item not in self._in_text:
            self._in_text[item] = self._aliases.in_text(self._batch["text"][item].as_py())
        return self._in_text[item]


class Rules:
    """The rules of credit over the posts of a month."""

    def __init__(self, posts: PostIndex, aliases: Aliases, parameters: Parameters) -> None:
        self._posts, self._aliases, self._parameters = posts, aliases, parameters
        self._links = LinkIndex(posts, parameters)

    def evidence(self, batch: pa.RecordBatch, latest: np.ndarray, judged: Judgements) -> Evidence:
        """Evidence of a batch of items. Items stay arrays; only those whose text fits several posts, or is too little by
        itself, are searched for names.
        """
        links = self._links.find(batch, latest)
        of_pair = links.post[judged.item]
        is_linked = (of_pair >= 0) & (self._posts.origin[of_pair] == judged.post)  # pairs that a link has decided
        matches = [
            self._by_link(batch, links, judged, np.flatnonzero(is_linked)),
            self._by_text(batch, latest, judged, np.flatnonzero(~is_linked & (judged.verdict != ""))),
        ]
        rejected = match_rows.rejected(batch["item_id"], judged, ~is_linked, self._posts, self._parameters)
        return Evidence(pa.concat_tables(matches), rejected)

    def earlier_items(
        self, batch: pa.RecordBatch, latest: np.ndarray, judged: Judgements
    ) -> Iterator[tuple[int, int, str]]:
        """(family, second, item_id) of items that carried a family's text before the family did."""
        comparison, parameters = judged.comparison, self._parameters
        is_same = comparison.is_older & (comparison.post_containment >= parameters.family_containment)
        is_same &= comparison.item_containment >= parameters.min_containment
        for pair in np.flatnonzero(is_same).tolist():
            item = int(judged.item[pair])
            yield int(judged.post[pair]), int(latest[item]), batch["item_id"][item].as_py()

    def _by_link(self, batch: pa.RecordBatch, links: Links, judged: Judgements, pairs: np.ndarray) -> pa.Table:
        """The matches by link: of these pairs, with their measures, and of the items whose link leads to a post that their
        text was not compared with.
        """
        others = np.setdiff1d(np.flatnonzero(links.post >= 0), judged.item[pairs])
        item = np.concatenate([judged.item[pairs], others])
        matched = Matched(batch, item, links.post[item], np.concatenate([pairs, np.full(len(others), -1)]))
        names = [COLUMNS[number] for number in links.column[item].tolist()]
        return match_rows.by_link(matched, names, judged, self._posts, self._parameters)

    def _by_text(self, batch: pa.RecordBatch, latest: np.ndarray, judged: Judgements, pairs: np.ndarray) -> pa.Table:
        """The matches of pairs by their texts, without own copies of a post or its family. Of the posts of a family those
        are eligible that the item can have copied.
        """
        posts = self._posts
        item, family = judged.item[pairs], judged.post[pairs]
        youngest = latest[item] + self._parameters.skew_minutes * 60
        begin, end = posts.members_until(family, youngest)
        own = posts.rows_of(batch["item_id"].take(pa.array(item)))
        is_own = (own >= 0) & (posts.origin[own] == family) & (posts.published_second[own] <= youngest)
        kept = (end > begin) & ~is_own & (own != family)
        item, pairs, begin, end = item[kept], pairs[kept], begin[kept], end[kept]
        names = Names(batch, self._aliases)
        post = posts.members[begin]  # the earliest
        rules, competing = ["only"] * len(pairs), [""] * len(pairs)
        for row in np.flatnonzero(end - begin > 1).tolist():
            eligible = posts.members[begin[row] : end[row]].tolist()
            post[row], rules[row] = self._credited(eligible, int(item[row]), names)
            competing[row] = match_rows.ids([other for other in eligible if other != post[row]], posts)
        matched = Matched(batch, item, post, pairs)
        is_attributed = self._is_attributed(matched, names, match_rows.needs_a_name(judged, pairs, self._parameters))
        return match_rows.by_text(matched, rules, competing, is_attributed, judged, posts, self._parameters)

    def _credited(self, eligible: list[int], item: int, names: Names) -> tuple[int, str]:
        """The credited one of several eligible posts, ascending in time, and the rule."""
        for named, rule in ((names.in_field, "attribution"), (names.in_text, "in_text")):
            for post in eligible:
                if self._posts.account_id[post] in named(item):
                    return post, rule
        return eligible[0], "earliest"

    def _is_attributed(self, matched: Matched, names: Names, is_wanted: np.ndarray) -> np.ndarray:
        """bool per match: is it wanted, and does its item name the account of the post?"""
        is_attributed = np.zeros(len(matched.item), bool)
        for row in np.flatnonzero(is_wanted).tolist():
            account, item = self._posts.account_id[matched.post[row]], int(matched.item[row])
            is_attributed[row] = account in names.in_field(item) or account in names.in_text(item)
        return is_attributed


def decided(
    matches: pa.Table,
    decisions: dict[tuple[str, str], dict[str, str]],
    batch: pa.RecordBatch,
    posts: PostIndex,
    parameters: Parameters,
) -> pa.Table:
    """The matches after persons' decisions, by (item_id, post_id). A decision overrides the rule; one that declares a
    reprint where no rule sees one makes a row of its own.
    """
    items = pa.array(sorted({item_id for item_id, _ in decisions}), pa.string())
    is_judged = pc.is_in(matches["item_id"], value_set=items)
    rows = matches.filter(is_judged).to_pylist()
    for row in rows:
        decision = decisions.get((row["item_id"], row["post_id"]))
        if decision:
            row["decided_by"] = "person"
            row["is_counted"] = decision["decision"] == "reprint"
            row["reason"] = None if row["is_counted"] else "person"
            row["confidence"] = "A" if row["is_counted"] else "review"
    matched = {(row["item_id"], row["post_id"]) for row in rows}
    declared = {pair for pair, decision in decisions.items() if decision["decision"] == "reprint"} - matched
    return pa.concat_tables(
        [
            matches.filter(pc.invert(is_judged)),
            pa.Table.from_pylist(rows, schema=evidence.MATCHES),
            _declared(declared, batch, posts, parameters),
        ]
    )


def _declared(
    declared: set[tuple[str, str]], batch: pa.RecordBatch, posts: PostIndex, parameters: Parameters
) -> pa.Table:
    """Matches of the declared pairs whose item is in the batch and whose post is known."""
    number_of: dict[str, int] = {}
    for number, item_id in enumerate(batch["item_id"].to_pylist() if declared else ()):
        number_of.setdefault(item_id, number)
    known = [
        (number_of[item_id], posts.row_of[post_id])
        for item_id, post_id in sorted(declared)
        if item_id in number_of and post_id in posts.row_of
    ]
    item, post = np.array(known, np.int64).reshape(-1, 2).T
    return match_rows.by_person(Matched(batch, item, post, np.full(len(known), -1)), posts, parameters)
